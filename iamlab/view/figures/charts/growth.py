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
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.view.drawing.measure import SMALL, font
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.figure import Figure
from iamlab.view.style import ALLOW, DENY, HAIRLINE, INK, PALE_INK, PALE_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import matplotlib.axes

PROJECTS = (1, 2, 4, 6, 8, 10, 12)
MOST = 1000
"""No number that is given may be larger."""
MOST_MARKS = 12
"""Of more steps a line has no marks."""
HEIGHT, LEFT, TOP, BOTTOM = 4.3, 0.8, 0.5, 0.62
"""How high the paper is, and what is free around the chart."""
CHART = 6.3
"""How wide the chart is; to its right stand the names of the lines."""
APART = 0.44
"""How far apart, from top to bottom, the names of the lines are."""


@dataclass(frozen=True, slots=True)
class Line:
    """A design, and how its line looks: also in black and white."""

    name: str
    why: str
    column: str
    colour: str
    dashes: Any
    marker: str


LINES = (
    Line("one for each person", "grows with the people", "policies_by_person", DENY,
         (0, (1, 1.5)), "s"),
    Line("RBAC: one for each project", "grows with the projects", "policies_rbac", INK,
         (0, (5, 2)), "o"),
    Line("ABAC: one for all", "does not grow", "policies_abac", ALLOW, "solid", "^"),
)  # fmt: skip


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


def _why(line: Line, row: dict[str, int]) -> str:
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
    height = HEIGHT - TOP - BOTTOM
    axes = sheet.figure.add_axes(
        (LEFT / PAGE, BOTTOM / HEIGHT, CHART / PAGE, height / HEIGHT), zorder=2
    )
    xs = [row["projects"] for row in rows]
    highest = max(row[line.column] for row in rows for line in LINES)
    _axes(axes, xs, highest)
    for line in LINES:
        axes.plot(
            xs,
            [row[line.column] for row in rows],
            color=line.colour,
            linestyle=line.dashes,
            linewidth=1.9,
            marker=line.marker if len(xs) <= MOST_MARKS else None,
            markersize=5.5,
            clip_on=False,
        )
    _names(sheet, rows[-1], highest, height)
    return sheet


def _axes(axes: matplotlib.axes.Axes, xs: Sequence[int], highest: int) -> None:
    """Draw the frame: few ticks, whole numbers, pale lines to read them by."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.set_facecolor("none")
    axes.set_ylim(0, highest)
    axes.set_xlim(1 if xs[-1] > 1 else 0, xs[-1])
    for axis, least, most in ((axes.xaxis, axes.get_xlim()[0], xs[-1]), (axes.yaxis, 0, highest)):
        ticks = MaxNLocator(6, integer=True).tick_values(0, most)
        axis.set_ticks([tick for tick in ticks if least <= tick <= most])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        for label in axis.get_ticklabels():
            label.set_fontproperties(font(SMALL, "sans"))
    axes.tick_params(length=0, labelcolor=PALE_INK, labelsize=SMALL, pad=5)
    axes.grid(axis="y", color=HAIRLINE, linewidth=0.7)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(PALE_LINE)


def _names(sheet: Sheet, last: dict[str, int], highest: int, height: float) -> None:
    """Write each line's name at its end; those that would touch are moved apart."""
    places = [TOP + height * (1 - last[line.column] / highest) for line in LINES]
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
