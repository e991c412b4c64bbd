"""What all audio encoders share: the size of their input, and the vectors they give for it."""

import torch
from torch import Tensor, nn

from pairmine.errors import UsageError


class AudioEncoder(nn.Module):
    """A network over log-mel patches `mel_BFT` (batch, mel bands, frames).

    Attributes:
        dim: width of the vectors `embed` returns.
        bands, frames: size of the patch the paper trains on.
        shortest, longest: frames it takes; `longest` is None where any number above will do.
    """

    dim: int
    bands: int
    frames: int
    shortest: int
    longest: int | None = None

    def embed(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BSD`: one vector of `dim` numbers a step in time; most networks have one step."""
        z_BD: Tensor = self(mel_BFT)
        return z_BD[:, None]

    def check(self, mel_BFT: Tensor) -> Tensor:
        """Return the patch with a channel axis, `x_B1FT`.

        Raises:
            UsageError: it has other bands, or fewer or more frames than the network takes.
        """
        if not torch.compiler.is_compiling():
            self._check(mel_BFT.shape)
        return mel_BFT.unsqueeze(1)

    def _check(self, shape: torch.Size) -> None:
        longest = self.longest or float("inf")
        if len(shape) == 3 and shape[1] == self.bands and self.shortest <= shape[2] <= longest:
            return
        frames = f"{self.shortest} to {self.longest} frames" if self.longest else f"{self.shortest} frames or more"
        raise self._refusal(shape, frames)

    def _refusal(self, shape: torch.Size, frames: str) -> UsageError:
        return UsageError(
            f"{type(self).__name__} takes (batch, {self.bands} bands, {frames}), not {tuple(shape)}: "
            f"choose the front end and patch length of its recipe ({self.bands} x {self.frames})"
        )
