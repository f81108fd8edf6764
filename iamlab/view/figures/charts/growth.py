"""How many policies an organisation needs as it grows: by roles, or by attributes.

Three designs that give the same access, each person their own project's things and no others:

- *one for each person*: everybody has a policy of their own, which names the project;
- *RBAC*: each project has a group, and the group a policy that names the project;
- *ABAC*: one policy for all compares the person's tag with the resource's.

So the first grows with the people, the second with the projects, and the third not at all; what
grows there are the tags. A test builds the three designs and counts.

Notes
-----
AWS page: "Define permissions based on attributes with ABAC authorization".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figure import Figure
from iamlab.view.style import ALLOW, DENY, HAIRLINE, INK, PALE_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.view.drawing.shapes import Point

PROJECTS = (1, 2, 4, 6, 8, 10, 12)
MOST = 1000
"""No number that is given may be larger."""
MOST_MARKS = 12
"""Of more steps a line has no marks."""
HEIGHT, LEFT, TOP, BOTTOM = 4.3, 0.8, 0.5, 0.62
"""How high the paper is, and what is free around the chart."""
CHART = 6.3
"""How wide the chart is; to its right stand the names of the lines."""
CHART_HEIGHT = HEIGHT - TOP - BOTTOM
APART = 0.44
"""How far apart, from top to bottom, the names of the lines are."""


@dataclass(frozen=True, slots=True)
class Design:
    """A design, and how its line looks: also in black and white."""

    name: str
    why: str
    column: str
    colour: str
    dashes: tuple[float, ...]
    marker: tuple[Point, ...]


MARKER = 0.045
"""Half of the size of a marker; its corners are counted from its middle."""
SQUARE = ((-1, -1), (1, -1), (1, 1), (-1, 1))
DIAMOND = ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0))
TRIANGLE = ((-1.1, 1), (0, -1.2), (1.1, 1))
LINES = (
    Design("one for each person", "grows with the people", "policies_by_person", DENY,
           (1, 1.5), SQUARE),
    Design("RBAC: one for each project", "grows with the projects", "policies_rbac", INK,
           (5, 2), DIAMOND),
    Design("ABAC: one for all", "does not grow", "policies_abac", ALLOW, (), TRIANGLE),
)  # fmt: skip
TICKS = 6
"""So many numbers a scale has at most, besides its first."""


def growth(projects: Iterable[int] = PROJECTS, *, people_per_project: int = 5) -> Figure:
    """Draw how many policies three designs need for so many projects.

    Parameters
    ----------
    projects
        How many projects there are, step by step.
    people_per_project
        How many people work in each; everybody works in one.

    Raises
    ------
    RequestError
        There is no step, or a number is none, below 1, or above 1,000.

    Examples
    --------
    >>> print(growth([10], people_per_project=4).as_text())
    10 projects, 40 people
      one for each person: 40 policies, grows with the people
      RBAC: one for each project: 10 policies, grows with the projects
      ABAC: one for all: 1 policy, does not grow
    """
    steps = sorted({_number("projects", one) for one in _listed(projects)})
    if not steps:
        raise RequestError("Name at least one number of projects.")
    people = _number("people_per_project", people_per_project)
    rows = [policies_needed(one, people) for one in steps]
    return Figure.on(
        _draw(rows, people),
        alt=_alt(rows),
        caption="Three designs that give the same access, each person that to one project. With "
        f"ABAC it is the tags that grow: {rows[-1]['tags_abac']:,} in the end.",
        rows=rows,
        lines=[line for row in rows for line in _told(row)],
    )


def policies_needed(projects: int, people_per_project: int) -> dict[str, int]:
    """Count what the three designs need.

    Parameters
    ----------
    projects, people_per_project
        How large the organisation is; each project has one resource.

    Examples
    --------
    >>> policies_needed(10, 4)["policies_rbac"], policies_needed(10, 4)["tags_abac"]
    (10, 50)
    """
    people = projects * people_per_project
    return {
        "projects": projects,
        "people": people,
        "policies_by_person": people,
        "policies_rbac": projects,
        "memberships_rbac": people,
        "policies_abac": 1,
        "tags_abac": people + projects,  # each person has one, and each project's resource
    }


def _listed(projects: object) -> Iterable[object]:
    if isinstance(projects, list | tuple | range | set | frozenset):
        return projects
    raise RequestError(f"projects is a list of numbers, and not {projects!r}.")


def _number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise RequestError(f"{name} is a whole number from 1 to {MOST:,}, and not {value!r}.")
    return value


# -- words ---------------------------------------------------------------------------------------


def _size(row: dict[str, int]) -> str:
    people = _count(row["people"], "person", "people")
    return f"{_count(row['projects'], 'project', 'projects')}, {people}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _told(row: dict[str, int]) -> list[str]:
    return [_size(row), *(f"  {line.name}: {_why(line, row)}" for line in LINES)]


def _why(line: Design, row: dict[str, int]) -> str:
    return f"{_count(row[line.column], 'policy', 'policies')}, {line.why}"


def _alt(rows: Sequence[dict[str, int]]) -> str:
    last = rows[-1]
    by_person, rbac, abac = (f"{last[line.column]:,}" for line in LINES)
    numbers = (
        f"With {_size(last)}: a policy for each person makes {by_person}, a policy for each "
        f"project (RBAC) {rbac}, and ABAC needs {abac}."
    )
    if len(rows) == 1:
        return numbers  # a single step makes points, and no lines
    return (
        f"{numbers} The first line climbs with the people, the second with the projects, the third "
        "lies flat."
    )


# -- the picture ---------------------------------------------------------------------------------


def _draw(rows: Sequence[dict[str, int]], people: int) -> Sheet:
    sheet = Sheet(PAGE, HEIGHT)
    sheet.heading(MARGIN, 0.22, "POLICIES NEEDED")
    under = f"projects, with {_count(people, 'person', 'people')} in each"
    middle = LEFT + CHART / 2
    sheet.note(middle, HEIGHT - 0.24, under, align="center", fact=False)
    xs = [row["projects"] for row in rows]
    highest = max(row[line.column] for row in rows for line in LINES)
    scale = Scale(1 if xs[-1] > 1 else 0, xs[-1], highest)
    _axes(sheet, scale)
    for line in LINES:
        points = tuple(scale.at(row["projects"], row[line.column]) for row in rows)
        ink = Ink(edge=line.colour, width=1.9, dashes=line.dashes, layer=3)
        sheet.draw(Line(points, ink))
        for x, y in points if len(xs) <= MOST_MARKS else ():
            corners = tuple((x + MARKER * right, y + MARKER * down) for right, down in line.marker)
            sheet.draw(Line(corners, Ink(fill=line.colour, layer=3)))
    _names(sheet, rows[-1], highest)
    return sheet


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers are on the paper: projects from the left, policies from below."""

    least: int
    most: int
    highest: int

    def at(self, projects: float, policies: float) -> Point:
        """Give the point of two numbers."""
        across = (projects - self.least) / (self.most - self.least)
        return LEFT + CHART * across, TOP + CHART_HEIGHT * (1 - policies / self.highest)


def ticks(least: int, most: int) -> list[int]:
    """Choose round numbers for a scale.

    Examples
    --------
    >>> ticks(1, 12), ticks(0, 485)
    ([2, 4, 6, 8, 10, 12], [0, 100, 200, 300, 400])
    """
    steps = chain.from_iterable((10**power, 2 * 10**power, 5 * 10**power) for power in range(8))
    step = next(step for step in steps if most / step <= TICKS)
    return [tick for tick in range(0, most + 1, step) if tick >= least]


def _axes(sheet: Sheet, scale: Scale) -> None:
    """Draw the frame: few ticks, whole numbers, pale lines to read them by."""
    for number in ticks(0, scale.highest):
        x, y = scale.at(scale.least, number)
        edge, width = (HAIRLINE, 0.7) if number else (PALE_LINE, 1.0)
        sheet.draw(Line(((x, y), (x + CHART, y)), Ink(edge=edge, width=width)))
        sheet.note(x - 0.08, y, f"{number:,}", align="right", fact=False)
    for number in ticks(scale.least, scale.most):
        x, y = scale.at(number, 0)
        sheet.note(x, y + 0.14, f"{number:,}", align="center", fact=False)


def _names(sheet: Sheet, last: dict[str, int], highest: int) -> None:
    """Write each line's name at its end; those that would touch are moved apart."""
    places = [TOP + CHART_HEIGHT * (1 - last[line.column] / highest) for line in LINES]
    for number in range(len(places) - 2, -1, -1):  # from the lowest line upwards
        places[number] = min(places[number], places[number + 1] - APART)
    places[0] = max(places[0], TOP)
    for number in range(1, len(places)):  # and back, where that led off the paper
        places[number] = max(places[number], places[number - 1] + APART)
    x = LEFT + CHART + 0.28  # past the last number below the chart
    room = PAGE - MARGIN - x
    for line, y in zip(LINES, places, strict=True):
        sheet.text(x, y, line.name, line.colour, face="bold", room=room)
        sheet.note(x, y + 0.18, _why(line, last), room=room)
