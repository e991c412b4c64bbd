"""FMA-small: 8,000 excerpts of 30 s of the Free Music Archive, eight genres of 1,000; the official split.

M. Defferrard, K. Benzi, P. Vandergheynst, X. Bresson: FMA: a dataset for music analysis. ISMIR 2017. Licence of the
metadata: CC BY 4.0. github.com/mdeff/fma.
"""

from collections.abc import Iterator
from pathlib import Path

from trainer.annotations import _files
from trainer.annotations._annotations import SPLITS, Annotations, Row, gather

GENRES = ("Electronic", "Experimental", "Folk", "Hip-Hop", "Instrumental", "International", "Pop", "Rock")
PUBLISHED = {"train": 6_400, "valid": 800, "test": 800}
SPLIT_OF = {"training": "train", "validation": "valid", "test": "test"}
COLUMNS = {
    "split": ("set", "split"),
    "subset": ("set", "subset"),
    "genre": ("track", "genre_top"),
    "title": ("track", "title"),
    "artist": ("artist", "name"),
    "group": ("artist", "id"),
}


def read(data: Path, *, allow_other_counts: bool = False) -> Annotations:
    """Read `tracks.csv` of fma_metadata; without it `fma_small.csv` and `FMA_small_{train,valid,test}_tr_id_list.txt`.

    The latter (github.com/romi1502/genre_classification_ensea_project, github.com/kunimi00/ContrastiveSSLMusicAudio)
    know no artists; the former makes them groups. Keys are paths (`000/000002`).

    Raises:
        InputError: a file is missing, not in the published form, or has other counts than published.
    """
    if tracks := _files.find_any(data, "tracks.csv"):
        files, rows = [tracks], _official_rows(tracks)
    else:
        genres = _files.find(data, "fma_small.csv")
        lists = {_files.find(data, f"FMA_small_{split}_tr_id_list.txt"): split for split in SPLITS}
        files, rows = [genres, *lists], _rows(genres, lists)
    return gather(
        "FMA-small, official split",
        rows,
        files,
        classes=GENRES,
        published=PUBLISHED,
        allow_other_counts=allow_other_counts,
    )


def _path(track: str) -> str:
    name = track.zfill(6)
    return f"{name[:3]}/{name}"


def _official_rows(file: Path) -> Iterator[Row]:
    """Yield the small subset of a table with two header rows, a third that names the index, and the id first."""
    table = _files.table(file)
    (_, groups), (_, names), _ = (next(table, (1, [""])) for _ in range(3))
    columns = list(zip(groups, names, strict=False))
    if missing := [column for column in COLUMNS.values() if column not in columns]:
        raise _files.malformed(file, 1, f"no column {' '.join(missing[0])}")
    place = {what: columns.index(column) for what, column in COLUMNS.items()}
    for number, cells in table:
        if len(cells) != len(columns) or not cells[0].isdecimal():
            raise _files.malformed(file, number, f"expected a track id and {len(columns) - 1} cells more")
        row = {what: cells[column] for what, column in place.items()}
        if row["subset"] != "small":
            continue
        if row["split"] not in SPLIT_OF:
            raise _files.malformed(file, number, f"unknown split {row['split']!r}")
        split = SPLIT_OF[row["split"]]
        yield Row(_path(cells[0]), (row["genre"],), split, row["group"], row["artist"], row["title"])


def _rows(genres: Path, lists: dict[Path, str]) -> Iterator[Row]:
    """Yield the tracks of the three lists, with the genres of a table filename,genre."""
    table = _files.table(genres)
    number, header = next(table, (1, [""]))
    if header != ["filename", "genre"]:
        raise _files.malformed(genres, number, "expected the header filename,genre")
    genre_of = {}
    for number, cells in table:
        if len(cells) != 2 or not all(cells):
            raise _files.malformed(genres, number, "expected a file name and a genre")
        genre_of[cells[0].removesuffix(".mp3")] = cells[1]
    for file, split in lists.items():
        for number, line in _files.lines(file):
            path = _path(line.strip())
            if path not in genre_of:
                raise _files.malformed(file, number, f"expected the id of a track of {genres.name}")
            yield Row(path, (genre_of[path],), split)
