"""The requests of a simulation: the caller, the actions, the resources and the context.

The sentences of AWS's refusals are those that its simulator has been seen to give; where a comment
says so, they are not known.

Notes
-----
AWS pages: "API SimulateCustomPolicy"; "API ContextEntry"; "API GetContextKeysForCustomPolicy"; "API
GetContextKeysForPrincipalPolicy". Condition keys of boundaries and service control policies are not
listed, as AWS's pages say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.analysis.policy_simulator.policies import (
    identity_policies,
    policies_of_identity,
    source_of,
)
from iamlab.engine.request import is_account, is_role, service_of
from iamlab.errors import InvalidInput, RequestError, noted
from iamlab.operations.registry import Parameters, operation
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.patterns import glob_resource
from iamlab.policy.variables import keys_in
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.model.account import Account
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement


TABLES: dict[str, Any] = tables(__file__)

Context = dict[str, str | list[str]]

EVERYTHING = ("*",)
"""The resources of whoever names none."""


# -- who asks -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caller:
    """The simulated caller.

    Parameters
    ----------
    principal
        As the engine takes it.
    account_id
        Whose it is.
    context
        The condition keys that follow from who it is. All others have to be passed.
    """

    principal: str
    account_id: str
    context: Mapping[str, str] = field(default_factory=dict)


def caller_of(account: Account, arn: str | None) -> Caller:
    """Return the caller. For a group, or without a caller, it is an unknown user.

    Raises
    ------
    InvalidInput
        It is neither a user nor a role nor a group.
    """
    if arn is None:
        nobody = f"arn:{account.partition}:iam::{account.account_id}:user/simulated"
        return Caller(nobody, account.account_id, {"aws:PrincipalAccount": account.account_id})
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or not _may_call(parsed):
        raise InvalidInput(
            "Invalid caller - Caller must be an IAM user, role or group in this context."
        )
    known = {"aws:PrincipalAccount": parsed.account}
    if parsed.kind == "group":
        start = f"arn:{parsed.partition}:iam::{parsed.account}:user"
        return Caller(f"{start}/some-member-of-{parsed.name}", parsed.account, known)
    known["aws:PrincipalArn"] = arn
    if parsed.kind == "user":
        known["aws:username"] = parsed.name
    return Caller(arn, parsed.account, known)


def _may_call(arn: Arn) -> bool:
    """Return whether an ARN is one of a user, a role or a group, be it there or not."""
    is_named = "/" in arn.resource and bool(arn.name)
    is_of_iam = arn.service == "iam" and is_account(arn.account)
    return is_of_iam and is_named and arn.kind in ("user", "role", "group")


# -- does what ------------------------------------------------------------------------------------


def check_actions(parameters: Parameters) -> None:
    """Insist on names of actions. Whether a service has such an action is not asked.

    Raises
    ------
    InvalidInput
        One of them has no prefix, or wildcards, or is malformed otherwise.
    """
    for action in parameters["ActionNames"]:
        if ":" not in action:
            raise InvalidInput("The action is invalid since it is missing names")
        try:
            service_of(action)
        except RequestError as error:
            refusal = InvalidInput(f"The action {action} is invalid.")  # AWS documents no sentence
            raise noted(refusal, str(error)) from None


# -- on which resources ---------------------------------------------------------------------------

SCENARIOS: Mapping[str, str] = TABLES["scenarios"]
"""``ResourceHandlingOption`` -> the kinds of resources that must be there to launch an instance."""


def resources_of(parameters: Parameters) -> tuple[str, ...]:
    """Return the resources that are asked about.

    Raises
    ------
    InvalidInput
        One isn't an ARN; ``*`` has other values next to it; a scenario lacks a resource.
    """
    resources = tuple(parameters.get("ResourceArns") or EVERYTHING)
    for resource in resources:
        if not is_arn(resource) and (resource != "*" or len(resources) > 1):
            raise InvalidInput(f"ResourceNames are not in a valid ARN format: {resource}.")
    if "ResourceHandlingOption" in parameters:
        _check_scenario(parameters["ResourceHandlingOption"], parameters["ActionNames"], resources)
    return resources


def _check_scenario(option: str, actions: Sequence[str], resources: Sequence[str]) -> None:
    begin = "Invalid input resource handling options."
    for action in actions:
        if option not in SCENARIOS or action.lower() != "ec2:runinstances":
            what = f"Action does not support resource handling options: {action}."
            note = f"ec2:RunInstances has {', '.join(SCENARIOS)}."
            raise noted(InvalidInput(f"{begin} {what}"), note)
    there = {Arn.parse(resource).kind for resource in resources if is_arn(resource)}
    missing = [kind for kind in SCENARIOS.get(option, "").split() if kind not in there]
    if missing:  # AWS's sentence is not documented
        raise InvalidInput(f"{begin} {option} needs {', '.join(missing)} in ResourceArns.")


def owner_of(parameters: Parameters) -> str:
    """Return the account that owns what does not say so itself; empty: that of the caller.

    Raises
    ------
    InvalidInput
        It is not said by an ARN of IAM.
    """
    owner = parameters.get("ResourceOwner")
    if owner is None:
        return ""
    parsed = Arn.parse(owner) if is_arn(owner) else None
    if parsed is None or parsed.service != "iam" or not is_account(parsed.account):
        note = "Write arn:aws:iam::111122223333:root, with the owner's account id."
        raise noted(InvalidInput(f"'{owner}' is not a valid as a Resource Owner."), note)
    return parsed.account


_VARIABLE = re.compile(r"\$\{[^}]*\}")


def check_resource_policy(policy: Policy, caller: str | None, resources: Sequence[str]) -> None:
    """Insist on what the simulation of a resource-based policy needs.

    Raises
    ------
    InvalidInput
        Nobody calls; no resources are named; one of them is a role; or the policy is for another.
    """
    if caller is None:
        raise InvalidInput("Invalid caller - Caller cannot be null or empty.")
    for resource in resources:
        if resource == "*":
            what = "* does not clearly define entity type and name."
            raise InvalidInput(f"Invalid Entity Arn: {what}")
        # AWS's pages say both of these, but not in which words.
        if is_role(resource):
            raise InvalidInput("The simulation of role trust policies is not supported.")
        if not _is_for(policy, resource):
            raise InvalidInput(f"The resource policy is not applicable to {resource}.")


def _is_for(policy: Policy, resource: str) -> bool:
    """Return whether a statement of a policy may be about a resource, whoever asks."""
    return any(
        statement.resource is None
        or any(glob_resource(_VARIABLE.sub("*", text), resource) for text in statement.resource)
        for statement in policy.statements
    )


# -- and what is known of the moment --------------------------------------------------------------

FORMS: Mapping[str, list[str]] = TABLES["forms"]
"""``ContextKeyType`` -> the operator that reads such values, and what the simulator calls them."""


def context_of(parameters: Parameters) -> Context:
    """Read the condition keys that are passed.

    Raises
    ------
    InvalidInput
        One is duplicated, ignoring case; or its values don't have its type.

    Examples
    --------
    >>> context_of({"ContextEntries": [{"ContextKeyName": "aws:SourceIp",
    ...     "ContextKeyType": "ip", "ContextKeyValues": ["203.0.113.9"]}]})
    {'aws:SourceIp': '203.0.113.9'}
    """
    found: Context = {}
    seen: set[str] = set()
    for entry in parameters.get("ContextEntries", ()):
        if all(value is None for value in entry.values()):
            continue  # AWS does not mind
        name, values = _read(entry)
        if name.lower() in seen:
            raise InvalidInput(f"Duplicate context key: {name}.")
        seen.add(name.lower())
        found[name] = values
    return found


def _read(entry: Parameters) -> tuple[str, str | list[str]]:
    """Read one key with its values."""
    name, kind = entry.get("ContextKeyName"), entry.get("ContextKeyType")
    values = list(entry.get("ContextKeyValues") or ())
    if not name:
        raise InvalidInput("ContextKeyName cannot be null or empty.")
    if kind is None:
        raise InvalidInput(f"Context key {name} has invalid type null.")
    if not values:
        raise InvalidInput(f"Context values for context key {name} cannot be null or empty.")
    base = kind.removesuffix("List")
    if len(values) > 1:
        is_single = name.lower().startswith("aws:") and not is_multivalued(name)
        if base == kind or is_single:  # AWS says the type where one expects the key
            shown = kind if base == kind else name
            what = f"expected a single value, but received {len(values)}."
            raise InvalidInput(f"Context key {shown} {what}")
    operator, form = FORMS.get(base, ("", ""))
    for value in values:
        # A value that can be read is equal to itself.
        if operator and not OPERATORS[operator].test(value, value):
            raise InvalidInput(f"Invalid context value for key {name}: expected {form}.")
    return name, values if base != kind else values[0]


def keys_of(policies: Iterable[Policy]) -> list[str]:
    """List the condition keys of policies: those that are compared, and those of variables.

    Each is written as in the policy, in order of appearance.

    Examples
    --------
    >>> from iamlab import Policy
    >>> home = "arn:aws:s3:::home/${aws:username}/*"
    >>> keys_of([Policy.allow("s3:*", home, when={"Bool": {"aws:SecureTransport": "true"}})])
    ['aws:username', 'aws:SecureTransport']
    """
    every = (statement for policy in policies for statement in policy.statements)
    return list(dict.fromkeys(key for statement in every for key in _keys(statement)))


def _keys(statement: Statement) -> Iterator[str]:
    for text in (*(statement.resource or ()), *(statement.not_resource or ())):
        yield from _variables(statement, text)
    for condition in statement.conditions:
        yield condition.key
        for text in condition.values:
            yield from _variables(statement, text)


def _variables(statement: Statement, text: str) -> list[str]:
    """Return the keys of a text's variables; a policy before 2012-10-17 has no variables."""
    return keys_in(text) if statement.variables else []


def _names(keys: list[str]) -> dict[str, Any]:
    return {"ContextKeyNames": keys}


@operation("GetContextKeysForCustomPolicy", on="*", answer=_names)
def get_context_keys_for_custom_policy(_: Account, parameters: Parameters) -> list[str]:
    """List the condition keys of policies that are passed as text."""
    return keys_of(source.policy for source in identity_policies(parameters))


@operation("GetContextKeysForPrincipalPolicy", on="identity", answer=_names)
def get_context_keys_for_principal_policy(account: Account, parameters: Parameters) -> list[str]:
    """Return the condition keys of the policies of a user, group or role, and of other texts."""
    own = policies_of_identity(source_of(account, parameters["PolicySourceArn"]))
    return keys_of(source.policy for source in (*own, *identity_policies(parameters)))
