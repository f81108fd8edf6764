"""Each ``--json`` has a schema with a version, and the schemas say neither more nor less."""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from iamlab.analysis.audit.controls import SEVERITIES, Thresholds
from iamlab.analysis.least_privilege.policy_edits import EditKind
from iamlab.analysis.least_privilege.unused import FindingType
from iamlab.analysis.security_status import DONE, OPEN, UNKNOWN
from iamlab.cli.commands import parsers
from iamlab.cli.policies import REFUSED, UNREADABLE
from iamlab.cli.verify import TRIES
from iamlab.engine.explain import FLOW_CHART
from iamlab.engine.layers import LAYERS
from iamlab.engine.verdict import Verdict
from iamlab.exam.items import FORMS
from iamlab.policy import catalog
from iamlab.policy.lint.findings import LEVELS
from tests.distribution.outputs import COMMANDS, MAIN, outputs, run
from tests.repository import PROJECT, ROOT

FOLDER = files("iamlab") / "distribution" / "schemas"
SCHEMAS: dict[str, Any] = {
    path.name.removesuffix(".v1.json"): json.loads(path.read_text("utf-8"))
    for path in FOLDER.iterdir()
}
KINDS = ("sh", "python", "text")
WRONG = 1.5
"""It is valid nowhere: no key of an output has a number with a fraction."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The outputs of each command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("iamlab.teach.lesson._opened", {})
        return outputs(tmp_path_factory.mktemp("outputs"))


def resolved(schema: Any, root: Any) -> Any:
    """Follow a reference to the definitions of the same schema."""
    return root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def nodes(schema: Any, root: Any, value: Any, *path: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Yield each value in an output that the schema describes: its place and its schema."""
    yield path, schema, value
    own = resolved(schema, root)
    if isinstance(value, dict):
        known, other = own.get("properties", {}), own.get("additionalProperties")
        parts = {key: known.get(key, other) for key in value}
    elif isinstance(value, list):
        first, other = own.get("prefixItems", []), own.get("items")
        parts = dict(enumerate([*first, *[other] * len(value)][: len(value)]))
    else:
        return
    for key, part in parts.items():
        if isinstance(part, dict):
            yield from nodes(part, root, value[key], *path, key)


def described(schema: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Yield each key that a schema describes, with the schema of its value."""
    if isinstance(schema, dict):
        for key, part in schema.items():
            if key == "properties":
                yield from ((".".join((*path, name)), own) for name, own in part.items())
            yield from described(part, *path, *(() if key in ("properties", "items") else (key,)))


def test_each_command_with_json_has_a_schema_and_examples() -> None:
    """A new command gets both; its output names the schema."""
    with_json = {name for name, parser in parsers()[1].items() if "--json" in parser.format_usage()}

    assert set(SCHEMAS) == set(COMMANDS) == with_json
    assert set(parsers()[1]) - with_json == {"completion", "lab", "serve", "share"}


def test_the_schemas_have_an_address_in_the_documentation() -> None:
    """It comes from the project's home; the versions of a command have different ones."""
    home = f"{PROJECT['urls']['Documentation']}schemas/"

    for name, schema in SCHEMAS.items():
        assert schema["$id"] == f"{home}{name}.v1.json"
        assert schema["properties"]["$schema"]["const"] == schema["$id"]
        assert parsers()[1][name].get_default("schema") == schema["$id"]


def test_the_schemas_describe_every_key() -> None:
    """In a sentence; a definition that several schemas have is the same in each of them."""
    shared: dict[str, Any] = {}
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert schema["title"] == f"iamlab {name} --json"
        for key, own in (("it", schema), *described(schema)):
            assert resolved(own, schema)["description"].endswith("."), (name, key)
        for key, own in schema.get("$defs", {}).items():
            assert shared.setdefault(key, own) == own, (name, key)


def test_every_output_is_valid(found: dict[str, list[Any]]) -> None:
    """With findings, without any, and for input with mistakes."""
    for name, values in found.items():
        validator = Draft202012Validator(SCHEMAS[name])
        for number, value in enumerate(values):
            problems = [f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(value)]
            assert problems == [], (name, COMMANDS[name][number])
            assert next(iter(value)) == "$schema"


def test_every_key_that_is_described_is_printed(found: dict[str, list[Any]]) -> None:
    """So no schema promises what no command has; the schemas are closed, so none has more."""
    missing = []
    for name, values in found.items():
        schema = SCHEMAS[name]
        seen = {id(own) for value in values for _, own, _ in nodes(schema, schema, value)}
        missing += [f"{name}: {key}" for key, own in described(schema) if id(own) not in seen]
    assert missing == []


def shortened(value: Any) -> Any:
    """Return an output with one object of each list."""
    if isinstance(value, dict):
        return {key: shortened(part) for key, part in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [shortened(value[0])]
    return value


def mistakes(schema: Any, value: Any) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """Yield what a schema must refuse: its name, its place, and the wrong value there."""
    for path, unresolved, part in nodes(schema, schema, value):
        own, place = resolved(unresolved, schema), ".".join(map(str, path))
        for key in own.get("required", ()) if isinstance(part, dict) else ():
            yield f"{place} without {key}", path, {name: part[name] for name in part.keys() - {key}}
        if own.get("additionalProperties") is False and isinstance(part, dict):
            yield f"{place} with another key", path, {**part, "another": 1}
        if path:
            yield f"{place} is a fraction", path, WRONG
        if "enum" in own or "const" in own:
            yield f"{place} is another word", path, "another"


def edited(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """Return a copy with another value at a place."""
    if not path:
        return part
    made = copy.copy(value)
    made[path[0]] = edited(value[path[0]], path[1:], part)
    return made


def test_a_wrong_output_is_refused(found: dict[str, list[Any]]) -> None:
    """A key that is left out, unknown, or of another type, wherever it is."""
    for name, values in found.items():
        schema, tried = SCHEMAS[name], set()
        validator = Draft202012Validator(schema)
        for value in map(shortened, values):
            assert validator.is_valid(value), name
            for what, path, part in mistakes(schema, value):
                if what not in tried:
                    tried.add(what)
                    assert not validator.is_valid(edited(value, path, part)), (name, what)


def test_the_words_of_a_closed_set_are_those_of_the_package() -> None:
    """Nothing is missing, and nothing is there that no output has."""
    can, audit = SCHEMAS["can"]["$defs"], SCHEMAS["audit"]
    unused = SCHEMAS["unused"]["properties"]

    def item(name: str, key: str) -> Any:
        return SCHEMAS[name]["properties"][key]["items"]["properties"]

    assert can["layer"]["enum"] == list(LAYERS)
    assert can["verdict"]["enum"] == [verdict.value for verdict in Verdict]
    assert can["step"]["properties"]["layer"]["enum"] == ["deny", *FLOW_CHART, "scoped"]
    assert audit["$defs"]["severity"]["enum"] == list(SEVERITIES)
    thresholds = item("audit", "accounts")["thresholds"]["properties"]
    assert list(thresholds) == [field.name for field in fields(Thresholds)]
    status = SCHEMAS["report"]["$defs"]["status"]["properties"]["items"]["items"]
    assert status["properties"]["state"]["enum"] == [DONE, OPEN, UNKNOWN]
    assert unused["edits"]["items"]["properties"]["kind"]["enum"] == list(get_args(EditKind))
    assert item("unused", "findings")["type"]["enum"] == list(get_args(FindingType))
    assert item("check", "findings")["level"]["enum"] == [UNREADABLE, REFUSED, *LEVELS]
    assert item("actions", "actions")["level"]["enum"] == list(catalog.LEVELS)
    assert item("exam", "questions")["form"]["enum"] == list(FORMS)
    assert list(SCHEMAS["verify"]["properties"]["tries"]["properties"]) == list(TRIES)


def test_the_example_of_the_documentation_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It validates an answer with the schema in the package, and prints what the page shows."""
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    section = page.partition("## Read answers in a program")[2]
    blocks = {kind: section.partition(f"```{kind}\n")[2].split("```")[0] for kind in KINDS}
    (command,) = re.findall(r"^iamlab (.*) > answer.json$", blocks["sh"], re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    run("demo")
    status, answer = run(*command.split())
    Path("answer.json").write_text(answer, "utf-8")
    exec(blocks["python"], {})  # noqa: S102 - it is in this repository

    assert (status, capsys.readouterr().out) == (0, blocks["text"])


def test_bad_input_prints_no_json(tmp_path: Path) -> None:
    """So a program that reads an answer has one."""
    missing = str(tmp_path / "missing.json")

    assert run("report", "--world", missing, "--json") == (2, "")
    assert run("explain", missing, "--json") == (2, "")


def test_a_saved_world_on_standard_output_is_not_an_answer(tmp_path: Path) -> None:
    """It has the version of its format, and is a file for ``--world``."""
    path = tmp_path / "world.json"
    path.write_text(run("demo", str(tmp_path / "demo"))[1], "utf-8")
    demo = str(tmp_path / "demo" / "world.json")
    for form in ((), ("--json",)):
        status, text = run("world", "--world", demo, "--output", "-", *form)
        path.write_text(text, "utf-8")

        assert (status, next(iter(json.loads(text))), MAIN in text) == (0, "iamlab", True)
        assert run("world", "--world", str(path), "--output", demo)[0] == 0
