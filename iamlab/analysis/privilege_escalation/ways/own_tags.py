"""The way to the rights that depend on tags: one's own, those of a role, those of its sessions.

Where policies ask for ``aws:PrincipalTag/team``, whoever may write the tag decides what is allowed.
Tags of a session win over those of its role.

Notes
-----
AWS pages: "Define permissions based on attributes with ABAC authorization"; "Pass session tags in
AWS STS"; "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation.assumable_roles import asked_of
from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH, tagged
from iamlab.analysis.privilege_escalation.required_parameters import Value, merged
from iamlab.analysis.privilege_escalation.ways.own_calls import oneself, own_call, widened_by
from iamlab.analysis.privilege_escalation.ways.own_conditions import tags_wanted
from iamlab.analysis.privilege_escalation.ways.own_policies import is_detour
from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import resource_context
from iamlab.engine.prepared import action_test
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.privilege_escalation.assumable_roles import Taken
    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.analysis.privilege_escalation.ways.own_calls import Holder
    from iamlab.analysis.privilege_escalation.ways.own_conditions import Tags
    from iamlab.policy.document import Policy


@finds(30)
def tag(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``TagUser`` or ``TagRole`` on oneself; ``TagRole`` or session tags, and ``AssumeRole``."""
    yield from _tag_oneself(one, way)
    for taken in one.assumable.values():
        if taken.role is not one.role:
            yield from _tag_role(one, way, taken)
            yield from _tag_session(one, way, taken)


def _tag_oneself(one: Standpoint, way: Way) -> Iterator[Edge]:
    own = oneself(one)
    if own is None or not one.ever(f"iam:Tag{own.noun}") or is_detour(one):
        return
    made = {change.about for change in one.power.changes if change.about.startswith("tag ")}
    fixed = _of_session(one) | {about.removeprefix("tag ") for about in made}
    wanted = [
        tags
        for tags in tags_wanted(one, one.power.gathered)
        if not fixed & {key for key, _ in tags} and _call(one, own, tags) is not None
    ]
    # All keys at once as well; after one choice only the others, not to look at every selection.
    first = {key: value for tags in reversed(wanted) for key, value in tags}
    together = tuple(sorted(first.items()))
    for tags in dict.fromkeys((*(() if made else wanted), together)):
        call = _call(one, own, tags) if tags else None
        if call is not None:
            yield widened_by(one, way, [tagged(*each) for each in tags], [call])


def _call(one: Standpoint, own: Holder, tags: Tags) -> Call | None:
    """Give the call that sets tags of oneself, if it may be made."""
    call = own_call(one, f"Tag{own.noun}", **own.named, Tags=_sent(one, tags))
    return call if _is_room(one, one.power.gathered.who().tags, tags) and one.may(call) else None


def _of_session(one: Standpoint) -> set[str]:
    """Give the tags that a session of a role may have itself: the role's do not show through."""
    power = one.power
    in_session = power.credential is not None or any(
        change.about == CALLS_WITH for change in power.changes
    )
    is_role = one.role is not None
    return {key.lower() for key in power.gathered.who().tags} if in_session and is_role else set()


def _tag_role(one: Standpoint, way: Way, taken: Taken) -> Iterator[Edge]:
    role = taken.role
    if role not in one.stock.roles or not one.ever("iam:TagRole"):
        return
    fixed = {each["Key"].lower() for each in taken.call.parameters.get("Tags", ())}
    for tags in tags_wanted(one, principal_of(one.world, role)):
        if fixed & {key for key, _ in tags} or not _is_room(one, role.tags, tags):
            continue
        call = one.call("TagRole", RoleName=role.name, Tags=_sent(one, tags))
        if one.may(call) and _still_takes(one, taken, dict(tags)):
            calls = partial(tuple, (call, taken.call))
            yield one.acts_as(way, taken, calls, *(tagged(*each) for each in tags))


def _still_takes(one: Standpoint, taken: Taken, tags: Mapping[str, str]) -> bool:
    """Say whether a power can still take a role that has other tags: they are the resource's."""
    role = taken.role
    facts = resource_context(one.world, role.arn, "sts:AssumeRole", one.power.account_id)
    kept = {key: value for key, value in role.tags.items() if key.lower() not in tags}
    now = {**kept, **tags}
    attributes = replace(facts.attributes, tags=now, own=tag_keys("iam:ResourceTag", now))
    needs = taken.call.needs
    return all(
        one.decider.decide(one.power, need, replace(facts, attributes=attributes)) for need in needs
    )


def _tag_session(one: Standpoint, way: Way, taken: Taken) -> Iterator[Edge]:
    if not _lets_tag(taken.role.trust):
        return
    for tags in tags_wanted(one, principal_of(one.world, taken.role)):
        wishes = {
            f"aws:requesttag/{key}": (Value(value, is_pattern=False, has_variables=False),)
            for key, value in tags
        }
        asked = merged(wishes, asked_of(one.power))
        found = one.assuming.one(one.power, taken.role, asked, sending=dict(tags))
        if found is not None:
            yield one.acts_as(way, found, partial(tuple, (found.call,)))


def _lets_tag(trust: Policy | None) -> bool:
    return trust is not None and any(
        one.effect == "Allow" and action_test(one)("sts:tagsession") for one in trust.statements
    )


def _sent(one: Standpoint, tags: Tags) -> list[dict[str, str]]:
    """Write tags as a call sends them; their keys as policies write those that may be sent."""
    named = (value.text for value in asked_of(one.power).get("aws:tagkeys", ()))
    written = {name.lower(): name for name in named}
    return [{"Key": written.get(key, key), "Value": value} for key, value in tags]


def _is_room(one: Standpoint, held: Mapping[str, Any], tags: Tags) -> bool:
    keys = {key.lower() for key in held} | {key for key, _ in tags}
    return len(keys) <= quota(one.account, "Tags")
