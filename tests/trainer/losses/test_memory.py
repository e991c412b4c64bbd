"""What a loss keeps for its gradient, counted in numbers of the size of the batch squared."""

import pytest
import torch

from pairmine.testing import arguments
from trainer import registry

B, D = 256, 8


@pytest.mark.parametrize("optional", [False, True])
@pytest.mark.parametrize(
    ("name", "matrices"), [("nt-xent", 3), ("info-nce", 1), ("cola", 1), ("triplet", 0), ("cross-modal", 9), ("cpc", 3)]
)
def test_floats_kept_for_the_gradient(name, matrices, optional) -> None:
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.dtype == torch.float32:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    given = arguments.tensors(registry.loss(name), optional=optional, dtype=torch.float32, B=B, D=D)
    given = {p: t.requires_grad_() if t.is_floating_point() and "weights" not in p else t for p, t in given.items()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        registry.loss(name)(**given)
    cells = sum(storage.nbytes() // 4 for storage in kept.values())
    assert cells <= matrices * B**2 + 60 * B * D
