"""Repeats one run of kd-lens in PyTorch: the same weights, images, order, crops, losses and steps.

    pip install torch numpy
    python3 kd-lens-repeat.py                 # the whole run
    python3 kd-lens-repeat.py --steps 10      # its first steps
    python3 kd-lens-repeat.py --evaluate      # only the weights that were taken from the page

It reads these files, which the page offers beside this script, from --folder (default: here):

    kd-lens-train.bin, kd-lens-test.bin       images in CIFAR's binary format
    kd-lens-teacher.safetensors               the teacher
    kd-lens-start.safetensors                 student and control before the first step
    kd-lens-student.safetensors, kd-lens-control.safetensors
                                              as they stood when they were taken; wanted by --evaluate alone

The order of the images and the crops come from the same random numbers as on the page (ChaCha8), which this script makes
itself. What differs is rounding: losses of the first steps agree to about a thousandth, and drift apart later as any two
computations of a training do. MIT or Apache-2.0.
"""

import argparse
import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

RUN = json.loads("null")  # the page writes the run in here

# ---------------------------------------------------------------------------------------------- random numbers

ORDER, AUGMENT, COPIES = 2, 3, 12
MASK = 0xFFFFFFFF


class Stream:
    """ChaCha8 under the key (seed, purpose, a, b), as 32-bit words."""

    def __init__(self, seed, purpose, a, b):
        key = b"".join(int(n).to_bytes(8, "little") for n in (seed, purpose, a, b))
        self.key = [int.from_bytes(key[i : i + 4], "little") for i in range(0, 32, 4)]
        self.block, self.words = 0, []

    def word(self):
        if not self.words:
            self.words = self.make()[::-1]
        return self.words.pop()

    def make(self):
        start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *self.key, self.block & MASK, self.block >> 32, 0, 0]
        x = list(start)
        self.block += 1
        columns = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
        diagonals = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
        for _ in range(4):
            for a, b, c, d in columns + diagonals:
                for p, q, r, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                    x[p] = (x[p] + x[q]) & MASK
                    v = x[r] ^ x[p]
                    x[r] = ((v << turn) | (v >> (32 - turn))) & MASK
        return [(u + v) & MASK for u, v in zip(x, start)]

    def below(self, n):
        """A whole number below n (Lemire 2019)."""
        rejected = (-n & MASK) % n
        while True:
            product = self.word() * n
            if product & MASK >= rejected:
                return product >> 32

    def unit(self):
        return (self.word() >> 8) / 2**24

    def shuffle(self, items):
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


# ---------------------------------------------------------------------------------------------- images

NORMALISATION = {
    "cifar10": ([0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]),
    "cifar100": ([0.5071, 0.4867, 0.4408], [0.2675, 0.2565, 0.2761]),
    "shapes32": ([0.4717, 0.4804, 0.4800], [0.2478, 0.2252, 0.2415]),
}
PIECE = 1000  # the first epoch shuffles inside pieces, in which the images arrive
PADDING = 4


def read_images(path, dataset):
    """Pixels, n × 3 × 32 × 32 in [0, 1], and labels."""
    record = 3074 if dataset == "cifar100" else 3073
    data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if len(data) == 0 or len(data) % record:
        sys.exit(f"{path} is no file of {dataset} images: {len(data)} bytes are not a multiple of {record}.")
    data = data.reshape(-1, record)
    pixels = data[:, -3072:].reshape(-1, 3, 32, 32).astype(np.float32) / np.float32(255)
    return torch.from_numpy(pixels), torch.from_numpy(data[:, -3073].astype(np.int64))


class Images:
    """The batch of every step."""

    def __init__(self, settings, pixels, labels, device):
        self.settings, self.labels, self.device = settings, labels, device
        count = settings["trainImages"]
        if len(pixels) < count:
            sys.exit(f"The run used {count} training images; the file holds {len(pixels)}.")
        self.pixels, self.count = pixels[:count], count
        mean = torch.tensor(NORMALISATION[settings["dataset"]][0]).reshape(1, 3, 1, 1)
        self.padded = mean.expand(count, 3, 32 + 2 * PADDING, 32 + 2 * PADDING).clone()
        self.padded[:, :, PADDING:-PADDING, PADDING:-PADDING] = self.pixels
        self.per_epoch = count // settings["batchSize"]
        self.epoch, self.order = None, []

    def shuffle(self, epoch):
        seed, order = self.settings["seed"], list(range(self.count))
        if epoch > 0:
            Stream(seed, ORDER, epoch, 0).shuffle(order)
            return order
        pieces = [order[i : i + PIECE] for i in range(0, self.count, PIECE)]
        for number, piece in enumerate(pieces):
            Stream(seed, ORDER, 0, number).shuffle(piece)
        return [i for piece in pieces for i in piece]

    def crop(self, image, stream):
        x, y, flip = stream.below(2 * PADDING + 1), stream.below(2 * PADDING + 1), stream.unit() < 0.5
        cut = self.padded[image, :, y : y + 32, x : x + 32]
        return cut.flip(-1) if flip else cut

    def batch(self, step):
        s, size = self.settings, self.settings["batchSize"]
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self.epoch:
            self.epoch, self.order = epoch, self.shuffle(epoch)
        indices = self.order[place * size : (place + 1) * size]
        if not s["augment"]:
            pixels = self.pixels[indices]
        elif not s.get("copies"):
            stream = Stream(s["seed"], AUGMENT, step, 0)
            pixels = torch.stack([self.crop(i, stream) for i in indices])
        else:
            copy = epoch % s["copies"]
            pixels = torch.stack([self.crop(i, Stream(0, COPIES, i, copy)) for i in indices])
        return pixels.to(self.device), self.labels[indices].to(self.device)


# ---------------------------------------------------------------------------------------------- networks


def conv(inputs, outputs, kernel=3, stride=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias)


class ResNetBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, depth, widths, classes):
        super().__init__()
        self.conv1, self.bn1 = conv(3, widths[0]), nn.BatchNorm2d(widths[0])
        inputs = widths[0]
        for s, width in enumerate(widths[1:]):
            blocks = []
            for i in range((depth - 2) // 6):
                blocks.append(ResNetBlock(inputs, width, 2 if s > 0 and i == 0 else 1))
                inputs = width
            setattr(self, f"layer{s + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean(dim=(2, 3)))


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv(outputs, outputs)
        self.convShortcut = conv(inputs, outputs, 1, stride) if inputs != outputs else None

    def forward(self, x):
        a = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(a))))
        return y + (x if self.convShortcut is None else self.convShortcut(a))


class WideStage(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, widen, classes):
        super().__init__()
        self.conv1 = conv(3, 16)
        inputs = 16
        for s, width in enumerate((16 * widen, 32 * widen, 64 * widen)):
            blocks = []
            for i in range((depth - 4) // 6):
                blocks.append(WideBlock(inputs, width, 2 if s > 0 and i == 0 else 1))
                inputs = width
            setattr(self, f"block{s + 1}", WideStage(blocks))
        self.bn1, self.fc = nn.BatchNorm2d(inputs), nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.relu(self.bn1(x)).mean(dim=(2, 3)))


class Vgg(nn.Module):
    def __init__(self, convolutions, classes):
        super().__init__()
        inputs = 3
        for b, width in enumerate((64, 128, 256, 512, 512)):
            layers = []
            for _ in range(convolutions):
                layers += [conv(inputs, width, bias=True), nn.BatchNorm2d(width), nn.ReLU()]
                inputs = width
            setattr(self, f"block{b}", nn.Sequential(*layers[:-1]))
        self.classifier = nn.Linear(inputs, classes)

    def forward(self, x):
        for b in range(5):
            x = F.relu(getattr(self, f"block{b}")(x))
            x = F.max_pool2d(x, 2) if b < 3 else x
        return self.classifier(x.mean(dim=(2, 3)))


class VitBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), nn.Module()
        self.attn.qkv, self.attn.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        images, tokens, width = x.shape
        parts = self.attn.qkv(self.norm1(x)).reshape(images, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = parts
        # Written out, because PyTorch before 2.0 has no scaled_dot_product_attention.
        weights = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3)
        mixed = (weights @ v).transpose(1, 2).reshape(images, tokens, width)
        x = x + self.attn.proj(mixed)
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))


class Vit(nn.Module):
    def __init__(self, width, depth, heads, classes):
        super().__init__()
        self.pos_embed = nn.Parameter(torch.zeros(1, 64, width))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, 4, 4)
        self.blocks = nn.ModuleList(VitBlock(width, heads) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(dim=1))


def build(name, classes):
    if name in ("vit-tiny", "vit-small"):
        return Vit(96, 6, 3, classes) if name == "vit-tiny" else Vit(192, 9, 6, classes)
    if name.startswith("vgg"):
        return Vgg({"vgg8": 1, "vgg13": 2}[name], classes)
    if name.startswith("wrn-"):
        return WideResNet(int(name.split("-")[1]), int(name.split("-")[2]), classes)
    depth, _, wide = name.removeprefix("resnet").partition("x")
    return ResNet(int(depth), (32, 64, 128, 256) if wide else (16, 16, 32, 64), classes)


class Normalised(nn.Module):
    """Networks of kd-lens are given pixels in [0, 1] and normalise first."""

    def __init__(self, network, dataset):
        super().__init__()
        self.network = network
        for name, values in zip(("mean", "std"), NORMALISATION[dataset]):
            self.register_buffer(name, torch.tensor(values).reshape(1, 3, 1, 1))

    def forward(self, pixels):
        return self.network((pixels - self.mean) / self.std)


def read_weights(path):
    """The tensors of a safetensors file of 32-bit or 16-bit floats."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + at for at in entry["data_offsets"])
        kind = {"F32": np.float32, "F16": np.float16}[entry["dtype"]]
        values = np.frombuffer(data[begin:end], dtype=kind).astype(np.float32)
        tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors


def load(name, path):
    network = build(name, RUN["classes"])
    counters = {k: v for k, v in network.state_dict().items() if k.endswith("num_batches_tracked")}
    network.load_state_dict({**counters, **read_weights(path)})
    return Normalised(network, RUN["settings"]["dataset"])


# ---------------------------------------------------------------------------------------------- losses

# A method gives its terms by name: whose knowledge a term brings, its weight, its value.
LABELS, TEACHER = "labels", "teacher"


def standardise(z):
    centred = z - z.mean(1, keepdim=True)
    variance = (centred**2).sum(1, keepdim=True) / max(z.shape[1] - 1, 1)
    return centred / (variance + 1e-6).sqrt()


def divergence(teacher, student, T):
    p, q = F.log_softmax(teacher / T, 1), F.log_softmax(student / T, 1)
    return (p.exp() * (p - q)).sum() / len(p)


def kl(s, t, y, o, progress):
    if o.get("standardise"):
        s_soft, t = standardise(s), standardise(t)
    else:
        s_soft = s
    T = o["temperature"]
    return {"crossEntropy": (LABELS, 1 - o["alpha"], F.cross_entropy(s, y)), "kl": (TEACHER, o["alpha"] * T * T, divergence(t, s_soft, T))}


def lskd(s, t, y, o, progress):
    T = o["temperature"]
    soft = divergence(standardise(t), standardise(s), T)
    return {"crossEntropy": (LABELS, o["gamma"], F.cross_entropy(s, y)), "kl": (TEACHER, o["beta"] * T * T, soft)}


def dkd(s, t, y, o, progress):
    T, labels = o["temperature"], F.one_hot(y, s.shape[1]).bool()
    ce = F.cross_entropy(s, y)
    if o["standardise"]:
        s, t = standardise(s), standardise(t)

    def decouple(z):
        log_p = F.log_softmax(z / T, 1)
        right = log_p[labels]
        rest = log_p.masked_fill(labels, -torch.inf).logsumexp(1)
        others = (z / T)[~labels].reshape(len(z), -1)
        return right, rest, F.log_softmax(others, 1)

    (right_s, rest_s, other_s), (right_t, rest_t, other_t) = decouple(s), decouple(t)
    target = (right_t.exp() * (right_t - right_s) + rest_t.exp() * (rest_t - rest_s)).mean()
    spread = (other_t.exp() * (other_t - other_s)).sum() / len(s)
    ramp = min(progress / o["warmUp"], 1.0) if o["warmUp"] > 0 else 1.0
    factor = ramp * T * T
    return {"crossEntropy": (LABELS, o["gamma"], ce), "tckd": (TEACHER, o["alpha"] * factor, target), "nckd": (TEACHER, o["beta"] * factor, spread)}


def dist(s, t, y, o, progress):
    T = o["temperature"]
    ce = F.cross_entropy(s, y)
    if o["standardise"]:
        s, t = standardise(s), standardise(t)
    p, q = F.softmax(s / T, 1), F.softmax(t / T, 1)

    def apart(axis):
        x, z = p - p.mean(axis, keepdim=True), q - q.mean(axis, keepdim=True)
        lengths = ((x * x).sum(axis) + 1e-10).sqrt() * ((z * z).sum(axis) + 1e-10).sqrt()
        return 1 - ((x * z).sum(axis) / lengths).mean()

    return {"crossEntropy": (LABELS, o["gamma"], ce), "inter": (TEACHER, T * T * o["inter"], apart(1)), "intra": (TEACHER, T * T * o["intra"], apart(0))}


def smoothing(s, t, y, o, progress):
    return {"smoothedCrossEntropy": (LABELS, 1.0, F.cross_entropy(s, y, label_smoothing=o["smoothing"]))}


def labels_alone(s, t, y, o, progress):
    return {"crossEntropy": (LABELS, 1.0, F.cross_entropy(s, y))}


METHODS = {"kl": kl, "lskd": lskd, "dkd": dkd, "dist": dist, "label-smoothing": smoothing, "labels": labels_alone}

# ---------------------------------------------------------------------------------------------- training


class Dot:
    """SGD with one momentum for the labels' gradient and another for the teacher's (Zhao et al. 2023)."""

    SHIFT = 0.075

    def __init__(self, params, momentum, decay):
        self.params, self.momentum, self.decay = list(params), momentum, decay
        self.task = [torch.zeros_like(p) for p in self.params]
        self.taught = [torch.zeros_like(p) for p in self.params]

    def step(self, of_labels, of_teacher, rate):
        low, high = max(self.momentum - self.SHIFT, 0.0), min(self.momentum + self.SHIFT, 0.999)
        with torch.no_grad():
            for i, p in enumerate(self.params):
                self.task[i] = low * self.task[i] + of_labels[i] + self.decay * p
                self.taught[i] = high * self.taught[i] + (of_teacher[i] if of_teacher else 0)
                p -= rate * (self.task[i] + self.taught[i])


class Learner:
    """A network with its optimiser."""

    def __init__(self, network, settings):
        self.network, self.rule = network.train(), settings["optimiser"]
        params, momentum, decay = list(network.parameters()), settings["momentum"], settings["weightDecay"]
        if self.rule == "dot":
            self.optimiser = Dot(params, momentum, decay)
        elif self.rule == "adamw":
            self.optimiser = torch.optim.AdamW(params, lr=1.0, weight_decay=decay)
        else:
            self.optimiser = torch.optim.SGD(params, lr=1.0, momentum=momentum, weight_decay=decay)

    def step(self, pixels, loss, rate):
        terms = loss(self.network(pixels))
        parts = {name: weight * value for name, (_, weight, value) in terms.items()}
        if self.rule == "dot":
            params = list(self.network.parameters())
            own = [parts[name] for name, (role, *_) in terms.items() if role == LABELS]
            other = [parts[name] for name, (role, *_) in terms.items() if role == TEACHER]
            zeros = [torch.zeros_like(p) for p in params]
            of_labels = torch.autograd.grad(sum(own), params, retain_graph=True) if own else zeros
            of_teacher = torch.autograd.grad(sum(other), params) if other else None
            self.optimiser.step(of_labels, of_teacher, rate)
        else:
            self.optimiser.param_groups[0]["lr"] = rate
            self.optimiser.zero_grad()
            sum(parts.values()).backward()
            self.optimiser.step()
        return {name: part.item() for name, part in parts.items()}


def learning_rate(step, total, peak, warm_up=0.05):
    """A linear rise, then half a cosine down to 1 % of the peak."""
    rise, at = max(total * warm_up, 1.0), step + 1.0
    if at <= rise:
        return peak * at / rise
    down = min((at - rise) / max(total - rise, 1.0), 1.0)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * down)))


def accuracy(network, pixels, labels, device):
    network.eval()
    with torch.no_grad():
        right = sum((network(x.to(device)).argmax(1).cpu() == y).sum().item() for x, y in zip(pixels.split(250), labels.split(250)))
    return right / len(labels)


def repeat(folder, most, device, say):
    """The run's steps; `say` is given one dictionary a step and one an evaluation."""
    settings, s = dict(RUN["settings"]), RUN["settings"]
    images = Images(settings, *read_images(folder / "kd-lens-train.bin", s["dataset"]), device)
    test = read_images(folder / "kd-lens-test.bin", s["dataset"])
    teacher = load(s["teacher"], folder / "kd-lens-teacher.safetensors").to(device).eval()
    start = folder / "kd-lens-start.safetensors"
    student = Learner(load(s["student"], start).to(device), settings)
    control = Learner(load(s["student"], start).to(device), settings)
    total = images.per_epoch * s["epochs"]
    every = s["evaluateEvery"] or images.per_epoch
    for step in range(total if most is None else most):
        # Settings that were changed while the run went on.
        for change in RUN["changes"]:
            if change["step"] == step:
                settings[change["name"]] = change["value"]
        pixels, y = images.batch(step)
        with torch.no_grad():
            t = teacher(pixels)
        rate, progress = learning_rate(step, total, settings["learningRate"]), (step + 1) / total
        found = student.step(pixels, lambda z: METHODS[s["method"]](z, t, y, settings, progress), rate)
        alone = control.step(pixels, lambda z: labels_alone(z, None, y, settings, progress), rate)
        say({"step": step + 1, "learningRate": rate, "student": sum(found.values()), "terms": found, "control": sum(alone.values())})
        if (step + 1) % every == 0 or step + 1 == total:
            networks = (("teacher", teacher), ("student", student.network), ("control", control.network))
            say({"step": step + 1, "accuracy": {who: accuracy(network, *test, device) for who, network in networks}})
            student.network.train()
            control.network.train()


def evaluate(folder, device, say):
    """The weights that were taken from the page, on the test images."""
    s, now = RUN["settings"], RUN["networks"]
    test = read_images(folder / "kd-lens-test.bin", s["dataset"])
    found = {}
    for who, name in (("teacher", now["teacher"]), ("student", now["student"]), ("control", now["student"])):
        network = load(name, folder / f"kd-lens-{who}.safetensors").to(device)
        found[who] = accuracy(network, *test, device)
    say({"step": RUN["step"], "accuracy": found, "onThePage": RUN["accuracy"]})


def tell(event):
    if "accuracy" in event:
        print("test accuracy  " + "  ".join(f"{who} {rate:.4f}" for who, rate in event["accuracy"].items()))
        if event.get("onThePage"):
            print("on the page    " + "  ".join(f"{who} {rate:.4f}" for who, rate in event["onThePage"].items()))
    else:
        print(f"step {event['step']:5d}  student {event['student']:.5f}  control {event['control']:.5f}")


# Names of the files without their beginning, and of the buttons in part 6 of the page that make them.
BUTTONS = {
    "train.bin": "The training images",
    "test.bin": "The test images",
    "start.safetensors": "Student and control before the first step",
    "teacher.safetensors": "teacher",
    "student.safetensors": "student",
    "control.safetensors": "control",
}


def want(folder, *names):
    """Ends the script with a sentence on every file that is missing."""
    missing = [name for name in names if not (folder / f"kd-lens-{name}").is_file()]
    if missing:
        sys.exit("\n".join(f"kd-lens-{name} is not in {folder.resolve()}. The button “{BUTTONS[name]}” in part 6 of the page makes it." for name in missing))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--steps", type=int, help="stop after so many steps")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--evaluate", action="store_true", help="only evaluate the weights that were taken from the page")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    if RUN is None:
        sys.exit("This script holds no run. Take it from part 6 of the page, which writes the run into it.")
    say = (lambda event: print(json.dumps(event))) if options.json else tell
    if options.evaluate:
        want(options.folder, "test.bin", "teacher.safetensors", "student.safetensors", "control.safetensors")
        return evaluate(options.folder, options.device, say)
    if RUN["settings"]["method"] not in METHODS:
        sys.exit(f"This script does not know the method “{RUN['settings']['method']}”. It knows: {', '.join(METHODS)}. --evaluate works with every method.")
    if RUN["settings"]["assistants"]:
        sys.exit("This script does not repeat runs with assistants. --evaluate works for them too.")
    want(options.folder, "train.bin", "test.bin", "teacher.safetensors", "start.safetensors")
    return repeat(options.folder, options.steps, options.device, say)


if __name__ == "__main__":
    main()
