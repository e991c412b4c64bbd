"""pairmine: training pairs for music encoders from playlists, editorial metadata and co-listening."""

__version__ = "0.1.0"
