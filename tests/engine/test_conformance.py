"""The engine decides every row of the tables as AWS's pages say, and for the reason they give."""

import json
from pathlib import Path

import pytest

from iamlab import Verdict
from iamlab.engine.message import named_layer
from tests.engine.json_questions import ask_engine
from tests.rows import each_row

FOLDER = Path(__file__).parents[1] / "conformance"
ROWS = [
    pytest.param(row, id=f"{table}-{row['id']}")
    for table in ("evaluation", "language")
    for row in json.loads((FOLDER / f"{table}.json").read_text("utf-8"))
]
# "trust" is the resource policy of a role. "root" is not a layer: no policy decides there. A row
# without a layer names none, because two had to agree, or a grant did, or nothing is needed, or
# because the action never works across accounts.
LAYER = {"trust": "resource"}
# AWS documents no words for scope-down policies; and none for an RCP that is silent, which it says
# cannot occur, so that the model may choose its own.
WORDS = {
    "scp": "service control policy",
    "rcp": "resource control policy",
    "endpoint": "VPC endpoint policy",
    "resource": "resource-based policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
}


@each_row("row", ROWS)
def test_the_engine_agrees_with_the_documents(row):
    """The verdict of the row is the engine's."""
    assert ask_engine(row["question"]).verdict.value == row["verdict"], row["why"]


@each_row("row", [row for row in ROWS if row.values[0]["layer"]])
def test_the_engine_names_the_layer_that_the_documents_name(row):
    """What granted, what denied or what was missing is in the layer of the row."""
    decision = ask_engine(row["question"])
    layer = LAYER.get(row["layer"], row["layer"])
    decided = {hit.layer for hit in decision.determining}

    if layer == "root":
        assert decision.combining_rule.startswith("root_user")
        assert not decided
    elif decision:
        assert layer in decided
    else:
        assert layer in decision.blocked_by
        assert layer == named_layer(decision)
        assert layer in decided or decision.verdict is Verdict.IMPLICIT_DENY


@each_row("row", [row for row in ROWS if row.values[0]["verdict"] != "allowed"])
def test_the_message_names_the_layer_that_the_documents_name(row):
    """In AWS's words; between accounts, and if the trust policy denies, it gives no reason.

    KMS lists every possible reason to other accounts.
    """
    decision = ask_engine(row["question"])
    layer = row["layer"]
    context = decision.message.removesuffix(".")
    explicit = decision.verdict is Verdict.EXPLICIT_DENY

    if layer == "rcp" and not explicit:
        return
    by_trust = decision.request.about_trust and layer in ("resource", "trust")
    if layer in WORDS and decision.request.same_account and not by_trust:
        article = {"identity": "an"}.get(layer, "a")
        reason = (
            f" with an explicit deny in {article} {WORDS[layer]}"
            if explicit
            else f" because no {WORDS[layer]} allows the {decision.request.action} action"
        )
        assert context.endswith(reason)
    elif decision.request.caller.account:
        assert "because" not in context.replace("on this resource because the resource", "")
        assert "an explicit deny" not in context
