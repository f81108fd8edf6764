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

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.edge_finder import EdgeFinder
from iamlab.analysis.privilege_escalation.path_search import PathSearcher
from iamlab.analysis.privilege_escalation.paths import Path, is_kept
from iamlab.analysis.privilege_escalation.permission_checks import Decider, Need
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.analysis.privilege_escalation.reach import MOST_TRIED, Reach
from iamlab.authorization.principal import principal_of
from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AwsError, RequestError, did_you_mean, noted
from iamlab.incident.company import Table, bucket_policy, trust_policy
from iamlab.incident.night import STOLEN_PASSWORD, outside_user
from iamlab.policy.arn import Arn
from iamlab.policy.document import Policy
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.incident.night import Night
    from iamlab.world.world import World

_TABLES: Table = tables(__file__)
_MAIN, READ = "acme-main", "s3:GetObject"
_SAMPLES = tuple(f"arn:aws:s3:::{name}/survey/m31.fits" for name in ("star-maps", "star-archive"))
"""A map in each bucket: the attacker must not get others than those of the night either."""

CHOICES: Mapping[str, str] = {name: own["text"] for name, own in _TABLES["choices"].items()}
"""The edits of :func:`contain`, each with a text for a card."""


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
        Its name in ``CHOICES``.

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
    if name not in CHOICES:
        raise noted(RequestError(f"There is no edit {name!r}."), did_you_mean(name, CHOICES))
    edit, *words = _TABLES["choices"][name]["edit"].split()
    _EDITS[edit](world, *words)


def _deactivate_key(world: World, user: str, number: str) -> None:
    for key in world.user(user).access_keys[int(number) - 1 :]:
        key.update("Inactive")


def _change_password(world: World, user: str) -> None:
    world.user(user).update_login_profile(password="Green-Comet-58")


def _delete_password(world: World, user: str) -> None:
    if world.user(user).login_profile is not None:
        world.user(user).delete_login_profile()


def _restore_trust(world: World, role: str) -> None:
    world.role(role).update_assume_role_policy(trust_policy(_MAIN, role))


def _restore_permissions(world: World, role: str, policy: str) -> None:
    for name in list(world.role(role).inline):
        world.role(role).delete_policy(name)
    world.account(_MAIN).policies[policy].set_default_version("v1")


def _restore_bucket(world: World, bucket: str) -> None:
    world.bucket(bucket).put_policy(bucket_policy(_MAIN, bucket))


def _delete_bucket_policy(world: World, bucket: str) -> None:
    world.bucket(bucket).delete_policy()


def _revoke_sessions(world: World, role: str) -> None:
    world.role(role).revoke_sessions()


def _deny_everything(world: World, role: str) -> None:
    world.role(role).put_policy("stop", Policy.deny("*"))


_EDITS: dict[str, Callable[..., None]] = {
    "change_password": _change_password,
    "deactivate_key": _deactivate_key,
    "delete_bucket_policy": _delete_bucket_policy,
    "delete_password": _delete_password,
    "deny_everything": _deny_everything,
    "restore_bucket": _restore_bucket,
    "restore_permissions": _restore_permissions,
    "restore_trust": _restore_trust,
    "revoke_sessions": _revoke_sessions,
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
    twin = world.copy()
    twin.network()  # the attacker isn't where the learner is
    callers = list(_callers(twin, night))  # all sign in now: the search needs an unchanging world
    sought = (*night.goal, *_SAMPLES)
    for arn in sought:
        if twin.can(ANONYMOUS, READ, arn):
            return [f"without credentials: {READ} {arn}"]
    finder = EdgeFinder(Decider(twin), asks_together=False)
    reach = Reach(finder)

    def readable(state: PrincipalState) -> str:
        """Return a map that a principal can read, or an empty text."""
        needs = (Need(READ, arn, {}) for arn in sought)
        return next((need.resource for need in needs if reach.decide(state, need)), "")

    def has_maps(state: PrincipalState) -> bool:
        return bool(readable(state))

    for words, caller in callers:
        begin = PrincipalState.of(principal_of(twin, caller), caller)
        every = PathSearcher(finder).paths_from(begin, has_maps)
        paths = (Path(begin, edges, finder, has_maps) for edges in islice(every, MOST_TRIED))
        path = next(filter(is_kept, paths), None)
        if path is not None:
            target = path.target
            return [words, *map(str, path), f"{target}: {READ} {readable(target)}"]
    return None


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
            session = world.sign_in(account=user.account, user=user, password=STOLEN_PASSWORD)
            yield f"with the password of user/{name}", session
    yield f"from the account {night.outside}", outside_user(world, night.outside)


# -- the score -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Score:
    """How good a changed world is.

    Parameters
    ----------
    leak
        The steps by which the attacker still gets the maps; empty if nothing leaks.
    lost
        The requests that must stay allowed, and are denied.
    kept
        The share of the requests that must stay allowed and are, from 0 to 1.
    edits
        The edits, as sentences.
    fewest
        How many edits are enough.
    excess
        The requests that a redesign must deny, and are allowed.
    """

    leak: tuple[str, ...]
    lost: tuple[Request, ...]
    kept: float
    edits: tuple[str, ...]
    fewest: int
    excess: tuple[Request, ...]

    @property
    def is_contained(self) -> bool:
        """Whether the attacker gets nothing, and everybody can work."""
        return not self.leak and not self.lost


def edits(before: World, after: World) -> tuple[str, ...]:
    """Return the edits between two worlds as sentences, also those of keys and passwords.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> before = night(7).world
    >>> after = before.copy()
    >>> contain(after, "erin-password")
    >>> edits(before, after)
    ('changed: acme-main: user erin: password',)
    """
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


def score(after: World, night: Night) -> Score:
    """Compare a changed copy of the night's world with that world.

    Examples
    --------
    >>> from iamlab.incident import night
    >>> found = night(7)
    >>> after = found.world.copy()
    >>> for name in found.plan.leaves:
    ...     contain(after, name)
    >>> result = score(after, found)
    >>> result.is_contained, len(result.edits) == result.fewest
    (True, True)
    """
    wanted = kept(night.world)
    lost = tuple(request for request in wanted if not after.can(*request))
    return Score(
        tuple(leak(after, night) or ()),
        lost,
        1 - len(lost) / len(wanted),
        edits(night.world, after),
        len(night.plan.leaves),
        tuple(request for request in excessive(night.world) if after.can(*request)),
    )
