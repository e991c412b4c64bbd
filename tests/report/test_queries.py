"""`pairmine sql`: every named query runs, the important ones say what is true, and no query gets out."""

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from pairmine import engine
from pairmine.errors import MissingError, UsageError
from pairmine.report import queries, tables


@pytest.fixture(scope="module", autouse=True)
def views(world):
    """The views of the world, which no test changes, are made once."""
    refresh = engine.refresh
    refresh(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "refresh", lambda workspace: None if workspace == world else refresh(workspace))
        yield


def ask(workspace, query=None, **options) -> list[dict]:
    return json.loads("\n".join(queries.answer(workspace, query, style="json", **options)))["rows"]


def on(name: str) -> str:
    return "toy" if queries.names()[name] == "source" else "toy-co"


def contents(folder: Path) -> dict[Path, bytes]:
    views = folder / engine.CATALOGUE_DATABASE
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path != views}


@pytest.mark.parametrize("name", queries.names())
def test_every_named_query_runs_and_describes_itself(world, name) -> None:
    found = ask(world, name=name, on=on(name))
    assert found, "the toy world has something to show for every query"
    first = queries.text(name).splitlines()[0]
    assert first.startswith("-- ")
    assert ":" in first or "." in first
    assert "one row" in queries.text(name).lower()


@pytest.mark.parametrize("name", [name for name in queries.names() if "rows" in queries.variables(queries.text(name))])
def test_rows_limits_a_named_query(world, name) -> None:
    whole = ask(world, name=name, on=on(name), settings=["rows=1000000"])
    assert ask(world, name=name, on=on(name), settings=["rows=2"]) == whole[:2]


def test_most_paired_counts_both_ends(world, rows) -> None:
    uses = Counter()
    for anchor, positive in rows("anchor, positive", "pairs", "toy-tco"):
        uses[anchor] += 1
        uses[positive] += 1
    found = ask(world, name="most-paired", on="toy-tco", settings=["rows=100000"])
    best = sorted(uses.items(), key=lambda item: (-item[1], item[0]))
    assert [(row["key"], row["pairs"]) for row in found] == [(f"t{track:06d}", count) for track, count in best]


def test_coverage_by_decile_counts_every_track_once(world, rows) -> None:
    popularity = Counter(track for _, track in set(rows("playlist_id, track_id", "playlist_tracks")))
    paired = {track for pair in rows("anchor, positive", "pairs", "toy-tco") for track in pair}
    ranked = sorted((track for (track,) in rows("track_id", "tracks")), key=lambda track: (popularity[track], track))
    found = ask(world, name="coverage-by-decile", on="toy-tco")
    place = 0
    for row in found:
        tenth = ranked[place : place + row["tracks"]]
        place += row["tracks"]
        assert row["paired_tracks"] == len(paired & set(tenth))
        assert (row["least_playlists"], row["most_playlists"]) == (popularity[tenth[0]], popularity[tenth[-1]])
    assert place == len(ranked)


def test_best_partners_are_those_of_the_strategy_by_count(world, rows) -> None:
    members: dict[int, set] = {}
    for playlist, track in rows("playlist_id, track_id", "playlist_tracks"):
        members.setdefault(playlist, set()).add(track)
    counts = Counter(track for playlist in members.values() if 3 in playlist for track in playlist - {3})
    found = ask(world, name="best-partners", on="toy", settings=["key=t000003", "rows=1000000"])
    assert {row["key"]: row["shared_playlists"] for row in found} == {f"t{t:06d}": n for t, n in counts.items()}


def test_same_artist_by_decile_adds_up_to_same_artist(world) -> None:
    deciles = ask(world, name="same-artist-by-decile", on="toy-co", settings=["epoch=1"])
    epochs = ask(world, name="same-artist", on="toy-co")
    assert sum(row["pairs"] for row in deciles) == epochs[1]["pairs"]
    assert sum(row["same_artist"] for row in deciles) == epochs[1]["same_artist"]


def test_the_list_tells_what_each_reads(world) -> None:
    listed = {row["name"]: row for row in ask(world, listed=True)}
    assert listed["most-paired"]["reads"] == "pairs"
    assert listed["best-partners"]["variables"] == "key, rows"
    assert len(listed) >= 24


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to '{place}/x.csv'",
        "with t as (copy (select 1) to '{place}/x.csv') select * from t",
        "select (with t as (copy (select 1) to '{place}/x.csv') select count(*) from t)",
        "explain analyze copy (select 1) to '{place}/x.csv'",
        "explain analyze with t as (copy (select 1) to '{place}/x.csv') select * from t",
        "explain /* */ analyze copy (select 1) to '{place}/x.csv'",
        "explain (analyze) copy (select 1) to '{place}/x.csv'",
        "explain/**/analyze/**/with/**/t/**/as/**/(copy/**/(select/**/42)/**/to/**/"
        "'{place}/catalogue/toy/manifest.json'/**/(format/**/csv)) select 1",
        "/*é*/explain/*é*/analyze/*é*/with t as (copy (select 1) to '{place}/x.csv') select 1",
        "explain--\nanalyze--\nwith t as (copy (select 1) to '{place}/x.csv') select 1",
        "explain /* /* */ select 1 */ analyze with t as (copy (select 1) to '{place}/x.csv') select 1",
        "explain/**/(/**/analyze/**/)/**/with/**/t as (copy (select 1) to '{place}/x.csv') select 1",
        "explain (format json, analyze) with t as (copy (select 1) to '{place}/x.csv') select 1",
        "explain (analyze -- ) select 1\n) with t as (copy (select 1) to '{place}/x.csv') select 1",
        "explain\u00a0analyze with t as (copy (select 1) to '{place}/x.csv') select 1",
        "with/**/t/**/as/**/(copy (select 1) to '{place}/x.csv')/**/select 1",
        "explain analyze from query('with t as (copy (select 1) to ''{place}/x.csv'') from t')",
        "pivot (with t as (copy (select 1) to '{place}/x.csv') select 1 as a, 2 as b) on a using sum(b)",
        "explain select 1; explain select 2",
        "from query('with t as (copy (select 1) to ''{place}/x.csv'') from t')",
        "from json_execute_serialized_sql('{serialized}')",
        "attach '{place}/x.db' as y",
        "export database '{place}/x'",
        "create table x as select 1",
        "with t as (insert into toy.tracks select * from toy.tracks returning *) select * from t",
        "select 1; drop schema toy cascade",
        "select 1; select 2",
        "set memory_limit = '1GB'",
        "set variable x = 1",
        "pragma database_list",
        "call enable_logging()",
        "from enable_logging(storage = 'file', storage_path = '{place}/x')",
        "from enable_profiling(save_location = '{place}/x')",
        "install httpfs",
        "load httpfs",
        "from read_csv('/etc/hostname')",
        "from '/etc/hostname'",
        "from read_text('{place}/../outside')",
        "from read_text('{place}-x/outside')",
        "from glob('/*')",
        "from read_blob('https://127.0.0.1/x')",
        "",
        "-- nothing",
        "selec 1",
        "select nothing from toy.tracks",
        "select title::integer from toy.tracks",
    ],
)
def test_no_query_writes_or_gets_out(world, query) -> None:
    with engine.reader(world) as connection:
        inner = f"with t as (copy (select 1) to '{world}/x.csv') from t"
        found = connection.execute("select json_serialize_sql($1::varchar)", [inner]).fetchall()
    serialized = found[0][0].replace("'", "''")
    text = query.replace("{serialized}", serialized).replace("{place}", str(world))
    for folder in (world.parent / f"{world.name}-x", world.parent):
        folder.mkdir(exist_ok=True)
        (folder / "outside").write_text("secret")
    before = contents(world)
    with pytest.raises(UsageError) as caught:
        list(queries.answer(world, text))
    assert "\n" not in str(caught.value)
    assert contents(world) == before


def test_what_only_reads_is_allowed(world) -> None:
    assert ask(world, "select count(*) as n from toy.tracks")[0]["n"] > 0
    assert ask(world, "with a as (select 1 as x) select x as copy from a union all select 2") == [
        {"copy": 1},
        {"copy": 2},
    ]
    assert ask(world, "with recursive r as (select 1 as n union all select n + 1 from r where n < 3) from r")[-1] == {
        "n": 3
    }
    assert ask(world, "describe toy.tracks")[0]["column_name"] == "track_id"
    for options in (
        "analyze",
        "(analyze)",
        "(format json)",
        "/*é*/ (/* */ ANALYZE, format json) --\n",
        "analyze(select",
    ):
        closing = ")" if "(select" in options else ""
        assert (
            "explain_value"
            in ask(world, f"-- é\nexplain {options.removesuffix('select')} select 'é'::varchar {closing}")[0]
        )
    assert ask(world, "select title from tracks limit 1", on="toy") == [{"title": "Title 0"}]


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"name": "most-pared"}, "did you mean 'most-paired'"),
        ({"name": "most-paired"}, "--on"),
        ({"name": "most-paired", "on": "toy-tc"}, "did you mean 'toy-tco'"),
        ({"name": "most-paired", "on": "toy-tco", "settings": ["row=3"]}, "did you mean 'rows'"),
        ({"name": "most-paired", "on": "toy-tco", "settings": ["rows"]}, "name=value"),
        ({"query": "select * from toy-tco.pair_tracks"}, 'quote a name with a hyphen, "toy-tco".pair_tracks$'),
        ({}, "ask one thing"),
        ({"listed": True, "name": "epochs"}, "ask one thing"),
        ({"query": "select 1\nfrom nowhere"}, "line 2"),
        (
            {"query": "select date '2020-01-01',\n(range || 'a')::integer from range(9)"},
            "Could not convert string '0a'",
        ),
        ({"query": "pivot toy.tracks on album"}, r"from \(pivot"),
    ],
)
def test_what_is_wrong_is_said(world, options, hint) -> None:
    with pytest.raises(UsageError, match=hint):
        list(queries.answer(world, **{"query": None, **options}))


def test_a_named_query_takes_the_only_source(world, tmp_path) -> None:
    assert ask(world, name="summary")[0]["playlists"] == 300
    with pytest.raises(MissingError, match="pairmine ingest"):
        list(queries.answer(tmp_path, None, name="summary"))


def test_values_of_every_type_print_in_every_style(world) -> None:
    query = (
        "select 1 as a, 2 as a, 170141183460469231731687303715884105727::hugeint as h, 'NaN'::double as d, "
        "1.25::decimal(5, 2) as m, timestamptz '2020-01-01 00:00:00+00' as t, [1, null] as l, {'x': 'ü'} as s, "
        "'a\u001b[31m\nb' as c, null as n, true as b, date '2020-02-03' as y"
    )
    row = ask(world, query)[0]
    assert (row["a"], row["a_1"], row["h"], row["d"], row["m"]) == (1, 2, 2**127 - 1, None, 1.25)
    assert (row["l"], row["s"], row["c"], row["b"], row["y"]) == (
        [1, None],
        {"x": "ü"},
        "a\u001b[31m\nb",
        True,
        "2020-02-03",
    )
    text = "\n".join(queries.answer(world, query))
    assert "\u001b" not in text
    assert "a\\x1b[31m\\nb" in text
    printed = "\n".join(queries.answer(world, query, style="csv"))
    assert list(csv.reader(io.StringIO(printed)))[1][:3] == ["1", "2", str(2**127 - 1)]
    assert list(csv.reader(io.StringIO(printed)))[1][8] == "a\u001b[31m\nb"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("date 'infinity'", "infinity"),
        ("date '10000-01-01'", "10000-01-01"),
        ("timestamp '-infinity'", "-infinity"),
        ("340282366920938463463374607431768211455::uhugeint", 2**128 - 1),
        ("time '24:00:00'", "24:00:00"),
        ("'10101'::bit", "10101"),
        ("interval '1 month 2 days'", "1 month 2 days"),
        ("interval '100000000 years'", "100000000 years"),
        ("timestamp_ns '2020-01-01 00:00:00.123456789'", "2020-01-01 00:00:00.123456789"),
        ("[date 'infinity', null]", ["infinity", None]),
        ("{'a b': {'date': date 'infinity'}, 'n': 1}", {"a b": {"date": "infinity"}, "n": 1}),
        ("map {date 'infinity': 1}", {"infinity": 1}),
        ("'b'::enum('a', 'b')", "b"),
    ],
)
def test_values_that_python_cannot_hold_print_as_duckdb_has_them(world, value, printed) -> None:
    assert ask(world, f'select {value} as "x""y", 1.5::double as n, 1 as "x""y", null as o -- z\n;') == [
        {'x"y': printed, "n": 1.5, 'x"y_1': 1, "o": None}
    ]


@pytest.mark.parametrize("style", ["json", "csv", "text"])
@pytest.mark.parametrize("value", ["i", "date '2020-01-01' + i::integer"])
def test_a_query_that_fails_under_way_is_a_wrong_query_and_prints_nothing(world, style, value) -> None:
    answer = queries.answer(world, f"select if(i = 50000, error('x'), {value}) from range(60000) t(i)", style=style)
    with pytest.raises(UsageError, match="cannot be run"):
        next(answer)


def test_rows_come_in_order_whatever_the_batch(world) -> None:
    found = ask(world, "select range as i, date '2020-01-01' as d from range(25000) order by i desc")
    assert [row["i"] for row in found] == list(range(25000))[::-1]


@pytest.mark.parametrize(
    ("name", "variable"), [("find-track", "text"), ("best-partners", "key"), ("pairs-of-track", "key")]
)
def test_text_that_looks_like_a_number_is_text(world, name, variable) -> None:
    of = {"pairs-of-track": "toy-co"}.get(name, "toy")
    assert ask(world, name=name, on=of, settings=[f"{variable}=2112"]) == []
    assert "34" in ask(world, name="find-track", on="toy", settings=["text=34"])[0]["title"]


def test_text_is_limited_and_says_so_json_and_csv_are_not(world, capsys) -> None:
    query = "select range as i from range(2500)"
    assert len(next(queries.answer(world, query)).splitlines()) == 2 + tables.TEXT_ROWS
    assert "--json" in capsys.readouterr().err
    assert [row["i"] for row in ask(world, query)] == list(range(2500))
    assert len(list(queries.answer(world, query, style="csv"))) == 2501


def test_joined_emoji_and_wide_blanks_print_as_they_are_what_turns_the_line_around_does_not() -> None:
    family = "\U0001f468\u200d\U0001f469 \u3000\u00a0\ufe0f"
    assert tables.as_text(family) == family
    assert tables.as_text("\u202ea\u2069\u200fb\u2028\x85\x00") == "\\u202ea\\u2069\\u200fb\\u2028\\x85\\x00"


def test_text_cuts_nothing_off_and_puts_numbers_to_the_right() -> None:
    printed = tables.text_table(("n", "text"), [(1, "x" * 500), (1000, "漢字"), (None, None)]).splitlines()
    assert printed[2] == "   1   " + "x" * 500
    assert printed[3] == "1000   漢字"


def test_a_reader_that_has_enough_ends_it_quietly(world) -> None:
    query = "select range as i from range(3000000)"
    command = [sys.executable, "-m", "pairmine", "sql", query, "--csv", "-w", str(world)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"i\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
