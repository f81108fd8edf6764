"""``iamlab reach`` finds privilege escalation, and fails in a pipeline with ``--fail``."""

import csv
import io
import json

import pytest

from iamlab import Policy, World
from iamlab.world.account import Account
from tests.cli.helpers import Shell, one_line
from tests.policy.documents import allow, document, trust

DANA = "arn:aws:iam::111111111111:user/dana"
BOSS = "arn:aws:iam::111111111111:role/boss"
READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")


@pytest.fixture
def main(shell: Shell) -> Account:
    """A saved world: dana may assume boss, who is an administrator; eve may do nothing."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    main.create_user("dana").put_policy("own", Policy.allow(["sts:AssumeRole", *READ[:1]]))
    main.create_user("eve")
    role = main.create_role("boss", assume_role_policy_document=trust({"AWS": "111111111111"}))
    role.attach_policy("AdministratorAccess")
    world.save(shell.folder / "world.json")
    return main


def ask(*more: str) -> tuple[str, ...]:
    """Ask the saved world."""
    return ("reach", "--world", "world.json", *more)


@pytest.mark.usefixtures("main")
def test_administrators_and_those_who_can_be_are_listed(shell: Shell) -> None:
    """Each with the calls; who cannot become one is not there."""
    result = shell(*ask())
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(
        "2 administrators; who can become one: 1 proved, 0 conditional\nAlready: 2\n"
    )
    assert f"{DANA}\n  1. user/dana -> role/boss: sts:AssumeRole\n" in result.out
    assert "eve" not in result.out


@pytest.mark.usefixtures("main")
def test_a_way_from_one_to_another_is_shown(shell: Shell) -> None:
    """Its steps and calls, as text and as JSON and CSV."""
    command = ask("--from", DANA, "--to", BOSS)
    assert "1. user/dana -> role/boss: sts:AssumeRole" in shell(*command).out
    text = json.loads(shell(*command, "--json").out)
    (step,) = text["ways"][0]["steps"]
    assert (step["source"], step["target"], step["way"]) == (DANA, BOSS, 15)
    assert step["calls"][0].startswith(f"sts:AssumeRole RoleArn={BOSS}")
    (row,) = csv.DictReader(io.StringIO(shell(*command, "--csv").out))
    assert (row["principal"], row["step"]) == (BOSS, "1")


@pytest.mark.usefixtures("main")
def test_who_gets_to_a_resource_is_listed_with_his_steps(shell: Shell) -> None:
    """Directly, or by somebody else's role."""
    result = shell(*ask("--action", "s3:PutObject", "--resource", READ[1]))
    assert result.out.startswith(
        f"s3:PutObject on {READ[1]}: 2 directly; in steps: 1 proved, 0 conditional\n"
    )


@pytest.mark.usefixtures("main")
def test_the_cut_closes_and_keeps(shell: Shell) -> None:
    """With what must stay."""
    result = shell(*ask("--from", DANA, "--cut", "--keep", DANA, *READ))
    assert "Remove sts:AssumeRole from statement #1 of own" in result.out
    assert "No smaller set of such edits does it." in result.out
    text = json.loads(shell(*ask("--from", DANA, "--cut", "--json")).out)
    assert text["cut"]["is_closed"]


@pytest.mark.usefixtures("main")
def test_a_pipeline_stops_only_with_fail_and_a_path(shell: Shell) -> None:
    """Who is an administrator already has gone no way."""
    assert shell(*ask()).status == 0
    assert shell(*ask("--fail")).status == 1
    eve = DANA.replace("dana", "eve")
    assert shell(*ask("--from", eve, "--to", "admin", "--fail")).status == 0
    assert "no path" in shell(*ask("--from", eve, "--to", "admin")).out


@pytest.mark.usefixtures("main")
def test_graphs_are_printed_whole_and_in_part(shell: Shell) -> None:
    """For Graphviz and for Mermaid."""
    dot = shell(*ask("--dot")).out
    assert dot.startswith("digraph reach {")
    assert f'"{DANA}" -> "{BOSS}"' in dot
    mermaid = shell(*ask("--from", DANA, "--to", BOSS, "--mermaid")).out
    assert mermaid.startswith("flowchart LR")
    assert "role/boss (administrator)" in mermaid


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--action", "s3:GetObject"), "together"),
        (("--resource", "*"), "together"),
        (("--action", "s3:GetObject", "--resource", "*", "--from", DANA), "Remove --principal"),
        (("--to", "admin"), "need --principal"),
        (("--cut",), "need --principal"),
        (("--from", DANA, "--keep", DANA, *READ), "Use --keep with --cut"),
        (("--from", DANA, "--cut", "--csv"), "Use --cut without another form"),
        (("--from", "danna"), "isn't a caller"),
        (("--from", DANA.replace("dana", "nobody")), "cannot be found"),
        (("--from", DANA, "--to", "arn:aws:iam::111111111111:group/g"), "cannot be found"),
        (("--from", DANA, "--cut", "--keep", DANA, "s3:PutObject", "*"), "cannot stay"),
    ],
)
@pytest.mark.usefixtures("main")
def test_what_does_not_go_together_is_said_in_a_line(
    shell: Shell, more: tuple[str, ...], text: str
) -> None:
    """With exit status 2, and nothing printed."""
    assert text in one_line(shell(*ask(*more)))


@pytest.mark.parametrize("form", [(), ("--csv",), ("--json",)], ids=["text", "CSV", "JSON"])
def test_texts_of_an_export_steer_no_terminal_and_forge_no_line(
    shell: Shell, form: tuple[str, ...]
) -> None:
    """The value of a condition is shown, and signs replace what would control a terminal."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    boss = main.create_user("boss")
    boss.attach_policy("AdministratorAccess")
    guard = {"StringEquals": {"aws:SourceVpc": "vpc-HERE"}}
    own = document(allow("iam:CreateAccessKey", boss.arn, Condition=guard))
    main.create_user("dana").put_policy("own", own)
    world.save(shell.folder / "world.json")
    text = (shell.folder / "world.json").read_text("utf-8")
    (shell.folder / "world.json").write_text(text.replace("HERE", "\\u001b[31m\\nforged"), "utf-8")
    out = shell(*ask(*form)).out

    assert "[31m" in out
    assert "\x1b" not in out
    assert not any(line.startswith("forged") for line in out.splitlines())


@pytest.fixture
def many(shell: Shell) -> None:
    """A saved world: five users may pass boss to EC2, one may change the code of its function."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    boss = main.create_role(
        "boss", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"})
    )
    boss.attach_policy("AdministratorAccess")
    main.create_instance_profile("boss").add_role(boss)
    for number in range(5):
        main.create_user(f"u{number}").put_policy(
            "own", Policy.allow(["iam:PassRole", "ec2:RunInstances"])
        )
    main.create_user("eve").put_policy(
        "own", Policy.allow(["iam:PassRole", "batch:SubmitJob", "ssm:StartSession"])
    )
    main.create_role(
        "build", assume_role_policy_document=trust({"Service": "codebuild.amazonaws.com"})
    )
    main.roles["build"].attach_policy("AdministratorAccess")
    main.users["eve"].put_policy("build", Policy.allow("codebuild:StartBuild"))
    world.save(shell.folder / "world.json")


@pytest.mark.usefixtures("many")
def test_proved_and_conditional_paths_are_counted_apart(shell: Shell) -> None:
    """Proved ones come first, and alike ones are a group of three examples."""
    out = shell(*ask()).out
    assert out.startswith("3 administrators; who can become one: 5 proved, 1 conditional\n")
    proved, conditional = out.split("\nConditional: 1\n")
    assert "\nProved: 5\nTo role/boss, start an instance with a role: 5\n" in proved
    assert "iam:PassRole + ec2:RunInstances" in proved
    assert proved.endswith("and 2 more (--all shows them)")
    assert "user/u3" not in proved
    assert (
        "user/eve -> role/build: codebuild:StartBuild (if a project works with the role"
        in conditional
    )
    assert "user/u4" in shell(*ask("--all")).out
    ways = json.loads(shell(*ask("--json")).out)
    assert [path["is_proved"] for path in ways["ways"]] == [True] * 8 + [False]
    assert "1 path depends on this: a project works with the role build" in ways["assumed"]


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("u1", "proved", 1),
        ("u1", "conditional", 1),
        ("eve", "proved", 0),
        ("eve", "conditional", 1),
    ],
)
def test_a_pipeline_can_fail_on_proved_paths_only(
    shell: Shell, name: str, kind: str, status: int
) -> None:
    """What depends on a condition is for people to judge."""
    arn = DANA.replace("dana", name)
    assert shell(*ask("--principal", arn, "--to", "admin", f"--fail={kind}")).status == status
