"""From activations of patches to those of their tracks."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def mean_activations(activation_PC: npt.NDArray[np.floating], of_P: Ints) -> Floats:
    """Return the mean activation of each track's patches, (N, C).

    Args:
        activation_PC: activations of patches.
        of_P: which track each belongs to: 0 … N−1, ascending, each at least once.
    """
    counts_N = np.bincount(of_P)
    sum_NC = np.add.reduceat(activation_PC.astype(np.float64), np.cumsum(counts_N) - counts_N, axis=0)
    mean_NC: Floats = sum_NC / counts_N[:, None]
    return mean_NC


def votes(activation_PC: npt.NDArray[np.floating], of_P: Ints) -> Floats:
    """Return the share of each track's patches in which each class has the highest activation, (N, C).

    Classes with equal shares are told apart by their mean activation, as a fraction too small to outweigh a patch. The
    class of the largest figure is that of the majority vote.
    """
    chosen_PC = np.zeros(activation_PC.shape)
    chosen_PC[np.arange(len(of_P)), activation_PC.argmax(1)] = 1
    mean_NC = mean_activations(activation_PC, of_P)
    low_N1, span_N1 = mean_NC.min(1, keepdims=True), np.ptp(mean_NC, axis=1, keepdims=True)
    rank_NC = np.divide(mean_NC - low_N1, span_N1, out=np.zeros_like(mean_NC), where=span_N1 > 0)
    patches_N1 = np.bincount(of_P)[:, None]
    share_NC: Floats = mean_activations(chosen_PC, of_P) + rank_NC / (2 * patches_N1)
    return share_NC
