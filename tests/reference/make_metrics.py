"""Writes metrics.safetensors: inputs of the metrics, and what they are by formulas written down here once more.

    pip install torch safetensors numpy && python tests/reference/make_metrics.py [--check]

Written apart from the Rust code and where possible in another form of the same formula (traces with the centring matrix,
sums written out, PyTorch's losses), in double precision on inputs that are exactly the stored float32. Expected numbers stand
in the file's metadata; null means that the metric has no value. --check writes nothing: it computes everything again and
compares with the file.
"""

import json
import math
import pathlib
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.numpy import save_file

torch.set_num_threads(1)
PATH = pathlib.Path(__file__).parent / "metrics.safetensors"
INPUTS, CASES = {}, {}


# Features


def linear_cka(x, y):
    """HSIC form with the centring matrix written out."""
    n = len(x)
    if np.ptp(x, axis=0).max() == 0 or np.ptp(y, axis=0).max() == 0:
        return None
    h = np.eye(n) - 1 / n
    k, l = x @ x.T, y @ y.T

    def hsic(a, b):
        return np.trace(a @ h @ b @ h)

    return hsic(k, l) / math.sqrt(hsic(k, k)) / math.sqrt(hsic(l, l))


def hsic1(k, l):
    """Unbiased HSIC, Nguyen et al. 2021 eq. 3: K and L with zero diagonals."""
    n = len(k)
    k, l, one = k - np.diag(np.diag(k)), l - np.diag(np.diag(l)), np.ones(n)
    inner = np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - 2 / (n - 2) * (one @ k @ l @ one)
    return inner / (n * (n - 3))


def minibatch_cka(x, y, size):
    # A shift of the features changes nothing but rounding.
    x, y = x - x.mean(0), y - y.mean(0)
    if np.ptp(x, axis=0).max() == 0 or np.ptp(y, axis=0).max() == 0:
        return None, 0
    kl = kk = ll = 0.0
    batches = len(x) // size
    for b in range(batches):
        part = slice(b * size, (b + 1) * size)
        k, l = x[part] @ x[part].T, y[part] @ y[part].T
        kl, kk, ll = kl + hsic1(k, l), kk + hsic1(k, k), ll + hsic1(l, l)
    # Equal but for rounding: all images are equally far apart.
    if abs(kk) < 1e-13 * np.abs(x @ x.T).max() ** 2 or abs(ll) < 1e-13 * np.abs(y @ y.T).max() ** 2:
        return None, batches
    return kl / math.sqrt(kk) / math.sqrt(ll), batches


def debiased_cka(x, y):
    return minibatch_cka(x, y, len(x))[0]


def distances(x, epsilon):
    x = torch.from_numpy(x)
    return ((x[:, None] - x[None]).square().sum(-1) + epsilon).sqrt().numpy()


def dcor(x, y, normalise=False):
    if normalise:
        x, y = (F.normalize(torch.from_numpy(v), dim=1).numpy() for v in (x, y))
    n = len(x)
    h = np.eye(n) - 1 / n
    a, b = h @ distances(x, 1e-12) @ h, h @ distances(y, 1e-12) @ h

    def gamma(p, q):
        return (p * q).mean()

    return gamma(a, b) / math.sqrt(gamma(a, a) * gamma(b, b) + 1e-9)


def u_centred(a):
    """Entry by entry, as the definition has it."""
    n = len(a)
    out = np.zeros_like(a)
    for i in range(n):
        for j in range(n):
            if i != j:
                out[i, j] = a[i, j] - a[i].sum() / (n - 2) - a[:, j].sum() / (n - 2) + a.sum() / ((n - 1) * (n - 2))
    return out


def bracket(a, b):
    n = len(a)
    return sum(a[i, j] * b[i, j] for i in range(n) for j in range(n)) / (n * (n - 3))


def r_star(a, b):
    return bracket(a, b) / math.sqrt(bracket(a, a) * bracket(b, b) + 1e-18)


def removed(a, b):
    return a - bracket(a, b) / (bracket(b, b) + 1e-12) * b


def of_features(x):
    return u_centred(distances(x, 1e-18))


def of_labels(t):
    """The distances of labels: embeddings of each image's class, or a table."""
    labels = t["labels"].astype(int)
    if "distances" in t:
        return u_centred(np.sqrt(t["distances"][labels][:, labels] ** 2 + 1e-18))
    vectors = t["classes"][labels] if "classes" in t else np.eye(labels.max() + 1)[labels]
    return of_features(vectors)


def partial_dcor(t, both):
    x, y = of_features(t["x"]), of_features(t["y"])
    z = of_features(t["z"]) if "z" in t else of_labels(t)
    return r_star(removed(x, y), removed(z, y) if both else z)


def relevance(t):
    x, g = of_features(t["x"]), of_labels(t)
    found = {"value": r_star(x, g)}
    if "y" in t:
        y = of_features(t["y"])
        found["y"] = {"value": r_star(y, g)}
        found["distilled"] = {"value": r_star(removed(x, y), g)}
        found["residual"] = {"value": r_star(removed(y, x), g)}
    return found


# Outputs


def probabilities(z, temperature=1.0):
    return torch.softmax(torch.from_numpy(z) / temperature, dim=1).numpy()


def wilson(k, n):
    z = 1.959963984540054
    centre, half = (k + z * z / 2) / (n + z * z), z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return {"count": int(k), "n": n, "rate": k / n, "low": max(centre - half, 0.0), "high": min(centre + half, 1.0)}


def right(z, labels):
    return z.argmax(1) == labels


def ece(t, bins):
    """Masks over bins (l, u]."""
    p, hit = probabilities(t["x"]).max(1), right(t["x"], t["labels"])
    total, rows = 0.0, []
    for m in range(bins):
        inside = (p > m / bins) & (p <= (m + 1) / bins)
        n = int(inside.sum())
        rows.append({"n": n, "accuracy": hit[inside].mean().item() if n else None})
        rows[-1]["confidence"] = p[inside].mean().item() if n else None
        if n:
            total += n / len(p) * abs(hit[inside].mean() - p[inside].mean())
    return {"value": total, "bins": rows, "accuracy": wilson(hit.sum(), len(hit))}


def agreement(t):
    same = t["x"].argmax(1) == t["y"].argmax(1)
    n = len(same)
    rate = wilson(same.sum(), n)
    found = {"value": rate["rate"], "count": rate["count"], "interval": {"low": rate["low"], "high": rate["high"]}}
    if "labels" in t:
        a, b = (right(t[k], t["labels"]).mean() for k in "xy")
        least = max(0, a + b - 1) if t["x"].shape[1] > 2 else abs(a + b - 1)
        found["bounds"] = [float(least), float(1 - abs(a - b))]
    return found


def kl(t, temperature):
    x, y = (F.log_softmax(torch.from_numpy(t[k]) / temperature, dim=1) for k in "xy")
    return F.kl_div(x, y, reduction="batchmean", log_target=True).item()


def nll(t):
    return F.cross_entropy(torch.from_numpy(t["x"]), torch.from_numpy(t["labels"]).long()).item()


def kappa(t):
    """From the table of both being right or wrong, by sklearn's definition: 1 − observed/expected disagreement."""
    a, b = right(t["x"], t["labels"]), right(t["y"], t["labels"])
    n = len(a)
    table = np.array([[(~a & ~b).sum(), (~a & b).sum()], [(a & ~b).sum(), (a & b).sum()]]) / n
    by_chance = np.outer(table.sum(1), table.sum(0))
    expected = by_chance[0, 1] + by_chance[1, 0]
    value = None if expected == 0 else 1 - (table[0, 1] + table[1, 0]) / expected
    return {"value": value, "observed": table[0, 0] + table[1, 1], "expected": 1 - expected}


def expected(metric, t, o):
    t = {k: v.astype(np.float64) for k, v in t.items()}
    features = {k: v.reshape(len(v), -1) for k, v in t.items() if k in "xyz"}
    x, y = features.get("x"), features.get("y")
    t |= features
    match metric:
        case "cka":
            return linear_cka(x, y)
        case "debiased-cka":
            return debiased_cka(x, y)
        case "minibatch-cka":
            size = min(o.get("batchSize", 128), len(x))
            value, batches = minibatch_cka(x, y, size)
            return {"value": value, "n": size * (len(x) // size)} | ({"batches": batches} if batches else {})
        case "dcor":
            return dcor(x, y, o.get("normalise", False))
        case "fss":
            return dcor(x, y, True)
        case "bias-corrected-dcor":
            return r_star(of_features(x), of_features(y))
        case "partial-dcor":
            return partial_dcor(t, o.get("removal") == "both")
        case "rs":
            return relevance(t)
        case "ece":
            return ece(t, o.get("bins", 15))
        case "agreement":
            return agreement(t)
        case "kl":
            return kl(t, o.get("temperature", 1.0))
        case "nll":
            return nll(t)
        case "kappa":
            return kappa(t)


# Cases


class Draw:
    """Random numbers of one set of inputs, from its name, by numpy's generator whose stream is frozen."""

    def __init__(self, name):
        self.rng = np.random.RandomState(zlib.crc32(name.encode()))

    def normal(self, *shape, scale=1.0, shift=0.0):
        return (self.rng.standard_normal(shape) * scale + shift).astype(np.float32)

    def labels(self, n, classes):
        return (self.rng.permutation(n) % classes).astype(np.float32)


def features():
    """x and y by the name of what is odd about them."""
    sets = {}
    for name, n in [("random", 12), ("four", 4), ("five", 5)]:
        d = Draw(name)
        sets[name] = {"x": d.normal(n, 5), "y": d.normal(n, 7)}
    d = Draw("related")
    x = d.normal(12, 5)
    sets["related"] = {"x": x, "y": (x @ d.normal(5, 6) + d.normal(12, 6, scale=0.5)).astype(np.float32)}
    sets["same"] = {"x": x, "y": x}
    sets["rotated"] = {"x": x, "y": (3 * x @ np.linalg.qr(d.normal(5, 5).astype(np.float64))[0]).astype(np.float32)}
    sets["opposite"] = {"x": x, "y": -x[:, :2]}
    sets["constant"] = {"x": np.tile(d.normal(1, 5), (12, 1)), "y": x}
    sets["both-constant"] = {"x": np.tile(d.normal(1, 5), (12, 1)), "y": np.tile(d.normal(1, 3), (12, 1))}
    sets["duplicates"] = {"x": np.repeat(d.normal(4, 5), 3, axis=0), "y": np.repeat(d.normal(6, 4), 2, axis=0)}
    sets["two-points"] = {"x": np.repeat(d.normal(2, 5), [1, 11], axis=0), "y": x}
    sets["zero"] = {"x": np.zeros((12, 2, 2, 2), np.float32), "y": d.normal(12, 3, 2, 2)}
    sets["both-zero"] = {"x": np.zeros((8, 2, 2, 2), np.float32), "y": np.zeros((8, 3), np.float32)}
    maps = np.maximum(d.normal(12, 3, 2, 2), 0)
    maps[2] = 0
    sets["zero-image"] = {"x": maps, "y": d.normal(12, 4)}
    sets["equidistant"] = {"x": 3 * np.eye(6, dtype=np.float32), "y": x[:6]}
    sets["shifted"] = {"x": d.normal(12, 5, shift=1000), "y": d.normal(12, 4, shift=-50)}
    sets["large"] = {"x": d.normal(12, 5, scale=1e4), "y": d.normal(12, 4, scale=1e6)}
    sets["small"] = {"x": d.normal(12, 5, scale=1e-3), "y": d.normal(12, 4, scale=1e-2)}
    sets["wide"] = {"x": d.normal(8, 40), "y": d.normal(8, 30)}
    sets["one-column"] = {"x": d.normal(9), "y": d.normal(9)}
    for name, inputs in sets.items():
        INPUTS[name] = inputs
        for metric in ["cka", "debiased-cka", "minibatch-cka", "dcor", "fss", "bias-corrected-dcor"]:
            add(metric, name)
    for name in ["random", "related", "wide", "constant", "large", "shifted"]:
        add("cka", name, form="features")
        add("cka", name, form="gram")
        add("dcor", name, normalise=True)
    for name in ["random", "related", "duplicates", "zero", "shifted", "large"]:
        for size in [4, 5]:
            add("minibatch-cka", name, batchSize=size)


def labelled():
    for name, classes, n in [("labelled", 3, 15), ("two-classes", 2, 10), ("four-labelled", 2, 4), ("one-class", 1, 8)]:
        d = Draw(name)
        labels = d.labels(n, classes)
        x = (d.normal(classes, 4)[labels.astype(int)] + d.normal(n, 4, scale=0.7)).astype(np.float32)
        y = (x @ d.normal(4, 5) + d.normal(n, 5)).astype(np.float32)
        alone = {"x": x, "labels": labels}
        INPUTS[name] = alone | {"y": y}
        INPUTS[f"{name}-alone"] = alone
        INPUTS[f"{name}-z"] = {"x": x, "y": y, "z": d.normal(n, 2) + x[:, :2]}
        INPUTS[f"{name}-classes"] = alone | {"y": y, "classes": d.normal(classes + 1, 6)}
        table = np.abs(d.normal(classes, classes)) + 0.1
        INPUTS[f"{name}-table"] = alone | {"y": y, "distances": (table + table.T) * (1 - np.eye(classes, dtype=np.float32))}
        for kind in ["", "-z", "-classes", "-table"]:
            add("partial-dcor", name + kind)
            add("partial-dcor", name + kind, removal="both")
        for kind in ["", "-alone", "-classes", "-table"]:
            add("rs", name + kind)
    d = Draw("odd labelled")
    labels, x = d.labels(12, 3), d.normal(12, 4)
    still = np.tile(d.normal(1, 4), (12, 1))
    INPUTS["labelled-same"] = {"x": x, "y": x, "labels": labels}
    INPUTS["labelled-constant"] = {"x": still, "y": x, "labels": labels}
    INPUTS["labelled-zero"] = {"x": np.zeros((12, 1, 2, 2), np.float32), "y": np.zeros((12, 3), np.float32), "labels": labels}
    INPUTS["labelled-duplicates"] = {"x": x[[0, 0, 1, 1] * 3], "y": x[[2, 2, 3] * 4], "labels": labels}
    INPUTS["labels-themselves"] = {"x": np.eye(3, dtype=np.float32)[labels.astype(int)], "y": x, "labels": labels}
    for name in ["same", "constant", "zero", "duplicates"]:
        add("rs", f"labelled-{name}")
        add("partial-dcor", f"labelled-{name}")
        add("partial-dcor", f"labelled-{name}", removal="both")
    add("rs", "labels-themselves")


def outputs():
    d = Draw("outputs")
    n, classes = 24, 5
    labels = d.labels(n, classes)
    at = np.eye(classes, dtype=np.float32)[labels.astype(int)]
    good, other = d.normal(n, classes) + 2 * at, d.normal(n, classes) + at
    sets = {
        "usual": (good, other, labels),
        "confident": (5 * good, 3 * other, labels),
        "one-label": (good, other, np.zeros(n, np.float32)),
        "same-network": (good, good, labels),
        "perfect": (9 * at, 4 * at, labels),
        "one-perfect": (9 * at, other, labels),
        "hopeless": (-at, -3 * at, labels),
        "equal-logits": (np.zeros((4, 4), np.float32), np.full((4, 4), 7, np.float32), d.labels(4, 4)),
        # 1/5 is the end of a bin, both of 10 and of 15.
        "equal-five": (np.zeros((5, 5), np.float32), np.full((5, 5), -3, np.float32), d.labels(5, 5)),
        "extreme": (1e4 * d.normal(8, 5), 1e4 * d.normal(8, 5), d.labels(8, 5)),
        "single": (good[:1], other[:1], labels[:1]),
        "two-way": (d.normal(9, 2), d.normal(9, 2), d.labels(9, 2)),
        "four-images": (good[:4], other[:4], labels[:4]),
        "repeated": (np.repeat(good[:2], 4, axis=0), np.repeat(other[:2], 4, axis=0), np.repeat(labels[:2], 4)),
    }
    for name, (x, y, of) in sets.items():
        INPUTS[f"outputs-{name}"] = {"x": x.astype(np.float32), "y": y.astype(np.float32), "labels": of}
        for metric in ["ece", "agreement", "kl", "nll", "kappa"]:
            add(metric, f"outputs-{name}")
        add("ece", f"outputs-{name}", bins=10)
        add("kl", f"outputs-{name}", temperature=4)
    INPUTS["outputs-unlabelled"] = {"x": good, "y": other}
    add("agreement", "outputs-unlabelled")
    for bins in [1, 100]:
        add("ece", "outputs-usual", bins=bins)
    # Three of four right at a confidence of 0.75, four of five right at 0.8: calibrated.
    p = np.array([[0.75, 0.15, 0.1]] * 4 + [[0.15, 0.8, 0.05]] * 5)
    calibrated = {"x": np.log(p).astype(np.float32), "labels": np.array([0, 0, 0, 1, 1, 1, 1, 1, 2], np.float32)}
    INPUTS["outputs-calibrated"] = calibrated
    add("ece", "outputs-calibrated")


def add(metric, inputs, **options):
    found = expected(metric, INPUTS[inputs], options)
    found = found if isinstance(found, dict) else {"value": found}
    name = "/".join([metric, inputs, *(f"{k}={v}" for k, v in options.items())])
    assert name not in CASES
    CASES[name] = {"metric": metric, "inputs": inputs, "options": options, "expected": plain(found)}


def plain(value):
    """Python's own numbers, none of them NaN."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if value is None:
        return None
    value = value.item() if hasattr(value, "item") else value
    assert math.isfinite(value)
    return value


def apart(a, b):
    """The largest difference of two nested results, relative to 1 where numbers are smaller; infinite where they differ in kind."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((apart(a[k], b[k]) for k in a), default=0.0)
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return max((apart(p, q) for p, q in zip(a, b)), default=0.0)
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (a, b))
    if numbers:
        return abs(a - b) / max(abs(a), 1.0)
    return 0.0 if type(a) is type(b) and a == b else math.inf


def check(tensors):
    with safe_open(PATH, "numpy") as file:
        stored = {key: file.get_tensor(key) for key in file.keys()}
        cases = json.loads(file.metadata()["kd-lens"])["cases"]
    if stored.keys() != tensors.keys() or cases.keys() != CASES.keys():
        return "the names of inputs or of cases differ"
    for key, value in tensors.items():
        if stored[key].shape != value.shape or not np.allclose(stored[key], value, rtol=1e-6, atol=0):
            return f"{key} differs"
    worst = max((apart(cases[name], json.loads(json.dumps(case))), name) for name, case in CASES.items())
    print(f"{len(cases)} cases, {len(tensors)} tensors, largest difference {worst[0]:.1e} {worst[1]}")
    return "" if worst[0] < 1e-7 else f"{worst[1]} differs by {worst[0]:.1e}"


if __name__ == "__main__":
    features()
    labelled()
    outputs()
    TENSORS = {f"{s}/{k}": np.ascontiguousarray(v, np.float32) for s, inputs in INPUTS.items() for k, v in inputs.items()}
    if "--check" in sys.argv[1:]:
        sys.exit(check(TENSORS) or 0)  # a text is printed, and the exit code is then 1
    metadata = {"kd-lens": json.dumps({"torch": torch.__version__, "cases": CASES}, sort_keys=True)}
    save_file(TENSORS, PATH, metadata=metadata)
    print(f"{len(CASES)} cases, {len(TENSORS)} tensors, {PATH.stat().st_size} bytes, torch {torch.__version__}")
