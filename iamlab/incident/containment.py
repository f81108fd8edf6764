"""The morning after: edits that contain the attack, and what the attacker can still do.

``leak`` begins with everything that the attacker has: access keys, sessions, passwords, their own
account, and anonymous requests. It follows all paths of ``World.reach``, so ``None`` is a proof as
far as those paths are complete. Each of the credentials is searched by itself: what two of them can
only do together isn't found.

Notes
-----
AWS pages: "AWS Security Incident Response Guide", for containment; "Revoke IAM role temporary
security credentials"; "Policy evaluation logic".
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.privilege_escalation.edge_finder import EdgeFinder
from iamlab.analysis.privilege_escalation.path_search import PathSearcher
from iamlab.analysis.privilege_escalation.paths import Path, is_kept
from iamlab.analysis.privilege_escalation.permission_checks import Decider, Need
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.analysis.privilege_escalation.reach import MOST_TRIED, Reach
from iamlab.authorization.principal import principal_of
from iamlab.display import count
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AwsError, RequestError, did_you_mean, noted
from iamlab.incident.calls import INVOKE, read_line
from iamlab.incident.night import ENTRIES, STOLEN_PASSWORD, outside_user
from iamlab.operations.dispatch import perform
from iamlab.operations.services.lambda_functions import Function
from iamlab.policy.arn import Arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.incident.company import Table
    from iamlab.incident.night import Night
    from iamlab.world.world import World

_TABLES: Table = tables(__file__)
_MAIN, READ = "acme-main", "s3:GetObject"
_FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:log-rotate"
_OF_FUNCTION = re.compile(r"\w+: \S+: ([a-z ]+ of )?function ")
_SAMPLES = tuple(f"arn:aws:s3:::{name}/survey/m31.fits" for name in ("star-maps", "star-archive"))
"""A map in each bucket: the attacker must not get others than those of the night either."""

CHOICES: Mapping[str, str] = {name: own["text"] for name, own in _TABLES["choices"].items()}
"""The edits that contain an attack, each with a text for a card."""

ERASURES: Mapping[str, str] = {name: own["text"] for name, own in _TABLES["erasures"].items()}
"""The edits that remove what an attack left, each with a text for a card."""

_EVERY: Table = {**_TABLES["choices"], **_TABLES["erasures"]}


class Request(NamedTuple):
    """A caller, an action and a resource."""

    caller: str
    action: str
    resource: str


def kept(world: World) -> tuple[Request, ...]:
    """Return the requests that must stay allowed: the nightly job, and people's daily work.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> kept(night(7).world)[0].action
    's3:ListBucket'
    """
    return _requests(world, "kept")


def excessive(world: World) -> tuple[Request, ...]:
    """Return the requests that a redesign must deny: they lead to more, or an attack left them.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> world = night(7).world
    >>> world.can(*excessive(world)[0]).allowed
    True
    """
    return _requests(world, "excessive")


def _requests(world: World, name: str) -> tuple[Request, ...]:
    rows = (line.split() for line in _TABLES[name].splitlines() if line)
    return tuple(
        Request(f"arn:aws:iam::{world.account(account).account_id}:{caller}", action, resource)
        for account, caller, action, resource in rows
    )


# -- edits -----------------------------------------------------------------------------------------


def contain(world: World, name: str) -> None:
    """Make one of the edits; in some worlds it changes nothing.

    Parameters
    ----------
    name
        Its name in ``CHOICES`` or ``ERASURES``.

    Raises
    ------
    RequestError
        There is no such edit.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> world = night(7).world
    >>> contain(world, "bob-key")
    >>> world.user("bob").access_keys[0].status
    'Inactive'
    """
    if name not in _EVERY:
        raise noted(RequestError(f"There is no edit {name!r}."), did_you_mean(name, _EVERY))
    with suppress(AwsError):  # the first call that finds nothing is the last
        for row in _EVERY[name]["edit"].splitlines():
            edit, *words = row.split()
            if edit in _EDITS:
                _EDITS[edit](world, *words)
            else:
                own = read_line(row, _MAIN)
                perform(world.account(own.by), own.operation, **own.parameters)


def _drop_statement(world: World, kind: str, name: str, sid: str) -> None:
    owner: Any = world.role(name) if kind == "role" else world.bucket(name)
    policy = owner.trust if kind == "role" else owner.policy
    if policy is not None and any(own.sid == sid for own in policy.statements):
        left = [own for own in policy.to_dict()["Statement"] if own.get("Sid") != sid]
        write = owner.update_assume_role_policy if kind == "role" else owner.put_policy
        write({**policy.to_dict(), "Statement": left})


def _change_keys(world: World, user: str, number: str, status: str = "") -> None:
    for key in world.user(user).access_keys[int(number) - 1 : int(number)]:
        key.update(status) if status else key.delete()


_EDITS: dict[str, Callable[..., None]] = {
    "change_keys": _change_keys,
    "drop_statement": _drop_statement,
    "revoke_sessions": lambda world, role: world.role(role).revoke_sessions(),
}

# -- what the attacker can still do ----------------------------------------------------------------


def leak(world: World, night: Night) -> list[str] | None:
    """Search for a path by which the attacker can still read the maps.

    Parameters
    ----------
    world
        The world of the night, or a changed copy of it.

    Returns
    -------
    list or None
        The steps of the first path that was found; ``None``: no path exists.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> found = night(7)
    >>> leak(found.world, found) is None
    False
    >>> for name in found.plan.leaves:
    ...     contain(found.world, name)
    >>> leak(found.world, found) is None
    True
    """
    twin, callers = _begin(world, night)
    search = _Search(twin, (*night.goal, *_SAMPLES))
    for arn in search.sought:
        if twin.can(ANONYMOUS, READ, arn):
            return [f"without credentials: {READ} {arn}"]
    for words, caller in callers:
        path = search.path(caller, search.map_of)
        if path is not None:
            target = path.target
            return [words, *map(str, path), f"{target}: {READ} {search.map_of(target)}"]
    return None


class _Search:
    """Looks for paths in a world that doesn't change any more, from one caller at a time.

    Parameters
    ----------
    sought
        The ARNs of the maps.
    """

    def __init__(self, world: World, sought: tuple[str, ...] = _SAMPLES) -> None:
        self.world, self.sought = world, sought
        self._finder = EdgeFinder(Decider(world), asks_together=False)
        self.is_admin, self._reach = self._finder.is_admin, Reach(self._finder)

    def map_of(self, state: PrincipalState) -> str:
        """Return a map that a principal can read, or an empty text."""
        needs = (Need(READ, arn, {}) for arn in self.sought)
        return next((need.resource for need in needs if self._reach.decide(state, need)), "")

    def state(self, caller: Caller) -> PrincipalState:
        """Return who a caller is, as he is."""
        return PrincipalState.of(principal_of(self.world, caller), caller)

    def path(self, caller: Caller, fits: Callable[[PrincipalState], object]) -> Path | None:
        """Return the shortest path from a caller to somebody who fits."""
        begin = self.state(caller)

        def ends(state: PrincipalState) -> bool:
            return bool(fits(state))

        every = PathSearcher(self._finder).paths_from(begin, ends)
        paths = (Path(begin, edges, self._finder, ends) for edges in islice(every, MOST_TRIED))
        return next(filter(is_kept, paths), None)


def fault(world: World, night: Night, stage: str = "contained") -> tuple[str, ...]:
    """Return what is wrong with a changed world: a sentence, and the steps of a path if it has one.

    Parameters
    ----------
    stage
        ``"contained"``: no credentials of the attacker may work, and no others may be lost.
        ``"redesigned"``: nothing of the attacker may be left, and the next key must lead nowhere.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> found = night(7)
    >>> fault(found.world, found)[0]
    'The maps can still leave, in 3 steps.'
    >>> for name in (*found.plan.leaves, *found.plan.erases):
    ...     contain(found.world, name)
    >>> fault(found.world, found), fault(found.world, found, "redesigned")[0]
    ((), 'The next key could be that of bob: it still leads to the maps.')
    """
    if steps := leak(world, night):
        return (f"The maps can still leave, in {count(len(steps), 'step')}.", *steps)
    return next((_of_containment if stage == "contained" else _of_redesign)(world, night), ())


def _of_containment(world: World, night: Night) -> Iterator[tuple[str, ...]]:
    twin, callers = _begin(world, night)
    search = _Search(twin)
    for words, caller in callers:
        if getattr(caller, "access_key_id", "") == night.access_key_id:
            yield ("The leaked key still works. It isn't only about the maps.",)
        state = search.state(caller)
        if state.account_id != night.outside and search.is_admin(state):
            yield (f"The attacker is still an administrator, {words}.",)
    held = {getattr(own, "access_key_id", "") for own in night.held}
    for user in night.world.account(_MAIN).users.values():
        keys = world.user(user.name).access_keys
        fine = held | {key.access_key_id for key in keys if key.status == "Active"}
        if not all(key.access_key_id in fine for key in user.access_keys):
            yield (f"The attacker had no key of {user.name}, who can't work at all without it.",)


def _of_redesign(world: World, night: Night) -> Iterator[tuple[str, ...]]:
    for name in remains(world, night):
        if not name.endswith("-key"):  # one that doesn't work can wait
            yield (f"Something of the attacker is left. To do: {ERASURES[name]}.",)
    search = _Search(_begin(world, night)[0])
    ends = (("leads to the maps", search.map_of), ("makes an administrator", search.is_admin))
    for name, (words, fits) in product(ENTRIES, ends):
        path = search.path(search.world.user(name), fits)
        if path is not None:
            text = f"The next key could be that of {name}: it still {words}."
            yield (text, *map(str, path))


def remains(world: World, night: Night) -> tuple[str, ...]:
    """Return what is left of the attacker: the names of the edits that remove it.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> found = night(7)
    >>> contain(found.world, "bob-key")
    >>> remains(found.world, found)
    ('no-bob-key', 'no-release', 'no-visitor-version')
    """
    found = {name: world.copy() for name in night.plan.erases}
    for name, changed in found.items():
        contain(changed, name)
    return tuple(name for name, changed in found.items() if _changes(world, changed))


def _begin(world: World, night: Night) -> tuple[World, list[tuple[str, Caller]]]:
    """Return a copy of a world, and the attacker's callers: their sessions begin now."""
    twin = world.copy()
    twin.network()  # the attacker isn't where the learner is
    return twin, list(_callers(twin, night))


def _callers(world: World, night: Night) -> Iterator[tuple[str, Caller]]:
    """Return each caller that the attacker can be, with its description."""
    for credential in night.held:
        with suppress(AwsError):  # it has expired, or isn't active
            who = principal_of(world, credential)
            key_id = getattr(credential, "access_key_id", "")
            yield f"with the credentials {key_id} of {Arn.parse(who.arn).resource}", credential
    for name in night.passwords:
        with suppress(AwsError):
            user = world.user(name)
            signed = world.sign_in(account=user.account, user=user, password=STOLEN_PASSWORD)
            yield f"with the password of user/{name}", signed
    function = world.account(_MAIN).resources.get(_FUNCTION)
    if isinstance(function, Function):
        function.delivered = ""  # a later start gets new credentials
        with suppress(AwsError):
            session = function.role_session()
            for user in world.account(_MAIN).users.values():
                if "administrators" not in user.groups and world.can(user, INVOKE, _FUNCTION):
                    yield f"with the function log-rotate, which {user.name} can start", session
    yield f"from the account {night.outside}", outside_user(world, night.outside)


# -- what was changed ------------------------------------------------------------------------------


def edits(before: World, after: World) -> tuple[str, ...]:
    """Return the edits between two worlds as sentences, also those of keys and passwords.

    Functions aren't counted: to delete one of the attacker's removes code, not access.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> before = night(7).world
    >>> after = before.copy()
    >>> contain(after, "erin-password")
    >>> edits(before, after)
    ('changed: acme-main: user erin: password',)
    """
    return tuple(own for own in _changes(before, after) if not _OF_FUNCTION.match(own))


def _changes(before: World, after: World) -> tuple[str, ...]:
    """Return all differences between two worlds as sentences."""
    old, new = dict(_credentials(before)), dict(_credentials(after))
    words = [("removed", old.keys() - new.keys()), ("added", new.keys() - old.keys())]
    words.append(("changed", {name for name in old.keys() & new.keys() if old[name] != new[name]}))
    own = [f"{word}: {name}" for word, names in words for name in sorted(names)]
    return (*before.diff(after), *own)


def _credentials(world: World) -> Iterator[tuple[str, object]]:
    """Return the name and the value of each credential of a user."""
    for account in world.accounts.values():
        for user in account.users.values():
            whose = f"{account.name}: user {user.name}"
            for key_id, record in user.key_records.items():
                yield f"{whose}: access key {key_id}", record.status
            if user.login_profile is not None:
                yield f"{whose}: password", user.login_profile.hashes
            for device in user.mfa_devices:
                yield f"{whose}: MFA device {device.serial_number}", None
