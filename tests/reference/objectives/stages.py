"""Objectives on the maps before the ReLU of each stage: overhaul and knowledge review."""

import math

import torch
import torch.nn.functional as F

from .common import batch_norm, maps, numbered, pooled, preactivations, ramp, usual
from .phases import connected


def margin(sigma, mu):
    """Mean of the negative part of a normal variable; −3σ where hardly any of it is negative."""
    sigma = abs(sigma) or 1e-6
    below = 0.5 * math.erfc(mu / sigma / math.sqrt(2))
    if below <= 0.001:
        return -3 * sigma
    return mu - sigma * math.exp(-0.5 * (mu / sigma) ** 2) / math.sqrt(2 * math.pi) / below


def ofd(x, gamma=1, beta=0.001, alpha=0, temperature=4):
    value, pairs = 0, preactivations(x)
    for p, (s, t) in enumerate(pairs):
        s = connected(x, p + 1, s)
        weights, biases = x[f"state.bn{p + 1}.weight"].tolist(), x[f"state.bn{p + 1}.bias"].tolist()
        m = torch.tensor([margin(*channel) for channel in zip(weights, biases)], dtype=s.dtype).reshape(1, -1, 1, 1)
        partial = (
            (s - m) ** 2 * ((s > m) & (t <= m))
            + (s - t) ** 2 * ((s > t) & (m < t) & (t <= 0))
            + (s - t) ** 2 * (t > 0)
        )
        value = value + partial.sum() / len(s) / 2 ** (len(pairs) - 1 - p)
    return usual(x, gamma, alpha, temperature) + [("overhaul", beta, value)]


def resized(x, size):
    """Enlarged by the nearest neighbour, or pooled."""
    if x.shape[2] < size:
        return F.interpolate(x, size=(size, size), mode="nearest")
    return F.adaptive_avg_pool2d(x, size)


def hierarchical(out, t):
    """Mean squares at full size, weight 1, and at those of 4, 2 and 1 that are smaller, each with half the weight before."""
    value, weight, weights = F.mse_loss(out, t), 1, 1
    for small in (4, 2, 1):
        if small < t.shape[2]:
            weight = weight / 2
            value = value + weight * F.mse_loss(F.adaptive_avg_pool2d(out, small), F.adaptive_avg_pool2d(t, small))
            weights += weight
    return value / weights


def reviewkd(x, gamma=1, beta=1, alpha=0, temperature=4, warmUp=0.083):
    student = [pooled(x, "student")[:, :, None, None]] + maps(x, "student")[1:-1][::-1]
    teacher = [pooled(x, "teacher")[:, :, None, None]] + numbered(x, "teacher.pre", 1)[::-1]
    assert len(student) == len(teacher)
    value, fused = 0, None
    for i, (s, t) in enumerate(zip(student, teacher)):
        p, deeper = f"param.abf{i}.", fused
        fused = batch_norm(F.conv2d(s, x[p + "conv1.weight"]), x[p + "bn1.weight"], x[p + "bn1.bias"])
        if i > 0:
            deeper = resized(deeper, fused.shape[2])
            both = torch.cat([fused, deeper], 1)
            share = torch.sigmoid(F.conv2d(both, x[p + "att.weight"], x[p + "att.bias"]))
            fused = fused * share[:, 0:1] + deeper * share[:, 1:2]
        fused = resized(fused, t.shape[2])
        out = F.conv2d(fused, x[p + "conv2.weight"], padding=1)
        value = value + hierarchical(batch_norm(out, x[p + "bn2.weight"], x[p + "bn2.bias"]), t)
    return usual(x, gamma, alpha, temperature) + [("review", beta * ramp(x, warmUp), value)]
