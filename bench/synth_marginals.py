"""The synthetic world beside the published statistics of the MPD.

python -m bench.synth_marginals              # a million playlists, made in a temporary folder
python -m bench.synth_marginals WS/catalogue/synth
"""

import re
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from bench import common
from pairmine.kernels import groups, matching, topk
from pairmine.sources import synth

PUBLISHED_TRACKS = [
    46574,
    43447,
    41309,
    41079,
    39987,
    35202,
    34990,
    33699,
    31492,
    30485,
]  # ranks 1-6, 9, 11, 15, 20
PUBLISHED_ARTISTS = [847160, 413297, 353624, 339570, 316603, 294667, 243119, 230857, 198905, 185520]
RANKS = [1, 2, 3, 4, 5, 6, 9, 11, 15, 20]
LENGTHS = {20: 15057, 15: 14177, 21: 13876, 24: 13250, 30: 13077, 12: 12016}
FOLLOWERS = {1: 754219, 2: 149600, 3: 46939, 10: 1006, 20: 138}
EDITS = {2: 92252, 5: 61978, 10: 32810, 20: 14217}
DAYS = {"2017-10-30": 19018, "2017-10-29": 15495, "2017-10-20": 5979, "2017-10-13": 4431}
TITLES = {1: 10000, 3: 8493, 10: 5063, 20: 3500}


def row(what: str, published: object, measured: object) -> None:
    def form(value: object) -> str:
        return value if isinstance(value, str) else f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"

    print(f"| {what} | {form(published)} | {form(measured)} |")


def head(title: str) -> None:
    print(f"\n| {title} | published | measured |\n|---|---|---|")


def column(folder: Path, table: str, name: str) -> np.ndarray:
    return pq.read_table(folder / table, columns=[name])[name].to_numpy()


def normal(title: str) -> str:
    """The MPD's own normalisation of titles."""
    return re.sub(r"\s+", " ", re.sub(r"[.,\/#!$%\^\*;:{}=\_`~()@]", " ", title.lower())).strip()


def totals(playlists: pl.DataFrame, tracks: np.ndarray, tables: dict[str, int]) -> None:
    head("whole")
    row("playlists", 1_000_000, playlists.height)
    row("entries", 66_346_428, len(tracks))
    row("mean length", 66.346, len(tracks) / playlists.height)
    row("distinct tracks", 2_262_292, tables["tracks"])
    row("distinct artists", 295_860, tables["artists"])
    row("distinct albums", 734_684, tables["releases"])
    row("distinct titles", 92_944, playlists["title"].n_unique())
    titles = playlists["title"].unique().to_list()
    row("distinct normalised titles", 17_381, len(set(map(normal, titles))))
    row("descriptions", 18_760, int(playlists["description"].is_not_null().sum()))
    row("collaborative, share", 0.0228, float(playlists["collaborative"].mean()))
    row("fewest artists, albums", "3, 2", f"{playlists['num_artists'].min()}, {playlists['num_albums'].min()}")
    row("lengths", "5 to 250", f"{playlists['num_tracks'].min()} to {playlists['num_tracks'].max()}")


def heads(folder: Path, playlists: pl.DataFrame, tracks: np.ndarray) -> None:
    counts = np.bincount(tracks)
    artists = np.bincount(column(folder, "track_artists", "artist_id"), weights=counts).astype(int)
    head("entries by rank")
    for what, published, measured in (
        ("track", PUBLISHED_TRACKS, np.sort(counts)[::-1]),
        ("artist", PUBLISHED_ARTISTS, np.sort(artists)[::-1]),
    ):
        for rank, value in zip(RANKS, published, strict=True):
            row(f"{what} {rank}", value, int(measured[rank - 1]))
    normalised = (
        playlists["title"].value_counts().with_columns(pl.col("title").map_elements(normal, return_dtype=pl.String))
    )
    by_title = normalised.group_by("title").agg(pl.col("count").sum())["count"].sort(descending=True)
    for rank, value in TITLES.items():
        row(f"normalised title {rank}", value, int(by_title[rank - 1]))


def histograms(playlists: pl.DataFrame) -> None:
    head("playlists with")
    days = playlists["modified_at"].dt.strftime("%Y-%m-%d")
    for what, values, published in (
        ("length", playlists["num_tracks"], LENGTHS),
        ("followers", playlists["num_followers"], FOLLOWERS),
        ("edits", playlists["num_edits"], EDITS),
        ("last change", days, DAYS),
    ):
        for value, count in published.items():
            row(f"{what} {value}", count, int((values == value).sum()))


def structure(tracks: np.ndarray, offsets: np.ndarray, count: int) -> tuple[float, float, float]:
    """Return the shares of tracks that co, tco with ties to the rarer and tco with ties by id pair."""
    distinct = groups.distinct(groups.Groups(offsets, tracks.copy()), np.ones(count, np.bool_))
    co = matching.pair_groups(distinct, count, 1, 2, pool=True).anchor.size
    found = []
    for ties in ("rarer", "hash"):
        best = topk.top_k(distinct, count, 10, stream=3, ties=ties)
        found.append(matching.pair_neighbours(best.ids, best.scores, 4, 5).anchor.size)
    return 2 * co / count, 2 * found[0] / count, 2 * found[1] / count


def sample(folder: Path, tracks: np.ndarray, offsets: np.ndarray, size: int) -> None:
    """The first `size` playlists beside as many real ones."""
    some, ends = tracks[: offsets[size]], offsets[: size + 1]
    numbers, dense = np.unique(some, return_inverse=True)
    dense = dense.astype(np.int32)
    distinct = groups.distinct(groups.Groups(ends, dense.copy()), np.ones(len(numbers), np.bool_))
    lists = np.bincount(distinct.members)
    head(f"{size:,} playlists (real: the reduced slices, longer ones)")
    row("entries", 467_631, len(some))
    row("distinct tracks", 153_241, len(numbers))
    row("tracks seen once, share", 0.681, float((lists == 1).mean()))
    shares = [best_partner_share(distinct, hit) for hit in np.argsort(-lists)[:100]]
    row("share of a hit's playlists with its best partner: top 10, 100", "0.53, 0.50",
        f"{np.mean(shares[:10]):.2f}, {np.mean(shares):.2f}")  # fmt: skip
    co, rarer, by_id = structure(dense, ends, len(numbers))
    row("paired: co, tco, tco with ties by id", "-", f"{co:.1%}, {rarer:.1%}, {by_id:.1%}")


def best_partner_share(lists: groups.Groups, hit: int) -> float:
    places = np.flatnonzero(lists.members == hit)
    owners = np.searchsorted(lists.offsets, places, side="right") - 1
    partners = np.bincount(np.concatenate([lists.members[lists.offsets[i] : lists.offsets[i + 1]] for i in owners]))
    partners[hit] = 0
    return float(partners.max() / len(owners))


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        if len(sys.argv) > 1:
            folder = Path(sys.argv[1])
        else:
            start = time.perf_counter()
            folder = synth.ingest(Path(temporary), "synth", 1_000_000).folder
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
            print(common.machine())
            print(f"Made in {time.perf_counter() - start:.1f} s, peak {peak:.2f} GB")
        tables = {name: pl.scan_parquet(folder / name / "*.parquet").select(pl.len()).collect().item()
                  for name in ("tracks", "artists", "releases")}  # fmt: skip
        playlists = pl.read_parquet(folder / "playlists" / "*.parquet")
        tracks = column(folder, "playlist_tracks", "track_id")
        offsets = np.concatenate([[0], np.cumsum(playlists["num_tracks"].to_numpy(), dtype=np.int64)])
        totals(playlists, tracks, tables)
        heads(folder, playlists, tracks)
        histograms(playlists)
        if playlists.height >= 4_769:
            sample(folder, tracks, offsets, 4_769)
        head("paired (the paper's subset of the MPD)")
        shares = structure(tracks, offsets, tables["tracks"])
        row("co", "93 %", f"{shares[0]:.1%}")
        row("tco, ties to the rarer", "82 %", f"{shares[1]:.1%}")
        row("tco, ties by id", "-", f"{shares[2]:.1%}")


if __name__ == "__main__":
    main()
