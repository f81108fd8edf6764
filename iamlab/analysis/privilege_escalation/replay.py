"""The replay of a path: its calls, made as its caller in a copy of the world.

What an edge claims, a replay proves: the calls are made as the principal, each is decided and
logged, and at the end there is a caller that may do what was claimed. What goes through a service
that runs code cannot be replayed; there the decisions of all calls are the proof. Before that, a
path is written with its caller's own calls, and without steps that are not needed.

Notes
-----
AWS pages: "IAM API Reference"; "AWS STS API Reference"; "Sign in to the AWS Management Console";
"Policy evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation.edge_finder import ADMINISTERS, SUPPOSES, EdgeFinder
from iamlab.analysis.privilege_escalation.finders import users
from iamlab.analysis.privilege_escalation.finders.helpers import CHANGES_CALLER
from iamlab.analysis.privilege_escalation.permission_checks import PASSWORD, SUPPOSED, Placeholder
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH
from iamlab.analysis.privilege_escalation.required_parameters import words
from iamlab.analysis.privilege_escalation.role_calls import HEADERS, MFA_CODE, REGION
from iamlab.authorization.principal import Caller, principal_of
from iamlab.deprecated import with_old_names
from iamlab.errors import IamLabError, RequestError
from iamlab.model.credentials import INTERVAL, code_at, seed_of
from iamlab.model.network_locations import Standing
from iamlab.operations.dispatch import call_in, perform
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sign_in import sign_in
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.permission_checks import Call, Decider
    from iamlab.analysis.privilege_escalation.principal_states import (
        Edge,
        PrincipalState,
        StateChange,
    )
    from iamlab.model.account import Account
    from iamlab.model.identities import User
    from iamlab.model.world import World
    from iamlab.operations.iam.mfa_device import MfaDevice


ENDPOINT, NOT_AT_ALL = "us-east-1", timedelta()


@with_old_names
@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a path.

    Parameters
    ----------
    world
        The copy in which the calls were made; its events tell of them.
    principal
        The principal at the end of the path, for ``world.can(principal, ...)``.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> replay = dana.account.world.reach().path(dana, to="admin").replay()
    >>> print(replay.world.can(replay.principal, "iam:CreateUser", "*"))
    ✓ allowed by reach/#1
    """

    world: World = field(repr=False)
    principal: Caller


def replay(decider: Decider, path: Path) -> Replay:
    """Make the calls of a path.

    Raises
    ------
    RequestError
        Another service takes part.
    AwsError
        A call is refused.
    """
    if not path.can_be_replayed:
        services = dict.fromkeys(step.way.service for step in path.edges if step.way.service)
        raise RequestError(
            f"{', '.join(services)} runs code here, which the model has no operations of: "
            "edge.calls and reach.decisions(edge) prove such a way."
        )
    world = decider.world.copy()
    actor = _Actor(world, path.source.credential or path.source.arn)
    held: dict[str, Caller] = {}
    for edge in path.edges:
        held[edge.source.arn] = actor.caller
        world.standing = Standing(decider.context_of(edge.source), decider.circumstances)
        for call in edge.calls:
            actor.make(call)
        if edge.way is CHANGES_CALLER:
            actor.caller = held[edge.target.arn]
    world.standing = Standing(decider.context_of(path.target), decider.circumstances)
    return Replay(world, actor.caller)


@dataclass(slots=True)
class _Actor:
    """Who calls: first the path's source, then whoever's credentials it has got."""

    world: World
    caller: Caller
    _made: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    _keys: dict[str, AccessKey] = field(default_factory=dict)

    def make(self, call: Call) -> None:
        """Make one call; what it answers may be the next caller."""
        filled = {name: self._filled(name, value, call) for name, value in call.parameters.items()}
        _MAKE[call.service](self, call.name, filled)

    def _filled(self, name: str, value: Any, call: Call) -> Any:
        if isinstance(value, Placeholder):
            return value.make(self.world)
        if value != MFA_CODE:
            return value
        # Who registers a device sends two codes that follow each other: the one before, and now's.
        before = INTERVAL if name == "AuthenticationCode1" else NOT_AT_ALL
        return self.code_of(str(call.parameters["SerialNumber"]), before)

    def code_of(self, serial_number: str, before: timedelta = NOT_AT_ALL) -> str:
        """Read the code that a device shows, or showed some time before."""
        for account in self.world.accounts.values():
            record = account.mfa_records.get(serial_number)
            if record is not None:
                seed = seed_of(self.world, record.number)
                return code_at(seed, self.world.clock.now - before)
        arn = Arn.parse(serial_number)
        if self.world.loaded and arn.name in self.world.accounts[arn.account].users:
            self._suppose_device(self.world.accounts[arn.account], arn.name)
            return self.code_of(serial_number, before)
        raise RequestError(f"There is no MFA device {serial_number}.")

    def _suppose_device(self, account: Account, name: str) -> None:
        """Let a user have the MFA device that no export tells of."""
        made: MfaDevice = perform(account, "CreateVirtualMFADevice", VirtualMFADeviceName=name)
        serial = made.serial_number
        codes = {
            f"AuthenticationCode{place}": self.code_of(serial, ago * INTERVAL)
            for place, ago in ((1, 2), (2, 1))
        }
        perform(account, "EnableMFADevice", UserName=name, SerialNumber=serial, **codes)

    def account(self) -> Any:
        """Return the caller's account."""
        return self.world.accounts[principal_of(self.world, self.caller).account_id]

    def iam(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Call IAM; new credentials make the next caller."""
        account = self.account()
        done = (account.account_id, name, parameters)
        if name in MADE_ONCE and done in self._made:
            answer = {}  # this path has done it before
        else:
            self._suppose(name, parameters)
            answer = account.call(name, self.caller, **parameters)
            self._made.append(done)
        if name == "CreateAccessKey":
            user = account.users[parameters["UserName"]]
            if answer:
                self._keys[user.arn] = AccessKey(user, answer["AccessKey"]["AccessKeyId"])
            self.caller = self._keys[user.arn]
        elif name in OF_SERVICES:
            user = account.users[parameters["UserName"]]
            kind = OF_SERVICES[name] or users.BY_NAME[self._service(user, name, parameters)]
            self.caller = users.limited_to(kind, principal_of(self.world, user))

    def _service(self, user: User, name: str, parameters: Mapping[str, Any]) -> str:
        """Return for which service a credential is."""
        if name.startswith("Create"):
            return str(parameters["ServiceName"])
        held = user.service_specific_credentials
        return held[parameters["ServiceSpecificCredentialId"]].service_name

    def _suppose(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Let there be in a loaded account what a condition says is there, and no export tells."""
        if not self.world.loaded:
            return
        account = self.account()
        if name == "UpdateLoginProfile":
            user = account.users[parameters["UserName"]]
            if user.login_profile is None:
                password = {"Password": SUPPOSED.make(self.world), "PasswordResetRequired": False}
                perform(account, "CreateLoginProfile", UserName=user.name, **password)
        arn = str(parameters.get("SAMLProviderArn", ""))
        if name == "UpdateSAMLProvider" and arn not in account.saml_providers:
            account.create_saml_provider(arn.partition("/")[2], parameters["SAMLMetadataDocument"])

    def sts(self, name: str, parameters: Mapping[str, Any]) -> None:
        """Call STS; the session is the next caller."""
        standing = self.world.standing
        endpoint = parameters.get(REGION) or standing.circumstances.get("region") or ENDPOINT
        sent = {key: parameters[header] for header, key in HEADERS.items() if header in parameters}
        request = {key: value for key, value in parameters.items() if key not in (REGION, *HEADERS)}
        self.world.standing = replace(standing, context={**sent, **standing.context})
        made, _ = call_in(self.world, f"sts:{name}", self.caller, request, endpoint=endpoint)
        self.world.standing = standing
        self.caller = made[0] if isinstance(made, tuple) else made  # of a token, with its identity

    def signin(self, _: str, parameters: Mapping[str, Any]) -> None:
        """Sign in with the password that was set, or is known; the session is the next caller."""
        known = {name: value for name, value in parameters.items() if name != "SerialNumber"}
        if "password" in known:
            user = self.world.accounts[known["account"]].users[known["user"]]
            profile = user.login_profile
            if profile is None or not profile.is_right(known["password"]):  # it may be any
                named = {"UserName": user.name, "Password": known["password"]}
                perform(user.account, "UpdateLoginProfile", **named)
        self.caller = sign_in(self.world, **{"password": PASSWORD.make(self.world), **known})


_MAKE = {"iam": _Actor.iam, "sts": _Actor.sts, "signin": _Actor.signin}
"""Service -> how its calls are made."""

MADE_ONCE = words("calls", "made_once")
"""What need not be done a second time on one path: it is made still, or is gone still."""

OF_SERVICES: Mapping[str, users.ServiceCredential | None] = {
    "CreateServiceSpecificCredential": None,
    "ResetServiceSpecificCredential": None,
    "UploadSSHPublicKey": users.CODECOMMIT,
    "UploadSigningCertificate": users.SIGNED,
}
"""Operation that makes a credential for a service -> what it is good for, if that is always so."""


def written_out(
    finder: EdgeFinder, edges: Sequence[Edge], is_wanted: Callable[[PrincipalState], bool]
) -> tuple[Edge, ...]:
    """Write a path with its caller's own calls, and without a step that is not needed."""
    found = _through_administrators(finder, _without_suppositions(edges))
    place = 0
    while sum(edge.is_own for edge in found) > 1 and place < len(found):
        fewer = _again(finder, found, without=place) if found[place].is_own else None
        if fewer and is_wanted(fewer[-1].target):
            found = fewer
        else:
            place += 1
    return found


def _without_suppositions(edges: Iterable[Edge]) -> Iterator[Edge]:
    """Write a path so that each edge leads to the principal as it then calls."""
    before: Edge | None = None
    for edge in edges:
        if edge.way is SUPPOSES:
            before = None if before is None else replace(before, target=edge.target)
            continue
        if before is not None:
            yield before
        before = edge
    if before is not None:
        yield before


def _through_administrators(finder: EdgeFinder, edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Write a path that goes through administrators' common point with their own calls."""
    found: list[Edge] = []
    administrator: PrincipalState | None = None
    for edge in edges:
        if edge.way is ADMINISTERS:
            administrator = edge.source
        elif administrator is not None:
            found += _as(finder, administrator, edge.target)
            administrator = None
        else:
            found.append(edge)
    return tuple(found)


def _as(finder: EdgeFinder, admin: PrincipalState, target: PrincipalState) -> tuple[Edge, ...]:
    """Return an administrator's own edges to somebody in his account.

    A root user can assume no role: it makes an admin first.
    """
    # Earlier steps can also change the target: a version is set, a group gets a policy.
    # A session that it opens has its own name, not that of administrators in general.
    own = [
        edge
        for edge in finder.own_edges(admin)
        if (edge.target.arn, edge.target.carried) == (target.arn, target.carried)
    ]
    for apart_from in ((), (CALLS_WITH,)):
        wanted = _changes(target, apart_from)
        fitting = [edge for edge in own if wanted <= _changes(edge.target, apart_from)]
        if fitting:
            return (min(fitting, key=lambda edge: len(edge.target.changes)),)
    every = finder.own_edges(admin) if admin.arn.endswith(":root") else ()
    made = next((edge for edge in every if not edge.is_own and finder.is_admin(edge.target)), None)
    if made is None:
        raise IamLabError(f"{admin} has no way to {target}: please report this.")
    return (made, *_as(finder, made.target, target))


def _changes(state: PrincipalState, apart_from: tuple[str, ...]) -> set[StateChange]:
    """Return what was changed of somebody, but for the changes about some things."""
    return {change for change in state.changes if change.about not in apart_from}


def _again(finder: EdgeFinder, edges: Sequence[Edge], without: int) -> tuple[Edge, ...] | None:
    """Go a path once more without one of its steps; ``None`` if then another is not possible."""
    state, found = edges[0].source, []
    for place, edge in enumerate(edges):
        if place == without:
            continue
        added = set(edge.target.changes) - set(edge.source.changes)
        same = (
            own_edge
            for own_edge in finder.own_edges(state)
            if own_edge.way is edge.way
            and own_edge.target.arn == edge.target.arn
            and set(own_edge.target.changes) - set(own_edge.source.changes) == added
        )
        step = next(same, None)
        if step is None:
            return None
        found.append(step)
        state = step.target
    return tuple(found)
