"""The policy simulator: what policies would allow, without a world.

The engine decides. A simulation differs from a call in three ways:

- *Policies*: identity-based ones, one permissions boundary, one resource-based policy, and service
  control policies: those above the account for SimulatePrincipalPolicy, those that are passed for
  SimulateCustomPolicy. Resource control policies, session policies, VPC endpoint policies, KMS
  grants and S3 Block Public Access are left out, and so is what a password policy lets users do.
- *Resources*: none of them is looked up. Without ``ResourcePolicy`` (and ``ResourceOwner``) the
  caller's own side alone decides, also for roles and KMS keys, which in a world need the consent of
  their trust or key policy, and for resources of other accounts. Role trust policies cannot be
  simulated.
- *Context*: nobody calls, so there is no moment, no network, no MFA. A condition key has a value
  only if ``ContextEntries`` gives one; from the caller follow ``aws:PrincipalArn``,
  ``aws:PrincipalAccount`` and, of a user, ``aws:username``. Missing keys come
  back in ``MissingContextValues``, where an implicit deny might turn out otherwise.

So ``world.can`` may well say something else, and it is right.

Notes
-----
AWS pages: "Testing IAM policies with the IAM policy simulator"; "API SimulateCustomPolicy"; "API
SimulatePrincipalPolicy"; "API EvaluationResult". An action gives one result, whatever the number of
resources; it is the strictest of them. A boundary that denies is among the matched statements, as
AWS has been seen to answer, though the pages mention identity-based and resource-based policies
only. The pages say that ``SourcePolicyType`` is ``user``, ``aws-managed`` and the like. AWS's own
responses, also those in its CLI examples, have ``IAM Policy``, ``Resource Policy`` and
``Permissions Boundary Policy``, and so have these. They are also the keys of
``EvalDecisionDetails``, which aren't documented.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.analysis.policy_simulator import policies, requests
from iamlab.analysis.policy_simulator.policies import BOUNDARY, SCP, Exclusions, position, spans
from iamlab.analysis.policy_simulator.requests import keys_of
from iamlab.authorization.context_keys import override_keys
from iamlab.authorization.principal import scps_of
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.engine.request import Request, is_account
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.trace import ABSENT, ALLOWS
from iamlab.engine.verdict import StatementMatch, Verdict
from iamlab.errors import InvalidInput, RequestError
from iamlab.operations.iam.common import page
from iamlab.operations.registry import Parameters, as_it_is, operation
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob_resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.analysis.policy_simulator.policies import Source
    from iamlab.engine.decision import Decision
    from iamlab.engine.trace import TraceStep
    from iamlab.model.account import Account

_SAME = AWS_RULES.same_account
OWN_SIDE = replace(AWS_RULES, role_trust=_SAME, both_sides=_SAME, kms_key=_SAME)
"""The rules for whoever passes no policy of a resource: the caller's own side decides."""

DETAILS: Mapping[str, str] = requests.TABLES["policy_types"]
"""Layer -> its ``SourcePolicyType``, and its key in ``EvalDecisionDetails``."""

STRICTNESS = ("allowed", "implicitDeny", "explicitDeny")
"""The verdicts, the strictest last."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the simulator says of an action on one resource.

    Parameters
    ----------
    decision
        The engine's, as the API calls it.
    matched
        The statements that decided.
    missing
        The condition keys that policies ask for, and nobody gave.
    details
        Between two accounts: what each type of policy decides by itself; ``None`` if service
        control policies have ended it before.
    by_boundary, by_organization
        Whether the boundary and the service control policies allow it; ``None`` without them.
    """

    decision: str
    matched: list[dict[str, Any]]
    missing: list[str]
    details: dict[str, str] | None
    by_boundary: bool | None
    by_organization: bool | None


class Simulation:
    """The policies and the context that all questions of one call share.

    Parameters
    ----------
    scps
        ``None`` outside of an organization: then service control policies have no say.

    Raises
    ------
    InvalidInput
        A parameter makes no sense by itself or beside the others.
    """

    def __init__(
        self,
        account: Account,
        parameters: Parameters,
        caller: str | None,
        identity: Sequence[Source],
        boundary: Source | None,
        scps: Sequence[Sequence[AttachedPolicy]] | None,
    ) -> None:
        requests.check_actions(parameters)
        self.resources = requests.resources_of(parameters)
        self.caller = requests.caller_of(account, caller)
        self.context = override_keys(self.caller.context, requests.context_of(parameters))
        self.owner = requests.owner_of(parameters)
        resource = policies.resource_policy(parameters)
        if resource is not None:
            requests.check_resource_policy(resource.policy, caller, self.resources)
        self.layers = Layers(identity, resource, boundary, scp=scps or ())
        asking = filter(None, (*identity, boundary, resource))
        self.keys = keys_of(source.policy for source in asking)
        self.in_organization = scps is not None

    def results(self, parameters: Parameters) -> dict[str, Any]:
        """Return one page of results: one for each action."""
        return page("EvaluationResults", parameters["ActionNames"], parameters, self._result)

    def _result(self, action: str) -> dict[str, Any]:
        outcomes = [self._outcome(action, resource) for resource in self.resources]
        found: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": _form(action, self.resources),
            "EvalDecision": _strictest(outcome.decision for outcome in outcomes),
            "MatchedStatements": _union(outcome.matched for outcome in outcomes),
            "MissingContextValues": _union(outcome.missing for outcome in outcomes),
            **_allowed("Organizations", [outcome.by_organization for outcome in outcomes]),
            **_allowed("PermissionsBoundary", [outcome.by_boundary for outcome in outcomes]),
        }
        if self.resources == requests.EVERYTHING:
            return found
        details = [outcome.details for outcome in outcomes if outcome.details is not None]
        if details:
            names = dict.fromkeys(name for detail in details for name in detail)
            found["EvalDecisionDetails"] = {
                name: _strictest(row[name] for row in details if name in row) for name in names
            }
        pairs = zip(self.resources, outcomes, strict=True)
        found["ResourceSpecificResults"] = [_of_resource(*pair) for pair in pairs]
        return found

    def _outcome(self, action: str, resource: str) -> Outcome:
        """Let the engine decide about one resource, and tell what it says."""
        decision = self._decide(action, resource)
        request, boundary = decision.request, decision.trace.step("boundary")
        by_organization = None
        if self.in_organization:
            by_organization = _lets_through(decision.trace.step("scp"))
        is_stopped = by_organization is False
        might_change = decision.verdict is Verdict.IMPLICIT_DENY and not is_stopped
        details: dict[str, str] | None = {}
        if not request.same_account:
            details = None if is_stopped else _details(decision)
        return Outcome(
            decision.verdict.value,
            [] if is_stopped else [*_statements(decision.determining)],
            [key for key in self.keys if key.lower() not in request.keys] if might_change else [],
            details,
            _lets_through(boundary) if boundary.found.present else None,
            by_organization,
        )

    def _decide(self, action: str, resource: str) -> Decision:
        own, speaks = self.caller.account_id, self.layers.resource is not None
        named = Arn.parse(resource).account if is_arn(resource) else ""
        stated = named if is_account(named) else self.owner
        try:
            request = Request(
                self.caller.principal,
                action,
                resource,
                # Resources can belong to another account only with a resource policy.
                resource_account=stated or own if speaks or self.owner else own,
                context=self.context,
            )
        except RequestError as error:  # a text that nothing can be asked about
            raise InvalidInput(str(error)) from None
        return evaluate(request, self.layers, AWS_RULES if speaks else OWN_SIDE)


# -- as the API answers it ------------------------------------------------------------------------


def _lets_through(step: TraceStep) -> bool:
    """Return whether a ceiling allows; one that is not there does."""
    return step.outcome in (ALLOWS, ABSENT)


def _details(decision: Decision) -> dict[str, str]:
    """Return what each type of policy decides by itself."""
    found = {}
    for layer, name in DETAILS.items():
        matches = decision.trace.step(layer).found
        if layer != "boundary" or matches.present:
            verdict = Verdict.ALLOWED if matches.allows else Verdict.IMPLICIT_DENY
            found[name] = str((Verdict.EXPLICIT_DENY if matches.denies else verdict).value)
    return found


def _statements(readings: Iterable[StatementMatch]) -> Iterator[dict[str, Any]]:
    """Write statements; those of service control policies are never shown."""
    for reading in readings:
        if isinstance(source := reading.attached, policies.Source):
            text = source.policy.text
            start, end = spans(text)[reading.statement.number - 1]
            yield {
                "SourcePolicyId": source.policy.name,
                "SourcePolicyType": DETAILS[reading.layer],
                "StartPosition": position(text, start),
                "EndPosition": position(text, end),
            }


def _form(action: str, resources: Sequence[str]) -> str:
    """Return the ARN that was given; for several, the ARN format of the action's resources."""
    if len(resources) == 1:
        return resources[0]
    forms = catalog.arns_for(action) or ("*",)
    patterns = ((form, catalog.PLACEHOLDER.sub("*", form)) for form in forms)
    fitting = (form for form, pattern in patterns if glob_resource(pattern, resources[0]))
    return next(fitting, forms[0])


def _strictest(decisions: Iterable[str]) -> str:
    return max(decisions, key=STRICTNESS.index)


def _union(lists: Iterable[Sequence[Any]]) -> list[Any]:
    """Put lists together, each item once."""
    found: list[Any] = []
    for names in lists:
        found += (item for item in names if item not in found)
    return found


def _allowed(by: str, says: Sequence[bool | None]) -> dict[str, Any]:
    """Return a layer's result for all resources; empty without such a layer."""
    known = [outcome for outcome in says if outcome is not None]
    return {f"{by}DecisionDetail": {f"AllowedBy{by}": all(known)}} if known else {}


def _of_resource(resource: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": outcome.decision,
        "MatchedStatements": outcome.matched,
        "MissingContextValues": outcome.missing,
        **({"EvalDecisionDetails": outcome.details} if outcome.details else {}),
        **_allowed("PermissionsBoundary", [outcome.by_boundary]),
    }


# -- the operations -------------------------------------------------------------------------------


@operation("SimulateCustomPolicy", on="*", answer=as_it_is)
def simulate_custom_policy(account: Account, parameters: Parameters) -> dict[str, Any]:
    """Ask what policies would allow that are passed as text."""
    return Simulation(
        account,
        parameters,
        parameters.get("CallerArn"),
        policies.identity_policies(parameters),
        policies.boundary(parameters),
        policies.service_control_policies(parameters) or None,
    ).results(parameters)


@operation("SimulatePrincipalPolicy", on="identity", answer=as_it_is)
def simulate_principal_policy(account: Account, parameters: Parameters) -> dict[str, Any]:
    """Ask what somebody's policies allow: a user's, a group's or a role's."""
    source = policies.source_of(account, parameters["PolicySourceArn"])
    without = Exclusions(parameters.get("PolicyExclusionList", ()))
    every = policies.policies_of_identity(source)
    attached = [policy for policy in every if not without.leaves_out(policy)]
    own = None if BOUNDARY in without.types else policies.attached_boundary(source)
    scps = () if SCP in without.types else scps_of(account)
    return Simulation(
        account,
        parameters,
        parameters.get("CallerArn", source.arn),
        [*attached, *policies.identity_policies(parameters)],
        policies.boundary(parameters) or own,
        None if account.organization is None else scps,
    ).results(parameters)
