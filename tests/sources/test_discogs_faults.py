"""`ingest discogs` on broken and hostile input: nothing but the broken record is lost, and the sums reconcile."""

import gzip
import os
import random
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow as pa
import pytest
from discogs_worlds import TREES, World
from hypothesis import given, settings
from hypothesis import strategies as st
from test_discogs import ingested, parsed, table, tally

from pairmine import store
from pairmine.errors import InputError
from pairmine.sources import _discogs_chunks, discogs
from pairmine.sources._discogs_chunks import MAX_REJECTS

ROOT = Path(__file__).resolve().parents[2]
GOOD = '<release id="{}"><title>good</title></release>\n'


def write(folder: Path, middle: bytes | str, name: str = "releases.xml") -> Path:
    """Write a dump of release 1, something else, and release 2."""
    data = middle if isinstance(middle, bytes) else middle.encode()
    path = folder / name
    path.write_bytes(f"<releases>\n{GOOD.format(1)}".encode() + data + f"{GOOD.format(2)}</releases>".encode())
    return path


def rejects(workspace: Path) -> list[tuple[str, int, str]]:
    return [(row["file"], row["position"], row["reason"]) for row in table(workspace, "rejects")]


START = len("<releases>\n" + GOOD.format(1))
BROKEN = {
    "a tag that is not closed": ('<release id="9"><title>x</release>\n', "mismatched tag"),
    "no end": ('<release id="9"><title>x</title>\n', "no element found|unclosed token|mismatched"),
    "an attribute twice": ('<release id="9" id="9"/>\n', "duplicate attribute"),
    "an attribute twice in what is left out": ('<release id="9"><image a="" a=""/></release>\n', "duplicate attribute"),
    "a control character": ('<release id="9"><notes>\x07</notes></release>\n', "invalid token"),
    "a reference to one": ('<release id="9"><notes>&#7;</notes></release>\n', "invalid character number"),
    "a surrogate": ('<release id="9"><notes>&#xD800;</notes></release>\n', "invalid character number"),
    "half a UTF-8 character": (b'<release id="9"><notes>\xc3</notes></release>\n', "invalid token"),
    "UTF-8 that is too long": (b'<release id="9"><notes>\xc0\xaf</notes></release>\n', "invalid token"),
    "Latin-1": (b'<release id="9"><title>Bj\xf6rk</title></release>\n', "invalid token"),
    "a bare ampersand": ('<release id="9"><title>a & b</title></release>\n', "invalid token"),
    "an entity of nobody's": ('<release id="9"><title>&lol9;</title></release>\n', "undefined entity"),
    "an external entity's name": ('<release id="9"><title>&xxe;</title></release>\n', "undefined entity"),
    "]]> in a text": ('<release id="9"><title>a]]>b</title></release>\n', "invalid token"),
    "< in a value": ('<release id="9"><label name="<"/></release>\n', "invalid token"),
    "a DTD inside": ('<release id="9"><!DOCTYPE a [<!ENTITY b "c">]></release>\n', "invalid token"),
    "no id, empty": ("<release/>\n", "it has no id"),
    "no id, empty, and another attribute": ("<release status='/>'/>\n", "it has no id"),
    "no id": ("<release><title>x</title></release>\n", "it has no id"),
    "an id of letters": ('<release id="x"><title>x</title></release>\n', "its id is no number"),
    "an id of noughts": ('<release id="00000000000"/>\n', "its id is no number"),
    "an id too large": ('<release id="2147483648"/>\n', "its id is no number"),
    "the id 0": ('<release id="0"/>\n', "its id is no number"),
    "depth": ('<release id="9">' + "<a>" * 100 + "</a>" * 100 + "</release>\n", "nested deeper than 64 levels"),
    "junk": ("some words\n", "no <release> stands here"),
    "another element": ("<novel>of nobody's</novel>\n", "no <release> stands here"),
    "an end tag": ("</release>\n", "no <release> stands here"),
    "a DTD between": ("<!DOCTYPE a>\n", "no <release> stands here"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_record_costs_itself(case: str, tmp_path: Path) -> None:
    middle, reason = BROKEN[case]
    report, _ = ingested(tmp_path / "w", write(tmp_path, middle))
    assert tally(report, "releases") == (2, {"met before": 0}, 1)
    ((file, position, why),) = rejects(tmp_path / "w")
    assert (file, position) == ("releases.xml", START)
    assert re.search(reason, why)
    assert "\n" not in why
    assert [row["release"] for row in table(tmp_path / "w", "dump_releases")] == [1, 2]


WELL = {
    "a comment between": "<!-- none -->\n",
    "an instruction between": "<?none?>\n",
    "another root, as in files put together": "</releases>\n<releases>",
    "a declaration, as in files put together": '</releases><?xml version="1.0"?>\n<releases>',
    "nothing": "",
    "a record in a comment": f"<!-- {GOOD.format(77)} -->\n",
    "records in comments": f"<!--{GOOD.format(77)}--><!--{GOOD.format(78)}-->\n",
    "a record in an instruction": f"<?x {GOOD.format(77)} ?>\n",
}


@pytest.mark.parametrize("case", WELL)
def test_what_may_stand_between_records_is_no_fault(case: str, tmp_path: Path) -> None:
    report, _ = ingested(tmp_path / "w", write(tmp_path, WELL[case]))
    assert tally(report, "releases") == (2, {"met before": 0}, 0)


EMPTY = {
    "plain": '<release id="9"/>',
    "the id in blanks": "<release id=' 9 '/>",
    "the id in references": '<release id="&#57;"/>',
    "the id after noughts": '<release id="00000000000000000009"/>',
    "the id after a nought": '<release id="&#48;9"/>',
    "another attribute": '<release id="9" xml:lang="/>"/>',
    "blanks": '<release\nid="9"\n/>',
}


@pytest.mark.parametrize("behind", ["\n", "", GOOD.format(10)])
@pytest.mark.parametrize("case", EMPTY)
def test_an_empty_record_is_a_record(case: str, behind: str, tmp_path: Path) -> None:
    path = tmp_path / "releases.xml"
    path.write_text(f"<releases>{EMPTY[case]}{behind}</releases>")
    ingested(tmp_path / "w", path)
    assert rejects(tmp_path / "w") == []
    assert [row["release"] for row in table(tmp_path / "w", "dump_releases")] == [9, 10][: 1 + len(behind) // 9]


ASIDES = {
    "a comment": "a<!-- {} -->b",
    "comments": "a<!-- {} --><!-- {} -->b",
    "an instruction": "a<?x {} ?>b",
    "CDATA": "<![CDATA[{}]]>",
    "CDATA after a comment": "<!-- {} <![CDATA[ --><![CDATA[ <!-- {}]]>",
}


@pytest.mark.parametrize("case", ASIDES)
def test_a_record_inside_comment_or_cdata_is_none(case: str, tmp_path: Path) -> None:
    inner = GOOD.format(77)
    notes = ASIDES[case].replace("{}", inner)
    path = write(tmp_path, f'<release id="9"><notes>{notes}</notes></release>\n')
    ingested(tmp_path / "w", path)
    assert rejects(tmp_path / "w") == []
    expected = ET.fromstring(f"<x>{notes}</x>").text
    found = {row["release"]: row["notes"] for row in table(tmp_path / "w", "dump_releases")}
    assert found == {1: None, 9: expected and expected.strip(), 2: None}


@pytest.mark.parametrize("begin", ["<!--", "<![CDATA[", "<?", "<!-- -- "])
@pytest.mark.parametrize("frame", ["{}", '<release id="9"><notes>{}</notes></release>'])
def test_one_that_is_never_closed_costs_no_other_record(begin: str, frame: str, tmp_path: Path) -> None:
    report, _ = ingested(tmp_path / "w", write(tmp_path, frame.format(begin)))
    assert tally(report, "releases") == (2, {"met before": 0}, 1)


def test_chunks_are_not_cut_inside_comments_or_cdata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discogs, "CHUNK_BYTES", 512)
    middle = "".join(
        f'<!--{GOOD.format(700)}--><release id="{id_}"><notes><![CDATA[{GOOD.format(701) * 3}]]></notes></release>\n'
        for id_ in range(10, 60)
    )
    ingested(tmp_path / "w", write(tmp_path, middle))
    assert rejects(tmp_path / "w") == []
    assert [row["release"] for row in table(tmp_path / "w", "dump_releases")] == [1, *range(10, 60), 2]


def test_depth_of_a_million_is_refused(tmp_path: Path) -> None:
    report, _ = ingested(tmp_path / "w", write(tmp_path, '<release id="9">' + "<a>" * 1_000_000))
    assert tally(report, "releases") == (2, {"met before": 0}, 1)
    assert rejects(tmp_path / "w")[0][2] == "nested deeper than 64 levels"


def test_a_label_may_hold_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.xml"
    subs = '<sublabels><label id="5">a</label>\n<label id="6"/><label/><label id="7"></label></sublabels>'
    path.write_text(f"<labels><label><id>1</id>{subs}</label>\n<label><id>2</id><name>b</name></label></labels>")
    report, _ = ingested(tmp_path / "w", path)
    assert tally(report, "labels")[0] == 2
    assert [row["other"] for row in table(tmp_path / "w", "dump_label_relations")] == [5, 6, None, 7]


def test_a_label_begins_also_behind_a_comment_and_a_sublabel_never(tmp_path: Path) -> None:
    path = tmp_path / "labels.xml"
    subs = "<sublabels><label id='5'><b>a</b></label><label\nid = '6'><!-- --><b/></label></sublabels>"
    path.write_text(
        f"<labels><label><!-- hi --> <!-- <label> --><id>1</id>{subs}</label><label new='1'><id>2</id></label></labels>"
    )
    ingested(tmp_path / "w", path)
    assert rejects(tmp_path / "w") == []
    assert [row["label"] for row in table(tmp_path / "w", "dump_labels")] == [1, 2]
    assert [row["other"] for row in table(tmp_path / "w", "dump_label_relations")] == [5, 6]


@pytest.mark.parametrize("tail", ["", "\n", '<release id="3"><title>cu'])
def test_a_dump_without_its_end_is_read_and_told(tail: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "releases.xml"
    begin = "<releases>\n" + GOOD.format(1) + GOOD.format(2)
    path.write_text(begin + tail)
    report, _ = ingested(tmp_path / "w", path)
    assert tally(report, "releases") == (2, {"met before": 0}, int("<" in tail))
    assert [row[1] for row in rejects(tmp_path / "w")] == ([len(begin)] if "<" in tail else [])
    assert "it may have been cut" in capsys.readouterr().err


def packed_dump(records: int) -> bytes:
    return ("<releases>\n" + "".join(GOOD.format(id_) for id_ in range(1, records + 1)) + "</releases>").encode()


def test_a_gzip_that_is_cut_gives_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "releases.xml.gz"
    data = gzip.compress(packed_dump(5000))
    path.write_bytes(data[: len(data) // 2])
    report, _ = ingested(tmp_path / "w", path)
    taken, _, rejected = tally(report, "releases")
    assert 1000 < taken < 5000
    assert rejected <= 1
    assert tally(report, "files") == (0, {}, 1)
    assert "the compressed data is damaged" in rejects(tmp_path / "w")[-1][2]
    assert [row["release"] for row in table(tmp_path / "w", "dump_releases")] == list(range(1, taken + 1))


def test_gzips_put_together_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "releases.xml.gz"
    data = packed_dump(50)
    path.write_bytes(b"".join(gzip.compress(data[start : start + 100]) for start in range(0, len(data), 100)))
    assert tally(ingested(tmp_path / "w", path)[0], "releases") == (50, {"met before": 0}, 0)


NO_DUMPS = {
    "a bucket listing": (b"<ListBucketResult><Name>x</Name></ListBucketResult>", "root element is <ListBucketResult>"),
    "json": (b'{"a": 1}', "does not begin with an element"),
    "nothing": (b"", "the file is empty"),
    "nothing, packed": (gzip.compress(b""), "the file is empty"),
    "UTF-16": ("<releases>".encode("utf-16"), "text in UTF-16"),
    "Latin-1 by its own word": (b'<?xml version="1.0" encoding="ISO-8859-1"?><releases/>', "encoding is ISO-8859-1"),
    "a billion laughs": (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "h"><!ENTITY b "&a;">]><releases><release id="1"/></releases>',
        "document type declaration",
    ),
    "an external entity": (
        b'<!DOCTYPE r [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><releases><release id="1"/></releases>',
        "document type declaration",
    ),
    "no records": (b"<releases></releases>", "they hold no records"),
    "no records, in short": (b'<?xml version="1.0"?>\n<releases of="2026"/>\n', "they hold no records"),
}


@pytest.mark.parametrize("case", NO_DUMPS)
def test_what_is_no_dump_is_told_and_leaves_the_source_as_it_was(case: str, tmp_path: Path) -> None:
    data, reason = NO_DUMPS[case]
    before = ingested(tmp_path / "w", write(tmp_path, ""))[1]
    path = tmp_path / "other.xml"
    path.write_bytes(data)
    with pytest.raises(InputError, match=reason) as raised:
        discogs.ingest(tmp_path / "w", "discogs", [path])
    assert "\n" not in str(raised.value)
    folder = tmp_path / "w" / "catalogue" / "discogs"
    assert {p.relative_to(folder).as_posix(): store.sha256(p) for p in folder.rglob("*.parquet")} == before
    report, _ = ingested(tmp_path / "w", tmp_path / "releases.xml", path)
    assert tally(report, "releases")[0] == 2
    assert tally(report, "files") == ((1, {}, 1) if reason != "they hold no records" else (2, {}, 0))


def test_a_folder_without_dumps_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bucket.xml").write_text("<ListBucketResult/>")
    with pytest.raises(InputError, match=r"holds no .*releases.*name the folder"):
        discogs.ingest(tmp_path / "w", "discogs", [tmp_path])


BOMBS = {
    "zeros": "\0",
    "blanks": " ",
    "a text": "x",
    "records that are not closed": "<release>",
    "records that are closed wrongly": "<release></x>",
    "records and texts": "<release id='1'>x",
    "comments that are not closed": "<release><!--",
    "comments": "<!---->",
    "instructions": "<?",
    "CDATA": "<![CDATA[",
    "end tags": "</a>",
}
MEASURE = """
import sys, resource
from pathlib import Path
from pairmine.sources import discogs
used = []
for folder in sys.argv[2:]:
    report = discogs.ingest(Path(sys.argv[1]), "discogs", [Path(folder)], 2)
    used.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(report.tallies[0].taken, report.rejects, used[1] - used[0])
"""


def test_bombs_are_over_in_seconds_and_bounded(tmp_path: Path) -> None:
    warm, bombs = write_bombs(tmp_path / "warm", 1), write_bombs(tmp_path / "bombs", 10)
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "w"), str(warm), str(bombs)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    taken, found, kilobytes = map(int, done.stdout.split())
    assert taken == len(BOMBS)
    assert found <= len(BOMBS) * 10 * (MAX_REJECTS + 1)
    assert kilobytes < 600_000


def write_bombs(folder: Path, megabytes: int) -> Path:
    folder.mkdir()
    for number, content in enumerate(BOMBS.values()):
        with gzip.open(folder / f"releases-{number}.xml.gz", "wb", 1) as file:
            file.write(f"<releases>{GOOD.format(number + 100)}<release id='8'>".encode())
            for _ in range(megabytes * (8 if content == "x" else 1)):
                file.write(content.encode() * ((1 << 20) // len(content)))
    return folder


def test_the_sums_reconcile_where_most_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_discogs_chunks, "MAX_REJECTS", 3)
    report, _ = ingested(tmp_path / "w", write(tmp_path, "<release>" * 10))
    assert tally(report, "releases") == (1, {"met before": 0}, 4)
    *_, (_, position, reason) = rejects(tmp_path / "w")
    assert position == START + 3 * len("<release>")
    size = (tmp_path / "releases.xml").stat().st_size
    assert reason == f"more than 3 faults here: all up to byte {size} is left out"


def test_names_of_megabytes_are_told_by_how_they_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "a" * (1 << 20)
    unknown = f"<{name}/><{name}1/><title {name}='1'/>"
    write(tmp_path, f'<release id="8">{unknown}</release><release id="9"><!-- -->{unknown}</release>')
    report, _ = ingested(tmp_path / "w", tmp_path)
    assert tally(report, "releases") == (4, {"met before": 0}, 0)
    told = sorted(line for line in capsys.readouterr().err.splitlines() if "not known" in line)
    begin = "left out, as not known: release"
    assert told == [f"{begin}/{'a' * 80} (4)", f"{begin}/title/@{'a' * 80} (2)"]


@pytest.mark.parametrize("kind", TREES)
@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_mutated_bytes_never_crash_and_the_sums_reconcile(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(World(chance, 0.05).document(kind, 4).encode())
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(data))
        stop = place + chance.choice([0, 1, 1, 1, 5, 200])
        data[place:stop] = chance.choice(
            [b"", b"<", b">", b"&", b"\0", b"\xff", b'"', b"</", b"<!--", b"]]>", b"/", b"\xc3"]
        )
    found = parsed(bytes(data), kind)
    assert found.ids.size <= len(re.findall(rf"<{kind}[\s/>]".encode(), data))
    positions = [reject.position for reject in found.rejects]
    assert positions == sorted(set(positions))
    assert all(0 <= place < len(data) for place in positions)
    assert all(table["place"].to_pylist()[0] == 0 for table in found.tables.values() if "place" in table.column_names)
    assert {name: pa.compute.unique(t.column(0)).to_pylist() for name, t in found.tables.items()}.get(
        f"dump_{kind}s", []
    ) == list(dict.fromkeys(found.ids.tolist()))


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl-c"])
def test_killed_at_any_moment_the_old_source_stands_and_a_new_run_is_whole(sent: int, tmp_path: Path) -> None:
    path = tmp_path / "releases.xml"
    path.write_bytes(packed_dump(5_000))
    workspace = tmp_path / "w"
    expected = ingested(workspace, path)[1]
    chance = random.Random(int(sent))
    command = [sys.executable, "-m", "pairmine", "ingest", "discogs", str(path), "-w", str(workspace)]
    folder = workspace / "catalogue" / "discogs"
    for _ in range(2):
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
        time.sleep(chance.uniform(0.3, 2))
        os.kill(process.pid, sent)
        assert b"Traceback" not in process.communicate()[1]
        assert {p.relative_to(folder).as_posix(): store.sha256(p) for p in folder.rglob("*.parquet")} == expected
    assert ingested(workspace, path)[1] == expected
