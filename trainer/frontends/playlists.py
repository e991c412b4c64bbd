"""The front end of playlists-2023: MusiCNN's with a hop of 188, so that 256 frames are the paper's 3 seconds."""

from trainer.frontends.musicnn import Musicnn


class Playlists(Musicnn):
    """512-sample Hann window, hop 188, 96 Slaney bands, power, log10(1 + 10000·x)."""

    hop = 188
