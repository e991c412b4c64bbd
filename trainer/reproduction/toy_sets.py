"""A few tracks of every annotated data set, in the files it is published as."""

from collections.abc import Callable
from pathlib import Path

from trainer.annotations.audioset import TOP_LEVEL
from trainer.annotations.fma_small import GENRES as GENRES_FMA
from trainer.annotations.gtzan import GENRES as GENRES_GTZAN
from trainer.annotations.irmas import INSTRUMENTS
from trainer.reproduction.toy_files import arrays, clips, document, table
from trainer.reproduction.toy_world import WORDS

LARGER = {"train": 36, "valid": 12, "test": 24}
TENTH_IS_ENOUGH = {"train": 60}  # to learn each class from a tenth of them
JAMENDO = {"genre": "genre", "instrument": "instrument", "moodtheme": "mood/theme", "top50tags": "genre"}


def _places(train: int = 12, valid: int = 4, test: int = 8) -> dict[str, list[int]]:
    """Return the numbers of the tracks of each split."""
    numbers = list(range(train + valid + test))
    return {"train": numbers[:train], "valid": numbers[train : train + valid], "test": numbers[train + valid :]}


def _mtg_jamendo(folder: Path) -> None:
    header = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]
    keys = [f"{number % 100:02d}/{number}" for number in range(101, 125)]
    for task, category in JAMENDO.items():
        for split, places in _places().items():
            rows = [
                [
                    *(f"track_{place:07d}", f"artist_{place:06d}", f"album_{place:06d}", f"{keys[place]}.mp3", "13.0"),
                    *(f"{category}---{WORDS[word]}" for word in (place % 2, 2 + place % 3)),
                ]
                for place in places
            ]
            part = "validation" if split == "valid" else split
            table(folder / "annotations" / f"autotagging_{task}-{part}.tsv", [header, *rows], "\t", "\r\n")
    clips(folder / "audio", keys)
    arrays(folder / "melon", keys)


def _magnatagatune(folder: Path) -> None:
    split_of = {place: split for split, places in _places(**TENTH_IS_ENOUGH).items() for place in places}
    path_of = {place: f"{split[0]}/clip-{place}" for place, split in split_of.items()}
    notes = {
        f"{place:05d}": {
            **{"split": split, "y": [["guitar", "piano"][place % 2], ["rock", "techno"][place // 2 % 2]]},
            "extra": {"mp3_path": f"{path_of[place]}.mp3", "artist": f"A {place}", "title": f"T {place}"},
        }
        for place, split in split_of.items()
    }
    document(folder / "annotations" / "magnatagatune.json", notes)
    clips(folder / "audio", list(path_of.values()), seconds=5)


def _fma_small(folder: Path) -> None:
    numbers = {split: [place + 2 for place in places] for split, places in _places(**LARGER).items()}
    paths = [f"000/{number:06d}" for part in numbers.values() for number in part]
    genres = [(f"{path}.mp3", GENRES_FMA[place % 8]) for place, path in enumerate(paths)]
    table(folder / "annotations" / "fma_small.csv", [("filename", "genre"), *genres])
    for split, part in numbers.items():
        name = f"FMA_small_{split}_tr_id_list.txt"
        (folder / "annotations" / name).write_text("".join(f"{number}\n" for number in part))
    clips(folder / "audio", paths, seconds=5)


def _gtzan(folder: Path) -> None:
    (folder / "annotations").mkdir()
    keys = []
    for split, places in _places(**LARGER).items():
        part = [f"{GENRES_GTZAN[place % 10]}/{GENRES_GTZAN[place % 10]}.{place:05d}" for place in places]
        (folder / "annotations" / f"{split}_filtered.txt").write_text("".join(f"{key}.wav\n" for key in part))
        keys += part
    arrays(folder / "melon", keys)


def _irmas(folder: Path) -> None:
    places = range(110)  # as many of each instrument as there are folds
    names = [f"[{INSTRUMENTS[place % 11]}][pop_roc]{place:04d}__1" for place in places]
    rows = [(f"{name}.wav", str(place % 11)) for place, name in enumerate(names)]
    table(folder / "annotations" / "irmas_train_meta.csv", rows)
    clips(folder / "audio", [f"{INSTRUMENTS[place % 11]}/{names[place]}" for place in places], seconds=3)


def _msd(folder: Path) -> None:
    ids = [f"TR{place:016d}" for place in range(24)]
    paths = [f"A/B/{name}" for name in ids]
    notes = folder / "annotations"
    for split, places in _places().items():
        part = {"valid": "val"}.get(split, split)
        rows = [(ids[p], str([1 - p % 2, p % 2, int(p % 3 == 0)])) for p in places]
        table(notes / f"{part}_gt_msd.tsv", rows, "\t")
    table(notes / "index_msd.tsv", [(name, f"{path}.mp3") for name, path in zip(ids, paths, strict=True)], "\t")
    (notes / "output_labels_msd.txt").write_text("labels = ['a', 'b', 'c']\n")
    (folder / "train.txt").write_text("".join(f"{paths[place]}.flac\n" for place in _places()["train"]))
    clips(folder / "audio", paths, seconds=25)  # what MelCPC learns from is 24 s long


def _dim_sim(folder: Path) -> None:
    ids = [f"TR{place:016d}" for place in range(9)]
    header = [f"{who}_{what}" for who in ("anchor", "song1", "song2") for what in ("id", "start_seconds")]
    rows = [
        (ids[place], 0.0, ids[(place + 1) % 9], 3.0, ids[(place + 4) % 9], 6.0, place % 2) for place in range(len(ids))
    ]
    table(folder / "annotations" / "clean-dim-sim.csv", [[*header, "song1_vote"], *rows])
    clips(folder / "audio", ids)


def _audioset(folder: Path) -> None:
    places, genres = _places(**TENTH_IS_ENOUGH), list(TOP_LEVEL)
    for part, some in (("balanced_train", [*places["train"], *places["valid"]]), ("eval", places["test"])):
        head = f"# num_ytids={len(some)}, num_segs={len(some)}, num_unique_labels=3, num_positive_labels=3\n"
        lines = [f'yt_{place:08d}, 0.000, 10.000, "{genres[place % 2]},/m/04rlf"\n' for place in some]
        (folder / "annotations").mkdir(exist_ok=True)
        (folder / "annotations" / f"{part}_segments.csv").write_text(head + "".join(lines))
        clips(folder / "audio", [f"yt_{place:08d}" for place in some], seconds=10)


def _vggish(folder: Path) -> None:
    (folder / "vggish-10086976.pth").touch()  # toy runs take another network, which has no weights


WRITERS: dict[str, Callable[[Path], None]] = {
    "mtg-jamendo": _mtg_jamendo,
    "magnatagatune": _magnatagatune,
    "fma-small": _fma_small,
    "gtzan": _gtzan,
    "irmas": _irmas,
    "msd": _msd,
    "dim-sim": _dim_sim,
    "audioset": _audioset,
    "vggish": _vggish,
}
