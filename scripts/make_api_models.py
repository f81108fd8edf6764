"""Make the data files of AWS's APIs from botocore's models: parameters, limits, errors.

Run it in the development environment after an update of botocore::

    .venv/bin/python scripts/make_api_models.py

Each file is JSON, with one line for each operation and each shape, so that a diff shows the changes
of a new version. A test compares the files with the installed botocore.

IAM and STS are complete. For other services, ``services_model.json`` has the operations that iamlab
models: ``parameters`` lists the modelled parameters, ``unmodelled`` the rest of botocore's. Write a
new operation or the name of a parameter into the file by hand, mark what is required, and run the
script. Parameters that botocore doesn't have are iamlab's own, such as ``Region``, which a client
has.
"""

# ruff: noqa: INP001, T201 - a folder of scripts isn't a package, and a script prints

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "iamlab/model/data"
SERVICES = ("iam", "sts")
OTHERS = FOLDER / "services_model.json"
CLIENTS = {
    "access-analyzer": "accessanalyzer",
    "cloudformation": "cloudcontrol",
    "sso": "sso-admin",
}
"""The prefix of actions -> the service's name in botocore, if it differs."""
DETAILED = ("organizations",)
"""Services for which patterns, lengths and enumerations of texts are kept too."""

TYPES = {"structure": "map", "long": "integer"}
"""botocore's types -> iamlab's types: an operation itself checks what a structure contains."""
KEPT = ("type", "min", "max", "pattern", "enum")


def model_of(service: Any, origin: str) -> dict[str, Any]:
    """Return the parts of a service's model that iamlab needs.

    Parameters
    ----------
    service
        botocore's ``ServiceModel``.
    origin
        Its source.
    """
    shapes: dict[str, Any] = {}
    operations = {}
    for name in sorted(service.operation_names):
        operation = service.operation_model(name)
        members = operation.input_shape.members if operation.input_shape else {}
        operations[name] = {
            "parameters": {key: _note(shape, shapes) for key, shape in members.items()},
            "required": list(operation.input_shape.required_members) if members else [],
            "errors": sorted(
                error.metadata.get("error", {}).get("code", error.name)
                for error in operation.error_shapes
            ),
        }
    return {"origin": origin, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def _note(shape: Any, shapes: dict[str, Any]) -> str:
    """Add a shape and its members to ``shapes``, and return its name."""
    if shape.name not in shapes:
        raw = {"type": shape.type_name, **shape.metadata}
        if shape.type_name == "string" and shape.enum:
            raw["enum"] = list(shape.enum)
        noted = shapes[shape.name] = {key: raw[key] for key in KEPT if key in raw}
        if shape.type_name == "list":
            noted["member"] = _note(shape.member, shapes)
        if shape.type_name == "structure":
            noted["members"] = {key: _note(member, shapes) for key, member in shape.members.items()}
            noted["required"] = list(shape.required_members)
        if shape.type_name == "map":
            noted["key"], noted["value"] = _note(shape.key, shapes), _note(shape.value, shapes)
    return str(shape.name)


def text_of(model: dict[str, Any]) -> str:
    """Return the model as text, with a line for each operation and each shape."""
    parts = [f'"origin": {json.dumps(model["origin"])}']
    for part in ("operations", "shapes"):
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in model[part].items()]
        parts.append(f'"{part}": {{\n' + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def installed(name: str = "iam") -> dict[str, Any]:
    """Return the model of a service in the installed botocore."""
    import botocore.session

    service = botocore.session.get_session().get_service_model(name)
    return model_of(service, f"botocore {version('botocore')} (Apache-2.0)")


def others(kept: dict[str, Any]) -> dict[str, Any]:
    """Update the operations of other services."""
    import botocore.session

    session, operations = botocore.session.get_session(), {}
    shapes: dict[str, Any] = {}
    for key, operation in sorted(kept["operations"].items()):
        prefix, _, name = key.partition(":")
        service = session.get_service_model(CLIENTS.get(prefix, prefix))
        is_known = name in service.operation_names
        shape = service.operation_model(name).input_shape if is_known else None
        members = {} if shape is None else shape.members
        types = {
            part: TYPES.get(member.type_name, member.type_name) for part, member in members.items()
        }
        for part, member in members.items() if prefix in DETAILED else ():
            if member.type_name == "string":
                types[part] = _note(member, shapes)
        own = operation["parameters"]
        operations[key] = {
            "parameters": {part: types.get(part, kind) for part, kind in own.items()},
            "required": operation["required"],
            "unmodelled": [part for part in types if part not in own],
        }
    origin = f"botocore {version('botocore')} (Apache-2.0)"
    return {"origin": origin, "operations": operations, "shapes": dict(sorted(shapes.items()))}


def main() -> None:
    """Write the files, and print a summary."""
    services = others(json.loads(OTHERS.read_text("utf-8")))
    OTHERS.write_text(text_of(services), "utf-8")
    print(f"other services: {len(services['operations'])} operations")
    for name in SERVICES:
        model = installed(name)
        (FOLDER / f"{name}_model.json").write_text(text_of(model), "utf-8")
        print(f"{name}: {len(model['operations'])} operations, {len(model['shapes'])} shapes")


if __name__ == "__main__":
    main()
