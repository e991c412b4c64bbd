"""Who may import whom (CONTRIBUTING.md): the kernel layer knows no stage, stages do not know each other."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BASE = {
    "schema",
    "errors",
    "seeding",
    "store",
    "making",
    "engine",
    "registry",
    "resources",
    "progress",
    "parallel",
    "failures",
}
SHARED = BASE | {"kernels", "catalogue", "links", "shards", "audio_folder"}
STAGES = {
    "sources": {"sources"},
    "strategies": {"strategies"},
    "pairing": {"strategies"},
    "checking": {"strategies"},
    "report": {"report", "strategies"},
    "demo": {"demo"},
    "linking": {"linking"},
    "splits": {"splits"},
    "testing": {"testing"},
}
TRAINER_MAY = {
    "errors",
    "registry",
    "store",
    "making",
    "parallel",
    "progress",
    "seeding",
    "schema",
    "kernels",
    "audio_folder",
    "shards",
}
# Of the trainer, each layer imports only what stands before it, and itself; what is named nowhere is the core.
LAYERS = (
    {"metrics"},
    {"core"},
    {"annotations", "probes"},
    {"systems"},
    {"evaluations"},
    {"reporting"},
    {"scoring"},
    {"reproduction"},
)
FILES = sorted((ROOT / "pairmine").rglob("*.py"))
TRAINER = sorted((ROOT / "trainer").rglob("*.py"))
UNWANTED = "duckdb", "polars", "gensim"


def imported(file: Path, package: str = "pairmine") -> set[str]:
    """Return the members of a package that a file imports, by their first name."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == package:
            parts = node.module.split(".")[1:]
            names |= {parts[0]} if parts else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith(f"{package}.")}
    return names - {"__version__"}


def layer(member: str) -> int:
    """Return where a member of the trainer stands in the order of its layers."""
    place = next((place for place, members in enumerate(LAYERS) if member in members), None)
    return layer("core") if place is None else place


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_module_imports_only_what_it_may(file: Path) -> None:
    own = file.relative_to(ROOT / "pairmine").parts[0].removesuffix(".py")
    if own in ("__main__", "__init__"):
        allowed = {"resources", "errors"}
    elif own in BASE:
        allowed = BASE
    elif own == "kernels":
        allowed = {"kernels", "parallel", "seeding"}
    elif own in ("catalogue", "links", "shards", "audio_folder"):
        allowed = SHARED
    else:
        allowed = SHARED | STAGES[own]
    assert imported(file) <= allowed


@pytest.mark.parametrize("file", TRAINER, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_trainer_imports_of_pairmine_only_what_needs_no_database(file: Path) -> None:
    assert imported(file) <= TRAINER_MAY


@pytest.mark.parametrize("file", TRAINER, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_the_trainer_imports_of_itself_only_what_stands_before(file: Path) -> None:
    own = file.relative_to(ROOT / "trainer").parts[0].removesuffix(".py")
    ahead = {member for member in imported(file, "trainer") if layer(member) > layer(own)}
    beside = {member for member in imported(file, "trainer") if layer(member) == layer(own) > layer("core")}
    assert not ahead and beside <= {own}


def test_the_trainer_loads_neither_databases_nor_gensim() -> None:
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in TRAINER]
    code = f"import sys, {', '.join(modules)}; print([n for n in {UNWANTED} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_the_contracts_for_others_load_torch_only_when_called() -> None:
    code = "import sys, pairmine.testing; print([n for n in ('torch', 'numpy', 'pytest') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    heavy = "numba", "pyarrow", "duckdb", "polars", "numpy", "torch", "rich"
    code = (
        "import sys; from pairmine import __main__ as m; sys.argv = ['pairmine', '--help']\n"
        "try: m.main()\n"
        f"except SystemExit: print([n for n in {heavy} if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stderr.strip() == "[]"
    assert "build-pairs" in done.stdout
