"""What a terminal shows of a user, a group or a role: its name, and what hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import few

if TYPE_CHECKING:
    from iamlab.world.identities import Identity


def told(identity: Identity) -> str:
    """Say an identity on one line.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> scenario("groups").user("dana")
    <User dana: groups developers, contractors; policies own-notes>
    """
    boundary = getattr(identity, "boundary", None)
    hanging = (
        ("groups", getattr(identity, "groups", ())),
        ("users", [user.name for user in getattr(identity, "users", ())]),
        ("policies", [*identity.inline, *map(_name, identity.attached)]),
        ("boundary", [] if boundary is None else [_name(boundary)]),
    )
    words = "; ".join(f"{what} {few(names)}" for what, names in hanging if names)
    kind = identity.kind.capitalize()
    return f"<{kind} {few([identity.name])}: {words or 'nothing hangs on it'}>"


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
