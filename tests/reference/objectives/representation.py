"""SRD: projector, normalisation, distance."""

import torch
import torch.nn.functional as F

from .common import batch_norm, linear, n2, pooled, usual


def projected(x, projector):
    p = pooled(x, "student")
    if projector == "none":
        return p
    if projector == "frozen":
        return F.linear(p, x["param.projector.0.weight"].detach(), x["param.projector.0.bias"].detach())
    for i in range({"linear": 1, "mlp-2": 2, "mlp-3": 3}[projector]):
        p = linear(F.relu(p) if i else p, x, f"projector.{i}")
    return p


def whitened(x):
    """Σ^(−½) by five steps of Newton–Schulz on Σ over its trace."""
    centred, eye = x - x.mean(0), torch.eye(x.shape[1], dtype=x.dtype)
    sigma = centred.T @ centred / len(x) + 1e-3 * eye
    trace, p = torch.trace(sigma), eye
    for _ in range(5):
        p = 1.5 * p - 0.5 * p @ p @ p @ (sigma / trace)
    return centred @ p / torch.sqrt(trace)


def grouped(x):
    # Groups of fewer than four entries would leave next to nothing of them.
    groups = next(g for g in (32, 16, 8, 4, 2, 1) if g == 1 or x.shape[1] % g == 0 and x.shape[1] // g >= 4)
    return F.group_norm(x, groups, eps=1e-5)


NORMALISATIONS = {
    "none": lambda x: x,
    "bn": lambda x: batch_norm(x, eps=1e-4),
    "l2": n2,
    "groupnorm": grouped,
    "whitening": whitened,
}


def distance_of(a, c, distance, exponent):
    if distance == "l1":
        return F.l1_loss(a, c)
    if distance == "l2":
        return F.mse_loss(a, c)
    if distance == "deit":
        return torch.log((((a * c).mean(0) - 1) ** 4).sum() + 1e-5)
    return torch.log(((a - c).abs() ** exponent).sum() + 1e-6)


def srd(
    x,
    gamma=1,
    beta=2,
    alpha=1,
    temperature=1,
    projector="linear",
    normalisation="bn",
    distance="logsum",
    exponent=4,
):
    norm = NORMALISATIONS[normalisation]
    value = distance_of(norm(projected(x, projector)), norm(pooled(x, "teacher")), distance, exponent)
    return usual(x, gamma, alpha, temperature) + [("representation", beta, value)]
