"""A world written as its model is, and where the two differ."""

from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from iamlab import World
from iamlab.lab.account import Account
from iamlab.model.credentials import SessionRecord
from iamlab.model.organization.organization import Organization
from tests.state_machine.plain_sessions import START
from tests.state_machine.plain_world import (
    PlainWorld,
    written,
)
from tests.state_machine.policy_documents import INLINE, text_of


def look_at(world: World) -> PlainWorld:
    """Write a world as the model is written."""
    found = PlainWorld()
    for key, account in world.accounts.items():
        found.accounts[key] = _account(account)
        for arn, resource in account.resources.items():
            found.resources[arn] = _resource(resource)
    found.organizations = {key: _organization(one) for key, one in world.organizations.items()}
    found.sessions = {key: _session(one) for key, one in world.sessions.items()}
    network = world.current_network
    found.network = (network.vpc, network.endpoint.rpartition("/")[2])
    return found


def _account(account: Account) -> dict[str, Any]:
    def identity(one: Any) -> dict[str, Any]:
        inline = {name: written(policy.to_dict()) for name, policy in one.inline.items()}
        inline |= dict.fromkeys(one.attached, written(INLINE["all"]))
        own = {"id": one.unique_id, "path": one.path, "inline": inline, "tags": one.tags}
        return {**own, "boundary": one.boundary}

    def user(one: Any) -> dict[str, Any]:
        phones = [device.serial_number for device in one.mfa_devices]
        keys = {key: kept.status == "Active" for key, kept in one.key_records.items()}
        return {**identity(one), "keys": keys, "phones": phones}

    def role(one: Any) -> dict[str, Any]:
        lasts = one.max_session_duration
        return {**identity(one), "trust": one.trust.to_dict(), "seconds": lasts}

    block = account.s3_public_access_block
    return {
        "User": {name: user(one) for name, one in account.users.items()},
        "Role": {name: role(one) for name, one in account.roles.items()},
        "Profile": {
            name: {"id": one.unique_id, "roles": [role.name for role in one.roles]}
            for name, one in account.instance_profiles.items()
        },
        "Policy": {arn: written(one.document.to_dict()) for arn, one in account.policies.items()},
        "Provider": {*account.oidc_providers, *account.saml_providers},
        "block": block and switches_of(block),
    }


def _session(one: SessionRecord) -> dict[str, Any]:
    def hours(time: datetime) -> Fraction:
        return Fraction(int((time - START).total_seconds()), 3600)

    return {
        "how": one.operation,
        "kind": one.kind.name.lower(),
        "arn": one.arn,
        "behind": one.issuer_id,
        "name": one.name,
        "parent": one.parent,
        "since": hours(one.issued),
        "issued": hours(one.issue_time or one.issued),
        "until": hours(one.expiration),
        "mfa": one.mfa and hours(one.mfa),
        "tags": one.tags,
        "going": {*one.transitive_tag_keys},
        "source": one.source_identity,
        "policy": one.policy and written(one.policy.to_dict()),
        "arns": list(one.policy_arns),
        "scoped": [written(policy.to_dict()) for policy in one.scoped],
        "keys": one.keys,
    }


def switches_of(block: Any) -> tuple[bool, ...]:
    """Write the four switches of S3."""
    return tuple(getattr(block, name) for name in block.__dataclass_fields__)


def _resource(one: Any) -> dict[str, Any]:
    more: dict[str, Callable[[], dict[str, Any]]] = {
        "bucket": lambda: {
            "block": one.own_public_access_block and switches_of(one.own_public_access_block),
            "abac": one.abac == "Enabled",
        },
        "key": lambda: {
            "state": one.key_state,
            "grants": {
                key: (kept.grantee_principal, kept.operations)
                for key, kept in one.kept_grants.items()
            },
        },
        "instance": lambda: {
            "state": one.state,
            "profile": one.association and one.association.profile_id,
        },
        "VPC endpoint": lambda: {
            "policy_of_way": one.endpoint_policy.to_dict()["Statement"],
            "vpc": one.vpc_id,
            "service": one.for_service,
        },
    }
    return {
        "kind": one.kind,
        "account": one.account.account_id,
        "tags": one.tags,
        "policy": one.policy and one.policy.to_dict(),
        **more.get(one.kind, dict)(),
    }


def _organization(one: Organization) -> dict[str, Any]:
    nodes = {target.id: target for target in one.targets}
    return {
        "management": one.management_account_id,
        "root": one.root.id,
        "all": one.feature_set == "ALL",
        "types": set(one.root.policy_types),
        "parents": {key: parent for key, each in nodes.items() if (parent := _above(each))},
        "names": {key: unit.name for key, unit in one.organizational_units.items()},
        "hangs": {key: set(each.attached) for key, each in nodes.items()},
        "policies": {
            key: {
                "type": policy.type,
                "name": policy.name,
                "text": written(policy.document.to_dict()),
                "tags": policy.tags,
            }
            for key, policy in one.policies.items()
        },
        "joined": {key: member.joined_method for key, member in one.members.items()},
        "invited": {key: (each.target_id, each.state) for key, each in one.handshakes.items()},
        "failed": sum(bool(request.failure_reason) for request in one.requests.values()),
        "services": set(one.service_access),
        "features": set(one.root_features),
        "delegates": {key: set(services) for key, services in one.delegates.items()},
        "tags": {key: each.tags for key, each in nodes.items()},
    }


def _above(target: Any) -> str:
    return getattr(target, "parent_id", "")


def shown(model: PlainWorld) -> dict[str, Any]:
    """Write the model as the look at a world is written: who is named, by his name."""
    made = model.copy()
    for _, _, _, one in made.identities():
        one["inline"] = {name: written(text_of(text)) for name, text in one["inline"].items()}
        if "trust" in one:
            one["trust"] = model.shown(one["trust"])
    for account in made.accounts.values():
        account["Policy"] = {arn: written(INLINE[text]) for arn, text in account["Policy"].items()}
    for session in made.sessions.values():
        session["policy"] = session["policy"] and written(INLINE[session["policy"]])
        session["scoped"] = [written(INLINE[text]) for text in session["scoped"]]
    for resource in made.resources.values():
        if resource["policy"]:
            resource["policy"] = model.shown(resource["policy"])
        if resource["kind"] == "VPC endpoint":
            resource["policy_of_way"] = resource["policy_of_way"]["Statement"]
    for organization in made.organizations.values():
        organization["joined"] = {key: how for key, (how, _) in organization["joined"].items()}
        organization["invited"] = {
            key: (invited["to"], state_of(invited, model.hours))
            for key, invited in organization["invited"].items()
        }
    return {**vars(made), "hours": 0, "stale": set()}


def state_of(invited: dict[str, Any], now: int) -> str:
    """Return how an invitation stands: 15 days after it was sent it is over."""
    over = now >= invited["since"] + 15 * 24
    return "EXPIRED" if over and invited["state"] == "OPEN" else str(invited["state"])


def differences(found: Any, wanted: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Return where two values differ."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in found | wanted:
            yield from differences(found.get(key), wanted.get(key), f"{place}.{key}")
    elif normal(found) != normal(wanted):
        yield place, found, wanted


def normal(value: Any) -> Any:
    """Write a list of one as that one, as policies may do."""
    if isinstance(value, dict):
        return {key: normal(one) for key, one in value.items()}
    if isinstance(value, list):
        return normal(value[0]) if len(value) == 1 else [normal(one) for one in value]
    return value
