"""Names that AWS refuses, given to everything of a world behind the back of its checks.

Account details from a file, tags and other people's policies can hold such names, or nearly; a
figure must take each of them for text.
"""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from iamlab import Policy, World
from iamlab.world.account import Account

UGLY = (
    "long-" * 80,
    "<script>alert(1)</script>",
    "$x^2$ and $",
    "\u202eright to left",
    "שלום-עולם",
    "مرحبا-بالعالم",
    "😀👩‍👩‍👧🏳️‍🌈",
    "two\nlines\r\nand\ttab",
    "&lt;b&gt;&amp;",
    "\"quoted\" 'twice'",
    "back\\slash\\n",
    "天文台の星図",
    "e\u0301a\u0308o\u20d7-c\u0327ombining",
    "\u200b",  # one space without width: as good as empty
    " ",
    '"]; graph#`code`',
    "<img src=x onerror=alert(2)>",
    "%s {0} ${aws:username}",
)
"""Each is an attack or an accident."""


def disfigure(world: World, seed: int) -> None:
    """Rename with ugly names the accounts, users, groups, roles, policies, Sids, tags and OUs.

    Users and roles stay the same principals: the policies that name them get their new ARNs.
    """
    fresh = _names(random.Random(f"ugly {seed}"))
    renamed: dict[str, str] = {}
    for account in world.accounts.values():
        _rename_all(account, fresh, renamed)
    for account in world.accounts.values():
        _rewrite(account, lambda policy: _anew(policy, renamed, fresh))
    for organization in world.organizations.values():
        for unit in organization.organizational_units.values():
            unit.unit_name = next(fresh)
        for policy in organization.policies.values():
            if not policy.is_aws_managed:
                policy.name = next(fresh)
                policy.document = _anew(policy.document, renamed, fresh)
    world.changed()


def _names(chance: random.Random) -> Iterator[str]:
    """Yield ugly names without end; from the second round on with a number."""
    number = 0
    while True:
        for name in chance.sample(UGLY, len(UGLY)):
            yield f"{name}{number}" if number else name
        number += 1


def _rename_all(account: Account, fresh: Iterator[str], renamed: dict[str, str]) -> None:
    account.name = next(fresh)
    groups: dict[str, str] = {}
    for kind in ("groups", "users", "roles"):
        held: dict[str, Any] = getattr(account, kind)
        for old, item in list(held.items()):
            before = item.arn
            # A slash in an ARN ends a path; the name behind it would be another one.
            item.name = next(fresh).replace("/", "\u2215") if kind != "groups" else next(fresh)
            renamed[before] = item.arn
            del held[old]
            held[item.name] = item
            if kind == "groups":
                groups[old] = item.name
            if item.tags:
                item.tags = {next(fresh): next(fresh) for _ in item.tags}
    for user in account.users.values():
        user.groups[:] = [groups[name] for name in user.groups]
    for policy in account.policies.values():  # their ARNs stay: identities hold them by these
        policy.name = next(fresh)


def _rewrite(account: Account, anew: Callable[[Policy], Policy]) -> None:
    """Rewrite every policy of an account."""
    for identity in (*account.users.values(), *account.groups.values(), *account.roles.values()):
        policies = [anew(policy) for policy in identity.inline.values()]
        identity.inline = {policy.name: policy for policy in policies}
    for role in account.roles.values():
        if role.trust is not None:
            role.trust = anew(role.trust)
    for policy in account.policies.values():
        policy.versions = {
            key: anew(of).with_name(policy.name) for key, of in policy.versions.items()
        }
    for resource in account.resources.values():
        if resource.policy is not None:
            resource.policy = anew(resource.policy)


def _anew(policy: Policy, renamed: dict[str, str], fresh: Iterator[str]) -> Policy:
    """Return a policy with another name, other Sids and the new ARNs of its principals."""
    document = json.loads(policy.text)
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        if "Sid" in statement:
            statement["Sid"] = next(fresh)
    return Policy.parse(_replaced(document, renamed), name=policy.name and next(fresh))


def _replaced(value: Any, renamed: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(part, renamed) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, renamed) for part in value]
    return renamed.get(value, value) if isinstance(value, str) else value
