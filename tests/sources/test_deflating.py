"""Pieces deflated apart make one gzip member that any reader takes."""

import gzip
import tempfile
import zlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pairmine.sources import _deflating


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_pieces_come_back_as_one_member(pieces: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.gz"
        assert _deflating.write(path, map(_deflating.deflate, pieces)) == sum(map(len, pieces))
        data = path.read_bytes()
    assert gzip.decompress(data) == b"".join(pieces)
    member = zlib.decompressobj(wbits=31)
    member.decompress(data)
    assert member.eof and member.unused_data == b""
