import re
from decimal import Decimal
from pathlib import Path

import pytest

from trainer.reporting import papers
from trainer.reporting.papers import Published

PAPERS = Path(__file__).resolve().parents[4] / "shared" / "papers"
TEXTS = {
    "playlists-2023": "000_",
    "strategies-2022": "001_",
    "colisten-2020": "002_",
    "crossmodal-2021": "003_",
    "discogs-2022": "004_",
}
IDS = [f"{table.paper}-{table.table}-{number}" for number, table in enumerate(papers.tables())]


def _text(paper: str) -> str:
    found = list(PAPERS.glob(f"{TEXTS[paper]}*.txt"))
    if not found:
        pytest.skip(f"the text of {paper} is not beside the repository")
    return found[0].read_text()


def _as_in_the_text(figure: str) -> str:
    """Return a figure as the texts have it: with ±, with LaTeX's, or with nothing between value and spread."""
    value, _, spread = figure.rstrip("*").partition(papers.SPREAD)
    starred = r"\*?" if figure.endswith("*") else ""
    number = rf"(?<![\d.]){starred}{re.escape(value)}"
    return rf"{number}( ?(±|\\pm)? ?){re.escape(spread)}(?!\d)" if spread else rf"{number}(?![\d])"


@pytest.mark.parametrize("table", papers.tables(), ids=IDS)
def test_a_table_is_whole(table: Published) -> None:
    assert {len(row) for row in table.rows} == {len(table.metrics) + 1}
    assert len({row[0] for row in table.rows}) == len(table.rows)
    assert all(any(row[1:]) for row in table.rows)
    for metric in table.metrics:
        for figure in table.figures(metric).values():
            assert 0 <= Decimal(figure.rstrip("*").split(papers.SPREAD)[0]) <= 1


@pytest.mark.parametrize("table", papers.tables(), ids=IDS)
def test_every_figure_stands_in_the_text_of_its_paper(table: Published) -> None:
    text = _text(table.paper)
    figures = [figure for row in table.rows for figure in row[1:] if figure]
    assert [figure for figure in figures if not re.search(_as_in_the_text(figure), text)] == []


LINE_A_SYSTEM = [
    ("playlists-2023", "2"),
    ("strategies-2022", "2"),
    ("strategies-2022", "3"),
    ("colisten-2020", "2"),
    ("crossmodal-2021", "1"),
    ("crossmodal-2021", "2"),
    ("crossmodal-2021", "3"),
    ("discogs-2022", "3"),
    ("discogs-2022", "4"),
]


@pytest.mark.parametrize(("paper", "number"), LINE_A_SYSTEM)
def test_the_figures_of_a_system_stand_in_one_line_in_the_order_of_the_columns(paper: str, number: str) -> None:
    lines = _text(paper).splitlines()
    parts = [each for each in papers.tables() if (each.paper, each.table) == (paper, number)]
    line_of = {}
    for system in dict.fromkeys(row[0] for each in parts for row in each.rows):
        rows = [row for each in parts for row in each.rows if row[0] == system]
        in_order = ".*?".join(_as_in_the_text(figure) for row in rows for figure in row[1:] if figure)
        matching = [n for n, line in enumerate(lines) if re.search(in_order, line)]
        assert matching, system
        line_of[system] = matching[-1] if system.startswith("ResNet50, ") else matching[0]
    for each in parts:
        order = [line_of[row[0]] for row in each.rows]
        assert order == sorted(order)


def test_percentages_become_parts_of_one() -> None:
    table = Published(
        "p", "c", "1", "genre", "p", ["accuracy"], [["a", "76.78 ± 1.22"], ["b", "91.3*"], ["c", ""]], True
    )
    assert table.figures("accuracy") == {"a": "0.7678 ± 0.0122", "b": "0.913*"}
    assert table.figures("AP") == {}


def test_tables_are_found_by_protocol_and_not_by_one_of_another_share() -> None:
    whole = "colisten-2020, MagnaTagATune top-50, 12:1:3"
    assert [len(table.rows) for table in papers.find("tagging", whole)] == [6]
    assert [len(table.rows) for table in papers.find("tagging", f"{whole}, 10% of the training tracks")] == [3]
    assert papers.find("tagging", f"{whole}, 5% of the training tracks") == []
    assert papers.find("genre", whole) == []
    assert [table.table for table in papers.find("colisten", "colisten-2020, any source")] == ["2"]
