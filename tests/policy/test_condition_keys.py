"""What the keys of conditions are: their types, their arity, and which ones there are."""

import pytest

from iamlab.policy.catalog import PLACEHOLDER, services
from iamlab.policy.condition_keys import (
    GLOBAL_KEYS,
    condition_key,
    condition_keys_of,
    is_multivalued,
    stem,
)

MANY = [
    *("aws:TagKeys", "aws:CalledVia", "aws:PrincipalOrgPaths", "aws:ResourceOrgPaths"),
    *("aws:SourceOrgPaths", "aws:VpceOrgPaths", "aws:PrincipalServiceNamesList"),
    *("sts:TransitiveTagKeys", "sts:IdentityTokenAudience", "sts:RequestContextProviders"),
    "dynamodb:Attributes",
]
ONE = [
    *("aws:username", "aws:PrincipalTag/team", "aws:RequestTag/a", "aws:ResourceTag/a"),
    *("aws:PrincipalOrgID", "aws:CalledViaFirst", "s3:prefix", "sts:ExternalId"),
]
STRANGE = [
    "",
    ":",
    "aws:",
    ":aws",
    "no-colon",
    "../../etc/passwd:x",
    "a/b:c",
    "\0:x",
    "x" * 300,
    "é:ü",
]


@pytest.mark.parametrize("key", MANY)
def test_a_multivalued_key_is_multivalued_in_any_letter_case(key):
    """Key names ignore letter case."""
    assert is_multivalued(key)
    assert is_multivalued(key.upper())


@pytest.mark.parametrize("key", [*ONE, *STRANGE])
def test_every_other_key_holds_one_value(key):
    """What no service declares as a list is single-valued; strange text is not an error."""
    assert not is_multivalued(key)


# Written in any letter case -> how AWS writes it, its type, several values or one.
KEYS = {
    "aws:sourceip": ("aws:SourceIp", "IPAddress", False),
    "AWS:TAGKEYS": ("aws:TagKeys", "String", True),
    "aws:principaltag/Cost Center": ("aws:PrincipalTag/", "String", False),
    "ec2:RoleDelivery": ("ec2:RoleDelivery", "String", False),
    "s3:prefix": ("s3:prefix", "String", False),
    "S3:ExistingObjectTag/team": ("s3:ExistingObjectTag/<key>", "String", False),
    "s3:max-keys": ("s3:max-keys", "Numeric", False),
    "kms:EncryptionContext:project": (
        "kms:EncryptionContext:${EncryptionContextKey}",
        "String",
        False,
    ),
    "dynamodb:LeadingKeys": ("dynamodb:LeadingKeys", "String", True),
    "iam:PermissionsBoundary": ("iam:PermissionsBoundary", "ARN", False),
    "saml:aud": ("saml:aud", "String", False),
    "token.actions.githubusercontent.com:repository": (
        "token.actions.githubusercontent.com:repository",
        "String",
        False,
    ),
    "ec2:ResourceTag/team": ("ec2:ResourceTag/${TagKey}", "String", False),
}
NO_KEYS = [
    *STRANGE,
    *("aws:PrincipalTeam", "aws:PrincipalTag", "aws:PrincipalTag/", "aws:TagKeys/a", "aws:/"),
    *("s3:ExistingObjectTag/", "s3:prefixes", "nothing:prefix", "s3:prefix/a"),
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_found_in_any_letter_case(key):
    """With AWS's own spelling, its type, and whether it may hold several values."""
    found = condition_key(key)

    assert (found.name, found.type, is_multivalued(key)) == KEYS[key]


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_no_service_declares_is_not_a_key(key):
    """A tag's key may be anything, but must be there."""
    assert condition_key(key) is None


def test_every_key_of_every_service_is_found_by_its_own_name():
    """Where a name is to be written, any name will do."""
    lost = []
    for service in services():
        for key in condition_keys_of(service).values():
            found = condition_key(PLACEHOLDER.sub("x", key.name))
            if found is None or (found.name, found.type) != (key.name, key.type):
                lost.append((key.name, found))
    assert [name for name, found in lost if found is None] == []
    # aws: keys and the cross-service keys are in the table of global keys, under the same type.
    assert all(stem(name) in {*map(stem, GLOBAL_KEYS)} for name, _ in lost)
