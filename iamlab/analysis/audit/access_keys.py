"""Access keys of users: young, few, used, and not made in advance.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Find unused AWS credentials".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import MEDIUM, Control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.audit.controls import Case, Flaw
    from iamlab.analysis.credential_report.credentials import Credentials

_AT_ONCE = timedelta(minutes=1)
"""A key that is made so soon after its user was made in the same go."""

_REPLACE = (
    "Create a second key, let it take over, deactivate the old one, then delete it. "
    "Better: a role, which needs no key."
)


def _rotation(case: Case) -> Iterator[Flaw]:
    for user in case.users:
        ages = [case.days_since(key.last_rotated) for key in user.active_keys if key.last_rotated]
        old = max(ages, default=0)
        if old > case.thresholds.key_age_days:
            yield (
                user.arn,
                f"An active access key is {old} days old.",
                _REPLACE,
            )


def _unused(case: Case) -> Iterator[Flaw]:
    limit = case.thresholds.unused_days
    for user in case.users:
        for what, days, was_used in _idle(case, user):
            if days > limit:
                yield (
                    user.arn,
                    f"{what} was last used {days} days ago."
                    if was_used
                    else f"{what} was made {days} days ago, and never used.",
                    "Take it away, or deactivate it until somebody misses it.",
                )


def _idle(case: Case, user: Credentials) -> Iterator[tuple[str, int, bool]]:
    """Say of each credential for how many days it was not used, and whether it ever was."""
    password = user.password
    if password is not None:
        used = password.last_used
        if since := used or password.last_changed or user.created:
            yield "The password", case.days_since(since), used is not None
    for key in user.active_keys:
        if since := key.last_used or key.last_rotated:
            yield "An active access key", case.days_since(since), key.last_used is not None


def _several(case: Case) -> Iterator[Flaw]:
    for user in case.users:
        count = len(user.active_keys)
        if count > case.thresholds.active_keys:
            yield (
                user.arn,
                f"There are {count} active access keys.",
                "Deactivate the one that is used less: a second key is for the time of a change.",
            )


def _at_creation(case: Case) -> Iterator[Flaw]:
    for user in case.users:
        if user.password is None or user.created is None:
            continue
        made = [key.last_rotated for key in user.active_keys if key.last_rotated]
        if any(moment - user.created < _AT_ONCE for moment in made):
            yield (
                user.arn,
                "An access key was made together with a user who signs in to the console.",
                "Delete it, unless it is used: whoever needs a key makes one when it is needed.",
            )


CONTROLS = (
    Control(
        "access-key-rotation",
        "Access keys are replaced in time",
        MEDIUM,
        "1.14",
        "1.13",
        ("IAM.3",),
        "access-keys-rotated",
        _rotation,
    ),
    Control(
        "unused-credentials",
        "Passwords and access keys that nobody uses are gone",
        MEDIUM,
        "1.12",
        "1.11",
        ("IAM.22", "IAM.8"),
        "iam-user-unused-credentials-check",
        _unused,
    ),
    Control(
        "one-active-key",
        "A user has one active access key",
        MEDIUM,
        "1.13",
        "1.12",
        look=_several,
    ),
    Control(
        "key-at-creation",
        "No access key is made together with a user of the console",
        MEDIUM,
        "1.11",
        "1.10",
        look=_at_creation,
    ),
)
