"""PyTorch networks with weights of a formula, and their ONNX files by PyTorch's two exporters."""

import sys
import warnings
from pathlib import Path

import numpy
import torch

sys.path.append(str(Path(__file__).parents[1] / "keras"))
from noise import noise  # noqa: E402

warnings.filterwarnings("ignore")


def fill(network):
    """Weights that keep numbers in bounds and leave no branch without effect, as layer scales of 1e-6 would."""
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if not tensor.is_floating_point():
            continue
        shape = tuple(tensor.shape)
        count = int(numpy.prod(shape))
        if len(shape) < 2:
            low, high = (0.5, 1.5) if name.endswith(("weight", "gamma", "running_var", "lambda1")) else (-0.3, 0.3)
        else:
            limit = float(numpy.sqrt(3.0 / numpy.prod(shape[1:])))
            low, high = -limit, limit
        values = noise(name, count, low, high).reshape(shape)
        with torch.no_grad():
            tensor.copy_(torch.from_numpy(values))
    return network.eval()


class Outputs(torch.nn.Module):
    """The named outputs of a transformers model as a tuple, as Optimum exports them."""

    def __init__(self, network, names):
        super().__init__()
        self.network, self.names = network, names

    def forward(self, pixel_values):
        found = self.network(pixel_values=pixel_values)
        return tuple(found[name] for name in self.names)


class Pixels(torch.nn.Module):
    """A network that takes bytes [batch, height, width, 3] and prepares them itself."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        return self.network(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1)


def export(network, path, *, names=("logits",), example, by="old", opset=17, batch="any", size="fixed", external=False, entry="pixel_values"):
    """Writes one file. `by` is the exporter: `old` traces, `dynamo` captures the program."""
    axes = {0: "batch"} if batch == "any" else {}
    if size == "any":
        axes |= {2: "height", 3: "width"}
    # An example of two: what is one may be taken for a constant.
    common = {"input_names": [entry], "output_names": list(names), "opset_version": opset}
    if by == "old":
        dynamic = {entry: axes, **{name: {0: "batch"} for name in names}} if batch == "any" else None
        torch.onnx.export(network, (example,), str(path), dynamo=False, dynamic_axes=dynamic, **common)
    else:
        shapes = {axis: torch.export.Dim.DYNAMIC for axis in axes}
        torch.onnx.export(
            network, (example,), str(path), dynamo=True, external_data=external,
            dynamic_shapes=(shapes,) if shapes else None, verbose=False, **common,
        )
