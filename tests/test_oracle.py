"""The oracle agrees with the documents, and the questions it is asked are legal and balanced."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.oracle import decide
from tests.worlds import FOREIGN, NEW, OLD, OPERATORS, OWN, questions, random_question

TABLES = [
    pytest.param(row, id=f"{table}-{row['id']}")
    for table in ("evaluation", "language")
    for row in json.loads(
        Path(__file__).with_name("conformance").joinpath(f"{table}.json").read_text("utf-8")
    )
]
VERDICTS = {"allowed", "explicitDeny", "implicitDeny"}


@pytest.mark.parametrize("row", TABLES)
def test_the_oracle_agrees_with_the_documents(row: dict[str, Any]) -> None:
    """Every row of both tables: the verdict that AWS's page gives."""
    assert decide(row["question"]) == row["verdict"], row["why"]


def _statements(policy: Any) -> list[dict[str, Any]]:
    """The statements of a policy, once all that a strict parser looks at is in order."""
    assert set(policy) <= {"Version", "Id", "Statement"}
    assert policy.get("Version", NEW) in (NEW, OLD)
    statement = policy["Statement"]
    statements = statement if isinstance(statement, list) else [statement]
    sids = [one["Sid"] for one in statements if "Sid" in one]
    assert len(sids) == len(set(sids))
    known = {operator for family in OPERATORS.values() for operator in family}
    known |= {f"{operator}IfExists" for operator in known} | {"Null"}
    for one in statements:
        assert one["Effect"] in ("Allow", "Deny")
        assert ("Action" in one) != ("NotAction" in one)
        for element in set(one) - {"Effect", "Sid", "Condition", "Principal", "NotPrincipal"}:
            assert element in ("Action", "NotAction", "Resource", "NotResource")
            values = one[element] if isinstance(one[element], list) else [one[element]]
            assert values
            assert all(isinstance(value, str) for value in values)
        for operator, tests in one.get("Condition", {}).items():
            assert operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:") in known
            assert len(tests) == len({key.lower() for key in tests})
    return statements


def _check(question: dict[str, Any]) -> None:
    assert question["resource_account"] in (OWN, FOREIGN)
    boundary = [question["boundary"]] if question["boundary"] else []
    for policy in [*question["identity"], *boundary, *question["session"]]:
        for statement in _statements(policy):
            assert ("Resource" in statement) != ("NotResource" in statement)
            assert not {"Principal", "NotPrincipal"} & set(statement)
    if question["resource_policy"]:
        trust = question["action"].lower() == "sts:assumerole"
        for statement in _statements(question["resource_policy"]):
            assert ("Principal" in statement) != ("NotPrincipal" in statement)
            assert ("Resource" in statement) + ("NotResource" in statement) == (not trust)
            assert not trust or (isinstance(statement["Principal"], dict) and "Action" in statement)


@given(questions())
def test_every_question_is_legal_and_has_a_verdict(question: dict[str, Any]) -> None:
    """A strict parser accepts each policy, and the oracle raises nothing."""
    _check(question)
    assert decide(question) in VERDICTS


def test_random_questions_are_legal_and_meet_every_verdict_often() -> None:
    """None of the three verdicts is rare, so that a long loop tests all of them."""
    rng = random.Random(2026)
    verdicts: Counter[str] = Counter()
    for _ in range(4_000):
        question = random_question(rng)
        _check(question)
        verdicts[decide(question)] += 1

    assert set(verdicts) == VERDICTS
    assert min(verdicts.values()) > 0.15 * verdicts.total()


def test_the_same_seed_gives_the_same_question() -> None:
    """A disagreement can be replayed."""
    assert random_question(random.Random(7)) == random_question(random.Random(7))
