"""Objectives on logits: Hinton's, standardised, labels only, DKD, DIST, multi-level."""

import torch
import torch.nn.functional as F

from . import common
from .common import cross_entropy, labels


def kl(x, temperature=4, alpha=0.9, standardise=False):
    value = common.kl(*common.logits(x, standardise), temperature)
    return [("crossEntropy", 1 - alpha, cross_entropy(x)), ("kl", alpha * temperature**2, value)]


def lskd(x, temperature=2, gamma=0.1, beta=9):
    value = common.kl(*common.logits(x, standardise=True), temperature)
    return [("crossEntropy", gamma, cross_entropy(x)), ("kl", beta * temperature**2, value)]


def labels_only(x):
    return [("crossEntropy", 1, cross_entropy(x))]


def dkd(x, gamma=1, alpha=1, beta=8, temperature=4, warmUp=0.083, standardise=False):
    T = temperature
    s, t = (z / T for z in common.logits(x, standardise))
    own = F.one_hot(labels(x), s.shape[1]).bool()

    def own_and_rest(z):
        """log p of the label and log(1 − p), the latter from the other classes since 1 − p may round to 0."""
        log_p = F.log_softmax(z, 1)
        return torch.stack([log_p[own], torch.logsumexp(others(log_p), 1)], 1)

    def others(z):
        return z[~own].reshape(len(z), -1)

    tckd = F.kl_div(own_and_rest(s), own_and_rest(t), reduction="batchmean", log_target=True)
    nckd = common.kl(others(s), others(t), 1)
    w = T * T * common.ramp(x, warmUp)
    return [("crossEntropy", gamma, cross_entropy(x)), ("tckd", alpha * w, tckd), ("nckd", beta * w, nckd)]


def dist(x, gamma=1, inter=2, intra=2, temperature=4, standardise=False):
    T = temperature
    s, t = (F.softmax(z / T, 1) for z in common.logits(x, standardise))

    def unlike(a, b):
        """1 − the mean over rows of Pearson's correlation."""
        a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
        norms = torch.sqrt((a * a).sum(1) + 1e-10) * torch.sqrt((b * b).sum(1) + 1e-10)
        return 1 - ((a * b).sum(1) / norms).mean()

    terms = [("inter", inter * T * T, unlike(s, t)), ("intra", intra * T * T, unlike(s.T, t.T))]
    return [("crossEntropy", gamma, cross_entropy(x))] + terms


def mlkd(x, gamma=0.1, beta=0.9, standardise=False):
    s, t = common.logits(x, standardise)
    strong_s, strong_t = common.logits(x, standardise, "strong.")
    instance = strong = batch = classes = 0
    for T in (2, 3, 4, 5, 6):
        instance = instance + T * T * common.kl(s, t, T)
        strong = strong + T * T * common.kl(strong_s, strong_t, T)
        p, q = F.softmax(t / T, 1), F.softmax(s / T, 1)
        batch = batch + ((p @ p.T - q @ q.T) ** 2).sum() / len(s)
        classes = classes + ((p.T @ p - q.T @ q) ** 2).sum() / s.shape[1]
    return [
        ("crossEntropy", gamma, cross_entropy(x)),
        ("strongCrossEntropy", gamma, cross_entropy(x, "strong.")),
        ("instance", beta, instance),
        ("strongInstance", beta, strong),
        ("batch", beta, batch),
        ("class", beta, classes),
    ]
