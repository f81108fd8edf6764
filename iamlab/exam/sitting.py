"""A form while somebody takes it: answers, flags, time, and the result.

Each change is kept in the progress file at once. So a sitting goes on where it was left, also after
the kernel was restarted: the same form and seed are made again, and the answers are read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import choice
from time import monotonic
from typing import TYPE_CHECKING, Any

import iamlab
from iamlab.display import need
from iamlab.errors import ExerciseError
from iamlab.exam.forms import SEEDS, Form, form_of
from iamlab.exam.templates import VERSION
from iamlab.teach import journal
from iamlab.widgets.prediction import CONFIDENCE, confidence_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.exam.items import Item, Places
    from iamlab.exam.report import Report

KIND = "exam"
"""The kind of the records of a sitting."""


@dataclass(frozen=True)
class Given:
    """What was done with an item.

    Parameters
    ----------
    chosen
        The answer, as places of options; can be empty.
    confidence
        ``"a guess"``, ``"fairly sure"`` or ``"certain"``; can be empty.
    flagged
        Whether it is to be looked at again.
    seconds
        How long it was looked at.
    """

    chosen: Places = ()
    confidence: str = ""
    flagged: bool = False
    seconds: float = 0.0


_READ: dict[str, Callable[[Any], bool]] = {
    "chosen": lambda own: isinstance(own, list) and all(type(n) is int and 0 <= n < 8 for n in own),
    "confidence": lambda own: own in ("", *CONFIDENCE),
    "flagged": lambda own: isinstance(own, bool),
    "seconds": lambda own: isinstance(own, int | float) and own >= 0,
}
"""What a record can have, and whether a value can be read; other values are passed over."""


class Exam:
    """Somebody takes a form: answers can be changed until it is finished.

    A drill says after each answer whether it is right, and asks harder items after two right ones.

    Parameters
    ----------
    form
        The form.
    timed
        Whether there is a time limit.

    Examples
    --------
    >>> from iamlab.exam.forms import form
    >>> sitting = Exam(form("saa", seed=5, number=4))
    >>> sitting.given[0]
    Given(chosen=(), confidence='', flagged=False, seconds=0.0)
    """

    def __init__(self, form: Form, *, timed: bool = False) -> None:
        self.form, self.timed = form, timed and form.minutes > 0
        self.given = [Given() for _ in form.items]
        self.paused, self.finished = False, False
        self.current = self.order[0]
        self._since: float | None = monotonic()

    @property
    def items(self) -> tuple[Item, ...]:
        """All items of the form; a drill asks some of them."""
        return self.form.items

    @property
    def order(self) -> list[int]:
        """The places of the items that are asked so far."""
        right: list[bool] = []
        for _ in range(self.form.length):
            place = self.form.order(right)[-1]
            if self.adapts and not self.given[place].chosen:
                break
            right.append(self.is_right(place))
        found = self.form.order(right)
        is_open = self.adapts and self.finished and not self.given[found[-1]].chosen
        return found[:-1] or found if is_open else found

    @property
    def adapts(self) -> bool:
        """Whether it is a drill: each answer is marked at once, and decides what comes next."""
        return self.form.adapts

    def is_right(self, place: int) -> bool:
        """Return whether the answer to an item is right."""
        return self.given[place].chosen == self.items[place].key

    @property
    def seconds(self) -> float:
        """The seconds so far, without pauses."""
        return sum(own.seconds for own in self.given) + self._running

    @property
    def left(self) -> float:
        """The seconds that are left; without a time limit, infinitely many."""
        return self.form.minutes * 60 - self.seconds if self.timed else float("inf")

    @property
    def _running(self) -> float:
        return 0.0 if self._since is None else monotonic() - self._since

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
        known = self.given[place].confidence
        self._change(place, chosen=chosen, confidence=confidence_word(confidence) or known)

    def flag(self, number: int, *, on: bool = True) -> None:
        """Flag a question, to look at it again, or take the flag away."""
        self._change(self._place(number), flagged=on)

    def sure(self, number: int, confidence: str) -> None:
        """Set how sure you are of an answer."""
        self._change(self._place(number), confidence=confidence_word(confidence))

    def go_to(self, number: int) -> None:
        """Show another question, from 1."""
        place = self._place(number)
        self._stop()
        self.current = place
        self._start()

    def pause(self) -> None:
        """Stop the clock, until ``resume``."""
        self._stop()
        self.paused = True

    def resume(self) -> None:
        """Go on after a pause."""
        self.paused = False
        self._start()

    def finish(self) -> Report:
        """End the exam and return the report; the answers count for reviews from now on."""
        self._take_over()
        if not self.finished:
            self._stop()
            self.finished = True
            for place in self.order:
                if self.given[place].chosen:
                    self._keep(place)
            self._record(event="finished")
        return self.report

    def _take_over(self) -> None:
        """Take over the end of this exam, if another kernel finished it."""
        kept = _kept(self.form.name).get(self.form.seed, [])
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
            raise ExerciseError(
                f"There is no question {number}. Choose one from 1 to {len(order)}."
            )
        return order[number - 1]

    def _change(self, place: int, **changed: Any) -> None:
        self._take_over()
        if self.paused:
            raise ExerciseError("The exam is paused. Resume it to go on.")
        if self.finished:
            raise ExerciseError("The exam is finished. Call exam(...) for a new one.")
        if self.left <= 0:
            raise ExerciseError("The time is over. Finish the exam to see the report.")
        if self.adapts and "chosen" in changed and self.given[place].chosen:
            raise ExerciseError("This answer is marked already. Go on to the next question.")
        self._stop()
        self.given[place] = replace(self.given[place], **changed)
        self._record(place=place, **changed)
        self._start()

    def _stop(self) -> None:
        """Add the time since the last change to the current item."""
        if self._since is not None:
            own = self.given[self.current]
            spent = round(own.seconds + self._running, 1)
            self.given[self.current] = replace(own, seconds=spent)
            self._since = None
            if not self.finished:
                self._record(place=self.current, seconds=spent)

    def _start(self) -> None:
        if not self.paused and not self.finished:
            self._since = monotonic()

    def _record(self, **facts: Any) -> None:
        own = {"form": self.form.name, "seed": self.form.seed, "form_version": _version()}
        journal.add({"kind": KIND, **own, "timed": self.timed, **facts})

    def _keep(self, place: int) -> None:
        """Keep an answer for reviews: of which beliefs are due again, and which are known."""
        own, item = self.given[place], self.items[place]
        facts: dict[str, Any] = {"confidence": own.confidence, "seconds": own.seconds}
        wanted = item.tags.get("beliefs", "").split()
        if wanted:
            facts["item"] = wanted[0]
        item.keep(own.chosen, **facts)

    def restore(self, records: list[journal.Record]) -> None:
        """Take over what was kept of this sitting."""
        for own in records:
            place = own.get("place")
            if type(place) is int and 0 <= place < len(self.given):
                facts = {
                    name: own[name] for name in _READ if name in own and _READ[name](own[name])
                }
                if "chosen" in facts:
                    facts["chosen"] = tuple(facts["chosen"])
                self.given[place] = replace(self.given[place], **facts)
            self.finished = self.finished or own.get("event") == "finished"
        order = self.order
        self.current = next((own for own in order if not self.given[own].chosen), order[-1])
        if self.finished:
            self._since = None

    def __repr__(self) -> str:
        done = sum(bool(self.given[place].chosen) for place in self.order)
        state = "finished" if self.finished else f"{done} of {self.form.length} answered"
        lines = [f"{self.form.title}: {state}."]
        if not self.finished:
            number = self.order.index(self.current) + 1
            lines += [
                "",
                f"Question {number} of {self.form.length}",
                *self.items[self.current].lines(),
            ]
        return "\n".join(lines)

    def _ipython_display_(self) -> None:
        need("anywidget")
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
        those of an AWS certification; ``"placement"`` to find out where to start; ``"drill M12"``
        for ten about a wrong belief, a topic or a lesson.
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
    kept = _kept(form)
    if seed is None:
        begun = [number for number, own in kept.items() if not _is_finished(own)]
        seed = begun[-1] if begun else choice([own for own in range(SEEDS) if own not in kept])
    records = kept.get(seed, [])
    made = Exam(form_of(form, seed), timed=bool(records[-1].get("timed")) if records else timed)
    made.restore(records)
    if made.timed and not made.finished:
        made.pause()
    return made


def _kept(form: str) -> dict[int, list[journal.Record]]:
    """Return the records of the sittings of a form, by seed, the latest one last."""
    found: dict[int, list[journal.Record]] = {}
    for own in journal.records():
        is_own = own.get("kind") == KIND and own.get("form") == form
        if is_own and own.get("form_version") == _version() and type(own.get("seed")) is int:
            seed = own["seed"]
            found[seed] = [*found.pop(seed, []), own]
    return found


def _is_finished(records: list[journal.Record]) -> bool:
    return any(own.get("event") == "finished" for own in records)
