"""Validates what it reads on standard input, and prints what is wrong.

{kubernetes: [objects], versions: [...]}, {compose: object}, or {batch: {operation: parameters}}
"""
import json
import sys


def kubernetes(objects, versions):
    import kubernetes_validate

    for item in objects:
        for version in versions:
            try:
                kubernetes_validate.validate(item, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                path = "".join(f".{part}" for part in getattr(error, "path", []))
                yield f"{item['kind']} {item['metadata']['name']}{path} ({version}): {error.message}"


def compose(file):
    import compose_spec

    try:
        compose_spec.PyCompose.from_json(json.dumps(file)).validate()
    except ValueError as error:
        yield str(error)


def batch(operations):
    from botocore.loaders import Loader
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    model = ServiceModel(Loader().load_service_model("batch", "service-2"))
    for operation, parameters in operations.items():
        shape = model.operation_model(operation).input_shape
        yield from ParamValidator().validate(parameters, shape).generate_report().splitlines()


given = json.load(sys.stdin)
if "kubernetes" in given:
    problems = kubernetes(given["kubernetes"], given["versions"])
elif "compose" in given:
    problems = compose(given["compose"])
else:
    problems = batch(given["batch"])
json.dump(list(problems), sys.stdout)
