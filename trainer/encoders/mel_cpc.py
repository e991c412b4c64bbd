"""MelCPC of strategies-2022: the five-block encoder on segments of 3 s, and a GRU over them."""

import torch
from torch import Tensor, nn

from trainer.encoders._audio import AudioEncoder
from trainer.encoders.five_block import FiveBlock


class MelCPC(AudioEncoder):
    """Contrastive predictive coding: a context of 4 segments predicts the next 4.

    strategies-2022, section 2.2.2: segments of 188 frames, a one-layer GRU of 256 over the context of 752 frames; one
    linear map a predicted step [code]. A training patch holds context and future: 8 segments, 1,504 frames. `embed`
    takes any whole or broken number of segments from one; frames behind the last whole segment are not heard.
    """

    bands = FiveBlock.bands

    def __init__(
        self, *, segment: int = 188, context: int = 4, steps: int = 4, segment_dim: int = 128, dim: int = 256
    ) -> None:
        super().__init__()
        self.segment, self.context, self.steps, self.dim = segment, context, steps, dim
        self.frames, self.shortest = segment * (context + steps), segment
        self.encoder = FiveBlock(frames=segment, dim=segment_dim)
        self.gru = nn.GRU(segment_dim, dim, batch_first=True)
        self.predictors = nn.ModuleList(nn.Linear(dim, segment_dim) for _ in range(steps))

    def forward(self, mel_BFT: Tensor) -> tuple[Tensor, Tensor]:
        """Return `prediction_BKD` from the context's last step, and `target_BKD`, the segments to come.

        Raises:
            UsageError: the patch is not `context + steps` segments long.
        """
        self._check_whole(mel_BFT.shape)
        y_BSD = self._segments(mel_BFT)
        context_BSD, _ = self.gru(y_BSD[:, : self.context])
        last_BD = context_BSD[:, -1]
        prediction_BKD = torch.stack([predictor(last_BD) for predictor in self.predictors], dim=1)
        return prediction_BKD, y_BSD[:, self.context :]

    def embed(self, mel_BFT: Tensor) -> Tensor:
        """Return `c_BSD`: the GRU's output at each segment."""
        c_BSD: Tensor = self.gru(self._segments(mel_BFT))[0]
        return c_BSD

    def _segments(self, mel_BFT: Tensor) -> Tensor:
        self.check(mel_BFT)
        batch, bands, frames = mel_BFT.shape
        segments = frames // self.segment
        heard_BFST = mel_BFT[:, :, : segments * self.segment].reshape(batch, bands, segments, self.segment)
        y_XD: Tensor = self.encoder(heard_BFST.transpose(1, 2).flatten(0, 1))
        return y_XD.reshape(batch, segments, -1)

    def _check_whole(self, shape: torch.Size) -> None:
        if not torch.compiler.is_compiling() and shape[2] != self.frames:
            raise self._refusal(shape, f"{self.frames} frames")
