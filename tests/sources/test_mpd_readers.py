"""The fast scanner and the strict reader of MPD JSON: equal on everything, right on what is sound."""

import json
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpd_worlds import document, playlists, read, spell, spoil, state_positions

from pairmine.kernels import json_scan as scan
from pairmine.kernels import playlist_arrays as layout
from pairmine.kernels.byte_runs import PADDING
from pairmine.sources._records import Records

INSERTED = [
    *(b'"', b"{", b"[", b"}", b",", b"\\", b"\x80", b",{", b'{"pid":'),
    *(b"NaN", b'"pos":1,', b'"name":"",', b"}\n{", b'"tracks":', b'{"playlists":['),
]
seeds = st.integers(0, 2**32).map(random.Random)


def expected(playlist: dict[str, Any]) -> tuple[Any, ...]:
    """What a sound playlist must be read as, from its values alone."""
    tracks = playlist["tracks"]
    made = [
        (entry.get("pos", index), *(entry.get(key) for key in layout.TEXTS), entry.get("duration_ms", -1))
        for index, entry in enumerate(tracks)
    ]
    words = {"true": 1, "false": 0, None: -1}
    values = [playlist.get(key, -1) for key in layout.NUMBERS]
    values[-1] = int(words.get(playlist.get("collaborative"), playlist.get("collaborative")))
    return (
        playlist["pid"],
        playlist.get("name"),
        playlist.get("description"),
        values,
        sorted(made, key=lambda e: e[0]),
    )


def sound(playlist: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    playlist["tracks"] = [entry for entry in playlist["tracks"] if entry["track_uri"]]
    if chance.random() < 0.5:
        order = list(range(len(playlist["tracks"])))
        if chance.random() < 0.3:
            chance.shuffle(order)
        for entry, pos in zip(playlist["tracks"], order, strict=True):
            entry["pos"] = pos
    return playlist


@given(st.lists(playlists, max_size=4), seeds)
@settings(max_examples=150, deadline=None)
def test_sound_playlists_are_read_as_any_json_reader_would(made: list[dict[str, Any]], chance: random.Random) -> None:
    made = [sound(playlist, chance) for playlist in made]
    data = document(made, chance)
    for fast in (True, False):
        taken, rejects = read(data, fast=fast)
        assert taken == [expected(playlist) for playlist in made]
        assert rejects == []


@given(st.lists(playlists, max_size=4), seeds, st.sampled_from([0.02, 0.1, 0.5]))
@settings(max_examples=300, deadline=None)
def test_fast_and_strict_agree_on_odd_values(made: list[dict[str, Any]], chance: random.Random, share: float) -> None:
    for playlist in made:
        state_positions(playlist, chance)
    data = document(spoil(made, chance, share), chance)
    assert read(data, fast=True) == read(data, fast=False)


@given(st.lists(playlists, min_size=1, max_size=4), seeds, st.integers(1, 4))
@settings(max_examples=500, deadline=None)
def test_fast_and_strict_agree_on_mutated_bytes_at_any_block_size(
    made: list[dict[str, Any]], chance: random.Random, mutations: int
) -> None:
    data = bytearray(document(made, chance))
    for _ in range(mutations):
        place = chance.randrange(len(data))
        way = chance.randrange(4)
        if way == 0:
            data[place] = chance.choice(b'{}[],:"\\ 0-xtfn\x00\x07\xc3\xff')
        elif way == 1:
            del data[place : place + chance.choice([1, 1, 30])]
        elif way == 2:
            data[place:place] = chance.choice(INSERTED)
        else:
            data[place:] = data[: chance.randrange(len(data))]
        if not data:
            return
    whole = read(bytes(data), fast=True)
    assert whole == read(bytes(data), fast=False)
    assert whole == read(bytes(data), fast=True, block_bytes=chance.choice([400, 700, 1024]))
    limited = read(bytes(data), fast=True, look_ahead=200)
    assert limited == read(bytes(data), fast=False, look_ahead=200, block_bytes=64)


@pytest.mark.parametrize("blanks", ["", " ", "\n    "])
def test_the_scanner_vouches_for_all_that_real_slices_hold(blanks: str) -> None:
    entry = {"pos": 0, "track_uri": "t", "track_name": 'é \u2028 "\\/😀', "duration_ms": 0, "new": [{"a": 1}]}
    playlist = {"pid": 1, "name": "n", "collaborative": "false", "modified_at": 1493424000, "tracks": [entry]}
    for ensure_ascii in (True, False):
        text = json.dumps([playlist], ensure_ascii=ensure_ascii).replace('"pos"', blanks + '"pos"')
        data = text.encode()
        buffer = np.frombuffer(data + bytes(PADDING), np.uint8).copy()
        records = Records(len(data))
        pos, state = scan.scan_playlists(
            buffer, 1, len(data), scan.BEFORE_FIRST, 10**6, records.playlists, records.spans, records.durations,
            records.positions, records.escaped, records.counts,
        )  # fmt: skip
        assert (pos, state, records.counts[:2].tolist()) == (len(data) - 1, scan.AFTER, [1, 1])


def test_spelling_is_json() -> None:
    chance = random.Random(0)
    for _ in range(50):
        value = {"a": ['é\n"\\/', 1, None, {"b": 2.5}], "c": True}
        assert json.loads(spell(value, chance)) == value
