"""Operations of IAM's API that have no entry, each with the reason.

Notes
-----
AWS page: "IAM API Reference", the list of actions.
"""

_DELEGATION = "Temporary delegation to partners of AWS needs their products."
_TEMPLATES = "Role templates are made by AWS and its partners; there are none here."
_ACCOUNT = "Properties of an account steer consoles of AWS, not access."
_SUMMARIES = "Summaries in words are written by a model of AWS; iamlab's explain() has its own."
_OUTBOUND = "Tokens for services outside of AWS would have to be verified there."
_SIMULATOR = (
    "world.can(), world.what_can() and evaluate() answer it; the simulator's own form is to come."
)
_LAST_ACCESSED = "The world's events tell it; the jobs of AWS's form are to come."
_ROOT = "Root access in member accounts comes with organizations."

NOT_MODELLED = {
    "AcceptDelegationRequest": _DELEGATION,
    "AcquireRole": _TEMPLATES,
    "AssociateDelegationRequest": _DELEGATION,
    "CreateDelegationRequest": _DELEGATION,
    "DisableOrganizationsRootCredentialsManagement": _ROOT,
    "DisableOrganizationsRootSessions": _ROOT,
    "DisableOutboundWebIdentityFederation": _OUTBOUND,
    "EnableOrganizationsRootCredentialsManagement": _ROOT,
    "EnableOrganizationsRootSessions": _ROOT,
    "EnableOutboundWebIdentityFederation": _OUTBOUND,
    "GenerateOrganizationsAccessReport": _LAST_ACCESSED,
    "GenerateServiceLastAccessedDetails": _LAST_ACCESSED,
    "GetAccountProperties": _ACCOUNT,
    "GetContextKeysForCustomPolicy": _SIMULATOR,
    "GetContextKeysForPrincipalPolicy": _SIMULATOR,
    "GetDelegationRequest": _DELEGATION,
    "GetHumanReadableSummary": _SUMMARIES,
    "GetOrganizationsAccessReport": _LAST_ACCESSED,
    "GetOutboundWebIdentityFederationInfo": _OUTBOUND,
    "GetRoleTemplateVersion": _TEMPLATES,
    "GetServiceLastAccessedDetails": _LAST_ACCESSED,
    "GetServiceLastAccessedDetailsWithEntities": _LAST_ACCESSED,
    "ListDelegationRequests": _DELEGATION,
    "ListOrganizationsFeatures": _ROOT,
    "PutAccountProperties": _ACCOUNT,
    "RejectDelegationRequest": _DELEGATION,
    "SendDelegationToken": _DELEGATION,
    "SimulateCustomPolicy": _SIMULATOR,
    "SimulatePrincipalPolicy": _SIMULATOR,
    "UpdateDelegationRequest": _DELEGATION,
}
"""Operation -> why it has no entry, or which part brings it."""
