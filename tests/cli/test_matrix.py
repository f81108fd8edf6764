"""``iamlab matrix`` shows the cells that Python gives, in three forms."""

import csv
import io
import json
from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.access_matrix import access
from tests.cli.calls import CALLS, IAM, MAP, allowed_by, options_of, travelling
from tests.cli.helpers import Shell, details_of, one_line
from tests.storage.account_exports import MAPS, ROOT, arn_of, as_cli

ACTIONS = ["s3:GetObject", "s3:DeleteObject", "iam:GetUser"]
RESOURCES = [f"{MAPS}/m31", f"{MAPS}/raw/1", arn_of("carol")]
BY = ["principal", "group", "role"]
WORDS = {True: "yes", False: "no"}


def options(option: str, values: list[str]) -> list[str]:
    """Repeat an option."""
    return [part for value in values for part in (option, value)]


def ask(*more: str, actions: list[str] = ACTIONS, resources: list[str] = RESOURCES) -> list[str]:
    """Write a question down as arguments."""
    command = [*options("--action", actions), *options("--resource", resources)]
    return ["matrix", "--account-details", "account.json", *command, *more]


def cells(shell: Shell, by: str, *principals: str) -> dict[str, list[bool]]:
    """Ask by Python: the row of each caller."""
    world = World.from_account_details(shell.folder / "account.json")
    matrix = access(world, ACTIONS, RESOURCES, principals or None, by)
    return {
        caller: [matrix.allowed(row, pair) for pair in range(len(matrix.pairs))]
        for row, caller in enumerate(matrix.principals)
    }


def in_text(out: str) -> dict[str, list[bool]]:
    """Read the cells of a text back: blocks of columns below each other."""
    found: dict[str, list[bool]] = {}
    for line in out.partition("assumed: ")[0].splitlines():
        name, *words = line.split()
        if name.startswith("arn:"):
            found.setdefault(name, []).extend(word == "yes" for word in words)
            assert set(words) <= {"yes", "no"}
    return found


def split(out: str) -> str:
    """Leave out empty lines."""
    return "\n".join(filter(None, out.splitlines()))


@pytest.mark.parametrize("by", BY)
def test_json_holds_what_python_finds(by: str, shell: Shell) -> None:
    """Under the keys that the help promises."""
    result = shell(*ask("--json", "--by", by))
    got = result.values

    assert (result.status, result.err) == (0, "")
    assert list(got) == ["by", "pairs", "rows", "assumed"]
    assert got["by"] == by
    assert [(item["action"], item["resource"]) for item in got["pairs"]] == [
        (action, resource) for action in ACTIONS for resource in RESOURCES
    ]
    assert {row["caller"]: row["allowed"] for row in got["rows"]} == cells(shell, by)


@pytest.mark.parametrize("by", BY)
def test_csv_is_the_table_of_python(by: str, shell: Shell) -> None:
    """Callers down, pairs across."""
    head, *rows = csv.reader(io.StringIO(shell(*ask("--csv", "--by", by)).out))

    assert head == ["principal", *(f"{a} on {r}" for a in ACTIONS for r in RESOURCES)]
    assert rows == [
        [caller, *map(WORDS.__getitem__, row)] for caller, row in cells(shell, by).items()
    ]


@pytest.mark.parametrize("by", BY)
def test_text_has_the_same_cells_in_80_columns(by: str, shell: Shell) -> None:
    """What has no room beside is below; each pair has its number."""
    out = details_of(shell(*ask("--by", by)).out)

    assert in_text(split(out)) == cells(shell, by)
    assert all(len(line) <= 80 for line in out.splitlines())
    assert out.startswith(f"  1  s3:GetObject on {MAPS}/m31\n")
    assert f"\n  9  iam:GetUser on {arn_of('carol')}\n" in out


def test_rows_can_be_chosen(shell: Shell) -> None:
    """Principals, in the given order; groups, if rows are groups."""
    chosen = [ROOT, arn_of("dana")]
    group = f"{ROOT.removesuffix('root')}group/interns"

    some = json.loads(shell(*ask("--json", *options("--principal", chosen))).out)
    groups = json.loads(shell(*ask("--json", "--by", "group", "--principal", group)).out)

    assert [row["caller"] for row in some["rows"]] == chosen
    assert {row["caller"]: row["allowed"] for row in some["rows"]} == cells(
        shell, "principal", *chosen
    )
    assert [row["caller"] for row in groups["rows"]] == [group]


def test_a_duplicate_argument_is_checked_once(shell: Shell) -> None:
    """A pair has one column."""
    got = json.loads(shell(*ask("--json", actions=ACTIONS[:1] * 2, resources=["*", "*"])).out)

    assert got["pairs"] == [{"action": ACTIONS[0], "resource": "*"}]


def test_no_yes_makes_status_1(shell: Shell) -> None:
    """As with who-can."""
    carol = shell(*ask("--principal", arn_of("carol")))

    assert carol.status == 1
    assert not any(in_text(split(details_of(carol.out)))[arn_of("carol")])


def test_a_world_without_groups_has_no_rows_by_group(shell: Shell) -> None:
    """A sentence, not an empty screen."""
    travelling().save(shell.folder / "world.json")
    command = ("matrix", "--world", "world.json", "--action", "s3:GetObject", "--resource", "*")
    result = shell(*command, "--by", "group")

    assert (result.status, result.out) == (1, "There is no group here.\n")
    assert json.loads(shell(*command, "--by", "group", "--json").out)["rows"] == []


def test_columns_have_room_beside_long_names(shell: Shell) -> None:
    """At least one, however long a name is."""
    export: dict[str, Any] = json.loads((shell.folder / "account.json").read_text("utf-8"))
    carol = export["UserDetailList"][2]
    carol["Path"] = f"/{'x' * 60}/"
    carol["Arn"] = f"{ROOT.removesuffix('root')}user{carol['Path']}carol"
    shell.write("account.json", as_cli(export))
    out = details_of(shell(*ask()).out)

    assert in_text(split(out)) == cells(shell, "principal")


@pytest.mark.parametrize("name", CALLS)
def test_how_the_call_is_made_counts(name: str, shell: Shell) -> None:
    """The option lets in the right principals."""
    world = travelling()
    world.save(shell.folder / "world.json")
    command = ("matrix", "--world", "world.json", "--action", "s3:GetObject", "--resource", MAP)

    def allowed(*more: str) -> set[str]:
        rows = json.loads(shell(*command, "--json", *more).out)["rows"]
        return {row["caller"] for row in rows if any(row["allowed"])}

    assert allowed() == {f"{IAM}root"}
    assert allowed(*options_of(name, world)) == allowed_by(name)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (ask(actions=["s3:Get*"]), "service:Action"),
        (ask(actions=[]), "--action"),
        (ask(resources=[]), "--resource"),
        (ask(resources=[""]), "resource"),
        (ask("--by", "user"), "group"),
        (ask("--principal", "alise"), "ARN"),
        (ask("--principal", arn_of("alice") + "s"), "Did you mean alice"),
        (ask("--json", "--csv"), "--csv"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], word: str, shell: Shell) -> None:
    """As everywhere."""
    assert word in one_line(shell(*arguments))
