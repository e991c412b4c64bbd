"""A Discogs dump from gzip to staged Parquet and to the finished catalogue, as it grows; and what others take.

python -m bench.ingest_discogs --sizes 100000 500000 2000000

The dump is synthetic (`ingest synth --format discogs-2020`). The peers run on the smallest size. They write (zstd
Parquet) or build fewer tables than we, check nothing, and lose the file at the first broken byte: xml2arrow needs whole
records cut for it, leaves out lists and sub-tracks, and its parents are running numbers within a chunk; lxml's
rows are those of releases, artists, labels, tracks and credits.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import common

CHUNK_BYTES = 8 << 20
CREDITS = [
    *("artists/artist", "extraartists/artist"),
    *("tracklist/track/artists/artist", "tracklist/track/extraartists/artist"),
]


def dump(releases: int) -> Path:
    """Return the releases of a synthetic dump, made unless they are there."""
    folder = common.OUT / f"discogs-{releases}"
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        words = ("--releases", releases, "--format", "discogs-2020", "--out", partial, "-w", common.OUT / "discogs")
        common.pairmine("ingest", "synth", *words)
        partial.rename(folder)
    return next(folder.glob("*releases*.gz"))


def chunks(path: Path) -> Iterator[bytes]:
    """Yield whole records, wrapped as a file of their own."""
    from isal import igzip

    rest = b""
    with igzip.open(path) as file:
        file.readline()
        while data := file.read(CHUNK_BYTES):
            cut = (rest := rest + data).rfind(b"</release>") + len(b"</release>")
            yield b"<releases>" + rest[:cut] + b"</releases>"
            rest = rest[cut:]


def iterparse(path: Path, _: Path) -> None:
    from isal import igzip
    from lxml import etree

    with igzip.open(path) as file:
        for _, record in etree.iterparse(file, tag="release", recover=False):
            rows_of(record)
            record.clear()
            while record.getprevious() is not None:
                del record.getparent()[0]


def rows_of(record: Any) -> dict[str, list[tuple[Any, ...]]]:
    release = record.get("id")
    rows: dict[str, list[tuple[Any, ...]]] = {
        "releases": [(release, *(record.findtext(name) for name in ("title", "country", "released", "notes")))],
        "labels": [(release, x.get("id"), x.get("name"), x.get("catno")) for x in record.iterfind("labels/label")],
        "tracks": [
            (release, *(x.findtext(name) for name in ("position", "title", "duration")))
            for x in record.iterfind("tracklist/track")
        ],
    }
    names = ("id", "name", "anv", "join", "role", "tracks")
    rows["artists"] = [(release, path, *map(x.findtext, names)) for path in CREDITS for x in record.iterfind(path)]
    return rows


def lxml_chunk(data: bytes, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from lxml import etree

    tables: dict[str, list[tuple[Any, ...]]] = {}
    for record in etree.fromstring(data, etree.XMLParser(huge_tree=True)):
        for name, rows in rows_of(record).items():
            tables.setdefault(name, []).extend(rows)
    for name, rows in tables.items():
        columns = {str(index): pa.array(column) for index, column in enumerate(zip(*rows, strict=True))}
        pq.write_table(pa.table(columns), f"{target}-{name}.parquet", compression="zstd", use_dictionary=False)


def lxml_processes(path: Path, target: Path) -> None:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for number, chunk in enumerate(chunks(path)):
            pool.submit(lxml_chunk, chunk, target / str(number))
            while len(pool._pending_work_items) > 4:  # or all of the file waits in memory
                time.sleep(0.01)


def arrow_config(target: Path) -> Path:
    """Write xml2arrow's map (YAML, of which JSON is a part) from ours."""
    from pairmine.sources._discogs_fields import ROWS

    tables = []
    for row in (row for row in ROWS if row.path.startswith("release")):
        parent = row.path.rpartition("/")[0]
        fields = [
            {"name": name, "xml_path": f"/releases/{row.path}/{path}".removesuffix("/."), "data_type": "Utf8"}
            | {"nullable": True}
            for path, name in row.columns.items()
            if name and name != "descriptions"
        ]
        levels = row.path.split("/")[::2]
        tables.append(
            {"name": row.path, "xml_path": f"/releases/{parent}".rstrip("/"), "levels": levels, "fields": fields}
        )
    config = target / "config.yaml"
    # Without trim_text, which takes away the blanks around every reference ("A &amp; B" becomes "A&B").
    config.write_text(json.dumps({"tables": tables}))
    return config


def xml2arrow_threads(path: Path, target: Path) -> None:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq
    from xml2arrow import XmlToArrowParser

    config = arrow_config(target)

    def convert(number: int, chunk: bytes) -> None:
        for name, batch in XmlToArrowParser(config).parse(io.BytesIO(chunk)).items():
            file = f"{target}/{number}-{name.replace('/', '.')}.parquet"
            pq.write_table(pa.Table.from_batches([batch]), file, compression="zstd", use_dictionary=False)

    with ThreadPoolExecutor(2) as pool:
        tasks = []
        for number, chunk in enumerate(chunks(path)):
            tasks.append(pool.submit(convert, number, chunk))
            tasks[max(number - 4, 0)].result()
        for task in tasks:
            task.result()


def staged(path: Path, target: Path) -> None:
    from pairmine import catalogue
    from pairmine.sources import discogs

    with catalogue.writer(target, "staged", discogs.KIND) as writer:
        reading = discogs.stage(writer, [path], None)
        writer.commit(reading.tallies(), {})


PEERS: dict[str, Callable[[Path, Path], None]] = {
    "**pairmine, staged tables**": staged,
    "xml2arrow on cut chunks, two threads": xml2arrow_threads,
    "lxml, cut, two processes": lxml_processes,
    "lxml iterparse, rows only": iterparse,
}


def run_peer(name: str, path: Path) -> None:
    """Let one reader convert a dump; prints its seconds as JSON."""
    target = common.OUT / "peer"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    begin = time.perf_counter()
    PEERS[name](path, target)
    print(json.dumps({"seconds": time.perf_counter() - begin}))


def row(name: str, releases: int, seconds: float, memory: float, ours: float) -> list[str]:
    speed = releases / seconds
    return [name, f"{releases:,}", f"{seconds:.2f} s", f"{speed:,.0f}", f"{memory:.2f} GB", f"{speed / ours:.2f}"]


def main() -> None:
    """Measure all sizes and peers, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 500_000, 2_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    workspace = common.OUT / "ingest-discogs"
    common.pairmine("ingest", "discogs", dump(1000), "-w", workspace)  # compiles every kernel once
    rows = []
    first = next(iter(PEERS))

    def best(name: str, releases: int) -> tuple[float, float]:
        runs = [common.measure("bench.ingest_discogs", "peer", name, dump(releases)) for _ in range(options.repeats)]
        run = min(runs, key=lambda run: run["seconds"])
        return run["seconds"], run["gigabytes"]

    found = {(name, size): best(name, size) for name in PEERS for size in (sizes if name == first else sizes[:1])}
    ours = sizes[0] / found[first, sizes[0]][0]
    rows = [row(name, size, *figures, ours) for (name, size), figures in found.items()]
    for size in sizes:
        runs = [common.pairmine("ingest", "discogs", dump(size), "-w", workspace) for _ in range(options.repeats)]
        rows.append(row("pairmine ingest discogs, process start to exit", size, *min(runs), ours))
    header = ["what", "releases", "wall", "releases/s", "peak memory of a process", "times ours, smallest"]
    common.report("ingest_discogs", "Discogs releases from gzip to Parquet; best of several runs", header, rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["peer"]:
        run_peer(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
