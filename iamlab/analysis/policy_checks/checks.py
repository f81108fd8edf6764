"""Access Analyzer's custom policy checks: does a policy allow something that it shouldn't?

PASS is a proof: no request that the documents can tell apart has the access. FAIL names the
statements. Each has a witness, a request that the engine allows, unless none is found: then the
statement might allow the access, and AWS's answer is FAIL, too. Action, resource, principal and
context are independent of each other. The policies of other types aren't part of the question.

Notes
-----
AWS pages: "Validate policies with IAM Access Analyzer custom policy checks"; "CheckNoNewAccess",
"CheckAccessNotGranted" and "CheckNoPublicAccess" in the IAM Access Analyzer API Reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.external_access.callers import is_everybody, like
from iamlab.analysis.external_access.external_access import EVERYBODY, outside_access
from iamlab.analysis.policy_checks.witness import witness
from iamlab.engine.labels import keys_in_policies
from iamlab.engine.refused_statements import void_statements
from iamlab.errors import RequestError
from iamlab.errors.services import ValidationException
from iamlab.model.account import Account
from iamlab.model.world import World
from iamlab.policy.arn import is_arn
from iamlab.policy.comparing import new_access
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob, is_action_pattern
from iamlab.policy.samples import ACCOUNT
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.policy.statement import Statement

    Document = str | Mapping[str, object] | Policy

IDENTITY, RESOURCE = POLICY_TYPES = ("IDENTITY_POLICY", "RESOURCE_POLICY")
TRUST = "AWS::IAM::AssumeRolePolicyDocument"
RESOURCE_TYPES: dict[str, str] = tables(__file__, "resource_types.toml")
"""The types of CheckNoPublicAccess -> a pattern of their ARNs."""


@dataclass(frozen=True, slots=True)
class ReasonSummary:
    """Why a check fails, as the API has it.

    Parameters
    ----------
    statement_index
        The statement's position in the document, from 0.
    statement_id
        Its Sid; ``None`` if it has none.
    witness
        The decision about a request with the access; ``None`` if no such request is found.
    """

    description: str
    statement_index: int
    statement_id: str | None = None
    witness: Decision | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        if self.witness is None:
            return f"{self.description} No request was found that proves it."
        request = self.witness.request
        known = {key: request.values(key) for key in keys_in_policies(self.witness)}
        keys = [f"{key}={', '.join(values)}" for key, values in known.items() if values]
        context = f" with {'; '.join(keys)}" if keys else ""
        call = f"{request.action} on {request.resource}{context}"
        return f"{self.description} For example, {request.principal} can do {call}."


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The answer of a check: true if it passes.

    Parameters
    ----------
    result
        ``"PASS"`` or ``"FAIL"``.
    reasons
        The statements that have the access.
    """

    result: Literal["PASS", "FAIL"]
    message: str
    reasons: tuple[ReasonSummary, ...] = ()

    def __bool__(self) -> bool:
        return self.result == "PASS"

    def __str__(self) -> str:
        return "\n".join((f"{self.result}: {self.message}", *map(str, self.reasons)))


def check_no_new_access(
    existing_policy_document: Document, new_policy_document: Document, policy_type: str = IDENTITY
) -> CheckResult:
    """Check that an updated policy allows nothing that the existing one doesn't.

    Parameters
    ----------
    policy_type
        ``"IDENTITY_POLICY"`` or ``"RESOURCE_POLICY"``, also for trust policies.

    Raises
    ------
    ValidationException
        The type doesn't exist.
    RequestError
        A policy is longer than any that AWS would save.

    Examples
    --------
    >>> old, new = Policy.allow("s3:Get*"), Policy.allow(["s3:GetObject", "s3:PutObject"])
    >>> failed = check_no_new_access(old, new)
    >>> failed.message
    'The modified permissions grant new access compared to your existing policy.'
    >>> print(failed.reasons[0].witness.request.action)
    s3:PutObject
    >>> check_no_new_access(new, Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*")).result
    'PASS'
    """
    old, new = map(Policy.parse, (existing_policy_document, new_policy_document))
    found = _failures(old, new, policy_type)
    verb = "grant" if found else "do not grant"
    message = f"The modified permissions {verb} new access compared to your existing policy."
    return _result(message, "New access in the statement", found)


def check_access_not_granted(
    policy_document: Document,
    actions: Iterable[str] = (),
    resources: Iterable[str] = (),
    policy_type: str = IDENTITY,
) -> CheckResult:
    """Check that a policy allows none of some actions on any of some resources.

    Parameters
    ----------
    actions, resources
        Without actions, any action counts; without resources, any resource.

    Raises
    ------
    RequestError
        There are neither actions nor resources, or a value isn't one.

    Examples
    --------
    >>> guarded = Policy.allow("iam:*") + Policy.deny("iam:Create*")
    >>> check_access_not_granted(guarded, ["iam:CreateUser"]).message
    'The policy document does not grant access to perform the listed actions or resources.'
    >>> check_access_not_granted(guarded, ["iam:*"]).result
    'FAIL'
    """
    names, arns = list(actions), list(resources)
    if not (names or arns) or not all(map(is_action_pattern, names)):
        raise RequestError("Pass actions, such as s3:Get*, resources, or both.")
    policy = Policy.parse(policy_document)
    nothing = Policy.parse({"Statement": []})
    found = _failures(nothing, policy, policy_type, names or ["*"], arns or ["*"])
    verb = "grants" if found else "does not grant"
    what = "one or more of the listed" if found else "the listed"
    message = f"The policy document {verb} access to perform {what} actions or resources."
    start = "One or more of the listed actions or resources in the statement"
    return _result(message, start, found)


def check_no_public_access(policy_document: Document, resource_type: str) -> CheckResult:
    """Check that a resource-based policy isn't public.

    The document isn't saved yet. So an Allow for everybody counts also if AWS wouldn't save it.

    Parameters
    ----------
    resource_type
        Such as ``"AWS::S3::Bucket"``; ``"AWS::IAM::AssumeRolePolicyDocument"`` for a trust policy.

    Raises
    ------
    ValidationException
        The type doesn't exist.

    Examples
    --------
    >>> readers = Policy.allow("s3:GetObject", "arn:aws:s3:::maps/*", principal="*", sid="Bob")
    >>> check_no_public_access(readers, "AWS::S3::Bucket").reasons[0].description
    'Public access granted in the following statement with sid: Bob.'
    """
    if resource_type not in RESOURCE_TYPES:
        raise _not_one_of(resource_type, "resourceType", RESOURCE_TYPES)
    is_trust = resource_type == TRUST
    parsed = Policy.parse(policy_document)
    statements = (_as_saved(each, is_trust=is_trust) for each in parsed.statements)
    policy = Policy(tuple(statements), name="document")
    world = World()
    world.accounts[ACCOUNT] = Account(world, "owner", ACCOUNT)
    named = _resources(policy, RESOURCE_TYPES[resource_type])
    world.resource_policies = dict.fromkeys(named, policy)
    found = {
        finding.statement.removeprefix("document/"): finding.proof
        for finding in outside_access(world, "account").open
        if finding.is_public or (finding.proof is None and finding.principal == {"AWS": "*"})
    }
    # Nobody has access by what AWS doesn't save, but with a small change everybody could.
    void = void_statements(policy, "resource", "sts:AssumeRole" if is_trust else "")
    for each in policy.statements:
        if each.effect == "Allow" and id(each) in void and _names_everybody(each):
            found.setdefault(each.label, None)
    verb = "grants" if found else "does not grant"
    return _result(
        f"The resource policy {verb} public access for the given resource type.",
        "Public access granted in the following statement",
        {each: found[each.label] for each in policy.statements if each.label in found},
    )


def _as_saved(statement: Statement, *, is_trust: bool) -> Statement:
    """Write a statement as AWS saves it: with a Resource; trust in everybody as ``AWS``."""
    if not is_trust:
        return replace(statement, resource=("*",)) if statement.resources is None else statement
    pairs = (EVERYBODY if is_everybody(*pair) else pair for pair in statement.principal or ())
    return replace(statement, principal=tuple(pairs) or statement.principal)


def _names_everybody(statement: Statement) -> bool:
    named = any(value == "*" for _, value in statement.principal or ())
    return named or statement.not_principal is not None


def _resources(policy: Policy, form: str) -> Iterator[str]:
    """Return resources that may have the policy: those of the form that it names, and another."""
    of_any_place = form.replace("us-east-1", "*").replace(ACCOUNT, "*")
    named = [text for each in policy.statements for text in each.resources or ()]
    for text in map(like, (form, *named)):
        if is_arn(text) and glob(of_any_place, text):
            yield text.partition("/")[0] if form == "arn:aws:s3:::*" else text


Failures = dict["Statement", "Decision | None"]


def _result(message: str, start: str, found: Failures) -> CheckResult:
    reasons = [
        ReasonSummary(
            f"{start} with {f'sid: {each.sid}' if each.sid else f'index: {each.number - 1}'}.",
            each.number - 1,
            each.sid,
            witness,
        )
        for each, witness in found.items()
    ]
    return CheckResult("FAIL" if found else "PASS", message, tuple(reasons))


def _failures(before: Policy, after: Policy, policy_type: str, *access: Iterable[str]) -> Failures:
    """Return the statements of a policy that may give new access, with their witnesses."""
    if policy_type not in POLICY_TYPES:
        raise _not_one_of(policy_type, "policyType", POLICY_TYPES)
    named = policy_type == RESOURCE
    found = new_access(before, after, *access, named=named)
    return {
        statement: witness(parts, before, after, named=named) for statement, parts in found.items()
    }


def _not_one_of(value: str, where: str, values: Iterable[str]) -> ValidationException:
    return ValidationException(
        f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(values)}]"
    )
