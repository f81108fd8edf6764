"""The question ideas: how a scene becomes an item. ``IDEAS`` lists them by the templates' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.exam.changes import which_change, which_two_changes
from iamlab.exam.items import CHOICE, MATCH, ORDER, SEVERAL
from iamlab.exam.orders import order_the_calls, order_the_evaluation
from iamlab.exam.several import match, which_are_allowed
from iamlab.exam.verdicts import which_decides, will_it_work

if TYPE_CHECKING:
    from iamlab.exam.scene import Idea

IDEAS: dict[str, tuple[Idea, str]] = {
    "will it work": (will_it_work, CHOICE),
    "which statement decides": (which_decides, CHOICE),
    "which change": (which_change, CHOICE),
    "which two changes": (which_two_changes, SEVERAL),
    "who can": (which_are_allowed, SEVERAL),
    "order the evaluation": (order_the_evaluation, ORDER),
    "order the calls": (order_the_calls, ORDER),
    "match messages": (match, MATCH),
    "match policy types": (match, MATCH),
    "least privilege": (which_change, CHOICE),
    "which session call": (which_change, CHOICE),
}
"""Each with the form of its items."""
