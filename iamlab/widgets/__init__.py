"""Cards and instruments: what a learner touches, by mouse or by keyboard."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.widgets.instruments.access_graph import clickable_graph
    from iamlab.widgets.instruments.condition_table import condition_table
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
    from iamlab.widgets.instruments.token_boxes import token_boxes
    from iamlab.widgets.instruments.trust_door import trust_door
    from iamlab.widgets.instruments.two_accounts import two_accounts

_HOME = {
    "clickable_graph": "access_graph",
    "condition_table": "condition_table",
    "matrix_board": "matrix_board",
    "membership_board": "membership",
    "organization_tree": "organization_tree",
    "overlap": "overlap",
    "policy_editor": "policy_editor",
    "reach_explorer": "reach_explorer",
    "security_status": "security_status",
    "session_slider": "session_slider",
    "sign_in_form": "sign_in_form",
    "statement_stack": "statement_stack",
    "stepper": "stepper",
    "token_boxes": "token_boxes",
    "trust_door": "trust_door",
    "two_accounts": "two_accounts",
}

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


def __getattr__(name: str) -> object:
    if name not in _HOME:
        message = f"module 'iamlab.widgets' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"iamlab.widgets.instruments.{_HOME[name]}"), name)
    globals()[name] = value
    return value
