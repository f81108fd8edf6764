"""Grants: made, listed, revoked by who manages the key, retired by who uses it no more.

Notes
-----
AWS pages: "Grants in AWS KMS"; "Creating grants"; "Retiring and revoking grants".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.resource import resource_context
from iamlab.engine.evaluate import evaluate
from iamlab.engine.grants import Grant
from iamlab.errors import AccessDenied, RequestError, did_you_mean
from iamlab.errors.services import NotFoundException, ValidationException
from iamlab.operations.registry import Parameters, operation
from iamlab.operations.services.kms.key import Key, KeyGrant, arn_of, key_of
from iamlab.operations.services.kms.policies_and_states import check_enabled
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account

_ALWAYS = frozenset({"CreateGrant", "DescribeKey", "RetireGrant"})
_SYMMETRIC = frozenset(
    {
        *("Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey"),
        *("GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair"),
        "GenerateDataKeyPairWithoutPlaintext",
    }
)
_RSA = frozenset({"Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"})
_OPERATIONS = {
    "SIGN_VERIFY": frozenset({"Sign", "Verify", "GetPublicKey"}),
    "GENERATE_VERIFY_MAC": frozenset({"GenerateMac", "VerifyMac"}),
    "KEY_AGREEMENT": frozenset({"DeriveSharedSecret", "GetPublicKey"}),
    "ENCAPSULATE_DECAPSULATE": frozenset({"Encapsulate", "Decapsulate", "GetPublicKey"}),
}
"""A key's usage -> what a grant can be for, beside what it always can."""

GRANT_OPERATIONS = _ALWAYS.union(_SYMMETRIC, _RSA, *_OPERATIONS.values())

_CONSTRAINTS = {
    "EncryptionContextSubset": "encryption_context_subset",
    "EncryptionContextEquals": "encryption_context_equals",
}
"""A constraint as the API calls it -> as the engine does."""


def _fitting(key: Key) -> frozenset[str]:
    """Give what a grant on a key can be for."""
    if key.key_usage == "ENCRYPT_DECRYPT":
        return _ALWAYS | (_SYMMETRIC if key.key_spec == "SYMMETRIC_DEFAULT" else _RSA)
    return _ALWAYS | _OPERATIONS[key.key_usage]


def _keys(_: Account, given: Parameters) -> dict[str, Any]:
    """Give the condition keys of making a grant."""
    constraints = tuple(given.get("Constraints") or ())
    return {
        "kms:GranteePrincipal": given["GranteePrincipal"],
        "kms:GrantOperations": list(given["Operations"]),
        # True when a service makes it for its own resource, on somebody's behalf: never here.
        "kms:GrantIsForAWSResource": False,
        **({"kms:GrantConstraintType": constraints[0]} if constraints else {}),
        **(
            {"kms:RetiringPrincipal": given["RetiringPrincipal"]}
            if "RetiringPrincipal" in given
            else {}
        ),
    }


def _as_made(grant: KeyGrant) -> dict[str, Any]:
    return {"GrantId": grant.grant_id, "GrantToken": grant.grant_token}


@operation("kms:CreateGrant", arn_of, answer=_as_made, keys=_keys)
def create_grant(account: Account, given: Parameters) -> KeyGrant:
    """Make a grant; one of the same name for the same things is given again."""
    key = key_of(account, given)
    check_enabled(key)
    for name in ("GranteePrincipal", "RetiringPrincipal"):
        if name in given and not is_arn(given[name]):
            raise ValidationException(f"{name} must be an ARN: {given[name]}")
    operations = tuple(given["Operations"])
    if not operations:
        raise RequestError('A grant is for some operations: give a list such as ["Decrypt"].')
    for one in operations:
        if not isinstance(one, str) or one not in GRANT_OPERATIONS:
            known = did_you_mean(str(one), GRANT_OPERATIONS)
            raise RequestError(f"A grant cannot be for {one!r}. {known}")
        if one not in _fitting(key):
            raise ValidationException(
                f"Grant operation {one} is not supported by a key of usage {key.key_usage}."
            )
    constraints = _constraints(given.get("Constraints") or {})
    Grant(given["GranteePrincipal"], operations, constraints)  # which looks at its form
    wanted = (
        given["GranteePrincipal"],
        operations,
        constraints,
        given.get("RetiringPrincipal", ""),
        given.get("Name", ""),
    )
    same = next((one for one in key.kept_grants.values() if _same(one, wanted)), None)
    if same is not None:
        return same
    ids = account.world.ids
    made = KeyGrant(
        f"{ids.uuid()}{ids.uuid()}".replace("-", ""),
        f"{ids.uuid()}{ids.uuid()}".replace("-", ""),
        *wanted,
        creation_date=account.world.clock.now,
    )
    key.kept_grants[made.grant_id] = made
    account.changed()
    return made


def _same(grant: KeyGrant, wanted: tuple[Any, ...]) -> bool:
    """Say whether a grant with a name is asked for once more, as after a call without answer."""
    parts = (
        grant.grantee_principal,
        grant.operations,
        grant.constraints,
        grant.retiring_principal,
        grant.name,
    )
    return bool(grant.name) and parts == wanted


def _constraints(sent: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    for name, pairs in sent.items():
        if name not in _CONSTRAINTS:
            known = did_you_mean(str(name), _CONSTRAINTS)
            raise RequestError(f"There is no constraint {name!r}. {known}")
        if not isinstance(pairs, Mapping):
            raise RequestError(f"{name} is a dict of names and values, not {pairs!r}.")
    return {_CONSTRAINTS[name]: dict(pairs) for name, pairs in sent.items()}


def _as_list(grants: list[KeyGrant]) -> dict[str, Any]:
    return {"Grants": [_as_listed(one) for one in grants]}


def _as_listed(grant: KeyGrant) -> dict[str, Any]:
    api_name = {ours: name for name, ours in _CONSTRAINTS.items()}
    parts = {
        "Name": grant.name,
        "RetiringPrincipal": grant.retiring_principal,
        "Constraints": {api_name[key]: dict(value) for key, value in grant.constraints.items()},
    }
    return {
        "GrantId": grant.grant_id,
        "GranteePrincipal": grant.grantee_principal,
        "Operations": list(grant.operations),
        "CreationDate": grant.creation_date,
        **{name: value for name, value in parts.items() if value},
    }


@operation("kms:ListGrants", arn_of, answer=_as_list)
def list_grants(account: Account, given: Parameters) -> list[KeyGrant]:
    """List a key's grants."""
    return list(key_of(account, given).kept_grants.values())


@operation("kms:RevokeGrant", arn_of)
def revoke_grant(account: Account, given: Parameters) -> None:
    """End a grant."""
    key, grant = _find(account, given)
    del key.kept_grants[grant.grant_id]
    account.changed()


def _about_retiring(account: Account, given: Parameters) -> str:
    """Give the ARN of the key: the grant's token tells it too."""
    if "GrantToken" in given:
        found = _by_token(account, given["GrantToken"])
        return "*" if found is None else found[0].arn
    return arn_of(account, given)


def _by_token(account: Account, token: str) -> tuple[Key, KeyGrant] | None:
    """Find a grant by its token, in any account."""
    for one in account.world.accounts.values():
        for key in (key for key in one.resources.values() if isinstance(key, Key)):
            for grant in key.kept_grants.values():
                if grant.grant_token == token:
                    return key, grant
    return None


@operation("kms:RetireGrant", _about_retiring, by_whom=True)
def retire_grant(account: Account, given: Parameters, caller: Caller) -> None:
    """End a grant that is used no more."""
    key, grant = _retired(account, given)
    _check_retiring(key, grant, caller)
    del key.kept_grants[grant.grant_id]
    account.changed()


def _retired(account: Account, given: Parameters) -> tuple[Key, KeyGrant]:
    if "GrantToken" in given:
        found = _by_token(account, given["GrantToken"])
        if found is None:
            raise NotFoundException("There is no grant with this token.")
        return found
    if not {"KeyId", "GrantId"} <= set(given):
        raise ValidationException("Give the token of the grant, or its id and that of its key.")
    return _find(account, given)


def _check_retiring(key: Key, grant: KeyGrant, caller: Caller) -> None:
    """See to it that another grant's leave to retire is not taken for this one's.

    Raises
    ------
    AccessDenied
        Only another grant than this one lets the caller retire.
    """
    if caller == key.account.root_arn:
        return
    world = key.account.world
    facts = resource_context(world, key.arn, "kms:RetireGrant", key.account.account_id)
    alone = replace(facts, grants=grant.for_engine())
    asked = authorization_request(
        world, caller, "kms:RetireGrant", key.arn, None, {}, known_resource=alone
    )
    decision = evaluate(asked.request, asked.layers)
    if not decision:
        raise AccessDenied(decision)


def _find(account: Account, given: Parameters) -> tuple[Key, KeyGrant]:
    key = key_of(account, given)
    grant = key.kept_grants.get(given["GrantId"])
    if grant is None:
        raise NotFoundException(f"Grant ID {given['GrantId']} not found")
    return key, grant
