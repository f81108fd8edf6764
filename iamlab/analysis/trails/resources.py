"""The resources of a call, as policies name them: their ARNs.

First comes what the record says itself, its ``resources``. Then ARNs among the parameters of the
call. Then the catalogue's format of the ARN, filled with the parameters. Then an ARN in the
response, such as that of a new resource. What nothing says stays ``*``.

Notes
-----
AWS pages: "Service Authorization Reference"; "CloudTrail record contents", resources; "Actions,
resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.cloudtrail import arn_formats
from iamlab.cloudtrail.arn_formats import OWN_PARAMETER, ec2_arns, fill, fillable, place_of_call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.cloudtrail.arn_formats import ArnFormat, CallPlace, ParameterTexts
    from iamlab.model.event import Event


class CallResource(NamedTuple):
    """A resource of a call.

    Parameters
    ----------
    is_exact
        Whether the ARN is complete; if not, a star in it replaces an unknown part.
    is_path_known
        Whether an ARN of IAM has its path: a name alone does not tell it.
    """

    arn: str
    is_exact: bool = True
    is_path_known: bool = True


TAKES_NO_RESOURCE = CallResource("*")
"""Of an action that takes none."""

UNKNOWN = CallResource("*", is_exact=False)
"""Of which the record says nothing."""

INDEXED, NEW, NAMED_ANEW = map(frozenset, arn_formats.table("actions").values())
"""Actions on an index, those that say the path of what they create, and those that name it anew."""

OF_OBJECTS = frozenset(("s3:DeleteObject",))
"""Actions whose record may have the bucket alone: DeleteObjects does not log the keys."""

_ORGANIZATIONS = arn_formats.table("organizations_ids")
_ORGANIZATIONS_PARAMETERS = arn_formats.table("lists")["organizations_parameters"]

_DEEPEST = 3
_MOST = 20


def resources_of(event: Event, action: str) -> tuple[CallResource, ...]:
    """Return the resources on which an event's call needed an action.

    Examples
    --------
    >>> from datetime import datetime
    >>> from iamlab.model.event import Event
    >>> resource, = resources_of(Event(datetime(2026, 11, 25), "dynamodb.amazonaws.com", "GetItem",
    ...     "eu-west-1", {"type": "IAMUser"}, True, "111122223333", "e-1",
    ...     request_parameters={"tableName": "Moons"}), "dynamodb:GetItem")
    >>> resource.arn, resource.is_exact
    ('arn:aws:dynamodb:eu-west-1:111122223333:table/Moons', True)
    """
    formats = arn_formats.arn_formats_of(action)
    if not formats:
        return (TAKES_NO_RESOURCE,)
    named_anew = action in NAMED_ANEW
    found = [] if named_anew else arn_formats.arns_that_fit(formats, event.resources)
    if found and action not in OWN_PARAMETER and action not in INDEXED:
        return tuple(map(CallResource, found))
    texts = arn_formats.parameter_texts(event.request_parameters)
    if OWN_PARAMETER.get(action) in texts:
        texts, found = {OWN_PARAMETER[action]: texts[OWN_PARAMETER[action]]}, []
    call = place_of_call(event)
    found = found or arn_formats.arns_that_fit(formats, _arns_in_parameters(texts, call[0]))
    if found:
        names = texts.get("indexname", ())[:1] if action in INDEXED else ()
        found = [f"{table}/index/{name}" for table in found for name in names] or found
        return tuple(map(CallResource, found))
    if action.startswith("ec2:"):
        arns = ec2_arns(action, texts, call)
        return tuple(CallResource(*arn) for arn in arns.items()) or (UNKNOWN,)
    is_of_organizations = action.startswith("organizations:")
    if is_of_organizations and (by_id := _organizations_resources(formats, texts, call)):
        return by_id
    in_response = arn_formats.arns_that_fit(formats, _arns_in_response(event.response_elements))
    return (
        _filled_whole(formats, action, texts, call)
        or tuple(_without_id(arn) if named_anew else CallResource(arn) for arn in in_response)
        or _filled_in_part(formats, action, texts, call)
        or (UNKNOWN,)
    )


def _arns_in_parameters(texts: ParameterTexts, partition: str) -> Iterable[str]:
    """Return the ARNs among the parameters; the URL of a queue is as good as one."""
    for name, values in texts.items():
        for text in values:
            if text.startswith("arn:"):
                yield text
            elif name == "queueurl":
                yield arn_formats.queue_arn(text, partition)


def _arns_in_response(response: Any, depth: int = _DEEPEST) -> list[str]:
    """Return the ARNs in a response that are not too deep in it."""
    if isinstance(response, str):
        return [response] if response.startswith("arn:") else []
    if not depth or not isinstance(response, dict | list):
        return []
    parts = response.values() if isinstance(response, dict) else response[:_MOST]
    return [arn for part in parts for arn in _arns_in_response(part, depth - 1)]


def _without_id(arn: str) -> CallResource:
    """Put a star for the random id of a new resource."""
    return CallResource(f"{arn.rpartition('/')[0]}/*", is_exact=False)


def _filled_whole(
    formats: tuple[ArnFormat, ...], action: str, texts: ParameterTexts, call: CallPlace
) -> tuple[CallResource, ...]:
    """Fill the formats with parameters: all that are required, else the one with most places."""
    whole = fillable(formats, texts, call)
    chosen = [filled for filled in whole if filled[0].is_required]
    if not chosen and whole:
        chosen = [max(whole, key=lambda filled: len(filled[0].places))]
    # Permission is needed on a part, such as a table's index, instead of the whole.
    for part in whole:
        if len(chosen) == 1 and part[1][0].startswith(f"{chosen[0][1][0]}/"):
            chosen = [part]
    return tuple(
        _with_path(CallResource(arn, "SecretId" not in arn_format.places), action, texts)
        for arn_format, arns in chosen
        for arn in arns
    )


def _with_path(resource: CallResource, action: str, texts: ParameterTexts) -> CallResource:
    """Put the path into the ARN of an IAM entity, if the call says it."""
    if not action.startswith("iam:"):
        return resource
    if action not in NEW:
        return resource._replace(is_path_known=False)
    start, _, name = resource.arn.partition("/")
    path = texts.get("path", ["/"])[0]
    return resource._replace(arn=f"{start}{path if path.startswith('/') else '/'}{name}")


def _organizations_resources(
    formats: tuple[ArnFormat, ...], texts: ParameterTexts, call: CallPlace
) -> tuple[CallResource, ...]:
    """Return what the ids mean; none of them says which organization it is."""
    types = {arn_format.name for arn_format in formats}
    partition, _, account = call
    found = []
    for text in (text for name in _ORGANIZATIONS_PARAMETERS for text in texts.get(name, ())):
        start, dash, _ = text.partition("-")
        name, body = _ORGANIZATIONS.get(start if dash else "", ("", ""))
        if name in types:
            arn = f"arn:{partition}:organizations::{account}:{body.format(text)}"
            found.append(CallResource(arn, is_exact=False))
    return tuple(found)


def _filled_in_part(
    formats: tuple[ArnFormat, ...], action: str, texts: ParameterTexts, call: CallPlace
) -> tuple[CallResource, ...]:
    """Fill what can be filled, with stars for the rest, if only one format can be meant."""
    meant = [arn_format for arn_format in formats if arn_format.is_required] or list(formats)
    if action in OF_OBJECTS:
        meant = [arn_format for arn_format in formats if arn_format.name == "object"]
    own = [names for names in meant[0].parameters if names]
    if len(meant) != 1 or not own:
        return ()
    if len(own) == 1 and "name" in texts:
        # A call that works on one resource only may call its name just that.
        return tuple(map(CallResource, fill(meant[0], {own[0][0]: texts["name"]}, call)))
    if not any(name in texts for name in own[0]):
        return ()
    stars = {name: ["*"] for names in own[1:] for name in names}
    arns = fill(meant[0], stars | texts, call)
    return tuple(CallResource(arn, is_exact=False) for arn in arns)
