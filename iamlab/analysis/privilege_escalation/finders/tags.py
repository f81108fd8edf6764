"""Methods by tags: one's own, those of a role or a user, those of one's sessions.

Where policies ask for ``aws:PrincipalTag/team``, whoever may write the tag decides what is allowed.
Where they ask for ``aws:ResourceTag/team``, whoever may tag a role or a user can come near it. Tags
of a session win over those of its role.

Notes
-----
AWS pages: "Define permissions based on attributes with ABAC authorization"; "Pass session tags in
AWS STS"; "Tags for AWS Identity and Access Management resources"; "IAM and AWS STS condition
context keys", ``iam:ResourceTag``.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole, required_by
from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, is_admin
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.granting import Grant
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.finders.own_sessions import TAG, VARIABLE, about
from iamlab.analysis.privilege_escalation.finders.users import UserEntry, by_key, enter
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH, Edge, tagged
from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.principal import PrincipalContext, override_tags, principal_of
from iamlab.authorization.resource import resource_context
from iamlab.engine.statement_tests import action_test
from iamlab.operations.api_models import shape
from iamlab.operations.iam.common import quota
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.model.identities import Role, User
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


MOST_TAGS = 8
"""So many sets of tags of resources are tried."""

MOST_SETS, MOST_VALUES = 24, 4
"""So many sets of tags are looked at for one principal, and so many values of one tag."""

Tags = tuple[tuple[str, str], ...]
"""Keys in small letters, with values."""


def tag_own(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``TagUser`` or ``TagRole`` on oneself; ``TagRole`` or session tags, and ``AssumeRole``."""
    yield from _tag_oneself(view, method)
    for taken in view.assumable.values():
        if taken.role is not view.role:
            yield from _tag_role(view, method, taken)
            yield from _tag_session(view, method, taken)


def _tag_oneself(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    holder = own.oneself(view)
    if holder is None or not view.ever(f"iam:Tag{holder.noun}") or is_detour(view):
        return
    made = {change.about for change in view.state.changes if change.about.startswith("tag ")}
    fixed = _of_session(view) | {about.removeprefix("tag ") for about in made}
    wanted = [
        tags
        for tags in tags_wanted(view, view.state.gathered)
        if not fixed & {key for key, _ in tags} and _call(view, holder, tags) is not None
    ]
    # All keys at once as well; after one choice only the others, not to look at every selection.
    first = {key: value for tags in reversed(wanted) for key, value in tags}
    together = tuple(sorted(first.items()))
    for tags in dict.fromkeys((*(() if made else wanted), together)):
        call = _call(view, holder, tags) if tags else None
        if call is not None:
            yield own.widened_by(view, method, [tagged(*each) for each in tags], [call])


def _call(view: AttackerView, holder: own.PolicyHolder, tags: Tags) -> Call | None:
    """Give the call that sets tags of oneself, if it may be made."""
    call = own.own_call(view, f"Tag{holder.noun}", **holder.named, Tags=_sent(view, tags))
    return (
        call
        if _is_room(view, view.state.gathered.who().tags, dict(tags)) and view.may(call)
        else None
    )


def _of_session(view: AttackerView) -> set[str]:
    """Give the tags that a session of a role may have itself: the role's do not show through."""
    state = view.state
    in_session = state.credential is not None or any(
        change.about == CALLS_WITH for change in state.changes
    )
    is_role = view.role is not None
    return {key.lower() for key in state.gathered.who().tags} if in_session and is_role else set()


def _tag_role(view: AttackerView, method: EscalationMethod, taken: AssumableRole) -> Iterator[Edge]:
    role = taken.role
    if role not in view.stock.roles or not view.ever("iam:TagRole"):
        return
    fixed = {each["Key"].lower() for each in taken.call.parameters.get("Tags", ())}
    for tags in tags_wanted(view, principal_of(view.world, role)):
        if fixed & {key for key, _ in tags} or not _is_room(view, role.tags, dict(tags)):
            continue
        call = view.call("TagRole", RoleName=role.name, Tags=_sent(view, tags))
        if view.may(call) and _still_takes(view, taken, dict(tags)):
            calls = partial(tuple, (call, taken.call))
            yield view.acts_as(method, taken, calls, *(tagged(*each) for each in tags))


def _still_takes(view: AttackerView, taken: AssumableRole, tags: Mapping[str, str]) -> bool:
    """Say whether a principal can still take a role with other tags: they are the resource's."""
    role = taken.role
    facts = resource_context(view.world, role.arn, "sts:AssumeRole", view.state.account_id)
    now = override_tags(role.tags, tags)
    attributes = replace(facts.attributes, tags=now, own=tag_keys("iam:ResourceTag", now))
    needs = taken.call.needs
    facts = replace(facts, attributes=attributes)
    return all(view.decider.decide(view.state, need, facts) for need in needs)


def _tag_session(
    view: AttackerView, method: EscalationMethod, taken: AssumableRole
) -> Iterator[Edge]:
    if not _lets_tag(taken.role.trust):
        return
    for tags in tags_wanted(view, principal_of(view.world, taken.role)):
        values = {
            f"aws:requesttag/{key}": (
                parameters.RequiredValue(value, is_pattern=False, has_variables=False),
            )
            for key, value in tags
        }
        required = parameters.merged(values, required_by(view.state))
        found = view.assuming.one(view.state, taken.role, required, sending=dict(tags))
        if found is not None:
            yield view.acts_as(method, found, partial(tuple, (found.call,)))


def _lets_tag(trust: Policy | None) -> bool:
    return trust is not None and any(
        one.effect == "Allow" and action_test(one)("sts:tagsession") for one in trust.statements
    )


def _sent(view: AttackerView, tags: Tags) -> list[dict[str, str]]:
    """Write tags as a call sends them; their keys as policies write those that may be sent."""
    named = (value.text for value in required_by(view.state).get("aws:tagkeys", ()))
    written = {name.lower(): name for name in named}
    return [{"Key": written.get(key, key), "Value": value} for key, value in tags]


def _is_room(view: AttackerView, held: Iterable[str], tags: Iterable[str]) -> bool:
    return len({key.lower() for key in (*held, *tags)}) <= quota(view.account, "Tags")


# Users and roles --------------------------------------------------------------------------------


def tag_others(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``TagRole`` and ``AssumeRole``, ``TagUser`` and ``CreateAccessKey``, if policies want it."""
    if not (view.ever("iam:TagRole") or view.ever("iam:TagUser")):
        return
    wanted = _wanted(view)
    if not wanted or is_admin(view.decider, view.state):
        return
    if view.ever("iam:TagUser") and view.ever("iam:CreateAccessKey"):
        yield from _tag_users(view, method, wanted)
    if view.ever("iam:TagRole") and view.ever("sts:AssumeRole"):
        yield from _tag_roles(view, method, wanted)


def _wanted(view: AttackerView) -> list[Mapping[str, str]]:
    """Give the tags that a principal's policies want a resource to have."""
    starts = "aws:ResourceTag/", "iam:ResourceTag/"
    found = parameters.required_tags(
        required_by(view.state), view.state.gathered.context(), *starts
    )
    return parameters.tag_sets(found, MOST_TAGS)


def _tag_users(
    view: AttackerView, method: EscalationMethod, wanted: list[Mapping[str, str]]
) -> Iterator[Edge]:
    entered = {entry.user.arn for entry in by_key(view)}
    most = quota(view.account, "AccessKeysPerUser")
    for user in view.stock.users:
        if user.arn in entered or user is view.user or len(user.key_records) >= most:
            continue
        create = view.call("CreateAccessKey", UserName=user.name)
        for tags in wanted:
            call = _tagging(view, user, tags)
            tagged_create = _now_tagged(create, override_tags(user.tags, tags))
            if call is not None and view.may(tagged_create):
                entry = UserEntry(method.number, user, (tagged_create,))
                grant = Grant(tuple(tagged(*each) for each in tags.items()), (call,))
                yield enter(view, method, entry, grant)
                break


def _tag_roles(
    view: AttackerView, method: EscalationMethod, wanted: list[Mapping[str, str]]
) -> Iterator[Edge]:
    required = required_by(view.state)
    for role in view.stock.roles:
        if role.arn in view.assumable or role is view.role:
            continue
        for tags in wanted:
            call = _tagging(view, role, tags)
            if call is None:
                continue
            twin = copy(role)
            twin.tags = dict(override_tags(role.tags, tags))
            taken = view.assuming.one(view.state, twin, required)
            if taken is not None:
                taken = replace(taken, role=role)
                changes = (tagged(*each) for each in tags.items())
                yield view.acts_as(method, taken, partial(tuple, (call, taken.call)), *changes)
                break


def _tagging(view: AttackerView, holder: User | Role, tags: Mapping[str, str]) -> Call | None:
    """Give the call that gives somebody tags; ``None``: it may not be made, or has no room."""
    noun = holder.kind.capitalize()
    sent = [{"Key": key, "Value": value} for key, value in tags.items()]
    call = view.call(f"Tag{noun}", **{f"{noun}Name": holder.name}, Tags=sent)
    return call if _is_room(view, holder.tags, tags) and view.may(call) else None


def _now_tagged(call: Call, tags: Mapping[str, str]) -> Call:
    """Give a call as it will be when the resource has these tags."""
    starts = "aws:ResourceTag", "iam:ResourceTag"
    needs = []
    for need in call.needs:
        keys = {key: need.keys[key] for key in need.keys if not key.startswith(starts)}
        now = {key: value for start in starts for key, value in tag_keys(start, tags).items()}
        needs.append(need._replace(keys={**keys, **now}))
    return replace(call, needs=tuple(needs))


# Which tags make a difference ------------------------------------------------------------


def tags_wanted(view: AttackerView, known: PrincipalContext) -> list[Tags]:
    """Give sets of tags that would make a difference to a principal: each suits one statement.

    A set that the principal has already is not among them.
    """
    has = {key.lower(): value for key, value in known.who().tags.items()}
    found = (
        tags
        for statement in about(view, known)
        for tags in _tag_sets_of(view.world, statement, known, has)
        if any(has.get(key) != value for key, value in tags) and _can_be_set(tags)
    )
    return list(islice(dict.fromkeys(found), MOST_SETS))


def _tag_sets_of(
    world: World, statement: Statement, known: PrincipalContext, has: Mapping[str, str]
) -> Iterator[Tags]:
    """Give the sets of tags with which a statement's conditions on tags turn out well."""
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
        yield tuple(sorted(plain.items()))
    for key, some in values.items():
        for value in some[1:MOST_VALUES]:
            yield tuple(sorted({**plain, key: value}.items()))


def tag_values(world: World, key: str) -> list[str]:
    """Give the values that a tag has on the things of a world."""
    found: dict[str, None] = {}
    for account in world.accounts.values():
        held: tuple[Mapping[str, object], ...]
        held = (account.users, account.roles, account.policies, account.resources)
        for thing in (each for things in held for each in things.values()):
            tags: Mapping[str, str] = getattr(thing, "tags", {})
            found |= {value: None for name, value in tags.items() if name.lower() == key}
    return sorted(found)


def _can_be_set(tags: Tags) -> bool:
    of_key, of_value = shape("tagKeyType", "sts"), shape("tagValueType", "sts")
    return all(
        of_key.fits(key) and of_value.fits(value) and not key.startswith("aws:")
        for key, value in tags
    )
