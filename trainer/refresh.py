"""Hard negatives that keep up: every few epochs, tracks the encoder now finds near an anchor that are no positives.

They are written as a pair set of kind triplets, `runs/NAME/negatives/epoch=EEEE`, with the pairs the next epochs would
have read in their order, so that a resumed run reads what the uninterrupted one read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.functional import normalize

from pairmine import seeding
from pairmine.errors import UsageError
from pairmine.kernels.matching import Matches
from pairmine.shards import writer as shards
from trainer import embed
from trainer.data import Stream, Streams
from trainer.pair_sets import Ints, PairSet, Rows
from trainer.recipe import Recipe
from trainer.run import Run
from trainer.trained_encoder import TrainedEncoder

CELLS = 1 << 26  # of the matrix of likenesses at once

Codes = npt.NDArray[np.int64]


def check(recipe: Recipe, streams: Streams) -> None:
    """Raise UsageError unless a recipe's negatives can be refreshed: one shuffled set of pairs or triplets."""
    spec = recipe.refresh
    if not spec.every:
        return
    if not 0 <= spec.rank_from < spec.rank_to:
        raise UsageError(f"refresh.rank_from is {spec.rank_from}, rank_to {spec.rank_to}: the first is the smaller")
    sets = [each for stream in streams.values() for each in stream.sets]
    if len(sets) != 1 or sets[0].kind not in ("pairs", "triplets") or sets[0].fixed_batch:
        raise UsageError("refresh.every works with one set of pairs or triplets in no fixed order: leave it out")


def streams(run: Run, found: Streams) -> Streams:
    """Return what this epoch reads: the set with the newest negatives, made now if it is due.

    Sets of pairs get negatives before the first epoch, triplets keep their own until the first refresh.
    """
    spec, at = run.recipe.refresh, run.position
    if not spec.every:
        return found
    [(roles, stream)] = found.items()
    first = at.epoch // spec.every * spec.every
    if first == 0 and stream.sets[0].kind == "triplets":
        return found
    folder = run.folder / "negatives" / f"epoch={first:04d}"
    if (at.epoch, at.batch) == (first, 0):
        _write(run, stream, folder, first)
    known = PairSet(folder, stream.features, stream.sets[0].least_frames)
    return {roles: stream.reading(known, first)}


def _write(run: Run, stream: Stream, folder: Path, first: int) -> None:
    rows = stream.sets[0].rows
    z_RD = _embedded(run, stream, rows)
    if run.here.first:
        spec = run.recipe.refresh
        known = Known(stream.sets[0], rows)
        nearest_RK, width_R = _nearest(z_RD, known, spec.rank_from, spec.rank_to)
        _write_set(run, stream, folder, first, rows, nearest_RK, width_R)
    if run.here.count > 1:
        dist.barrier()


@torch.no_grad()
def _embedded(run: Run, stream: Stream, rows: Ints) -> Tensor:
    """Return the mean vectors of tracks at unit length, each rank having heard its share of them."""
    here, system = run.here, run.system
    model = TrainedEncoder(run.recipe, system.front_end, system.encoder, {}).to(here.device)
    model.mean.copy_(system.mean)
    model.std.copy_(system.std)
    if here.count > 1:  # batch statistics differ from rank to rank; those of the first are saved
        for buffer in system.buffers():
            dist.broadcast(buffer, 0)
    model.eval()
    z_RD = torch.zeros(len(rows), model.encoder.dim, device=here.device)
    mine = rows[here.rank :: here.count]
    if len(mine):
        parts = list(embed.vectors(stream.features, model, here.device, mine))
        row_N, _, vector_ND = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(row_N, kind="stable")
        firsts = np.flatnonzero(np.diff(row_N[order], prepend=-1))
        z_RD[here.rank :: here.count] = torch.from_numpy(embed.pooled(vector_ND[order], firsts)).to(here.device)
    system.train()
    if here.count > 1:
        dist.all_reduce(z_RD)
    return normalize(z_RD, dim=1)


class Known:
    """Which tracks of a pair set are no negatives of each other: positives in any epoch, or of one via.

    Args:
        pairs: the set.
        rows: feature rows of its tracks, ascending; tracks are numbered by their place there.
    """

    def __init__(self, pairs: PairSet, rows: Ints) -> None:
        count = len(rows)
        direct, member = np.empty(0, np.int64), np.empty(0, np.int64)
        vias = 1 + max(int(pairs.epoch(epoch)[0].via.max(initial=-1)) for epoch in range(pairs.epochs))
        for epoch in range(pairs.epochs):
            found = pairs.epoch(epoch)[0]
            anchor, positive = np.searchsorted(rows, found.anchor), np.searchsorted(rows, found.positive)
            direct = _merged(direct, anchor * count + positive, positive * count + anchor)
            linked = found.via >= 0
            member = _merged(member, *(track[linked] * vias + found.via[linked] for track in (anchor, positive)))
        self._positive = _Lists(direct // count, direct % count, count)
        self._via = _Lists(member // max(vias, 1), member % max(vias, 1), count)
        self._member = _Lists(*_by_via(member, max(vias, 1)), vias)

    def of(self, first: int, last: int) -> tuple[Ints, Ints]:
        """Return (track - first, known) for the tracks from first up to last, the tracks themselves included."""
        tracks = np.arange(first, last)
        places, positives = self._positive.of(tracks)
        owners, vias = self._via.of(tracks)
        at, members = self._member.of(vias)
        return (
            np.concatenate([tracks - first, places, owners[at]]),
            np.concatenate([tracks, positives, members]),
        )


class _Lists:
    """Numbers by the place of their owner, both ascending."""

    def __init__(self, owner: Codes, values: Codes, count: int) -> None:
        self._values, self._starts = values, np.searchsorted(owner, np.arange(count + 1))

    def of(self, owners: Ints) -> tuple[Ints, Ints]:
        """Return the place among `owners`, and the number, of everything they have."""
        counts = self._starts[owners + 1] - self._starts[owners]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.repeat(np.arange(len(owners)), counts), self._values[np.repeat(self._starts[owners], counts) + within]


def _merged(*codes: Codes) -> Codes:
    return np.unique(np.concatenate(codes))


def _by_via(member: Codes, vias: int) -> tuple[Codes, Codes]:
    order = np.argsort(member % vias, kind="stable")
    return (member % vias)[order], (member // vias)[order]


def _nearest(z_RD: Tensor, known: Known, rank_from: int, rank_to: int) -> tuple[Ints, Ints]:
    """Return the tracks ranked from `rank_from` up to `rank_to` among those not known, and how many these are.

    Where a track has no more than `rank_from` of them, its last one.
    """
    count, top = len(z_RD), min(rank_to, len(z_RD))
    found: list[npt.NDArray[Any]] = []
    widths: list[npt.NDArray[Any]] = []
    for first, last in _blocks(count):
        place, other = (torch.from_numpy(each).to(z_RD.device) for each in known.of(first, last))
        likeness_BR = z_RD[first:last] @ z_RD.T
        likeness_BR[place, other] = -torch.inf
        left_B = likeness_BR.isfinite().sum(1)
        nearest_BK = likeness_BR.topk(top, 1).indices
        low_B = left_B.sub(1).clamp(0, rank_from)
        at_BK = (low_B[:, None] + torch.arange(rank_to - rank_from, device=z_RD.device)).clamp(max=top - 1)
        found.append(nearest_BK.gather(1, at_BK).int().cpu().numpy())
        widths.append((left_B.clamp(max=rank_to) - low_B).clamp(min=0).cpu().numpy())
    return np.concatenate(found), np.concatenate(widths)


def _blocks(count: int) -> Iterator[tuple[int, int]]:
    step = max(CELLS // max(count, 1), 1)
    for first in range(0, count, step):
        yield first, min(first + step, count)


def _write_set(run: Run, stream: Stream, folder: Path, first: int, rows: Ints, nearest_RK: Ints, width_R: Ints) -> None:
    """Write the pairs of the next epochs with a negative each, drawn from the nearest of their anchor."""
    pairs, spec = stream.sets[0], run.recipe.refresh
    told = pairs.manifest
    request = shards.request(
        kind="triplets",
        strategy="refresh",
        source=told.get("source"),
        via_kind=told.get("via_kind"),
        catalogue_fingerprint=told.get("catalogue_fingerprint"),
        epochs=spec.every,
        seed=run.recipe.seed,
        order="shuffled",
        batch=None,
        parameters={"of": told["digest"], "first_epoch": first, "step": run.position.step, **vars(spec)},
    )
    with shards.writer(folder, request, force=True) as opened:
        for epoch in range(spec.every):
            taken = stream.order(first + epoch)
            place = np.searchsorted(rows, taken.anchor)
            draw = seeding.rng(run.recipe.seed, "negatives", first + epoch).random(len(place))
            chosen = nearest_RK[place, (draw * width_R[place]).astype(np.int64)]
            matches, kept = _matches(pairs, taken, rows[chosen]), width_R[place] > 0
            opened.write_epoch(epoch, matches.take(kept), {"without_negative": int((~kept).sum())})
        for name in ("tracks", "vias"):
            if pairs.reader.has(name):
                opened.write_table(name, pairs.reader.table(name))
        opened.commit(folder, {})


def _matches(pairs: PairSet, taken: Rows, negative: Ints) -> Matches:
    ids = [pairs.ids(rows).astype(np.int32) for rows in (taken.anchor, taken.positive, negative)]
    return Matches(ids[0], ids[1], taken.via.astype(np.int32), np.ones(len(negative), np.float32), ids[2])
