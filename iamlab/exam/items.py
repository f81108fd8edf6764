"""An item: a question in one of the four forms of exams, its key, and why; a quiz: several items.

The engine computes every key. A wrong option is what a wrong belief leads to, or what the engine
decides otherwise. A progress file gets only whether an answer is right, and the beliefs that it
tests: nothing of the world.
"""

from __future__ import annotations

import re
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
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.policy.statement import Statement
    from iamlab.teach.mutants import Mutant
    from iamlab.view.figure import Figure
    from iamlab.world.world import World

LETTERS = "ABCDEFGH"
CHOICE, SEVERAL, ORDER, MATCH = FORMS = ("choice", "several", "order", "match")
"""One of the options is right; several are; all are brought into order; one fits each prompt."""
MOST_BELIEFS = 2
"""So many beliefs are named after a wrong answer."""
SHOWN = 4
"""So many values of an element of a statement are shown."""


Places = tuple[int, ...]
"""Places of options, from 0."""


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

    An answer, and the key, are places of options, from 0: of those that are right, in their order;
    for ``order`` of all options, as they follow each other; for ``match`` of one for each prompt.

    Parameters
    ----------
    world, decision
        What it is about; a question about several decisions has no decision, and one about what no
        engine decides has no world either.
    form
        ``"choice"``, ``"several"``, ``"order"`` or ``"match"``.
    question
        The question itself, in a few sentences.
    facts
        What to know for it, as lines or documents: the request, statements, calls.
    prompts
        What options are matched to, if the form is ``match``.
    options
        The answers to choose from.
    key
        The right answer.
    believed
        What somebody with a wrong belief answers, by the name of the mutant. Beliefs of an option
        are known from the option.
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
    ...     key=(1,),
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
    key: Places
    rationale: tuple[str, ...]
    tags: Mapping[str, str]
    form: str = CHOICE
    prompts: tuple[str, ...] = ()
    believed: Mapping[str, Places] = field(default_factory=dict)
    world: World | None = None
    decision: Decision | None = None
    facts: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    answers: list[Places] = field(default_factory=list, init=False)

    def read(self, answer: str) -> Places:
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
        chosen = [places[word] for word in words if word in places]
        if not chosen or not places.keys() >= set(words):
            chosen = [place for place, own in enumerate(texts) if own.startswith(text)]
        if self.form != MATCH:
            chosen = [*dict.fromkeys(chosen)]
        if len(chosen) != len(self.key):
            raise ExerciseError(f"{answer!r} isn't clear. Choose {self.wanted}.")
        return tuple(sorted(chosen) if self.form in (CHOICE, SEVERAL) else chosen)

    @property
    def letters(self) -> str:
        """The letters of the options."""
        return ", ".join(LETTERS[: len(self.options)])

    @property
    def wanted(self) -> str:
        """What an answer has: ``"2 of A, B, C, D, E"``."""
        number = "one" if self.form == CHOICE else len(self.key)
        return {
            ORDER: f"all of {self.letters}, the first one first",
            MATCH: f"{number} of {self.letters}, one for each line",
        }.get(self.form, f"{number} of {self.letters}")

    def mark(self, answer: str) -> Marking:
        """Return whether an answer is right, what is right, and why."""
        return self.marked(self.read(answer))

    def marked(self, chosen: Places) -> Marking:
        """Return whether places are the right ones, what is right, and why."""
        right = joined([self.named(place) for place in self.key]).rstrip(".")
        named = self.lettered(self.key) if self.form in (ORDER, MATCH) else right
        places = [own for own in sorted({*chosen, *self.key}) if self.options[own].why]
        found = (f"{LETTERS[place]}: {self.options[place].why}" for place in places)
        beliefs = (f"You answered as if {own.claim}. {own.truth}" for own in self.fitting(chosen))
        lines = (f"The right answer is {named}.", *found, *self.rationale, *beliefs)
        return Marking(chosen == self.key, lines)

    def lettered(self, places: Places) -> str:
        """Return an answer as letters: ``"A, C"``, or ``"1 B, 2 A"`` for a match."""
        own = [LETTERS[place] for place in places]
        is_match = self.form == MATCH
        return ", ".join(f"{n} {letter}" if is_match else letter for n, letter in enumerate(own, 1))

    def named(self, place: int) -> str:
        """Return an option with its letter."""
        return f"{LETTERS[place]}: {self.options[place].text}"

    @property
    def picture(self) -> Figure | None:
        """The decision as a figure; ``None`` for an item about no decision, or about several."""
        from iamlab.view import ladder

        return ladder(self.decision) if self.decision is not None else None

    @property
    def tested(self) -> dict[str, Places]:
        """What each wrong belief answers that the item can tell from AWS, by the mutant's name."""
        own = {name: (place,) for place, each in enumerate(self.options) for name in each.beliefs}
        found = {**(own if self.form == CHOICE else {}), **self.believed}
        return {name: answer for name, answer in found.items() if answer != self.key}

    def fits(self, chosen: Places) -> dict[str, bool]:
        """Return whether each belief leads to an answer, or to all wrong options in it."""
        wrong = [self.options[place].beliefs for place in {*chosen} - {*self.key}]
        shared = set(MUTANTS).intersection(*wrong) if wrong else ()
        return {name: own == chosen or name in shared for name, own in self.tested.items()}

    def fitting(self, chosen: Places) -> list[Mutant]:
        """Return the beliefs that a wrong answer fits, the most telling ones."""
        found = [MUTANTS[name] for name, is_so in self.fits(chosen).items() if is_so]
        found.sort(key=lambda own: own.belief not in self.tags.get("beliefs", ""))
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
            self.keep(chosen)
        self.answers.append(chosen)
        return marking

    def keep(self, chosen: Places, **facts: Any) -> None:
        """Keep an answer in the progress file, with further facts such as its seconds."""
        record: dict[str, Any] = {"kind": "prediction", "practice": f"quiz: {self.tags['kind']}"}
        # Records with the same question are one answer, so each question has its own number.
        record |= {"question": token_hex(8), "correct": chosen == self.key, **facts}
        beliefs = {own.belief for own in self.fitting(chosen)}
        record |= {"item": beliefs.pop()} if len(beliefs) == 1 else {}
        journal.add(record | {"evidence": self.fits(chosen)})

    @property
    def lessons(self) -> list[str]:
        """The numbers of the lessons that teach what the first answer got wrong."""
        first = self.answers[0] if self.answers else self.key
        own = [n for found in self.fitting(first) for n in MISCONCEPTIONS[found.belief].lessons]
        return own or [self.tags["lesson"]] * (first != self.key)

    def lines(self) -> Iterator[str]:
        """Yield the question, the facts, and the options as lines."""
        yield self.question
        yield from (f"  {line}" for fact in self.facts for line in fact.split("\n"))
        yield from (f"{number}. {prompt}" for number, prompt in enumerate(self.prompts, 1))
        yield from (f"{LETTERS[place]}) {own.text}" for place, own in enumerate(self.options))

    def to_dict(self) -> dict[str, Any]:
        """Return the item as JSON values."""
        lists = {own: list(getattr(self, own)) for own in ("facts", "rationale", "prompts")}
        options = {"options": [own.text for own in self.options], "key": list(self.key)}
        return {**self.tags, "form": self.form, "question": self.question, **options, **lists}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_html_(self) -> str:
        return boxed("".join(f"<p>{escape(line)}</p>" for line in self.lines()))


class Quiz(tuple[Item, ...]):
    """Items, and the score of their first answers.

    Examples
    --------
    >>> from iamlab.exam import quiz
    >>> from iamlab.teach.scenarios import scenario
    >>> asked = quiz(scenario("groups"), 3, seed=7)
    >>> len(asked), [item.form for item in asked]
    (3, ['choice', 'choice', 'choice'])
    """

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
