"""Which pair sets trained a checkpoint: known by the digests it holds, wherever the sets lie."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pairmine import store
from pairmine.errors import DamagedError, MissingError
from trainer import checkpoint
from trainer.data import Streams

READS, CHECKPOINTS = "reads.json", "*.safetensors"
DIGEST = 64  # hexadecimal digits


@dataclass(frozen=True)
class TrainingSets:
    """Pair sets that trained a checkpoint, or the one it started from.

    Attributes:
        folders: those that are there.
        lost: a line for every other.
    """

    folders: tuple[Path, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Reads:
    """Where the pair sets and features lie that a run reads, pair sets by role."""

    pairs: dict[str, str] = field(default_factory=dict)
    valid: dict[str, str] = field(default_factory=dict)
    features: str | None = None


def remember(folder: Path, training: Streams, validation: Streams | None, features: Path | None) -> None:
    """Write into a run's folder where everything lies that it reads."""
    told = Reads(_folders(training), _folders(validation or {}), None if features is None else str(features.resolve()))
    store.write_bytes(folder / READS, (json.dumps(asdict(told), indent=1) + "\n").encode())


def remembered(folder: Path) -> Reads:
    """Return what `remember` wrote into a run's folder; nothing where it did not.

    Raises:
        DamagedError: the file is damaged.
    """
    file = folder / READS
    try:
        told = Reads(**json.loads(file.read_bytes()))
        if not all(isinstance(each, dict) for each in (told.pairs, told.valid)):
            raise ValueError
        return told
    except FileNotFoundError:
        return Reads()
    except (ValueError, TypeError):
        raise DamagedError(f"{file} is damaged: remove it, and name the pair sets with --pairs") from None


def _folders(streams: Streams) -> dict[str, str]:
    return {
        role: str(each.folder.resolve())
        for roles, stream in streams.items()
        for role, each in zip(roles, stream.sets, strict=True)
    }


def find(workspace: Path, path: Path, given: Sequence[Path] = ()) -> TrainingSets:
    """Return the pair sets that trained a checkpoint, and those of the one it started from.

    They are sought among those given, where the run read them, and in the workspace.

    Raises:
        MissingError: there is no checkpoint.
        DamagedError: it is damaged.
    """
    folders, lost = dict[Path, None](), dict[str, None]()
    at: Path | None = path
    seen = set[Path]()
    while at is not None and at not in seen:
        seen.add(at)
        try:
            _, state = checkpoint.load(at)
        except MissingError:
            if at == path:
                raise
            lost[f"{path} started from {at}, which is gone"] = None
            break
        known = dict(
            _known([*(workspace / "pairs").glob("*"), *map(Path, remembered(at.parent).pairs.values()), *given])
        )
        for role, digest in _digests(state["reads"]):
            if digest in known:
                folders[known[digest]] = None
            else:
                lost[f"the pair set {role} that trained {at} is gone, or was built anew: name it with --pairs"] = None
        recipe = tomllib.loads(state["recipe"])
        weights = recipe["encoder"].get("options", {}).get("weights")
        if weights:
            lost[f"{at} began with the weights {Path(weights).name}, and what trained those is not known"] = None
        at = Path(recipe["start"]) if recipe.get("start") else None
    return TrainingSets(tuple(folders), tuple(lost))


def of_embeddings(workspace: Path, file: Path, given: Sequence[Path] = ()) -> TrainingSets:
    """Return the pair sets that trained the checkpoint a file of embeddings was made by.

    The checkpoint is sought beside the file and among the workspace's runs. Where it is not there, or the file is none
    of ours, the sets given are taken to be all.

    Raises:
        DamagedError: the checkpoint is damaged.
    """
    digest = _checkpoint_digest(file)
    for path in [*file.parent.glob(CHECKPOINTS), *(workspace / "runs").glob(f"*/{CHECKPOINTS}")]:
        if digest is not None and store.sha256(path) == digest:
            return find(workspace, path, given)
    return TrainingSets(
        (), () if given else (f"what trained {file.name} is not known: name its pair sets with --pairs",)
    )


def _checkpoint_digest(file: Path) -> str | None:
    """Return the digest of the checkpoint that `embed` noted in a file."""
    try:
        found = json.loads((pq.read_schema(file).metadata or {})[b"pairmine"]).get("checkpoint")
    except (KeyError, ValueError, AttributeError, OSError, pa.ArrowException):
        return None
    return found if isinstance(found, str) else None


def _known(folders: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield the pair sets among some folders, by digest."""
    for folder in folders:
        try:
            yield store.read_manifest(folder)["digest"], folder
        except (MissingError, DamagedError, NotADirectoryError):
            continue  # no pair set is what trained it then, which is told


def _digests(reads: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield role and digest of every pair set; those of joined roles stand in one text."""
    for roles, digests in reads.items():
        if roles != "features":
            for number, role in enumerate(roles.split("+")):
                yield role, digests[number * DIGEST : (number + 1) * DIGEST]
