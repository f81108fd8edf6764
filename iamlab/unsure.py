"""What AWS's pages leave open, and the way that iamlab takes: one named switch each.

A switch is a constant of this module. Whoever learns that AWS does otherwise turns it here, and
the test that it names says what else that changes. docs/open-questions.md shows them as a table.

>>> FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY, SWITCHES[-1].taken
(False, True)
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question.

    Parameters
    ----------
    name
        The constant.
    taken
        Its value: the way that is taken.
    says
        What is so when it is true.
    because
        What speaks for the way that is taken, and the AWS page.
    test
        The test that states it.
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
    "An explicit deny stops sts:GetSessionToken, which needs no Allow.",
    '"Permissions for GetSessionToken" says that policies have no effect on it; AWS\'s own '
    "quarantine policies deny it.",
    "test_an_explicit_deny_stops_get_session_token",
    taken=True,
)
SCOPED_CREDENTIALS_NEED_NO_ALLOW = _switch(
    "SCOPED_CREDENTIALS_NEED_NO_ALLOW",
    "sts:GetScopedCredentials needs no Allow; an explicit deny stops it.",
    '"API GetScopedCredentials" names no permission, and the call can only take away.',
    "test_scoped_credentials_need_no_allow",
    taken=True,
)
DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT = _switch(
    "DENY_NOT_PRINCIPAL_HITS_WHO_IS_LISTED_WITHOUT_ACCOUNT",
    "Deny with NotPrincipal hits even a listed user if his account is not listed too.",
    '"AWS JSON policy elements: NotPrincipal" says that it depends on the service.',
    "test_not_principal_spares_a_user_who_is_listed_without_his_account",
    taken=False,
)
ARN_PATTERN_MAY_BE_SHORT = _switch(
    "ARN_PATTERN_MAY_BE_SHORT",
    "ArnLike with fewer than six parts, such as a lone star, covers what may follow.",
    '"Condition operators" compares six parts one by one.',
    "test_an_arn_condition_with_fewer_than_six_parts_matches_nothing",
    taken=False,
)
NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES = _switch(
    "NOT_RESOURCE_WITH_UNKNOWN_VARIABLE_APPLIES",
    "NotResource whose variable has no value spares nothing, so its statement applies.",
    '"Variables and tags" says this by its logic, and elsewhere that the whole statement may be '
    "void.",
    "test_not_resource_with_an_unknown_variable_spares_nothing",
    taken=True,
)
EMPTY_LIST_FITS_NEGATED = _switch(
    "EMPTY_LIST_FITS_NEGATED",
    "A negated operator with an empty list of values fits: the value is none of them.",
    'The check reference of "IAM Access Analyzer" is unclear for operators without IfExists.',
    "test_a_negated_operator_fits_an_empty_list",
    taken=True,
)
MULTIVALUED_KEY_NEEDS_SET_OPERATOR = _switch(
    "MULTIVALUED_KEY_NEEDS_SET_OPERATOR",
    "A multivalued key never fits without ForAllValues or ForAnyValue, not even negated.",
    "Two independent implementers cite AWS; the pages only call it an error.",
    "test_a_multivalued_key_never_fits_without_a_set_operator",
    taken=True,
)
VARIABLES_WORK_IN_BOOL = _switch(
    "VARIABLES_WORK_IN_BOOL",
    "Variables are substituted in the values of Bool.",
    '"Variables and tags" and the check reference say no, "Condition operators" says yes.',
    "test_variables_are_plain_text_in_bool",
    taken=False,
)
DENY_MAKES_A_BUCKET_POLICY_PRIVATE = _switch(
    "DENY_MAKES_A_BUCKET_POLICY_PRIVATE",
    "A Deny for everybody but fixed principals keeps a bucket policy from being public.",
    '"Blocking public access" speaks of Allow statements only.',
    "test_a_deny_does_not_make_a_policy_private",
    taken=False,
)
NEWER_KEYS_PIN_A_BUCKET_POLICY = _switch(
    "NEWER_KEYS_PIN_A_BUCKET_POLICY",
    "aws:VpceOrgID, VpceAccount, SourceOrgID, PrincipalOrgPaths, SourceVpcArn count as fixed.",
    '"Blocking public access" does not list them.',
    "test_newer_keys_do_not_pin_a_bucket_policy",
    taken=False,
)
GATEWAY_ENDPOINT_ADMITS_ONLY_ROOT_BY_ACCOUNT = _switch(
    "GATEWAY_ENDPOINT_ADMITS_ONLY_ROOT_BY_ACCOUNT",
    "For S3 and DynamoDB, an endpoint policy that names an account admits only its root user.",
    '"Control access to VPC endpoints" says so of gateway endpoints; a policy does not show '
    "which kind it is for.",
    "test_an_account_in_a_gateway_endpoint_policy_is_its_root_user",
    taken=True,
)
TRUST_DENIALS_GIVE_A_REASON = _switch(
    "TRUST_DENIALS_GIVE_A_REASON",
    "A refused sts:AssumeRole says which policy refused.",
    '"Troubleshoot access denied error messages" has the forms; published denials never do.',
    "test_a_refused_assume_role_gives_no_reason",
    taken=False,
)
FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY = _switch(
    "FOR_ANY_VALUE_IF_EXISTS_FITS_WITHOUT_KEY",
    "ForAnyValue with IfExists fits a request without the key.",
    '"Condition operators" says it of IfExists in general; two implementers report the opposite.',
    "test_for_any_value_with_if_exists_needs_the_key",
    taken=False,
)
FORWARDED_CALLS_KEEP_THE_NETWORK = _switch(
    "FORWARDED_CALLS_KEEP_THE_NETWORK",
    "A call that a service makes for a principal has the address, VPC and endpoint of his own.",
    '"AWS: Denies access to AWS based on the source IP" says that forward access sessions keep the '
    "requester's address; of VPCs and endpoints it does not speak.",
    "test_a_forwarded_call_keeps_its_network",
    taken=True,
)
ENDPOINT_OWNER_KEYS_COME_WITH_EVERY_SERVICE = _switch(
    "ENDPOINT_OWNER_KEYS_COME_WITH_EVERY_SERVICE",
    "aws:VpceAccount, VpceOrgID and VpceOrgPaths are there whatever service is called.",
    '"AWS global condition context keys" says that some services support them, and the list grows.',
    "test_the_owner_of_an_endpoint_is_told_to_every_service",
    taken=True,
)

ROLE_SESSIONS_CARRY_MFA = _switch(
    "ROLE_SESSIONS_CARRY_MFA",
    "A role session that was asked for with an MFA code has aws:MultiFactorAuthPresent true.",
    '"Secure API access with MFA" says that credentials of AssumeRole hold nothing of MFA; '
    '"AWS global condition context keys" is silent about codes sent with AssumeRole.',
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
    '"API GetScopedCredentials": the session is the same one; so to revoke it by its issue time '
    "reaches them too.",
    "test_scoped_credentials_are_revoked_with_their_session",
    taken=True,
)

SWITCHES = tuple(_TABLE)
"""All of them, for the docs."""
