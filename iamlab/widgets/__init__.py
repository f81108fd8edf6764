"""Cards and instruments: what a learner touches, by mouse or by keyboard."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.widgets.instruments.access_graph import clickable_graph as clickable_graph
    from iamlab.widgets.instruments.calls import organization_tree as organization_tree
    from iamlab.widgets.instruments.calls import security_status as security_status
    from iamlab.widgets.instruments.conditions import condition_table as condition_table
    from iamlab.widgets.instruments.conditions import token_boxes as token_boxes
    from iamlab.widgets.instruments.edited_world import matrix_board as matrix_board
    from iamlab.widgets.instruments.policy_editors import overlap as overlap
    from iamlab.widgets.instruments.policy_editors import policy_editor as policy_editor
    from iamlab.widgets.instruments.session_slider import session_slider as session_slider
    from iamlab.widgets.instruments.sign_in_form import sign_in_form as sign_in_form
    from iamlab.widgets.instruments.steps import reach_explorer as reach_explorer
    from iamlab.widgets.instruments.steps import stepper as stepper
    from iamlab.widgets.instruments.switches import membership_board as membership_board
    from iamlab.widgets.instruments.switches import statement_stack as statement_stack
    from iamlab.widgets.instruments.two_sides import trust_door as trust_door
    from iamlab.widgets.instruments.two_sides import two_sides as two_sides

_NAMES = {
    "access_graph": ("clickable_graph",),
    "calls": ("organization_tree", "security_status"),
    "conditions": ("condition_table", "token_boxes"),
    "edited_world": ("matrix_board",),
    "policy_editors": ("overlap", "policy_editor"),
    "session_slider": ("session_slider",),
    "sign_in_form": ("sign_in_form",),
    "steps": ("reach_explorer", "stepper"),
    "switches": ("membership_board", "statement_stack"),
    "two_sides": ("trust_door", "two_sides"),
}
"""Module -> its instruments."""
_HOME = {name: f"instruments.{home}" for home, names in _NAMES.items() for name in names}
__all__ = list(_HOME)
__getattr__ = lazily(__name__, _HOME)
