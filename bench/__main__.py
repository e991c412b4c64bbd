"""Run every benchmark: `python -m bench`."""

import subprocess
import sys

for name in ("cooccurrence", "ingest_mpd", "synth_marginals", "scaling"):
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
