"""XML elements as Arrow strings: children laid end to end become their parents' content without a copy."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pairmine.sources._synth_shelves import Array, Flags


def joined(*parts: pa.Array | str) -> pa.Array:
    """Return the parts one after the other, element by element."""
    return pc.binary_join_element_wise(*parts, "")


def digits(numbers: npt.NDArray[np.generic]) -> pa.Array:
    """Return whole numbers as text."""
    return pa.array(numbers).cast(pa.string())


def where(condition: Flags, texts: pa.Array | str, otherwise: pa.Array | str = "") -> pa.Array:
    """Return `texts` where the condition holds."""
    return pc.if_else(pa.array(condition), texts, otherwise)


def element(tag: str, texts: pa.Array, when_empty: str = "") -> pa.Array:
    """Return elements around texts; for an empty text what the generation writes then."""
    return pc.if_else(pc.equal(texts, ""), when_empty, joined(f"<{tag}>", texts, f"</{tag}>"))


def wrapped(tag: str, texts: pa.Array, counts: Array) -> pa.Array:
    """Join children to one element for each group; nothing where there are none."""
    return element(tag, grouped(texts, counts))


def grouped(texts: pa.Array, counts: Array) -> pa.Array:
    """Join texts to one for each group; the groups lie one after the other, `counts` texts each."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    ends = offsets[np.concatenate([[0], np.cumsum(counts)])]
    return pa.StringArray.from_buffers(len(counts), pa.py_buffer(ends), texts.buffers()[2])


def runs(counts: Array) -> tuple[Array, Array]:
    """Return (group, place in the group) of every member of groups that lie one after the other."""
    group = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    return group, np.arange(len(group)) - np.repeat(ends - counts, counts)


def text_bytes(texts: pa.Array) -> memoryview:
    """Return the bytes of texts, one after the other."""
    ends = np.frombuffer(texts.buffers()[1], np.int32)
    return memoryview(texts.buffers()[2])[ends[texts.offset] : ends[texts.offset + len(texts)]]
