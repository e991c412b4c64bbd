"""Statistics of a pair set or a source, whichever is named."""

from pathlib import Path

from pairmine import engine, pair_sets, store
from pairmine.errors import MissingError
from pairmine.registry import check_name
from pairmine.report.pair_stats import PairStats, pair_stats
from pairmine.report.source_stats import SourceStats, source_stats


def stats(workspace: Path, what: str, batch: int = 384) -> PairStats | SourceStats:
    """Return the statistics of a folder (a pair set, or a source), or of a source or pair set of the workspace by name.

    Raises:
        UsageError: there is none of that name.
        MissingError: the workspace is empty, or the folder a source's that is in none.
    """
    folder = Path(what)
    if (folder / store.MANIFEST).is_file() and "strategy" not in store.read_manifest(folder):
        return _of_folder(folder.resolve())
    if (folder / store.MANIFEST).is_file() or what in engine.pair_sets(workspace):
        return pair_stats(workspace, pair_sets.find(workspace, what), batch)
    known = [*engine.sources(workspace), *engine.pair_sets(workspace)]
    if not known:
        raise MissingError(f"no pair set in {what}, and workspace {workspace} is empty: run `pairmine ingest` first")
    check_name("source or pair set", what, known)
    return source_stats(workspace, what)


def _of_folder(folder: Path) -> SourceStats:
    """Return the statistics of a source by its folder."""
    if folder.parent.name != "catalogue":
        raise MissingError(
            f"{folder} is a source outside of a workspace: move it to WORKSPACE/catalogue/{folder.name}, "
            f"then run `pairmine stats {folder.name} --workspace WORKSPACE`"
        )
    return source_stats(folder.parent.parent, folder.name)
