"""Stochastic weight averaging: the mean of the weights at the ends of the last epochs (discogs-2022, section 4.2)."""

import torch
from torch import Tensor, nn

from trainer.loader import Loader
from trainer.system import System


def averaged(mean: dict[str, Tensor], system: System, count: int) -> dict[str, Tensor]:
    """Return the mean of `count` earlier weights and those of the system now."""
    now = {name: parameter.detach() for name, parameter in system.named_parameters()}
    if not count:
        return {name: tensor.clone() for name, tensor in now.items()}
    return {name: mean[name].to(tensor.device).lerp(tensor, 1 / (count + 1)) for name, tensor in now.items()}


@torch.no_grad()
def take_over(system: System, mean: dict[str, Tensor], loader: Loader, batches: int) -> None:
    """Give the system the averaged weights, its batch norms the statistics they have over a pass."""
    for name, parameter in system.named_parameters():
        parameter.copy_(mean[name])
    norms = [module for module in system.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's way to ask for the plain mean
    device = next(system.parameters()).device
    for _, found in loader.epoch(0, 0, batches if norms else 0):
        for batch in found.values():
            system.encode(batch.to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
