"""A figure of a lesson is drawn before one notices, beside a plain figure of matplotlib."""

import pytest

from iamlab.teach.scenarios import observatory
from iamlab.view.figures.account.organization_tree import organization_tree
from iamlab.view.figures.reach.trust_graph import trust_graph
from tests.benchmarks.plain_figure import TIMES, ratio_to_plain_figure
from tests.view.every_figure import FIGURES, draw, scene


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_a_lesson_is_drawn_before_one_notices(name):
    """Beside what matplotlib takes for sixty words in boxes; the best of a few tries, by turns."""
    item = scene(20, 1, ugly=False)

    assert ratio_to_plain_figure(lambda: draw(name, item).svg()) <= TIMES


def test_the_organization_of_a_lesson_is_drawn_quickly():
    """With its units, accounts and policies."""
    (organization,) = observatory().organizations.values()

    assert ratio_to_plain_figure(lambda: organization_tree(organization).svg()) <= TIMES


def test_the_trust_of_a_lesson_is_drawn_quickly():
    """The trust between roles in a lesson's world."""
    world = observatory()

    assert ratio_to_plain_figure(lambda: trust_graph(world).svg()) <= TIMES
