"""AWS's own managed policies, by name or ARN: some of them, as AWS published them by 2026-09-30.

Notes
-----
AWS page: "AWS managed policies", of the AWS Managed Policy Reference Guide. The data file has its
date and source.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from iamlab.policy.document import Policy
from iamlab.world.policies import ManagedPolicy


@cache
def _data() -> dict[str, dict[str, Any]]:
    text = (files("iamlab.world") / "data" / "aws_managed_policies.json").read_text("utf-8")
    policies: dict[str, dict[str, Any]] = json.loads(text)["policies"]
    return policies


def names() -> list[str]:
    """List the names of the policies that are here; AWS has many more."""
    return sorted(_data())


def find(name_or_arn: str) -> ManagedPolicy | None:
    """Find an AWS managed policy; ``None`` if iamlab does not have it.

    Examples
    --------
    >>> find("AdministratorAccess").arn
    'arn:aws:iam::aws:policy/AdministratorAccess'
    """
    policy = _find(name_or_arn)
    return None if policy is None else policy.copy(policy.changed)


@cache
def _find(name_or_arn: str) -> ManagedPolicy | None:
    name = name_or_arn.rpartition("/")[2]
    found = _data().get(name)
    if found is None or name_or_arn not in (name, found["Arn"]):
        return None
    version = found["DefaultVersionId"]
    document = Policy.parse(found["Document"], name=name)
    return ManagedPolicy(name, found["Arn"], {version: document}, version, found["Path"])
