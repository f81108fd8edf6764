"""What a call was about, as policies name it: the ARNs of its resources.

First comes what the record says itself, its ``resources``. Then ARNs among the parameters of the
call. Then the catalogue's form of the ARN, filled with what the parameters name. Then an ARN in the
answer, as of what was created. What nobody says stays ``*``.

Notes
-----
AWS pages: "Service Authorization Reference"; "CloudTrail record contents", resources; "Actions,
resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.trails.arn_formats import (
    arn_formats_of,
    arns_filled_from,
    arns_that_fit,
    place_of_call,
)
from iamlab.analysis.trails.request_parameters import OWN_PARAMETER, parameter_texts, queue_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.analysis.trails.arn_formats import ArnFormat, CallPlace
    from iamlab.analysis.trails.request_parameters import ParameterTexts
    from iamlab.model.event import Event


class ActedOn(NamedTuple):
    """A resource of a call.

    Parameters
    ----------
    is_exact
        Whether it is written as it is called; if not, a star stands for what nobody says.
    is_path_known
        Whether an ARN of IAM has its path: a name alone does not tell it.
    """

    arn: str
    is_exact: bool = True
    is_path_known: bool = True


TAKES_NO_RESOURCE = ActedOn("*")
"""Of an action that takes none."""

UNKNOWN = ActedOn("*", is_exact=False)
"""Of which the record says nothing."""

INDEXED = frozenset(("dynamodb:Query", "dynamodb:Scan"))
"""What may be done with a table's index: the record names the table, and its index is asked for."""

NEW = frozenset(
    (
        *("iam:CreateGroup", "iam:CreateInstanceProfile", "iam:CreatePolicy", "iam:CreateRole"),
        *("iam:CreateUser", "iam:CreateVirtualMFADevice", "iam:UploadServerCertificate"),
    )
)
"""Calls that say the path of what they create, or leave it out for ``/``."""

NAMED_ANEW = frozenset(
    ("organizations:CreatePolicy", "secretsmanager:CreateSecret", "secretsmanager:ReplicateSecret")
)
"""Calls that make what gets an id by lot: their callers need permission before there is one."""

OF_OBJECTS = frozenset(("s3:DeleteObject",))
"""What may be logged with the bucket alone: DeleteObjects does not note the keys."""

ALWAYS_CREATED: Mapping[str, str] = {"ec2:RunInstances": "volume"}
"""What a call creates in practice, though the catalogue does not call it required."""

_ORGANIZATIONS: Mapping[str, tuple[str, str]] = {
    "o": ("organization", "organization/{}"),
    "ou": ("organizationalunit", "ou/o-*/{}"),
    "p": ("policy", "policy/o-*/*/{}"),
    "r": ("root", "root/o-*/{}"),
    "h": ("handshake", "handshake/o-*/*/{}"),
    "": ("account", "account/o-*/{}"),
}
"""How an id of Organizations begins, none for an account's -> the form, and the ARN's last part."""

_BY_ID = ("parentid", "targetid", "sourceparentid", "destinationparentid", "resourceid", "rootid")
_BY_OWN_ID = ("accountid", "policyid", "organizationalunitid", "handshakeid")

EC2_IDS: Mapping[str, str] = {
    "acl": "network-acl",
    "ami": "image",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""How an id at EC2 begins -> the kind of resource; CreateTags takes any of them."""

_DEEPEST = 3
_MOST = 20


def resources_of(event: Event, action: str) -> tuple[ActedOn, ...]:
    """Give the resources on which an event's call needed an action.

    Examples
    --------
    >>> from datetime import datetime
    >>> from iamlab.model.event import Event
    >>> target, = resources_of(Event(datetime(2026, 11, 25), "dynamodb.amazonaws.com", "GetItem",
    ...     "eu-west-1", {"type": "IAMUser"}, True, "111122223333", "e-1",
    ...     request_parameters={"tableName": "Moons"}), "dynamodb:GetItem")
    >>> target.arn, target.is_exact
    ('arn:aws:dynamodb:eu-west-1:111122223333:table/Moons', True)
    """
    forms = arn_formats_of(action)
    if not forms:
        return (TAKES_NO_RESOURCE,)
    named_anew = action in NAMED_ANEW
    found = [] if named_anew else arns_that_fit(forms, event.resources)
    if found and action not in OWN_PARAMETER and action not in INDEXED:
        return tuple(map(ActedOn, found))
    values = parameter_texts(event.request_parameters)
    if OWN_PARAMETER.get(action) in values:
        values, found = {OWN_PARAMETER[action]: values[OWN_PARAMETER[action]]}, []
    given = place_of_call(event)
    found = found or arns_that_fit(forms, _arns(values, given[0]))
    if found:
        return tuple(map(ActedOn, _indexes(found, action, values)))
    if action.startswith("ec2:"):
        return _ec2_resources(forms, action, values, given) or (UNKNOWN,)
    if action.startswith("organizations:"):
        by_id = _organizations_resources(forms, values, given)
        if by_id:
            return tuple(by_id)
    answered = arns_that_fit(forms, _arns_in_response(event.response_elements))
    return (
        _filled_with_names(forms, action, values, given)
        or tuple(_without_id(arn) if named_anew else ActedOn(arn) for arn in answered)
        or _filled_in_part(forms, action, values, given)
        or (UNKNOWN,)
    )


def _arns(values: ParameterTexts, partition: str) -> Iterable[str]:
    """Give the ARNs among the parameters; the URL of a queue is as good as one."""
    for name, texts in values.items():
        for text in texts:
            if text.startswith("arn:"):
                yield text
            elif name == "queueurl":
                yield queue_arn(text, partition)


def _arns_in_response(answer: Any, depth: int = _DEEPEST) -> list[str]:
    """Give the ARNs in an answer that are not too deep in it."""
    if isinstance(answer, str):
        return [answer] if answer.startswith("arn:") else []
    if not depth or not isinstance(answer, dict | list):
        return []
    parts = answer.values() if isinstance(answer, dict) else answer[:_MOST]
    return [arn for part in parts for arn in _arns_in_response(part, depth - 1)]


def _indexes(tables: list[str], action: str, values: ParameterTexts) -> list[str]:
    names = values.get("indexname", ()) if action in INDEXED else ()
    return [f"{table}/index/{name}" for table in tables for name in names[:1]] or tables


def _filled(
    forms: tuple[ArnFormat, ...], values: ParameterTexts, given: CallPlace
) -> Iterable[tuple[ArnFormat, list[str]]]:
    """Give the forms that can be filled, with their ARNs."""
    for form in forms:
        # A form without a place of its own would fit every call.
        if form.parameters or len(forms) == 1:
            arns = arns_filled_from(form, values, given)
            if arns:
                yield form, arns


def _filled_with_names(
    forms: tuple[ArnFormat, ...], action: str, values: ParameterTexts, given: CallPlace
) -> tuple[ActedOn, ...]:
    """Fill the forms with parameters: all that are required, else the one with most places."""
    whole = list(_filled(forms, values, given))
    chosen = [one for one in whole if one[0].is_required]
    if not chosen and whole:
        chosen = [max(whole, key=lambda one: len(one[0].places))]
    # A part of it, such as a table's index, is asked for instead of the whole.
    for part in whole:
        if len(chosen) == 1 and part[1][0].startswith(f"{chosen[0][1][0]}/"):
            chosen = [part]
    return tuple(
        ActedOn(*_with_path(arn, action, values, is_exact="SecretId" not in form.places))
        for form, arns in chosen
        for arn in arns
    )


def _with_path(
    arn: str, action: str, values: ParameterTexts, *, is_exact: bool
) -> tuple[str, bool, bool]:
    """Put the path into the ARN of an IAM entity, if the call says it."""
    if not action.startswith("iam:"):
        return arn, is_exact, True
    if action not in NEW:
        return arn, is_exact, False
    start, _, name = arn.partition("/")
    path = values.get("path", ["/"])[0]
    return f"{start}{path if path.startswith('/') else '/'}{name}", is_exact, True


def _ec2_resources(
    forms: tuple[ArnFormat, ...], action: str, values: ParameterTexts, given: CallPlace
) -> tuple[ActedOn, ...]:
    """Give each resource that takes part, and a star for what is created: EC2 asks for them all."""
    found = {
        form.name: [ActedOn(arn) for arn in arns] for form, arns in _filled(forms, values, given)
    }
    by_name = {form.name: form for form in forms}
    for resource_id in values.get("resourceid", ()):
        kind = EC2_IDS.get(resource_id.partition("-")[0], "")
        if kind in by_name:
            own = {name: [resource_id] for name in by_name[kind].parameters}
            found.setdefault(kind, []).extend(
                map(ActedOn, arns_filled_from(by_name[kind], own, given))
            )
    for form in forms:
        if form.name not in found and (form.is_required or ALWAYS_CREATED.get(action) == form.name):
            stars = arns_filled_from(form, {name: ["*"] for name in form.parameters}, given)
            found[form.name] = [ActedOn(arn, is_exact=False) for arn in stars]
    return tuple(dict.fromkeys(target for targets in found.values() for target in targets))


def _organizations_resources(
    forms: tuple[ArnFormat, ...], values: ParameterTexts, given: CallPlace
) -> list[ActedOn]:
    """Give what the ids mean; which organization it is, none of them says."""
    known = {form.name for form in forms}
    found = []
    for name in (*_BY_ID, *_BY_OWN_ID):
        for text in values.get(name, ()):
            begins, dash, _ = text.partition("-")
            kind, body = _ORGANIZATIONS.get(begins if dash else "", ("", ""))
            if kind in known:
                arn = f"arn:{given[0]}:organizations::{given[2]}:{body.format(text)}"
                found.append(ActedOn(arn, is_exact=False))
    return found


def _without_id(arn: str) -> ActedOn:
    """Put a star for the id that something got as it was made."""
    return ActedOn(f"{arn.rpartition('/')[0]}/*", is_exact=False)


def _filled_in_part(
    forms: tuple[ArnFormat, ...], action: str, values: ParameterTexts, given: CallPlace
) -> tuple[ActedOn, ...]:
    """Fill what can be filled, with stars for the rest, if only one form can be meant."""
    meant = [form for form in forms if form.is_required] or list(forms)
    if action in OF_OBJECTS:
        meant = [form for form in forms if form.name == "object"]
    own = [names for names in meant[0].names if names]
    if len(meant) != 1 or not own:
        return ()
    if len(own) == 1 and "name" in values:
        # A call that works on one thing only calls its name just that.
        arns = arns_filled_from(meant[0], {own[0][0]: values["name"]}, given)
        return tuple(map(ActedOn, arns))
    if not any(name in values for name in own[0]):
        return ()
    stars = {name: ["*"] for names in own[1:] for name in names}
    return tuple(
        ActedOn(arn, is_exact=False) for arn in arns_filled_from(meant[0], stars | values, given)
    )
