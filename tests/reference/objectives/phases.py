"""Objectives whose first share of the run is another objective: FSP, activation boundaries, factor transfer."""

import torch
import torch.nn.functional as F

from .common import batch_norm, last_map, maps, n2, preactivations, progress, same_height, usual
from .features import attention


def fsp(x, gamma=1, beta=1, initShare=0.125):
    if progress(x) > initShare:
        return usual(x, gamma, 0, 1)

    def flows(side):
        found, all_maps = [], maps(x, side)[:-1]
        for a, b in zip(all_maps, all_maps[1:]):
            a, b = same_height(a, b)
            found.append(torch.einsum("bihw,bjhw->bij", a, b) / (a.shape[2] * a.shape[3]))
        return found

    return [("flow", beta, sum(F.mse_loss(s, t) for s, t in zip(flows("student"), flows("teacher"))))]


def connected(x, l, s):
    s = F.conv2d(s, x[f"param.connector{l}.conv.weight"])
    return batch_norm(s, x[f"param.connector{l}.bn.weight"], x[f"param.connector{l}.bn.bias"])


def ab(x, gamma=1, beta=1, initShare=0.125):
    if progress(x) > initShare:
        return usual(x, gamma, 0, 1)
    value, pairs = 0, preactivations(x)
    for p, (s, t) in enumerate(pairs):
        s = connected(x, p + 1, s)
        wrong = (s + 1) ** 2 * ((s > -1) & (t <= 0)) + (s - 1) ** 2 * ((s <= 1) & (t > 0))
        value = value + 2.0 ** -(len(pairs) - 1 - p) * wrong.sum() * 3 / (1000 * len(s))
    return [("boundary", beta, value)]


def ft(x, gamma=1, beta=200, alpha=0, temperature=4, initShare=0.125, factor=0.5):
    """`factor` is in the weights' shape."""
    s, t = same_height(last_map(x, "student"), last_map(x, "teacher"))

    def code(t):
        for i in range(3):
            weight, bias = (x[f"param.paraphraser.encoder.{i}.{part}"] for part in ("weight", "bias"))
            t = F.leaky_relu(F.conv2d(t, weight, bias, padding=1), 0.1)
        return t

    def decode(phi):
        for i in range(3):
            weight, bias = (x[f"param.paraphraser.decoder.{i}.{part}"] for part in ("weight", "bias"))
            phi = F.leaky_relu(F.conv_transpose2d(phi, weight, bias, padding=1), 0.1)
        return phi

    def translate(s):
        for i in range(3):
            name = f"param.translator.{i}"
            s = F.conv2d(s, x[f"{name}.conv.weight"], padding=1)
            s = F.leaky_relu(batch_norm(s, x[f"{name}.bn.weight"], x[f"{name}.bn.bias"]), 0.1)
        return s

    if progress(x) <= initShare:
        return usual(x, gamma, alpha, temperature) + [("reconstruction", 1, F.mse_loss(decode(code(t)), t))]
    with torch.no_grad():
        phi_t = code(t)
    value = F.l1_loss(attention(translate(s)), attention(phi_t))
    return usual(x, gamma, alpha, temperature) + [("factor", beta, value)]
