"""Small files in the published forms: what is read of them, and that every fault is one line with file and line."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairmine.errors import InputError
from trainer.annotations import (
    Annotations,
    audioset,
    fma_small,
    gtzan,
    irmas,
    magnatagatune,
    msd,
    mtg_jamendo,
    tag_table,
)

Files = dict[str, str]
Read = Callable[[Path], Annotations]

JAMENDO_HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\r\n"
JAMENDO = {
    "split-0/autotagging_genre-train.tsv": JAMENDO_HEADER
    + "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock\tgenre---metal\r\n"
    + "track_0000215\tartist_000015\talbum_000031\t15/215.mp3\t1.4\tgenre---metal\r\n",
    "split-0/autotagging_genre-validation.tsv": JAMENDO_HEADER
    + "track_0000216\tartist_000016\talbum_000031\t16/216.mp3\t1.4\tgenre---punkrock\r\n",
    "split-0/autotagging_genre-test.tsv": JAMENDO_HEADER
    + "track_0000217\tartist_000017\talbum_000031\t17/217.mp3\t1.4\tgenre---metal\r\n",
}
GTZAN = {
    "train_filtered.txt": "blues/blues.00029.wav\nrock/rock.00001.wav\n",
    "valid_filtered.txt": "blues/blues.00000.wav\n",
    "test_filtered.txt": "jazz/jazz.00003.wav\n",
}
IRMAS = {
    "irmas_train_meta.csv": "[cel][cla]0019__3.wav,0\n046__[cla][nod][cla]0034__2.wav,3\n[cla][cla]0034__1.wav,3\n",
    "irmas_test_meta.csv": '"01. Caravan-11.wav",9\n"Bach, J. S. - One-6.wav",0 2 10\n'
    + f'"Andr{"é".encode().decode("cp866")}-2.wav",5\n',
}
FMA = {
    "fma_small.csv": "filename,genre\n000/000002.mp3,Hip-Hop\n148/148001.mp3,Rock\n000/000005.mp3,Rock\n",
    "FMA_small_train_tr_id_list.txt": "2\n",
    "FMA_small_valid_tr_id_list.txt": "148001\n",
    "FMA_small_test_tr_id_list.txt": "5\n",
}
AUDIOSET_HEAD = (
    "# Segments csv created Sun Mar  5 10:54:31 2017\n# num_ytids={0}, num_segs={0}, num_unique_labels=527\n"
)
AUDIOSET_HEAD += "# YTID, start_seconds, end_seconds, positive_labels\n"
AUDIOSET = {
    "balanced_train_segments.csv": AUDIOSET_HEAD.format(3)
    + '--PJHxphWEs, 30.000, 40.000, "/m/09x0r,/t/dd00088"\n'
    + '--aE2O5G5WE, 0.000, 10.000, "/m/064t9,/m/04rlf,/m/06by7"\n'
    + '-0a_b.c1234, 0.000, 10.000, "/m/07gxw"\n',
    "eval_segments.csv": AUDIOSET_HEAD.format(1) + 'abcdefghijk, 0.000, 10.000, "/m/06cqb,/m/0190y4"\n',
}
MSD = {
    "output_labels_msd.txt": "# Output labels\nMSD_LABELS = ['rock','pop','Hip-Hop']\n\n",
    "index_msd.tsv": "TRAA\tA/A/TRAA.mp3\nTRBB\tB/B/TRBB.mp3\nTRCC\tC/C/TRCC.mp3\n",
    "train_gt_msd.tsv": "TRBB\t[0, 1, 1]\n",
    "val_gt_msd.tsv": "TRAA\t[1.0, 0.0, 0.0]\n",
    "test_gt_msd.tsv": "TRCC\t[0, 0, 0]\n",
}


def one_clip(split: str, tags: object) -> str:
    return json.dumps({"1": clip("a/1.mp3", split, tags)})


def clip(path: str, split: str | None, tags: object, artist: str = "Ann") -> Any:
    extra = {"artist": artist, "title": "One", "mp3_path": path}
    return {"split": split, "y": tags, "y_all": tags, "extra": extra, "clip": {}}


CLIPS = {
    "00002": clip("f/ann-01-one-0-29.mp3", "test", ["classical", "no vocals"]),
    "00006": clip("0/bob-02-two-0-29.mp3", "train", [], "Bob"),
    "00009": clip("c/cyd-02-two-0-29.mp3", "valid", ["guitar"], "Cyd"),
    "35644": clip("6/silent-0-29.mp3", None, ["guitar"]),
    "00010": clip("6/never-0-29.mp3", None, None),
}
JUKEMIR = {"magnatagatune.json": json.dumps(CLIPS)}
LISTS = {
    "train_list_pub.cP": "(lp1\n.",
    "valid_list_pub.cP": "(lp1\nS'c/cyd-02-two-0-29.npy'\np2\na.",
    "test_list_pub.cP": "(lp1\nS'f/ann-01-one-0-29.npy'\np2\na.",
}


def original() -> Files:
    """The same clips in the form of annotations_final.csv: tabs, all cells quoted, more tags than 50, in any order."""
    tags = [*reversed(magnatagatune.TAGS), "singer", "no piano"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", quoting=csv.QUOTE_ALL)
    writer.writerow(["clip_id", *tags, "mp3_path"])
    for number, entry in CLIPS.items():
        if (labels := entry["y"]) is not None:
            path = entry["extra"]["mp3_path"]
            writer.writerow([int(number), *(int(tag in labels or tag == "singer") for tag in tags), path])
    return {"annotations_final.csv": out.getvalue()}


def put(folder: Path, files: Files, packed: bool = False) -> Path:
    for name, content in files.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    return folder


def told(found: Annotations) -> dict[str, tuple[set[str], str, str]]:
    """Classes, split and group of each track."""
    return {
        key: ({found.classes[column] for column in np.flatnonzero(truth)}, str(split), str(group))
        for key, truth, split, group in zip(found.keys, found.truth_NC, found.split_N, found.group_N, strict=True)
    }


WORLDS: dict[str, tuple[Read, Files, dict[str, tuple[set[str], str, str]]]] = {
    "jamendo": (
        partial(mtg_jamendo.read, allow_other_counts=True),
        JAMENDO,
        {
            "14/214": ({"genre---punkrock", "genre---metal"}, "train", "artist_000014"),
            "15/215": ({"genre---metal"}, "train", "artist_000015"),
            "16/216": ({"genre---punkrock"}, "valid", "artist_000016"),
            "17/217": ({"genre---metal"}, "test", "artist_000017"),
        },
    ),
    "gtzan": (
        partial(gtzan.read, allow_other_counts=True),
        GTZAN,
        {
            "blues/blues.00000": ({"blues"}, "valid", ""),
            "blues/blues.00029": ({"blues"}, "train", ""),
            "jazz/jazz.00003": ({"jazz"}, "test", ""),
            "rock/rock.00001": ({"rock"}, "train", ""),
        },
    ),
    "irmas": (
        partial(irmas.read, allow_other_counts=True),
        IRMAS,
        {
            "cel/[cel][cla]0019__3": ({"cel"}, "train", "0019"),
            "cla/046__[cla][nod][cla]0034__2": ({"cla"}, "train", "0034"),
            "cla/[cla][cla]0034__1": ({"cla"}, "train", "0034"),
        },
    ),
    "irmas test part": (
        partial(irmas.read, part=irmas.Part.test, allow_other_counts=True),
        IRMAS,
        {
            "01. Caravan-11": ({"gel"}, "test", "01. Caravan"),
            "André-2": ({"gac"}, "test", "André"),
            "Bach, J. S. - One-6": ({"cel", "vio", "voi"}, "test", "Bach, J. S. - One"),
        },
    ),
    "fma": (
        partial(fma_small.read, allow_other_counts=True),
        FMA,
        {
            "000/000002": ({"Hip-Hop"}, "train", ""),
            "000/000005": ({"Rock"}, "test", ""),
            "148/148001": ({"Rock"}, "valid", ""),
        },
    ),
    "audioset": (
        partial(audioset.read, allow_other_counts=True),
        AUDIOSET,
        {
            "--aE2O5G5WE": ({"Pop music", "Rock music"}, "train", ""),
            "-0a_b.c1234": ({"Techno"}, "train", ""),
            "abcdefghijk": ({"Reggae"}, "test", ""),
        },
    ),
    "audioset, 25": (
        partial(audioset.read, genres=audioset.Genres.top_level, allow_other_counts=True),
        AUDIOSET,
        {"--aE2O5G5WE": ({"Pop music", "Rock music"}, "train", ""), "abcdefghijk": ({"Reggae"}, "test", "")},
    ),
    "msd": (
        partial(msd.read, allow_other_counts=True),
        MSD,
        {
            "A/A/TRAA": ({"rock"}, "valid", ""),
            "B/B/TRBB": ({"pop", "Hip-Hop"}, "train", ""),
            "C/C/TRCC": (set(), "test", ""),
        },
    ),
    "magnatagatune": (
        partial(magnatagatune.read, allow_other_counts=True),
        JUKEMIR,
        {
            "0/bob-02-two-0-29": (set(), "train", "Bob"),
            "c/cyd-02-two-0-29": ({"guitar"}, "valid", "Cyd"),
            "f/ann-01-one-0-29": ({"classical", "no vocals"}, "test", "Ann"),
        },
    ),
    "magnatagatune, tagged": (
        partial(magnatagatune.read, tagged=True, allow_other_counts=True),
        JUKEMIR | LISTS,
        {
            "c/cyd-02-two-0-29": ({"guitar"}, "valid", "Cyd"),
            "f/ann-01-one-0-29": ({"classical", "no vocals"}, "test", "Ann"),
        },
    ),
}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("packed", [False, True])
def test_published_forms(tmp_path: Path, name: str, packed: bool) -> None:
    read, files, expected = WORLDS[name]
    found = read(put(tmp_path, files, packed))
    assert told(found) == expected
    assert list(found.keys) == sorted(expected, key=str.encode)
    assert all(file.is_file() for file in found.files)


@pytest.mark.parametrize("name", WORLDS)
def test_line_ends_and_byte_order_marks_change_nothing(tmp_path: Path, name: str) -> None:
    read, files, expected = WORLDS[name]
    for number, end in enumerate(("\n", "\r", "\r\n")):
        plain = {file: text.replace("\r\n", "\n") for file, text in files.items()}
        texts = {
            file: text if file.endswith((".cP", ".json")) else "\ufeff" + text.replace("\n", end)
            for file, text in plain.items()
        }
        assert told(read(put(tmp_path / str(number), texts))) == expected


@pytest.mark.parametrize("name", WORLDS)
def test_other_counts_than_published_are_refused(tmp_path: Path, name: str) -> None:
    read, files, _ = WORLDS[name]
    assert isinstance(read, partial)
    strict = partial(read.func, **(read.keywords | {"allow_other_counts": False}))
    with pytest.raises(InputError, match=r"--allow-other-counts|num_segs"):
        strict(put(tmp_path, files | ({"eval_segments.csv": AUDIOSET_HEAD.format(7)} if "audioset" in name else {})))


@pytest.mark.parametrize("name", WORLDS)
def test_each_missing_file_is_named(tmp_path: Path, name: str) -> None:
    read, files, _ = WORLDS[name]
    for number, missing in enumerate(files):
        if ("test_meta" in missing) == (name == "irmas") and "irmas" in missing:
            continue
        folder = put(tmp_path / str(number), {file: text for file, text in files.items() if file != missing})
        folder.mkdir(exist_ok=True)
        with pytest.raises(InputError, match=missing.rpartition("/")[2]):
            read(folder)


GENRE_TEST = "split-0/autotagging_genre-test.tsv"
TRACK = "track_1\tartist_1\talbum_1\t1/1.mp3\t1.0\t"
FAULTS = [
    ("jamendo", GENRE_TEST, TRACK + "genre---x\n", "line 1: expected the header"),
    ("jamendo", GENRE_TEST, JAMENDO_HEADER + "track_1\tartist_1\n", "line 2: expected 6 cells or more"),
    ("jamendo", GENRE_TEST, JAMENDO_HEADER + TRACK + "\n", "line 2: expected 6 cells or more"),
    ("jamendo", GENRE_TEST, JAMENDO_HEADER + TRACK + "genre---a\tmood/theme---b\n", "line 2: unknown tag 'mood/theme"),
    ("jamendo", GENRE_TEST, JAMENDO_HEADER + TRACK + "genre\n", "line 2: unknown tag 'genre'"),
    ("jamendo", GENRE_TEST, "", "line 1: expected the header"),
    ("jamendo", GENRE_TEST, JAMENDO["split-0/autotagging_genre-train.tsv"], "14/214 is annotated twice"),
    ("gtzan", "test_filtered.txt", "blues.00029.wav\n", "line 1: expected a path"),
    ("gtzan", "test_filtered.txt", "jazz/blues.00029.wav\n", "line 1: expected a path"),
    ("gtzan", "test_filtered.txt", "blues/blues.00029.au\n", "blues/blues.00029 is annotated twice"),
    ("irmas", "irmas_train_meta.csv", "[cel][cla]0019__3.wav,1\n", "line 1: expected a name"),
    ("irmas", "irmas_train_meta.csv", "[cel][cla]0019__3.wav\n", "line 1: expected a name and class numbers"),
    ("irmas", "irmas_train_meta.csv", "[cel][cla]0019__3.wav,11\n", "class numbers of 0 to 10"),
    ("irmas", "irmas_train_meta.csv", "[cel][cla]x__3.wav,0\n", "line 1: expected a name"),
    ("irmas test part", "irmas_test_meta.csv", "name.wav,0\n", "line 1: expected a name"),
    ("irmas test part", "irmas_test_meta.csv", "name-1.wav,\n", "line 1: expected a name and class numbers"),
    ("fma", "fma_small.csv", "filename,genre\n000/000002.mp3\n", "line 2: expected a file name and a genre"),
    ("fma", "fma_small.csv", "000/000002.mp3,Rock\n", "line 1: expected the header"),
    ("fma", "fma_small.csv", FMA["fma_small.csv"].replace("Hip-Hop", "Polka"), "unknown class 'Polka'"),
    ("fma", "FMA_small_test_tr_id_list.txt", "7\n", "line 1: expected the id of a track"),
    ("fma", "FMA_small_test_tr_id_list.txt", "9" * 10_000, "line 1: expected the id of a track"),
    ("fma", "FMA_small_test_tr_id_list.txt", "x\n", "line 1: expected the id of a track"),
    ("audioset", "eval_segments.csv", AUDIOSET["eval_segments.csv"] * 2, "abcdefghijk is annotated twice"),
    ("audioset", "eval_segments.csv", "a, 0.000, 10.000\n", "line 1: expected YTID"),
    ("msd", "output_labels_msd.txt", "MSD_LABELS = __import__('os')", "no list of tags"),
    ("msd", "output_labels_msd.txt", "MSD_LABELS = [1]", "no list of tags"),
    ("msd", "output_labels_msd.txt", "MSD_LABELS = {[]: 1}", "no list of tags"),
    ("msd", "output_labels_msd.txt", "MSD_LABELS = " + "[" * 100_000, "no list of tags"),
    ("msd", "index_msd.tsv", "TRAA\n", "line 1: expected an id, a tab and a path"),
    ("msd", "test_gt_msd.tsv", "TRXX\t[0, 0, 1]\n", "id 'TRXX' is not in the index"),
    ("msd", "test_gt_msd.tsv", "TRCC\t[0, 1]\n", "3 of 0 or 1"),
    ("msd", "test_gt_msd.tsv", "TRCC\t[0, 1, 2]\n", "3 of 0 or 1"),
    ("msd", "test_gt_msd.tsv", 'TRCC\t[0, 1, "1"]\n', "3 of 0 or 1"),
    ("msd", "test_gt_msd.tsv", "TRCC\t[0, 1, [0]]\n", "3 of 0 or 1"),
    ("msd", "test_gt_msd.tsv", "TRCC\t__import__('os')\n", "3 of 0 or 1"),
    ("magnatagatune", "magnatagatune.json", "[]", "no object of clips"),
    ("magnatagatune", "magnatagatune.json", '{"1": ', "no JSON"),
    ("magnatagatune", "magnatagatune.json", '{"1": {}}', "clip 1: no split, y and extra.mp3_path"),
    ("magnatagatune", "magnatagatune.json", '{"1": 5}', "clip 1: no split"),
    ("magnatagatune", "magnatagatune.json", one_clip("train", None), "clip 1: no split"),
    ("magnatagatune", "magnatagatune.json", one_clip("train", "rock"), "clip 1: no split"),
    ("magnatagatune", "magnatagatune.json", one_clip("train", [["rock"]]), "clip 1: no split"),
    ("magnatagatune", "magnatagatune.json", one_clip("train", ["polka"]), "unknown class 'polka'"),
    ("magnatagatune", "magnatagatune.json", one_clip("half", ["rock"]), "a/1: split 'half' is none of"),
    ("magnatagatune, tagged", "test_list_pub.cP", "(lp1\nS'e/none.npy'\np2\na.", "e/none.npy has no labels"),
]


@pytest.mark.parametrize(("name", "file", "content", "message"), FAULTS)
def test_faults_are_one_line(tmp_path: Path, name: str, file: str, content: str, message: str) -> None:
    read, files, _ = WORLDS[name]
    with pytest.raises(InputError) as refused:
        read(put(tmp_path, files | {file: content}))
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_magnatagatune_as_its_authors_published_it(tmp_path: Path) -> None:
    by_json = magnatagatune.read(put(tmp_path / "json", JUKEMIR), allow_other_counts=True)
    by_table = magnatagatune.read(put(tmp_path / "table", original()), allow_other_counts=True)
    assert by_table.keys == by_json.keys and by_table.classes == by_json.classes == magnatagatune.TAGS
    np.testing.assert_array_equal(by_table.truth_NC, by_json.truth_NC)
    np.testing.assert_array_equal(by_table.split_N, by_json.split_N)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"guitar"', '"gitarre"'), ('"mp3_path"', '"path"'), ('"0"', '"2"'), ('"0"\t', ""), ("f/ann", "x/a")],
)
def test_faults_of_the_table_of_magnatagatune(tmp_path: Path, old: str, new: str) -> None:
    content = original()["annotations_final.csv"].replace(old, new, 1)
    with pytest.raises(InputError, match=r"annotations_final\.csv, line \d: expected"):
        magnatagatune.read(put(tmp_path, {"annotations_final.csv": content}), allow_other_counts=True)


def test_magnatagatune_in_the_form_of_musicnn(tmp_path: Path) -> None:
    files = {
        "output_labels_mtt.txt": f"# Output labels\nMTT_LABELS = {list(reversed(magnatagatune.TAGS))}",
        "index_mtt.tsv": "2\tf/a.mp3\n6\t0/b.mp3\n9\tc/c.mp3\n",
        "train_gt_mtt.tsv": f"6\t{[0.0] * 50}\n",
        "val_gt_mtt.tsv": f"9\t{[1.0] + [0.0] * 49}\n",
        "test_gt_mtt.tsv": f"2\t{[0.0] * 49 + [1.0]}\n",
    }
    found = magnatagatune.read(put(tmp_path, files), allow_other_counts=True)
    assert told(found) == {
        "0/b": (set(), "train", ""),
        "c/c": ({magnatagatune.TAGS[-1]}, "valid", ""),
        "f/a": ({magnatagatune.TAGS[0]}, "test", ""),
    }


def test_names_of_mtg_jamendo(tmp_path: Path) -> None:
    header = "\t".join(mtg_jamendo.META_HEADER) + "\r\n"
    row = 'track_0000214\tartist_000014\talbum_000031\t"Quoted\tAnn\tAlbum\t2004-11-30\thttp://x\r\n'
    odd = "track_0000215\tartist_000015\talbum_000031\tTwo\t\tBob\tAlbum\t2004-11-30\thttp://x\r\n"
    folder = put(tmp_path, JAMENDO | {"raw.meta.tsv": header + row + odd})
    found = mtg_jamendo.read(folder, allow_other_counts=True)
    assert found.names == {"14/214": ('"Quoted', "Ann"), "15/215": ("Two", "Bob")}
    put(tmp_path, {"raw.meta.tsv": header + "track_0000214\tartist_000014\r\n"})
    with pytest.raises(InputError, match=r"raw\.meta\.tsv, line 2: expected the 8 columns"):
        mtg_jamendo.read(folder, allow_other_counts=True)


FMA_TRACKS = """,album,artist,artist,set,set,track,track
,comments,id,name,split,subset,genre_top,title
track_id,,,,,,,
2,0,1,AWOL,training,small,Hip-Hop,Food
3,0,1,AWOL,training,medium,Hip-Hop,"Electric
Ave"
5,0,7,"B, C",validation,small,Rock,This World
10,0,6,D,test,small,Rock,Freeway
"""


def test_fma_by_its_own_table(tmp_path: Path) -> None:
    found = fma_small.read(put(tmp_path, {"fma_metadata/tracks.csv": FMA_TRACKS}), allow_other_counts=True)
    assert told(found) == {
        "000/000002": ({"Hip-Hop"}, "train", "1"),
        "000/000005": ({"Rock"}, "valid", "7"),
        "000/000010": ({"Rock"}, "test", "6"),
    }
    assert found.names["000/000005"] == ("This World", "B, C")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("genre_top", "genre", "no column track genre_top"),
        ("5,0,7", "5,7", "line 7: expected a track id and 7 cells more"),
        ("validation", "half", "line 7: unknown split 'half'"),
        (FMA_TRACKS, "", "no column"),
    ],
)
def test_faults_of_the_table_of_fma(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fma_small.read(put(tmp_path, {"tracks.csv": FMA_TRACKS.replace(old, new)}), allow_other_counts=True)


TAGS = {"b/2": ({"x", "y"}, "test", "g"), "ä": (set(), "train", ""), "a/1": ({"y"}, "valid", "")}


def test_tables_of_tags_in_every_form(tmp_path: Path) -> None:
    ragged = "key\tgroup\tsplit\ttags\nb/2.mp3\tg\ttest\tx\ty\nä.wav\t\ttrain\na/1\t\tvalid\ty\n"
    put(tmp_path, {"t.tsv": ragged, "t.csv": ragged.replace("\t", ",")})
    put(tmp_path, {"u.csv": ragged.replace("\t", ",")}, packed=True)
    keys, splits, groups = ["b/2.mp3", "ä.wav", "a/1"], ["test", "train", "valid"], ["g", None, ""]
    columns = {"key": keys, "split": splits, "group": groups, "tags": [["x", "y"], None, ["y"]], "other": [1, 2, 3]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    put(tmp_path, {"bars.csv": "key,tags,group,split\nb/2.mp3,x|y,g,test\nä.wav,,,train\na/1,y,,valid\n"})
    lists = 'split,tags,key,group\ntest,"[""x"", ""y""]",b/2.mp3,g\ntrain,[],ä.wav,\nvalid,[\'y\'],a/1,\n'
    put(
        tmp_path,
        {"lists.csv": lists, "v.tsv": "tags\tkey\tsplit\tgroup\nx | y\tb/2\ttest\tg\n\tä\ttrain\t\ny\ta/1\tvalid\t\n"},
    )
    for name in ("t.tsv", "t.csv", "u.csv.gz", "t.parquet", "bars.csv", "lists.csv", "v.tsv"):
        assert told(tag_table.read(tmp_path / name)) == TAGS


def test_a_table_of_single_tags_without_splits(tmp_path: Path) -> None:
    pq.write_table(pa.table({"key": [2, 1], "tags": ["x", "y"]}), tmp_path / "t.parquet")
    assert told(tag_table.read(tmp_path / "t.parquet")) == {"1": ({"y"}, "", ""), "2": ({"x"}, "", "")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("key\tsplit\na\ttrain\n", "a header with the columns key and tags"),
        ("key\ttags\ttags\na\tx\ty\n", "each name once"),
        ("", "a header with the columns key"),
        ("key\ttags\tsplit\na\tx\ty\ttrain\n", "line 2: 4 cells under 3 columns"),
        ("key\ttags\tsplit\na\tx\n", "line 2: 2 cells under 3 columns"),
        ("key\ttags\na\t[x]\n", "line 2: tags .* are no list"),
        ("key\ttags\na\t[1]\n", "line 2: tags .* are no list"),
        ("key\ttags\na\t" + "[" * 9000 + "]\n", "line 2: tags .* are no list"),
        ("key\tsplit\ttags\na\n", "line 2: 1 cells under 3 columns"),
        ("key\tsplit\ttags\na\thalf\tx\n", "a: split 'half' is none of train, valid, test"),
        ("key\ttags\na\tx\na.mp3\ty\n", "a is annotated twice"),
        ("key\ttags\na\tx\nb\tx\n", "one class only"),
        ("key\ttags\n", "name no track"),
        ("key\ttags\n\tx\n", "a track has no key"),
    ],
)
def test_faults_of_tables_of_tags(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        tag_table.read(put(tmp_path, {"t.tsv": content}) / "t.tsv")
    assert "t.tsv" in str(refused.value)


def test_what_is_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no table with the columns key and tags"):
        tag_table.read(put(tmp_path, {"t.parquet": "key"}) / "t.parquet")
    pq.write_table(pa.table({"key": ["a"]}), tmp_path / "u.parquet")
    with pytest.raises(InputError, match="no table with the columns key and tags"):
        tag_table.read(tmp_path / "u.parquet")
