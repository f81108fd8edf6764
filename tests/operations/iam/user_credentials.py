"""What the tests of credentials share: an account with a user, and all that it holds."""

import pickle
from typing import Any

from iamlab import World
from iamlab.world.account import Account

ID, OTHER = "111111111111", "222222222222"
GOOD, BETTER = "Correct-Horse-1", "Battery-Staple-2"


def made() -> tuple[World, Account]:
    """Make a world with two users."""
    world = World(seed=1)
    main = world.create_account("main", account_id=ID)
    main.create_user("alice", path="/sky/")
    main.create_user("bob")
    return world, main


def held(world: World) -> Any:
    """Return everything that an operation could change, except events."""
    return [
        world.ids.made,
        world.diff(World()),
        [
            (
                account.alias,
                account.password_policy,
                list(account.mfa_records.values()),
                [
                    (user.arn, list(user.key_records.values()), user.login_profile)
                    for user in (account.root, *account.users.values())
                ],
            )
            for account in world.accounts.values()
        ],
    ]


def written(thing: Any) -> bytes:
    """Pickle a thing."""
    return pickle.dumps(thing)


def told(world: World) -> str:
    """Write down all events, as CloudTrail would, and as Python does."""
    return repr([(event, event.to_dict()) for event in world.events])
