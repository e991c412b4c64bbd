"""Statements that say the same of releases, artists and labels differ by these names only."""

import re

import pytest

from pairmine import engine

ONE_NAME = re.compile(r"release|album|artist|label")
TWINS = {
    "groups": [f"strategies/{of}" for of in ("release", "artist", "label")],
    "holds both": [f"checks/{of}_holds_both" for of in ("release", "artist", "label")],
    "large enough": [f"checks/{of}_large_enough" for of in ("release", "artist", "label")],
    "same": [f"stats/pairs/same_{of}" for of in ("album", "artist")],
}


@pytest.mark.parametrize("files", TWINS.values(), ids=TWINS)
def test_twins_differ_by_their_names_only(files) -> None:
    codes = ["\n".join(re.findall(r"^(?!--).*$", engine.statement(file), re.MULTILINE)) for file in files]
    assert len({ONE_NAME.sub("thing", code) for code in codes}) == 1
