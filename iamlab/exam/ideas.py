"""The question ideas: how a scene becomes an item. ``IDEAS`` lists them by the templates' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.exam.changes import which_change, which_two_changes
from iamlab.exam.orders import order_the_calls, order_the_evaluation
from iamlab.exam.several import match, which_are_allowed
from iamlab.exam.verdicts import which_decides, will_it_work

if TYPE_CHECKING:
    from iamlab.exam.templates import Idea

IDEAS: dict[str, Idea] = {
    "will it work": will_it_work,
    "which statement decides": which_decides,
    "which change": which_change,
    "which two changes": which_two_changes,
    "who can": which_are_allowed,
    "order the evaluation": order_the_evaluation,
    "order the calls": order_the_calls,
    "match messages": match,
    "match policy types": match,
    "least privilege": which_change,
    "which session call": which_change,
}
