"""The console's security status, as it was, and the security recommendations that replaced it.

Each item says whether it is done, why, and how it is done in this world: Python text that can be
run as it stands, with ``account`` for the account.

Notes
-----
AWS pages: "Security best practices in IAM"; "Root user best practices for your AWS account". Which
items the console shows today is likely, not sure: it changes without notice.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.analysis.credential_report import credentials as facts
from iamlab.analysis.credential_report.credentials import NOT_IN_EXPORTS
from iamlab.display import Shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iamlab.analysis.credential_report.credentials import Credentials
    from iamlab.model.account import Account
    from iamlab.model.identities import User

DONE, OPEN, UNKNOWN = "done", "to do", "not known"
_SYMBOLS = {DONE: "✓", OPEN: "✕", UNKNOWN: "?"}
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    Parameters
    ----------
    state
        ``"done"``, ``"to do"`` or ``"not known"``.
    mend
        Python text that does it; empty if it is done or not known.
    today
        What AWS's advice on this is today.
    """

    title: str
    state: str
    reason: str
    mend: str = ""
    today: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is to do; what is not known is not done."""
        return self.state == DONE

    def __str__(self) -> str:
        lines = [f"{_SYMBOLS[self.state]} {self.state}: {self.title}", f"    {self.reason}"]
        lines += [f"    >>> {line}" for line in self.mend.splitlines()]
        if self.today:
            lines.append(f"    Today: {self.today}")
        return "\n".join(lines)


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
        done = sum(item.is_done for item in self.items)
        head = f"{self.title}: {done} of {len(self.items)} done"
        return "\n".join([head, *map(str, self.items)])

    def __repr__(self) -> str:
        done = sum(item.is_done for item in self.items)
        return f"<SecurityStatus {self.title}: {done} of {len(self.items)} done>"

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {"title": self.title, "items": [asdict(item) for item in self.items]}


def security_status(
    account: Account, credentials: Sequence[Credentials] | None = None
) -> SecurityStatus:
    """Tick off the five items that the dashboard showed until 2020.

    Parameters
    ----------
    credentials
        As a credential report gives them; without it, what the world knows.
    """
    root = _root(account, credentials)
    return SecurityStatus(
        "Security Status",
        (
            _no_root_keys(
                root,
                "Delete your root access keys",
                "Still right. An account has none, unless somebody makes them.",
            ),
            _root_mfa(
                root,
                "Activate MFA on your root user",
                "AWS demands it itself: of every account since June 2025.",
            ),
            _users(account),
            _groups(account),
            _password_policy(account),
        ),
    )


def security_recommendations(
    account: Account,
    user: User | None = None,
    credentials: Sequence[Credentials] | None = None,
) -> SecurityStatus:
    """Give the recommendations that the dashboard shows today.

    Parameters
    ----------
    user
        Who is signed in; two items are about the user's own credentials.
    """
    root = _root(account, credentials)
    items = [
        _root_mfa(root, "Add MFA for root user"),
        _no_root_keys(root, "Root user has no active access keys"),
    ]
    if user is not None:
        own = _of(user.name, account, credentials)
        items += [_own_mfa(own, user), _own_keys(own, account, user)]
    return SecurityStatus("Security recommendations", tuple(items))


# -- what is known --------------------------------------------------------------------------------


def _of(name: str, account: Account, given: Sequence[Credentials] | None) -> Credentials | None:
    if given is None and not facts.are_known(account):
        return None
    every = facts.credentials_of(account) if given is None else given
    return next((one for one in every if one.user == name), None)


def _root(account: Account, given: Sequence[Credentials] | None) -> Credentials | None:
    return _of(facts.ROOT, account, given)


# -- the items ------------------------------------------------------------------------------------


def _item(title: str, *, done: bool, reason: str, mend: str, today: str = "") -> Item:
    return Item(title, DONE if done else OPEN, reason, "" if done else mend, today)


def _no_root_keys(root: Credentials | None, title: str, today: str = "") -> Item:
    if root is None:
        return Item(title, UNKNOWN, NOT_IN_EXPORTS, today=today)
    # Today's item asks for keys that are active, the old one for keys.
    found = root.active_keys if "active" in title else root.keys
    return _item(
        title,
        done=not found,
        reason=f"The root user has {_many(len(found), 'access key')}.",
        mend="for key in list(account.root.access_keys):\n    key.delete()",
        today=today,
    )


def _root_mfa(root: Credentials | None, title: str, today: str = "") -> Item:
    if root is None:
        return Item(title, UNKNOWN, NOT_IN_EXPORTS, today=today)
    if root.is_empty:
        reason = "The root user has no credentials, so nobody can sign in as root user."
        return Item(title, DONE, reason, today=today)
    return _item(
        title,
        done=bool(root.mfa),
        reason=f"The root user has {_many(len(root.mfa), 'MFA device')}.",
        mend='account.root.create_virtual_mfa_device("root-phone").enable()',
        today=today,
    )


def _users(account: Account) -> Item:
    return _item(
        "Create individual IAM users",
        done=bool(account.users),
        reason=f"There are {_many(len(account.users), 'user')}.",
        mend='account.create_user("alice")',
        today=(
            "No longer advised: let people come from an identity provider, with temporary "
            "credentials. IAM users are for what cannot do that."
        ),
    )


def _groups(account: Account) -> Item:
    working = [
        group
        for group in account.groups.values()
        if group.users and (group.attached or group.inline)
    ]
    first = next(iter(account.users), None)
    lines = [] if first else ['account.create_user("alice")']
    lines += [
        'group = account.create_group("readers")',
        'group.attach_policy("ReadOnlyAccess")',
        f"group.add_user({(first or 'alice')!r})",
    ]
    return _item(
        "Use groups to assign permissions",
        done=bool(working),
        reason=f"There are {_many(len(working), 'group')} with a member and a policy.",
        mend="\n".join(lines),
        today="Still right, where there are IAM users.",
    )


def _password_policy(account: Account) -> Item:
    title = "Apply an IAM password policy"
    today = "It matters only where IAM users have passwords."
    if not facts.are_known(account):
        reason = "An export of account details does not hold the password policy."
        return Item(title, UNKNOWN, reason, today=today)
    applied = facts.password_policy(account) is not None
    return _item(
        title,
        done=applied,
        reason="There is one."
        if applied
        else "There is none: passwords have 8 characters or more, of three kinds.",
        mend="account.update_password_policy(minimum_password_length=14)",
        today=today,
    )


def _own_mfa(own: Credentials | None, user: User) -> Item:
    title = "Add MFA for yourself"
    if own is None:
        return Item(title, UNKNOWN, NOT_IN_EXPORTS)
    return _item(
        title,
        done=bool(own.mfa),
        reason=f"{user.name} has {_many(len(own.mfa), 'MFA device')}.",
        mend=(
            f"user = account.get_user({user.name!r})\n"
            f'user.create_virtual_mfa_device("{user.name}-phone").enable()'
        ),
    )


def _own_keys(own: Credentials | None, account: Account, user: User) -> Item:
    title = "Your user has no active access keys that are unused for more than a year"
    if own is None:
        return Item(title, UNKNOWN, NOT_IN_EXPORTS)
    long_ago = account.world.clock.now - _YEAR
    unused = [
        key
        for key in own.active_keys
        if (moment := key.last_used or key.last_rotated) and moment < long_ago
    ]
    return _item(
        title,
        done=not unused,
        reason=f"{user.name} has {_many(len(unused), 'such key')}.",
        mend=(
            f"for key in account.get_user({user.name!r}).access_keys:\n"
            "    used = key.last_used.date if key.last_used else key.create_date\n"
            "    if (account.world.clock.now - used).days > 365:\n"
            '        key.update("Inactive")'
        ),
    )


def _many(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
