"""The losses as their papers write them: plain Python, float64, pair by pair."""

import math
from itertools import combinations

Vector = list[float]


def dot(a: Vector, b: Vector) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def cosine(a: Vector, b: Vector) -> float:
    return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))


def squared(a: Vector, b: Vector) -> float:
    return math.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def minus_log_share(match: float, others: list[float]) -> float:
    return -math.log(math.exp(match) / (math.exp(match) + math.fsum(math.exp(x) for x in others)))


def apart(i: int, k: int, groups) -> bool:
    return i != k and (groups is None or groups[i] != groups[k])


def eq_9(x, y, groups, temperature, rows) -> float:
    """Sum over rows of the loss of x against all other x and y (crossmodal-2021)."""
    total = 0.0
    for i in rows:
        others = [k for k in rows if apart(i, k, groups)]
        scores = [cosine(x[i], z[k]) / temperature for z in (x, y) for k in others]
        total += minus_log_share(cosine(x[i], y[i]) / temperature, scores)
    return total


def nt_xent(anchor_BD, positive_BD, groups_B=None, temperature=0.1):
    rows = range(len(anchor_BD))
    both = [(anchor_BD, positive_BD), (positive_BD, anchor_BD)]
    return sum(eq_9(x, y, groups_B, temperature, rows) for x, y in both) / (2 * len(anchor_BD))


def cross_modal(embeddings_MBD, present_MB=None, groups_B=None, weights=None, temperature=0.1):
    batch, total = len(embeddings_MBD[0]), 0.0
    for number, (x, y) in enumerate(combinations(range(len(embeddings_MBD)), 2)):
        rows = [i for i in range(batch) if present_MB is None or (present_MB[x][i] and present_MB[y][i])]
        for a, b in ((x, y), (y, x)):
            loss = eq_9(embeddings_MBD[a], embeddings_MBD[b], groups_B, temperature, rows)
            total += (weights[number] if weights else 1) * loss / batch
    return total


def info_nce(anchor_BD, positive_BD, groups_B=None):
    total = 0.0
    for i, anchor in enumerate(anchor_BD):
        others = [dot(anchor, p) for k, p in enumerate(positive_BD) if apart(i, k, groups_B)]
        total += minus_log_share(dot(anchor, positive_BD[i]), others)
    return total / len(anchor_BD)


def info_nce_multi(anchor_MBD, positive_MBD, groups_B=None):
    return sum(info_nce(a, p, groups_B) for a, p in zip(anchor_MBD, positive_MBD, strict=True))


def cpc(prediction_BKD, target_BKD, groups_B=None):
    steps = range(len(target_BKD[0]))
    return sum(info_nce([row[k] for row in prediction_BKD], [row[k] for row in target_BKD], groups_B) for k in steps)


def cola(anchor_BD, positive_BD, bilinear_DD, groups_B=None):
    turned = [[dot(anchor, column) for column in zip(*bilinear_DD, strict=True)] for anchor in anchor_BD]
    return info_nce(turned, positive_BD, groups_B)


def triplet(anchor_BD, positive_BD, negative_BD, groups_B=None, negative_groups_B=None, margin=0.1):
    total = 0.0
    for i, (anchor, positive) in enumerate(zip(anchor_BD, positive_BD, strict=True)):
        near = squared(anchor, positive)
        semi_hard = [
            squared(anchor, negative)
            for k, negative in enumerate(negative_BD)
            if (k == i or groups_B is None or groups_B[i] != negative_groups_B[k]) and squared(anchor, negative) > near
        ]
        far = min(semi_hard) if semi_hard else squared(anchor, negative_BD[i])
        total += max(0.0, near - far + margin)
    return total / len(anchor_BD)


def soft_labels(logits_BV, label_ids_BL, weights_BL=None):
    total = 0.0
    for row, (logits, labels) in enumerate(zip(logits_BV, label_ids_BL, strict=True)):
        weights = weights_BL[row] if weights_BL else [1.0] * len(labels)
        given = [(label, weight) for label, weight in zip(labels, weights, strict=True) if label >= 0]
        norm = math.fsum(weight for _, weight in given)
        partition = math.fsum(math.exp(x) for x in logits)
        total -= math.fsum(weight / norm * math.log(math.exp(logits[label]) / partition) for label, weight in given)
    return total / len(logits_BV)


def multi_label(logits_BV, label_ids_BL, present_B=None):
    total = 0.0
    for row, logits in enumerate(logits_BV):
        for label, x in enumerate(logits):
            chance = 1 / (1 + math.exp(-x))
            said = math.log(chance if label in label_ids_BL[row] else 1 - chance)
            total -= said if present_B is None or present_B[row] else 0.0
    return total / (len(logits_BV) * len(logits_BV[0]))


def regression(prediction_BD, target_BD, present_B=None):
    rows = range(len(prediction_BD))
    total = sum(squared(prediction_BD[i], target_BD[i]) for i in rows if present_B is None or present_B[i])
    return total / (len(prediction_BD) * len(prediction_BD[0]))
