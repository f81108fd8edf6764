"""Operations of IAM's API that have no entry, each with the reason.

Notes
-----
AWS page: "IAM API Reference", the list of actions.
"""

_DELEGATION = "Temporary delegation to partners of AWS needs their products."
_TEMPLATES = "Role templates are made by AWS and its partners; there are none here."
_SUMMARIES = "Summaries in words are written by a model of AWS; iamlab's explain() has its own."

NOT_MODELLED = {
    "AcceptDelegationRequest": _DELEGATION,
    "AcquireRole": _TEMPLATES,
    "AssociateDelegationRequest": _DELEGATION,
    "CreateDelegationRequest": _DELEGATION,
    "GetDelegationRequest": _DELEGATION,
    "GetHumanReadableSummary": _SUMMARIES,
    "GetRoleTemplateVersion": _TEMPLATES,
    "ListDelegationRequests": _DELEGATION,
    "RejectDelegationRequest": _DELEGATION,
    "SendDelegationToken": _DELEGATION,
    "UpdateDelegationRequest": _DELEGATION,
}
"""Operation -> why it has no entry."""
