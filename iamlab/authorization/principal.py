"""What is known of a caller: the policies that hang on it, each with its path, and its context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from iamlab.authorization import context_keys as context
from iamlab.authorization.context_keys import OF_CALLER, Who, fill, of_temporary
from iamlab.authorization.credential_scope import CREDENTIALS, limits_of, limits_of_regions
from iamlab.authorization.resource import ResourceContext
from iamlab.engine.layers import Attached, Layers, Level
from iamlab.engine.request import ANONYMOUS, PROVIDER_HOSTS, ContextValue
from iamlab.errors import NoSuchEntity, RequestError, did_you_mean
from iamlab.model import aws_managed_policies as managed
from iamlab.model.credentials import OF_FEDERATED_USERS, Credential, CredentialKind, Presented
from iamlab.model.identities import Bounded, Group, Identity, Role, User
from iamlab.model.organization.policies import SCP
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from iamlab.engine.callers_index import CallersIndex
    from iamlab.model.account import Account
    from iamlab.model.identities import RootUser
    from iamlab.model.world import World

Caller: TypeAlias = (
    "str | User | Role | Group | RootUser | Credential | PrincipalContext"  # no group may
)

SOME_SESSION = "some-session"


@dataclass(frozen=True, slots=True)
class PrincipalContext:
    """A caller, and all that the world knows of it.

    Parameters
    ----------
    who
        As policies see the caller; tags count as they are when the question is asked.
    credentials
        The condition keys that come with temporary credentials.
    assumed
        What was taken for granted while gathering, in words.
    session
        Session policies.
    scps
        The service control policies above its account, level by level.
    scoped
        Scope-down policies.
    kind
        What its credentials are.
    default_regions_only
        Whether Regions that must be opted in to do not take them.
    issuer_id
        Of a federated user: the unique id of the user who made him.
    """

    arn: str
    account_id: str
    who: Callable[[], Who]
    identity: tuple[Attached, ...] = ()
    boundary: Attached | None = None
    issuer: str | None = None
    assumed: tuple[str, ...] = ()
    session: tuple[Policy | Attached, ...] = ()
    scps: tuple[Level, ...] = ()
    credentials: Callable[[], Mapping[str, ContextValue]] = dict
    scoped: tuple[Policy | Attached, ...] = ()
    kind: CredentialKind = CredentialKind.LONG_TERM
    default_regions_only: bool = False
    issuer_id: str = ""

    def context(self) -> dict[str, ContextValue]:
        """Give the caller's part of a request's context."""
        return {**fill(OF_CALLER, self.who()), **self.credentials()}

    def layers(
        self, facts: ResourceContext | None = None, endpoint: Policy | None = None
    ) -> Layers:
        """Put the caller's policies together with those of the resource and of the way there."""
        if facts is None:
            facts = ResourceContext()
        return Layers(
            self.identity,
            facts.policy,
            self.boundary,
            self.session,
            self.scps,
            facts.rcps,
            endpoint,
            self.scoped,
            grants=facts.grants,
            public_access_block=facts.public_access_block,
        )

    def within_limits(self) -> PrincipalContext:
        """Give the same caller with what its credentials are not good for as one more ceiling."""
        with_mfa = self.credentials().get("aws:MultiFactorAuthPresent") is True
        of_kind = limits_of(self.kind, with_mfa=with_mfa)
        limits = (of_kind, limits_of_regions() if self.default_regions_only else None)
        closed = [Attached(one, path=CREDENTIALS) for one in limits if one is not None]
        return replace(self, scoped=(*self.scoped, *closed)) if closed else self

    def showing(self, presented: Presented) -> PrincipalContext:
        """Give the same caller with what its credentials say besides."""
        if presented.kind is CredentialKind.LONG_TERM:
            return self
        shown = dict(presented.context)
        is_federated = presented.kind in OF_FEDERATED_USERS
        of_root = is_federated and self.arn.endswith(":root")
        return replace(
            self,
            arn=presented.arn,
            who=partial(_seen, self.who, presented),
            identity=(Attached(everything(), None, ("root user",)),) if of_root else self.identity,
            issuer=self.arn if is_federated else self.issuer,
            session=presented.session,
            credentials=lambda: shown,
            scoped=presented.scoped,
            kind=presented.kind,
            default_regions_only=presented.default_regions_only,
            issuer_id=self.who().userid if is_federated else "",
        )


def _seen(who: Callable[[], Who], presented: Presented) -> Who:
    """Say who calls with temporary credentials: session tags win over those of the principal."""
    principal_of = who()
    seen = replace(
        principal_of,
        userid=presented.userid or principal_of.userid,
        tags=tags_over(principal_of.tags, presented.tags),
    )
    if presented.kind not in OF_FEDERATED_USERS:
        return seen
    return replace(seen, arn=presented.arn, principal_type="FederatedUser", username="")


def tags_over(below: Mapping[str, str], above: Mapping[str, str]) -> Mapping[str, str]:
    """Lay tags over others; the letter case of their keys does not count.

    Examples
    --------
    >>> tags_over({"Team": "sky", "site": "x"}, {"team": "sea"})
    {'site': 'x', 'team': 'sea'}
    """
    if not above:
        return below
    lower = {key.lower() for key in above}
    return {**{key: one for key, one in below.items() if key.lower() not in lower}, **above}


@cache
def everything() -> Policy:
    """Give what the root user may in its own account, as a policy."""
    return Policy.allow("*", "*", name="root user")


class AllCallers(NamedTuple):
    """All callers of some accounts, made ready for questions.

    Parameters
    ----------
    stamp
        What they depend on beside the world's revision: time, and tags that are written by hand.
    holes
        What was taken for granted of them, in words.
    """

    stamp: Hashable
    crowd: CallersIndex
    holes: tuple[str, ...]


def _looked_up(world: World, caller: Caller) -> PrincipalContext:
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
        # Not the thing itself: whoever passes credentials as they are would see them in the text.
        what = f"an object of type {type(caller).__name__}"
        raise RequestError(
            f"{what} is no caller: give a user, a role, a key, a session, or an ARN. Of "
            "credentials as they are, world.caller_of(credentials) makes one."
        )
    if text == ANONYMOUS:
        return PrincipalContext(text, "", lambda: context.ANONYMOUS)
    if text in PROVIDER_HOSTS:
        return PrincipalContext(text, "", Who)
    if not is_arn(text):
        if "." in text:
            return PrincipalContext(text, "", partial(_service, text))
        raise RequestError(f"{text!r} is no caller: give a user, a role, or an ARN.")
    arn = Arn.parse(text)
    account = world.accounts.get(arn.account)
    if account is None:
        error = NoSuchEntity(f"The account {arn.account or '(none)'} cannot be found.")
        error.add_note(did_you_mean(arn.account, world.accounts))
        raise error
    if (arn.partition, arn.region) != (account.partition, ""):
        begins = f"arn:{account.partition}:{arn.service}::{account.account_id}:"
        raise _no_such(arn.kind or "principal", text, f"Its ARN would begin with {begins}.")
    return _principal(account, arn, text)


def _principal(account: Account, arn: Arn, text: str) -> PrincipalContext:
    """Collect what an account knows of the principal that an ARN names."""
    if (arn.service, arn.resource) == ("iam", "root"):
        membership = account.world.membership_of(arn.account)
        who = partial(context.root, text, arn.account, membership)
        return PrincipalContext(text, arn.account, who, scps=scps_of(account))
    if arn.service == "iam" and arn.kind in ("saml-provider", "oidc-provider"):
        return PrincipalContext(text, "", Who)
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
        membership = account.world.membership_of(arn.account)
        return _bounded(user, text, partial(context.user, user, membership))
    if (arn.service, arn.kind) == ("iam", "role"):
        role = _exact(account.get_role(arn.name), text)
        return _of_role(role, text, SOME_SESSION)
    if (arn.service, arn.kind) == ("sts", "federated-user"):
        raise RequestError(
            f"{text!r} does not say for whom he stands in: ask with the session itself, which "
            "world.sts.get_federation_token(...) gives."
        )
    raise RequestError(
        f"{text!r} is no caller that this world knows: a user, a role, a session of a role."
    )


def _session(account: Account, arn: Arn, text: str) -> PrincipalContext:
    role_name, _, session_name = arn.resource.removeprefix("assumed-role/").partition("/")
    role = account.get_role(role_name)
    if role.name != role_name:
        raise _no_such("role", role_name, f"The role is called {role.name}; letter case counts.")
    return _of_role(role, text, session_name)


def _of_role(role: Role, text: str, session_name: str) -> PrincipalContext:
    """Collect what is known of a session of a role: one that was made just now, without MFA."""
    world = role.account.world
    membership = world.membership_of(role.account.account_id)
    gathered = _bounded(role, text, partial(context.role, role, session_name, membership))
    return replace(
        gathered,
        credentials=lambda: of_temporary(world.clock.now, world.clock.now),
        kind=CredentialKind.ROLE,
    )


def _service(name: str) -> Who:
    """Say who a service is that calls for itself."""
    from iamlab.model.service_principals import sends

    return Who(service=name, sends=sends(name))


def scps_of(account: Account) -> tuple[Level, ...]:
    """Give the service control policies above an account, level by level."""
    organization = account.world.organization_of(account.account_id)
    return () if organization is None else organization.levels(account.account_id, SCP)


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


def _bounded(identity: User | Role, arn: str, who: Callable[[], Who]) -> PrincipalContext:
    missing: list[str] = []
    identities = [(identity, ())] + [
        (group, (f"group {group.name}",)) for group in _groups(identity, missing)
    ]
    hanging = tuple(
        attached for one, path in identities for attached in policies_of(one, path, missing)
    )
    if isinstance(identity, User) and lets_change_password(identity.account):
        hanging = (*hanging, Attached(change_own_password(), None, ("account password policy",)))
    return PrincipalContext(
        arn,
        identity.account.account_id,
        who,
        hanging,
        _boundary(identity, missing),
        identity.arn if isinstance(identity, Role) else None,
        tuple(dict.fromkeys(missing)),
        scps=scps_of(identity.account),
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
    principal_of = identity.account.groups
    missing += [
        f"Group {name} of user {identity.name} is not in the file: taken as one without policies."
        for name in identity.groups
        if name not in principal_of
    ]
    return [principal_of[name] for name in identity.groups if name in principal_of]


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


def principal_of(world: World, caller: Caller) -> PrincipalContext:
    """Collect what is known of a caller: policies, context. Remembered until a change."""
    if isinstance(caller, PrincipalContext):
        return caller  # somebody as he would be, whom this world need not have
    if isinstance(caller, Credential):
        presented = caller.present(world)
        return principal_of(world, presented.principal or presented.arn).showing(presented)
    key = caller if isinstance(caller, str) else getattr(caller, "arn", "")
    if not key:
        return _looked_up(world, caller)  # which refuses it
    kept = world.remembered.gathered
    if key not in kept:
        kept[key] = _looked_up(world, key)
    return kept[key]
