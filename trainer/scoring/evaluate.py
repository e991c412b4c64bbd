"""One evaluation of several systems and the baselines beside them, from annotation files to a result in a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pairmine import store
from pairmine.errors import InputError, UsageError
from trainer import ranks, run_folder, setup, trained_encoder, training_sets
from trainer.evaluations import Evaluation
from trainer.keys import KeyMap, read_key_map
from trainer.reporting import compare, results
from trainer.reporting.results import Result
from trainer.reporting.scored import Scored
from trainer.scoring import leakage
from trainer.scoring.leakage import Leakage
from trainer.systems import embeddings as files
from trainer.systems import mfcc, untrained
from trainer.systems.from_encoder import FromEncoder, RandomWeights
from trainer.systems.from_file import FromFile
from trainer.systems.keyed import KeyedSystem, check_key_map
from trainer.systems.mfcc import Mfcc

SHOWN = 5


@dataclass(frozen=True)
class Request:
    """What is to be evaluated beside what.

    Attributes:
        embeddings: files, as FILE or NAME=FILE.
        checkpoints: runs or checkpoint files, as RUN or NAME=RUN.
        features: the feature store; by default the workspace's one of the checkpoint's front end.
        baselines: whether MFCC and random weights stand beside them, where there are features.
        key_map: file that says which embedding an annotation goes by.
        allow_missing: score the tracks that all systems have a vector of.
        pairs: pair sets that trained the systems, besides those the runs remember.
        strict: refuse if any tested track or artist was trained on.
        write_exclude: file for the keys found in training, as `build-pairs --exclude` takes it.
        out: the result; by default in WORKSPACE/results.
        html: file for a page with plots.
        device: "cpu", "cuda" or "cuda:N".
    """

    embeddings: Sequence[str] = ()
    checkpoints: Sequence[str] = ()
    features: Path | None = None
    baselines: bool = True
    key_map: Path | None = None
    allow_missing: bool = False
    pairs: Sequence[Path] = ()
    strict: bool = False
    write_exclude: Path | None = None
    out: Path | None = None
    html: Path | None = None
    device: str | None = None


@dataclass(frozen=True)
class Evaluated:
    """A result, and where it is."""

    file: Path
    result: Result

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`: all but the replicates, which are in the file."""
        found = self.result.as_dict()
        for system in found["systems"]:
            for score in system["scores"]:
                del score["replicates"]
        return {"file": str(self.file)} | found

    def __str__(self) -> str:
        return f"{self.result}\n\n{self.file}"


def evaluate(workspace: Path, name: str, evaluation: Evaluation, request: Request) -> Evaluated:
    """Score systems and baselines by a protocol, and write the result.

    Args:
        workspace: where runs, features, links and results are.
        name: of the evaluation.
        evaluation: with its annotations read.
        request: what is to be scored.

    Raises:
        UsageError: nothing to evaluate, two systems of one name, or `strict` and something tested was trained on.
        MissingError: a run, a store or a file of embeddings is missing.
        InputError: a file of embeddings is no such file, or tracks have no vector and `allow_missing` is not given.
    """
    systems = find_systems(workspace, evaluation, request)
    evaluation, missing = _restrict(evaluation, systems, request.allow_missing)
    evaluation = replace(evaluation, device=request.device)
    leaks = _leakage(workspace, evaluation, request)
    if request.write_exclude is not None:
        leaks.write_exclude(request.write_exclude)
    if request.strict:
        leaks.refuse()
    scored = [
        Scored(each.name, each.baseline, evaluation.scores(each), each.origin(), each.remarks())
        for each in evaluation.combine(list(systems))
    ]
    scored.append(Scored("chance", True, evaluation.chance()))
    result = Result.of(name, evaluation, scored, leakage=leaks.as_dict(), missing=missing)
    out = request.out or workspace / results.FOLDER / f"{_slug(name, evaluation.protocol, systems[0].name)}.json"
    results.write(out, result)
    if request.html is not None:
        store.write_bytes(request.html, compare.as_page(result.title, compare.merge([(out.stem, result)])).encode())
    return Evaluated(out, result)


def find_systems(workspace: Path, evaluation: Evaluation, request: Request) -> list[KeyedSystem]:
    """Open what is to be evaluated, and the baselines that can stand beside it."""
    if not request.embeddings and not request.checkpoints:
        raise UsageError("nothing to evaluate: name --embeddings FILE or --checkpoint RUN")
    key_map, device = _key_map(request), torch.device(ranks.device_name(request.device))
    given: list[KeyedSystem] = []
    for text in request.embeddings:
        name, file = _named(text)
        given.append(FromFile(name or Path(file).stem, files.read(Path(file)), key_map))
    encoders = [_encoder(workspace, *_named(text), request.features, key_map, device) for text in request.checkpoints]
    baselines = _baselines(evaluation, encoders, request, key_map, device) if request.baselines else []
    return [*given, *encoders, *baselines]


def _encoder(
    workspace: Path, name: str, run: str, features: Path | None, key_map: KeyMap, device: torch.device
) -> FromEncoder:
    path = run_folder.find_checkpoint(workspace, run)
    model = trained_encoder.load(path)
    opened = setup.open_features(features or setup.find_features(workspace, model.front_end), model.front_end)
    return FromEncoder(name or path.parent.name, model, path, opened, key_map, device)


def _baselines(
    evaluation: Evaluation, encoders: list[FromEncoder], request: Request, key_map: KeyMap, device: torch.device
) -> list[KeyedSystem]:
    """Return MFCC, and each encoder that is given with random weights; one for several of the same recipe's form."""
    if not encoders:
        if request.features is None:
            return []
        return mfcc.of_store(request.features, key_map)
    first = encoders[0]
    found: list[KeyedSystem] = [Mfcc(first.features, first.model.front_end, first.model.frames, key_map)]
    forms = {(str(each.model.recipe.encoder), str(each.where)): each for each in encoders}
    for each in forms.values():
        every = np.arange(len(each.features.keys))
        rows = np.setdiff1d(every, each.rows(filter(each.has, evaluation.tested)))
        random = untrained.encoder(each.model, each.features, rows if rows.size else every)
        name = "random weights" if len(forms) == 1 else f"random weights, {each.model.recipe.encoder.name}"
        found.append(RandomWeights(name, random, each.checkpoint, each.features, key_map, device))
    return found


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
    made = [Path(_named(text)[1]) for text in request.embeddings]
    paths = [run_folder.find_checkpoint(workspace, _named(text)[1]) for text in request.checkpoints]
    trained = [training_sets.find(workspace, path, request.pairs) for path in paths]
    trained += [training_sets.of_embeddings(workspace, file, request.pairs) for file in made]
    folders = [*request.pairs, *(folder for each in trained for folder in each.folders)]
    lost = [line for each in trained for line in each.lost]
    return leakage.find(evaluation, folders, workspace, _key_map(request), lost)


def _key_map(request: Request) -> KeyMap:
    return read_key_map(request.key_map) if request.key_map else KeyMap({})


def _named(text: str) -> tuple[str, str]:
    """Return name and rest of NAME=REST; a path that is there is no name."""
    name, sign, rest = text.partition("=")
    return (name, rest) if sign and not Path(text).exists() else ("", text)


def _slug(*words: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", "-".join(words).lower()).strip("-.")
