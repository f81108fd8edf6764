"""The calls by which a principal can assume a role, and the sessions that they lead to.

A call can say more than the role's name: an external id, a code of the caller's MFA device, a name
of the session, tags, a source identity. What policies require is tried, the plainest call first.
Some of that stays with the session, and some goes on to the next role.

Notes
-----
AWS pages: "API AssumeRole"; "Access to AWS accounts owned by third parties", for external ids;
"Pass session tags in AWS STS"; "Monitor and control actions taken with assumed roles".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from iamlab import unsure
from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
from iamlab.authorization.context_keys import mfa_keys, temporary_credential_keys
from iamlab.model.credentials import VIRTUAL, Presented, devices_of
from iamlab.model.record import CredentialKind
from iamlab.operations.federation.saml_claims import is_session_name
from iamlab.operations.sts.assume_role import keys_of_call, session_actions
from iamlab.operations.sts.issuing import SessionTags
from iamlab.policy.arn import ON_BY_DEFAULT, Arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.analysis.privilege_escalation.required_parameters import RequiredValues
    from iamlab.engine.request import ContextValue
    from iamlab.model.identities import Role, User
    from iamlab.model.world import World


MFA_CODE = "the code that the caller's MFA device shows"
"""Stands for a code where a call is described; it is put in when the call is made."""

MOST_ATTEMPTS = 100
"""So many calls are tried for one role at most."""

REQUESTED_REGION = "aws:RequestedRegion"
REGION = "Region"
HEADERS = {"UserAgent": "aws:UserAgent", "Referer": "aws:Referer"}
"""What a caller chooses in addition to the API's parameters: the endpoint and the headers."""

WITH_MFA = (CredentialKind.LONG_TERM, CredentialKind.USER)
"""Credentials whose calls can show an MFA device."""

_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_NO_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)

Option = tuple[dict[str, Any], str]
"""Parameters of a call, and what its caller must know or have for them."""

NO_OPTION: Option = ({}, "")


@dataclass(frozen=True, slots=True)
class AssumeRoleCall:
    """A call for a role.

    Parameters
    ----------
    conditions
        What the caller must know or have in addition to permissions.
    tags
        Those that the call sends, and those that the caller's session hands on.
    source_identity
        Of the session that it leads to.
    """

    call: Call
    conditions: tuple[str, ...]
    tags: SessionTags
    source_identity: str

    @property
    def carried(self) -> states.Carried:
        """What the session will hand on."""
        going = {key.lower() for key in self.tags.transitive_tag_keys}
        tags = (pair for pair in self.tags.tags.items() if pair[0].lower() in going)
        return states.Carried(tuple(sorted(tags)), self.source_identity)


def session_name(state: PrincipalState) -> str:
    """Return the name that a principal's sessions get: its own, as many trust policies want it.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.authorization.principal import principal_of
    >>> from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    >>> d = World(seed=7).create_account("main", account_id="1" * 12).create_user("d")
    >>> session_name(PrincipalState.of(principal_of(d.account.world, d)))
    'd-session'
    """
    name = _NO_NAME.sub("-", Arn.parse(state.arn).name)[:64]
    return name if len(name) > 1 else f"{name}-session"


def attempts(
    world: World, state: PrincipalState, role_arn: str, required: RequiredValues
) -> Iterator[AssumeRoleCall]:
    """Return the calls with which a principal can ask for a role, the plainest first.

    Parameters
    ----------
    required
        What the policies that have a say want of the call.
    """
    plain = {"RoleArn": role_arn, "RoleSessionName": session_name(state)}
    yield _attempt(world, state, plain, ())
    if not required:
        return
    every = [[NO_OPTION, *options] for options in _options(world, state, required) if options]
    chosen = sorted(product(*every), key=lambda some: sum(bool(keys) for keys, _ in some))
    for some in islice(chosen, 1, MOST_ATTEMPTS):
        named = {name: value for parameters, _ in some for name, value in parameters.items()}
        conditions = tuple(condition for _, condition in some if condition)
        yield _attempt(world, state, {**plain, **named}, conditions)


def _options(world: World, state: PrincipalState, wanted: RequiredValues) -> Iterator[list[Option]]:
    """Return additional values of the call that a policy requires."""
    known, own_name = state.principal.context(), session_name(state)

    def sent(
        name: str, key: str, default: str, fits: Callable[[str], bool] = lambda _: True
    ) -> list[Option]:
        found = parameters.texts(wanted, key, known, default)
        return [({name: text}, "") for text in found if fits(text)]

    yield sent("RoleSessionName", "sts:RoleSessionName", own_name, is_session_name)
    yield [
        ({"ExternalId": item.text}, "the caller knows the external id" if item.is_literal else "")
        for item in parameters.samples(wanted, "sts:ExternalId", known)
        if _EXTERNAL_ID.fullmatch(item.text)
    ]
    identities = parameters.texts(wanted, "sts:SourceIdentity", known, own_name)
    if state.carried.source_identity:  # it is set, and stays so for all of the chain
        identities = [state.carried.source_identity] if identities else []
    yield [({"SourceIdentity": name}, "") for name in identities if is_session_name(name)]
    yield [(tags, "") for tags in _tags(state, wanted, known)]
    open_regions = {*ON_BY_DEFAULT} - {*world.accounts[state.account_id].sts_regions_off}
    yield sent(REGION, REQUESTED_REGION, parameters.FILLER, open_regions.__contains__)
    for header, key in HEADERS.items():
        yield sent(header, key, parameters.FILLER)
    if any(key.startswith("aws:multifactorauth") for key in wanted):
        serial, condition = _device(world, state)
        yield [({"SerialNumber": serial, "TokenCode": MFA_CODE}, condition)] if serial else []


def _tags(
    state: PrincipalState, required: RequiredValues, known: Mapping[str, ContextValue]
) -> Iterator[dict[str, Any]]:
    """Return the tags to send: all that are required, or one of them."""
    inherited = {key.lower() for key, _ in state.carried.tags}
    every = parameters.required_tags(required, known, "aws:RequestTag/")
    found = {key: values for key, values in every.items() if key.lower() not in inherited}
    together = {key: values[0] for key, values in found.items()}
    single = [{key: value} for key, values in found.items() for value in values]
    for tags in [together, *single] if len(single) > 1 else single:
        tags_sent = [{"Key": key, "Value": value} for key, value in tags.items()]
        yield {"Tags": tags_sent}
        if "sts:transitivetagkeys" in required:
            yield {"Tags": tags_sent, "TransitiveTagKeys": list(tags)}


def _device(world: World, state: PrincipalState) -> tuple[str, str]:
    """Return the device with which a principal's own calls show a code, with what must be so."""
    arn = Arn.parse(state.arn)
    user = world.accounts[state.account_id].users.get(arn.name) if arn.kind == "user" else None
    if user is None or state.principal.kind not in WITH_MFA:
        return NO_DEVICE
    return device_of(user)


HAS_DEVICE, SUPPOSED_DEVICE = "the caller has the MFA device", "the user has an MFA device"
NO_DEVICE = ("", "")


def device_of(user: User) -> tuple[str, str]:
    """Return a user's MFA device that shows codes, with what must be so.

    If the world doesn't know the user's devices, a device is supposed.
    """
    devices, account = devices_of(user), user.account
    shown = next((each.serial_number for each in devices if each.kind == VIRTUAL), "")
    if shown:
        return shown, HAS_DEVICE
    if devices or not account.world.loaded:
        return NO_DEVICE
    return f"arn:{account.partition}:iam::{account.account_id}:mfa/{user.name}", SUPPOSED_DEVICE


def _attempt(
    world: World, state: PrincipalState, parameters: dict[str, Any], conditions: tuple[str, ...]
) -> AssumeRoleCall:
    """Make a call of what it says, with the permissions that it takes."""
    sent = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
    transitive = tuple(parameters.get("TransitiveTagKeys", ()))
    tags = SessionTags(sent, dict(state.carried.tags), transitive)
    passed = parameters.get("SourceIdentity")
    keys = keys_of_call(parameters["RoleSessionName"], tags, passed)
    if "ExternalId" in parameters:
        keys["sts:ExternalId"] = parameters["ExternalId"]
    chosen = {REGION: REQUESTED_REGION, **HEADERS}
    keys |= {key: parameters[name] for name, key in chosen.items() if name in parameters}
    if "SerialNumber" in parameters:
        keys |= mfa_keys(world.clock.now, world.clock.now)
    source_identity = state.carried.source_identity or passed or ""
    actions = session_actions("sts:AssumeRole", tags.needs_permission, source_identity)
    needs = tuple(Need(action, parameters["RoleArn"], keys) for action in actions)
    call = Call("sts:AssumeRole", parameters, needs)
    return AssumeRoleCall(call, conditions, tags, source_identity)


def session_of(
    role: Role, attempt: AssumeRoleCall, *, is_named: bool
) -> tuple[states.StateChange, ...]:
    """Return how the session of a call differs from any other session of the role.

    Parameters
    ----------
    is_named
        Whether it matters what the session is called.
    """
    world, parameters = role.account.world, attempt.call.parameters
    with_mfa = unsure.ROLE_SESSIONS_CARRY_MFA and "SerialNumber" in parameters
    tags, name = attempt.tags.tags, str(parameters["RoleSessionName"])
    texts = [f"{key}={value}" for key, value in sorted(tags.items())]
    parts = (
        f"named {name}" if is_named else "",
        f"tagged {', '.join(texts)}" if texts else "",
        f"of {attempt.source_identity}" if attempt.source_identity else "",
        "with MFA" if with_mfa else "",
    )
    label = " ".join(part for part in parts if part)
    if not label:
        return ()
    now = world.clock.now
    keys = dict(temporary_credential_keys(now, now, now if with_mfa else None))
    return (named_session(role, name, keys, tags, attempt.source_identity, label),)


def named_session(
    role: Role,
    name: str,
    keys: dict[str, ContextValue],
    tags: Mapping[str, str],
    source_identity: str,
    label: str,
) -> states.StateChange:
    """Let a role be a session with a name, condition keys and tags."""
    account = role.account
    if source_identity:
        keys["aws:SourceIdentity"] = source_identity
    presented = Presented(
        f"arn:{account.partition}:sts::{account.account_id}:assumed-role/{role.name}/{name}",
        keys,
        principal=role.arn,
        kind=CredentialKind.ROLE,
        userid=f"{role.unique_id}:{name}",
        tags=tags,
    )
    return states.calling_with(f"in a session {label}", presented)
