"""Evaluations: a protocol of the papers over real annotation files. One file each, found by folder scan.

A file holds `prepare(data, *, …) -> Evaluation`: its keyword parameters, annotated with `typer.Option`, are the
options of `pairmine evaluate NAME`, its docstring the help. What it returns scores any number of systems.
"""

from trainer.evaluations._evaluation import Evaluation
from trainer.systems import Patches, System

__all__ = ["Evaluation", "Patches", "System"]
