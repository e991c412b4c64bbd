"""Networks: one file each, found by folder scan.

A file holds one public class, a torch module built by keyword arguments that all have defaults (the paper's), with

- `dim`, the width D of what `embed` returns;
- `forward`, what the losses take: a tensor `z_BD`, or where the docstring says so a tuple of tensors;
- for audio, the rest of `AudioEncoder`: `bands`, `frames`, `shortest`, `longest`, and `embed(mel_BFT) -> z_BSD`;
- for another modality, `example(batch)`, a tuple of made-up arguments for `forward`.

Letters behind a tensor's name are its axes: B batch, F mel bands, T frames, D dimensions, S steps in time,
C channels, G genres of a track, K predicted steps, N candidates of all ranks, M modalities or levels.
"""

from trainer.encoders._audio import AudioEncoder

__all__ = ["AudioEncoder"]
