"""One evaluation of several systems and the baselines beside them, from annotation files to a result in a file."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pairmine import pair_sets, store
from pairmine.errors import InputError
from pairmine.progress import say
from trainer import run_folder, training_sets
from trainer.evaluations import Evaluation
from trainer.reporting import compare, results
from trainer.reporting.results import Result
from trainer.reporting.scored import Scored, metrics
from trainer.scoring import leakage
from trainer.scoring.leakage import Leakage
from trainer.scoring.opening import find_systems
from trainer.scoring.request import CHANCE, Request
from trainer.systems.keyed import KeyedSystem, check_key_map

SHOWN = 5
LONGEST_SYSTEM, LONGEST_NAME = 24, 100


@dataclass(frozen=True)
class Evaluated:
    """A result, and where it is."""

    file: Path
    result: Result

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`, with the papers' figures; replicates are in the file."""
        return {"file": str(self.file)} | self._merged[0].as_dict()

    def __str__(self) -> str:
        return f"{compare.Comparison(self._merged)}\n\n{self.file}"

    @property
    def _merged(self) -> list[compare.Merged]:
        return compare.merge([(self.file.stem, self.result)])


def evaluate(workspace: Path, name: str, whole: Evaluation, request: Request) -> Evaluated:
    """Score systems and baselines by a protocol, and write the result.

    Args:
        workspace: where runs, features, links and results are.
        name: of the evaluation.
        whole: the evaluation, with its annotations read.
        request: what is to be scored.

    Raises:
        UsageError: nothing to evaluate, two systems of one name, an output that cannot be written, or `strict` and
            something tested was trained on.
        MissingError: a run, a store or a file of embeddings is missing.
        InputError: a file of embeddings is no such file, or tracks have no vector and `allow_missing` is not given.
    """
    request.check(workspace)
    systems = find_systems(workspace, whole, request)
    evaluation, missing = _restrict(whole, systems, request.allow_missing)
    evaluation = replace(evaluation, device=request.device)
    scored_systems = evaluation.combine(list(systems))
    results.check_names([*(each.name for each in scored_systems), CHANCE])
    leaks = _leakage(workspace, evaluation, request)
    if request.write_exclude is not None:
        count = leaks.write_exclude(request.write_exclude)
        say(f"{request.write_exclude}: {count:,} keys for `pairmine build-pairs --exclude`")
    if request.strict:
        leaks.refuse()
    scored = [
        Scored(each.name, each.baseline, evaluation.scores(each), each.origin(), each.remarks())
        for each in scored_systems
    ]
    scored.append(Scored(CHANCE, True, evaluation.chance()))
    result = Result.of(name, evaluation, scored, leakage=leaks.as_dict(), missing=missing, whole=whole)
    return _written(workspace, result, request)


def _written(workspace: Path, result: Result, request: Request) -> Evaluated:
    out = request.out or workspace / results.FOLDER / f"{default_name(result)}{results.SUFFIX}"
    if results.write(out, result):
        say(f"{out} held a result of other content: replaced")
    if request.html is not None:
        runs = {name: path.parent for name, path in request.named_checkpoints(workspace)}
        trained = {name: run for name, run in runs.items() if (run / run_folder.METRICS).exists()}
        page = compare.as_page(result.title, compare.merge([(out.stem, result)]), trained)
        store.write_bytes(request.html, page.encode())
    return Evaluated(out, result)


def default_name(result: Result) -> str:
    """Return what the file of a result is called: protocol, systems, and eight digits of what was asked.

    Those digits differ where data, options, systems or what these are made of do.
    """
    given = [each.name for each in result.systems if not each.baseline]
    systems = [[each.name, dict(each.what), metrics([each])] for each in result.systems]
    asked = store.digest([result.fingerprint, systems])
    words = _slug(result.evaluation, result.protocol, *(each[:LONGEST_SYSTEM] for each in given))
    return f"{words[:LONGEST_NAME].strip('-.')}-{asked[:8]}"


def _restrict(evaluation: Evaluation, systems: list[KeyedSystem], allowed: bool) -> tuple[Evaluation, dict[str, int]]:
    """Return the evaluation on the tracks that all systems have, and how many each lacks."""
    check_key_map(evaluation.keys, systems)
    lacking = {each.name: [key for key in evaluation.keys if not each.has(key)] for each in systems}
    missing = {name: len(keys) for name, keys in lacking.items() if keys}
    if not missing:
        return evaluation, {}
    name = max(missing, key=lambda each: missing[each])
    why = next(each for each in systems if each.name == name).why_missing(lacking[name])
    if not allowed:
        examples = ", ".join(lacking[name][:SHOWN])
        raise InputError(
            f"{name} has no vector of {missing[name]:,} of {len(evaluation.keys):,} tracks ({examples}…); {why}: "
            "name them by --key-map FILE, or score the others with --allow-missing"
        )
    known = frozenset(evaluation.keys).difference(*lacking.values())
    if not known:
        raise InputError(
            f"the systems have no track in common: {name} lacks {missing[name]:,} of {len(evaluation.keys):,} (the "
            f"annotations say {lacking[name][0]}); {why}: name them by --key-map FILE"
        )
    return evaluation.only(known), missing


def _leakage(workspace: Path, evaluation: Evaluation, request: Request) -> Leakage:
    """Look for what is tested in the pair sets given, and in those that trained the runs and made the files."""
    runs, files = request.named_checkpoints(workspace), request.named_embeddings()
    given = [pair_sets.find(workspace, each) for each in request.pairs]
    trained = [(name, training_sets.find(workspace, path, given)) for name, path in runs]
    trained += [(name, training_sets.of_embeddings(workspace, file, given)) for name, file in files]
    folders = [*given, *(folder for _, each in trained for folder in each.folders)]
    lost = [f"{name}: {line}" for name, each in trained for line in each.lost]
    return leakage.find(evaluation, folders, workspace, request.opened_key_map(), lost)


def _slug(*words: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(words).lower()).strip("-.")
