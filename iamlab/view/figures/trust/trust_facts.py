"""Who may become whom, pair by pair: what the role's trust policy says, and what the caller's own.

An assumption has two ends. At the role's end stands the trust policy, which must name the caller;
at the caller's end stand its own policies, which must permit ``sts:AssumeRole``, unless a trust
policy of the same account names it directly. The engine decides each pair; what a trust policy
wants of the call (MFA, an external id) is brought along, and named.

Notes
-----
AWS pages: "Methods to assume a role"; "Granting a user permissions to switch roles"; "Access to AWS
accounts owned by third parties".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from iamlab.authorization.authorize import authorize
from iamlab.authorization.principal import principal_of
from iamlab.display import count
from iamlab.engine.layers import NAMES
from iamlab.engine.matching import action_matches
from iamlab.engine.verdict import Verdict
from iamlab.errors import IamLabError
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.figures.trust.trust_conditions import brought, short_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import StatementMatch
    from iamlab.model.identities import Role, User
    from iamlab.model.world import World
    from iamlab.policy.statement import Condition

BECOMES = "may become"
NOT_PERMITTED = "trusted, not permitted"
NOT_TRUSTED = "permitted, not trusted"
UNMET = "trusted, but a condition is not met"
CUT = "trusted, but cut"
OUTSIDE = "trusted; its own account decides"
GONE = "trusted, but not there"
STATES = (BECOMES, OUTSIDE, NOT_PERMITTED, NOT_TRUSTED, UNMET, CUT, GONE)

ASSUME = "sts:AssumeRole"
SAML, WEB = "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"
FEW = 3
"""So many of an account who are trusted only with all of it are named; more are counted."""


class Party(NamedTuple):
    """Somebody at an end: a user, a role, a service, an identity provider, an outside account.

    Parameters
    ----------
    key
        Its ARN, or what stands for one.
    account_id
        Of a principal of this world; empty of all others.
    members
        The ARNs of those who are meant, if it stands for several.
    """

    key: str
    name: str
    kind: str
    account_id: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody at one end, a role at the other, and what is between them.

    Parameters
    ----------
    state
        One of :data:`STATES`.
    action
        The operation with which the role is taken.
    conditions
        What the call must bring along, or what is not met: ``MFA``, ``ExternalId``.
    whole
        Likewise, as they are written.
    by
        What cuts it.
    """

    source: Party
    target: Party
    state: str
    action: str = ASSUME
    conditions: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    @property
    def is_possible(self) -> bool:
        """Whether nothing in this world stands in the way."""
        return self.state in (BECOMES, OUTSIDE)

    @property
    def labels(self) -> tuple[str, ...]:
        """What is said at the line, the longest first; what fits is taken."""
        wants = " and ".join(self.conditions)
        if self.is_possible:
            own = ("its account decides",) if self.state == OUTSIDE else ()
            few = self.conditions[:1] if len(self.conditions) > 1 else ()
            return (f"if {wants}", *(f"if {one} …" for one in few)) if wants else own
        if self.state == UNMET:
            return f"not met: {wants}", "not met"
        if self.state == CUT:
            return f"cut by {', '.join(self.by)}", f"cut by {self.by[0]}", "cut"
        return self.state, self.state.partition(", ")[2]

    @property
    def label(self) -> str:
        """The first of them, or nothing."""
        return self.labels[0] if self.labels else ""

    def __str__(self) -> str:
        state = f"{self.state} by {', '.join(self.by)}" if self.by else self.state
        if not self.whole:
            return state
        return f"{state}{'; ' if self.state == UNMET else ', if '}{' and '.join(self.whole)}"


def steps_of(world: World) -> list[Step]:
    """Give every pair of which one end at least is there, role by role."""
    found: list[Step] = []
    callers = [_party(one) for one in _identities(world)]
    asking = {one.key for one in callers if _speaks(world, one.key, "Allow")}
    denied = {one.key for one in callers if _speaks(world, one.key, "Deny")}
    for role in (role for one in world.accounts.values() for role in one.roles.values()):
        found += _into(world, role, callers, asking, denied - asking)
    return found


def _identities(world: World) -> Iterator[User | Role]:
    for account in world.accounts.values():
        yield from account.users.values()
        yield from account.roles.values()


def _party(identity: User | Role) -> Party:
    return Party(identity.arn, identity.name, identity.kind, identity.account.account_id)


def _speaks(world: World, arn: str, effect: str) -> bool:
    """Say whether an Allow, or a Deny, of somebody's own speaks of AssumeRole at all."""
    return any(
        one.effect == effect
        and (one.action is None or any(action_matches(given, ASSUME) for given in one.action))
        for attached in principal_of(world, arn).identity
        for one in attached.policy.statements
    )


def _into(
    world: World, role: Role, callers: Iterable[Party], asking: set[str], denied: set[str]
) -> Iterator[Step]:
    """Give the steps into one role."""
    target = _party(role)
    named = list(dict.fromkeys(_named(role)))
    texts = {_as_named(value) for kind, value in named if kind in ("AWS", "*")}
    everybody = "*" in texts
    with_all: list[Party] = []
    for caller in callers:
        own_account = caller.account_id == target.account_id
        directly = bool(_names_of(world, caller) & texts) or (everybody and own_account)
        if directly or caller.key in asking:
            step = _decided(world, caller, target)
            if step is not None:
                yield step
                continue
        if caller.account_id in texts and caller.key != target.key:
            step = _decided(world, caller, target) if caller.key in denied else None
            if step is not None and step.state == CUT:  # an Allow would not help
                yield step
            else:
                with_all.append(caller)
    yield from _of_whole_accounts(world, with_all, target)
    for kind, value in named:
        step = _from_elsewhere(world, kind, value, target)
        if step is not None:
            yield step


def _named(role: Role) -> Iterator[tuple[str, str]]:
    """Give whom the Allows of a trust policy name."""
    for statement in () if role.trust is None else role.trust.statements:
        if statement.effect == "Allow":
            yield from (("*", "*"),) if statement.principal is None else statement.principal


def _as_named(value: str) -> str:
    """Write an account as its id, and a role without its path, as the engine compares them."""
    if not is_arn(value):
        return value
    arn = Arn.parse(value)
    if arn.resource == "root":
        return arn.account
    return f"{arn.account}:role/{arn.name}" if (arn.service, arn.kind) == ("iam", "role") else value


def _names_of(world: World, caller: Party) -> set[str]:
    unique = principal_of(world, caller.key).who().userid.partition(":")[0]
    return {_as_named(caller.key), unique}


def _of_whole_accounts(world: World, with_all: Iterable[Party], target: Party) -> Iterator[Step]:
    """Give those who are trusted only because their whole account is."""
    by_account: dict[str, list[Party]] = {}
    for caller in with_all:
        by_account.setdefault(caller.account_id, []).append(caller)
    for account_id, own in by_account.items():
        if len(own) <= FEW:
            yield from (Step(caller, target, NOT_PERMITTED) for caller in own)
            continue
        users = sum(caller.kind == "user" for caller in own)
        parts = ((users, "user"), (len(own) - users, "role"))
        note = ", ".join(count(number, kind) for number, kind in parts if number)
        members = tuple(caller.key for caller in own)
        name = f"the rest of {world.accounts[account_id].name}"
        yield Step(Party("|".join(members), name, note, account_id, members), target, NOT_PERMITTED)


def _from_elsewhere(world: World, kind: str, value: str, target: Party) -> Step | None:
    """Give the step of somebody who is named and is no user or role of this world."""
    if value == "*":
        return _trusted(world, Party("*", "anybody", "any principal of any account"), target)
    if kind == "Service":
        return _decided(world, Party(value, value, "AWS service"), target)
    if kind == "Federated":
        party = Party(value, _provider_name(value), "identity provider")
        return _decided(world, party, target, SAML if ":saml-provider/" in value else WEB)
    name = _as_named(value)
    if name in world.accounts:
        return None  # those who are in it have been asked
    if not is_arn(value) or Arn.parse(value).resource == "root":
        what = "outside account" if name.isdigit() else "deleted principal"
        party = Party(name, name, what)
        return _trusted(world, party, target) if name.isdigit() else Step(party, target, GONE)
    arn = Arn.parse(value)
    party = Party(value, arn.name, f"{arn.kind.replace('-', ' ')} of {arn.account}")
    if arn.account not in world.accounts:
        return _trusted(world, party, target)
    if arn.service == "sts":
        return _of_session(world, Party(value, arn.name, "role session", arn.account), target)
    try:
        principal_of(world, value)
    except IamLabError:
        return Step(party, target, GONE)
    return None


def _of_session(world: World, party: Party, target: Party) -> Step | None:
    try:
        return _decided(world, party, target)
    except IamLabError:
        return Step(party, target, GONE)


def _provider_name(value: str) -> str:
    return value.partition("-provider/")[2] or value


def _trusted(world: World, party: Party, target: Party) -> Step:
    """Say what is wanted of somebody of whom this world knows no policies."""
    role = world.accounts[target.account_id].roles[target.name]
    conditions = [
        one
        for statement in (() if role.trust is None else role.trust.statements)
        if statement.effect == "Allow" and _speaks_of(statement.principal, party.key)
        for one in statement.conditions
    ]
    return Step(party, target, OUTSIDE, ASSUME, *_told(conditions))


def _speaks_of(principals: Iterable[tuple[str, str]] | None, key: str) -> bool:
    return principals is None or any(_as_named(value) == _as_named(key) for _, value in principals)


# -- one pair --------------------------------------------------------------------------------------


def _decided(world: World, source: Party, target: Party, action: str = ASSUME) -> Step | None:
    """Let the engine decide about a pair; ``None`` if neither end is there."""
    decision = authorize(world, source.key, action, target.key)
    conditions: list[Condition] = []
    if not decision:
        conditions = [*_nearly(decision, "resource"), *_nearly(decision, "identity")]
        context = brought(conditions, decision.request)
        if context:
            decision = authorize(world, source.key, action, target.key, context=context)
    told = _told(conditions)
    if decision:
        return Step(source, target, BECOMES, action, *told)
    trusted = bool(decision.layer_matches["resource"].allows)
    permitted = bool(decision.layer_matches["identity"].allows)
    if not trusted and _nearly(decision, "resource"):
        return Step(source, target, UNMET, action, *_told(_nearly(decision, "resource")))
    if trusted and (permitted or decision.denies or decision.blocking):
        return Step(source, target, CUT, action, by=_cutting(decision))
    if trusted:
        return Step(source, target, NOT_PERMITTED, action, *told)
    own = [one for one in decision.denies if one.layer != "resource"]
    # Who is denied it, or cut off from it, is not permitted whatever else allows it.
    is_permitted = permitted and not own and not decision.blocking
    return Step(source, target, NOT_TRUSTED, action) if is_permitted else None


def _nearly(decision: Decision, layer: str) -> list[Condition]:
    """Give the conditions of the first Allow that lacks nothing but conditions, if none applies."""
    heard = decision.layer_matches[layer]
    if heard.allows:
        return []
    near = next((one for one in heard.matches if _lacks_conditions(one)), None)
    return [] if near is None else list(near.statement.conditions)


def _lacks_conditions(reading: StatementMatch) -> bool:
    return reading.effect == "Allow" and all(
        mismatch.condition is not None for mismatch in reading.mismatches
    )


def _cutting(decision: Decision) -> tuple[str, ...]:
    """Name what cuts the way: Denys by their address, ceilings by what AWS calls them."""
    if decision.verdict is Verdict.EXPLICIT_DENY:
        return tuple(dict.fromkeys(one.address for one in decision.denies))
    return tuple(NAMES[layer] for layer in decision.blocking) or (
        "what its credentials are good for",
    )


def _told(conditions: Iterable[Condition]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Say conditions in short, and as they are written."""
    every = list(conditions)
    short = dict.fromkeys(short_key(one.key) for one in every)
    whole = (f"{one.comparison} {one.key} {' or '.join(one.values)}" for one in every)
    return tuple(short), tuple(dict.fromkeys(whole))
