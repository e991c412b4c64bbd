"""What finishing must make of the tables of a Discogs dump: dicts, sorting and the words of the contract."""

import re
from collections import Counter, defaultdict
from typing import Any

from pairmine.kernels.folding import fold_text
from pairmine.schema import CATALOGUE

Row = dict[str, Any]
NOBODY = {0, 194, 355, 118760, None}
NO_LABEL = {0, 1818, None}


class Oracle:
    """The contract's tables of a dump, given as rows of its `dump_*` tables (names without `dump_`)."""

    def __init__(self, dump: dict[str, list[Row]]) -> None:
        fields = {name: CATALOGUE[f"dump_{name}"].arrow.names for name in dump}
        full = {name: [dict.fromkeys(fields[name]) | row for row in rows] for name, rows in dump.items()}
        self.dump = defaultdict(list, full)
        self.counts: Counter[str] = Counter()
        self.conflicts: dict[str, int] = {}
        self._name_labels()
        self._by_release = {
            name: grouped(self.dump[name], "release")
            for name in ("tracks", "track_artists", "release_artists", "release_labels", "release_tags")
        }

    def _name_labels(self) -> None:
        """Give the labels of releases that have a name only their id, or None; `label` becomes that or the name."""
        ids: dict[str, set[int]] = defaultdict(set)
        for row in [*self.dump["labels"], *self.dump["release_labels"]]:
            if row["label"] not in NO_LABEL:
                ids[row["name"]].add(row["label"])
        rows = []
        for row in self.dump["release_labels"]:
            label, name = row["label"] or None, row["name"]
            if label is None and name is not None:
                label = 1818 if name == "Not On Label" else min(ids.get(name, [f"name:{name}"]))
            rule = "Not On Label" if label == 1818 else "without id or name" if label is None else "taken"
            self.counts[f"release labels {rule}"] += 1
            rows.append(row | {"label": label, "by_name": not row["label"]})
        self.dump["release_labels"] = rows
        rules = {194: "Various", 355: "Unknown Artist", 118760: "No Artist", 0: "without id", None: "without id"}
        for row in [*self.dump["release_artists"], *self.dump["track_artists"]]:
            self.counts[f"artist credits {rules.get(row['artist'], 'taken')}"] += 1

    def of(self, table: str, release: int) -> list[Row]:
        return sorted(self._by_release[table].get(release, []), key=lambda row: (row.get("track", 0), row["place"]))

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """All tables as sorted rows; `counts` and `conflicts` are complete afterwards."""
        with_releases = "releases" in self.dump
        made: dict[str, list[tuple[Any, ...]]] = {}
        credits = [*self.dump["release_artists"], *self.dump["track_artists"]]
        if with_releases or "artists" in self.dump:
            made["artists"] = self._named("artists", "artist", credits, NOBODY)
        if with_releases or "labels" in self.dump:
            # a label met by name only says nothing of what the label of that id is called
            named = [row for row in self.dump["release_labels"] if not row["by_name"] or isinstance(row["label"], str)]
            made["labels"] = self._named("labels", "label", named, NO_LABEL)
        if with_releases:
            releases = sorted(self.dump["releases"], key=lambda row: str(row["release"]))
            made["releases"] = [(number, *self._release(row)) for number, row in enumerate(releases)]
            made |= self._tracks({table: {row[1]: row for row in made[table]} for table in made})
        return made

    def _named(self, table: str, kind: str, credits: list[Row], none: set[int | None]) -> list[tuple[Any, ...]]:
        names: dict[int | str, list[tuple[Any, ...]]] = defaultdict(list)
        for row in self.dump[table]:
            names[row[kind]].append(((-1, -1, -1), row["name"]))
        for row in credits:
            names[row[kind]].append(((row["release"], row.get("track", -1), row["place"]), row["name"]))
        ids = sorted((each for each in names if each not in none), key=lambda each: str(each).encode())
        given = {each: [name for _, name in sorted(names[each], key=lambda item: item[0]) if name] for each in ids}
        self.conflicts[table] = sum(len(set(given[each])) > 1 for each in ids)
        return [(number, str(each), *(given[each] or [None])[:1]) for number, each in enumerate(ids)]

    def _release(self, row: Row) -> tuple[Any, ...]:
        formats = [f for f in self.dump["release_formats"] if f["release"] == row["release"] and f["name"]]
        names = [f["name"] for f in sorted(formats, key=lambda f: f["place"])]
        year = re.match("[0-9]{4}", row["released"] or "")
        return (
            str(row["release"]),
            row["title"],
            int(year[0]) if year and 1 <= int(year[0]) <= 2100 else None,
            row["country"],
            None if row["master"] is None else str(row["master"]),
            ", ".join(dict.fromkeys(names)) or None,
        )

    def occurrences(self, release: int) -> list[tuple[str, Row, list[int]]]:
        """The entries of a release that are tracks: key, entry, artists in the order of the credits."""
        entries = self.of("tracks", release)
        times: Counter[str] = Counter()
        found = []
        for entry in entries:
            rule = verdict(entry, entries)
            self.counts[f"tracklist entries {rule}"] += 1
            if rule == "taken":
                artists = self._artists(release, entry, entries)
                ids = "+".join(map(str, sorted(artists))) or f"r{release}"
                key = f"{ids}/{fold_text(entry['title'])}"
                times[key] += 1
                found.append((key if times[key] == 1 else f"{key}#{times[key]}", entry, artists))
        return found

    def _artists(self, release: int, entry: Row, entries: list[Row]) -> list[int]:
        own = [row for row in self.of("track_artists", release) if row["track"] == entry["place"]]
        if not own and entry["parent"] is not None:
            return self._artists(release, entries[entry["parent"]], entries)
        rows = own or self.of("release_artists", release)
        return list(dict.fromkeys(row["artist"] for row in rows if row["artist"] not in NOBODY))

    def _tracks(self, known: dict[str, dict[str, tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
        met: dict[str, list[tuple[int, Row, list[int]]]] = defaultdict(list)
        for release in sorted(row["release"] for row in self.dump["releases"]):
            for key, entry, artists in self.occurrences(release):
                met[key].append((release, entry, artists))
        made: dict[str, set[tuple[Any, ...]]] = defaultdict(set)
        self.conflicts["tracks"] = 0
        for track, key in enumerate(sorted(met, key=str.encode)):
            some = met[key]
            self.conflicts["tracks"] += len({entry["title"] for _, entry, _ in some}) > 1
            names = [known["artists"][str(artist)][2] for artist in some[0][2]]
            albums = [known["releases"][str(release)][2] for release, _, _ in some]
            times = [milliseconds(entry["duration"]) for _, entry, _ in some]
            artist = ", ".join(name for name in names if name) or None
            made["tracks"].add((track, key, some[0][1]["title"], artist, first(albums), first(times)))
            made["track_artists"] |= {(track, known["artists"][str(artist)][0]) for artist in some[0][2]}
            for release, _, _ in some:
                made["track_releases"].add((track, known["releases"][str(release)][0]))
                labels = {row["label"] for row in self.of("release_labels", release)} - NO_LABEL
                made["track_labels"] |= {(track, known["labels"][str(label)][0]) for label in labels}
                tags = [(row["kind"], row["tag"]) for row in self.of("release_tags", release)]
                made["track_tags"] |= {(track, *tag) for tag in tags if None not in tag}
        tables = ("tracks", "track_artists", "track_releases", "track_labels", "track_tags")
        return {table: sorted(made[table], key=order) for table in tables}


def grouped(rows: list[Row], key: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def order(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.encode() if isinstance(value, str) else value for value in row if value is not None)


def verdict(entry: Row, entries: list[Row]) -> str:
    """`taken`, or the rule by which an entry is skipped."""
    parent = None if entry["parent"] is None else entries[entry["parent"]]
    if entry["title"] is None:
        return "without title"
    if entry["index"] and entry["position"] is None:
        return "index tracks"
    if entry["position"] or entry["duration"] or not any(other["position"] for other in entries):
        return "taken"
    if parent is None:
        return "headings"
    return "parts of a track" if parent["position"] else "taken"


def milliseconds(text: str | None) -> int | None:
    clock = re.fullmatch("(?:([0-9]+):([0-5][0-9])|([0-9]+)):([0-5][0-9])", text or "", re.ASCII)
    if clock is None or len(text or "") > 12:
        return None
    hours, minutes, lone, seconds = (int(field or 0) for field in clock.groups())
    return 1000 * (3600 * hours + 60 * (minutes + lone) + seconds)


def first(values: list[Any]) -> Any:
    return next((value for value in values if value is not None), None)
