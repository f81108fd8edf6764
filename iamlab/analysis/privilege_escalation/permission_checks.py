"""Calls, the permissions that they need, and whether a principal has these.

Calls of IAM and STS are those of the model: they need what the model's own calls need, and so they
can be made in a copy of the world. For other services the needs are written down. Each answer is
the engine's. First comes the question whether any Allow of the principal's could be about an
action at all: mostly the answer is no. What is left is decided for many resources at once.

What is secret (passwords, keys, signed assertions) is made only when a call is made: until then a
placeholder stands for it.

Notes
-----
AWS pages: "Service Authorization Reference"; "IAM API Reference"; "AWS STS API Reference"; "Policy
evaluation logic"; "Set an account password policy for IAM users".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from iamlab.analysis.access_matrix import Pair, matrix
from iamlab.analysis.privilege_escalation.required_parameters import words
from iamlab.authorization.authorize import authorization_request
from iamlab.cloudtrail.event_fields import SECRETS
from iamlab.engine.statement_tests import action_test
from iamlab.operations import registry as entries
from iamlab.operations.authorization_needs import needed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.authorization.authorize import AuthorizationRequest
    from iamlab.authorization.resource import ResourceContext
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


Kept = TypeVar("Kept")

MAX_SHOWN = 60

PASS_ROLE = "iam:PassRole"


class Need(NamedTuple):
    """A permission that a call needs, with the condition keys that the call brings."""

    action: str
    resource: str
    keys: Mapping[str, Any]

    @property
    def key(self) -> tuple[object, ...]:
        """What it is the same as."""
        pairs = sorted(self.keys.items())
        values = ((key, tuple(value) if isinstance(value, list) else value) for key, value in pairs)
        return (self.action, self.resource, *values)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that somebody makes.

    Parameters
    ----------
    operation
        With its service: ``"iam:PutUserPolicy"``.
    parameters
        As the API names them.
    needs
        Which permissions it takes.
    """

    operation: str
    parameters: Mapping[str, Any] = field(hash=False)
    needs: tuple[Need, ...] = field(repr=False, hash=False)

    @property
    def service(self) -> str:
        """The prefix of the service."""
        return self.operation.partition(":")[0]

    @property
    def name(self) -> str:
        """The operation without its service."""
        return self.operation.partition(":")[2]

    @property
    def named(self) -> tuple[str, ...]:
        """The operation, after the permission to pass a role if the call passes one."""
        passes = any(need.action == PASS_ROLE for need in self.needs)
        return (PASS_ROLE, self.operation) if passes else (self.operation,)

    def with_keys(self, change: Callable[[Mapping[str, Any]], dict[str, Any]], arn: str) -> Call:
        """Return it with other condition keys of what it needs on a resource."""
        needs = (
            need._replace(keys=change(need.keys)) if need.resource == arn else need
            for need in self.needs
        )
        return replace(self, needs=tuple(needs))

    def __str__(self) -> str:
        texts = (f"{name}={_shown(name, value)}" for name, value in self.parameters.items())
        return " ".join((self.operation, *texts))


def _shown(name: str, value: object) -> str:
    text = "..." if name in SECRETS else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def iam_call(account: Account, name: str, **parameters: Any) -> Call:
    """Make a call of IAM in an account; what it needs is what the model asks for.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana = main.create_user("dana")
    >>> iam_call(main, "CreateAccessKey", UserName="dana").needs[0][:2]
    ('iam:CreateAccessKey', 'arn:aws:iam::111111111111:user/dana')
    """
    entry = entries.find(name)
    needs = tuple(Need(*need) for need in needed(account, entry, parameters))
    return Call(f"iam:{name}", parameters, needs)


FEW = 4
"""So few questions are asked one by one."""


@dataclass(slots=True, eq=False)
class Decider:
    """Answers for one world, which must not change meanwhile.

    Parameters
    ----------
    context, circumstances
        As in ``World.can``.
    """

    world: World
    context: Mapping[str, ContextValue] = field(default_factory=dict)
    circumstances: Circumstances = field(default_factory=dict)  # type: ignore[assignment]
    _ever: dict[tuple[int, str], tuple[Policy, bool]] = field(default_factory=dict)
    _together: dict[str, list[PrincipalState]] = field(default_factory=dict)
    _rows: dict[tuple[object, ...], dict[PrincipalState, list[Any]]] = field(default_factory=dict)
    kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)
    """What finders have worked out for all principals at once, each under a key of its own."""

    def once(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what is kept under a key; the first time it is worked out."""
        if key not in self.kept:
            self.kept[key] = make()
        found: Kept = self.kept[key]
        return found

    def together(self, states: Iterable[PrincipalState]) -> None:
        """Let these be asked together, account by account: all of them will be asked."""
        for state in states:
            self._together.setdefault(state.account_id, []).append(state)

    def asked_with(self, state: PrincipalState) -> list[PrincipalState]:
        """Return the others of its account that are asked together, if it is one of those."""
        every = self._together.get(state.account_id, [])
        return [other for other in every if other != state] if state in every else []

    def ever(self, state: PrincipalState, action: str) -> bool:
        """Return whether an Allow in the principal's own policies could be about an action.

        Where the answer is no, only a resource's policy can let it do that.
        """
        if state.arn.endswith(":root"):
            return True  # without any policy
        return any(self._about(attached.policy, action) for attached in state.principal.identity)

    def _about(self, policy: Policy, action: str) -> bool:
        key = (id(policy), action)
        if key not in self._ever:
            allows = (statement for statement in policy.statements if statement.effect == "Allow")
            found = any(action_test(allow)(action.lower()) for allow in allows)
            self._ever[key] = (policy, found)  # the policy is kept: its id stays taken
        return self._ever[key][1]

    def question(
        self, state: PrincipalState, need: Need, facts: ResourceContext | None = None
    ) -> AuthorizationRequest:
        """Put the question for one permission together."""
        return authorization_request(
            self.world,
            state.principal,
            need.action,
            need.resource,
            self.context_of(state) or None,
            self.circumstances,
            operation_keys=need.keys,
            known_resource=facts,
        )

    def context_of(self, state: PrincipalState) -> Mapping[str, ContextValue]:
        """Return the condition keys that are set by hand: supposed ones, and those of all calls."""
        return {**state.supposed.keys, **self.context} if state.supposed else self.context

    def decide(
        self, state: PrincipalState, need: Need, facts: ResourceContext | None = None
    ) -> Decision:
        """Ask for one permission."""
        return self.question(state, need, facts).decide()

    def may(self, state: PrincipalState, call: Call) -> bool:
        """Return whether a principal may make a call: it needs all the permissions of it."""
        return all(self.has(state, need) for need in call.needs)

    def has(self, state: PrincipalState, need: Need) -> bool:
        """Return whether a principal has one permission."""
        if need.action.startswith("iam:") and not self.ever(state, need.action):
            return False  # no resource of IAM has a policy
        return self.once(("has", state, *need.key), lambda: bool(self.decide(state, need)))

    def shares(self, state: PrincipalState, need: Need) -> bool:
        """Return whether a principal has a permission, or the one behind it."""
        behind = state.behind
        return self.has(state, need) or (behind is not None and self.has(behind, need))

    def allowed(
        self,
        state: PrincipalState,
        account: Account,
        name: str,
        resources: Sequence[Any],
        **fixed: Any,
    ) -> list[Any]:
        """Return the things on which a principal may do an operation of IAM.

        Parameters
        ----------
        things
            Of the kind that the operation works on; the same list each time for the same ``name``.
        fixed
            The operation's other parameters.
        """
        is_own = state.account_id == account.account_id
        if not resources or not is_own or not self.ever(state, f"iam:{name}"):
            return []
        pairs = sorted((parameter, str(value)) for parameter, value in fixed.items())
        key = (name, account.account_id, len(resources), id(resources[0]), *pairs)
        rows = self._rows.setdefault(key, {})
        if state not in rows:
            # The first time all others are decided as well that will be asked about.
            every = [] if rows else self._together.get(account.account_id, [])
            rest = [other for other in every if other != state and self.ever(other, f"iam:{name}")]
            rows |= self._decided([state, *rest], account, name, resources, fixed)
        return rows[state]

    def _decided(
        self,
        states: Sequence[PrincipalState],
        account: Account,
        name: str,
        resources: Sequence[Any],
        fixed: Mapping[str, Any],
    ) -> dict[PrincipalState, list[Any]]:
        """Decide for many principals and things, as few questions as the calls' keys allow."""
        calls = [iam_call(account, name, **{**named(thing), **fixed}) for thing in resources]
        if len(states) * len(calls) <= FEW:
            questions = list(zip(resources, calls, strict=True))
            return {
                state: [thing for thing, call in questions if self.may(state, call)]
                for state in states
            }
        groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for place, call in enumerate(calls):
            groups[call.needs[0].action, *call.needs[0].key[2:]].append(place)
        lets = [set[int]() for _ in states]
        for places in groups.values():
            needs = [calls[place].needs[0] for place in places]
            pairs = [(need.action, need.resource) for need in needs]
            rows = self.allowed_pairs(states, pairs, needs[0].keys)
            for found, row in zip(lets, rows, strict=True):
                found.update(places[bit] for bit in row)
        return {
            state: [
                resources[place]
                for place in sorted(found)
                if all(self.has(state, need) for need in calls[place].needs[1:])
            ]
            for state, found in zip(states, lets, strict=True)
        }

    def allowed_pairs(
        self, states: Sequence[PrincipalState], pairs: Sequence[Pair], keys: Mapping[str, Any]
    ) -> list[list[int]]:
        """Return for each state the places of the pairs that it is allowed, decided at once."""
        rows: dict[PrincipalState, int] = {}
        for _, alike in groupby(sorted(states, key=_supposed), _supposed):
            some = list(alike)
            who, context = [state.principal for state in some], self.context_of(some[0])
            sent = {**keys, **context}
            decided = matrix(self.world, who, pairs, sent, self.circumstances).rows
            rows |= zip(some, decided, strict=True)
        places = range(len(pairs))
        return [[place for place in places if rows[state] >> place & 1] for state in states]


def _supposed(state: PrincipalState) -> str:
    return str(state.supposed)


def operation(name: str, thing: Any) -> str:
    """Return the operation for a kind of thing: ``Put{}Policy`` is ``PutUserPolicy`` for a user."""
    return name.format(getattr(thing, "kind", "policy").capitalize())


def named(thing: Any) -> dict[str, str]:
    """Return the parameter that names a thing in calls of IAM."""
    parameter, attribute = words("names", getattr(thing, "kind", "policy"))
    return {parameter: getattr(thing, attribute)}


# What is made only when a call is made -----------------------------------------------------------


WHOSE = "reach"
"""Whose keys it is that a caller makes."""

_LONGEST_PASSWORD = 128
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Stands for a text.

    Parameters
    ----------
    text
        What it is, in words.
    make
        Makes it, for the world in which the call is made.

    Examples
    --------
    >>> from iamlab import World
    >>> PASSWORD, len(PASSWORD.make(World(seed=7)))
    (Placeholder(text='a password that the caller chooses'), 128)
    """

    text: str
    make: Callable[[World], str] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


def _password(world: World) -> str:
    """Make a password that every password policy takes: as long as can be, of all kinds."""
    every = "Aa1-"
    return every + world.ids.hidden("reach/password", _LETTERS, _LONGEST_PASSWORD - len(every))


def _ssh_key(world: World) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from iamlab.operations.federation.signatures import rsa_key

    public = rsa_key(world, WHOSE).public_key()
    return public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _certificate(world: World) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    from iamlab.operations.federation.signatures import certificate_of, rsa_key

    made = certificate_of(rsa_key(world, WHOSE), "reach", 1)
    return made.public_bytes(Encoding.PEM).decode()


PASSWORD = Placeholder("a password that the caller chooses", _password)
SUPPOSED = Placeholder("a password that the user has already", lambda world: _password(world)[::-1])
SSH_KEY = Placeholder("the public half of an SSH key that the caller has made", _ssh_key)
CERTIFICATE = Placeholder("a certificate of a key that the caller has made", _certificate)
