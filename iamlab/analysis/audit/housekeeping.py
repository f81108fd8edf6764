"""Groups, tags and certificates: what makes an account hard to oversee.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import INFORMATIONAL, LOW, MEDIUM, CannotTell, Control
from iamlab.analysis.credential_report import credentials as facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.audit.controls import Case, Flaw
    from iamlab.model.identities import Bounded


def _empty_groups(case: Case) -> Iterator[Flaw]:
    members = {name for user in case.account.users.values() for name in user.groups}
    for group in case.account.groups.values():
        if group.name not in members:
            yield group.arn, "The group has no members.", "Delete it, or add users."


def _users_without_group(case: Case) -> Iterator[Flaw]:
    for user in case.account.users.values():
        if not user.groups:
            yield user.arn, "The user is in no group.", "Add the user to one: group.add_user(user)."


def _untagged(case: Case, every: Iterable[Bounded]) -> Iterator[Flaw]:
    wanted = case.thresholds.required_tags
    for one in every:
        if one.path.startswith("/aws-service-role/"):
            continue  # only AWS can tag it
        missing = [key for key in wanted if key not in one.tags]
        if missing:
            yield one.arn, f"Tags are missing: {', '.join(missing)}.", "Set them: tag({...})."
        elif not one.tags:
            yield one.arn, "There are no tags.", "Say whose it is and what for: tag({...})."


def _expired(case: Case) -> Iterator[Flaw]:
    if not facts.are_known(case.account):
        raise CannotTell("An export of account details holds no server certificates.")
    for arn, expiration in facts.certificate_ends(case.account):
        if expiration is not None and expiration < case.account.world.clock.now:
            yield (
                arn,
                f"The server certificate is out of date since {expiration:%Y-%m-%d}.",
                "Delete it: AWS Certificate Manager renews certificates by itself.",
            )


CONTROLS = (
    Control(
        "expired-certificate",
        "No server certificate is out of date",
        MEDIUM,
        "1.19",
        "1.18",
        ("IAM.26",),
        "iam-server-certificate-expiration-check",
        _expired,
    ),
    Control(
        "role-tags",
        "Roles are tagged",
        LOW,
        security_hub=("IAM.24",),
        look=lambda case: _untagged(case, case.roles),
    ),
    Control(
        "user-tags",
        "Users are tagged",
        LOW,
        security_hub=("IAM.25",),
        look=lambda case: _untagged(case, case.account.users.values()),
    ),
    Control(
        "empty-group",
        "Every group has members",
        INFORMATIONAL,
        config_rule="iam-group-has-users-check",
        look=_empty_groups,
    ),
    Control(
        "user-without-group",
        "Every user is in a group",
        INFORMATIONAL,
        config_rule="iam-user-group-membership-check",
        look=_users_without_group,
    ),
)
