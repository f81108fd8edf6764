"""Grants: create, list, revoke (by the key's administrators) and retire (by their users).

Notes
-----
AWS pages: "Grants in AWS KMS"; "Creating grants"; "Retiring and revoking grants".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.resource import resource_context
from iamlab.engine.evaluate import evaluate
from iamlab.engine.grants import Grant
from iamlab.errors import RequestError, did_you_mean
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import DisabledException, NotFoundException, ValidationException
from iamlab.operations.parameter_checks import unlisted
from iamlab.operations.services.apis import all_of
from iamlab.operations.services.kms.key import API, FACTS, Key, KeyGrant, words
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

_ALWAYS, _SYMMETRIC = (words(FACTS["grants"][name]) for name in ("always", "symmetric"))
_OPERATIONS = {usage: words(row["grants"]) for usage, row in FACTS["usages"].items()}
GRANT_OPERATIONS = frozenset(_ALWAYS).union(_SYMMETRIC, *_OPERATIONS.values())

_CONSTRAINTS = {
    "EncryptionContextSubset": "encryption_context_subset",
    "EncryptionContextEquals": "encryption_context_equals",
}
"""A constraint's name in the API -> its name in the engine."""


def _fitting(key: Key) -> frozenset[str]:
    """Return the possible operations of a grant on a key."""
    is_symmetric = key.key_spec == "SYMMETRIC_DEFAULT"
    return frozenset(_ALWAYS).union(_SYMMETRIC if is_symmetric else _OPERATIONS[key.key_usage])


def _keys(_: Account, arguments: Parameters) -> dict[str, Any]:
    """Return the condition keys of CreateGrant."""
    retiring = {"kms:RetiringPrincipal": arguments.get("RetiringPrincipal")}
    constraints = [{"kms:GrantConstraintType": name} for name in arguments.get("Constraints") or ()]
    return {
        "kms:GranteePrincipal": arguments["GranteePrincipal"],
        "kms:GrantOperations": list(arguments["Operations"]),
        # True if a service creates it for its own resource on a principal's behalf: never here.
        "kms:GrantIsForAWSResource": False,
        **(constraints[0] if constraints else {}),
        **(retiring if "RetiringPrincipal" in arguments else {}),
    }


def _operations(key: Key, operations: Sequence[Any]) -> tuple[str, ...]:
    """Check the operations of a new grant: its key must be for them."""
    if not operations:
        raise ValidationException("Operations must have at least one value, such as Decrypt.")
    for operation in operations:
        if not isinstance(operation, str):
            raise RequestError(f"Operations are texts such as Decrypt, not {operation!r}.")
        if operation not in GRANT_OPERATIONS:
            raise unlisted(operation, "operations", sorted(GRANT_OPERATIONS))
        if operation not in _fitting(key):
            raise ValidationException(
                f"Grant operation {operation} is not supported by a key of usage {key.key_usage}."
            )
    return tuple(operations)


@API.does("CreateGrant", keys=_keys)
def create_grant(account: Account, arguments: Parameters) -> KeyGrant:
    """Create a grant; an equal one with the same name is returned again."""
    key = API.find_changeable(account, arguments)
    if key.key_state == "Disabled":
        raise DisabledException(f"{key.arn} is disabled.")
    for name in ("GranteePrincipal", "RetiringPrincipal"):
        if name in arguments and not is_arn(arguments[name]):
            raise ValidationException(f"{name} must be an ARN: {arguments[name]}")
    operations = _operations(key, arguments["Operations"])
    ids, constraints = account.world.ids, _constraints(arguments.get("Constraints") or {})
    Grant(arguments["GranteePrincipal"], operations, constraints)  # which checks its form
    retiring, name = arguments.get("RetiringPrincipal", ""), arguments.get("Name", "")
    parts = (arguments["GranteePrincipal"], operations, constraints, retiring, name)
    for grant in key.kept_grants.values():  # called again, as after a lost response
        if name and astuple(grant)[2:-1] == parts:
            return grant
    grant_id, token = (f"{ids.uuid()}{ids.uuid()}".replace("-", "") for _ in range(2))
    made = KeyGrant(grant_id, token, *parts, creation_date=account.world.clock.now)
    key.kept_grants[made.grant_id] = made
    return made


def _constraints(sent: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    for name, pairs in sent.items():
        if name not in _CONSTRAINTS:
            known = did_you_mean(str(name), _CONSTRAINTS)
            raise RequestError(f"There is no constraint {name!r}. {known}")
        if not isinstance(pairs, Mapping):
            raise RequestError(f"{name} is a dict of names and values, not {pairs!r}.")
    return {_CONSTRAINTS[name]: dict(pairs) for name, pairs in sent.items()}


@API.does("ListGrants")
def list_grants(account: Account, arguments: Parameters) -> list[KeyGrant]:
    """List a key's grants."""
    return list(API.find(account, arguments).kept_grants.values())


@API.does("RevokeGrant")
def revoke_grant(account: Account, arguments: Parameters) -> None:
    """Revoke a grant."""
    key, grant = _find(account, arguments)
    del key.kept_grants[grant.grant_id]


def _key_of_retired(account: Account, arguments: Parameters) -> str:
    """Return the ARN of the key, also from the grant's token."""
    if "GrantToken" not in arguments:
        return API.arn_of(account, arguments)
    found = _by_token(account, arguments["GrantToken"])
    return "*" if found is None else found[0].arn


def _by_token(account: Account, token: str) -> tuple[Key, KeyGrant] | None:
    """Find a grant by its token, in any account."""
    owners = account.world.accounts.values()
    keys = (key for owner in owners for key in all_of(owner, Key))
    pairs = ((key, grant) for key in keys for grant in key.kept_grants.values())
    return next((pair for pair in pairs if pair[1].grant_token == token), None)


@API.does("RetireGrant", about=_key_of_retired, by_whom=True)
def retire_grant(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Retire a grant that is no longer needed."""
    if "GrantToken" in arguments:
        found = _by_token(account, arguments["GrantToken"])
        if found is None:
            raise NotFoundException("There is no grant with this token.")
    elif {"KeyId", "GrantId"} <= set(arguments):
        found = _find(account, arguments)
    else:
        raise ValidationException("Pass the token of the grant, or its id and its key's id.")
    key, grant = found
    _check_retiring(key, grant, caller)
    del key.kept_grants[grant.grant_id]


def _check_retiring(key: Key, grant: KeyGrant, caller: Caller) -> None:
    """Check that the permission to retire comes from this grant, not from another.

    Raises
    ------
    AccessDeniedException
        Only another grant allows the caller to retire.
    """
    if caller == key.account.root_arn:
        return
    world = key.account.world
    known = resource_context(world, key.arn, "kms:RetireGrant", key.account.account_id)
    alone = replace(known, grants=grant.for_engine())
    request = authorization_request(
        world, caller, "kms:RetireGrant", key.arn, None, {}, known_resource=alone
    )
    decision = evaluate(request.request, request.layers)
    if not decision:
        raise AccessDeniedException(decision)


def _find(account: Account, arguments: Parameters) -> tuple[Key, KeyGrant]:
    key = API.find(account, arguments)
    grant = key.kept_grants.get(arguments["GrantId"])
    if grant is None:
        raise NotFoundException(f"Grant ID {arguments['GrantId']} not found")
    return key, grant
