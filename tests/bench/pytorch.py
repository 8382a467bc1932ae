"""The benchmark's network in PyTorch. Reads one JSON request a line and answers each with one JSON line.

{"what": "about"} · {"what": "check", …} · {"what": "step" | "distil" | "evaluation", "threads": 1, "layout": "usual" |
"channels_last", "batch": 32, "repeats": 10, "images": 200}: milliseconds of one repeat.
"""

import json
import struct
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from networks import ResNet  # noqa: E402

WIDTHS = (16, 16, 32, 64)
CLASSES = 10
TEMPERATURE, ALPHA = 4.0, 0.9


def network(depth, layout):
    made = ResNet(depth, WIDTHS, CLASSES)
    return made.to(memory_format=torch.channels_last) if layout == "channels_last" else made


def logits(net, x):
    return net.taps(x)[2]


def optimiser(net, rate, training):
    return torch.optim.SGD(net.parameters(), rate, momentum=training["momentum"], weight_decay=training["weightDecay"])


def read_safetensors(path):
    data = Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    kinds = {"F32": torch.float32, "F16": torch.float16, "I64": torch.int64}
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__" or entry["dtype"] not in kinds:
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(data[start:end]), dtype=kinds[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def images(values, normalisation):
    mean, std = (torch.tensor(normalisation[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    return (torch.tensor(values, dtype=torch.float32).reshape(-1, 3, 32, 32) - mean) / std


def check(request):
    """Repeats what the reference did, from the same weights."""
    reference = request["reference"]
    net = network(8, "usual")
    net.load_state_dict(read_safetensors(request["weights"]), strict=False)
    test = images(reference["testPixels"], request["normalisation"])
    x, y = images(reference["pixels"], request["normalisation"]), torch.tensor(reference["labels"])

    def seen():
        net.eval()
        with torch.no_grad():
            return logits(net, test).flatten()

    def apart(got, wanted):
        wanted = torch.as_tensor(wanted)
        return ((torch.as_tensor(got) - wanted).abs() / (1 + wanted.abs())).max().item()

    before = apart(seen(), reference["before"])
    steps = optimiser(net, 0.05, request["training"])
    net.train()
    losses = []
    for rate in reference["rates"]:
        steps.param_groups[0]["lr"] = rate
        steps.zero_grad()
        loss = F.cross_entropy(logits(net, x), y)
        loss.backward()
        steps.step()
        losses.append(loss.item())
    return {"before": before, "losses": apart(losses, reference["losses"]), "after": apart(seen(), reference["after"])}


class Work:
    """What is timed, for one layout: kept between requests, so that nothing starts cold twice."""

    def __init__(self, layout, batch, count, training):
        form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        torch.manual_seed(0)
        self.x = torch.randn(batch, 3, 32, 32).to(memory_format=form)
        self.y = torch.arange(batch) % CLASSES
        self.test = torch.randn(count, 3, 32, 32).to(memory_format=form)
        self.student, self.control = network(8, layout).train(), network(8, layout).train()
        self.teacher = network(20, layout).eval()
        self.steps = [optimiser(net, 0.05, training) for net in (self.student, self.control)]

    def learn(self, net, steps, loss):
        steps.zero_grad()
        loss(logits(net, self.x)).backward()
        steps.step()

    def labels(self, out):
        return F.cross_entropy(out, self.y)

    def step(self):
        """Supervised training of one network."""
        self.learn(self.control, self.steps[1], self.labels)

    def distil(self):
        """The teacher's forward pass, then a step of student and control, as kd-lens does."""
        with torch.no_grad():
            target = F.log_softmax(logits(self.teacher, self.x) / TEMPERATURE, 1)

        def taught(out):
            likeness = F.kl_div(F.log_softmax(out / TEMPERATURE, 1), target, log_target=True, reduction="batchmean")
            return (1 - ALPHA) * self.labels(out) + ALPHA * TEMPERATURE**2 * likeness

        self.learn(self.student, self.steps[0], taught)
        self.step()

    def evaluation(self):
        """Inference of the teacher's network, in batches of 100 as kd-lens."""
        with torch.no_grad():
            for part in self.test.split(100):
                logits(self.teacher, part)


def main():
    works = {}
    for line in sys.stdin:
        request = json.loads(line)
        what = request["what"]
        if what == "about":
            answer = {"version": torch.__version__, "cpu": torch.backends.cpu.get_cpu_capability()}
        elif what == "check":
            answer = check(request)
        else:
            torch.set_num_threads(request["threads"])
            key = (request["layout"], request["batch"], request["images"])
            if key not in works:
                works[key] = Work(*key, request["training"])
            work = getattr(works[key], what)
            began = time.perf_counter()
            for _ in range(request["repeats"]):
                work()
            answer = {"milliseconds": 1000 * (time.perf_counter() - began) / request["repeats"]}
        print(json.dumps(answer), flush=True)


main()
