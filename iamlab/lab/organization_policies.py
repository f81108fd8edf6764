"""The policies of an organization: how they are created, attached and looked at.

Notes
-----
AWS pages: "Managing organization policies with AWS Organizations"; "SCP evaluation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.lab.organization_parts import as_content
from iamlab.model.organization import organization as records
from iamlab.model.organization.policies import SCP, effective
from iamlab.operations.dispatch import perform
from iamlab.operations.organizations.lookup import (
    account_id_of,
    policy_of,
    target_of,
)
from iamlab.operations.parameters import as_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.lab.organization_parts import OrganizationPolicy
    from iamlab.model.account import Account
    from iamlab.model.organization.policies import EffectivePolicies
    from iamlab.model.organization.targets import (
        Target,
    )
    from iamlab.operations.policy_documents import Document


class OrganizationPolicies(records.Organization):
    """The methods of an organization for its policies, each an operation of AWS Organizations.

    Policies and targets can be named by their ids, or by a name that only one of them has.
    """

    __slots__ = ()
    policies: dict[str, OrganizationPolicy]  # type: ignore[assignment]  # all made as the lab's

    def enable_policy_type(self, policy_type: str) -> None:
        """Enable a type of policies: AWS attaches the one of them that allows all, everywhere."""
        self._do("EnablePolicyType", RootId=self.root.id, PolicyType=policy_type)

    def disable_policy_type(self, policy_type: str) -> None:
        """Disable a type of policies: all of them are detached, and that cannot be taken back."""
        self._do("DisablePolicyType", RootId=self.root.id, PolicyType=policy_type)

    def create_policy(
        self,
        name: str,
        content: Document,
        *,
        type: str = SCP,  # noqa: A002 - the API calls it so
        description: str = "",
        tags: Mapping[str, str] | None = None,
    ) -> OrganizationPolicy:
        """Make a policy; it limits nobody before it is attached.

        Parameters
        ----------
        type
            ``"SERVICE_CONTROL_POLICY"`` or ``"RESOURCE_CONTROL_POLICY"``.

        Raises
        ------
        MalformedPolicyDocumentException
            No such policy can have that content; the notes say why.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> dev, ana = organization.create_account("acme-dev"), "ana"
        >>> dev.create_user(ana).attach_policy("AdministratorAccess")
        >>> from iamlab import Policy
        >>> organization.create_policy("NoBuckets", Policy.deny("s3:CreateBucket")).attach(dev)
        >>> for action in ("s3:CreateBucket", "s3:ListAllMyBuckets"):
        ...     print(world.can(dev.get_user(ana), action, "*"))
        ✕ explicit deny by NoBuckets/#1
        ✓ allowed by AdministratorAccess/#1
        """
        made: OrganizationPolicy = self._do(
            "CreatePolicy",
            Name=name,
            Content=as_content(content),
            Type=type,
            Description=description,
            Tags=as_tags(tags),
        )
        return made

    def update_policy(
        self,
        policy: OrganizationPolicy | str,
        *,
        name: str | None = None,
        description: str | None = None,
        content: Document | None = None,
    ) -> None:
        """Change a policy, wherever it hangs."""
        self.policies[policy_of(self, policy).id].update(
            name=name, description=description, content=content
        )

    def delete_policy(self, policy: OrganizationPolicy | str) -> None:
        """Delete a policy that hangs nowhere."""
        self.policies[policy_of(self, policy).id].delete()

    def attach_policy(
        self,
        policy: OrganizationPolicy | str,
        target: Target | Account | str,
    ) -> None:
        """Attach a policy to a root, an OU or an account: it reaches all that is below.

        Raises
        ------
        PolicyTypeNotEnabledException
            Its type is not enabled.
        ConstraintViolationException
            As many hang there as can.
        """
        key = target_of(self, target)
        self._do("AttachPolicy", PolicyId=policy_of(self, policy).id, TargetId=key)

    def detach_policy(
        self,
        policy: OrganizationPolicy | str,
        target: Target | Account | str,
    ) -> None:
        """Detach a policy from a root, an OU or an account.

        Raises
        ------
        ConstraintViolationException
            It is the last SCP there: another one has to be attached first.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> organization = world.create_organization(world.create_account("acme-main"))
        >>> organization.detach_policy("FullAWSAccess", organization.root)
        Traceback (most recent call last):
        ...
        iamlab.errors.organizations.ConstraintViolationException: ...the last policy...
        """
        key = target_of(self, target)
        self._do("DetachPolicy", PolicyId=policy_of(self, policy).id, TargetId=key)

    def effective_policies(self, account: Account | str, policy_type: str) -> EffectivePolicies:
        """Say what reaches an account from above, level by level.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main", account_id="111111111111")
        >>> organization = world.create_organization(main)
        >>> dev = organization.create_account("acme-dev", account_id="222222222222")
        >>> print(organization.effective_policies(dev, "SERVICE_CONTROL_POLICY"))
        SERVICE_CONTROL_POLICY for acme-dev (222222222222): each level must allow, none may deny
          root              FullAWSAccess
          account acme-dev  FullAWSAccess
        """
        found = self.world.accounts[account_id_of(self, account)]
        return effective(self, found, policy_type)

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation for the management account."""
        return perform(self.management_account, f"organizations:{operation}", **parameters)
