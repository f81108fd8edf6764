"""Questions that AWS's pages leave open, with a switch for iamlab's assumption about each.

A switch is a constant of this module. If you know that AWS differs, change it here. The test that
it names shows what else changes. docs/open-questions.md shows the switches as a table.

>>> FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY, SWITCHES[-1].taken
(False, True)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """An open question.

    Parameters
    ----------
    name
        The constant.
    taken
        Its value: whether iamlab assumes this.
    says
        The assumption if the switch is true.
    because
        The reason for iamlab's choice, and the AWS page.
    test
        The test that proves it.
    """

    name: str
    taken: bool
    says: str
    because: str
    test: str


_TABLE: list[Switch] = []


def _switch(name: str, says: str, because: str, test: str, *, taken: bool) -> bool:
    _TABLE.append(Switch(name, taken, says, because, test))
    return taken


DENY_STOPS_GET_SESSION_TOKEN = _switch(
    "DENY_STOPS_GET_SESSION_TOKEN",
    "An explicit deny denies sts:GetSessionToken, which needs no Allow.",
    '"Permissions for GetSessionToken" says that policies have no effect on it, but AWS\'s '
    "quarantine policies deny it.",
    "test_an_explicit_deny_stops_get_session_token",
    taken=True,
)
SCOPED_CREDENTIALS_NEED_NO_ALLOW = _switch(
    "SCOPED_CREDENTIALS_NEED_NO_ALLOW",
    "sts:GetScopedCredentials needs no Allow, but an explicit deny denies it.",
    '"API GetScopedCredentials" names no permission, and the call can only reduce access.',
    "test_scoped_credentials_need_no_allow",
    taken=True,
)
DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT = _switch(
    "DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT",
    "Deny with NotPrincipal matches a listed user if the user's account isn't listed too.",
    '"AWS JSON policy elements: NotPrincipal" says that it depends on the service.',
    "test_not_principal_spares_a_user_who_is_listed_without_his_account",
    taken=False,
)
ARN_PATTERN_MAY_BE_SHORT = _switch(
    "ARN_PATTERN_MAY_BE_SHORT",
    "ArnLike with fewer than six parts, such as *, also matches the missing parts.",
    '"Condition operators" compares each of the six parts.',
    "test_an_arn_condition_with_fewer_than_six_parts_matches_nothing",
    taken=False,
)
NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES = _switch(
    "NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES",
    "NotResource with a variable without a value exempts nothing, so its statement matches.",
    'This follows from "Variables and tags", which also says that the whole statement can be void.',
    "test_not_resource_with_an_unknown_variable_spares_nothing",
    taken=True,
)
EMPTY_LIST_FITS_NEGATED = _switch(
    "EMPTY_LIST_FITS_NEGATED",
    "A negated operator matches an empty list of values.",
    'The check reference of "IAM Access Analyzer" is unclear for operators without IfExists.',
    "test_a_negated_operator_fits_an_empty_list",
    taken=True,
)
MULTIVALUED_KEY_NEEDS_SET_OPERATOR = _switch(
    "MULTIVALUED_KEY_NEEDS_SET_OPERATOR",
    "A multivalued key never matches without ForAllValues or ForAnyValue, not even negated.",
    "Two independent implementers cite AWS. The pages only call it an error.",
    "test_a_multivalued_key_never_fits_without_a_set_operator",
    taken=True,
)
VARIABLES_WORK_IN_BOOL = _switch(
    "VARIABLES_WORK_IN_BOOL",
    "Variables are substituted in the values of Bool.",
    '"Variables and tags" and the check reference say no. "Condition operators" says yes.',
    "test_variables_are_plain_text_in_bool",
    taken=False,
)
DENY_MAKES_A_BUCKET_POLICY_PRIVATE = _switch(
    "DENY_MAKES_A_BUCKET_POLICY_PRIVATE",
    "A bucket policy isn't public if it has a Deny for everybody except fixed principals.",
    '"Blocking public access" describes only Allow statements.',
    "test_a_deny_does_not_make_a_policy_private",
    taken=False,
)
NEWER_KEYS_PIN_A_BUCKET_POLICY = _switch(
    "NEWER_KEYS_PIN_A_BUCKET_POLICY",
    "aws:VpceOrgID, VpceAccount, SourceOrgID, PrincipalOrgPaths, SourceVpcArn count as fixed.",
    '"Blocking public access" doesn\'t list them.',
    "test_newer_keys_do_not_pin_a_bucket_policy",
    taken=False,
)
RCPS_APPLY_WITHOUT_RESOURCE = _switch(
    "RCPS_APPLY_WITHOUT_RESOURCE",
    "For an action without resource types, the RCPs of the caller's own account apply.",
    "\"Resource control policies\" doesn't exempt such actions. A denial that AWS doesn't make is "
    "noticed sooner than an access that it allows.",
    "test_rcps_apply_to_calls_without_a_resource",
    taken=True,
)
TRUST_DENIALS_GIVE_A_REASON = _switch(
    "TRUST_DENIALS_GIVE_A_REASON",
    "If the role trust policy doesn't allow sts:AssumeRole, the error names it.",
    '"Troubleshoot access denied error messages" has such forms, but published errors name only '
    "the policies of the caller's side.",
    "test_a_trust_policy_that_refuses_is_not_named",
    taken=False,
)
FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY = _switch(
    "FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY",
    "ForAnyValue with IfExists matches a request without the key.",
    '"Condition operators" says so for IfExists in general. Two implementers report the opposite.',
    "test_for_any_value_with_if_exists_needs_the_key",
    taken=False,
)

ROLE_SESSIONS_CARRY_MFA = _switch(
    "ROLE_SESSIONS_CARRY_MFA",
    "If AssumeRole is called with an MFA code, the session has aws:MultiFactorAuthPresent true.",
    '"Secure API access with MFA" says that credentials of AssumeRole don\'t include MFA. '
    '"AWS global condition context keys" doesn\'t mention codes in AssumeRole.',
    "test_a_role_session_does_not_carry_mfa",
    taken=False,
)
FEDERATION_KEYS_STAY = _switch(
    "FEDERATION_KEYS_STAY",
    "A federated role session keeps aud, sub and amr of its token (saml:sub, sub_type, "
    "namequalifier) as condition keys.",
    '"IAM and AWS STS condition context keys" lists them as keys of the session for some '
    "providers.",
    "test_a_federated_session_keeps_the_keys_of_its_subject",
    taken=True,
)
SCOPED_CREDENTIALS_KEEP_THE_ISSUE_TIME = _switch(
    "SCOPED_CREDENTIALS_KEEP_THE_ISSUE_TIME",
    "Scoped credentials have the aws:TokenIssueTime of the session that they are made from.",
    '"API GetScopedCredentials": the session is the same. So if you revoke it by its issue time, '
    "you revoke them too.",
    "test_scoped_credentials_are_revoked_with_their_session",
    taken=True,
)

SWITCHES = tuple(_TABLE)
"""All switches, for the docs."""
