"""The front end of VGGish and of colisten-2020: 64 HTK bands, 100 frames a second."""

import torch
from torch import Tensor

from trainer.frontends._front_end import FrontEnd

FLOOR = 0.01


class Vggish(FrontEnd):
    """25 ms Hann window, 10 ms hop, FFT 512, 64 HTK bands 125–7500 Hz, magnitude, ln(x + 0.01).

    The slopes of the bands are straight over mel, not over Hz, and bin 0 is in none, as the published weights know it.
    """

    window = 400
    hop = 160
    bands = 64
    low_hz = 125.0
    high_hz = 7_500.0
    scale = "htk"
    norm = None
    power = 1.0
    compression = "ln(x + 0.01)"

    def filter_bank(self) -> Tensor:
        """Return triangles of height 1 over the mel axis, (257, 64)."""
        hertz = torch.arange(self.fft // 2 + 1, dtype=torch.float64) * self.rate / self.fft
        bins = _mel(hertz)[:, None]
        ends = _mel(torch.tensor([self.low_hz, self.high_hz], dtype=torch.float64))
        edges = torch.linspace(float(ends[0]), float(ends[1]), self.bands + 2, dtype=torch.float64)
        left, centre, right = edges[:-2], edges[1:-1], edges[2:]
        bank = torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp(min=0)
        bank[0] = 0
        return bank.float()

    def compress(self, mel_BFT: Tensor) -> Tensor:
        """Return ln(x + 0.01)."""
        return torch.log(mel_BFT + FLOOR)

    def expand(self, mel_BFT: Tensor) -> Tensor:
        """Return e^y − 0.01."""
        return torch.exp(mel_BFT) - FLOOR


def _mel(hertz: Tensor) -> Tensor:
    return 1127 * torch.log1p(hertz / 700)
