"""Validates what it reads on standard input, {kubernetes: [objects], versions: [...], compose: object}, and prints what is wrong."""
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


given = json.load(sys.stdin)
problems = list(kubernetes(given["kubernetes"], given["versions"]) if "kubernetes" in given else compose(given["compose"]))
json.dump(problems, sys.stdout)
