"""Inputs whose right answer is known without computing it."""

import math

import pytest
import torch
from torch import Tensor

from trainer.losses.cola import accuracy, cola
from trainer.losses.cpc import cpc
from trainer.losses.cross_modal import cross_modal
from trainer.losses.info_nce import info_nce
from trainer.losses.info_nce_multi import info_nce_multi
from trainer.losses.multi_label import multi_label
from trainer.losses.nt_xent import nt_xent
from trainer.losses.soft_labels import soft_labels
from trainer.losses.triplet import triplet

B, D = 9, 4
SAME = torch.ones(B, D, dtype=torch.float64)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (nt_xent(SAME, SAME), math.log(2 * B - 1)),
        (nt_xent(SAME, 5 * SAME, temperature=0.01), math.log(2 * B - 1)),
        (info_nce(SAME, SAME), math.log(B)),
        (info_nce_multi([SAME, SAME], [SAME, SAME]), 2 * math.log(B)),
        (cpc(SAME[:, None].repeat(1, 3, 1), SAME[:, None].repeat(1, 3, 1)), 3 * math.log(B)),
        (cola(SAME, SAME, torch.rand(D, D, dtype=torch.float64)), math.log(B)),
        (cross_modal([SAME, SAME, SAME]), 3 * 2 * math.log(2 * B - 1)),
        (triplet(SAME, SAME, SAME, margin=0.3), 0.3),
        (soft_labels(SAME, torch.tensor([[0, 2, -1]] * B)), math.log(D)),
        (multi_label(0 * SAME, torch.tensor([[0, 2, -1]] * B)), math.log(2)),
    ],
)
def test_equal_embeddings(loss, expected) -> None:
    assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_orthogonal_pairs() -> None:
    basis = torch.eye(B, dtype=torch.float64)
    match = math.exp(1 / 0.5)
    assert nt_xent(basis, basis, temperature=0.5).item() == pytest.approx(math.log((match + 2 * B - 2) / match))
    assert info_nce(basis, basis).item() == pytest.approx(math.log((math.e + B - 1) / math.e))


@pytest.mark.parametrize("loss", [nt_xent, info_nce, lambda a, p, groups: cola(a, p, torch.eye(D).double(), groups)])
def test_one_group_has_no_negatives_and_no_gradient(loss) -> None:
    anchor = torch.randn(B, D, dtype=torch.float64, requires_grad=True)
    found = loss(anchor, torch.randn(B, D, dtype=torch.float64), torch.zeros(B, dtype=torch.long))
    found.backward()
    assert found.item() == pytest.approx(0, abs=1e-12) and anchor.grad.abs().max() < 1e-12


def test_distinct_groups_are_no_groups() -> None:
    anchor, positive = torch.randn(2, B, D)
    torch.testing.assert_close(nt_xent(anchor, positive, torch.arange(B)), nt_xent(anchor, positive))


def test_a_missing_modality_leaves_the_loss_of_the_rest() -> None:
    audio, genre, cf = torch.randn(3, B, D, dtype=torch.float64)
    present = torch.tensor([[True] * B, [True] * 5 + [False] * 4, [True] * B])
    found = cross_modal([audio, genre, cf], present, weights=[1, 0, 0])
    assert found.item() == pytest.approx(cross_modal([audio[:5], genre[:5]]).item() * 5 / B)
    assert cross_modal([audio, genre, cf], present, weights=[0, 1, 0]) == cross_modal([audio, cf])


def test_accuracy_counts_the_anchors_that_find_their_positive() -> None:
    anchor = torch.eye(4)
    positive = torch.eye(4)[[1, 0, 2, 3]]
    assert accuracy(anchor, positive, torch.eye(4)) == 0.5


def rows(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)[:, None]


def test_the_closest_negative_beyond_the_positive_is_mined() -> None:
    # anchor 0, positive 1; negatives at 0.5 (too hard), 1.2 (semi-hard) and 3
    anchor, positive, negative = rows(0, 0, 0), rows(1, 1, 1), rows(3, 0.5, 1.2)
    one = 1 - 1.2**2 + 0.5
    assert triplet(anchor, positive, negative, margin=0.5).item() == pytest.approx(one)
    known = torch.tensor([7, 7, 7])
    # 1.2 may not serve the others, as it is of their anchors' group: 3 does, too far to cost anything
    masked = triplet(anchor, positive, negative, known, torch.tensor([1, 2, 7]), margin=0.5)
    assert masked.item() == pytest.approx(one / 3)


def test_without_a_semi_hard_negative_a_row_keeps_its_own() -> None:
    found = triplet(rows(0, 0), rows(2, 2), rows(0.5, 1), margin=0.1)
    assert found.item() == pytest.approx((4 - 0.25 + 0.1 + 4 - 1 + 0.1) / 2)


def test_rows_without_labels_add_nothing() -> None:
    logits = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([[1, 2], [-1, -1], [-1, 4]], dtype=torch.int32)
    found = soft_labels(logits, labels)
    assert found.item() == pytest.approx(soft_labels(logits[[0, 2]], labels[[0, 2]]).item() * 2 / 3)
    found.backward()
    assert logits.grad[1].abs().max() == 0
