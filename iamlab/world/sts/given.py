"""Parameters of STS as its API takes them, from what people hand over.

Notes
-----
AWS page: "AWS STS API Reference", the data types ``PolicyDescriptorType`` and ``Tag``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.world import managed
from iamlab.world.api.values import arn_of, as_list, as_tags, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.world.identities import Role
    from iamlab.world.policies import ManagedPolicy
    from iamlab.world.saving import Document

    Tags = Mapping[str, str]
    Policies = Iterable[ManagedPolicy | str]


def as_role_arn(role: Role | str) -> str:
    """Give the ARN of a role that is named by itself or by its ARN."""
    return role if isinstance(role, str) else arn_of(role, "role_arn is a role or its ARN")


def as_session_policy(policy: Document | None) -> Any:
    """Write a session policy, if there is one: without white space, which would count.

    A text is sent as it is.
    """
    if policy is None or isinstance(policy, str):
        return policy
    text = as_text(policy)
    return compact(text) if isinstance(text, str) else text


def compact(text: str) -> str:
    """Write JSON in as few characters as it takes; what is none stays as it is.

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
    """Write session tags as the API takes them, if there are any."""
    given: object = tags
    if given is not None and not isinstance(given, Mapping):
        raise RequestError(f"tags is a dict of keys to values, not {tags!r}.")
    return as_tags(given)


def as_audience(audience: str | Iterable[str]) -> list[str]:
    """Write for whom a token is: one, or several."""
    if isinstance(audience, str):
        return [audience]
    return as_list(audience, "audience is a text or a list of texts")


def as_transitive_tag_keys(keys: Iterable[str] | None) -> list[str] | None:
    """Write the keys of transitive tags, if there are any."""
    return None if keys is None else as_list(keys, "transitive_tag_keys is a list of keys")


def as_policy_arns(policies: Policies | None) -> list[dict[str, str]] | None:
    """Write managed policies as the API takes them; those of AWS can be given by their names."""
    if policies is None:
        return None
    found = []
    for one in as_list(policies, "policy_arns is a list of policies or their ARNs"):
        if isinstance(one, str):
            known = managed.find(one)
            found.append({"arn": one if known is None else known.arn})
        elif isinstance(getattr(one, "arn", None), str):
            found.append({"arn": one.arn})
        else:
            raise RequestError(f"policy_arns is a list of policies or their ARNs, not {one!r}.")
    return found
