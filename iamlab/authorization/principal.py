"""The principal of a request: the policies attached to it, each with its path, and its keys.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "IAM identifiers"; "Temporary security credentials
in IAM".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from iamlab.authorization import context_keys as context
from iamlab.authorization.context_keys import (
    CALLER_KEYS,
    CallerAttributes,
    keys_of,
    temporary_credential_keys,
)
from iamlab.authorization.credential_scope import (
    CREDENTIALS_PATH,
    closed_refusal,
    credential_limits,
    refusal_of,
    region_limits,
)
from iamlab.authorization.resource import ResourceContext, why_closed
from iamlab.engine.layers import AttachedPolicy, Layers, Level
from iamlab.engine.request import ANONYMOUS, PROVIDER_HOSTS, ContextValue
from iamlab.errors import AwsError, NoSuchEntity, RequestError, did_you_mean, noted
from iamlab.model.credentials import Credential, Presented
from iamlab.model.identities import (
    Group,
    Role,
    User,
    boundary_of,
    identity_policies,
    root_user_policy,
)
from iamlab.model.record import OF_FEDERATED_USERS, CredentialKind
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.identities import RootUser
    from iamlab.model.record import Membership
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


Caller: TypeAlias = (
    "str | User | Role | Group | RootUser | Credential | PrincipalContext"  # no group may
)

SOME_SESSION = "some-session"
"""The default name of a role session."""

MOST_COMBINED = 64
"""How many layers are cached for a caller."""


@dataclass(frozen=True, slots=True)
class PrincipalContext:
    """A caller, and everything that the world knows about it.

    Parameters
    ----------
    who
        The caller, as policies see it, with the tags of this moment.
    credentials
        The condition keys that come with temporary credentials.
    assumed
        The assumptions, in words.
    session
        Session policies.
    scps
        The service control policies above the account, level by level.
    scoped
        Scope-down policies.
    kind
        The kind of credentials.
    default_regions_only
        Whether opt-in Regions reject them.
    issuer_id
        For a federated user: the unique id of the user who created it.
    combined
        A cache of layers. They hold the policies whose ids are in the keys.
    """

    arn: str
    account_id: str
    who: Callable[[], CallerAttributes]
    identity: tuple[AttachedPolicy, ...] = ()
    boundary: AttachedPolicy | None = None
    issuer: str | None = None
    assumed: tuple[str, ...] = ()
    session: tuple[Policy | AttachedPolicy, ...] = ()
    scps: tuple[Level, ...] = ()
    credentials: Callable[[], Mapping[str, ContextValue]] = dict
    scoped: tuple[Policy | AttachedPolicy, ...] = ()
    kind: CredentialKind = CredentialKind.LONG_TERM
    default_regions_only: bool = False
    issuer_id: str = ""
    combined: dict[object, Layers] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def context(self, *, forwarded: bool = False) -> dict[str, ContextValue]:
        """Return the caller's part of a request's context.

        Parameters
        ----------
        forwarded
            Whether a service calls on its behalf.
        """
        own = {**keys_of(CALLER_KEYS, self.who()), **self.credentials()}
        return context.forwarded_keys(own) if forwarded else own

    def layers(
        self, resource: ResourceContext | None = None, endpoint: AttachedPolicy | None = None
    ) -> Layers:
        """Combine the caller's policies with those of the resource and the endpoint.

        The engine stores a plan in the layers, so the same layers are returned for the same
        resource policy. Organizations and KMS make their lists anew each time.
        """
        if resource is None:
            resource = ResourceContext()
        if resource.rcps or resource.grants:
            return self._combine(resource, endpoint)
        key = (id(resource.policy), resource.public_access_block, id(endpoint))
        if key not in self.combined:
            if len(self.combined) >= MOST_COMBINED:
                self.combined.clear()
            self.combined[key] = self._combine(resource, endpoint)
        return self.combined[key]

    def _combine(self, resource: ResourceContext, endpoint: AttachedPolicy | None) -> Layers:
        return Layers(
            self.identity,
            resource.policy,
            self.boundary,
            self.session,
            self.scps,
            resource.rcps,
            endpoint,
            self.scoped,
            grant=resource.grants,
            public_access_block=resource.public_access_block,
        )

    def refusal(self, action: str) -> AwsError | None:
        """Return AWS's error if the caller's credentials can't call an action."""
        if why := why_closed(self.account_id, self.who().membership):
            return closed_refusal(why)
        if self.kind is CredentialKind.LONG_TERM:
            return None
        return refusal_of(self.kind, action, self.credentials(), self.arn)

    def within_limits(self) -> PrincipalContext:
        """Return the caller with the limits of its credentials as one more ceiling."""
        with_mfa = self.credentials().get("aws:MultiFactorAuthPresent") is True
        of_kind = credential_limits(self.kind, with_mfa=with_mfa)
        limits = (of_kind, region_limits() if self.default_regions_only else None)
        more = [
            AttachedPolicy(limit, path=CREDENTIALS_PATH) for limit in limits if limit is not None
        ]
        return replace(self, scoped=(*self.scoped, *more)) if more else self

    def showing(self, presented: Presented) -> PrincipalContext:
        """Return the caller with more keys from its credentials."""
        if presented.kind is CredentialKind.LONG_TERM:
            return self
        shown = dict(presented.context)
        is_federated = presented.kind in OF_FEDERATED_USERS
        of_root = is_federated and self.arn.endswith(":root")
        return replace(
            self,
            arn=presented.arn,
            who=partial(_with_session, self.who, presented),
            identity=(AttachedPolicy(root_user_policy(), None, ("root user",)),)
            if of_root
            else self.identity,
            issuer=self.arn if is_federated else self.issuer,
            session=presented.session,
            credentials=lambda: shown,
            scoped=presented.scoped,
            kind=presented.kind,
            default_regions_only=presented.default_regions_only,
            issuer_id=self.who().userid if is_federated else "",
        )


def _with_session(who: Callable[[], CallerAttributes], presented: Presented) -> CallerAttributes:
    """Return the caller with temporary credentials: session tags override the principal's tags."""
    principal = who()
    seen = replace(
        principal,
        userid=presented.userid or principal.userid,
        tags=override_tags(principal.tags, presented.tags),
    )
    if presented.kind not in OF_FEDERATED_USERS:
        return seen
    return replace(seen, arn=presented.arn, principal_type="FederatedUser", username="")


def override_tags(below: Mapping[str, str], above: Mapping[str, str]) -> Mapping[str, str]:
    """Override tags; their keys are case-insensitive.

    Examples
    --------
    >>> override_tags({"Team": "sky", "site": "x"}, {"team": "sea"})
    {'site': 'x', 'team': 'sea'}
    """
    if not above:
        return below
    lower = {key.lower() for key in above}
    return {**{key: value for key, value in below.items() if key.lower() not in lower}, **above}


def _look_up(world: World, caller: Caller) -> PrincipalContext:
    """Collect what this world knows about a caller; an object of another world is looked up here.

    Raises
    ------
    NoSuchEntity
        This world doesn't have the caller.
    RequestError
        It isn't a caller: a group, or text that isn't an ARN or the name of one user or role.
    """
    text = caller if isinstance(caller, str) else getattr(caller, "arn", None)
    if not isinstance(text, str):
        # Not the object itself: its text would show credentials.
        what = f"an object of type {type(caller).__name__}"
        raise RequestError(
            f"{what} isn't a caller. Pass a user, a role, a key, a session or an ARN. "
            "world.caller_of(credentials) makes a caller from credentials."
        )
    if text == ANONYMOUS:
        return PrincipalContext(text, "", lambda: context.ANONYMOUS_CALLER)
    if text in PROVIDER_HOSTS:
        return PrincipalContext(text, "", CallerAttributes)
    if not is_arn(text):
        text = arn_of_name(world, text)
    if not is_arn(text):
        return PrincipalContext(text, "", partial(_service, text))
    arn = Arn.parse(text)
    account = world.accounts.get(arn.account)
    if account is None:
        error = NoSuchEntity(f"The account {arn.account or '(none)'} cannot be found.")
        raise noted(error, did_you_mean(arn.account, world.accounts))
    if (arn.partition, arn.region) != (account.partition, ""):
        begins = f"arn:{account.partition}:{arn.service}::{account.account_id}:"
        raise _no_such(arn.kind or "principal", text, f"Its ARN would begin with {begins}.")
    return _principal(account, arn, text)


def arn_of_name(world: World, name: str) -> str:
    """Return the ARN of the user, role or group with a name; the name of a service stays."""
    accounts = world.accounts.values()
    identities = [own for each in accounts for own in (each.users, each.roles)]
    found = [known[name].arn for known in identities if name in known]
    if len(found) > 1:
        raise RequestError(f"{name!r} is the name of {' and '.join(found)}. Pass one of the ARNs.")
    found += [each.groups[name].arn for each in accounts if name in each.groups]  # an error later
    if found or "." in name:
        return found[0] if found else name
    error = RequestError(f"{name!r} isn't a caller. Pass a user, a role, a name or an ARN.")
    raise noted(error, did_you_mean(name, [own for known in identities for own in known]))


def _principal(account: Account, arn: Arn, text: str) -> PrincipalContext:
    """Collect what an account knows about the principal with an ARN."""
    if (arn.service, arn.resource) == ("iam", "root"):
        membership = _membership(account)
        who = partial(context.root_user_attributes, text, arn.account, membership)
        return PrincipalContext(text, arn.account, who, scps=scps_of(account))
    if arn.service == "iam" and arn.kind in ("saml-provider", "oidc-provider"):
        return PrincipalContext(text, "", CallerAttributes)
    if (arn.service, arn.kind) == ("sts", "assumed-role"):
        return _session(account, arn, text)
    if (arn.service, arn.kind) == ("iam", "group"):
        group = account.groups[arn.name]
        members = ", ".join(user.name for user in group.users) or "it has none yet"
        what = f"Group {group.name} can't be a caller, because a group isn't a principal."
        raise RequestError(f"{what} Pass one of its users: {members}.")
    if (arn.service, arn.kind) == ("iam", "user"):
        user = _exact(account.users[arn.name], text)
        return _bounded(user, text, partial(context.user_attributes, user, _membership(account)))
    if (arn.service, arn.kind) == ("iam", "role"):
        role = _exact(account.roles[arn.name], text)
        return _of_role(role, text, SOME_SESSION)
    if (arn.service, arn.kind) == ("sts", "federated-user"):
        raise RequestError(
            f"{text!r} doesn't name the user who created it. Pass the session itself, which "
            "world.sts.get_federation_token(...) gives."
        )
    raise RequestError(f"{text!r} isn't a caller in this world: a user, a role or a session.")


def _session(account: Account, arn: Arn, text: str) -> PrincipalContext:
    role_name, _, session_name = arn.resource.removeprefix("assumed-role/").partition("/")
    role = account.roles[role_name]
    if role.name != role_name:
        raise _no_such(
            "role", role_name, f"Role names are case-sensitive: the role is {role.name}."
        )
    return _of_role(role, text, session_name)


def _of_role(role: Role, text: str, session_name: str) -> PrincipalContext:
    """Collect the facts about a new role session without MFA."""
    world = role.account.world
    membership = _membership(role.account)
    known = _bounded(role, text, partial(context.role_attributes, role, session_name, membership))
    return replace(
        known,
        credentials=lambda: temporary_credential_keys(world.clock.now, world.clock.now),
        kind=CredentialKind.ROLE,
    )


def _membership(account: Account) -> Membership | None:
    """Return the place of an account in its organization, if it is in one."""
    world = account.world
    return world.membership_of(account.account_id) if world.organizations else None


def scps_of(account: Account) -> tuple[Level, ...]:
    """Return the service control policies above an account, level by level."""
    organization = account.organization if account.world.organizations else None
    if organization is None:
        return ()
    from iamlab.model.organization.policies import SCP

    return organization.levels(account.account_id, SCP)


def _service(name: str) -> CallerAttributes:
    """Return the principal of a service that calls on its own behalf."""
    from iamlab.model.service_principals import sends

    return CallerAttributes(service=name, sends=sends(name))


Own = TypeVar("Own", User, Role)


def _exact(found: Own, text: str) -> Own:
    """Check path and case of the name, as AWS does."""
    if found.arn != text:
        raise _no_such(found.kind, text, f"Did you mean {found.arn}?")
    return found


def _no_such(kind: str, name: str, note: str) -> NoSuchEntity:
    error = NoSuchEntity(f"The {kind} with name {name.rpartition('/')[2]} cannot be found.")
    return noted(error, note)


def _bounded(
    identity: User | Role, arn: str, who: Callable[[], CallerAttributes]
) -> PrincipalContext:
    """Collect the facts about a user or role: its policies, its boundary, the SCPs above it."""
    missing: list[str] = []
    policies = identity_policies(identity, missing)
    boundary = boundary_of(identity, missing)
    issuer = identity.arn if isinstance(identity, Role) else None
    own = arn, identity.account.account_id, who, policies, boundary, issuer
    return PrincipalContext(*own, tuple(dict.fromkeys(missing)), scps=scps_of(identity.account))


def principal_of(world: World, caller: Caller) -> PrincipalContext:
    """Collect, and cache, what a world knows about a caller: policies and context keys."""
    if isinstance(caller, PrincipalContext):
        return caller  # a hypothetical caller, which needn't be in this world
    if isinstance(caller, Credential):
        presented = caller.present(world)
        return principal_of(world, presented.principal or presented.arn).showing(presented)
    key = caller if isinstance(caller, str) else getattr(caller, "arn", "")
    if not key:
        return _look_up(world, caller)  # which rejects it
    known: dict[str, PrincipalContext] = world.remembered.principals
    if key not in known:
        known[key] = _look_up(world, key)
    return known[key]
