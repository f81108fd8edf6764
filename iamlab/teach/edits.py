"""Edits of a world as data: cards, answers and searches use them."""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.operations.dispatch import perform
from iamlab.policy.statement import statement_to_json
from iamlab.widgets.instruments.statement_stack import arrange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.world.account import Account
    from iamlab.world.world import World

Edit = tuple[Any, ...]
"""An operation of the table below with its arguments; or an operation of an AWS API with its
parameters, which the account's root user calls: ``("iam:DeleteGroup", {"GroupName": "tower"})``.
In a world with several accounts, the name of the account follows.
"""


def _set_default_version(world: World, policy: str, version: str) -> None:
    for account in world.accounts.values():
        for own in account.policies.values():
            if own.name == policy:
                own.set_default_version(version)
                return
    message = f"There is no customer managed policy {policy!r}."
    raise ExerciseError(message)


_OPERATIONS: dict[str, tuple[int, Callable[..., None], str]] = {
    "add_user": (
        2,
        lambda world, group, user: world.group(group).add_user(user),
        "world.group({0!r}).add_user({1!r})",
    ),
    "remove_user": (
        2,
        lambda world, group, user: world.group(group).remove_user(user),
        "world.group({0!r}).remove_user({1!r})",
    ),
    "arrange": (
        3,
        lambda world, user, policy, sids: arrange(world.user(user), policy, sids.split()),
        "arrange(world.user({0!r}), {1!r}, {2!r}.split())",
    ),
    "set_default_version": (
        2,
        _set_default_version,
        "account.policies[{0!r}].set_default_version({1!r})",
    ),
}


def apply_edits(world: World, edits: Iterable[Any]) -> None:
    """Make the edits, in order.

    Raises
    ------
    ExerciseError
        An edit isn't a tuple of an operation and its arguments.
    """
    for edit in edits:
        match edit:
            case [str(name), dict(parameters), *account] if len(account) < 2:
                perform(_account(world, *account), name.removeprefix("iam:"), **parameters)
            case [str(name), *arguments] if len(arguments) == _OPERATIONS.get(name, (-1,))[0]:
                _OPERATIONS[name][1](world, *map(str, arguments))
            case _:
                message = f"{edit!r} isn't an edit. Write (operation, argument, ...), with one of: "
                raise ExerciseError(message + ", ".join(_OPERATIONS))


def _account(world: World, name: str = "") -> Account:
    return world.account(name) if name else next(iter(world.accounts.values()))


def as_calls(edits: Iterable[Edit]) -> list[str]:
    """Return edits as the Python calls that make them.

    Examples
    --------
    >>> as_calls([("add_user", "astronomers", "dana")])
    ["world.group('astronomers').add_user('dana')"]
    >>> as_calls([("iam:DeleteGroup", {"GroupName": "tower"})])
    ["account.call('DeleteGroup', account.root, GroupName='tower')"]
    """
    return [_as_call(*edit) for edit in edits]


def _as_call(name: str, *arguments: Any) -> str:
    if name in _OPERATIONS:
        return _OPERATIONS[name][2].format(*arguments)
    parameters, *account = arguments
    owner = f"world.account({account[0]!r})" if account else "account"
    sent = "".join(f", {key}={value!r}" for key, value in parameters.items())
    return f"{owner}.call({name.removeprefix('iam:')!r}, {owner}.root{sent})"


def of_choices(choices: Mapping[str, Sequence[Edit]]) -> Callable[[World], Iterator[list[Edit]]]:
    """Return a search that makes some of these edits: the fewest first."""

    def search(_: World) -> Iterator[list[Edit]]:
        for number in range(1, len(choices) + 1):
            for chosen in combinations(choices.values(), number):
                yield list(chain(*chosen))

    return search


def moves(world: World) -> Iterator[list[Edit]]:
    """Yield each move of one user from one group to another."""
    for account in world.accounts.values():
        for user in account.users.values():
            for old in user.groups:
                for new in account.groups:
                    if new not in user.groups:
                        yield [("remove_user", old, user.name), ("add_user", new, user.name)]


def version_choices(world: World) -> Iterator[list[Edit]]:
    """Yield each choice of another default version of one policy."""
    for account in world.accounts.values():
        for policy in account.policies.values():
            for version in policy.versions:
                if version != policy.default_version_id:
                    yield [("set_default_version", policy.name, version)]


def memberships_for(world: World, is_right: Callable[[World, str], bool]) -> Iterator[list[Edit]]:
    """Yield the smallest memberships that are right for each user, one user at a time.

    Users don't influence each other, so each user is searched alone: 2 to the number of groups.
    """
    edits: list[Edit] = []
    for account in world.accounts.values():
        groups = list(account.groups)
        choices = list(
            chain.from_iterable(combinations(groups, size) for size in range(len(groups) + 1))
        )
        for user in account.users:
            for chosen in choices:
                tried = [("add_user", group, user) for group in chosen]
                changed = world.copy()
                apply_edits(changed, tried)
                if is_right(changed, user):
                    edits += tried
                    break
            else:
                return
    yield edits


def kept_statements(user: str, policy: str) -> Callable[[World], Iterator[list[Edit]]]:
    """Return a search that leaves statements out of an inline policy: the fewest first."""

    def search(world: World) -> Iterator[list[Edit]]:
        labels = [statement.label for statement in world.user(user).inline[policy].statements]
        for size in range(len(labels) - 1, -1, -1):
            for kept in combinations(labels, size):
                yield [("arrange", user, policy, " ".join(kept))]

    return search


def left_out(user: str, policy_name: str) -> Callable[[World, World], int]:
    """Return a function that counts the statements an inline policy lost or gained."""

    def count(before: World, after: World) -> int:
        def statements(world: World) -> set[str]:
            policy = world.user(user).inline.get(policy_name)
            return {str(statement_to_json(own)) for own in policy.statements} if policy else set()

        return len(statements(before) ^ statements(after))

    return count
