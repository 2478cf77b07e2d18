#!/usr/bin/env python3
"""Train `compact32`, the small base network shipped in this folder, and export it for TensorFlow.js.

The pictures come as a .tar.gz of 32x32 photographs sorted into class folders:

    .../train/CLASS/*.JPEG
    .../validation/CLASS/*.JPEG

The network is trained from scratch as a classifier. The export then drops the pooling and the classifier and
writes what is left, a fully convolutional feature extractor, as a TF.js layers-model: `model.json` and
`weights.bin` (float16).

    pip install -r requirements.txt
    python train.py --archive imagenet32.tar.gz --out .

README.md has the two commands behind the shipped weights.
"""
import argparse
import io
import tarfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from tfjs_export import export

NAME = "compact32"
BN_EPSILON, BN_MOMENTUM = 1e-3, 0.05


def architecture():
    """The base as a list of layers (Keras class, name, inputs, options): training and export both read it.

    Every convolution has stride 1 and 'same' padding and every pooling is 2x2 'valid', so PyTorch and TF.js agree
    on every picture size, odd ones included.
    """
    layers = []

    def add(kind, name, *inputs, **options):
        layers.append((kind, name, inputs or tuple(layer[1] for layer in layers[-1:]), options))
        return name

    def conv(name, channels_in, channels_out, kernel):
        add("Conv2D", f"{name}_conv", channels_in=channels_in, channels_out=channels_out, kernel=kernel)
        return add("BatchNormalization", f"{name}_bn", channels=channels_out)

    def block(name, channels_in, channels_out):
        """A separable convolution, with a shortcut around it where the width does not change."""
        start = layers[-1][1]
        add("DepthwiseConv2D", f"{name}_depthwise", channels=channels_in, kernel=3)
        end = conv(name, channels_in, channels_out, 1)
        if channels_in == channels_out:
            add("Add", f"{name}_add", start, end)
        add("ReLU", f"{name}_relu")

    add("InputLayer", "input_1")
    conv("stem", 3, 24, 3)
    add("ReLU", "stem_relu")
    add("MaxPooling2D", "stem_pool")
    conv("block1", 24, 48, 3)
    add("ReLU", "block1_relu")
    block("block2", 48, 48)
    add("MaxPooling2D", "block2_pool")
    block("block3", 48, 112)
    for number in range(4, 8):
        block(f"block{number}", 112, 112)
    add("MaxPooling2D", "block7_pool")
    block("block8", 112, 192)
    block("block9", 192, 192)
    conv("top", 192, 256, 1)
    add("ReLU", "top_relu")
    return layers


class Base(nn.Module):
    """Runs the layer list in PyTorch."""

    def __init__(self, layers):
        super().__init__()
        self.layers, self.ops = layers, nn.ModuleDict()
        for kind, name, _, o in layers:
            if kind == "Conv2D":
                op = nn.Conv2d(o["channels_in"], o["channels_out"], o["kernel"], padding=o["kernel"] // 2, bias=False)
            elif kind == "DepthwiseConv2D":
                op = nn.Conv2d(o["channels"], o["channels"], o["kernel"], padding=o["kernel"] // 2,
                               groups=o["channels"], bias=False)
            elif kind == "BatchNormalization":
                op = nn.BatchNorm2d(o["channels"], eps=BN_EPSILON, momentum=BN_MOMENTUM)
                self.width = o["channels"]
            else:
                continue
            if isinstance(op, nn.Conv2d):
                nn.init.kaiming_normal_(op.weight, mode="fan_out", nonlinearity="relu")
            self.ops[name] = op

    def forward(self, x):
        values = {}
        for kind, name, inputs, _ in self.layers:
            if kind == "InputLayer":
                values[name] = x
                continue
            x = values[inputs[0]]
            if kind == "ReLU":
                values[name] = F.relu(x)
            elif kind == "MaxPooling2D":
                values[name] = F.max_pool2d(x, 2)
            elif kind == "Add":
                values[name] = x + values[inputs[1]]
            else:
                values[name] = self.ops[name](x)
        return values[name]


class Classifier(nn.Module):
    """The base with global average pooling and a linear layer on top, as it is trained."""

    def __init__(self, base, classes):
        super().__init__()
        self.base, self.head = base, nn.Linear(base.width, classes)

    def forward(self, x):
        return self.head(self.base(x).mean((2, 3)))


def load(archive):
    """Decodes the archive into {split: (uint8 pictures [n, 32, 32, 3], class numbers [n])}."""
    found = {"train": [], "validation": []}
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if member.isfile() and len(parts) >= 3 and parts[-3] in found:
                picture = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                found[parts[-3]].append((parts[-2], parts[-1], np.asarray(picture)))
    classes = sorted({row[0] for row in found["train"]})
    number = {name: i for i, name in enumerate(classes)}
    splits = {}
    for split, rows in found.items():
        rows.sort(key=lambda row: row[:2])
        splits[split] = (torch.from_numpy(np.stack([row[2] for row in rows])),
                         torch.tensor([number[row[0]] for row in rows]))
    return splits, len(classes)


def scaled(pictures):
    """uint8 [n, h, w, 3] to float [n, 3, h, w] in [-1, 1] (x / 127.5 - 1)."""
    return pictures.permute(0, 3, 1, 2).float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def augment(x, zoom, sharpen, size):
    """A random affine map (flip, shift, zoom) and sharpness for each picture. Returns pictures of `size` pixels."""
    n = len(x)
    scale = torch.empty(n).uniform_(*zoom)  # the share of the side that is kept: below 1 zooms in
    stretch = torch.empty(n).uniform_(-0.1, 0.1).exp()
    flip = (torch.rand(n) < 0.5).float() * 2 - 1
    # Shift over the room that the crop leaves, and by up to 4 of 32 pixels beyond the border.
    room = (1 - scale).clamp(min=0) + 0.125
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = scale * stretch * flip
    theta[:, 1, 1] = scale / stretch
    theta[:, :, 2] = torch.empty(n, 2).uniform_(-1, 1) * room[:, None]
    grid = F.affine_grid(theta, (n, 3, size, size), align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    if sharpen != (0, 0):  # ways of shrinking a photograph differ in sharpness: above 0 sharpens, below 0 blurs
        blurred = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        x = torch.lerp(blurred, x, 1 + torch.empty(n, 1, 1, 1).uniform_(*sharpen)).clamp_(-1, 1)
    return x


@torch.no_grad()
def accuracy(model, pictures, labels):
    model.eval()
    hits = sum((model(scaled(x)).argmax(1) == y).sum().item() for x, y in zip(pictures.split(500), labels.split(500)))
    return hits / len(labels)


def train(model, splits, args):
    """SGD with a one-cycle learning rate; the matrix arithmetic runs in bfloat16."""
    pictures, labels = splits["train"]
    kernels = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]  # no weight decay on normalisation and bias
    optimizer = torch.optim.SGD([{"params": kernels, "weight_decay": args.weight_decay},
                                 {"params": others, "weight_decay": 0}], args.rate, momentum=0.9, nesterov=True)
    steps = len(pictures) // args.batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=args.epochs * steps,
                                                   pct_start=0.2, cycle_momentum=False, div_factor=10,
                                                   final_div_factor=1000)
    for epoch in range(args.epochs):
        start, total = time.time(), 0.0
        model.train()
        for rows in torch.randperm(len(pictures))[:steps * args.batch].split(args.batch):
            x = augment(scaled(pictures[rows]), tuple(args.zoom), tuple(args.sharpen), args.size)
            with torch.autocast("cpu", torch.bfloat16):
                loss = F.cross_entropy(model(x).float(), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        seconds = time.time() - start
        print(f"epoch {epoch + 1}/{args.epochs}  loss {total / steps:.4f}  "
              f"validation accuracy {accuracy(model, *splits['validation']):.4f}  "
              f"{seconds:.0f} s ({1000 * seconds / steps:.0f} ms a step)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True, help="the .tar.gz of 32x32 photographs")
    parser.add_argument("--out", type=Path, default=Path("."), help="folder for model.json and weights.bin")
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.1, help="highest learning rate")
    parser.add_argument("--weight-decay", type=float, default=5e-5)
    parser.add_argument("--size", type=int, default=32, help="side of the training pictures in pixels")
    parser.add_argument("--zoom", type=float, nargs=2, default=[0.7, 1.05], metavar=("FROM", "TO"),
                        help="share of the picture's side that a training crop keeps")
    parser.add_argument("--sharpen", type=float, nargs=2, default=[-0.4, 1.6], metavar=("FROM", "TO"),
                        help="range of the random sharpening")
    parser.add_argument("--init", type=Path, help="start from these PyTorch weights (an earlier --checkpoint)")
    parser.add_argument("--checkpoint", type=Path, help="also save the PyTorch weights of the whole classifier here")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    splits, classes = load(args.archive)
    print(f"{len(splits['train'][1])} training and {len(splits['validation'][1])} validation pictures, "
          f"{classes} classes", flush=True)
    model = Classifier(Base(architecture()), classes).to(memory_format=torch.channels_last)
    if args.init:
        model.load_state_dict(torch.load(args.init, weights_only=True))
    train(model, splits, args)
    if args.checkpoint:
        torch.save(model.state_dict(), args.checkpoint)
    print(f"{NAME}: {export(NAME, model.base, args.out)} weights, "
          f"{(args.out / 'weights.bin').stat().st_size} bytes in weights.bin")


if __name__ == "__main__":
    main()
