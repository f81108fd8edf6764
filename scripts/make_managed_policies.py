"""Make the data file of AWS's managed policies from the copy that moto ships.

Run it in the development environment after an update of moto::

    .venv/bin/python scripts/make_managed_policies.py

The file is compressed text. The first line is a header with date, origin and number. Each other
line is one policy: the name, a tab, and the policy as JSON. The lines are sorted by name, so a
policy can be read without the others. The same version of moto always gives the same text.
"""

# ruff: noqa: INP001, T201 - a folder of scripts isn't a package, and a script prints

from __future__ import annotations

import json
import lzma
from importlib.metadata import version
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "iamlab/model/data/aws_managed_policies.txt.xz"
ORIGIN = "AWS managed policies, as shipped by moto {} (Apache-2.0)"
KEPT = ("Path", "DefaultVersionId", "CreateDate", "UpdateDate")
# The elements in AWS's usual order; moto sorts them by name.
OF_POLICY = ("Version", "Id", "Statement")
OF_STATEMENT = (
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
)


def text_of(policies: dict[str, dict[str, Any]], origin: str) -> str:
    """Return policies as the text of the file.

    Parameters
    ----------
    policies
        Name to ``Path``, ``DefaultVersionId``, ``CreateDate``, ``UpdateDate`` and ``Document``.
    origin
        Their source.
    """
    newest = max(policy["UpdateDate"] for policy in policies.values())
    header = {"date": newest[:10], "origin": origin, "count": len(policies)}
    lines = [f"{name}\t{_json(_kept(policies[name]))}" for name in sorted(policies)]
    return "\n".join((_json(header), *lines))


def _kept(policy: dict[str, Any]) -> dict[str, Any]:
    return {key: policy[key] for key in KEPT} | {"Document": _ordered(policy["Document"])}


def _ordered(document: dict[str, Any]) -> dict[str, Any]:
    statements = document["Statement"]
    if isinstance(statements, list):
        in_order: object = [_sorted_as(OF_STATEMENT, statement) for statement in statements]
    else:
        in_order = _sorted_as(OF_STATEMENT, statements)
    return _sorted_as(OF_POLICY, document | {"Statement": in_order})


def _sorted_as(order: tuple[str, ...], elements: dict[str, Any]) -> dict[str, Any]:
    return {element: elements[element] for element in sorted(elements, key=order.index)}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def main() -> None:
    """Write the file, and print a summary."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies = json.loads(aws_managed_policies_data)
    text = text_of(policies, ORIGIN.format(version("moto")))
    TARGET.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(f"{len(policies):,} policies: {TARGET.name}, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
