"""The words of IAM: a rule in one sentence, where it is taught, the AWS page, and a picture.

The words of a lesson are in ``[glossary]`` of its file: a text, or a table with the fields of
``Term``. The TOML file beside this one has the words that no lesson has yet. Condition keys and
actions come from iamlab's own tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from iamlab import view
from iamlab.errors import ExerciseError, RequestError, noted
from iamlab.policy import catalog
from iamlab.policy.condition_keys import GLOBAL_KEYS, GlobalKey, condition_key
from iamlab.policy.document import Policy
from iamlab.tables import tables
from iamlab.teach.course import course_map
from iamlab.teach.lesson import lessons
from iamlab.teach.scenarios import observatory
from iamlab.view.cells import Link
from iamlab.view.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.view.figure import Figure

_TABLES = tables(__file__)
GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/{}.html"
PAGES: dict[str, str] = _TABLES["pages"]
PICTURES: dict[str, Callable[[], Figure | Table]] = {
    "door": view.door,
    "funnel": lambda: view.funnel(Policy.allow("s3:*Object*", "arn:aws:s3:::star-maps/*")),
    "growth": view.growth,
    "organization_tree": lambda: view.show(*observatory().organizations.values()),
    "trust_graph": lambda: view.trust_graph(observatory()),
    "value_sets": lambda: view.value_sets(
        "ForAllValues:StringEquals", "aws:TagKeys", ["project", "owner"], ["project", "cost"]
    ),
}
"""The pictures that a term can have, by the name of their figure."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, and what it means.

    Parameters
    ----------
    rule
        One sentence, or two.
    also
        Other names, with commas between them.
    lesson, exercise
        The lesson that teaches it, and the exercise to try.
    page, url
        The title of the AWS page, and its address if the title isn't in ``PAGES``.
    picture
        A name in ``PICTURES``.
    """

    word: str
    rule: str
    also: str = ""
    lesson: str = ""
    exercise: str = ""
    page: str = ""
    url: str = ""
    picture: str = ""

    @property
    def facts(self) -> Table:
        """The term as a table of facts."""
        known = course_map().lessons.get(self.lesson)
        values = {
            "rule": self.rule,
            "lesson": known and known.link(f"{known.number} {known.title}"),
            "state": known and known.look,
            "exercise": self.exercise,
            "AWS page": Link(self.page, self.url) if self.page else "",
            "picture": self.picture and f"iamlab.view.{self.picture}",
        }
        return Table.facts(self.word, {name: own for name, own in values.items() if own})

    def __str__(self) -> str:
        return str(self.facts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        draw = PICTURES.get(self.picture)
        return self.facts.html() + (draw()._repr_html_() if draw else "")


def _term(word: str, table: str | Mapping[str, str], lesson: str = "") -> Term:
    fields = {"rule": table} if isinstance(table, str) else table
    try:
        own = {"lesson": lesson, **fields} if lesson else fields
        term = Term(word, **{**_TABLES["terms"].get(word, {}), **own})
    except TypeError as error:
        known = ", ".join(name for name in Term.__slots__ if name != "word")
        raise ExerciseError(f"A term needs a rule, and can have: {known}.") from error
    url = PAGES.get(term.page, "")
    return replace(term, url=term.url or (url if "/" in url else GUIDE.format(url) if url else ""))


def terms() -> dict[str, Term]:
    """Return all words; a lesson's own words come first, with the general page and picture."""
    found = {word: _term(word, table) for word, table in _TABLES["terms"].items()}
    for lesson in lessons().values():
        for word, table in lesson.glossary.items():
            try:
                found[word] = _term(word, table, lesson.number)
            except ExerciseError as error:
                raise lesson.located(error, "glossary", word) from error
    return found


def _simple(word: str) -> str:
    """Return a word without what makes no difference: case, blanks, hyphens, a plural."""
    plain = "".join(c for c in word.casefold() if c.isalnum() or c in ":/")
    return f"{plain[:-3]}y" if plain.endswith("ies") else plain.removesuffix("s")


def lookup(word: str) -> Term:
    """Look up a word, an element or operator of policies, a condition key or an action.

    Raises
    ------
    RequestError
        Nobody knows the word. The message suggests others.

    Examples
    --------
    >>> print(lookup("string like").rule)
    Compares text with its case; * and ? are wildcards.
    """
    every = terms()
    named = ((own, term) for term in every.values() for own in (*term.also.split(", "), term.word))
    names = {_simple(own): term for own, term in named if own}
    found = every.get(word) or names.get(_simple(word)) or _of_aws(word.strip())
    found = found or names.get(_simple(word.partition(":")[0]))  # ForAllValues:StringLike
    if found is None:
        known = {key: term.word for key, term in names.items()}
        known |= {_simple(key.name): key.name for key in GLOBAL_KEYS.values()}
        near = [known[key] for key in get_close_matches(_simple(word), known, 3, 0.7)]
        note = f"Did you mean {' or '.join(dict.fromkeys(near))}?" if near else "See glossary()."
        raise noted(RequestError(f"iamlab doesn't know the word {word!r}."), note)
    return found


def _of_aws(name: str) -> Term | None:
    """Return what iamlab's tables know about a condition key or an action."""
    key, action = condition_key(name), catalog.action(name)
    if key is not None:
        values = "several values" if key.is_multivalued else "one value"
        when = f"It is present {key.present}" if isinstance(key, GlobalKey) else key.description
        page = "AWS global condition context keys" if isinstance(key, GlobalKey) else ""
        rule = f"A condition key of type {key.type}, with {values}. {when}."
        word = key.name if key.name.lower() == name.lower() else name
        return _term(word, {"rule": rule, "lesson": "06", "page": page})
    if action is not None:
        rule = f"An action, access level {action.level}: {action.description}."
        return _term(action.full_name, {"rule": rule, "lesson": "05"})
    return None


def glossary(word: str = "") -> Term | Table:
    """Show all words of the lessons that you have begun, or look up one word.

    Parameters
    ----------
    word
        As for ``lookup``.

    Examples
    --------
    >>> glossary("trust policies").lesson
    '09'
    """
    if word:
        return lookup(word)
    met = course_map().met
    own = [term for term in terms().values() if term.lesson in met]
    rows = [(term.word, term.rule, term.exercise or term.lesson) for term in own]
    rows.sort(key=lambda row: row[0].casefold())
    return Table.of("Words of the lessons that you have begun", "word, rule, taught in", rows)
