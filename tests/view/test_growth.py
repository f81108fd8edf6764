"""RBAC against ABAC: the numbers are those of worlds that were built, and that work."""

import pytest

from iamlab import Policy, World
from iamlab.errors import RequestError
from iamlab.view.drawing.shapes import Text
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.charts.growth import (
    CHART,
    CHART_HEIGHT,
    LEFT,
    LINES,
    TOP,
    growth,
    policies_needed,
)
from iamlab.view.layouts.chart import Scale, ticks
from tests.view.looking import faults

READ = "secretsmanager:GetSecretValue"
SIZES = [(1, 1), (1, 3), (2, 1), (3, 2), (5, 3)]


def by_person(account, teams, secrets):
    """Write a policy for each person."""
    for project, people in teams.items():
        for person in people:
            account.create_user(person).put_policy("own", Policy.allow(READ, secrets[project].arn))


def rbac(account, teams, secrets):
    """Create a group for each project, and the group a policy."""
    for project, people in teams.items():
        group = account.create_group(project)
        group.put_policy("own", Policy.allow(READ, secrets[project].arn))
        for person in people:
            account.create_user(person)
            group.add_user(person)


def abac(account, teams, secrets):
    """Tag people and resources, and give everyone one policy that compares the tags."""
    same = {"StringEquals": {"aws:ResourceTag/project": "${aws:PrincipalTag/project}"}}
    policy = account.create_policy("own-project", Policy.allow(READ, "*", when=same))
    everybody = account.create_group("everybody")
    everybody.attach_policy(policy)
    for project, people in teams.items():
        secrets[project].tag({"project": project})
        for person in people:
            account.create_user(person, tags={"project": project})
            everybody.add_user(person)


DESIGNS = {"policies_by_person": by_person, "policies_rbac": rbac, "policies_abac": abac}


def built(design, projects, people):
    """Build a design: projects with a secret each, and people who work in one."""
    account = World(1).create_account("main", account_id="111111111111")
    teams = {
        f"project-{number}": [f"person-{number}-{person}" for person in range(people)]
        for number in range(projects)
    }
    secrets = {project: account.create_secret(project) for project in teams}
    design(account, teams, secrets)
    return account, teams, secrets


def policies(account):
    """Count inline and customer managed policies."""
    identities = (*account.users.values(), *account.groups.values(), *account.roles.values())
    return len(account.policies) + sum(len(identity.inline) for identity in identities)


@pytest.mark.parametrize(("projects", "people"), SIZES)
@pytest.mark.parametrize("column", DESIGNS)
def test_the_formula_counts_what_a_built_world_has(column, projects, people):
    """Policies, memberships and tags of three designs in three sizes."""
    account, _, secrets = built(DESIGNS[column], projects, people)
    needed = policies_needed(projects, people)
    tags = sum(len(resource.tags) for resource in (*account.users.values(), *secrets.values()))

    assert policies(account) == needed[column]
    assert len(account.users) == needed["people"]
    assert tags == (needed["tags_abac"] if column == "policies_abac" else 0)
    if column == "policies_rbac":
        members = sum(len(group.users) for group in account.groups.values())
        assert members == needed["memberships_rbac"]


@pytest.mark.parametrize("column", DESIGNS)
def test_the_three_designs_give_the_same_access(column):
    """Each person can read the secret of their own project, and no other."""
    account, teams, secrets = built(DESIGNS[column], 3, 2)
    for project, people in teams.items():
        for person in people:
            for other, secret in secrets.items():
                may = bool(account.world.can(account.users[person], READ, secret.arn))
                assert may is (other == project)


def test_the_table_has_a_row_for_each_step_and_the_list_says_the_same():
    """In order, with whole numbers."""
    figure = growth([4, 1, 2, 2], people_per_project=3)

    assert list(figure.rows) == [policies_needed(number, 3) for number in (1, 2, 4)]
    for row in figure.rows:
        start = figure.lines.index(
            f"{row['projects']} project{'s' * (row['projects'] > 1)}, {row['people']} people"
        )
        for number, line in enumerate(LINES, 1):
            count = row[line.column]
            word = "policy" if count == 1 else "policies"
            assert figure.lines[start + number].startswith(f"  {line.name}: {count} {word}, ")


def drawn(figure, *, filled):
    """Return the lines of a chart, or its markers."""
    return [
        shape
        for shape in figure.sheet.shapes
        if shape.ink.layer == 3 and bool(shape.ink.fill) is filled
    ]


def test_the_lines_are_those_of_the_table():
    """Each design is one line through its numbers."""
    figure = growth([1, 5, 10], people_per_project=4)

    for line, design in zip(drawn(figure, filled=False), LINES, strict=True):
        xs, ys = zip(*line.points, strict=True)
        assert [1 + 9 * (x - LEFT) / CHART for x in xs] == pytest.approx([1, 5, 10])
        numbers = [40 * (1 - (y - TOP) / CHART_HEIGHT) for y in ys]
        assert numbers == pytest.approx([row[design.column] for row in figure.rows])


def test_lines_differ_without_colours():
    """Each has its own dashes and marker, and its name at its end instead of a legend."""
    figure = growth()
    names = {text.words: text.y for text in figure.sheet.shapes if isinstance(text, Text)}
    markers = drawn(figure, filled=True)

    assert len({line.ink.dashes for line in drawn(figure, filled=False)}) == 3
    assert len({design.marker for design in LINES}) == 3
    assert len(markers) == 3 * len(figure.rows)
    heights = [names[design.name] for design in LINES]
    assert heights == sorted(heights)


def test_the_axis_begins_at_nothing_and_the_scale_is_even():
    """The scale is linear and begins at 0."""
    scale = Scale(LEFT, LEFT + CHART, 1, 97)

    assert scale.at(1) == pytest.approx(LEFT)
    assert scale.at(97) == pytest.approx(LEFT + CHART)
    assert scale.at(49) == pytest.approx(LEFT + CHART / 2)


@pytest.mark.parametrize("most", [1, 2, 5, 6, 7, 12, 60, 485, 1000, 1_000_000])
def test_a_scale_has_a_few_round_numbers(most):
    """At equal distances, from 0 to at most the largest number."""
    found = ticks(0, most)

    assert 2 <= len(found) <= 7
    assert found[0] == 0
    assert found[-1] <= most < found[-1] + found[1]
    assert found == list(range(0, most + 1, found[1]))
    assert str(found[1]).rstrip("0") in ("1", "2", "5")


def test_the_alternative_text_says_where_the_lines_end():
    """It has the numbers of the last step."""
    assert growth([1, 10], people_per_project=4).alt == (
        "Policies needed with 10 projects, 40 people; one for each person: 40 policies, grows with "
        "the people; RBAC: one for each project: 10 policies, grows with the projects; ABAC: one "
        "for all: 1 policy, does not grow."
    )


@pytest.mark.parametrize(
    ("projects", "people"),
    [
        ([1], 1),
        ([1], 1000),
        ([1, 2], 1),
        ([7], 3),
        ([2, 3], 1),
        (range(1, 1001, 9), 1000),
        ([1000], 1),
        (range(1, 61), 5),
        ({3, 1, 2}, 2),
    ],
)
def test_no_size_makes_labels_overlap(projects, people):
    """Neither ticks nor names of lines, also if lines end together."""
    figure = growth(projects, people_per_project=people)

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE


def test_the_same_numbers_give_the_same_bytes():
    """In any order."""
    first, two = growth([1, 2, 3]), growth({3, 2, 1})

    assert first.svg() == two.svg()
    assert (first.alt, first.lines, first.rows) == (two.alt, two.lines, two.rows)


@pytest.mark.parametrize(
    "wrong", [[], [0], [-1], [1.5], ["3"], [True], [1001], None, 5, "123", [[1]], [None]]
)
def test_projects_must_be_a_list_of_numbers(wrong):
    """The error has the reason."""
    with pytest.raises(RequestError, match=r"projects|number"):
        growth(wrong)


@pytest.mark.parametrize("people", [0, -1, 1001, 2.5, "5", None, True])
def test_people_must_be_a_whole_number(people):
    """The error has the reason."""
    with pytest.raises(RequestError, match="people_per_project"):
        growth(people_per_project=people)
