"""Playlist continuation: does the similarity of audio find the other tracks of a playlist?"""

from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from pairmine.errors import InputError, UsageError, shown
from pairmine.registry import check_name
from trainer.annotations import _files, playlists
from trainer.annotations._playlists import Playlists
from trainer.evaluations import Evaluation
from trainer.evaluations._continuation import QUERIES, AmongRandom, Bounds, ByNeighbours
from trainer.evaluations._options import AllowOtherCounts
from trainer.keys import annotation_key

PROTOCOLS = ("crossmodal-2021", "strategies-2022")
AMBIGUOUS = ("Mixed Genre", "Alternating DJ")


def prepare(
    data: Path,
    *,
    protocol: Annotated[str, typer.Option(help="crossmodal-2021 or strategies-2022.")] = PROTOCOLS[0],
    tracks: Annotated[
        Path | None, typer.Option(help="File of keys, one a line: the test tracks [default: split test, else all].")
    ] = None,
    least: Annotated[int, typer.Option(min=QUERIES + 1, help="strategies-2022: tracks of a playlist at least.")] = 5,
    most: Annotated[int, typer.Option(help="strategies-2022: tracks of a playlist at most.")] = 50,
    ambiguous: Annotated[
        list[str] | None,
        typer.Option(help=f"strategies-2022: category to leave out; repeatable [default: {', '.join(AMBIGUOUS)}]."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Names the random draws.")] = 0,
    allow_other_counts: AllowOtherCounts = False,
) -> Evaluation:
    """`pairmine evaluate continuation --data workspace/catalogue/melon --checkpoint crossmodal-cf-g`

    Read playlists: a source of the catalogue, Melon's folder (train.json …) or AOTM-2011's file. Only test tracks are
    given and looked for: those of split test where the source is split, else all.

    crossmodal-2021: each test track of a playlist brings its 100 nearest, never itself; the 100 that most bring, ties
    by the sum of cosines, are held against the playlist: nDCG@100, MAP@100.

    strategies-2022: three random tracks of a playlist are given; each other is ranked among 100 random tracks by the
    sum of cosines to the three: HR@10, mean percentile rank (MPR, lower is better). Vectors are mean and standard
    deviation of a track's patches. Playlists too short, too long or of an ambiguous category are left out; the paper
    does not give the bounds.
    """
    check_name("protocol", protocol, PROTOCOLS)
    if most < least:
        raise UsageError(f"--least {least} --most {most}: no playlist has so few and so many tracks")
    found = playlists.read(data, allow_other_counts=allow_other_counts)
    kept_N = _test_tracks(found, tracks)
    if protocol == PROTOCOLS[0]:
        return ByNeighbours.of(found, kept_N, seed)
    bounds = Bounds(least, most, AMBIGUOUS if ambiguous is None else tuple(ambiguous))
    return AmongRandom.of(found, kept_N, seed, bounds)


def _test_tracks(found: Playlists, file: Path | None) -> npt.NDArray[np.bool_]:
    """Return one flag a track: whether it may be given and looked for."""
    if file is not None:
        named = {annotation_key(line.strip()) for _, line in _files.lines(file)}
        kept_N = np.array([key in named for key in found.keys])
        if not kept_N.any():
            raise InputError(f"{shown(file)} names no track of {found.name}: list keys, one a line")
        return kept_N
    if (found.split_N == "").all():
        return np.ones(len(found.keys), np.bool_)
    kept_N = np.asarray(found.split_N == "test")
    if not kept_N.any():
        raise InputError(f"{found.name}: no track of its playlists is in split test: split it anew, or pass --tracks")
    return kept_N
