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
"""
import argparse
import io
import json
import tarfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

NAME = "compact32"
BN_EPSILON = 1e-3


def architecture():
    """The base as a list of layers (Keras class, name, inputs, options): training and export both read it.

    Every convolution has stride 1 and 'same' padding and every pooling is 2x2 'valid', so PyTorch and TF.js agree
    on every picture size, odd ones included.
    """
    layers = []

    def add(kind, name, *inputs, **options):
        layers.append((kind, name, inputs or (layers[-1][1],), options))
        return name

    def conv(name, channels_in, channels_out, kernel):
        add("Conv2D", f"{name}_conv", channels_in=channels_in, channels_out=channels_out, kernel=kernel)
        return add("BatchNormalization", f"{name}_bn", channels=channels_out)

    def block(name, channels_in, channels_out):
        """A separable convolution, with a shortcut around it where the width does not change."""
        start = layers[-1][1]
        add("DepthwiseConv2D", f"{name}_depthwise", channels=channels_in, kernel=3)
        add("BatchNormalization", f"{name}_depthwise_bn", channels=channels_in)
        add("ReLU", f"{name}_depthwise_relu")
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
    add("MaxPooling2D", "block1_pool")
    block("block2", 48, 128)
    block("block3", 128, 128)
    block("block4", 128, 128)
    block("block5", 128, 128)
    block("block6", 128, 128)
    add("MaxPooling2D", "block6_pool")
    block("block7", 128, 256)
    conv("top", 256, 256, 1)
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
                op = nn.BatchNorm2d(o["channels"], eps=BN_EPSILON, momentum=0.05)
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


def augment(x, zoom, size):
    """One random affine map a picture: flip, shift, zoom in or out. Returns pictures of `size` pixels."""
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
    return F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


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
            x = augment(scaled(pictures[rows]), tuple(args.zoom), args.size)
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


def export(base, folder):
    """Writes the base as a TF.js layers-model (Keras 2 topology) with float16 weights; returns the weight count."""
    none = {"kernel_regularizer": None, "kernel_constraint": None, "bias_regularizer": None,
            "activity_regularizer": None, "bias_constraint": None}
    zeros, ones = {"class_name": "Zeros", "config": {}}, {"class_name": "Ones", "config": {}}
    he = {"class_name": "VarianceScaling",
          "config": {"scale": 2.0, "mode": "fan_out", "distribution": "normal", "seed": None}}
    layers, weights = [], []

    def weight(name, tensor):
        half = tensor.detach().numpy().astype("<f2")
        if not np.isfinite(half).all():
            raise SystemExit(f"{name} does not fit float16")
        weights.append((name, half))

    for kind, name, inputs, o in base.layers:
        config = {"name": name, "trainable": True}
        op = base.ops[name] if name in base.ops else None
        if kind == "InputLayer":
            config = {"name": name, "batch_input_shape": [None, None, None, 3], "dtype": "float32", "sparse": False}
        elif kind in ("Conv2D", "DepthwiseConv2D"):
            config |= {"kernel_size": [o["kernel"]] * 2, "strides": [1, 1], "padding": "same",
                       "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear",
                       "use_bias": False, "bias_initializer": zeros}
            if kind == "Conv2D":
                config |= {"filters": o["channels_out"], "kernel_initializer": he, **none}
                weight(f"{name}/kernel", op.weight.permute(2, 3, 1, 0))  # to height, width, in, out
            else:
                config |= {"depth_multiplier": 1, "depthwise_initializer": he, "depthwise_regularizer": None,
                           "depthwise_constraint": None, "bias_regularizer": None, "activity_regularizer": None,
                           "bias_constraint": None}
                weight(f"{name}/depthwise_kernel", op.weight.permute(2, 3, 0, 1))  # to height, width, in, 1
        elif kind == "BatchNormalization":
            config |= {"axis": -1, "momentum": 0.95, "epsilon": BN_EPSILON, "center": True, "scale": True,
                       "beta_initializer": zeros, "gamma_initializer": ones, "moving_mean_initializer": zeros,
                       "moving_variance_initializer": ones, "beta_regularizer": None, "gamma_regularizer": None,
                       "beta_constraint": None, "gamma_constraint": None}
            # A variance too small for float16 becomes 0, which the epsilon absorbs; one too large is refused.
            for key, tensor in (("gamma", op.weight), ("beta", op.bias), ("moving_mean", op.running_mean),
                                ("moving_variance", op.running_var)):
                weight(f"{name}/{key}", tensor)
        elif kind == "MaxPooling2D":
            config |= {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid", "data_format": "channels_last"}
        elif kind == "ReLU":
            config |= {"max_value": None}
        nodes = [] if kind == "InputLayer" else [[[source, 0, 0, {}] for source in inputs]]
        layers.append({"name": name, "class_name": kind, "config": config, "inbound_nodes": nodes})

    topology = {"class_name": "Model", "config": {"name": NAME, "layers": layers,
                                                  "input_layers": [[layers[0]["name"], 0, 0]],
                                                  "output_layers": [[layers[-1]["name"], 0, 0]]}}
    entries = [{"name": name, "shape": list(half.shape), "dtype": "float32",
                "quantization": {"dtype": "float16", "original_dtype": "float32"}} for name, half in weights]
    model = {"format": "layers-model", "generatedBy": f"{NAME} train.py", "convertedBy": None,
             "modelTopology": topology, "weightsManifest": [{"paths": ["weights.bin"], "weights": entries}]}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(model, separators=(",", ":")) + "\n")
    (folder / "weights.bin").write_bytes(b"".join(half.tobytes() for _, half in weights))
    return sum(half.size for _, half in weights)


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
    parser.add_argument("--checkpoint", type=Path, help="also save the PyTorch weights of the whole classifier here")
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    splits, classes = load(args.archive)
    print(f"{len(splits['train'][1])} training and {len(splits['validation'][1])} validation pictures, "
          f"{classes} classes", flush=True)
    model = Classifier(Base(architecture()), classes).to(memory_format=torch.channels_last)
    train(model, splits, args)
    if args.checkpoint:
        torch.save(model.state_dict(), args.checkpoint)
    print(f"{NAME}: {export(model.base, args.out)} weights, "
          f"{(args.out / 'weights.bin').stat().st_size} bytes in weights.bin")


if __name__ == "__main__":
    main()
