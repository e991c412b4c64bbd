"""The command `train` as torchrun starts it, with two ranks on a CPU."""

import subprocess
import sys
from pathlib import Path

from pairmine import __main__

ROOT = Path(__file__).resolve().parent.parent.parent
LAUNCH = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tests.trainer.two_ranks"]


def train(*words: str) -> str:
    """Train in two ranks, see that neither leaves a thread of gloo behind, and return what they wrote to both streams.

    A thread that still holds a tensor when the interpreter ends aborts the process, once in a few hundred runs.
    """
    done = subprocess.run(
        [sys.executable, *LAUNCH, "train", *words, "--device", "cpu"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("threads left: []") == 2, done.stdout
    return done.stdout


def _threads() -> list[str]:
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    return [name for name in names if "gloo" in name]


if __name__ == "__main__":
    try:
        __main__.main()
    finally:
        print(f"threads left: {_threads()}\n", end="", flush=True)
