"""Methods by tags: one's own, those of a role or a user, those of one's sessions.

Where policies ask for ``aws:PrincipalTag/team``, whoever may write the tag decides what is allowed.
Where they ask for ``aws:ResourceTag/team``, whoever may tag a role or a user can come near it. Tags
of a session win over those of its role.

Statements about who calls are those of the caller's own policies, and those of trust policies,
resource-based policies and RCPs that can be about the caller.

Notes
-----
AWS pages: "Define permissions based on attributes with ABAC authorization"; "Pass session tags in
AWS STS"; "Tags for AWS Identity and Access Management resources"; "IAM and AWS STS condition
context keys", ``iam:ResourceTag``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from copy import copy
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole, required_by
from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, is_admin
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.finders.users import UserEntry, by_key, enter
from iamlab.analysis.privilege_escalation.permission_checks import operation
from iamlab.analysis.privilege_escalation.principal_states import Gain, Grant, tagged
from iamlab.analysis.privilege_escalation.satisfying_values import policies_of_others
from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.principal import PrincipalContext, override_tags, principal_of
from iamlab.authorization.resource import resource_context
from iamlab.engine.statement_tests import action_test
from iamlab.operations.api_models import shape
from iamlab.operations.iam.common import quota
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.finders.own_calls import Holder
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


MOST_TAGS = 8
"""So many sets of tags of resources are tried."""

MOST_SETS, MOST_VALUES = 24, 4
"""So many sets of tags are looked at for one principal, and so many values of one tag."""

Tags: TypeAlias = "Mapping[str, str]"


def tag_own(view: AttackerView) -> Iterator[Gain]:
    """``TagUser`` or ``TagRole`` on oneself; ``TagRole`` or session tags, and ``AssumeRole``."""
    yield from _tag_oneself(view)
    for taken in view.assumable.values():
        if taken.role is not view.role:
            yield from _tag_role(view, taken)
            yield from _tag_session(view, taken)


def _tag_oneself(view: AttackerView) -> Iterator[Gain]:
    holder = own.oneself(view)
    if holder is None or not view.ever(f"iam:{operation('Tag{}', holder)}") or is_detour(view):
        return
    made = {change.about for change in view.state.changes if change.about.startswith("tag ")}
    fixed = _of_session(view) | {about.removeprefix("tag ") for about in made}
    wanted = [
        tags
        for tags in tags_wanted(view, view.state.principal)
        if not fixed & tags.keys() and _tag_call(view, holder, tags) is not None
    ]
    # All keys at once as well; after one choice only the others, not to look at every selection.
    first = {key: value for tags in reversed(wanted) for key, value in tags.items()}
    choices = [] if made else wanted
    together = dict(sorted(first.items()))
    for tags in choices if together in choices else [*choices, together]:
        call = _tag_call(view, holder, tags) if tags else None
        if call is not None:
            yield view.widened(_changes(tags), [call])


def _tag_call(view: AttackerView, holder: Holder, tags: Tags) -> Call | None:
    """Return the call that sets tags of oneself, if it may be made."""
    call = own.own_call(view, holder, "Tag{}", Tags=_sent(view, tags))
    held = view.state.principal.who().tags
    return call if _is_room(view, held, tags) and view.may(call) else None


def _changes(tags: Tags) -> tuple[states.StateChange, ...]:
    return tuple(tagged(key, value) for key, value in tags.items())


def _of_session(view: AttackerView) -> set[str]:
    """Return the tags that a session of a role may have itself: the role's do not show through."""
    state = view.state
    in_session = state.credential is not None or any(
        change.about == states.CALLS_WITH for change in state.changes
    )
    is_role = view.role is not None
    return {key.lower() for key in state.principal.who().tags} if in_session and is_role else set()


def _tag_role(view: AttackerView, taken: AssumableRole) -> Iterator[Gain]:
    role = taken.role
    if role not in view.stock.roles or not view.ever("iam:TagRole"):
        return
    fixed = {each["Key"].lower() for each in taken.call.parameters.get("Tags", ())}
    for tags in tags_wanted(view, principal_of(view.world, role)):
        if fixed & tags.keys() or not _is_room(view, role.tags, tags):
            continue
        call = view.on(role, "Tag{}", Tags=_sent(view, tags))
        if view.may(call) and _still_takes(view, taken, tags):
            yield view.acts_as(taken, (call, taken.call), *_changes(tags))


def _still_takes(view: AttackerView, taken: AssumableRole, tags: Mapping[str, str]) -> bool:
    """Return whether a principal can still take a role with other tags: they are the resource's."""
    role = taken.role
    facts = resource_context(view.world, role.arn, "sts:AssumeRole", view.state.account_id)
    now = override_tags(role.tags, tags)
    attributes = replace(facts.attributes, tags=now, own=tag_keys("iam:ResourceTag", now))
    needs = taken.call.needs
    facts = replace(facts, attributes=attributes)
    return all(view.decider.decide(view.state, need, facts) for need in needs)


def _tag_session(view: AttackerView, taken: AssumableRole) -> Iterator[Gain]:
    statements = states.statements_of([taken.role.trust])
    allows = (statement for statement in statements if statement.effect == "Allow")
    if not any(action_test(allow)("sts:tagsession") for allow in allows):
        return
    for tags in tags_wanted(view, principal_of(view.world, taken.role)):
        values = {
            f"aws:requesttag/{key}": (parameters.RequiredValue(value),)
            for key, value in tags.items()
        }
        required = parameters.merged(values, required_by(view.state))
        found = view.assuming.one(view.state, taken.role, required, sending=tags)
        if found is not None:
            yield view.acts_as(found, (found.call,))


def _sent(view: AttackerView, tags: Tags) -> list[dict[str, str]]:
    """Write tags as a call sends them; their keys as policies write those that may be sent."""
    named = (value.text for value in required_by(view.state).get("aws:tagkeys", ()))
    written = {name.lower(): name for name in named}
    return [{"Key": written.get(key, key), "Value": value} for key, value in tags.items()]


def _is_room(view: AttackerView, held: Iterable[str], tags: Iterable[str]) -> bool:
    return len({key.lower() for key in (*held, *tags)}) <= quota(view.account, "Tags")


# Users and roles --------------------------------------------------------------------------------


def tag_others(view: AttackerView) -> Iterator[Gain]:
    """``TagRole`` and ``AssumeRole``, ``TagUser`` and ``CreateAccessKey``, if policies want it."""
    if not (view.ever("iam:TagRole") or view.ever("iam:TagUser")):
        return
    starts = (f"{start}/" for start in own.RESOURCE_TAGS)
    known = view.state.principal.context()
    found = parameters.required_tags(required_by(view.state), known, *starts)
    wanted = parameters.tag_sets(found, MOST_TAGS)
    if not wanted or is_admin(view.decider, view.state):
        return
    if view.ever("iam:TagUser") and view.ever("iam:CreateAccessKey"):
        yield from _tag_users(view, wanted)
    if view.ever("iam:TagRole") and view.ever("sts:AssumeRole"):
        yield from _tag_roles(view, wanted)


def _tag_users(view: AttackerView, wanted: list[Tags]) -> Iterator[Gain]:
    entered = {entry.user.arn for entry in by_key(view)}
    most = quota(view.account, "AccessKeysPerUser")
    for user in view.stock.users:
        if user.arn in entered or user is view.user or len(user.key_records) >= most:
            continue
        create = view.on(user, "CreateAccessKey")
        for tags, call in _tagging(view, user, wanted):
            tagged_create = create.with_keys(
                partial(_now_tagged, override_tags(user.tags, tags)), user.arn
            )
            if view.may(tagged_create):
                entry = UserEntry(30, user, (tagged_create,))
                yield enter(view, entry, Grant(_changes(tags), (call,)))
                break


def _tag_roles(view: AttackerView, wanted: list[Tags]) -> Iterator[Gain]:
    required = required_by(view.state)
    for role in view.stock.roles:
        if role.arn in view.assumable or role is view.role:
            continue
        for tags, call in _tagging(view, role, wanted):
            twin = copy(role)
            twin.tags = dict(override_tags(role.tags, tags))
            taken = view.assuming.one(view.state, twin, required)
            if taken is not None:
                taken = replace(taken, role=role)
                yield view.acts_as(taken, (call, taken.call), *_changes(tags))
                break


def _tagging(view: AttackerView, holder: Holder, wanted: list[Tags]) -> Iterator[tuple[Tags, Call]]:
    """Return the calls that give somebody tags, if there is room and they may be made."""
    for tags in wanted:
        sent = [{"Key": key, "Value": value} for key, value in tags.items()]
        call = view.on(holder, "Tag{}", Tags=sent)
        if _is_room(view, holder.tags, tags) and view.may(call):
            yield tags, call


def _now_tagged(tags: Tags, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition keys of a call as they will be when the resource has these tags."""
    keys = {key: parameters[key] for key in parameters if not key.startswith(own.RESOURCE_TAGS)}
    return keys | own.resource_tags(tags)


# Statements about who calls ---------------------------------------------------------------------


TAG = "aws:principaltag/"
OF_CALLER = (TAG, "aws:multifactorauth", "aws:tokenissuetime")
VARIABLE = re.compile(r"\$\{aws:PrincipalTag/([^},]+)[^}]*\}", re.IGNORECASE)


def statements_about(view: AttackerView, known: PrincipalContext) -> Iterator[Statement]:
    """Return the statements with conditions on who calls that can be about a principal."""
    own = states.policies_in(known, "identity", "boundary", "session", "scp")
    yield from _conditional(each.policy for each in own)
    others = view.decider.once(
        "statements about callers", lambda: list(_conditional(policies_of_others(view.world)))
    )
    for statement in others:
        names = [value for _, value in statement.principal or ()]
        is_meant = any(name == "*" or known.account_id in name for name in names)
        if statement.principal is None or is_meant:
            yield statement


def _conditional(policies: Iterable[Policy]) -> Iterator[Statement]:
    for statement in states.statements_of(policies):
        keys = (condition.key.lower() for condition in statement.conditions)
        values = (value for condition in statement.conditions for value in condition.values)
        if any(key.startswith(OF_CALLER) for key in keys) or any(map(VARIABLE.search, values)):
            yield statement


# Which tags make a difference ------------------------------------------------------------


def tags_wanted(view: AttackerView, known: PrincipalContext) -> list[Tags]:
    """Return sets of tags that would make a difference to a principal: each suits one statement.

    A set that the principal has already is not among them.
    """
    has = {key.lower(): value for key, value in known.who().tags.items()}
    found = (
        tuple(sorted(tags.items()))
        for statement in statements_about(view, known)
        for tags in _tag_sets_of(view.world, statement, known, has)
        if any(has.get(key) != value for key, value in tags.items()) and _can_be_set(tags)
    )
    return [dict(tags) for tags in islice(dict.fromkeys(found), MOST_SETS)]


def _tag_sets_of(
    world: World, statement: Statement, known: PrincipalContext, has: Mapping[str, str]
) -> Iterator[Tags]:
    """Return the sets of tags with which a statement's conditions on tags turn out well."""
    values: dict[str, list[str]] = defaultdict(list)
    required = parameters.required_in(Policy((statement,), "2012-10-17"))
    for key, wanted in parameters.required_tags(required, known.context(), TAG).items():
        values[key.lower()] += wanted
    for condition in statement.conditions:
        key, name = condition.key.lower(), condition.comparison.name
        tag = key.removeprefix(TAG)
        if tag != key and tag not in values and tag in has and name != "Null":
            values[tag].append(parameters.FILLER)  # another value than it has
        for text in condition.values:
            for found in VARIABLE.findall(text):
                values[found.lower()] += tag_values(world, key.rpartition("/")[2])
    plain = {key: some[0] for key, some in values.items() if some}
    if plain:
        yield plain
    for key, some in values.items():
        for value in some[1:MOST_VALUES]:
            yield {**plain, key: value}


def tag_values(world: World, key: str) -> list[str]:
    """Return the values that a tag has on the things of a world."""
    found: dict[str, None] = {}
    for account in world.accounts.values():
        held: tuple[Mapping[str, object], ...]
        held = (account.users, account.roles, account.policies, account.resources)
        for thing in (each for by_name in held for each in by_name.values()):
            tags: Mapping[str, str] = getattr(thing, "tags", {})
            found |= {value: None for name, value in tags.items() if name.lower() == key}
    return sorted(found)


def _can_be_set(tags: Tags) -> bool:
    of_key, of_value = shape("tagKeyType", "sts"), shape("tagValueType", "sts")
    return all(
        of_key.fits(key) and of_value.fits(value) and not key.startswith("aws:")
        for key, value in tags.items()
    )
