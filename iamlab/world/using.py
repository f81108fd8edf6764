"""Uses of what this world has no model of: asked, noted in the log, and refused or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied
from iamlab.world.asking import check_credentials
from iamlab.world.events import caller_identity, record
from iamlab.world.presented import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.world.asking import Circumstances
    from iamlab.world.gather import Caller
    from iamlab.world.world import World


def use(
    world: World,
    caller: Caller,
    action: str,
    resource: str,
    context: Mapping[str, ContextValue] | None,
    circumstances: Circumstances,
) -> Decision:
    """Do what :meth:`World.do` says."""
    from iamlab.policy import catalog

    who = world.gather(caller)
    check_credentials(who, action)
    decision = world.can(caller, action, resource, context=context, **circumstances)
    if isinstance(caller, Credential):
        region = str(decision.request.value("aws:RequestedRegion"))
        caller.used(world, decision.request.service, region)
    error = None if decision else AccessDenied(decision)
    service, _, name = action.partition(":")
    known = catalog.action(action)
    record(
        world,
        (service, name if known is None else known.name),
        caller_identity(who, getattr(caller, "access_key_id", "")),
        decision.request.resource_account or who.account_id,
        read_only=known is not None and known.level in ("List", "Read"),
        error=error,
        resources=(resource,),
        region=str(decision.request.value("aws:RequestedRegion")),
    )
    if error is not None:
        raise error
    return decision
