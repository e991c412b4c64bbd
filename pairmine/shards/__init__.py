"""Pair sets on disk: DIR/manifest.json, DIR/tracks.parquet, DIR/epoch=0000/part-00000.parquet …

`Reader` and `Batches` are for anyone's trainer: they need NumPy and pyarrow only. `pairmine.shards.torch` has a loader
with workers and ranks; `pairmine.shards.writer` writes sets.
"""

from pairmine.shards.batches import Batch, Batches
from pairmine.shards.reader import Epoch, Reader
from pairmine.shards.targets import Labels, Vectors

__all__ = ["Batch", "Batches", "Epoch", "Labels", "Reader", "Vectors"]
