"""What must be true between the parts of an instance of IAM Identity Center.

Assignments may mean users and groups that have been deleted, and roles and SAML providers may be
gone: that is so in a living world too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import AwsError, did_you_mean
from iamlab.world.files.way import member
from iamlab.world.identity_center.values import seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.world.files.way import Way
    from iamlab.world.identity_center.instance import IdentityCenter



def check_identity_centers(centers: Mapping[str, IdentityCenter], way: Way) -> None:
    """Note what does not go together."""
    for key, center in centers.items():
        place = member("$.identity_centers", key)
        if way.is_sound(place):
            for where, what in (*_identity_center_parts(center, place), *_sets(center, place)):
                way.wrong(where, what)


def _identity_center_parts(center: IdentityCenter, place: str) -> Iterator[Found]:
    """Check what each part says of its instance, and who is in the groups."""
    for kind in ("users", "groups", "permission_sets"):
        for key, part in getattr(center, kind).items():
            if part.instance_arn != center.arn:
                where = member(f"{place}.{kind}", key)
                yield f"{where}.instance_arn", f"It must be {center.arn}."
    for key, group in center.groups.items():
        for number, user_id in enumerate(group.member_ids):
            if user_id not in center.users:
                where = f"{member(f'{place}.groups', key)}.member_ids[{number}]"
                yield where, f"There is no such user. {did_you_mean(user_id[:100], center.users)}"


def _sets(center: IdentityCenter, place: str) -> Iterator[Found]:
    """Check that what is assigned is there, and has been provisioned."""
    for key, one in center.permission_sets.items():
        try:
            seconds_of(one.session_duration)
        except AwsError:
            where = f"{member(f'{place}.permission_sets', key)}.session_duration"
            yield where, "There must be PT1H to PT12H."
    for number, assigned in enumerate(center.account_assignments):
        where = f"{place}.account_assignments[{number}]"
        known = center.permission_sets.get(assigned.permission_set_id)
        if known is None:
            yield f"{where}.permission_set_id", "There is no such permission set."
        elif assigned.account_id not in known.provisioned:
            yield f"{where}.account_id", f"{known.name} is not provisioned in this account."
