"""The console's security status, as it was, and the security recommendations that replaced it.

Each item says whether it is done, why, and how it is done in this world: Python text that can be
run unchanged, with ``account`` as the account.

Notes
-----
AWS pages: "Security best practices in IAM"; "Root user best practices for your AWS account". Which
items the console shows today is likely, not sure: it changes without notice.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.analysis import credential_report as account_credentials
from iamlab.analysis.credential_report import NOT_IN_EXPORTS
from iamlab.deprecated import with_old_names
from iamlab.display import Shown
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from iamlab.analysis.credential_report import Credentials, Key
    from iamlab.model.account import Account
    from iamlab.model.identities import User

DONE, OPEN, UNKNOWN = "done", "to do", "not known"
_SYMBOLS = {DONE: "✓", OPEN: "✕", UNKNOWN: "?"}
_YEAR = timedelta(days=365)


@with_old_names
@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    Parameters
    ----------
    state
        ``"done"``, ``"to do"`` or ``"not known"``.
    remedy
        Python text that does it; empty if it is done or not known.
    today
        What AWS's advice on this is today.

    Examples
    --------
    >>> from iamlab import World
    >>> status = World(seed=7).create_account("acme").security_status()
    >>> [(item.title, item.state) for item in status.items][:1]
    [('Delete your root access keys', 'done')]
    """

    title: str
    state: str
    reason: str
    remedy: str = ""
    today: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is to do; what is not known is not done."""
        return self.state == DONE

    def __str__(self) -> str:
        lines = [f"{_SYMBOLS[self.state]} {self.state}: {self.title}", f"    {self.reason}"]
        lines += [f"    >>> {line}" for line in self.remedy.splitlines()]
        if self.today:
            lines.append(f"    Today: {self.today}")
        return "\n".join(lines)


@with_old_names
@dataclass(frozen=True, slots=True, repr=False)
class SecurityStatus(Shown):
    """A list of items, as the console's dashboard shows them.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main")
    >>> status = main.security_status()
    >>> [item.title for item in status.items if not item.is_done][0]
    'Create individual IAM users'
    """

    title: str
    items: tuple[Item, ...]

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __str__(self) -> str:
        return "\n".join([self._head, *map(str, self.items)])

    def __repr__(self) -> str:
        return f"<SecurityStatus {self._head}>"

    @property
    def _head(self) -> str:
        done = sum(item.is_done for item in self.items)
        return f"{self.title}: {done} of {len(self.items)} done"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; the key of the remedy is still ``mend``."""
        keys = {"remedy": "mend"}
        items = [{keys.get(key, key): text for key, text in asdict(item).items()} for item in self]
        return {"title": self.title, "items": items}


def security_status(
    account: Account, credentials: Sequence[Credentials] | None = None
) -> SecurityStatus:
    """Tick off the five items that the dashboard showed until 2020.

    Parameters
    ----------
    credentials
        As a credential report gives them; without it, what the world knows.
    """
    root = _of(account_credentials.ROOT, account, credentials)
    known = account if account_credentials.are_known(account) else None
    items = (
        _item("Delete your root access keys", root, lambda known: _no_root_keys(known.keys)),
        _item("Activate MFA on your root user", root, _root_mfa),
        _item("Create individual IAM users", account, _users),
        _item("Use groups to assign permissions", account, _groups),
        _item("Apply an IAM password policy", known, _password_policy, _NO_PASSWORD_POLICY),
    )
    return SecurityStatus("Security Status", items)


_TEXTS = tables(__file__)
_TODAY: Mapping[str, str] = _TEXTS["today"]
_REMEDIES: Mapping[str, str] = _TEXTS["remedies"]

_NO_PASSWORD_POLICY = "An export of account details does not hold the password policy."


def security_recommendations(
    account: Account, user: User | None = None, credentials: Sequence[Credentials] | None = None
) -> SecurityStatus:
    """Return the recommendations that the dashboard shows today.

    Parameters
    ----------
    user
        Who is signed in; two items are about the user's own credentials.
    """
    root = _of(account_credentials.ROOT, account, credentials)
    keys, unused = (
        "Root user has no active access keys",
        "Your user has no active access keys that are unused for more than a year",
    )
    items = [
        _item("Add MFA for root user", root, _root_mfa),
        _item(keys, root, lambda known: _no_root_keys(known.active_keys)),
    ]
    if user is not None:
        own, long_ago = _of(user.name, account, credentials), account.world.clock.now - _YEAR
        items += [
            _item("Add MFA for yourself", own, _own_mfa),
            _item(unused, own, lambda known: _own_keys(known, long_ago)),
        ]
    return SecurityStatus("Security recommendations", tuple(items))


def _of(name: str, account: Account, reported: Sequence[Credentials] | None) -> Credentials | None:
    """Return somebody's credentials; ``None`` if nothing tells them."""
    if reported is None and not account_credentials.are_known(account):
        return None
    every = account_credentials.credentials_of(account) if reported is None else reported
    return next((credentials for credentials in every if credentials.user == name), None)


# -- the items ------------------------------------------------------------------------------------

Known = TypeVar("Known", "Account", "Credentials")
Answer = tuple[bool, str, str]
"""Whether an item is done, why, and how it is done in Python."""


def _item(
    title: str, known: Known | None, check: Callable[[Known], Answer], unknown: str = NOT_IN_EXPORTS
) -> Item:
    today = _TODAY.get(title, "")
    if known is None:
        return Item(title, UNKNOWN, unknown, today=today)
    done, reason, text = check(known)
    return Item(title, DONE if done else OPEN, reason, "" if done else text, today)


def _no_root_keys(keys: Sequence[Key]) -> Answer:
    reason = f"The root user has {_many(len(keys), 'access key')}."
    return not keys, reason, _REMEDIES["root_keys"]


def _root_mfa(root: Credentials) -> Answer:
    if root.is_empty:
        return True, "The root user has no credentials, so nobody can sign in as root user.", ""
    reason = f"The root user has {_many(len(root.mfa), 'MFA device')}."
    return bool(root.mfa), reason, _REMEDIES["root_mfa"]


def _users(account: Account) -> Answer:
    number = len(account.users)
    return bool(number), f"The account has {_many(number, 'user')}.", _REMEDIES["users"]


def _groups(account: Account) -> Answer:
    used = (group for group in account.groups.values() if group.users)
    working = [group for group in used if group.attached or group.inline]
    text = _REMEDIES["groups"].format(user=next(iter(account.users), "alice"))
    reason = f"The account has {_many(len(working), 'group')} with a member and a policy."
    return bool(working), reason, text if account.users else f"{_REMEDIES['users']}\n{text}"


def _password_policy(account: Account) -> Answer:
    if account.password_policy is not None:
        return True, "The account has a password policy.", ""
    reason = "The account has none. AWS then requires 8 characters of three kinds, such as a, B, 3."
    return False, reason, _REMEDIES["password_policy"]


def _own_mfa(own: Credentials) -> Answer:
    text = _REMEDIES["own_mfa"].format(user=own.user)
    return bool(own.mfa), f"{own.user} has {_many(len(own.mfa), 'MFA device')}.", text


def _own_keys(own: Credentials, long_ago: datetime) -> Answer:
    used = [key.last_used or key.last_rotated for key in own.active_keys]
    unused = [moment for moment in used if moment and moment < long_ago]
    text = _REMEDIES["own_keys"].format(user=own.user)
    return not unused, f"{own.user} has {_many(len(unused), 'active key')} unused for a year.", text


def _many(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
