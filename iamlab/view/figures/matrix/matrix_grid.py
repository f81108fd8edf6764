"""What an access matrix shows, before it is drawn: who stands where, and what is in each cell.

Principals are put together by account and kind, actions by service; those who are alike can share a
row. A matrix knows what is allowed and what is not; a world, or a table of verdicts, knows why not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.authorization.authorize import authorize
from iamlab.display import count
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.verdict import Verdict
from iamlab.errors import AwsError, RequestError
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.style import look
from iamlab.view.tables import NOT_ALLOWED, VerdictTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamlab.model.world import World
    from iamlab.view.style import Look

ALLOWED, EXPLICIT = look(Verdict.ALLOWED), look(Verdict.EXPLICIT_DENY)
MOST_REASONS = 5_000
"""Of so many cells is worked out why they are not allowed; of a larger matrix shares are drawn."""

KINDS = {
    "user": ("user", "users"),
    "role": ("role", "roles"),
    "group": ("group", "groups"),
    "assumed-role": ("session of a role", "sessions of roles"),
    "federated-user": ("federated user", "federated users"),
    "root": ("root user", "root users"),
}
OTHERS = ("other", "others")
ROOTS = KINDS["root"][1]


@dataclass(frozen=True, slots=True)
class Who:
    """A row: a principal, or several that are alike.

    Parameters
    ----------
    callers
        As the matrix names them.
    name
        Short, as it stands before the row.
    account, kind
        What it is put together by; ``kind`` in the plural.
    """

    callers: tuple[str, ...]
    name: str
    account: str
    kind: str


@dataclass(frozen=True, slots=True)
class What:
    """A column: an action on a resource.

    Parameters
    ----------
    on
        The resource, short: what stands behind the account's id in its ARN.
    """

    action: str
    resource: str
    on: str

    @property
    def service(self) -> str:
        """Its service's prefix."""
        return self.action.partition(":")[0]

    @property
    def name(self) -> str:
        """The action without its service."""
        return self.action.partition(":")[2] or self.action

    def __str__(self) -> str:
        return f"{self.action} on {self.on}"


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns in the order in which they are drawn, and what is in the cells."""

    rows: tuple[Who, ...]
    columns: tuple[What, ...]
    looks: tuple[tuple[Look, ...], ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is no cell."""
        return not self.rows or not self.columns

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources that are asked for, each once."""
        return tuple(dict.fromkeys(column.resource for column in self.columns))

    @property
    def blocks(self) -> list[list[int]]:
        """The numbers of the rows, those of one account and kind together."""
        return _together((row.account, row.kind) for row in self.rows)

    @property
    def fields(self) -> list[list[int]]:
        """The numbers of the columns, those of one service and resource together."""
        return _together((column.service, column.resource) for column in self.columns)

    @property
    def services(self) -> list[list[int]]:
        """The numbers of the columns, those of one service together."""
        return _together(column.service for column in self.columns)

    def heading(self, number: int) -> str:
        """Name the account and kind of the row with which a block begins.

        The account only if there are several. A root user says what it is by itself: behind others
        of its account it has no heading.
        """
        row = self.rows[number]
        before = {one.account for one in self.rows[:number]}
        several = len({one.account for one in self.rows}) > 1
        kind = "" if row.kind == ROOTS and (several or before) else row.kind
        if row.kind == ROOTS and row.account in before:
            return ""
        return " · ".join(part for part in (row.account if several else "", kind) if part)

    def only(self, rows: Sequence[int], columns: Sequence[int]) -> Grid:
        """Give some of the rows and columns."""
        return Grid(
            tuple(self.rows[row] for row in rows),
            tuple(self.columns[column] for column in columns),
            tuple(tuple(self.looks[row][column] for column in columns) for row in rows),
        )

    def merged(self) -> Grid:
        """Put those of one account and kind who are alike into one row, with how many they are."""
        found: dict[tuple[object, ...], list[int]] = {}
        for number, row in enumerate(self.rows):
            found.setdefault((row.account, row.kind, self.looks[number]), []).append(number)
        rows = tuple(_shared([self.rows[number] for number in same]) for same in found.values())
        looks = tuple(self.looks[same[0]] for same in found.values())
        return Grid(rows, self.columns, looks)


def _shared(rows: list[Who]) -> Who:
    """Make one row of several."""
    callers = tuple(caller for row in rows for caller in row.callers)
    more = f" and {len(callers) - 1} more" if len(callers) > 1 else ""
    return replace(rows[0], callers=callers, name=f"{rows[0].name}{more}")


def _together(keys: Iterable[object]) -> list[list[int]]:
    """Put numbers together whose keys are the same, in the order in which they first come."""
    found: dict[object, list[int]] = {}
    for number, key in enumerate(keys):
        found.setdefault(key, []).append(number)
    return list(found.values())


def grid_of(asked: AccessMatrix | VerdictTable, world: World | None = None) -> Grid:
    """Put a matrix, or a table of verdicts, in order.

    Parameters
    ----------
    world
        Where is looked up what accounts are called, and why something is not allowed.

    Raises
    ------
    RequestError
        It is neither.
    """
    if isinstance(asked, VerdictTable):
        decisions = asked.decisions
        first = decisions[0] if decisions else ()
        pairs = [(one.request.action, one.request.resource) for one in first]
        callers = [row[0].request.principal for row in decisions if row]
        return arranged(
            callers,
            pairs,
            lambda row, column: look(decisions[row][column].verdict),
            world,
            asked.rows,
        )
    if not isinstance(asked, AccessMatrix):
        raise RequestError(
            "access_matrix() draws what world.access_matrix(...) or verdict_table(...) gives; "
            f"{type(asked).__name__} is no access matrix."
        )
    why = _reasons(asked, world)
    return arranged(
        asked.principals,
        asked.pairs,
        lambda row, column: ALLOWED if asked.allowed(row, column) else why(row, column),
        world,
    )


def _columns(pairs: Sequence[tuple[str, str]]) -> list[What]:
    """Make columns; resources that are alike when shortened keep their whole ARNs."""
    short = {name: name.split(":", 5)[-1] if is_arn(name) else name for _, name in pairs}
    seen = Counter(short.values())
    return [
        What(action, name, short[name] if seen[short[name]] == 1 else name)
        for action, name in pairs
    ]


def _reasons(matrix: AccessMatrix, world: World | None) -> Callable[[int, int], Look]:
    """Say why something is not allowed, if somebody knows."""
    if world is None or len(matrix) > MOST_REASONS:
        return lambda _row, _column: NOT_ALLOWED

    def why(row: int, column: int) -> Look:
        try:
            verdict = authorize(world, matrix.principals[row], *matrix.pairs[column]).verdict
        except (AwsError, RequestError):  # a group is nobody who could ask
            return NOT_ALLOWED
        # It may have been asked in other circumstances, of which a matrix does not tell.
        return NOT_ALLOWED if verdict is Verdict.ALLOWED else look(verdict)

    return why


def arranged(
    callers: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    look_of: Callable[[int, int], Look],
    world: World | None = None,
    names: Sequence[str] = (),
) -> Grid:
    """Put together what belongs together, in the order in which it was first named.

    Parameters
    ----------
    look_of
        What is in a cell, by the numbers of its caller and its pair.
    names
        What callers are called, where that is not the end of their ARNs.
    """
    called = names if len(names) == len(callers) else [""] * len(callers)
    rows = [_who(one, world, name) for one, name in zip(callers, called, strict=True)]
    columns = _columns(pairs)
    down = _nested([(row.account, row.kind) for row in rows])
    across = _nested([(column.service, column.resource) for column in columns])
    named = _told_apart(rows)
    return Grid(
        tuple(named[row] for row in down),
        tuple(columns[column] for column in across),
        tuple(tuple(look_of(row, column) for column in across) for row in down),
    )


def _nested(keys: Sequence[tuple[str, str]]) -> list[int]:
    """Put numbers together by their first keys, and among those by their second ones."""
    return [
        some[place]
        for some in _together(first for first, _ in keys)
        for places in _together(keys[number][1] for number in some)
        for place in places
    ]


def _who(caller: str, world: World | None, name: str = "") -> Who:
    """Say who a caller is, by his ARN."""
    if not is_arn(caller):
        kind = OTHERS[1]
        return Who((caller,), name or caller or "anybody", "", kind)
    arn = Arn.parse(caller)
    kind, _, path = arn.resource.partition("/")
    known = None if world is None else world.accounts.get(arn.account)
    account = arn.account if known is None else known.name
    short = path.rpartition("/")[2] if kind in ("user", "role", "group") else path
    short = short or ("root user" if kind == "root" else arn.resource)
    own = name if name and name != caller else short
    return Who((caller,), own, account, KINDS.get(kind, OTHERS)[1])


def _told_apart(rows: list[Who]) -> list[Who]:
    """Give those of one name, account and kind their paths."""
    names = Counter((row.account, row.kind, row.name) for row in rows)
    return [
        replace(row, name=row.callers[0].split(":", 5)[-1].partition("/")[2] or row.name)
        if names[row.account, row.kind, row.name] > 1
        else row
        for row in rows
    ]


def number_of(rows: Sequence[Who]) -> str:
    """Count principals in words, by kind: ``"4 users and 1 root user"``."""
    kinds: Counter[str] = Counter()
    for row in rows:
        kinds[row.kind] += len(row.callers)
    nouns = {many: one for one, many in (*KINDS.values(), OTHERS)}
    parts = [count(number, nouns[kind], kind) for kind, number in kinds.items()]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nobody"
