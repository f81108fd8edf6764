"""What is known of a caller: the policies that hang on it, each with its path, and its context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeVar

from iamlab.engine.layers import Attached, Layers
from iamlab.engine.request import ANONYMOUS, PROVIDER_HOSTS, ContextValue
from iamlab.errors import NoSuchEntity, RequestError, did_you_mean
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy
from iamlab.world import context, managed
from iamlab.world.identities import Bounded, Group, Identity, Role, User
from iamlab.world.presented import Credential, Presented

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.world.account import Account
    from iamlab.world.world import World

Caller = str | User | Role | Group | Credential  # a group is refused, with the reason

SOME_SESSION = "some-session"


@dataclass(frozen=True, slots=True)
class Gathered:
    """A caller, and all that the world knows of it.

    Parameters
    ----------
    context
        Makes the caller's part of the context; tags count as they are when the question is asked.
    assumed
        What was taken for granted while gathering, in words.
    """

    arn: str
    account_id: str
    context: Callable[[], Mapping[str, ContextValue]]
    identity: tuple[Attached, ...] = ()
    boundary: Attached | None = None
    issuer: str | None = None
    assumed: tuple[str, ...] = ()
    session: tuple[Policy, ...] = ()

    def layers(self, resource_policy: Policy | None) -> Layers:
        """Put the caller's policies together with the resource's."""
        return Layers(self.identity, resource_policy, self.boundary, self.session)

    def showing(self, presented: Presented) -> Gathered:
        """Give the same caller with what its credentials say besides."""
        if not presented.context and not presented.session:
            return self
        of_caller, shown = self.context, dict(presented.context)
        return replace(self, context=lambda: {**of_caller(), **shown}, session=presented.session)


def gather(world: World, caller: Caller) -> Gathered:
    """Collect what this world knows of a caller; an object of another world is looked up here.

    Raises
    ------
    NoSuchEntity
        There is no such caller in this world.
    RequestError
        It is no caller: a group, or text that is no ARN.
    """
    text = caller if isinstance(caller, str) else getattr(caller, "arn", None)
    if not isinstance(text, str):
        raise RequestError(f"{caller!r} is no caller: give a user, a role, or an ARN.")
    if text == ANONYMOUS:
        return Gathered(text, "", context.of_anonymous)
    if text in PROVIDER_HOSTS:
        return Gathered(text, "", dict)
    if not is_arn(text):
        if "." in text:
            return Gathered(text, "", partial(context.of_service, text))
        raise RequestError(f"{text!r} is no caller: give a user, a role, or an ARN.")
    arn = Arn.parse(text)
    account = world.accounts.get(arn.account)
    if account is None:
        error = NoSuchEntity(f"The account {arn.account or '(none)'} cannot be found.")
        error.add_note(did_you_mean(arn.account, world.accounts))
        raise error
    return _principal(account, arn, text)


def _principal(account: Account, arn: Arn, text: str) -> Gathered:
    """Collect what an account knows of the principal that an ARN names."""
    if (arn.service, arn.resource) == ("iam", "root"):
        return Gathered(text, arn.account, partial(context.of_root, text, arn.account))
    if arn.service == "iam" and arn.kind in ("saml-provider", "oidc-provider"):
        return Gathered(text, "", dict)
    if (arn.service, arn.kind) == ("sts", "assumed-role"):
        return _session(account, arn, text)
    if (arn.service, arn.kind) == ("iam", "group"):
        group = account.get_group(arn.name)
        members = ", ".join(user.name for user in group.users) or "none yet"
        raise RequestError(
            f"Group {group.name} cannot call: a group is not a principal. "
            f"Ask for one of its users: {members}."
        )
    if (arn.service, arn.kind) == ("iam", "user"):
        user = _exact(account.get_user(arn.name), text)
        return _bounded(user, text, partial(context.of_user, user))
    if (arn.service, arn.kind) == ("iam", "role"):
        role = _exact(account.get_role(arn.name), text)
        return _bounded(role, text, partial(context.of_role, role, SOME_SESSION))
    raise RequestError(
        f"{text!r} is no caller that this world knows: a user, a role, a session of a role."
    )


def _session(account: Account, arn: Arn, text: str) -> Gathered:
    role_name, _, session_name = arn.resource.removeprefix("assumed-role/").partition("/")
    role = account.get_role(role_name)
    if role.name != role_name:
        raise _no_such("role", role_name, f"The role is called {role.name}; letter case counts.")
    return _bounded(role, text, partial(context.of_role, role, session_name))


Own = TypeVar("Own", User, Role)


def _exact(found: Own, text: str) -> Own:
    """Insist on the right path and letter case, as AWS does."""
    if found.arn != text:
        raise _no_such(found.kind, text, f"Did you mean {found.arn}?")
    return found


def _no_such(kind: str, name: str, note: str) -> NoSuchEntity:
    error = NoSuchEntity(f"The {kind} with name {name.rpartition('/')[2]} cannot be found.")
    error.add_note(note)
    return error


def _bounded(
    identity: User | Role, arn: str, of_caller: Callable[[], Mapping[str, ContextValue]]
) -> Gathered:
    missing: list[str] = []
    identities = [(identity, ())] + [
        (group, (f"group {group.name}",)) for group in _groups(identity, missing)
    ]
    hanging = tuple(
        attached for one, path in identities for attached in policies_of(one, path, missing)
    )
    if isinstance(identity, User) and lets_change_password(identity.account):
        hanging = (*hanging, Attached(change_own_password(), None, ("account password policy",)))
    return Gathered(
        arn,
        identity.account.account_id,
        of_caller,
        hanging,
        _boundary(identity, missing),
        identity.arn if isinstance(identity, Role) else None,
        tuple(dict.fromkeys(missing)),
    )


def lets_change_password(account: Account) -> bool:
    """Say whether the account's password policy lets all its users change their own."""
    policy = account.password_policy
    return policy is not None and policy.allow_users_to_change_password


@cache
def change_own_password() -> Policy:
    """Give what that amounts to, as a policy of each user."""
    own = ["arn:*:iam::*:user/${aws:username}", "arn:*:iam::*:user/*/${aws:username}"]
    return Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": own},
                {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
            ],
        },
        name="AllowUsersToChangePassword",
    )


def _groups(identity: Bounded, missing: list[str]) -> list[Group]:
    if not isinstance(identity, User):
        return []
    known = identity.account.groups
    missing += [
        f"Group {name} of user {identity.name} is not in the file: taken as one without policies."
        for name in identity.groups
        if name not in known
    ]
    return [known[name] for name in identity.groups if name in known]


def policies_of(
    identity: Identity, path: tuple[str, ...] = (), missing: list[str] | None = None
) -> list[Attached]:
    """List what hangs on one identity: inline policies first, then managed ones."""
    found = [Attached(policy, None, path) for policy in identity.inline.values()]
    for arn in identity.attached:
        document = document_of(identity.account, arn)
        if document is not None:
            found.append(Attached(document, arn, path))
        elif missing is not None:
            missing.append(_unknown(arn))
    return found


def _unknown(arn: str) -> str:
    return f"Policy {arn} is attached, but its document is not in the file: taken as empty."


def document_of(account: Account, arn: str) -> Policy | None:
    """Give the document of a managed policy that applies; ``None`` if nobody knows it."""
    policy = account.policies.get(arn) or managed.find(arn)
    return None if policy is None else policy.document


def _boundary(identity: Bounded, missing: list[str]) -> Attached | None:
    if identity.boundary is None:
        return None
    document = document_of(identity.account, identity.boundary)
    if document is None:
        missing.append(_unknown(identity.boundary) + " As a boundary it allows nothing.")
        document = Policy((), "2012-10-17", name=identity.boundary.rpartition("/")[2])
    return Attached(document, identity.boundary)
