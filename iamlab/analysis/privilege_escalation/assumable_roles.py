"""Which roles a power may assume: as they are, and after it has written their trust policy.

The trust policies are read first: most roles name a service, and nobody else. Only the roles that
may mean a power are asked about. Of what their policies want to hear, calls are made
(``role_calls.py``); the first that is allowed is the way in.

Notes
-----
AWS pages: "Methods to assume a role"; "API AssumeRole"; "AWS JSON policy elements: Principal";
"Roles terms and concepts", for role chaining.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from iamlab.analysis.access_matrix import batches_of
from iamlab.analysis.privilege_escalation.principal_states import NOTHING_CARRIED, Carried, Change
from iamlab.analysis.privilege_escalation.required_parameters import asked_in, merged
from iamlab.analysis.privilege_escalation.role_calls import (
    REGION,
    attempts,
    session_name,
    session_of,
)
from iamlab.authorization.context_keys import of_tags
from iamlab.authorization.resource import resource_context
from iamlab.errors import IamLabError
from iamlab.model.organization.policies import RCP, SCP
from iamlab.operations.iam.roles import SERVICE_LINKED, trust_policy
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.building import allow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.permission_checks import Call, Decider
    from iamlab.analysis.privilege_escalation.principal_states import Power
    from iamlab.analysis.privilege_escalation.required_parameters import Asked
    from iamlab.analysis.privilege_escalation.role_calls import Attempt
    from iamlab.authorization.resource import ResourceContext
    from iamlab.model.identities import Role
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

EVERYBODY = "*"
NO_TAGS: Mapping[str, str] = MappingProxyType({})

LETS_IN = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
"""What a trust policy allows that lets somebody in with whatever he sends."""

SENT = ("sts:", "aws:requesttag/", "aws:tagkeys", "aws:multifactorauth")
"""How the condition keys begin whose values come with a call for a role."""

CHOSEN = (*SENT, "aws:requestedregion", "aws:useragent", "aws:referer")
"""Likewise, with what every call says of itself; policies of callers mostly mean other calls."""

TELL_SESSIONS_APART = ("userid", ":assumed-role/")
"""What stands in policies that look at the name of a session."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A role that a power may assume, and by which call.

    Parameters
    ----------
    conditions
        What the caller must know or have besides permissions.
    session
        What is different of the session from just some session of the role.
    carried
        What the session hands on to the next.
    trust
        The trust policy that must be written first; ``None``: it is let in as it is.
    """

    role: Role
    call: Call
    conditions: tuple[str, ...] = ()
    session: tuple[Change, ...] = ()
    carried: Carried = NOTHING_CARRIED
    trust: Policy | None = None


@dataclass(slots=True, eq=False)
class Assuming:
    """Looks for roles to assume."""

    decider: Decider
    _by_name: dict[str, list[Role]] = field(default_factory=dict)
    _names_count: bool | None = None
    _plain: dict[Power, set[str]] = field(default_factory=dict)
    _wanted: dict[tuple[str, bool], Asked] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """The world, which does not change."""
        return self.decider.world

    def __post_init__(self) -> None:
        """Note which roles each name opens: an ARN, an account's id, everybody."""
        found: dict[str, list[Role]] = defaultdict(list)
        for account in self.world.accounts.values():
            for role in account.roles.values():
                if not role.path.startswith(SERVICE_LINKED):
                    for name in dict.fromkeys(named_by(role.trust)):
                        found[name].append(role)
        self._by_name = dict(found)

    def taken_by(self, power: Power, *, elsewhere: bool = False) -> Iterator[Taken]:
        """Give the roles that a power may assume as it is.

        Parameters
        ----------
        elsewhere
            Whether only roles of other accounts are wanted.
        """
        if power.arn.endswith(":root") or not is_arn(power.arn):
            return  # a root user assumes no role
        known = power.gathered
        own = (power.arn, known.arn, known.issuer or "", known.who().userid.partition(":")[0])
        names = dict.fromkeys(map(_as_name, own))
        direct = [role for name in (*names, EVERYBODY) for role in self._by_name.get(name, ())]
        wide = self._by_name.get(power.account_id, [])
        if not self.decider.ever(power, "sts:AssumeRole"):
            wide = []  # a trust in an account leaves it to that account's policies who it is
        if elsewhere:
            direct, wide = (
                [role for role in roles if role.account.account_id != power.account_id]
                for roles in (direct, wide)
            )
        yield from self._among(power, list(dict.fromkeys(direct)))
        done = {role.arn for role in direct}
        plainly = None if elsewhere else self._of_account(power, wide)
        for one in self._among(power, wide, plainly=plainly):
            if one.role.arn not in done:
                yield one

    def _of_account(self, power: Power, roles: Sequence[Role]) -> set[str]:
        """Say which roles that trust its account a power gets plainly; ask for others with it."""
        if not roles:
            return set()
        known = self._plain.get(power)
        if known is None:
            others = self.decider.asked_with(power)
            some = [one for one in others if self.decider.ever(one, "sts:AssumeRole")]
            self._plain |= self._plainly([power, *some], roles)
            known = self._plain[power]
        return known

    def _among(
        self,
        power: Power,
        roles: Sequence[Role],
        trust: Policy | None = None,
        plainly: set[str] | None = None,
    ) -> Iterator[Taken]:
        """Give those of some roles that a power gets, all with one trust policy if there is one.

        Parameters
        ----------
        plainly
            The ARNs of those that the plainest call gets, if that is known.
        """
        has_plain = power.carried == NOTHING_CARRIED
        if has_plain and plainly is None:
            plainly = self._plainly([power], roles, trust)[power]
        asked = asked_of(power)
        sends_anyway = not has_plain or _is_sent(asked)
        for role in roles:
            if has_plain and plainly is not None and role.arn in plainly:
                plain = next(attempts(self.world, power, role.arn, {}))
                yield self._taken(role, plain, trust)
            elif sends_anyway or _is_sent(self._asked_for(role, trust), CHOSEN):
                one = self.one(power, role, asked, trust, is_plain=not has_plain)
                if one is not None:
                    yield one

    def _asked_for(self, role: Role, trust: Policy | None) -> Asked:
        """Give what a role's trust policy, and the RCPs above it, want of a call."""
        key = (role.arn, trust is None)
        known = self._wanted.get(key)
        if known is None:
            policy = role.trust if trust is None else trust
            organization = self.world.organization_of(role.account.account_id)
            levels = organization.levels(role.account.account_id, RCP) if organization else ()
            rcps = (attached.policy for level in levels for attached in level)
            known = self._wanted[key] = asked_in(*([] if policy is None else [policy]), *rcps)
        return known

    def one(
        self,
        power: Power,
        role: Role,
        asked: Asked,
        trust: Policy | None = None,
        sending: Mapping[str, str] = NO_TAGS,
        *,
        is_plain: bool = True,
    ) -> Taken | None:
        """Find the call with which a power gets a role.

        Parameters
        ----------
        asked
            What the power's own policies want of its calls.
        trust
            The role's trust policy, if it is to be another than it has.
        sending
            Tags that the session must get, their keys in small letters.
        is_plain
            Whether the plainest call is to be tried too.
        """
        facts = self._facts(power, role, trust)
        wanted = merged(asked, self._asked_for(role, trust))
        every = attempts(self.world, power, role.arn, wanted)
        for attempt in islice(every, 0 if is_plain else 1, None):
            if REGION in attempt.call.parameters and "region" in self.decider.circumstances:
                continue  # it is said where everybody calls
            passed = {key.lower(): value for key, value in attempt.tags.passed.items()}
            if any(passed.get(key) != value for key, value in sending.items()):
                continue
            if all(self.decider.decide(power, need, facts) for need in attempt.call.needs):
                return self._taken(role, attempt, trust)
        return None

    def _facts(self, power: Power, role: Role, trust: Policy | None) -> ResourceContext:
        """Say what a role is; it need not be in the world yet."""
        facts = resource_context(self.world, role.arn, "sts:AssumeRole", power.account_id)
        if role.account.roles.get(role.name) is not role:
            own = of_tags("iam:ResourceTag", role.tags)
            facts = replace(facts, what=replace(facts.what, tags=role.tags, own=own))
        return facts if trust is None else replace(facts, policy=trust)

    def _taken(self, role: Role, attempt: Attempt, trust: Policy | None) -> Taken:
        # A boundary does not stop what a policy gives to a session by its own name.
        is_named = self._names_matter or role.boundary is not None
        session = session_of(role, attempt, is_named=is_named)
        return Taken(role, attempt.call, attempt.conditions, session, attempt.carried, trust)

    @property
    def _names_matter(self) -> bool:
        """Whether a policy of the world looks at what sessions are called."""
        if self._names_count is None:
            texts = (policy.text.lower() for policy in _every_policy(self.world))
            self._names_count = any(part in one for one in texts for part in TELL_SESSIONS_APART)
        return self._names_count

    def after_editing(self, power: Power, roles: Sequence[Role]) -> Iterator[Taken]:
        """Give those of an account's roles that a power may assume once their trust names it.

        Who is named directly needs no Allow of his own in the same account; but a Deny, an SCP, an
        RCP or, for a session of a role, a boundary still stands in the way.
        """
        if not roles or power.arn.endswith(":root"):
            return
        found = {one.role.arn: one for one in self._among(power, roles, admitting(power))}
        left = [role for role in roles if role.arn not in found]
        if power.gathered.arn != power.gathered.issuer and power.gathered.issuer is not None:
            for one in self._among(power, left, admitting(power, by_session=True)):
                found[one.role.arn] = one
        yield from (found[role.arn] for role in roles if role.arn in found)

    def _plainly(
        self, powers: Sequence[Power], roles: Sequence[Role], trust: Policy | None = None
    ) -> dict[Power, set[str]]:
        """Give the ARNs of those that the plainest call gets, all decided at once."""
        from iamlab.engine.matrix import evaluate_many

        found: dict[Power, set[str]] = {power: set() for power in powers}
        if not roles:
            return found
        pairs = [("sts:AssumeRole", role.arn) for role in roles]
        via = bool(self.decider.circumstances.get("via"))
        given, circumstances = self.decider.context, self.decider.circumstances
        for part in batches_of(self.world, powers[0].gathered, pairs, given, circumstances):
            asked = [pairs[place] for place in part.places]
            edited = part.facts
            if trust is not None:
                edited = {arn: replace(facts, policy=trust) for arn, facts in edited.items()}
            asking = (
                part.caller(power.gathered.within_limits(), self._plain_keys(power), via=via)
                for power in powers
            )
            rows = evaluate_many(asking, asked, edited).rows
            for power, row in zip(powers, rows, strict=True):
                found[power] |= {arn for bit, (_, arn) in enumerate(asked) if row >> bit & 1}
        return found

    def _plain_keys(self, power: Power) -> dict[str, Any]:
        return {"sts:RoleSessionName": session_name(power), **self.decider.context}

    def trust_to_write(self, power: Power, taken: Taken) -> Policy:
        """Give the trust policy that lets a power in: the one that is there, with one more Allow.

        So those who rely on it keep what they have. Where a Deny in it stands in the way, or it
        cannot be saved again, only the new Allow is written.
        """
        new, old = taken.trust, taken.role.trust
        assert new is not None  # noqa: S101 - only of roles whose trust is to be written
        if old is None:
            return new
        try:
            both = trust_policy(taken.role.account, (old + new).text, taken.role.name)
        except IamLabError:
            return new
        facts = self._facts(power, taken.role, both)
        is_enough = all(self.decider.decide(power, need, facts) for need in taken.call.needs)
        return both if is_enough else new


def _is_sent(asked: Asked, starts: tuple[str, ...] = SENT) -> bool:
    """Say whether something is asked for that a call can say."""
    return any(key.startswith(starts) for key in asked)


def asked_of(power: Power) -> Asked:
    """Give what a power's own policies and ceilings want of its calls."""
    layers = power.gathered.layers()
    every = (*layers.of("identity"), *layers.of("boundary"), *layers.of("session"))
    return asked_in(*(one.policy for one in (*every, *layers.of("scoped"), *layers.of("scp"))))


def admitting(power: Power, *, by_session: bool = False) -> Policy:
    """Give the trust policy that lets a power in, and nobody else.

    Parameters
    ----------
    by_session
        Whether a session of a role is named itself, and not its role: then no boundary of the role
        and no session policy stands in the way.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.analysis.privilege_escalation.principal_states import Power
    >>> dana = World(seed=7).create_account("main", account_id="1" * 12).create_user("dana")
    >>> admitting(Power.of(principal_of(dana.account.world, dana))).statements[0].principal
    (('AWS', 'arn:aws:iam::111111111111:user/dana'),)
    """
    known = power.gathered
    whom = known.arn if by_session else (known.issuer or power.arn)
    return allow(LETS_IN, None, principal=whom)


def named_by(trust: Policy | None) -> Iterator[str]:
    """Give the names that a trust policy's Allows open for: ARNs, accounts' ids, everybody.

    Examples
    --------
    >>> trust = allow("sts:AssumeRole", None, principal="arn:aws:iam::111111111111:root")
    >>> list(named_by(trust))
    ['111111111111']
    """
    for statement in () if trust is None else trust.statements:
        if statement.effect != "Allow":
            continue
        if statement.principal is None:
            yield EVERYBODY  # NotPrincipal, or what names nobody: the engine will say
            continue
        for kind, value in statement.principal:
            if kind in ("AWS", "*"):
                yield _as_name(value)


def _as_name(value: str) -> str:
    """Write a name as the engine compares it: of an account its id, of a role without the path."""
    if not is_arn(value):
        return value
    arn = Arn.parse(value)
    if arn.resource == "root":
        return arn.account
    if (arn.service, arn.kind) == ("iam", "role"):
        return f"arn:{arn.partition}:iam::{arn.account}:role/{arn.name}"
    return value


def _every_policy(world: World) -> Iterator[Policy]:
    """Give all policies that somebody has written in a world."""
    for account in world.accounts.values():
        held = (*account.users.values(), *account.groups.values(), *account.roles.values())
        yield from (policy for one in held for policy in one.inline.values())
        yield from (one.trust for one in account.roles.values() if one.trust is not None)
        yield from (one.document for one in account.policies.values() if not one.is_aws_managed)
        yield from (one.policy for one in account.resources.values() if one.policy is not None)
        organization = world.organization_of(account.account_id)
        for kind in (SCP, RCP):
            levels = organization.levels(account.account_id, kind) if organization else ()
            yield from (attached.policy for level in levels for attached in level)
    yield from world.resource_policies.values()
