"""Read-only operations of Identity Center and its identity store: ``reads.toml`` has a row each.

Group memberships have no ids of their own here, and no dates.

Notes
-----
AWS pages: "IAM Identity Center API Reference" and "Identity Store API Reference": the operations
that begin with Describe, Get, Is and List.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.identity_center.calls import GROUP, PERMISSION_SET, USER, find, operation
from iamlab.operations.identity_center.directory import ATTRIBUTES, HIDDEN
from iamlab.operations.identity_center.permission_sets import as_boundary
from iamlab.operations.parameter_checks import unlisted
from iamlab.operations.parameters import as_tags
from iamlab.operations.registry import as_answer, as_it_is
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.operations.identity_center.calls import CenterCall
    from iamlab.operations.identity_center.directory import IdentityStoreUser
    from iamlab.operations.identity_center.permission_sets import PermissionSet

_TABLES = tables(__file__)
_UNIQUE: Mapping[str, Mapping[str, str]] = _TABLES["unique"]


def _visible(call: CenterCall) -> list[Any]:
    """Return the instance of the caller's organization, which all its accounts can see."""
    known, every = call.world.organizations, call.world.identity_centers.values()
    there = [center for center in every if center.organization_id in known]
    return [center for center in there if call.account_id in center.organization.members]


def _part(noun: str, call: CenterCall) -> Any:
    """Find a user or a group, by its id or by what is unique."""
    held: Mapping[str, Any] = call.center.users if noun == USER else call.center.groups
    sent = {**call.parameters.get("MemberId", {}), **call.parameters}
    if "AlternateIdentifier" not in sent:
        return find(held, sent.get(f"{noun.title()}Id", ""), noun)
    known = sent["AlternateIdentifier"].get("UniqueAttribute")
    if not isinstance(known, Mapping):  # an external id, which users and groups don't have here
        raise ResourceNotFoundException(f"{noun} not found.")
    path, value = known.get("AttributePath"), str(known.get("AttributeValue"))
    field = _UNIQUE[noun].get(str(path).lower())
    if field is None:  # AWS's sentence is not documented
        raise ValidationException(f"The attribute path {str(path)[:200]} is not supported.")
    named = {getattr(part, field).lower(): part for part in held.values() if getattr(part, field)}
    if value.lower() not in named:
        raise ResourceNotFoundException(f"{noun} not found.")
    return named[value.lower()]


def _memberships(noun: str, call: CenterCall) -> list[dict[str, Any]]:
    """Return the memberships of a user or a group."""
    wanted = _part(noun, call)
    return [
        {"IdentityStoreId": call.parameters["IdentityStoreId"], **_member(group.id, key)}
        for group in call.center.groups.values()
        for key in group.member_ids
        if wanted.id in (group.id, key)
    ]


def _member(group_id: str, user_id: str) -> dict[str, Any]:
    return {"GroupId": group_id, "MemberId": {"UserId": user_id}}


def _in_groups(call: CenterCall) -> list[dict[str, Any]]:
    """Return for each group that a call names whether it has the user."""
    user, held = _part(USER, call), call.center.groups
    groups = [find(held, key, GROUP) for key in call.parameters["GroupIds"]]
    is_in = {group.id: user.id in group.member_ids for group in groups}
    return [{**_member(key, user.id), "MembershipExists": is_in[key]} for key in is_in]


def _assignments(call: CenterCall) -> list[dict[str, str]]:
    """Return the assignments in an account, with a permission set, or of a principal."""
    sent = {**call.parameters.get("Filter", {}), **call.parameters}
    wanted = {"AccountId": sent.get("AccountId"), "PermissionSetArn": sent.get("PermissionSetArn")}
    sets, keys = call.center.permission_sets, _assigned(call) if "PrincipalId" in sent else None
    every = [
        {
            "AccountId": assigned.account_id,
            "PermissionSetArn": sets[assigned.permission_set_id].arn,
            "PrincipalType": assigned.principal_type,
            "PrincipalId": assigned.principal_id,
        }
        for assigned in call.center.account_assignments
        if keys is None or assigned.principal_id in keys
    ]
    fixed = {name: value for name, value in wanted.items() if value is not None}
    return [shown for shown in every if fixed.items() <= shown.items()]


def _assigned(call: CenterCall) -> set[str]:
    """Return the id of a call's principal; for a user, also those of the user's groups."""
    kind, key = call.parameters["PrincipalType"], call.parameters["PrincipalId"]
    if kind not in _UNIQUE:
        raise unlisted(kind, "principalType", _UNIQUE)
    if kind == GROUP:
        return {find(call.center.groups, key, GROUP).id}
    user = find(call.center.users, key, USER)
    return {user.id, *(group.id for group in user.groups)}


def _boundary(chosen: PermissionSet) -> dict[str, Any]:
    if chosen.permissions_boundary is None:  # AWS's sentence is not documented
        raise ResourceNotFoundException(f"No permissions boundary on {chosen.id}")
    return as_boundary(chosen.permissions_boundary)


def _tagged(call: CenterCall) -> PermissionSet:
    return find(call.center.permission_sets, call.parameters["ResourceArn"], PERMISSION_SET)


def _provisioned(call: CenterCall) -> list[PermissionSet]:
    key, every = call.parameters["AccountId"], call.center.permission_sets.values()
    return [permission_set for permission_set in every if key in permission_set.provisioned]


def _attribute(path: str, user: IdentityStoreUser) -> str | None:
    return user.attribute(path) or None


GIVEN: dict[str, Callable[[CenterCall], Any]] = {
    "accounts": lambda call: list(call.permission_set.provisioned),
    "answers about groups": _in_groups,
    "assignments": _assignments,
    "group": partial(_part, GROUP),
    "group's memberships": partial(_memberships, GROUP),
    "provisioned sets": _provisioned,
    "tagged": _tagged,
    "user": partial(_part, USER),
    "user's memberships": partial(_memberships, USER),
    "visible instances": _visible,
}
"""Name in the table -> what a call is about, or lists; other names are attributes of the call."""

FORMS: dict[str, Callable[[Any], Any]] = {
    "attributes": lambda center: [
        {"Key": key, "Value": {"Source": [f"${{path:{path}}}"]}}
        for key, path in center.access_control_attributes.items()
    ],
    "boundary": _boundary,
    "emails": lambda user: [{"Value": user.email, "Primary": True}] if user.email else None,
    "inline policy": lambda found: found.inline_policy.text if found.inline_policy else "",
    "itself": lambda found: found,
    "name in ARN": lambda arn: arn.rpartition("/")[2],
    "tags": lambda found: as_tags(found.tags),
    **{path: partial(_attribute, path) for path in ATTRIBUTES},
}
"""Name in the table -> what it stands for; other names are forms of the table, or attributes."""

FORMS |= {name: partial(as_answer, form, named=FORMS) for name, form in _TABLES["forms"].items()}


def _read(row: Mapping[str, Any], call: CenterCall) -> dict[str, Any]:
    """Do a read-only operation."""
    hidden = {"AlternateIdentifier": HIDDEN}
    call.noted |= {name: hidden.get(name, value) for name, value in call.parameters.items()}
    found, form = as_answer(row["of"], call, GIVEN), row["form"]
    if "noun" not in row:
        return dict(as_answer(form, found, FORMS))
    every = found.values() if isinstance(found, dict) else found
    return {row["noun"]: [as_answer(form, each, FORMS) for each in every]}


for _row in _TABLES["reads"]:
    operation(_row["name"], as_it_is)(partial(_read, _row))
