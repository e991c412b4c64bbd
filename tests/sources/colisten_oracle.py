"""The whole sanitising chain of methods.md, section 3, in plain Python."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pairmine import seeding

MASK_64 = 2**64 - 1
Edges = dict[tuple[str, str], int]


def merged(rows: Iterable[tuple[str, str, int]]) -> Edges:
    """Repeated rows add up, of the two directions the larger stays."""
    directed: Counter[tuple[str, str]] = Counter()
    for a, b, count in rows:
        directed[a, b] += count
    edges: Edges = {}
    for (a, b), count in directed.items():
        pair = min(a, b), max(a, b)
        edges[pair] = max(edges.get(pair, 0), count)
    return edges


def counted(listens: Iterable[tuple[str, str]], fewest: int = 2, most: int | None = None) -> tuple[Edges, set[str]]:
    """The users of both tracks of each pair, and all tracks of the users who are kept."""
    heard = defaultdict(set)
    for user, track in listens:
        heard[user].add(track)
    kept = [tracks for tracks in heard.values() if fewest <= len(tracks) <= (most or len(tracks))]
    return dict(Counter(pair for tracks in kept for pair in combinations(sorted(tracks), 2))), set().union(*kept)


def sanitised(edges: Edges, tracks: Iterable[str], min_count: int, k: int, seed: int = 0) -> Edges:
    """Edges of at least `min_count` that are among the k strongest of both ends, ties by the mix of both ends."""
    numbers = {key: number for number, key in enumerate(sorted(tracks, key=str.encode))}
    stream = seeding.stream(seed, "ties of edges")
    strong = {pair: count for pair, count in edges.items() if count >= min_count}
    best = defaultdict(list)
    for (a, b), count in strong.items():
        strength = -count, mixed(stream, numbers[a], numbers[b])
        best[a].append((strength, (a, b)))
        best[b].append((strength, (a, b)))
    kept = {key: {pair for _, pair in sorted(ranked)[:k]} for key, ranked in best.items()}
    return {pair: count for pair, count in strong.items() if pair in kept[pair[0]] and pair in kept[pair[1]]}


def mixed(stream: int, a: int, b: int) -> int:
    """SplitMix64 of the unordered pair."""
    z = ((stream ^ (min(a, b) << 32 | max(a, b))) + 0x9E3779B97F4A7C15) & MASK_64
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK_64
    return z ^ (z >> 31)


def table(folder: Path, name: str) -> list[dict[str, Any]]:
    """All rows of a table of a source."""
    return [row for part in sorted((folder / name).glob("*.parquet")) for row in pq.read_table(part).to_pylist()]


def written(folder: Path) -> Edges:
    """The edges of a source by their tracks' keys; ids must be in the order of keys, and edges sorted."""
    keys = [track["key"] for track in table(folder, "tracks")]
    assert keys == sorted(keys, key=str.encode)
    rows = [(edge["track_a"], edge["track_b"], edge["count"]) for edge in table(folder, "edges")]
    assert rows == sorted(rows)
    assert all(a < b for a, b, _ in rows)
    return {(min(keys[a], keys[b]), max(keys[a], keys[b])): count for a, b, count in rows}


def checksums(folder: Path) -> dict[str, bytes]:
    """The bytes of a source's tables."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet")}
