"""A world with a secret of every kind, and the search for secrets in whatever comes of it."""

from __future__ import annotations

import base64
import gc
import html
import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from iamlab import Layers, Policy, World
from iamlab.errors import IamLabError
from tests.operations.iam.key_material import (
    CERTIFICATE,
    LONG_CERTIFICATE,
    PRIVATE_KEY,
    SSH_KEY,
    metadata,
    private_key,
)
from tests.policy.documents import allow, document, trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.world.account import Account

ID = "111111111111"

PASSWORDS = tuple(
    f"Secret-{word}+Horse/<{word}>&9" for word in ("ana", "ben", "root", "new", "bad")
)

PRIVATE_KEYS = (PRIVATE_KEY, *(private_key(2**250 * number) for number in (3, 5, 7)))

WEAK = "weak-S3"

BUCKET = "arn:aws:s3:::star-maps"


@dataclass
class Made:
    """A world, what it showed once, and what it refused."""

    world: World
    account: Account
    secrets: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Any] = field(default_factory=dict)  # the objects that have a secret
    failed: dict[str, BaseException] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)  # what each of these calls was given

    def learn(self, what: str, secret: str) -> None:
        """Keep a secret to look for; of a PEM block, what is in it."""
        lines = secret.splitlines()
        self.secrets[what] = lines[1] if len(lines) > 1 else secret

    def refuse(self, what: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Do what fails, and keep the error."""
        self.parameters[what] = repr((arguments, named))
        try:
            call(*arguments, **named)
        except IamLabError as error:
            self.failed[what] = error
        else:
            pytest.fail(f"{what} was not refused")


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
    for name, item in (("session", session), ("chained session", chained)):
        made.shown[name] = item
        made.learn(f"secret of {name}", item.secret_access_key)
        made.learn(f"token of {name}", item.session_token)
        account.call("ListRoles", item)
        made.world.do(item, "s3:GetObject", f"{BUCKET}/m31.fits")


def make_credentials(made: Made) -> None:
    """Service-specific credentials: a password and an API key, made, made anew, switched off."""
    account, ana = made.account, made.account.users["ana"]
    for service in (CODE_SERVICE, API_SERVICE):
        first = ana.create_service_specific_credential(service)
        again = ana.reset_service_specific_credential(first.service_specific_credential_id)
        ana.update_service_specific_credential(first.service_specific_credential_id, "Inactive")
        for when, item in (("first", first), ("again", again)):
            made.shown[f"{service} {when}"] = item
            made.learn(f"{service} {when}", item.password or "")
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


def spellings(secret: str) -> set[str]:
    """Write a secret in all the ways in which it might are in a text."""
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
    """Name the secrets that are in a text."""
    shown = text if isinstance(text, str) else text.decode("latin-1")
    return [
        what
        for what, secret in made.secrets.items()
        if any(spelling in shown for spelling in spellings(secret))
    ]


NOT_ENTERED = (ModuleType, type, CodeType, FrameType, TracebackType, BuiltinFunctionType)


def parts(thing: Any) -> list[Any]:
    """Return what a thing holds; of a function not the module around it."""
    if isinstance(thing, NOT_ENTERED):
        return []
    if isinstance(thing, FunctionType):
        return [thing.__closure__, thing.__defaults__, thing.__kwdefaults__, thing.__dict__]
    if isinstance(thing, MethodType):
        return [thing.__self__]
    return gc.get_referents(thing)


def reachable(*roots: Any) -> Iterator[Any]:
    """Yield everything that can be reached from some objects, at any depth."""
    seen: set[int] = set()
    kept: list[Any] = []  # so that no id is given twice
    waiting = list(roots)
    while waiting:
        thing = waiting.pop()
        if id(thing) not in seen:
            seen.add(id(thing))
            kept.append(thing)
            yield thing
            waiting += parts(thing)


def texts_in(*roots: Any) -> Iterator[str | bytes]:
    """Yield every text that can be reached."""
    return (item for item in reachable(*roots) if isinstance(item, str | bytes))


def held(made: Made, *roots: Any) -> list[str]:
    """Name the secrets that can be reached from things."""
    every = [text if isinstance(text, str) else text.decode("latin-1") for text in texts_in(*roots)]
    return leaks(made, "\n".join(every))


def pickled(thing: Any) -> bytes:
    """Write a thing to a file, without what the engine remembers of questions."""
    for item in list(reachable(thing)):
        if isinstance(item, World):
            item.changed()
        elif isinstance(item, Policy):
            item.compiled.clear()
        elif isinstance(item, Layers):
            object.__setattr__(item, "compiled", None)
    return pickle.dumps(thing)


OF_ANA, OF_BEN, OF_ROOT, RENEWED, WRONG = PASSWORDS

OF_SERVER, OF_PROVIDER, OF_UPDATE, REFUSED = PRIVATE_KEYS

CODE_SERVICE, API_SERVICE = "codecommit.amazonaws.com", "bedrock.amazonaws.com"
