"""Operations of IAM's API that have no entry, each with the reason.

Notes
-----
AWS page: "IAM API Reference", the list of actions.
"""

_DELEGATION = "Temporary delegation to partners of AWS needs their products."
_TEMPLATES = "Role templates are made by AWS and its partners; there are none here."
_SUMMARIES = "Summaries in words are written by a model of AWS; iamlab's explain() has its own."
_LAST_ACCESSED = "Not as AWS's jobs: the world's events tell who used what."

NOT_MODELLED = {
    "AcceptDelegationRequest": _DELEGATION,
    "AcquireRole": _TEMPLATES,
    "AssociateDelegationRequest": _DELEGATION,
    "CreateDelegationRequest": _DELEGATION,
    "GenerateOrganizationsAccessReport": _LAST_ACCESSED,
    "GenerateServiceLastAccessedDetails": _LAST_ACCESSED,
    "GetDelegationRequest": _DELEGATION,
    "GetHumanReadableSummary": _SUMMARIES,
    "GetOrganizationsAccessReport": _LAST_ACCESSED,
    "GetRoleTemplateVersion": _TEMPLATES,
    "GetServiceLastAccessedDetails": _LAST_ACCESSED,
    "GetServiceLastAccessedDetailsWithEntities": _LAST_ACCESSED,
    "ListDelegationRequests": _DELEGATION,
    "RejectDelegationRequest": _DELEGATION,
    "SendDelegationToken": _DELEGATION,
    "UpdateDelegationRequest": _DELEGATION,
}
"""Operation -> why it has no entry."""
