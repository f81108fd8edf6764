"""A world written as its model is, and where the two differ."""

from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from iamlab import World
from iamlab.model.credentials import SessionRecord
from iamlab.model.organization.organization import Organization
from iamlab.world.account import Account
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
        for user in account.users.values():
            for device in user.mfa_devices:
                serial = device.serial_number
                found.last_codes[serial] = account.mfa_records[serial].used
    found.organizations = {key: _organization(item) for key, item in world.organizations.items()}
    found.sessions = {key: _session(item) for key, item in world.sessions.items()}
    network = world.current_network
    found.network = (network.vpc, network.endpoint.rpartition("/")[2])
    return found


def _account(account: Account) -> dict[str, Any]:
    def identity(item: Any) -> dict[str, Any]:
        inline = {name: written(policy.to_dict()) for name, policy in item.inline.items()}
        inline |= dict.fromkeys(item.attached, written(INLINE["all"]))
        own = {"id": item.unique_id, "path": item.path, "inline": inline, "tags": item.tags}
        return {**own, "boundary": item.boundary}

    def user(item: Any) -> dict[str, Any]:
        phones = [device.serial_number for device in item.mfa_devices]
        keys = {key: kept.status == "Active" for key, kept in item.key_records.items()}
        return {**identity(item), "keys": keys, "phones": phones}

    def role(item: Any) -> dict[str, Any]:
        lasts = item.max_session_duration
        return {**identity(item), "trust": item.trust.to_dict(), "seconds": lasts}

    block = account.s3_public_access_block
    return {
        "User": {name: user(item) for name, item in account.users.items()},
        "Role": {name: role(item) for name, item in account.roles.items()},
        "Profile": {
            name: {"id": item.unique_id, "roles": [role.name for role in item.roles]}
            for name, item in account.instance_profiles.items()
        },
        "Policy": {arn: written(item.document.to_dict()) for arn, item in account.policies.items()},
        "Provider": {*account.oidc_providers, *account.saml_providers},
        "block": block and switches_of(block),
    }


def _session(principal: SessionRecord) -> dict[str, Any]:
    def hours(time: datetime) -> Fraction:
        return Fraction(int((time - START).total_seconds()), 3600)

    return {
        "how": principal.operation,
        "kind": principal.kind.name.lower(),
        "arn": principal.arn,
        "behind": principal.issuer_id,
        "name": principal.name,
        "parent": principal.parent,
        "since": hours(principal.issued),
        "issued": hours(principal.issue_time or principal.issued),
        "until": hours(principal.expiration),
        "mfa": principal.mfa and hours(principal.mfa),
        "tags": principal.tags,
        "going": {*principal.transitive_tag_keys},
        "source": principal.source_identity,
        "policy": principal.policy and written(principal.policy.to_dict()),
        "arns": list(principal.policy_arns),
        "scoped": [written(policy.to_dict()) for policy in principal.scoped],
        "keys": principal.keys,
    }


def switches_of(block: Any) -> tuple[bool, ...]:
    """Write the four switches of S3."""
    return tuple(getattr(block, name) for name in block.__dataclass_fields__)


def _resource(item: Any) -> dict[str, Any]:
    more: dict[str, Callable[[], dict[str, Any]]] = {
        "bucket": lambda: {
            "block": item.own_public_access_block and switches_of(item.own_public_access_block),
            "abac": item.abac == "Enabled",
        },
        "key": lambda: {
            "state": item.key_state,
            "grants": {
                key: (kept.grantee_principal, kept.operations)
                for key, kept in item.kept_grants.items()
            },
        },
        "instance": lambda: {
            "state": item.state,
            "profile": item.association and item.association.profile_id,
        },
        "VPC endpoint": lambda: {
            "policy_of_way": item.endpoint_policy.to_dict()["Statement"],
            "vpc": item.vpc_id,
            "service": item.for_service,
        },
    }
    return {
        "kind": item.kind,
        "account": item.account.account_id,
        "tags": item.tags,
        "policy": item.policy and item.policy.to_dict(),
        **more.get(item.kind, dict)(),
    }


def _organization(item: Organization) -> dict[str, Any]:
    nodes = {target.id: target for target in item.targets}
    return {
        "management": item.management_account_id,
        "root": item.root.id,
        "all": item.feature_set == "ALL",
        "types": set(item.root.policy_types),
        "parents": {key: parent for key, each in nodes.items() if (parent := _above(each))},
        "names": {key: unit.name for key, unit in item.organizational_units.items()},
        "hangs": {key: set(each.attached) for key, each in nodes.items()},
        "policies": {
            key: {
                "type": policy.type,
                "name": policy.name,
                "text": written(policy.document.to_dict()),
                "tags": policy.tags,
            }
            for key, policy in item.policies.items()
        },
        "joined": {key: member.joined_method for key, member in item.members.items()},
        "invited": {key: (each.target_id, each.state) for key, each in item.handshakes.items()},
        "failed": sum(bool(request.failure_reason) for request in item.requests.values()),
        "services": set(item.service_access),
        "features": set(item.root_features),
        "delegates": {key: set(services) for key, services in item.delegates.items()},
        "tags": {key: each.tags for key, each in nodes.items()},
    }


def _above(target: Any) -> str:
    return getattr(target, "parent_id", "")


def shown(model: PlainWorld) -> dict[str, Any]:
    """Write the model as the look at a world is written: who is named, by his name."""
    made = model.copy()
    for _, _, _, item in made.identities():
        item["inline"] = {name: written(text_of(text)) for name, text in item["inline"].items()}
        if "trust" in item:
            item["trust"] = model.shown(item["trust"])
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
    phones = [phone for *_, item in made.identities() for phone in item.get("phones", ())]
    codes = {phone: made.last_codes.get(phone, 0) for phone in phones}
    return {**vars(made), "hours": 0, "stale": set(), "last_codes": codes}


def state_of(invited: dict[str, Any], now: int) -> str:
    """Return how an invitation is: 15 days after it was sent it is over."""
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
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return normal(value[0]) if len(value) == 1 else [normal(item) for item in value]
    return value
