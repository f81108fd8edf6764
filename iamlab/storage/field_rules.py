"""What must be true of the value of one field: names, ARNs, words, limits.

What must be true between several things is in ``checks.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from iamlab.errors import did_you_mean
from iamlab.model.credentials import HARDWARE, PASSKEY, VIRTUAL
from iamlab.model.managed_policies import PARTITIONS
from iamlab.model.organization.policies import TYPES
from iamlab.model.organization.root_features import FEATURES
from iamlab.model.quotas import QUOTAS, SESSION_SECONDS, is_account_id, is_name, is_path
from iamlab.model.user_credentials import ACTIVE, EXPIRED
from iamlab.policy.arn import Arn, is_arn
from iamlab.storage.problems import member, shown

Found = Iterator[tuple[str, str]]
"""What is wrong: where below the field, and a sentence."""

Rule = Callable[[Any], Found]

_ISSUER = re.compile(r"https://[0-9a-z-]+\.tokens\.sts\.global\.api\.aws", re.ASCII)


def rule_for(cls: type, field: str) -> Rule | None:
    """Give the rule for a field of a class; that of the nearest class counts.

    Examples
    --------
    >>> from iamlab.model.identities import User
    >>> list(rule_for(User, "path")("sky"))
    [('', "'sky' is no path: it must begin and end with a slash.")]
    """
    labels = (f"{base.__name__}.{field}" for base in cls.__mro__)
    return next((RULES[label] for label in labels if label in RULES), None)


def _name(value: str) -> Found:
    if not is_name(value):
        yield "", f"{shown(value)} is no name: IAM's names have A-Z a-z 0-9 _ + = , . @ - only."


def _path(value: str) -> Found:
    if not is_path(value):
        yield "", f"{shown(value)} is no path: it must begin and end with a slash."


def _account_id(value: str) -> Found:
    if not is_account_id(value):
        yield "", f"{shown(value)} is no account id: write 12 digits."


def _arn(value: str) -> Found:
    if not is_arn(value):
        yield "", f"{shown(value)} is no ARN: arn:partition:service:region:account:resource."


def _policy_arn(value: str | None) -> Found:
    if value is None:
        return
    arn = Arn.parse(value) if is_arn(value) else None
    if arn is None or (arn.service, arn.kind) != ("iam", "policy"):
        yield "", f"{shown(value)} is not the ARN of a managed policy."


def _issuer(value: str) -> Found:
    if value and not _ISSUER.fullmatch(value):
        yield "", f"{shown(value)} is no issuer: https://....tokens.sts.global.api.aws."


def _each(rule: Rule) -> Rule:
    def of_all(value: list[str]) -> Found:
        for number, item in enumerate(value):
            for below, what in rule(item):
                yield f"[{number}]{below}", what

    return of_all


def _keys(rule: Rule) -> Rule:
    def of_keys(value: dict[str, Any]) -> Found:
        for key in value:
            for _, what in rule(key):
                yield member("", key), what

    return of_keys


def _word(*known: str) -> Rule:
    def of_word(value: str) -> Found:
        if value not in known:
            yield "", f"It must be {' or '.join(known)}, not {shown(value)}."

    return of_word


def _within(least: int, most: int) -> Rule:
    def of_number(value: int | None) -> Found:
        if value is not None and not least <= value <= most:
            yield "", f"It must be {least} to {most}."

    return of_number


def _keyed(name: str) -> Rule:
    """Insist that things stand under their own names, or ARNs, or ids."""

    def of_things(value: dict[str, Any]) -> Found:
        for key, thing in value.items():
            own = getattr(thing, name, key)  # it may lack what makes an ARN; that has been noted
            if own != key:
                yield member("", key), f"What stands here has the {name} {shown(own)}."

    return of_things


def _named(value: dict[str, Any]) -> Found:
    """Insist on own names, which differ in more than their letter case."""
    yield from _keyed("name")(value)
    seen: dict[str, str] = {}
    for key in value:
        other = seen.setdefault(key.lower(), key)
        if other != key:
            yield member("", key), f"{other} has the same name in another letter case."


def _quotas(value: dict[str, int]) -> Found:
    for name, most in value.items():
        if name not in QUOTAS:
            yield member("", name), f"There is no such quota. {did_you_mean(name[:100], QUOTAS)}"
        elif most < 0:
            yield member("", name), "It must not be negative."


TAKE_PASSWORDS = tuple(
    f"{name}.amazonaws.com" for name in ("codecommit", "cassandra", "bedrock", "logs")
)
"""The services for which a user may have a password or API key; a test compares."""

_STATUS = _word(ACTIVE, "Inactive")
_COUNT = _within(0, 2**53)

RULES: dict[str, Rule] = {
    "Account.account_id": _account_id,
    "Account.global_endpoint_token_version": _within(1, 2),
    "Account.groups": _named,
    "Account.instance_profiles": _named,
    "Account.last_accessed_jobs": _keyed("job_id"),
    "Account.mfa_records": _keyed("serial_number"),
    "Account.oidc_providers": _keyed("arn"),
    "Account.outbound_federation": _issuer,
    "Account.partition": _word(*PARTITIONS),
    "Account.policies": _keyed("arn"),
    "Account.quotas": _quotas,
    "Account.resources": _keyed("arn"),
    "Account.roles": _named,
    "Account.saml_providers": _keyed("arn"),
    "Account.server_certificates": _named,
    "Account.users": _named,
    "Bounded.boundary": _policy_arn,
    "Contents.accounts": _keyed("account_id"),
    "Contents.identity_centers": _keyed("arn"),
    "Contents.organizations": _keyed("id"),
    "Contents.oidc_issuers": _keyed("url"),
    "Contents.resource_policies": _keys(_arn),
    "Contents.saml_directories": _keyed("entity_id"),
    "Contents.sessions": _keyed("access_key_id"),
    "Event.event_category": _word("Management", "Data", "NetworkActivity", "Insight"),
    "Identity.attached": _each(_policy_arn),
    "Identity.inline": _keys(_name),
    "Identity.name": _name,
    "IamResource.path": _path,
    "Identity.path": _path,
    "IdentityCenter.groups": _keyed("id"),
    "IdentityCenter.permission_sets": _keyed("id"),
    "IdentityCenter.users": _keyed("id"),
    "Ids.events": _COUNT,
    "Ids.made": _COUNT,
    "InstanceProfile.name": _name,
    "Job.asked": _COUNT,
    "KeyRecord.status": _STATUS,
    "LoginProfile.max_signin_session_duration": _within(3600, 7_776_000),
    "ManagedPolicy.arn": _policy_arn,
    "ManagedPolicy.newest": _COUNT,
    "ManagedPolicy.path": _path,
    "MfaRecord.kind": _word(VIRTUAL, HARDWARE, PASSKEY),
    "MfaRecord.number": _COUNT,
    "Organization.feature_set": _word("ALL", "CONSOLIDATED_BILLING"),
    "Organization.handshakes": _keyed("id"),
    "Organization.members": _keyed("id"),
    "Organization.organizational_units": _keyed("id"),
    "Organization.policies": _keyed("id"),
    "Organization.root_features": _each(_word(*FEATURES)),
    "OrganizationPolicy.type": _word(*TYPES),
    "PasswordPolicy.max_password_age": _within(0, 1095),
    "PasswordPolicy.minimum_password_length": _within(6, 128),
    "PasswordPolicy.password_reuse_prevention": _within(0, 24),
    "Resource.arn": _arn,
    "Role.max_session_duration": _within(*SESSION_SECONDS),
    "RootUser.key_records": _keyed("access_key_id"),
    "SAMLProvider.name": _name,
    "SSHPublicKey.status": _STATUS,
    "ServerCertificate.name": _name,
    "ServiceSpecificCredential.service_name": _word(*TAKE_PASSWORDS),
    "ServiceSpecificCredential.status": _word(ACTIVE, "Inactive", EXPIRED),
    "SigningCertificate.status": _STATUS,
    "SamlDirectory.users": _keyed("name"),
    "SessionRecord.arn": _arn,
    "SessionRecord.issuer_arn": _arn,
    "SessionRecord.packed": _COUNT,
    "SessionRecord.token_bytes": _within(0, 4096),
    "User.key_records": _keyed("access_key_id"),
    "User.service_specific_credentials": _keyed("service_specific_credential_id"),
    "User.signing_certificates": _keyed("certificate_id"),
    "User.ssh_public_keys": _keyed("ssh_public_key_id"),
}
"""Class and field -> its rule; of a class below that class too."""
