"""Callers of a lesson by name: users, roles, and sessions that are made when a question is asked.

A session is kept as the call that makes it. So a question asks it anew in each changed world, and
the answer can also be that the call itself is denied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from iamlab.engine.decision import Decision
from iamlab.errors import AccessDenied, ExerciseError, did_you_mean, noted
from iamlab.model.credentials import INTERVAL, code_at, seed_of
from iamlab.model.network_locations import Circumstances, Network
from iamlab.teach.notation import arn_of, identity_arn, read_policy
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from iamlab.authorization.principal import Caller
    from iamlab.model.clock_and_ids import AnyClock
    from iamlab.operations.iam.credentials import AccessKey
    from iamlab.world.account import Account
    from iamlab.world.identities import User

PASSWORD = "Correct-Horse-1"
"""The password of everybody who has one."""

Call = dict[str, Any]


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

    def copy(self, *, at: datetime | None = None) -> Self:
        """Copy the world, with the names, also at another time."""
        twin = super().copy(at=at)
        twin.named, twin.calls = dict(self.named), dict(self.calls)
        return twin

    @property
    def main(self) -> Account:
        """The first account, in which names are looked up first."""
        return next(iter(self.accounts.values()))


def decide(
    world: World,
    caller: str,
    action: str,
    resource: str,
    circumstances: Mapping[str, Any] | None = None,
) -> Decision:
    """Ask the world, or a copy in which the caller's session has been made.

    Parameters
    ----------
    circumstances
        Further arguments of ``World.can``.

    Returns
    -------
    Decision
        If the session can't be made, the decision that denies it.
    """
    if isinstance(world, LessonWorld) and caller in world.calls:
        world = world.copy()
    try:
        principal = caller_of(world, caller)
    except AccessDenied as error:
        if isinstance(error.decision, Decision):
            return error.decision
        raise
    return world.can(principal, action, resource, **(circumstances or {}))


def caller_of(world: World, name: str) -> Caller:
    """Return the caller with a name; a session is made by its call, ``root`` is the root user.

    Raises
    ------
    AccessDenied
        The call is denied.
    """
    if not isinstance(world, LessonWorld) or name.startswith("arn:"):
        return name
    if name == "root" and name not in world.calls:
        return world.main.root
    if name not in world.calls:
        return name if name.endswith(".amazonaws.com") else identity_arn(name, world.main)
    call = dict(world.calls[name])
    (operation,) = set(call) & set(_MAKERS)
    return _MAKERS[operation](world, name, call.pop(operation), call)


def session_call(name: str, call: Any, account: Account) -> Call:
    """Return the call that makes a session, with its session policy as JSON.

    Raises
    ------
    ExerciseError
        The table of the session doesn't name one call.
    """
    if not isinstance(call, dict) or len(set(call) & set(_MAKERS)) != 1:
        message = f"Session {name!r} needs one of {', '.join(_MAKERS)}."
        raise noted(ExerciseError(message), "For example: {assume_role = 'auditor', by = 'carol'}")
    policy = {"policy": read_policy(call["policy"], account)} if "policy" in call else {}
    return {**call, **policy}


def _user(world: LessonWorld, name: str) -> User:
    known = {user.arn: user for own in world.accounts.values() for user in own.users.values()}
    arn = identity_arn(name, world.main)
    if arn not in known:
        error = ExerciseError(f"{name!r} isn't a user.")
        raise noted(error, did_you_mean(name, (user.name for user in known.values())))
    return known[arn]


def _code(world: LessonWorld, by: str, more: Call) -> Call:
    """Return the parameters for MFA, if the table says ``mfa = true``."""
    if not more.pop("mfa", False):
        return {}
    device = _user(world, by).mfa_devices[0]
    world.clock.advance(minutes=1)  # the codes that enabled the device can't be used again
    seed = seed_of(world, device.record.number)
    return {
        "serial_number": device.serial_number,
        "token_code": code_at(seed, world.clock.now),
    }


def _long_term(world: LessonWorld, by: str) -> Caller:
    """Return a user's access key; sessions and services stay what they are."""
    if by in world.calls:
        return caller_of(world, by)
    return _access_key(world, "", by, {})


def _assume_role(world: LessonWorld, name: str, role: str, more: Call) -> Caller:
    by = more.pop("by")
    code = _code(world, by, more)
    more.setdefault("role_session_name", name)
    arn = identity_arn(role, world.main)
    return world.sts.assume_role(caller_of(world, by), role_arn=arn, **code, **more)


def _service(world: LessonWorld, _: str, role: str, more: Call) -> Caller:
    arn = identity_arn(role, world.main)
    return world.sts.assume_role_as_service(more.pop("by"), role_arn=arn, **more)


def _session_token(world: LessonWorld, _: str, by: str, more: Call) -> Caller:
    code = _code(world, by, more)
    return world.sts.get_session_token(_long_term(world, by), **code, **more)


def _federation_token(world: LessonWorld, name: str, by: str, more: Call) -> Caller:
    more.setdefault("name", name)
    return world.sts.get_federation_token(_long_term(world, by), **more)


def _console(world: LessonWorld, _: str, by: str, more: Call) -> Caller:
    user, code = _user(world, by), _code(world, by, more).get("token_code")
    return world.sign_in(
        account=user.account.account_id, user=user.name, password=PASSWORD, mfa_code=code
    )


def _access_key(world: LessonWorld, _: str, by: str, __: Call) -> Caller:
    user = _user(world, by)
    return user.access_keys[0] if user.access_keys else user.create_access_key()


_MAKERS: dict[str, Callable[[LessonWorld, str, str, Call], Caller]] = {
    "assume_role": _assume_role,
    "assume_role_as_service": _service,
    "get_session_token": _session_token,
    "get_federation_token": _federation_token,
    "console": _console,
    "access_key": _access_key,
}


def key_of(text: str, account: Account) -> AccessKey:
    """Return an access key by its place: ``bob/key-1``, ``root/key-1``.

    Raises
    ------
    ExerciseError
        There is no such key.
    """
    name, _, number = text.partition("/key-")
    owner = account.root if name == "root" else account.users[name]
    keys = dict(enumerate(owner.access_keys, 1))
    if not number.isdecimal() or int(number) not in keys:
        raise ExerciseError(f"There is no access key {text!r}. Write for example: bob/key-1.")
    return keys[int(number)]


def credential_of(text: str, account: Account) -> str:
    """Return the id of an access key, or a code of a virtual MFA device; another text as it is.

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
    return text


_NETWORK = ("ip", "vpc", "endpoint")


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
    network: dict[str, str] = {}
    for word in text.split():
        key, sign, value = word.partition("=")
        values = value.split(",")
        value_or_list: Any = value if len(values) == 1 else values
        if not sign:
            raise ExerciseError(f"{word!r} isn't a circumstance. Write name=value.")
        if key in _NETWORK:
            network[key] = arn_of(value, account) if key == "endpoint" else value
        elif key.startswith("tag:"):
            found.setdefault("request_tags", {})[key.removeprefix("tag:")] = value
        elif ":" in key:
            found.setdefault("context", {})[key] = value_or_list
        elif key in ("via", "region", "source_arn"):
            found[key] = arn_of(value, account) if key == "source_arn" else value_or_list
        else:
            known = [*_NETWORK, *Circumstances.__annotations__]
            error = ExerciseError(f"There is no circumstance {key!r}.")
            raise noted(error, did_you_mean(key, known))
    if network:
        found["network"] = Network(**network)
    return found
