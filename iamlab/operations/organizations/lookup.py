"""Find the parts of an organization that calls and methods name.

Calls name parts by their ids; methods accept the object, its id or its name. A part of another
world is looked up by its id.

Notes
-----
AWS page: "AWS Organizations API Reference", the errors of each operation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from iamlab.errors import RequestError, did_you_mean, noted
from iamlab.operations.policy_documents import error_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.organization import targets as records
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.policies import OrganizationPolicy, ResourcePolicy
    from iamlab.operations.registry import Parameters

Held = TypeVar("Held")
Named = TypeVar("Named", bound="Account | records.Target | OrganizationPolicy")


def missing(noun: str) -> AwsError:
    """Make the error for a missing part.

    Examples
    --------
    >>> missing("account").message
    "You specified an account that doesn't exist."
    """
    article = "an" if noun[0] in "ao" else "a"
    part = "create account status" if noun == "create account request" else noun
    refusal = error_of(f"{part.title().replace(' ', '')}NotFoundException")
    return refusal(f"You specified {article} {noun} that doesn't exist.")


def found(held: Mapping[str, Held], noun: str, key: str) -> Held:
    """Find a part by id, or raise AWS's error."""
    if key not in held:
        raise noted(missing(noun), did_you_mean(key, held))
    return held[key]


def parent_of(organization: Organization, arguments: Parameters) -> records.Container:
    """Find the call's parent: the root or an OU."""
    parent = organization.container(arguments["ParentId"])
    if parent is None:
        raise missing("parent")
    return parent


def member_of(organization: Organization, arguments: Parameters) -> records.Member:
    """Find the call's member account."""
    return found(organization.members, "account", arguments["AccountId"])


def unit_of(organization: Organization, arguments: Parameters) -> records.OrganizationalUnit:
    """Find the call's OU."""
    units = organization.organizational_units
    return found(units, "organizational unit", arguments["OrganizationalUnitId"])


def policy_in(organization: Organization, arguments: Parameters) -> OrganizationPolicy:
    """Find the call's policy."""
    return found(organization.policies, "policy", arguments["PolicyId"])


def target_in(organization: Organization, arguments: Parameters) -> records.Target:
    """Find the call's target: a root, OU or account."""
    target = organization.target(arguments["TargetId"])
    if target is None:
        raise missing("target")
    return target


def tagged_in(
    organization: Organization, arguments: Parameters
) -> records.Target | OrganizationPolicy | ResourcePolicy:
    """Find the call's tagged part: a root, OU, account or policy."""
    key, own = arguments["ResourceId"], organization.resource_policy
    tagged = organization.target(key) or organization.policies.get(key)
    if tagged is None and own is not None and own.id == key:
        return own
    if tagged is None:
        raise missing("target")
    return tagged


def resource_policy_in(organization: Organization, _: Parameters) -> ResourcePolicy:
    """Find the organization's resource policy."""
    if organization.resource_policy is None:
        raise missing("resource policy")
    return organization.resource_policy


def request_in(organization: Organization, arguments: Parameters) -> records.AccountRequest:
    """Find the call's request for an account."""
    key = arguments["CreateAccountRequestId"]
    return found(organization.requests, "create account request", key)


def handshakes_of(account: Account) -> dict[str, records.Handshake]:
    """List the invitations that an account sent as the management account, or received."""
    return {
        handshake.id: handshake
        for organization in account.world.organizations.values()
        for handshake in organization.handshakes.values()
        if account.account_id == organization.management_account_id or handshake.is_for(account)
    }


def handshake_in(account: Account, arguments: Parameters) -> records.Handshake:
    """Find the call's invitation, which sender and recipient can see."""
    known = handshakes_of(account)
    if arguments["HandshakeId"] not in known:
        raise missing("handshake")
    return known[arguments["HandshakeId"]]


def about_handshake(account: Account, arguments: Parameters) -> str:
    """Return the ARN of the call's invitation."""
    key, known = arguments.get("HandshakeId"), handshakes_of(account)
    return known[key].arn if isinstance(key, str) and key in known else "*"


def container_of(organization: Organization, reference: object) -> records.Container:
    """Find a root or OU by object, id or name; ``None`` means the root."""
    units, root = organization.organizational_units, organization.root
    key = root.id if reference is None else _key(reference, units, "parent", "OUs", root.id)
    return units.get(key, root)


def target_of(organization: Organization, reference: records.Target | Account | str) -> str:
    """Return the id of a root, OU or account, passed as object, id or name."""
    targets: dict[str, records.Target] = {
        **organization.organizational_units,
        **organization.members,
    }
    return _key(reference, targets, "target", "OUs and accounts", organization.root.id)


def policy_of(organization: Organization, policy: OrganizationPolicy | str) -> OrganizationPolicy:
    """Find a policy by object, id or name."""
    return organization.policies[_key(policy, organization.policies, "policy", "policies")]


def account_id_of(organization: Organization, reference: Account | str) -> str:
    """Return the id of an account, passed as object, id or name; it needn't be a member."""
    return _key(reference, organization.world.accounts, "account", "accounts")


def _key(wanted: object, held: Mapping[str, Named], noun: str, what: str, root_id: str = "") -> str:
    """Return the id of an existing part.

    Parameters
    ----------
    noun, what
        Its names in AWS's error, and in iamlab's own.
    root_id
        The id of the root, if it is allowed too.
    """
    key = wanted
    if not isinstance(wanted, str):
        key = getattr(wanted, "account_id", None) or getattr(wanted, "id", None)
    if not isinstance(key, str):
        raise RequestError(f"{wanted!r} isn't one of the {what}, an id or a name.")
    if key in held or (root_id and key == root_id):
        return key
    names = [(part.name, part_id) for part_id, part in held.items()]
    roots = [("root", root_id), ("Root", root_id)] if root_id else []
    named = [part_id for name, part_id in (*names, *roots) if name == wanted]
    if not named:
        raise noted(missing(noun), did_you_mean(str(wanted), (name for name, _ in names)))
    if len(named) > 1:
        raise RequestError(f"Several {what} are called {wanted}: use one of {' or '.join(named)}.")
    return named[0]


def free_address(organization: Organization, name: str) -> str:
    """Make a unique address from an account's name."""
    start = re.sub(r"[^a-z0-9]+", "-", str(name).lower()).strip("-")[:40] or "account"
    taken = {account.root.email.lower() for account in organization.world.accounts.values()}
    number, address = 1, f"{start}@example.com"
    while address in taken:
        number += 1
        address = f"{start}-{number}@example.com"
    return address
