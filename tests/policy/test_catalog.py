"""Arity belongs to the key."""

import pytest

from iamlab.policy.condition_keys import is_multivalued

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
    """What no service declares as a list is single-valued; strange text is no error."""
    assert not is_multivalued(key)
