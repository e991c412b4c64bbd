"""Grids: the commands that make a paper's tables, one TOML file a paper."""

import itertools
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pairmine.errors import UsageError
from pairmine.registry import check_name
from trainer._toml import Table, make

FOLDER = Path(__file__).parent.parent / "grids"
RESULTS = "{results}"
EMBEDDINGS = re.compile(r"\{embeddings/([\w-]+)\}")
DATA = re.compile(r"\{data\}/([\w-]+)")


@dataclass(frozen=True)
class Data:
    """What somebody has to bring: a folder below `--data` that bears the name of this table.

    Attributes:
        title: what it is.
        find: patterns below the folder, each of which must match something.
        licence: on what terms it may be used.
        get: where it can be had.
        bytes: about how many it has, 0 where that is not known.
    """

    title: str
    find: list[str]
    licence: str
    get: str
    bytes: int = 0


@dataclass(frozen=True)
class Template:
    """One command, or with `each` one for every combination.

    Attributes:
        name: of the step, what it does first: "train/playlist-co-vggish".
        command: without `pairmine` and `--workspace`; {data} and {work} are the folders, {results} all results that
            the steps before it make, {embeddings/SET} all embeddings SET.parquet, each as --embeddings RUN=FILE.
        makes: what tells that it is done, below the workspace: a folder with a manifest, a table, a run or a file.
        each: names in `name`, `command` and `makes`, and their values; names with a comma between go together.
        rows, bytes: about what it makes at the paper's size; 0 where that cannot be told.
    """

    name: str
    command: str
    makes: str
    each: Table = field(default_factory=dict)
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Grid:
    """All commands of a paper.

    Attributes:
        paper: its short name.
        title: the paper's.
        tables: those that the grid makes.
        left_out: what of them cannot be made, and why; what is done otherwise.
        data: what has to be there first, by the name of its folder.
        steps: in order.
        toy: words added to the commands that begin like this, to run it all in a made-up world on a CPU.
    """

    paper: str
    title: str
    tables: list[str]
    steps: list[Template]
    left_out: list[str] = field(default_factory=list)
    data: dict[str, Data] = field(default_factory=dict)
    toy: Table = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One command with its folders filled in.

    Attributes:
        name: of the step.
        words: of the command, without `pairmine` and `--workspace`.
        makes: what it makes.
        data: names of the data it reads.
        rows, bytes: about what it makes at the paper's size.
    """

    name: str
    words: list[str]
    makes: Path
    data: tuple[str, ...]
    rows: int
    bytes: int


def names() -> list[str]:
    """Names of all grids, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(paper: str) -> Grid:
    """Return the grid of a paper, or one from a file whose name ends in .toml.

    Raises:
        UsageError: there is none, or its file is malformed.
    """
    if not paper.endswith(".toml"):
        check_name("grid", paper, names())
    path = Path(paper) if paper.endswith(".toml") else FOLDER / f"{paper}.toml"
    try:
        table = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML ({error}): mend it") from None
    data = {name: make(Data, each, f"data.{name}.", str(path)) for name, each in table.pop("data", {}).items()}
    grid: Grid = make(Grid, {**table, "paper": path.stem}, "", str(path))
    grid.data.update(data)
    return grid


def steps(grid: Grid, data: Path, workspace: Path, *, toy: bool = False) -> list[Step]:
    """Return all commands of a grid, in order.

    Raises:
        UsageError: a command reads data that the grid does not describe.
    """
    found: list[Step] = []
    folders = {"{data}": str(data), "{work}": str(workspace)}
    for template in grid.steps:
        for values in _combinations(template.each):
            name, command, makes = (_filled(text, values) for text in (template.name, template.command, template.makes))
            command += _toy_words(grid, command) if toy else ""
            read = tuple(dict.fromkeys(DATA.findall(command)))
            for each in read:
                check_name(f"data (in the grid {grid.paper}, {name})", each, grid.data)
            before = [step.makes for step in found]
            words = [word for text in shlex.split(command) for word in _words(text, folders, workspace, before)]
            found.append(Step(name, words, workspace / makes, read, template.rows, template.bytes))
    return found


def _combinations(each: Table) -> Iterator[dict[str, str]]:
    """Yield the values of every combination; under "a, b" a value is a list, one of each."""
    named = [[_named(names_, value) for value in values] for names_, values in each.items()]
    for combination in itertools.product(*named):
        yield {f"{{{name}}}": value for values in combination for name, value in values.items()}


def _named(names_: str, value: Any) -> dict[str, str]:
    split = [name.strip() for name in names_.split(",")]
    return dict(zip(split, value if len(split) > 1 else [value], strict=True))


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def _words(text: str, folders: dict[str, str], workspace: Path, before: list[Path]) -> list[str]:
    """Return what a word of a command stands for, given what the steps before it make."""
    if text == RESULTS:
        return [str(path) for path in before if path.is_relative_to(workspace / "results")]
    if (asked := EMBEDDINGS.fullmatch(text)) is not None:
        files = [path for path in before if path.name == f"{asked[1]}.parquet"]
        return [word for path in files for word in ("--embeddings", f"{path.parent.name}={path}")]
    return [_filled(text, folders)]


def _toy_words(grid: Grid, command: str) -> str:
    return "".join(f" {added}" for beginning, added in grid.toy.items() if command.startswith(f"{beginning} "))
