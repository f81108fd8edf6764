"""Ways to make somebody new who may more, and to be that: a role, or a user.

Where policies let only certain ones be made, such ones are made: with a name and path that the
Allow is for, with the boundary and the tags that a condition wants. What is made cannot do more
than that boundary lets it. However many could be made, one of each strength is shown.

Roles and users that a power could make: their names, boundaries, tags, and what they are then.

Nothing is made. What the engine must be told of such a principal, and of calls on it, is written
here as it would be.

TODO.

Notes
-----
AWS pages: "API CreateRole"; "API CreateUser"; "Permissions boundaries for IAM entities", for what
whoever delegates may ask for.
AWS pages: "IAM and AWS STS condition context keys", for ``iam:PermissionsBoundary``; "Controlling
access to AWS resources using tags", for ``aws:RequestTag``; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.privilege_escalation.assumable_roles import admitting, asked_of
from iamlab.analysis.privilege_escalation.attacker_view import Standpoint, finds
from iamlab.analysis.privilege_escalation.finders.grants import Gift, together
from iamlab.analysis.privilege_escalation.finders.groups import fillable
from iamlab.analysis.privilege_escalation.finders.own_calls import (
    ALL,
    POLICY_NAME,
    administrator,
    change_by,
    policies_to_try,
)
from iamlab.analysis.privilege_escalation.finders.users import in_console, sign_in_call
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, other_call
from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    Edge,
    Power,
    any_permission,
    boundary_set,
    group_joined,
    tagged,
)
from iamlab.analysis.privilege_escalation.required_parameters import PASSWORD, samples, tags_asked
from iamlab.analysis.privilege_escalation.sample_arns import NEW, PATH_HOLE, common
from iamlab.authorization import context_keys as contexts
from iamlab.authorization.context_keys import of_tags
from iamlab.authorization.principal import (
    SOME_SESSION,
    PrincipalContext,
    change_own_password,
    document_of,
    lets_change_password,
    policies_of,
    scps_of,
)
from iamlab.engine.layers import Attached
from iamlab.engine.prepared import action_test
from iamlab.model.credentials import CredentialKind
from iamlab.model.identities import Role, User
from iamlab.model.quotas import quota
from iamlab.policy.arn import PARTS, Arn
from iamlab.policy.patterns import glob
from iamlab.policy.samples import meeting
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.table import Way


UNIQUE_IDS = {"user": f"AIDA{'REACHEXAMPLE':0>17}", "role": f"AROA{'REACHEXAMPLE':0>17}"}
"""Ids as new principals have them; the real ones follow when they are made."""

PLURAL = {"user": "Users", "role": "Roles"}


@dataclass(frozen=True, slots=True)
class Made:
    """Somebody new, who is not there yet.

    Parameters
    ----------
    holder
        The user or role.
    """

    holder: User | Role

    @property
    def noun(self) -> str:
        """How operations call it."""
        return self.holder.kind.capitalize()

    @property
    def changes(self) -> tuple[Change, ...]:
        """What it is made with."""
        holder = self.holder
        tags = tuple(tagged(key, value) for key, value in holder.tags.items())
        document = document_of(holder.account, holder.boundary) if holder.boundary else None
        if document is None:
            return tags
        return (boundary_set(document, str(holder.boundary)), *tags)

    def created(self, one: Standpoint, **more: Any) -> Call:
        """Give the call that makes it."""
        holder = self.holder
        parameters: dict[str, Any] = {f"{self.noun}Name": holder.name, "Path": holder.path, **more}
        if holder.boundary:
            parameters["PermissionsBoundary"] = holder.boundary
        if holder.tags:
            tags = [{"Key": key, "Value": value} for key, value in holder.tags.items()]
            parameters["Tags"] = tags
        return one.call(f"Create{self.noun}", **parameters)

    def call(self, name: str, **more: Any) -> Call:
        """Give a call on it, with what the request will say of it once it is there."""
        holder = self.holder
        keys: dict[str, Any] = {
            **of_tags("aws:ResourceTag", holder.tags),
            **of_tags("iam:ResourceTag", holder.tags),
        }
        if holder.boundary and name.startswith(("Attach", "Put")):
            keys["iam:PermissionsBoundary"] = holder.boundary
        if name.startswith("Attach"):
            keys["iam:PolicyARN"] = more["PolicyArn"]
        named = {f"{self.noun}Name": holder.name, **more}
        return other_call(f"iam:{name}", Need(f"iam:{name}", holder.arn, keys), **named)

    def power(self) -> Power:
        """Give what it is before it is given anything."""
        account = self.holder.account
        membership = account.world.membership_of(account.account_id)
        arn, account_id, scps = self.holder.arn, account.account_id, scps_of(account)
        if isinstance(self.holder, User):
            who = partial(contexts.user, _bare(self.holder), membership)
            every = change_own_password() if lets_change_password(account) else None
            path = ("account password policy",)
            own = () if every is None else (Attached(every, None, path),)
            return Power.of(PrincipalContext(arn, account_id, who, own, scps=scps))
        clock = account.world.clock
        return Power.of(
            PrincipalContext(
                arn,
                account_id,
                partial(contexts.role, _bare(self.holder), SOME_SESSION, membership),
                issuer=arn,
                scps=scps,
                credentials=lambda: contexts.of_temporary(clock.now, clock.now),
                kind=CredentialKind.ROLE,
            )
        )


def _bare(holder: Any) -> Any:
    """Give somebody without tags: these come as changes, which say them."""
    return type(holder)(holder.account, holder.name, holder.path, holder.unique_id)


def makeable(one: Standpoint, kind: type[User | Role]) -> Iterator[Made]:
    """Give the users or roles that a power can make: those without a boundary first."""
    account, word = one.account, kind.kind
    held = account.users if word == "user" else account.roles
    if len(held) >= quota(account, PLURAL[word]):
        return
    where = list(islice(places(one, word), MOST_NAMES))
    every = product(_boundaries(one), _tags(one), where)
    for boundary, tags, (path, name) in islice(every, MOST_MADE):
        holder = kind(account, name, path, UNIQUE_IDS[word], tags=tags, boundary=boundary)
        made = Made(holder)
        if one.may(made.created(one)):
            yield made


def _boundaries(one: Standpoint) -> list[str | None]:
    """Give the boundaries that somebody new can have: none, the widest, or what is asked for."""
    asked = asked_of(one.power)
    if "iam:permissionsboundary" not in asked:
        return [None]
    known = one.power.gathered.context()
    wanted = [each.text for each in samples(asked, "iam:PermissionsBoundary", known)]
    named = [arn for arn in wanted if document_of(one.account, arn) is not None]
    own = [policy.arn for policy in one.stock.policies[:MOST_BOUNDARIES]]
    return [None, *dict.fromkeys((administrator(one), *named, *own))]


def _tags(one: Standpoint) -> list[dict[str, str]]:
    """Give tags for somebody new: none, or what conditions on requests and resources ask for."""
    starts = "aws:RequestTag/", "aws:ResourceTag/", "iam:ResourceTag/"
    found = tags_asked(asked_of(one.power), one.power.gathered.context(), *starts)
    if not found:
        return [{}]
    single = [{key: value} for key, values in found.items() for value in values]
    every = {key: values[0] for key, values in found.items()}
    return [{}, *single, *([every] if len(found) > 1 else [])]


def places(one: Standpoint, kind: str) -> Iterator[tuple[str, str]]:
    """Give paths and names that nobody has, and that the power's Allows are for."""
    account = one.account
    held = {"user": [*account.users], "role": [*account.roles], "group": [*account.groups]}[kind]
    own = Arn.parse(one.power.arn)  # who was made on this way has a name that is taken now
    taken = {name.lower() for name in (*held, *([own.name] if own.kind == kind else ()))}
    seen = set()
    patterns = [f"{kind}/*", *_patterns(one, kind)]
    both = (meeting(first, second) for first, second in combinations(patterns[:MOST_NAMES], 2))
    for pattern in dict.fromkeys((*patterns, *filter(None, both))):
        for number in range(1, len(taken) + 2):
            filler = NEW if number == 1 else f"{NEW}-{number}"
            found = common(f"{kind}/{PATH_HOLE}", pattern, filler)
            if found is None or found in seen:
                break  # nothing fits, or the pattern leaves nothing open
            seen.add(found)
            path, _, name = found.removeprefix(kind).rpartition("/")
            if name and name.lower() not in taken:
                yield f"{path}/", name
                break


def _patterns(one: Standpoint, kind: str) -> Iterator[str]:
    """Give what the Resource elements say of names, in the policies that let one make somebody."""
    test = f"iam:create{kind}", f"iam:put{kind}policy", f"iam:attach{kind}policy"
    known = {key.lower(): value for key, value in one.power.gathered.context().items()}
    start = ("arn", one.account.partition, "iam", "", one.account.account_id)

    def value_of(key: str) -> str | None:
        value = known.get(key.lower())
        return value if isinstance(value, str) else None

    layers = one.power.gathered.layers()
    every = (*layers.of("identity"), *layers.of("boundary"), *layers.of("scp"))
    for statement in (each for attached in every for each in attached.policy.statements):
        if statement.effect == "Allow" and any(map(action_test(statement), test)):
            for written in statement.resource or ():
                text = substitute(written, value_of) if statement.variables else written
                parts = [] if text is None else text.split(":", PARTS - 1)
                if len(parts) == PARTS and all(map(glob, parts, start)):
                    yield parts[-1]


MOST_NAMES, MOST_BOUNDARIES, MOST_MADE = 12, 20, 200
"""So many are tried at most."""


class Birth(NamedTuple):
    """Somebody new, with something given, and how one becomes it."""

    made: Made
    gift: Gift
    target: Power
    calls: tuple[Call, ...]
    conditions: tuple[str, ...] = ()


@finds(21)
def create_role(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateRole``, a policy, ``AssumeRole``."""
    # A root user assumes no role.
    if one.ever("iam:CreateRole") and not one.power.arn.endswith(":root"):
        yield from _strongest(one, way, _roles(one))


@finds(22)
def create_user(one: Standpoint, way: Way) -> Iterator[Edge]:
    """``CreateUser``, a policy, then ``CreateAccessKey``, or a password."""
    if one.ever("iam:CreateUser"):
        yield from _strongest(one, way, _users(one))


def _strongest(one: Standpoint, way: Way, births: Iterator[Birth]) -> Iterator[Edge]:
    """Give one edge for everything that somebody new can be, until one can be all."""
    seen = set()
    widest = (None, administrator(one))
    for birth in births:
        boundary = birth.made.holder.boundary
        what = (birth.gift.changes, boundary)
        if what not in seen:
            seen.add(what)
            calls = birth.calls
            yield Edge(way, one.power, birth.target, lambda calls=calls: calls, birth.conditions)  # type: ignore[misc]
            if birth.gift.is_all and boundary in widest:
                return


def _roles(one: Standpoint) -> Iterator[Birth]:
    asked = asked_of(one.power)
    trusts = dict.fromkeys((admitting(one.power), admitting(one.power, by_session=True)))
    for made in makeable(one, Role):
        assert isinstance(made.holder, Role)  # noqa: S101 - as was asked for
        every = (one.assuming.one(one.power, made.holder, asked, trust) for trust in trusts)
        taken = next((each for each in every if each is not None), None)
        if taken is None or taken.trust is None:
            continue
        create = made.created(one, AssumeRolePolicyDocument=taken.trust.text)
        base = replace(made.power(), carried=taken.carried)
        for gift in _gifts(one, made):
            target = one.changed(base, *taken.session, *made.changes, *gift.changes)
            calls = (create, *gift.calls, taken.call)
            yield Birth(made, gift, target, calls, taken.conditions)


def _users(one: Standpoint) -> Iterator[Birth]:
    for made in makeable(one, User):
        assert isinstance(made.holder, User)  # noqa: S101 - as was asked for
        key = made.call("CreateAccessKey")
        password = made.call("CreateLoginProfile", Password=PASSWORD)
        ends: tuple[Call, ...] = (key,)
        how: tuple[Change, ...] = ()
        if not one.may(key):
            ends = (password, sign_in_call(one, made.holder))
            how = (in_console(one, made.holder),)
            if not one.may(password):
                continue
        for gift in _gifts(one, made):
            target = one.changed(made.power(), *made.changes, *gift.changes, *how)
            yield Birth(made, gift, target, (made.created(one), *gift.calls, *ends))


def _gifts(one: Standpoint, made: Made) -> Iterator[Gift]:
    """Give what somebody new can be given."""
    put = made.call(f"Put{made.noun}Policy", PolicyName=POLICY_NAME, PolicyDocument=ALL)
    if one.may(put):
        yield Gift((any_permission(),), (put,))
        return
    found = []
    for policy in policies_to_try(one):
        call = made.call(f"Attach{made.noun}Policy", PolicyArn=policy.arn)
        if one.may(call):
            gift = Gift((change_by(one, policy),), (call,))
            if gift.is_all:
                yield gift
                return
            found.append(gift)
    groups = list(_memberships(one, made)) if isinstance(made.holder, User) else []
    whole = next((gift for gift in groups if gift.is_all), None)
    if whole is not None:
        yield whole
        return
    if len(found) + len(groups) > 1:
        most = quota(one.account, f"PoliciesPer{made.noun}")
        yield together([*found[:most], *groups[: quota(one.account, "GroupsPerUser")]])
    yield from (*found, *groups)


def _memberships(one: Standpoint, made: Made) -> Iterator[Gift]:
    for group in one.allowed("AddUserToGroup", one.stock.groups, UserName="any"):
        handed = tuple(policies_of(group, (f"group {group.name}",)))
        if handed:
            named = {"GroupName": group.name, "UserName": made.holder.name}
            call = one.call("AddUserToGroup", **named)
            yield Gift((group_joined(group.name, handed),), (call,))
    yield from (filled.for_user(made.holder.name) for filled in fillable(one))
