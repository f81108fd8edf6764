"""Values as the API's parameters take them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.errors import MalformedPolicyDocument, RequestError, ValidationError
from iamlab.policy.document import Policy
from iamlab.policy.writing import written

if TYPE_CHECKING:
    from iamlab.world.saving import Document


def as_tags(tags: object) -> list[dict[str, Any]] | None:
    """Write tags as the API takes them.

    Examples
    --------
    >>> as_tags({"team": "sky"})
    [{'Key': 'team', 'Value': 'sky'}]
    """
    if tags is None:
        return None
    if not isinstance(tags, Mapping):
        raise ValidationError(f"Tags are a mapping of keys to values, not {tags!r}.")
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_keys(tag_keys: Iterable[str]) -> list[str]:
    """Write the keys of tags as the API takes them; see :func:`as_list`."""
    return as_list(tag_keys, "tag_keys is a list of keys")


def as_list(values: object, what: str) -> list[Any]:
    """Write several texts as the API takes them.

    Parameters
    ----------
    what
        What they are, for whoever gives a single one.

    Raises
    ------
    RequestError
        It is none, or one text: each of its letters would be taken for one.

    Examples
    --------
    >>> as_list(("team", "owner"), "tag_keys is a list of keys")
    ['team', 'owner']
    """
    if isinstance(values, str):
        raise RequestError(f"{what}: write [{values!r}].")
    if isinstance(values, bytes) or not isinstance(values, Iterable):
        raise RequestError(f"{what}, not {values!r}.")
    return list(values)


def arn_of(thing: object, what: str) -> str:
    """Give the ARN of a thing that is handed over as itself.

    Parameters
    ----------
    what
        What it is, for whoever gives something else.

    Raises
    ------
    RequestError
        It has none.

    Examples
    --------
    >>> from iamlab import World
    >>> ana = World(seed=7).create_account("main", account_id="111111111111").create_user("ana")
    >>> arn_of(ana, "grantee_principal is a user, a role or an ARN")
    'arn:aws:iam::111111111111:user/ana'
    """
    arn = getattr(thing, "arn", None)
    if not isinstance(arn, str):
        raise RequestError(f"{what}, not {thing!r}.")
    return arn


def must_be_there(document: Document) -> Document:
    """Insist on a policy: nothing at all would mean to leave the old one, or to take it away.

    Raises
    ------
    ValidationError
        It is ``None``.
    """
    if document is None:
        raise ValidationError(
            "1 validation error detected: Value null at 'policy' failed to satisfy constraint: "
            "Member must not be null"
        )
    return document


def as_text(document: Document) -> Any:
    """Give a document as the API takes it: its JSON text.

    Raises
    ------
    MalformedPolicyDocument
        It cannot be written as JSON.
    """
    if isinstance(document, Policy):
        return document.text or written(document.statements, document).text
    if not isinstance(document, Mapping):
        return document
    try:
        return json.dumps(dict(document), indent=2)
    except (TypeError, ValueError, RecursionError) as error:
        refusal = MalformedPolicyDocument("Syntax errors in policy.")
        refusal.add_note(f"$: This is not JSON: {error}.")
        raise refusal from None
