"""A finding: what a reviewer would say about one place of a policy, and how to mend it.

The codes of findings: those of IAM Access Analyzer, and a few that are iamlab's own.

All of Access Analyzer's are here. Those that iamlab does not look for stand in ``NOT_DONE`` with
the reason, so that nobody takes "no finding" for "no problem".

Notes
-----
AWS page: "IAM Access Analyzer policy check reference" (state of September 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError

if TYPE_CHECKING:
    from iamlab.policy.document import Policy


ERROR = "ERROR"
SECURITY_WARNING = "SECURITY_WARNING"
WARNING = "WARNING"
SUGGESTION = "SUGGESTION"
LEVELS = (ERROR, SECURITY_WARNING, WARNING, SUGGESTION)
"""The gravest first."""

_ERRORS = {
    "ARN_ACCOUNT_NOT_ALLOWED": "This kind of ARN holds no account.",
    "ARN_REGION_NOT_ALLOWED": "This kind of ARN holds no Region.",
    "DATA_TYPE_MISMATCH": "A value has the wrong JSON type.",
    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE": "A condition key stands twice, in other letter case.",
    "EMPTY_VARIABLE": "A policy variable without a name.",
    "FEDERATED_PRINCIPAL_NOT_SUPPORTED": "Only a trust policy can name an identity provider.",
    "INVALID_ACTION": "The service has no such action.",
    "INVALID_ARN_ACCOUNT": "The account of an ARN is not of 12 digits.",
    "INVALID_ARN_PREFIX": "An ARN begins with arn:.",
    "INVALID_ARN_REGION": "There is no such Region.",
    "INVALID_ARN_RESOURCE": "The service has no resource of this form.",
    "INVALID_ARN_SERVICE_CASE": "The service in an ARN is written in lower case.",
    "INVALID_CONDITION_DATA_TYPE": "A condition value has the wrong JSON type.",
    "INVALID_CONDITION_KEY_FORMAT": "A condition key has the form service:name.",
    "INVALID_CONDITION_MULTIPLE_BOOLEAN": "Bool takes one value.",
    "INVALID_CONDITION_OPERATOR": "There is no such condition operator.",
    "INVALID_EFFECT": "Effect is Allow or Deny.",
    "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY": "No identity provider is named so.",
    "INVALID_GLOBAL_CONDITION_KEY": "There is no such global condition key.",
    "INVALID_KMS_KEY_VALUE": "Not the form of a KMS key's id or ARN.",
    "INVALID_PARTITION": "There is no such partition.",
    "INVALID_POLICY_ELEMENT": "There is no such element.",
    "INVALID_PRINCIPAL_FORMAT": "Not the form of a principal.",
    "INVALID_PRINCIPAL_KEY": "There is no such type of principal.",
    "INVALID_REGION": "There is no such Region.",
    "INVALID_SERVICE": "There is no service with this prefix.",
    "INVALID_SERVICE_CONDITION_KEY": "The service has no such condition key.",
    "INVALID_SERVICE_IN_ACTION": "There is no service with this prefix.",
    "INVALID_SERVICE_PRINCIPAL_FORMAT": "Not the form of a service principal.",
    "INVALID_VARIABLE_FOR_OPERATOR": "This operator takes no policy variable.",
    "INVALID_VERSION": "There are two versions of the language.",
    "INVALID_VPCE_FORMAT": "Not the form of a VPC endpoint's id.",
    "INVALID_VPC_FORMAT": "Not the form of a VPC's id.",
    "JSON_SYNTAX_ERROR": "The text is not JSON.",
    "MISMATCHED_ACTION_FOR_PRINCIPAL": "This principal cannot use this action.",
    "MISSING_ACTION": "A statement needs Action or NotAction.",
    "MISSING_ACTION_FOR_CONDITION_KEY": "The key needs an action that is not here.",
    "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY": "Roles Anywhere needs three actions.",
    "MISSING_ARN_ACCOUNT": "This kind of ARN needs an account.",
    "MISSING_ARN_FIELD": "An ARN has six parts.",
    "MISSING_ARN_REGION": "This kind of ARN needs a Region.",
    "MISSING_BRACE_IN_VARIABLE": "A policy variable is not closed.",
    "MISSING_EFFECT": "A statement needs Effect.",
    "MISSING_PRINCIPAL": "A resource-based policy must say whom it means.",
    "MISSING_QUALIFIER": "A key with several values needs ForAllValues or ForAnyValue.",
    "MISSING_QUOTE_IN_VARIABLE": "The default value of a policy variable is quoted.",
    "MISSING_RESOURCE": "A statement needs Resource or NotResource.",
    "MISSING_STATEMENT": "A policy needs Statement.",
    "MISSING_TAG_KEY_IN_CONDITION": "The key of the tag is missing.",
    "NULL_WITH_IF_EXISTS": "Null cannot have IfExists.",
    "POLICY_SIZE_EXCEEDS_RCP_QUOTA": "Too long for a resource control policy.",
    "POLICY_SIZE_EXCEEDS_SCP_QUOTA": "Too long for a service control policy.",
    "PRIVATE_IP_ADDRESS": "aws:SourceIp never holds a private address.",
    "PRIVATE_NOT_IP_ADDRESS": "aws:SourceIp never holds a private address.",
    "RCP_SYNTAX_ERROR_ACTION": "An RCP names actions of the services that it can reach.",
    "RCP_SYNTAX_ERROR_ALLOW": "An RCP only denies.",
    "RCP_SYNTAX_ERROR_NOTACTION": "An RCP has no NotAction.",
    "RCP_SYNTAX_ERROR_PRINCIPAL": 'The Principal of an RCP is "*".',
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL": "A trust policy has no NotPrincipal.",
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE": "A trust policy has no Resource.",
    "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL": "This principal cannot be everybody.",
    "SCP_SYNTAX_ERROR_ACTION_WILDCARD": "A wildcard that SCPs do not take.",
    "SCP_SYNTAX_ERROR_PRINCIPAL": "An SCP names no principal.",
    "TYPE_MISMATCH_IP_RANGE": "Not an IP address or range.",
    "UNIQUE_SIDS_REQUIRED": "A Sid stands twice.",
    "UNSUPPORTED_ACTION_FOR_CONDITION_KEY": "No request for this action has this key.",
    "UNSUPPORTED_ACTION_IN_POLICY": "This resource's policy cannot be about this action.",
    "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": "A service's own call has no such key.",
    "UNSUPPORTED_ELEMENT_COMBINATION": "Two elements that exclude each other.",
    "UNSUPPORTED_GLOBAL_CONDITION_KEY": "AWS has replaced this key.",
    "UNSUPPORTED_PRINCIPAL": "This type of policy names no principal, or not such a one.",
    "UNSUPPORTED_RESOURCE_ARN_IN_POLICY": "This resource's policy cannot be about this resource.",
    "UNSUPPORTED_SID": "A Sid has letters and digits only.",
    "UNSUPPORTED_SPACE_IN_VARIABLE": "A policy variable with a space in it.",
    "UNSUPPORTED_WILDCARD_IN_PRINCIPAL": "A principal has no wildcard, unless it is all of it.",
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": "This element takes no policy variable.",
    "VARIABLE_UNSUPPORTED_IN_VERSION": "Only version 2012-10-17 has policy variables.",
    "VARIABLE_USAGE_TOO_PERMISSIVE": "A variable in a key that tells accounts apart.",
    "WILDCARD_USAGE_TOO_PERMISSIVE": "A wildcard in a key that tells accounts apart.",
}

# How broadly an action is allowed: the ends of twelve codes.
_BROAD = {
    "STAR_IN_RESOURCE": "on every resource",
    "STAR_IN_ACTION_AND_RESOURCE": "by a wildcard, on every resource",
    "STAR_IN_RESOURCE_AND_NOT_ACTION": "by NotAction, on every resource",
    "NOT_RESOURCE": "by NotResource",
    "STAR_IN_ACTION_AND_NOT_RESOURCE": "by a wildcard, and NotResource",
    "NOT_ACTION_AND_NOT_RESOURCE": "by NotAction and NotResource",
}


def _broad(prefix: str, action: str) -> dict[str, str]:
    return {f"{prefix}_WITH_{end}": f"{action} is allowed {how}." for end, how in _BROAD.items()}


_SECURITY_WARNINGS = {
    **_broad("PASS_ROLE", "iam:PassRole"),
    "ALLOW_WITH_NOT_PRINCIPAL": "Everybody but those listed is let in.",
    "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "The Deny has no effect.",
    "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "The Deny has no effect.",
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": "ForAllValues also holds when the key is missing.",
    "FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE": "An audience is a single value.",
    "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL": "Everybody with an account there may come in.",
    "MISSING_GITHUB_REPO_CONDITION_KEY": "Every repository on GitHub may come in.",
    "MISSING_PAIRED_CONDITION_KEYS": "This key says nothing without another.",
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": "The service may come on anybody's behalf.",
    "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS": "A star in StringLike crosses colons.",
    "UNTRUSTWORTHY_CONDITION_KEY": "The caller can write what he likes into this key.",
}

_WARNINGS = {
    **_broad("CREATE_SLR", "iam:CreateServiceLinkedRole"),
    "DEPRECATED_GLOBAL_CONDITION_KEY": "AWS has replaced this key.",
    "INVALID_DATE_VALUE": "A date in seconds since 1970.",
    "INVALID_ROLE_REFERENCE": "The role of this id may be gone.",
    "INVALID_USER_REFERENCE": "The user of this id may be gone.",
    "MISSING_VERSION": "Without Version the language is that of 2008.",
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA": "Too long for a managed policy.",
    "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA": "Too long for this resource's policy.",
    "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA": "Too long for a trust policy.",
    "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY": "The RCP also stops AWS services.",
    "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY": "The RCP also stops other callers.",
    "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK": "The key may be missing.",
    "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED": "A wildcard lets several repositories in.",
    "TYPE_MISMATCH": "This key's values do not fit the operator.",
    "TYPE_MISMATCH_BOOLEAN": "Not true or false.",
    "TYPE_MISMATCH_DATE": "Not a date.",
    "TYPE_MISMATCH_NUMBER": "Not a number.",
    "TYPE_MISMATCH_STRING": "Not base-64 text.",
    "UNIQUE_SIDS_RECOMMENDED": "A Sid stands twice.",
    "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES": "Not every service fills this key.",
    "WILDCARD_WITHOUT_LIKE_OPERATOR": "Here a star is a plain star.",
}

_SUGGESTIONS = {
    "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "The Allow has no effect.",
    "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "The Allow has no effect.",
    "CONFIRM_AUDIENCE_CLAIM_TYPE": "Is the audience one value or several?",
    "EMPTY_ARRAY_ACTION": "An empty list: the statement has no effect.",
    "EMPTY_ARRAY_CONDITION": "An empty list: the condition never holds.",
    "EMPTY_ARRAY_CONDITION_FORALLVALUES": "An empty list: it holds only without the key.",
    "EMPTY_ARRAY_CONDITION_FORANYVALUE": "An empty list: the condition never holds.",
    "EMPTY_ARRAY_CONDITION_IFEXISTS": "An empty list: it holds only without the key.",
    "EMPTY_ARRAY_PRINCIPAL": "An empty list: the statement has no effect.",
    "EMPTY_ARRAY_RESOURCE": "An empty list: the statement has no effect.",
    "EMPTY_OBJECT_CONDITION": "An empty condition holds always.",
    "EMPTY_OBJECT_PRINCIPAL": "An empty object: the statement has no effect.",
    "EMPTY_SID_VALUE": "An empty Sid says nothing.",
    "EQUIVALENT_TO_NULL_FALSE": "Null says the same more plainly.",
    "EQUIVALENT_TO_NULL_TRUE": "Null says the same more plainly.",
    "IMPROVE_IP_RANGE": "The range has bits that do not count.",
    "IRRELEVANT_CONDITION_KEY_IN_POLICY": "This key has no part in such a policy.",
    "NULL_WITH_QUALIFIER": "Null with a set operator is the same for every request.",
    "PRIVATE_IP_ADDRESS_SUBSET": "aws:SourceIp never holds a private address.",
    "PRIVATE_NOT_IP_ADDRESS_SUBSET": "aws:SourceIp never holds a private address.",
    "RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": "Another key says it better.",
    "REDUNDANT_ACTION": "Another value covers this action.",
    "REDUNDANT_CONDITION_VALUE_NUM": "Of several numbers or dates one decides.",
    "REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION": "The value fits whatever the key holds.",
    "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY": "Another principal covers this one.",
    "REDUNDANT_RESOURCE": "Another value covers this resource.",
    "REDUNDANT_STATEMENT": "Another statement says this too.",
    "REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION": "The condition never holds.",
    "WILDCARD_IN_SERVICE_NAME": "A wildcard in the service of an ARN.",
}

# What Access Analyzer has no code for, and learners meet in their first week.
_OWN = {
    "ACTION_WITHOUT_MATCHING_RESOURCE": "The action does not go with any of the resources.",
    "RESOURCE_WITHOUT_MATCHING_ACTION": "No action of the statement goes with this resource.",
    "ACTION_NEEDS_STAR_RESOURCE": 'The action works on no resource: it needs "Resource": "*".',
    "MISPLACED_VARIABLE_IN_RESOURCE": "A variable before the fifth colon voids the statement.",
    "MFA_DENY_SPARES_LONG_TERM_KEYS": "Without MFA the key may be missing, and nothing is denied.",
    "NEGATED_CONDITION_HOLDS_WITHOUT_KEY": "The Allow also holds when the key is missing.",
    "DENY_NEVER_HOLDS_WITHOUT_KEY": "The Deny does not hold when the key is missing.",
}

LEVEL_OF = {
    **dict.fromkeys(_ERRORS, ERROR),
    **dict.fromkeys(_SECURITY_WARNINGS, SECURITY_WARNING),
    **dict.fromkeys(_WARNINGS, WARNING),
    **dict.fromkeys(_SUGGESTIONS, SUGGESTION),
    "ACTION_WITHOUT_MATCHING_RESOURCE": WARNING,
    "RESOURCE_WITHOUT_MATCHING_ACTION": WARNING,
    "ACTION_NEEDS_STAR_RESOURCE": WARNING,
    "MISPLACED_VARIABLE_IN_RESOURCE": ERROR,
    "MFA_DENY_SPARES_LONG_TERM_KEYS": SECURITY_WARNING,
    "NEGATED_CONDITION_HOLDS_WITHOUT_KEY": SECURITY_WARNING,
    "DENY_NEVER_HOLDS_WITHOUT_KEY": SECURITY_WARNING,
}
"""The level of each code."""

MEANING_OF = {**_ERRORS, **_SECURITY_WARNINGS, **_WARNINGS, **_SUGGESTIONS, **_OWN}
"""What each code means, in a sentence."""

OWN = frozenset(_OWN)
"""The codes that Access Analyzer does not have."""

NOT_DONE: dict[str, str] = {
    "SCP_SYNTAX_ERROR_ACTION_WILDCARD": (
        "It is obsolete: since September 2025 an SCP takes wildcards anywhere in an action's name."
    ),
    "USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES": (
        "It needs AWS's list of the services that fill aws:VpceAccount, aws:VpceOrgID and "
        "aws:VpceOrgPaths, which changes and is not in the catalogue."
    ),
}
"""What iamlab does not look for, each with the reason."""


Better = Callable[[], "Policy"]
"""Writes a better policy, once somebody wants it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    Parameters
    ----------
    code
        As IAM Access Analyzer names it; :attr:`is_own` says whether it is iamlab's own.
    path, line, column
        Where it is: JSON path, and the place in the text, counted from 1.
    what
        What is wrong, with the values of this policy.
    mend
        How to mend it.
    better
        Writes the policy with this mended, where that needs no knowledge of what was meant.
    """

    code: str
    path: str
    line: int | None
    column: int | None
    what: str
    mend: str
    better: Better | None = field(default=None, repr=False, compare=False)

    @property
    def level(self) -> str:
        """``ERROR``, ``SECURITY_WARNING``, ``WARNING`` or ``SUGGESTION``."""
        return LEVEL_OF[self.code]

    @property
    def meaning(self) -> str:
        """What the code means wherever it stands."""
        return MEANING_OF[self.code]

    @property
    def is_own(self) -> bool:
        """Whether Access Analyzer has no such code."""
        return self.code in OWN

    @property
    def is_fixable(self) -> bool:
        """Whether :meth:`fix` can mend it."""
        return self.better is not None

    def fix(self) -> Policy:
        """Give the policy with this mended.

        Raises
        ------
        RequestError
            Only a person can say what was meant.
        """
        if self.better is None:
            raise RequestError(f"{self.code} has no mechanical mend. {self.mend}")
        return self.better()

    def to_json(self) -> dict[str, Any]:
        """Give the finding as JSON values, in the field names of ``ValidatePolicy``."""
        return {
            "findingType": self.level,
            "issueCode": self.code,
            "findingDetails": f"{self.what} {self.mend}",
            "locations": [{"path": self.path, "line": self.line, "column": self.column}],
            "fixable": self.is_fixable,
        }

    def __str__(self) -> str:
        place = self.path
        if self.line is not None:
            place += f" (line {self.line}, column {self.column})"
        return f"{self.level} {self.code} at {place}: {self.what} {self.mend}"
