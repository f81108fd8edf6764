"""Tags: what a call may send, and the three operations of everything that can be tagged.

Keys of users' and roles' tags ignore letter case, and keep the case they were first written in. For
everything else, keys that differ in case are different keys.

Notes
-----
AWS page: "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, LimitExceeded
from iamlab.model.quotas import quota
from iamlab.operations.iam.responses import page, write_tags
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account

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


def _check_number(account: Account, tags: dict[str, str]) -> None:
    """Check that there are not too many tags.

    Raises
    ------
    LimitExceeded
        There are more than the account's quota.
    """
    if len(tags) > quota(account, "Tags"):
        raise LimitExceeded("The number of tags has reached the maximum limit.")


def _set_tags(_: Account, tagged: Any, tags: dict[str, str]) -> None:
    tagged.tags = tags


@dataclass(frozen=True, slots=True)
class TagOperations:
    """The operations that tag, untag and list the tags of one kind.

    Parameters
    ----------
    kind, noun
        As in its ARNs, and as in the names of its operations.
    find
        Finds what a call names.
    keep
        Gives it other tags.
    ignore_case
        Whether keys that differ in case are the same key.
    by_key
        Whether the list is sorted.
    """

    kind: str
    noun: str
    find: Callable[[Account, Parameters], Any]
    keep: Callable[[Account, Any, dict[str, str]], None] = _set_tags
    ignore_case: bool = False
    by_key: bool = False

    def register(self) -> None:
        """Make them operations of the API."""
        operation(f"Tag{self.noun}", on=self.kind)(self.tag)
        operation(f"Untag{self.noun}", on=self.kind)(self.untag)
        operation(f"List{self.noun}Tags", on=self.kind, answer=as_it_is)(self.list)

    def tag(self, account: Account, request: Parameters) -> None:
        """Set tags."""
        tagged = self.find(account, request)
        known = {self._same(key): key for key in tagged.tags}
        sent = tags_in(request, ignore_case=self.ignore_case)
        new = {known.get(self._same(key), key): value for key, value in sent.items()}
        wanted = {**tagged.tags, **new}
        _check_number(account, wanted)
        self.keep(account, tagged, wanted)
        account.changed()

    def untag(self, account: Account, request: Parameters) -> None:
        """Remove tags; a key that is not there is no error."""
        tagged, gone = self.find(account, request), {*map(self._same, request["TagKeys"])}
        kept = {key: value for key, value in tagged.tags.items() if self._same(key) not in gone}
        self.keep(account, tagged, kept)
        account.changed()

    def list(self, account: Account, request: Parameters) -> dict[str, Any]:
        """List tags."""
        held = write_tags(self.find(account, request).tags)
        listed = sorted(held, key=itemgetter("Key")) if self.by_key else held
        return page("Tags", listed, request, dict)

    def _same(self, key: str) -> str:
        return key.lower() if self.ignore_case else key
