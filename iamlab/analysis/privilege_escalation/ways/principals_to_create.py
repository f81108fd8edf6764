"""TODO."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations, islice, product
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation.assumable_roles import asked_of
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, other_call
from iamlab.analysis.privilege_escalation.principal_states import (
    Change,
    Power,
    boundary_set,
    tagged,
)
from iamlab.analysis.privilege_escalation.required_parameters import samples, tags_asked
from iamlab.analysis.privilege_escalation.sample_arns import NEW, PATH_HOLE, common
from iamlab.analysis.privilege_escalation.ways.own_calls import (
    administrator,
)
from iamlab.authorization import context_keys as contexts
from iamlab.authorization.attached_policies import (
    allows_password_change,
    document_of,
    password_change_policy,
    scps_of,
)
from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.principal import SOME_SESSION, PrincipalContext
from iamlab.engine.layers import Attached
from iamlab.engine.prepared import action_test
from iamlab.model.identities import Role, User
from iamlab.model.quotas import quota
from iamlab.model.record import CredentialKind
from iamlab.policy.arn import PARTS, Arn
from iamlab.policy.patterns import glob
from iamlab.policy.samples import meeting
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint


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
            **tag_keys("aws:ResourceTag", holder.tags),
            **tag_keys("iam:ResourceTag", holder.tags),
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
            who = partial(contexts.user_attributes, _bare(self.holder), membership)
            every = password_change_policy() if allows_password_change(account) else None
            path = ("account password policy",)
            own = () if every is None else (Attached(every, None, path),)
            return Power.of(PrincipalContext(arn, account_id, who, own, scps=scps))
        clock = account.world.clock
        return Power.of(
            PrincipalContext(
                arn,
                account_id,
                partial(contexts.role_attributes, _bare(self.holder), SOME_SESSION, membership),
                issuer=arn,
                scps=scps,
                credentials=lambda: contexts.temporary_credential_keys(clock.now, clock.now),
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
