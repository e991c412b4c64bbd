"""Made-up data: every grid finds all it asks for, and it is what the readers of the real data take."""

from pathlib import Path

import soundfile

from pairmine import store
from trainer.annotations import playlists
from trainer.keys import annotation_key
from trainer.reproduction import grid as grids
from trainer.reproduction import toy_data, toy_world
from trainer.reproduction.toy_files import RATE, SECONDS

ASKED = {name for paper in grids.names() for name in grids.load(paper).data}


def test_there_is_all_that_the_grids_ask_for_and_nothing_else(toy: Path) -> None:
    assert set(toy_data.WRITERS) == ASKED == {path.name for path in toy.iterdir()}
    for paper in grids.names():
        for name, data in grids.load(paper).data.items():
            assert [pattern for pattern in data.find if not any((toy / name).glob(pattern))] == [], f"{paper}: {name}"


def test_the_same_files_come_out_again_and_what_is_there_is_left_alone(toy: Path, tmp_path: Path) -> None:
    names = ["mpd", "discogs", "dim-sim", "gtzan"]
    toy_data.write(tmp_path, names)
    files = [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert len(files) > 80
    assert [store.sha256(tmp_path / file) for file in files] == [store.sha256(toy / file) for file in files]
    (tmp_path / "mpd" / "mpd.slice.0-999.json").write_text("mine")
    toy_data.write(tmp_path, names)
    assert (tmp_path / "mpd" / "mpd.slice.0-999.json").read_text() == "mine"


def test_what_a_kill_left_is_written_anew(toy: Path, tmp_path: Path) -> None:
    (tmp_path / "mpd.partial").mkdir()
    (tmp_path / "mpd.partial" / "mpd.slice.junk.json").touch()
    toy_data.write(tmp_path, ["mpd"])
    assert [path.name for path in tmp_path.rglob("*")] == ["mpd", "mpd.slice.0-999.json"]


def test_every_song_is_heard(toy: Path) -> None:
    heard = [soundfile.info(file) for file in (toy / "music").glob("*.flac")]
    assert len(heard) == toy_world.SONGS
    assert {(each.samplerate, each.duration) for each in heard} == {(RATE, SECONDS)}


def test_playlists_name_songs_that_are_heard(toy: Path) -> None:
    found = playlists.read(toy / "aotm-2011" / "annotations", allow_other_counts=True)
    heard = {annotation_key(path.name) for path in (toy / "aotm-2011" / "audio").iterdir()}
    assert set(found.keys) <= heard and len(found.keys) > len(heard) // 2
