"""What the text of a refusal says: which permission was missing, and on what.

IAM and STS log no parameters with a refusal, so its text is all that says what was asked for. IAM
names its entities there in short: ``on resource: role audit``.

Notes
-----
AWS page: "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_PERFORM = "is not authorized to perform: "
_RESOURCE = "on resource: "
_REASONS = (" because ", " with an explicit deny")
_LONGEST = 4096
"""A message has at most 1 KB; a longer one is no message of CloudTrail's."""

KINDS: Mapping[str, str] = {
    "group": "group",
    "instance profile": "instance-profile",
    "role": "role",
    "user": "user",
}
"""What IAM calls an entity in a text -> the same in its ARN."""


class Refusal(NamedTuple):
    """What a text says.

    Parameters
    ----------
    action
        As policies spell it.
    resource
        An ARN, or ``*`` if the text does not say it.
    is_path_known
        Whether the ARN is whole: of an IAM entity the text may name only the name.
    """

    action: str
    resource: str
    is_path_known: bool = True


def refusal_in(message: str, partition: str, account_id: str) -> Refusal | None:
    """Read what the text of a refusal says; ``None`` if it does not say it.

    Parameters
    ----------
    partition, account_id
        Where the IAM entities are that the text names in short.

    Examples
    --------
    >>> refusal_in(
    ...     "User: arn:aws:iam::111122223333:user/maya is not authorized to perform: "
    ...     "iam:PutRolePolicy on resource: role audit because no identity-based policy allows the "
    ...     "iam:PutRolePolicy action", "aws", "111122223333")
    Refusal(action='iam:PutRolePolicy', resource='arn:aws:iam::111122223333:role/audit', \
is_path_known=False)
    """
    _, found, rest = message[:_LONGEST].partition(_PERFORM)
    action, _, rest = rest.partition(" ")
    action = action.strip("\"'.,;")
    if not found or not _is_action(action):
        return None
    _, named, resource = rest.partition(_RESOURCE)
    if not named:
        return Refusal(action, "*")
    for reason in _REASONS:
        before, is_there, _ = resource.rpartition(reason)
        resource = before if is_there else resource
    text = resource.strip(" \n\"'").removesuffix(".")
    kind, _, name = text.rpartition(" ")
    if kind in KINDS and not name.startswith("arn:"):
        return Refusal(
            action, f"arn:{partition}:iam::{account_id}:{KINDS[kind]}/{name}", is_path_known=False
        )
    if kind == "policy":
        text = name
    return Refusal(action, text if text.startswith("arn:") else "*")


def _is_action(text: str) -> bool:
    prefix, colon, name = text.partition(":")
    return bool(colon and prefix and name and text.isascii() and ":" not in name)
