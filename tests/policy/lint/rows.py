"""Runs the tables of findings in ``tests/conformance/advice_*.json``.

A row has the code, the page that it is from, the type of the policy (and its service), a document
that shows the code and the path where, and a neighbour: nearly the same, without it.
"""

import json
from pathlib import Path

from iamlab.policy.document import Policy
from iamlab.policy.lint.context import PolicyContext
from iamlab.policy.lint.findings import ERROR, LEVEL_OF

TABLES = Path(__file__).parents[2] / "conformance"


def load(name):
    """Return the rows of a table."""
    return json.loads((TABLES / name).read_text("utf-8"))


def name_of(row):
    """Name a row for the list of tests."""
    return f"{row['code']}-{row['path']}"


def run(detectors, policy, policy_type="identity", service=None):
    """Return what some detectors find in a policy."""
    case = PolicyContext.of(policy, policy_type, service)
    return [finding for detector in detectors for finding in detector(case)]


def check(row, detectors):
    """Insist that a row is true: the code is where it should be, and its fix fixes it."""

    def look(document):
        return run(detectors, Policy.parse(document), row["type"], row.get("service"))

    found = look(row["shows"])
    paths = [finding.path for finding in found if finding.code == row["code"]]
    neighbours = {finding.code for finding in look(row["neighbour"])}

    assert paths == [row["path"]]
    assert row["code"] not in neighbours
    for finding in found:
        if finding.code == row["code"]:
            _check_words(finding)
            assert finding.is_fixable is row["fixable"]
            if finding.is_fixable:
                _check_fix(finding, found, look(finding.fixed().text))


def _check_words(finding):
    """A finding is two short sentences, and points into the text."""
    assert finding.code in LEVEL_OF
    assert finding.what.endswith(".")
    assert finding.remedy.endswith((".", "?"))
    assert len(finding.what) < 400


def _check_fix(finding, before, after):
    """What is fixed is no longer found there, and nothing got worse."""
    errors = {known.code for known in before if known.level == ERROR}

    assert (finding.code, finding.path) not in {(known.code, known.path) for known in after}
    assert {known.code for known in after if known.level == ERROR} <= errors
