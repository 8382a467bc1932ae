"""Objectives on feature maps and pooled vectors."""

import torch
import torch.nn.functional as F

from .common import batch_norm, last_map, linear, maps, n2, pooled, stages, usual


def hint(x, gamma=1, beta=100, tap=2, alpha=0, temperature=4):
    s, t = maps(x, "student")[tap], maps(x, "teacher")[tap]
    weight, bias = x["param.regressor.conv.weight"], x["param.regressor.conv.bias"]
    if s.shape[2] == 2 * t.shape[2]:
        s = F.conv2d(s, weight, bias, stride=2, padding=1)
    elif 2 * s.shape[2] == t.shape[2]:
        s = F.conv_transpose2d(s, weight, bias, stride=2, padding=1)
    else:
        s = F.conv2d(s, weight, bias)
    s = F.relu(batch_norm(s, x["param.regressor.bn.weight"], x["param.regressor.bn.bias"]))
    return usual(x, gamma, alpha, temperature) + [("hint", beta, F.mse_loss(s, t))]


def attention(f):
    return n2((f**2).mean(1).flatten(1))


def at(x, gamma=1, beta=1000, alpha=0, temperature=4):
    value = sum(F.mse_loss(attention(s), attention(t)) for s, t in stages(x))
    return usual(x, gamma, alpha, temperature) + [("attention", beta, value)]


def sp(x, gamma=1, beta=3000, alpha=0, temperature=4):
    """Not pooled to the same height: the two matrices are images × images whatever the maps."""
    flat = [last_map(x, side).flatten(1) for side in ("student", "teacher")]
    g_s, g_t = (n2(f @ f.T) for f in flat)
    return usual(x, gamma, alpha, temperature) + [("similarity", beta, ((g_t - g_s) ** 2).sum() / len(g_s) ** 2)]


def cc(x, gamma=1, beta=0.02, alpha=0, temperature=4, dimensions=128):
    difference = (linear(pooled(x, "student"), x, "embed_s") - linear(pooled(x, "teacher"), x, "embed_t")).abs()
    value = (difference[:-1] * difference[1:]).sum(1).mean()
    return usual(x, gamma, alpha, temperature) + [("correlation", beta, value)]


def vid(x, gamma=1, beta=1, alpha=0, temperature=4):
    value = 0
    for l, (s, t) in enumerate(stages(x), start=1):
        mean = s
        for i in range(3):
            mean = F.conv2d(F.relu(mean) if i else mean, x[f"param.mean{l}.{i}.weight"])
        variance = (F.softplus(x[f"param.rho{l}"]) + 1e-5).reshape(1, -1, 1, 1)
        value = value + (0.5 * ((t - mean) ** 2 / variance + torch.log(variance))).mean()
    return usual(x, gamma, alpha, temperature) + [("variational", beta, value)]


def relative_distances(x):
    """The clamp keeps the root's gradient finite for equal images, which do not count for the mean."""
    squared = ((x[:, None] - x[None, :]) ** 2).sum(2)
    d = torch.sqrt(squared.clamp(min=1e-12)) * (1 - torch.eye(len(x), dtype=x.dtype))
    positive = d[d > 1.1e-6]
    return d / positive.mean() if len(positive) else d


def angles(x):
    v = n2(x[None, :] - x[:, None])
    return torch.einsum("ijd,ikd->ijk", v, v)


def rkd(x, gamma=1, beta=1, distance=25, angle=50, alpha=0, temperature=4):
    s, t = pooled(x, "student"), pooled(x, "teacher")
    return usual(x, gamma, alpha, temperature) + [
        ("distance", beta * distance, F.smooth_l1_loss(relative_distances(s), relative_distances(t))),
        ("angle", beta * angle, F.smooth_l1_loss(angles(s), angles(t))),
    ]


def pkt(x, gamma=1, beta=30000, alpha=0, temperature=4):
    def neighbours(f):
        f = n2(f)
        similarity = (f @ f.T + 1) / 2
        return similarity / similarity.sum(1, keepdim=True)

    p_s, p_t = neighbours(pooled(x, "student")), neighbours(pooled(x, "teacher"))
    value = (p_t * torch.log((p_t + 1e-7) / (p_s + 1e-7))).mean()
    return usual(x, gamma, alpha, temperature) + [("probabilities", beta, value)]


def nst(x, gamma=1, beta=50, alpha=0, temperature=4):
    def kernel(a, b):
        return (torch.einsum("bip,bjp->bij", a, b) ** 2).mean()

    value = 0
    for s, t in stages(x):
        s, t = n2(s.flatten(2)), n2(t.flatten(2))
        value = value + kernel(t, t) + kernel(s, s) - 2 * kernel(s, t)
    return usual(x, gamma, alpha, temperature) + [("neuron", beta, value)]
