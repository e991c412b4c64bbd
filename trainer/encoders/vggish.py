"""VGGish, the variant of VGG of Hershey et al. 2017, with the first pooling of playlists-2023."""

from pathlib import Path

from torch import Tensor, nn

from pairmine.errors import UsageError
from trainer.encoders._audio import AudioEncoder
from trainer.encoders._blocks import initialise
from trainer.encoders._vggish_weights import read_vggish_weights

CHANNELS = ((64,), (128,), (256, 256), (512, 512))
MAP = (6, 4)


class VGGish(AudioEncoder):
    """Six convolutions, four poolings and three linear layers: 128 numbers from a map of 6 frames by 4 bands.

    playlists-2023, section 4.4: patches of 96 bands by 256 frames; the first pooling of 5 frames by 3 bands in place
    of 2 by 2 brings them to the map of the original. `bands=64, frames=96, first_pool=(2, 2)` is the original.
    72,141,184 parameters either way, so the original's weights fit (`weights`, a file: see `_vggish_weights`).
    The linear layers want that map exactly: 240 to 279 frames.

    Raises:
        UsageError: the patch size and the first pooling do not give the map.
        InputError: `weights` does not hold VGGish's weights.
    """

    dim = 128

    def __init__(
        self,
        *,
        bands: int = 96,
        frames: int = 256,
        first_pool: tuple[int, int] = (5, 3),
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.bands, self.frames = bands, frames
        self.shortest, self.longest = 8 * first_pool[0] * MAP[0], 8 * first_pool[0] * (MAP[0] + 1) - 1
        if bands // first_pool[1] // 8 != MAP[1]:
            raise UsageError(f"pools of {first_pool[1]} do not bring {bands} bands to {MAP[1]}: 96 need 3, 64 need 2")
        self.features = nn.Sequential(*_layers(first_pool))
        self.embeddings = nn.Sequential(
            nn.Linear(512 * MAP[0] * MAP[1], 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 128)
        )
        initialise(self)
        if weights is not None:
            self.load_state_dict(read_vggish_weights(Path(weights), self.state_dict()))

    def forward(self, mel_BFT: Tensor) -> Tensor:
        """Return `z_BD` before any activation, as the released model does."""
        x_BCTF = self.features(self.check(mel_BFT).transpose(2, 3))
        z_BD: Tensor = self.embeddings(x_BCTF.permute(0, 2, 3, 1).flatten(1))
        return z_BD


def _layers(first_pool: tuple[int, int]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    inputs = 1
    for block, widths in enumerate(CHANNELS):
        for outputs in widths:
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = outputs
        layers.append(nn.MaxPool2d(first_pool if block == 0 else 2))
    return layers
