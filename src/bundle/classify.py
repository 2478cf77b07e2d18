import json, sys
import numpy, onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession("model.onnx")
with open("classes.json", encoding="utf-8") as file:
    classes = json.load(file)

def classify(path):
    # prepare
    [scores] = session.run(["scores"], {"pixels": numpy.asarray(image)[None]})
    return dict(zip(classes, scores[0].tolist()))

for path in sys.argv[1:]:
    print(path, json.dumps(classify(path)))
