"""Similarity as people hear it: dim-sim, playlists-2023, section 4.3."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import typer

from pairmine.errors import InputError, UsageError
from trainer.annotations import dim_sim
from trainer.annotations.dim_sim import Clip, Triplets
from trainer.evaluations import Evaluation, Patches, System, _finite
from trainer.evaluations._options import AllowOtherCounts
from trainer.metrics import score, triplets
from trainer.metrics.score import Score

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

OVERLAP = 0.75  # of the patches asked for: with patches of 3 s one begins within 0.4 s of any clip
CLIP_MS = 1000 * dim_sim.SECONDS


def prepare(
    data: Path,
    *,
    clips: Annotated[
        bool, typer.Option(help="Embeddings are of the 3 s clips, by keys ID_START: TRAAAAW128F429D538_12.5.")
    ] = False,
    allow_other_counts: AllowOtherCounts = False,
) -> Evaluation:
    """`pairmine evaluate similarity --data clean-dim-sim.csv --checkpoint playlist-co-resnet50`

    dim-sim: 879 triplets of 3 s clips, each with the judgement of people which of two is nearer to the anchor. A system
    is right where the cosine distance says the same (a tie counts half); told beside it is the mean of the difference
    of both distances. A clip's vector is that of the patch of its track that begins nearest to it, so patches of
    about 3 s are wanted; or with `--clips` that of its own key.
    """
    found = dim_sim.read(data, allow_other_counts=allow_other_counts)
    return Similarity("playlists-2023, dim-sim", (), (), clips=clips, triplets=found).on(found)


@dataclass(frozen=True, kw_only=True)
class Similarity(Evaluation):
    """Triplets of clips.

    Attributes:
        triplets: the judgements.
        clips: whether vectors are asked for by clip; else by patch.
    """

    triplets: Triplets
    clips: bool

    def scores(self, system: System) -> list[Score]:
        """Return the figures of a system.

        Raises:
            UsageError: a track has no patch near one of its clips.
        """
        vector_CD, detail = self._vectors(system)
        found = self.triplets
        difference_T = triplets.difference(
            vector_CD[found.anchor_T], vector_CD[found.positive_T], vector_CD[found.negative_T]
        )
        figures = _figures(triplets.right(difference_T), difference_T)
        return [replace(figure, detail=detail) for figure in figures]

    def chance(self) -> list[Score]:
        """Return the expected figures of vectors that know nothing: half of the triplets, no difference."""
        count = len(self.triplets.anchor_T)
        return _figures(np.full(count, 0.5), np.zeros(count))

    def only(self, known: frozenset[str]) -> Self:
        """Return it without the triplets that have a clip of a track that is not known.

        Raises:
            InputError: no triplet is left.
        """
        found = self.triplets
        known_C = np.array([self._key(clip) in known for clip in found.clips])
        rows_TP = np.stack([found.anchor_T, found.positive_T, found.negative_T], axis=1)
        rows_TP = rows_TP[known_C[rows_TP].all(1)]
        if not len(rows_TP):
            raise InputError(f"{found.file}: no triplet is left whose three clips all have a vector: embed its tracks")
        used_C, place_X = np.unique(rows_TP, return_inverse=True)
        anchor_T, positive_T, negative_T = place_X.reshape(-1, 3).T
        clips = tuple(found.clips[clip] for clip in used_C)
        left = replace(found, clips=clips, anchor_T=anchor_T, positive_T=positive_T, negative_T=negative_T)
        return self.on(left)

    def on(self, found: Triplets) -> Self:
        """Return it on these triplets."""
        keys = sorted({self._key(clip) for clip in found.clips}, key=lambda key: key.encode(errors="surrogatepass"))
        facts: dict[str, Any] = {
            "triplets": len(found.anchor_T),
            "clips": len(found.clips),
            "undecided": found.undecided,
        }
        facts |= {"other_counts": found.other_counts} if found.other_counts else {}
        return replace(self, triplets=found, keys=tuple(keys), tested=tuple(keys), facts=facts, files=(found.file,))

    def _key(self, clip: Clip) -> str:
        key, start = clip
        return f"{key}_{start:g}" if self.clips else key

    def _vectors(self, system: System) -> tuple[Floats, dict[str, Any]]:
        """Return a vector a clip, and how far off the patches were."""
        row_of = {key: row for row, key in enumerate(self.keys)}
        row_C = np.array([row_of[self._key(clip)] for clip in self.triplets.clips])
        if self.clips:
            return _finite.tracks(system, self.keys)[row_C], {}
        start_ms_C = np.array([round(1000 * start) for _, start in self.triplets.clips])
        patches = _finite.patches(system, self.keys, OVERLAP)
        nearest_C, off_ms_C = nearest(patches, row_C, start_ms_C)
        self._check_near(off_ms_C)
        off = {"median": float(np.median(off_ms_C)), "max": int(off_ms_C.max())}
        return patches.vector_PD[nearest_C], {"patch_begins_off_ms": off}

    def _check_near(self, off_ms_C: Ints) -> None:
        """Raise UsageError if a patch begins so far from its clip that it cannot be of it."""
        if (off_ms_C > CLIP_MS).any():
            clip = int(np.argmax(off_ms_C))
            key, start = self.triplets.clips[clip]
            raise UsageError(
                f"the nearest patch of {key} begins {off_ms_C[clip] / 1000:.1f} s from its clip at {start:g} s: embed "
                "patches of about 3 s of the whole preview, or the clips themselves (--clips)"
            )


def nearest(patches: Patches, row_C: Ints, start_ms_C: Ints) -> tuple[Ints, Ints]:
    """Return the patch of each clip's track that begins nearest to it, the earlier of two, and how far off, in ms."""
    first_C = np.searchsorted(patches.of_P, row_C)
    last_C = np.searchsorted(patches.of_P, row_C, side="right") - 1
    span = int(max(patches.start_ms_P.max(), start_ms_C.max())) + 1
    after_C = np.searchsorted(patches.of_P * span + patches.start_ms_P, row_C * span + start_ms_C)
    before_C, after_C = np.clip(after_C - 1, first_C, last_C), np.clip(after_C, first_C, last_C)
    off_before_C = np.abs(patches.start_ms_P[before_C] - start_ms_C)
    off_after_C = np.abs(patches.start_ms_P[after_C] - start_ms_C)
    sooner_C = off_before_C <= off_after_C
    return np.where(sooner_C, before_C, after_C), np.where(sooner_C, off_before_C, off_after_C)


def _figures(right_T: npt.NDArray[np.float64], difference_T: npt.NDArray[np.float64]) -> list[Score]:
    accuracy = score.mean("accuracy", right_T, "triplets")
    return [accuracy, score.mean("mean difference", difference_T, "triplets")]
