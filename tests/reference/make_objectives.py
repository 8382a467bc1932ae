"""Writes objectives.safetensors: terms, weights, gradients and new state of every objective in plain PyTorch.

    pip install torch safetensors numpy && python tests/reference/make_objectives.py [--check]

Written apart from the Rust code, in double precision on inputs that are exactly the stored float32. --check writes
nothing: it computes everything again and compares with the file.
"""

import json
import math
import pathlib
import sys
import zlib

import numpy as np
import torch
from objectives import METHODS, terms_of
from safetensors import safe_open
from safetensors.numpy import save_file

torch.set_num_threads(1)
PATH = pathlib.Path(__file__).parent / "objectives.safetensors"
CASES = {}

# Images and classes of a case.
SIZES = {
    "random": (6, 10),
    "absent": (8, 5),
    "equal": (4, 8),  # powers of two, so that softmax of equal logits is exact in single precision too
    "same": (4, 8),
    "zero": (4, 4),
    "zero-image": (4, 4),
    "two": (2, 4),
    "extreme": (4, 5),
}
ON_LOGITS = ("random", "absent", "equal", "same", "zero", "two", "extreme")
ON_FEATURES = ("random", "absent", "equal", "zero", "zero-image", "two", "extreme")

# Shapes of one image's maps f0, f1, … and, last, of its pooled vector, student and teacher.
LARGE = ([(2, 8, 8), (3, 8, 8), (4, 4, 4), (5, 2, 2), (5,)], [(2, 8, 8), (4, 8, 8), (5, 4, 4), (6, 2, 2), (6,)])
WIDE = ([(2, 4, 4), (3, 4, 4), (4, 4, 4), (5, 2, 2), (5,)], [(2, 4, 4), (4, 4, 4), (5, 4, 4), (6, 2, 2), (6,)])
SMALL = ([(2, 4, 4), (2, 4, 4), (3, 2, 2), (3,)], [(2, 4, 4), (3, 4, 4), (4, 2, 2), (4,)])
TALL = ([(2, 8, 8), (2, 8, 8), (3, 4, 4), (3,)], [(2, 8, 8), (3, 8, 8), (4, 4, 4), (4,)])
TALLER_STUDENT, TALLER_TEACHER = (TALL[0], SMALL[1]), (SMALL[0], TALL[1])
SHORTER_LIST = (SMALL[0], [(2, 4, 4), (3, 4, 4), (4, 2, 2), (4, 2, 2), (4,)])
TWO, THREE = "f1 f2", "f1 f2 f3"  # stage maps


def vectors(student, teacher):
    """One map that nothing uses, then the pooled vector, which is what counts."""
    return [(1, 1, 1), (student,)], [(1, 1, 1), (teacher,)]


POOLED = {"live": "f1", "shapes": vectors(5, 6)}


class Draw:
    """Random numbers of one case, from its name, by numpy's generator whose stream is frozen."""

    def __init__(self, name):
        self.rng = np.random.RandomState(zlib.crc32(name.encode()))

    def normal(self, *shape, scale=1.0, shift=0.0):
        return (self.rng.standard_normal(shape) * scale + shift).astype(np.float32)

    def uniform(self, *shape, scale=1.0):
        return (self.rng.uniform(-scale, scale, shape)).astype(np.float32)

    def weight(self, *shape):
        return self.normal(*shape, scale=1 / math.sqrt(math.prod(shape[1:])))

    def bias(self, count):
        return self.normal(count, scale=0.3)

    def bn(self, name, count):
        return {f"{name}.weight": self.normal(count, scale=0.2, shift=1), f"{name}.bias": self.bias(count)}


def logits_of(draw, kind, images, classes):
    if kind == "extreme":
        s, t = (draw.uniform(images, classes, scale=1e4) for _ in range(2))
        s[0], t[0] = np.sign(s[0]) * 1e4, np.sign(t[0]) * 1e4
        return s, t
    s, t = draw.normal(images, classes, scale=3), draw.normal(images, classes, scale=4)
    if kind == "equal":
        t = np.repeat(np.round(t[:, :1]), classes, axis=1)
    return (t.copy() if kind in ("equal", "same") else s), t


def labels_of(draw, kind, images, classes):
    if kind == "absent":
        return np.array([0, 1, 1, 3, 4, 4, 0, 1], dtype=np.float32)  # never 2
    if kind == "two":
        return np.array([2, 0], dtype=np.float32)
    return draw.rng.randint(0, classes, images).astype(np.float32)


def features_of(draw, kind, images, side, shapes, live, pre):
    """Maps that the method does not use are one number an image."""
    found = {}
    count = len(shapes) - 1
    names = [f"f{i}" for i in range(count + 1)] + [f"pre{i}" for i in range(1, count) if pre]
    for name in names:
        shape = shapes[int(name.lstrip("fpre"))]
        shape = shape if name in live else (1,) * len(shape)
        scaled = draw.uniform(images, *shape, scale=100) if kind == "extreme" else draw.normal(images, *shape)
        found[f"{side}.{name}"] = scaled
    return found


def add(method, case, kind=None, live=None, shapes=None, extra=None, options=None, progress=None, sizes=None):
    """One case. `live` names the maps that the method uses, for both sides or as (student's, teacher's)."""
    kind = kind or "random"
    name = f"{method}/{case}"
    draw = Draw(name)
    images, classes = sizes or (SIZES[kind] if case == kind else (4, 6))
    x = {}
    x["student.logits"], x["teacher.logits"] = logits_of(draw, kind, images, classes)
    x["labels"] = labels_of(draw, kind, images, classes)
    shapes = shapes or SMALL
    shapes = (shapes[0], shapes[0]) if kind == "equal" else shapes
    if live:
        live = (live, live) if isinstance(live, str) else live
        pre = "pre" in " ".join(live)
        for side, its_shapes, its_live in zip(("student", "teacher"), shapes, live):
            x |= features_of(draw, kind, images, side, its_shapes, its_live.split(), pre)
    if method == "mlkd":
        x["student.strong.logits"], x["teacher.strong.logits"] = logits_of(draw, kind, images, classes)
    for key in list(x):
        if kind == "equal" and key.startswith(("student.f", "student.pre")):
            twins = (key.replace("student", "teacher"), key.replace("student.f", "teacher.pre"))
            x[key] = next((x[twin].copy() for twin in twins if x.get(twin, x["labels"]).shape == x[key].shape), x[key])
        if kind == "zero" and key.startswith("student"):
            x[key][:] = 0
        if kind in ("zero", "zero-image") and key.startswith(("student", "teacher")):
            x[key][0] = 0
    if extra:
        x |= extra(draw, x, *shapes)
    if progress is not None:
        x["progress"] = np.array([progress], dtype=np.float32)
    assert name not in CASES and all(v.dtype == np.float32 for v in x.values())
    CASES[name] = (method, x, options or {})


def usual(method, kinds=ON_FEATURES, three=None, maps=WIDE, **more):
    """`three` names what is used in the case with three stages of maps."""
    for kind in kinds:
        add(method, kind, kind, **more | ({"shapes": maps, "live": three} if three and kind == "random" else {}))


def on_logits():
    for method in ("kl", "lskd", "labels", "dkd", "dist", "mlkd"):
        usual(method, ON_LOGITS)
    for method in ("kl", "dkd", "dist", "mlkd"):
        add(method, "standardise", options={"standardise": True})
        add(method, "standardise-equal", "equal", options={"standardise": True}, sizes=(4, 8))
        add(method, "standardise-zero", "zero", options={"standardise": True}, sizes=(4, 4))
    add("kl", "temperature", options={"temperature": 2, "alpha": 0.5})
    add("kl", "no-labels", options={"alpha": 1})
    add("lskd", "weights", options={"temperature": 3, "gamma": 1, "beta": 2})
    add("dkd", "weights", options={"temperature": 2, "gamma": 0.5, "alpha": 2, "beta": 6})
    add("dkd", "half-way", options={"warmUp": 0.25}, progress=0.125)
    add("dkd", "warm-up", progress=0.0415)
    add("dkd", "start", progress=0)
    add("dkd", "no-warm-up", options={"warmUp": 0}, progress=0)
    add("dkd", "two-classes", sizes=(4, 2))
    add("dist", "weights", options={"gamma": 0.5, "inter": 1, "intra": 3, "temperature": 1})
    add("mlkd", "weights", options={"gamma": 1, "beta": 0.5})


def on_targets():

    def classifier(draw, x, *_):
        return {"state.classifier": draw.normal(x["student.logits"].shape[1], 6)}

    def keys(draw, x, *_):
        return {"state.keys": draw.rng.uniform(0, 1, x["student.logits"].shape).astype(np.float32)}

    def few_keys(draw, x, *_):
        return {"state.keys": draw.rng.randint(0, 3, x["student.logits"].shape).astype(np.float32)}

    def noise(draw, x, *_):
        return {"state.noise": draw.normal(*x["student.logits"].shape)}

    def tied_teacher(draw, x, *_):
        return {"teacher.logits": draw.rng.randint(0, 3, x["student.logits"].shape).astype(np.float32)}

    for method in ("label-smoothing", "kd-pt", "kd-topk", "cwtm"):
        usual(method, ON_LOGITS)
    for method in ("kd-sim", "kd-pt-sim"):
        usual(method, ON_LOGITS, extra=classifier)
        add(method, "similarity", extra=classifier, options={"power": 1.5, "scale": 0.2})
        add(method, "linear", extra=classifier, options={"power": 1, "scale": 1, "temperature": 2, "alpha": 0.5})

        def one_zero_row(draw, x, *_):
            rows = classifier(draw, x)
            rows["state.classifier"][int(x["labels"][0])] = 0
            return rows

        add(method, "zero-row", extra=one_zero_row)
    usual("dkpp", ON_LOGITS, extra=keys)
    usual("soft-labels", ON_LOGITS, extra=noise)

    add("label-smoothing", "smoothing", options={"smoothing": 0.3})
    add("label-smoothing", "none", options={"smoothing": 0})
    add("kd-pt", "standardise", options={"standardise": True})
    add("kd-pt", "temperature", options={"temperature": 1, "alpha": 0.5})
    add("kd-pt-sim", "standardise", extra=classifier, options={"standardise": True})
    add("kd-topk", "standardise", options={"standardise": True})
    for remainder in ("renormalise", "spread"):
        option = {} if remainder == "renormalise" else {"remainder": remainder}
        add("kd-topk", f"{remainder}-k1", options={"k": 1} | option)
        add("kd-topk", f"{remainder}-k3", options={"k": 3} | option)
        add("kd-topk", f"{remainder}-all", options={"k": 6} | option)
        add("kd-topk", f"{remainder}-ties", options={"k": 2} | option, extra=tied_teacher)
    add("kd-topk", "spread", options={"remainder": "spread"}, sizes=(6, 10))
    add("dkpp", "standardise", extra=keys, options={"standardise": True})
    add("dkpp", "tied-keys", extra=few_keys)
    add("dkpp", "tied-maximum", extra=lambda *all: keys(*all) | tied_teacher(*all))
    add("cwtm", "temperature", options={"temperature": 4})
    add("soft-labels", "noise", extra=noise, options={"noiseVariance": 0.5, "labelTemperature": 0.4, "temperature": 2})
    add("soft-labels", "no-noise", extra=noise, options={"noiseVariance": 0})


def embeddings(width):
    def extra(draw, x, s, t):
        found = {}
        for side, shape in (("s", s[-1]), ("t", t[-1])):
            found[f"param.embed_{side}.weight"] = draw.weight(width, *shape)
            found[f"param.embed_{side}.bias"] = draw.bias(width)
        return found

    return extra


def on_contrast():
    width, rows = 4, 12

    def bank(z=(0, 0), mark=False, one_class=False):
        def extra(draw, x, s, t):
            found = embeddings(width)(draw, x, s, t)
            labels, classes = x["labels"], x["student.logits"].shape[1]
            indices = draw.rng.permutation(rows)[: len(labels)]
            bank_labels = draw.rng.randint(0, classes, rows)
            if one_class:
                labels[:] = bank_labels[:] = 1
            bank_labels[indices] = labels
            found["indices"] = indices.astype(np.float32)
            found["state.labels"] = bank_labels.astype(np.float32)
            for side in ("s", "t"):
                found[f"state.memory_{side}"] = draw.uniform(rows, width, scale=1 / math.sqrt(width / 3))
            found["state.z"] = np.array(z, dtype=np.float32)
            if mark:
                found["state.negatives"] = np.zeros((len(labels), rows), dtype=np.float32)
                for marks, label in zip(found["state.negatives"], labels):
                    marks[draw.rng.permutation(np.flatnonzero(bank_labels != label))[:5]] = 1
            return found

        return extra

    options = {"dimensions": width}
    usual("crd", **POOLED, extra=bank(), options=options)
    add("crd", "z", **POOLED, extra=bank(z=(300, 450)), options=options)
    add("crd", "negatives", **POOLED, extra=bank(mark=True), options=options | {"negatives": 5})
    add("crd", "negatives-z", **POOLED, extra=bank((300, 450), mark=True), options=options | {"negatives": 5})
    add("crd", "no-negatives", **POOLED, extra=bank(one_class=True), options=options)
    more = {"bankMomentum": 0.9, "nceTemperature": 0.1, "gamma": 0.5, "beta": 1.5, "alpha": 1, "temperature": 2}
    add("crd", "weights", **POOLED, extra=bank(), options=options | more)

    usual("crd-batch", **POOLED, extra=embeddings(width), options=options)
    more = {"nceTemperature": 0.2, "gamma": 0.5, "beta": 1.5, "alpha": 1, "temperature": 2}
    add("crd-batch", "weights", **POOLED, extra=embeddings(width), options=options | more)

    def one_class(draw, x, s, t):
        return embeddings(width)(draw, x, s, t) | {"labels": np.ones_like(x["labels"])}

    add("crd-batch", "one-class", **POOLED, extra=one_class, options=options)


def on_representation():
    def projector(kind, identity=False):
        layers = {"none": 0, "frozen": 1, "linear": 1, "mlp-2": 2, "mlp-3": 3}[kind]

        def extra(draw, x, s, t):
            found, inputs, outputs = {}, s[-1][0], t[-1][0]
            for i in range(layers):
                weight = np.eye(outputs, dtype=np.float32) if identity else draw.weight(outputs, inputs)
                bias = np.zeros(outputs, dtype=np.float32) if identity else draw.bias(outputs)
                found |= {f"param.projector.{i}.weight": weight, f"param.projector.{i}.bias": bias}
                inputs = outputs
            return found

        return extra

    def case(name, kind="random", identity=False, widths=(5, 6), sizes=None, **options):
        kept = options.get("projector", "linear")
        add("srd", name, kind, "f1", vectors(*widths), projector(kept, identity), options, sizes=sizes or SIZES[kind])

    for kind in ON_FEATURES:
        case(kind, kind, identity=kind == "equal", widths=(6, 6) if kind == "equal" else (5, 6))
    for name in ("none", "frozen", "mlp-2", "mlp-3"):
        case(f"projector-{name}", widths=(6, 6) if name == "none" else (5, 6), projector=name)
    # Groups of four or three: 32, 16 and 8 do not divide 12, so four groups of three.
    case("normalisation-groupnorm", widths=(5, 12), normalisation="groupnorm")
    case("normalisation-groupnorm-odd", widths=(5, 9), normalisation="groupnorm")
    for name in ("none", "l2", "whitening"):
        case(f"normalisation-{name}", normalisation=name)
        case(f"normalisation-{name}-zero-image", "zero-image", normalisation=name)
    for name in ("l1", "l2", "deit"):
        case(f"distance-{name}", distance=name)
        case(f"distance-{name}-equal", "equal", True, (6, 6), distance=name)
        case(f"distance-{name}-zero", "zero", distance=name)
        case(f"distance-{name}-extreme", "extreme", distance=name, normalisation="none")
    for exponent in (1, 2, 3, 5, 6):
        case(f"exponent-{exponent}", exponent=exponent)
        if exponent % 2:
            case(f"exponent-{exponent}-equal", "equal", True, (6, 6), exponent=exponent)
    bare = {"projector": "none", "normalisation": "none"}
    case("bare", widths=(6, 6), **bare)
    case("bare-zero", "zero", widths=(6, 6), **bare)
    case("bare-extreme", "extreme", widths=(6, 6), exponent=6, **bare)
    case("bare-l2-zero-image", "zero-image", widths=(6, 6), projector="none", normalisation="l2", distance="l2")
    case("whitening-extreme", "extreme", normalisation="whitening")
    case("whitening-mlp-2-l1", normalisation="whitening", projector="mlp-2", distance="l1")
    case("groupnorm-frozen-deit", widths=(5, 12), normalisation="groupnorm", projector="frozen", distance="deit")
    case("weights", gamma=0.5, beta=1, alpha=2, temperature=3)
    case("no-kl", alpha=0)


def regressor(tap=2):
    def extra(draw, x, s, t):
        (inputs, height, _), (outputs, target, _) = s[tap], t[tap]
        if height == 2 * target:
            weight = draw.weight(outputs, inputs, 3, 3)
        elif 2 * height == target:
            weight = draw.weight(inputs, outputs, 4, 4)
        else:
            weight = draw.weight(outputs, inputs, 1 + height - target, 1 + height - target)
        found = {"param.regressor.conv.weight": weight, "param.regressor.conv.bias": draw.bias(outputs)}
        return found | draw.bn("param.regressor.bn", outputs)

    return extra


def variational(draw, x, s, t):
    found = {}
    for l in range(1, min(len(s), len(t)) - 1):
        inputs, outputs = s[l][0], t[l][0]
        for i in range(3):
            found[f"param.mean{l}.{i}.weight"] = draw.weight(outputs, inputs if i == 0 else outputs, 1, 1)
        found[f"param.rho{l}"] = draw.normal(outputs, shift=1)
    return found


MORE = {"gamma": 0.5, "alpha": 0.9, "temperature": 2}  # shows that the usual two terms are weighted


def on_features():
    usual("hint", live="f2", extra=regressor())
    add("hint", "kl", live="f2", extra=regressor(), options=MORE | {"beta": 10})
    add("hint", "halved", live="f2", shapes=TALLER_STUDENT, extra=regressor())
    add("hint", "doubled", live="f2", shapes=TALLER_TEACHER, extra=regressor())
    add("hint", "tap-1", live="f1", extra=regressor(1), options={"tap": 1})
    whole = (TALL[0], [(2, 4, 4), (3, 1, 1), (4, 1, 1), (4,)])  # a kernel over the whole map
    add("hint", "whole", live="f2", shapes=whole, extra=regressor())

    for method, more in (("at", {}), ("vid", {"extra": variational}), ("nst", {})):
        more["live"] = TWO
        usual(method, three=THREE, maps=LARGE if method == "at" else WIDE, **more)
        add(method, "taller-student", shapes=TALLER_STUDENT, **more)
        add(method, "taller-teacher", shapes=TALLER_TEACHER, **more)
        add(method, "shorter-list", shapes=SHORTER_LIST, **more)
    usual("sp", live="f2")
    usual("cc", **POOLED, extra=embeddings(4), options={"dimensions": 4})

    def same_embeddings(draw, x, s, t):
        found = embeddings(4)(draw, x, s, t)
        return found | {k.replace("_s", "_t"): v.copy() for k, v in found.items() if "_s" in k}

    add("cc", "equal-embeddings", "equal", **POOLED, extra=same_embeddings, options={"dimensions": 4})
    usual("rkd", **POOLED)
    usual("pkt", **POOLED)
    add("at", "kl", live=TWO, options=MORE | {"beta": 100})
    add("sp", "kl", live="f2", options=MORE | {"beta": 100})
    add("vid", "kl", live=TWO, extra=variational, options=MORE | {"beta": 2})
    add("rkd", "kl", **POOLED, options=MORE | {"beta": 2, "distance": 1, "angle": 3})


def connectors(draw, x, s, t):
    found = {}
    for l in range(1, min(len(s), len(t)) - 1):
        found[f"param.connector{l}.conv.weight"] = draw.weight(t[l][0], s[l][0], 1, 1)
        found |= draw.bn(f"param.connector{l}.bn", t[l][0])
    return found


def factors(m):
    def extra(draw, x, s, t):
        inputs, outputs = s[-2][0], t[-2][0]
        found = {}
        layers = {
            "encoder": [(outputs, outputs), (m, outputs), (m, m)],
            "decoder": [(m, m), (m, outputs), (outputs, outputs)],
        }
        for part, shapes in layers.items():
            for i, shape in enumerate(shapes):
                found[f"param.paraphraser.{part}.{i}.weight"] = draw.weight(*shape, 3, 3)
                found[f"param.paraphraser.{part}.{i}.bias"] = draw.bias(shape[part == "decoder"])
        for i, shape in enumerate([(inputs, inputs), (m, inputs), (m, m)]):
            found[f"param.translator.{i}.conv.weight"] = draw.weight(*shape, 3, 3)
            found |= draw.bn(f"param.translator.{i}.bn", shape[0])
        return found

    return extra


def on_phases():
    early, channels = {"progress": 0.0625}, (SMALL[0], SMALL[0])
    for kind in ON_FEATURES:
        shapes, live = ((WIDE[0], WIDE[0]), f"f0 {THREE}") if kind == "random" else (channels, f"f0 {TWO}")
        add("fsp", kind, kind, live, shapes, **early)
    rising = [(2, 2, 2), (2, 4, 4), (3, 4, 4), (3,)]  # the second of a pair is the larger one
    for case, shapes in {
        "shorter-list": (SMALL[0], [(2, 4, 4), (2, 4, 4), (3, 2, 2), (4, 2, 2), (4,)]),
        "taller-student": (TALL[0], SMALL[0]),
        "rising": (rising, SMALL[0]),
    }.items():
        add("fsp", case, live=f"f0 {TWO}", shapes=shapes, options={"beta": 50}, **early)
    usual("ab", live="pre1 pre2", three="pre1 pre2 pre3", extra=connectors, **early)
    add("ab", "taller-student", live="pre1 pre2", shapes=TALLER_STUDENT, extra=connectors, **early)
    add("ab", "taller-teacher", live="pre1 pre2", shapes=TALLER_TEACHER, extra=connectors, **early)
    add("ab", "shorter-list", live="pre1 pre2", shapes=SHORTER_LIST, extra=connectors, **early)
    fsp, ab = dict(live=f"f0 {TWO}", shapes=channels), dict(live="pre1 pre2", extra=connectors)
    for method, more in (("fsp", fsp), ("ab", ab)):
        add(method, "afterwards", options={"gamma": 0.5}, **more)
        add(method, "boundary", progress=0.125, **more)  # initShare itself still belongs to the first phase
        add(method, "init-share", progress=0.25, options={"initShare": 0.5, "beta": 3}, **more)

    def few(*heights):
        """Two channels on either side, and a factor of one, to keep the many kernels small."""
        shapes = tuple([(1, 1, 1), (1, 1, 1), (2, h, h), (1,)] for h in heights)
        return {"shapes": shapes, "extra": factors(1), "live": "f2"}

    add("ft", "random", "random", live="f2", extra=factors(2))
    add("ft", "early-random", live="f2", extra=factors(2), **early)
    usual("ft", ON_FEATURES[1:], **few(2, 2))
    add("ft", "early-zero-image", "zero-image", **few(2, 2), **early)
    add("ft", "early-extreme", "extreme", **few(2, 2), **early)
    add("ft", "narrow", live="f2", extra=factors(1), options={"factor": 0.2, "gamma": 0.5, "beta": 20})
    add("ft", "taller-student", **few(4, 2))
    add("ft", "taller-teacher", **few(2, 4))
    add("ft", "early-taller-teacher", **few(2, 4), **early)


def on_stages():
    def with_margins(draw, x, s, t):
        found = connectors(draw, x, s, t)
        for l in range(1, min(len(s), len(t)) - 1):
            found |= draw.bn(f"state.bn{l}", t[l][0])
        return found

    def unusual_margins(draw, x, s, t):
        """Scale 0 with shifts of all signs, a negative scale, and shifts that leave hardly anything negative."""
        found = with_margins(draw, x, s, t)
        found["state.bn1.weight"] = np.array([0, 0, -0.8], dtype=np.float32)
        found["state.bn1.bias"] = np.array([-0.5, 0.5, 0.3], dtype=np.float32)
        found["state.bn2.bias"] = np.array([4, -4, 0, 8], dtype=np.float32)
        return found

    usual("ofd", live="pre1 pre2", three="pre1 pre2 pre3", extra=with_margins)
    add("ofd", "margins", live="pre1 pre2", extra=unusual_margins)
    add("ofd", "taller-student", live="pre1 pre2", shapes=TALLER_STUDENT, extra=with_margins)
    add("ofd", "taller-teacher", live="pre1 pre2", shapes=TALLER_TEACHER, extra=with_margins)
    add("ofd", "shorter-list", live="pre1 pre2", shapes=SHORTER_LIST, extra=with_margins)
    add("ofd", "kl", live="pre1 pre2", extra=with_margins, options=MORE | {"beta": 0.1})

    def fusion(draw, x, s, t):
        student, teacher = [s[-1]] + s[1:-1][::-1], [t[-1]] + t[1:-1][::-1]
        middle, found = max(shape[0] for shape in student), {}
        for i, (a, b) in enumerate(zip(student, teacher)):
            p = f"param.abf{i}"
            found[f"{p}.conv1.weight"] = draw.weight(middle, a[0], 1, 1)
            found |= draw.bn(f"{p}.bn1", middle)
            if i > 0:
                found |= {f"{p}.att.weight": draw.weight(2, 2 * middle, 1, 1), f"{p}.att.bias": draw.bias(2)}
            found[f"{p}.conv2.weight"] = draw.weight(b[0], middle, 3, 3)
            found |= draw.bn(f"{p}.bn2", b[0])
        return found

    review = dict(live=("f1 f2 f3", "pre1 pre2 f3"), extra=fusion)
    usual("reviewkd", three=("f1 f2 f3 f4", "pre1 pre2 pre3 f4"), maps=LARGE, **review)
    add("reviewkd", "warm-up", progress=0.0415, **review)
    add("reviewkd", "half-way", progress=0.25, options={"warmUp": 0.5, "beta": 5}, **review)
    add("reviewkd", "no-warm-up", progress=0, options={"warmUp": 0}, **review)
    add("reviewkd", "taller-student", shapes=TALLER_STUDENT, **review)
    add("reviewkd", "taller-teacher", shapes=TALLER_TEACHER, **review)
    add("reviewkd", "kl", options=MORE, **review)


def doubles(x):
    return {name: torch.from_numpy(value).double() for name, value in x.items()}


def total_of(terms):
    return sum(weight * value for _, weight, value in terms)


def evaluate(method, x, options):
    """All outputs of one case by name, and the gradients that autograd has (None where there is none).

    Stored are those of all parameters and of all the student's tensors but the maps that the method does not use.
    """
    x = doubles(x)
    leaves = {name: v.requires_grad_() for name, v in x.items() if name.startswith(("student.", "param."))}
    terms, state = terms_of(method, x, options)
    total = total_of(terms)
    gradients = dict(zip(leaves, torch.autograd.grad(total, list(leaves.values()), allow_unused=True)))
    out = {"total": total}
    for name, weight, value in terms:
        out |= {f"term.{name}": value, f"weight.{name}": torch.tensor(float(weight), dtype=torch.float64)}
    for name, gradient in gradients.items():
        if gradient is None and name.startswith(("student.f", "student.pre")) and x[name][0].numel() == 1:
            continue
        out[f"grad.{name}"] = torch.zeros_like(leaves[name]) if gradient is None else gradient
    out |= {f"state.{name}": value for name, value in state.items()}
    out = {name: v.detach().reshape(v.shape or (1,)).float().numpy() for name, v in out.items()}
    return out, gradients, state


def compare_with_differences(name, method, x, options, gradients, state):
    """Central differences in three random directions through everything that has a gradient."""
    x, rng = doubles(x), np.random.RandomState(1)
    if "z" in state:
        x["state.z"] = state["z"]  # CRD's Z takes no part in the gradient
    for _ in range(3):
        ways = {k: torch.from_numpy(rng.standard_normal(x[k].shape)) for k, g in gradients.items() if g is not None}

        def at(h):
            moved = x | {k: x[k] + h * way for k, way in ways.items()}
            return total_of(terms_of(method, moved, options)[0]).item()

        h = 1e-6
        difference = (at(h) - at(-h)) / (2 * h)
        expected = sum((gradients[k] * way).sum().item() for k, way in ways.items())
        error = abs(difference - expected) / max(abs(expected), 1e-2, 1e-3 * abs(at(0)))
        assert error < 1e-5, f"{name}: {difference} by differences, {expected} by autograd"


def everything():
    for fill in (on_logits, on_targets, on_contrast, on_representation, on_features, on_phases, on_stages):
        fill()
    assert {method for method, *_ in CASES.values()} == set(METHODS)
    tensors = {}
    for name, (method, x, options) in CASES.items():
        out, gradients, state = evaluate(method, x, options)
        for key, value in out.items():
            assert np.isfinite(value).all(), f"{name}: {key} is not finite"
        if not any(kind in name for kind in ("equal", "zero", "extreme")):
            compare_with_differences(name, method, x, options, gradients, state)
        tensors |= {f"{name}/in/{key}": value for key, value in x.items()}
        tensors |= {f"{name}/out/{key}": value for key, value in out.items()}
    cases = {name: options for name, (_, _, options) in CASES.items()}
    return {key: np.ascontiguousarray(value) for key, value in tensors.items()}, cases


def check(tensors, cases):
    """A tensor's difference counts in relation to its largest number; what cancels to about 0 counts as 0."""
    with safe_open(PATH, "numpy") as file:
        stored = {key: file.get_tensor(key) for key in file.keys()}
        if json.loads(file.metadata()["kd-lens"])["cases"] != json.loads(json.dumps(cases)):
            return "the cases or their options differ"
    if stored.keys() != tensors.keys():
        return f"names differ: {sorted(stored.keys() ^ tensors.keys())[:5]}"
    worst = (0.0, "")
    for key, value in tensors.items():
        if stored[key].shape != value.shape:
            return f"{key} has another shape"
        apart = np.abs(stored[key].astype(np.float64) - value).max() / max(np.abs(stored[key]).max(), 1e-6)
        worst = max(worst, (float(apart), key))
    print(f"{len(cases)} cases, {len(tensors)} tensors, largest relative difference {worst[0]:.1e} {worst[1]}")
    return "" if worst[0] < 1e-6 else f"{worst[1]} differs by {worst[0]:.1e}"


if __name__ == "__main__":
    tensors, cases = everything()
    if "--check" in sys.argv[1:]:
        trouble = check(tensors, cases)
        sys.exit(trouble or 0)  # a text is printed, and the exit code is then 1
    metadata = {"kd-lens": json.dumps({"torch": torch.__version__, "cases": cases}, sort_keys=True)}
    save_file(tensors, PATH, metadata=metadata)
    print(f"{len(cases)} cases, {len(tensors)} tensors, {PATH.stat().st_size} bytes, torch {torch.__version__}")
