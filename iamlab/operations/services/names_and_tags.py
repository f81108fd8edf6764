"""How services name resources and tags, and what they answer: forms of resources, and errors.

Notes
-----
AWS pages: the API references of the services, for the errors of each operation.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors import RequestError, organizations, services
from iamlab.errors.services import ValidationException
from iamlab.model.public_access_block import as_parameter
from iamlab.model.quotas import QUOTAS
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.parameters import as_tags
from iamlab.operations.registry import as_answer, nothing
from iamlab.policy.arn import Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Answer, Keys, Parameters

    Refuses = Callable[[str], AwsError]

FORMS: dict[str, Callable[[Any], Any]] = {
    "aliases": lambda key: [
        {"AliasName": name, "AliasArn": key.api.arn(key.account, name, key.region)}
        | {"TargetKeyId": key.key_id}
        for name in key.aliases
    ],
    "constraints": lambda grant: (
        {name.title().replace("_", ""): dict(pairs) for name, pairs in grant.constraints.items()}
        or None
    ),
    "encryption": lambda bucket: bucket.encryption.as_parameter(),
    "is enabled": lambda key: key.key_state == "Enabled",
    "its description": lambda key: key.description,
    "its operations": lambda grant: list(grant.operations),
    "its state": lambda found: {"Code": _TABLES["codes"][found.state], "Name": found.state},
    "key tags": lambda found: [{"TagKey": key, "TagValue": found.tags[key]} for key in found.tags],
    "location": lambda bucket: f"/{bucket.name}",
    "metadata options": lambda instance: dict(instance.metadata_options),
    "own settings": lambda found: as_parameter(found.own_public_access_block),
    "settings": as_parameter,
    "tag map": lambda found: dict(found.tags),
    "tags": lambda found: as_tags(found.tags),
    "tags of each": lambda found: [
        {"ResourceId": found.name, "ResourceType": Arn.parse(found.arn).kind, **tag}
        for tag in as_tags(found.tags) or ()
    ],
}
"""Name in a table -> what it stands for; other names are of ``calls.toml``, or attributes."""

_TABLES: dict[str, Any] = tables(__file__, "calls.toml")
FORMS |= {name: partial(as_answer, form, named=FORMS) for name, form in _TABLES["forms"].items()}


def answer_of(operation: str) -> Answer:
    """Return what makes the response of an operation, from the form in ``calls.toml``."""
    form = _TABLES["answers"].get(operation)
    return nothing if form is None else partial(as_answer, form, named=FORMS)


def keys_of(operation: str) -> Keys | None:
    """Return what makes the condition keys of an operation that are values of its parameters."""
    known = _TABLES["keys"].get(operation)
    if known is None:
        return None
    return lambda _, arguments: {key: arguments.get(*default) for key, default in known.items()}


_HALF = re.compile("[\ud800-\udfff]")

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d", re.ASCII)


def misfit(value: object, where: str, pattern: str = "", most: int = 0) -> ValidationException:
    """Make the error of several services for a value of the wrong form, or one that is too long."""
    length = f"have length less than or equal to {most}"
    return ValidationException(
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: "
        f"Member must {length if most else f'satisfy regular expression pattern: {pattern}'}"
    )


def everything(_: Account, __: Parameters) -> str:
    """Return ``*``, for operations without a resource."""
    return "*"


def name_in(arn: str) -> str:
    """Return the name in an ARN: the resource without its type.

    Examples
    --------
    >>> name_in("arn:aws:sqs:us-east-1:111122223333:orders")
    'orders'
    >>> name_in("arn:aws:events:us-east-1:111122223333:event-bus/shop/orders")
    'shop/orders'
    """
    return re.split("[/:]", Arn.parse(arn).resource, maxsplit=1)[-1]


def region_of(arguments: Parameters) -> str:
    """Return the Region of a call, or the default Region."""
    return str(arguments.get("Region", DEFAULT_REGION))


def check_region(arguments: Parameters) -> None:
    """Check the form of a call's Region."""
    region = region_of(arguments)
    if not _REGION.fullmatch(region):
        raise RequestError(f"{region!r} isn't a Region. Write one such as {DEFAULT_REGION}.")


def more_tags(
    arguments: Parameters, held: Mapping[str, str], refuse: Refuses, made: str = ""
) -> dict[str, str]:
    """Return existing tags with those of a call; the error messages aren't AWS's.

    Parameters
    ----------
    made
        As in :func:`~iamlab.operations.authorization_needs.tags_of`.
    """
    sent = tags_of(arguments, made)
    wanted = {**held, **dict(sent)}
    if len({key for key, _ in sent}) < len(sent):
        raise refuse("A tag key is duplicated.")
    for key, value in sent:
        if _HALF.search(key + value):
            raise refuse(f"A tag contains half of a surrogate pair, not a character: {key!a}.")
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise refuse(
                f"A tag needs a key of 1 to 128 and a value of 0 to 256 characters: {key}."
            )
        if key.lower().startswith("aws:"):
            raise refuse(f"Tag keys that begin with aws: are reserved: {key}.")
    if len(wanted) > QUOTAS["Tags"].default:
        raise refuse(f"A resource can have at most {QUOTAS['Tags'].default} tags.")
    return wanted


def without(tags: Mapping[str, str], tag_keys: Iterable[str]) -> dict[str, str]:
    """Return the tags without some keys."""
    return {key: value for key, value in tags.items() if key not in tag_keys}


ERRORS: dict[str, Callable[..., AwsError]] = {**vars(organizations), **vars(services)}
"""Name in a table -> the class of the error."""


def refuses(error: str, text: str = "{0}") -> Refuses:
    """Return what makes an error about an ARN or a name, for a text as in ``apis.toml``."""

    def make(about: str) -> AwsError:
        parsed = Arn.parse(about) if is_arn(about) else None
        name = about if parsed is None else name_in(about)
        return ERRORS[error](text.format(about, name=name, arn=parsed))

    return make
