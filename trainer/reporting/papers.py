"""The papers' figures, as their tables print them: one TOML a paper in trainer/published, read off its text."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "published"
SPREAD = " ± "


@dataclass(frozen=True)
class Published:
    """Figures of a paper by one protocol.

    Attributes:
        paper: its short name.
        cite: authors, title, place and year.
        table: the number of its table.
        evaluation: ours that follows the protocol.
        protocol: of what `Evaluation.protocol` says; `*` stands for anything.
        metrics: of the columns, as ours are called.
        rows: a system's name and its figures, as printed; "" where there is none.
        percent: whether figures are printed times 100.
        note: what belongs to it.
    """

    paper: str
    cite: str
    table: str
    evaluation: str
    protocol: str
    metrics: list[str]
    rows: list[list[str]]
    percent: bool = False
    note: str = ""

    def figures(self, metric: str) -> dict[str, str]:
        """Return the figures of one metric by system, as parts of 1."""
        if metric not in self.metrics:
            return {}
        column = self.metrics.index(metric) + 1
        return {row[0]: self._of_one(row[column]) for row in self.rows if row[column]}

    def _of_one(self, printed: str) -> str:
        """Return "76.78 ± 1.22" as "0.7678 ± 0.0122", and what stands behind it, such as "*", as it stands."""
        if not self.percent:
            return printed
        number = printed.rstrip("*")
        parts = [str(Decimal(part).scaleb(-2)) for part in number.split(SPREAD)]
        return SPREAD.join(parts) + printed[len(number) :]


@cache
def tables() -> tuple[Published, ...]:
    """Return all tables of all papers."""
    return tuple(table for file in sorted(FOLDER.glob("*.toml")) for table in _of_paper(file))


def find(evaluation: str, protocol: str) -> list[Published]:
    """Return the tables that were made by a protocol."""
    return [table for table in tables() if table.evaluation == evaluation and fnmatchcase(protocol, table.protocol)]


def _of_paper(file: Path) -> list[Published]:
    content: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Published(file.stem, content["cite"], **table) for table in content["tables"]]
