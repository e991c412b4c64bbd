"""MTG-Jamendo: full tracks of Jamendo with genre, instrument and mood tags; split-0 of five, by artist.

D. Bogdanov, M. Won, P. Tovstogan, A. Porter, X. Serra: The MTG-Jamendo dataset for automatic music tagging. ML4MD
workshop, ICML 2019. Licence of the metadata: CC BY-NC-SA 4.0. github.com/MTG/mtg-jamendo-dataset.
"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from trainer.annotations import _files
from trainer.annotations._annotations import Annotations, Row, gather

SPLIT = "split-0"
HEADER = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]
META_HEADER = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "TRACK_NAME", "ARTIST_NAME", "ALBUM_NAME", "RELEASEDATE", "URL"]
Name = tuple[str, str]
PARTS = {"train": "train", "valid": "validation", "test": "test"}


class Task(StrEnum):
    """The sets of tags."""

    genre = "genre"
    instrument = "instrument"
    mood = "moodtheme"
    top50 = "top50tags"


CATEGORIES = {
    Task.genre: ("genre",),
    Task.instrument: ("instrument",),
    Task.mood: ("mood/theme",),
    Task.top50: ("genre", "instrument", "mood/theme"),
}
PUBLISHED = {
    Task.genre: {"train": 32_572, "valid": 11_043, "test": 11_479, "classes": 87},
    Task.instrument: {"train": 14_395, "valid": 5_466, "test": 5_115, "classes": 40},
    Task.mood: {"train": 9_949, "valid": 3_802, "test": 4_231, "classes": 56},
    Task.top50: {"train": 32_136, "valid": 10_888, "test": 11_356, "classes": 50},
}


def read(data: Path, task: Task = Task.genre, *, allow_other_counts: bool = False) -> Annotations:
    """Read `autotagging_<task>-{train,validation,test}.tsv` of split-0, and names from `raw.meta.tsv` if it is there.

    Keys are paths (`14/214`), groups are artists.

    Raises:
        InputError: a file is missing, not in the published form, or has other counts than published.
    """
    files = {_files.find(data, f"autotagging_{task}-{part}.tsv", SPLIT): split for split, part in PARTS.items()}
    meta = _files.find_any(data, "raw.meta.tsv")
    names = _names(meta) if meta else {}
    return gather(
        f"MTG-Jamendo {task}, {SPLIT}",
        (row for file, split in files.items() for row in _rows(file, split, CATEGORIES[task], names)),
        [*files, *([meta] if meta else [])],
        published=PUBLISHED[task],
        allow_other_counts=allow_other_counts,
    )


def _rows(file: Path, split: str, categories: tuple[str, ...], names: dict[str, Name]) -> Iterator[Row]:
    """Yield the tracks of a file: tabs between cells, one tag a cell from the sixth on, as many as there are."""
    lines = _files.lines(file)
    number, header = next(lines, (1, ""))
    if header.split("\t") != HEADER:
        raise _files.malformed(file, number, f"expected the header {' '.join(HEADER)}")
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) < len(HEADER) or not all(cells):
            raise _files.malformed(file, number, f"expected {len(HEADER)} cells or more, none of them empty")
        tags = cells[len(HEADER) - 1 :]
        for tag in tags:
            if tag.partition("---")[0] not in categories or "---" not in tag:
                raise _files.malformed(file, number, f"unknown tag {tag!r}, expected {' or '.join(categories)}---…")
        title, artist = names.get(cells[0], ("", ""))
        yield Row(cells[3], tags, split, group=cells[1], artist=artist, title=title)


def _names(file: Path) -> dict[str, Name]:
    """Return title and artist by track id; two published rows have an empty cell between the two."""
    found = {}
    for number, line in _files.lines(file):
        cells = line.split("\t")
        if len(cells) == len(META_HEADER) + 1 and not cells[4]:
            del cells[4]
        if len(cells) != len(META_HEADER) or (number == 1 and cells != META_HEADER):
            raise _files.malformed(file, number, f"expected the {len(META_HEADER)} columns {' '.join(META_HEADER)}")
        found[cells[0]] = (cells[3], cells[4])
    return found
