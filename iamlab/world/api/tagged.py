"""Tags of things: set, taken away, listed; the same for each kind. The case of keys counts.

Notes
-----
AWS page: "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, LimitExceeded
from iamlab.world.api import answers
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.paging import page
from iamlab.world.quotas import DUPLICATE_TAGS, quota

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.world.account import Account
    from iamlab.world.things import Thing

    Find = Callable[[Account, Parameters], Thing]


def tags_in(given: Parameters) -> dict[str, str]:
    """Take the tags that a call sends."""
    sent = given.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len(found) < len(sent):
        raise InvalidInput(DUPLICATE_TAGS)
    return found


def tag_operations(kind: type[Thing], find: Find) -> None:
    """Make the three operations for a kind of thing."""

    def tag(account: Account, given: Parameters) -> None:
        """Set tags."""
        thing = find(account, given)
        wanted = {**thing.tags, **tags_in(given)}
        if len(wanted) > quota(account, "Tags"):
            raise LimitExceeded("The number of tags has reached the maximum limit.")
        thing.tags = wanted
        account.changed()

    def untag(account: Account, given: Parameters) -> None:
        """Take tags away; a key that is not there is no mistake."""
        thing, gone = find(account, given), given["TagKeys"]
        thing.tags = {key: value for key, value in thing.tags.items() if key not in gone}
        account.changed()

    def list_tags(account: Account, given: Parameters) -> dict[str, Any]:
        """List tags, by their keys."""
        held = dict(sorted(find(account, given).tags.items()))
        return page("Tags", answers.tags(held), given, dict)

    operation(f"Tag{kind.noun}", on=kind.kind)(tag)
    operation(f"Untag{kind.noun}", on=kind.kind)(untag)
    operation(f"List{kind.noun}Tags", on=kind.kind, answer=as_it_is)(list_tags)
