"""Million Song Dataset with its 50 most frequent Last.fm tags: 241,889 excerpts of 29 s or more.

T. Bertin-Mahieux, D. Ellis, B. Whitman, P. Lamere: The Million Song Dataset. ISMIR 2011. Split: K. Choi, G. Fazekas,
M. Sandler, ISMIR 2016, without excerpts under 29.1 s (J. Lee, J. Nam, github.com/jongpillee/music_dataset_split).
"""

from pathlib import Path

from trainer.annotations import _musicnn
from trainer.annotations._annotations import Annotations, gather

PUBLISHED = {"train": 201_680, "valid": 11_774, "test": 28_435, "classes": 50}


def read(data: Path, *, allow_other_counts: bool = False) -> Annotations:
    """Read the text form of the split: `{train,val,test}_gt_msd.tsv`, `index_msd.tsv` and `output_labels_msd.txt`.

    They are the folder data/index/msd of github.com/jordipons/musicnn-training. Keys are paths by letters of the track
    id (`A/D/Q/TRADQMG128F4251E77`). The split's other form, pickled NumPy arrays, is not read.

    Raises:
        InputError: a file is missing, not in the published form, or has other counts than published.
    """
    labels, index, tables = _musicnn.files(data, "msd")
    tags, paths = _musicnn.tags(labels), _musicnn.index(index)
    return gather(
        "MSD top-50",
        (row for file, split in tables.items() for row in _musicnn.rows(file, split, paths, tags)),
        [*tables, index, labels],
        classes=tags,
        published=PUBLISHED,
        allow_other_counts=allow_other_counts,
    )
