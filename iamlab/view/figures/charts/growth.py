"""The number of policies that three designs need as an organisation grows.

All three give each person access to the resources of their own project only:

- *one for each person*: each person has a policy that names the project;
- *RBAC*: each project has a group with a policy that names the project;
- *ABAC*: one policy for all compares the person's tag with the resource's tag.

The policies of the first design grow with the people, those of the second with the projects. With
ABAC only the tags grow. A test builds the three designs and counts.

Notes
-----
AWS page: "Define permissions based on attributes with ABAC authorization".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.errors import RequestError
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.drawing.sheet import MARGIN, PAGE, Sheet
from iamlab.view.layouts.chart import Scale, ticks
from iamlab.view.scene import Node, Scene
from iamlab.view.style import ALLOW, DENY, HAIRLINE, INK, PALE_LINE
from iamlab.view.words import alt_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figure import Figure

PROJECTS = (1, 2, 4, 6, 8, 10, 12)
MOST = 1000
"""The largest number that can be passed."""
MOST_MARKERS = 12
"""With more steps a line has no markers."""
LEFT, TOP, CHART, CHART_HEIGHT = 0.8, 0.5, 6.3, 3.18
"""The upper left corner of the chart, and its size."""
APART = 0.44
"""The least distance between the names of two lines."""
MARKER = 0.045
"""Half of the size of a marker; its corners are counted from its middle."""


@dataclass(frozen=True, slots=True)
class Design:
    """A design, and the look of its line."""

    name: str
    why: str
    column: str
    colour: str
    dashes: tuple[float, ...]
    marker: tuple[Point, ...]


SQUARE = ((-1, -1), (1, -1), (1, 1), (-1, 1))
DIAMOND = ((0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0))
TRIANGLE = ((-1.1, 1), (0, -1.2), (1.1, 1))
PERSON, RBAC, ABAC = "one for each person", "RBAC: one for each project", "ABAC: one for all"
LINES = (
    Design(PERSON, "grows with the people", "policies_by_person", DENY, (1, 1.5), SQUARE),
    Design(RBAC, "grows with the projects", "policies_rbac", INK, (5, 2), DIAMOND),
    Design(ABAC, "does not grow", "policies_abac", ALLOW, (), TRIANGLE),
)


def growth(projects: Iterable[int] = PROJECTS, *, people_per_project: int = 5) -> Figure:
    """Draw the number of policies that three designs need.

    Parameters
    ----------
    projects
        The numbers of projects.
    people_per_project
        The number of people in each project; each person works in one.

    Raises
    ------
    RequestError
        There is no number of projects, or a number isn't a whole number from 1 to 1,000.

    Examples
    --------
    >>> print(growth([10], people_per_project=4).as_text())
    10 projects, 40 people
      one for each person: 40 policies, grows with the people
      RBAC: one for each project: 10 policies, grows with the projects
      ABAC: one for all: 1 policy, does not grow
    """
    if not isinstance(projects, list | tuple | range | set | frozenset):
        raise RequestError(f"projects must be a list of numbers, not {projects!r}.")
    steps = sorted({_number("projects", step) for step in projects})
    if not steps:
        raise RequestError("Pass at least one number of projects.")
    people = _number("people_per_project", people_per_project)
    nodes = [_node(policies_needed(step, people)) for step in steps]
    tags = nodes[-1].facts["tags_abac"]
    return Scene(nodes).figure(
        lambda scene: _draw(scene.nodes, people),
        alt=alt_text(f"Policies needed with {nodes[-1].text}; ", nodes[-1].details, "."),
        caption="Three designs with the same access: each person to one project. With ABAC the "
        f"tags grow instead: up to {tags:,}.",
        is_graph=False,
    )


def policies_needed(projects: int, people_per_project: int) -> dict[str, int]:
    """Count the policies, memberships and tags of the three designs.

    Parameters
    ----------
    projects, people_per_project
        The size of the organisation; each project has one resource.

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


def _number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise RequestError(f"{name} must be a whole number from 1 to {MOST:,}, not {value!r}.")
    return value


def _node(row: dict[str, int]) -> Node:
    projects = _count(row["projects"], "project", "projects")
    size = f"{projects}, {_count(row['people'], 'person', 'people')}"
    details = [f"{design.name}: {_policies(design, row[design.column])}" for design in LINES]
    return Node(size, size, details=details, facts=row)


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number:,} {singular if number == 1 else plural}"


def _policies(design: Design, number: int) -> str:
    return f"{_count(number, 'policy', 'policies')}, {design.why}"


def _draw(nodes: Sequence[Node], people: int) -> Sheet:
    sheet = Sheet(PAGE)
    sheet.heading(MARGIN, 0.22, "POLICIES NEEDED")
    projects = [node.facts["projects"] for node in nodes]
    most = max(node.facts[design.column] for node in nodes for design in LINES)
    least = 1 if projects[-1] > 1 else 0
    across = Scale(LEFT, LEFT + CHART, least, projects[-1])
    up = Scale(TOP + CHART_HEIGHT, TOP, 0, most)
    _axes(sheet, across, up, f"projects, with {_count(people, 'person', 'people')} in each")
    below = TOP - APART
    for design in LINES:
        numbers = [node.facts[design.column] for node in nodes]
        points = tuple(zip(map(across.at, projects), map(up.at, numbers), strict=True))
        ink = Ink(edge=design.colour, width=1.9, dashes=design.dashes, layer=3)
        sheet.draw(Line(points, ink))
        for x, y in points if len(points) <= MOST_MARKERS else ():
            corners = tuple((x + MARKER * dx, y + MARKER * dy) for dx, dy in design.marker)
            sheet.draw(Line(corners, Ink(fill=design.colour, layer=3)))
        x, below = across.end + 0.28, max(up.at(numbers[-1]), below + APART)
        room = PAGE - MARGIN - x
        sheet.text(x, below, design.name, design.colour, face="bold", room=room)
        sheet.note(x, below + 0.18, _policies(design, numbers[-1]), room=room)
    return sheet


def _axes(sheet: Sheet, across: Scale, up: Scale, words: str) -> None:
    """Draw few ticks with whole numbers, and pale lines."""
    for number in ticks(0, int(up.most)):
        y = up.at(number)
        edge, width = (HAIRLINE, 0.7) if number else (PALE_LINE, 1.0)
        sheet.draw(Line(((across.start, y), (across.end, y)), Ink(edge=edge, width=width)))
        sheet.note(across.start - 0.08, y, f"{number:,}", align="right", fact=False)
    for number in ticks(int(across.least), int(across.most)):
        x, y = across.at(number), up.start + 0.14
        sheet.note(x, y, f"{number:,}", align="center", fact=False)
    sheet.note(LEFT + CHART / 2, up.start + 0.38, words, align="center", fact=False)
