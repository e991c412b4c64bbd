"""Artists and credits of synthetic releases and tracks as XML: variations of names, words between them, roles."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.sources._synth_editors import Editors
from pairmine.sources._synth_elements import digits, joined, runs, where
from pairmine.sources._synth_shelves import NOBODY, Array, Flags, below, luck

VARIED, CREDITED_VARIED = 0.09, 0.28  # of the artists, of those in credits, stand under a variation of their name
JOINS = (",", ",", ",", "&", "&", "&", "/", "And", "Feat.", "vs.", "-", "With", "Con", "Meets", "•")
ROLES = (
    *("Written-By",) * 12, "Producer", "Producer", "Producer", "Composed By", "Music By", "Lyrics By", "Vocals",
    "Guitar", "Drums", "Bass", "Engineer", "Mastered By", "Mixed By", "Photography By", "Executive-Producer",
    "Arranged By", "Liner Notes", "Music By [All Tracks By]", "Producer, Mixed By", "Piano [Fender Rhodes]",
)  # fmt: skip


def artist_lists(first: Array, second: Array) -> tuple[Array, Array]:
    """Return (artists, group after group; how many each group has) of one or two artists; NOBODY counts nothing."""
    both = np.stack([first, second], axis=1)
    is_there = both != NOBODY
    return both[is_there], is_there.sum(axis=1)


def is_varied(seed: int, numbers: Array, places: Array) -> Flags:
    """Return which artists stand under a variation: by release and a number of their place on it."""
    return luck(seed, "varied", numbers, places) < VARIED


def artist_elements(
    seed: int, editors: Editors, people: Array, counts: Array, numbers: Array, places: Array
) -> pa.Array:
    """Return artists, group after group (`counts`), with what stands between them; `places` tell them apart."""
    place, size = runs(counts)[1], np.repeat(counts, counts)
    joins = editors.table(JOINS).take(pa.array(below(luck(seed, "join", numbers), len(JOINS))))
    variation = is_varied(seed, numbers, places) & (people != editors.people.various)
    return _elements(editors, people, variation, where(place < size - 1, joins), None, None)


def credit_elements(
    seed: int,
    editors: Editors,
    people: Array,
    roles: pa.Array,
    ids: tuple[Array, Array],
    ranges: pa.Array | None = None,
) -> pa.Array:
    """Return credits; those without a role get one."""
    drawn = editors.table(ROLES).take(pa.array(below(luck(seed, "role", *ids), len(ROLES))))
    roles = pc.if_else(pc.equal(roles, ""), drawn, roles)
    return _elements(editors, people, luck(seed, "credited as", *ids) < CREDITED_VARIED, None, roles, ranges)


def _elements(
    editors: Editors,
    people: Array,
    variation: Flags,
    joins: pa.Array | None,
    roles: pa.Array | None,
    ranges: pa.Array | None,
) -> pa.Array:
    places = pa.array(people)
    nothing = pa.array([""] * len(people), pa.string())
    return joined(
        "<artist><id>",
        digits(editors.people.ids(people)),
        "</id><name>",
        editors.people.meet(people),
        "</name>",
        editors.element("anv", where(variation, editors.people.variations.take(places))),
        editors.element("join", nothing if joins is None else joins),
        editors.element("role", nothing if roles is None else roles),
        editors.element("tracks", nothing if ranges is None else ranges),
        "</artist>",
    )
