"""What a world keeps of a session: everything but its secrets, which follow from its id.

AWS keeps nothing: all that it knows of a session is in the session token, encrypted. Here the token
is only a text, and its content is kept beside it.

A session has the permissions of its issuer: the role, or the user who made it. An event names the
issuer in its ``userIdentity`` element. The ARN of a role session names it too, without its path.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Pass session tags in AWS STS"; "Monitor and
control actions taken with assumed roles"; "CloudTrail userIdentity element"; "IAM identifiers", for
the ARNs of sessions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iamlab.model.record import CredentialKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.policy.document import Policy


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session.

    Parameters
    ----------
    operation
        The operation of STS that made it.
    kind
        What it is a session of: a role, the very user (or root user) who asked for it, a federated
        user, the root user of a member account for one task.
    arn
        Who calls with it, as CloudTrail and resource policies name him.
    issuer_arn, issuer_id
        Whose permissions it has, and his unique id: a role, a user, or the root user of an account
        (whose id is the account's). Another one of the same name is not he.
    name
        The role session's or the federated user's name.
    issued, expiration
        When it begins and ends, by the world's clock.
    parent
        The id of the access key, or of the session, with which it was asked for; empty if it was
        none of this world: somebody's signed token, or a service.
    region
        The Region whose endpoint made it; ``"aws-global"``: the global endpoint.
    mfa
        When an MFA device was used for it.
    tags
        Session tags: those that were passed, and those that were inherited.
    transitive_tag_keys
        Which of them go along when the session assumes another role.
    source_identity
        Who is behind all of the chain; empty if nobody said.
    policy, policy_arns
        Session policies: at most what they allow can be done. Managed ones are looked up at each
        request.
    scoped
        Scope-down policies of ``GetScopedCredentials``: at most what each of them allows.
    keys
        Further condition keys that come with it: which instance it was made for, say.
    packed
        How many bytes policies and tags take in the token.
    token_bytes
        The length of its token.
    issue_time
        What its ``aws:TokenIssueTime`` says, if that is not when it was made.
    works_in_opt_in_regions
        Whether it is accepted in Regions that are off unless an account opts in.
    """

    operation: str
    kind: CredentialKind
    arn: str
    issuer_arn: str
    issuer_id: str
    name: str
    issued: datetime
    expiration: datetime
    access_key_id: str
    parent: str = ""
    region: str = ""
    mfa: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str = ""
    policy: Policy | None = None
    policy_arns: tuple[str, ...] = ()
    scoped: tuple[Policy, ...] = ()
    keys: Mapping[str, str | bool | list[str]] = field(default_factory=dict)
    packed: int = 0
    token_bytes: int = 0
    issue_time: datetime | None = None
    works_in_opt_in_regions: bool = True

    @property
    def account_id(self) -> str:
        """The account whose session it is."""
        return self.issuer_arn.split(":", 5)[4]

    @property
    def userid(self) -> str:
        """Its ``aws:userid``."""
        if self.kind is CredentialKind.ROLE:
            return f"{self.issuer_id}:{self.name}"
        return (
            f"{self.account_id}:{self.name}"
            if self.kind is CredentialKind.FEDERATED
            else self.issuer_id
        )

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return int((self.expiration - self.issued).total_seconds())

    @property
    def transitive_tags(self) -> dict[str, str]:
        """The tags that the next session of a chain inherits."""
        going = {key.lower() for key in self.transitive_tag_keys}
        return {key: value for key, value in self.tags.items() if key.lower() in going}


def role_of_session(arn: str) -> str:
    """Give the ARN of the role, without its path, whose session an ARN names; empty if none.

    Examples
    --------
    >>> role_of_session("arn:aws:sts::111122223333:assumed-role/app/job")
    'arn:aws:iam::111122223333:role/app'
    >>> role_of_session("arn:aws:sts::111122223333:federated-user/ana")
    ''
    """
    start, found, rest = arn.partition(":assumed-role/")
    if not found or ":sts:" not in start:
        return ""
    return f"{start.replace(':sts:', ':iam:', 1)}:role/{rest.partition('/')[0]}"
