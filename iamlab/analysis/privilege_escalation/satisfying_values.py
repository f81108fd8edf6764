"""The values with which a principal's policies allow a call: names, and values of condition keys.

Most of a call is the caller's choice: the name of a new resource, the type of an instance, a tag. A
policy that allows the call under conditions tells its reader what to choose. Only the engine
decides; here are looked up the choices that are worth deciding about.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "Service Authorization Reference";
"Policy evaluation logic", an explicit deny.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation.permission_checks import Decider, Need
from iamlab.analysis.privilege_escalation.principal_states import policies_in, statements_of
from iamlab.engine.statement_tests import action_test, condition_tests, keys_of
from iamlab.model.organization.policies import RCP, SCP
from iamlab.policy.arn import PARTS, Arn
from iamlab.policy.catalog import PLACEHOLDER, action
from iamlab.policy.patterns import glob, glob_ignoring_case
from iamlab.policy.samples import meeting
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.request import Request
    from iamlab.model.world import World
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Condition, Statement


OWN_LAYERS = ("identity", "boundary", "session", "scoped", "scp")
"""Where a principal's own policies and ceilings are."""

WANTED = {effect: parameters.words("wanted", effect) for effect in ("Allow", "Deny")}
"""Effect of a statement -> the operators whose values tell what a call had better say."""

OPPOSITE = {"true": "false", "false": "true"}

TAGS = ("aws:resourcetag/", "ec2:resourcetag/", "ssm:resourcetag/")
"""How keys begin that tell a tag of the thing that is worked on."""

OF_MACHINES, MACHINES = "ssm:resourcetag/", ("instance", "managed-instance", "task")
"""A key for tags of machines, and which resources those are; it says nothing of documents."""

NOT_CHOSEN = parameters.words("keys", "nothing_to_run")
"""How keys begin whose wanted values leave the caller nothing of its own to run."""

REQUEST_TAG, TAG_KEYS = "aws:RequestTag/", "aws:TagKeys"

TAGGING: Mapping[str, str] = parameters.TABLES["tagging"]
"""Service -> the additional action for a call with tags, if it isn't ``TagResource``."""


def about(decider: Decider, state: PrincipalState, name: str) -> list[Statement]:
    """Return the statements of a principal's own policies and ceilings that an action can match."""
    own, lower = policies_in(state.principal, *OWN_LAYERS), name.lower()
    every = statements_of(attached.policy for attached in own)
    return [statement for statement in every if _test(decider, statement)(lower)]


def conditions_of(policies: Iterable[Policy | None]) -> Iterator[Condition]:
    """Return the conditions of policies."""
    return (condition for entry in statements_of(policies) for condition in entry.conditions)


def _test(decider: Decider, statement: Statement) -> Any:
    key = ("action test", id(statement))
    return decider.once(key, lambda: (statement, action_test(statement)))[1]  # the id stays taken


def mentions(decider: Decider, state: PrincipalState, key: str) -> bool:
    """Return whether one of a principal's own policies or ceilings asks for a condition key at all.

    If none does, and the thing has no policy, its value does not matter.
    """
    own = policies_in(state.principal, *OWN_LAYERS)
    return any(key.lower() in _keys(decider, attached) for attached in own)


def _keys(decider: Decider, attached: AttachedPolicy) -> frozenset[str]:
    policy = attached.policy

    def found() -> tuple[Policy, frozenset[str]]:
        every = map(keys_of, policy.statements)
        keys = (of_resource.union(*of_conditions) for of_resource, of_conditions in every)
        return policy, frozenset().union(*keys)  # the policy's id stays taken

    return decider.once(("keys of", id(policy)), found)[1]


def patterns(decider: Decider, state: PrincipalState, names: Iterable[str]) -> list[str]:
    """Return the resources that statements about some actions name, variables filled in."""
    every = (entry for name in names for entry in about(decider, state, name))
    listed = (entry.resource if entry.effect == "Allow" else entry.not_resource for entry in every)
    return list(_filled(state, dict.fromkeys(text for texts in listed for text in texts or ())))


def values(decider: Decider, state: PrincipalState, name: str, key: str) -> list[str]:
    """Return the values that statements about an action want a condition key to have."""
    own = (test for _, test in _conditions(decider, state, name) if test.key.lower() == key.lower())
    return list(_filled(state, dict.fromkeys(value for test in own for value in test.values)))


def is_sent(name: str, thing: str, key: str) -> bool:
    """Return whether a call sends a condition key for a resource.

    Parameters
    ----------
    thing
        The type of resource; empty: the call isn't about a resource.

    Examples
    --------
    >>> is_sent("ec2:RunInstances", "instance", "ec2:InstanceProfile")
    True
    >>> is_sent("ec2:RunInstances", "subnet", "ec2:InstanceProfile")
    False
    """
    if key.lower().startswith(OF_MACHINES) and thing not in MACHINES:
        return False
    return any(glob_ignoring_case(form, key) for form in _forms(name, thing))


@lru_cache(maxsize=1024)
def _forms(name: str, thing: str) -> tuple[str, ...]:
    declared = action(name)
    if declared is None:
        return ()
    uses = (use for use in declared.resource_types if use.name == thing)
    own = [key for use in uses for key in use.condition_keys]
    return tuple(PLACEHOLDER.sub("*", form) for form in (*declared.condition_keys, *own))


def choices(
    decider: Decider,
    state: PrincipalState,
    name: str,
    thing: str,
    fixed: Mapping[str, Any],
    *,
    has_tags: bool,
) -> dict[str, Any]:
    """Return values for the condition keys of a call that its caller may choose, as policies want.

    Parameters
    ----------
    thing
        The type of the resource.
    given
        The keys whose values are known.
    has_tags
        Whether the thing may have tags that nobody knows.
    """
    taken = {key.lower() for key in fixed}
    found: dict[str, Any] = {}
    for effect, condition in _conditions(decider, state, name):
        key = condition.key
        if not _is_open(name, thing, key, has_tags=has_tags):
            continue
        value = _value(effect, condition)
        if key.lower() == TAG_KEYS.lower():
            key, value = f"{REQUEST_TAG}{value}", None if value is None else parameters.NEW
        if value is not None and key.lower() not in taken:
            taken.add(key.lower())
            found[key] = (
                [value] if condition.comparison.set_operator and value != parameters.NEW else value
            )
    tags = [key[len(REQUEST_TAG) :] for key in found if key.lower().startswith(REQUEST_TAG.lower())]
    return {**found, TAG_KEYS: tags} if tags else found


def tagging(need: Need) -> tuple[Need, ...]:
    """Return the additional action that a call needs if it sends tags.

    Examples
    --------
    >>> keys = {"aws:RequestTag/team": "sky", "aws:TagKeys": ["team"]}
    >>> [one.action for one in tagging(Need("lambda:CreateFunction", "*", keys))]
    ['lambda:TagResource']
    """
    if TAG_KEYS not in need.keys:
        return ()
    service, _, operation = need.action.partition(":")
    name = TAGGING.get(service, f"{service}:TagResource")
    created = {"ec2:CreateAction": operation} if service == "ec2" else {}
    # Some services ask for nothing more.
    return () if action(name) is None else (Need(name, need.resource, {**need.keys, **created}),)


def _conditions(
    decider: Decider, state: PrincipalState, name: str
) -> Iterator[tuple[str, Condition]]:
    """Return the conditions that a call of an action should meet, with their effect."""
    for statement in about(decider, state, name):
        for condition in statement.conditions:
            if condition.comparison.name in WANTED[statement.effect]:
                yield statement.effect, condition


def _is_open(name: str, thing: str, key: str, *, has_tags: bool) -> bool:
    """Return whether a call has a key, and its value is the caller's choice."""
    lower = key.lower()
    if lower.startswith(NOT_CHOSEN):
        return False
    if lower.startswith(TAGS):
        return has_tags and (not lower.startswith(OF_MACHINES) or thing in MACHINES)
    return is_sent(name, thing, key)


def _value(effect: str, condition: Condition) -> str | None:
    """Return a value that makes an Allow match, or keeps a Deny away."""
    first = next(iter(condition.values), None)
    if first is None or has_variable(first):
        return None
    if condition.comparison.name == "Null":
        is_there = "true" if effect == "Deny" else "false"
        return parameters.NEW if first.lower() == is_there else None
    if effect == "Deny" and condition.comparison.name == "Bool":
        return OPPOSITE.get(first.lower())
    return first.replace("*", parameters.NEW).replace("?", parameters.NEW[0])


def _filled(state: PrincipalState, texts: Iterable[str]) -> Iterator[str]:
    """Replace variables with the principal's own values; leave out texts without a value."""
    for text in texts:
        filled = (
            parameters.with_values(text, state.principal.context()) if has_variable(text) else text
        )
        if filled is not None:
            yield filled


OF_CALLER = ("aws:principal", "aws:username", "aws:userid", "aws:multifactor", "aws:token")
"""How the condition keys begin that say who calls."""

MOST_NAMES = 12
"""So many names or patterns are tried at most."""

UNHEARD_OF = "iamlab-probe:AnythingAtAll"
"""An action that no policy names: only a policy for all actions allows it."""


def denies_something(policy: Policy) -> bool:
    """Return whether a policy has a Deny."""
    return any(statement.effect == "Deny" for statement in policy.statements)


def denying(decider: Decider, state: PrincipalState) -> list[AttachedPolicy]:
    """Return those of a principal's own policies and ceilings that deny it something."""
    own = policies_in(state.principal, "identity", "boundary", "session")
    having = [attached for attached in own if denies_something(attached.policy)]
    if not having:
        return []
    request = decider.question(state, Need(UNHEARD_OF, "*", {})).request
    fixed = tuple(key.lower() for key in decider.context_of(state))
    return [
        own
        for own in having
        if any(_denies(each, request, fixed) for each in own.policy.statements)
    ]


def _denies(statement: Statement, request: Request, fixed: tuple[str, ...]) -> bool:
    """Return whether a statement is a Deny that holds for a caller, at least for some calls.

    Parameters
    ----------
    fixed
        The keys whose values are the same for all its calls.
    """
    return statement.effect == "Deny" and holds(statement, request, (*OF_CALLER, *fixed))


def holds(statement: Statement, request: Request, starts: tuple[str, ...]) -> bool:
    """Return whether the conditions hold whose keys begin with one of these."""
    tests = zip(statement.conditions, condition_tests(statement), strict=True)
    return all(test(request) for limit, test in tests if limit.key.lower().startswith(starts))


def free_names(view: AttackerView, kind: str) -> Iterator[tuple[str, str]]:
    """Return paths and names that nobody has, and that the principal's Allows are for."""
    account = view.account
    held = {"user": [*account.users], "role": [*account.roles], "group": [*account.groups]}[kind]
    own = Arn.parse(view.state.arn)  # whoever was created before has a taken name
    taken = {name.lower() for name in (*held, *([own.name] if own.kind == kind else ()))}
    seen = set()
    patterns = [f"{kind}/*", *_name_patterns(view, kind)]
    both = (meeting(first, second) for first, second in combinations(patterns[:MOST_NAMES], 2))
    for pattern in dict.fromkeys((*patterns, *filter(None, both))):
        for number in range(1, len(taken) + 2):
            filler = parameters.NEW if number == 1 else f"{parameters.NEW}-{number}"
            found = parameters.common(f"{kind}/{parameters.PATH_HOLE}", pattern, filler)
            if found is None or found in seen:
                break  # nothing fits, or the pattern leaves nothing open
            seen.add(found)
            path, _, name = found.removeprefix(kind).rpartition("/")
            if name and name.lower() not in taken:
                yield f"{path}/", name
                break


def _name_patterns(view: AttackerView, kind: str) -> Iterator[str]:
    """Return the names in Resource elements of policies that allow creating a principal."""
    test = f"iam:create{kind}", f"iam:put{kind}policy", f"iam:attach{kind}policy"
    start = ("arn", view.account.partition, "iam", "", view.account.account_id)
    known = view.state.principal.context()
    every = policies_in(view.state.principal, "identity", "boundary", "scp")
    for statement in statements_of(attached.policy for attached in every):
        if statement.effect == "Allow" and any(map(action_test(statement), test)):
            for written in statement.resource or ():
                text = parameters.with_values(written, known) if statement.variables else written
                parts = [] if text is None else text.split(":", PARTS - 1)
                if len(parts) == PARTS and all(map(glob, parts, start)):
                    yield parts[-1]


# The policies that have a say --------------------------------------------------------------------


def every_policy(world: World) -> Iterator[Policy]:
    """Return all policies that somebody has written in a world."""
    for account in world.accounts.values():
        held = (*account.users.values(), *account.groups.values(), *account.roles.values())
        yield from (policy for identity in held for policy in identity.inline.values())
        yield from (own.document for own in account.policies.values() if not own.is_aws_managed)
        yield from policies_above(world, account.account_id, SCP)
    yield from policies_of_others(world)


def policies_of_others(world: World) -> Iterator[Policy]:
    """Return the policies in a world that are not attached to callers."""
    for account in world.accounts.values():
        yield from (role.trust for role in account.roles.values() if role.trust is not None)
        yield from (item.policy for item in account.resources.values() if item.policy is not None)
        yield from dict.fromkeys(policies_above(world, account.account_id, RCP))
    yield from world.resource_policies.values()


def policies_above(world: World, account_id: str, *kinds: str) -> Iterator[Policy]:
    """Return the policies of some kinds that an organization has above an account."""
    organization = world.organization_of(account_id)
    for kind in kinds:
        levels = organization.levels(account_id, kind) if organization else ()
        yield from (attached.policy for level in levels for attached in level)
