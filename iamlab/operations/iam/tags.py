"""Tags of users, roles and policies.

The keys of users and roles ignore letter case, and keep the case they were first given.

Tags: what a call may send, and the three operations of each kind of thing.

Of users and roles two keys are the same if they differ in case only; of all else they are not.

Notes
-----
AWS page: "Tags for AWS Identity and Access Management resources".
AWS page: "Tags for AWS Identity and Access Management resources".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import more_tags, tags_in
from iamlab.operations.iam.policies import own_policy
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, Perform, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.model.account import Account
    from iamlab.model.providers import IamResource

    Find = Callable[[Account, Parameters], IamResource]


_NAMED_BY = {"user": "UserName", "role": "RoleName", "policy": "PolicyArn"}


def _find(account: Account, kind: str, given: Parameters) -> Any:
    name = given[_NAMED_BY[kind]]
    if kind == "user":
        return account.get_user(name)
    return account.get_role(name) if kind == "role" else own_policy(account, name)


def _tag(kind: str) -> Perform:
    def tag(account: Account, given: Parameters) -> None:
        """Set tags."""
        one, ignore_case = _find(account, kind, given), kind != "policy"
        sent = tags_in(given, ignore_case=ignore_case)
        if ignore_case:
            known = {key.lower(): key for key in one.tags}
            sent = {known.get(key.lower(), key): value for key, value in sent.items()}
        one.tags = more_tags(account, one.tags, sent)
        account.changed()

    return tag


def _untag(kind: str) -> Perform:
    def untag(account: Account, given: Parameters) -> None:
        """Take tags away; a key that is not there is no mistake."""
        one = _find(account, kind, given)
        keys = given["TagKeys"]
        gone = {key.lower() for key in keys} if kind != "policy" else set(keys)
        same = (lambda key: key.lower()) if kind != "policy" else str
        one.tags = {key: value for key, value in one.tags.items() if same(key) not in gone}
        account.changed()

    return untag


def _list(kind: str) -> Perform:
    def list_tags(account: Account, given: Parameters) -> dict[str, Any]:
        """List tags."""
        held = answers.tags(_find(account, kind, given).tags)
        return page("Tags", held, given, dict)

    return list_tags


for _kind in _NAMED_BY:
    _noun = _kind.capitalize()
    operation(f"Tag{_noun}", on=_kind)(_tag(_kind))
    operation(f"Untag{_noun}", on=_kind)(_untag(_kind))
    operation(f"List{_noun}Tags", on=_kind, answer=as_it_is)(_list(_kind))
