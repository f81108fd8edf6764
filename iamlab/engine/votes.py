"""Who allows, layer by layer: what the rules combine to a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.layers import CEILINGS
from iamlab.engine.principals import Named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.rules import Rules
    from iamlab.engine.verdict import Heard


@dataclass(frozen=True, slots=True)
class Votes:
    """Who allows, layer by layer.

    Parameters
    ----------
    direct, indirect, account
        The resource policy allows: naming the very caller (or everyone); the role or user behind
        the caller; or only the caller's account.
    identity
        An identity-based policy allows.
    boundary, session
        What the ceiling says: ``True`` allows, ``False`` does not, ``None``: there is none.
    limits
        Whether both ceilings let through what is granted, by the rules for them.
    """

    direct: bool = False
    indirect: bool = False
    account: bool = False
    identity: bool = False
    boundary: bool | None = None
    session: bool | None = None
    limits: bool = True


def count(heard: Mapping[str, Heard], rules: Rules) -> Votes:
    """Count who allows."""
    resource = {hit.named for hit in heard["resource"].allows}
    said = {
        ceiling: bool(heard[ceiling].allows) if heard[ceiling].present else None
        for ceiling in CEILINGS
    }
    return Votes(
        direct=Named.DIRECT in resource,
        indirect=Named.INDIRECT in resource,
        account=Named.ACCOUNT in resource,
        identity=bool(heard["identity"].allows),
        boundary=said["boundary"],
        session=said["session"],
        limits=all(getattr(rules, ceiling)(allows) for ceiling, allows in said.items()),
    )
