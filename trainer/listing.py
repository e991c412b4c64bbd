"""`train --list`: what recipes there are."""

from dataclasses import asdict, dataclass
from typing import Any

from trainer import recipe as recipes


@dataclass(frozen=True)
class Entry:
    """One recipe."""

    recipe: str
    paper: str
    encoder: str
    objective: str
    pairs: str
    title: str


@dataclass(frozen=True)
class Listing:
    """All recipes."""

    entries: list[Entry]

    def as_dict(self) -> dict[str, Any]:
        """Return the list for `--json`."""
        return {"recipes": [asdict(entry) for entry in self.entries]}

    def __str__(self) -> str:
        rows = [tuple(asdict(entry).values()) for entry in self.entries]
        rows.insert(0, tuple(Entry.__dataclass_fields__))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)


def listing() -> Listing:
    """Return all recipes with paper, encoder, objective, and the roles of the pair sets they learn from."""
    return Listing([_entry(recipes.load(name)) for name in recipes.names()])


def _entry(recipe: recipes.Recipe) -> Entry:
    losses = " + ".join(dict.fromkeys(task.loss for task in recipe.tasks)) or "none"
    return Entry(recipe.name, recipe.paper, recipe.encoder.name, losses, ",".join(recipe.roles), recipe.title)
