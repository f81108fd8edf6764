"""An item: a question with options, its key, and why; a quiz: items, answers and a score.

The engine computes every key. A wrong option is what a wrong belief leads to, or what the engine
decides otherwise. A progress file gets only whether an answer is right, and the beliefs that it
tests: nothing of the world.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.policy.describe.words import joined
from iamlab.policy.patterns import glob_ignoring_case, glob_resource
from iamlab.teach import journal
from iamlab.teach.course import course_map
from iamlab.teach.exercises import Feedback
from iamlab.teach.items import DEFAULT
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS
from iamlab.view.cards.card import boxed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.policy.statement import Statement
    from iamlab.teach.mutants import Mutant
    from iamlab.world.world import World

LETTERS = "ABCDEFGH"
MOST_BELIEFS = 2
"""So many beliefs are named after a wrong answer."""
SHOWN = 4
"""So many values of an element of a statement are shown."""


class Option(NamedTuple):
    """One of the answers to choose from.

    Parameters
    ----------
    beliefs
        The names of the mutants that give this answer: ``("last_wins",)``.
    why
        What the engine finds if you choose it, in a sentence; can be empty.
    """

    text: str
    beliefs: tuple[str, ...] = ()
    why: str = ""


class Marking(Feedback):
    """The feedback to an answer that is right or wrong, without another try."""

    @property
    def state(self) -> str:
        """``✓ Right.`` or ``✕ Wrong.``."""
        return "✓ Right." if self.correct else "✕ Wrong."


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Item:
    """A question with options, of which the engine has found out which are right.

    Parameters
    ----------
    world, decision
        What it is about; a question about several decisions has no decision, and one about what no
        engine decides has no world either.
    question
        The question itself, in one or two sentences.
    facts
        What to know for it, as lines: the request, statements, calls.
    options
        The answers to choose from.
    key
        The places of the right options, from 0.
    rationale
        Why they are right, in lines.
    tags
        What to count it under: ``{"kind": "predict", "lesson": "13"}``.
    command
        The command of iamlab that shows more, without the files of the world.
    answers
        The answers that were given; the first one counts.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> item = Item(
    ...     world=scenario("stack"),
    ...     question="Which effect wins?",
    ...     options=(Option("Allow"), Option("Deny")),
    ...     key=frozenset({1}),
    ...     rationale=("An explicit deny overrides every allow.",),
    ...     tags={"kind": "explain"},
    ... )
    >>> print(item.mark("A"))
    ✕ Wrong.
    The right answer is B: Deny.
    An explicit deny overrides every allow.
    """

    question: str
    options: tuple[Option, ...]
    key: frozenset[int]
    rationale: tuple[str, ...]
    tags: Mapping[str, str]
    world: World | None = None
    decision: Decision | None = None
    facts: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    answers: list[frozenset[int]] = field(default_factory=list, init=False)

    def read(self, answer: str) -> frozenset[int]:
        """Return the places of the options that an answer means: letters, numbers or words.

        Raises
        ------
        ExerciseError
            It means none of them, or too many or too few.
        """
        text = " ".join(str(answer).replace("_", " ").lower().split()).rstrip(".)")
        texts = [option.text.lower() for option in self.options]
        places = {own: place for place, own in enumerate(self.letters.lower().split(", "))}
        places |= {str(place + 1): place for place in places.values()}
        words = re.findall(r"\w+", text)
        chosen = frozenset(places[word] for word in words if word in places)
        if not chosen or not places.keys() >= set(words):
            chosen = frozenset(place for place, own in enumerate(texts) if own.startswith(text))
        if len(chosen) != len(self.key):
            number = "one" if len(self.key) == 1 else len(self.key)
            raise ExerciseError(f"{answer!r} isn't clear. Choose {number} of {self.letters}.")
        return chosen

    @property
    def letters(self) -> str:
        """The letters of the options."""
        return ", ".join(LETTERS[: len(self.options)])

    def mark(self, answer: str) -> Marking:
        """Return whether an answer is right, what is right, and why."""
        chosen = self.read(answer)
        named = [f"{LETTERS[place]}: {self.options[place].text}" for place in sorted(self.key)]
        first = f"The right answer is {joined(named).rstrip('.')}."
        found = (self.options[place].why for place in sorted(chosen | self.key))
        beliefs = (f"You answered as if {own.claim}. {own.truth}" for own in self.fitting(chosen))
        lines = (first, *filter(None, found), *self.rationale, *beliefs)
        return Marking(chosen == self.key, lines)

    def fitting(self, chosen: frozenset[int]) -> list[Mutant]:
        """Return the beliefs that wrong options fit, the most telling ones."""
        wrong = (self.options[place] for place in sorted(chosen - self.key))
        found = [MUTANTS[name] for option in wrong for name in option.beliefs]
        return [own for own in found if own.belief != DEFAULT][:MOST_BELIEFS] or found

    def answer(self, answer: str) -> Marking:
        """Answer it: the first answer is kept in the progress file, without anything of the world.

        Parameters
        ----------
        answer
            A letter, a number or the words of an option; for several options, ``"A, C"``.
        """
        marking, chosen = self.mark(answer), self.read(answer)
        if not self.answers:
            wrong = sorted(set(range(len(self.options))) - self.key, key=chosen.__contains__)
            tested = {name: own in chosen for own in wrong for name in self.options[own].beliefs}
            # Records with the same question are one answer, so each question has its own number.
            record = {"question": token_hex(8), "correct": bool(marking), "evidence": tested}
            beliefs = {own.belief for own in self.fitting(chosen)}
            record |= {"item": beliefs.pop()} if len(beliefs) == 1 else {}
            kind = {"kind": "prediction", "practice": f"quiz: {self.tags['kind']}"}
            journal.add(kind | record)
        self.answers.append(chosen)
        return marking

    @property
    def lessons(self) -> list[str]:
        """The numbers of the lessons that teach what the first answer got wrong."""
        first = self.answers[0] if self.answers else self.key
        own = [n for found in self.fitting(first) for n in MISCONCEPTIONS[found.belief].lessons]
        return own or [self.tags["lesson"]] * (first != self.key)

    def lines(self) -> Iterator[str]:
        """Yield the question, the facts, and the options as lines."""
        yield self.question
        yield from (f"  {fact}" for fact in self.facts)
        yield from (f"{LETTERS[place]}) {own.text}" for place, own in enumerate(self.options))

    def to_dict(self) -> dict[str, Any]:
        """Return the item as JSON values."""
        lists = {"facts": list(self.facts), "rationale": list(self.rationale)}
        options = {"options": [own.text for own in self.options], "key": sorted(self.key)}
        return {**self.tags, "question": self.question, **options, **lists}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return boxed("".join(f"<p>{escape(line)}</p>" for line in self.lines()))


class Quiz(tuple[Item, ...]):
    """Items, and the score of their first answers."""

    __slots__ = ()

    @property
    def score(self) -> tuple[str, ...]:
        """The score by kind, the beliefs that wrong answers fit, and the lessons to repeat."""
        answered = [item for item in self if item.answers]
        right = [item for item in answered if item.answers[0] == item.key]
        every, hits = (Counter(item.tags["kind"] for item in own) for own in (answered, right))
        kinds = ", ".join(f"{kind} {hits[kind]} of {number}" for kind, number in every.items())
        lines = [f"{len(right)} of {len(answered)} right: {kinds}."]
        fits = Counter(own.name for item in answered for own in item.fitting(item.answers[0]))
        counted = [(MUTANTS[name], count(number, "answer")) for name, number in fits.most_common()]
        lines += [f"You answered as if {own.claim} ({number})." for own, number in counted]
        lessons = course_map().lessons
        repeat = sorted({number for item in answered for number in item.lessons})
        lines += [f"Repeat lesson {number}, {lessons[number].title}." for number in repeat]
        kept = f"Saved in {journal.path()}: which answers are right, and which beliefs they test."
        return (*lines, kept) if answered else ("No question was answered.",)

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self))

    def _repr_html_(self) -> str:
        return "".join(item._repr_html_() for item in self)


def ask(
    items: Iterable[Item], total: int, write: Callable[..., None], files: Sequence[str]
) -> Quiz:
    """Ask on a terminal until the last item, ``q``, Ctrl+C or the end of the input.

    Parameters
    ----------
    total
        The number of items, if all can be made.
    write
        Prints lines.
    files
        The options of a command that name the files of the world.
    """
    begun: list[Item] = []
    try:
        for item in items:
            begun.append(item)
            number = f"Question {len(begun)} of {total}: {item.tags['kind']}"
            write(number, *item.lines(), "")
            marking = _answered(item, write)
            command = shlex.join(("iamlab", *item.command[:1], *files, *item.command[1:]))
            write(*str(marking).split("\n"), f"To look further: {command}", "")
    except (EOFError, KeyboardInterrupt):
        write("")
    return Quiz(begun)


def _answered(item: Item, write: Callable[..., None]) -> Marking:
    """Read answers until one can be marked."""
    while True:
        answer = input(f"Your answer ({item.letters}; q stops): ")
        if not sys.stdin.isatty():
            write("")
        if answer.strip().lower() in ("q", "quit"):
            raise EOFError
        try:
            return item.answer(answer)
        except ExerciseError as error:
            write(str(error))


def statement_line(name: str, statement: Statement, action: str, resource: str) -> str:
    """Write a statement on one line: the actions that are about a request, and its resources first.

    Examples
    --------
    >>> from iamlab import Policy
    >>> own = Policy.allow(["s3:Get*", "s3:Put*"], "arn:aws:s3:::star-maps/*").statements[0]
    >>> statement_line("maps/#1", own, "s3:PutObject", "*")
    'maps/#1: Allow; Action s3:Put*; Resource arn:aws:s3:::star-maps/*'
    """
    about = [own for own in statement.actions if glob_ignoring_case(own, action)]
    near = sorted(statement.resources or (), key=lambda own: not glob_resource(own, resource))
    elements: dict[str, Sequence[str]] = {
        statement.element("Action"): about or statement.actions,
        statement.element("Resource"): near,
        statement.element("Principal"): [who for _, who in statement.principals or ()],
        **{f"{own.comparison} {own.key}": own.values for own in statement.conditions},
    }
    shown = [f"{name}: {statement.effect}"]
    for element, values in elements.items():
        more = f" and {len(values) - SHOWN} more" if len(values) > SHOWN else ""
        shown += [f"{element} {', '.join(values[:SHOWN])}{more}"] if values else []
    return "; ".join(shown)
