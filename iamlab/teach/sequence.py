"""Exercises of kind S: API calls that reach a goal, each of them authorized."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.errors import ExerciseError, IamLabError, RequestError, did_you_mean, noted
from iamlab.operations.dispatch import call_in
from iamlab.teach.callers import caller_of
from iamlab.teach.checks import counted
from iamlab.teach.exercises import Exercise, Mark
from iamlab.view.words import shorten

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.world.world import World

Call = dict[str, Any]
"""A call as data: its caller, its operation, and its parameters by their names.

``{"Caller": "dana", "Operation": "iam:CreateAccessKey", "UserName": "bob"}``. The caller
``"call 1"`` uses the credentials that the first call returned. An action without a model has a
``Resource``: ``{"Caller": "call 1", "Operation": "s3:GetObject", "Resource": "arn:..."}``.
"""

OF_CALL = "call "
"""The name of a caller with the credentials of an earlier call begins with it."""

_HEAD = ("Caller", "Operation")

LONGEST = 3
"""How many calls a search tries, if an exercise has no limit."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Calls that were made in a copy of a world.

    Parameters
    ----------
    made
        The calls that succeeded, in words.
    error
        The error of the next call; ``None`` if all succeeded.
    """

    world: World
    made: tuple[str, ...]
    error: IamLabError | None = None


def replay(world: World, calls: Iterable[Call]) -> Replay:
    """Make calls in a copy of a world, until one is refused.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> read = {"Caller": "alice", "Operation": "s3:GetObject", "Resource": MAP}
    >>> replay(scenario("first_door"), [read, {**read, "Caller": "bob"}]).made
    ('alice: s3:GetObject Resource=arn:aws:s3:::star-maps/m31.fits',)
    """
    changed = world.copy()
    made: list[str] = []
    answers: list[Mapping[str, Any]] = []
    for call in calls:
        try:
            answers.append(_make(changed, call, answers))
        except IamLabError as error:
            return Replay(changed, tuple(made), error)
        made.append(in_words(call))
    return Replay(changed, tuple(made))


def _make(world: World, call: Call, answers: abc.Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Make a call and return the API's response."""
    parameters = _parameters(call)
    caller, operation = _caller(world, call["Caller"], answers), call["Operation"]
    if "Resource" in parameters:
        world.do(caller, operation, parameters["Resource"])
        return {}
    account_id = principal_of(world, caller).account_id
    return call_in(world, operation.removeprefix("iam:"), caller, parameters, account_id)[1]


def _caller(world: World, name: str, answers: abc.Sequence[Mapping[str, Any]]) -> Caller:
    """Return the caller with this name, or with the credentials of an earlier call."""
    if not name.startswith(OF_CALL):
        return caller_of(world, name)
    earlier = dict(enumerate(answers, 1)).get(int(name.removeprefix(OF_CALL)), {})
    for value in earlier.values():
        if isinstance(value, dict) and "AccessKeyId" in value:
            return world.caller_of(value)
    raise RequestError(f"{name.capitalize()} didn't return credentials before this call.")


def in_words(call: Call) -> str:
    """Return a call as one line of text.

    Examples
    --------
    >>> in_words({"Caller": "dana", "Operation": "iam:CreateAccessKey", "UserName": "bob"})
    'dana: iam:CreateAccessKey UserName=bob'
    """
    # A token is long, and has no blanks.
    texts = ((name, text_of(own)) for name, own in _parameters(call).items())
    words = (f" {name}={own if ' ' in own else shorten(own, 100)}" for name, own in texts)
    return f"{by_whom(call['Caller'])}: {call['Operation']}{''.join(words)}"


def text_of(value: Any) -> str:
    """Return a parameter's value as text, with the AWS CLI's shorthand for structures.

    Examples
    --------
    >>> text_of("bob"), text_of(14), text_of({"HttpTokens": "required"})
    ('bob', '14', 'HttpTokens=required')
    """
    if isinstance(value, dict):
        return ",".join(f"{name}={text_of(own)}" for name, own in value.items())
    if isinstance(value, list) and value and all(isinstance(own, dict) for own in value):
        return " ".join(map(text_of, value))
    return value if isinstance(value, str) else json.dumps(value)


def by_whom(caller: str) -> str:
    """Return a caller as a card names it.

    Examples
    --------
    >>> by_whom("carol"), by_whom("call 1")
    ('carol', 'with the credentials of call 1')
    """
    return f"with the credentials of {caller}" if caller.startswith(OF_CALL) else caller


def _parameters(call: Call) -> dict[str, Any]:
    return {name: own for name, own in call.items() if name not in _HEAD}


@dataclass(frozen=True, kw_only=True)
class Sequence(Exercise):
    """S: calls that reach a goal.

    Parameters
    ----------
    callers
        Who can call: names or ARNs. Others can only call with the credentials of an earlier call.
    operations
        A function of the world: the operations that a card offers, each with its parameters, and
        for each parameter the values to choose from; without values, the learner writes one.
    goal
        A function: has a world reached the goal?
    wanted
        The goal in words: a sentence.
    still_open
        A function: what is still to do in a world, as sentences.
    most
        The largest number of calls. ``None``: any number.
    solution
        A function of the world: calls that reach the goal. ``None``: search what a card offers.
    """

    callers: tuple[str, ...]
    operations: Callable[[World], Mapping[str, Mapping[str, abc.Sequence[Any]]]]
    goal: Callable[[World], bool]
    wanted: str
    still_open: Callable[[World], Iterable[str]] = lambda _: ()
    most: int | None = None
    solution: Callable[[World], Iterable[Call]] | None = None
    unsolved = "No calls that exercise {} offers reach the goal."

    def read(self, answer: Any, world: World) -> list[Call]:  # noqa: ARG002 - as for all kinds
        """Return the calls, each with its caller and operation first."""
        if not isinstance(answer, list | tuple) or not all(map(_is_call, answer)):
            call = f'[{{"Caller": "{self.callers[0]}", "Operation": "iam:ListUsers"}}]'
            raise self.needs(f"a list of calls, such as {call}")
        found = []
        for call in answer:
            caller = call["Caller"].removeprefix(OF_CALL)
            if caller.isdecimal():
                caller = f"{OF_CALL}{caller}"
            elif caller not in self.callers:
                error = ExerciseError(f"{caller!r} can't call here.")
                raise noted(error, did_you_mean(caller, self.callers))
            found.append({**dict.fromkeys(_HEAD), **call, "Caller": caller})
        return found

    def offered(self, world: World, before: int) -> Iterator[Call]:
        """Yield each call that a card offers after some calls, without those to write."""
        callers = [*self.callers, *(f"{OF_CALL}{number}" for number in range(1, before + 1))]
        for caller, (operation, parameters) in product(callers, self.operations(world).items()):
            for values in product(*parameters.values()):
                named = dict(zip(parameters, values, strict=True))
                yield {"Caller": caller, "Operation": operation, **named}

    def _search(self, world: World) -> Iterator[list[Call]]:
        """Yield all lists of offered calls that are authorized, and then one that is refused."""
        known: list[list[Call]] = [[]]
        refused: list[list[Call]] = []
        for length in range(self.most or LONGEST):
            longer = [[*calls, call] for calls in known for call in self.offered(world, length)]
            known = []
            for calls in longer:
                (known if replay(world, calls).error is None else refused).append(calls)
            yield from known
        yield from refused[-1:]

    def tries(self, world: World) -> Iterable[list[Call]]:
        """Return all calls that a card offers, or the author's."""
        return self._search(world) if self.solution is None else [list(self.solution(world))]

    def _mark(self, answer: list[Call], world: World) -> Mark:
        done = replay(world, answer)
        text = counted(len(done.made), len(answer), "allowed")
        if done.error is None and self.goal(done.world):
            if self.most is None or len(answer) <= self.most:
                return Mark(correct=True, true_part=f"{text} {self.why}".strip())
            enough = f"{self.most} {'is' if self.most == 1 else 'are'} enough"
            fault = f"You reached the goal with {len(answer)} calls, but {enough}."
        elif done.error is None:
            first = f"{'But the' if text else 'The'} goal isn't reached."
            fault = " ".join((first, self.wanted, *self.still_open(done.world)))
        else:
            refused = f"Call {len(done.made) + 1} is refused: {in_words(answer[len(done.made)])}."
            fault = f"{refused} {done.error}"
        own = getattr(done.error, "decision", None)
        lines = [f"{number}. ✓ {line}" for number, line in enumerate(done.made, 1)]
        steps = ("\n".join(["These calls are allowed:", *lines]),) if lines and own is None else ()
        return Mark(correct=False, true_part=text, counterexample=fault, decision=own, worked=steps)

    def shown(self, answer: Any) -> str:
        """Return the calls, one in each line."""
        return "\n".join(f"{number}. {in_words(call)}" for number, call in enumerate(answer, 1))


def _is_call(call: Any) -> bool:
    """Return whether a value has the form of a call."""
    return isinstance(call, dict) and all(isinstance(call.get(name), str) for name in _HEAD)
