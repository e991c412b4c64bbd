"""Small made-up Discogs dumps, as rows of their `dump_*` tables."""

from typing import Any

import hypothesis.strategies as st

Row = dict[str, Any]

ARTISTS = st.sampled_from([1, 2, 10, 12, 101, 2147483647, 194, 355, 118760, 0, None])
LABELS = st.sampled_from([1, 5, 23, 1818, 0, None])
NAMES = st.sampled_from(["Ann", "Ann (2)", "Bob", "Ö", None])
LABEL_NAMES = st.sampled_from(["Svek", "Svek (2)", "Ö", "Not On Label", "5", None])
TITLES = st.sampled_from(["One", "one", "Ónè", "Two", "Untitled", "?", "? ", "!!", "Ein Satz", "𝔖", "A" * 30, None])
DURATIONS = st.sampled_from(
    ["3:45", "148:00", "1:02:03", "3:5", "5", "?", "3:61", "1:2:03", "1234567890:00", None, None]
)
POSITIONS = st.sampled_from(["A1", "1-01", None])
RELEASED = st.sampled_from(["1999", "1999-03-00", "19??", "0000", "2101", "2100-01-01", "99", "12345", None])
TAGS = st.sampled_from([("genre", "Rock"), ("style", "Rock"), ("style", "Écossais"), ("style", None), (None, "Rock")])


@st.composite
def credits(draw: st.DrawFn) -> list[Row]:
    rows = draw(st.lists(st.tuples(ARTISTS, NAMES), max_size=3))
    return [{"place": place, "artist": artist, "name": name} for place, (artist, name) in enumerate(rows)]


@st.composite
def tracklists(draw: st.DrawFn, release: int) -> tuple[list[Row], list[Row]]:
    """Return the entries of a release and their artists, track by track in any order; index tracks hold entries."""
    with_positions = draw(st.booleans())
    entries: list[Row] = []
    artists: list[list[Row]] = []
    untitled = draw(st.integers(0, 9)) == 0
    for place in range(draw(st.integers(0, 6))):
        parents = [entry["place"] for entry in entries if entry["index"]]
        entry = {
            "release": release,
            "place": place,
            "parent": draw(st.sampled_from([None, *parents])),
            "index": draw(st.booleans()),
            "position": draw(POSITIONS) if with_positions else None,
            "title": None if untitled else draw(TITLES),
            "duration": draw(DURATIONS),
        }
        entries.append(entry)
        if draw(st.booleans()):
            artists.append([{"release": release, "track": place, **credit} for credit in draw(credits())])
    return entries, [credit for track in draw(st.permutations(artists)) for credit in track]


@st.composite
def dumps(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Return the tables of a dump of up to six releases, names without `dump_`."""
    ids = draw(st.lists(st.sampled_from([1, 2, 9, 10, 11, 100, 2147483647]), min_size=1, max_size=6, unique=True))
    named = ("release_artists", "release_labels", "release_formats", "release_tags", "tracks", "track_artists")
    dump: dict[str, list[Row]] = {name: [] for name in ("releases", *named, "artists", "labels")}
    for release in ids:
        fields = {"title": draw(TITLES), "released": draw(RELEASED), "country": draw(st.sampled_from(["UK", None]))}
        dump["releases"].append({"release": release, **fields, "master": draw(st.sampled_from([7, None]))})
        dump["release_artists"] += [{"release": release, **credit} for credit in draw(credits())]
        for table, columns, rows in (
            ("release_labels", ("label", "name"), draw(st.lists(st.tuples(LABELS, LABEL_NAMES), max_size=3))),
            ("release_formats", ("name",), draw(st.lists(st.tuples(st.sampled_from(["CD", "LP", None])), max_size=4))),
            ("release_tags", ("kind", "tag"), draw(st.lists(TAGS, max_size=3))),
        ):
            for place, row in enumerate(rows):
                dump[table].append({"release": release, "place": place, **dict(zip(columns, row, strict=True))})
        entries, artists = draw(tracklists(release))
        dump["tracks"] += entries
        dump["track_artists"] += artists
    for table, column, pool, names in (
        ("artists", "artist", ARTISTS, NAMES),
        ("labels", "label", LABELS, LABEL_NAMES),
    ):
        given = draw(st.lists(pool.filter(lambda each: each is not None), max_size=4, unique=True))
        dump[table] = [{column: each, "name": draw(names)} for each in given]
    return {name: rows for name, rows in dump.items() if rows}
