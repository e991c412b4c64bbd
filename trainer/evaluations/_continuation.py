"""Playlist continuation by the similarity of audio, as two papers have it."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from pairmine import seeding
from pairmine.errors import InputError
from trainer.annotations._playlists import Playlists
from trainer.evaluations import _finite
from trainer.evaluations._draw import Draw
from trainer.evaluations._evaluation import Evaluation
from trainer.metrics import neighbours, score
from trainer.metrics.recommendation import average_precision_at_k, hit_rate, ndcg_at_k, percentile_rank
from trainer.metrics.score import Score, totals
from trainer.systems import System

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

LENGTH = 100  # of a list, and of the neighbours a track brings
QUERIES, OTHERS, FIRST = 3, 100, 10
DIM = 128  # of random vectors
NUMBERS = 1 << 25  # of the vectors of random tracks, at once


@dataclass(frozen=True, kw_only=True, eq=False)
class _Continuation(Evaluation):
    """What both protocols share.

    Attributes:
        playlists: as they were read.
        kept_N: which of their tracks may appear.
        seed: of random draws.
        stats: of a track's patches, as `System.tracks` has them.
    """

    playlists: Playlists
    kept_N: Flags
    seed: int
    stats: str = "mean"

    def scores(self, system: System) -> list[Score]:
        """Return the figures of a system."""
        return self._figures(neighbours.unit(_finite.tracks(system, self.keys, self.stats)))

    def chance(self) -> list[Score]:
        """Return the figures of random vectors."""
        rng = seeding.rng(self.seed, "chance")
        return self._figures(neighbours.unit(rng.standard_normal((len(self.keys), DIM))))

    @abstractmethod
    def _figures(self, unit_ND: Floats) -> list[Score]: ...

    def _known(self, known: frozenset[str]) -> Flags:
        """Return which tracks may appear and are known."""
        flags: Flags = self.kept_N & np.array([key in known for key in self.playlists.keys])
        return flags


@dataclass(frozen=True, kw_only=True, eq=False)
class ByNeighbours(_Continuation):
    """crossmodal-2021, section 3.3: each of a playlist's test tracks brings its 100 nearest, the most repeated win.

    Attributes:
        offset_P1: playlist p holds the test tracks of places offset[p] to offset[p + 1] …
        track_M: … of this array, as rows of `keys`.
    """

    offset_P1: Ints
    track_M: Ints

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the tracks that are not known.

        Raises:
            InputError: there are not two left.
        """
        return self.of(self.playlists, self._known(known), self.seed)

    @classmethod
    def of(cls, playlists: Playlists, kept_N: Flags, seed: int) -> Self:
        """Return it on the playlists that hold a test track.

        Raises:
            InputError: there are not two test tracks.
        """
        found = playlists.keep_tracks(kept_N)
        found = found.keep_playlists(np.diff(found.offset_P1) > 0)
        used, track_M = np.unique(found.track_M, return_inverse=True)
        if len(used) < 2:
            raise InputError(f"{playlists.name}: {len(used)} test tracks in its playlists, two are needed")
        sizes_P = np.diff(found.offset_P1)
        facts = {"playlists": len(sizes_P), "test_tracks": len(used), "playlists_of_one": int((sizes_P == 1).sum())}
        known = _known_of(playlists, used, facts)
        own = known | {"playlists": playlists, "kept_N": kept_N, "seed": seed}
        return cls(f"crossmodal-2021, {playlists.name}", **own, offset_P1=found.offset_P1, track_M=track_M)

    def _figures(self, unit_ND: Floats) -> list[Score]:
        near = neighbours.nearest(unit_ND, LENGTH)
        listed_PK = neighbours.most_repeated(near, self.offset_P1, self.track_M, LENGTH)
        hit_PK = neighbours.hits(listed_PK, self.offset_P1, self.track_M, len(unit_ND))
        sizes_P = np.diff(self.offset_P1)
        return [
            score.mean(f"nDCG@{LENGTH}", ndcg_at_k(hit_PK, sizes_P), "playlists"),
            score.mean(f"MAP@{LENGTH}", average_precision_at_k(hit_PK, sizes_P), "playlists"),
        ]


class Bounds(NamedTuple):
    """Which playlists are taken: of so many tracks, and of none of these categories."""

    least: int
    most: int
    ambiguous: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class AmongRandom(_Continuation):
    """strategies-2022, section 4.4: each further track of a playlist among 100 random ones, by its cosine to three.

    Tracks are summarised by mean and standard deviation of their patches, as in all its experiments (section 4).
    """

    bounds: Bounds
    draw: Draw
    stats: str = "mean-std"

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the tracks that are not known; playlists that are too short then are left out.

        Raises:
            InputError: too little is left.
        """
        return self.of(self.playlists, self._known(known), self.seed, self.bounds)

    @classmethod
    def of(cls, playlists: Playlists, kept_N: Flags, seed: int, bounds: Bounds) -> Self:
        """Return it with queries and random tracks drawn.

        Raises:
            InputError: no playlist is left, or too few tracks are outside of one.
        """
        found = playlists.keep_tracks(kept_N)
        sizes_P = np.diff(found.offset_P1)
        clear_P = ~np.isin(found.category_P, bounds.ambiguous)
        fits_P = (sizes_P >= bounds.least) & (sizes_P <= bounds.most)
        found = found.keep_playlists(clear_P & fits_P)
        used, track_M = np.unique(found.track_M, return_inverse=True)
        sizes_P = np.diff(found.offset_P1)
        if not len(used) or len(used) < OTHERS + sizes_P.max():
            raise InputError(
                f"{playlists.name}: {len(sizes_P):,} playlists of {bounds.least} to {bounds.most} known tracks, "
                f"{len(used):,} tracks in all: {OTHERS} outside of each playlist are needed: change --least and --most"
            )
        facts = {"playlists": len(sizes_P), "tracks": len(used), "items": len(track_M) - QUERIES * len(sizes_P)}
        facts |= {"playlists_ambiguous": int((~clear_P).sum()), "playlists_too_short_or_long": int((~fits_P).sum())}
        facts |= {"least": bounds.least, "most": bounds.most}
        own = _known_of(playlists, used, facts) | {"playlists": playlists, "kept_N": kept_N, "seed": seed}
        draw = Draw.of(found.offset_P1, track_M, len(used), QUERIES, seed)
        return cls(f"strategies-2022, {playlists.name}", **own, bounds=bounds, draw=draw)

    def _figures(self, unit_ND: Floats) -> list[Score]:
        draw = self.draw
        query_PD = unit_ND[draw.query_PQ].sum(1)
        rank_I, hit_I = np.empty(len(draw.item_I)), np.empty(len(draw.item_I))
        step = max(1, NUMBERS // (OTHERS * unit_ND.shape[1]))
        for first in range(0, len(draw.item_I), step):
            some = slice(first, first + step)
            asked_ID = query_PD[draw.playlist_I[some]]
            own_I = np.einsum("id,id->i", asked_ID, unit_ND[draw.item_I[some]])
            other_IN = np.einsum("id,ind->in", asked_ID, unit_ND[draw.others(first, first + step, OTHERS)])
            rank_I[some], hit_I[some] = percentile_rank(own_I, other_IN), hit_rate(own_I, other_IN, FIRST)
        return [self._mean(f"HR@{FIRST}", hit_I, True), self._mean("MPR", rank_I, False)]

    def _mean(self, metric: str, value_I: npt.NDArray[np.float64], higher_is_better: bool) -> Score:
        """Return the mean over all items; resampled are the playlists, whose items hang together."""
        playlists = len(self.draw.query_PQ)
        sum_P = np.bincount(self.draw.playlist_I, value_I, playlists)
        items_P = np.bincount(self.draw.playlist_I, minlength=playlists)
        replicate_R = totals(sum_P) / totals(items_P)
        return Score(metric, float(value_I.mean()), replicate_R, "playlists", higher_is_better)


def _known_of(playlists: Playlists, used: Ints, facts: dict[str, int]) -> dict[str, Any]:
    """Return what every evaluation says of itself, of tracks by their numbers in `playlists`."""
    keys = tuple(playlists.keys[track] for track in used)
    names = {key: playlists.names[key] for key in keys if key in playlists.names}
    files = playlists.files
    told: dict[str, Any] = {**playlists.counts, **facts}
    told |= {"other_counts": playlists.other_counts} if playlists.other_counts else {}
    return {"keys": keys, "tested": keys, "names": names, "facts": told, "files": files}
