"""Small feature stores with planted structure, and pair sets over them, for tests of the trainer."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pairmine.kernels.matching import Matches
from pairmine.shards import writer as shards
from trainer import registry
from trainer.features import _writer as _feature_writer

GROUPS = 6


def key(track: int) -> str:
    return f"t{track:06d}"


def mels(tracks: int, bands: int, frames: int, seed: int = 0) -> list[np.ndarray]:
    """Return (frames, bands) of every track: the spectrum of its group, track t being of group t % 6.

    Over it lie noise, and three louder spectra that come and go from track to track and mean nothing: random weights
    hear those.
    """
    rng = np.random.default_rng(seed)
    spectra, louder = rng.normal(size=(GROUPS, bands)), 1.5 * rng.normal(size=(3, bands))
    found = []
    for track in range(tracks):
        noise = rng.normal(size=(frames + track % 7, bands))
        found.append((4 + spectra[track % GROUPS] + rng.normal(size=3) @ louder + noise).clip(0, 12).astype(np.float16))
    return found


def write_features(
    workspace: Path, front_end: str, tracks: int = 48, frames: int = 200, *, absent: tuple[int, ...] = (), seed: int = 0
) -> Path:
    """Write a store with all tracks but the absent ones; return its folder."""
    settings = registry.build("frontends", front_end).settings
    final = workspace / "features" / front_end
    with _feature_writer.writer(final, {"front_end": settings}, force=True) as writer:
        for track, mel in enumerate(mels(tracks, settings["bands"], frames, seed)):
            if track not in absent:
                writer.add(key(track), mel)
        writer.commit(final, {"kind": "features", "front_end": settings, "skipped": {}})
    return final


def write_pairs(folder: Path, kind: str = "pairs", tracks: int = 48, epochs: int = 2, **told) -> Path:
    """Write a pair set whose pairs are tracks of one group, its via; targets fit the groups too. Return its folder."""
    told = {"strategy": "co", "via_kind": "playlist", "source": "toy", "order": "shuffled", "batch": None} | told
    request = shards.request(kind=kind, epochs=epochs, seed=0, parameters={}, catalogue_fingerprint="", **told)
    with shards.writer(folder, request, force=True) as writer:
        for epoch in range(epochs):
            writer.write_epoch(epoch, _matches(kind, tracks, epoch, told["strategy"]), {})
        ids = np.arange(tracks, dtype=np.int32)
        names = {"track_id": ids, "key": [key(track) for track in ids]}
        writer.write_table("tracks", pa.table({**names, "title": names["key"], "artist": names["key"]}))
        for name, table in _targets(kind, tracks).items():
            writer.write_table(name, table)
        writer.commit(folder, {})
    return folder


def _matches(kind: str, tracks: int, epoch: int, strategy: str) -> Matches:
    rng = np.random.default_rng([7, epoch])
    anchor = rng.permutation(tracks).astype(np.int32)
    alone = kind in ("vectors", "labels") or strategy in ("self", "track")
    positive = anchor if alone else ((anchor + GROUPS * rng.integers(1, tracks // GROUPS, tracks)) % tracks)
    negative = (anchor + 1) % tracks if kind == "triplets" else None
    via = anchor % GROUPS
    return Matches(anchor, positive.astype(np.int32), via, np.ones(tracks, np.float32), negative)


def _targets(kind: str, tracks: int) -> dict[str, pa.Table]:
    ids = pa.array(np.arange(tracks), pa.int32())
    groups = np.arange(tracks) % GROUPS
    if kind == "vectors":
        vectors = np.random.default_rng(3).normal(size=(GROUPS, 5)).astype(np.float32)[groups]
        return {"targets": pa.table({"track_id": ids, "vector": _fixed(vectors)})}
    if kind == "labels":
        label_ids = pa.array([[int(g)] if t % 2 else [int(g), GROUPS] for t, g in enumerate(groups)])
        weights = pa.array([[1.0] if t % 2 else [0.5, 0.5] for t in range(tracks)])
        words = np.random.default_rng(4).normal(size=(GROUPS + 1, 8)).astype(np.float32)
        labels = [f"label {number}" for number in range(GROUPS + 1)]
        columns = {"label_id": pa.array(range(GROUPS + 1), pa.int32()), "label": labels, "count": [1] * (GROUPS + 1)}
        return {
            "targets": pa.table({"track_id": ids, "label_ids": label_ids, "weights": weights}),
            "vocabulary": pa.table({**columns, "vector": _fixed(words)}),
        }
    return {}


def _fixed(vectors: np.ndarray) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
