"""Who may import whom (CONTRIBUTING.md): the kernel layer knows no stage, stages do not know each other."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pairmine import failures

ROOT = Path(__file__).resolve().parent.parent
BASE = {
    "schema",
    "errors",
    "seeding",
    "store",
    "making",
    "pair_sets",
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
    "pair_sets",
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
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTION_OF = {"sklearn": "scikit-learn", "tomli_w": "tomli-w", "llvmlite": "numba"}  # numba's own half
FOR_TORCH = {ROOT / "pairmine" / "shards" / "torch.py", *(ROOT / "pairmine" / "testing").glob("*.py")}


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


def distributions(requirements: list[str]) -> set[str]:
    return {requirement.split(">")[0] for requirement in requirements}


def taken_at_once(file: Path) -> set[str]:
    """Return the distributions that importing a file imports."""
    body = ast.parse(file.read_text()).body
    modules = [node.module or "" for node in body if isinstance(node, ast.ImportFrom)]
    modules += [alias.name for node in body if isinstance(node, ast.Import) for alias in node.names]
    theirs = {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {"pairmine", "trainer"}
    return {DISTRIBUTION_OF.get(module, module) for module in theirs}


def test_what_is_imported_is_installed_with_pairmine_and_for_the_trainer_with_its_extra() -> None:
    core, train = distributions(PYPROJECT["dependencies"]), distributions(PYPROJECT["optional-dependencies"]["train"])
    mining = {*FILES, ROOT / "cli.py"} - FOR_TORCH
    assert set().union(*map(taken_at_once, mining)) <= core
    assert set().union(*map(taken_at_once, [*TRAINER, *FOR_TORCH])) <= core | train


def test_a_module_of_an_extra_that_is_missing_is_told_with_the_extra() -> None:
    core = distributions(PYPROJECT["dependencies"])
    wanted = set().union(*map(taken_at_once, TRAINER)) - core
    assert wanted <= {DISTRIBUTION_OF.get(module, module) for module in failures.EXTRAS}
    for module, extra in failures.EXTRAS.items():
        known = distributions(PYPROJECT["optional-dependencies"][extra])
        assert DISTRIBUTION_OF.get(module, module) in known


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
