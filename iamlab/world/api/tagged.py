"""Tags: what a call may send, and the three operations of each kind of thing.

Of users and roles two keys are the same if they differ in case only; of all else they are not.

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
from iamlab.world.quotas import quota

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.world.account import Account
    from iamlab.world.things import Thing

    Find = Callable[[Account, Parameters], Thing]

_TWICE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
_RESERVED = "aws:"


def tags_in(given: Parameters, *, ignore_case: bool = False) -> dict[str, str]:
    """Take the tags that a call sends.

    Raises
    ------
    InvalidInput
        A key stands twice, or is one of those that only AWS sets.
    """
    sent = given.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len({key.lower() if ignore_case else key for key in found}) < len(sent):
        raise InvalidInput(_TWICE)
    reserved = [key for key in found if key.lower().startswith(_RESERVED)]
    if reserved:  # AWS's sentence is not documented
        raise InvalidInput(f"Tag keys that begin with {_RESERVED} are reserved: {reserved[0]}.")
    return found


def more_tags(account: Account, held: Mapping[str, str], sent: Mapping[str, str]) -> dict[str, str]:
    """Put tags to those that are there.

    Raises
    ------
    LimitExceeded
        There would be too many.
    """
    wanted = {**held, **sent}
    if len(wanted) > quota(account, "Tags"):
        raise LimitExceeded("The number of tags has reached the maximum limit.")
    return wanted


def tag_operations(kind: type[Thing], find: Find) -> None:
    """Make the three operations for a kind of thing."""

    def tag(account: Account, given: Parameters) -> None:
        """Set tags."""
        thing = find(account, given)
        thing.tags = more_tags(account, thing.tags, tags_in(given))
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
