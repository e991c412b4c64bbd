"""Entry point of the `pairmine` command; finds cli.py without claiming the import name `cli`."""

import importlib.util
import io
import sys

from pairmine import resources
from pairmine.errors import INTERRUPTED


def main() -> None:
    """Load cli.py under the name `pairmine.cli` and run it; Ctrl-C ends with 130 and one line, at any moment."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors=sys.stdout.errors)  # as files are, whatever the locale
    try:
        _run()
    except KeyboardInterrupt:
        print(
            "pairmine: interrupted; the same command starts again or continues (train: with --resume)", file=sys.stderr
        )
        sys.exit(INTERRUPTED)


def train() -> None:
    """Run the command `train`, the same as `pairmine train`."""
    sys.argv.insert(1, "train")
    main()


def _run() -> None:
    spec = importlib.util.spec_from_file_location("pairmine.cli", resources.path("cli.py"))
    if spec is None or spec.loader is None:
        raise ImportError("cli.py cannot be loaded: reinstall pairmine")
    cli = importlib.util.module_from_spec(spec)
    sys.modules["pairmine.cli"] = cli
    spec.loader.exec_module(cli)
    cli.main()


if __name__ == "__main__":
    main()
