"""What two tracks share, and where each stands among the other's partners."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from pairmine import engine, pair_sets, progress, seeding, store
from pairmine.errors import MissingError, UsageError
from pairmine.registry import check_name
from pairmine.report.source_stats import table_rows
from pairmine.report.tables import as_text, text_table

SHARED = {
    "playlists": ("playlist_tracks", "shared_playlists"),
    "artists": ("track_artists", "shared_artists"),
    "albums": ("track_releases", "shared_releases"),
    "labels": ("track_labels", "shared_labels"),
}
RULE = {"score": "count", "ties": "rarer", "min_count": 1, "max_playlist_length": None}


@dataclass(frozen=True)
class Explained:
    """Two tracks, what they share, and their ranks: `ranks[i]` is where the other stands in the list of track i."""

    source: str
    tracks: list[dict[str, Any]]
    shared: dict[str, list[dict[str, Any]]]
    ranks: list[dict[str, Any] | None] | None
    rule: dict[str, Any]
    pairs: list[dict[str, Any]] | None

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        ranks = {"ranks": self.ranks, "rule": self.rule} if self.ranks else {}
        pairs = {} if self.pairs is None else {"pairs": self.pairs}
        return {"source": self.source, "tracks": self.tracks, "shared": self.shared, **ranks, **pairs}

    def __str__(self) -> str:
        return "\n".join([*self._track_lines(), *self._shared_lines(), *self._rank_lines(), *self._pair_lines()])

    def _track_lines(self) -> list[str]:
        lines = []
        for letter, track in zip("ab", self.tracks, strict=True):
            stands = f", in {track['playlists']:,} playlists" if "playlists" in track else ""
            name = " by ".join(as_text(track[each]) for each in ("title", "artist") if track[each] is not None)
            lines.append(f"{letter}: {'  '.join(filter(None, (as_text(track['key']), name)))}{stands}")
        return lines

    def _shared_lines(self) -> list[str]:
        lines = []
        for name, rows in self.shared.items():
            lines += ["", f"{len(rows):,} {name} shared"]
            lines += [text_table(list(rows[0]), [list(row.values()) for row in rows])] if rows else []
        return lines

    def _rank_lines(self) -> list[str]:
        if self.ranks is None:
            return []
        rule = ", ".join(f"{name} {value}" for name, value in self.rule.items() if value is not None)
        lines = ["", f"ranks by co-occurrence ({rule})"]
        for own, other, rank in zip("ab", "ba", self.ranks, strict=True):
            place = (
                f"rank {rank['rank']:,} of {rank['partners']:,}, score {rank['score']:.6g}" if rank else "no partner"
            )
            lines.append(f"{other} in the list of {own}: {place}")
        return lines

    def _pair_lines(self) -> list[str]:
        if self.pairs is None:
            return []
        epochs = ", ".join(f"{row['epoch']} ({row['anchor']} → {row['positive']})" for row in self.pairs)
        return ["", f"a pair in {progress.counted(len(self.pairs), 'epoch')}{': ' if epochs else ''}{epochs}"]


def explain(
    workspace: Path, key_a: str, key_b: str, source: str | None = None, pair_set: str | Path | None = None
) -> Explained:
    """Tell what two tracks share: playlists, artists, albums, labels, and their places in each other's lists.

    Args:
        workspace: where the source is.
        key_a: key of one track.
        key_b: key of the other.
        source: default the source of `pair_set`, else the only one there.
        pair_set: a pair set, its folder or name: its rule of ranks is used, and the epochs that pair the two are told.

    Raises:
        UsageError: a key or source that is not there, or one key twice.
        MissingError: nothing was ingested yet, or the pair set's source is gone or newer.
    """
    if key_a == key_b:
        raise UsageError("name two different tracks")
    pair_set = pair_sets.find(workspace, pair_set) if pair_set else None
    manifest = store.read_manifest(pair_set) if pair_set else None
    source = _source(workspace, source, manifest)
    if pair_set and (outdated := engine.stale(workspace, pair_set)):
        raise MissingError(outdated)
    tables = table_rows(engine.source_folder(workspace, source))
    with _open(workspace, source, pair_set) as connection:
        tracks = [_track(connection, key, source) for key in (key_a, key_b)]
        ids = [track.pop("track_id") for track in tracks]
        engine.set_variables(connection, {"track": ids[0], "partner": ids[1]})
        shared = {name: _rows(connection, step) for name, (table, step) in SHARED.items() if tables.get(table)}
        rule, ranks = _rule(manifest), None
        if "playlists" in shared:
            sizes = {row["track_id"]: row["playlists"] for row in _rows(connection, "playlists_of_tracks")}
            tracks = [{**track, "playlists": sizes.get(each, 0)} for each, track in zip(ids, tracks, strict=True)]
            ranks = _ranks(connection, ids, rule, pair_set)
        pairs = _epochs(connection, dict(zip(ids, "ab", strict=True))) if pair_set else None
    return Explained(source, tracks, shared, ranks, rule, pairs)


def _source(workspace: Path, source: str | None, manifest: dict[str, Any] | None) -> str:
    known = engine.sources(workspace)
    if manifest is not None:
        if source not in (None, manifest["source"]):
            raise UsageError(f"the pair set is from source {manifest['source']!r}, not {source!r}: leave out --source")
        return str(manifest["source"])
    if not known:
        raise MissingError(f"workspace {workspace} holds no source: run `pairmine ingest` first")
    if source is not None:
        check_name("source", source, known)
        return source
    if len(known) > 1:
        raise UsageError(f"name one with --source: {', '.join(known)}")
    return known[0]


def _open(workspace: Path, source: str, pair_set: Path | None) -> duckdb.DuckDBPyConnection:
    return engine.open_pairs(workspace, pair_set) if pair_set else engine.open_source(workspace, source)


def _rows(connection: duckdb.DuckDBPyConnection, step: str) -> list[dict[str, Any]]:
    """Run a file of sql/stats/steps."""
    rows: list[dict[str, Any]] = connection.sql(engine.statement(f"stats/steps/{step}")).to_arrow_table().to_pylist()
    return rows


def _track(connection: duckdb.DuckDBPyConnection, key: str, source: str) -> dict[str, Any]:
    query = "select track_id, key, title, artist, album from tracks where key = $1"
    found = connection.execute(query, [key]).fetchall()
    if not found:
        raise UsageError(
            f"no track {key!r} in {source}: find keys with `pairmine sql --name find-track --on {source} --set text=…`"
        )
    return dict(zip(("track_id", "key", "title", "artist", "album"), found[0], strict=True))


def _rule(manifest: dict[str, Any] | None) -> dict[str, Any]:
    """Return how partners are ranked: as the pair set's parameters say, else by default."""
    parameters = manifest["parameters"] if manifest else {}
    return {
        **{name: parameters.get(name, default) for name, default in RULE.items()},
        "seed": parameters.get("seed", 0),
    }


def _ranks(
    connection: duckdb.DuckDBPyConnection, ids: list[int], rule: dict[str, Any], pair_set: Path | None
) -> list[dict[str, Any] | None]:
    excluded = pair_set / "excluded.parquet" if pair_set else None
    if excluded is not None and excluded.exists():
        engine.set_variables(connection, {"excluded": pq.ParquetFile(excluded).read().column("track_id").to_pylist()})
    engine.set_variables(connection, {name: rule[name] for name in RULE})
    engine.set_variables(connection, {"stream": seeding.stream(rule["seed"], "tco", "ties")})
    ranks: list[dict[str, Any] | None] = []
    for track, partner in (ids, reversed(ids)):
        engine.set_variables(connection, {"track": track, "partner": partner})
        ranks.append(next(iter(_rows(connection, "partner_rank")), None))
    return ranks


def _epochs(connection: duckdb.DuckDBPyConnection, letters: dict[int, str]) -> list[dict[str, Any]]:
    """Return the epochs that pair the two, with who is the anchor."""
    rows = _rows(connection, "epochs_of_pair")
    return [{**row, "anchor": letters[row["anchor"]], "positive": letters[row["positive"]]} for row in rows]
