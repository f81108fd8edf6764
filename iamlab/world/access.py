"""Questions about the whole world: who can, and what is different."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy
from iamlab.world.context import of_moment
from iamlab.world.identities import Bounded, Identity, Role, User

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.engine.matrix import ResourceFacts as MatrixFacts
    from iamlab.engine.request import ContextValue
    from iamlab.world.account import Account
    from iamlab.world.gather import Caller
    from iamlab.world.world import World

# Services whose resources may carry a policy that the file cannot show (of S3: access points).
_MAY_HAVE_A_POLICY = frozenset(
    {
        "s3",
        "sqs",
        "sns",
        "lambda",
        "secretsmanager",
        "ecr",
        "dynamodb",
        "events",
        "execute-api",
        "backup",
    }
)


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """What the world knows of a resource.

    Parameters
    ----------
    account_id
        Who owns it; empty if its ARN and the world leave that open.
    policy
        Its resource-based policy.
    assumed
        What was taken for granted, in words.
    """

    account_id: str = ""
    policy: Policy | None = None
    assumed: tuple[str, ...] = ()


def facts_of(world: World, resource: str, action: str, caller_account: str) -> ResourceFacts:
    """Say what the world knows of a resource, and what it takes for granted."""
    organization = ("No organization: no SCP and no RCP applies.",) if world.loaded else ()
    if not is_arn(resource):
        return ResourceFacts(caller_account, None, organization)
    arn = Arn.parse(resource)
    given = world.resource_policies.get(resource)
    if arn.service == "s3" and not arn.account:
        found = _bucket(world, arn, caller_account)
    elif arn.service == "iam" and arn.kind == "role" and action.lower().startswith("sts:"):
        found = _role(world, arn, given)
    elif given is not None:
        found = ResourceFacts(arn.account, given)
    elif arn.service == "kms" and arn.kind == "key":
        note = f"Key {resource} has the key policy that the API makes: the account's IAM decides."
        found = ResourceFacts(arn.account, default_key_policy(arn), (note,))
    elif arn.service in _MAY_HAVE_A_POLICY:
        found = ResourceFacts(arn.account, None, (f"{resource} has no resource-based policy.",))
    else:
        found = ResourceFacts(arn.account if arn.account.isdigit() else caller_account)
    return ResourceFacts(found.account_id, found.policy, (*found.assumed, *organization))


def _bucket(world: World, arn: Arn, caller_account: str) -> ResourceFacts:
    name = arn.resource.partition("/")[0]
    for account in world.accounts.values():
        if name in account.buckets:
            return ResourceFacts(account.account_id, account.buckets[name].policy)
    given = world.resource_policies.get(f"arn:{arn.partition}:s3:::{name}")
    owner = caller_account or next(iter(world.accounts), "")
    what = "" if given else ", without a bucket policy"
    note = f"Bucket {name} exists in account {owner}{what}."
    return ResourceFacts(owner, given, () if "*" in name else (note,))


def _role(world: World, arn: Arn, given: Policy | None) -> ResourceFacts:
    account = world.accounts.get(arn.account)
    if given is not None:
        return ResourceFacts(arn.account, given)
    if account is None:
        note = f"Role {arn} is of an account that is not in this world: its trust is unknown."
        return ResourceFacts(arn.account, None, (note,))
    role = account.roles.get(arn.name)
    return ResourceFacts(arn.account, role.trust if role is not None else None)


def default_key_policy(arn: Arn) -> Policy:
    """Give the key policy that ``kms:CreateKey`` makes when none is passed: the account statement.

    Notes
    -----
    AWS page: "Default key policy".
    """
    statement = {
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{arn.partition}:iam::{arn.account}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return Policy.parse(
        {"Version": "2012-10-17", "Statement": [statement]}, name="default key policy"
    )


def who_can(
    world: World, action: str, resource: str, context: Mapping[str, ContextValue] | None
) -> dict[str, Decision]:
    """Ask for every user, role and root user of the world; keep those who are allowed."""
    decisions = ask_everybody(world, action, resource, context)
    return {caller: decision for caller, decision in decisions.items() if decision}


def ask_everybody(
    world: World, action: str, resource: str, context: Mapping[str, ContextValue] | None
) -> dict[str, Decision]:
    """Ask for every user, role and root user of the world."""
    return {
        caller: world.can(caller, action, resource, context=context) for caller in everybody(world)
    }


def everybody(world: World) -> list[str]:
    """List the ARNs of every user, role and root user."""
    return [
        caller
        for account in world.accounts.values()
        for caller in (
            *(user.arn for user in account.users.values()),
            *(role.arn for role in account.roles.values()),
            account.root_arn,
        )
    ]


def matrix(
    world: World, callers: Sequence[Caller], pairs: Sequence[tuple[str, str]]
) -> AccessMatrix:
    """Decide for each caller and each (action, resource) pair; each bit is what ``can`` says."""
    from iamlab.engine.matrix import AccessMatrix, evaluate_many

    gathered = [world.gather(caller) for caller in callers]
    rows: dict[int, int] = {}
    for account_id in dict.fromkeys(known.account_id for known in gathered):
        places = [i for i, known in enumerate(gathered) if known.account_id == account_id]
        asking = [
            (known.arn, known.layers(None), known.context(), known.issuer)
            for known in (gathered[i] for i in places)
        ]
        found = evaluate_many(asking, pairs, _facts_for(world, pairs, account_id))
        rows |= dict(zip(places, found.rows, strict=True))
    who = tuple(known.arn for known in gathered)
    return AccessMatrix(who, tuple(pairs), tuple(rows[i] for i in range(len(gathered))))


def _facts_for(
    world: World, pairs: Sequence[tuple[str, str]], account_id: str
) -> dict[str, MatrixFacts]:
    """Say what the world knows of each resource, as the matrix takes it."""
    from iamlab.engine.matrix import ResourceFacts as MatrixFacts

    facts = {}
    for action, resource in pairs:
        if resource not in facts or action.lower().startswith("sts:"):
            found = facts_of(world, resource, action, account_id)
            moment = of_moment(world.clock.now, resource, found.account_id)
            facts[resource] = MatrixFacts(found.account_id, found.policy, context=moment)
    return facts


def diff(before: World, after: World) -> tuple[str, ...]:
    """List the edits that lead from one world to another, as sentences."""
    old, new = dict(_facts(before)), dict(_facts(after))
    edits = [f"removed: {thing}{old[thing]}" for thing in sorted(old.keys() - new.keys())]
    edits += [f"added: {thing}{new[thing]}" for thing in sorted(new.keys() - old.keys())]
    edits += [
        f"changed: {thing}{old[thing]} -> {new[thing].removeprefix(':').strip()}"
        for thing in sorted(old.keys() & new.keys())
        if old[thing] != new[thing]
    ]
    return tuple(edits)


def _facts(world: World) -> Iterator[tuple[str, str]]:
    """Say everything that can be changed: what it is, and its value."""
    for account in world.accounts.values():
        yield f"account {account.name}", ""
        for thing, value in _facts_of_account(account):
            yield f"{account.name}: {thing}", value
    for arn, policy in world.resource_policies.items():
        yield f"policy of {arn}", f": {policy.text}"


def _facts_of_account(account: Account) -> Iterator[tuple[str, str]]:
    identities: list[Identity] = [
        *account.users.values(),
        *account.groups.values(),
        *account.roles.values(),
    ]
    for identity in identities:
        yield from _facts_of_identity(identity)
    for managed in account.policies.values():
        yield f"default version of policy {managed.name}", f": {managed.default_version_id}"
        for version, document in managed.versions.items():
            yield f"version {version} of policy {managed.name}", f": {document.text}"
    for bucket in account.buckets.values():
        yield f"bucket {bucket.name}", ""
        for key, value in bucket.tags.items():
            yield f"tag {key} of bucket {bucket.name}", f": {value}"
        if bucket.policy is not None:
            yield f"policy of bucket {bucket.name}", f": {bucket.policy.text}"


def _facts_of_identity(identity: Identity) -> Iterator[tuple[str, str]]:
    who = f"{identity.kind} {identity.name}"
    yield who, ""
    for arn in identity.attached:
        yield f"{who} has policy {arn}", ""
    for name, policy in identity.inline.items():
        yield f"inline policy {name} of {who}", f": {policy.text}"
    for key, value in identity.tags.items():
        yield f"tag {key} of {who}", f": {value}"
    if isinstance(identity, Bounded) and identity.boundary:
        yield f"boundary of {who}", f": {identity.boundary}"
    if isinstance(identity, User):
        for group in identity.groups:
            yield f"{who} in group {group}", ""
    trust = getattr(identity, "trust", None)
    if trust is not None:
        yield f"trust policy of {who}", f": {trust.text}"
    if isinstance(identity, Role):
        yield f"maximum session duration of {who}", f": {identity.max_session_duration}"
