"""What `ingest mpd` must make of sound playlists: dicts, sorting and the contract's words."""

import datetime
import json
from typing import Any

NUMBERS = ("num_tracks", "num_albums", "num_artists", "num_followers", "num_edits", "duration_ms")
TEXTS = ("track_uri", "track_name", "artist_uri", "artist_name", "album_uri", "album_name")
MASK = 2**64 - 1


def fold(h: int, word: int) -> int:
    h = ((h ^ word) * 0x9E3779B97F4A7C15) & MASK
    return h ^ (h >> 32)


def finish(h: int) -> int:
    return fold(h ^ (h >> 29), 0xBF58476D1CE4E5B9)


def text_hash(text: str | None, column: int) -> int:
    data = b"" if text is None else text.encode()
    h = fold(column, 0 if text is None else len(data) + 1)
    for start in range(0, len(data), 8):
        h = fold(h, int.from_bytes(data[start : start + 8], "little"))
    return finish(h)


def entry_hash(entry: dict[str, Any]) -> int:
    uri, rest, *others = (text_hash(entry.get(key), column) for column, key in enumerate(TEXTS))
    for word in (*others, entry.get("duration_ms", -1) & MASK):
        rest = fold(rest, word)
    rest = finish(rest)
    turned = (rest << 32 | rest >> 32) & MASK
    return fold(uri, rest) ^ (finish(uri ^ turned) >> 32 << 32)


def digest(playlist: dict[str, Any]) -> int:
    h = fold(playlist["pid"], len(playlist["tracks"]))
    h = fold(h, text_hash(playlist.get("name"), 6))
    h = fold(h, text_hash(playlist.get("description"), 7))
    for key in (*NUMBERS, "modified_at", "collaborative"):
        h = fold(h, int(playlist.get(key, -1)) & MASK)
    for position, entry in playlist["tracks"]:
        h = fold(fold(h, position), entry_hash(entry))
    return finish(h)


def normal(playlist: dict[str, Any]) -> dict[str, Any]:
    """A playlist as it counts: entries as (position, values) in order, `collaborative` as a truth value."""
    kept = [(index, entry) for index, entry in enumerate(playlist["tracks"]) if entry["track_uri"]]
    stated = [entry.get("pos") for _, entry in kept]
    if None not in stated and len(set(stated)) == len(stated):
        kept = [(entry["pos"], entry) for _, entry in kept]
    rows = [[place, {k: v for k, v in entry.items() if k != "pos"}] for place, entry in kept]
    made = playlist | {"tracks": sorted(rows, key=lambda row: row[0])}
    if "collaborative" in made:
        made["collaborative"] = made["collaborative"] in (True, "true")
    return made


class Oracle:
    """The tables of some files of playlists whose every field has its right type."""

    def __init__(self, files: list[list[dict[str, Any]]]) -> None:
        met = [normal(playlist) for file in files for playlist in file]
        distinct = list({json.dumps(playlist, sort_keys=True): playlist for playlist in met}.values())
        lengths = [sum(len(playlist["tracks"]) for playlist in some) for some in (met, distinct)]
        self.repeated = (len(met) - len(distinct), lengths[0] - lengths[1])
        pids = [playlist["pid"] for playlist in distinct]
        self.colliding = {pid for pid in pids if pids.count(pid) > 1}
        self.playlists = sorted(((self._key(playlist), playlist) for playlist in distinct), key=lambda item: item[0])
        self.entries = [
            (number, place, entry)
            for number, (_, playlist) in enumerate(self.playlists)
            for place, entry in playlist["tracks"]
        ]
        self.conflicts = {"playlists": len(self.colliding)}

    def _key(self, playlist: dict[str, Any]) -> str:
        suffix = f"#{digest(playlist):016x}"[:9] if playlist["pid"] in self.colliding else ""
        return f"{playlist['pid']}{suffix}"

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """All tables as sorted rows; `conflicts` is complete afterwards."""
        uris = sorted({entry["track_uri"] for *_, entry in self.entries}, key=str.encode)
        id_of = {uri: number for number, uri in enumerate(uris)}
        of_uri: dict[str, list[dict[str, Any]]] = {uri: [] for uri in uris}
        for *_, entry in self.entries:
            of_uri[entry["track_uri"]].append(entry)
        tables = {
            "playlists": [self._playlist(number, *item) for number, item in enumerate(self.playlists)],
            "playlist_tracks": [(number, place, id_of[entry["track_uri"]]) for number, place, entry in self.entries],
            "tracks": [
                (
                    id_of[uri],
                    uri,
                    first(some, "track_name"),
                    *(first([link(some, kind) or {}, *some], f"{kind}_name") for kind in ("artist", "album")),
                    first(some, "duration_ms"),
                )
                for uri, some in of_uri.items()
            ],
        }
        self.conflicts["tracks"] = sum(
            any(disagree(some, key, empty=not key.endswith("_uri")) for key in (*TEXTS[1:], "duration_ms"))
            for some in of_uri.values()
        )
        for table, relation, kind in (
            ("artists", "track_artists", "artist"),
            ("releases", "track_releases", "album"),
        ):
            tables[table], tables[relation], self.conflicts[table] = self._names(of_uri, id_of, kind)
        return tables

    @staticmethod
    def _playlist(number: int, key: str, playlist: dict[str, Any]) -> tuple[Any, ...]:
        seconds = playlist.get("modified_at")
        modified = None if seconds is None else datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        texts = (playlist.get("name"), playlist.get("description"))
        return number, key, *texts, *map(playlist.get, NUMBERS), modified, playlist.get("collaborative")

    def _names(
        self, of_uri: dict[str, list[dict[str, Any]]], id_of: dict[str, int], kind: str
    ) -> tuple[list[Any], list[Any], int]:
        def key(entry: dict[str, Any]) -> str | None:
            return name_key(entry, kind)

        linked = {uri: link(some, kind) for uri, some in of_uri.items()}
        chosen = {uri: str(key(entry)) for uri, entry in linked.items() if entry is not None}
        keys = sorted(set(chosen.values()), key=str.encode)
        rows, conflicts = [], 0
        for number, name in enumerate(keys):
            some = [entry for *_, entry in self.entries if key(entry) == name]
            rest = (None, None, None, None) if kind == "album" else ()
            rows.append((number, name, first(some, f"{kind}_name"), *rest))
            conflicts += disagree(some, f"{kind}_name")
        return rows, [(id_of[uri], keys.index(name)) for uri, name in chosen.items()], conflicts


def name_key(entry: dict[str, Any], kind: str) -> str | None:
    name = entry.get(f"{kind}_name")
    owner = f"{entry.get('artist_name', '')} / " if kind == "album" else ""
    return entry.get(f"{kind}_uri") or (f"name:{owner}{name}" if name else None)


def link(entries: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    """The occurrence that relates a track to its artist or album: one with a uri before those without."""
    by_uri = (entry for entry in entries if entry.get(f"{kind}_uri"))
    return next(by_uri, None) or next((entry for entry in entries if name_key(entry, kind)), None)


def first(entries: list[dict[str, Any]], key: str) -> Any:
    return next((entry[key] for entry in entries if key in entry), None)


def disagree(entries: list[dict[str, Any]], key: str, *, empty: bool = True) -> bool:
    return len({entry[key] for entry in entries if key in entry and (empty or entry[key])}) > 1
