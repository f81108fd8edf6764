"""What an account has by name: a dictionary, whose ``[...]`` finds names as IAM does."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from iamlab import AwsError, IamLabError, Policy, RequestError, World
from iamlab.model.record import Entities
from tests.policy.documents import trust

ACCOUNT = "111111111111"
NOT_FOUND = {
    "users": "The user with name {} cannot be found.",
    "groups": "The group with name {} cannot be found.",
    "roles": "The role with name {} cannot be found.",
    "policies": "Policy {} does not exist or is not attachable.",
    "resources": "The resource with name {} cannot be found.",
    "buckets": "The bucket with name {} cannot be found.",
    "instance_profiles": "Instance Profile {} cannot be found.",
    "server_certificates": "The Server Certificate with name {} cannot be found.",
    "saml_providers": "Manifest not found for arn {}",
    "oidc_providers": "OpenIDConnect Provider not found for arn {}",
}
READ = Policy.allow("s3:GetObject", "*")


@pytest.fixture
def main() -> Any:
    """Make an account with something of each type."""
    made: Any = World(seed=7).create_account("main", account_id=ACCOUNT)
    made.create_user("ana")
    made.create_group("sky")
    made.create_role("app", assume_role_policy_document=trust({"AWS": "*"}))
    made.create_policy("read", READ)
    made.create_bucket("star-maps")
    made.create_instance_profile("app")
    made.world.create_saml_directory().register(made)
    return made


@pytest.mark.parametrize("attribute", NOT_FOUND)
def test_what_is_missing_is_an_error_of_aws_and_a_key_error(attribute: str, main: Any) -> None:
    """So that ``except KeyError`` works as with any dictionary; the message is never quoted."""
    with pytest.raises(KeyError) as caught:
        getattr(main, attribute)["nowhere"]

    error: Any = caught.value
    assert isinstance(error, AwsError)
    assert isinstance(error, IamLabError)
    assert (error.code, error.http_status) == ("NoSuchEntity", 404)
    assert str(error) == f"NoSuchEntity: {NOT_FOUND[attribute].format('nowhere')}"
    assert len(error.__notes__) == 1


@pytest.mark.parametrize("attribute", ["users", "groups", "roles", "buckets", "instance_profiles"])
def test_a_name_is_found_in_any_case(attribute: str, main: Any) -> None:
    """Only by ``[...]``: the rest is as with any dictionary."""
    held = getattr(main, attribute)
    [(name, entity)] = held.items()

    assert held[name.upper()] is held[name] is entity
    assert name.upper() not in held
    assert held.get(name.upper()) is None
    assert (held, repr(held), list(held)) == ({name: entity}, repr({name: entity}), [name])


def test_a_provider_is_found_by_its_exact_arn(main: Any) -> None:
    """The case of an ARN counts."""
    [arn] = main.saml_providers
    with pytest.raises(KeyError):
        main.saml_providers[arn.upper()]

    assert main.saml_providers[arn].arn == arn


def test_a_policy_is_found_by_arn_by_name_and_as_itself(main: Any) -> None:
    """AWS's policies too, which the account doesn't list."""
    read = main.policies[f"arn:aws:iam::{ACCOUNT}:policy/read"]

    assert read is main.policies["read"] is main.policies[read]
    assert main.policies["ReadOnlyAccess"].arn == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert list(main.policies) == [read.arn]


@pytest.mark.parametrize("document", [{"Version": "2012-10-17"}, READ, None])
def test_a_document_is_not_a_managed_policy(document: Any, main: Any) -> None:
    """The error names the methods for documents."""
    with pytest.raises(RequestError, match="put_policy"):
        main.policies[document]


@pytest.mark.parametrize("how", ["copied", "saved", "copy.deepcopy"])
def test_another_world_finds_names_too(how: str, main: Any, tmp_path: Any) -> None:
    """And the other world's identities, not those of the first."""
    world = main.world
    if how == "saved":
        world.save(tmp_path / "world.json")
        twin = World.load(tmp_path / "world.json")
    else:
        twin = world.copy() if how == "copied" else copy.deepcopy(world)
    account: Any = twin.account("main")
    account.create_user("zoe")

    assert account.users["ANA"].account is account
    assert account.policies["read"].account is account
    assert list(main.users) == ["ana"]
    assert all(isinstance(getattr(account, attribute), Entities) for attribute in NOT_FOUND)


def test_a_renamed_user_is_found_by_the_new_name(main: Any) -> None:
    """And no longer by the old one."""
    ana = main.users["ana"]
    ana.update(new_user_name="anna")
    with pytest.raises(KeyError):
        main.users["ana"]

    assert main.users["Anna"] is ana
