"""The card of an exam, a drill or a placement test: one question at a time, and an overview.

The sitting has the answers. The card has only those that aren't complete yet. A part that belongs
to a question has its number in its name: when the part with the focus is gone, a card moves the
focus to the first element that can have it, here the heading of the next question.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from math import ceil
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.errors import ExerciseError
from iamlab.exam.item_html import EMPTY, FORMS, is_complete, marked_up, options, question
from iamlab.exam.items import LETTERS, ORDER
from iamlab.policy.describe.words import joined
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.widgets.prediction import CONFIDENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.exam.items import Item, Places
    from iamlab.exam.sitting import Exam

QUESTION, CONFIRM, REPORT = "question", "confirm", "report"
"""What a card shows: a question, what isn't answered before the end, or the report."""
WORDS = {"check": "Check", "next": "Next question", "pause": "Pause", "finish": "Finish"}
WORDS |= {"end": "Back to the report"}
EVERY = 20
"""After so many seconds, the card shows again how much time is left."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows, and for each item the options that are chosen so far, as places."""

    picked: tuple[Places, ...]
    view: str = QUESTION


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
    >>> card.number, card.is_marked
    (1, False)
    """

    def __init__(self, sitting: Exam) -> None:
        self.sitting, self.title = sitting, sitting.form.title
        empty = ((EMPTY,) * len(own.key) * (own.form in FORMS["place"]) for own in sitting.items)
        super().__init__(Shown((*empty,), REPORT if sitting.finished else QUESTION))

    @property
    def number(self) -> int:
        """The number of the question that is shown, from 1."""
        return self.sitting.order.index(self.sitting.current) + 1

    @property
    def item(self) -> Item:
        """The question that is shown."""
        return self.sitting.items[self.sitting.current]

    @property
    def picked(self) -> Places:
        """What is chosen of the question that is shown, also if it isn't complete."""
        place = self.sitting.current
        return self.sitting.given[place].chosen or self.state.picked[place]

    @property
    def is_marked(self) -> bool:
        """Whether the question that is shown tells its answer."""
        own = self.sitting
        return own.finished or (own.adapts and bool(own.given[own.current].chosen))

    @cached_property
    def _report(self) -> str:
        again = f'exam("{self.sitting.form.name}", seed={self.sitting.form.seed})'
        more = f"`{again}` shows this report again. Its `.report.to_frame()` has a row for each "
        more += 'question, and `.report.save("report.html")` writes a page to print.'
        return self.sitting.report.summary() + marked_up(more)

    # -- what a learner does ---------------------------------------------------------------------

    def set(self, name: str, value: Any) -> None:
        """Set a control of the answer, the confidence or the flag."""
        self._to(self.change(name, value))
        self.changed()

    def change(self, name: str, value: Any) -> Shown:
        """Do what a control or a button is for."""
        own, number, (word, _, rest) = self.sitting, self.number, name.partition(" ")
        if word in FORMS:
            return self._pick(word, rest, value)
        goes = {"next": number + 1, "previous": number - 1, "back": number, "go": int(rest or 0)}
        does: dict[str, Callable[[], object]] = {
            "confidence": lambda: own.sure(number, value),
            "flag": lambda: own.flag(number, on=bool(value)),
        }
        does |= {"check": self._check, "pause": own.pause, "resume": own.resume, "end": own.finish}
        views = {"finish": CONFIRM, "end": REPORT, **dict.fromkeys(goes, QUESTION)}
        if word in goes:
            own.go_to(goes[word])
        elif word in does:
            does[word]()
        elif word not in views:
            raise self.no_control(name)
        return replace(self.state, view=views.get(word, self.state.view))

    def _pick(self, word: str, rest: str, value: Any) -> Shown:
        """Choose an option; a complete answer is given, and one that was complete is taken back."""
        own, item, picked = self.sitting, self.item, list(self.picked)
        letter = rest if word == "option" else value
        if item.form not in FORMS[word] or letter not in item.letters.split(", "):
            raise self.no_control(f"{word} {rest}: {value}")
        place = LETTERS.index(letter)
        if word == "option":
            picked = sorted({*picked, place} if value else {*picked} - {place})
        else:
            slot = int(rest or 1)
            picked[slot - 1 : slot] = [place]
        if not own.adapts and (own.given[own.current].chosen or is_complete(item, picked)):
            own.answer(self.number, tuple(picked) if is_complete(item, picked) else ())
        every = list(self.state.picked)
        every[own.current] = tuple(picked)
        return replace(self.state, picked=tuple(every))

    def _check(self) -> None:
        if not is_complete(self.item, self.picked):
            raise ExerciseError(f"Not answered yet. Choose {self.item.wanted}.")
        self.sitting.answer(self.number, self.picked)

    # -- what it shows ---------------------------------------------------------------------------

    def parts(self) -> dict[str, str]:
        """Return the card: a question, the pause, the last confirmation, or the report."""
        own, view = self.sitting, self.state.view
        parts = {"head": self._head()}
        self.note = self.note.removeprefix(f"{ExerciseError.__name__}: ")
        note = {"result": html.paragraph(self.note)}
        if own.finished and view != QUESTION:
            parts["report"] = _heading("Report") + self._report
        elif own.paused:
            text = html.paragraph("Paused. The clock has stopped, and your answers are saved.")
            return parts | {"paused": text + html.button("resume", "Resume", main=True)} | note
        elif view == CONFIRM:
            back = html.button("back", f"Back to question {self.number}")
            row = html.row(html.button("end", "Finish now", main=True), back)
            text = "".join(map(html.paragraph, self._unfinished()))
            parts["confirm"] = _heading("Finish?") + text + row
        else:
            return parts | self._question()
        return parts | note | {f"overview {view}": self._overview()}

    def _head(self) -> str:
        own, plan = self.sitting, self.sitting.form.blueprint
        minutes = ceil(own.left / 60) if own.timed and not own.finished else None
        time = f"Time left: {count(minutes, 'minute')}" if minutes else ""
        head = html.heading(self.title, "The time is over." if own.left <= 0 else time)
        if self.number > 1 or own.finished:
            return head
        rule = "Each answer is saved at once. You can change it until you finish."
        if own.left <= 0:
            rule = "You can't change answers any more. Press Finish to see the report."
        if own.adapts:
            rule = "Each answer is marked at once. After two right answers, questions get harder."
        note = f"{plan.note if plan else ''} {count(own.form.length, 'question')}. {rule}"
        return head + html.paragraph(note.strip(), "pale")

    def _unfinished(self) -> Iterator[str]:
        own, numbered = self.sitting, [*enumerate(self.sitting.order, 1)]
        left = [str(n) for n, place in numbered if not own.given[place].chosen]
        flagged = [str(n) for n, place in numbered if own.given[place].flagged]
        done = len(numbered) - len(left)
        yield f"You have answered {done} of {count(own.form.length, 'question')}."
        yield f"Not answered: {joined(left)}." if left and not own.adapts else ""
        yield f"Flagged: {joined(flagged)}." if flagged else ""
        yield "After this, you can't change answers."

    def _question(self) -> dict[str, str]:
        own, item, number, marked = self.sitting, self.item, self.number, self.is_marked
        reply, off, (above, asks) = own.given[own.current], marked or own.left <= 0, question(item)
        title = _heading(f"Question {number} of {own.form.length}")
        start = f"<fieldset{' disabled' * off}><legend>{asks}</legend>"
        sure = "confidence", "How sure are you?", CONFIDENCE, reply.confidence
        words = html.segmented(*sure, disabled=off) * bool(reply.confidence or not off)
        flag = html.tick("flag", "⚑ Flag for review", on=reply.flagged)
        beliefs = (f"You answered as if {b.claim}. {b.truth}" for b in item.fitting(reply.chosen))
        why = f"<h4>Why</h4>{''.join(map(marked_up, (*item.rationale, *beliefs)))}"
        if marked and item.picture:
            why += html.fold("Picture", item.picture._repr_html_())
        return {
            f"question {number}": title + above,
            f"answer {number}": f"{start}{options(item, self.picked, marked=marked)}</fieldset>",
            f"sure {number}": html.row(words, flag * (not off and not own.adapts)),
            "result": html.paragraph(self.note or self._status(), "name" * marked),
            **({f"why {number}": why} if marked else {}),
            f"buttons {number}": self._buttons(),
            f"overview {number}": self._overview(),
        }

    def _status(self) -> str:
        own, item, right = self.sitting, self.item, self.item.lettered(self.item.key)
        picked = [place for place in self.picked if place != EMPTY]
        if self.is_marked:
            chosen = own.given[own.current].chosen
            state = item.marked(chosen).state if chosen else "○ Not answered."
            return f"{state} The right answer is {right}." if chosen != item.key else state
        if is_complete(item, self.picked):
            return "" if own.adapts else f"Answer saved: {item.lettered(self.picked)}."
        if item.form == ORDER and len({*picked}) < len(picked):
            return "Choose each option once."
        return f"{len(picked)} of {len(item.key)} chosen." if picked else ""

    def _buttons(self) -> str:
        own, number = self.sitting, self.number
        end = "end" if own.finished else "finish"
        main = "check" if not self.is_marked and own.adapts else "next"
        main = end if main == "next" and number == own.form.length else main
        names = dict.fromkeys([main, *["pause"] * (not own.finished), end])
        first = html.button("previous", "Previous")
        first = first.replace("<button", "<button disabled") if number == 1 else first
        return html.row(first, *(html.button(own, WORDS[own], main=own == main) for own in names))

    def _overview(self) -> str:
        own, body = self.sitting, ""
        for number, place in enumerate(own.order, 1):
            reply, marked = own.given[place], own.finished or own.adapts
            done = "✕ wrong" if marked else "● answered"
            done = "✓ right" if marked and own.is_right(place) else done
            state = done if reply.chosen else "○ no answer" if own.finished else "○ open"
            now = place == own.current and self.state.view == QUESTION
            text = f"<span>{'▸ ' * now}{number}</span><small>{state}</small>"
            text += "<small>⚑ flagged</small>" * reply.flagged
            current = ' aria-current="true"' * now
            body += f'<button type="button" name="go {number}"{current}>{text}</button>'
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
