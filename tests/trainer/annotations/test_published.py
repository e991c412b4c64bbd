"""The published files themselves, where they are: every count of their README comes out."""

import functools
import gzip
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from pairmine.errors import InputError
from trainer.annotations import (
    Annotations,
    _files,
    _musicnn,
    _string_lists,
    fma_small,
    gtzan,
    irmas,
    magnatagatune,
    mtg_jamendo,
)
from trainer.keys import annotation_key

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "eval"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data in ../shared/data/eval")


MAGNATAGATUNE = functools.cache(lambda tagged: magnatagatune.read(DATA, tagged=tagged))


def splits(found: Annotations) -> tuple[int, ...]:
    return tuple(found.counts[split] for split in ("train", "valid", "test"))


def check_common(found: Annotations) -> None:
    """What holds of all annotations, whatever their files."""
    assert list(found.keys) == sorted(set(found.keys), key=str.encode)
    assert found.truth_NC.shape == (len(found.keys), len(found.classes))
    assert found.truth_NC.dtype == np.uint8 and set(np.unique(found.truth_NC)) == {0, 1}
    assert found.truth_NC.any(axis=0).all()
    assert len(found.split_N) == len(found.group_N) == len(found.keys)


@pytest.mark.parametrize(
    ("task", "expected", "classes", "first"),
    [
        (mtg_jamendo.Task.genre, (32_572, 11_043, 11_479), 87, "genre---60s"),
        (mtg_jamendo.Task.instrument, (14_395, 5_466, 5_115), 40, "instrument---accordion"),
        (mtg_jamendo.Task.mood, (9_949, 3_802, 4_231), 56, "mood/theme---action"),
        (mtg_jamendo.Task.top50, (32_136, 10_888, 11_356), 50, "genre---alternative"),
    ],
)
def test_mtg_jamendo(task: mtg_jamendo.Task, expected: tuple[int, ...], classes: int, first: str) -> None:
    found = mtg_jamendo.read(DATA, task)
    check_common(found)
    assert splits(found) == expected
    assert len(found.classes) == classes and found.classes[0] == first
    assert not any("\r" in tag for tag in found.classes)
    assert found.counts["without a class"] == 0
    if task == mtg_jamendo.Task.top50:
        assert set(found.classes) == {line for _, line in _files.lines(_files.find(DATA, "top50.txt"))}
    in_train, in_test = (set(found.group_N[found.rows(split)]) for split in ("train", "test"))
    assert in_train.isdisjoint(in_test)
    for split in ("train", "valid", "test"):
        assert found.truth_NC[found.rows(split)].any(axis=0).all()


def test_magnatagatune_with_and_without_clips_of_no_tag() -> None:
    everything, tagged = (MAGNATAGATUNE(tagged) for tagged in (False, True))
    for found in (everything, tagged):
        check_common(found)
    assert splits(everything) == (18_706, 1_825, 5_329) and everything.counts["without a class"] == 4_752
    assert splits(tagged) == (15_244, 1_529, 4_332) and tagged.counts["without a class"] == 0
    assert everything.names["f/american_bach_soloists-j_s__bach_solo_cantatas-01-bwv54__i_aria-30-59"] == (
        "BWV54 - I Aria",
        "American Bach Soloists",
    )
    by_folder = [magnatagatune.SPLIT_OF[key[0]] for key in everything.keys]
    assert by_folder == everything.split_N.tolist()
    left = set(everything.keys) - set(tagged.keys)
    unlisted = [number for number, key in enumerate(everything.keys) if key in left]
    assert everything.truth_NC[unlisted].any(axis=1).sum() == 3


def test_magnatagatune_agrees_with_the_arrays_of_its_lists() -> None:
    found = MAGNATAGATUNE(True)
    place = {key: number for number, key in enumerate(found.keys)}
    published = [line for _, line in _files.lines(_files.find(DATA, "top50_tags.txt"))]
    assert [tag.replace(" ", "") for tag in magnatagatune.TAGS] == [tag.lower() for tag in published]
    for split in ("valid", "test"):
        truth_MC = np.load(io.BytesIO(_files.content(_files.find(DATA, f"y_{split}_pub.npy"))), allow_pickle=False)
        listed = _string_lists.read(_files.find(DATA, f"{split}_list_pub.cP"))
        rows = [place[annotation_key(path)] for path in listed]
        np.testing.assert_array_equal(found.truth_NC[rows], truth_MC)


def test_magnatagatune_agrees_with_musicnn() -> None:
    found = MAGNATAGATUNE(False)
    place = {key: number for number, key in enumerate(found.keys)}
    tags = _musicnn.tags(_files.find(DATA, "output_labels_mtt.txt"))
    paths = _musicnn.index(_files.find(DATA, "index_mtt.tsv"))
    for part, split, count in (("val", "valid", 1_825), ("test", "test", 5_329)):
        rows = list(_musicnn.rows(_files.find(DATA, f"{part}_gt_mtt.tsv"), split, paths, tags))
        assert len(rows) == count
        for row in rows:
            number = place[annotation_key(row.path)]
            assert found.split_N[number] == split
            here = {found.classes[column] for column in np.flatnonzero(found.truth_NC[number])}
            assert here == set(row.labels)


def test_fma_small() -> None:
    found = fma_small.read(DATA)
    check_common(found)
    assert splits(found) == (6_400, 800, 800)
    for split, each in (("train", 800), ("valid", 100), ("test", 100)):
        assert np.bincount(found.labels[found.rows(split)], minlength=8).tolist() == [each] * 8
    assert found.keys[0] == "000/000002" and found.classes[found.labels[0]] == "Hip-Hop"


@pytest.mark.parametrize(("split", "expected"), [("filtered", (443, 197, 290)), ("stratified", (500, 250, 250))])
def test_gtzan(split: str, expected: tuple[int, ...]) -> None:
    found = gtzan.read(DATA, gtzan.Split(split))
    check_common(found)
    assert splits(found) == expected and len(found.classes) == 10
    assert all(key.split("/")[0] == found.classes[label] for key, label in zip(found.keys, found.labels, strict=True))


def test_irmas_training_part() -> None:
    found = irmas.read(DATA)
    check_common(found)
    counts = {"cel": 388, "cla": 505, "flu": 451, "gac": 637, "gel": 760, "org": 682, "pia": 721, "sax": 626}
    counts |= {"tru": 577, "vio": 580, "voi": 778}
    assert Counter(found.classes[label] for label in found.labels) == counts
    assert sum(counts.values()) == len(found.keys) == 6_705
    assert all(key.split("/")[0] == found.classes[label] for key, label in zip(found.keys, found.labels, strict=True))
    song_sizes = Counter(Counter(found.group_N.tolist()).values())
    assert song_sizes == {3: 2_152, 2: 86, 1: 11, 6: 9, 4: 3}


def test_irmas_test_part() -> None:
    found = irmas.read(DATA, irmas.Part.test)
    check_common(found)
    assert len(found.keys) == 2_874 and len(set(found.group_N)) == 208
    counts = {"voi": 1044, "pia": 995, "gel": 942, "gac": 535, "org": 361, "sax": 326, "vio": 211, "tru": 167}
    counts |= {"flu": 163, "cel": 111, "cla": 62}
    assert dict(zip(found.classes, found.truth_NC.sum(axis=0, dtype=int).tolist(), strict=True)) == counts
    per_track = found.truth_NC.sum(axis=1)
    assert per_track.min() == 1 and per_track.max() == 5


def test_names_of_irmas_are_those_of_the_index() -> None:
    """The index of mirdata has the names in Unicode; 36 of the table are garbled and put right."""
    known = irmas.read(DATA, irmas.Part.test).keys
    foreign = [key for key in known if not key.isascii()]
    assert len(foreign) == 36
    tracks = json.loads(_files.content(_files.find(DATA, "irmas_index_1.0.json")))["tracks"]
    names = {annotation_key(track["audio"][0].rpartition("/")[2]) for track in tracks.values()}
    assert set(known) <= names


def test_truncated_files_are_told(tmp_path: Path) -> None:
    whole = (DATA / "fma-small" / "fma_small.csv.gz").read_bytes()
    for name in ("FMA_small_train", "FMA_small_valid", "FMA_small_test"):
        (tmp_path / f"{name}_tr_id_list.txt").write_bytes(
            gzip.decompress((DATA / "fma-small" / f"{name}_tr_id_list.txt.gz").read_bytes())
        )
    (tmp_path / "fma_small.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"fma_small\.csv\.gz: damaged or cut short"):
        fma_small.read(tmp_path)
