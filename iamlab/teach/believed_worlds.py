"""Wrong beliefs about facts that only the world knows: who assumed a role, who has an MFA device.

Like in ``believed_layers.py``, each function returns the differences to what AWS reads.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.engine.request import Kind, Request
from iamlab.errors import IamLabError
from iamlab.model.credentials import devices_of
from iamlab.model.organization.policies import SCP, of_type
from iamlab.operations.iam.credentials import AccessKey
from iamlab.policy.arn import Arn
from iamlab.policy.document import edited
from iamlab.teach.believed_layers import Differences, also, named, renamed
from iamlab.world.world import World

if TYPE_CHECKING:
    from iamlab.policy.statement import Statement

WorldView = Callable[[Request, Layers, World], Differences]


def assumers(world: World, arn: str) -> list[str]:
    """List the callers behind a role session: who assumed the role, and so on to the first.

    Examples
    --------
    >>> from iamlab.teach.acme import observatory
    >>> world = observatory()
    >>> carol = world.sts.assume_role(
    ...     world.user("carol"), role_arn=world.role("auditor"), role_session_name="carol")
    >>> assumers(world, carol.arn)
    ['arn:aws:iam::111111111111:user/carol']
    """
    found: list[str] = []
    for event in reversed(list(world.events)):
        answer: Any = event.response_elements or {}
        session = answer.get("assumedRoleUser", {}).get("arn")
        caller = event.user_identity.get("arn")
        if session == arn and caller:
            found.append(caller)
            arn = caller
    return found


def _policies_of(world: World, arns: list[str]) -> tuple[AttachedPolicy, ...]:
    """List the policies of callers, unless they are deleted."""
    with suppress(IamLabError):
        return tuple(own for arn in arns for own in principal_of(world, arn).identity)
    return ()


def _role_adds(request: Request, layers: Layers, world: World) -> Differences:
    return also(layers, _policies_of(world, _assumers(request, world)[:1]))


def _chain_keeps(request: Request, layers: Layers, world: World) -> Differences:
    return also(layers, _policies_of(world, _assumers(request, world)[1:][-1:]))


def _assumers(request: Request, world: World) -> list[str]:
    is_session = request.caller.kind is Kind.SESSION
    return assumers(world, request.principal) if is_session else []


def _trust_grants(request: Request, layers: Layers, world: World) -> Differences:
    """Read the trust policy of the caller's role as one of its permission policies."""
    account = world.accounts.get(request.caller.account)
    if account is None or not request.caller.is_of_role:
        return {}
    role = account.roles.get(Arn.parse(request.caller.issuer).name)
    if role is None or role.trust is None:
        return {}
    granted: dict[int, Statement | None] = {
        statement.number: replace(statement, principal=None, resource=("*",))
        for statement in role.trust.statements
    }
    return also(layers, (AttachedPolicy(edited(role.trust, granted)),))


def _scp_binds_management(request: Request, _: Layers, world: World) -> Differences:
    for organization in world.organizations.values():
        if organization.management_account_id == request.caller.account:
            policies = map(organization.policies.get, of_type(organization, organization.root, SCP))
            level = tuple(AttachedPolicy(scp.document) for scp in policies if scp is not None)
            return {"scp": (level,)} if level else {}
    return {}


def _sourceip_everywhere(request: Request, _: Layers, world: World) -> Differences:
    if request.value("aws:SourceIp"):
        return {}
    address = request.value("aws:VpcSourceIp") or world.current_network.outside
    return {"context": {"aws:SourceIp": address}}


def _name_is_identity(_: Request, layers: Layers, world: World) -> Differences:
    """Read a unique ID in the resource's policy as the name that it was created with."""
    ids = {value for value in named(layers) if value.startswith(("AIDA", "AROA"))}
    created = (event.response_elements or {} for event in world.events) if ids else ()
    made = [answer[kind] for answer in created for kind in ("user", "role") if kind in answer]
    names = {known.get("userId", known.get("roleId")): known["arn"] for known in made}
    return renamed(layers, {key: names[key] for key in ids & names.keys()})


def _mfa_by_switch(request: Request, layers: Layers, world: World) -> Differences:
    """Add a ceiling that allows nothing, if the user has a device and didn't use it."""
    account = world.accounts.get(request.caller.account)
    if account is None or request.caller.kind is not Kind.USER:
        return {}
    user = account.users.get(Arn.parse(request.principal).name)
    used = request.value("aws:MultiFactorAuthPresent") == "true"
    return {} if used or user is None or not devices_of(user) else {"scp": (*layers.scp, ())}


BELIEVED_WORLDS: dict[str, WorldView] = {
    "role_adds": _role_adds,
    "trust_grants": _trust_grants,
    "scp_binds_management": _scp_binds_management,
    "chain_keeps": _chain_keeps,
    "sourceip_everywhere": _sourceip_everywhere,
    "name_is_identity": _name_is_identity,
    "mfa_by_switch": _mfa_by_switch,
}


# -- a question that no policy decides ----------------------------------------------------------


def _key_ids(world: World) -> list[str]:
    return [key.access_key_id for key in _keys(world)]


def _readable_secrets(world: World) -> list[str]:
    """List the keys whose secret can be read in the world."""
    readable = []
    for key in _keys(world):
        with suppress(IamLabError):
            readable.append(key.access_key_id if key.secret_access_key else "")
    return readable


def _keys(world: World) -> list[AccessKey]:
    owners = [
        owner
        for account in world.accounts.values()
        for owner in (account.root, *account.users.values())
    ]
    return [AccessKey(owner, key_id) for owner in owners for key_id in owner.key_records]


Answer = Callable[[World], object]

BELIEVED_ANSWERS: dict[str, tuple[str, Answer, Answer]] = {
    "secret_readable": (
        "Which access keys have a secret that can be read again?",
        _readable_secrets,
        _key_ids,
    ),
}
"""A question, AWS's answer in a world, and the answer that follows from the belief."""
