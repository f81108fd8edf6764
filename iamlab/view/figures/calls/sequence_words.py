"""A sequence in words: labels, times, the table, the list, and what is to be seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.calls.calls import SIGNS, repeated
from iamlab.view.words import LONGEST, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from iamlab.view.figures.calls.calls import Actor, Call

_SHORT = 26
_LONG = 24
"""So many letters of a path stand in one line."""


class Words:
    """What a sequence says.

    Parameters
    ----------
    calls
        All of them.
    names
        Of accounts, by id.

    Attributes
    ----------
    day
        The day of all calls; empty if they are of several.
    """

    def __init__(self, calls: Sequence[Call], names: Mapping[str, str]) -> None:
        self.calls, self.names = calls, names
        self.actors = list(
            dict.fromkeys(actor for call in calls for actor in (call.source, call.target))
        )
        self._titles = _told_apart(self.actors, names)
        days = {f"{call.at:%Y-%m-%d}" for call in calls}
        self.day = days.pop() if len(days) == 1 else ""
        moments = [call.at for call in calls] + [one.until for one in calls if one.until]
        self._clock = "%H:%M:%S" if any(one.second for one in moments) else "%H:%M"

    def title(self, actor: Actor) -> str:
        """Give the name in an actor's head; no two have the same."""
        return self._titles.get(actor, actor.title)

    def time(self, at: datetime) -> str:
        """Give a moment, without what all moments have in common."""
        is_plain = f"{at:%Y-%m-%d}" == self.day
        return f"{at:{self._clock}}" if is_plain else f"{at:%Y-%m-%d} {at:{self._clock}}"

    def label(self, call: Call) -> str:
        """Give the words of an arrow."""
        above, below = self.parts(call)
        return f"{above}{'' if above.endswith('/') else ' '}{below}".rstrip()

    def parts(self, call: Call) -> tuple[str, str]:
        """Give the words above an arrow, and those below it."""
        if not call.is_answer:
            often = f"{call.times} × " if call.times > 1 else ""
            text = f"{SIGNS[call.outcome]}{often}{call.operation}"
            return (text, call.error_code) if call.error_code else _broken(text)
        if call.target.kind == "access key":
            return "a long-term access key", ""
        if not call.until:
            return "temporary credentials", ""
        over = call.ended if call.ended not in ("", "still valid", "expired") else "until"
        return "temporary credentials", f"{over} {self.time(call.until)}"

    def gap(self, number: int) -> str:
        """Give the words that stand for what is not drawn."""
        return f"{count(number, 'more call')}: the table has all"

    # -- beside the picture ----------------------------------------------------------------------

    def alt(self) -> str:
        """Say what is to be seen."""
        if not self.calls:
            return "Nobody called anybody: there is no call in this log or timeline."
        calls = [call for call in self.calls if not call.is_answer]
        refused = [call for call in calls if call.is_refused]
        story = f"{'; '.join(map(self._told, repeated(self.calls)))}."
        if len(story) <= LONGEST:
            return story
        callers = count(len({call.source for call in calls}), "caller")
        first = f"{callers}, {count(len(calls), 'call')}, {len(refused)} refused: "
        # The same sentence once, however often; what was refused comes first.
        rest = [call for call in calls if not call.is_refused]
        often = Counter(map(self._told, [*refused, *rest]))
        return told(first, (f"{one}{_times(number)}" for one, number in often.items()), ".")

    def _told(self, call: Call) -> str:
        source, target = (
            shorten(self.title(one), _SHORT) for one in (call.source, call.target)
        )  # fmt: skip
        if call.is_answer:
            return f"{source} hands {target} {self.label(call)}"
        if call.is_refused:
            why = shorten(call.error_code, 40)
            return f"{target} refuses {source} {call.operation} ({why}){_times(call.times)}"
        end = f" ({call.outcome})" if call.outcome else ""
        return f"{source} calls {target}: {shorten(call.operation, 26)}{end}{_times(call.times)}"

    def caption(self) -> str:
        """Give the line below the picture."""
        if not self.calls:
            return "No calls."
        kinds = {call.outcome for call in self.calls if not call.is_answer}
        signs = {
            "allowed": "✓ a call that went through",
            "denied": "✕ one that was refused",
            "failed": "○ one that failed for another reason",
            "": "without a sign: no call of AWS's API, so no log has it",
        }
        told_ = [text for kind, text in signs.items() if kind in kinds]
        if any(call.is_answer for call in self.calls):
            told_.append("dashed: what STS answers")
        return f"Who called whom, from top to bottom. {'; '.join(told_)}."

    def rows(self) -> Iterator[dict[str, object]]:
        """Give the table: a row for each arrow."""
        if not self.calls:
            yield {"time": None, "source": "", "target": "", "operation": "no call"}
        for call in self.calls:
            yield {
                "time": call.at,
                "source": call.source.name,
                "source_kind": call.source.kind,
                "access_key_id": call.source.key_id,
                "target": call.target.name,
                "target_kind": call.target.kind,
                "operation": call.operation,
                "is_answer": call.is_answer,
                "outcome": call.outcome,
                "error_code": call.error_code,
                "until": call.until,
                "event_id": call.event_id,
            }

    def lines(self, gap: int = 0, gathered: Sequence[Actor] = ()) -> list[str]:
        """Give the list: who takes part, then arrow by arrow.

        Parameters
        ----------
        gap, gathered
            How many arrows are not drawn, and which heads stand for several.
        """
        if not self.calls:
            return ["No calls."]
        lines = ["who takes part"]
        for actor in self.actors:
            lines.append(f"  {self.title(actor)}, {actor.note}")
            key = f", {actor.key_id}" if actor.kind == "session" and actor.key_id else ""
            lines.append(f"    {actor.kind} {actor.name}{key}")
            if actor.account:
                name = self.names.get(actor.account, "")
                lines.append(f"    in account {name} {actor.account}".replace("  ", " "))
        lines += [f"  {actor.title}, {actor.note}" for actor in dict.fromkeys(gathered)]
        lines.append("from top to bottom")
        lines += map(self._line, repeated(self.calls))
        if gap:
            lines.append(f"not drawn: {self.gap(gap)}")
        return lines

    def _line(self, call: Call) -> str:
        way = "answers" if call.is_answer else "to"
        last = f" to {call.last:%Y-%m-%d %H:%M:%S}" if call.last not in (None, call.at) else ""
        of = f" ({call.operation})" if call.is_answer else ""
        return (
            f"  {call.at:%Y-%m-%d %H:%M:%S}{last} {self.title(call.source)} {way} "
            f"{self.title(call.target)}: {self.label(call)}{of}"
        )


def _times(number: int) -> str:
    return f", {number} times" if number > 1 else ""


def _broken(text: str) -> tuple[str, str]:
    """Break a long path after the slash that is nearest to its middle."""
    slashes = [place for place, letter in enumerate(text[:-1], 1) if letter == "/"]
    if len(text) <= _LONG or not slashes:
        return text, ""
    place = min(slashes, key=lambda one: abs(one - len(text) / 2))
    return text[:place], text[place:]


def _told_apart(actors: Sequence[Actor], names: Mapping[str, str]) -> dict[Actor, str]:
    """Give each actor a title; those who would look the same say their account, or get a number."""
    titles = {actor: actor.title for actor in actors}
    often = Counter(titles.values())
    for actor, title in titles.items():
        if actor.account and often[title] > 1 and actor.is_root:
            titles[actor] = f"root user of {names.get(actor.account) or actor.account}"
    seen: Counter[tuple[str, str]] = Counter()
    for actor, title in titles.items():
        seen[title, actor.note] += 1
        number = seen[title, actor.note]
        titles[actor] = title if number == 1 else f"{title} ({number})"
    return titles
