"""Logistic regressions of many classes at once, one independent of the other.

scikit-learn fits one class after the other and reads all vectors at every step of each. Here one product of matrices
serves all classes, and L-BFGS walks in coordinates in which the problem is nearly round: the vectors' principal axes,
each scaled by the curvature there at the start (Böhning, 1992, scaled by the class's variance). The optimum is
scikit-learn's; the number of steps hardly depends on how correlated the dimensions are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from torch import Tensor

from trainer.probes._probe import Bits, Floats, Scores

# The first ends the search where a step gains less than that share of the loss; float32 sees no smaller gains.
OPTIONS: dict[str, Any] = {"ftol": 1e-8, "gtol": 1e-6, "maxiter": 500, "maxfun": 500, "maxcor": 10}
Weights = npt.NDArray[np.float64]


class Regressions:
    """The training vectors, turned to their principal axes, ready to be fitted with one C after the other.

    Args:
        x_ND: standardised vectors, float32 or float64; the products are computed in their precision.
        truth_NC: 1 where a vector's track has a class; every class divides the vectors in two.
    """

    def __init__(self, x_ND: Floats, truth_NC: Bits) -> None:
        spread_D, self._axes_DD = np.linalg.eigh(x_ND.T @ x_ND)
        self._spread_D = np.maximum(spread_D, 0).astype(np.float64)
        self._x_ND = torch.from_numpy(np.ascontiguousarray(x_ND @ self._axes_DD))
        self._truth_NC = torch.from_numpy(truth_NC).to(self._x_ND.dtype)
        share_C = truth_NC.mean(0, dtype=np.float64)
        self._variance_C, self._log_odds_C = share_C * (1 - share_C), np.log(share_C / (1 - share_C))

    def fit(self, strength: float) -> "Planes":
        """Minimise Σ log-loss + ‖weights‖² / (2 C); intercepts are free."""
        rows, classes = self._truth_NC.shape
        scale_DC = self._scale(strength)

        def objective(flat: Weights) -> tuple[float, Weights]:
            weight_DC = flat.reshape(scale_DC.shape) * scale_DC
            loss, slope_DC = _loss(self._x_ND, self._truth_NC, weight_DC)
            loss += 0.5 * float(np.square(weight_DC[:-1]).sum()) / strength
            slope_DC[:-1] += weight_DC[:-1] / strength
            return loss / rows, (slope_DC * scale_DC).ravel() / rows

        begin_DC = np.zeros_like(scale_DC)
        begin_DC[-1] = self._log_odds_C / scale_DC[-1]
        found = minimize(objective, begin_DC.ravel(), jac=True, method="L-BFGS-B", options=OPTIONS)
        weight_DC = found.x.reshape(-1, classes) * scale_DC
        return Planes(self._axes_DD @ weight_DC[:-1], weight_DC[-1], bool(found.success))

    def _scale(self, strength: float) -> Weights:
        """Return one over the root of the mean loss's curvature along each axis for each class; intercepts last."""
        rows = len(self._truth_NC)
        curvature_DC = np.append(self._spread_D, rows)[:, None] * self._variance_C
        curvature_DC[:-1] += 1 / strength
        scale_DC: Weights = np.sqrt(rows / curvature_DC)
        return scale_DC


@dataclass(frozen=True)
class Planes:
    """Weights and intercepts of a regression a class, and whether the search for them ended of itself."""

    weight_DC: Weights
    intercept_C: Weights
    converged: bool

    def scores(self, x_ND: Floats) -> Scores:
        """Return the probability of each class, (N, C)."""
        logit_NC = torch.from_numpy(x_ND @ self.weight_DC.astype(x_ND.dtype) + self.intercept_C)
        probability_NC: Scores = logit_NC.sigmoid().numpy()
        return probability_NC


def _loss(x_ND: Tensor, truth_NC: Tensor, weight_DC: Weights) -> tuple[float, Weights]:
    """Return the summed log-loss and its slope; the last row of weights holds the intercepts."""
    weight = torch.from_numpy(weight_DC).to(x_ND.dtype)
    logit_NC = torch.addmm(weight[-1], x_ND, weight[:-1])
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logit_NC, truth_NC, reduction="none")
    error_NC = logit_NC.sigmoid_().sub_(truth_NC)
    slope_DC = torch.cat([x_ND.T @ error_NC, error_NC.sum(0, keepdim=True)])
    return float(loss.sum(dtype=torch.float64)), slope_DC.double().numpy()
