"""What broken MPD JSON gets: everything readable is taken, everything else told with its place."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mpd_worlds import read

from pairmine.kernels import playlist_arrays as layout

A = '{"pid": 1, "tracks": [{"track_uri": "t"}, {"track_uri": "u"}]}'
B = '{"pid": 2, "tracks": []}'
C = '{"tracks": [{"track_uri": "v", "pid": 3}], "pid": 3}'
D = '{"pid": 4, "tracks": []}'

FRAMES = [
    # (data, pids taken, (unit, position, part of the reason) of the rejects)
    (f"[{A},{B},{C}]", [1, 2, 3], []),
    (f'{{"playlists": [{A},{B}], "info": {{"playlists": [{C}]}}}}', [1, 2], []),
    (f"\ufeff [{A}]\n[{B}] {{\"playlists\": [{C}]}}\n", [1, 2, 3], []),
    ("[]", [], []),
    ("", [], [("files", 0, "holds no list of playlists")]),
    ("{}", [], [("files", 2, "holds no list of playlists")]),
    ("garbage", [], [("files", 0, "expected [ or { here")]),
    (f'garbage [{A}', [1], [("files", 0, "expected [ or {"), ]),
    (f"[{A} {B}]", [1, 2], [("files", 64, "a comma is missing here")]),
    (f"[{A}, {B},]", [1, 2], [("files", 90, "a comma stands before the end")]),
    (f"[{A}, {B}", [1, 2], [("files", 89, "the file ends too early")]),
    (f"[{A}, {B}, ", [1, 2], [("files", 91, "the file ends too early")]),
    (f'{{"playlists": [{A}, {B}]', [1, 2], [("files", 104, "the file ends too early: expected a comma or }")]),
    (f"[{A}, 17, {B}]", [1, 2], [("playlists", 65, "expected a playlist, an object")]),
    (f"[{A}, 1x, {B}]", [1, 2], [("playlists", 65, "expected a playlist"), ("files", 66, "expected a comma or ]")]),
    (f"[{A}, xx, {B}]", [1, 2], [("playlists", 65, "malformed JSON at byte 65")]),
    (f"[{A}, {B[:-3]}, {C}]", [1, 3], [("playlists", 65, "malformed JSON")]),
    (f"[{A[:-2]}, {B}, {C}]", [2, 3], [("playlists", 1, "the file ends too early: inside this playlist")]),
    (f"[{A}, {B}, {C[:-5]}", [1, 2], [("playlists", 91, "the file ends too early: inside this playlist")]),
    (f"[{A}, {{\"tracks\": []}}, {B}]", [1, 2], [("playlists", 65, "pid: missing")]),
    (f"[{A}, {{\"pid\": -1, \"tracks\": []}}, {B}]", [1, 2], [("playlists", 65, "pid: expected a whole number")]),
    (f"[{A}, {{\"pid\": 5}}, {B}]", [1, 2], [("playlists", 65, "playlist 5: tracks: expected a list")]),
    (f'[{A}, {{"pid": 4, "x": {"[" * 70}{"]" * 70}}}, {B}]', [1, 2], [("playlists", 65, "deeper than 64 levels")]),
    (f"[{A} x {B} {C}, {D}]", [1, 2, 3, 4], [("files", 64, "expected a comma or ] here; at byte 91: a comma is m")]),
    (f"{A}\n{B}\n\n{C}", [1, 2, 3], []),
    (f"{A},{B}, {C}\n[{D}]", [1, 2, 3, 4], []),
    (f"{A}\n{B[:-3]}\n{C}\n{D}", [1, 3, 4], [("playlists", 63, "malformed JSON")]),
    (f'{{"tracks": 5, "playlists": [{A}]}}', [1], []),
    ("PK\x03\x04" + A, [], [("files", 0, "a zip archive: unpack it first")]),
    ("[\0" + A, [], [("files", 0, "UTF-16")]),
    ("[" + f"{A} " * 7 + "]", [1] * 7, [("files", 64, "at byte 253: a comma is missing here (and 2 more)")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "pids", "rejects"), FRAMES)
@pytest.mark.parametrize("fast", [True, False])
def test_frames(text: str, pids: list[int], rejects: list[tuple[str, int, str]], fast: bool) -> None:
    taken, told = read(text.encode(), fast=fast)
    assert [playlist[0] for playlist in taken] == pids
    assert [(reject.unit, reject.position) for reject in told] == [reject[:2] for reject in rejects]
    assert all(part in reject.reason for reject, (*_, part) in zip(told, rejects, strict=True))


def test_fields_are_told_with_path_and_place() -> None:
    text = (
        '[{"pid": 7, "name": "\\ud800", "num_tracks": "3", "modified_at": 1e20, "collaborative": "yes",'
        ' "tracks": [{"track_uri": "t", "duration_ms": 2.0, "album_name": ["x"]}, 5, {"track_uri": ""},'
        ' {"track_uri": "u", "duration_ms": 2.5, "artist_name": "\x01"}]}]'
    )
    for fast in (True, False):
        ((pid, name, _, numbers, entries),), rejects = read(text.encode(), fast=fast)
        assert (pid, name, set(numbers)) == (7, None, {-1})
        assert [(entry[0], entry[1], entry[-1]) for entry in entries] == [(0, "t", 2), (3, "u", -1)]
        paths = [
            "name", "num_tracks", "modified_at", "collaborative", "tracks[0].album_name", "tracks[1]", "tracks[2]",
            "tracks[3].duration_ms", "tracks[3].artist_name",
        ]  # fmt: skip
        assert [reject.reason.split(": ")[1] for reject in rejects] == paths
        assert all(reject.reason.startswith("playlist 7: ") for reject in rejects)
        assert [reject.unit for reject in rejects] == ["fields"] * 5 + ["entries"] * 2 + ["fields"] * 2
        assert (
            text[rejects[1].position :].startswith('"3"')
            and rejects[1].excerpt
            == '"3", "modified_at": 1e20, "collaborative": "yes", "tracks": [{"track_uri": "t", "d'[:80]
        )
        assert rejects[-1].excerpt == '"\\x01"}]}'


@pytest.mark.parametrize("number", ["3.0", "3.000", "0.0", "9007199254740992.0"])
def test_whole_numbers_with_a_fraction_of_zeros_count(number: str) -> None:
    data = f'[{{"pid": 1, "duration_ms": {number}, "tracks": []}}]'.encode()
    for fast in (True, False):
        ((*_, numbers, _),), rejects = read(data, fast=fast)
        assert numbers[list(layout.NUMBERS).index("duration_ms")] == int(float(number)) and not rejects


def test_a_missing_bracket_loses_one_playlist_only() -> None:
    made = [json.loads(A) | {"pid": pid} for pid in range(1000)]
    for text in (json.dumps(made), json.dumps({"playlists": made})):
        place = text.index(']}, {"pid": 501')
        taken, rejects = read((text[:place] + text[place + 2 :]).encode(), fast=True)
        assert [playlist[0] for playlist in taken] == [pid for pid in range(1000) if pid != 500]
        (reject,) = rejects
        assert (reject.unit, reject.position) == ("playlists", text.index('{"pid": 500'))


@pytest.mark.parametrize("fault", ['"num_followers": xx, ', '"num_followers" 1, ', '"x": [1 2], '])
def test_broken_playlists_in_a_row_are_all_told(fault: str) -> None:
    broken = f'{{"pid": 9, {fault}"tracks": [{{"track_uri": "t"}}]}}'
    for text in (f"[{', '.join([broken] * 50)}, {A}]", f'{{"playlists": [{A}, {broken}, {broken}]}}'):
        for fast in (True, False):
            taken, rejects = read(text.encode(), fast=fast, block_bytes=300)
            assert [playlist[0] for playlist in taken] == [1]
            assert {(reject.unit, text[reject.position :][:10]) for reject in rejects} == {("playlists", '{"pid": 9,')}
            assert len({reject.position for reject in rejects}) == len(rejects) == text.count('"pid": 9')


def told(text: str) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
    """Playlists, and (unit, reason) of rejects, on which both readers agree."""
    fast, strict = (read(text.encode(), fast=fast) for fast in (True, False))
    assert fast == strict
    return fast[0], [(reject.unit, reject.reason) for reject in fast[1]]


def test_python_writes_nan() -> None:
    made = [{"pid": pid, "num_followers": float("nan"), "new": -float("inf"), "tracks": []} for pid in range(3)]
    taken, rejects = told(json.dumps(made))
    assert [playlist[0] for playlist in taken] == [0, 1, 2]
    assert [unit for unit, _ in rejects] == ["fields"] * 3
    assert rejects[0][1].endswith("found NaN")
    taken, rejects = told('[{"pid": NaN, "tracks": []}, {"pid": 1, "tracks": [{"track_uri": NaN}]}]')
    assert [playlist[0] for playlist in taken] == [1] and [unit for unit, _ in rejects] == ["playlists", "entries"]


def test_keys_that_stand_twice_are_told() -> None:
    text = (
        '[{"pid": 1, "tracks": [{"track_uri": "a"}], "new": 1, "new": 2, "name": null, "name": "n",'
        ' "tracks": [{"track_uri": "b", "track_uri": "c", "pid": 1, "pid": 2}]}]'
    )
    ((_, name, _, _, entries),), rejects = told(text)
    assert name == "n" and [entry[1] for entry in entries] == ["c"]
    assert [(unit, reason.split(": ")[1]) for unit, reason in rejects] == [
        ("fields", "tracks"),
        ("fields", "name"),
        ("fields", "tracks[0].track_uri"),
    ]
    assert all(reason.endswith(": the key stands twice, the last is taken") for _, reason in rejects)


@pytest.mark.parametrize(
    ("stated", "fault"),
    [
        ([0, 1, 2], None),
        ([2, 0, 1], None),
        ([None, 1, None], None),
        ([5, None, 7], "missing in some entries"),
        ([0, 0, 0], "the same in several entries"),
    ],
)
def test_positions_that_are_not_used_are_told(stated: list[int | None], fault: str | None) -> None:
    tracks = [{"track_uri": "t"} | ({} if pos is None else {"pos": pos}) for pos in stated]
    (playlist,), rejects = told(json.dumps([{"pid": 1, "tracks": tracks}]))
    reason = f"playlist 1: tracks.pos: {fault}: the order of the list is taken"
    assert rejects == ([] if fault is None else [("fields", reason)])
    assert [entry[0] for entry in playlist[-1]] == ([0, 1, 2])


def test_a_playlist_longer_than_the_look_ahead_is_passed_over() -> None:
    long = json.dumps({"pid": 9, "name": "x" * 5000, "tracks": []})
    for fast in (True, False):
        taken, rejects = read(f"[{A}, {long}, {B}]".encode(), fast=fast, look_ahead=1000, block_bytes=300)
        assert [playlist[0] for playlist in taken] == [1, 2]
        assert [(reject.unit, reject.position) for reject in rejects] == [("playlists", 65)]
        assert "longer than 1000 bytes" in rejects[0].reason


def test_noise_is_read_to_the_end() -> None:
    chance = random.Random(5)
    noise = bytes(chance.choices(b'{}[],:"\\ 0t\n', k=300_000))
    for fast in (True, False):
        taken, rejects = read(noise, fast=fast)
        assert taken == [] and rejects != []


def test_interrupted_at_once(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    entry = json.dumps({"track_uri": "t", "name": "x" * 300})
    with path.open("w") as file:
        file.write("[")
        for pid in range(2000):
            file.write(f'{{"pid": {pid}, "tracks": [{", ".join([entry] * 200)}]}},\n')
        file.write(f"{B}]")
    program = (
        "import sys; from pathlib import Path; from pairmine.sources import mpd; print('ready', flush=True)\n"
        "try: mpd.ingest(Path(sys.argv[1]), 'mpd', [Path(p) for p in sys.argv[2:]])\n"
        "except KeyboardInterrupt: sys.exit(130)"
    )
    links = [path, *(tmp_path / f"{number}.json" for number in range(40))]
    for link in links[1:]:
        link.hardlink_to(path)
    command = [sys.executable, "-c", program, str(tmp_path / "w"), *map(str, links)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.7)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
    assert not (tmp_path / "w" / "catalogue" / "mpd").exists()
