"""Whatever is called of a service, with whatever parameters: it is done whole, or not at all."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.operations.dispatch import perform
from iamlab.world.account import Account
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.operations.services.random_calls import SERVICES, ServiceChance, entries, start


def outcome(account: Account, key: str, arguments: dict[str, Any], caller: Any = None) -> str:
    """Do it, and say how it ended; a failure must have left everything as it was."""
    before, how = snapshot(account.world), "done"
    try:
        if caller is None:
            perform(account, key, **arguments)
        else:
            account.call(key, caller, **arguments)
    except (AwsError, RequestError) as error:
        how = type(error).__name__
    assert how == "done" or snapshot(account.world) == before, (key, arguments, how)
    return how


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.slow
def test_what_fails_changes_nothing_and_every_operation_can_succeed(service: str) -> None:
    """Over hundreds of calls, of which many fail in many ways."""
    every = {key: entry for key, entry in entries().items() if entry.service == service}
    missing, ended = set(every), Counter[str]()
    for seed in range(25):
        account = start(seed)
        chance = ServiceChance(seed, account)
        for _ in range(300):
            among = sorted(missing) if missing and chance.draw.random() < 0.4 else sorted(every)
            key = chance.draw.choice(among)
            how = outcome(account, key, chance.parameters(every[key]))
            ended[how] += 1
            if how == "done":
                missing.discard(key)
        assert_whole(account)
        if not missing and seed > 3:
            break

    assert sorted(missing) == []
    assert ended["done"] > 50
    assert len(ended) > 3


def assert_whole(account: Account) -> None:
    """Whatever happened, the account hangs together."""
    for arn, resource in account.resources.items():
        assert (resource.arn, resource.account) == (arn, account)
        assert len(resource.tags) <= 50
        assert f":{resource.service}:" in arn
        assert resource.name
        assert isinstance(resource.context, dict)
    assert snapshot(account.world.copy())["accounts"] == snapshot(account.world)["accounts"]


@pytest.mark.chance
def test_a_call_as_somebody_ends_as_the_method_does_or_is_refused() -> None:
    """Who may do everything gets the same; who may do nothing changes nothing."""
    every = entries()
    ended: Counter[str] = Counter()
    for seed in range(tries(40)):
        account, twin = start(seed), start(seed)
        for item in (account, twin):
            item.create_user("admin").attach_policy("AdministratorAccess")
            item.create_user("dana")
        chance = ServiceChance(seed, account)
        for _ in range(80):
            key = chance.draw.choice(sorted(every))
            arguments = chance.parameters(every[key])
            before = snapshot(account.world)
            refused = outcome(account, key, arguments, account.users["dana"])
            assert snapshot(account.world) == before
            assert refused != "done"
            ended[refused] += 1
            how = outcome(account, key, arguments, account.users["admin"])
            by_root = outcome(twin, key, arguments)
            if how in DENIALS:  # by the resource's own policy, say
                break
            assert (how == "done") == (by_root == "done"), (key, arguments)

    assert sum(ended[denial] for denial in DENIALS) > tries(300)


DENIALS = (
    *("AccessDenied", "AccessDeniedException", "AuthorizationError", "LambdaAccessDenied"),
    "UnauthorizedOperation",
)


def test_the_same_calls_make_the_same_world() -> None:
    """Ids, addresses and letters included."""

    def made() -> Any:
        account = start(5)
        chance, every = ServiceChance(5, account), entries()
        for _ in range(200):
            key = chance.draw.choice(sorted(every))
            outcome(account, key, chance.parameters(every[key]))
        return snapshot(account.world), [event.to_dict() for event in account.world.events]

    assert made() == made()


def test_a_world_with_all_of_them_is_written_and_read_again(tmp_path: Path) -> None:
    """Nothing of what the services keep gets lost."""
    account, every = start(5), entries()
    chance = ServiceChance(5, account)
    keeping = [key for key in sorted(every) if ":Delete" not in key]
    for _ in range(600):
        key = chance.draw.choice(keeping)
        outcome(account, key, chance.parameters(every[key]))
    account.world.save(tmp_path / "world.json")
    kinds = {resource.kind for resource in account.resources.values()}

    assert len(kinds) >= 9
    assert snapshot(World.load(tmp_path / "world.json")) == snapshot(account.world)
