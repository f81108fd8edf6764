"""Hard questions, each with its own small world, are answered as AWS's pages say.

A row of the table has the steps that build a world (a name for the result, a public method, and
its parameters), then one or more calls and their outcomes. ``@{ana}`` in a parameter is the result
of a step, ``@{ana.arn}`` is one of its attributes.
"""

import json
import re
from pathlib import Path
from typing import Any

from iamlab import Decision, IamLabError, World, unsure
from iamlab.errors import AccessDenied
from tests.rows import each_row

TABLE = Path(__file__).parents[1] / "conformance" / "hard_questions.json"
ROWS = json.loads(TABLE.read_text("utf-8"))
NAMED = re.compile(r"@\{([a-z0-9_.]+)\}")


def find(path: str, made: dict[str, Any]) -> Any:
    """Return the result of a step, or an attribute of it."""
    name, *attributes = path.split(".")
    found = made[name]
    for attribute in attributes:
        found = getattr(found, attribute)
    return found


def fill(value: Any, made: dict[str, Any]) -> Any:
    """Put the results of steps into parameters."""
    if isinstance(value, dict):
        return {key: fill(inner, made) for key, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, made) for inner in value]
    if not isinstance(value, str):
        return value
    if whole := NAMED.fullmatch(value):
        return find(whole[1], made)
    return NAMED.sub(lambda match: str(find(match[1], made)), value)


def build(steps: list[Any]) -> dict[str, Any]:
    """Build a world of two accounts, and follow the steps in it."""
    world = World(seed=7)
    made = {
        "world": world,
        "main": world.create_account("main", account_id="111111111111"),
        "partner": world.create_account("partner", account_id="222222222222"),
    }
    for name, path, parameters in steps:
        made[name] = find(path, made)(**fill(parameters, made))
    return made


def outcome(path: str, parameters: dict[str, Any], made: dict[str, Any]) -> tuple[str, Any]:
    """Return the verdict, or the code of the error, and the decision if there is one."""
    try:
        result = find(path, made)(**fill(parameters, made))
    except AccessDenied as error:
        decision = error.decision
        return (error.code if decision is None else decision.verdict.value), decision
    except IamLabError as error:
        return getattr(error, "code", type(error).__name__), None
    if isinstance(result, Decision):
        return result.verdict.value, result
    return "allowed", None


def differences(row: dict[str, Any]) -> list[str]:
    """Return in what iamlab's answers differ from a row."""
    made = build(row["world"])
    outcomes = [outcome(path, parameters, made) for path, parameters in row["ask"]]
    found = []
    if (verdicts := [verdict for verdict, _ in outcomes]) != row["verdict"]:
        found.append(f"{verdicts}, not {row['verdict']}: {row['why']}")
    decision = outcomes[-1][1]
    if "layer" in row and (decision is None or row["layer"] not in decision.blocked_by):
        found.append(f"{row['layer']} doesn't block")
    if "says" in row and not any(row["says"] in text for text in decision.assumed):
        found.append(f"doesn't say: {row['says']}")
    if "never_says" in row:
        found += [text for text in decision.assumed if row["never_says"] in text]
    return found


@each_row("row", ROWS, ids=lambda row: row["id"])
def test_a_hard_question_is_answered_as_aws_documents(row):
    """The outcome of each call is that of the row, which can name more: the blocking layer, a note.

    A disputed row says how iamlab differs. When it no longer does, the mark goes.
    """
    assert bool(differences(row)) == ("disputed" in row), differences(row) or "agrees: no dispute"


def test_an_open_question_has_a_switch():
    """A row that AWS's pages leave open names the switch that decides it."""
    assert all(hasattr(unsure, row["open"]) for row in ROWS if "open" in row)
