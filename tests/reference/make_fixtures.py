"""Writes fixtures.safetensors: what plain PyTorch computes for networks, losses, a training, Grad-CAM and an attack.

    pip install torch safetensors numpy && python tests/reference/make_fixtures.py

Written apart from the Rust code and from the formulas in the papers. Inputs are made by an integer hash (networks.noise), so only
results are stored. In double precision where that is what both sides approximate.
"""

import pathlib

import torch
import torch.nn.functional as F
from networks import MEAN, STD, build, fill, images, noise, run
from safetensors.torch import save_file

torch.manual_seed(0)
torch.set_num_threads(1)
OUT = {}


def keep(name, value):
    OUT[name] = value.detach().to(torch.float32).contiguous().clone()


def kd(student, teacher, labels, T, alpha):
    """Hinton's loss in two named terms, mean over the batch; the KL term without T²."""
    ce = F.cross_entropy(student, labels)
    kl = F.kl_div(F.log_softmax(student / T, 1), F.log_softmax(teacher / T, 1), reduction="batchmean", log_target=True)
    return ce, kl, (1 - alpha) * ce + alpha * T * T * kl


def forward_of_every_family():
    for salt, name in enumerate(["resnet8", "resnet8x4", "wrn-16-2", "vgg8", "vgg13", "vit-tiny"], start=1):
        net = fill(build(name), salt).eval()
        with torch.no_grad():
            maps, pooled, logits = run(net, images(2))
        keep(f"forward/{name}/logits", logits)
        keep(f"forward/{name}/pooled", pooled)
        keep(f"forward/{name}/means", torch.stack([m.mean() for m in maps]))
        keep(f"forward/{name}/squares", torch.stack([(m**2).mean() for m in maps]))


def losses():
    cases = {
        "usual": (noise(60, 100).reshape(6, 10) * 5, noise(60, 101).reshape(6, 10) * 8),
        "equal": (noise(20, 102).reshape(2, 10) * 3, noise(20, 102).reshape(2, 10) * 3),
        "flat": (torch.zeros(2, 10), torch.zeros(2, 10)),
        "extreme": (noise(20, 103).reshape(2, 10) * 1e4, noise(20, 104).reshape(2, 10) * 1e4),
    }
    for name, (student, teacher) in cases.items():
        s = student.double().requires_grad_()
        labels = torch.arange(len(s)) % 3  # most classes are absent from the batch
        ce, kl, total = kd(s, teacher.double(), labels, 4.0, 0.9)
        total.backward()
        keep(f"kl/{name}/terms", torch.stack([ce, kl, total]))
        keep(f"kl/{name}/gradient", s.grad)


def training():
    """Three steps of distillation from a ResNet-14 with momentum and weight decay, fixed batch, batch statistics."""
    teacher = fill(build("resnet14"), 21).eval()
    student = fill(build("resnet8"), 22).train()
    x, labels = images(8, 9), torch.arange(8) % 10
    optimiser = torch.optim.SGD(student.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    history = []
    for _ in range(3):
        with torch.no_grad():
            _, _, target = run(teacher, x)
        _, _, logits = run(student, x)
        ce, kl, total = kd(logits, target, labels, 4.0, 0.9)
        optimiser.zero_grad()
        total.backward()
        if not history:
            keep("training/first/conv1", student.conv1.weight.grad)
            keep("training/first/layer3", student.layer3[0].conv2.weight.grad[:4])
            keep("training/first/shortcut", student.layer2[0].downsample[0].weight.grad)
            keep("training/first/gamma", student.layer2[0].bn1.weight.grad)
            keep("training/first/fc", student.fc.weight.grad)
        optimiser.step()
        history.append(torch.stack([ce, kl]))
    keep("training/terms", torch.stack(history))
    keep("training/after/mean", student.layer3[0].bn2.running_mean)
    keep("training/after/variance", student.layer3[0].bn2.running_var)
    keep("training/after/fc", student.fc.weight)
    student.eval()
    with torch.no_grad():
        keep("training/after/logits", run(student, x)[2])


def optimisers():
    """Three steps of AdamW on a ResNet-8, of SGD on a transformer, and of DOT: two momenta, one for each part of the loss."""
    teacher = fill(build("resnet14"), 21).eval()
    x, labels = images(8, 9), torch.arange(8) % 10
    with torch.no_grad():
        target = run(teacher, x)[2]

    def parts(student):
        ce, kl, _ = kd(run(student, x)[2], target, labels, 4.0, 0.9)
        return (1 - 0.9) * ce, 0.9 * 16 * kl

    for name, architecture in [("adamw", "resnet8"), ("vit", "vit-tiny"), ("dot", "resnet8")]:
        student = fill(build(architecture), 22).train()
        params = list(student.parameters())
        if name == "adamw":
            optimiser = torch.optim.AdamW(params, lr=1e-3, weight_decay=0.05)
        elif name == "vit":
            optimiser = torch.optim.SGD(params, lr=0.01, momentum=0.9, weight_decay=5e-4)
        task, kd_part = [torch.zeros_like(p) for p in params], [torch.zeros_like(p) for p in params]
        history = []
        for _ in range(3):
            a, b = parts(student)
            history.append(torch.stack([a.detach(), b.detach()]))
            if name == "dot":
                of_labels = torch.autograd.grad(a, params, retain_graph=True)
                of_teacher = torch.autograd.grad(b, params)
                with torch.no_grad():
                    for i, p in enumerate(params):
                        task[i] = (0.9 - 0.075) * task[i] + of_labels[i] + 5e-4 * p
                        kd_part[i] = (0.9 + 0.075) * kd_part[i] + of_teacher[i]
                        p -= 0.05 * (task[i] + kd_part[i])
            else:
                optimiser.zero_grad()
                (a + b).backward()
                optimiser.step()
        keep(f"optimisers/{name}/terms", torch.stack(history))
        last = student.head.weight if name == "vit" else student.fc.weight
        keep(f"optimisers/{name}/last", last)


def grad_cam():
    """With retained gradients at the tap, not by cutting the network."""
    for salt, name, tap in [(1, "resnet8", 3), (1, "resnet8", 1), (3, "wrn-16-2", 3), (4, "vgg8", 3)]:
        net = fill(build(name), salt).eval()
        x = images(2)
        maps, _, logits = run(net, x)
        maps[tap].retain_grad()
        (logits[0, 3] + logits[1, 5]).backward()
        alpha = maps[tap].grad.mean(dim=(2, 3), keepdim=True)
        keep(f"grad-cam/{name}/f{tap}", (alpha * maps[tap]).sum(dim=1))


def unicam():
    """Distilled features of one network when another's are removed (2412.13943): score, what is left, and maps at two taps."""
    x, labels = images(12), torch.arange(12) % 5
    net, other = fill(build("resnet8"), 1).eval(), fill(build("resnet14"), 2).eval()

    def centred(v):
        n = len(v)
        a = torch.sqrt(((v[:, None] - v[None]) ** 2).sum(-1) + 1e-12) * (1 - torch.eye(n, dtype=v.dtype))
        a = a - a.sum(1, keepdim=True) / (n - 2) - a.sum(0, keepdim=True) / (n - 2) + a.sum() / ((n - 1) * (n - 2))
        return a * (1 - torch.eye(n, dtype=v.dtype))

    for tap in (3, 1):
        net.double(), other.double()
        maps, pooled, _ = net.taps((x.double() - MEAN.double()) / STD.double())
        maps[tap].retain_grad()
        with torch.no_grad():
            removed = other.taps((x.double() - MEAN.double()) / STD.double())[1]
        a, b, g = centred(pooled), centred(removed), centred(F.one_hot(labels, 10).double())

        def dot(u, v):
            return (u * v).sum() / (len(u) * (len(u) - 3))

        p = a - dot(a, b) / dot(b, b) * b
        score = dot(p, g) / torch.sqrt(dot(p, p) * dot(g, g))
        score.backward()
        alpha = maps[tap].grad.mean(dim=(2, 3), keepdim=True)
        heat = F.relu((alpha * maps[tap]).sum(dim=1))
        keep(f"unicam/f{tap}/maps", heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-300))
        keep(f"unicam/f{tap}/numbers", torch.stack([score, dot(p, p) / dot(a, a)]))


def attack():
    """I-FGSM, 8/255 in 5 steps of 2/255. Signs of tiny gradients may differ between machines, so logits are compared too."""
    net = fill(build("resnet8"), 1).eval()
    clean, labels = images(2), torch.tensor([3, 5])
    epsilon, step = 8 / 255, 2 / 255
    x = clean.clone()
    for _ in range(5):
        x = x.detach().requires_grad_()
        F.cross_entropy(run(net, x)[2], labels, reduction="sum").backward()
        x = x + step * x.grad.sign()
        x = torch.minimum(torch.maximum(x, clean - epsilon), clean + epsilon).clamp(0, 1)
    keep("attack/adversarial", x)
    with torch.no_grad():
        keep("attack/logits", run(net, x)[2])


def sure_attack():
    """The same on a network that is a million times as sure: where the gradient of its cross-entropy is zero in 32 bits, that of the
    largest other logit less the label's takes its place. The third image is not what the network takes it for."""
    net = fill(build("resnet8"), 1).eval()
    with torch.no_grad():
        net.fc.weight *= 1e6
        net.fc.bias *= 1e6
        clean = images(3)
        labels = run(net, clean)[2].argmax(1)
        labels[2] = (labels[2] + 1) % 10
    attacked = []
    for image, label in zip(clean.split(1), labels):
        x = image.clone()
        for _ in range(5):
            x = x.detach().requires_grad_()
            logits = run(net, x)[2][0]
            (gradient,) = torch.autograd.grad(-F.log_softmax(logits, 0)[label], x, retain_graph=True)
            if gradient.abs().max() == 0:
                others = torch.cat([logits[:label], logits[label + 1 :]])
                (gradient,) = torch.autograd.grad(others.max() - logits[label], x)
            x = x + 2 / 255 * gradient.sign()
            x = torch.minimum(torch.maximum(x, image - 8 / 255), image + 8 / 255).clamp(0, 1)
        attacked.append(x.detach())
    keep("attack-sure/labels", labels)
    keep("attack-sure/adversarial", torch.cat(attacked))
    with torch.no_grad():
        keep("attack-sure/logits", run(net, torch.cat(attacked))[2])


if __name__ == "__main__":
    forward_of_every_family()
    losses()
    training()
    optimisers()
    grad_cam()
    unicam()
    attack()
    sure_attack()
    path = pathlib.Path(__file__).parent / "fixtures.safetensors"
    save_file(OUT, path, metadata={"torch": torch.__version__})
    print(f"{len(OUT)} tensors, {path.stat().st_size} bytes, torch {torch.__version__}")
