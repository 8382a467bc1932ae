"""What the objectives share: finding inputs by name, normalising, the two usual terms."""

import torch
import torch.nn.functional as F


def labels(x):
    return x["labels"].long()


def progress(x):
    return x["progress"].item() if "progress" in x else 1.0


def ramp(x, warm_up):
    """From 0 to 1 during the warm-up; no warm-up counts as over, since 0/0 has no value."""
    return 1.0 if warm_up == 0 else min(progress(x) / warm_up, 1.0)


def numbered(x, prefix, first):
    found = []
    while f"{prefix}{first + len(found)}" in x:
        found.append(x[f"{prefix}{first + len(found)}"])
    return found


def maps(x, side):
    """f0, f1, … and, last, the pooled vector."""
    return numbered(x, f"{side}.f", 0)


def pooled(x, side):
    return maps(x, side)[-1]


def last_map(x, side):
    return maps(x, side)[-2]


def stages(x):
    """Pairs of stage maps, counted from the front, at the same height."""
    return [same_height(s, t) for s, t in zip(maps(x, "student")[1:-1], maps(x, "teacher")[1:-1])]


def preactivations(x):
    return [same_height(s, t) for s, t in zip(numbered(x, "student.pre", 1), numbered(x, "teacher.pre", 1))]


def same_height(a, b):
    size = min(a.shape[2], b.shape[2])
    return F.adaptive_avg_pool2d(a, size), F.adaptive_avg_pool2d(b, size)


def n2(x):
    """Length 1 along the last dimension; unlike F.normalize it has a gradient at 0 (and 0 stays 0)."""
    return x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-12)


def standardised(z):
    return (z - z.mean(1, keepdim=True)) / torch.sqrt(z.var(1, keepdim=True, correction=1) + 1e-6)


def logits(x, standardise=False, view=""):
    s, t = x[f"student.{view}logits"], x[f"teacher.{view}logits"]
    return (standardised(s), standardised(t)) if standardise else (s, t)


def batch_norm(x, weight=None, bias=None, eps=1e-5):
    """By the statistics of the batch."""
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def linear(x, inputs, name):
    return F.linear(x, inputs[f"param.{name}.weight"], inputs[f"param.{name}.bias"])


def cross_entropy(x, view=""):
    return F.cross_entropy(x[f"student.{view}logits"], labels(x))


def kl(s, t, T):
    return F.kl_div(F.log_softmax(s / T, 1), F.log_softmax(t / T, 1), reduction="batchmean", log_target=True)


def usual(x, gamma, alpha, T):
    """The terms that every method on features begins with."""
    terms = [("crossEntropy", gamma, cross_entropy(x))]
    if alpha:
        terms.append(("kl", alpha * T * T, kl(*logits(x), T)))
    return terms
