"""What all front ends share: a waveform becomes mel bands, and those are compressed."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from trainer._torchaudio import torchaudio


class FrontEnd(nn.Module):
    """Waveforms `wave_BS` (batch, samples at `rate`) → log-mels `mel_BFT` (batch, mel bands, frames).

    Frames are centred on every `hop`-th sample, the ends mirrored: S samples give 1 + S // hop frames.

    Attributes:
        rate: samples a second, mono.
        window, fft, hop: samples of the Hann window, of the transform (zeros around the window), between frames.
        bands, low_hz, high_hz: mel bands and the range they cover.
        scale: "slaney" (linear below 1 kHz) or "htk".
        norm: "slaney" (triangles of area 1) or None (of height 1).
        power: exponent of the magnitude.
        compression: what `compress` does, in words, for manifests.
        reads: "audio", or "arrays" where the mels are shipped and cannot be computed.
    """

    rate = 16_000
    window = 512
    fft = 512
    hop = 256
    bands = 96
    low_hz = 0.0
    high_hz = 8_000.0
    scale = "slaney"
    norm: str | None = "slaney"
    power = 2.0
    compression: str
    reads = "audio"
    hann: Tensor
    bank: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("hann", torch.hann_window(self.window, dtype=torch.float64).float(), persistent=False)
        self.register_buffer("bank", self.filter_bank(), persistent=False)

    @property
    def settings(self) -> dict[str, Any]:
        """All parameters, as manifests state them: equal settings mean equal features."""
        names = ("rate", "window", "fft", "hop", "bands", "low_hz", "high_hz", "scale", "norm", "power", "compression")
        return {"name": type(self).__name__.lower(), "reads": self.reads} | {
            name: getattr(self, name) for name in names
        }

    def filter_bank(self) -> Tensor:
        """Return the weights of the bins of the spectrum in each band, (fft // 2 + 1, bands)."""
        bank: Tensor = torchaudio.functional.melscale_fbanks(
            self.fft // 2 + 1, self.low_hz, self.high_hz, self.bands, self.rate, self.norm, self.scale
        )
        return bank

    def mel(self, wave_BS: Tensor) -> Tensor:
        """Return mel bands before compression: sounds that are mixed add up here, on average."""
        margin = self.fft // 2
        return self.mel_of_padded(functional.pad(wave_BS[:, None], (margin, margin), "reflect")[:, 0])

    def mel_of_padded(self, wave_BS: Tensor) -> Tensor:
        """Return mel bands of a waveform that has `fft // 2` samples more at each end; a long one can be cut so."""
        with torch.autocast(wave_BS.device.type, enabled=False):  # half precision would lose what is quiet
            spectrum = torch.stft(
                wave_BS.float(), self.fft, self.hop, self.window, self.hann, center=False, return_complex=True
            )
            squares = spectrum.real.square() + spectrum.imag.square()
            powers = squares if self.power == 2 else squares.pow(self.power / 2)
            return powers.transpose(1, 2).matmul(self.bank).mT

    def compress(self, mel_BFT: Tensor) -> Tensor:
        """Return the logarithm the encoder is given."""
        raise NotImplementedError

    def expand(self, mel_BFT: Tensor) -> Tensor:
        """Return what `compress` was given, e.g. to mix patches of a store before the logarithm."""
        raise NotImplementedError

    def forward(self, wave_BS: Tensor) -> Tensor:
        """Return log-mels `mel_BFT` in single precision."""
        return self.compress(self.mel(wave_BS))
