"""Which tracks may appear: --keys, --split and --on, for the pairs, the manifest, a second run and `check`."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pairmine import checking, links, pairing, splits, store
from pairmine.errors import InputError, MissingError, UsageError
from pairmine.schema import LINKS
from pairmine.strategies._parameters import Parameters
from pairmine.strategies._restrictions import Restrictions, _read_keys
from tests.conftest import random_playlists
from tests.worlds import write_source

TRACKS = 300
LINKED = {track: 250 - track for track in range(40, 240)}  # a track of toy → of other


@pytest.fixture
def workspace(tmp_path) -> Path:
    """The sources `toy` and `other`, linked."""
    write_source(tmp_path, "toy", [*random_playlists(200, TRACKS, seed=1), [TRACKS - 1]])
    write_source(tmp_path, "other", [list(range(TRACKS))], artist_of={t: t for t in range(TRACKS)})
    write_links(tmp_path, LINKED)
    return tmp_path


def write_links(workspace: Path, linked: dict[int, int]) -> None:
    """Write links as `pairmine link toy other` lays them down."""
    rows = [
        {
            "left_id": left,
            "right_id": right,
            "left_key": f"t{left:06d}",
            "right_key": f"t{right:06d}",
            "score": 0.9,
            "reason": "",
            "title": 1.0,
            "artist": 1.0,
            "gap_ms": None,
            "same_album": False,
            "rivals": 0,
        }
        for left, right in linked.items()
    ]
    place = links.folder(workspace, "toy", "other")
    place.mkdir(parents=True, exist_ok=True)
    entry = store.write_parquet(place, links.FILE, pa.Table.from_pylist(rows, schema=LINKS.arrow))
    sources = ("toy", "other")
    prints = [store.read_manifest(workspace / "catalogue" / name)["fingerprint"] for name in sources]
    content = {"left": "toy", "right": "other", "source_fingerprints": prints, "fingerprint": entry.sha256}
    store.write_manifest(place, content, [entry])


def build(workspace: Path, strategy: str, force: bool = False, **restrictions) -> pairing.Built:
    return pairing.build_pairs(
        workspace,
        "toy",
        strategy,
        parameters=Parameters(seed=1),
        epochs=2,
        restrictions=Restrictions(**restrictions),
        out=workspace / "set",
        force=force,
    )


def used(folder: Path) -> set[int]:
    return set(pq.read_table(folder / "tracks.parquet").column("track_id").to_pylist())


def excluded(folder: Path) -> list[int]:
    return pq.read_table(folder / "excluded.parquet").column("track_id").to_pylist()


@pytest.mark.parametrize("strategy", ["co", "tco", "label", "label-co", "track"])
def test_only_named_tracks_appear(workspace, strategy) -> None:
    kept = set(range(20, 200))
    keys = workspace / "keys.txt"
    keys.write_text("".join(f"t{t:06d}\n" for t in kept) + "nobody\na000001\n")
    built = build(workspace, strategy, keys=keys)
    assert used(built.folder) <= kept
    assert excluded(built.folder) == sorted(set(range(TRACKS)) - kept)
    assert checking.check(workspace, built.folder).folders[0].problems == []
    assert not build(workspace, strategy, keys=keys).new
    keys.write_text("t000030\nt000031\n")
    with pytest.raises(UsageError, match="differs in keys"):
        build(workspace, strategy, keys=keys)


def test_top_k_is_cut_among_the_named_tracks_alone(workspace) -> None:
    """What is left out is out before the cut: the same set as from a source without the others' places."""
    keys = workspace / "keys.txt"
    keys.write_text("".join(f"t{t:06d}\n" for t in range(0, TRACKS, 2)))
    built = build(workspace, "tco", keys=keys)
    rows = pq.read_table(built.folder / "epoch=0000" / "part-00000.parquet").to_pydict()
    even = [[t for t in playlist if t % 2 == 0] for playlist in [*random_playlists(200, TRACKS, seed=1), [TRACKS - 1]]]
    write_source(workspace, "toy", [*even, [TRACKS - 1]])
    other = pairing.build_pairs(
        workspace, "toy", "tco", parameters=Parameters(seed=1), epochs=1, out=workspace / "other-set"
    )
    assert pq.read_table(other.folder / "epoch=0000" / "part-00000.parquet").to_pydict() == rows


def test_the_header_of_a_table_is_no_key(tmp_path) -> None:
    file = tmp_path / "keys.txt"
    for text, keys in (("key\r\na\r\n", {"a"}), ("key\na\nkey\n", {"a", "key"}), ("a\nkeys", {"a", "keys"})):
        file.write_bytes(text.encode())
        assert _read_keys(file, "--keys") == keys


def test_a_list_of_unknown_keys_gives_no_pairs(workspace) -> None:
    keys = workspace / "keys.txt"
    keys.write_text("nobody\n")
    with pytest.raises(InputError, match=r"keys\.txt names no track of toy: list its keys"):
        build(workspace, "co", keys=keys)
    with pytest.raises(InputError, match=r"keys of --keys from \S*none.txt: No such file or directory$"):
        build(workspace, "co", keys=workspace / "none.txt")


def test_only_tracks_of_a_split_appear(workspace) -> None:
    with pytest.raises(MissingError, match="run `pairmine split toy` first"):
        build(workspace, "co", split="valid")
    splits.split(workspace, "toy", "track", "0.4,0.5,0.1", seed=1)
    with pytest.raises(UsageError, match="did you mean 'valid'"):
        build(workspace, "co", split="valdi")
    built = build(workspace, "co", split="valid")
    table = pq.read_table(workspace / "catalogue" / "toy" / "splits" / "part-00000.parquet").to_pydict()
    of = dict(zip(table["track_id"], table["split"], strict=True))
    assert {of[track] for track in used(built.folder)} == {"valid"}
    assert {of[track] for track in excluded(built.folder)} == {"train", "test"}
    [checked] = checking.check(workspace, built.folder).folders
    assert (checked.problems, checked.notes) == ([], [])
    assert "only_split" in checked.checks
    splits.split(workspace, "toy", "track", "0.4,0.5,0.1", seed=2)
    [checked] = checking.check(workspace, built.folder).folders
    assert checked.problems == []
    assert "not split as it was" in checked.notes[0]
    with pytest.raises(UsageError, match="differs in split"):
        build(workspace, "co", split="valid")


def test_a_set_on_another_source_carries_its_names(workspace) -> None:
    built = build(workspace, "label", on="other")
    names = pq.read_table(built.folder / "tracks.parquet").to_pylist()
    assert {row["track_id"] for row in names} <= LINKED.keys()
    for row in names:
        other = LINKED[row["track_id"]]
        assert (row["key"], row["title"], row["artist"]) == (f"t{other:06d}", f"Title {other}", f"Artist {other}")
    assert excluded(built.folder) == sorted(set(range(TRACKS)) - LINKED.keys())
    [checked] = checking.check(workspace, built.folder).folders
    assert (checked.problems, checked.notes) == ([], [])
    assert built.manifest["on"] == "other"


def test_a_set_on_another_source_is_checked_against_its_links(workspace) -> None:
    built = build(workspace, "label", on="other")
    write_links(workspace, {left: right + 1 for left, right in LINKED.items()})
    [checked] = checking.check(workspace, built.folder).folders
    assert checked.problems == []
    assert "linked anew since" in checked.notes[0]
    assert "not checked: tracks_as_linked" in checked.notes
    with pytest.raises(UsageError, match="differs in links"):
        build(workspace, "label", on="other")
    built = build(workspace, "label", on="other", force=True)
    names = pq.read_table(built.folder / "tracks.parquet")
    manifest = store.read_manifest(built.folder)
    files = [store.FileEntry(**each) for each in manifest.pop("files") if each["path"] != "tracks.parquet"]
    keys = pa.array(np.roll(np.array(names.column("key").to_pylist()), 1).tolist())
    entry = store.write_parquet(built.folder, "tracks.parquet", names.set_column(1, names.schema.field("key"), keys))
    store.write_manifest(built.folder, {k: v for k, v in manifest.items() if k != "digest"}, [*files, entry])
    problems = checking.check(workspace, built.folder).folders[0].problems
    assert [each for each in problems if ": tracks_as_linked: " in each]


def test_restrictions_add_up(workspace) -> None:
    splits.split(workspace, "toy", "track", "0.6,0.3,0.1", seed=1)
    keys, out = workspace / "keys.txt", workspace / "out.txt"
    keys.write_text("".join(f"t{t:06d}\n" for t in range(100, 290)))
    out.write_text("t000110\na000040\n")
    built = build(workspace, "track", keys=keys, exclude=out, split="train", on="other")
    table = pq.read_table(workspace / "catalogue" / "toy" / "splits" / "part-00000.parquet").to_pydict()
    train = {t for t, name in zip(table["track_id"], table["split"], strict=True) if name == "train"}
    assert used(built.folder) == (train & set(range(100, 240))) - {110, 120, 121, 122}
    assert checking.check(workspace, built.folder).folders[0].problems == []


def test_unlinked_sources_name_the_command(workspace) -> None:
    with pytest.raises(MissingError, match="no source 'third'"):
        build(workspace, "co", on="third")
    write_source(workspace, "third", [list(range(TRACKS))])
    with pytest.raises(MissingError, match="run `pairmine link toy third` first"):
        build(workspace, "co", on="third")
