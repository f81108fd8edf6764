"""``iamlab share``: a puzzle is the same wherever it is opened, has no secrets and does no harm."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython import display

from iamlab import World
from iamlab.distribution import share
from iamlab.distribution.share import LONGEST_LINK, Puzzle, pack, puzzle
from iamlab.errors import AwsError, IamLabError, LoadError
from iamlab.operations.registry import entries
from iamlab.storage.saved_world import world_to_json
from iamlab.teach.scenarios import known_scenarios, scenario
from tests.cli.helpers import Shell, one_line
from tests.effort import first_now
from tests.operations.iam.random_calls import Chance, outcome, start
from tests.world.secrets_in_worlds import BUCKET, build, leaks

QUESTION = "dana s3:DeleteObject star-maps/m31.fits"
HOME = "https://iamlab-course.github.io/iamlab/"


def packed(content: object) -> str:
    """Pack anything as a puzzle is packed."""
    return urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).decode().rstrip("=")


def unpacked(text: str) -> dict[str, Any]:
    """Return what is in a puzzle."""
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    found: dict[str, Any] = json.loads(zlib.decompress(data))
    return found


def code_of(link: str) -> str:
    """Return the code that a link runs."""
    (code,) = parse_qs(urlsplit(link).fragment)["code"]
    return code


def run(code: str) -> Puzzle:
    """Run the code of a link or of a notebook, whose last line is a value."""
    first, last = code.split("\n")
    names: dict[str, Any] = {}
    exec(first, names)  # noqa: S102 - what the package has written
    found: Puzzle = eval(last, names)  # noqa: S307 - the same
    return found


# -- the same puzzle ------------------------------------------------------------------------------


@given(st.sampled_from(sorted(known_scenarios())), st.sampled_from(["s3:GetObject", "iam:GetUser"]))
def test_a_puzzle_has_the_world_and_the_verdict_that_were_packed(name: str, action: str) -> None:
    """For each world of the lessons."""
    world = scenario(name)
    user = next(
        (own for account in world.accounts.values() for own in account.users.values()), None
    )
    caller = user.arn if user else world.main.root_arn
    found = puzzle(pack(world, f"{caller} {action} * with aws:PrincipalTag/team=sky"))

    expected = world.can(caller, action, "*", context={"aws:PrincipalTag/team": "sky"})
    assert found.decision.to_dict() == expected.to_dict()
    assert world_to_json(found.world)["accounts"] == world_to_json(world)["accounts"]


@pytest.mark.parametrize("seed", first_now(range(8), 1))
def test_whatever_a_world_has_come_to_can_be_shared(seed: int) -> None:
    """After calls of IAM's API by chance."""
    account = start(seed)
    chance = Chance(seed, account)
    every = [name for name in sorted(entries()) if ":" not in name]  # those of IAM
    for _ in range(100):
        operation = chance.draw.choice(every)
        outcome(account, operation, chance.parameters(operation))
    for caller in (account.root_arn, *(user.arn for user in account.users.values())):
        found = puzzle(pack(account.world, f"{caller} s3:GetObject arn:aws:s3:::b/a"))
        expected = account.world.can(caller, "s3:GetObject", "arn:aws:s3:::b/a")
        assert found.decision.to_dict() == expected.to_dict()


def test_the_link_runs_one_import_and_one_call_in_the_browser(shell: Shell) -> None:
    """What is after the # stays there: no server sees the world."""
    result = shell("share", "groups", "--question", QUESTION)
    link = result.out.removesuffix("\n")
    address = urlsplit(link)

    assert (result.status, result.err) == (0, "")
    assert link.startswith(f"{HOME}lite/repl/index.html#")
    assert address.query == ""
    assert len(link) <= LONGEST_LINK
    assert parse_qs(address.fragment)["kernel"] == ["python"]
    found = run(code_of(link))
    assert str(found.decision) == "✕ explicit deny by guard/KeepMaps"
    assert repr(found) == (
        "Does AWS allow this request? dana: s3:DeleteObject on star-maps/m31.fits"
    )


def test_circumstances_are_part_of_the_question(shell: Shell) -> None:
    """As in the exercises of lessons."""
    question = "dana s3:GetObject star-maps/m31.fits with ip=203.0.113.9 aws:SecureTransport=false"
    found = run(code_of(shell("share", "groups", "--question", question).out.strip()))

    assert found.decision.request.value("aws:SourceIp") == "203.0.113.9"
    assert found.decision.request.value("aws:SecureTransport") == "false"


def test_a_saved_world_can_be_shared(shell: Shell) -> None:
    """By its file, whose name isn't in the link."""
    shell("demo")
    result = shell("share", "demo/world.json", "--question", QUESTION)

    assert str(run(code_of(result.out.strip())).decision) == "✕ explicit deny by guard/KeepMaps"
    assert "demo" not in result.out


def test_the_site_of_a_school_can_be_named(shell: Shell) -> None:
    """With and without the last slash."""
    for site in ("http://localhost:8000/lite", "http://localhost:8000/lite/"):
        link = shell("share", "groups", "--question", QUESTION, "--site", site).out
        assert link.startswith("http://localhost:8000/lite/repl/index.html#kernel=python&")
    for bad in ("lite", "file:///lite", "javascript:alert(1)", "https://a/?b", "https://a/#b"):
        text = one_line(shell("share", "groups", "--question", QUESTION, "--site", bad))
        assert "write an address such as https://" in text


def test_a_world_too_large_for_a_link_becomes_a_notebook(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says the same, and doesn't overwrite anything."""
    question = ("--question", QUESTION)
    assert shell("share", "groups", *question, "--output", "wanted.ipynb").status == 0
    assert (shell.folder / "wanted.ipynb").exists()
    monkeypatch.setattr(share, "LONGEST_LINK", 1000)
    result = shell("share", "groups", *question)
    notebook = nbformat.read(shell.folder / "puzzle.ipynb", as_version=4)  # type: ignore[no-untyped-call]

    assert result.out.startswith("puzzle.ipynb\n")
    nbformat.validate(notebook)
    assert str(run(notebook.cells[-1].source).decision) == "✕ explicit deny by guard/KeepMaps"
    assert "already exists" in one_line(shell("share", "groups", *question))


def test_the_verdict_is_shown_after_the_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    """At first: the request, the policies that apply, and the picture of the world."""
    shown: list[Any] = []
    monkeypatch.setattr(display, "display", lambda *values: shown.extend(values))
    puzzle(pack(scenario("groups"), QUESTION))._ipython_display_()
    card, picture, graph = shown
    html = str(card.parts())

    assert "dana" in picture.alt
    assert "s3:DeleteObject" in html
    assert "KeepMaps" in html
    assert "Denied by" not in html
    assert not graph.is_open
    card.set("answer", "denied")
    card.set("confidence", "certain")
    card.press("reveal")
    assert "✕" in str(card.parts())
    assert "KeepMaps" in graph.value.alt


# -- secrets --------------------------------------------------------------------------------------


def test_no_secret_is_in_a_puzzle(shell: Shell) -> None:
    """Of a world with a secret of every kind, saved with them; the command says so."""
    made = build()
    with pytest.warns(UserWarning, match="contains secrets"):
        made.world.save(shell.folder / "secret.json", secrets=True)
    result = shell("share", "secret.json", "--question", f"ana s3:GetObject {BUCKET}/m31")
    text = pack(made.world, f"ana s3:GetObject {BUCKET}/m31")

    assert "The world has secrets. The puzzle doesn't have them." in result.err
    assert text in result.out
    assert leaks(made, json.dumps(unpacked(text))) == []
    assert unpacked(text)["world"]["secrets"] is False
    assert unpacked(text)["world"]["events"] == []


def test_a_world_without_secrets_needs_no_warning(shell: Shell) -> None:
    """Such as those of the lessons."""
    assert shell("share", "groups", "--question", QUESTION).err == ""


def test_who_shares_a_real_account_is_warned(shell: Shell) -> None:
    """Its names and policies are in the link."""
    shell("world", "--account-details", "account.json", "--output", "world.json")
    caller = next(iter(World.load(shell.folder / "world.json").accounts.values())).root_arn
    result = shell("share", "world.json", "--question", f"{caller} s3:GetObject *")

    assert result.status == 0
    assert "Anybody can read the names and policies" in result.err


# -- puzzles of others ----------------------------------------------------------------------------


@given(st.one_of(st.text(), st.binary().map(lambda data: urlsafe_b64encode(data).decode())))
def test_any_text_is_a_puzzle_or_refused(text: str) -> None:
    """With one error."""
    with pytest.raises(LoadError):
        puzzle(text)


WORLD = unpacked(pack(scenario("groups"), QUESTION))["world"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda own: st.lists(own, max_size=3) | st.dictionaries(st.text(max_size=8), own, max_size=3),
    max_leaves=6,
)


@given(VALUES, VALUES, VALUES)
def test_a_puzzle_of_other_values_is_refused(version: Any, world: Any, question: Any) -> None:
    """Whatever is in place of what: an error of iamlab, never another one."""
    for content in (
        {"puzzle": version, "world": world, "question": question},
        {"puzzle": 1, "world": world, "question": QUESTION},
        {"puzzle": 1, "world": {**WORLD, "accounts": world}, "question": QUESTION},
        {"puzzle": 1, "world": WORLD, "question": question},
        {"puzzle": 1, "world": WORLD, "question": f"dana s3:GetObject * with {question}={world}"},
    ):
        try:
            found = puzzle(packed(content))
        except (IamLabError, AwsError):
            continue
        assert isinstance(found, Puzzle)


def test_a_part_of_a_puzzle_is_refused_with_what_to_do() -> None:
    """Some program cut the link."""
    text = pack(scenario("groups"), QUESTION)
    for length in (0, 1, 2, len(text) // 2, len(text) - 12):
        with pytest.raises(LoadError, match="Copy the whole link again"):
            puzzle(text[:length])


def test_a_puzzle_that_grows_without_end_stops_at_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few kilobytes would be gigabytes; and lists in lists would have no end."""
    text = pack(scenario("groups"), QUESTION)
    nested = urlsafe_b64encode(zlib.compress(b"[" * 1_000_000)).decode()
    monkeypatch.setattr(share, "LARGEST", len(json.dumps(unpacked(text))) - 1000)

    with pytest.raises(LoadError, match="too large"):
        puzzle(text)
    monkeypatch.undo()
    assert puzzle(text)
    with pytest.raises(LoadError, match="too large"):
        puzzle(nested)


def test_what_cannot_be_asked_is_said_before_it_is_shared(shell: Shell) -> None:
    """On one line, and nothing is written."""
    for world, question, words in (
        ("groups", "dana s3:DeleteObject", "Write: caller action resource."),
        ("groups", "zoe s3:GetObject star-maps/m31.fits", "isn't a caller"),
        ("groups", "dana s3:GetObject moon-maps", "There is no resource"),
        ("groups", "dana s3:GetObject * with ip", "isn't a circumstance"),
        ("nowhere", QUESTION, "There is no world 'nowhere'. Name a file"),
        ("groupz", QUESTION, "Did you mean group or groups"),
        ("nowhere.json", QUESTION, "can't be read"),
        ("account.json", QUESTION, "isn't a saved world"),
    ):
        text = one_line(shell("share", world, "--question", question, "--output", "p.ipynb"))
        assert words in text
    assert not (shell.folder / "p.ipynb").exists()


def test_an_empty_world_has_no_puzzle() -> None:
    """Nobody can be asked about."""
    with pytest.raises(LoadError, match="has no account"):
        puzzle(pack(World(seed=7), QUESTION))
