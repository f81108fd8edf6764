"""The resource of a request: its policy, tags, owner and RCPs, and the assumptions about it.

Notes
-----
AWS pages: "AWS services that work with IAM", for what can have a resource-based policy; "Default
key policy".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import RESOURCE_KEYS, ResourceAttributes, keys_of, tag_keys
from iamlab.engine.combining_rule import RESOURCE_POLICIES
from iamlab.model.public_access_block import combined
from iamlab.policy.arn import parsed_arn, parts_of
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.engine.grants import Grant
    from iamlab.engine.layers import Level
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.engine.question_index import ResourceFacts
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.record import Membership
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.policy.arn import Arn

POLICY_SERVICES = RESOURCE_POLICIES - {"kms"}
"""Services whose resources can have a policy that this world doesn't know (S3: access points)."""

_MOST_CUTS = 4


@dataclass(frozen=True, slots=True)
class ResourceContext:
    """The facts about a resource.

    Parameters
    ----------
    attributes
        The resource, as conditions see it. Its account is empty if neither ARN nor world has it.
    policy, rcps, grants, public_access_block
        As in ``Layers``.
    region
        Its Region.
    under_rcps
        Whether RCPs apply to it; they don't for an AWS managed KMS key.
    behind
        For an access point: the ARN in its bucket, and the bucket's account.
    encrypted
        As in ``Requested``.
    access_point
        For that ARN: the access point.
    owner
        The account that owns it, if that isn't the account of its condition keys: an object's.
    assumed
        The assumptions, in words.
    closed
        Why nobody can use it: its account is closed; empty if it isn't.
    """

    attributes: ResourceAttributes = field(default_factory=ResourceAttributes)
    policy: Policy | None = None
    rcps: tuple[Level, ...] = ()
    grants: tuple[Grant, ...] = ()
    public_access_block: PublicAccessBlock | None = None
    region: str = ""
    under_rcps: bool = True
    behind: tuple[str, str] | None = None
    encrypted: tuple[str, str] | None = None
    access_point: str = ""
    owner: str = ""
    assumed: tuple[str, ...] = ()
    closed: str = ""

    @property
    def account_id(self) -> str:
        """The owner's account."""
        return self.owner or self.attributes.account_id

    @property
    def is_alone(self) -> bool:
        """Whether only its own policies decide: not those of a bucket or KMS key, nor a closure."""
        return self.behind is None and self.encrypted is None and not self.closed

    def bucket(
        self, world: World, action: str, access_point: str
    ) -> tuple[str, ResourceContext] | None:
        """Return the ARN behind an access point, and its facts; both must allow a request."""
        if self.behind is None:
            return None
        arn, owner = self.behind
        known = resource_context(world, arn, action, owner)
        own = {**known.attributes.own, **self.attributes.own}
        facts = replace(
            known,
            attributes=replace(known.attributes, own=own),
            public_access_block=combined(known.public_access_block, self.public_access_block),
            access_point=access_point,
            region=self.region,
        )
        return arn, facts

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its condition keys."""
        return {**keys_of(RESOURCE_KEYS, self.attributes), **self.attributes.own}

    def beside(self, context: Mapping[str, ContextValue]) -> ResourceFacts:
        """Return the resource in the form that the engine takes for matrices."""
        from iamlab.engine.question_index import ResourceFacts

        return ResourceFacts(
            self.account_id,
            self.policy,
            self.rcps,
            {**self.context, **context},
            self.grants,
            self.public_access_block,
        )


def resource_context(
    world: World, resource: str, action: str, caller_account: str
) -> ResourceContext:
    """Return what the world knows about a resource, and what it assumes."""
    found = _found(world, resource, action, caller_account)
    service, _, operation = action.partition(":")
    if service.lower() == "organizations" and world.organizations:
        found = _delegated(world, operation, caller_account) or found
    account_id = found.attributes.account_id
    organization = world.organization_of(account_id) if world.organizations else None
    if organization is not None:
        from iamlab.model.organization.policies import RCP

        rcps = organization.levels(account_id, RCP) if found.under_rcps else ()
        membership = world.membership_of(account_id)
        attributes = replace(found.attributes, membership=membership)
        closed = why_closed(account_id, membership)
        return replace(found, attributes=attributes, rcps=rcps, closed=closed)
    if world.loaded and not world.organizations:
        note = "No organization: no SCP and no RCP applies."
        return replace(found, assumed=(*found.assumed, note))
    return found


def why_closed(account_id: str, membership: Membership | None) -> str:
    """Return why nobody can use an account or what is in it; empty if it isn't closed.

    Examples
    --------
    >>> from iamlab.model.record import Membership
    >>> why_closed("222222222222", Membership("o-1", "o-1/r-1/", "SUSPENDED"))
    'Account 222222222222 is closed: it is SUSPENDED.'
    """
    if membership is None or membership.status == "ACTIVE":
        return ""
    return f"Account {account_id} is closed: it is {membership.status}."


def _delegated(world: World, operation: str, caller_account: str) -> ResourceContext | None:
    """Return the organization as the resource, if its resource policy decides about a call."""
    organization = world.organization_of(caller_account)
    policy = None if organization is None else organization.delegation(caller_account, operation)
    if organization is None or policy is None:
        return None
    return ResourceContext(ResourceAttributes(organization.management_account_id), policy)


def _found(world: World, resource: str, action: str, caller_account: str) -> ResourceContext:
    arn = parsed_arn(resource)
    if arn is None:
        return ResourceContext(ResourceAttributes(caller_account))
    policy = world.resource_policies.get(resource)
    known = find_resource(world, arn, resource)
    if known is not None:
        return context_of_resource(known, resource, action)
    if arn.service in ("organizations", "identitystore"):  # ARNs name the management account
        return ResourceContext(ResourceAttributes(caller_account))
    if arn.service == "s3" and not arn.account:
        return _unknown_bucket(world, arn, caller_account)
    if arn.service == "iam":
        return _of_iam(world, arn, action, policy, caller_account)
    owner = arn.account if arn.account.isdigit() else caller_account
    where = ResourceContext(ResourceAttributes(owner), policy, region=arn.region)
    if policy is not None:
        return where
    if arn.service == "kms" and arn.kind == "key":
        note = f"Key {resource} has the API's default key policy: the account's IAM decides."
        default = default_key_policy(arn.partition, arn.account)
        return replace(where, policy=default, assumed=(note,))
    if arn.service in POLICY_SERVICES:
        note = f"{resource} has no resource-based policy."
        return replace(where, assumed=(note, *_unseen_bucket(arn, None)))
    return where


def _unseen_bucket(arn: Arn, known: Resource | None) -> tuple[str, ...]:
    """Return the assumption about an access point whose bucket isn't in this world."""
    if arn.service != "s3" or arn.kind != "accesspoint" or (known and known.kind != "resource"):
        return ()
    return (f"The bucket behind {arn} is unknown here: it allows what the access point allows.",)


def find_resource(world: World, arn: Arn, text: str) -> Resource | None:
    """Find the resource that an ARN names, or whose part it names."""
    owner = world.accounts.get(arn.account)
    everybody = () if arn.account else tuple(world.accounts.values())
    for account in everybody if owner is None else (owner,):
        if not account.resources:
            continue
        if text in account.resources:
            return account.resources[text]
        for above, separator in _above(text, arn):
            known = account.resources.get(above)
            if known is not None and known.separator == separator:
                return known
    return None


def _above(text: str, arn: Arn) -> Iterator[tuple[str, str]]:
    """Return the ARNs above an ARN, the shortest first: an object's bucket."""
    start = len(text) - len(arn.resource)
    for separator in "/:":
        place = text.find(separator, start)
        for _ in range(_MOST_CUTS):
            if place < 0:
                break
            yield text[:place], separator
            place = text.find(separator, place + 1)


def context_of_resource(known: Resource, arn: str = "", action: str = "") -> ResourceContext:
    """Return the facts about a resource of the world; it need not be in its account yet."""
    tags = known.tags if known.shows_tags else {}
    met = known.requested(arn or known.arn, action)
    return ResourceContext(
        ResourceAttributes(known.account.account_id, tags, own=known.context),
        met.policy,
        grants=known.grants,
        public_access_block=met.public_access_block,
        region=known.region,
        under_rcps=known.under_rcps,
        behind=met.behind,
        encrypted=met.encrypted,
        owner=met.account_id,
        assumed=_unseen_bucket(parts_of(known.arn), known),
    )


def _unknown_bucket(world: World, arn: Arn, caller_account: str) -> ResourceContext:
    name = arn.resource.partition("/")[0]
    policy = world.resource_policies.get(f"arn:{arn.partition}:s3:::{name}")
    owner = caller_account or next(iter(world.accounts), "")
    without = "" if policy else ", without a bucket policy"
    note = f"Bucket {name} exists in account {owner}{without}."
    return ResourceContext(
        ResourceAttributes(owner), policy, assumed=() if "*" in name else (note,)
    )


def _of_iam(
    world: World, arn: Arn, action: str, policy: Policy | None, caller_account: str
) -> ResourceContext:
    """Return the facts about an identity, with its tags and, for a role, its trust policy."""
    account = world.accounts.get(arn.account)
    about_trust = arn.kind == "role" and action.lower().startswith("sts:")
    owner = arn.account if arn.account.isdigit() else caller_account
    if account is None:
        if about_trust and policy is None:
            note = f"Role {arn} is in an account outside this world: its trust policy is unknown."
            return ResourceContext(ResourceAttributes(arn.account), assumed=(note,))
        return ResourceContext(ResourceAttributes(owner), policy)
    tags, trust = _identity(account, arn)
    attributes = ResourceAttributes(owner, tags, own=tag_keys("iam:ResourceTag", tags))
    return ResourceContext(attributes, policy or (trust if about_trust else None))


def _identity(account: Account, arn: Arn) -> tuple[Mapping[str, str], Policy | None]:
    """Return the tags of an identity, and a role's trust policy."""
    role, user = account.roles.get(arn.name), account.users.get(arn.name)
    if arn.kind == "role" and role is not None and role.arn == str(arn):
        return role.tags, role.trust
    if arn.kind == "user" and user is not None and user.arn == str(arn):
        return user.tags, None
    return {}, None


def account_statement(root_arn: str) -> dict[str, Any]:
    """Return the statement that lets an account's own IAM policies decide about a key.

    Notes
    -----
    AWS page: "Default key policy".
    """
    return {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": root_arn},
        "Action": "kms:*",
        "Resource": "*",
    }


@lru_cache(maxsize=256)
def default_key_policy(partition: str, account_id: str) -> Policy:
    """Return the default key policy of ``kms:CreateKey``: the account statement."""
    statement = account_statement(f"arn:{partition}:iam::{account_id}:root")
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Policy.parse(document, name="default key policy")
