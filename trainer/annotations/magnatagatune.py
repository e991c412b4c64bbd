"""MagnaTagATune: excerpts of 29 s with tags from a game, the 50 most frequent of 188; split 12:1:3 by folder.

E. Law, K. West, M. Mandel, M. Bay, J. S. Downie: Evaluation of algorithms using games: the case of music tagging. ISMIR
2009. Two variants that cannot be compared: all 25,860 clips, 4,752 of them without any of the 50 tags; and the 21,105
of J. Lee, J. Park, K. L. Kim, J. Nam, SMC 2017.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from pairmine.errors import InputError, shown
from trainer.annotations import _files, _musicnn, _string_lists
from trainer.annotations._annotations import SPLITS, Annotations, Row, gather
from trainer.keys import annotation_key

TAGS = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient",
    "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals",
    "harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man",
    "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello", "no voice",
    "weird", "country", "female voice", "metal", "choral",
)  # fmt: skip
SILENT = {"35644", "55753", "57881"}  # clips whose mp3 files are empty
SPLIT_OF = dict.fromkeys("0123456789ab", "train") | {"c": "valid"} | dict.fromkeys("def", "test")
PUBLISHED = {"train": 18_706, "valid": 1_825, "test": 5_329, "classes": 50}
PUBLISHED_TAGGED = {"train": 15_244, "valid": 1_529, "test": 4_332, "classes": 50}


def read(data: Path, *, tagged: bool = False, allow_other_counts: bool = False) -> Annotations:
    """Read the first of `magnatagatune.json`, `annotations_final.csv` and `{train,val,test}_gt_mtt.tsv` that is there.

    They hold the same labels (github.com/p-lambda/jukemir, the data set itself, github.com/jordipons/musicnn-training);
    the first also knows artists, which become groups, and titles. With `tagged`, the clips are those of
    `{train,valid,test}_list_pub.cP` (github.com/jongpillee/music_dataset_split). Keys are paths below the folder of
    clips (`f/american_bach_soloists-…-30-59`).

    Raises:
        InputError: a file is missing, not in the published form, or has other counts than published.
    """
    files, rows = _labels(data)
    if tagged:
        files, rows = _chosen(data, files, rows)
    return gather(
        "MagnaTagATune top-50, 12:1:3" + (", tagged clips only" if tagged else ""),
        rows,
        files,
        classes=TAGS,
        published=PUBLISHED_TAGGED if tagged else PUBLISHED,
        allow_other_counts=allow_other_counts,
    )


def _labels(data: Path) -> tuple[list[Path], Iterator[Row]]:
    """Return the files that hold the labels, and all clips."""
    if file := _files.find_any(data, "magnatagatune.json"):
        return [file], _json_rows(file)
    if file := _files.find_any(data, "annotations_final.csv"):
        return [file], _table_rows(file)
    if _files.find_any(data, "index_mtt.tsv") is None:
        raise InputError(
            f"{shown(data)}: no magnatagatune.json, annotations_final.csv or index_mtt.tsv (plain or .gz) in it or "
            "below: put one of them there"
        )
    labels, index, tables = _musicnn.files(data, "mtt")
    tags, paths = _musicnn.tags(labels), _musicnn.index(index)
    rows = (row for file, split in tables.items() for row in _musicnn.rows(file, split, paths, tags))
    return [*tables, index, labels], rows


def _chosen(data: Path, files: list[Path], rows: Iterator[Row]) -> tuple[list[Path], Iterator[Row]]:
    """Keep the clips of the published lists, in their splits."""
    lists = {_files.find(data, f"{split}_list_pub.cP"): split for split in SPLITS}
    by_key = {annotation_key(row.path): row for row in rows}
    return [*files, *lists], (row for file, split in lists.items() for row in _listed(file, split, by_key))


def _listed(file: Path, split: str, by_key: dict[str, Row]) -> Iterator[Row]:
    for path in _string_lists.read(file):
        row = by_key.get(annotation_key(path))
        if row is None:
            raise InputError(f"{shown(file)}: {shown(path)} has no labels: take the published files")
        yield row._replace(split=split)


def _json_rows(file: Path) -> Iterator[Row]:
    """Yield the clips that have a split, of an object clip id → {split, y, extra: {mp3_path, artist, title …} …}."""
    try:
        clips: Any = orjson.loads(_files.content(file))
    except orjson.JSONDecodeError as error:
        raise InputError(f"{shown(file)}: no JSON: {error}: take the published file") from error
    if not isinstance(clips, dict):
        raise InputError(f"{shown(file)}: no object of clips: take the published file")
    for number, clip in clips.items():
        match clip:
            case {"split": None}:
                continue
            case {"split": str(split), "y": list(tags), "extra": {"mp3_path": str(path), **known}} if _are_texts(tags):
                title, artist = (str(known.get(what) or "") for what in ("title", "artist"))
                yield Row(path, tags, split, artist, artist, title)
            case _:
                wrong = "no split, y and extra.mp3_path as jukemir has them"
                raise InputError(f"{shown(file)}: clip {shown(number)}: {wrong}: take the published file")


def _are_texts(tags: list[Any]) -> bool:
    return all(isinstance(tag, str) for tag in tags)


def _table_rows(file: Path) -> Iterator[Row]:
    """Yield the clips of the table as its authors published it: tabs, quotes; clip_id, a 0 or 1 a tag, mp3_path."""
    table = _files.table(file, "\t")
    number, header = next(table, (1, [""]))
    column = {tag: header.index(tag) for tag in TAGS if tag in header}
    if len(column) < len(TAGS) or header[0] != "clip_id" or header[-1] != "mp3_path":
        raise _files.malformed(file, number, "expected the columns clip_id, all 50 tags …, mp3_path")
    for number, cells in table:
        if len(cells) != len(header) or cells[-1][:1] not in SPLIT_OF or not {*cells[1:-1]} <= {"0", "1"}:
            raise _files.malformed(file, number, f"expected {len(header)} cells: clip id, 0 or 1 a tag, path")
        if cells[0] not in SILENT:
            labels = [tag for tag, place in column.items() if cells[place] == "1"]
            yield Row(cells[-1], labels, SPLIT_OF[cells[-1][:1]])
