"""The policies of identities, and edits that take away what is unused: proposed, made and proved.

Each edit is about one policy of one user, group or role. An edit that others lose access by is
only made where none of them used what goes; a policy that some members of a group use and others
do not is moved from the group to those who use it. Edits are made with the operations of IAM, first
in a copy of the world, where no permission that was used may be lost.

Notes
-----
AWS pages: "Managed policies and inline policies"; "IAM user groups"; "Versioning IAM policies";
"IAM Access Analyzer unused access"; "API CreatePolicyVersion"; "API DetachUserPolicy"; "API
PutUserPolicy".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from iamlab.analysis.least_privilege.policy_sizes import MANAGED_LIMIT
from iamlab.analysis.least_privilege.shrinking import ShrunkPolicy, Visibility, joined, shrunk
from iamlab.authorization.authorize import authorization_request
from iamlab.display import steps
from iamlab.engine.edits import AWS_MANAGED
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.model.identities import Bounded, Group, Identity, with_groups
from iamlab.model.managed_policies import document_of
from iamlab.operations.dispatch import perform
from iamlab.operations.iam.common import quota
from iamlab.operations.parameters import as_text
from iamlab.policy.arn import Arn
from iamlab.policy.rules import INLINE_LIMITS
from iamlab.policy.validate.document_defects import size
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.analysis.least_privilege.used_permissions import Pair
    from iamlab.model.account import Account
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

    PairsOf = Callable[[Bounded], Iterable[Pair]]

EditKind = Literal["detach", "delete", "edit", "replace", "move"]
_LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """A policy of a user, group or role.

    Parameters
    ----------
    holder
        The user, group or role.
    arn
        Of a managed policy; inline policies have no ARN.
    """

    holder: Identity
    name: str
    arn: str | None
    policy: Policy

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others."""
        return self.holder.arn, self.arn or self.name

    @property
    def is_aws_managed(self) -> bool:
        """Whether only AWS can change it."""
        return AWS_MANAGED in (self.arn or "")

    @property
    def applies_to(self) -> tuple[Bounded, ...]:
        """The users and roles who have it from this holder."""
        holder = self.holder
        if isinstance(holder, Group):
            return tuple(holder.users)
        return (holder,) if isinstance(holder, Bounded) else ()

    @property
    def document_applies_to(self) -> tuple[Bounded, ...]:
        """The users and roles that a change of the document affects, with any holder."""
        if self.arn is None or self.is_aws_managed:
            return self.applies_to
        account = self.holder.account
        every = (*account.users.values(), *account.groups.values(), *account.roles.values())
        holders = (identity for identity in every if self.arn in identity.attached)
        found = (who for holder in holders for who in replace(self, holder=holder).applies_to)
        return tuple({who.arn: who for who in found}.values())

    @property
    def is_boundary(self) -> bool:
        """Whether it is the permissions boundary of a user or role."""
        account = self.holder.account
        bounded = (*account.users.values(), *account.roles.values())
        return self.arn is not None and self.arn in {identity.boundary for identity in bounded}


def policies_of(bounded: Bounded) -> Iterator[IdentityPolicy]:
    """Return the policies of a user or role, and those of the user's groups."""
    for holder in with_groups(bounded):
        yield from policies_on(holder)


def policies_on(holder: Identity) -> Iterator[IdentityPolicy]:
    """Return the inline and attached policies of a user, group or role."""
    for name, policy in holder.inline.items():
        yield IdentityPolicy(holder, name, None, policy)
    for arn in holder.attached:
        document = document_of(holder.account, arn)
        if document is not None:
            yield IdentityPolicy(holder, arn.rpartition("/")[2], arn, document)


@dataclass(frozen=True, slots=True)
class PolicyEdit:
    """One edit.

    Parameters
    ----------
    kind
        ``"detach"`` a managed policy; ``"delete"`` an inline one; ``"edit"`` the document;
        ``"replace"`` a managed policy by one of your own with less in it; ``"move"`` a policy from
        a group to those members who use it.
    holder
        The ARN of the user, group or role that has the policy.
    policy, policy_arn
        Its name, and its ARN if it is a managed one.
    document
        The new document.
    lines
        What was done to the document, statement by statement.
    touches
        The ARNs of the users and roles who have the policy too; none of them used what goes.
    users
        Of a move: the ARNs of the members who use it.
    new_name
        Of a replacement: its name.
    """

    kind: EditKind
    holder: str
    policy: str
    policy_arn: str | None
    document: Policy | None = None
    lines: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    new_name: str = ""

    @property
    def text(self) -> str:
        """What to do, as a sentence; the lines say the rest."""
        holder = _name(self.holder)
        users, touches = (joined(map(_name, arns), 5) for arns in (self.users, self.touches))
        named = {"policy": self.policy, "holder": holder, "users": users, "new": self.new_name}
        text = _TEXTS[self.kind].format(**named)
        return f"{text} It touches {touches} too." if self.touches else text

    def __str__(self) -> str:
        return "\n".join((self.text, *(f"  {line}" for line in self.lines)))


_TEXTS: dict[str, str] = tables(__file__)


def _name(arn: str) -> str:
    """Return an identity's type and name: ``user ana``."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    return f"{kind} {name.rpartition('/')[2]}"


def edit_for(policy: IdentityPolicy, pairs_of: PairsOf, log: Visibility) -> PolicyEdit | None:
    """Propose what to do with one policy of one identity; ``None``: it stays as it is.

    Parameters
    ----------
    pairs_of
        Gives what a user or role was allowed.
    """
    applies_to = policy.applies_to
    shrunk_for = {who.arn: shrunk(policy.policy, pairs_of(who), log) for who in applies_to}
    users = tuple(arn for arn, less in shrunk_for.items() if less.policy is not None)
    if not users:
        kind: EditKind = "detach" if policy.arn else "delete"
        return _edit(kind, policy, applies_to)
    if isinstance(policy.holder, Group) and len(users) < len(applies_to):
        return _edit("move", policy, users=users)
    is_replaced = bool(policy.arn) and (policy.is_aws_managed or policy.is_boundary)
    touched = applies_to if is_replaced else policy.document_applies_to
    less = _fitting(policy, [pair for who in touched for pair in pairs_of(who)], log)
    if less is None or not less.lines or less.policy is None:
        return None
    if not is_replaced:
        return _edit("edit", policy, touched, document=less.policy, lines=less.lines)
    name = _new_name(policy)
    document = less.policy.with_name(name)
    return _edit("replace", policy, touched, document=document, lines=less.lines, new_name=name)


def _edit(
    kind: EditKind, policy: IdentityPolicy, touches: Iterable[Bounded] = (), **more: object
) -> PolicyEdit:
    """Return an edit; the holder itself isn't in the list of others that it affects."""
    others = tuple(principal.arn for principal in touches if principal is not policy.holder)
    return PolicyEdit(
        kind,
        policy.holder.arn,
        policy.name,
        policy.arn,
        touches=others,
        **more,  # type: ignore[arg-type]  # as Edit names them
    )


def _fitting(policy: IdentityPolicy, pairs: list[Pair], log: Visibility) -> ShrunkPolicy | None:
    """Shrink a document; if the list of actions is larger than a policy may be, by services."""
    room = MANAGED_LIMIT
    if policy.arn is None:
        own = policy.holder.inline
        others = sum(size(document) for name, document in own.items() if name != policy.name)
        room = INLINE_LIMITS[policy.holder.kind] - others
    for whole_services in (False, True):
        less = shrunk(policy.policy, pairs, log, whole_services=whole_services)
        if less.policy is None or size(less.policy) <= room:
            return less
    return None


def _new_name(policy: IdentityPolicy) -> str:
    """Name a policy after the one that it replaces and its holder."""
    holder = policy.holder
    taken = {own.name.lower() for own in holder.account.policies.values()}
    base = f"{policy.name}-{holder.kind}-{holder.name}"[: _LONGEST_NAME - 5]
    names = (base, *(f"{base}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if name.lower() not in taken)


def find_identity(world: World, arn: str) -> Identity:
    """Find a user, group or role by its ARN."""
    parsed = Arn.parse(arn)
    held: Mapping[str, Identity] = getattr(world.account(parsed.account), f"{parsed.kind}s")
    return held[parsed.name]


def apply_edits(world: World, edits: Iterable[PolicyEdit]) -> None:
    """Make edits in a world.

    Raises
    ------
    AwsError
        AWS rejects one of them, or the policy is not there any more.
    """
    for edit in edits:
        holder, arn = find_identity(world, edit.holder), edit.policy_arn
        if edit.kind == "edit":
            _save(holder, edit)
            continue
        for user in [find_identity(world, user_arn) for user_arn in edit.users]:
            _give(user, holder, edit)
        new: ManagedPolicy | None = None
        if edit.kind == "replace" and edit.document is not None:
            text = as_text(edit.document)
            named = {"PolicyName": edit.new_name, "PolicyDocument": text}
            new = perform(holder.account, "CreatePolicy", Path="/", **named)
        if arn is None:
            perform_on(holder, "Delete{}Policy", PolicyName=edit.policy)
        else:  # before another is attached: the limit can be reached
            perform_on(holder, "Detach{}Policy", PolicyArn=arn)
        if new is not None:
            perform_on(holder, "Attach{}Policy", PolicyArn=new.arn)


def perform_on(holder: Identity, operation: str, **parameters: object) -> None:
    """Perform an operation of IAM that exists for users, groups and roles."""
    kind = holder.kind.capitalize()
    parameters[f"{kind}Name"] = holder.name
    perform(holder.account, operation.format(kind), **parameters)


def _save(holder: Identity, edit: PolicyEdit) -> None:
    """Save a new document: of an inline policy, or as a version of a managed one."""
    assert edit.document is not None  # noqa: S101 - an edit of this kind has one
    if edit.policy_arn is None:
        text = as_text(edit.document)
        perform_on(holder, "Put{}Policy", PolicyName=edit.policy, PolicyDocument=text)
    else:
        save_version(holder.account, edit.policy_arn, edit.document)


def save_version(account: Account, arn: str, document: Policy) -> None:
    """Save a document as the default version of a managed policy; the oldest may have to go."""
    policy = account.policies[arn]
    if len(policy.versions) >= quota(account, "VersionsPerPolicy"):
        spare = (version for version in policy.versions if version != policy.default_version_id)
        oldest = min(spare, key=lambda version_id: int(version_id[1:]))
        perform(account, "DeletePolicyVersion", PolicyArn=arn, VersionId=oldest)
    new = {"PolicyDocument": as_text(document), "SetAsDefault": True}
    perform(account, "CreatePolicyVersion", PolicyArn=arn, **new)


def _give(user: Identity, group: Identity, edit: PolicyEdit) -> None:
    """Return a user a policy of a group."""
    if edit.policy_arn is None:
        if edit.policy in user.inline:
            raise RequestError(f"{user.arn} has an inline policy {edit.policy} already.")
        document = as_text(group.inline[edit.policy])
        perform_on(user, "Put{}Policy", PolicyName=edit.policy, PolicyDocument=document)
    elif edit.policy_arn not in user.attached:
        perform_on(user, "Attach{}Policy", PolicyArn=edit.policy_arn)


def check_unchanged(before: World, now: World, edits: Iterable[PolicyEdit]) -> None:
    """Check that each policy still has the same document, for the same users and roles.

    Raises
    ------
    RequestError
        One was changed or taken away since, or others have it: the edit might give rights back.
    """
    for edit in edits:
        if _document_and_users(before, edit) != _document_and_users(now, edit):
            raise RequestError(
                f"{edit.text} That is refused: it is not as it was, since the world has changed in "
                "between."
            )


def _document_and_users(world: World, edit: PolicyEdit) -> object:
    """Return the document that an edit changes, and its identities; ``None`` if it is gone."""
    try:
        holder = find_identity(world, edit.holder)
    except NoSuchEntity:
        return None
    key = (edit.holder, edit.policy_arn or edit.policy)
    policy = next((candidate for candidate in policies_on(holder) if candidate.key == key), None)
    if policy is None:
        return None
    users = policy.document_applies_to if edit.kind == "edit" else policy.applies_to
    return policy.policy, {principal.unique_id or principal.arn for principal in users}


def proved(
    world: World, edits: Iterable[PolicyEdit], used: Mapping[str, Mapping[Pair, Mapping[str, str]]]
) -> tuple[tuple[PolicyEdit, ...], tuple[tuple[PolicyEdit, str], ...]]:
    """Make edits in a copy, and check that what was used and is allowed now stays allowed.

    Parameters
    ----------
    used
        Pairs of action and resource by the ARN of who used them, each with its condition keys.

    Returns
    -------
    tuple
        The edits that can be made one after the other, and those that AWS would reject, with the
        reason.
    """
    changed = world.copy()
    made: list[PolicyEdit] = []
    rejected: list[tuple[PolicyEdit, str]] = []
    for edit in edits:
        try:
            apply_edits(changed, [edit])
        except IamLabError as error:
            rejected.append((edit, str(error).partition("\n")[0]))
            changed = world.copy()  # it may be half done
            apply_edits(changed, made)
        else:
            made.append(edit)
    for arn, pairs in steps(used.items(), "proving"):
        for (action, resource), context in pairs.items():
            call = (arn, action, resource, context)
            if not _may(changed, *call) and _may(world, *call):
                raise IamLabError(f"The edits would take {action} on {resource!r} from {arn}.")
    return tuple(made), tuple(rejected)


def _may(world: World, arn: str, action: str, resource: str, context: Mapping[str, str]) -> bool:
    try:
        return bool(authorization_request(world, arn, action, resource, context, {}).decide())
    except IamLabError:  # a record may name what no request can
        return False
