"""CRD with its two banks, row by row, and its form inside one batch."""

import torch
import torch.nn.functional as F

from .common import labels, linear, n2, pooled, usual


def embedded(x):
    return tuple(n2(linear(pooled(x, side), x, f"embed_{side[0]}")) for side in ("student", "teacher"))


def crd(
    x, gamma=1, beta=0.8, alpha=0, temperature=4, nceTemperature=0.07, negatives=16384, bankMomentum=0.5, dimensions=128
):
    """`negatives` only says how many are drawn; which ones, the inputs say. `dimensions` is in the weights' shape."""
    own, bank_labels, batch_labels = x["indices"].long(), x["state.labels"].long(), labels(x)
    size = len(bank_labels)

    def others(b):
        """Rows of the bank that are negatives of image b."""
        mask = bank_labels != batch_labels[b]
        if "state.negatives" in x:
            mask = mask & (x["state.negatives"][b] > 0)
        mask[own[b]] = False
        return mask

    def side(e, bank, z):
        scores = torch.exp(e @ bank.T / nceTemperature)
        positive = [scores[b, own[b]] for b in range(len(e))]
        negative = [scores[b, others(b)] for b in range(len(e))]
        if z == 0:
            z = torch.cat([torch.stack(positive), *negative]).mean().item() * size
        value = 0
        for p, q in zip(positive, negative):
            noise = len(q) / size  # m·Pn
            value = value - torch.log(p / z / (p / z + noise + 1e-7))
            value = value - torch.log(noise / (q / z + noise + 1e-7)).sum()  # no negatives: a sum over nothing
        return value / len(e), z

    (e_s, e_t), (z_s, z_t) = embedded(x), x["state.z"].tolist()
    value_s, z_s = side(e_s, x["state.memory_t"], z_s)
    value_t, z_t = side(e_t, x["state.memory_s"], z_t)

    state = {"z": torch.tensor([z_s, z_t], dtype=e_s.dtype)}
    for name, e in (("memory_s", e_s), ("memory_t", e_t)):
        state[name] = x[f"state.{name}"].clone()
        state[name][own] = n2(bankMomentum * state[name][own] + (1 - bankMomentum) * e.detach())
    return usual(x, gamma, alpha, temperature) + [("crd", beta, value_s + value_t)], state


def crd_batch(x, gamma=1, beta=0.8, alpha=0, temperature=4, nceTemperature=0.07, dimensions=128):
    e_s, e_t = embedded(x)
    y, own = labels(x), torch.arange(len(e_s))
    same_class = (y[:, None] == y[None, :]) & ~torch.eye(len(y), dtype=torch.bool)
    scores = (e_s @ e_t.T / nceTemperature).masked_fill(same_class, -1e9)
    value = (F.cross_entropy(scores, own) + F.cross_entropy(scores.T, own)) / 2
    return usual(x, gamma, alpha, temperature) + [("contrast", beta, value)]
