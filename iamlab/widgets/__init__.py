"""Cards and instruments: what a learner touches, by mouse or by keyboard."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.widgets.instruments.access_graph import clickable_graph as clickable_graph
    from iamlab.widgets.instruments.conditions import condition_table as condition_table
    from iamlab.widgets.instruments.conditions import token_boxes as token_boxes
    from iamlab.widgets.instruments.matrix_board import matrix_board as matrix_board
    from iamlab.widgets.instruments.organization_tree import organization_tree as organization_tree
    from iamlab.widgets.instruments.overlap import overlap as overlap
    from iamlab.widgets.instruments.policy_editor import policy_editor as policy_editor
    from iamlab.widgets.instruments.reach_explorer import reach_explorer as reach_explorer
    from iamlab.widgets.instruments.security_status import security_status as security_status
    from iamlab.widgets.instruments.session_slider import session_slider as session_slider
    from iamlab.widgets.instruments.sign_in_form import sign_in_form as sign_in_form
    from iamlab.widgets.instruments.stepper import stepper as stepper
    from iamlab.widgets.instruments.switches import membership_board as membership_board
    from iamlab.widgets.instruments.switches import statement_stack as statement_stack
    from iamlab.widgets.instruments.two_sides import trust_door as trust_door
    from iamlab.widgets.instruments.two_sides import two_accounts as two_accounts

_HOME = {
    "clickable_graph": "instruments.access_graph",
    "condition_table": "instruments.conditions",
    "matrix_board": "instruments.matrix_board",
    "membership_board": "instruments.switches",
    "organization_tree": "instruments.organization_tree",
    "overlap": "instruments.overlap",
    "policy_editor": "instruments.policy_editor",
    "reach_explorer": "instruments.reach_explorer",
    "security_status": "instruments.security_status",
    "session_slider": "instruments.session_slider",
    "sign_in_form": "instruments.sign_in_form",
    "statement_stack": "instruments.switches",
    "stepper": "instruments.stepper",
    "token_boxes": "instruments.conditions",
    "trust_door": "instruments.two_sides",
    "two_accounts": "instruments.two_sides",
}
"""The module of each instrument."""
__all__ = list(_HOME)
__getattr__ = lazily(__name__, _HOME)
