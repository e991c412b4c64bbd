"""Files that exist whole or not at all: temp + fsync + rename, checksums, manifest.json written last."""

import ctypes
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine.errors import DamagedError, MissingError, UsageError
from pairmine.schema import SCHEMA_VERSION

MANIFEST = "manifest.json"
ROW_GROUP_ROWS = 1_000_000


@dataclass(frozen=True)
class FileEntry:
    """What a manifest says of one file: path below the manifest, rows, bytes, sha256."""

    path: str
    rows: int
    bytes: int
    sha256: str


def write_bytes(path: Path, data: bytes | memoryview | pa.Buffer) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_parquet(root: Path, path: str, table: pa.Table) -> FileEntry:
    """Write one Parquet file below `root` and return its manifest entry.

    The same table gives the same bytes. Encodings that DuckDB reads since 0.10, without dictionaries, which are slower
    and larger on ids.
    """
    sink = pa.BufferOutputStream()
    encodings = {field.name: _encoding(field.type) for field in table.schema}
    pq.write_table(
        table.combine_chunks(),
        sink,
        row_group_size=ROW_GROUP_ROWS,
        compression="zstd",
        compression_level=1,
        use_dictionary=False,
        column_encoding=encodings,
    )
    data = sink.getvalue()
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, data)
    return FileEntry(path, table.num_rows, data.size, hashlib.sha256(data).hexdigest())


def _encoding(type_: pa.DataType) -> str:
    if pa.types.is_integer(type_) or pa.types.is_timestamp(type_):
        return "DELTA_BINARY_PACKED"
    return "BYTE_STREAM_SPLIT" if pa.types.is_floating(type_) else "PLAIN"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(content: Any) -> str:
    """Return the SHA-256 of a JSON value in canonical form."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def write_manifest(root: Path, content: dict[str, Any], files: list[FileEntry]) -> dict[str, Any]:
    """Write manifest.json, which makes the folder valid: content, schema version, files and its own digest."""
    manifest: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **content}
    manifest["files"] = [asdict(entry) for entry in sorted(files, key=lambda entry: entry.path)]
    manifest["digest"] = digest(manifest)
    write_bytes(root / MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return manifest


def read_manifest(root: Path) -> dict[str, Any]:
    """Read and verify manifest.json.

    Raises:
        MissingError: there is none.
        DamagedError: it is not what was written, or a newer pairmine wrote it.
    """
    path = root / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        stated = manifest.pop("digest")
    except FileNotFoundError:
        raise MissingError(f"{root} holds no {MANIFEST}: it is no catalogue or pair set of pairmine") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise DamagedError(f"{path} is damaged: make the folder anew") from None
    version = manifest.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise DamagedError(
            f"{path} has schema version {version}, this pairmine reads up to {SCHEMA_VERSION}: "
            "run `pip install --upgrade pairmine`"
        )
    if digest(manifest) != stated:
        raise DamagedError(f"{path} is damaged (its digest does not fit): make the folder anew")
    manifest["digest"] = stated
    return manifest


def finished(folder: Path) -> list[str]:
    """Names of the finished folders in a folder, those that have a manifest, sorted."""
    manifests = folder.glob(f"*/{MANIFEST}")
    return sorted(path.parent.name for path in manifests if not path.parent.name.endswith(".partial"))


def damages(root: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Yield one line for every file that is missing or differs from its manifest entry."""
    for entry in manifest["files"]:
        path = root / entry["path"]
        if not path.is_file():
            yield f"{path} is missing"
        elif path.stat().st_size != entry["bytes"]:
            yield f"{path} has {path.stat().st_size} bytes, its manifest says {entry['bytes']}"
        elif sha256(path) != entry["sha256"]:
            yield f"{path} differs from its checksum"


@contextmanager
def claim(partial: Path) -> Iterator[Path]:
    """Create the folder `partial` if need be and hold it against other runs until the block ends.

    Raises:
        UsageError: another run holds it.
    """
    while (handle := _lock(partial)) is None:
        pass  # its former owner renamed or removed it meanwhile
    try:
        yield partial
    finally:
        os.close(handle)


@contextmanager
def building(partial: Path) -> Iterator[Path]:
    """Claim a folder and empty it; if the block fails, nothing of what it wrote is kept.

    Raises:
        UsageError: another run holds it.
    """
    with claim(partial):
        clear(partial)
        made = partial.stat().st_ino
        try:
            yield partial
        except BaseException:
            if partial.exists() and partial.stat().st_ino == made:  # else it was published
                remove(partial)
            raise


def _lock(partial: Path) -> int | None:
    """Make and lock a folder and return its handle, or None if it is no longer there."""
    partial.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(partial, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_ino == partial.stat().st_ino:
            return handle
    except BlockingIOError:
        os.close(handle)
        raise UsageError(f"another run is writing {partial}: wait for it, or name another output") from None
    except FileNotFoundError:
        pass
    os.close(handle)
    return None


def clear(folder: Path) -> None:
    """Remove everything inside a folder, but not the folder, which may be claimed."""
    for path in folder.iterdir():
        remove(path)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def publish(partial: Path, final: Path) -> None:
    """Put a finished folder in its place; one that stands there is exchanged in one step, then removed."""
    sync_folder(partial)
    if final.exists():
        with _held(final):
            _exchange(partial, final)
            shutil.rmtree(partial)
    else:
        partial.rename(final)
    sync_folder(final.parent)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold a folder that will stand in the place of a partial one, so that no other run claims it there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(a: Path, b: Path) -> None:
    """Swap two folders atomically where the system can (Linux), else by two renames."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    at_cwd, exchange_flag = -100, 2
    if renameat2 is not None:
        if renameat2(at_cwd, os.fsencode(a), at_cwd, os.fsencode(b), exchange_flag) == 0:
            return
        if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS):
            raise OSError(ctypes.get_errno(), f"cannot replace {b}")
    aside = b.with_name(b.name + ".old")
    b.rename(aside)
    a.rename(b)
    aside.rename(a)
