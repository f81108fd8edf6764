"""Managed policies and their versions; policies attached to, or inline in, an identity; boundaries.

Users, groups and roles have the same operations on their policies, so each is written once.

Notes
-----
AWS pages: "Managed policies and inline policies"; "Versioning IAM policies"; "Delete IAM policies";
"Adding and removing IAM identity permissions"; "Permissions boundaries for IAM entities"; "IAM and
AWS STS quotas".
"""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    noted,
)
from iamlab.model import managed_policies as managed
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.record import known_name
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import FORMS, answer
from iamlab.operations.iam.common import tag_operations, tags_in
from iamlab.operations.iam.roles import own_role
from iamlab.operations.policy_documents import saved, saved_inline
from iamlab.operations.registry import Parameters, as_it_is, operation
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iamlab.model.account import Account
    from iamlab.model.identities import Bounded, Identity


def write_version(policy: ManagedPolicy, version_id: str, *, with_document: bool) -> dict[str, Any]:
    """Return a version of a managed policy in the API's form."""
    document = {"Document": policy.versions[version_id].to_dict()} if with_document else {}
    is_default = version_id == policy.default_version_id
    dated = common.filled(CreateDate=policy.version_dates.get(version_id))
    return {"VersionId": version_id, "IsDefaultVersion": is_default, **dated, **document}


_NO_VERSION = "Policy {} version {} does not exist or is not attachable."


def _named(account: Account, request: Parameters) -> ManagedPolicy:
    """Find the policy of a call; the error names the version, if the call does."""
    version_id = request.get("VersionId")
    absent = "Policy {} was not found." if version_id is None else _NO_VERSION
    return common.policy_of(account, request["PolicyArn"], absent, version_id)


def _own(account: Account, request: Parameters) -> ManagedPolicy:
    """Find a policy to change.

    Raises
    ------
    AccessDenied
        It is an AWS managed policy.
    NoSuchEntity
        The policy doesn't exist.
    """
    policy = _named(account, request)
    if policy.is_aws_managed:
        note = f"{policy.name} is an AWS managed policy. Create your own policy from its document."
        raise noted(AccessDenied("Policy is outside your own account."), note)
    return policy


_USES: Mapping[str, Callable[[Identity], Sequence[str | None]]] = {
    "PermissionsPolicy": lambda identity: identity.attached,
    "PermissionsBoundary": lambda identity: [getattr(identity, "boundary", None)],
}
"""How identities use managed policies -> the ARNs that an identity uses so."""


def _identities(account: Account) -> Iterator[Identity]:
    return chain(account.users.values(), account.groups.values(), account.roles.values())


def _users_of(account: Account, arn: str, usage: str | None = None) -> list[Identity]:
    """List the identities that use a policy: in one way, or in any."""
    ways = _USES.values() if usage is None else (_USES[usage],)
    return [who for who in _identities(account) if any(arn in used(who) for used in ways)]


def _counted(account: Account, policy: ManagedPolicy) -> dict[str, Any]:
    return {
        **FORMS["policy"](policy),
        "AttachmentCount": len(_users_of(account, policy.arn, "PermissionsPolicy")),
        "PermissionsBoundaryUsageCount": len(_users_of(account, policy.arn, "PermissionsBoundary")),
    }


@operation("CreatePolicy", on="policy", answer=answer(Policy="new policy"))
def create_policy(account: Account, request: Parameters) -> ManagedPolicy:
    """Create a customer managed policy with version v1."""
    name, path = request["PolicyName"], request.get("Path", "/")
    if any(name.lower() == own.name.lower() for own in account.policies.values()):
        raise EntityAlreadyExists(
            f"A policy called {name} already exists. Duplicate names are not allowed."
        )
    common.check_room(account, "Policies", len(account.policies))
    now = account.world.clock.now
    policy = ManagedPolicy(
        name,
        common.iam_arn(account, f"policy{path}{name}"),
        {"v1": saved(request["PolicyDocument"], name, "identity")},
        path=path,
        description=request.get("Description", ""),
        tags=tags_in(request),
        create_date=now,
        update_date=now,
        version_dates={"v1": now},
        account=account,
    )
    policy.policy_id = account.world.ids.unique_id("policy")
    account.policies[policy.arn] = policy
    return policy


@operation("GetPolicy", on="policy", answer=as_it_is)
def get_policy(account: Account, request: Parameters) -> dict[str, Any]:
    """Return a policy with its number of attachments."""
    policy = _named(account, request)
    described = common.filled(Description=policy.description)
    tags = common.write_tags(policy.tags)
    return {"Policy": {**_counted(account, policy), **described, "Tags": tags}}


@operation("ListPolicies", on="policy/", answer=as_it_is)
def list_policies(account: Account, request: Parameters) -> dict[str, Any]:
    """List AWS managed policies, or customer managed policies, or both; all, or those in use."""
    scope = request.get("Scope", "All")
    found: list[ManagedPolicy] = []
    if scope != "AWS":
        found += account.policies.values()
    if scope != "Local":
        of_aws = (managed.find(name, account.partition) for name in managed.names())
        found += [policy for policy in of_aws if policy is not None]
    usages = {"PermissionsPolicy"} if request.get("OnlyAttached") else set()
    for usage in usages | {*filter(None, [request.get("PolicyUsageFilter")])}:
        in_use = {arn for identity in _identities(account) for arn in _USES[usage](identity)}
        found = [policy for policy in found if policy.arn in in_use]
    return common.page("Policies", found, request, lambda policy: _counted(account, policy))


@operation("ListEntitiesForPolicy", on="policy", answer=as_it_is)
def list_entities_for_policy(account: Account, request: Parameters) -> dict[str, Any]:
    """List the identities that use a policy: attached, as a boundary, or in either way."""
    arn = _named(account, request).arn
    kind = request.get("EntityFilter")
    every = _users_of(account, arn, request.get("PolicyUsageFilter"))
    wanted = [entity for entity in every if kind in (None, entity.kind.capitalize())]
    listed = common.page("Entities", wanted, request, lambda entity: entity)
    found: dict[str, Any] = {"PolicyGroups": [], "PolicyUsers": [], "PolicyRoles": []}
    for item in listed.pop("Entities"):
        noun = item.kind.capitalize()
        found[f"Policy{noun}s"].append({f"{noun}Name": item.name, f"{noun}Id": item.unique_id})
    return {**found, **listed}


@operation("DeletePolicy", on="policy")
def delete_policy(account: Account, request: Parameters) -> None:
    """Delete a policy that isn't attached and has only one version."""
    policy = _own(account, request)
    if _users_of(account, policy.arn):
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    del account.policies[policy.arn]


def _number(version_id: str) -> int:
    return int(version_id.removeprefix("v").split(".")[0])


def _version(policy: ManagedPolicy, version_id: str) -> str:
    absent = _NO_VERSION.format(policy.arn, version_id)
    return known_name(version_id, policy.versions, absent)


@operation("CreatePolicyVersion", on="policy", answer=as_it_is)
def create_policy_version(account: Account, request: Parameters) -> dict[str, Any]:
    """Add a version; version numbers aren't reused."""
    policy = _own(account, request)
    document = saved(request["PolicyDocument"], policy.name, "identity")
    most = common.quota(account, "VersionsPerPolicy")
    if len(policy.versions) >= most:
        raise LimitExceeded(
            f"A managed policy can have up to {most} versions. "
            "Before you create a new version, you must delete an existing version."
        )
    number = policy.newest = max(policy.newest, *map(_number, policy.versions)) + 1
    policy.versions[f"v{number}"] = document
    policy.version_dates[f"v{number}"] = policy.update_date = account.world.clock.now
    if request.get("SetAsDefault"):
        policy.default_version_id = f"v{number}"
    return {"PolicyVersion": write_version(policy, f"v{number}", with_document=False)}


@operation("GetPolicyVersion", on="policy", answer=as_it_is)
def get_policy_version(account: Account, request: Parameters) -> dict[str, Any]:
    """Return a version with its document."""
    policy = _named(account, request)
    version_id = _version(policy, request["VersionId"])
    return {"PolicyVersion": write_version(policy, version_id, with_document=True)}


@operation("ListPolicyVersions", on="policy", answer=as_it_is)
def list_policy_versions(account: Account, request: Parameters) -> dict[str, Any]:
    """List the versions of a policy, newest first."""
    policy = _named(account, request)
    newest_first = sorted(policy.versions, key=_number, reverse=True)
    write = partial(write_version, policy, with_document=False)
    return common.page("Versions", newest_first, request, write)


@operation("SetDefaultPolicyVersion", on="policy")
def set_default_policy_version(account: Account, request: Parameters) -> None:
    """Set the default version, for example to roll back."""
    policy = _own(account, request)
    policy.default_version_id = _version(policy, request["VersionId"])


@operation("DeletePolicyVersion", on="policy")
def delete_policy_version(account: Account, request: Parameters) -> None:
    """Delete a version that is not the default."""
    policy = _own(account, request)
    version_id = _version(policy, request["VersionId"])
    if version_id == policy.default_version_id:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    del policy.versions[version_id]
    policy.version_dates.pop(version_id, None)


tag_operations("policy", "Policy", _own)


def _inline(identity: Identity, request: Parameters) -> str:
    """Return the name of an existing inline policy."""
    name: str = request["PolicyName"]
    absent = f"The {identity.kind} policy with name {name} cannot be found."
    return known_name(name, identity.inline, absent)


def _attached(arn: str) -> dict[str, str]:
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


def _path(arn: str) -> str:
    parsed = Arn.parse(arn)
    return parsed.resource.removeprefix("policy").removesuffix(parsed.name)


def _find(account: Account, request: Parameters, noun: str) -> Identity:
    """Find the identity that a call names."""
    found: Identity = getattr(account, f"{noun.lower()}s")[request[f"{noun}Name"]]
    return found


def _find_own(account: Account, request: Parameters, noun: str) -> Any:
    """Find an identity to change, which can't be AWS's role."""
    is_role = noun == "Role"
    return own_role(account, request["RoleName"]) if is_role else _find(account, request, noun)


def _managed_policy_operations(noun: str) -> None:
    """Register the operations on the managed policies of one kind of identity."""
    kind = noun.lower()

    @operation(f"Attach{noun}Policy", on=kind)
    def attach(account: Account, request: Parameters) -> None:
        """Attach a managed policy; if already attached, nothing changes."""
        identity: Identity = _find_own(account, request, noun)
        policy = common.attachable(account, request["PolicyArn"], noun)
        if policy.arn not in identity.attached:
            common.check_room(account, f"PoliciesPer{noun}", len(identity.attached))
            identity.attached.append(policy.arn)

    @operation(f"Detach{noun}Policy", on=kind)
    def detach(account: Account, request: Parameters) -> None:
        identity: Identity = _find_own(account, request, noun)
        arn = request["PolicyArn"]
        if arn not in identity.attached:
            raise NoSuchEntity(f"Policy {arn} was not found.")
        identity.attached.remove(arn)

    @operation(f"ListAttached{noun}Policies", on=kind, answer=as_it_is)
    def list_attached(account: Account, request: Parameters) -> dict[str, Any]:
        attached = _find(account, request, noun).attached
        return common.page("AttachedPolicies", attached, request, _attached, _path)


def _inline_policy_operations(noun: str) -> None:
    """Register the operations on the inline policies of one kind of identity."""
    kind = noun.lower()

    @operation(f"Put{noun}Policy", on=kind)
    def put(account: Account, request: Parameters) -> None:
        """Set an inline policy: it belongs only to this identity and is deleted with it."""
        identity: Identity = _find_own(account, request, noun)
        name, holder = request["PolicyName"], (identity.kind, identity.name)
        others = [policy for other, policy in identity.inline.items() if other != name]
        identity.inline[name] = saved_inline(request["PolicyDocument"], name, holder, others)

    @operation(f"Get{noun}Policy", on=kind, answer=as_it_is)
    def get(account: Account, request: Parameters) -> dict[str, Any]:
        identity = _find(account, request, noun)
        name = _inline(identity, request)
        document = identity.inline[name].to_dict()
        return {f"{noun}Name": identity.name, "PolicyName": name, "PolicyDocument": document}

    @operation(f"Delete{noun}Policy", on=kind)
    def delete(account: Account, request: Parameters) -> None:
        identity: Identity = _find_own(account, request, noun)
        del identity.inline[_inline(identity, request)]

    @operation(f"List{noun}Policies", on=kind, answer=as_it_is)
    def list_names(account: Account, request: Parameters) -> dict[str, Any]:
        return common.page("PolicyNames", _find(account, request, noun).inline, request, str)


def _boundary_operations(noun: str) -> None:
    """Register the operations on the permissions boundaries of users or roles."""

    @operation(f"Put{noun}PermissionsBoundary", on=noun.lower())
    def put(account: Account, request: Parameters) -> None:
        """Set the permissions boundary, a managed policy that limits the permissions."""
        identity: Bounded = _find_own(account, request, noun)
        arn = request["PermissionsBoundary"]
        identity.boundary = common.attachable(account, arn, noun, common.ABSENT_BOUNDARY).arn

    @operation(f"Delete{noun}PermissionsBoundary", on=noun.lower())
    def delete(account: Account, request: Parameters) -> None:
        identity: Bounded = _find_own(account, request, noun)
        if identity.boundary is None:
            raise NoSuchEntity(f"{noun} {identity.name} does not have a permissions boundary.")
        identity.boundary = None


for _noun in ("User", "Group", "Role"):
    _managed_policy_operations(_noun)
    _inline_policy_operations(_noun)
for _noun in ("User", "Role"):
    _boundary_operations(_noun)
