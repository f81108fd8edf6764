"""The parts of an organization: root, OUs, member accounts, invitations, and policies.

Notes
-----
AWS pages: "Managing organizational units (OUs)"; "Inviting an AWS account to join your
organization"; "Managing organization policies with AWS Organizations"; "SCP evaluation".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.errors.services import MalformedPolicyDocumentException
from iamlab.model.organization import organization as organization_records
from iamlab.model.organization import policies as policy_records
from iamlab.model.organization import targets as records
from iamlab.model.organization.policies import SCP, effective
from iamlab.model.record import facade_of
from iamlab.operations.dispatch import Made, perform
from iamlab.operations.organizations.lookup import account_id_of, policy_of, target_of
from iamlab.operations.parameters import as_json, as_keys, as_tags

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.model.organization.policies import EffectivePolicies
    from iamlab.model.organization.targets import Target
    from iamlab.operations.policy_documents import Document
    from iamlab.world.account import Account
    from iamlab.world.organization import Organization


class PartMethods(records.OrganizationPart):
    """A part of an organization, which calls AWS Organizations as the management account.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> labs = organization.create_organizational_unit("labs")
    >>> labs.tag({"team": "astronomy"})
    >>> labs.tags
    {'team': 'astronomy'}
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def organization(self) -> Organization: ...  # noqa: D102 - documented in the record

    def _do(self, operation: str, **parameters: Any) -> Made:  # type: ignore[type-var]
        """Do an operation for the management account."""
        management = self.organization.management_account
        return perform(management, f"organizations:{operation}", **parameters)


class TargetMethods(PartMethods, records.Target):
    """The methods of everything that policies can be attached to.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> organization.root.attached
    ['p-FullAWSAccess']
    """

    __slots__ = ()

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource``)."""
        self._do("TagResource", ResourceId=self.id, Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags (``UntagResource``)."""
        self._do("UntagResource", ResourceId=self.id, TagKeys=as_keys(tag_keys))


class ContainerMethods(TargetMethods, records.Container):
    """The methods of the root and of OUs.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> labs = organization.root.create_organizational_unit("labs")
    >>> [unit.name for unit in organization.root.organizational_units]
    ['labs']
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def organizational_units(self) -> list[OrganizationalUnit]: ...  # type: ignore[override]  # noqa: D102

        @property
        def accounts(self) -> list[Account]: ...  # type: ignore[override]  # noqa: D102

    def create_organizational_unit(
        self, name: str, *, tags: Mapping[str, str] | None = None
    ) -> OrganizationalUnit:
        """Create an OU in it."""
        return self._do("CreateOrganizationalUnit", ParentId=self.id, Name=name, Tags=as_tags(tags))


@facade_of(records.Root)
class Root(ContainerMethods, records.Root):
    """The root of an organization.

    Parameters
    ----------
    policy_types
        The enabled types; only their policies can be attached in the organization.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> organization.root.policy_types
    ['SERVICE_CONTROL_POLICY']
    """

    __slots__ = ()


@facade_of(records.OrganizationalUnit)
class OrganizationalUnit(ContainerMethods, records.OrganizationalUnit):
    """An organizational unit: a folder of accounts and OUs.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> labs = organization.create_organizational_unit("labs")
    >>> labs.update(name="laboratories")
    >>> labs.name
    'laboratories'
    """

    __slots__ = ()

    def update(self, *, name: str) -> None:
        """Rename it; its id and ARN stay."""
        self._do("UpdateOrganizationalUnit", OrganizationalUnitId=self.id, Name=name)

    def delete(self) -> None:
        """Delete it.

        Raises
        ------
        OrganizationalUnitNotEmptyException
            It contains accounts or OUs.
        """
        self._do("DeleteOrganizationalUnit", OrganizationalUnitId=self.id)


@facade_of(records.Member)
class Member(TargetMethods, records.Member):
    """An account's place in the organization; its ``id`` is the account's.

    Parameters
    ----------
    joined_method
        ``CREATED`` in the organization, or ``INVITED`` into it, like the management account.
    status
        ``ACTIVE``, ``SUSPENDED`` or ``PENDING_CLOSURE``.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> labs = organization.create_account("labs")
    >>> organization.members[labs.account_id].joined_method
    'CREATED'
    """

    __slots__ = ()


@facade_of(records.Handshake)
class Handshake(PartMethods, records.Handshake):
    """An invitation of an account.

    Parameters
    ----------
    target_type, target_id
        ``ACCOUNT`` and its id, or ``EMAIL`` and the address of its root user.
    requested_timestamp
        When it was sent; an invitation can be answered for 15 days.
    outcome
        ``OPEN``, or the answer. :attr:`state` also shows whether it has expired.
    tags
        The account's tags after it has joined.
    action
        ``INVITE``, or its part in enabling all features.
    parent_id
        The id of the handshake that needs this one.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> labs = world.create_account("labs")
    >>> invitation = organization.invite_account(labs)
    >>> invitation.accept()
    >>> [account.name for account in organization.accounts]
    ['management', 'labs']
    """

    __slots__ = ()

    def accept(self) -> None:
        """Join, as the invited account (``AcceptHandshake``)."""
        self._answer("AcceptHandshake")

    def decline(self) -> None:
        """Decline, as the invited account (``DeclineHandshake``)."""
        self._answer("DeclineHandshake")

    def cancel(self) -> None:
        """Cancel it, as the management account (``CancelHandshake``)."""
        self._do("CancelHandshake", HandshakeId=self.id)

    def _answer(self, operation: str) -> Any:
        invited = next(
            (account for account in self.world.accounts.values() if self.is_for(account)), None
        )
        if invited is None:
            raise RequestError(f"No account of this world has the address {self.target_id}.")
        return perform(invited, f"organizations:{operation}", HandshakeId=self.id)


@facade_of(policy_records.OrganizationPolicy)
class OrganizationPolicy(PartMethods, policy_records.OrganizationPolicy):
    """An SCP or an RCP, which limits permissions and grants none.

    Parameters
    ----------
    type
        ``SERVICE_CONTROL_POLICY`` or ``RESOURCE_CONTROL_POLICY``.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> world = World(seed=7)
    >>> organization = world.create_organization(world.create_account("management"))
    >>> guard = organization.create_policy("guard", Policy.deny("s3:Delete*"))
    >>> guard.attach(organization.root)
    >>> organization.root.attached == ["p-FullAWSAccess", guard.id]
    True
    """

    __slots__ = ()

    def attach(self, target: Target | Account | str) -> None:
        """Attach it to a root, an OU or an account."""
        self.organization.attach_policy(self, target)

    def detach(self, target: Target | Account | str) -> None:
        """Detach it from a root, an OU or an account."""
        self.organization.detach_policy(self, target)

    def update(
        self,
        *,
        name: str | None = None,
        description: str | None = None,
        content: Document | None = None,
    ) -> None:
        """Change it everywhere it is attached."""
        self._do(
            "UpdatePolicy",
            PolicyId=self.id,
            Name=name,
            Description=description,
            Content=as_content(content),
        )

    def delete(self) -> None:
        """Delete it.

        Raises
        ------
        PolicyInUseException
            It is attached to a target.
        """
        self._do("DeletePolicy", PolicyId=self.id)


class OrganizationPolicies(organization_records.Organization):
    """The methods of an organization for its policies, each an operation of AWS Organizations.

    Name policies and targets by id, or by a unique name.
    """

    __slots__ = ()
    policies: dict[str, OrganizationPolicy]  # type: ignore[assignment]  # all are objects of `iamlab.world`

    def enable_all_features(self) -> Handshake:
        """Ask the invited accounts to agree to all features; then accept the handshake yourself."""
        return self._do("EnableAllFeatures")

    def put_resource_policy(
        self, content: Document, *, tags: Mapping[str, str] | None = None
    ) -> policy_records.ResourcePolicy:
        """Let member accounts read the organization and manage its policies.

        Callers need the permission of their own account, too.

        Raises
        ------
        InvalidInputException
            The content isn't valid, or names an operation that can't be delegated.
        """
        return self._do("PutResourcePolicy", Content=as_content(content), Tags=as_tags(tags))

    def delete_resource_policy(self) -> None:
        """Delete the resource policy (``DeleteResourcePolicy``)."""
        self._do("DeleteResourcePolicy")

    def enable_policy_type(self, policy_type: str) -> None:
        """Enable a type of policies: AWS attaches its full-access policy to all targets."""
        self._do("EnablePolicyType", RootId=self.root.id, PolicyType=policy_type)

    def disable_policy_type(self, policy_type: str) -> None:
        """Disable a type of policies: all of them are detached, which can't be undone."""
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
        """Create a policy; it has no effect until it is attached.

        Parameters
        ----------
        type
            ``"SERVICE_CONTROL_POLICY"`` or ``"RESOURCE_CONTROL_POLICY"``.

        Raises
        ------
        MalformedPolicyDocumentException
            The content isn't valid; the notes explain why.

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
        ...     print(world.can(dev.users[ana], action, "*"))
        ✕ explicit deny by NoBuckets/#1
        ✓ allowed by AdministratorAccess/#1
        """
        return self._do(
            "CreatePolicy",
            Name=name,
            Content=as_content(content),
            Type=type,
            Description=description,
            Tags=as_tags(tags),
        )

    def update_policy(
        self,
        policy: OrganizationPolicy | str,
        *,
        name: str | None = None,
        description: str | None = None,
        content: Document | None = None,
    ) -> None:
        """Change a policy everywhere it is attached."""
        self.policies[policy_of(self, policy).id].update(
            name=name, description=description, content=content
        )

    def delete_policy(self, policy: OrganizationPolicy | str) -> None:
        """Delete a policy that isn't attached."""
        self.policies[policy_of(self, policy).id].delete()

    def attach_policy(
        self, policy: OrganizationPolicy | str, target: Target | Account | str
    ) -> None:
        """Attach a policy to a root, an OU or an account: it applies to everything below.

        Raises
        ------
        PolicyTypeNotEnabledException
            Its type isn't enabled.
        ConstraintViolationException
            The target has reached its quota of policies.
        """
        key = target_of(self, target)
        self._do("AttachPolicy", PolicyId=policy_of(self, policy).id, TargetId=key)

    def detach_policy(
        self, policy: OrganizationPolicy | str, target: Target | Account | str
    ) -> None:
        """Detach a policy from a root, an OU or an account.

        Raises
        ------
        ConstraintViolationException
            It is the target's last SCP: attach another one first.

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
        """Return the policies that apply to an account from above, level by level.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> main = world.create_account("acme-main", account_id="111111111111")
        >>> organization = world.create_organization(main)
        >>> dev = organization.create_account("acme-dev", account_id="222222222222")
        >>> print(organization.effective_policies(dev, "SERVICE_CONTROL_POLICY"))
        SERVICE_CONTROL_POLICY for acme-dev (222222222222): each level must allow, none can deny
          root              FullAWSAccess
          account acme-dev  FullAWSAccess
        """
        found = self.world.accounts[account_id_of(self, account)]
        return effective(self, found, policy_type)

    def _do(self, operation: str, **parameters: Any) -> Made:  # type: ignore[type-var]
        """Do an operation for the management account."""
        return perform(self.management_account, f"organizations:{operation}", **parameters)


def as_content(document: Document | None) -> Any:
    """Return a document in the API's form, without white space, which AWS would count.

    Raises
    ------
    MalformedPolicyDocumentException
        It can't be written as JSON.
    """
    refusal = MalformedPolicyDocumentException("The provided policy document is not JSON.")
    return as_json(document, refusal, separators=(",", ":"))
