"""Convert values to the form of the API's parameters.

Also parameters of STS.

Notes
-----
AWS page: "AWS STS API Reference", the data types ``PolicyDescriptorType`` and ``Tag``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.errors import MalformedPolicyDocument, RequestError, ValidationError, noted
from iamlab.model import managed_policies as managed
from iamlab.policy.document import Policy, written

if TYPE_CHECKING:
    from iamlab.errors import AwsError
    from iamlab.model.identities import Role
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.operations.policy_documents import Document

    Tags = Mapping[str, str]

    Policies = Iterable[ManagedPolicy | str]


def as_tags(tags: object) -> list[dict[str, Any]] | None:
    """Return tags in the API's form.

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
    """Return the keys of tags in the API's form; see :func:`as_list`."""
    return as_list(tag_keys, "tag_keys is a list of keys")


def as_list(values: object, what: str) -> list[Any]:
    """Return a list of texts in the API's form.

    Parameters
    ----------
    what
        Their description, for the error about a single text.

    Raises
    ------
    RequestError
        It isn't a list, or it is a text, whose letters would become the items.

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
    """Return the ARN of an object; a text stays as it is.

    Parameters
    ----------
    what
        Its description, for the error about another value.

    Raises
    ------
    RequestError
        It has no ARN.

    Examples
    --------
    >>> from iamlab import World
    >>> ana = World(seed=7).create_account("main", account_id="111111111111").create_user("ana")
    >>> arn_of(ana, "grantee_principal is a user, a role or an ARN")
    'arn:aws:iam::111111111111:user/ana'
    """
    arn = getattr(thing, "arn", thing)
    if not isinstance(arn, str):
        raise RequestError(f"{what}, not {thing!r}.")
    return arn


def must_be_there(document: Document) -> Document:
    """Check that there is a policy: ``None`` would keep the old one, or remove it.

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


def as_text(document: Document | None) -> Any:
    """Return a document as JSON text, the API's form; without one ``None``.

    Raises
    ------
    MalformedPolicyDocument
        It can't be written as JSON.
    """
    return as_json(document, MalformedPolicyDocument("Syntax errors in policy."), indent=2)


def as_json(document: Document | None, refusal: AwsError, **layout: Any) -> Any:
    """Return a document as JSON text in a layout; a text as it is.

    Raises
    ------
    AwsError
        The refusal: it can't be written as JSON.
    """
    if isinstance(document, Policy):
        return document.text or written(document.statements, document).text
    if not isinstance(document, Mapping):
        return document
    try:
        return json.dumps(dict(document), **layout)
    except (TypeError, ValueError, RecursionError) as error:
        raise noted(refusal, f"$: This is not JSON: {error}.") from None


def as_role_arn(role: Role | str) -> str:
    """Return the ARN of a role, passed as an object or its ARN."""
    return arn_of(role, "role_arn is a role or its ARN")


def as_session_policy(policy: Document | None) -> Any:
    """Return a session policy, if there is one, without white space, which would count.

    Text is sent unchanged.
    """
    if policy is None or isinstance(policy, str):
        return policy
    text = as_text(policy)
    return compact(text) if isinstance(text, str) else text


def compact(text: str) -> str:
    """Return JSON in its shortest form; other values unchanged.

    Examples
    --------
    >>> compact('{ "Statement": [] }')
    '{"Statement":[]}'
    """
    try:
        return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def as_session_tags(tags: Tags | None) -> list[dict[str, Any]] | None:
    """Return session tags in the API's form, if there are any."""
    sent: object = tags
    if sent is not None and not isinstance(sent, Mapping):
        raise RequestError(f"tags is a dict of keys to values, not {tags!r}.")
    return as_tags(sent)


def as_audience(audience: str | Iterable[str]) -> list[str]:
    """Return the audience of a token: one, or several."""
    if isinstance(audience, str):
        return [audience]
    return as_list(audience, "audience is a text or a list of texts")


def as_transitive_tag_keys(keys: Iterable[str] | None) -> list[str] | None:
    """Return the keys of transitive tags, if there are any."""
    return None if keys is None else as_list(keys, "transitive_tag_keys is a list of keys")


def as_policy_arns(policies: Policies | None) -> list[dict[str, str]] | None:
    """Return managed policies in the API's form; AWS managed ones can be named."""
    if policies is None:
        return None
    found = []
    for policy in as_list(policies, "policy_arns is a list of policies or their ARNs"):
        if isinstance(policy, str):
            known = managed.find(policy)
            found.append({"arn": policy if known is None else known.arn})
        elif isinstance(getattr(policy, "arn", None), str):
            found.append({"arn": policy.arn})
        else:
            raise RequestError(f"policy_arns is a list of policies or their ARNs, not {policy!r}.")
    return found
