"""ListenBrainz listens in JSON: one a line as in its dumps, or a submission with its payload in one document.

https://listenbrainz.readthedocs.io/en/latest/users/listenbrainz-dumps.html, …/users/json.html
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from pairmine import parallel
from pairmine.sources._blocks import Blocks
from pairmine.sources._delimited import bodies
from pairmine.sources._records import Reject
from pairmine.sources._rows import EMPTY, Rows, clean, excerpt

_ROLES = ("user", "track", "title", "artist", "artist_key", "album")
_MBID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PLAYING_NOW = "playing now"
_Listen = tuple[str, ...]


class _NoListenError(Exception):
    """The JSON is sound, but no listen; the message says why."""


def read(blocks: Blocks, unit: str, tick: Callable[[], None], threads: int | None) -> Iterator[Rows]:
    """Yield the listens of a file whose beginning `_delimited.head` has read."""
    document = _document(blocks)
    if document is not None:
        blocks.start = blocks.end
        yield _rows([document], unit)
        return
    before = 0
    for rows in parallel.in_order(lambda body: _rows(body.splitlines(), unit), bodies(blocks, False, tick), threads):
        yield rows.shifted(before)
        before += rows.size


def _document(blocks: Blocks) -> bytes | None:
    """Return the whole file if it is one JSON document over several lines."""
    data = blocks.buffer[blocks.start : blocks.end].tobytes()
    line = data.lstrip().partition(b"\n")[0]
    return data if blocks.finished and line.strip() and not _is_json(line) and _is_json(data) else None


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def _rows(lines: list[bytes], unit: str) -> Rows:
    listens: list[_Listen] = []
    positions: list[int] = []
    rejects: list[Reject] = []
    skipped: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            skipped[EMPTY] += 1
            continue
        for listen in _listens(line):
            try:
                values = _values(listen)
            except _NoListenError as error:
                rejects.append(Reject(unit, number, str(error), excerpt(line.decode(errors="nul"))))
                continue
            if values is None:
                skipped[_PLAYING_NOW] += 1
            else:
                listens.append(values)
                positions.append(number)
    columns = list(zip(*listens, strict=True)) or [()] * len(_ROLES)
    found = {role: clean(pa.array(column, pa.string())) for role, column in zip(_ROLES, columns, strict=True)}
    return Rows(found, np.array(positions, np.int64), len(lines), rejects, skipped)


def _listens(line: bytes) -> list[Any]:
    """Return the listens of one JSON value; what is none stands for itself."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return [error]
    if not isinstance(value, dict):
        return value if isinstance(value, list) else [value]
    payload = value.get("payload")
    if not isinstance(payload, list):
        return [value]
    playing = {"playing_now": value.get("listen_type") == "playing_now"}
    user = {name: value[name] for name in ("user_name", "user_id") if name in value}
    return [user | listen | playing if isinstance(listen, dict) else listen for listen in payload]


def _values(listen: Any) -> _Listen | None:
    """Return a listen's texts in the order of _ROLES, None for one that is playing now and may never be heard."""
    if isinstance(listen, orjson.JSONDecodeError):
        raise _NoListenError(f"no JSON: {listen.msg}")
    if not isinstance(listen, dict):
        raise _NoListenError("no listen: expected an object")
    if listen.get("playing_now") is True:
        return None
    track = listen.get("track_metadata")
    if not isinstance(track, dict):
        raise _NoListenError("no track_metadata")
    more, mapping = _object(track, "additional_info"), _object(track, "mbid_mapping")
    mbid = _mbid(mapping.get("recording_mbid")) or _mbid(more.get("recording_mbid"))
    msid = _text(listen.get("recording_msid")) or _text(more.get("recording_msid"))
    artists = _mbids(mapping.get("artist_mbids")) or _mbids(more.get("artist_mbids"))
    return (
        _text(listen.get("user_name")) or _text(listen.get("user_id")),
        mbid or msid,
        _text(track.get("track_name")),
        _text(track.get("artist_name")),
        ",".join(artists),
        _text(track.get("release_name")),
    )


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _mbid(value: Any) -> str:
    return value.lower() if isinstance(value, str) and _MBID.fullmatch(value) else ""


def _mbids(value: Any) -> list[str]:
    return [mbid for item in value if (mbid := _mbid(item))] if isinstance(value, list) else []
