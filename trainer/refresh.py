"""Hard negatives that keep up: every few epochs, tracks the encoder now finds near an anchor that are no positives.

They are written as a pair set of kind triplets, `runs/NAME/negatives/epoch=EEEE`, with the pairs the next epochs would
have read in their order, so that a resumed run reads what the uninterrupted one read.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.functional import normalize

from pairmine import seeding
from pairmine.errors import UsageError
from pairmine.kernels.matching import Matches
from pairmine.progress import say
from pairmine.shards import writer as shards
from trainer import embed, system
from trainer.data import Stream, Streams
from trainer.pair_sets import Ints, PairSet, Rows
from trainer.recipe import Recipe
from trainer.run import Run
from trainer.trained_encoder import TrainedEncoder

CELLS = 1 << 26  # of the matrix of likenesses at once

Codes = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


def check(recipe: Recipe, streams: Streams) -> None:
    """Raise UsageError unless a loss takes negatives, and there is one shuffled set of pairs or triplets."""
    spec = recipe.refresh
    if not spec.every:
        return
    if not 0 <= spec.rank_from < spec.rank_to:
        raise UsageError(f"refresh.rank_from is {spec.rank_from}, rank_to {spec.rank_to}: the first is the smaller")
    if not any(system.takes_negatives(task) for task in recipe.tasks):
        losses = ", ".join(task.loss for task in recipe.tasks)
        raise UsageError(
            f"refresh.every makes negatives, which {losses} takes none of: leave it out, or --loss triplet"
        )
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
    nearest_RK, width_R = _searched(run, z_RD, Known(stream.sets[0], rows))
    if not width_R.any():
        raise UsageError(
            f"{stream.sets[0].folder}: every track is a positive of every other, or shares a via with it, so there is "
            "nothing to draw negatives from: leave refresh.every out"
        )
    if run.here.first:
        _write_set(run, stream, folder, first, rows, nearest_RK, width_R)
    if run.here.count > 1:
        dist.barrier()


@torch.no_grad()
def _embedded(run: Run, stream: Stream, rows: Ints) -> Tensor:
    """Return the mean vectors of tracks at unit length, each rank having heard its share of them."""
    here, trained = run.here, run.system
    model = TrainedEncoder(run.recipe, trained.front_end, trained.encoder, {}).to(here.device)
    model.mean.copy_(trained.mean)
    model.std.copy_(trained.std)
    if here.count > 1:  # batch statistics differ from rank to rank; those of the first are saved
        for buffer in trained.buffers():
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
    trained.train()
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


def _searched(run: Run, z_RD: Tensor, known: Known) -> tuple[Places, Ints]:
    """Return `_nearest` of all tracks, each rank having searched for its share of them."""
    here, spec, count = run.here, run.recipe.refresh, len(z_RD)
    first, last = (count * rank // here.count for rank in (here.rank, here.rank + 1))
    found = _nearest(z_RD, known, spec.rank_from, spec.rank_to, first, last)
    if here.count == 1:
        return found
    shared = []
    for part in found:
        whole = torch.zeros((count, *part.shape[1:]), dtype=torch.int32, device=here.device)
        whole[first:last] = torch.from_numpy(part)
        dist.all_reduce(whole)
        shared.append(whole.cpu().numpy())
    return shared[0], shared[1].astype(np.int64)


def _nearest(
    z_RD: Tensor, known: Known, rank_from: int, rank_to: int, begin: int = 0, end: int | None = None
) -> tuple[Places, Ints]:
    """Return the tracks ranked from `rank_from` up to `rank_to` among those not known, and how many these are.

    Those of the tracks from `begin` up to `end`. Where a track has no more than `rank_from` of them, its last one.
    """
    count, top = len(z_RD), min(rank_to, len(z_RD))
    end = count if end is None else end
    nearest_SK = np.zeros((end - begin, rank_to - rank_from), np.int32)
    width_S = np.zeros(end - begin, np.int64)
    for first, last in _blocks(begin, end, count):
        place, other = (torch.from_numpy(each).to(z_RD.device) for each in known.of(first, last))
        likeness_BR = z_RD[first:last] @ z_RD.T
        likeness_BR[place, other] = -torch.inf
        left_B = likeness_BR.isfinite().sum(1)
        nearest_BK = likeness_BR.topk(top, 1).indices
        low_B = left_B.sub(1).clamp(0, rank_from)
        at_BK = (low_B[:, None] + torch.arange(rank_to - rank_from, device=z_RD.device)).clamp(max=top - 1)
        nearest_SK[first - begin : last - begin] = nearest_BK.gather(1, at_BK).cpu().numpy()
        width_S[first - begin : last - begin] = (left_B.clamp(max=rank_to) - low_B).clamp(min=0).cpu().numpy()
    return nearest_SK, width_S


def _blocks(begin: int, end: int, count: int) -> Iterator[tuple[int, int]]:
    step = max(CELLS // max(count, 1), 1)
    for first in range(begin, end, step):
        yield first, min(first + step, end)


def _write_set(
    run: Run, stream: Stream, folder: Path, first: int, rows: Ints, nearest_RK: Places, width_R: Ints
) -> None:
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
    without, count = 0, 0
    with shards.writer(folder, request, force=True) as opened:
        for epoch in range(spec.every):
            taken = stream.order(first + epoch)
            place = np.searchsorted(rows, taken.anchor)
            draw = seeding.rng(run.recipe.seed, "negatives", first + epoch).random(len(place))
            chosen = nearest_RK[place, (draw * width_R[place]).astype(np.int64)]
            matches, kept = _matches(pairs, taken, rows[chosen]), width_R[place] > 0
            without, count = without + int((~kept).sum()), count + len(kept)
            opened.write_epoch(epoch, matches.take(kept), {"without_negative": int((~kept).sum())})
        for name in ("tracks", "vias"):
            if pairs.reader.has(name):
                opened.write_table(name, pairs.reader.table(name))
        opened.commit(folder, {})
    if without:
        say(f"epochs {first} to {first + spec.every - 1}: {without:,} of {count:,} pairs have no negative, left out")


def _matches(pairs: PairSet, taken: Rows, negative: Ints) -> Matches:
    ids = [pairs.ids(rows).astype(np.int32) for rows in (taken.anchor, taken.positive, negative)]
    return Matches(ids[0], ids[1], taken.via.astype(np.int32), np.ones(len(negative), np.float32), ids[2])
