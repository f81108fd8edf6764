"""Which roles a principal may assume: as they are, and after it has written their trust policy.

The trust policies are read first: most roles name a service, and nobody else. Only the roles that
may mean a principal are decided. Calls are made with what their policies require
(``role_calls.py``); the first that is allowed is taken.

Notes
-----
AWS pages: "Methods to assume a role"; "API AssumeRole"; "AWS JSON policy elements: Principal";
"Roles terms and concepts", for role chaining.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from iamlab.analysis.access_matrix import batches_of
from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation import role_calls
from iamlab.analysis.privilege_escalation import satisfying_values as satisfying
from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.resource import ResourceContext, resource_context
from iamlab.errors import IamLabError
from iamlab.model.organization.policies import RCP
from iamlab.operations.iam.roles import SERVICE_LINKED, trust_policy
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.permission_checks import Call, Decider
    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.analysis.privilege_escalation.required_parameters import RequiredValues
    from iamlab.analysis.privilege_escalation.role_calls import AssumeRoleCall
    from iamlab.model.identities import Role
    from iamlab.model.world import World


EVERYBODY = "*"
NO_TAGS: Mapping[str, str] = MappingProxyType({})

LETS_IN = ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
"""What a trust policy allows that lets somebody in with whatever he sends."""

SENT = ("sts:", "aws:requesttag/", "aws:tagkeys", "aws:multifactorauth")
"""How the condition keys begin whose values come with a call for a role."""

CHOSEN = (*SENT, "aws:requestedregion", "aws:useragent", "aws:referer")
"""Likewise, with what every call says of itself; policies of callers mostly mean other calls."""

TELL_SESSIONS_APART = ("userid", ":assumed-role/")
"""Text in policies that test the name of a session."""


@dataclass(frozen=True, slots=True)
class AssumableRole:
    """A role that a principal may assume, and by which call.

    Parameters
    ----------
    conditions
        What the caller must know or have in addition to permissions.
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
    session: tuple[states.StateChange, ...] = ()
    carried: states.Carried = states.NOTHING_CARRIED
    trust: Policy | None = None


@dataclass(eq=False)
class AssumableRoles:
    """Looks for roles to assume."""

    decider: Decider
    _plain: dict[PrincipalState, set[str]] = field(default_factory=dict)

    @property
    def world(self) -> World:
        """The world, which does not change."""
        return self.decider.world

    @cached_property
    def _by_name(self) -> Mapping[str, list[Role]]:
        """Which roles each name opens: an ARN, an account's id, everybody."""
        found: dict[str, list[Role]] = defaultdict(list)
        for account in self.world.accounts.values():
            for role in account.roles.values():
                if not role.path.startswith(SERVICE_LINKED):
                    for name in dict.fromkeys(named_by(role.trust)):
                        found[name].append(role)
        return dict(found)

    def taken_by(self, state: PrincipalState, *, abroad: bool = False) -> Iterator[AssumableRole]:
        """Return the roles that a principal may assume as it is.

        Parameters
        ----------
        abroad
            Whether only roles of other accounts are wanted.
        """
        if state.arn.endswith(":root") or not is_arn(state.arn):
            return  # a root user assumes no role
        direct, wide = self.naming(state)
        own_id = state.account_id if abroad else ""
        direct, wide = (
            [role for role in roles if role.account.account_id != own_id]
            for roles in (direct, wide)
        )
        yield from self._among(state, list(dict.fromkeys(direct)))
        done = {role.arn for role in direct}
        plainly = None if abroad else self._of_account(state, wide)
        for assumed in self._among(state, wide, plainly=plainly):
            if assumed.role.arn not in done:
                yield assumed

    def naming(self, state: PrincipalState) -> tuple[list[Role], list[Role]]:
        """Return the roles whose trust policies name a principal, and those that its account's.

        The second are left to its own policies: none, if these allow assuming no role.
        """
        known = state.principal
        own = (state.arn, known.arn, known.issuer or "", known.who().userid.partition(":")[0])
        names = dict.fromkeys(map(as_name, own))
        direct = [role for name in (*names, EVERYBODY) for role in self._by_name.get(name, ())]
        wide = self._by_name.get(state.account_id, [])
        return direct, wide if self.decider.ever(state, "sts:AssumeRole") else []

    def _of_account(self, state: PrincipalState, roles: Sequence[Role]) -> set[str]:
        """Return the roles that trust its account which the plainest call gets."""
        if not roles:
            return set()
        known = self._plain.get(state)
        if known is None:
            others = self.decider.asked_with(state)
            some = [other for other in others if self.decider.ever(other, "sts:AssumeRole")]
            self._plain |= self._plainly([state, *some], roles)
            known = self._plain[state]
        return known

    def _among(
        self,
        state: PrincipalState,
        roles: Sequence[Role],
        trust: Policy | None = None,
        plainly: set[str] | None = None,
    ) -> Iterator[AssumableRole]:
        """Yield the roles that a principal can assume; ``trust`` replaces their trust policies.

        Parameters
        ----------
        plainly
            The ARNs of those that the plainest call gets, if that is known.
        """
        has_plain = state.carried == states.NOTHING_CARRIED
        if has_plain and plainly is None:
            plainly = self._plainly([state], roles, trust)[state]
        required = required_by(state)
        sends_anyway = not has_plain or _is_sent(required)
        for role in roles:
            if has_plain and plainly is not None and role.arn in plainly:
                plain = next(role_calls.attempts(self.world, state, role.arn, {}))
                yield self._taken(role, plain, trust)
            elif sends_anyway or _is_sent(self._required_for(role, trust), CHOSEN):
                assumed = self.one(state, role, required, trust, is_plain=not has_plain)
                if assumed is not None:
                    yield assumed

    def _required_for(self, role: Role, trust: Policy | None) -> RequiredValues:
        """Return what a role's trust policy, and the RCPs above it, want of a call."""

        def found() -> RequiredValues:
            policy = role.trust if trust is None else trust
            rcps = satisfying.policies_above(self.world, role.account.account_id, RCP)
            return parameters.required_in(*([] if policy is None else [policy]), *rcps)

        return self.decider.once(("required for", role.arn, trust is None), found)

    def one(
        self,
        state: PrincipalState,
        role: Role,
        required: RequiredValues,
        trust: Policy | None = None,
        sending: Mapping[str, str] = NO_TAGS,
        *,
        is_plain: bool = True,
    ) -> AssumableRole | None:
        """Find the call with which a principal gets a role.

        Parameters
        ----------
        required
            What the principal's own policies want of its calls.
        trust
            The role's trust policy, if it is to be another than it has.
        sending
            Tags that the session must get, their keys in small letters.
        is_plain
            Whether the plainest call is to be tried too.
        """
        facts = self._facts(state, role, trust)
        wanted = parameters.merged(required, self._required_for(role, trust))
        every = role_calls.attempts(self.world, state, role.arn, wanted)
        is_said = "region" in self.decider.circumstances  # where everybody calls
        for attempt in islice(every, 0 if is_plain else 1, None):
            if is_said and role_calls.REGION in attempt.call.parameters:
                continue
            passed = {key.lower(): value for key, value in attempt.tags.passed.items()}
            if any(passed.get(key) != value for key, value in sending.items()):
                continue
            if all(self.decider.decide(state, need, facts) for need in attempt.call.needs):
                return self._taken(role, attempt, trust)
        return None

    def _facts(self, state: PrincipalState, role: Role, trust: Policy | None) -> ResourceContext:
        """Return what a role is; it need not be in the world yet."""
        facts = resource_context(self.world, role.arn, "sts:AssumeRole", state.account_id)
        if role.account.roles.get(role.name) is not role:
            own = tag_keys("iam:ResourceTag", role.tags)
            facts = replace(facts, attributes=replace(facts.attributes, tags=role.tags, own=own))
        return facts if trust is None else replace(facts, policy=trust)

    def _taken(self, role: Role, found: AssumeRoleCall, trust: Policy | None) -> AssumableRole:
        # A boundary does not stop what a policy gives to a session by its own name.
        is_named = self._names_matter or role.boundary is not None
        session = role_calls.session_of(role, found, is_named=is_named)
        return AssumableRole(role, found.call, found.conditions, session, found.carried, trust)

    @cached_property
    def _names_matter(self) -> bool:
        """Whether a policy of the world looks at what sessions are called."""
        texts = (policy.text.lower() for policy in satisfying.every_policy(self.world))
        return any(part in text for text in texts for part in TELL_SESSIONS_APART)

    def by_editing(self, state: PrincipalState, roles: Sequence[Role]) -> Iterator[AssumableRole]:
        """Return those of an account's roles that a principal may assume once their trust names it.

        Who is named directly needs no Allow of his own in the same account; but a Deny, an SCP, an
        RCP or, for a session of a role, a boundary still applies.
        """
        if not roles or state.arn.endswith(":root"):
            return
        found = {taken.role.arn: taken for taken in self._among(state, roles, admitting(state))}
        left = [role for role in roles if role.arn not in found]
        if state.principal.arn != state.principal.issuer and state.principal.issuer is not None:
            for assumed in self._among(state, left, admitting(state, by_session=True)):
                found[assumed.role.arn] = assumed
        yield from (found[role.arn] for role in roles if role.arn in found)

    def _plainly(
        self, states: Sequence[PrincipalState], roles: Sequence[Role], trust: Policy | None = None
    ) -> dict[PrincipalState, set[str]]:
        """Return the ARNs of those that the plainest call gets, all decided at once."""
        from iamlab.engine.matrix import evaluate_matrix

        found: dict[PrincipalState, set[str]] = {state: set() for state in states}
        if not roles:
            return found
        pairs = [("sts:AssumeRole", role.arn) for role in roles]
        via = bool(self.decider.circumstances.get("via"))
        # States that are asked together have no supposition.
        context, circumstances = self.decider.context_of(states[0]), self.decider.circumstances
        for part in batches_of(self.world, states[0].principal, pairs, context, circumstances):
            places = [pairs[place] for place in part.places]
            edited = part.facts
            if trust is not None:
                edited = {arn: replace(facts, policy=trust) for arn, facts in edited.items()}
            named = (
                {"sts:RoleSessionName": role_calls.session_name(state), **context}
                for state in states
            )
            asking = (
                part.caller(state.principal.within_limits(), keys, via=via)
                for state, keys in zip(states, named, strict=True)
            )
            rows = evaluate_matrix(asking, places, edited).rows
            for state, row in zip(states, rows, strict=True):
                found[state] |= {arn for bit, (_, arn) in enumerate(places) if row >> bit & 1}
        return found

    def trust_to_write(self, state: PrincipalState, taken: AssumableRole) -> Policy:
        """Return the trust policy that lets a principal in: the present one, with one more Allow.

        So those who rely on it keep what they have. Where a Deny in it applies, or it
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
        facts = self._facts(state, taken.role, both)
        is_enough = all(self.decider.decide(state, need, facts) for need in taken.call.needs)
        return both if is_enough else new


def _is_sent(required: RequiredValues, starts: tuple[str, ...] = SENT) -> bool:
    """Return whether a policy requires a value that a call can send."""
    return any(key.startswith(starts) for key in required)


def required_by(state: PrincipalState) -> RequiredValues:
    """Return what a principal's own policies and ceilings want of its calls."""
    return parameters.required_in(
        *(policy.policy for policy in states.policies_in(state.principal, *satisfying.OWN_LAYERS))
    )


def admitting(state: PrincipalState, *, by_session: bool = False) -> Policy:
    """Return the trust policy that lets a principal in, and nobody else.

    Parameters
    ----------
    by_session
        Whether a session of a role is named itself, and not its role: then no boundary of the role
        and no session policy applies.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.authorization.principal import principal_of
    >>> from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    >>> dana = World(seed=7).create_account("main", account_id="1" * 12).create_user("dana")
    >>> admitting(PrincipalState.of(principal_of(dana.account.world, dana))).statements[0].principal
    (('AWS', 'arn:aws:iam::111111111111:user/dana'),)
    """
    known = state.principal
    identity = known.arn if by_session else (known.issuer or state.arn)
    return Policy.allow(LETS_IN, None, principal=identity)


def named_by(trust: Policy | None) -> Iterator[str]:
    """Return the names that a trust policy's Allows open for: ARNs, accounts' ids, everybody.

    Examples
    --------
    >>> trust = Policy.allow("sts:AssumeRole", None, principal="arn:aws:iam::111111111111:root")
    >>> list(named_by(trust))
    ['111111111111']
    """
    for kind, value in principals_in(trust):
        if kind in ("AWS", "*"):
            yield as_name(value)


def principals_in(trust: Policy | None) -> Iterator[tuple[str, str]]:
    """Return the principals of a trust policy's Allows: pairs of type and value."""
    for statement in states.statements_of([trust]):
        if statement.effect == "Allow":
            # NotPrincipal, or what names nobody: the engine will say.
            yield from (("*", EVERYBODY),) if statement.principal is None else statement.principal


def as_name(value: str) -> str:
    """Write a name as the engine compares it: of an account its id, of a role without the path."""
    if not is_arn(value):
        return value
    arn = Arn.parse(value)
    if arn.resource == "root":
        return arn.account
    if (arn.service, arn.kind) == ("iam", "role"):
        return f"arn:{arn.partition}:iam::{arn.account}:role/{arn.name}"
    return value
