"""Edits of a world as data: cards, answers and searches use them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.operations.dispatch import perform
from iamlab.policy.statement import statement_to_json
from iamlab.teach.callers import key_of, main_account
from iamlab.teach.notation import policy_of
from iamlab.teach.places import Place, held
from iamlab.teach.source_lines import find_named
from iamlab.world.policy_places import arranged
from iamlab.world.world import World

if TYPE_CHECKING:
    from iamlab.teach.exercises import Cell

Edit = tuple[Any, ...]
"""An operation of the table below with its arguments; or an operation of an AWS API with its
parameters, which the account's root user calls: ``("iam:DeleteGroup", {"GroupName": "tower"})``.
In a world with several accounts, the name of the account follows.
"""


def _arrange(world: World, owner: str, policy_name: str, sids: str) -> None:
    place = Place(owner, policy_name)
    policy = place.read(world)
    if policy is None:
        raise ExerciseError(f"There is no policy to change: {place}.")
    place.put(world, arranged(policy, sids.split()))


def _identity(world: World, name: str) -> Any:
    return find_named("user, group or role", name, held(world, "roles", "groups", "users"))


def _managed(world: World, name: str) -> Any:
    return find_named("customer managed policy", name, held(world, "policies"))


def _put_policy(world: World, owner: str, policy_name: str, text: str) -> None:
    Place(owner, policy_name).write(world, policy_of(text, main_account(world)))


def _contain(world: World, name: str) -> None:
    from iamlab.incident.containment import contain

    contain(world, name)


def _count(before: World, after: World) -> int:
    from iamlab.incident.containment import edits

    calls, now = (getattr(world, "calls", {}) for world in (before, after))  # with their policies
    return len(edits(before, after)) + len([own for own in calls if now.get(own) != calls[own]])


def _move_account(world: World, account: str, unit: str) -> None:
    world.account(account).organization.move_account(account, unit)  # type: ignore[union-attr]


def _method(name: str, find: Callable[[World, str], Any]) -> Callable[..., None]:
    return lambda world, owner, value: getattr(find(world, owner), name)(value)


_set_default_version = _method("set_default_version", _managed)

_OPERATIONS: dict[str, tuple[int, Callable[..., None], str]] = {
    "add_user": (2, _method("add_user", World.group), "{1} joins {0}"),
    "remove_user": (2, _method("remove_user", World.group), "{1} leaves {0}"),
    "attach_policy": (2, _method("attach_policy", _identity), "{0} gets {1}"),
    "detach_policy": (2, _method("detach_policy", _identity), "{0} loses {1}"),
    "put_policy": (3, _put_policy, "The policy {1} of {0} is now: {2}"),
    "arrange": (3, _arrange, "Only these statements of {1} are on: {2}"),
    "contain": (1, _contain, "{0}"),
    "set_default_version": (2, _set_default_version, "Default version of {0}: {1}"),
    "move_account": (2, _move_account, "The account {0} moves to the OU {1}"),
}


def read_edits(text: str) -> list[Edit]:
    """Read edits from text, with ``;`` between them: ``add_user astronomers dana; ...``.

    Examples
    --------
    >>> read_edits("remove_user developers dana; arrange alice stack ReadMe AllMaps")
    [('remove_user', 'developers', 'dana'), ('arrange', 'alice', 'stack', 'ReadMe AllMaps')]
    >>> read_edits("iam:DeleteAccessKey UserName=bob AccessKeyId=bob/key-1 acme-main")
    [('iam:DeleteAccessKey', {'UserName': 'bob', 'AccessKeyId': 'bob/key-1'}, 'acme-main')]
    """
    return [_edit(part.split()) for part in text.split(";") if part.strip()]


def _edit(words: list[str]) -> Edit:
    name, *arguments = words
    if ":" in name:  # an operation of an API
        pairs = (own.partition("=") for own in arguments if "=" in own)
        parameters = {key: value for key, _, value in pairs}
        return (name, parameters, *(own for own in arguments if "=" not in own))
    size = find_named("edit", name, _OPERATIONS)[0]
    return (name, *arguments[: size - 1], " ".join(arguments[size - 1 :]))


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
                owner = world.account(*account) if account else main_account(world)
                keys = {key: key_of(own, owner).access_key_id for key, own in _keys(parameters)}
                perform(owner, name.removeprefix("iam:"), **{**parameters, **keys})
            case [str(name), *arguments] if len(arguments) == _OPERATIONS.get(name, (-1,))[0]:
                _OPERATIONS[name][1](world, *map(str, arguments))
            case _:
                message = f"{edit!r} isn't an edit. Write (operation, argument, ...), with one of: "
                raise ExerciseError(message + ", ".join(_OPERATIONS))


def _keys(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the parameters that name an access key by its place, such as ``bob/key-1``."""
    return [own for own in parameters.items() if re.fullmatch(r"[^/]+/key-\d+", str(own[1]))]


def in_words(edits: Iterable[Edit]) -> list[str]:
    """Return edits in the words of a card.

    Examples
    --------
    >>> in_words([("add_user", "astronomers", "dana"), ("arrange", "dana", "stack", "Read Write")])
    ['dana joins astronomers', 'Only these statements of stack are on: Read, Write']
    >>> in_words([("iam:DeleteGroup", {"GroupName": "tower"})])
    ['iam:DeleteGroup GroupName=tower']
    """
    return [_in_words(*edit) for edit in edits]


def _in_words(name: str, *arguments: Any) -> str:
    if name in _OPERATIONS:
        *first, last = arguments
        last = last.replace(" ", ", ") if name == "arrange" else last
        return _OPERATIONS[name][2].format(*first, last)
    parameters, *account = arguments
    sent = "".join(f" {key}={value}" for key, value in parameters.items())
    return f"{name}{sent}{' in '.join(['', *account])}"


Target = Sequence["Cell"]


@dataclass(frozen=True, slots=True)
class Editor:
    """What a repair can change.

    Parameters
    ----------
    name
        As a lesson writes it: ``"statements alice stack"``.
    about
        An edit counts if its sentence contains this text.
    search
        Yields lists of edits that could be the answer, the shortest first.
    count
        Counts the edits between two worlds.
    read
        Reads edits from a lesson's text.
    choices
        What a card with choices offers: a text for each choice, and its edits.
    """

    name: str
    about: str
    search: Callable[[World, Target], Iterator[list[Edit]]]
    count: Callable[[World, World], int] = _count
    read: Callable[[str], list[Edit]] = read_edits
    choices: Mapping[str, Sequence[Edit]] = field(default_factory=dict)


def _statements(owner: str, policy_name: str) -> Editor:
    """Leave statements of a policy out."""
    place = Place(owner, policy_name)

    def search(world: World, _: Target) -> Iterator[list[Edit]]:
        policy = place.read(world)
        labels = [statement.label for statement in policy.statements] if policy else []
        for size in range(len(labels) - 1, -1, -1):
            for kept in combinations(labels, size):
                yield [("arrange", owner, policy_name, " ".join(kept))]

    def count(before: World, after: World) -> int:
        return len(_json_of(place, before) ^ _json_of(place, after))

    def read(text: str) -> list[Edit]:
        return [("arrange", owner, policy_name, " ".join(text.split()))]

    return Editor(f"statements {owner} {policy_name}", policy_name, search, count, read)


def of_choices(choices: Mapping[str, Sequence[Edit]], first: Sequence[Edit] = ()) -> Editor:
    """Make some of these edits: those of the lesson's solution first, then the fewest."""

    def search(_: World, __: Target) -> Iterator[list[Edit]]:
        yield list(first)
        for number in range(1, len(choices) + 1):
            for chosen in combinations(choices.values(), number):
                yield list(chain(*chosen))

    return Editor("choices", "", search, choices=choices)


def _json_of(place: Place, world: World) -> set[str]:
    policy = place.read(world)
    return {str(statement_to_json(own)) for own in policy.statements} if policy else set()


def _version_choices(world: World, _: Target) -> Iterator[list[Edit]]:
    """Yield each choice of another default version of one policy."""
    for name, policy in held(world, "policies").items():
        for version in policy.versions:
            if version != policy.default_version_id:
                yield [("set_default_version", name, version)]


def _membership_changes(world: World, target: Target) -> Iterator[list[Edit]]:
    """Yield the fewest changes that reach the target, one user at a time.

    Users don't influence each other, so each user is searched alone: 2 to the number of groups.
    """
    edits: list[Edit] = []
    for account in world.accounts.values():
        for user in account.users.values():
            own = [cell for cell in target if cell.question.caller == user.name]
            changes: list[Edit] = [
                ("remove_user" if group in user.groups else "add_user", group, user.name)
                for group in account.groups
            ]
            found = chain.from_iterable(combinations(changes, n) for n in range(len(changes) + 1))
            fewest = next((chosen for chosen in found if _reaches(world, chosen, own)), None)
            if fewest is None:
                return
            edits += fewest
    yield edits


def _reaches(world: World, edits: Iterable[Edit], target: Target) -> bool:
    changed = world.copy()
    apply_edits(changed, edits)
    return all(cell.holds_in(changed) for cell in target)


EDITORS: dict[str, Callable[..., Editor]] = {
    "memberships": lambda: Editor("memberships", " in group ", _membership_changes),
    "versions": lambda: Editor("versions", "default version of policy", _version_choices),
    "statements": _statements,
}
