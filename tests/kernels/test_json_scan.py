"""Kernels of the MPD reader against Python's json, bytes and sorting."""

import json
import random
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairmine.kernels import gathering, json_values
from pairmine.kernels import json_scan as scan
from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import PADDING, WIDTH, blank_run, load64, plain_run, quote_run
from pairmine.kernels.text_hashes import text_hash
from pairmine.sources._records import Records

import numba as nb  # isort: skip

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=20
)


def padded(data: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(data + bytes(PADDING), np.uint8).copy()


@nb.njit
def runs(buffer: Any, index: int) -> Any:
    return plain_run(buffer, index), quote_run(buffer, index), blank_run(buffer, index), load64(buffer, index)


@given(st.binary(max_size=80) | st.text(' \n\t\r"\\ab', max_size=80).map(str.encode), st.integers(0, 80))
@settings(deadline=None)
def test_runs_count_bytes_as_a_loop_does(data: bytes, index: int) -> None:
    buffer = padded(data + bytes(80))
    here = buffer[index:].tobytes()[:WIDTH]
    expected = [re.match(pattern, here, re.DOTALL) for pattern in (rb"[ !#-\[\]-\x7f]*", rb'[^"\\]*', rb"[ \n\r\t]*")]
    word = int.from_bytes(buffer[index : index + 8].tobytes(), "little")
    assert runs(buffer, index) == (*(len(match[0]) for match in expected if match), word)


@given(values, st.sampled_from([None, 1]), st.booleans())
@settings(deadline=None)
def test_values_end_where_json_says(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    status, stop, _ = json_values.skip_value(padded(b" " + text + b" ,"), 0, len(text) + 3)
    assert (status, stop) == (json_values.WHOLE, len(text) + 1)
    for cut in {0, len(text) // 2, len(text) - 1}:
        assert json_values.skip_value(padded(text[:cut]), 0, cut)[0] == json_values.INCOMPLETE


@given(values, st.integers(0, 10**6), st.sampled_from(list(b'{}[],:"0-.e atn\x00')))
@settings(deadline=None, max_examples=300)
def test_only_json_is_whole(value: Any, place: int, byte: int) -> None:
    data = bytearray(json.dumps(value).encode())
    data[place % len(data)] = byte
    if re.search(rb"\\", data):
        return  # escapes are left to whoever decodes the strings
    status, stop, _ = json_values.skip_value(padded(bytes(data) + b" "), 0, len(data) + 1)
    try:
        json.loads(data, strict=False, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
        is_json = True
    except ValueError:
        is_json = False
    assert (status == json_values.WHOLE and not data[stop:].strip(b" \n\r\t")) == is_json


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "-NaN", "NaNs", "Inf", "+Infinity", "--Infinity"])
def test_words_for_numbers_are_whole_as_in_python(text: str) -> None:
    try:
        json.loads(f"[{text}]")
        is_whole = True
    except ValueError:
        is_whole = False
    status = json_values.skip_value(padded(f"[{text}]".encode()), 0, len(text) + 2)[0]
    assert (status == json_values.WHOLE) == is_whole


@pytest.mark.parametrize("depth", [63, 64, 65, 100_000])
def test_depth_is_bounded(depth: int) -> None:
    data = b"[" * depth + b"]" * depth
    status, stop, _ = json_values.skip_value(padded(data), 0, len(data))
    assert (status, stop) == ((json_values.WHOLE, len(data)) if depth <= 64 else (json_values.TOO_DEEP, 64))


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 1]))
@settings(deadline=None)
def test_members_are_where_they_stand(value: dict[str, Any], indent: int | None) -> None:
    data = json.dumps(value, indent=indent).encode()
    rows = json_values.members(padded(data), 0, len(data)).tolist()
    assert {json.loads(data[a:b]): json.loads(data[c:d]) for a, b, c, d in rows} == value
    listed = json.dumps(list(value.values()), indent=indent).encode()
    rows = json_values.members(padded(listed), 0, len(listed)).tolist()
    assert [json.loads(listed[c:d]) for *_, c, d in rows] == list(value.values())


def test_the_next_playlist_is_found_whole_or_broken() -> None:
    def found(text: str, limit: int = 10**6, is_last: bool = True) -> tuple[int, int]:
        data = text.encode()
        return json_values.find_playlist(padded(data), 0, len(data), limit, is_last)

    assert found('x, {"track_uri": "t"}, {"a": {"pid": 2}}, \n {"pid": 1}') == (json_values.FOUND, 44)
    assert found('x {"pid": 1}') == found(': {"tracks": 1 x') == found('x {"pid": 1') == (json_values.FOUND, 2)
    assert found('x {"track_uri": 1, "pid": 1 x')[0] == found('{"pi')[0] == json_values.NEED_MORE
    assert found('["a": [{"b": {"c": [{"tracks": []}')[1] == 20
    assert found(', {"pid": 1', is_last=False) == (json_values.NEED_MORE, 2)
    assert found(', {"pid": 1, "x": [{"pid": 2}], "y": 0}', limit=15) == (json_values.FOUND, 2)


def test_garbage_costs_linear_work() -> None:
    for unit in (b',{"a":[', b"{,", b'[{"', b',{"a":1,"b":{', b'"\\",{"'):
        data = padded(unit * (4_000_000 // len(unit)))
        status, place = json_values.find_playlist(data, 0, data.size - PADDING, 1 << 26, True)
        assert (status, place) == (json_values.NEED_MORE, data.size - PADDING)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 31, 32, 33, 100])
@pytest.mark.parametrize("text", ["a", "é", '\\"', "\\u00e9", "\\ud83d\\ude00", "😀", "\\/", "ab\\n"])
def test_texts_of_every_length_are_decoded(text: str, length: int) -> None:
    raw = "x" * length + text * 3 + "y" * length
    data = f'[{{"pid":1,"name":"{raw}","tracks":[{{"track_uri":"{raw}","artist_name":"{raw}"}}]}}]'.encode()
    buffer, records = padded(data), Records(len(data))
    pos, state = scan.scan_playlists(
        buffer, 1, len(data), scan.BEFORE_FIRST, 10**6, records.playlists, records.spans, records.durations,
        records.positions, records.escaped, records.counts,
    )  # fmt: skip
    assert (pos, state) == (len(data) - 1, scan.AFTER)
    spans = [
        records.playlists[0, layout.NAME :][:2],
        records.spans[0, :2],
        records.spans[0, layout.ARTIST_NAME :][:2],
    ]
    for place, size in spans:
        assert buffer[place : place + size].tobytes().decode() == json.loads(f'"{raw}"')


@pytest.mark.parametrize(
    "name",
    [
        b"\xc0\x80", b"\xe0\x9f\x80", b"\xed\xa0\x80", b"\xf0\x8f\x80\x80", b"\xf4\x90\x80\x80",
        b"\xf5\x80\x80\x80", b"\x80", b"\xe2\x82", b"\\ud800", b"\\udc00\\ud800", b"\\u00g0", b"\\x41", b"\n", b"\x00",
    ],
)  # fmt: skip
def test_no_vouching_for_what_is_no_text(name: bytes) -> None:
    data = b'[{"pid":1,"name":"' + name + b'","tracks":[]}]'
    records = Records(len(data))
    pos, _ = scan.scan_playlists(
        padded(data), 1, len(data), scan.BEFORE_FIRST, 10**6, records.playlists, records.spans, records.durations,
        records.positions, records.escaped, records.counts,
    )  # fmt: skip
    assert (pos, records.counts[0]) == (1, 0)


@given(st.lists(st.integers(0, 10**18 - 1) | st.integers(0, 200) | st.sampled_from([10**k for k in range(18)])))
@settings(deadline=None)
def test_pids_are_ordered_as_text(pids: list[int]) -> None:
    order = gathering.pid_order(np.array(pids, np.int64))
    by_order = [pids[index] for index in np.argsort(order, kind="stable")]
    assert by_order == sorted(pids, key=lambda pid: (str(pid),))
    assert len(set(order.tolist())) == len(set(pids))


@given(st.binary(max_size=40), st.binary(max_size=40))
@settings(deadline=None)
def test_hashes_depend_on_the_text_alone(a: bytes, b: bytes) -> None:
    alone, behind = padded(a), padded(b + a + b)
    assert text_hash(alone, 0, len(a), 3) == text_hash(behind, len(b), len(a), 3)
    assert (text_hash(padded(a), 0, len(a), 0) == text_hash(padded(b), 0, len(b), 0)) == (a == b)
    assert text_hash(alone, 0, -1, 0) != text_hash(alone, 0, 0, 0)


def test_first_lowest_and_disagreement() -> None:
    chance = random.Random(0)
    groups = np.array([chance.randrange(-1, 6) for _ in range(200)], np.int32)
    rank = np.array(chance.sample(range(1000), 200), np.int64)
    present = np.array([chance.random() < 0.3 for _ in range(200)])
    values = np.array([chance.randrange(2) if group % 2 else 7 for group in groups], np.uint64)
    marks = np.zeros(8, np.bool_)
    gathering.mark_disagreement(groups, values, present, marks)
    winners = gathering.first_of(groups, rank, present, 8)
    for group in range(8):
        rows = [row for row in range(200) if groups[row] == group]
        there = [row for row in rows if present[row]]
        assert winners[group] == min(there, key=lambda row: rank[row], default=-1)
        assert marks[group] == (len({values[row] for row in there}) > 1)
        lowest = gathering.lowest_rank(rank, groups, 8)[group]
        assert lowest == min((rank[row] for row in rows), default=np.iinfo(np.int64).max)
