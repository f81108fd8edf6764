"""What the actions of a statement are done to.

Which of a statement's resources an action works on at all.

A statement is a cross product: ``s3:ListBucket`` in one that names only objects can never match,
though its name stands there. Here is only said what is sure; a doubt counts as fitting.

Notes
-----
AWS page: "Service Authorization Reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.catalog import PLACEHOLDER, action, arns_for, expand
from iamlab.policy.describe.never_matches import ABOUT_EVERYBODY
from iamlab.policy.describe.resources import Noun, noun
from iamlab.policy.describe.values import spoken
from iamlab.policy.describe.words import briefly
from iamlab.policy.patterns import glob
from iamlab.policy.variables import ANY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.policy.describe.action_phrases import ActionPhrase
    from iamlab.policy.describe.actions import SortedActions
    from iamlab.policy.statement import Statement


FEW = 5
LOOKED_UP = 300
"""So many resources are looked up in the catalogue, and so many pairs of action and resource in
thousands below: no policy that AWS keeps has more."""
PAIRS = 30_000
ITSELF = "the resource that has this policy"


@dataclass(frozen=True, slots=True)
class ActionTarget:
    """What the actions of a statement are done to.

    Parameters
    ----------
    nouns
        Each resource pattern (as written) in words; empty if every resource is meant.
    everywhere
        How every resource is called, where ``nouns`` are empty.
    whose
        What follows "any role", where ``nouns`` are empty.
    this
        How the one resource is called that the policy hangs on, where it is that.
    exempts
        Whether the nouns are what is *not* meant.
    """

    nouns: tuple[tuple[str, Noun], ...] = ()
    everywhere: str = "every resource"
    whose: str = ""
    this: str = ""
    exempts: bool = False

    @property
    def words(self) -> str:
        """All of it as a noun phrase."""
        if not self.nouns:
            return self.everywhere
        words = self.listed(one for _, one in self.nouns)
        return f"everything except {words}" if self.exempts else words

    @staticmethod
    def listed(nouns: Iterable[Noun]) -> str:
        """Join some nouns, and count those of a long list."""
        return briefly(list(dict.fromkeys(one.words for one in nouns)), FEW, "resources")

    def fitting(self, name: str) -> tuple[Noun, ...]:
        """Give the nouns that an action can work on."""
        if self.exempts or len(self.nouns) > LOOKED_UP:
            return tuple(one for _, one in self.nouns)
        return tuple(one for pattern, one in self.nouns if may_work_on(name, pattern))

    def unfit(self, names: Sequence[str]) -> tuple[str, ...]:
        """List the actions that work on none of the resources."""
        if not self.nouns or len(self.nouns) * len(names) > PAIRS:
            return ()
        return tuple(name for name in names if not self.fitting(name))

    def without_effect(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """List the patterns of which no action works on any of the resources."""
        if not self.nouns or self.exempts:
            return ()
        names = {one: expand(one) for one in patterns[:LOOKED_UP] if not one.startswith("*:")}
        if len(self.nouns) * sum(map(len, names.values())) > PAIRS:
            return ()
        return tuple(
            one for one, fits in names.items() if fits and len(self.unfit(fits)) == len(fits)
        )

    def can_follow(self, one: ActionPhrase, nouns: Sequence[Noun]) -> bool:
        """Say whether the nouns can follow a phrase as its object: they are of its kind."""
        same = all((noun.service, noun.kind) == (one.service, one.kind) for noun in nouns)
        return same and not self.exempts


def target_of(statement: Statement, for_type: str, found: SortedActions) -> ActionTarget:
    """Say what a statement's actions are done to."""
    patterns = statement.resources
    if patterns is None:
        return _itself("this role" if _only("sts", statement, found) else ITSELF)
    if statement.resource is not None and "*" in patterns:
        return _everything(statement, for_type, found)
    readings = [(one, spoken(one, variables=statement.variables)) for one in patterns]
    nouns = tuple(
        (one, noun(text) if number < LOOKED_UP else Noun(text))
        for number, (one, text) in enumerate(readings)
        if text is not None
    )
    return ActionTarget(nouns, exempts=statement.resource is None)


def _only(service: str, statement: Statement, found: SortedActions) -> bool:
    """Say whether a statement lists actions of one service only."""
    return statement.action is not None and _services(found) == {service}


def _services(found: SortedActions) -> set[str]:
    prefixes = {name.partition(":")[0].lower() for name in (*found.exact, *found.wild)}
    return prefixes | {*found.services}


def _itself(name: str) -> ActionTarget:
    return ActionTarget(everywhere=name, this=name)


def _everything(statement: Statement, for_type: str, found: SortedActions) -> ActionTarget:
    """Say what a star stands for: in the policy of a key, for instance, it is that key."""
    if statement.principal is None and statement.not_principal is None:
        return ActionTarget()
    # The policy of a bucket is about its objects too.
    may_be_s3 = statement.action is None or found.everything or {"s3", "*"} & _services(found)
    if for_type == "resource" and not may_be_s3:
        return _itself("this key" if _only("kms", statement, found) else ITSELF)
    if for_type in ABOUT_EVERYBODY:
        return ActionTarget()
    whose = " that this policy governs"
    return ActionTarget(everywhere=f"every resource{whose}", whose=whose)


# Services that name a resource in requests for actions of which the catalogue lists none:
# iam:ListUsers is asked on user/, s3:ListAllMyBuckets on arn:aws:s3:::*. There may be others, so
# what is said of such actions is said with a reserve.
_NAME_ONE_ANYWAY = ("iam", "logs", "s3")
_LONG = 500
_WITHOUT_SLASH = re.compile(
    r"\$\{aws:(?:PrincipalAccount|PrincipalOrgID|userid|username)\}", re.IGNORECASE
)


def is_asked_on_star(name: str) -> bool:
    """Say whether the catalogue lists no resource for an action, so that only ``*`` fits it.

    Examples
    --------
    >>> is_asked_on_star("ec2:DescribeInstances"), is_asked_on_star("ec2:StartInstances")
    (True, False)
    """
    return arns_for(name) == ("*",) and name.partition(":")[0] not in _NAME_ONE_ANYWAY


@lru_cache(maxsize=8192)
def may_work_on(name: str, pattern: str) -> bool:
    """Say whether a resource pattern can match a resource that an action works on.

    Examples
    --------
    >>> may_work_on("s3:ListBucket", "arn:aws:s3:::star-maps/*")
    False
    >>> may_work_on("s3:GetObject", "arn:aws:s3:::star-maps/*")
    True
    >>> may_work_on("s3:ListBucket", "arn:aws:s3:::maps-${aws:PrincipalTag/team}")
    True
    """
    if pattern == "*" or not is_arn(pattern) or len(pattern) > _LONG or action(name) is None:
        return True
    forms = arns_for(name)
    if forms == ("*",):
        return not is_asked_on_star(name) and glob(pattern.split(":")[2], name.partition(":")[0])
    return any(_overlap(form, pattern) for form in forms)


def _overlap(form: str, pattern: str) -> bool:
    if ":::${BucketName}" in form and not _may_be_in_s3(form, pattern):
        return False
    # What stands in the place of a variable, nobody knows.
    pattern = ANY_VARIABLE.sub("*", pattern)
    wanted = PLACEHOLDER.sub("*", form).split(":", PARTS - 1)
    return all(map(_may_meet, wanted, pattern.split(":", PARTS - 1)))


def _may_be_in_s3(form: str, pattern: str) -> bool:
    """Say whether a pattern can be a bucket, or an object: only the ARN of this has a slash."""
    if form.endswith("}/${ObjectName}"):
        return bool({"/", "*", "?", "$"} & set(_WITHOUT_SLASH.sub("", pattern)))
    return "/" not in ANY_VARIABLE.sub("", pattern)


def _may_meet(one: str, other: str) -> bool:
    """Say whether some text can fit both patterns; only a sure no is a no."""
    if not ({"*", "?"} & set(one)):
        return glob(other, one)
    if not ({"*", "?"} & set(other)):
        return glob(one, other)
    return _agree(_start(one), _start(other)) and _agree(_start(one[::-1]), _start(other[::-1]))


def _start(pattern: str) -> str:
    return pattern.replace("?", "*").partition("*")[0]


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
