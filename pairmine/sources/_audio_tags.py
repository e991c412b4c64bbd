"""One audio file: what its tags and its container say, in the words of the catalogue, whatever the format."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutagen

# What ID3 (mp3, aiff, wav, dsf), MP4, Vorbis comments and APEv2, ASF call it; the first that is there wins.
FIELDS = {
    "title": ("tit2", "©nam", "title"),
    "artists": ("txxx:artists", "----:com.apple.itunes:artists", "artists", "wm/artists"),
    "artist": ("tpe1", "©art", "artist", "author"),
    "album": ("talb", "©alb", "album", "wm/albumtitle"),
    "album_artist": ("tpe2", "aart", "albumartist", "album artist", "wm/albumartist"),
    "album_id": (
        "txxx:musicbrainz album id",
        "----:com.apple.itunes:musicbrainz album id",
        "musicbrainz_albumid",
        "musicbrainz/album id",
    ),
    "year": ("tdrc", "tyer", "©day", "date", "year", "wm/year"),
    "genres": ("tcon", "©gen", "genre", "wm/genre"),
    "labels": (
        *("tpub", "txxx:label", "----:com.apple.itunes:label", "----:com.apple.itunes:publisher"),
        *("label", "organization", "publisher", "wm/publisher"),
    ),
}
_SEVERAL = re.compile(r"\s*;\s+| / ")  # "A; B" and "A / B" are two, "AC/DC" and "A;B" are one
_SEVERAL_GENRES = re.compile(r"\s*;\s*")  # "Funk / Soul" is one
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
LONGEST_MS = 10 * 365 * 86_400_000
OPUS_RATE_HZ = 48_000  # Opus always decodes at this rate


@dataclass(frozen=True)
class Song:
    """What is known of an audio file; empty where nothing is."""

    key: str
    title: str
    artists: tuple[str, ...]
    album: str | None
    album_artist: str | None
    album_id: str | None
    year: int | None
    genres: tuple[str, ...]
    labels: tuple[str, ...]
    duration_ms: int
    sample_rate_hz: int | None
    channels: int | None
    bytes: int
    codec: str


class NotAudioError(Exception):
    """A file that is no audio file, or too damaged to tell; the message says what is wrong."""


def read(path: Path, key: str) -> Song:
    """Read the tags and properties of a file; without a title tag its title is the file's name without suffix.

    Raises:
        NotAudioError: it is empty, cannot be read, or is not what its suffix says.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise NotAudioError("the file is empty")
        with path.open("rb") as file:
            audio = mutagen.File(file)
            if audio is None:
                raise NotAudioError("no audio format that we know")
            return _song(key, path, size, audio)
    except NotAudioError:
        raise
    except OSError as error:
        raise NotAudioError(f"cannot be read: {error.strerror or error}") from None
    except Exception as error:  # mutagen raises whatever its parsers stumble over: struct.error, ValueError, …
        raise NotAudioError(f"damaged: {_told(error, path)}") from None


def _told(error: Exception, path: Path) -> str:
    """Return what an error says, the file by its name only: the catalogue must not depend on where it lies."""
    message = str(error).replace(repr(str(path)), path.name).replace(str(path), path.name)
    return _plain(message) or "its header makes no sense"


def _named_values(items: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every tag as (lower-case name, texts that are not blank)."""
    for name, value in items:
        texts = tuple(text for each in _several(value) if (text := _plain(each)))
        if texts:
            yield name.lower(), texts


def _several(value: Any) -> list[Any]:
    """Return the values of a tag: of an ID3 frame, a list, an APEv2 value."""
    value = getattr(value, "genres", getattr(value, "text", value))
    return [value] if isinstance(value, str | bytes | int) else list(value) if isinstance(value, Iterable) else []


def _plain(value: Any) -> str:
    text = bytes(value).decode(errors="replace") if isinstance(value, bytes) else str(value)
    return " ".join(text.replace("\0", " ").encode(errors="replace").decode().split())


def _song(key: str, path: Path, size: int, audio: Any) -> Song:
    tags = {} if audio.tags is None else dict(_named_values(audio.tags.items()))

    def values(field: str) -> tuple[str, ...]:
        return next((tags[name] for name in FIELDS[field] if name in tags), ())

    def first(field: str) -> str | None:
        return next(iter(values(field)), None)

    codec, duration_ms = _codec(audio), round(1000 * audio.info.length)
    if not 0 <= duration_ms <= LONGEST_MS:
        raise NotAudioError(f"damaged: a length of {duration_ms} ms")
    if codec == "pcm" and (stated := duration_ms * audio.info.bitrate // 8000) > size:
        raise NotAudioError(f"cut off: {size:,} of {stated:,} bytes")
    year = _YEAR.search(first("year") or "")
    return Song(
        key=key,
        title=first("title") or key.rsplit("/", 1)[-1].removesuffix(path.suffix),
        artists=values("artists") or _split(_SEVERAL, values("artist")),
        album=first("album"),
        album_artist=first("album_artist"),
        album_id=first("album_id"),
        year=int(year.group()) if year else None,
        genres=_split(_SEVERAL_GENRES, values("genres")),
        labels=_split(_SEVERAL, values("labels")),
        duration_ms=duration_ms,
        sample_rate_hz=OPUS_RATE_HZ if codec == "opus" else _count(audio.info, "sample_rate"),
        channels=_count(audio.info, "channels"),
        bytes=size,
        codec=codec,
    )


def _count(info: Any, name: str) -> int | None:
    """Return a number the container gives, if it gives one that can be true."""
    value = int(getattr(info, name, 0) or 0)
    return value if 0 < value < 2**31 else None


def _split(separator: re.Pattern[str], values: tuple[str, ...]) -> tuple[str, ...]:
    """Return distinct values; a single one may hold several."""
    parts = separator.split(values[0]) if len(values) == 1 else values
    return tuple(dict.fromkeys(part for part in parts if part))


_CODECS = {
    "oggvorbis": "vorbis",
    "oggopus": "opus",
    "oggflac": "flac",
    "monkeysaudio": "ape",
    "asf": "wma",
    "wave": "pcm",
}
_CODECS |= {"aiff": "pcm", "dsf": "dsd", "dsdiff": "dsd", "oggspeex": "speex"}


def _codec(audio: Any) -> str:
    """Return the codec: of an MP4 what it holds, else what the kind of file says."""
    kind = type(audio).__name__.lower()
    if kind != "mp4":
        return _CODECS.get(kind, kind)
    codec = str(getattr(audio.info, "codec", "")) or "aac"
    return "aac" if codec.startswith("mp4a") else codec
