"""Embeddings: a trained encoder over a feature store, one vector a track or a patch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from pairmine import store
from pairmine.errors import DamagedError, UsageError
from pairmine.progress import bar
from pairmine.registry import check_name
from trainer import ranks, run_folder, trained_encoder
from trainer._embed_inputs import Folder, Inputs, Stored
from trainer.features import sounds
from trainer.features.store import Tracks
from trainer.trained_encoder import TrainedEncoder

PATCHES = 256  # the encoder sees at once

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Part = tuple[Ints, npt.NDArray[np.float64], Floats]


@dataclass(frozen=True)
class Embedded:
    """What `embed` did; `rejects` counts files of a folder, `too_short` tracks of a store, that were not embedded."""

    file: Path
    tracks: int
    vectors: int
    dim: int
    too_short: int
    rejects: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        return asdict(self)

    def __str__(self) -> str:
        left_out = f"; {self.too_short:,} tracks too short for the encoder left out" if self.too_short else ""
        left_out += f"; {self.rejects:,} files rejected, see {rejects_file(self.file)}" if self.rejects else ""
        return f"{self.file}: {self.vectors:,} vectors of {self.dim} for {self.tracks:,} tracks{left_out}"


def embed(
    workspace: Path,
    run: str,
    *,
    features: Path | None = None,
    audio: Path | None = None,
    out: Path | None = None,
    per_patch: bool = False,
    stats: str = "mean",
    overlap: float = 0.0,
    device: str | None = None,
    threads: int | None = None,
) -> Embedded:
    """Write embeddings.parquet: (key, vector), or with `per_patch` (key, start_ms, vector), in the order of keys.

    Tracks are cut into patches of the length trained on, side by side unless they `overlap`; a shorter track is one
    patch, as far as the encoder takes it. A recipe whose `embed` is "whole" hears each track in one piece.

    Args:
        workspace: where runs and features are.
        run: name of a run (its best weights), a checkpoint, or the folder of an export.
        features: the feature store; by default the workspace's one of the recipe's front end.
        audio: a folder of audio in its place; what cannot be used of it is written to OUT.rejects.parquet.
        out: the file, its folder made where there is none; by default embeddings.parquet beside the checkpoint.
        per_patch: one row a patch (a step in time, for encoders that have several).
        stats: "mean" over the vectors of a track, or "mean-std": the standard deviation behind it.
        overlap: the share of a patch that the next one has in common with it; 0.5 in discogs-2022.
        device: "cpu", "cuda" or "cuda:N"; by default the GPU if there is one.
        threads: that decode audio; by default one a core.

    Raises:
        UsageError: unknown `stats`, or others than "mean" per patch; an `overlap` that is no share; both features and
            audio, or features of another front end.
        MissingError: run or features are missing.
        InputError: nothing in the folder of audio can be used.
        DamagedError: the checkpoint is damaged, or features are no numbers.
    """
    check_name("statistic", stats, ("mean", "mean-std"))
    if per_patch and stats != "mean":
        raise UsageError(f"--stats {stats} is over the patches of a track, --per-patch writes each: leave one out")
    if not 0 <= overlap < 1:
        raise UsageError(f"--overlap {overlap:g}: give a share from 0 up to, but not, 1, such as 0.5")
    if features is not None and audio is not None:
        raise UsageError("--features and --audio are both given: embed one of them at a time")
    path = run_folder.find_checkpoint(workspace, run)
    model = trained_encoder.load(path)
    folder = Folder(audio, model, threads) if audio else None
    inputs: Inputs = folder or Stored(workspace, features, model)
    out = out or path.parent / "embeddings.parquet"
    out.parent.mkdir(parents=True, exist_ok=True)
    dim = model.encoder.dim * (2 if stats == "mean-std" else 1)
    told = {"checkpoint": store.sha256(path), "features": inputs.digest, "recipe": model.recipe.name}
    schema = _schema(dim, per_patch, told | {"stats": None if per_patch else stats, "overlap": overlap})
    where = torch.device(ranks.device_name(device))
    model.to(where)
    tracks, written = 0, 0
    with _whole(out, schema) as writer, bar("embed", inputs.count) as advance:
        for opened, rows, count in inputs.pieces():
            if rows.size:
                table = _table(opened, vectors(opened, model, where, rows, overlap), rows, per_patch, stats, schema)
                writer.write_table(table)
                tracks, written = tracks + len(rows), written + table.num_rows
            advance(count)
        if folder:
            folder.write_rejects(rejects_file(out))
    too_short = inputs.too_short if isinstance(inputs, Stored) else 0
    return Embedded(out, tracks, written, dim, too_short, len(folder.rejects) if folder else 0)


def rejects_file(out: Path) -> Path:
    """Return where the rejects of a folder of audio are written."""
    return out.with_name(f"{out.stem}.rejects.parquet")


@contextmanager
def _whole(out: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """Open a writer of a file that is there whole or not at all."""
    temporary = out.with_name(out.name + ".tmp")
    try:
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            yield writer
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def _schema(dim: int, per_patch: bool, told: dict[str, Any]) -> pa.Schema:
    start = [pa.field("start_ms", pa.int32(), nullable=False)] if per_patch else []
    key = pa.field("key", pa.string(), nullable=False)
    vector = pa.field("vector", pa.list_(pa.float32(), dim), nullable=False)
    return pa.schema([key, *start, vector], {"pairmine": json.dumps(told, sort_keys=True)})


def _table(
    features: Tracks, parts: Iterator[Part], rows: Ints, per_patch: bool, stats: str, schema: pa.Schema
) -> pa.Table:
    """Return the vectors of some tracks as rows of the file."""
    row_N, start_N, vector_ND = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((start_N, row_N))
    row_N, start_N, vector_ND = row_N[order], start_N[order], vector_ND[order]
    check_finite(features, row_N, vector_ND)
    if per_patch:
        starts = np.rint(start_N * 1000 * features.seconds_a_frame).astype(np.int32)
        return pa.table([features.keys.take(pa.array(row_N)), starts, _column(vector_ND)], schema=schema)
    of_tracks = pooled(vector_ND, np.flatnonzero(np.diff(row_N, prepend=-1)), stats)
    return pa.table([features.keys.take(pa.array(rows)), _column(of_tracks)], schema=schema)


def check_finite(features: Tracks, row_N: Ints, vector_ND: Floats) -> None:
    """Raise DamagedError if a vector of a row of features is no number."""
    wrong = np.flatnonzero(~np.isfinite(vector_ND).all(1))
    if wrong.size:
        raise DamagedError(
            f"the vector of {features.keys[int(row_N[wrong[0]])]} is no number: its features in {features.folder}, "
            "or the checkpoint's weights, are damaged: run `pairmine features DIR --force`, or train anew"
        )


def pooled(vector_ND: Floats, firsts: Ints, stats: str = "mean") -> Floats:
    """Return mean, or mean and standard deviation, of the vectors of each track.

    Args:
        vector_ND: vectors of patches, those of a track one behind the other.
        firsts: where each track begins.
        stats: "mean", or "mean-std": twice as wide.
    """
    counts = np.diff(np.append(firsts, len(vector_ND)))[:, None]
    mean_RD = np.add.reduceat(vector_ND.astype(np.float64), firsts) / counts
    if stats == "mean":
        return mean_RD.astype(np.float32)
    apart_ND = vector_ND - np.repeat(mean_RD, counts[:, 0], axis=0)
    std_RD = np.sqrt(np.add.reduceat(np.square(apart_ND), firsts) / counts)
    return np.concatenate([mean_RD, std_RD], axis=1).astype(np.float32)


def vectors(
    features: Tracks, model: TrainedEncoder, device: torch.device, rows: Ints, overlap: float = 0.0
) -> Iterator[Part]:
    """Yield rows, first frames and vectors of all patches of some tracks, those of one length together.

    What is yielded is ordered neither by row nor by frame. Tracks under `model.encoder.shortest` frames must be left
    out beforehand.

    Args:
        features: where the patches are.
        model: on `device`, in evaluation mode.
        device: where to compute.
        rows: of the store, each once.
        overlap: the share of a patch that the next one has in common with it, from 0 to under 1.
    """
    frames_R = features.frames[rows].astype(np.int64)
    longest = model.encoder.longest or int(frames_R.max(initial=0))
    usual = frames_R if model.recipe.embed == "whole" else np.minimum(model.frames, frames_R)
    length_R = np.minimum(usual, longest)
    for length in np.unique(length_R):
        of_length = rows[length_R == length]
        step = max(round(int(length) * (1 - overlap)), 1)
        counts = (features.frames[of_length] - length) // step + 1
        row_N = np.repeat(of_length, counts)
        start_N = (np.arange(len(row_N)) - np.repeat(np.cumsum(counts) - counts, counts)) * step
        for first in range(0, len(row_N), PATCHES):
            row_B, start_B = row_N[first : first + PATCHES], start_N[first : first + PATCHES]
            patch_BFT = torch.from_numpy(features.patches(row_B, start_B, int(length))).to(device)
            with torch.inference_mode():
                mel_BFT = sounds.log_mels(patch_BFT, model.front_end) if features.waveforms else patch_BFT
                z_BSD = model(mel_BFT).float().cpu().numpy()
            steps = z_BSD.shape[1]
            start_BS = start_B[:, None] + np.arange(steps) * (length / steps)
            yield np.repeat(row_B, steps), start_BS.ravel(), z_BSD.reshape(-1, z_BSD.shape[2])


def _column(vector_ND: Floats) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(vector_ND).ravel()), vector_ND.shape[1])
