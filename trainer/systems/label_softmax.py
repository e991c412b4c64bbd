"""A softmax over labels: the one a model was trained with, or a new one over frozen vectors; colisten-2020."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import normalize

from trainer import checkpoint
from trainer import recipe as recipes
from trainer.losses.soft_labels import soft_labels

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LOGITS = 1 << 26  # at once
STEPS, RIDGE = 100, 1e-4


@dataclass(frozen=True, eq=False)
class LabelSoftmax:
    """A linear softmax classifier.

    Attributes:
        weight_VD: a row a label: its embedding.
        bias_V: its intercept.
        labels: (V,) what the rows stand for.
        mean_D, scale_D: what vectors are standardised by.
        own: whether the model was trained with it.
    """

    weight_VD: Tensor
    bias_V: Tensor
    labels: list[str]
    mean_D: Tensor
    scale_D: Tensor
    own: bool

    def posterior(self, vector_ND: Floats, wanted: list[str]) -> Floats:
        """Return the softmax over all labels, of those wanted, (N, wanted)."""
        row_of = {label: row for row, label in enumerate(self.labels)}
        rows = torch.tensor([row_of[label] for label in wanted])
        z_ND = (torch.from_numpy(vector_ND) - self.mean_D) / self.scale_D
        parts = []
        for z_BD in torch.split(z_ND, max(1, LOGITS // len(self.labels))):
            logit_BV = torch.addmm(self.bias_V, z_BD, self.weight_VD.T)
            parts.append((logit_BV[:, rows] - logit_BV.logsumexp(1, keepdim=True)).exp())
        found: Floats = torch.cat(parts).numpy()
        return found

    def nearest(self, seed: str, count: int) -> dict[str, list[str]]:
        """Return the labels whose rows have the largest cosine to a label's; to each sense of it (`46_bebop`).

        colisten-2020, Table 3.
        """
        sense = re.compile(rf"(\d+_)?{re.escape(seed)}")
        unit_VD = normalize(self.weight_VD)
        found = {}
        for row in (row for row, label in enumerate(self.labels) if sense.fullmatch(label)):
            cosine_V = unit_VD @ unit_VD[row]
            cosine_V[row] = -torch.inf
            order = cosine_V.argsort(descending=True, stable=True)[: min(count, len(self.labels) - 1)]
            found[self.labels[row]] = [self.labels[other] for other in order.tolist()]
        return found

    @classmethod
    def of_checkpoint(cls, path: Path, digest: str, labels: list[str]) -> Self | None:
        """Return the softmax of a model that was trained on a label set; None if it was not.

        Args:
            path: the checkpoint.
            digest: of the label set's manifest.
            labels: its vocabulary.
        """
        tensors, state = checkpoint.load(path)
        recipe = recipes.of_toml(state["recipe"], str(path))
        for number, task in enumerate(recipe.tasks):
            trained_on = state["reads"].get("+".join(task.roles))
            weight_VD = tensors.get(f"tasks.{number}.projector.layer.weight")
            if task.loss == "soft-labels" and trained_on == digest and weight_VD is not None:
                bias_V = tensors[f"tasks.{number}.projector.layer.bias"].float()
                zero_D, one_D = torch.zeros(weight_VD.shape[1]), torch.ones(weight_VD.shape[1])
                return cls(weight_VD.float(), bias_V, labels, zero_D, one_D, own=True)
        return None

    @classmethod
    def fit(cls, vector_ND: Floats, truth_NV: Flags, labels: list[str]) -> Self:
        """Fit a softmax on frozen vectors, as colisten-2020, section 4 retrains one for labels told apart by cluster.

        Vectors are standardised; targets are L1-normalised (eq. 2); L-BFGS with a ridge of 1e-4 [ours]. A recording
        without any of the labels is left out.
        """
        known_N = truth_NV.any(1)
        x_ND, truth_NV = torch.from_numpy(vector_ND[known_N]), truth_NV[known_N]
        mean_D, scale_D = x_ND.mean(0), x_ND.std(0, correction=0)
        scale_D = torch.where(scale_D > 0, scale_D, 1)
        z_ND, label_NL = (x_ND - mean_D) / scale_D, torch.from_numpy(_padded(truth_NV))
        weight_VD = torch.zeros(len(labels), z_ND.shape[1], requires_grad=True)
        bias_V = torch.zeros(len(labels), requires_grad=True)
        search = torch.optim.LBFGS([weight_VD, bias_V], max_iter=STEPS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            search.zero_grad()
            found = soft_labels(torch.addmm(bias_V, z_ND, weight_VD.T), label_NL) + RIDGE * weight_VD.square().sum()
            found.backward()  # type: ignore[no-untyped-call]
            return found

        search.step(loss)  # type: ignore[no-untyped-call]
        return cls(weight_VD.detach(), bias_V.detach(), labels, mean_D, scale_D, own=False)


def _padded(truth_NV: Flags) -> Ints:
    """Return the labels of each row as ids, padded with −1."""
    row_M, label_M = np.nonzero(truth_NV)
    counts_N = np.bincount(row_M, minlength=len(truth_NV))
    padded_NL = np.full((len(truth_NV), counts_N.max(initial=1)), -1, np.int64)
    padded_NL[row_M, np.arange(len(row_M)) - np.repeat(np.cumsum(counts_N) - counts_N, counts_N)] = label_M
    return padded_NL
