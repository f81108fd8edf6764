"""Ask engine and oracle a million random questions on all cores: ``make soak``.

The questions are those of ``tests/engine/random_questions.py``. To each, three answers must be the
same: that of the engine, that of its readable path, which explanations are made from, and that of
the oracle, which shares no code with either. The first question on which they differ is printed as
JSON.

Then every figure is drawn in worlds of 50 seeds, and looked at as strictly as in ``make test``.
Last, the items of a thousand seeds are made of each exam template; ``make test`` makes a hundred.

``make soak N=5000 SEED=7 FIGURES=5 ITEMS=9`` asks fewer, draws fewer, and the same ones again.
"""

# ruff: noqa: T201 - a script prints

import argparse
import json
import os
import random
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

QUESTIONS, CHUNK = 1_000_000, 2_000
FIGURES, ITEMS = 50, 1_000
EVERY_SECONDS = (0.5, 15.0)  # on a screen, where the line is written over; in a log


@dataclass
class Outcome:
    """What came of one chunk of questions, or of all so far."""

    questions: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    disagreement: dict[str, Any] | None = None


def main(arguments: list[str] | None = None) -> int:
    """Ask, draw, and make items; give 0 if all agreed and nothing is wrong, 1 if not."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("-n", "--questions", type=int, default=QUESTIONS)
    parser.add_argument("-s", "--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("-f", "--figures", type=int, default=FIGURES)
    parser.add_argument("-i", "--items", type=int, default=ITEMS)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1)
    values = parser.parse_args(arguments)
    print(
        f"{values.questions:,} questions, seed {values.seed}, {values.jobs} processes. "
        f"The same again: make soak N={values.questions} SEED={values.seed}",
        flush=True,
    )
    agreed = ask(values.questions, values.seed, values.jobs)
    drawn = agreed and draw(values.figures, values.seed, values.jobs)
    return int(not drawn or not make_items(values.items, values.jobs))


def ask(questions: int, seed: int, jobs: int) -> bool:
    """Ask so many questions, and tell what came of it."""
    outcome = soak(questions, seed, jobs)
    if outcome.disagreement is None:
        shares = ", ".join(
            f"{verdict} {count / outcome.questions:.0%}"
            for verdict, count in sorted(outcome.verdicts.items())
        )
        print(f"All {outcome.questions:,} agreed: {shares}.")
        return True
    print("The first disagreement:")
    print(json.dumps(outcome.disagreement, indent=2))
    return False


def draw(seeds: int, first: int, jobs: int) -> bool:
    """Draw the figures of so many seeds, and tell what is in the way of what."""
    from tests.view.soak import look_at_figures

    clean = True
    for done, (seed, complaints) in enumerate(look_at_figures(first, seeds, jobs), 1):
        clean = clean and not complaints
        print(*complaints, sep="\n", end="\n" * bool(complaints))
        print(f"Figures of {done} of {seeds} worlds, seed {seed}: {len(complaints)} complaints.")
        sys.stdout.flush()
    return clean


def make_items(seeds: int, jobs: int) -> bool:
    """Make the items of so many seeds of each template, and tell what is wrong with them."""
    from iamlab.exam.templates import templates

    names, clean = [*templates()] if seeds else [], True
    with get_context("spawn").Pool(jobs) as pool:
        for name, wrong in zip(names, pool.imap(_faults, [(n, seeds) for n in names]), strict=True):
            clean = clean and not wrong
            print(*wrong, sep="\n", end="\n" * bool(wrong))
            print(f"{seeds} items of {name}: {len(wrong)} faults.", flush=True)
    return clean


def _faults(template: tuple[str, int]) -> list[str]:
    from tests.exam.fairness import faults

    name, seeds = template
    return faults(name, range(seeds))


def soak(questions: int, seed: int, jobs: int) -> Outcome:
    """Ask chunk by chunk on several processes, and stop at the first disagreement."""
    sizes = [min(CHUNK, questions - start) for start in range(0, questions, CHUNK)]
    chunks = [(seed, number, size) for number, size in enumerate(sizes)]
    total, progress = Outcome(), Progress(questions)
    with get_context("spawn").Pool(jobs) as pool:
        for done in pool.imap(ask_chunk, chunks):  # in order, so the first one stays the first
            total.questions += done.questions
            total.verdicts += done.verdicts
            progress.show(total.questions)
            if done.disagreement is not None:
                total.disagreement = done.disagreement
                break
    progress.end(total.questions)
    return total


def ask_chunk(chunk: tuple[int, int, int]) -> Outcome:
    """Ask the questions of one chunk; its random numbers come from the seed and its own number."""
    from tests.engine.random_questions import random_question

    seed, number, size = chunk
    rng = random.Random(f"soak {seed} {number}")
    outcome = Outcome()
    for place in range(size):
        question = random_question(rng)
        answers = answers_to(question)
        outcome.questions += 1
        if len(set(answers.values())) > 1:
            where = {"seed": seed, "chunk": number, "place": place}
            outcome.disagreement = where | {"answers": answers, "question": question}
            break
        outcome.verdicts[answers["oracle"]] += 1
    return outcome


def answers_to(question: dict[str, Any]) -> dict[str, str]:
    """Return the verdict of each evaluator; what an evaluator raises is its answer too."""
    from iamlab.engine.evaluate import read
    from tests.engine.json_questions import ask_engine
    from tests.engine.oracle import decide

    answers = {}
    try:
        decision = ask_engine(question)
        answers["engine"] = decision.verdict.value
        answers["readable path"] = read(decision.request, decision.layers).verdict.value
    except Exception:  # noqa: BLE001 - whatever it is, the question must be printed
        answers["engine"] = traceback.format_exc()
    try:
        answers["oracle"] = decide(question)
    except Exception:  # noqa: BLE001 - the same
        answers["oracle"] = traceback.format_exc()
    return answers


class Progress:
    """One line that says how far it is: written over on a screen, repeated in a log."""

    def __init__(self, whole: int) -> None:
        self.whole, self.start, self.shown = whole, time.monotonic(), 0.0
        self.on_screen = sys.stdout.isatty()

    def show(self, done: int, *, at_once: bool = False) -> None:
        """Return how many of the questions are asked, if the last time is long enough ago."""
        now = time.monotonic()
        if not at_once and now - self.shown < EVERY_SECONDS[not self.on_screen]:
            return
        self.shown = now
        rate = done / max(now - self.start, 1e-9)
        left = (self.whole - done) / rate if rate else 0.0
        line = (
            f"{done:>11,} of {self.whole:,} ({done / self.whole:4.0%})  {rate:,.0f} a second  "
            f"{left / 60:.1f} minutes left"
        )
        print(f"\r{line}  " if self.on_screen else line, end="" if self.on_screen else "\n")
        sys.stdout.flush()

    def end(self, done: int) -> None:
        """Return it a last time, and leave the line."""
        self.show(done, at_once=True)
        if self.on_screen:
            print()


if __name__ == "__main__":
    sys.exit(main())
