"""A form while somebody takes it: answers, flags, time, and the result.

Each change is kept in the progress file at once. So a sitting goes on where it was left, also after
the kernel was restarted: the same form and seed are made again, and the answers are read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import randrange
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

import iamlab
from iamlab.errors import ExerciseError
from iamlab.exam import forms
from iamlab.exam.item_html import EMPTY, is_complete
from iamlab.exam.templates import VERSION
from iamlab.teach import journal
from iamlab.view.style import bad, good, silent
from iamlab.widgets.prediction import CONFIDENCE, confidence_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.exam.items import Item, Places
    from iamlab.exam.report import Report
    from iamlab.view.style import Look

KIND = "exam"
"""The kind of the records of a sitting."""
RIGHT, WRONG, NONE = good("right"), bad("wrong"), silent("no answer", "○")
ANSWERED, OPEN = silent("answered", "●"), silent("open", "○")
LOST = "Your answers are kept until the kernel stops."
ANEW = "Your unfinished exam is from another version of iamlab, so a new one begins."


@dataclass(frozen=True)
class Answer:
    """What was done with an item.

    Parameters
    ----------
    chosen, picked
        The answer as places of options, and that of an answer that isn't complete yet.
    confidence
        ``"a guess"``, ``"fairly sure"`` or ``"certain"``; can be empty.
    flagged
        Whether it is to be looked at again.
    seconds
        How long it was looked at.
    """

    chosen: Places = ()
    picked: Places = ()
    confidence: str = ""
    flagged: bool = False
    seconds: float = 0.0


def _are_places(value: Any) -> bool:
    return isinstance(value, list) and all(type(n) is int and EMPTY <= n < 8 for n in value)


_READ: dict[str, Callable[[Any], bool]] = {
    "chosen": lambda own: _are_places(own) and EMPTY not in own,
    "picked": _are_places,
    "confidence": lambda own: own in ("", *CONFIDENCE),
    "flagged": lambda own: isinstance(own, bool),
    "seconds": lambda own: isinstance(own, int | float) and own >= 0,
}
"""What a record can have, and whether a value can be read; other values are passed over."""


class Reply(NamedTuple):
    """A question with its number, its place in the form, the answer, and whether it is marked."""

    number: int
    place: int
    item: Item
    answer: Answer
    marked: bool

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.answer.chosen == self.item.key

    @property
    def look(self) -> Look:
        """Whether it is right, or whether it is answered."""
        if self.marked:
            return RIGHT if self.right else WRONG if self.answer.chosen else NONE
        return ANSWERED if self.answer.chosen else OPEN


class Exam:
    """Somebody takes a form: answers can be changed until it is finished.

    A drill says after each answer whether it is right, and asks harder items after two right ones.

    Parameters
    ----------
    timed
        Whether there is a time limit.

    Examples
    --------
    >>> from iamlab.exam.forms import form
    >>> sitting = Exam(form("saa", seed=5, number=4))
    >>> sitting.answers[0]
    Answer(chosen=(), picked=(), confidence='', flagged=False, seconds=0.0)
    """

    def __init__(self, form: forms.Form, *, timed: bool = False) -> None:
        self.form, self.timed = form, timed and form.minutes > 0
        self.answers = [Answer() for _ in form.items]
        self.paused, self.finished, self.note = False, False, ""
        self.current = self.order[0]
        self._since = monotonic()

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of the form; a drill asks some of them."""
        return self.form.items

    @property
    def order(self) -> list[int]:
        """The places of the items that are asked so far."""
        right: list[bool] = []
        while len(right) < self.form.length:
            place = self.form.order(right)[-1]
            if self.form.adapts and not self.answers[place].chosen:
                break
            right.append(self.answers[place].chosen == self.items[place].key)
        found = self.form.order(right)
        return found[: len(right) or 1] if self.finished else found

    @property
    def replies(self) -> list[Reply]:
        """The questions that are asked so far, with their answers."""
        found = []
        for number, place in enumerate(self.order, 1):
            item, own = self.items[place], self.answers[place]
            marked = self.finished or (self.form.adapts and bool(own.chosen))
            found.append(Reply(number, place, item, own, marked))
        return found

    @property
    def shown(self) -> Reply:
        """The question that is shown, with its number and its answer."""
        return next(own for own in self.replies if own.place == self.current)

    @property
    def problem(self) -> str:
        """Why answers can't be saved, in two sentences; empty if they are saved."""
        return f"{journal.problems.get('saved', '')} {LOST}" if journal.unsaved else ""

    @property
    def seconds(self) -> float:
        """The seconds so far, without pauses."""
        return sum(own.seconds for own in self.answers) + self._running

    @property
    def left(self) -> float:
        """The seconds that are left; without a time limit, infinitely many."""
        return self.form.minutes * 60 - self.seconds if self.timed else float("inf")

    @property
    def _running(self) -> float:
        return 0.0 if self.paused or self.finished else monotonic() - self._since

    # -- what a learner does ---------------------------------------------------------------------

    def answer(self, number: int, answer: str | Places, confidence: str = "") -> None:
        """Answer an item, or change the answer.

        Parameters
        ----------
        number
            The number of the question, from 1.
        answer
            Letters, numbers or words; for several options ``"A, C"``. Or the places of options.
        confidence
            How sure you are: ``"a guess"``, ``"fairly sure"`` or ``"certain"``.

        Raises
        ------
        ExerciseError
            The exam is finished or its time is over, or the answer can't be read.
        """
        place = self._place(number)
        chosen = self.items[place].read(answer) if isinstance(answer, str) else tuple(answer)
        sure = confidence_word(confidence) or self.answers[place].confidence
        self._change(place, chosen=chosen, picked=(), confidence=sure)

    def pick(self, number: int, picked: Places) -> None:
        """Choose options one by one; they are the answer when it is complete, but not in a drill.

        Parameters
        ----------
        picked
            Places of options; of an order or a match ``-1`` for those that aren't chosen yet.
        """
        place = self._place(number)
        if is_complete(self.items[place], picked) and not self.form.adapts:
            self.answer(number, picked)
        else:
            self._change(place, chosen=(), picked=picked)

    def flag(self, number: int, *, on: bool = True) -> None:
        """Flag a question, to look at it again, or take the flag away."""
        self._change(self._place(number), flagged=on)

    def sure(self, number: int, confidence: str) -> None:
        """Set how sure you are of an answer."""
        self._change(self._place(number), confidence=confidence_word(confidence))

    def go_to(self, number: int) -> None:
        """Show another question, from 1."""
        self._count()
        self.current = self._place(number)

    def pause(self) -> None:
        """Stop the clock, until ``resume``, also if the kernel stops."""
        self._count()
        self.paused = True
        self._record(event="paused")

    def resume(self) -> None:
        """Go on after a pause."""
        self.paused, self._since = False, monotonic()
        self._record(event="resumed")

    def finish(self) -> Report:
        """End the exam and return the report; the answers count for reviews from now on."""
        self._take_over()
        if not self.finished:
            self._count()
            self.finished = True
            for own in self.replies:
                answer, beliefs = own.answer, own.item.tags.get("beliefs", "").split()
                facts = {"confidence": answer.confidence, "seconds": answer.seconds}
                facts |= {"item": beliefs[0]} if beliefs else {}
                if answer.chosen:
                    own.item.keep(answer.chosen, **facts)
            self._record(event="finished")
        return self.report

    def _take_over(self) -> None:
        """Take over the end of this exam, if another kernel finished it."""
        kept = _kept(self.form.name).get((_version(), self.form.seed), [])
        if not self.finished and _is_finished(kept):
            self.restore(kept)

    @property
    def report(self) -> Report:
        """The report.

        Raises
        ------
        ExerciseError
            The exam isn't finished.
        """
        from iamlab.exam.report import Report

        if not self.finished:
            raise ExerciseError("The exam isn't finished. Finish it to see the report.")
        return Report(self)

    # -- what is kept ----------------------------------------------------------------------------

    def _place(self, number: int) -> int:
        order = self.order
        if not 1 <= number <= len(order):
            raise ExerciseError(f"There is no question {number}. The last one is {len(order)}.")
        return order[number - 1]

    def _change(self, place: int, **changed: Any) -> None:
        self._take_over()
        if self.paused:
            raise ExerciseError("The exam is paused. Resume it to go on.")
        if self.finished:
            raise ExerciseError("The exam is finished. Call exam(...) for a new one.")
        if self.left <= 0:
            raise ExerciseError("The time is over. Finish the exam to see the report.")
        if self.form.adapts and "chosen" in changed and self.answers[place].chosen:
            raise ExerciseError("This answer is marked already. Go on to the next question.")
        self._count()
        self.answers[place] = replace(self.answers[place], **changed)
        self._record(place=place, **changed)

    def _count(self) -> None:
        """Add the time since the last change to the question that is shown."""
        if not (self.paused or self.finished):
            own = self.answers[self.current]
            spent = round(own.seconds + self._running, 1)
            self.answers[self.current] = replace(own, seconds=spent)
            self._record(place=self.current, seconds=spent)
        self._since = monotonic()

    def _record(self, **facts: Any) -> None:
        own = {"form": self.form.name, "seed": self.form.seed, "form_version": _version()}
        journal.add({"kind": KIND, **own, "timed": self.timed, **facts})

    def restore(self, records: list[journal.Record]) -> None:
        """Take over what was kept of this sitting."""
        for own in records:
            place = own.get("place")
            if type(place) is int and 0 <= place < len(self.answers):
                known = {n: v for n, v in own.items() if n in _READ and _READ[n](v)}
                facts: Any = {n: tuple(v) if isinstance(v, list) else v for n, v in known.items()}
                self.answers[place] = replace(self.answers[place], **facts)
            elif event := own.get("event"):
                self.paused = event == "paused"
                self.finished = self.finished or event == "finished"
        order = self.order
        self.current = next((own for own in order if not self.answers[own].chosen), order[-1])

    def __repr__(self) -> str:
        done = sum(bool(own.answer.chosen) for own in self.replies)
        state = "finished" if self.finished else f"{done} of {self.form.length} answered"
        lines = [f"{self.form.title}: {state}.", *filter(None, (self.note, self.problem))]
        if not self.finished:
            lines += ["", f"Question {self.shown.number} of {self.form.length}"]
            lines += self.shown.item.lines()
        return "\n".join(lines)

    def _ipython_display_(self) -> None:
        from iamlab.exam.exam_card import ExamCard

        ExamCard(self)._ipython_display_()


def _version() -> str:
    """Return what makes the same items of a seed."""
    return f"{iamlab.__version__}/{VERSION}"


def exam(form: str = "saa", *, seed: int | None = None, timed: bool = False) -> Exam:
    """Take an exam about IAM and STS, a drill or a placement test; go on if one is begun.

    Parameters
    ----------
    form
        ``"clf"``, ``"saa"``, ``"dva"``, ``"soa"``, ``"scs"`` or ``"sap"`` for 20 questions like
        those of an AWS certification, or its code, ``"SAA-C03"``; ``"placement"`` to find out where
        to start; ``"drill M12"`` or ``"drill 8"`` for ten about a belief, a lesson or a topic.
    seed
        The same seed makes the same exam, and shows its report again after it is finished. Default:
        the exam that is begun, or else a new one.
    timed
        Whether there is a time limit: 35 minutes. Then the exam begins paused. A begun exam keeps
        what it has; drills and the placement test have no limit.

    Raises
    ------
    ExerciseError
        There is no such form.

    Examples
    --------
    >>> exam("scs", seed=5).form.title
    'IAM practice for SCS-C03, form 5'
    """
    if seed is not None and (type(seed) is not int or seed < 0):
        raise ExerciseError(f"seed must be a whole number from 0 on, not {seed!r}.")
    name, version = forms.form_name(form), _version()
    kept = {own: found for own, found in _kept(name).items() if seed in (None, own[1])}
    mine = {number: found for (made_by, number), found in kept.items() if made_by == version}
    if seed is None:
        begun = [number for number, found in mine.items() if not _is_finished(found)]
        seed = begun[-1] if begun else max(mine, default=randrange(forms.SEEDS)) + 1
    records = mine.get(seed, [])
    is_timed = bool(records[-1].get("timed")) if records else timed
    made = Exam(forms.form(name, seed), timed=is_timed)
    made.restore(records)
    if kept and not records and not _is_finished([*kept.values()][-1]):
        made.note = ANEW
    if made.timed and not made.finished and not made.paused:
        made.pause()
    return made


def _kept(form: str) -> dict[tuple[str, int], list[journal.Record]]:
    """Return the records of the sittings of a form, by version and seed, the latest one last."""
    found: dict[tuple[str, int], list[journal.Record]] = {}
    for own in journal.records():
        version, seed = str(own.get("form_version")), own.get("seed")
        if own.get("kind") == KIND and own.get("form") == form and type(seed) is int:
            found[version, seed] = [*found.pop((version, seed), []), own]
    return found


def _is_finished(records: list[journal.Record]) -> bool:
    return any(own.get("event") == "finished" for own in records)
