"""Resources to ask about, as bits of whole numbers, and the patterns that match them.

Each has a label: what it stands for. So the object ``star-maps/something-else`` stands for
``arn:aws:s3:::star-maps/*``, and what nobody has named for its type.

Notes
-----
AWS page: "Service Authorization Reference", for which types of resources an action works on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.catalog import action, resource_types_of
from iamlab.policy.patterns import LITERAL_QUESTION, LITERAL_STAR, glob, glob_resource, literal
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from iamlab.policy.statement import Statement

Keys = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, with their values."""

_PLAIN = str.maketrans({LITERAL_STAR: "*", LITERAL_QUESTION: "?"})


class Home(NamedTuple):
    """Where a thing is of which nothing more is known: with the caller."""

    partition: str
    account_id: str


class Candidate(NamedTuple):
    """A resource to ask about.

    Parameters
    ----------
    label
        The pattern that it stands for; its own ARN if that is only itself.
    """

    arn: str
    label: str


@dataclass(slots=True)
class Candidates:
    """Resources to ask about, each a bit of whole numbers.

    Parameters
    ----------
    patterns
        Those with wildcards that statements name.
    """

    home: Home
    patterns: tuple[str, ...] = ()
    known: list[Candidate] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _matched: dict[str, int] = field(default_factory=dict)
    _services: dict[str, dict[str, int]] = field(default_factory=dict)
    _by_service: dict[str, list[int]] = field(default_factory=dict)
    _listed: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _generic: dict[str, int] = field(default_factory=dict)
    nameless: int = 0
    """The candidates that nobody has named: of each type of resource, one."""

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Add some; of two with one ARN the first stays."""
        for one in candidates:
            if one.arn not in self._places:
                self._places[one.arn] = len(self.known)
                self.known.append(one)

    def only(self, wanted: Callable[[str], bool]) -> Candidates:
        """Give those whose ARN is wanted."""
        found = Candidates(self.home, self.patterns)
        for place, one in enumerate(self.known):
            if wanted(one.arn):
                found.nameless |= (self.nameless >> place & 1) << len(found.known)
                found.add([one])
        return found

    def place(self, arn: str) -> int:
        """Give the place of one that was added."""
        return self._places[arn]

    def places(self, bits: int) -> tuple[int, ...]:
        """Give the places of a set, in order."""
        known = self._listed.get(bits)
        if known is None:
            known = self._listed[bits] = tuple(places_in(bits))
        return known

    def matched(self, pattern: str) -> int:
        """Give the candidates that a pattern matches."""
        bits = self._matched.get(pattern)
        if bits is None:
            bits = self._matched[pattern] = self._match(pattern)
        return bits

    def _match(self, pattern: str) -> int:
        if pattern == "*":
            return (1 << len(self.known)) - 1
        if is_plain(pattern):
            return 1 << self._places[pattern] if pattern in self._places else 0
        return sum(
            1 << place for place, one in enumerate(self.known) if glob_resource(pattern, one.arn)
        )

    def generic(self, label: str) -> int:
        """Give the candidates that stand for a label: those that nobody else has named."""
        if not self._generic:
            for place, one in enumerate(self.known):
                self._generic[one.label] = self._generic.get(one.label, 0) | 1 << place
        return self._generic.get(label, 0)

    def fitting(self, name: str) -> int:
        """Give the candidates that an action works on."""
        known = action(name)
        if known is None:
            return 0
        of_type = self._of_types(known.service)
        bits = 0 if any(use.required for use in known.resource_types) else self._star
        for use in known.resource_types:
            bits |= of_type.get(use.name, 0)
        return bits

    @property
    def _star(self) -> int:
        """The resource of calls that concern none."""
        return 1 << self._places["*"] if "*" in self._places else 0

    def _of_types(self, service: str) -> dict[str, int]:
        """Give the candidates of each type of a service; of several types, the one that says most.

        The ARN ``maps/m31`` has the form of a bucket too, but that of an object says more.
        """
        if service not in self._services:
            found: dict[str, int] = {}
            forms = forms_of(service)
            for place in self._of_services({form.parts[2] for form in forms}):
                for name in kinds_of(self.known[place].arn, forms):
                    found[name] = found.get(name, 0) | 1 << place
            self._services[service] = found
        return self._services[service]

    def _of_services(self, services: Collection[str]) -> Iterable[int]:
        """Give the places of those whose ARN names one of some services."""
        if "*" in services:
            return range(len(self.known))
        if not self._by_service:
            for place, one in enumerate(self.known):
                named = one.arn.split(":", 3)[2:3]
                self._by_service.setdefault("".join(named), []).append(place)
        return [place for one in sorted(services) for place in self._by_service.get(one, ())]


def places_in(bits: int) -> Iterator[int]:
    """Give the places of the ones of a whole number, the lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits &= ~lowest


def shown(pattern: str) -> str:
    """Show a pattern: what a variable brought in stands there as it came."""
    return pattern.translate(_PLAIN)


def written(statement: Statement, keys: Keys) -> Iterator[str]:
    """Give the resource patterns of a statement, with their variables filled.

    A pattern with a variable that has no value matches nothing, and is left out.
    """

    def value_of(key: str) -> str | None:
        values = keys.get(key.lower(), ())
        return values[0] if len(values) == 1 else None

    listed = statement.resource if statement.resource is not None else statement.not_resource
    for pattern in listed or ():
        if statement.variables and has_variable(pattern):
            filled = substitute(pattern, value_of, literal)
            if filled is not None:
                yield filled
        else:
            yield pattern


def is_plain(pattern: str) -> bool:
    """Say whether a pattern matches only itself."""
    return not {"*", "?", LITERAL_STAR, LITERAL_QUESTION} & set(pattern)


class Form(NamedTuple):
    """The form of a resource type's ARN, with stars for the names.

    Parameters
    ----------
    weight
        How much of it is written out.
    """

    name: str
    parts: tuple[str, ...]
    weight: int

    @property
    def text(self) -> str:
        """As one pattern."""
        return ":".join(self.parts)


@lru_cache(maxsize=1024)
def forms_of(service: str) -> tuple[Form, ...]:
    """List the forms of a service's resource types."""
    patterns = {one.name: one.pattern for one in resource_types_of(service).values()}
    return tuple(
        Form(name, tuple(pattern.split(":", PARTS - 1)), len(pattern.replace("*", "")))
        for name, pattern in patterns.items()
        if pattern.count(":") >= PARTS - 1
    )


def kinds_of(arn: str, forms: Iterable[Form]) -> list[str]:
    """Name the types whose form an ARN has, those that say most of it.

    Examples
    --------
    >>> kinds_of("arn:aws:s3:::maps/m31", forms_of("s3"))
    ['object']
    """
    if not is_arn(arn):
        return []
    parts = arn.split(":", PARTS - 1)
    fitting = [
        one for one in forms if glob(one.parts[2], parts[2]) and all(map(glob, one.parts, parts))
    ]
    most = max((one.weight for one in fitting), default=0)
    return [one.name for one in fitting if one.weight == most]
