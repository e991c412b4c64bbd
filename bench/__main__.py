"""Run every benchmark: `python -m bench`."""

import subprocess
import sys

for name in (
    "colisten",
    "cooccurrence",
    "gtzan_features",
    "ingest_discogs",
    "ingest_mpd",
    "linking",
    "metadata_pairs",
    "scaling",
    "synth_marginals",
    "word2vec",
):
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
