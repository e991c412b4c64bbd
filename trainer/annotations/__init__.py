"""Annotations: the published label files of a data set, read as they are. One file a data set; none knows of systems.

Each file holds `read(data, …) -> Annotations`: `data` is the folder that has the published files, by their names,
anywhere below it, plain or gzipped. Counts other than published are an error unless `allow_other_counts`.
"""

from trainer.annotations._annotations import SPLITS, Annotations

__all__ = ["SPLITS", "Annotations"]
