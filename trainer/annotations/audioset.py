"""AudioSet, genres: segments of 10 s from YouTube that have at least one of 7 or of 25 genre labels.

J. F. Gemmeke et al.: AudioSet: an ontology and human-labeled dataset for audio events. ICASSP 2017. The 7
genres are those of H. Bahuleyan, arXiv:1804.01149, as colisten-2020 (section 4.4) says; the 25 "top-level genre
categories" are the children of "Music genre" in the ontology.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from trainer.annotations import _files
from trainer.annotations._annotations import Annotations, Row, gather

TOP_LEVEL = {
    "/m/064t9": "Pop music",
    "/m/0glt670": "Hip hop music",
    "/m/06by7": "Rock music",
    "/m/06j6l": "Rhythm and blues",
    "/m/0gywn": "Soul music",
    "/m/06cqb": "Reggae",
    "/m/01lyv": "Country",
    "/m/02x8m": "Funk",
    "/m/02w4v": "Folk music",
    "/m/06j64v": "Middle Eastern music",
    "/m/03_d0": "Jazz",
    "/m/026z9": "Disco",
    "/m/0ggq0m": "Classical music",
    "/m/02lkt": "Electronic music",
    "/m/0g293": "Music of Latin America",
    "/m/0155w": "Blues",
    "/m/05fw6t": "Music for children",
    "/m/02v2lh": "New-age music",
    "/m/0y4f8": "Vocal music",
    "/m/0164x2": "Music of Africa",
    "/m/02mscn": "Christian music",
    "/m/028sqc": "Music of Asia",
    "/m/06rqw": "Ska",
    "/m/02p0sh1": "Traditional music",
    "/m/05rwpb": "Independent music",
}
SEVEN = {
    "/m/064t9": "Pop music",
    "/m/0glt670": "Hip hop music",
    "/m/06by7": "Rock music",
    "/m/06j6l": "Rhythm and blues",
    "/m/06cqb": "Reggae",
    "/m/0y4f8": "Vocal music",
    "/m/07gxw": "Techno",
}
SEGMENTS = re.compile(r"num_segs=(\d{1,12})")


class Genres(StrEnum):
    """The two sets of genres."""

    seven = "7"
    top_level = "25"


def read(data: Path, genres: Genres = Genres.seven, *, allow_other_counts: bool = False) -> Annotations:
    """Read `{balanced_train,unbalanced_train,eval}_segments.csv`. Keys are YouTube ids, as downloaders name the files.

    The two training files are "train", `eval` is "test"; the unbalanced one may be absent. A segment is of the genres
    its labels name, not of their parents. The count that must come out is the `num_segs` of each file's head.

    Raises:
        InputError: a file is missing, not in the published form, or has other counts than it says.
    """
    balanced, test = (_files.find(data, f"{part}_segments.csv") for part in ("balanced_train", "eval"))
    unbalanced = _files.find_any(data, "unbalanced_train_segments.csv")
    files = {balanced: "train", test: "test"} | ({unbalanced: "train"} if unbalanced else {})
    names = SEVEN if genres == Genres.seven else TOP_LEVEL
    return gather(
        f"AudioSet, {genres} genres",
        (row for file, split in files.items() for row in _rows(file, split, names, allow_other_counts)),
        files,
        classes=names.values(),
        allow_other_counts=allow_other_counts,
    )


def _rows(file: Path, split: str, names: dict[str, str], allow_other_counts: bool) -> Iterator[Row]:
    told, found = None, 0
    for number, cells in _files.table(file):
        if cells[0].startswith("#"):
            counted = SEGMENTS.search(" ".join(cells))
            told = int(counted[1]) if counted else told
            continue
        if len(cells) != 4 or not all(cells):
            raise _files.malformed(file, number, 'expected YTID, start_seconds, end_seconds, "labels"')
        found += 1
        labels = [names[label] for label in cells[3].split(",") if label in names]
        if labels:
            yield Row(cells[0], labels, split)
    if told != found and not allow_other_counts:
        raise _files.malformed(file, 1, f"{found:,} segments, but num_segs is {told}")
