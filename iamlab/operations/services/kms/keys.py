"""KMS: create and describe keys, set policies and aliases, enable and disable keys.

Permission and state are separate: a disabled key can't be used, even if every policy allows it.
Operations here check the state; ``World.can`` checks only permissions.

Notes
-----
AWS pages: "Creating keys"; "Aliases in AWS KMS"; "Tags in AWS KMS"; "API CreateKey"; "Key policies
in AWS KMS"; "Default key policy"; "API PutKeyPolicy"; "Key states of AWS KMS keys"; "AWS managed
keys".
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.authorization.resource import account_statement
from iamlab.errors import RequestError, noted
from iamlab.errors.services import (
    AlreadyExistsException,
    InvalidAliasNameException,
    KMSInvalidStateException,
    MalformedPolicyDocumentException,
    NotFoundException,
    ValidationException,
)
from iamlab.operations.parameter_checks import unlisted
from iamlab.operations.resource_policies import check_not_locked_out, resource_policy
from iamlab.operations.services.apis import keep
from iamlab.operations.services.kms.key import ALIAS, API, FACTS, PENDING, Key, find_key, words
from iamlab.operations.services.names_and_tags import check_region, everything, region_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

SPECS = {usage: words(row["specs"]) for usage, row in FACTS["usages"].items()}
"""Key usage -> the possible key specs."""

_ALIAS_NAME = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}", re.ASCII)


# -- keys -----------------------------------------------------------------------------------------


# A new key has no policy yet. Region is a parameter of clients, not of the API.
@API.does("CreateKey", about=everything, by_whom=True)
def create_key(account: Account, arguments: Parameters, caller: Caller) -> Key:
    """Create a key; by default with the default key policy, which locks nobody out."""
    usage, spec = _kind(arguments)
    check_region(arguments)
    tags, ids = API.tags(arguments), account.world.ids
    # The id is previewed on a copy, and taken only after all checks.
    arn = API.arn(account, f"key/{replace(ids).uuid()}", region_of(arguments))
    key = Key(account, arn, tags, description=arguments.get("Description", ""))
    key.key_usage, key.key_spec = usage, spec
    if "Policy" in arguments:
        _set_policy(key, arguments, caller)
    else:
        key.policy = resource_policy(default_policy(account.root_arn), key)
    ids.uuid()
    return keep(key)


def _kind(arguments: Parameters) -> tuple[str, str]:
    """Return usage and spec of a new key.

    Raises
    ------
    ValidationException
        There is no such usage, or it doesn't have such a spec.
    """
    usage = arguments.get("KeyUsage", "ENCRYPT_DECRYPT")
    spec = arguments.get("KeySpec", "SYMMETRIC_DEFAULT")
    if usage not in SPECS:
        raise unlisted(usage, "keyUsage", SPECS)
    known = dict.fromkeys(name for specs in SPECS.values() for name in specs)
    if spec not in known:
        raise unlisted(spec, "keySpec", known)
    if spec not in SPECS[usage]:
        raise ValidationException(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return usage, spec


API.shared()


# -- policies -------------------------------------------------------------------------------------


def _set_policy(key: Key, arguments: Parameters, caller: Caller) -> None:
    """Set the policy that a call sends.

    Raises
    ------
    MalformedPolicyDocumentException
        It isn't a valid key policy, or it would lock the caller out.
    """
    policy = resource_policy(arguments["Policy"], key)
    error = noted(
        MalformedPolicyDocumentException(
            "The new key policy will not allow you to update the key policy in the future."
        ),
        "The new policy must allow kms:PutKeyPolicy. Let a statement "
        f"allow it to the account, {key.account.root_arn}, or to the caller.",
    )
    if not arguments.get("BypassPolicyLockoutSafetyCheck", False):
        check_not_locked_out(key, policy, caller, "PutKeyPolicy", error)
    key.policy = policy


def _find_policy(account: Account, arguments: Parameters) -> Key:
    """Find the key of a call about its policy, whose only name is ``default``."""
    key = API.find(account, arguments)
    if arguments.get("PolicyName", "default") != "default":
        raise NotFoundException("No such policy exists")
    return key


@API.does("PutKeyPolicy", by_whom=True)
def put_key_policy(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Replace a key's policy."""
    _set_policy(_find_policy(account, arguments), arguments, caller)


@API.does("GetKeyPolicy")
def get_key_policy(account: Account, arguments: Parameters) -> Policy:
    """Return a key's policy: every key has one."""
    key = _find_policy(account, arguments)
    if key.policy is None:
        raise RequestError(f"Key {key.key_id} was added to its account without a key policy.")
    return key.policy


def default_policy(root_arn: str) -> dict[str, Any]:
    """Return the API's default key policy: the account's own IAM policies decide.

    Examples
    --------
    >>> default_policy("arn:aws:iam::111122223333:root")["Statement"][0]["Action"]
    'kms:*'
    """
    return _document("key-default-1", account_statement(root_arn))


def console_policy(
    root_arn: str,
    kind: tuple[str, str],
    key_administrators: Sequence[str],
    key_users: Sequence[str],
) -> dict[str, Any]:
    """Return the console's key policy for the chosen administrators and users.

    Parameters
    ----------
    kind
        The key's usage and its spec.
    """
    statements, actions = [account_statement(root_arn)], FACTS["console"]
    if key_administrators:
        admins, manage = list(key_administrators), words(actions["administrators"])
        statements.append(_allow("Allow access for Key Administrators", admins, manage))
    if key_users:
        users, usage = list(key_users), FACTS["usages"][kind[0]]["users"]
        if kind[0] == "ENCRYPT_DECRYPT" and kind[1] != "SYMMETRIC_DEFAULT":
            usage = actions["asymmetric_encryption"]
        for_services = {"Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}
        attach = words(actions["attaching"])
        attaching = _allow("Allow attachment of persistent resources", users, attach)
        statements += [
            _allow("Allow use of the key", users, words(usage)),
            attaching | for_services,
        ]
    return _document("key-consolepolicy-3", *statements)


def use_managed_key(account: Account, service: str) -> None:
    """Create the account's AWS managed key for a service, at its first use.

    Its policy allows all principals of the account to use it through the service.
    """
    if find_key(account, f"{ALIAS}aws/{service}") is not None:
        return
    arn = API.arn(account, f"key/{account.world.ids.uuid()}")
    key = Key(account, arn, key_manager="AWS", aliases=[f"{ALIAS}aws/{service}"])
    text = FACTS["aws_managed"]["policy"].replace("SERVICE.REGION", f"{service}.{key.region}")
    text = text.replace("ROOT", account.root_arn).replace("ACCOUNT", account.account_id)
    key.policy = resource_policy(text, key)
    keep(key)


def _document(policy_id: str, *statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": policy_id, "Statement": list(statements)}


def _allow(sid: str, principals: list[str], actions: Sequence[str]) -> dict[str, Any]:
    own = {"Sid": sid, "Action": [f"kms:{action}" for action in actions]}
    return {**account_statement(""), **own, "Principal": {"AWS": principals}}


# -- states ---------------------------------------------------------------------------------------


@API.does("EnableKey")
def enable_key(account: Account, arguments: Parameters) -> None:
    """Enable a key."""
    API.find_changeable(account, arguments).key_state = "Enabled"


@API.does("DisableKey")
def disable_key(account: Account, arguments: Parameters) -> None:
    """Disable a key."""
    API.find_changeable(account, arguments).key_state = "Disabled"


@API.does("ScheduleKeyDeletion")
def schedule_key_deletion(account: Account, arguments: Parameters) -> Key:
    """Schedule a key's deletion, so that users who still need it notice in time."""
    key, days = API.find_changeable(account, arguments), arguments.get("PendingWindowInDays", 30)
    if not 7 <= days <= 30:
        raise ValidationException(f"PendingWindowInDays is 7 to 30, not {days}.")
    key.key_state, key.deletion_date = PENDING, account.world.clock.now + timedelta(days=days)
    return key


@API.does("CancelKeyDeletion")
def cancel_key_deletion(account: Account, arguments: Parameters) -> Key:
    """Cancel a key's deletion; enable it afterwards."""
    key = API.find(account, arguments)
    if key.key_state != PENDING:
        raise KMSInvalidStateException(f"{key.arn} is not pending deletion.")
    key.key_state, key.deletion_date = "Disabled", None
    return key


# -- aliases: they need permission on alias and key, and only the key has a policy -----------------


def _alias_arn(account: Account, arguments: Parameters) -> str:
    return API.arn(account, arguments.get("AliasName", ""), region_of(arguments))


def _on_key_too(account: Account, arguments: Parameters) -> list[tuple[str, str]]:
    """Return the permission on the key of a new or existing alias."""
    action = "kms:CreateAlias" if "TargetKeyId" in arguments else "kms:DeleteAlias"
    named = arguments.get("TargetKeyId", arguments.get("AliasName"))
    return [(action, API.arn_of(account, {**arguments, "KeyId": named}))]


@API.does("CreateAlias", about=_alias_arn, also=_on_key_too)
def create_alias(account: Account, arguments: Parameters) -> None:
    """Add an alias to a key; it is unique in the account and Region."""
    name = arguments["AliasName"]
    if not _ALIAS_NAME.fullmatch(name):
        raise InvalidAliasNameException(
            f"An alias is {ALIAS} and letters, digits, /, _ and -, not {name}."
        )
    if name.startswith(f"{ALIAS}aws/"):
        raise InvalidAliasNameException(f"Aliases that begin with {ALIAS}aws/ are reserved.")
    arn = _alias_arn(account, arguments)
    if find_key(account, arn) is not None:
        raise AlreadyExistsException(f"An alias with the name {arn} already exists")
    key = API.find_changeable(account, {**arguments, "KeyId": arguments["TargetKeyId"]})
    key.aliases = [*key.aliases, name]


@API.does("DeleteAlias", about=_alias_arn, also=_on_key_too)
def delete_alias(account: Account, arguments: Parameters) -> None:
    """Delete an alias."""
    arn = _alias_arn(account, arguments)
    key = find_key(account, arn)
    if key is None:
        raise NotFoundException(f"Alias {arn} is not found.")
    key.aliases = [name for name in key.aliases if name != arguments["AliasName"]]
