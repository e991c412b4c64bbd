"""torchaudio, also where its compiled part is built for another torch: only what is pure Python is used here.

torchaudio is released for one torch and one CUDA at a time; beside any other its import fails on the compiled
extension. Mel filter banks, resampling, pitch shift and time stretch do without it.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

_LOADER = "torchaudio._extension.utils"


def load() -> ModuleType:
    """Import torchaudio, without its compiled part if that does not fit the torch that is installed."""
    try:
        return import_module("torchaudio")
    except (OSError, RuntimeError):  # as the dynamic loader, and its own check of CUDA versions, raise them
        return _load_without_extension()


def _load_without_extension() -> ModuleType:
    loader = import_module(_LOADER) if _LOADER not in sys.modules else sys.modules[_LOADER]
    loader._LIB_DIR = Path(str(loader.__file__)).parent  # type: ignore[attr-defined]  # holds no compiled library
    return import_module("torchaudio")


torchaudio = load()
