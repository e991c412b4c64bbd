"""What `evaluate` found: one JSON file of figures, intervals, replicates, and where all of it comes from.

Nothing in it tells when or where it was made: the same evaluation of the same files gives the same bytes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pairmine import __version__, store
from pairmine.errors import DamagedError, MissingError, UsageError
from trainer.reporting import figure_tables
from trainer.reporting.scored import Difference, Scored, baselines_last, differences, plain

if TYPE_CHECKING:  # networks need not be loaded to read a result
    from trainer.evaluations import Evaluation

SCHEMA_VERSION = 1
FOLDER, SUFFIX = "results", ".json"


@dataclass(frozen=True)
class Result:
    """One evaluation of several systems.

    Attributes:
        evaluation: its name, as in `pairmine evaluate NAME`.
        protocol: whose protocol, and on what.
        data: digests of the annotation files, of the tracks, and of counts and choices.
        tested: how many tracks figures are reported of.
        systems: those evaluated, baselines behind.
        leakage: `Leakage.as_dict()`.
        missing: by system, how many tracks had no embedding and were left out.
        facts: counts read and choices made.
        pairmine: the version that scored.
    """

    evaluation: str
    protocol: str
    data: Mapping[str, str]
    tested: int
    systems: Sequence[Scored]
    leakage: Mapping[str, Any] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    pairmine: str = __version__

    @classmethod
    def of(
        cls,
        name: str,
        evaluation: "Evaluation",
        systems: Iterable[Scored],
        *,
        leakage: Mapping[str, Any],
        missing: Mapping[str, int] | None = None,
    ) -> Self:
        """Return the result of an evaluation, numbers rounded as they are written.

        Args:
            name: of the evaluation.
            evaluation: as it was scored, without the tracks left out.
            systems: all that was scored, baselines among them.
            leakage: `Leakage.as_dict()`.
            missing: by system, how many tracks had no embedding.

        Raises:
            UsageError: two systems have one name.
        """
        ordered = baselines_last([each.rounded() for each in systems])
        names = [each.name for each in ordered]
        twice = sorted({each for each in names if names.count(each) > 1})
        if twice:
            raise UsageError(f"two systems are called {twice[0]!r}: rename one, so that tables can tell them apart")
        facts = plain(evaluation.facts)
        data = {
            "files": store.digest(sorted([path.name, store.sha256(path)] for path in evaluation.files)),
            "tracks": store.digest([sorted(evaluation.keys), sorted(evaluation.tested)]),
            "choices": store.digest(facts),
        }
        tested = len(evaluation.tested)
        return cls(name, evaluation.protocol, data, tested, ordered, plain(leakage), plain(missing or {}), facts)

    @property
    def fingerprint(self) -> str:
        """Digest of what was asked: results of one fingerprint may stand in one table."""
        return store.digest([self.evaluation, self.protocol, dict(self.data)])

    @cached_property
    def differences(self) -> list[Difference]:
        """Paired differences of every given system to each other and to every baseline."""
        return differences(self.systems)

    @property
    def title(self) -> str:
        """What a table of it is called."""
        return f"{self.evaluation}: {self.protocol} ({self.tested:,} tracks tested)"

    def remarks(self) -> list[str]:
        """Return a line for everything else a reader of the figures has to know."""
        left_out = [f"missing: {count:,} tracks without embedding in {name}" for name, count in self.missing.items()]
        of_systems = [f"{each.name}: {line}" for each in self.systems for line in each.remarks]
        return [*left_out, *of_systems, *self.leakage.get("lines", ())]

    def as_dict(self) -> dict[str, Any]:
        """Return it as it is written; what is no number becomes null."""
        return {
            "schema_version": SCHEMA_VERSION,
            "pairmine": self.pairmine,
            "evaluation": self.evaluation,
            "protocol": self.protocol,
            "fingerprint": self.fingerprint,
            "data": dict(self.data),
            "tested": self.tested,
            "facts": dict(self.facts),
            "missing": dict(self.missing),
            "leakage": dict(self.leakage),
            "differences": [each.as_dict() for each in self.differences],
            "systems": [each.as_dict() for each in self.systems],
        }

    @classmethod
    def of_dict(cls, content: Mapping[str, Any]) -> Self:
        """Return what `as_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: it did not write that.
        """
        return cls(
            evaluation=str(content["evaluation"]),
            protocol=str(content["protocol"]),
            data=dict(content["data"]),
            tested=int(content["tested"]),
            systems=[Scored.of_dict(each) for each in content["systems"]],
            leakage=dict(content["leakage"]),
            missing=dict(content["missing"]),
            facts=dict(content["facts"]),
            pairmine=str(content["pairmine"]),
        )

    def __str__(self) -> str:
        tables = [figure_tables.figures(self.title, self.systems), figure_tables.differences(self.systems)]
        parts = [table.text() for table in tables if table] + ["\n".join(self.remarks())]
        return "\n\n".join(part for part in parts if part)


def write(file: Path, result: Result) -> None:
    """Write a result, a line for each of its parts; the file is there whole or not at all."""
    content = result.as_dict()
    content["digest"] = store.digest(content)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in content.items())
    file.parent.mkdir(parents=True, exist_ok=True)
    store.write_bytes(file, f"{{\n{lines}\n}}\n".encode())


def read(file: Path) -> Result:
    """Read a result.

    Raises:
        MissingError: there is none.
        DamagedError: it is not what was written, or a newer pairmine wrote it.
    """
    try:
        content = json.loads(file.read_bytes())
        stated, version = content.pop("digest"), content["schema_version"]
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(f"there is no result {file}: run `pairmine evaluate` first") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise DamagedError(f"{file} is damaged, or no result of pairmine: evaluate again") from None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise DamagedError(
            f"{file} has schema version {version}, this pairmine reads up to {SCHEMA_VERSION}: "
            "run `pip install --upgrade pairmine`"
        )
    if store.digest(content) != stated:
        raise DamagedError(f"{file} is damaged (its digest does not fit): evaluate again")
    try:
        return Result.of_dict(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DamagedError(f"{file} is no result of pairmine: evaluate again") from None


def find(workspace: Path, run: str) -> Path:
    """Return the file that a path, or the name of a result in the workspace, stands for.

    Raises:
        MissingError: there is none.
    """
    folder = workspace / FOLDER
    for file in (Path(run), folder / run, folder / f"{run}{SUFFIX}"):
        if file.is_file():
            return file
    known = ", ".join(sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))[:8])
    there = f"there are {known}" if known else "run `pairmine evaluate` first"
    raise MissingError(f"there is no result {run}, and none of that name in {folder}: {there}")
