"""Tables of figures as text, Markdown, LaTeX and HTML; what names hold cannot break them."""

import html
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pairmine.errors import shown

NARROWEST = 60
LATEX = str.maketrans(
    {character: rf"\{character}" for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {"−": "$-$", "±": r"$\pm$", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "“": "``", "”": "''"}
    | {
        "†": r"$\dagger$",
        "×": r"$\times$",
        "–": "--",
        "…": r"\ldots{}",
        "[": "{[}",
        "]": "{]}",
        '"': r"\textquotedbl{}",
    }
)
MARKDOWN = str.maketrans({character: rf"\{character}" for character in "\\`*_{}[]<>|#~$"})


@dataclass(frozen=True)
class Table:
    """One table: the first column is text, the others are figures.

    Attributes:
        title: the line above it.
        names: of the columns.
        groups: rows in groups, which a line tells apart.
        notes: lines below it.
    """

    title: str
    names: Sequence[str]
    groups: Sequence[Sequence[Sequence[str]]]
    notes: Sequence[str] = ()

    def text(self) -> str:
        """Return it for a terminal; too wide a table is printed as one figure a line."""
        rows = [[shown(cell) for cell in row] for group in self.groups for row in group]
        widths = [max(map(_cells, column)) for column in zip(self.names, *rows, strict=True)]
        if sum(widths) + 2 * len(widths) > _terminal_width():
            return "\n".join([shown(self.title), "", *_listed(self.names, rows), *map(shown, self.notes)])
        rule = "  ".join("─" * width for width in widths)
        lines = [_aligned(self.names, widths), rule]
        for number, group in enumerate(self.groups):
            lines += [rule] if number else []
            lines += [_aligned([shown(cell) for cell in row], widths) for row in group]
        return "\n".join([shown(self.title), "", *lines, *map(shown, self.notes)])

    def markdown(self) -> str:
        """Return it as a table of GitHub's Markdown."""
        rows = [row for group in self.groups for row in group]
        lines = [_piped(map(_markdown, self.names)), _piped(["---", *["---:"] * (len(self.names) - 1)])]
        lines += [_piped(map(_markdown, row)) for row in rows]
        notes = [f"{_markdown(note)}  " for note in self.notes]
        return "\n".join([f"**{_markdown(self.title)}**", "", *lines, "", *notes]).rstrip()

    def latex(self) -> str:
        """Return it as a table of LaTeX with booktabs."""
        lines = [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex('. '.join([self.title, *self.notes]) + '.')}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(self.names) - 1)}}}",
            r"\toprule",
            _ampersands(self.names),
        ]
        for group in self.groups:
            lines += [r"\midrule", *map(_ampersands, group)]
        return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"])

    def html(self) -> str:
        """Return it as a table of HTML, without its title."""
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.names)
        bodies = [
            "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>\n" for row in group)
            for group in self.groups
        ]
        notes = "".join(f"<p class=note>{html.escape(note)}</p>\n" for note in self.notes)
        inside = "".join(f"<tbody>\n{body}</tbody>\n" for body in bodies)
        return f"<div class=wide><table>\n<thead><tr>{head}</tr></thead>\n{inside}</table></div>\n{notes}"


def _terminal_width() -> float:
    """Return the columns there are: those of a terminal, any number where output goes to a file."""
    return max(NARROWEST, shutil.get_terminal_size().columns) if sys.stdout.isatty() else float("inf")


def _cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    """Return a row, the first cell to the left, the others to the right."""
    blanks = [" " * (width - _cells(cell)) for cell, width in zip(row, widths, strict=True)]
    first, *others = (b + cell if place else cell + b for place, (cell, b) in enumerate(zip(row, blanks, strict=True)))
    return "  ".join([first, *others]).rstrip()


def _listed(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    widest = max(map(_cells, names))
    lines = []
    for row in rows:
        lines.append(row[0])
        lines += [
            f"  {name}{' ' * (widest - _cells(name))}  {cell}"
            for name, cell in zip(names[1:], row[1:], strict=True)
            if cell
        ]
    return lines


def _piped(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _ampersands(cells: Iterable[str]) -> str:
    return " & ".join(map(_latex, cells)) + r" \\"


def _markdown(text: str) -> str:
    return shown(text).translate(MARKDOWN)


def _latex(text: str) -> str:
    return shown(text).translate(LATEX)
