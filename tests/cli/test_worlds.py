"""Where the world of a question comes from: saved worlds, exports, standard input."""

import io
import json

import pytest

from iamlab import World
from iamlab.storage.organization_export import organization_to_json
from iamlab.storage.saved_world import SecretsWarning
from tests.cli.calls import DETAILS, GET, MAP, QUESTIONS, travelling
from tests.cli.helpers import Result, Shell, one_line
from tests.operations.organizations.small_organization import DEV, MAIN, small_organization
from tests.policy.documents import allow, deny, document
from tests.storage.account_exports import MAPS, as_cli, export_of, filtered, hand_made

WORLD = ("--world", "world.json")
DEVELOPER = f"arn:aws:iam::{DEV}:user/dev"


def stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a text into standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


@pytest.fixture
def organized(shell: Shell) -> Shell:
    """The folder has an organization, and the accounts of it."""
    organization = small_organization()
    world = organization.management_account.world
    for account in world.accounts.values():
        account.create_user("dev").put_policy("all", document(allow("*")))
    guard = organization.create_policy("guard", document(deny("s3:*")))
    guard.attach(DEV)
    shell.write("organization.json", json.dumps(organization_to_json(organization)))
    for export, account in zip(world.to_account_details(), world.accounts, strict=True):
        shell.write(f"{account}.json", as_cli(export))
    return shell


def exported(*accounts: str) -> tuple[str, ...]:
    """Name the files of accounts as arguments."""
    return tuple(part for account in accounts for part in ("--account-details", f"{account}.json"))


@pytest.mark.parametrize(
    ("command", "form"),
    [(command, form) for command in QUESTIONS for form in ((), ("--json",), ("--csv",))],
)
def test_a_saved_world_answers_as_its_export(
    command: str, form: tuple[str, ...], shell: Shell
) -> None:
    """Saved by ``iamlab world`` or by Python, asked in each form."""
    assert shell("world", *DETAILS, "--output", "world.json").status == 0
    World.from_account_details(shell.folder / "account.json").save(shell.folder / "python.json")
    question = (*QUESTIONS[command], *form)

    wanted = shell(command, *DETAILS, *question)

    assert wanted.out
    assert shell(command, *WORLD, *question) == wanted
    assert shell(command, "--world", "python.json", *question) == wanted


@pytest.mark.parametrize("command", QUESTIONS)
def test_each_kind_of_file_may_be_standard_input(
    command: str, organized: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Account details, a saved world, an organization, the policy of a resource."""
    details = exported(DEV, MAIN)
    grant = document(allow("s3:GetObject", f"{MAPS}/*", Principal={"AWS": "*"}))
    files = {"--organization": "organization.json", "--resource-policy": f"{MAPS}=grant.json"}
    organized.write("grant.json", json.dumps(grant))
    beside = [part for item in files.items() for part in item]
    question = list(QUESTIONS[command])
    if "--principal" in question:
        question[1] = DEVELOPER
    organized("world", *details, *beside, "--output", "world.json")
    wanted = organized(command, *details, *beside, *question)

    def answer(file: str, *arguments: str) -> Result:
        stdin(monkeypatch, (organized.folder / file).read_text("utf-8"))
        return organized(command, *arguments, *question)

    assert wanted.status in (0, 1)
    assert answer("world.json", "--world", "-") == wanted
    assert answer(f"{MAIN}.json", *details[:3], "-", *beside) == wanted
    assert answer("organization.json", *details, "--organization", "-", *beside[2:]) == wanted
    assert answer("grant.json", *details, *beside[:2], "--resource-policy", f"{MAPS}=-") == wanted


def test_policies_of_the_organization_count(organized: Shell) -> None:
    """The SCP stops the developer of the member account, and nobody of the others."""
    whole = exported(MAIN, DEV, "333333333333")
    command = ("who-can", *whole, "--action", "s3:ListAllMyBuckets", "--resource", "*", "--json")

    def listed(*more: str) -> set[str]:
        result = organized(*command, *more)
        assert (result.status, result.err) == (0, "")
        return {load["principal"].split(":")[4] for load in json.loads(result.out)["allowed"]}

    assert listed() == {MAIN, DEV, "333333333333"}
    assert listed("--organization", "organization.json") == {MAIN, "333333333333"}


@pytest.mark.parametrize("command", QUESTIONS)
def test_notes_about_the_organization_go_to_stderr(command: str, organized: Shell) -> None:
    """An account of which there is no export is reported, today and from the saved world."""
    question = list(QUESTIONS[command])
    if "--principal" in question:
        question[1] = DEVELOPER
    source = (*exported(DEV), "--organization", "organization.json")
    result = organized(command, *source, *question)
    saving = organized("world", *source, "--output", "world.json")
    again = organized(command, *WORLD, *question)

    assert MAIN in result.err
    assert result.err.startswith("iamlab: warning: ")
    assert result.out
    assert saving.err == again.err == result.err


def test_holes_of_the_export_are_warned_of_from_the_saved_world(shell: Shell) -> None:
    """A world remembers what its files left open."""
    shell.write("account.json", as_cli(filtered(export_of(hand_made()), "User")))
    shell("world", *DETAILS, "--output", "world.json")

    assert "astronomers" in shell("who-can", *WORLD, *GET).err
    assert shell("who-can", *WORLD, *GET) == shell("who-can", *DETAILS, *GET)


def test_a_saved_world_has_no_secrets_even_of_one_that_had(shell: Shell) -> None:
    """What ``iamlab world`` writes can be given away."""
    world = travelling()
    user = next(iter(world.accounts[MAIN].users.values()))
    user.create_login_profile("Correct-Horse-1")
    with pytest.warns(SecretsWarning):
        world.save(shell.folder / "secret.json", secrets=True)
    result = shell("world", "--world", "secret.json", "--output", "world.json")

    assert (result.status, result.err) == (0, "")
    assert result.out == "1 account, 7 users, 0 groups, 0 roles\n"
    saved = json.loads((shell.folder / "world.json").read_text("utf-8"))
    assert saved["secrets"] is False
    assert "scrypt" not in json.dumps(saved)


def test_a_world_can_be_printed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """``iamlab world --output - | iamlab who-can --world -``."""
    printed = shell("world", *DETAILS, "--output", "-")
    stdin(monkeypatch, printed.out)

    assert (printed.status, printed.err) == (0, "")
    assert shell("who-can", "--world", "-", *GET) == shell("who-can", *DETAILS, *GET)


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no world": (("who-can", *GET), "--world --account-details"),
    "two worlds": (("who-can", *WORLD, *DETAILS, *GET), "--account-details"),
    "no name": (("who-can", "--world", "", *GET), "empty"),
    "no such world": (("who-can", "--world", "none.json", *GET), "none.json can't be read"),
    "a folder": (("who-can", "--world", ".", *GET), "can't be read"),
    "an export as world": (("who-can", "--world", "account.json", *GET), "isn't a saved world"),
    "a world as export": (
        ("who-can", "--account-details", "world.json", *GET),
        "get-account-authorization-details",
    ),
    "organization of a saved world": (
        ("who-can", *WORLD, "--organization", "o.json", *GET),
        "Use --organization with --account-details",
    ),
    "resource policy of a saved world": (
        ("who-can", *WORLD, "--resource-policy", f"{MAPS}=p.json", *GET),
        "Use --resource-policy with --account-details",
    ),
    "no such organization": (
        ("who-can", *DETAILS, "--organization", "none.json", *GET),
        "none.json can't be read",
    ),
    "an export as organization": (
        ("who-can", *DETAILS, "--organization", "account.json", *GET),
        "The organization can't be read: account.json",
    ),
    "standard input twice": (
        ("who-can", *DETAILS, "--organization", "-", "--resource-policy", f"{MAPS}=-", *GET),
        "read once",
    ),
    "two exports from standard input": (
        ("who-can", "--account-details", "-", "--account-details", "-", *GET),
        "read once",
    ),
    "nowhere to save": (("world", *DETAILS, "--output", "none/world.json"), "none"),
    "no name to save": (("world", *DETAILS, "--output", ""), "empty"),
    "address": (("who-can", *WORLD, *GET, "--ip", "300.1.1.1"), "isn't an address"),
    "empty address": (("who-can", *WORLD, *GET, "--ip", ""), "empty"),
    "no such endpoint": (("who-can", *WORLD, *GET, "--endpoint", "vpce-9"), "vpce-9"),
    "via": (("who-can", *WORLD, *GET, "--via", "athena"), "athena.amazonaws.com"),
    "tag without value": (("who-can", *WORLD, *GET, "--request-tag", "a"), "KEY=VALUE"),
    "tag twice": (
        ("who-can", *WORLD, *GET, "--request-tag", "a=1", "--request-tag", "a=2"),
        "duplicated",
    ),
    "source of those who are no services": (
        ("who-can", *WORLD, *GET, "--source-arn", MAP),
        "--source-arn",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_ends_with_2(
    case: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with where the world comes from, or how the call is made."""
    travelling().save(shell.folder / "world.json")
    stdin(monkeypatch, "{}")
    arguments, word = BAD[case]

    assert word in one_line(shell(*arguments))


HOSTILE: dict[str, str] = {
    "empty": "",
    "the name of a file": '"account.json"',
    "a number": "7",
    "a list of names": '["account.json"]',
    "a list of nothing": "[]",
    "deep": "[" * 100_000,
    "twice": '{"iamlab": "world", "iamlab": "world"}',
    "not a number": '{"UserDetailList": [NaN]}',
    "half a world": '{"iamlab": "world", "version": 1, "secrets": false',
    "a world of nothing": '{"iamlab": "world", "version": 1, "secrets": false}',
    "a strange version": '{"iamlab": "world", "version": "1\\u001b[31m"}',
    "lists of nulls": '{"UserDetailList": [null], "Policies": null, "Roots": [null]}',
}


@pytest.mark.parametrize("option", ["--world", "--account-details", "--organization"])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_one_line(
    case: str, option: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a file and in standard input; a text there is no path."""
    shell.write("hostile.json", HOSTILE[case])
    first = DETAILS if option == "--organization" else ()
    for file in ("hostile.json", "-"):
        stdin(monkeypatch, HOSTILE[case])
        line = one_line(shell("who-can", *first, option, file, *GET))
        assert line.rstrip("\n").isprintable()


@pytest.mark.parametrize("option", ["--world", "--account-details"])
def test_standard_input_that_is_not_a_text_is_one_line(
    option: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a name in the message, as files have."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bytes(range(256)))))

    line = one_line(shell("who-can", option, "-", *GET))

    assert line == "iamlab: standard input can't be read: it is not UTF-8 text.\n"


@pytest.mark.parametrize("command", ["audit", "report"])
def test_audit_and_report_take_a_saved_world(command: str, shell: Shell) -> None:
    """One that was exported is as its export; one that was built knows its credentials."""
    shell("world", *DETAILS, "--output", "world.json")
    day = ("--as-of", "2026-11-25")
    assert shell(command, *WORLD, *day) == shell(command, *DETAILS, *day)

    built = travelling()
    built.save(shell.folder / "built.json")
    account = built.accounts[MAIN]
    text = str(account.audit() if command == "audit" else account.security_status())
    assert text in shell(command, "--world", "built.json").out


def test_ages_in_a_built_world_count_to_its_own_day(shell: Shell) -> None:
    """It has a clock; ``--as-of`` says another day."""
    world = travelling()
    next(iter(world.accounts[MAIN].users.values())).create_access_key()
    world.clock.advance(days=100)
    world.save(shell.folder / "world.json")

    assert "is 100 days old" in shell("audit", *WORLD).out
    assert "is 200 days old" in shell("audit", *WORLD, "--as-of", "2027-06-13T09:00:00").out


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(shell: Shell) -> None:
    """Not the new file beside it, and without the number of the error."""
    (shell.folder / "folder").mkdir()
    for name, reason in (("nowhere/a.json", "No such file"), ("folder", "s a directory")):
        path = str(shell.folder / name)
        line = one_line(shell("world", *DETAILS, "--output", path))
        assert line.startswith(f"iamlab: {path}: ")
        assert reason in line


def test_a_quiz_takes_accounts_and_their_organization(
    organized: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question says that an SCP denies, and the command to look further has the same files."""
    stdin(monkeypatch, "A\n" * 30)
    files = (*exported(MAIN, DEV), "--organization", "organization.json")
    result = organized("quiz", *files, "--questions", "6", "--seed", "1")

    assert (result.status, "guard/#1 (service control policy" in result.out) == (0, True)
    command = "iamlab can --organization organization.json --account-details 111111111111.json"
    assert f"To look further: {command}" in " ".join(result.out.split())
