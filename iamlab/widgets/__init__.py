"""Cards and instruments: what a learner touches, by mouse or by keyboard."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.widgets.instruments.access_graph import clickable_graph
    from iamlab.widgets.instruments.conditions import condition_table, token_boxes
    from iamlab.widgets.instruments.matrix_board import matrix_board
    from iamlab.widgets.instruments.membership import membership_board
    from iamlab.widgets.instruments.organization_tree import organization_tree
    from iamlab.widgets.instruments.overlap import overlap
    from iamlab.widgets.instruments.policy_editor import policy_editor
    from iamlab.widgets.instruments.reach_explorer import reach_explorer
    from iamlab.widgets.instruments.security_status import security_status
    from iamlab.widgets.instruments.session_slider import session_slider
    from iamlab.widgets.instruments.sign_in_form import sign_in_form
    from iamlab.widgets.instruments.statement_stack import statement_stack
    from iamlab.widgets.instruments.stepper import stepper
    from iamlab.widgets.instruments.two_sides import trust_door, two_accounts

__all__ = [
    "clickable_graph",
    "condition_table",
    "matrix_board",
    "membership_board",
    "organization_tree",
    "overlap",
    "policy_editor",
    "reach_explorer",
    "security_status",
    "session_slider",
    "sign_in_form",
    "statement_stack",
    "stepper",
    "token_boxes",
    "trust_door",
    "two_accounts",
]

_HOME = {name: f"instruments.{name}" for name in __all__} | {
    "clickable_graph": "instruments.access_graph",
    "condition_table": "instruments.conditions",
    "membership_board": "instruments.membership",
    "token_boxes": "instruments.conditions",
    "trust_door": "instruments.two_sides",
    "two_accounts": "instruments.two_sides",
}
"""The module of each function: most have one of their own, with its name."""
__getattr__ = lazily(__name__, _HOME)
