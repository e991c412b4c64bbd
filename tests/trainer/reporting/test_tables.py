import html.parser
import re

import pytest

from trainer.reporting import tables
from trainer.reporting.tables import Table

NASTY = '50% of $x_1 & <b>|`*#~^\\{}["é'


def _table(name: str = "mine", title: str = "t") -> Table:
    return Table(title, ["system", "AP"], [[[name, "0.5"]], [["chance *", "0.1"]]], ["a note"])


def test_text_is_aligned_also_where_characters_are_wide() -> None:
    lines = _table("音楽e\u0301").text().splitlines()[2:]
    assert lines[0] == "system     AP"
    assert lines[2] == "音楽e\u0301     0.5"
    assert lines[4] == "chance *  0.1"
    assert lines[-1] == "a note"


def test_what_cannot_be_printed_is_made_visible_in_text() -> None:
    assert "\x1b" not in _table("\x1b[31mred\n").text()
    assert "\\x1b[31mred\\n" in _table("\x1b[31mred\n").text()


def test_too_wide_a_table_is_listed_figure_by_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_terminal_width", lambda: 10)
    assert _table().text().splitlines()[2:4] == ["mine", "  AP      0.5"]


def test_markdown_is_escaped() -> None:
    row = _table(NASTY).markdown().splitlines()[4]
    cells = re.split(r"(?<!\\)\|", row)
    assert len(cells) == 4  # nothing before the first bar, two cells, nothing behind the last
    assert re.sub(r"\\(.)", r"\1", cells[1].strip()) == NASTY


def test_latex_is_escaped() -> None:
    latex = _table(NASTY, title=NASTY).latex()
    for line in latex.splitlines():
        if line.startswith("50"):
            assert line.count("&") == 2  # one escaped, one between the columns
            assert r"50\% of \$x\_1 \& \textless{}b\textgreater{}\textbar{}" in line
    assert not re.search(r"(?<!\\)[%$#_]", latex)
    assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")


def test_html_is_escaped() -> None:
    found = []
    parser = html.parser.HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.append(tag)  # type: ignore[method-assign]
    parser.feed(_table(NASTY).html())
    assert "b" not in found
    assert found.count("td") == 4
