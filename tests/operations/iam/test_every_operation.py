"""Whatever is called, with whatever parameters: it is done whole, or nothing is changed.

Operations and parameters are drawn from the API's own model, good and bad ones mixed, so that a new
operation is tried as soon as it has an entry.
"""

from collections import Counter
from typing import Any

from iamlab.operations.registry import entries
from iamlab.world.account import Account
from tests.effort import slow
from tests.model.world_contents import snapshot
from tests.operations.iam.random_calls import Chance, outcome, start


@slow
def test_what_fails_changes_nothing_and_every_operation_can_succeed() -> None:
    """Over thousands of calls, of which many fail in many ways."""
    names = sorted(entries())
    ended: Counter[str] = Counter()
    missing = set(names) - NEEDS_MORE
    for seed in range(60):
        account = start(seed)
        chance = Chance(seed, account)
        for _ in range(500):
            # What was never done yet is tried more often.
            among = sorted(missing) if missing and chance.draw.random() < 0.4 else names
            operation = chance.draw.choice(among)
            how = outcome(account, operation, chance.parameters(operation))
            ended[how] += 1
            if how == "done":
                missing.discard(operation)
        assert_whole(account)
        if not missing and seed > 5:
            break

    assert sorted(missing) == []
    assert ended["done"] > 500
    assert {"ValidationError", "NoSuchEntity", "EntityAlreadyExists", "RequestError"} <= set(ended)


# What chance does not make: each has tests of its own.
NEEDS_MORE = {
    "ChangePassword",
    "DeleteServiceLinkedRole",
    "DeleteSigningCertificate",
    "GetServiceLinkedRoleDeletionStatus",
    "UpdateLoginProfile",
    "UpdateSigningCertificate",
}


def assert_whole(account: Account) -> None:
    """Whatever happened, the account hangs together."""
    for kind in ("users", "groups", "roles"):
        held = getattr(account, kind)
        assert all(value.name == name for name, value in held.items())
        assert len({name.lower() for name in held}) == len(held)
        assert len({item.unique_id for item in held.values()}) == len(held)
        assert all(item.account is account for item in held.values())
    for user in account.users.values():
        assert set(user.groups) <= set(account.groups)
        assert len(user.groups) <= 10
    for policy in account.policies.values():
        assert policy.default_version_id in policy.versions
        assert len(policy.versions) <= 5
    for entry in (*account.users.values(), *account.groups.values(), *account.roles.values()):
        assert all(account.policies[arn] for arn in entry.attached)


def test_the_same_calls_make_the_same_world() -> None:
    """Ids and times included."""

    def made() -> Any:
        account = start(3)
        chance = Chance(3, account)
        names = sorted(entries())
        for _ in range(200):
            operation = chance.draw.choice(names)
            outcome(account, operation, chance.parameters(operation))
        return snapshot(account.world), [event.to_dict() for event in account.world.events]

    assert made() == made()
