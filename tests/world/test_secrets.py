"""No secret is where it does not belong, whatever was made, used, asked, copied or refused.

A world is built in which everything that has a secret is made and used. All secrets that it ever
showed, or was given, are then looked for: in what the world holds, in what is written of it, in
copies and files, in errors and their tracebacks, in the log.
"""

import base64
import copy
import html
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import (
    MappingProxyType,
    TracebackType,
)
from typing import Any
from urllib.parse import quote

import pytest

import iamlab
from iamlab import Decision, World, display
from iamlab.analysis.audit.audit import Audit
from iamlab.cloudtrail.event_fields import SECRETS
from iamlab.operations import api_models as model
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.registry import entries
from iamlab.operations.sts.session import Session
from tests.policy.documents import allow, document
from tests.world.secrets_in_worlds import (
    BUCKET,
    ID,
    OF_ANA,
    OF_BEN,
    WEAK,
    Made,
    build,
    held,
    leaks,
    pickled,
    texts_in,
)


@pytest.fixture(scope="module")
def made() -> Made:
    """A world like that, for all tests: none of them changes it but for its log."""
    return build()


# -- the search -----------------------------------------------------------------------------------


def everything(made: Made) -> dict[str, Any]:
    """Name all objects that somebody can get hold of: what is there, and what tells of it."""
    account, world = made.account, made.world
    found: dict[str, Any] = {"world": world, "account": account, "root": account.root}
    held_in = ("users", "groups", "roles", "policies", "buckets", "mfa_records")
    kinds = ("instance_profiles", "server_certificates", "saml_providers", "oidc_providers")
    for kind in (*held_in, *kinds):
        found |= {f"{kind} {name}": value for name, value in getattr(account, kind).items()}
    for who in (account.root, *account.users.values()):
        for number, access_key in enumerate((*who.access_keys, *who.mfa_devices)):
            found[f"{number} of {who.user_name}"] = access_key
        found[f"records of {who.user_name}"] = (who.key_records, who.login_profile)
    for user in account.users.values():
        found[f"summary of {user.name}"] = user.summary()
        found[f"certificates of {user.name}"] = list(user.signing_certificates.values())
        found[f"SSH keys of {user.name}"] = list(user.ssh_public_keys.values())
        held_now = user.service_specific_credentials.values()
        found |= {f"{item.user_name} for {item.service_name}": item for item in held_now}
    report = account.credential_report()
    found |= {
        "summary": account.summary(),
        "report": report,
        "rows": report.rows,
        "CSV": report.csv,
        "table": report.to_frame().to_string(),
        "status": account.security_status(),
        "recommendations": account.security_recommendations("ana"),
        "audit": account.audit(),
        "audit of report": account.audit(credential_report=report),
        "decision": world.can(account.users["ana"], "s3:GetObject", f"{BUCKET}/m31"),
        "differences": world.diff(World()),
        "events": world.events,
        "each event": list(world.events),
    }
    return found


def writings(thing: Any) -> Iterator[str | bytes]:
    """Write a thing down in all the ways that it knows."""
    yield repr(thing)
    yield str(thing)
    yield display.html(thing)
    for name in ("_repr_html_", "to_dict", "explain"):
        if hasattr(thing, name):
            yield str(getattr(thing, name)())
    if not isinstance(thing, Session | Audit | Decision):  # see the tests of files below
        yield pickled(thing)


READS = {
    "UserName": "ana",
    "RoleName": "app",
    "BucketName": "star-maps",
    "ServerCertificateName": "maps",
    "SAMLProviderArn": f"arn:aws:iam::{ID}:saml-provider/corp",
    "Arn": f"arn:aws:iam::{ID}:user/ana",
    "ServiceNamespaces": ["s3"],
}
"""Parameters with which operations that read can be asked."""


def answers(made: Made) -> dict[str, Any]:
    """Ask every operation that reads, and can be asked with these."""
    found = {}
    for name, entry in entries().items():
        required = model.signature(name).required
        if entry.is_read_only and set(required) <= set(READS):
            optional = {"UserName"} & set(model.signature(name).parameters)
            arguments = {key: READS[key] for key in {*required, *optional}}
            found[name] = made.account.call(name, made.account.root_arn, **arguments)
    key_id = made.shown["access key of ana"].access_key_id
    found["GetAccessKeyLastUsed"] = made.account.call(
        "GetAccessKeyLastUsed", made.account.root_arn, AccessKeyId=key_id
    )
    return found


# -- the secrets, and the search itself -----------------------------------------------------------


def test_every_kind_of_secret_is_looked_for(made: Made) -> None:
    """All are long enough to be found for certain, and the parameters that hide are all there."""
    assert len(made.secrets) == 26
    assert len(set(made.secrets.values())) == 26
    assert min(map(len, made.secrets.values())) >= len(WEAK)
    assert len(made.failed) > 30
    assert {"Password", "PrivateKey", "SecretAccessKey", "SessionToken"} <= SECRETS


SPOILED: dict[str, Callable[[str], Any]] = {
    "a text": lambda secret: f"it is {secret}.",
    "JSON": lambda secret: json.dumps({"a": [secret]}),
    "HTML": html.escape,
    "an address": lambda secret: f"https://x.example/?q={quote(secret, safe='')}",
    "Base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "a file": lambda secret: pickle.dumps([secret]),
    "bytes": lambda secret: secret.encode(),
}


@pytest.mark.parametrize("how", SPOILED)
def test_the_search_finds_each_secret_that_is_planted(made: Made, how: str) -> None:
    """Control: however it is written, by its name."""
    for what, secret in made.secrets.items():
        assert what in leaks(made, SPOILED[how](secret))


def test_the_search_enters_whatever_holds_something(made: Made) -> None:
    """Control: slots, closures, caches, methods, and the objects that are to show a secret."""
    secret = OF_ANA

    @lru_cache
    def cached(_: int) -> str:
        return "".join(secret)

    cached(1)
    box = MfaDevice(made.account, "serial", None, f"{secret}!")
    deep = {"a": [(box,)]}
    for thing in (deep, cached, lambda: secret, iter([secret]), box.code, MappingProxyType(deep)):
        assert held(made, thing) == ["password ana"]
    showing = [what for what, value in made.shown.items() if held(made, value)]
    assert [what for what in made.shown if what not in showing] == [
        *("session of ana", "session of root"),
        *("session", "chained session"),  # theirs follow from the seed whenever they are asked for
    ]


def test_a_planted_secret_is_found_in_a_world(made: Made) -> None:
    """Control: as a tag, as a warning, in an event, in a file."""
    for plant in (
        lambda world: world.warnings.append(OF_BEN),
        lambda world: world.user("ana").tags.update(note=OF_BEN),
        lambda world: world.events.append({"requestParameters": {"password": OF_BEN}}),
    ):
        spoiled = made.world.copy()
        plant(spoiled)
        assert held(made, spoiled) == ["password ben"]
        assert leaks(made, pickled(spoiled)) == ["password ben"]


# -- what is there --------------------------------------------------------------------------------


def test_the_world_holds_no_secret(made: Made) -> None:
    """Neither in its accounts nor in its log, in no attribute of anything in it."""
    assert "ana" in set(texts_in(made.world))
    assert held(made, made.world) == []


COPIES: dict[str, Callable[[Any], Any]] = {
    "copied": copy.copy,
    "deeply copied": copy.deepcopy,
    "from a file": lambda thing: pickle.loads(pickled(thing)),  # noqa: S301 - our own
}


def asked() -> World:
    """Make a world that was asked something."""
    world = World(seed=1)
    ana = world.create_account("main").create_user("ana")
    ana.put_policy("read", document(allow("s3:GetObject", f"{BUCKET}/*")))
    world.can(ana, "s3:GetObject", f"{BUCKET}/m31")
    return world


WITHOUT_SECRETS: dict[str, Callable[[World], Any]] = {
    "a world that was asked something": lambda world: world,
    "an audit": lambda world: world.account("main").audit(),
    "a decision": lambda world: world.can(world.user("ana"), "s3:GetObject", BUCKET),
}


@pytest.mark.parametrize("what", WITHOUT_SECRETS)
def test_what_holds_no_secret_can_be_written_to_a_file(what: str) -> None:
    """As the same world can before it is asked; only what holds secrets refuses."""
    thing = WITHOUT_SECRETS[what](asked())

    assert str(pickle.loads(pickle.dumps(thing))) == str(thing)  # noqa: S301 - our own


@pytest.mark.parametrize("how", COPIES)
def test_no_copy_holds_a_secret(made: Made, how: str) -> None:
    """Not even one of an object that shows a secret; sessions refuse, and say why."""
    whole = {"world": made.world, "copy": made.world.copy(), "account": made.account}
    for what, thing in (whole | made.shown).items():
        if isinstance(thing, Session):
            with pytest.raises(TypeError, match="contains secrets"):
                COPIES[how](thing)
        else:
            assert held(made, COPIES[how](thing)) == [], what


@pytest.mark.slow
def test_no_module_remembers_a_secret(made: Made) -> None:
    """No global of the package, and no cache of its functions."""
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "iamlab"]

    # What begins with __ or @ is Python's and pytest's, which know this test and what it made.
    globals_ = [
        {name: var for name, var in vars(module).items() if not name.startswith(("__", "@"))}
        for module in modules
    ]

    assert len(modules) > 50
    assert held(made, *globals_) == []


# -- what is written ------------------------------------------------------------------------------


def test_nothing_that_is_written_of_anything_holds_a_secret(made: Made) -> None:
    """As text, as HTML, as JSON, in a file; of the objects that show secrets too."""
    found = {
        what: leaks(made, text)
        for what, thing in (everything(made) | made.shown).items()
        for text in writings(thing)
        if leaks(made, text)
    }

    assert found == {}
    assert len(everything(made)) > 35


def test_credentials_that_end_a_cell_are_not_shown() -> None:
    """A notebook shows the last value of a cell, and is then given to others."""
    world = World(seed=7)
    account = world.create_account("acme", account_id=ID)
    account.create_user("ana").attach_policy("AdministratorAccess")
    session = world.sts.get_session_token(account.users["ana"])
    token = world.create_oidc_issuer("https://id.acme.example").token("ana")
    secrets = session.secret_access_key, session.session_token, str(token)
    shown = [repr(item) for item in (session, session.credentials, [session.credentials], token)]

    assert [secret for secret in secrets for text in shown if secret in text] == []
    assert session.credentials["SecretAccessKey"] == secrets[0]
    assert json.loads(json.dumps(token)) == secrets[2]
    assert token.count(".") == 2


def test_no_event_holds_a_secret(made: Made) -> None:
    """As CloudTrail writes it, and as Python does; what was hidden has no name there either."""
    log = json.dumps([event.to_dict() for event in made.world.events])
    names = {f'"{name[:1].lower()}{name[1:]}"' for name in SECRETS}

    assert leaks(made, log + repr(list(made.world.events))) == []
    assert [name for name in names if name in log] == []
    logged = {event.event_name for event in made.world.events if event.error_code}
    assert {"UpdateLoginProfile", "UploadServerCertificate", "CreateSAMLProvider"} <= logged
    assert {"AssumeRole", "ConsoleLogin", "ChangePassword"} <= {
        event.event_name for event in made.world.events
    }


def test_no_answer_of_an_operation_that_reads_holds_a_secret(made: Made) -> None:
    """The export of all details and the credential report among them."""
    found = answers(made)

    assert {"GetAccountAuthorizationDetails", "GetCredentialReport", "ListAccessKeys"} <= set(found)
    assert len(found) > 30
    assert {what: value for what, value in found.items() if held(made, value)} == {}
    assert leaks(made, json.dumps(found, default=str)) == []
    assert b"ana" in found["GetCredentialReport"]["Content"]


# -- what went wrong ------------------------------------------------------------------------------


def test_no_error_tells_a_secret(made: Made) -> None:
    """Neither in its sentence nor in its notes, nor in anything that it holds."""
    found = {
        what: leaks(made, f"{error} {error!r} {vars(error)}") + held(made, error.args, vars(error))
        for what, error in made.failed.items()
    }

    assert {what: leaked for what, leaked in found.items() if leaked} == {}


def inside(error: BaseException) -> TracebackType | None:
    """Return the part of a traceback that is in the package."""
    step = error.__traceback__
    while step is not None and PACKAGE not in Path(step.tb_frame.f_code.co_filename).parents:
        step = step.tb_next
    return step


PACKAGE = Path(iamlab.__file__).parent


def test_no_traceback_tells_a_secret(made: Made) -> None:
    """From the place where the package was called; with causes, contexts and notes."""
    found = {}
    for what, error in made.failed.items():
        step = inside(error)
        text = "".join(traceback.format_exception(type(error), error, step))
        assert "iamlab" in text
        found[what] = leaks(made, text)

    assert {what: leaked for what, leaked in found.items() if leaked} == {}


def test_a_traceback_with_locals_tells_only_what_its_own_call_was_given(made: Made) -> None:
    """Python shows a call's parameters there; no secret comes to light that was not among them."""
    shown = 0
    for what, error in made.failed.items():
        text = traceback.TracebackException(type(error), error, inside(error), capture_locals=True)
        leaked = set(leaks(made, "".join(text.format())))
        shown += bool(leaked)
        assert leaked <= set(leaks(made, made.parameters[what])), what

    assert shown  # control: locals are looked at


def test_a_call_refused_without_secrets_shows_none_with_locals(made: Made) -> None:
    """Though keys, devices and sessions, which know theirs, are among the locals."""
    without = {what for what, arguments in made.parameters.items() if not leaks(made, arguments)}
    for what in without:
        error = made.failed[what]
        shown = traceback.TracebackException(type(error), error, inside(error), capture_locals=True)
        assert leaks(made, "".join(shown.format())) == [], what

    assert {"inactive key", "device twice", "third key", "too short"} <= without


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    """By ``logging``, whatever the level, or on the screen, while all this is done."""
    caplog.set_level(1)
    again = build()
    logging.getLogger("control").debug("control")

    assert [record.getMessage() for record in caplog.records] == ["control"]
    assert leaks(again, caplog.text) == []
    assert capfd.readouterr() == ("", "")
