"""The oracle agrees with the documents, and the questions it is asked are legal and balanced."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.effort import tries
from tests.engine.oracle import decide
from tests.engine.oracle_language import LISTS
from tests.engine.oracle_public import is_public
from tests.engine.random_questions import (
    FOREIGN,
    NEW,
    OLD,
    OPERATORS,
    OWN,
    questions,
    random_question,
)
from tests.rows import each_row

FOLDER = Path(__file__).parents[1] / "conformance"
TABLES = {
    name: json.loads(FOLDER.joinpath(f"{name}.json").read_text("utf-8"))
    for name in ("evaluation", "language", "s3_public")
}
REQUESTS = [
    pytest.param(row, id=f"{name}-{row['id']}")
    for name in ("evaluation", "language")
    for row in TABLES[name]
]
VERDICTS = {"allowed", "explicitDeny", "implicitDeny"}
LAYERS = {"scp", "rcp", "endpoint", "identity", "resource", "boundary", "session", "scoped"}


@each_row("row", REQUESTS)
def test_the_oracle_agrees_with_the_documents(row: dict[str, Any]) -> None:
    """Every row of both tables: the verdict that AWS's page gives."""
    assert decide(row["question"]) == row["verdict"], row["why"]


@each_row("row", TABLES["s3_public"], ids=lambda row: row["id"])
def test_the_oracle_knows_a_public_policy(row: dict[str, Any]) -> None:
    """Every row of the table of bucket policies."""
    assert is_public(row["policy"]) is row["public"], row["why"]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_has_a_number_a_page_and_a_reason(table: str) -> None:
    """No two rows have the same number; a layer is one of those that the documents name."""
    rows = TABLES[table]

    assert len({row["id"] for row in rows}) == len(rows)
    assert all(row["page"] and row["why"] for row in rows)
    assert {row.get("layer") for row in rows} <= LAYERS | {"trust", "root", None}


def test_the_lists_are_as_long_as_those_of_the_documents() -> None:
    """RCPs reach 62 services; 19 operations of KMS work across accounts."""
    assert len(set(LISTS["rcp_services"])) == len(LISTS["rcp_services"]) == 62
    assert len(set(LISTS["across_accounts"])) == len(LISTS["across_accounts"]) == 20


def _statements(policy: Any) -> list[dict[str, Any]]:
    """The statements of a policy, once all that a strict parser looks at is in order."""
    assert set(policy) <= {"Version", "Id", "Statement"}
    assert policy.get("Version", NEW) in (NEW, OLD)
    statement = policy["Statement"]
    statements = statement if isinstance(statement, list) else [statement]
    sids = [item["Sid"] for item in statements if "Sid" in item]
    assert len(sids) == len(set(sids))
    known = {operator for family in OPERATORS.values() for operator in family}
    known |= {f"{operator}IfExists" for operator in known} | {"Null"}
    for item in statements:
        assert item["Effect"] in ("Allow", "Deny")
        assert ("Action" in item) != ("NotAction" in item)
        for element in set(item) - {"Effect", "Sid", "Condition", "Principal", "NotPrincipal"}:
            assert element in ("Action", "NotAction", "Resource", "NotResource")
            values = item[element] if isinstance(item[element], list) else [item[element]]
            assert values
            assert all(isinstance(value, str) for value in values)
        for operator, tests in item.get("Condition", {}).items():
            assert operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:") in known
            assert len(tests) == len({key.lower() for key in tests})
    return statements


def _check(question: dict[str, Any]) -> None:
    assert question["resource_account"] in (OWN, FOREIGN)
    boundary = [question["boundary"]] if question["boundary"] else []
    endpoint = [question["endpoint"]] if question["endpoint"] else []
    nameless = [*question["identity"], *boundary, *question["session"], *question["scoped"]]
    for policy in [*nameless, *(item for level in question["scps"] for item in level)]:
        for statement in _statements(policy):
            assert ("Resource" in statement) != ("NotResource" in statement)
            assert not {"Principal", "NotPrincipal"} & set(statement)
    for policy in [*endpoint, *(item for level in question["rcps"] for item in level)]:
        for statement in _statements(policy):
            assert ("Resource" in statement) != ("NotResource" in statement)
            assert not {"Principal", "NotPrincipal"} <= set(statement)
    if question["resource_policy"]:
        trust = ":role/" in question["resource"]
        for statement in _statements(question["resource_policy"]):
            assert ("Principal" in statement) != ("NotPrincipal" in statement)
            assert ("Resource" in statement) + ("NotResource" in statement) == (not trust)
            assert not trust or (isinstance(statement["Principal"], dict) and "Action" in statement)
    for grant in question["grants"]:
        assert grant["grantee_principal"].startswith("arn:")
        assert len(grant["constraints"]) <= 1
    assert not question["grants"] or ":key/" in question["resource"]
    assert not question["public_access_block"] or question["action"].lower().startswith("s3:")


@given(questions())
def test_every_question_is_legal_and_has_a_verdict(question: dict[str, Any]) -> None:
    """A strict parser accepts each policy, and the oracle raises nothing."""
    _check(question)
    assert decide(question) in VERDICTS


NEWER = ("scps", "rcps", "endpoint", "scoped", "grants", "public_access_block")


@pytest.mark.chance
def test_random_questions_are_legal_and_meet_every_verdict_often() -> None:
    """No verdict is rare, with or without any layer; and often only the four old layers speak."""
    rng = random.Random(2026)
    verdicts: Counter[str] = Counter()
    of_layer: Counter[tuple[str, str]] = Counter()
    for _ in range(tries(8_000)):
        question = random_question(rng)
        _check(question)
        verdict = decide(question)
        verdicts[verdict] += 1
        for layer in [name for name in NEWER if question[name]] or ["plain"]:
            of_layer[layer, verdict] += 1

    assert set(verdicts) == VERDICTS
    assert min(verdicts.values()) > 0.15 * verdicts.total()
    assert sum(of_layer["plain", verdict] for verdict in VERDICTS) > 0.4 * verdicts.total()
    for layer in (*NEWER, "plain"):
        counts = [of_layer[layer, verdict] for verdict in VERDICTS]
        assert min(counts) > 0.1 * sum(counts)
        assert sum(counts) > 0.02 * verdicts.total()


def test_the_same_seed_gives_the_same_question() -> None:
    """A disagreement can be replayed."""
    assert random_question(random.Random(7)) == random_question(random.Random(7))
