"""What there is to know about a type of policy before one is saved; ``rules.py`` has the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.policy.checks.messages import AwsText

Presence = Literal["required", "optional", "forbidden"]
Counting = Literal["compact", "characters", "bytes"]
"""How a size is counted: IAM leaves out white space that stands outside strings."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a document may be, and how that is counted."""

    limit: int
    counting: Counting


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What a type of policy may contain.

    Parameters
    ----------
    texts
        Kind of defect -> how AWS refuses it; under ``""`` what it answers to any other.
    size
        ``None`` where AWS documents no limit.
    parameter
        How the API calls the document that is sent.
    iam_api
        Whether IAM's API takes it, which looks at length and characters first.
    iam_grammar
        Whether IAM's own checks are made: the form of ARNs, dates, and at least one action.
    newest_version
        Whether the version must be 2012-10-17.
    principal, not_principal, resource
        Whether the elements must, may or must not stand; ``NotResource`` counts as ``Resource``.
    principal_types
        The types that a Principal may have; ``None``: nobody looks.
    bare_star
        Whether a Principal may be ``"*"``, without a type.
    principal_is_everybody
        Whether it can only be that.
    allow, not_action
        Whether ``Allow`` and ``NotAction`` may stand.
    services
        Prefixes that an action may have, in lower case; ``None``: any.
    actions
        The actions that may be named, in lower case; ``None``: any.
    every_action
        Whether the action ``*`` may stand, which has no prefix.
    wildcards
        Whether an action may have wildcards.
    looks_actions_up
        Whether actions that do not exist, or fit no resource beside them, are refused.
    resources
        Forms of which a resource must have one; ``*`` is the star itself. ``None``: any.
    sid
        Regular expression for a Sid; ``None``: any text.
    unique_sids
        Whether two statements may not have the same Sid.
    most
        What is counted -> how many of it there may be; see ``checks/counts.py``.
    named_accounts
        Whether keys that tell accounts, organizations and VPCs apart must have fixed values.
    """

    texts: Mapping[str, AwsText]
    size: Size | None = None
    parameter: str = "policyDocument"
    iam_api: bool = False
    iam_grammar: bool = False
    newest_version: bool = False
    principal: Presence = "required"
    not_principal: bool = True
    resource: Presence = "required"
    principal_types: tuple[str, ...] | None = ("AWS", "Service")
    bare_star: bool = True
    principal_is_everybody: bool = False
    allow: bool = True
    not_action: bool = True
    services: frozenset[str] | None = None
    actions: frozenset[str] | None = None
    every_action: bool = True
    wildcards: bool = True
    looks_actions_up: bool = False
    resources: tuple[str, ...] | None = None
    sid: str | None = None
    unique_sids: bool = False
    most: Mapping[str, int] = field(default_factory=dict)
    named_accounts: bool = False
