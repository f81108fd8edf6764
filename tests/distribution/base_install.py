"""Run by the Python of a base install: what works there, and the errors of what needs an extra.

It prints where iamlab is, and which packages of extras are there.
"""

# ruff: noqa: T201 - a test reads what this script prints

import contextlib
import io
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import iamlab
from iamlab import World
from iamlab.cli.main import main
from iamlab.engine.decision import Decision
from iamlab.errors.ec2 import UnauthorizedOperation
from iamlab.exam import knowledge
from iamlab.exam.exports import export
from iamlab.extras import EXTRAS
from iamlab.model.user_credentials import PublicKey, certificates, private_key
from iamlab.teach import exercise, scenario
from iamlab.teach.scenarios import MAP
from iamlab.world.identities import User

INSTALL = "Install it with: python -m pip install"


def command(*arguments: str) -> None:
    """Run a command, which writes one line and exits with 2, and raise what it says."""
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors):
        status = main(arguments)
    assert status == 2, (arguments, status)
    [line] = errors.getvalue().splitlines()
    raise ModuleNotFoundError(line.removeprefix("iamlab: "))


def people() -> tuple[World, User, World, Decision]:
    """Make a world with Ana, who can do nothing, and one where Dana is denied."""
    world, groups = World(seed=7), scenario("groups")
    ana = world.create_account("main", account_id="111111111111").create_user("ana")
    ana.create_access_key()
    return world, ana, groups, groups.can(groups.user("dana"), "s3:DeleteObject", MAP)


def needs_nothing() -> None:
    """Decide, draw, make a session, and deny a call with an encoded message."""
    world, ana, _, decision = people()
    assert decision.show().svg().startswith(b"<?xml")
    assert world.sts.get_session_token(ana).arn == ana.arn
    with contextlib.suppress(UnauthorizedOperation):
        ana.account.call("ec2:RunInstances", ana, ImageId="ami-12345678", MinCount=1, MaxCount=1)
        sys.exit("EC2 allowed a call of somebody without policies.")


def uses() -> dict[str, list[Callable[[], object]]]:
    """Return what needs an extra, in Python and on the command line."""
    world, ana, groups, decision = people()
    return {
        "federation": [
            lambda: PublicKey.read("ssh-rsa AAAA"),
            lambda: certificates("-----BEGIN CERTIFICATE-----"),
            lambda: private_key("-----BEGIN PRIVATE KEY-----"),
            lambda: world.create_saml_directory().metadata(),
            lambda: world.create_oidc_issuer("https://login.example").token("ana"),
        ],
        "figures": [
            decision.to_frame,
            lambda: decision.show().table,
            lambda: decision.show().graph,
            lambda: decision.show().drawing,
            lambda: groups.reach().graph(),
        ],
        "lab": [
            lambda: exercise("0.1")._ipython_display_(),
            lambda: iamlab.lab(groups)._ipython_display_(),
            lambda: command("lab", "lessons"),
            lambda: command("classroom", "solved", "08"),
        ],
        "clients": [
            lambda: world.boto3_session(ana),
            lambda: command("serve", "demo/world.json"),
        ],
        "exam": [
            *(
                lambda ending=ending: export(knowledge(3), f"quiz.{ending}", title="Quiz")
                for ending in ("xml", "zip", "apkg", "pdf")
            ),
            lambda: command("exam", "--export", "exam.pdf"),
        ],
    }


def needs_extras() -> None:
    """Use each, and read the error."""
    for extra, functions in uses().items():
        for number, use in enumerate(functions):
            try:
                use()
            except ModuleNotFoundError as error:
                text = str(error)
            else:
                text = "nothing is missing"
            if not text.endswith(f' isn\'t installed. {INSTALL} "iamlab[{extra}]"'):
                sys.exit(f"{extra} {number}: {text}")


if __name__ == "__main__":
    needs_nothing()
    needs_extras()
    print(Path(iamlab.__file__).parent)
    print(*sorted(name for names in EXTRAS.values() for name in names if find_spec(name)))
