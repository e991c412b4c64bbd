"""What `link` prints: how many tracks matched, at which score, for which reason, and a sample to read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairmine import engine, links, store

REASONS = 12
SAMPLE_A_BAND = 4


@dataclass(frozen=True)
class Linked:
    """What was linked: the manifest, links by score and by reason, and some of each score band to read."""

    folder: Path
    manifest: dict[str, Any]
    scores: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    sample: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        manifest = {name: value for name, value in self.manifest.items() if name != "files"}
        parts = {"scores": self.scores, "reasons": self.reasons, "sample": self.sample}
        return {"folder": str(self.folder), **manifest, **parts}

    def __str__(self) -> str:
        lines = [f"{self.folder}: {self.manifest['links']:,} links"]
        for name, counts in zip(links.sources_of(self.manifest), self.manifest["tracks"], strict=True):
            share = self.manifest["links"] / max(counts["tracks"], 1)
            without = counts["tracks"] - counts["named"]
            lines += [
                f"  {share:.1%} of {counts['tracks']:,} tracks of {name}; {without:,} without title or artist, "
                f"{counts['not_compared']:,} not compared: too many are named alike"
            ]
        blocks = self.manifest["blocks"]
        lines += [f"  {blocks['pairs_compared']:,} pairs compared; {blocks['blocks_too_large']:,} blocks too large"]
        lines += ["", *(f"{each['links']:>10,} links with score {_band(each['from'])}" for each in self.scores)]
        lines += ["", *(f"{each['links']:>10,} {each['reason']}" for each in self.reasons[:REASONS])]
        for each in self.sample:
            lines += [
                "",
                f"{each['score']:.3f}  {each['reason']}",
                f"  {each['left_track']}",
                f"  {each['right_track']}",
            ]
        return "\n".join(lines)


def _band(start: float) -> str:
    return "1" if start == 1 else f"{start:.2f} to {start + 0.05:.2f}"


def read_report(workspace: Path, folder: Path) -> Linked:
    """Read the links in a folder and sum them up."""
    manifest = store.read_manifest(folder)
    with links.open_links(workspace, folder) as connection:
        engine.set_variables(connection, {"rows": SAMPLE_A_BAND})
        scores, reasons, sample = (
            connection.sql(engine.statement(f"linking/{name}")).to_arrow_table().to_pylist()
            for name in ("scores", "reasons", "sample")
        )
    return Linked(folder, manifest, scores, reasons, sample)
