"""Commands to learn and to teach: a quiz about an account, and files of lessons."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.cli.answers import Answer, as_json, wrapped
from iamlab.cli.options import STANDARD_INPUT, files_of, read_world
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.exam.asking import asked, exam_asked
from iamlab.exam.own_account import make_items
from iamlab.teach.lesson import own_lessons
from iamlab.teach.lesson_check import answers_of, check_lesson

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping

_NAME = re.compile(r"([a-z0-9]+)_(\w+)\.toml")
_TEMPLATE = Path(__file__).parent.parent / "teach" / "new_lesson.toml"


def quiz(options: argparse.Namespace) -> Answer:
    """Ask about an account, and keep only the answers."""
    files = files_of(options)
    if STANDARD_INPUT in files:
        raise RequestError("Standard input has your answers. Save the account details in a file.")
    items = make_items(read_world(options), options.questions, options.seed)
    return _answer(*asked(items, options.questions, _say, files, json=options.json))


def exam(options: argparse.Namespace) -> Answer:
    """Ask the questions of an exam, or write them to a file."""
    return _answer(*exam_asked(options.form, options.seed, options.export, _say, json=options.json))


def _say(*lines: str) -> None:
    print(*wrapped(*lines), sep="\n")


def _answer(value: Mapping[str, object], lines: Iterable[str]) -> Answer:
    return Answer(status=False, value=lambda: value, text=lambda: wrapped(*lines))


def lesson(options: argparse.Namespace) -> Answer:
    """Write the files of a new lesson, or check a lesson."""
    file = Path(options.file)
    return _new(file) if options.task == "new" else _check(file, options)


def _new(file: Path) -> Answer:
    """Write a lesson's file and its notebook; overwrite nothing."""
    name = _NAME.fullmatch(file.name)
    if name is None:
        raise RequestError(f"{file.name!r} isn't a lesson's name. Write it as x1_our_buckets.toml.")
    number, title = name[1], name[2].replace("_", " ").capitalize()
    if number in own_lessons():
        raise RequestError(
            f"iamlab has a lesson {number} already. Begin the name with another one."
        )
    paths = {source: file.with_suffix(source) for source in (".toml", ".ipynb")}
    for path in filter(Path.exists, paths.values()):
        raise RequestError(f"{path} already exists. Name a new file.")
    file.parent.mkdir(parents=True, exist_ok=True)
    words = {"NUMBER": number, "TITLE": title, "FILE": file.name}
    for suffix, path in paths.items():
        text = _TEMPLATE.with_suffix(suffix).read_text("utf-8")
        path.write_text(re.sub("|".join(words), lambda found: words[found[0]], text), "utf-8")
    made = list(map(str, paths.values()))
    return _answer({"files": made}, (*made, f"Next: iamlab lesson check {file}"))


def _check(file: Path, options: argparse.Namespace) -> Answer:
    """List the answers of a lesson if they are wanted, then its problems, each with its fix."""
    problems = check_lesson(file, options.seeds)
    answers = list(answers_of(file)) if options.answers else []
    total = f"{count(len(problems), 'problem')} in {file}"
    found = [as_json(problem, "file place text fix") for problem in problems]
    pairs = [*map(dict.values, answers), *((str(own), own.fix) for own in problems)]
    lines = [*(line for pair in pairs for line in _lines(*pair)), f"{total}."]
    return Answer(
        bool(problems),
        lambda: {"problems": found, "answers": answers},
        lambda: lines,
        None if answers else lambda: (f"{total}:", *map(str, problems)),
    )


def _lines(title: str, text: str) -> list[str]:
    return wrapped(title, *(f"    {line}" for line in text.split("\n") if line))
