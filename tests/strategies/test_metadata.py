"""Release, artist, label and label-co on random catalogues of many artists, labels and releases a track."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pairmine import catalogue, checking, pairing, store
from pairmine.catalogue import Tally
from pairmine.errors import MissingError, UsageError
from pairmine.strategies import label_co
from pairmine.strategies._inputs import Inputs
from pairmine.strategies._parameters import Parameters
from tests.worlds import table

STRATEGIES = ("release", "artist", "label", "label-co")
TRACKS = 300
SIZES = {"release": (120, 5), "artist": (40, 3), "label": (18, 3)}
OPTIONS = [{}, {"min_group": 8, "max_pairs_per_group": 2}]

Relations = dict[str, dict[int, set[int]]]


def write_catalogue(workspace: Path, seed: int, tables: tuple[str, ...] = tuple(SIZES)) -> Relations:
    """Write the source `toy`: each track on up to four releases, by up to two artists, on up to two labels."""
    rng = np.random.default_rng(seed)
    relations: Relations = {
        of: {t: set((rng.integers(0, count, rng.integers(0, most)) ** 2 // count).tolist()) for t in range(TRACKS)}
        for of, (count, most) in SIZES.items()
    }
    with catalogue.writer(workspace, "toy", "playlists") as writer:
        tracks = [{"track_id": t, "key": f"t{t:06d}", "title": f"Title {t}", "artist": "x"} for t in range(TRACKS)]
        writer.write("tracks", table("tracks", tracks))
        for of in tables:
            groups = [{f"{of}_id": g, "key": f"{of[0]}{g:06d}"} for g in range(SIZES[of][0])]
            writer.write(f"{of}s", table(f"{of}s", groups))
            rows = [{"track_id": t, f"{of}_id": g} for t in range(TRACKS) for g in sorted(relations[of][t])]
            rng.shuffle(rows)
            writer.write(f"track_{of}s", table(f"track_{of}s", rows))
        writer.commit([Tally("tracks", TRACKS)], {})
    return relations


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> tuple[Path, Relations]:
    folder = tmp_path_factory.mktemp("metadata")
    return folder, write_catalogue(folder, seed=1)


def build(workspace: Path, strategy: str, out: Path, options: dict, **more) -> pairing.Built:
    parameters = Parameters(seed=3, **options)
    return pairing.build_pairs(workspace, "toy", strategy, parameters=parameters, epochs=2, out=out, **more)


def rows_of(folder: Path, epoch: int) -> list[dict]:
    return pq.ParquetFile(folder / f"epoch={epoch:04d}" / "part-00000.parquet").read().to_pylist()


def shared_artists(relations: Relations, kept: set[int]) -> Counter:
    """Count the artists that each two labels in `kept` share."""
    labels = defaultdict(set)
    for track in range(TRACKS):
        for artist in relations["artist"][track]:
            labels[artist] |= relations["label"][track] & kept
    return Counter((a, b) for each in labels.values() for a in each for b in each if a != b)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_pair_follows_its_rule(workspace, tmp_path, strategy, options) -> None:
    folder, relations = workspace
    built = build(folder, strategy, tmp_path / "set", options)
    of = built.manifest["via_kind"]
    sizes = Counter(group for groups in relations[of].values() for group in groups)
    large = {group for group, size in sizes.items() if size >= options.get("min_group", 1)}
    shared = shared_artists(relations, large)
    for epoch in range(2):
        pairs = rows_of(built.folder, epoch)
        assert len(pairs) > 20
        for pair in pairs:
            release, artist, label = (
                relations[each][pair["anchor"]] & relations[each][pair["positive"]] for each in SIZES
            )
            if strategy == "label-co":
                assert not artist and not label
                assert pair["via"] in relations["label"][pair["anchor"]] & large
                scores = [shared[pair["via"], other] for other in relations["label"][pair["positive"]] & large]
                assert pair["score"] in scores and pair["score"] > 0
                continue
            assert pair["via"] in {"release": release, "artist": artist, "label": label}[strategy] & large
            assert pair["score"] == 1
            assert not (release if strategy == "artist" else artist if strategy == "label" else set())
        standings = Counter(pair[role] for pair in pairs for role in ("anchor", "positive"))
        assert max(standings.values()) == 1
        assert max(Counter(pair["via"] for pair in pairs).values()) <= options.get("max_pairs_per_group", TRACKS)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_both_engines_draw_the_same_bytes_and_the_checks_hold(workspace, tmp_path, strategy, options) -> None:
    folder, _ = workspace
    sets = [build(folder, strategy, tmp_path / engine, options, engine_name=engine) for engine in ("native", "duckdb")]
    assert sets[0].manifest == sets[1].manifest
    [checked] = checking.check(folder, sets[0].folder).folders
    assert (checked.problems, checked.notes) == ([], [])


@pytest.mark.parametrize("seed", range(4))
def test_partners_of_labels_are_the_same_by_kernel_and_by_sql(tmp_path, seed) -> None:
    relations = write_catalogue(tmp_path, seed)
    left_out = np.arange(seed, TRACKS, 5, dtype=np.int32)
    for parameters in (Parameters(top_k=3, seed=seed), Parameters(top_k=20, min_count=2, min_group=seed + 1)):
        found = []
        for engine in ("native", "duckdb"):
            inputs = Inputs(tmp_path, "toy", engine)
            inputs.excluded = left_out
            found.append(label_co.partners(inputs, parameters))
        (ids, scores), (ids_by_sql, scores_by_sql) = found
        assert (ids == ids_by_sql[:, : ids.shape[1]]).all()
        assert (scores == scores_by_sql[:, : ids.shape[1]]).all()
        assert (ids >= 0).any()
    shared = shared_artists(relations, set(range(SIZES["label"][0])))
    ids, scores = label_co.partners(Inputs(tmp_path, "toy"), Parameters(top_k=3))
    for label in range(SIZES["label"][0]):
        counts = sorted((count for (a, _), count in shared.items() if a == label), reverse=True)
        assert scores[label][ids[label] >= 0].tolist() == counts[:3]


BROKEN = [
    ("release", "positive", ["release_holds_both", "share_a_release"]),
    ("artist", "positive", ["artist_holds_both", "share_an_artist_no_release"]),
    ("label", "positive", ["label_holds_both", "share_a_label_no_artist"]),
    ("label-co", "positive", ["label_has_partner"]),
    ("label-co", "score", ["label_has_partner"]),
    ("release", "via", ["release_holds_both"]),
]


@pytest.mark.parametrize(("strategy", "column", "rules"), BROKEN, ids=str)
def test_a_broken_rule_is_named(workspace, tmp_path, strategy, column, rules) -> None:
    folder, _ = workspace
    built = build(folder, strategy, tmp_path / "set", {})
    path = "epoch=0001/part-00000.parquet"
    pairs = pq.ParquetFile(built.folder / path).read()
    place = pairs.schema.get_field_index(column)
    rolled = np.roll(pairs.column(column).to_numpy(), 1)
    if column == "score":
        rolled = rolled + 1
    rewrite(built.folder, path, pairs.set_column(place, pairs.schema.field(column), [rolled]), {})
    problems = checking.check(folder, built.folder).folders[0].problems
    assert {rule for rule in rules if any(f": {rule}: " in problem for problem in problems)} == set(rules)


def rewrite(folder: Path, path: str, content, parameters: dict) -> None:
    """Replace a part file, and let the manifest agree and state other parameters."""
    manifest = store.read_manifest(folder)
    files = [store.FileEntry(**entry) for entry in manifest.pop("files") if entry["path"] != path]
    files.append(store.write_parquet(folder, path, content))
    manifest["parameters"] |= parameters
    store.write_manifest(folder, {name: value for name, value in manifest.items() if name != "digest"}, files)


@pytest.mark.parametrize(
    ("strategy", "parameters", "rule"),
    [
        ("release", {"min_group": 20}, "release_large_enough"),
        ("artist", {"min_group": 60}, "artist_large_enough"),
        ("label", {"min_group": 60}, "label_large_enough"),
        ("label", {"max_pairs_per_group": 1}, "pairs_a_via"),
    ],
)
def test_groups_too_small_or_used_too_often_are_found(workspace, tmp_path, strategy, parameters, rule) -> None:
    folder, _ = workspace
    built = build(folder, strategy, tmp_path / "set", {})
    path = "epoch=0000/part-00000.parquet"
    rewrite(built.folder, path, pq.ParquetFile(built.folder / path).read(), parameters)
    problems = checking.check(folder, built.folder).folders[0].problems
    assert [problem for problem in problems if f": {rule}: " in problem]


def test_the_order_of_stored_rows_does_not_matter(tmp_path) -> None:
    """write_catalogue shuffles relations after drawing them: the sets of another order have the same pairs."""
    write_catalogue(tmp_path / "a", seed=2)
    write_catalogue(tmp_path / "b", seed=2)
    path = tmp_path / "b" / "catalogue" / "toy" / "track_labels" / "part-00000.parquet"
    rows = pq.ParquetFile(path).read().sort_by([("label_id", "descending"), ("track_id", "ascending")])
    pq.write_table(rows, path)
    one, two = (build(tmp_path / name, "label", tmp_path / name / "set", {}) for name in "ab")
    assert one.manifest["files"] == two.manifest["files"]


@pytest.mark.parametrize(("strategy", "missing"), [("artist", "release"), ("label", "artist"), ("label-co", "artist")])
def test_what_keeps_tracks_apart_must_be_there(tmp_path, strategy, missing) -> None:
    write_catalogue(tmp_path, 0, tuple(of for of in SIZES if of != missing))
    with pytest.raises(MissingError, match=f"no table track_{missing}s"):
        build(tmp_path, strategy, tmp_path / "set", {})


def test_options_mean_nothing_elsewhere_and_start_at_one(workspace, tmp_path) -> None:
    folder, _ = workspace
    with pytest.raises(UsageError, match="--min-group means nothing to strategy track"):
        build(folder, "track", tmp_path / "set", {"min_group": 2})
    with pytest.raises(UsageError, match="it starts at 1"):
        build(folder, "label", tmp_path / "set", {"max_pairs_per_group": 0})
