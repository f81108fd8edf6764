"""A session: temporary credentials, with AWS's names, valid until they expire.

Code in AWS has no access key. It finds temporary credentials where the SDK looks: in environment
variables, or at an address that only its own container can reach.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "Use temporary credentials with AWS resources";
"Permissions for temporary security credentials"; "AWS global condition context keys"; "AWS STS API
Reference", the response elements of each operation; "Amazon ECS task IAM role"; "Defined runtime
environment variables", of Lambda; "Container credential provider" and "Environment variables", of
the AWS SDKs and Tools Reference Guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.display import Shown
from iamlab.errors import ExpiredToken, InvalidClientTokenId, RequestError, noted
from iamlab.model import managed_policies as managed
from iamlab.model.clock_and_ids import Ids
from iamlab.model.credentials import Presented
from iamlab.model.record import CredentialKind, Record
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.request import ContextValue
    from iamlab.model.credentials import CredentialOwner, SessionRecord
    from iamlab.model.identities import Role
    from iamlab.model.world import World


@dataclass(frozen=True, slots=True, eq=False)
class Session(Shown, Record):
    """Temporary credentials: the stored record, and their attributes."""

    world: World = field(repr=False)
    record: SessionRecord = field(repr=False)
    _ids: Ids = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # A world saved without secrets gets another seed; these credentials stay the same.
        object.__setattr__(self, "_ids", Ids(self.world.seed))

    @property
    def arn(self) -> str:
        """The caller's ARN, for example ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME``."""
        return self.record.arn

    @property
    def userid(self) -> str:
        """The caller's unique id (``aws:userid``), for example ``AROA...:ana``."""
        return self.record.userid

    @property
    def role_arn(self) -> str:
        """The ARN of the identity whose permissions it has: the role, or the user."""
        return self.record.issuer_arn

    @property
    def access_key_id(self) -> str:
        """The id of its access key, which begins with ``ASIA``."""
        return self.record.access_key_id

    @property
    def secret_access_key(self) -> str:
        """The secret that signs requests."""
        return self._ids.secret_of(self.access_key_id)

    @property
    def session_token(self) -> str:
        """The token that each request must contain. Don't rely on its length."""
        return self._ids.session_token_of(self.access_key_id, self.record.token_bytes)

    @property
    def issued(self) -> datetime:
        """When it was created."""
        return self.record.issued

    @property
    def expiration(self) -> datetime:
        """When it expires; it can't be extended."""
        return self.record.expiration

    @property
    def is_expired(self) -> bool:
        """Whether it has expired, by the world's clock."""
        return self.world.clock.now >= self.expiration

    @property
    def tags(self) -> Mapping[str, str]:
        """Its session tags, including inherited ones."""
        return dict(self.record.tags)

    @property
    def transitive_tag_keys(self) -> tuple[str, ...]:
        """The keys of the tags that pass to the next session of a chain."""
        return self.record.transitive_tag_keys

    @property
    def source_identity(self) -> str:
        """The source identity of the chain; empty if none was set."""
        return self.record.source_identity

    @property
    def keys(self) -> dict[str, ContextValue]:
        """Its current condition keys."""
        return keys_of(self.record, self.world.clock.now)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The current versions of its session policies."""
        return tuple(attached.policy for attached in session_policies(self.world, self.record))

    @property
    def packed_policy_size(self) -> int:
        """The size of policies and tags, in percent of the limit."""
        return -(-100 * self.record.packed // ROOM)

    @property
    def session_token_size(self) -> int:
        """The length of the token, in bytes."""
        return self.record.token_bytes

    @property
    def session_token_utilization(self) -> int:
        """The length of the token, in percent of the longest one."""
        return -(-100 * self.record.token_bytes // LARGEST_TOKEN)

    @property
    def credentials(self) -> dict[str, Any]:
        """The three parts and the expiration, in the form of AWS's API.

        Their printed form hides the secrets.
        """
        return Delivered(
            AccessKeyId=self.access_key_id,
            SecretAccessKey=self.secret_access_key,
            SessionToken=self.session_token,
            Expiration=self.expiration,
        )

    def environment_variables(self) -> dict[str, str]:
        """Return the environment variables that SDKs check first for credentials.

        Their printed form hides the secrets.
        """
        return environment_variables(self)

    def container_credentials(self) -> dict[str, str]:
        """Return the response to an ECS container's request for its credentials.

        Its printed form hides the secrets.
        """
        return container_credentials(self)

    def present(self, world: World) -> Presented:
        """Present the credentials, as with every call; permissions are evaluated each time.

        Raises
        ------
        ExpiredToken
            It has expired.
        InvalidClientTokenId
            This world doesn't have it; or its role or user has been deleted, and a new one with the
            same name isn't the same.
        """
        if world.clock.now >= self.expiration:
            note = f"It ended at {self.expiration:%Y-%m-%d %H:%M:%S}: get new credentials."
            raise noted(ExpiredToken("The security token included in the request is expired"), note)
        return presented(world, self.record)

    def __reduce__(self) -> Any:
        """Raise an error: pickling would write the secret to a file."""
        raise TypeError("A session contains secrets, so it can't be pickled.")

    def __repr__(self) -> str:
        until = self.expiration.strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{type(self).__name__}({self.arn!r}, {self.access_key_id!r}, expires {until})"


_SECRET = re.compile(r".*(secret_?access_?key|token)", re.IGNORECASE)


class Delivered(dict[str, Any]):
    """Credentials as code finds them: a dict whose printed form hides the secrets."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        """Raise an error: pickling would write the secret to a file."""
        raise TypeError("These credentials are secret, so they can't be pickled.")

    def __repr__(self) -> str:
        return repr({key: "***" if _SECRET.fullmatch(key) else text for key, text in self.items()})


def container_credentials(session: Session) -> dict[str, str]:
    """Return the response to an ECS container's request for its credentials.

    The container calls http://169.254.170.2, with the path in the environment variable
    ``AWS_CONTAINER_CREDENTIALS_RELATIVE_URI``.

    Raises
    ------
    RequestError
        It isn't a session.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> role = world.create_account("main", account_id="111111111111").create_role(
    ...     "task", assume_role_policy_document={"Version": "2012-10-17", "Statement": {
    ...     "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    ...     "Action": "sts:AssumeRole"}})
    >>> session = world.sts.assume_role_as_service("ecs-tasks.amazonaws.com", role_arn=role)
    >>> answer = session.container_credentials()
    >>> answer["RoleArn"], answer["Expiration"], len(answer["SecretAccessKey"])
    ('arn:aws:iam::111111111111:role/task', '2026-11-25T15:00:00Z', 40)
    >>> str(answer).count("***")
    2
    """
    _check(session)
    return Delivered(
        {
            "RoleArn": session.role_arn,
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.session_token,
            "Expiration": session.expiration.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def environment_variables(
    session: Session, more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment variables that SDKs check first for credentials.

    Parameters
    ----------
    more
        More variables.

    Raises
    ------
    RequestError
        It isn't a session.

    Examples
    --------
    >>> from iamlab import World
    >>> key = World(seed=7).create_account("main").create_user("ana").create_access_key()
    >>> session = key.user.account.world.sts.get_session_token(key)
    >>> session.environment_variables()["AWS_ACCESS_KEY_ID"] == session.access_key_id
    True
    """
    _check(session)
    return Delivered(
        {
            "AWS_ACCESS_KEY_ID": session.access_key_id,
            "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
            "AWS_SESSION_TOKEN": session.session_token,
            **(more or {}),
        }
    )


def _check(session: object) -> None:
    if not hasattr(type(session), "session_token"):  # an access key has no session token
        raise RequestError(f"Pass a session, not {session!r}.")


def presented(world: World, record: SessionRecord) -> Presented:
    """Return what a session that has not expired shows to a world.

    Raises
    ------
    InvalidClientTokenId
        The world doesn't have it, or its identity was deleted.
    """
    known = world.sessions.get(record.access_key_id)
    if known is not record and known != record:
        raise _unknown("It was created in another world, or after this copy of it.")
    behind = principal_of(world, record)
    if behind is None:
        raise _unknown(f"{record.issuer_arn}, whose session it is, was deleted.")
    return Presented(
        behind.arn if record.kind is CredentialKind.USER else record.arn,
        keys_of(record, world.clock.now),
        session_policies(world, record),
        behind.arn,
        record.kind,
        record.userid,
        record.tags,
        record.scoped,
        default_regions_only=not record.works_in_opt_in_regions,
    )


def _unknown(why: str) -> InvalidClientTokenId:
    invalid = InvalidClientTokenId("The security token included in the request is invalid.")
    return noted(invalid, why)


def session_policies(world: World, record: SessionRecord) -> tuple[AttachedPolicy, ...]:
    """Return a session's policies: the inline one, and the current managed ones."""
    from iamlab.engine.layers import AttachedPolicy

    inline = () if record.policy is None else (AttachedPolicy(record.policy),)
    found = ((arn, managed_document(world, arn)) for arn in record.policy_arns)
    # A deleted policy allows nothing; if it was the only one, neither does the session.
    return (*inline, *(AttachedPolicy(document, arn) for arn, document in found))


FEDERATED = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
"""The operations whose sessions have no keys of MFA. Identity Center uses the first one."""


def keys_of(record: SessionRecord, now: datetime) -> dict[str, ContextValue]:
    """Return the condition keys that come with a session's credentials."""
    found: dict[str, Any] = temporary_credential_keys(
        record.issue_time or record.issued, now, record.mfa
    )
    if record.operation in FEDERATED:
        del found["aws:MultiFactorAuthPresent"]
    if record.source_identity:
        found["aws:SourceIdentity"] = record.source_identity
    if record.kind is CredentialKind.ROOT_TASK:
        found["aws:AssumedRoot"] = True
    return {**found, **record.keys}


def find_role(world: World, arn: str) -> Role | None:
    """Find a role by its ARN, in any account."""
    if not is_arn(arn):
        return None
    parsed = Arn.parse(arn)
    account = world.accounts.get(parsed.account)
    role = account.roles.get(parsed.name) if account and parsed.kind == "role" else None
    return role if role is not None and role.arn == arn else None


def principal_of(world: World, record: SessionRecord) -> Role | CredentialOwner | None:
    """Find the identity whose permissions a session has, not a new one with the same name."""
    arn = Arn.parse(record.issuer_arn)
    account = world.accounts.get(arn.account)
    if account is None:
        return None
    if arn.resource == "root":
        return account.root
    held = account.roles if arn.kind == "role" else account.users
    found = held.get(arn.name)
    if found is None or found.unique_id != record.issuer_id:
        # It can have been renamed.
        found = next((new for new in held.values() if new.unique_id == record.issuer_id), None)
    return found


def managed_document(world: World, arn: str) -> Policy:
    """Return the current document of a managed policy; an empty one if it was deleted."""
    account = world.accounts.get(Arn.parse(arn).account)
    known = (account.policies.get(arn) if account else None) or managed.find(arn)
    if known is None:
        return Policy((), "2012-10-17", name=arn.rpartition("/")[2])
    return known.document


LARGEST_TOKEN = 4096
"""The longest session token, in bytes."""

WITHOUT_ANYTHING = 356
"""The length of a token without policies and tags."""

ROOM = (LARGEST_TOKEN - WITHOUT_ANYTHING) * 3 // 4
"""The most packed bytes: a token is text, in which three bytes take four letters."""
