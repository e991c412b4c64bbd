import pytest
import torch

from pairmine.errors import UsageError
from trainer.losses.cross_modal import cross_modal
from trainer.losses.info_nce_multi import info_nce_multi
from trainer.losses.triplet import triplet


def test_group_ids_of_triplets_come_in_twos() -> None:
    with pytest.raises(UsageError, match="give both or neither"):
        triplet(torch.ones(2, 3), torch.ones(2, 3), torch.ones(2, 3), torch.arange(2))


def test_weights_are_one_a_pair_of_modalities() -> None:
    with pytest.raises(UsageError, match="2 weights for 3 pairs of modalities"):
        cross_modal(torch.ones(3, 2, 4), weights=[1, 2])


def test_levels_match() -> None:
    with pytest.raises(ValueError, match="shorter"):
        info_nce_multi([torch.ones(2, 3)] * 2, [torch.ones(2, 3)])
