"""What `evaluate` found: one JSON file of figures, intervals, replicates, and where all of it comes from.

Nothing in it tells when or where it was made: the same evaluation of the same files gives the same bytes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pairmine import __version__, store
from pairmine.errors import DamagedError, MissingError, UsageError
from trainer.reporting import content
from trainer.reporting.scored import Difference, Scored, baselines_last, differences, plain

if TYPE_CHECKING:  # networks need not be loaded to read a result
    from trainer.evaluations import Evaluation

SCHEMA_VERSION = 1
FOLDER, SUFFIX = "results", ".json"
SHOWN = 5


@dataclass(frozen=True)
class Result:
    """One evaluation of several systems.

    Attributes:
        evaluation: its name, as in `pairmine evaluate NAME`.
        protocol: whose protocol, and on what.
        data: digests of the annotations, of the tracks, and of counts and choices.
        tested: how many tracks figures are reported of.
        systems: those evaluated, baselines behind.
        leakage: `Leakage.as_dict()`.
        missing: by system, how many tracks had no embedding and were left out.
        facts: counts read and choices made.
        files: names of the annotation files; they do not tell results apart.
        unlike_published: why its figures are not comparable with a paper's, a line each.
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
    files: Sequence[str] = ()
    unlike_published: Sequence[str] = ()
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
        whole: "Evaluation | None" = None,
    ) -> Self:
        """Return the result of an evaluation, numbers rounded as they are written.

        Args:
            name: of the evaluation.
            evaluation: as it was scored, without the tracks left out.
            systems: all that was scored, baselines among them.
            leakage: `Leakage.as_dict()`.
            missing: by system, how many tracks had no embedding.
            whole: the evaluation as it was read, where tracks were left out.

        Raises:
            UsageError: two systems have one name.
        """
        ordered = baselines_last([each.rounded() for each in systems])
        check_names([each.name for each in ordered])
        facts, read = plain(evaluation.facts), whole or evaluation
        data = {
            "annotations": content.digest(read),
            "tracks": store.digest([sorted(evaluation.keys), sorted(evaluation.tested)]),
            "choices": store.digest(facts),
        }
        return cls(
            evaluation=name,
            protocol=evaluation.protocol,
            data=data,
            tested=len(evaluation.tested),
            systems=ordered,
            leakage=plain(leakage),
            missing=plain(missing or {}),
            facts=facts,
            files=sorted({path.name for path in evaluation.files}),
            unlike_published=list(_unlike_published(evaluation, read)),
        )

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
        return [*left_out, *_classes_left_out(self.systems), *of_systems, *self.leakage.get("lines", ())]

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
            "files": list(self.files),
            "missing": dict(self.missing),
            "unlike_published": list(self.unlike_published),
            "leakage": dict(self.leakage),
            "differences": [each.as_dict() for each in self.differences],
            "systems": [each.as_dict() for each in self.systems],
        }

    @classmethod
    def of_dict(cls, told: Mapping[str, Any]) -> Self:
        """Return what `as_dict` wrote.

        Raises:
            KeyError, TypeError, ValueError: it did not write that.
        """
        return cls(
            evaluation=str(told["evaluation"]),
            protocol=str(told["protocol"]),
            data=dict(told["data"]),
            tested=int(told["tested"]),
            systems=[Scored.of_dict(each) for each in told["systems"]],
            leakage=dict(told["leakage"]),
            missing=dict(told["missing"]),
            facts=dict(told["facts"]),
            files=list(told["files"]),
            unlike_published=list(told["unlike_published"]),
            pairmine=str(told["pairmine"]),
        )


def check_names(names: Sequence[str]) -> None:
    """Raise UsageError if two systems have one name."""
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise UsageError(
            f"two systems are called {twice[0]!r}: give one another name (--embeddings NAME=FILE, "
            "--checkpoint NAME=RUN), so that tables can tell them apart"
        )


def _unlike_published(scored: "Evaluation", read: "Evaluation") -> Iterator[str]:
    """Yield why figures are not comparable with published ones: a part of the tracks or classes, or other counts."""
    tested, of = len(scored.tested), len(read.tested)
    others, of_others = len(scored.keys) - tested, len(read.keys) - of
    if tested < of:
        yield f"only {tested:,} of {of:,} test tracks"
    if others < of_others:
        yield f"only {others:,} of the {of_others:,} tracks that are not tested"
    if left_out := scored.facts.get("classes_left_out"):
        kept = scored.facts["counts"]["classes"]
        yield f"only {kept:,} of {kept + len(left_out):,} classes: without {_some(left_out)}"
    if other := scored.facts.get("other_counts"):
        yield f"counts other than published: {other}"


def _classes_left_out(systems: Sequence[Scored]) -> list[str]:
    """Return a line for classes that have no figure, since no tested track, or every one, is of them."""
    found = {
        (score.metric, tuple(score.detail.get("left_out") or ())): None for each in systems for score in each.scores
    }
    return [f"{metric}: {len(classes):,} classes left out: {_some(classes)}" for metric, classes in found if classes]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def write(file: Path, result: Result) -> bool:
    """Write a result, a line for each of its parts; the file is there whole or not at all.

    Returns:
        Whether it took the place of another file of other content.
    """
    told = result.as_dict()
    told["digest"] = store.digest(told)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in told.items())
    file.parent.mkdir(parents=True, exist_ok=True)
    data = f"{{\n{lines}\n}}\n".encode()
    replaced = file.is_file() and file.read_bytes() != data
    store.write_bytes(file, data)
    return replaced


def read(file: Path) -> Result:
    """Read a result.

    Raises:
        MissingError: there is none.
        DamagedError: it is not what was written, or a newer pairmine wrote it.
    """
    try:
        told = json.loads(file.read_bytes())
        stated, version = told.pop("digest"), told["schema_version"]
    except (FileNotFoundError, NotADirectoryError):
        raise MissingError(f"there is no result {file}: run `pairmine evaluate` first") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise DamagedError(f"{file} is damaged, or no result of pairmine: evaluate again") from None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise DamagedError(
            f"{file} has schema version {version}, this pairmine reads up to {SCHEMA_VERSION}: "
            "run `pip install --upgrade pairmine`"
        )
    if store.digest(told) != stated:
        raise DamagedError(f"{file} is damaged (its digest does not fit): evaluate again")
    try:
        return Result.of_dict(told)
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
