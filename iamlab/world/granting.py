"""Which policies of an identity are about a service, whatever else may stop them.

Notes
-----
AWS page: "IAM API Reference: ListPoliciesGrantingServiceAccess".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.policy import catalog
from iamlab.policy.patterns import glob_ignoring_case
from iamlab.world import managed
from iamlab.world.identities import User

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement
    from iamlab.world.identities import Identity


def grants(policy: Policy, service: str) -> bool:
    """Say whether some statement of a policy allows some action of a service.

    Parameters
    ----------
    service
        Its prefix: ``"s3"``.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*",
    ...     "Resource": "*"}})
    >>> grants(readers, "s3"), grants(readers, "sqs")
    (True, False)
    """
    names = [one.full_name for one in catalog.actions_of(service).values()]
    return any(
        _is_about(statement, name)
        for statement in policy.statements
        if statement.effect == "Allow"
        for name in names
    )


def _is_about(statement: Statement, name: str) -> bool:
    if statement.action is not None:
        return any(glob_ignoring_case(pattern, name) for pattern in statement.action)
    spared = statement.not_action or ()
    return not any(glob_ignoring_case(pattern, name) for pattern in spared)


def policies_granting(identity: Identity, service: str) -> list[dict[str, Any]]:
    """List the policies of an identity that grant a service, a user's groups included."""
    holders: list[Identity] = [identity]
    if isinstance(identity, User):
        groups = identity.account.groups
        holders += [groups[name] for name in identity.groups if name in groups]
    found = [item for holder in holders for item in _of_one(holder, service)]
    # A managed policy that comes by several ways is one policy.
    return list({tuple(item.items()): item for item in found}.values())


def _of_one(holder: Identity, service: str) -> Iterator[dict[str, Any]]:
    for name, policy in holder.inline.items():
        if grants(policy, service):
            yield {
                "PolicyName": name,
                "PolicyType": "INLINE",
                "EntityType": holder.kind.upper(),
                "EntityName": holder.name,
            }
    for arn in holder.attached:
        known = holder.account.policies.get(arn) or managed.find(arn)
        if known is not None and grants(known.document, service):
            yield {"PolicyName": known.name, "PolicyType": "MANAGED", "PolicyArn": arn}
