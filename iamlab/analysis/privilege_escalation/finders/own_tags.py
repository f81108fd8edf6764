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

from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRole, required_by
from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.own_calls import (
    PolicyHolder,
    oneself,
    own_call,
    widened_by,
)
from iamlab.analysis.privilege_escalation.finders.own_policies import is_detour
from iamlab.analysis.privilege_escalation.finders.own_sessions import Tags, tags_wanted
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH, Edge, tagged
from iamlab.analysis.privilege_escalation.required_parameters import RequiredValue, merged
from iamlab.authorization.context_keys import of_tags
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import resource_context
from iamlab.engine.prepared import action_test
from iamlab.model.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.policy.document import Policy


@finds(30)
def tag(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``TagUser`` or ``TagRole`` on oneself; ``TagRole`` or session tags, and ``AssumeRole``."""
    yield from _tag_oneself(view, method)
    for taken in view.assumable.values():
        if taken.role is not view.role:
            yield from _tag_role(view, method, taken)
            yield from _tag_session(view, method, taken)


def _tag_oneself(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    own = oneself(view)
    if own is None or not view.ever(f"iam:Tag{own.noun}") or is_detour(view):
        return
    made = {change.about for change in view.state.changes if change.about.startswith("tag ")}
    fixed = _of_session(view) | {about.removeprefix("tag ") for about in made}
    wanted = [
        tags
        for tags in tags_wanted(view, view.state.gathered)
        if not fixed & {key for key, _ in tags} and _call(view, own, tags) is not None
    ]
    # All keys at once as well; after one choice only the others, not to look at every selection.
    first = {key: value for tags in reversed(wanted) for key, value in tags}
    together = tuple(sorted(first.items()))
    for tags in dict.fromkeys((*(() if made else wanted), together)):
        call = _call(view, own, tags) if tags else None
        if call is not None:
            yield widened_by(view, method, [tagged(*each) for each in tags], [call])


def _call(view: AttackerView, own: PolicyHolder, tags: Tags) -> Call | None:
    """Give the call that sets tags of oneself, if it may be made."""
    call = own_call(view, f"Tag{own.noun}", **own.named, Tags=_sent(view, tags))
    return call if _is_room(view, view.state.gathered.who().tags, tags) and view.may(call) else None


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
        if fixed & {key for key, _ in tags} or not _is_room(view, role.tags, tags):
            continue
        call = view.call("TagRole", RoleName=role.name, Tags=_sent(view, tags))
        if view.may(call) and _still_takes(view, taken, dict(tags)):
            calls = partial(tuple, (call, taken.call))
            yield view.acts_as(method, taken, calls, *(tagged(*each) for each in tags))


def _still_takes(view: AttackerView, taken: AssumableRole, tags: Mapping[str, str]) -> bool:
    """Say whether a power can still take a role that has other tags: they are the resource's."""
    role = taken.role
    facts = resource_context(view.world, role.arn, "sts:AssumeRole", view.state.account_id)
    kept = {key: value for key, value in role.tags.items() if key.lower() not in tags}
    now = {**kept, **tags}
    what = replace(facts.what, tags=now, own=of_tags("iam:ResourceTag", now))
    needs = taken.call.needs
    return all(view.decider.decide(view.state, need, replace(facts, what=what)) for need in needs)


def _tag_session(
    view: AttackerView, method: EscalationMethod, taken: AssumableRole
) -> Iterator[Edge]:
    if not _lets_tag(taken.role.trust):
        return
    for tags in tags_wanted(view, principal_of(view.world, taken.role)):
        wishes = {
            f"aws:requesttag/{key}": (RequiredValue(value, is_pattern=False, has_variables=False),)
            for key, value in tags
        }
        asked = merged(wishes, required_by(view.state))
        found = view.assuming.one(view.state, taken.role, asked, sending=dict(tags))
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


def _is_room(view: AttackerView, held: Mapping[str, Any], tags: Tags) -> bool:
    keys = {key.lower() for key in held} | {key for key, _ in tags}
    return len(keys) <= quota(view.account, "Tags")
