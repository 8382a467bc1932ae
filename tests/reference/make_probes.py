"""Writes probes.safetensors: what PyTorch, numpy and the standard library make of images that the probes change.

    pip install torch safetensors numpy && python tests/reference/make_probes.py

Written apart from the Rust code: blur with one two-dimensional kernel, hue by colorsys, geometry by grid_sample, spectra by numpy's
FFT, Otsu's threshold by trying all of them. The image is made by an integer hash (networks.images), so only results are stored.
"""

import colorsys
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from networks import images, noise
from safetensors.torch import save_file

OUT = {}
FILL = (0.2, 0.4, 0.6)
LUMA = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)


def keep(name, value):
    OUT[name] = torch.as_tensor(value).detach().to(torch.float32).contiguous().clone()


def picture(index):
    return images(3)[index].double()


def smooth(image):
    """Something between the flat blocks of the image, so that interpolation has work to do."""
    return (0.7 * image + 0.3 * (noise(3072, 77).reshape(3, 32, 32).double() * 0.5 + 0.5)).clamp(0, 1)


def blur(image, sigma):
    radius = math.ceil(3 * sigma)
    at = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-(at[:, None] ** 2 + at[None, :] ** 2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(3, 1, -1, -1)
    padded = F.pad(image[None], [radius] * 4, mode="reflect")
    return F.conv2d(padded, kernel, groups=3)[0]


def sobel(image):
    grey = (image * LUMA[:, None, None]).sum(0)[None, None]
    x = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], dtype=torch.float64)
    gradients = F.conv2d(F.pad(grey, [1] * 4, mode="replicate"), torch.stack([x, x.T])[:, None])
    return gradients.pow(2).sum(1).sqrt()[0]


def hue(image, turn):
    out = torch.empty_like(image)
    for y in range(32):
        for x in range(32):
            h, s, v = colorsys.rgb_to_hsv(*image[:, y, x].tolist())
            out[:, y, x] = torch.tensor(colorsys.hsv_to_rgb((h + turn) % 1.0, s, v), dtype=torch.float64)
    return out


def through(image, theta, border=False):
    """The image seen through an affine map in grid_sample's coordinates; outside it is FILL, or goes on at its border."""
    fill = torch.zeros(3, 1, 1, dtype=torch.float64) if border else torch.tensor(FILL, dtype=torch.float64)[:, None, None]
    grid = F.affine_grid(torch.tensor([theta], dtype=torch.float64), (1, 3, 32, 32), align_corners=False)
    mode = "border" if border else "zeros"
    return F.grid_sample((image - fill)[None], grid, padding_mode=mode, align_corners=False)[0] + fill


def rotation(image, degrees):
    """Counter-clockwise as seen: what is on the right comes to the top."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return through(image, [[c, -s, 0.0], [s, c, 0.0]])


def crop(image, left, top, side):
    return through(
        image,
        [[side / 32, 0.0, (left + side / 2) / 16 - 1], [0.0, side / 32, (top + side / 2) / 16 - 1]],
        border=True,
    )


def stylise(image, style):
    own, other = np.fft.fft2(image.numpy()), np.fft.fft2(style.numpy())
    return np.clip(np.real(np.fft.ifft2(np.abs(other) * np.exp(1j * np.angle(own)))), 0, 1)


def otsu(image):
    levels = torch.round((image * LUMA[:, None, None]).sum(0) * 255).flatten()
    variance = []
    for threshold in range(255):
        low, high = levels[levels <= threshold], levels[levels > threshold]
        if len(low) == 0 or len(high) == 0:
            variance.append(0.0)
            continue
        variance.append(len(low) * len(high) * float(low.mean() - high.mean()) ** 2)
    return float(np.argmax(variance))


def boundary():
    """Coordinates by solving for them in an orthonormal basis from numpy's QR decomposition."""
    x1, x2, x3 = (picture(i).flatten().numpy() for i in range(3))
    q, r = np.linalg.qr(np.stack([x2 - x1, x3 - x1], axis=1))
    signs = np.sign(np.diag(r))
    q, r = q * signs, r * signs[:, None]
    places = np.array([[0.0, 0.0], r[:, 0], r[:, 1]])
    low, high = places.min(0), places.max(0)
    low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)
    keep("boundary/coordinates", places)
    keep("boundary/range", np.stack([low, high], axis=1))
    xs, ys = np.linspace(low[0], high[0], 7), np.linspace(low[1], high[1], 7)
    grid = [x1 + q @ np.array([x, y]) for y in ys for x in xs]
    for i in (0, 11, 48):
        keep(f"boundary/point{i}", grid[i])


if __name__ == "__main__":
    first, other = smooth(picture(0)), picture(1)
    keep("blur/1.3", blur(first, 1.3))
    keep("sobel", sobel(first))
    keep("hue/0.2", hue(first, 0.2))
    keep("hue/-0.35", hue(first, -0.35)[:, :8])
    keep("rotation/25", rotation(first, 25.0))
    keep("crop", crop(first, 5.5, 2.25, 20.0))
    keep("stylise", stylise(first, other))
    keep("otsu", [otsu(first), otsu(other)])
    boundary()
    path = pathlib.Path(__file__).parent / "probes.safetensors"
    save_file(OUT, path, metadata={"torch": torch.__version__})
    print(f"{len(OUT)} tensors, {path.stat().st_size} bytes, torch {torch.__version__}")
