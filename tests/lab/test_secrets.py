"""No secret is where it does not belong, whatever was made, used, asked, copied or refused.

A world is built in which everything that has a secret is made and used. All secrets that it ever
showed, or was given, are then looked for: in what the world holds, in what is written of it, in
copies and files, in errors and their tracebacks, in the log.
"""

import base64
import copy
import gc
import html
import json
import logging
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any
from urllib.parse import quote

import pytest

import iamlab
from iamlab import Decision, Layers, Policy, World, display
from iamlab.analysis.audit.audit import Audit
from iamlab.cloudtrail.event_fields import SECRETS
from iamlab.errors import IamLabError
from iamlab.lab.account import Account
from iamlab.operations import api_models as model
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.operations.registry import entries
from iamlab.operations.sts.session import Session
from tests.operations.iam.key_material import (
    CERTIFICATE,
    LONG_CERTIFICATE,
    PRIVATE_KEY,
    SSH_KEY,
    metadata,
    private_key,
)
from tests.policy.documents import allow, document, trust

ID = "111111111111"
PASSWORDS = tuple(
    f"Secret-{word}+Horse/<{word}>&9" for word in ("ana", "ben", "root", "new", "bad")
)
OF_ANA, OF_BEN, OF_ROOT, RENEWED, WRONG = PASSWORDS
PRIVATE_KEYS = (PRIVATE_KEY, *(private_key(2**250 * number) for number in (3, 5, 7)))
OF_SERVER, OF_PROVIDER, OF_UPDATE, REFUSED = PRIVATE_KEYS
WEAK = "weak-S3"
CODE_SERVICE, API_SERVICE = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
BUCKET = "arn:aws:s3:::star-maps"


@dataclass
class Made:
    """A world, what it showed once, and what it refused."""

    world: World
    account: Account
    secrets: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)  # the objects that have a secret
    failed: dict[str, BaseException] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)  # what each of these calls was given

    def learn(self, what: str, secret: str) -> None:
        """Keep a secret to look for; of a PEM block, what is in it."""
        lines = secret.splitlines()
        self.secrets[what] = lines[1] if len(lines) > 1 else secret

    def refuse(self, what: str, call: Callable[..., Any], *given: Any, **named: Any) -> None:
        """Do what fails, and keep the error."""
        self.given[what] = repr((given, named))
        try:
            call(*given, **named)
        except IamLabError as error:
            self.failed[what] = error
        else:
            pytest.fail(f"{what} was not refused")


@pytest.fixture(scope="module")
def made() -> Made:
    """A world like that, for all tests: none of them changes it but for its log."""
    return build()


def build() -> Made:
    """Make and use everything that has a secret."""
    world = World(seed=11)
    account = world.create_account("main", account_id=ID)
    found = Made(world, account)
    for what, secret in zip(("ana", "ben", "root", "new", "bad"), PASSWORDS, strict=True):
        found.learn(f"password {what}", secret)
    for number, secret in enumerate(PRIVATE_KEYS):
        found.learn(f"private key {number}", secret)
    found.learn("password weak", WEAK)
    for name in ("ana", "ben"):
        account.create_user(name).attach_policy("AdministratorAccess")
    make_keys(found)
    make_devices(found)
    make_passwords(found)
    make_sessions(found)
    make_credentials(found)
    make_certificates(found)
    ask(found)
    fail(found)
    return found


def make_keys(made: Made) -> None:
    """Access keys of a user and of the root user, by method and by call, and used."""
    account, world = made.account, made.world
    for who in (account.users["ana"], account.root):
        key = who.create_access_key()
        made.shown[f"access key of {who.user_name}"] = key
        made.learn(f"access key of {who.user_name}", key.secret_access_key)
        world.do(key, "s3:ListAllMyBuckets", "*")
        account.call("ListUsers", key)
    answered = account.call("CreateAccessKey", account.root_arn, UserName="ben")
    made.learn("access key by call", answered["AccessKey"]["SecretAccessKey"])


def make_devices(made: Made) -> None:
    """Virtual MFA devices of a user and of the root user, and one by call."""
    account = made.account
    for who in (account.users["ana"], account.root):
        phone = who.create_virtual_mfa_device(f"phone-of-{who.unique_id}")
        phone.enable()
        phone.resync()
        made.shown[f"phone of {who.user_name}"] = phone
        made.learn(f"MFA seed of {who.user_name}", phone.base32_string_seed)
    answered = account.call(
        "CreateVirtualMFADevice", account.root_arn, VirtualMFADeviceName="by-call"
    )
    made.learn("MFA seed by call", answered["VirtualMFADevice"]["Base32StringSeed"].decode())


def make_passwords(made: Made) -> None:
    """Passwords, set, used to sign in, changed, and used again."""
    account, world = made.account, made.world
    ana, ben = account.users["ana"], account.users["ben"]
    ana.create_login_profile(OF_ANA)
    ben.create_login_profile(OF_BEN, password_reset_required=True)
    account.root.create_login_profile(OF_ROOT)
    made.shown["session of ana"] = world.sign_in(
        user=ana, password=OF_ANA, mfa_code=made.shown["phone of ana"].code()
    )
    made.shown["session of root"] = world.sign_in(
        email=account.root.email,
        password=OF_ROOT,
        mfa_code=made.shown[f"phone of {ID}"].code(),
    )
    world.sign_in(user=ben, password=OF_BEN, new_password=RENEWED)
    ben.change_password(RENEWED, OF_BEN)
    ben.update_login_profile(password=RENEWED)
    account.call("GetLoginProfile", made.shown["session of ana"], UserName="ben")


def make_sessions(made: Made) -> None:
    """Sessions of roles, one asked for with the other, and used."""
    account, sts = made.account, made.world.sts
    ana = account.users["ana"]
    role = account.create_role("app", assume_role_policy_document=trust({"AWS": ID}))
    role.attach_policy("AdministratorAccess")
    session = sts.assume_role(ana, role_arn=role.arn, role_session_name="first")
    chained = sts.assume_role(session, role_arn=role.arn, role_session_name="second")
    for name, one in (("session", session), ("chained session", chained)):
        made.shown[name] = one
        made.learn(f"secret of {name}", one.secret_access_key)
        made.learn(f"token of {name}", one.session_token)
        account.call("ListRoles", one)
        made.world.do(one, "s3:GetObject", f"{BUCKET}/m31.fits")


def make_credentials(made: Made) -> None:
    """Service-specific credentials: a password and an API key, made, made anew, switched off."""
    account, ana = made.account, made.account.users["ana"]
    for service in (CODE_SERVICE, API_SERVICE):
        first = ana.create_service_specific_credential(service)
        again = ana.reset_service_specific_credential(first.service_specific_credential_id)
        ana.update_service_specific_credential(first.service_specific_credential_id, "Inactive")
        for when, one in (("first", first), ("again", again)):
            made.shown[f"{service} {when}"] = one
            made.learn(f"{service} {when}", one.password or "")
        answered = account.call(
            "CreateServiceSpecificCredential",
            account.root_arn,
            UserName="ben",
            ServiceName=service,
        )["ServiceSpecificCredential"]
        secret = answered.get("ServicePassword") or answered["ServiceCredentialSecret"]
        made.learn(f"{service} by call", secret)


def make_certificates(made: Made) -> None:
    """What has a private key of its own, and what has none."""
    account, ana = made.account, made.account.users["ana"]
    account.upload_server_certificate("maps", CERTIFICATE, OF_SERVER)
    provider = account.create_saml_provider(
        "corp", metadata(), assertion_encryption_mode="Required", add_private_key=OF_PROVIDER
    )
    provider.update(add_private_key=OF_UPDATE)
    ana.upload_signing_certificate(LONG_CERTIFICATE)
    ana.upload_ssh_public_key(SSH_KEY)


def ask(made: Made) -> None:
    """Whatever can be asked of an account is asked."""
    account = made.account
    account.credential_report()
    made.world.warnings.append("a file left something open")
    account.update_password_policy(minimum_password_length=14, password_reuse_prevention=5)
    account.create_bucket("star-maps")
    account.enable_outbound_web_identity_federation()
    made.world.create_organization(account).enable_aws_service_access("iam.amazonaws.com")
    account.users["ana"].put_policy("own", document(allow("s3:GetObject", f"{BUCKET}/*")))


def fail(made: Made) -> None:
    """Calls that are refused, each with a secret among its parameters."""
    account, world = made.account, made.world
    ana, root = account.users["ana"], account.root_arn
    zoe = account.create_user("zoe")
    phone, refuse = made.shown["phone of ana"], made.refuse
    sign_in, call = world.sign_in, account.call
    refuse("wrong password", sign_in, user=ana, password=WRONG)
    refuse("wrong password of root", sign_in, email=account.root.email, password=WRONG)
    refuse("password as name", sign_in, account=ID, user=WRONG, password=OF_ANA)
    refuse("password as address", sign_in, email=WRONG, password=OF_ROOT)
    refuse("password as account", sign_in, account=WRONG, user="ana", password=OF_ANA)
    refuse("no code", sign_in, user=ana, password=OF_ANA)
    refuse("seed as code", sign_in, user=ana, password=OF_ANA, mfa_code=phone.base32_string_seed)
    refuse("password as bytes", sign_in, user=ana, password=OF_ANA.encode())
    refuse("weak", ana.update_login_profile, password=WEAK)
    refuse("weak by call", call, "CreateLoginProfile", root, UserName="zoe", Password=WEAK)
    refuse("second profile", ana.create_login_profile, RENEWED)
    refuse("too long", ana.update_login_profile, password=WRONG * 40)
    refuse("not to be written", ana.update_login_profile, password=f"{WRONG}\0")
    refuse("a list", call, "UpdateLoginProfile", root, UserName="ana", Password=[WRONG])
    refuse("an unknown name", call, "UpdateLoginProfile", root, UserName="ana", Passphrase=WRONG)
    refuse("wrong old one", account.users["ben"].change_password, WRONG, OF_ANA)
    refuse("the same again", account.users["ben"].change_password, RENEWED, RENEWED)
    refuse("not allowed", call, "CreateAccessKey", zoe, UserName="ana")
    refuse(
        "change not allowed", call, "ChangePassword", zoe, OldPassword=WRONG, NewPassword=RENEWED
    )
    refuse("nobody", call, "CreateLoginProfile", root, UserName="yak", Password=OF_ANA)
    account.users["ben"].create_access_key()
    refuse("third key", call, "CreateAccessKey", root, UserName="ben")
    refuse("third key of ben", account.users["ben"].create_access_key)
    refuse("device twice", phone.enable)
    refuse(
        "seed as codes",
        ana.enable_mfa_device,
        f"arn:aws:iam::{ID}:mfa/by-call",
        phone.base32_string_seed,
        phone.base32_string_seed,
    )
    upload = account.upload_server_certificate
    refuse("certificate there", upload, "maps", CERTIFICATE, REFUSED)
    refuse("key is not closed", upload, "m2", CERTIFICATE, REFUSED.replace("-----END", "END"))
    refuse("key is too long", upload, "m3", CERTIFICATE, REFUSED * 200)
    refuse("certificate is none", upload, "m4", "none", REFUSED)
    saml = account.create_saml_provider
    refuse("provider there", saml, "corp", metadata(), add_private_key=REFUSED)
    refuse("its key is too long", saml, "corp2", metadata(), add_private_key=REFUSED * 200)
    refuse("its key has no form", saml, "corp3", metadata(), add_private_key=REFUSED[20:])
    [corp] = account.saml_providers.values()
    refuse("third key of provider", corp.update, add_private_key=REFUSED)
    session = made.shown["session"]
    refuse(
        "too short",
        world.sts.assume_role,
        session,
        role_arn=f"arn:aws:iam::{ID}:role/app",
        role_session_name="s1",
        duration_seconds=5,
    )
    refuse("session of nobody", call, "GetUser", session, UserName="yak")
    made.shown["access key of ana"].update("Inactive")
    refuse("inactive key", call, "ListUsers", made.shown["access key of ana"])


# -- the search -----------------------------------------------------------------------------------


def spellings(secret: str) -> set[str]:
    """Write a secret in all the ways in which it might stand in a text."""
    raw = secret.encode()
    return {
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        quote(secret, safe=""),
        quote(secret),
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        secret[::-1],
    }


def leaks(made: Made, text: str | bytes) -> list[str]:
    """Name the secrets that stand in a text."""
    shown = text if isinstance(text, str) else text.decode("latin-1")
    return [
        what
        for what, secret in made.secrets.items()
        if any(spelling in shown for spelling in spellings(secret))
    ]


NOT_ENTERED = (ModuleType, type, CodeType, FrameType, TracebackType, BuiltinFunctionType)


def parts(thing: Any) -> list[Any]:
    """Give what a thing holds; of a function not the module around it."""
    if isinstance(thing, NOT_ENTERED):
        return []
    if isinstance(thing, FunctionType):
        return [thing.__closure__, thing.__defaults__, thing.__kwdefaults__, thing.__dict__]
    if isinstance(thing, MethodType):
        return [thing.__self__]
    return gc.get_referents(thing)


def reachable(*things: Any) -> Iterator[Any]:
    """Give everything that can be reached from things, however deep it lies."""
    seen: set[int] = set()
    kept: list[Any] = []  # so that no id is given twice
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if id(thing) not in seen:
            seen.add(id(thing))
            kept.append(thing)
            yield thing
            waiting += parts(thing)


def texts_in(*things: Any) -> Iterator[str | bytes]:
    """Give every text that can be reached."""
    return (one for one in reachable(*things) if isinstance(one, str | bytes))


def held(made: Made, *things: Any) -> list[str]:
    """Name the secrets that can be reached from things."""
    every = [
        text if isinstance(text, str) else text.decode("latin-1") for text in texts_in(*things)
    ]
    return leaks(made, "\n".join(every))


def pickled(thing: Any) -> bytes:
    """Write a thing to a file, without what the engine remembers of questions."""
    for one in list(reachable(thing)):
        if isinstance(one, World):
            one.changed()
        elif isinstance(one, Policy):
            one.compiled.clear()
        elif isinstance(one, Layers):
            object.__setattr__(one, "compiled", None)
    return pickle.dumps(thing)


def everything(made: Made) -> dict[str, Any]:
    """Name all objects that somebody can get hold of: what is there, and what tells of it."""
    account, world = made.account, made.world
    found: dict[str, Any] = {"world": world, "account": account, "root": account.root}
    held_in = ("users", "groups", "roles", "policies", "buckets", "mfa_records")
    things = ("instance_profiles", "server_certificates", "saml_providers", "oidc_providers")
    for kind in (*held_in, *things):
        found |= {f"{kind} {name}": one for name, one in getattr(account, kind).items()}
    for who in (account.root, *account.users.values()):
        for number, one in enumerate((*who.access_keys, *who.mfa_devices)):
            found[f"{number} of {who.user_name}"] = one
        found[f"records of {who.user_name}"] = (who.key_records, who.login_profile)
    for user in account.users.values():
        found[f"summary of {user.name}"] = user.summary()
        found[f"certificates of {user.name}"] = list(user.signing_certificates.values())
        found[f"SSH keys of {user.name}"] = list(user.ssh_public_keys.values())
        held_now = user.service_specific_credentials.values()
        found |= {f"{one.user_name} for {one.service_name}": one for one in held_now}
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
    for way in ("_repr_html_", "to_json", "explain"):
        if hasattr(thing, way):
            yield str(getattr(thing, way)())
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
            given = {key: READS[key] for key in {*required, *optional}}
            found[name] = made.account.call(name, made.account.root_arn, **given)
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


@pytest.mark.parametrize("way", SPOILED)
def test_the_search_finds_each_secret_that_is_planted(made: Made, way: str) -> None:
    """Control: however it is written, by its name."""
    for what, secret in made.secrets.items():
        assert what in leaks(made, SPOILED[way](secret))


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
    showing = [what for what, one in made.shown.items() if held(made, one)]
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


@pytest.mark.parametrize("way", COPIES)
def test_no_copy_holds_a_secret(made: Made, way: str) -> None:
    """Not even one of an object that shows a secret; sessions refuse, and say why."""
    whole = {"world": made.world, "copy": made.world.copy(), "account": made.account}
    for what, thing in (whole | made.shown).items():
        if isinstance(thing, Session):
            with pytest.raises(TypeError, match="holds secrets"):
                COPIES[way](thing)
        else:
            assert held(made, COPIES[way](thing)) == [], what


def test_no_module_remembers_a_secret(made: Made) -> None:
    """No global of the package, and no cache of its functions."""
    modules = [one for name, one in sys.modules.items() if name.partition(".")[0] == "iamlab"]

    # What begins with __ or @ is Python's and pytest's, which know this test and what it made.
    globals_ = [
        {name: one for name, one in vars(module).items() if not name.startswith(("__", "@"))}
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


def test_no_event_holds_a_secret(made: Made) -> None:
    """As CloudTrail writes it, and as Python does; what was hidden has no name there either."""
    log = json.dumps([event.to_json() for event in made.world.events])
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
    assert {what: one for what, one in found.items() if held(made, one)} == {}
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
    """Give the part of a traceback that lies in the package."""
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
        told = traceback.TracebackException(type(error), error, inside(error), capture_locals=True)
        leaked = set(leaks(made, "".join(told.format())))
        shown += bool(leaked)
        assert leaked <= set(leaks(made, made.given[what])), what

    assert shown  # control: locals are looked at


def test_a_call_refused_without_secrets_shows_none_with_locals(made: Made) -> None:
    """Though keys, devices and sessions, which know theirs, are among the locals."""
    without = {what for what, given in made.given.items() if not leaks(made, given)}
    for what in without:
        error = made.failed[what]
        told = traceback.TracebackException(type(error), error, inside(error), capture_locals=True)
        assert leaks(made, "".join(told.format())) == [], what

    assert {"inactive key", "device twice", "third key", "too short"} <= without


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    """By ``logging``, whatever the level, or on the screen, while all this is done."""
    caplog.set_level(1)
    again = build()
    logging.getLogger("control").debug("control")

    assert [record.getMessage() for record in caplog.records] == ["control"]
    assert leaks(again, caplog.text) == []
    assert capfd.readouterr() == ("", "")
