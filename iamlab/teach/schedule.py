"""When to ask again: which topics are due, from the answers in the progress file.

A topic is a wrong belief. Each answer that tests it is a review. From the reviews, FSRS, a
scheduler for spaced practice, computes when a learner has probably forgotten it. Nothing but the
answers is saved.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from operator import attrgetter
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from iamlab.errors import ExerciseError
from iamlab.teach import journal
from iamlab.teach.items import TEMPLATES, lessons_of, make_item
from iamlab.teach.tables import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from fsrs import Card

    from iamlab.teach.items import Item

LAGS = (1, 3, 6)
"""How many lessons ago a topic was met, if no answers tell which topic is due."""


class Review(NamedTuple):
    """An answer that tests a topic, rated from 1 (wrong) to 4 (right and certain)."""

    topic: str
    time: datetime
    rating: int


def reviews(records: Iterable[journal.Record]) -> Iterator[Review]:
    """Yield the reviews in the records of a progress file."""
    for record in records:
        with suppress(KeyError, TypeError, ValueError):  # a record without the fields
            for topic in _tested(record):
                yield Review(topic, _time(record), _rating(record))


def _time(record: journal.Record) -> datetime:
    return datetime.fromisoformat(record["time"]).astimezone(UTC)


def day_of(time: datetime) -> date:
    """Return the day of a time, where the learner is."""
    return time.astimezone().date()


def _tested(record: journal.Record) -> Iterable[str]:
    """Return the topics that a record is about."""
    if record["kind"] == "prediction" and not record.get("control"):
        return [str(record.get("item"))]
    if record["kind"] == "attempt":
        return [record["belief"]] if record.get("belief") else _topics(record["exercise"])
    return ()


@cache
def _topics(number: str) -> tuple[str, ...]:
    """Return the topics of an exercise: the beliefs behind its known wrong answers."""
    with suppress(ExerciseError):  # an exercise of a file that isn't open
        return tuple(dict.fromkeys(wrong.belief for wrong in find(number).known_wrong))
    return ()


def _rating(record: journal.Record) -> int:
    if not record["correct"]:
        return 1
    if record.get("hints_used"):
        return 2
    return {"a guess": 2, "certain": 4}.get(record.get("confidence", ""), 3)


class History:
    """What was answered, as the choice of today's items needs it.

    Only the answers of earlier days decide what is due today. So a restart asks the same items.

    Parameters
    ----------
    time
        The present time.
    """

    def __init__(self, time: datetime | None = None) -> None:
        self.time = time or datetime.now(UTC)
        self.day = day_of(self.time)
        self._earlier: list[journal.Record] = []
        self._today: list[journal.Record] = []
        for record in journal.records():
            with suppress(KeyError, TypeError, ValueError):
                is_earlier = day_of(_time(record)) < self.day
                (self._earlier if is_earlier else self._today).append(record)

    def due(self) -> dict[str, datetime]:
        """Return each topic that was practised with the time when it is due, the weakest first."""
        every = [review for review in reviews(self._earlier) if review.topic in TEMPLATES]
        if not every:
            return {}
        from fsrs import Card, Rating, Scheduler

        # Without steps of minutes, and without chance, it plans days, and the same ones again.
        scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
        cards: dict[str, Card] = {}
        for own in sorted(every, key=attrgetter("time")):
            card = cards.get(own.topic) or Card(card_id=len(cards))
            cards[own.topic], _ = scheduler.review_card(card, Rating(own.rating), own.time)
        remembered = scheduler.get_card_retrievability
        weakest = sorted(cards, key=lambda topic: remembered(cards[topic], self.time))
        return {topic: cards[topic].due for topic in weakest}

    def is_due(self) -> list[str]:
        """List the topics that are due now, the weakest first."""
        return [topic for topic, time in self.due().items() if time <= self.time]

    def topics_before(self, lesson: str) -> list[str]:
        """List the topics of earlier lessons: what is due, then by the number of lessons ago.

        Examples
        --------
        >>> History(datetime(2030, 1, 1, tzinfo=UTC)).topics_before("02")
        ['M03', 'M25']
        """
        here = int(lesson) if lesson.isdecimal() else 22  # a lesson of your own is after all others
        met = [topic for topic in TEMPLATES if int(lessons_of(topic)[0]) < here]
        Random(f"{lesson} {self.day}").shuffle(met)
        chosen = [topic for topic in self.is_due() if topic in met]
        for earlier in [*(here - lag for lag in LAGS), *range(here - 1, -1, -1)]:
            own = [topic for topic in met if f"{earlier:02}" in lessons_of(topic)]
            chosen += [topic for topic in own if topic not in chosen][:1]
        return chosen + [topic for topic in met if topic not in chosen]

    def answered(self, practice: str) -> list[Item]:
        """List the items of a practice that were answered today."""
        own = [record for record in self._today if record.get("practice") == practice]
        kept = [r for r in own if str(r.get("item")) in TEMPLATES and type(r.get("seed")) is int]
        return [make_item(r["item"], r["seed"], control=bool(r.get("control"))) for r in kept]

    def items(self, practice: str, topics: list[str], most: int | None = None) -> list[Item]:
        """Make the items of a practice: what was answered today, then new items on other topics.

        Parameters
        ----------
        practice
            Its name: ``"warm-up 02"``.
        topics
            The topics, the most urgent first.
        most
            How many items to make, if necessary with topics that were asked today elsewhere.
        """
        done = self.answered(practice)
        today = {str(record.get("item")) for record in self._today}
        rest = [topic for topic in topics if topic not in today]
        if most is not None:
            here = {own.belief for own in done}
            rest += [topic for topic in topics if topic in today - here]
            rest = rest[: max(most - len(done), 0)]
        return done + [self.new(practice, n, topic) for n, topic in enumerate(rest, len(done))]

    def next_seed(self, number: str) -> int:
        """Return the seed for an exercise again: the last one, or after a right answer a new one.

        What was answered today stays.
        """
        last = min(journal.again(number), default=0)
        own = journal.of_exercise(number, "attempt", last)
        is_open = any(r in self._today for r in own) or not any(r.get("correct") for r in own)
        return last if own and is_open else last - 1

    def new(self, practice: str, place: int, topic: str, controls: float = 0) -> Item:
        """Make an item of today, with this probability a control."""
        draw = Random(f"{self.day} {practice} {place}")
        return make_item(topic, draw.randrange(10**6), control=draw.random() < controls)
