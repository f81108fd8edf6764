"""Callers of a lesson by name: users, roles, and sessions that are made when a question is asked.

A session is kept as the call that makes it. So a question asks it anew in each changed world, and
the answer can also be that the call itself is denied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from iamlab.engine.decision import Decision
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, ExerciseError, noted
from iamlab.model.credentials import INTERVAL, code_at, seed_of
from iamlab.model.network_locations import Network
from iamlab.teach.notation import arn_of, identity_arn, read_policy
from iamlab.teach.source_lines import FORMAT, find_named, need
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from iamlab.authorization.principal import Caller
    from iamlab.model.clock_and_ids import AnyClock
    from iamlab.operations.federation.saml_directory import SamlDirectory
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.world.account import Account
    from iamlab.world.identities import User

PASSWORD = "Correct-Horse-1"
"""The password of everybody who has one."""

Call = dict[str, Any]


def main_account(world: World) -> Account:
    """Return the first account, in which names are looked up first."""
    return next(iter(world.accounts.values()))


class LessonWorld(World):
    """A world in which sessions, keys and endpoints have names.

    Parameters
    ----------
    seed, clock
        As in ``World``.
    """

    def __init__(self, seed: int = 0, *, clock: AnyClock | None = None) -> None:
        super().__init__(seed, clock=clock)
        self.named: dict[str, str] = {}
        """The ARN of each resource that AWS gives an id instead of a name."""
        self.calls: dict[str, Call] = {}
        """The call that makes each session, by the session's name."""
        self.on_cards = True
        """Whether a card lists the statements that apply, those of organizations included."""

    def copy(self, *, at: datetime | None = None) -> Self:
        """Copy the world, with the names, also at another time."""
        twin = super().copy(at=at)
        twin.named = dict(self.named)
        twin.calls = {name: dict(call) for name, call in self.calls.items()}
        twin.on_cards = self.on_cards
        return twin

    def can(self, *request: Any, **more: Any) -> Decision:
        """Decide as ``World.can``; the caller can also be a name of the lesson's file."""
        if "principal" in more:
            request = (more.pop("principal"), *request)
        more = {key: value for key, value in more.items() if value is not None}
        if request and isinstance(request[0], str):
            return can_of(self, request[0])(*request[1:], **more)
        return super().can(*request, **more)

    main = property(main_account)


def can_of(world: World, name: str) -> Callable[..., Decision]:
    """Return ``can`` of one caller, for many questions while the world doesn't change.

    A session is made in a copy of the world. If it can't be made, each decision denies that.
    """
    calls = world.calls if isinstance(world, LessonWorld) else {}
    twin = world.copy() if name in calls else world
    own = ("root", *calls, *(account.name for account in world.accounts.values()))
    situation = read_circumstances(calls.get(name, {}).get("with", ""), main_account(world))
    try:
        caller = caller_of(twin, name) if name.partition("/")[0] in own else name
    except AccessDenied as error:
        if isinstance(denied := error.decision, Decision):
            return lambda *_, **__: denied
        raise
    return lambda *request, **more: World.can(twin, caller, *request, **(situation | more))


def caller_of(world: World, name: str) -> Caller:
    """Return the caller with a name; a session is made by its call, ``root`` is the root user.

    Raises
    ------
    AccessDenied
        The call is denied.
    """
    if not isinstance(world, LessonWorld):
        return name
    if name in world.calls:
        call = dict(world.calls[name])
        (operation,) = set(call) & set(_CALLS)
        return _session(world, name, operation, call.pop(operation), call)
    if name == "root":
        return main_account(world).root
    return name if name.endswith((ANONYMOUS, ".amazonaws.com")) else identity_arn(name, world.main)


def read_call(name: str, call: Call, account: Account) -> Call:
    """Return the call that makes a session, with its session policy as JSON.

    Raises
    ------
    ExerciseError
        The table of the session doesn't name one call.
    """
    if len(set(call) & set(_CALLS)) != 1:
        message = f"Session {name!r} needs one of {', '.join(_CALLS)}."
        raise noted(ExerciseError(message), "For example: {assume_role = 'auditor', by = 'carol'}")
    read_circumstances(call.get("with", ""), account)
    return {key: read_policy(own, account) if key == "policy" else own for key, own in call.items()}


_CALLS: dict[str, str] = FORMAT["calls"]


def _session(world: LessonWorld, name: str, operation: str, subject: str, more: Call) -> Caller:
    """Make a session; the subject is the role to assume, or the user who calls."""
    if operation == "caller":
        return caller_of(world, subject)
    has_role = operation.startswith("assume_role")
    by = need(more, "token" if "_with_" in operation else "by") if has_role else subject
    code = code_of(_user(world, by)) if more.get("mfa") else {}
    if operation == "console":
        user, mfa_code = _user(world, by), code.get("token_code")
        return world.sign_in(account=user.account, user=user, password=PASSWORD, mfa_code=mfa_code)
    if operation == "access_key":
        user = _user(world, by)
        return user.access_keys[0] if user.access_keys else user.create_access_key()
    parameters = {_CALLS[operation]: name} if _CALLS[operation] else {}
    if has_role:
        parameters["role_arn"] = identity_arn(subject, world.main)
    parameters |= {key: value for key, value in more.items() if key not in _OF_TABLE}
    if "_with_" in operation:
        provider, token = world.named[by.partition("/")[0]], credential_of(by, world.main)
        saml = {"principal_arn": provider, "saml_assertion": token}
        parameters |= saml if operation.endswith("saml") else {"web_identity_token": token}
    callers = () if "_with_" in operation else (caller_of(world, by),)
    session: Caller = getattr(world.sts, operation)(*callers, **code, **parameters)
    return session


_OF_TABLE = ("by", "mfa", "refused", "token", "with")
"""The keys of a session's table that aren't parameters of its call."""


def _user(world: LessonWorld, name: str) -> User:
    users = {user.arn: user for own in world.accounts.values() for user in own.users.values()}
    return find_named("user", identity_arn(name, world.main), users)


def code_of(user: User) -> Call:
    """Return the parameters with a code of the user's MFA device."""
    device, clock = user.mfa_devices[0], user.account.world.clock
    clock.advance(minutes=1)  # the codes that enabled the device can't be used again
    code = code_at(seed_of(user.account.world, device.record.number), clock.now)
    return {"serial_number": device.serial_number, "token_code": code}


def key_of(text: str, account: Account) -> AccessKey:
    """Return an access key by its place: ``bob/key-1``, ``root/key-1``.

    Raises
    ------
    ExerciseError
        There is no such key.
    """
    name = text.partition("/")[0]
    owner = find_named("user", name, {**account.users, "root": account.root})
    keys = {f"{name}/key-{number}": key for number, key in enumerate(owner.access_keys, 1)}
    return find_named("access key", text, keys)


def credential_of(text: str, account: Account) -> str:
    """Return the id of a key, a code of an MFA device, or a signed token; another text as it is.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("acme-main")
    >>> _ = main.create_user("bob").create_access_key()
    >>> _ = main.create_virtual_mfa_device("bob-phone")
    >>> credential_of("bob/key-1", main)[:4], len(credential_of("bob-phone/code-2", main))
    ('AKIA', 6)
    """
    name, _, what = text.partition("/")
    kind, _, number = what.partition("-")
    if kind == "key":
        return key_of(text, account).access_key_id
    if kind == "code":
        device = account.mfa_records[arn_of(f"mfa/{name}", account)]
        moment = account.world.clock.now + (int(number) - 1) * INTERVAL
        return code_at(seed_of(account.world, device.number), moment)
    twin = account.world.copy()  # the same text is always the same token
    if what and name == "directory":
        return directory_of(twin).sign_in(what)
    issuers = twin.oidc_issuers.items()
    return next((own.token(what) for url, own in issuers if what and name in url), text)


def directory_of(world: World) -> SamlDirectory:
    """Return the directory that a lesson's world has."""
    return next(iter(world.saml_directories.values()))


def read_circumstances(text: str, account: Account) -> dict[str, Any]:
    """Return further arguments of ``World.can`` from words such as ``ip=203.0.113.9``.

    A word with a colon is a condition key: ``aws:MultiFactorAuthPresent=true``. ``tag:`` begins a
    tag of the request. Several values are separated by commas.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("acme-main")
    >>> read_circumstances("region=eu-west-1 aws:MultiFactorAuthPresent=true", main)
    {'region': 'eu-west-1', 'context': {'aws:MultiFactorAuthPresent': 'true'}}
    """
    found: dict[str, Any] = {}
    network: dict[str, Any] = {}
    known = dict.fromkeys(FORMAT["world"]["network"], network)
    known |= dict.fromkeys(("via", "region", "source_arn"), found)
    for word in text.split():
        key, sign, value = word.partition("=")
        own: Any = value.split(",") if "," in value else value
        if not sign:
            raise ExerciseError(f"{word!r} isn't a circumstance. Write name=value.")
        if key.startswith("tag:"):
            found.setdefault("request_tags", {})[key.removeprefix("tag:")] = value
        elif ":" in key:
            found.setdefault("context", {})[key] = own
        else:
            where = find_named("circumstance", key, known)
            where[key] = arn_of(value, account) if key in ("endpoint", "source_arn") else own
    if network:
        found["network"] = Network(**network)
    return found
