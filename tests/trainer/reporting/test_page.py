import html.parser
import json
import math
import re
from pathlib import Path

import pytest

from pairmine.errors import DamagedError, MissingError
from tests.trainer.reporting.results_made import result
from trainer.reporting import compare, page, plots
from trainer.reporting.plots import Bar, Curve

VOID = {"meta", "line", "rect", "circle", "polyline", "path"}
OPTIONAL = {"html"}


class Checker(html.parser.HTMLParser):
    """Notes tags, texts and attributes; complains of tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def _checked(text: str) -> Checker:
    checker = Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    return checker


def _run(folder: Path, *lines: dict) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_a_page_is_one_file_that_loads_nothing(tmp_path: Path) -> None:
    run = _run(tmp_path, {"kind": "step", "step": 1, "loss": 2.0}, {"kind": "step", "step": 2, "loss": 1.0})
    text = compare.as_page("<Demo>", compare.merge([("a", result("x <script>alert(1)</script>"))]), {"run & co": run})
    checker = _checked(text)
    tags = {tag for tag, _ in checker.tags}
    assert {"svg", "table", "figure", "polyline"} <= tags
    assert not tags & {"script", "link", "img", "iframe", "object", "base"}
    assert not [name for _, attrs in checker.tags for name in attrs if name in ("href", "src") or name.startswith("on")]
    assert "url(" not in text
    assert "@import" not in text
    assert "prefers-color-scheme: dark" in text
    assert "&lt;Demo&gt;" in text
    assert "run &amp; co" in text


def test_the_title_of_a_page_of_one_table_stands_once() -> None:
    made = result("x")
    [merged] = compare.merge([("a", made)])
    for title, headings in ((made.title, ["h1"]), ("Another", ["h1", "h2"])):
        tags = [tag for tag, _ in _checked(compare.as_page(title, [merged])).tags if tag in ("h1", "h2")]
        assert tags == headings


def _bars(text: str) -> list[dict[str, float]]:
    return [
        {name: float(attrs[name]) for name in ("x", "width")} for tag, attrs in _checked(text).tags if tag == "rect"
    ]


def test_bars_begin_at_zero_and_are_as_long_as_their_figures() -> None:
    first, second, below = _bars(
        plots.bars([Bar("a", 0.8, (0.7, 0.9), False), Bar("b", 0.4, None, True), Bar("c", -0.2, None, False)])
    )
    assert first["width"] == pytest.approx(2 * second["width"], abs=0.2)
    assert first["x"] == second["x"]
    assert below["width"] == pytest.approx(second["width"] / 2, abs=0.2)
    assert below["x"] + below["width"] == pytest.approx(first["x"], abs=0.2)


def test_intervals_are_drawn_where_they_are() -> None:
    text = plots.bars([Bar("a", 0.5, (0.25, 0.75), False)])
    [bar] = _bars(text)
    ends = [
        (float(attrs["x1"]), float(attrs["x2"]))
        for tag, attrs in _checked(text).tags
        if attrs.get("class") == "interval" and attrs["x1"] != attrs["x2"]
    ]
    [(low, high)] = ends
    assert low == pytest.approx(bar["x"] + bar["width"] / 2, abs=0.2)
    assert high == pytest.approx(bar["x"] + bar["width"] * 1.5, abs=0.2)


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, 1e-12, -1e12])
def test_bars_of_any_figure_are_svg(value: float) -> None:
    text = plots.bars([Bar("a" * 99, value, None, False), Bar("b", 0.0, None, True)])
    assert "nan" not in text
    assert "inf" not in text
    _checked(text)


def test_curves_are_thinned_and_stay_within_the_plot() -> None:
    points = [(float(n), math.sin(n / 500)) for n in range(10_000)]
    text = plots.curves([Curve("a", points), Curve("b", [(5.0, 0.5)]), Curve("c", [(1.0, math.nan)])], "step", "loss")
    [path] = re.findall(r'points="([^"]+)"', text)
    places = [tuple(map(float, place.split(","))) for place in path.split()]
    assert 300 < len(places) <= plots.POINTS
    assert places == sorted(places)
    assert all(0 <= x <= plots.CURVE_WIDTH and 0 <= y <= plots.CURVE_HEIGHT for x, y in places)
    assert (
        max(places, key=lambda place: place[1])[0] > min(places, key=lambda place: place[1])[0]
    )  # its top comes first
    assert plots.curves([Curve("c", [(1.0, math.nan)])], "step", "loss") == "<p class=note>Nothing to draw.</p>"


def test_curves_of_a_run_are_its_losses(tmp_path: Path) -> None:
    run = _run(
        tmp_path,
        {"kind": "start", "step": 0, "ranks": 1},
        {"kind": "step", "step": 10, "loss": 2.5},
        {"kind": "epoch", "step": 10, "epoch": 0, "train/loss": 2.6},
        {"kind": "epoch", "step": 20, "epoch": 1, "train/loss": 2.6, "valid/loss": 3.0},
    )
    assert page.training_curves("r", run) == [Curve("r", [(10, 2.5)]), Curve("r, validation", [(20, 3.0)])]


def test_runs_without_metrics_and_damaged_ones_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"metrics\.jsonl"):
        page.training_curves("r", tmp_path)
    (tmp_path / "metrics.jsonl").write_text('{"kind": "step", "step": 1, "loss": 2}\n{"ki')  # killed while it wrote
    assert page.training_curves("r", tmp_path) == [Curve("r", [(1, 2)])]
    (tmp_path / "metrics.jsonl").write_text('{"kind": "step"}\n')
    with pytest.raises(DamagedError, match=r"metrics\.jsonl"):
        page.training_curves("r", tmp_path)
