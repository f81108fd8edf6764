"""KMS: keys are created, described and tagged, and get other names.

The modules beside this one have what is about key policies, grants and states.

Notes
-----
AWS pages: "Creating keys"; "Aliases in AWS KMS"; "Tags in AWS KMS"; "API CreateKey".
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.errors import RequestError, did_you_mean
from iamlab.errors.services import (
    AlreadyExistsException,
    InvalidAliasNameException,
    NotFoundException,
    ValidationException,
)
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.registry import Parameters, operation
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.common import check_region, more_tags
from iamlab.operations.services.kms.key import ALIAS, Key, arn_of, find_key, key_of, start_of
from iamlab.operations.services.kms.policies_and_states import (
    bypass_of,
    check_not_pending,
    default_policy,
    key_policy,
)

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.registry import Pairs

_RSA = ("RSA_2048", "RSA_3072", "RSA_4096")
_NIST = ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521")
SPECS = {
    "ENCRYPT_DECRYPT": ("SYMMETRIC_DEFAULT", *_RSA, "SM2"),
    "SIGN_VERIFY": (
        *(*_RSA, *_NIST, "ECC_SECG_P256K1", "ECC_NIST_EDWARDS25519", "SM2"),
        *("ML_DSA_44", "ML_DSA_65", "ML_DSA_87"),
    ),
    "GENERATE_VERIFY_MAC": ("HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"),
    "KEY_AGREEMENT": (*_NIST, "SM2"),
    "ENCAPSULATE_DECAPSULATE": ("ML_KEM_512", "ML_KEM_768", "ML_KEM_1024"),
}
"""What a key is for -> the kinds of key that can be."""

_ALIAS_NAME = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}", re.ASCII)


# -- keys -----------------------------------------------------------------------------------------


def _all(_: Account, __: Parameters) -> str:
    return "*"  # there is no key yet whose policy could be asked


def _also(account: Account, given: Parameters) -> list[tuple[str, str]]:
    return [("kms:TagResource", _all(account, given))] if tags_of(given) else []


def _keys_of_creating(account: Account, given: Parameters) -> dict[str, Any]:
    return {
        **bypass_of(account, given),
        "kms:KeyUsage": given.get("KeyUsage", "ENCRYPT_DECRYPT"),
        "kms:KeySpec": given.get("KeySpec", "SYMMETRIC_DEFAULT"),
        "kms:KeyOrigin": "AWS_KMS",
    }


def _as_metadata(key: Key) -> dict[str, Any]:
    return {
        "KeyMetadata": {
            "AWSAccountId": key.account.account_id,
            "KeyId": key.key_id,
            "Arn": key.arn,
            "Enabled": key.key_state == "Enabled",
            "Description": key.description,
            "KeyUsage": key.key_usage,
            "KeyState": key.key_state,
            "Origin": "AWS_KMS",
            "KeyManager": key.key_manager,
            "KeySpec": key.key_spec,
            **({"DeletionDate": key.deletion_date} if key.deletion_date else {}),
        }
    }


# Region is none of the API's parameters: a client has it.
@operation(
    "kms:CreateKey", _all, answer=_as_metadata, also=_also, keys=_keys_of_creating, by_whom=True
)
def create_key(account: Account, given: Parameters, caller: Caller) -> Key:
    """Make a key; without a policy it gets the default one, which nobody is locked out by."""
    usage, spec = _kind(given)
    check_region(given)
    tags = more_tags(given, {}, ValidationException)
    region, ids = given.get("Region", DEFAULT_REGION), account.world.ids
    # The id is looked at on a copy: it is drawn only when nothing can fail any more.
    key = Key(
        account,
        f"{start_of(account, region)}:key/{replace(ids).uuid()}",
        tags,
        description=given.get("Description", ""),
        key_usage=usage,
        key_spec=spec,
    )
    if "Policy" in given:
        bypass = given.get("BypassPolicyLockoutSafetyCheck", False)
        key.policy = key_policy(given["Policy"], key, caller, bypass=bypass)
    else:
        key.policy = resource_policy(default_policy(account.root_arn), key, "kms")
    ids.uuid()
    account.resources[key.arn] = key
    account.changed()
    return key


def _kind(given: Parameters) -> tuple[str, str]:
    """Give what a new key is for and of which kind it is.

    Raises
    ------
    RequestError
        There is no such use, or no such kind for it.
    """
    usage = given.get("KeyUsage", "ENCRYPT_DECRYPT")
    spec = given.get("KeySpec", "SYMMETRIC_DEFAULT")
    if usage not in SPECS:
        raise RequestError(f"There is no KeyUsage {usage!r}. {did_you_mean(usage, SPECS)}")
    known = {one for specs in SPECS.values() for one in specs}
    if spec not in known:
        raise RequestError(f"There is no KeySpec {spec!r}. {did_you_mean(spec, known)}")
    if spec not in SPECS[usage]:
        raise ValidationException(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return usage, spec


@operation("kms:DescribeKey", arn_of, answer=_as_metadata)
def describe_key(account: Account, given: Parameters) -> Key:
    """Say what a key is."""
    return key_of(account, given)


def _as_keys(keys: list[Key]) -> dict[str, Any]:
    return {"Keys": [{"KeyId": key.key_id, "KeyArn": key.arn} for key in keys]}


@operation("kms:ListKeys", _all, answer=_as_keys)
def list_keys(account: Account, given: Parameters) -> list[Key]:
    """List an account's keys in a Region."""
    region = given.get("Region", DEFAULT_REGION)
    every = account.resources.values()
    return [one for one in every if isinstance(one, Key) and one.region == region]


# -- tags -----------------------------------------------------------------------------------------


@operation("kms:TagResource", arn_of)
def tag_resource(account: Account, given: Parameters) -> None:
    """Set tags of a key."""
    key = key_of(account, given)
    check_not_pending(key)
    key.tags = more_tags(given, key.tags, ValidationException)
    account.changed()


@operation("kms:UntagResource", arn_of)
def untag_resource(account: Account, given: Parameters) -> None:
    """Take tags of a key away."""
    key, gone = key_of(account, given), given["TagKeys"]
    check_not_pending(key)
    key.tags = {name: value for name, value in key.tags.items() if name not in gone}
    account.changed()


def _as_tags(tags: dict[str, str]) -> dict[str, Any]:
    return {"Tags": [{"TagKey": name, "TagValue": value} for name, value in tags.items()]}


@operation("kms:ListResourceTags", arn_of, answer=_as_tags)
def list_resource_tags(account: Account, given: Parameters) -> dict[str, str]:
    """Read a key's tags."""
    return key_of(account, given).tags


# -- aliases: permission is needed for alias and key, of which only the key has a policy -----------


def _alias_arn(account: Account, given: Parameters) -> str:
    region = given.get("Region", DEFAULT_REGION)
    return f"{start_of(account, region)}:{given.get('AliasName', '')}"


def _target(account: Account, given: Parameters) -> str:
    """Give the ARN of the key behind an alias that is made, or that is there."""
    named = given.get("TargetKeyId", given.get("AliasName"))
    return arn_of(account, {**given, "KeyId": named})


def _on_key_too(action: str) -> Pairs:
    def also(account: Account, given: Parameters) -> list[tuple[str, str]]:
        return [(f"kms:{action}", _target(account, given))]

    return also


@operation("kms:CreateAlias", _alias_arn, also=_on_key_too("CreateAlias"))
def create_alias(account: Account, given: Parameters) -> None:
    """Give a key another name, unique in the account and Region."""
    name = given["AliasName"]
    if not _ALIAS_NAME.fullmatch(name):
        raise InvalidAliasNameException(
            f"An alias is {ALIAS} and letters, digits, /, _ and -, not {name}."
        )
    if name.startswith(f"{ALIAS}aws/"):
        raise InvalidAliasNameException(f"Aliases that begin with {ALIAS}aws/ are reserved.")
    arn = _alias_arn(account, given)
    if find_key(account, arn) is not None:
        raise AlreadyExistsException(f"An alias with the name {arn} already exists")
    key = key_of(account, {**given, "KeyId": given["TargetKeyId"]})
    check_not_pending(key)
    key.aliases = [*key.aliases, name]
    account.changed()


@operation("kms:DeleteAlias", _alias_arn, also=_on_key_too("DeleteAlias"))
def delete_alias(account: Account, given: Parameters) -> None:
    """Take a name away."""
    arn = _alias_arn(account, given)
    key = find_key(account, arn)
    if key is None:
        raise NotFoundException(f"Alias {arn} is not found.")
    key.aliases = [name for name in key.aliases if name != given["AliasName"]]
    account.changed()
