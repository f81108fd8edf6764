"""Tags: what a call may send, and the three operations of everything that can be tagged.

Keys of users' and roles' tags ignore letter case, and keep the case they were first written in. For
everything else, keys that differ in case are different keys.

Notes
-----
AWS page: "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, LimitExceeded
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account

    Find = Callable[[Account, Parameters], Any]
    Keep = Callable[[Account, Any, dict[str, str]], None]

_TWICE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
_RESERVED = "aws:"


def tags_in(request: Parameters, *, ignore_case: bool = False) -> dict[str, str]:
    """Read the tags that a call sends.

    Raises
    ------
    InvalidInput
        A key is there twice, or is one of those that only AWS sets.
    """
    sent = request.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len({key.lower() if ignore_case else key for key in found}) < len(sent):
        raise InvalidInput(_TWICE)
    reserved = [key for key in found if key.lower().startswith(_RESERVED)]
    if reserved:  # AWS's sentence is not documented
        raise InvalidInput(f"Tag keys that begin with {_RESERVED} are reserved: {reserved[0]}.")
    return found


def _set_tags(_: Account, tagged: Any, tags: dict[str, str]) -> None:
    tagged.tags = tags


def tag_operations(
    kind: str,
    noun: str,
    find: Find,
    keep: Keep = _set_tags,
    *,
    ignore_case: bool = False,
    by_key: bool = False,
) -> None:
    """Make the operations that tag, untag and list the tags of one kind.

    Parameters
    ----------
    kind, noun
        As in its ARNs, and as in the names of its operations.
    find
        Finds what a call names.
    keep
        Gives it other tags.
    by_key
        Whether the list is sorted.
    """
    same: Callable[[str], str] = str.lower if ignore_case else str

    def tag(account: Account, request: Parameters) -> None:
        """Set tags."""
        tagged = find(account, request)
        known = {same(key): key for key in tagged.tags}
        sent = tags_in(request, ignore_case=ignore_case)
        wanted = {**tagged.tags, **{known.get(same(key), key): sent[key] for key in sent}}
        if len(wanted) > quota(account, "Tags"):
            raise LimitExceeded("The number of tags has reached the maximum limit.")
        keep(account, tagged, wanted)
        account.changed()

    def untag(account: Account, request: Parameters) -> None:
        """Remove tags; a key that is not there is no error."""
        tagged, gone = find(account, request), set(map(same, request["TagKeys"]))
        kept = {key: value for key, value in tagged.tags.items() if same(key) not in gone}
        keep(account, tagged, kept)
        account.changed()

    def list_tags(account: Account, request: Parameters) -> dict[str, Any]:
        """List tags."""
        held = answers.tags(find(account, request).tags)
        return page("Tags", sorted(held, key=_key) if by_key else held, request, dict)

    operation(f"Tag{noun}", on=kind)(tag)
    operation(f"Untag{noun}", on=kind)(untag)
    operation(f"List{noun}Tags", on=kind, answer=as_it_is)(list_tags)


def _key(tag: dict[str, str]) -> str:
    return tag["Key"]
