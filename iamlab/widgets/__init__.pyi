# ruff: noqa: N813 - each instrument is a class, and is used like a function

from iamlab.widgets.instruments.access_graph import ClickableGraph as clickable_graph
from iamlab.widgets.instruments.calls import OrganizationTree as organization_tree
from iamlab.widgets.instruments.calls import SecurityBoard as security_status
from iamlab.widgets.instruments.clocks import InstanceView as instance_view
from iamlab.widgets.instruments.clocks import SessionSlider as session_slider
from iamlab.widgets.instruments.conditions import ConditionTable as condition_table
from iamlab.widgets.instruments.conditions import TokenBoxes as token_boxes
from iamlab.widgets.instruments.console_and_clients import ClientCalls as client_calls
from iamlab.widgets.instruments.console_and_clients import SignInForm as sign_in_form
from iamlab.widgets.instruments.edited_world import MatrixBoard as matrix_board
from iamlab.widgets.instruments.policy_editors import Overlap as overlap
from iamlab.widgets.instruments.policy_editors import PolicyEditor as policy_editor
from iamlab.widgets.instruments.steps import ReachExplorer as reach_explorer
from iamlab.widgets.instruments.steps import Stepper as stepper
from iamlab.widgets.instruments.switches import MembershipBoard as membership_board
from iamlab.widgets.instruments.switches import StatementStack as statement_stack
from iamlab.widgets.instruments.two_sides import TrustDoor as trust_door
from iamlab.widgets.instruments.two_sides import TwoSides as two_sides

__all__ = [
    "clickable_graph",
    "client_calls",
    "condition_table",
    "instance_view",
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
    "two_sides",
]
