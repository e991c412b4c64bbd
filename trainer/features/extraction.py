"""`pairmine features`: audio, or arrays of mels, into a feature store."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pairmine import __version__, parallel, store
from pairmine.errors import MissingError, UsageError
from pairmine.progress import as_size, bar
from trainer import registry
from trainer.features import _inputs as _feature_inputs
from trainer.features import audio
from trainer.features._inputs import Inputs, Item
from trainer.features._writer import Writer, already_there, writer
from trainer.features.audio import UnusableError
from trainer.frontends import FrontEnd

Halves = npt.NDArray[np.float16]
Shorts = npt.NDArray[np.int16]
Wave = npt.NDArray[np.float32]

CHUNK_FRAMES = 1 << 13  # transformed at a time, so that an hour of audio takes no more memory than minutes
SHORTEST_SECONDS = 3.0
EXCERPT_BYTES = 48
FULL_SCALE = 32_768
MARGIN = 1024  # samples by which a stored waveform is continued at each end: half the widest transform


@dataclass(frozen=True)
class Extracted:
    """What `features` did. `read` files = tracks of the store + skipped by rule + rejects."""

    folder: Path
    manifest: dict[str, Any]
    new: bool

    @property
    def rejects(self) -> int:
        """Files that are not in the store because they cannot be used."""
        return int(self.manifest["rejects"])

    def as_dict(self) -> dict[str, Any]:
        """Return the report for `--json`."""
        manifest = {name: value for name, value in self.manifest.items() if name != "files"}
        return {"folder": str(self.folder), "new": self.new, **manifest}

    def __str__(self) -> str:
        told, front_end = self.manifest, self.manifest["front_end"]
        frames = told["frames"] - 2 * front_end.get("margin", 0) * told["tracks"]
        hours = frames * front_end["hop"] / front_end["rate"] / 3600
        size = sum(entry["bytes"] for entry in told["files"])
        state = "written" if self.new else "there already, nothing to do"
        read = told["tracks"] + sum(told["skipped"].values()) + told["rejects"]
        skipped = "".join(f" + {count:,} {rule}" for rule, count in told["skipped"].items())
        return (
            f"{self.folder}: {told['tracks']:,} tracks, {hours:,.2f} hours, {as_size(size)}, {state}\n"
            f"files: {read:,} read = {told['tracks']:,} taken{skipped} + {told['rejects']:,} rejected"
        )


def features(
    workspace: Path,
    folder: Path | None = None,
    *,
    front_end: str,
    waveforms: bool = False,
    name: str | None = None,
    source: str | None = None,
    key_map: Path | None = None,
    seconds: float | None = None,
    shortest: float = SHORTEST_SECONDS,
    threads: int | None = None,
    force: bool = False,
) -> Extracted:
    """Write the log-mels of a folder of audio, or of arrays, to WORKSPACE/features/NAME, or find them there already.

    With `waveforms` the samples at the front end's rate are written, for it and others of that rate to hear later.

    Without `folder`, the audio that pairmine made for the source is taken (`ingest synth --audio`). The same files give
    the same bytes, whatever the threads; a killed run is continued from its last whole shard.

    Raises:
        UsageError: an unknown front end, options that leave nothing, or other features in that place without `force`.
        MissingError: the source, or its audio, is missing.
        InputError: nothing in the folder can be used.
    """
    if seconds is not None and seconds < shortest:
        raise UsageError(f"--seconds {seconds:g} keeps less than --shortest {shortest:g} wants: nothing would be left")
    model: Any = registry.build("frontends", front_end)
    if waveforms and model.reads != "audio":
        raise UsageError(f"the front end {front_end} takes arrays, there are no waveforms: leave out --waveforms")
    told, tracks = _feature_inputs.source_of(workspace, source) if source else (None, None)
    folder = folder or _own_audio(workspace, source)
    inputs = _feature_inputs.find(folder, model.reads, key_map, tracks)
    kind = "waveforms" if waveforms else front_end
    final = workspace / "features" / _checked(name or f"{source or folder.resolve().name}-{kind}")
    request = {
        "kind": "waveforms" if waveforms else "features",
        "pairmine_version": __version__,
        "front_end": _settings(model, front_end, waveforms),
        "source": told,
        "seconds": seconds,
        "shortest": shortest,
        "inputs": inputs.digest(),
        "skipped": dict(inputs.skipped),
    }
    if already_there(final, request, force):
        return Extracted(final, store.read_manifest(final), new=False)
    read = partial(read_item, model, waveforms, seconds, shortest)
    with writer(final, request, force) as opened:
        _extract(read, inputs, opened, threads)
        manifest = opened.commit(final, request)
    return Extracted(final, manifest, new=True)


def _settings(model: FrontEnd, name: str, waveforms: bool) -> dict[str, Any]:
    """Return what a manifest says of how the values came about."""
    if not waveforms:
        return model.settings | {"name": name}
    return {"name": "waveforms", "reads": "audio", "rate": model.rate, "hop": 1, "bands": 1, "margin": MARGIN}


def _own_audio(workspace: Path, source: str | None) -> Path:
    """Return the folder of the audio that pairmine made for a source."""
    if source is None:
        raise UsageError("name the folder of the audio: `pairmine features DIR`")
    folder = workspace / "audio" / source
    if not folder.is_dir():
        raise MissingError(f"{folder} is not there: name the folder of the audio, `pairmine features DIR`")
    return folder


def _checked(name: str) -> str:
    """Return the name of a store, which must be able to name a folder of its own."""
    if name != Path(name).name or name.startswith(".") or name.endswith(".partial"):
        raise UsageError(f"{name!r} cannot name features: give another by --name, without /")
    return name


def _extract(read: Any, inputs: Inputs, opened: Writer, threads: int | None) -> None:
    """Give the writer every input that the finished shards do not account for, in order."""
    done = opened.inputs
    with bar("features", len(inputs.items)) as advance, one_thread_each():
        advance(min(done, len(inputs.items)))
        for item, found in parallel.in_order(read, inputs.items[done:], threads):
            if isinstance(found, UnusableError):
                opened.reject(item.file, found.position, str(found), excerpt(item.path))
            else:
                opened.add(item.key, found)
            advance(1)
    for unread, reason in inputs.unreadable[max(done - len(inputs.items), 0) :]:
        opened.reject(unread, 0, reason, "")


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let torch use one core a file: faster, and sums do not depend on the number of cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def read_item(
    model: FrontEnd, waveforms: bool, seconds: float | None, shortest: float, item: Item
) -> tuple[Item, Halves | Shorts | UnusableError]:
    """Return the log-mels of a file, (frames, bands), or its samples, or why there are none."""
    try:
        if model.reads == "arrays":
            return item, halves(_array(item.path, model, seconds, shortest))
        wave = audio.read(item.path, model.rate, seconds, shortest)
        if waveforms:
            return item, sixteen_bits(np.pad(wave, MARGIN, mode="reflect"))
        return item, halves(log_mels(model, wave))
    except UnusableError as error:
        return item, error


@torch.inference_mode()
def log_mels(model: FrontEnd, wave: Wave) -> Wave:
    """Return the log-mels of a waveform at the front end's rate, (frames, bands), with bounded memory."""
    margin = model.fft // 2
    padded = torch.from_numpy(np.pad(wave, margin, mode="reflect"))[None]
    frames = 1 + len(wave) // model.hop
    mels = []
    for start in range(0, frames, CHUNK_FRAMES):
        end = min(start + CHUNK_FRAMES, frames)
        piece = padded[:, start * model.hop : (end - 1) * model.hop + model.fft]
        mels.append(model.compress(model.mel_of_padded(piece))[0].T)
    found: Wave = torch.cat(mels).numpy()
    return found


def _array(path: Path, model: FrontEnd, seconds: float | None, shortest: float) -> Wave:
    """Return the middle of a stored array of (bands, frames), as (frames, bands)."""
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnusableError("no array of numbers in the .npy format") from error
    if stored.ndim != 2 or stored.shape[0] != model.bands or stored.dtype.kind not in "fiu":
        raise UnusableError(f"{stored.dtype} of shape {stored.shape}: ({model.bands}, frames) are wanted")
    rate = model.rate / model.hop
    if stored.shape[1] < shortest * rate:
        raise UnusableError(f"too short: {stored.shape[1]} frames, {shortest:g} s are wanted")
    wanted = stored.shape[1] if seconds is None else min(round(seconds * rate), stored.shape[1])
    first = (stored.shape[1] - wanted) // 2
    mel = np.array(stored[:, first : first + wanted].T, np.float32)
    if mel.size and mel.max() == mel.min():
        raise UnusableError("silent: all values are alike")
    return mel


def halves(mel: Wave) -> Halves:
    """Return features in the precision of the store.

    Raises:
        UnusableError: they are not finite in it.
    """
    with np.errstate(over="ignore"):
        found = mel.astype(np.float16)
    if not np.isfinite(found).all():
        raise UnusableError("its features are not finite in half precision")
    return found


def sixteen_bits(wave: Wave) -> Shorts:
    """Return a waveform as the store has it, (samples, 1); what is beyond full scale is clipped."""
    return np.rint(wave * FULL_SCALE).clip(-FULL_SCALE, FULL_SCALE - 1).astype(np.int16)[:, None]


def excerpt(path: Path) -> str:
    """Return how a file begins, in one printable line."""
    try:
        with path.open("rb") as file:
            return repr(file.read(EXCERPT_BYTES))[2:-1]
    except OSError:
        return ""
