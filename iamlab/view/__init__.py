"""Figures, tables and cards, each made from values.

Names are imported when they are first used, so a lesson without figures loads none.
"""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.view.figure import Figure
    from iamlab.view.figures.account.attachment_graph import attachment_graph
    from iamlab.view.figures.account.organization_tree import organization_tree
    from iamlab.view.figures.calls.confused_deputy import confused_deputy
    from iamlab.view.figures.calls.sequence import sequence
    from iamlab.view.figures.calls.signed_request import signed_request
    from iamlab.view.figures.calls.two_account_map import two_account_map
    from iamlab.view.figures.charts.calibration import calibration
    from iamlab.view.figures.charts.growth import growth
    from iamlab.view.figures.charts.score_bars import score_bars
    from iamlab.view.figures.credentials.credential_lifetimes import credential_lifetimes
    from iamlab.view.figures.credentials.session_timeline import session_timeline
    from iamlab.view.figures.decision.access_graph import access_graph
    from iamlab.view.figures.decision.ladder import ladder
    from iamlab.view.figures.decision.request_sentence import door, request_sentence
    from iamlab.view.figures.decision.two_doors import two_doors
    from iamlab.view.figures.matrix.access_matrix import access_matrix
    from iamlab.view.figures.matrix.matrix_difference import difference_bars, matrix_difference
    from iamlab.view.figures.policy.condition_tree import condition_tree
    from iamlab.view.figures.policy.funnel import funnel
    from iamlab.view.figures.policy.policy_card import policy_card
    from iamlab.view.figures.policy.value_sets import value_sets
    from iamlab.view.figures.reach.reach_graph import reach_graph
    from iamlab.view.figures.reach.trust_graph import trust_graph
    from iamlab.view.figures.sets.permission_sets import permission_sets
    from iamlab.view.figures.sets.two_layers import two_layers
    from iamlab.view.showing import show
    from iamlab.view.tables import Table, VerdictTable, verdict_table
    from iamlab.view.tabular.reports import Topic, exam_table, report_table

_FIGURES = {
    "account": ("attachment_graph", "organization_tree"),
    "calls": ("confused_deputy", "sequence", "signed_request", "two_account_map"),
    "charts": ("calibration", "growth", "score_bars"),
    "credentials": ("credential_lifetimes", "session_timeline"),
    "decision": ("access_graph", "ladder", "request_sentence", "two_doors"),
    "matrix": ("access_matrix", "matrix_difference"),
    "policy": ("condition_tree", "funnel", "policy_card", "value_sets"),
    "reach": ("reach_graph", "trust_graph"),
    "sets": ("permission_sets", "two_layers"),
}
"""Folder -> its figures: each function is in the module of its name."""
_HOME = {
    **{name: f"figures.{folder}.{name}" for folder, names in _FIGURES.items() for name in names},
    **dict.fromkeys(("Table", "VerdictTable", "verdict_table"), "tables"),
    **dict.fromkeys(("Topic", "exam_table", "report_table"), "tabular.reports"),
    "Figure": "figure",
    "difference_bars": "figures.matrix.matrix_difference",
    "door": "figures.decision.request_sentence",
    "show": "showing",
}

__all__ = [
    "Figure",
    "Table",
    "Topic",
    "VerdictTable",
    "access_graph",
    "access_matrix",
    "attachment_graph",
    "calibration",
    "condition_tree",
    "confused_deputy",
    "credential_lifetimes",
    "difference_bars",
    "door",
    "exam_table",
    "funnel",
    "growth",
    "ladder",
    "matrix_difference",
    "organization_tree",
    "permission_sets",
    "policy_card",
    "reach_graph",
    "report_table",
    "request_sentence",
    "score_bars",
    "sequence",
    "session_timeline",
    "show",
    "signed_request",
    "trust_graph",
    "two_account_map",
    "two_doors",
    "two_layers",
    "value_sets",
    "verdict_table",
]

__getattr__ = lazily(__name__, _HOME)
