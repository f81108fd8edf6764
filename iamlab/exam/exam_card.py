"""The card of an exam, a drill or a placement test: one question at a time, and an overview.

The sitting has the answers, also those that aren't complete yet. A part that belongs to a question
has its number in its name: when the part with the focus is gone, a card moves the focus to the
first element that can have it, here the heading of the next question.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from html import escape
from math import ceil
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.exam import item_html
from iamlab.exam.item_html import EMPTY, FORMS, is_complete
from iamlab.exam.items import LETTERS, ORDER
from iamlab.policy.describe.words import joined
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.exam.items import Places
    from iamlab.exam.sitting import Exam

QUESTION, CONFIRM, REPORT = "question", "confirm", "report"
"""What a card shows: a question, what isn't answered before the end, or the report."""
WORDS = {"check": "Check", "next": "Next question", "pause": "Pause", "finish": "Finish"}
WORDS |= {"end": "Back to the report", "previous": "Previous"}
CHANGE = "You can change answers until you finish."
MARKED = "Each answer is marked at once. After two right answers, questions get harder."
EVERY = 20
"""After so many seconds, the card shows again how much time is left."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows."""

    view: str


class ExamCard(Instrument[Shown]):
    """A sitting as a card.

    Its controls are ``answer`` (a letter), ``option A`` (whether it is chosen), ``place 1`` (the
    letter of an option), ``confidence`` and ``flag``. Its buttons are ``next``, ``previous``,
    ``go 4``, ``pause``, ``resume``, in a drill ``check``, and ``finish``, ``back`` and ``end``.

    Examples
    --------
    >>> from iamlab.exam.forms import form
    >>> from iamlab.exam.sitting import Exam
    >>> card = ExamCard(Exam(form("clf", seed=5, number=2)))
    >>> card.state, card.picked
    (Shown(view='question'), ())
    """

    def __init__(self, sitting: Exam) -> None:
        self.sitting, self.title = sitting, sitting.form.title
        super().__init__(Shown(REPORT if sitting.finished else QUESTION))

    @property
    def picked(self) -> Places:
        """What is chosen of the question that is shown, also if it isn't complete."""
        item, answer = self.sitting.shown.item, self.sitting.shown.answer
        empty = (EMPTY,) * len(item.key) * (item.form in FORMS["place"])
        return answer.chosen or answer.picked or empty

    @cached_property
    def _report(self) -> str:
        again = f'exam("{self.sitting.form.name}", seed={self.sitting.form.seed})'
        more = f"`{again}` shows this report again. Its `.report.to_frame()` has a row for each "
        more += 'question, and `.report.save("report.html")` writes a page to print.'
        return self.sitting.report.summary() + item_html.marked_up(more)

    # -- what a learner does ---------------------------------------------------------------------

    def set(self, name: str, value: Any) -> None:
        """Set a control of the answer, the confidence or the flag."""
        self._to(self.change(name, value))
        self.changed()

    def change(self, name: str, value: Any) -> Shown:
        """Do what a control or a button is for."""
        own, number, (word, _, rest) = self.sitting, self.sitting.shown.number, name.partition(" ")
        if word in FORMS:
            self._pick(word, rest, value)
            return self.state
        goes = {"next": number + 1, "previous": number - 1, "back": number, "go": int(rest or 0)}
        does: dict[str, Callable[[], object]] = {
            **dict.fromkeys(goes, lambda: own.go_to(goes[word])),
            "confidence": lambda: own.sure(number, value),
            "flag": lambda: own.flag(number, on=bool(value)),
            "finish": lambda: None,
        }
        does |= {"check": self._check, "pause": own.pause, "resume": own.resume, "end": own.finish}
        if word not in does:
            raise self.no_control(name)
        does[word]()
        views = {"finish": CONFIRM, "end": REPORT, **dict.fromkeys(goes, QUESTION)}
        return Shown(views.get(word, self.state.view))

    def _pick(self, word: str, rest: str, value: Any) -> None:
        """Choose an option of those to choose from, or take it back."""
        item, picked = self.sitting.shown.item, [*self.picked]
        letter = rest if word == "option" else value
        if item.form not in FORMS[word] or letter not in item.letters.split(", "):
            raise self.no_control(f"{word} {rest}: {value}")
        place = LETTERS.index(letter)
        if word == "option":
            picked = sorted({*picked, place} if value else {*picked} - {place})
        else:
            slot = int(rest or 1)
            picked[slot - 1 : slot] = [place]
        self.sitting.pick(self.sitting.shown.number, tuple(picked))

    def _check(self) -> None:
        if not is_complete(self.sitting.shown.item, self.picked):
            raise ExerciseError(f"Not answered yet. Choose {self.sitting.shown.item.wanted}.")
        self.sitting.answer(self.sitting.shown.number, self.picked)

    # -- what it shows ---------------------------------------------------------------------------

    def parts(self) -> dict[str, str]:
        """Return the card: a question, the pause, the last confirmation, or the report."""
        own, view = self.sitting, self.state.view
        parts = {"head": self._head()}
        self.note = self.note.removeprefix(f"{ExerciseError.__name__}: ")
        if own.finished and view != QUESTION:
            parts["report"] = _heading("Report") + self._report
        elif own.paused:
            saved = "" if own.problem else ", and your answers are saved"
            text = html.paragraph(f"Paused. The clock has stopped{saved}.")
            parts["paused"] = text + html.button("resume", "Resume", main=True)
            return parts | {"result": html.paragraph(self.note)}
        elif view == CONFIRM:
            back = html.button("back", f"Back to question {self.sitting.shown.number}")
            row = html.row(html.button("end", "Finish now", main=True), back)
            text = "".join(map(html.paragraph, self._unfinished()))
            parts["confirm"] = _heading("Finish?") + text + row
        else:
            return parts | self._question()
        return parts | {"result": html.paragraph(self.note), f"overview {view}": self._overview()}

    def _head(self) -> str:
        own, plan = self.sitting, self.sitting.form.blueprint
        minutes = ceil(own.left / 60) if own.timed and not own.finished else None
        time = f"Time left: {count(minutes, 'minute')}" if minutes else ""
        head = html.heading(self.title, "The time is over." if own.left <= 0 else time)
        head += html.paragraph(own.problem)
        if self.sitting.shown.number > 1 or own.finished:
            return head
        rule = f"{'Each answer is saved at once. ' * (not own.problem)}{CHANGE}"
        rule = "Press Finish to see the report." if own.left <= 0 else rule
        rule = MARKED if own.form.adapts else rule
        note = f"{plan.note if plan else ''} {count(own.form.length, 'question')}. {rule}"
        return head + html.paragraph(own.note) + html.paragraph(note.strip(), "pale")

    def _unfinished(self) -> Iterator[str]:
        own, replies = self.sitting, self.sitting.replies
        left = [str(each.number) for each in replies if not each.answer.chosen]
        flagged = [str(each.number) for each in replies if each.answer.flagged]
        done = len(replies) - len(left)
        yield f"You have answered {done} of {count(own.form.length, 'question')}."
        yield f"Not answered: {joined(left)}." if left and not own.form.adapts else ""
        yield f"Flagged: {joined(flagged)}." if flagged else ""
        yield "After this, you can't change answers."

    def _question(self) -> dict[str, str]:
        own, (number, _, item, answer, marked) = self.sitting, self.sitting.shown
        off, (above, asks) = marked or own.left <= 0, item_html.question(item)
        title = _heading(f"Question {number} of {own.form.length}")
        answers = item_html.options(item, self.picked, marked=marked)
        start = f"<fieldset{' disabled' * off}><legend>{asks}</legend>"
        sure = "confidence", "How sure are you?", CONFIDENCE, answer.confidence
        words = html.segmented(*sure, disabled=off) * bool(answer.confidence or not off)
        flag = html.tick("flag", "⚑ Flag for review", on=answer.flagged)
        return {
            f"question {number}": title + above,
            f"answer {number}": f"{start}{answers}</fieldset>",
            f"sure {number}": html.row(words, flag * (not off and not own.form.adapts)),
            "result": html.paragraph(self.note or self._status(), "name" * marked),
            **({f"why {number}": item_html.why(item, answer.chosen)} if marked else {}),
            f"buttons {number}": self._buttons(),
            f"overview {number}": self._overview(),
        }

    def _status(self) -> str:
        own, item = self.sitting, self.sitting.shown.item
        picked = [place for place in self.picked if place != EMPTY]
        if self.sitting.shown.marked:
            return item_html.result(item, self.sitting.shown.answer.chosen)
        if is_complete(item, self.picked):
            done = "Your answer" if own.problem else "Answer saved"
            return "" if own.form.adapts else f"{done}: {item.lettered(self.picked)}."
        if item.form == ORDER and len({*picked}) < len(picked):
            return "Choose each option once."
        return f"{len(picked)} of {len(item.key)} chosen." if picked else ""

    def _buttons(self) -> str:
        own, number = self.sitting, self.sitting.shown.number
        end = "end" if own.finished else "finish"
        main = "check" if not self.sitting.shown.marked and own.form.adapts else "next"
        main = end if main == "next" and number == own.form.length else main
        before, pause = ["previous"] * (number > 1), ["pause"] * (not own.finished)
        names = dict.fromkeys([*before, main, *pause, end])
        return html.row(*(html.button(own, WORDS[own], main=own == main) for own in names))

    def _overview(self) -> str:
        sitting, body = self.sitting, ""
        for own in sitting.replies:
            now = own.place == sitting.current and self.state.view == QUESTION
            text = f"<span>{'▸ ' * now}{own.number}</span><small>{own.look}</small>"
            text += "<small>⚑ flagged</small>" * own.answer.flagged
            current = ' aria-current="true"' * now
            body += f'<button type="button" name="go {own.number}"{current}>{text}</button>'
        return f'<fieldset><legend>Questions</legend><div class="overview">{body}</div></fieldset>'

    def __repr__(self) -> str:
        return repr(self.sitting)

    def _ipython_display_(self) -> None:
        super()._ipython_display_()
        self._tick()

    def _tick(self) -> None:
        """Show every few seconds how much time is left; nothing else in the card changes."""
        from iamlab.widgets.card import TURNS

        if self.sitting.timed and not self.sitting.finished and self.sitting.left > -EVERY:
            with suppress(RuntimeError), TURNS:  # without a kernel, there is no loop
                asyncio.get_running_loop().call_later(EVERY, self._tick)
                self.changed()


def _heading(text: str) -> str:
    """Write a heading that the focus can go to."""
    return f'<h4 tabindex="-1">{escape(text)}</h4>'
