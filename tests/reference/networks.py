"""The networks of the literature in plain PyTorch, written apart from the Rust code, under RepDistiller's parameter names."""

import torch
import torch.nn.functional as F
from torch import nn


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

    def taps(self, x):
        maps = [F.relu(self.bn1(self.conv1(x)))]
        for stage in (self.layer1, self.layer2, self.layer3):
            maps.append(stage(maps[-1]))
        pooled = maps[-1].mean(dim=(2, 3))
        return maps, pooled, self.fc(pooled)


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
        self.bn1 = nn.BatchNorm2d(inputs)
        self.fc = nn.Linear(inputs, classes)

    def taps(self, x):
        maps = [self.conv1(x)]
        for stage in (self.block1, self.block2, self.block3):
            maps.append(stage(maps[-1]))
        pooled = F.relu(self.bn1(maps[-1])).mean(dim=(2, 3))
        return maps, pooled, self.fc(pooled)


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

    def taps(self, x):
        maps = []
        for b in range(5):
            x = F.relu(getattr(self, f"block{b}")(x))
            maps.append(x)
            if b < 3:
                x = F.max_pool2d(x, 2)
        pooled = maps[-1].mean(dim=(2, 3))
        return maps, pooled, self.classifier(pooled)


class VitBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        # The order is that of the state dict, by which `fill` numbers the tensors.
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), nn.Module()
        self.attn.qkv, self.attn.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), nn.Module()
        self.mlp.fc1, self.mlp.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        images, tokens, width = x.shape
        parts = self.attn.qkv(self.norm1(x)).reshape(images, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(*parts).transpose(1, 2).reshape(images, tokens, width)
        x = x + self.attn.proj(mixed)
        return x + self.mlp.fc2(F.gelu(self.mlp.fc1(self.norm2(x))))


class Vit(nn.Module):
    """Patches of 4×4, no class token, mean over tokens; parameter names as timm's."""

    def __init__(self, width, depth, heads, classes):
        super().__init__()
        self.pos_embed = nn.Parameter(torch.zeros(1, 64, width))
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, width, 4, 4)
        self.blocks = nn.ModuleList(VitBlock(width, heads) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, classes)

    def taps(self, x):
        def as_map(tokens):
            return tokens.transpose(1, 2).reshape(len(tokens), -1, 8, 8)

        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2) + self.pos_embed
        maps = [as_map(x)]
        for i, block in enumerate(self.blocks, start=1):
            x = block(x)
            if i % (len(self.blocks) // 3) == 0:
                maps.append(as_map(x))
        pooled = self.norm(x).mean(dim=1)
        return maps, pooled, self.head(pooled)


def build(name, classes=10):
    narrow, wide = (16, 16, 32, 64), (32, 64, 128, 256)
    return {
        "resnet8": lambda: ResNet(8, narrow, classes),
        "resnet14": lambda: ResNet(14, narrow, classes),
        "resnet8x4": lambda: ResNet(8, wide, classes),
        "wrn-16-2": lambda: WideResNet(16, 2, classes),
        "vgg8": lambda: Vgg(1, classes),
        "vgg13": lambda: Vgg(2, classes),
        "vit-tiny": lambda: Vit(96, 6, 3, classes),
    }[name]()


def noise(count, salt):
    """Numbers in [-1, 1) that Rust can make too: an integer hash of position and salt."""
    i = torch.arange(count, dtype=torch.int64)
    u = (i * 2654435761 + salt * 40503 + 12345) % 2**32
    u = ((u ^ (u >> 15)) * 2246822519) % 2**32
    u = u ^ (u >> 13)
    return (u.double() / 2**31 - 1).float()


def fill(network, salt):
    """Gives every tensor known values of a sensible size, in the order of the state dict."""
    state = {k: v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")}
    for t, (name, value) in enumerate(state.items()):
        v = noise(value.numel(), salt * 1000 + t).reshape(value.shape)
        if value.dim() == 4:
            out, _, k, _ = value.shape
            v = v * (6.0 / (k * k * out)) ** 0.5
        elif value.dim() == 2:
            v = v * (1.0 / value.shape[1]) ** 0.5
        elif name.endswith(("running_var", "weight")):
            v = 1 + 0.1 * v
        else:
            v = 0.1 * v
        value.copy_(v)
    return network


MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).reshape(1, 3, 1, 1)
STD = torch.tensor([0.2470, 0.2435, 0.2616]).reshape(1, 3, 1, 1)


def run(network, pixels):
    return network.taps((pixels - MEAN) / STD)


def images(count, salt=7):
    """Smooth, image-like pixels in [0, 1]: coarse noise enlarged, so that neighbours are alike."""
    coarse = noise(count * 3 * 8 * 8, salt).reshape(count, 3, 8, 8) * 0.5 + 0.5
    return coarse.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
