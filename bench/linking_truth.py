"""Two sources of which it is known which tracks are the same: real names, and the same as others would write them.

Of every three recordings one stands in both sources, one on the left and one on the right. Beside left ones without a
partner stand decoys on the right: live, remixed, karaoke … versions, the next part, the same title by another artist.
"""

import csv
import gzip
import io
import json
import random
import re
import tarfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import zstandard

from pairmine import catalogue
from pairmine.catalogue import Tally

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
Name = tuple[str, str]
Row = tuple[str, str, str, int | None]  # key, artist, title, duration in milliseconds


def text_of(path: Path) -> str:
    return zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read().decode("utf-8", "replace")


def mpd_names() -> Iterator[Name]:
    archive = zstandard.ZstdDecompressor().stream_reader(
        (DATA / "mpd/reduced_slices/reduced_slices.tar.zst").open("rb")
    )
    with tarfile.open(fileobj=archive, mode="r|") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None and member.name.endswith(".json"):
                for playlist in json.load(file)["playlists"]:
                    yield from ((track["artist_name"], track["track_name"]) for track in playlist["tracks"])


def deezer_names() -> Iterator[Name]:
    for name in ("train", "test"):
        rows = csv.DictReader(io.StringIO(text_of(DATA / f"matching/deezer-msd/{name}.csv.zst")))
        yield from ((row["artist_name"], row["track_name"]) for row in rows)


def yes_names() -> Iterator[Name]:
    for line in text_of(DATA / "matching/yes-com/song_hash.txt.zst").split("\n"):
        fields = line.replace("\\/", "/").split("\t")
        if len(fields) == 3:
            yield fields[2].strip(), fields[1].strip()


def discogs_names() -> Iterator[Name]:
    path = next((DATA / "discogs/discogs-xml2db").rglob("*releases*"))
    for release in ElementTree.fromstring(gzip.decompress(path.read_bytes())).iter("release"):
        credited = ", ".join(name.text or "" for name in release.findall("artists/artist/name"))
        for track in release.findall("tracklist/track"):
            own = ", ".join(name.text or "" for name in track.findall("artists/artist/name"))
            yield own or credited, track.findtext("title") or ""


SOURCES: dict[str, Callable[[], Iterator[Name]]] = {
    "MPD": mpd_names,
    "Deezer": deezer_names,
    "Yes.com": yes_names,
    "Discogs": discogs_names,
}


def _without_diacritics(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _typo(text: str, rng: random.Random) -> str:
    """Return a text with one letter more, less, other or two swapped; short ones as they are."""
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    if len(letters) < 6:
        return text
    i, kind = rng.choice(letters[:-1]), rng.randrange(4)
    other = rng.choice("etaoinshrdlu")
    swapped = text[i + 1] + text[i]
    return text[:i] + (other + text[i], "", other, swapped)[kind] + text[i + (1, 1, 1, 2)[kind] :]


def _initials(artist: str) -> str:
    first, _, rest = artist.partition(" ")
    return f"{first[0]}. {rest}" if rest and len(rest) > 4 and first[:1].isalpha() and first != "The" else artist


def _moved_article(artist: str) -> str:
    return f"{artist[4:]}, The" if artist.startswith("The ") else artist


def _joined_otherwise(artist: str) -> str:
    return artist.replace(" & ", ", ") if " & " in artist else artist.replace(" and ", " & ")


def _guest(artist: str, title: str, rng: random.Random) -> Name:
    guest = rng.choice(("Marta Quill", "DJ Ostro", "The Lanterns", "Ana & Jo"))
    sign = rng.choice(("feat.", "ft.", "Featuring", "with"))
    if rng.random() < 0.4:
        return f"{artist} Feat. {guest}", title
    return artist, f"{title} ({sign} {guest})"


def _suffix(title: str, rng: random.Random) -> str:
    return title + rng.choice(
        (" - Remastered 2011", " - 2009 Remaster", " (Remastered)", " - Remastered", " (Album Version)", " - Mono",
         " - Original Mix", " (Explicit)", " - Bonus Track", " - 2015 Remastered Version", ' - From "Night Train"',
         " (LP Version)", " [Digitally Remastered]", " - Single Version")
    )  # fmt: skip


CHANGES: dict[str, Callable[[str, str, random.Random], Name]] = {
    "nothing": lambda a, t, rng: (a, t),
    "case": lambda a, t, rng: rng.choice(((a.upper(), t.upper()), (a.lower(), t.lower()), (a, t.title()))),
    "diacritics lost": lambda a, t, rng: (_without_diacritics(a), _without_diacritics(t)),
    "typo in title": lambda a, t, rng: (a, _typo(t, rng)),
    "typo in artist": lambda a, t, rng: (_typo(a, rng), t),
    "typo in both": lambda a, t, rng: (_typo(a, rng), _typo(t, rng)),
    "guest": _guest,
    "neutral version": lambda a, t, rng: (a, _suffix(t, rng)),
    "(n)": lambda a, t, rng: (f"{a} ({rng.randrange(2, 30)})", t),
    "article moved": lambda a, t, rng: (_moved_article(a), t),
    "article lost": lambda a, t, rng: (a.removeprefix("The "), t.removeprefix("The ")),
    "joined otherwise": lambda a, t, rng: (_joined_otherwise(a), t),
    "punctuation lost": lambda a, t, rng: tuple("".join(c for c in x if c not in "'’.,!?") or x for x in (a, t)),
    "initials": lambda a, t, rng: (_initials(a), t),
}
DECOYS: dict[str, Callable[[str, str, random.Random], Name]] = {
    "live": lambda a, t, rng: (
        a,
        t + rng.choice((" (Live)", " - Live", " - Live at Wembley", " (Live in Paris, 1994)")),
    ),
    "remix": lambda a, t, rng: (a, t + rng.choice((" (Remix)", " - Kolsch Remix", " (Club Mix)", " - Radio Edit"))),
    "karaoke": lambda a, t, rng: (
        a,
        t + rng.choice((" (Karaoke Version)", " - Instrumental", " (Acoustic)", " - Demo")),
    ),
    "part": lambda a, t, rng: (a, f"{t}, Pt. {rng.randrange(2, 5)}"),
    "other artist": lambda a, t, rng: (rng.choice(("The Copycats", "Studio 99", "Party Tyme", "Nuno Alves")), t),
    "other title": lambda a, t, rng: (a, rng.choice(("Blue ", "My ", "Last ")) + t),
}


def changed_name(name: Name, change: str, rng: random.Random) -> Name:
    """Return a name changed in one way."""
    artist, title = CHANGES[change](*name, rng)
    return artist, title


def two_sources(names: list[Name], seed: int = 0) -> tuple[list[Row], list[Row], dict[str, str], dict[str, str]]:
    """Return left rows, right rows, the truth (left key → right key), and what was done to each right key."""
    rng = random.Random(seed)
    left: list[Row] = []
    right: list[Row] = []
    truth: dict[str, str] = {}
    how: dict[str, str] = {}
    for number, name in enumerate(names):
        duration = rng.randrange(90_000, 400_000)
        own, other = f"l{number:07d}", f"r{rng.getrandbits(40):010x}"
        fate = number % 3
        if fate < 2:
            left.append((own, *name, duration if rng.random() < 0.9 else None))
        if fate == 1 and not re.search(r"[(\[]| - ", name[1]):
            decoy = rng.choice(list(DECOYS))
            longer = duration + rng.choice((0, 500, 4_000, 30_000))
            right.append((other, *DECOYS[decoy](*name, rng), longer if rng.random() < 0.5 else None))
            how[other] = f"decoy: {decoy}"
        if fate == 1:
            continue
        change = rng.choice(list(CHANGES)) if fate == 0 else "alone"
        written = changed_name(name, change, rng) if fate == 0 else name
        rounded = round((duration + rng.randrange(-900, 900)) / 1000) * 1000
        right.append((other, *written, rounded if rng.random() < 0.5 else None))
        how[other] = change
        if fate == 0:
            truth[own] = other
    return left, right, truth, how


def distinct(names: Iterator[Name]) -> list[Name]:
    """Return the names that differ before the first bracket or dash, the first of each, in an order of no meaning.

    More copies of a recording on one side would make the truth ambiguous. This plain key is not the linker's.
    """
    found: dict[Name, Name] = {}
    for artist, title in names:
        plain = "".join(filter(str.isalnum, re.split(r"[(\[]| - ", title)[0].casefold()))
        if artist.strip() and plain:
            found.setdefault((artist.casefold(), plain), (artist, title))
    kept = [found[key] for key in sorted(found)]
    random.Random(1).shuffle(kept)
    return kept


def write_source(workspace: Path, name: str, rows: list[Row]) -> None:
    """Write rows as a source of a workspace."""
    rows = sorted(rows)
    key, artist, title, duration = (list(column) for column in zip(*rows, strict=True))
    table = {"track_id": pa.array(range(len(rows)), pa.int32()), "key": key, "artist": artist, "title": title}
    with catalogue.writer(workspace, name, "names") as writer:
        writer.write("tracks", pa.table({**table, "duration_ms": pa.array(duration, pa.int64())}))
        writer.commit([Tally("tracks", len(rows))], {})
