"""Items: small new scenarios, made from a template and a seed, in which a wrong belief fails.

A template draws random worlds until the engine and the belief disagree about a request, one
statement decides it, and the world is small. So no item stores a verdict. ``items.toml`` has the
templates.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import product
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.engine.verdict import addresses
from iamlab.errors import AccessDenied, ExerciseError
from iamlab.tables import tables
from iamlab.teach.callers import caller_of, read_circumstances
from iamlab.teach.mutants import MISCONCEPTIONS, telling
from iamlab.teach.source_lines import find_named
from iamlab.teach.tables import question_of
from iamlab.teach.worlds import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision
    from iamlab.teach.callers import LessonWorld

    Asked = tuple[str, LessonWorld, Decision]
    Table = dict[str, Any]
    Pools = tuple[dict[str, list[str]], dict[str, str]]

TRIES = 500
STATEMENTS, MOST_DRAWN, BELIEFS = (2, 4), 3, 2
"""How many statements a world has at least and at most; the largest number of optional ones of a
policy, and of beliefs that an item exposes, if its template doesn't give ``exposes``."""
DEFAULT = "M03"
"""Every implicit deny exposes this belief, so it isn't counted."""

_FILE = tables(__file__)
_NAMES: dict[str, list[str]] = {kind: words.split() for kind, words in _FILE.pop("names").items()}
_TEXTS: dict[str, str] = _FILE.pop("texts")
TEMPLATES: dict[str, list[dict[str, Any]]] = _FILE
"""The templates of each belief, by its id."""

_TEXT = re.compile(r"{([a-z]+)}")
_NAME = re.compile(r"{([A-Za-z][a-z]+)(\d)}")
_CHOICE = re.compile(r"{([^{}]*\|[^{}]*)}")
_STATEMENTS = re.compile(r"(\? )?(allow|deny) ")


class Item(NamedTuple):
    """One question about a small world.

    Parameters
    ----------
    belief
        The id of the wrong belief: ``"M18"``.
    seed
        The same belief and seed make the same item.
    control
        Whether the belief is right about this request by chance. Without such items, somebody who
        practises one belief could guess the verdict.
    prompt
        What a learner must know about the world.
    world
        The world, with the caller's session.
    decision
        AWS's decision on the request.
    """

    belief: str
    seed: int
    control: bool
    prompt: str
    world: LessonWorld
    decision: Decision

    @property
    def key(self) -> str:
        """A name of the item for the progress file."""
        return f"{self.belief}/{self.seed}{'/control' * self.control}"


def lessons_of(belief: str) -> list[str]:
    """Return the lessons whose learners know what an item of a belief is about.

    Examples
    --------
    >>> lessons_of("M02"), lessons_of("M03")
    (['02', '13'], ['00', '01', '12'])
    """
    own = TEMPLATES[belief][0].get("lessons")
    return own.split() if own else list(MISCONCEPTIONS[belief].lessons)


def make_item(belief: str, seed: int, *, control: bool = False) -> Item:
    """Make an item about a wrong belief.

    Parameters
    ----------
    belief
        The id of the belief.
    seed
        Another seed makes another world.
    control
        Whether the belief must be right about the request by chance.

    Raises
    ------
    ExerciseError
        There is no template for this belief.

    Examples
    --------
    >>> item = make_item("M02", seed=2)
    >>> print(item.prompt, item.decision)
    Carol has one policy, observatory-files. ✕ explicit deny by observatory-files/NoRaw
    """
    templates = find_named("template for", belief, TEMPLATES)
    draw = Random(f"{belief} {seed} {control}")
    for _ in range(TRIES):
        drawn = Drawn(draw, draw.choice(templates))
        if STATEMENTS[0] <= drawn.count <= STATEMENTS[1]:
            for prompt, world, decision in drawn.decisions(seed):
                if _fits(belief, world, decision, control=control):
                    return Item(belief, seed, control, prompt, world, decision)
    raise ExerciseError(f"The template {belief} makes no item for seed {seed}.")


def _fits(belief: str, world: LessonWorld, decision: Decision, *, control: bool) -> bool:
    """Return whether a request is a good question about a belief."""
    mutants, allowed = MISCONCEPTIONS[belief].mutants, bool(decision)
    agree = [(str(own.verdict(decision, world)) == "allowed") is allowed for own in mutants]
    deciders = len(addresses(decision.determining))
    if all(agree) is not control or (allowed and not deciders) or (deciders > 1 and not control):
        return False
    exposed = {own.belief for own in telling(decision, world)} - {DEFAULT}
    return control or len(exposed | {belief}) <= TEMPLATES[belief][0].get("exposes", BELIEFS)


class Drawn:
    """A world's table and its questions, drawn from a template.

    Parameters
    ----------
    pools
        The names that ``{person1}`` is drawn from, by kind, and texts such as ``{objects}``.
    """

    def __init__(self, draw: Random, template: Table, pools: Pools = (_NAMES, _TEXTS)) -> None:
        names, self._texts = pools
        self._draw, self._template, self.count = draw, template, 0
        self._names = {kind: draw.sample(own, len(own)) for kind, own in names.items()}
        self.table: Table = self.part(template["world"])

    def part(self, part: Any) -> Any:
        """Return a part of the world's table, without what wasn't drawn."""
        if isinstance(part, str):
            text = self._text(part)
            return self._policy(text) if _STATEMENTS.match(text) else text
        if not isinstance(part, dict):
            return [self.part(own) for own in part] if isinstance(part, list) else part
        found = {self._text(key): self.part(own) for key, own in part.items()}
        return {key: own for key, own in found.items() if own is not None}

    def _text(self, text: str) -> str:
        """Replace names and texts, and choose."""
        return _CHOICE.sub(lambda own: self._draw.choice(own[1].split("|")), self.named(text))

    def named(self, text: str) -> str:
        """Replace names and texts."""

        def name(match: re.Match[str]) -> str:
            kind, number = match[1], int(match[2])
            word: str = self._names[kind.lower()][number - 1]
            return word if kind.islower() else word.capitalize()

        return _NAME.sub(name, _TEXT.sub(lambda match: self._texts[match[1]], text)).strip()

    def _policy(self, text: str) -> str | None:
        """Choose statements, and bring them into any order; there may be none."""
        lines = [line for line in text.splitlines() if line[0] != "?"]
        options = [line.removeprefix("? ") for line in text.splitlines() if line[0] == "?"]
        number = self._draw.randint(0, MOST_DRAWN)
        lines += self._draw.sample(options, min(number, len(options)))
        self.count += sum(line.split()[1] != "-" for line in lines)
        self._draw.shuffle(lines)
        return "\n".join(lines) or None

    def decisions(self, seed: int) -> Iterator[Asked]:
        """Yield the prompt of each question, the world and the decision, in any order."""
        lines, start = self.questions(), self.build(self.table, seed)
        self._draw.shuffle(lines)
        for line in lines:
            yield from self.ask(line, start)

    def questions(self) -> list[str]:
        """Return the questions of the template, with each choice."""
        lines = self.named(self._template["ask"]).splitlines()
        return [own for line in lines for own in _choices(line)]

    def build(self, table: Table, seed: int) -> LessonWorld:
        """Build the world of a table; some users are deleted and created again."""
        world = build(table, seed)
        for name in self.named(self._template.get("again", "")).split():
            world.main.users[name].delete()
            world.main.create_user(name)
        return world

    def ask(self, line: str, start: LessonWorld) -> Iterator[Asked]:
        """Ask a question; nothing is found if there is no session that can be asked about."""
        request, _, more = line.partition(" | ")
        world = start.copy() if start.calls else start  # another session isn't part of the world
        own, prompt = question_of(request, world.main), self._template.get("prompt", "")
        circumstances = read_circumstances(own.circumstances, world.main)
        with suppress(AccessDenied):
            caller = caller_of(world, own.caller)
            decision = world.can(caller, own.action, own.resource, **circumstances)
            yield f"{self.named(prompt)} {more}".strip(), world, decision


def _choices(text: str) -> list[str]:
    """Return all texts that ``{one|or another}`` stands for."""
    options = (own.split("|") if n % 2 else [own] for n, own in enumerate(_CHOICE.split(text)))
    return list(map("".join, product(*options)))
