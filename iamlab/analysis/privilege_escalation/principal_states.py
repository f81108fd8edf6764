"""A principal as it is, or as it can be made: the points of the graph, and the edges between them.

A principal that may write policies has more than its policies give it today. So a point of the
graph is a principal with changes: "user dana with any permission". Changes are functions of what
the world knows of the principal; no world is copied to ask what it could do then.

Notes
-----
AWS pages: "Policy evaluation logic"; "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from iamlab.analysis.suppositions import limited
from iamlab.authorization.context_keys import Context, temporary_credential_keys
from iamlab.authorization.principal import Caller, PrincipalContext, override_tags
from iamlab.engine.layers import AttachedPolicy
from iamlab.model.credentials import Credential, Presented
from iamlab.model.identities import root_user_policy
from iamlab.model.record import CredentialKind
from iamlab.operations.sts.session import Session
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.suppositions import Supposition
    from iamlab.authorization.context_keys import CallerAttributes
    from iamlab.model.clock_and_ids import AnyClock
    from iamlab.model.identities import User
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


Make = Callable[[PrincipalContext], PrincipalContext]


@dataclass(frozen=True, slots=True, order=True)
class StateChange:
    """What is different from what the world says of a principal today.

    Parameters
    ----------
    label
        Says it in words; two changes with the same label, of the same thing, are the same change.
    make
        Gives the principal with the change.
    about
        What it changes: a later change of the same thing takes its place.
    """

    label: str
    make: Make = field(compare=False, repr=False)
    about: str = ""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a session passes on to the sessions that it requests.

    Parameters
    ----------
    tags
        The transitive ones.
    """

    tags: tuple[tuple[str, str], ...] = ()
    source_identity: str = ""


NOTHING_CARRIED = Carried()


@dataclass(frozen=True, slots=True)
class PrincipalState:
    """A point of the graph: a principal, and what has been made of it.

    Parameters
    ----------
    arn
        Of a user, a role or a root user; of a session, its own.
    changes
        In the order of their labels.
    carried
        What it hands on, if it is a session.
    principal
        What the engine knows of it.
    credential
        The temporary credentials that it calls with, if they were given: two sessions with one ARN
        are not the same.
    supposed
        How its calls are made, if that is supposed.
    behind
        The principal that became it, if both make calls.
    """

    arn: str
    changes: tuple[StateChange, ...] = ()
    carried: Carried = NOTHING_CARRIED
    principal: PrincipalContext = field(compare=False, repr=False, kw_only=True)
    credential: Credential | None = field(default=None, repr=False, kw_only=True)
    supposed: Supposition | None = field(default=None, repr=False, kw_only=True)
    behind: PrincipalState | None = field(default=None, repr=False, compare=False, kw_only=True)

    @classmethod
    def of(cls, principal: PrincipalContext, caller: Caller | None = None) -> PrincipalState:
        """Take a principal as it is; of a caller with temporary credentials, with these."""
        if principal.kind is CredentialKind.LONG_TERM or not isinstance(caller, Credential):
            return cls(principal.arn, principal=principal)
        carried = NOTHING_CARRIED
        if isinstance(caller, Session):
            handed_on = tuple(sorted(caller.record.transitive_tags.items()))
            carried = Carried(handed_on, caller.record.source_identity)
        return cls(principal.arn, carried=carried, principal=principal, credential=caller)

    def with_(self, *changes: StateChange) -> PrincipalState:
        """Return the same principal with further changes.

        Examples
        --------
        >>> from iamlab import World
        >>> from iamlab.authorization.principal import principal_of
        >>> dana = World(seed=7).create_account("main", account_id="1" * 12).create_user("dana")
        >>> state = PrincipalState.of(principal_of(dana.account.world, dana))
        >>> print(state.with_(any_permission()).with_(any_permission()))
        user/dana with any permission
        """
        new = [change for change in dict.fromkeys(changes) if change not in self.changes]
        if not new:
            return self
        principal = self.principal
        for change in new:
            principal = change.make(principal)
        again = {change.about for change in new if change.about}
        kept = [change for change in self.changes if change.about not in again]
        return replace(self, changes=tuple(sorted((*kept, *new))), principal=principal)

    @property
    def account_id(self) -> str:
        """Whose principal it is."""
        return self.principal.account_id

    def __str__(self) -> str:
        text = " and ".join(change.label for change in self.changes)
        name = Arn.parse(self.arn).resource if is_arn(self.arn) else self.arn
        return f"{name}{' ' if text else ''}{text}"


def policies_in(known: PrincipalContext, *layers: str) -> list[AttachedPolicy]:
    """Return the policies in some layers of a principal: its own, its boundary, its SCPs."""
    found = known.layers()
    return [each for layer in layers for each in found.of(layer)]


def statements_of(policies: Iterable[Policy | None]) -> Iterator[Statement]:
    """Return the statements of some policies, as far as there are policies."""
    for policy in policies:
        yield from () if policy is None else policy.statements


GIVEN, MEMBER, VERSION, GROUP = "given", "member of", "version of", "group"
"""How that begins what a change is about: a policy given, a membership, a policy's version.

Policies of a group have the group before them.
"""

EVERYTHING = "with any permission"

CALLS_WITH = "credentials"
"""What a change is about that says with which credentials it calls: with one kind at a time."""


def any_permission(path: tuple[str, ...] = ()) -> StateChange:
    """Let it write itself a policy that allows all; ceilings and Denies stay.

    Parameters
    ----------
    path
        The group that the policy is written for, if it is: whoever leaves it loses the policy.
    """
    whole = AttachedPolicy(root_user_policy(), None, path or ("what it can give itself",))
    return StateChange(EVERYTHING, partial(_given, (whole,)), "".join(path))


def policy_given(policy: Policy, arn: str | None = None, path: tuple[str, ...] = ()) -> StateChange:
    """Return it one more policy, or its group."""
    name = policy.name if arn is None else arn.rpartition("/")[2]
    attached = AttachedPolicy(policy, arn, path)
    return StateChange(
        f"with {name}", partial(_given, (attached,)), f"{GIVEN} {place_of(attached)}"
    )


def policies_gone(gone: Iterable[AttachedPolicy]) -> StateChange:
    """Take some of its policies away: those that deny it something."""
    taken = tuple(gone)
    names = ", ".join(sorted(attached.policy.name or "a policy" for attached in taken))
    places = {place_of(attached) for attached in taken}  # two policies may say the same
    lost = partial(_lost, lambda attached: place_of(attached) in places)
    return StateChange(f"without {names}", lost, " ".join(sorted(places)))


def place_of(attached: AttachedPolicy) -> str:
    """Return where a policy is attached, to tell it from another of the same name."""
    return "/".join((*attached.path, attached.arn or attached.policy.name or "a policy"))


def thing_of(change: StateChange) -> str:
    """Return the shared resource that a change changed, such as a policy or group; else nothing.

    Examples
    --------
    >>> thing_of(any_permission(("group stars",))), thing_of(any_permission())
    ('group stars', '')
    """
    about = change.about.removeprefix(f"{GIVEN} ")
    if about.startswith(f"{GROUP} "):
        return about.partition("/")[0]
    return about if about.startswith(f"{VERSION} ") else ""


def group_joined(name: str, policies: Iterable[AttachedPolicy]) -> StateChange:
    """Make it a member of a group, which hands it these policies."""
    handed = partial(_given, tuple(policies))
    return StateChange(f"in the group {name}", handed, f"{MEMBER} {name}")


def group_left(name: str) -> StateChange:
    """Let it leave a group, and lose all policies that this hands it."""
    lost = partial(_lost, lambda attached: attached.path == (f"group {name}",))
    return StateChange(f"out of the group {name}", lost, f"{MEMBER} {name}")


def boundary_gone() -> StateChange:
    """Take its permissions boundary away."""
    return StateChange("without its boundary", lambda old: replace(old, boundary=None), "boundary")


def boundary_set(policy: Policy, arn: str) -> StateChange:
    """Return it another permissions boundary."""
    attached = AttachedPolicy(policy, arn)
    label = f"under the boundary {arn.rpartition('/')[2]}"
    return StateChange(label, lambda principal: replace(principal, boundary=attached), "boundary")


def policy_rewritten(arn: str) -> StateChange:
    """Let a managed policy allow all, whether it is attached or is the boundary."""
    label = f"with {arn.rpartition('/')[2]} rewritten to allow all"
    return StateChange(label, partial(_read_as, arn, root_user_policy()), f"{VERSION} {arn}")


def policy_version_set(arn: str, version_id: str, policy: Policy) -> StateChange:
    """Let another version of a managed policy be the default."""
    label = f"with {version_id} of {arn.rpartition('/')[2]}"
    return StateChange(label, partial(_read_as, arn, policy), f"{VERSION} {arn}")


def tagged(key: str, value: str) -> StateChange:
    """Return it a tag."""

    def make(known: PrincipalContext) -> PrincipalContext:
        def who() -> CallerAttributes:
            own = known.who()
            return replace(own, tags=override_tags(own.tags, {key: value}))

        return replace(known, who=who)

    return StateChange(f"tagged {key}={value}", make, f"tag {key.lower()}")


def calling_with(label: str, presented: Presented) -> StateChange:
    """Let it call with other credentials."""
    return StateChange(label, lambda known: known.showing(presented), CALLS_WITH)


def in_session(
    user: User, kind: CredentialKind, label: str, *, with_mfa: bool = False
) -> StateChange:
    """Let it call with a session of its user's own that begins now."""
    now = user.account.world.clock.now
    keys = temporary_credential_keys(now, now, now if with_mfa else None)
    return calling_with(label, Presented(user.arn, keys, kind=kind))


def with_mfa(clock: AnyClock) -> StateChange:
    """Let it call with the session that its user gets for a code of an MFA device."""

    def keys() -> Context:
        return temporary_credential_keys(clock.now, clock.now, clock.now)

    make = partial(replace, credentials=keys, kind=CredentialKind.USER)
    return StateChange("with MFA", make, CALLS_WITH)


def _read_as(arn: str, policy: Policy, known: PrincipalContext) -> PrincipalContext:
    """Return the principal as it is when a managed policy says something else."""

    def now(own: Any) -> Any:
        is_it = isinstance(own, AttachedPolicy) and own.arn == arn
        return replace(own, policy=policy) if is_it else own

    identity, session = (tuple(map(now, some)) for some in (known.identity, known.session))
    return replace(known, identity=identity, boundary=now(known.boundary), session=session)


def _given(policies: tuple[AttachedPolicy, ...], known: PrincipalContext) -> PrincipalContext:
    return replace(known, identity=(*known.identity, *policies))


def _lost(is_lost: Callable[[AttachedPolicy], bool], known: PrincipalContext) -> PrincipalContext:
    return replace(known, identity=tuple(own for own in known.identity if not is_lost(own)))


class Grant(NamedTuple):
    """What somebody is given, and by which calls.

    Parameters
    ----------
    denies
        Whether it takes something away as well, as far as that is known.
    """

    changes: tuple[StateChange, ...]
    calls: tuple[Call, ...]
    denies: bool = False

    @property
    def is_all(self) -> bool:
        """Whether no other grant gives more."""
        return any(change.label == EVERYTHING for change in self.changes)


NOTHING = Grant((), ())


def together(grants: Iterable[Grant]) -> Grant:
    """Return several things at once."""
    every = tuple(grants)
    changes = tuple(dict.fromkeys(change for grant in every for change in grant.changes))
    return Grant(changes, tuple(call for grant in every for call in grant.calls))


Calls: TypeAlias = "tuple[Call, ...] | Callable[[], tuple[Call, ...]]"
"""Calls, or what gives them when somebody looks at them."""


class Gain(NamedTuple):
    """What a principal gains by a method: an edge, but for the method and for where it begins."""

    target: PrincipalState
    calls: Calls
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """One step from a point of the graph to another.

    Parameters
    ----------
    way
        By which method.
    source, target
        From which state to which; of one principal, if it widens itself.
    make
        The calls, or what gives them.
    conditions
        What must be so in addition to permissions, and no policy says: "an instance runs ...".
    """

    way: EscalationMethod
    source: PrincipalState
    target: PrincipalState
    make: Calls = field(compare=False, repr=False)
    conditions: tuple[str, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """What the source calls, in order; the last one makes it the target."""
        return self.make() if callable(self.make) else self.make

    @property
    def is_own(self) -> bool:
        """Whether a principal only widens itself."""
        return self.source.arn == self.target.arn

    @property
    def permissions(self) -> tuple[str, ...]:
        """The actions that its calls need, each once."""
        return tuple(dict.fromkeys(need.action for call in self.calls for need in call.needs))

    def __str__(self) -> str:
        how = " + ".join(dict.fromkeys(name for call in self.calls for name in call.named))
        return f"{self.source} -> {self.target}: {how}{limited(self.conditions)}"
