"""Front ends: waveform → log-mels. One file each, found by folder scan; all take 16 kHz mono (methods, section 5).

A file holds one public class, a `FrontEnd` built without arguments, with `compress`, its inverse `expand`, and the
parameters in which it differs. `trainer.registry.build("frontends", name)` makes one.
"""

from trainer.frontends._front_end import FrontEnd

__all__ = ["FrontEnd"]
