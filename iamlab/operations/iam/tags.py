"""The tags of IAM's resources: read those of a call, and tag, untag and list.

Keys of users' and roles' tags are case-insensitive and keep the case they were first written in.
For everything else, keys are case-sensitive.

Notes
-----
AWS pages: "Tags for AWS Identity and Access Management resources"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, LimitExceeded
from iamlab.operations.iam.common import page, quota, write_tags
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account


def tags_in(request: Parameters, *, ignore_case: bool = False) -> dict[str, str]:
    """Return the tags of a call.

    Raises
    ------
    InvalidInput
        A key is duplicated, or reserved for AWS.
    """
    sent = request.get("Tags", ())
    found = {tag["Key"]: tag["Value"] for tag in sent}
    if len({key.lower() if ignore_case else key for key in found}) < len(sent):
        hint = " Please note that Tag keys are case insensitive." if ignore_case else ""
        raise InvalidInput(f"Duplicate tag keys found.{hint}")
    reserved = [key for key in found if key.lower().startswith("aws:")]
    if reserved:  # AWS's sentence is not documented
        raise InvalidInput(f"Tag keys that begin with aws: are reserved: {reserved[0]}.")
    return found


def _set_tags(_: Account, tagged: Any, tags: dict[str, str]) -> None:
    tagged.tags = tags


def tag_operations(
    kind: str,
    noun: str,
    find: Callable[[Account, Parameters], Any],
    keep: Callable[[Account, Any, dict[str, str]], None] = _set_tags,
    *,
    ignore_case: bool = False,
    by_key: bool = False,
) -> None:
    """Register the operations that tag, untag and list the tags of one kind.

    Parameters
    ----------
    kind, noun
        Its name in ARNs, and in the names of operations.
    find
        Finds the resource that a call names.
    keep
        Stores its new tags.
    ignore_case
        Whether keys are case-insensitive.
    by_key
        Whether the list is sorted.
    """

    def same(key: str) -> str:
        return key.lower() if ignore_case else key

    @operation(f"Tag{noun}", on=kind)
    def tag(account: Account, request: Parameters) -> None:
        tagged = find(account, request)
        known = {same(key): key for key in tagged.tags}
        sent = tags_in(request, ignore_case=ignore_case)
        new = {known.get(same(key), key): value for key, value in sent.items()}
        wanted = {**tagged.tags, **new}
        if len(wanted) > quota(account, "Tags"):
            raise LimitExceeded("The number of tags has reached the maximum limit.")
        keep(account, tagged, wanted)

    @operation(f"Untag{noun}", on=kind)  # a missing key isn't an error
    def untag(account: Account, request: Parameters) -> None:
        tagged, gone = find(account, request), {*map(same, request["TagKeys"])}
        kept = {key: value for key, value in tagged.tags.items() if same(key) not in gone}
        keep(account, tagged, kept)

    @operation(f"List{noun}Tags", on=kind, answer=as_it_is)
    def list_tags(account: Account, request: Parameters) -> dict[str, Any]:
        held = write_tags(find(account, request).tags)
        listed = sorted(held, key=itemgetter("Key")) if by_key else held
        return page("Tags", listed, request, dict)
