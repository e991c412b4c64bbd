"""An epoch of release, artist and label pairs over tracks with group sizes like Discogs', against plain Python.

    python -m bench.metadata_pairs --tracks 3300000

Every strategy runs in a process of its own, from relations in memory, on one thread (an epoch is sequential; several
epochs run side by side). Seconds are those of the epoch alone, by the clock and of the processor; memory is that of the
whole process, the making of the relations included. The Python rendering lists the available, eligible members of a
group and picks one; it runs on fewer tracks, and so does pairmine for the ratio.
"""

import argparse
import json
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from bench import common
from pairmine.kernels.constrained import Links, links, pair_constrained
from pairmine.kernels.groups import Groups, grouped, transposed

Ids = npt.NDArray[np.integer[Any]]
APART = {"release": None, "artist": "release", "label": "artist"}
ALBUM_TRACKS = 10
COMPILATION_TRACKS = 20


def popular(rng: np.random.Generator, size: int, groups: int, exponent: float, flat: int) -> Ids:
    """Return group ids drawn by Zipf's law, the first `flat` ranks levelled."""
    weights = np.cumsum((np.arange(groups) + 1.0 + flat) ** -exponent)
    return np.searchsorted(weights / weights[-1], rng.random(size)).astype(np.int32)


def relation(tracks: Ids, ids: Ids, count: int) -> Groups:
    """Return the distinct ids of each of `count` tracks, ascending."""
    pairs = np.unique(tracks.astype(np.int64) << 32 | ids)
    return grouped(pairs >> 32, pairs & 0xFFFFFFFF, count)


def world(tracks: int, of: str) -> Groups:
    """Return the releases, artists or labels of each track.

    Albums of about ten tracks come out in editions (heavy-tailed, three on average) on one to four labels; a track is
    on one compilation more on average. An album has one artist, one in twenty an artist a track; one track in ten has a
    guest.
    """
    rng = np.random.default_rng(0)
    sizes = np.clip(rng.poisson(ALBUM_TRACKS, tracks // 5), 1, 40)
    album = np.repeat(np.arange(sizes.size), sizes)[:tracks]
    albums, everyone = int(album[-1]) + 1, np.arange(tracks)
    if of == "release":
        editions = np.minimum(rng.pareto(1.3, albums) * 0.6 + 1, 200).astype(int) + 1
        ends, times = np.cumsum(editions), editions[album]
        edition = np.repeat(ends[album] - np.cumsum(times), times) + np.arange(times.sum())
        extras = np.flatnonzero(rng.random(2 * tracks) < 0.5) % tracks
        compilation = ends[-1] + rng.integers(0, extras.size // COMPILATION_TRACKS + 1, extras.size)
        return relation(np.concatenate([np.repeat(everyone, times), extras]), np.append(edition, compilation), tracks)
    if of == "artist":
        artists = tracks // 8
        mixed = (rng.random(albums) < 0.05)[album]
        main = np.where(mixed, popular(rng, tracks, artists, 0.8, 5), popular(rng, albums, artists, 0.8, 5)[album])
        guests = np.flatnonzero(rng.random(tracks) < 0.1)
        guest = popular(rng, guests.size, artists, 0.8, 5)
        return relation(np.append(everyone, guests), np.append(main, guest), tracks)
    times = np.minimum(1 + rng.poisson(0.8, albums), 4)
    label = popular(rng, int(times.sum()), tracks // 16, 0.9, 1)
    own = times[album]
    places = np.repeat(np.cumsum(times)[album] - np.cumsum(own), own) + np.arange(own.sum())
    return relation(np.repeat(everyone, own), label[places], tracks)


def links_of(strategy: str, tracks: int) -> Links:
    """Return what the strategy draws from."""
    own, apart = world(tracks, strategy), APART[strategy]
    groups = transposed(own, int(own.members.max()) + 1)
    return links(groups, world(tracks, apart) if apart else None, tracks)


def in_python(link: Links) -> int:
    """Draw an epoch with sets and lists; return its pairs."""
    rng = np.random.default_rng(0)
    members = [part.tolist() for part in np.split(link.groups.members, link.groups.offsets[1:-1])]
    own = [part.tolist() for part in np.split(link.own.members, link.own.offsets[1:-1])]
    apart = [set(part.tolist()) for part in np.split(link.apart.members, link.apart.offsets[1:-1])]
    available = set(range(len(own)))
    pairs = 0
    for track in rng.permutation(len(own)).tolist():
        if track not in available:
            continue
        for place in rng.permutation(len(own[track])).tolist():
            group = own[track][place]
            free = [t for t in members[group] if t in available and t != track and apart[t].isdisjoint(apart[track])]
            if free:
                available -= {track, free[rng.integers(len(free))]}
                pairs += 1
                break
    return pairs


def single(strategy: str, tracks: int, python: bool) -> dict[str, Any]:
    """Return seconds of an epoch, its pairs and the largest group, and of the Python rendering if asked."""
    link = links_of(strategy, tracks)
    pair_constrained(links(Groups(np.array([0, 2]), np.array([0, 1], np.int32)), None, 2), 0, 0)  # compiles
    seconds, busy = [], []
    for epoch in range(3):
        begin, busy_before = time.perf_counter(), time.process_time()
        pairs = pair_constrained(link, 2 * epoch, 2 * epoch + 1).anchor.size
        seconds.append(time.perf_counter() - begin)
        busy.append(time.process_time() - busy_before)
    sizes = np.diff(link.groups.offsets)
    found = {
        "seconds": min(seconds),
        "busy": min(busy),
        "pairs": pairs,
        "largest": int(sizes.max()),
        "groups": int((sizes > 0).sum()),
        "memberships": int(link.groups.members.size),
    }
    if python:
        begin = time.process_time()
        in_python(link)
        found["python"] = time.process_time() - begin
    return found


def main() -> None:
    """Run every strategy in turn and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=3_300_000)
    parser.add_argument("--sample", type=int, default=100_000, help="tracks of the Python rendering")
    parser.add_argument("--strategy", help="run one strategy and print it as JSON")
    parser.add_argument("--python", action="store_true")
    arguments = parser.parse_args()
    if arguments.strategy:
        print(json.dumps(single(arguments.strategy, arguments.tracks, arguments.python)))
        return
    rows = []
    for strategy in APART:
        words = ("--strategy", strategy, "--tracks")
        whole = common.measure("bench.metadata_pairs", *words, arguments.tracks)
        part = common.measure("bench.metadata_pairs", *words, arguments.sample, "--python")
        rows.append(
            [
                strategy,
                f"{whole['seconds']:.2f}",
                f"{whole['busy']:.2f}",
                whole["gigabytes"],
                f"{whole['pairs']:,}",
                f"{whole['groups']:,}",
                f"{whole['largest']:,}",
                f"{whole['memberships'] / arguments.tracks:.1f}",
                f"{part['python']:.1f} / {part['busy']:.3f} = {part['python'] / part['busy']:.0f}",
            ]
        )
    title = f"One epoch of metadata pairs, {arguments.tracks:,} tracks"
    sample = f"Python / pairmine at {arguments.sample:,} tracks, CPU s"
    header = ["strategy", "s (best of 3)", "CPU s", "GB", "pairs", "groups", "largest group", "groups a track", sample]
    common.report("metadata_pairs", title, header, rows)


if __name__ == "__main__":
    main()
