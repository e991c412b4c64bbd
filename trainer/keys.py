"""How an annotation's path finds its embedding: one rule, and `--key-map` where the rule does not do.

The rule: the path below the folder, "/" between its parts, known extensions dropped. It is applied to what the
annotations name and to the keys of embeddings alike, so `14/214.mp3`, `./14/214.npy` and `14\\214` are one track.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine.audio_folder import SUFFIXES
from pairmine.errors import InputError, shown

# MTG-Jamendo's small copies end in .low.mp3.
EXTENSIONS = (*SUFFIXES, ".au", ".low.mp3", ".mp4", ".npy", ".npz", ".snd", ".webm")
# A name that is nothing but an extension keeps it.
ENDING = re.compile(rf"(?<=[^/])(?:{'|'.join(map(re.escape, EXTENSIONS))})+\Z", re.IGNORECASE | re.ASCII)


def annotation_key(path: str) -> str:
    """Return what a path below a folder of audio or arrays goes by; of a key, the key itself.

    Backslashes become "/", a leading "./" is dropped, and so are the known extensions at the end (`EXTENSIONS`, in any
    case, several if there are: `a.mp3.npy`). Letters are composed (NFC), since some file systems take them apart.
    """
    key = unicodedata.normalize("NFC", path).replace("\\", "/")
    while key.startswith("./"):
        key = key[2:].lstrip("/")
    return ENDING.sub("", key)


@dataclass(frozen=True)
class KeyMap:
    """What `--key-map` says: by annotation key, the key of the embedding."""

    embedding_of: dict[str, str]

    def __call__(self, key: str) -> str:
        """Return the embedding's key of an annotation; one the file does not name goes by its own key."""
        return self.embedding_of.get(key, key)


def read_key_map(file: Path) -> KeyMap:
    """Read two tab-separated columns without header: annotation key or path, key of the embedding.

    Both go through `annotation_key`; empty lines are passed over. Several annotations may share an embedding. Of the
    links.parquet that `pairmine link LEFT RIGHT` writes, the left keys are the annotations'.

    Raises:
        InputError: the file cannot be read, is no UTF-8, a line has not two columns, or an annotation comes twice.
    """
    if file.suffix == ".parquet":
        return _of_links(file)
    try:
        text = file.read_bytes().removeprefix(codecs.BOM_UTF8).decode()
    except OSError as error:
        raise InputError(f"{shown(file)}: cannot be read: {error.strerror}: check --key-map") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(file)}: not UTF-8 at byte {error.start}: convert it first") from error
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if line:
            annotation, embedding = _columns(file, number, line)
            if annotation in found:
                raise InputError(f"{shown(file)}, line {number}: {shown(annotation)} is there twice: keep one line")
            found[annotation] = embedding
    if not found:
        raise InputError(f"{shown(file)}: no line: each holds an annotation's key, a tab and the embedding's key")
    return KeyMap(found)


def _of_links(file: Path) -> KeyMap:
    try:
        links = pq.read_table(file, columns=["left_key", "right_key"]).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{shown(file)}: no links of `pairmine link` can be read from it: check --key-map") from error
    of_left = zip(map(annotation_key, links["left_key"]), map(annotation_key, links["right_key"]), strict=True)
    return KeyMap(dict(of_left))


def _columns(file: Path, number: int, line: str) -> tuple[str, str]:
    """Return the annotation's key and the embedding's, of a line."""
    cells = line.split("\t")
    if len(cells) != 2 or not all(cells):
        wrong = "an empty column" if len(cells) == 2 else f"{len(cells)} columns"
        expected = "expected an annotation's key, a tab, the embedding's key"
        raise InputError(f"{shown(file)}, line {number}: {wrong}: {expected}")
    return annotation_key(cells[0]), annotation_key(cells[1])
