"""Every code of Access Analyzer is looked for, or it is said that it is not."""

import json
from pathlib import Path

import pytest

from iamlab import Policy, RequestError
from iamlab.policy.lint import DETECTORS, MODULES, advise, review
from iamlab.policy.lint.findings import LEVEL_OF, LEVELS, MEANING_OF, NOT_DONE, OWN, Finding
from tests.policy.lint.test_parse_findings import WRONG

TABLES = Path(__file__).parents[2] / "conformance"
SHOWN = {
    row["code"]
    for name in ("advice_a.json", "advice_b.json")
    for row in json.loads(TABLES.joinpath(name).read_text("utf-8"))
} | {code for _, code, _ in WRONG.values()}


def test_every_code_has_an_example_or_a_reason_why_it_is_not_looked_for():
    """No finding must not be taken for no problem."""
    assert SHOWN | NOT_DONE.keys() == MEANING_OF.keys()
    assert not SHOWN & NOT_DONE.keys()
    assert all(len(reason) > 40 for reason in NOT_DONE.values())


def test_access_analyzers_codes_are_all_there():
    """As many as on its page of September 2026; iamlab's own are apart."""
    assert len(MEANING_OF) - len(OWN) == 151
    assert LEVEL_OF.keys() == MEANING_OF.keys()
    assert set(LEVEL_OF.values()) == set(LEVELS)
    assert all(text.endswith((".", "?")) for text in MEANING_OF.values())


def test_findings_come_in_the_order_of_the_text_and_once():
    """At one place the gravest comes first."""
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:Gets", "iam:*", "iam:PassRole"],
                    "Resource": "*",
                },
                {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
            ],
        }
    )
    found = advise(policy)
    places = [(known.line, known.column, LEVELS.index(known.level)) for known in found]

    assert places == sorted(places)
    assert len(set(found)) == len(found) > 4


def test_a_finding_that_only_a_person_can_fix_says_so():
    """Its fix is in the message."""
    document = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
    [finding] = review({"Version": "2012-10-17", "Statement": document})

    assert not finding.is_fixable
    with pytest.raises(RequestError, match=r"PASS_ROLE_WITH_STAR_IN_RESOURCE .*Name the roles"):
        finding.fixed()


def test_a_finding_is_json_in_the_names_of_validate_policy():
    """So that a tool that reads Access Analyzer's output reads this too."""
    finding = Finding("MISSING_VERSION", "$", 1, 1, "No Version.", "Add it.")

    assert finding.to_dict() == {
        "findingType": "WARNING",
        "issueCode": "MISSING_VERSION",
        "findingDetails": "No Version. Add it.",
        "locations": [{"path": "$", "line": 1, "column": 1}],
        "fixable": False,
    }
    assert str(finding) == "WARNING MISSING_VERSION at $ (line 1, column 1): No Version. Add it."
    assert finding.meaning == MEANING_OF["MISSING_VERSION"]
    assert not finding.is_own


def test_no_detector_is_listed_twice():
    """Each looks once."""
    assert len(set(DETECTORS)) == len(DETECTORS) > 20


def test_every_module_with_detectors_is_in_the_list():
    """A new one cannot be forgotten."""
    folder = Path(review.__code__.co_filename).parent
    with_detectors = {
        path.stem for path in folder.glob("*.py") if "\nDETECTORS: " in path.read_text("utf-8")
    }
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == with_detectors
    assert len(MODULES) == len(set(MODULES))


@pytest.mark.parametrize(("policy_type", "service"), [("scps", None), ("resource", "s33")])
def test_an_unknown_type_or_service_is_refused(policy_type, service):
    """Nobody must believe that something was looked at."""
    with pytest.raises(RequestError, match=r"scp|s3"):
        Policy.parse({"Statement": []}).lint(policy_type, service)
