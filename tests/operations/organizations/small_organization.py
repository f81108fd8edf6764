"""A small organization to try things on."""

from typing import Any

from iamlab import World
from iamlab.model.organization.organization import Organization
from iamlab.world.account import Account
from tests.policy.documents import allow, document

MAIN, DEV, OUTSIDE = "111111111111", "222222222222", "333333333333"
SERVICE = "access-analyzer.amazonaws.com"


def small_organization(seed: int = 7) -> Organization:
    """Make one: root > Prod > Web > acme-dev; the account outside is not in it."""
    world = World(seed=seed)
    main = world.create_account("acme-main", account_id=MAIN)
    world.create_account("outside", account_id=OUTSIDE)
    made = world.create_organization(main)
    prod = made.create_organizational_unit("Prod")
    web = made.create_organizational_unit("Web", parent=prod)
    made.create_account("acme-dev", parent=web, account_id=DEV)
    return made


def allowed(account: Account, *actions: str, resource: Any = "*") -> Any:
    """Make a user who may do some actions."""
    user = account.create_user(f"user-{len(account.users)}")
    user.put_policy("some", document(allow(list(actions), resource)))
    return user


def ask(organization: Organization, operation: str, **arguments: Any) -> Any:
    """Call an operation as the root user of the management account."""
    main = organization.management_account
    return main.call(f"organizations:{operation}", main.root, **arguments)
