"""`ingest mpd` as a whole: against a slow oracle, byte for byte in every circumstance, and on real data."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpd_checks import check, fingerprint, table
from mpd_oracle import Oracle
from mpd_worlds import document, playlists, state_positions

from pairmine.errors import InputError
from pairmine.sources import _blocks, _columns, _playlist_tables, mpd

TABLES = [
    *("tracks", "artists", "releases", "playlists", "playlist_tracks"),
    *("track_artists", "track_releases", "rejects"),
]
REAL = Path(__file__).parents[3] / "shared" / "data" / "mpd"
needs_real_data = pytest.mark.skipif(not REAL.is_dir(), reason="the real MPD excerpts are not beside the repository")


def write_files(folder: Path, worlds: list[list[dict[str, Any]]], chance: random.Random) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, world in enumerate(worlds):
        paths.append(folder / f"{number}.json")
        paths[-1].write_bytes(document(world, chance))
    return paths


worlds = st.lists(st.lists(playlists, max_size=4), min_size=1, max_size=3)
seeds = st.integers(0, 2**32).map(random.Random)


@given(worlds, seeds)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_tables_are_those_of_the_oracle(
    tmp_path: Path, made: list[list[dict[str, Any]]], chance: random.Random
) -> None:
    for world in made:
        for playlist in world:
            if chance.random() < 0.7:
                playlist["pid"] %= 3
            state_positions(playlist, chance)
    if chance.random() < 0.5:
        made.append(chance.choice(made))
    oracle = Oracle(made)
    folder = tmp_path / str(chance.random())
    paths = write_files(folder, made, chance)
    if not oracle.playlists:
        with pytest.raises(InputError):
            mpd.ingest(folder, "mpd", paths)
        return
    ingested = mpd.ingest(folder, "mpd", paths)
    check(ingested)
    for name, rows in oracle.tables().items():
        assert table(ingested, name).rows() == rows, name
    assert ingested.conflicts == oracle.conflicts
    skipped = {tally.unit: sum(tally.skipped.values()) for tally in ingested.tallies}
    assert (skipped["playlists"], skipped["entries"]) == oracle.repeated


def some_world(seed: int, count: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        tracks = []
        for pos in range(chance.randrange(30)):
            track = chance.randrange(200)
            entry = {
                "pos": pos,
                "track_uri": f"t:{track}",
                "track_name": f"T{track} {chance.randrange(9) // 8}",
            }
            entry |= {"artist_uri": f"a:{track % 40}", "artist_name": f"A{track % 40}", "duration_ms": track}
            entry |= {"album_uri": f"l:{track % 70}", "album_name": f"L{chance.choice('xxxxy')}"}
            tracks.append(
                {key: value for key, value in entry.items() if key in ("pos", "track_uri") or chance.random() < 0.9}
            )
        pid = chance.randrange(count) if chance.random() < 0.2 else chance.randrange(10**6)
        made.append({"pid": pid, "name": "é" * chance.randrange(3), "num_tracks": len(tracks), "tracks": tracks})
    return made


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """Files with conflicts, collisions, repeats and rejects."""
    made = [some_world(seed, 60) for seed in range(4)]
    made[3][10:20] = made[0][:10]
    made[2][5]["tracks"].append({"no": "uri"})
    made[2][6]["name"] = 7
    paths = write_files(tmp_path / "in", made, random.Random(1))
    paths[1].write_bytes(paths[1].read_bytes()[:-300])
    return paths


def test_same_bytes_whatever_order_place_compression_threads_and_blocks(
    inputs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = mpd.ingest(tmp_path / "w0", "mpd", inputs, 1)
    check(first)
    assert first.rejects == 3
    assert first.conflicts["playlists"] > 0 and first.conflicts["releases"] > 0
    expected = fingerprint(first.folder)
    elsewhere = tmp_path / "elsewhere" / "deep"
    elsewhere.mkdir(parents=True)
    for number, path in enumerate(reversed(inputs)):
        data = path.read_bytes()
        packed = [
            data,
            gzip.compress(data),
            zstandard.compress(data),
            gzip.compress(data[:500]) + gzip.compress(data[500:]),
        ]
        (elsewhere / path.name).write_bytes(packed[number])
    (elsewhere / ".hidden.json").write_text("no JSON")
    (elsewhere / "notes.txt").write_text("no JSON")
    other = mpd.ingest(tmp_path / "w1", "mpd", [tmp_path / "elsewhere"], 2)
    assert fingerprint(other.folder) == expected
    monkeypatch.setattr(_blocks, "BLOCK_BYTES", 1500)
    small = mpd.ingest(tmp_path / "w2", "mpd", [*reversed(inputs), inputs[0]], 3)
    assert fingerprint(small.folder) == expected


def test_parts_join_to_the_same_tables(inputs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mpd.ingest(tmp_path / "w0", "mpd", inputs)
    monkeypatch.setattr(_columns, "PART_ROWS", 7)
    monkeypatch.setattr(_playlist_tables, "PART_ROWS", 50)
    parted = mpd.ingest(tmp_path / "w1", "mpd", inputs)
    assert len(list((parted.folder / "playlist_tracks").iterdir())) > 10
    for name in TABLES:
        assert table(parted, name).equals(table(whole, name)), name


@needs_real_data
def test_real_data_reconciles_with_its_readme(tmp_path: Path) -> None:
    with (
        zstandard.open(REAL / "reduced_slices" / "reduced_slices.tar.zst") as file,
        tarfile.open(fileobj=file, mode="r|") as tar,
    ):
        tar.extractall(tmp_path / "reduced", filter="data")
    lists = mpd.ingest(tmp_path, "lists", [REAL / "full_schema_lists"])
    counts = {
        "playlists": 700,
        "playlist_tracks": 43_146,
        "tracks": 25_093,
        "artists": 7_795,
        "releases": 15_043,
    }
    assert counts.items() <= lists.tables.items()
    reduced = mpd.ingest(tmp_path, "reduced", [tmp_path / "reduced"])
    counts = {"playlists": 4_769, "playlist_tracks": 467_631, "tracks": 153_241, "releases": 0, "rejects": 0}
    assert counts.items() <= reduced.tables.items()
    everything = mpd.ingest(tmp_path, "mpd", [REAL / "full_schema_lists", REAL / "slice_layout", tmp_path / "reduced"])
    for ingested in (lists, reduced, everything):
        check(ingested)
    tallies = {tally.unit: tally for tally in everything.tallies}
    assert tallies["playlists"].skipped == {"repeated": 728}
    assert everything.conflicts["playlists"] > 0
    reject = table(everything, "rejects").row(0)
    assert everything.rejects == 1 and reject[0] == "mpd.slice.0-999.cut-at-1MiB.json.zst"
    assert "inside this playlist" in reject[2]


@needs_real_data
def test_real_playlists_agree_with_rows_computed_by_others(tmp_path: Path) -> None:
    with tarfile.open(REAL / "playlist_rows_250k" / "playlist_rows.tar") as tar:
        tar.extractall(tmp_path / "rows", filter="data")
    theirs = pl.read_parquet(tmp_path / "rows" / "**" / "*.parquet").with_columns(key=pl.col("playlist_id").cast(str))
    ours = table(mpd.ingest(tmp_path, "mpd", [REAL / "full_schema_lists"]), "playlists")
    both = ours.join(theirs, "key", suffix="_theirs")
    assert both.height > 100
    for column in ("num_tracks", "num_albums", "num_artists", "num_followers", "num_edits"):
        assert (both[column] == both[f"{column}_theirs"]).all(), column
    assert (both["title"] == both["playlist_name"]).all()
    assert (both["collaborative"].cast(int) == both["collaborative_theirs"].cast(int)).all()
    assert ((both["duration_ms"] / 60_000 - both["playlist_duration_min"]).abs() < 1).all()
    assert (both["modified_at"].dt.strftime("%Y-%m-%d") == both["modified_at_date"].cast(str).str.slice(0, 10)).all()


def test_killed_anywhere_and_run_again_gives_the_same_bytes(inputs: list[Path], tmp_path: Path) -> None:
    expected = fingerprint(mpd.ingest(tmp_path / "undisturbed", "mpd", inputs).folder)
    program = (
        "import sys; from pathlib import Path; from pairmine.sources import mpd; print('ready', flush=True);"
        "mpd.ingest(Path(sys.argv[1]), 'mpd', [Path(p) for p in sys.argv[2:]])"
    )
    chance = random.Random(4)
    for attempt in range(6):
        workspace = tmp_path / f"killed{attempt}"
        command = [sys.executable, "-c", program, str(workspace), *map(str, inputs)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.random() * 0.8)
            process.send_signal(signal.SIGKILL)
        final = workspace / "catalogue" / "mpd"
        assert not final.exists() or fingerprint(final) == expected
        assert fingerprint(mpd.ingest(workspace, "mpd", inputs).folder) == expected
        assert [path.name for path in final.parent.iterdir()] == ["mpd"]


def test_what_cannot_be_read_at_all_leaves_the_old_source(inputs: list[Path], tmp_path: Path) -> None:
    expected = fingerprint(mpd.ingest(tmp_path, "mpd", inputs).folder)
    bad = tmp_path / "bad"
    bad.mkdir()
    for path, message in (
        (tmp_path / "nowhere", "no such file or folder"),
        (bad, "holds no"),
        (bad / "list.json", "nothing could be read"),
        (bad / "noise.json", "nothing could be read"),
        (bad / "empty.json", "nothing could be read"),
    ):
        if path.name == "list.json":
            path.write_text('{"playlists": []}')
        elif path.name == "noise.json":
            path.write_bytes(random.Random(0).randbytes(10_000))
        elif path.name == "empty.json":
            path.write_bytes(b"")
        with pytest.raises(InputError, match=message):
            mpd.ingest(tmp_path, "mpd", [path])
        assert fingerprint(tmp_path / "catalogue" / "mpd") == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_no_permission_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[]")
    path.chmod(0)
    with pytest.raises(InputError, match="Permission denied"):
        mpd.ingest(tmp_path, "mpd", [path])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_what_precedes_the_damage_of_a_compressed_file_is_taken(pack: Any, tmp_path: Path) -> None:
    noise = random.Random(0)
    made = [{"pid": pid, "name": noise.randbytes(400).hex(), "tracks": []} for pid in range(500)]
    packed = pack(json.dumps(made).encode())
    path = tmp_path / "cut.json"
    path.write_bytes(packed[: len(packed) // 2])
    ingested = mpd.ingest(tmp_path, "mpd", [path])
    check(ingested)
    (row,) = table(ingested, "rejects").rows()
    assert "damaged" in row[2] and ingested.tables["playlists"] > 100
    assert json.dumps(made).encode()[row[1] :].startswith(b"{") and row[3].startswith('{"pid": ')


def test_rejects_beyond_memory_come_out_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []
    for number in (3, 1, 2):
        paths.append(tmp_path / f"{number}.json")
        made = [{"pid": pid, "name": 5, "tracks": [{}, {"track_uri": "t"}]} for pid in range(20)]
        paths[-1].write_text(json.dumps(made))
    whole = fingerprint(mpd.ingest(tmp_path / "a", "mpd", paths).folder)
    monkeypatch.setattr("pairmine.sources._rejects.REJECTS_IN_MEMORY", 7)
    ingested = mpd.ingest(tmp_path / "b", "mpd", paths)
    check(ingested)
    rows = table(ingested, "rejects").rows()
    assert len(rows) == 120 and rows == sorted(rows)
    assert rows == table(mpd.ingest(tmp_path / "a", "mpd", paths), "rejects").rows()
    assert whole
