"""The policy simulator, as methods of an account.

Notes
-----
AWS page: "Testing IAM policies with the IAM policy simulator".
``iamlab/analysis/policy_simulator/simulator.py`` lists what it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.engine.request import as_text as as_values
from iamlab.errors import RequestError
from iamlab.model import account as records
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import arn_of, as_list, as_text
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Group, Identity, Role, User
    from iamlab.operations.policy_documents import Document

Result = dict[str, Any]
"""An ``EvaluationResult``, with AWS's names."""

_PAGE = 1000
"""How many results a page of the API has."""


class AccountSimulator(records.Account):
    """The methods of an account for the policy simulator; they read all pages."""

    __slots__ = ()

    def simulate_custom_policy(
        self,
        policy_input_list: Iterable[Document],
        action_names: Iterable[str],
        *,
        resource_arns: Iterable[str] | None = None,
        permissions_boundary_policy_input_list: Iterable[Document] | None = None,
        ordered_organization_policy_input_list: Iterable[Iterable[Document]] | None = None,
        resource_policy: Document | None = None,
        resource_owner: Account | str | None = None,
        caller_arn: Identity | str | None = None,
        context_entries: Mapping[str, ContextValue] | None = None,
        resource_handling_option: str | None = None,
    ) -> list[Result]:
        """Simulate policies that aren't attached (``SimulateCustomPolicy``).

        Parameters
        ----------
        policy_input_list
            The caller's identity-based policies.
        resource_arns
            Default: ``*``, no resource in particular.
        permissions_boundary_policy_input_list
            At most one policy.
        ordered_organization_policy_input_list
            Service control policies: one list for each level, the organization's root first.
        resource_policy
            The policy of every resource; it requires ``caller_arn``.
        resource_owner
            The account of resources whose ARN doesn't name one, or the ARN of its root user.
        caller_arn
            A user, a role or a group, which needn't exist.
        context_entries
            The only condition keys in the request, with their values.
        resource_handling_option
            A scenario of ec2:RunInstances: ``"EC2-VPC-EBS"``.

        Raises
        ------
        InvalidInput
            A parameter isn't valid, alone or with another parameter.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main")
        >>> readers = Policy.allow("s3:Get*", "arn:aws:s3:::star-maps/*")
        >>> maps = ["arn:aws:s3:::star-maps/m31", "arn:aws:s3:::moon-maps/m1"]
        >>> [result] = main.simulate_custom_policy([readers], ["s3:GetObject"], resource_arns=maps)
        >>> result["EvalDecision"]  # the strictest
        'implicitDeny'
        >>> [one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]]
        ['allowed', 'implicitDeny']
        """
        levels = None
        if ordered_organization_policy_input_list is not None:
            what = "ordered_organization_policy_input_list is a list of levels, root first"
            levels = [
                {"ServiceControlPolicyInputList": _documents(level, "A level")}
                for level in as_list(ordered_organization_policy_input_list, what)
            ]
        return _all_pages(
            self,
            "SimulateCustomPolicy",
            PolicyInputList=_documents(policy_input_list, "policy_input_list"),
            ActionNames=as_list(action_names, "action_names is a list of actions"),
            OrderedOrganizationPolicyInputList=levels,
            ResourceArns=_listed(resource_arns, "resource_arns is a list of ARNs"),
            PermissionsBoundaryPolicyInputList=_documents(
                permissions_boundary_policy_input_list, "permissions_boundary_policy_input_list"
            ),
            ResourcePolicy=as_text(resource_policy),
            ResourceOwner=getattr(resource_owner, "root_arn", resource_owner),
            CallerArn=None if caller_arn is None else _arn(caller_arn, "caller_arn"),
            ContextEntries=None if context_entries is None else _entries(context_entries),
            ResourceHandlingOption=resource_handling_option,
        )

    def simulate_principal_policy(
        self,
        policy_source_arn: User | Group | Role | str,
        action_names: Iterable[str],
        *,
        resource_arns: Iterable[str] | None = None,
        policy_input_list: Iterable[Document] | None = None,
        permissions_boundary_policy_input_list: Iterable[Document] | None = None,
        policy_exclusion_list: Iterable[Mapping[str, Any]] | None = None,
        resource_policy: Document | None = None,
        resource_owner: Account | str | None = None,
        caller_arn: Identity | str | None = None,
        context_entries: Mapping[str, ContextValue] | None = None,
        resource_handling_option: str | None = None,
    ) -> list[Result]:
        """Simulate an identity's policies (``SimulatePrincipalPolicy``).

        The service control policies above the account count; ``OrganizationsDecisionDetail`` shows
        how.

        Parameters
        ----------
        policy_source_arn
            A user, with all its groups; a group; or a role.
        policy_input_list
            More policies, as if they were attached to it.
        permissions_boundary_policy_input_list
            At most one policy, which replaces the permissions boundary.
        policy_exclusion_list
            Policies to ignore: ``{"PolicyType": "aws-managed"}``.
        caller_arn
            Another caller, who has these policies.
        resource_arns, resource_policy, resource_owner, context_entries, resource_handling_option
            As in :meth:`simulate_custom_policy`.

        Raises
        ------
        NoSuchEntity
            There is no identity with that ARN.
        InvalidInput
            A parameter isn't valid, alone or with another parameter.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main")
        >>> zoe = main.create_user("zoe")
        >>> zoe.attach_policy("ReadOnlyAccess")
        >>> results = main.simulate_principal_policy(zoe, ["iam:GetUser", "iam:DeleteUser"])
        >>> [(result["EvalActionName"], result["EvalDecision"]) for result in results]
        [('iam:GetUser', 'allowed'), ('iam:DeleteUser', 'implicitDeny')]
        """
        exclusions = "policy_exclusion_list is a list of policy identifiers"
        return _all_pages(
            self,
            "SimulatePrincipalPolicy",
            PolicySourceArn=_arn(policy_source_arn, "policy_source_arn"),
            ActionNames=as_list(action_names, "action_names is a list of actions"),
            PolicyInputList=_documents(policy_input_list, "policy_input_list"),
            PolicyExclusionList=_listed(policy_exclusion_list, exclusions),
            ResourceArns=_listed(resource_arns, "resource_arns is a list of ARNs"),
            PermissionsBoundaryPolicyInputList=_documents(
                permissions_boundary_policy_input_list, "permissions_boundary_policy_input_list"
            ),
            ResourcePolicy=as_text(resource_policy),
            ResourceOwner=getattr(resource_owner, "root_arn", resource_owner),
            CallerArn=None if caller_arn is None else _arn(caller_arn, "caller_arn"),
            ContextEntries=None if context_entries is None else _entries(context_entries),
            ResourceHandlingOption=resource_handling_option,
        )

    def get_context_keys_for_custom_policy(
        self, policy_input_list: Iterable[Document]
    ) -> list[str]:
        """List the condition keys in policies, also in policy variables.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main")
        >>> home = Policy.allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")
        >>> main.get_context_keys_for_custom_policy([home])
        ['aws:username']
        """
        return perform(
            self,
            "GetContextKeysForCustomPolicy",
            PolicyInputList=_documents(policy_input_list, "policy_input_list"),
        )

    def get_context_keys_for_principal_policy(
        self,
        policy_source_arn: User | Group | Role | str,
        policy_input_list: Iterable[Document] | None = None,
    ) -> list[str]:
        """List the condition keys in an identity's policies and in more policies.

        Raises
        ------
        NoSuchEntity
            There is no identity with that ARN.
        """
        return perform(
            self,
            "GetContextKeysForPrincipalPolicy",
            PolicySourceArn=_arn(policy_source_arn, "policy_source_arn"),
            PolicyInputList=_documents(policy_input_list, "policy_input_list"),
        )


def _all_pages(account: records.Account, operation: str, **parameters: Any) -> list[Result]:
    found: list[Result] = []
    marker = None
    while True:
        answer: dict[str, Any] = perform(
            account, operation, **parameters, MaxItems=_PAGE, Marker=marker
        )
        found += answer["EvaluationResults"]
        if not answer["IsTruncated"]:
            return found
        marker = answer["Marker"]


def _listed(values: object, what: str) -> list[Any] | None:
    return None if values is None else as_list(values, what)


def _arn(identity: object, name: str) -> str:
    return arn_of(identity, f"{name} is a user, a group, a role or an ARN")


def _documents(documents: object, name: str) -> list[Any] | None:
    """Write policies as text."""
    if documents is None:
        return None
    if isinstance(documents, Policy | Mapping | str | bytes) or not isinstance(documents, Iterable):
        raise RequestError(f"{name} is a list of policies: write [policy].")
    return [as_text(document) for document in documents]


def _entries(context: object) -> list[dict[str, Any]]:
    """Return condition keys and their values with the type that AWS requires."""
    if not isinstance(context, Mapping):
        raise RequestError(f"context_entries is a dict of condition keys and values: {context!r}.")
    return [_entry(key, value) for key, value in context.items()]


_TYPES: Sequence[tuple[type | tuple[type, ...], str]] = (
    (bool, "boolean"),  # first: to Python it is a number too
    ((int, float), "numeric"),
    (datetime, "date"),
)


def _entry(key: str, value: object) -> dict[str, Any]:
    many = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
    kinds = {_type(item) for item in many}
    kind = kinds.pop() if len(kinds) == 1 else "string"
    values = next(iter(as_values({key: value}).values()), ())
    is_list = isinstance(value, list | tuple | set | frozenset)
    return {
        "ContextKeyName": key,
        "ContextKeyType": f"{kind}List" if is_list else kind,
        "ContextKeyValues": list(values),
    }


def _type(value: object) -> str:
    return next((name for types, name in _TYPES if isinstance(value, types)), "string")
