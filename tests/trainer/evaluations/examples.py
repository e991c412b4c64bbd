"""A small made-up world for every evaluation: annotations on disk, options, and a system that knows the truth.

One function an evaluation, by the name of its file: `NAME(tmp_path, rng) -> Example`. The contract tests
(tests/contract/test_evaluations.py) run every evaluation on its example.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pairmine import catalogue, pairing
from pairmine.splits import split
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions
from pairmine.testing.evaluations import Planted
from tests.worlds import table, write_source

Floats = npt.NDArray[np.float32]


class Example(NamedTuple):
    """What `prepare(data, **options)` reads, and a system whose vectors hold the structure that is looked for."""

    data: Path
    options: dict[str, Any]
    system: Planted


def latents(rng: np.random.Generator, truth_NC: npt.ArrayLike, dim: int = 16) -> Floats:
    """Return vectors (N, D) that are the sum of one random direction for each class a track has."""
    truth = np.asarray(truth_NC, np.float64)
    direction_CD = rng.standard_normal((truth.shape[1], dim))
    return (truth @ direction_CD).astype(np.float32)


def retrieval(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Ten tracks each of four artists, two tracks of nobody."""
    artists = [*np.repeat(["ann", "bob", "cem", "dia"], 10), "", ""]
    keys = [f"clips/{number:03}" for number in rng.permutation(len(artists))]
    rows = [f"{key}.mp3\t{artist}" for key, artist in zip(keys, artists, strict=True)]
    (tmp_path / "labels.tsv").write_text("\n".join(["file\tartist", *rows, ""]), encoding="utf-8")
    truth = np.array([[artist == each for each in ("ann", "bob", "cem", "dia")] for artist in artists])
    latent_of = dict(zip(keys, latents(rng, truth), strict=True))
    return Example(tmp_path / "labels.tsv", {"k": 5}, Planted(latent_of))


def similarity(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Sixty triplets of clips; the nearer song shares the anchor's direction."""
    columns = [f"{place}_{what}" for place in ("anchor", "song1", "song2") for what in ("id", "start_seconds")]
    lines, latent_of = [",".join([*columns, "song1_vote"])], {}
    for number in range(60):
        keys = [f"TR{number:03}{place}" for place in "ABC"]
        near, far = rng.standard_normal((2, 16))
        first = number % 2
        latent_of |= dict(zip(keys, [near, near, far] if first else [near, far, near], strict=True))
        starts = rng.integers(0, 9, 3) / 2
        cells = [str(cell) for pair in zip(keys, starts, strict=True) for cell in pair]
        lines.append(",".join([*cells, str(first)]))
    (tmp_path / "clean-dim-sim.csv").write_text("\n".join([*lines, ""]))
    return Example(tmp_path, {"allow_other_counts": True}, Planted(latent_of))


def tag_rows(
    rng: np.random.Generator, truth_NC: npt.ArrayLike, classes: tuple[str, ...]
) -> tuple[list[str], list[str]]:
    """Return keys, and lines `key, split, group, tags…` of a table: half to train on, a quarter to choose by."""
    truth = np.asarray(truth_NC)
    keys = [f"{number % 10:02}/{number:03}" for number in rng.permutation(len(truth))]
    lines = ["key\tsplit\tgroup\ttags"]
    for place, (key, row) in enumerate(zip(keys, truth, strict=True)):
        split = ("train", "valid", "train", "test")[place % 4]
        tags = [name for name, has in zip(classes, row, strict=True) if has]
        lines.append("\t".join([f"{key}.mp3", split, f"artist {place // 4}", *tags]))
    return keys, lines


def tagging(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Four hundred tracks with any of five tags, or none."""
    truth = rng.random((400, 5)) < 0.3
    keys, lines = tag_rows(rng, truth, ("calm", "drums", "guitar", "loud", "piano"))
    (tmp_path / "tags.tsv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    latent_of = dict(zip(keys, latents(rng, truth), strict=True))
    options = {"dataset": "table", "protocol": "colisten-2020"}
    return Example(tmp_path / "tags.tsv", options, Planted(latent_of, noise=1.0))


def stack(tmp_path: Path, rng: np.random.Generator) -> Example:
    """The world of tagging, by the protocol on patches."""
    example = tagging(tmp_path, rng)
    return example._replace(options={"dataset": "table", "protocol": "discogs-2022"})


def genre(tmp_path: Path, rng: np.random.Generator) -> Example:
    """A hundred and twenty tracks, each of one of three genres."""
    truth = np.eye(3, dtype=bool)[rng.permutation(120) % 3]
    keys, lines = tag_rows(rng, truth, ("jazz", "pop", "rock"))
    (tmp_path / "genres.tsv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    latent_of = dict(zip(keys, latents(rng, truth), strict=True))
    return Example(
        tmp_path / "genres.tsv", {"dataset": "table", "protocol": "crossmodal-2021", "runs": 1}, Planted(latent_of)
    )


def instrument(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Twelve songs with three clips each for each of the eleven instruments, named as published."""
    names = [(place, song, clip) for place in range(11) for song in range(12) for clip in (1, 2, 3)]
    codes = ("cel", "pia", "vio", "cla", "org", "gac", "tru", "flu", "sax", "gel", "voi")
    lines = [f"[{codes[place]}][cla]{100 * place + song:04}__{clip}.wav,{place}" for place, song, clip in names]
    (tmp_path / "irmas_train_meta.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    truth = np.eye(11)[[place for place, _, _ in names]]
    keys = [f"{codes[int(line.rpartition(',')[2])]}/{line.partition('.wav')[0]}" for line in lines]
    latent_of = dict(zip(keys, latents(rng, truth), strict=True))
    return Example(tmp_path, {"folds": 3, "allow_other_counts": True}, Planted(latent_of, noise=0.5))


def continuation(tmp_path: Path, rng: np.random.Generator) -> Example:
    """A hundred and fifty tracks of ten tastes; each playlist is of one taste."""
    lists = [rng.choice(np.arange(taste, 150, 10), 8, replace=False).tolist() for taste in range(10) for _ in range(5)]
    write_source(tmp_path, "toy", [*lists, [149]])
    taste_of = np.arange(150) % 10
    latent_of = {f"t{track:06d}": latent for track, latent in enumerate(latents(rng, np.eye(10)[taste_of]))}
    return Example(tmp_path / "catalogue" / "toy", {}, Planted(latent_of))


def colisten(tmp_path: Path, rng: np.random.Generator) -> Example:
    """A graph of two hundred recordings in twenty groups; a fifth of its edges are held out."""
    write_source(tmp_path, "toy", [list(range(200))])
    ends = [(a, b) for a in range(200) for b in range(a + 1, 200) if a % 20 == b % 20 and rng.random() < 0.6]
    edges = [{"track_a": a, "track_b": b, "count": 1} for a, b in ends]
    catalogue.add(tmp_path, "toy", "edges", table("edges", edges), {})
    split(tmp_path, "toy", "edge", "0.8,0,0.2")
    latent_of = {f"t{track:06d}": latent for track, latent in enumerate(latents(rng, np.eye(20)[np.arange(200) % 20]))}
    return Example(tmp_path / "catalogue" / "toy", {"sample": 30}, Planted(latent_of))


def labels(tmp_path: Path, rng: np.random.Generator) -> Example:
    """Four hundred recordings with any of six tags, half of them to train on."""
    write_source(tmp_path, "toy", [list(range(400))])
    truth_NC = rng.random((400, 6)) < 0.3
    tags = [{"track_id": n, "kind": "tag", "tag": f"tag {c}"} for n, c in np.argwhere(truth_NC).tolist()]
    catalogue.add(tmp_path, "toy", "track_tags", table("track_tags", tags), {})
    split(tmp_path, "toy", "track", "0.5,0,0.5")
    for name in ("train", "test"):
        restrictions, out = Restrictions(split=name), tmp_path / "sets" / name
        chosen = Parameters(tags="tag")
        pairing.build_pairs(tmp_path, "toy", "labels", parameters=chosen, restrictions=restrictions, out=out)
    latent_of = {f"t{track:06d}": latent for track, latent in enumerate(latents(rng, truth_NC))}
    return Example(tmp_path / "sets", {"nearest": ["tag 1"]}, Planted(latent_of))
