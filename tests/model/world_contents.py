"""All that a world holds, as plain values: two worlds are equal if these are."""

import json
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from iamlab import World
from iamlab.analysis.last_accessed.operations import LastAccessedJob
from iamlab.policy.document import Policy

SKIPPED = ("world", "account", "compiled")
USED = ("KeyRecord", "Role")
"""Kinds whose last use is noted with the log, even if a call is refused."""


def snapshot(world: World) -> Any:
    """Return everything in a world except its log and its caches."""
    return {
        "accounts": plain(world.accounts),
        "clock": world.clock.now,
        "current_network": plain(world.current_network),
        "identity_centers": plain(world.identity_centers),
        "loaded": world.loaded,
        "made": world.ids.made,
        "oidc_issuers": plain(world.oidc_issuers),
        "organizations": plain(world.organizations),
        "resource_policies": plain(world.resource_policies),
        "saml_directories": plain(world.saml_directories),
        "sessions": plain(world.sessions),
        "warnings": list(world.warnings),
    }


@cache
def _own(kind: type) -> tuple[str, ...] | None:
    """Return the names of what a dataclass holds; of any other kind, nothing."""
    if not is_dataclass(kind):
        return None
    skipped = (*SKIPPED, "last_used") if kind.__name__ in USED else SKIPPED
    return tuple(field.name for field in fields(kind) if field.name not in skipped)


def plain(value: Any) -> Any:
    """Write a value as tuples of plain values, wherever it came from."""
    if isinstance(value, str):
        return value
    if isinstance(value, Policy):
        return (value.name, value.text or json.dumps(value.to_dict()))
    if isinstance(value, LastAccessedJob):
        return value  # large, and it never changes
    own = _own(type(value))
    if own is not None:
        return (type(value).__name__, *((name, plain(getattr(value, name))) for name in own))
    if isinstance(value, dict):
        return tuple((key, plain(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, set | frozenset):
        return tuple(sorted(map(repr, value)))
    return value
