"""Objectives with a target made by hand in place of the teacher's probabilities (Tang et al., and their controls)."""

import math

import torch
import torch.nn.functional as F

from . import common
from .common import cross_entropy, labels


def towards(x, target, temperature, alpha, standardise=False):
    """F.kl_div counts a target of 0 as 0."""
    s, _ = common.logits(x, standardise)
    value = F.kl_div(F.log_softmax(s / temperature, 1), target, reduction="batchmean")
    return [("crossEntropy", 1 - alpha, cross_entropy(x)), ("kl", alpha * temperature**2, value)]


def probabilities(x, temperature, standardise=False):
    _, t = common.logits(x, standardise)
    return F.softmax(t / temperature, 1)


def label_smoothing(x, smoothing=0.1):
    value = F.cross_entropy(x["student.logits"], labels(x), label_smoothing=smoothing)
    return [("smoothedCrossEntropy", 1, value)]


def kd_pt(x, temperature=4, alpha=0.9, standardise=False):
    p, target = probabilities(x, temperature, standardise), []
    for row, label in zip(p, labels(x)):
        rho = ((1 - row[label]) / (len(row) - 1)).repeat(len(row))
        rho[label] = row[label]
        target.append(rho)
    return towards(x, torch.stack(target), temperature, alpha, standardise)


def similar(x, power, scale):
    """One row for each image: how near the teacher's classifier holds the other classes to the label."""
    w = common.n2(x["state.classifier"])
    c = (w @ w.T)[labels(x)]
    return F.softmax(c.sign() * c.abs() ** power / scale, 1)


def kd_sim(x, temperature=4, alpha=0.9, power=0.3, scale=0.5):
    return towards(x, similar(x, power, scale), temperature, alpha)


def kd_pt_sim(x, temperature=4, alpha=0.9, power=0.3, scale=0.5, standardise=False):
    p, target = probabilities(x, temperature, standardise), []
    for row, sigma, label in zip(p, similar(x, power, scale), labels(x)):
        sigma = sigma.clone()
        sigma[label] = 0
        rho = (1 - row[label]) * sigma / sigma.sum()
        rho[label] = row[label]
        target.append(rho)
    return towards(x, torch.stack(target), temperature, alpha, standardise)


def kd_topk(x, temperature=4, alpha=0.9, k=0, remainder="renormalise", standardise=False):
    p, target = probabilities(x, temperature, standardise), []
    classes = p.shape[1]
    k = k or max(1, math.floor(classes / 4 + 0.5))  # halves up; Python's own round goes to even
    for row in p:
        kept = torch.sort(row, descending=True, stable=True).indices[:k]
        rho = torch.zeros_like(row)
        if remainder == "renormalise":
            rho[kept] = row[kept] / row[kept].sum()
        else:
            if k < classes:
                rho += (1 - row[kept].sum()) / (classes - k)
            rho[kept] = row[kept]
        target.append(rho)
    return towards(x, torch.stack(target), temperature, alpha, standardise)


def dkpp(x, temperature=4, alpha=0.9, standardise=False):
    p, target = probabilities(x, temperature, standardise), []
    for row, keys in zip(p.tolist(), x["state.keys"].tolist()):
        top = row.index(max(row))
        others = [j for j in range(len(row)) if j != top]
        rho = list(row)
        for source, goal in zip(others, sorted(others, key=lambda j: (keys[j], j))):
            rho[goal] = row[source]
        target.append(rho)
    return towards(x, torch.tensor(target, dtype=p.dtype), temperature, alpha, standardise)


def cwtm(x, temperature=1):
    confidence = probabilities(x, temperature).max(1).values
    each = F.cross_entropy(x["student.logits"], labels(x), reduction="none")
    return [("weightedCrossEntropy", 1, (confidence / confidence.sum() * each).sum())]


def soft_labels(x, temperature=4, alpha=0.9, noiseVariance=0.2, labelTemperature=0.15):
    y = F.one_hot(labels(x), x["student.logits"].shape[1])
    target = F.softmax((y + math.sqrt(noiseVariance) * x["state.noise"]) / labelTemperature, 1)
    return towards(x, target, temperature, alpha)
