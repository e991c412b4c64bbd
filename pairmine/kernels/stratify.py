"""Iterative stratification: split items that carry several tags so that every tag is split in the same proportions."""

import numba as nb
import numpy as np
import numpy.typing as npt


def stratified(
    offsets: npt.NDArray[np.int64],
    tags: npt.NDArray[np.int32],
    order: npt.NDArray[np.int32],
    shares: npt.NDArray[np.float64],
) -> npt.NDArray[np.int8]:
    """Return the split of every item.

    K. Sechidis, G. Tsoumakas, I. Vlahavas: On the stratification of multi-label data, ECML PKDD 2011, algorithm 1: the
    tag with the fewest items left is dealt out first; each of its items goes to the split that still wants most of that
    tag, ties to the split that wants most items, then to the first. Items without tags come last.

    Args:
        offsets: (I + 1) where each item's tags begin in `tags`.
        tags: tag numbers from 0, distinct within an item.
        order: (I) the order in which items of a tag are dealt out.
        shares: (S) the shares of the splits, summing to 1.
    """
    count = int(tags.max()) + 1 if tags.size else 0
    sizes = np.bincount(tags, minlength=count)
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    items = np.repeat(np.arange(order.size), np.diff(offsets))
    members = items[np.lexsort((place[items], tags))]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    wanted = shares[:, None] * sizes[None, :]
    return _deal(offsets, tags, order, starts, members, sizes, wanted, shares * order.size)  # type: ignore[no-any-return]


@nb.njit(cache=True, nogil=True)
def _deal(offsets, tags, order, starts, members, left, wanted, room):  # type: ignore[no-untyped-def]
    split = np.full(order.size, -1, np.int8)
    for _ in range(left.size):
        rarest = -1
        for tag in range(left.size):
            if left[tag] > 0 and (rarest < 0 or left[tag] < left[rarest]):
                rarest = tag
        if rarest < 0:
            break
        for i in range(starts[rarest], starts[rarest + 1]):
            item = members[i]
            if split[item] < 0:
                best = _neediest(wanted[:, rarest], room)
                split[item] = best
                room[best] -= 1
                for j in range(offsets[item], offsets[item + 1]):
                    wanted[best, tags[j]] -= 1
                    left[tags[j]] -= 1
    for item in order:
        if split[item] < 0:
            best = np.argmax(room)
            split[item] = best
            room[best] -= 1
    return split


@nb.njit(cache=True, nogil=True)
def _neediest(wanted, room):  # type: ignore[no-untyped-def]
    best = 0
    for split in range(1, wanted.size):
        if wanted[split] > wanted[best] or (wanted[split] == wanted[best] and room[split] > room[best]):
            best = split
    return best
