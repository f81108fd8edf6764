"""How a session's credentials reach the code that works with it: as SDKs look for them.

Code in AWS holds no access key. It finds temporary credentials where the SDK looks: in environment
variables, or at an address that only its own container can reach.

Notes
-----
AWS pages: "Amazon ECS task IAM role"; "Defined runtime environment variables", of Lambda;
"Container credential provider" and "Environment variables", of the AWS SDKs and Tools Reference
Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.sts.session import Session

_SECRET = frozenset(
    ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "SecretAccessKey", "Token", "SessionToken")
)


class Delivered(dict[str, str]):
    """What code is given. It is a dict like any other, but shows no secret when it is printed."""

    __slots__ = ()

    def __reduce__(self) -> Any:
        """Refuse to be written to a file: that would write the secret too."""
        raise TypeError("These credentials are secret, so they cannot be pickled.")

    def __repr__(self) -> str:
        return repr({key: "***" if key in _SECRET else value for key, value in self.items()})


def container_credentials(session: Session) -> dict[str, str]:
    """Give what a container of ECS is answered when it asks for its credentials.

    It asks http://169.254.170.2, with the path that the environment variable
    ``AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`` says.

    Raises
    ------
    RequestError
        It is no session.

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
    """Give the environment variables in which SDKs look for credentials first.

    Parameters
    ----------
    more
        Further variables.

    Raises
    ------
    RequestError
        It is no session.

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
    if not hasattr(type(session), "session_token"):  # an access key has none
        raise RequestError(f"Credentials are of a session, not of {session!r}.")
