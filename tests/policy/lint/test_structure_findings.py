"""Findings about structure, actions, ARNs, principals, trust and organizations, by their table."""

from iamlab.policy.lint import ABOUT_ELEMENTS, service_principals
from tests.policy.lint.rows import check, load, name_of
from tests.rows import each_row

MODULES = (*ABOUT_ELEMENTS, service_principals)
DETECTORS = tuple(detector for module in MODULES for detector in module.DETECTORS)
ROWS = load("advice_a.json")


@each_row("row", ROWS, ids=name_of)
def test_the_table_of_findings(row):
    """Each code is where it should be and not beside, and what is fixed is gone."""
    check(row, DETECTORS)
