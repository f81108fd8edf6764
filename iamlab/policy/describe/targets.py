"""The resources of a statement that its actions can work on.

An action can match only resources that it works on: ``s3:ListBucket`` never matches in a statement
that names only objects. In doubt, an action counts as working on a resource.

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
"""The most resources that are looked up in the catalogue: no policy that AWS saves has more."""
PAIRS = 30_000
"""The most pairs of action and resource."""
ITSELF = "the resource that has this policy"


@dataclass(frozen=True, slots=True)
class ActionTarget:
    """The resources of a statement, in words.

    Parameters
    ----------
    nouns
        Each resource pattern with its words; empty for every resource.
    everywhere
        The words for every resource, if ``nouns`` is empty.
    whose
        The words after "any role", if ``nouns`` is empty.
    this
        The words for the resource that the policy is attached to, if it means only this resource.
    exempts
        Whether the nouns are the exceptions.
    """

    nouns: tuple[tuple[str, Noun], ...] = ()
    everywhere: str = "every resource"
    whose: str = ""
    this: str = ""
    exempts: bool = False

    @property
    def words(self) -> str:
        """The resources as a noun phrase."""
        if not self.nouns:
            return self.everywhere
        words = self.listed(found for _, found in self.nouns)
        return f"everything except {words}" if self.exempts else words

    @staticmethod
    def listed(nouns: Iterable[Noun]) -> str:
        """Join some nouns, and count the rest of a long list."""
        return briefly(list(dict.fromkeys(found.words for found in nouns)), FEW, "resources")

    def fitting(self, name: str) -> tuple[Noun, ...]:
        """Return the nouns that an action can work on."""
        if self.exempts or len(self.nouns) > LOOKED_UP:
            return tuple(known for _, known in self.nouns)
        return tuple(known for pattern, known in self.nouns if may_work_on(name, pattern))

    def unfit(self, names: Sequence[str]) -> tuple[str, ...]:
        """List the actions that work on none of the resources."""
        if not self.nouns or len(self.nouns) * len(names) > PAIRS:
            return ()
        return tuple(name for name in names if not self.fitting(name))

    def without_effect(self, patterns: Sequence[str]) -> tuple[str, ...]:
        """List the patterns whose actions work on none of the resources."""
        if not self.nouns or self.exempts:
            return ()
        names = {text: expand(text) for text in patterns[:LOOKED_UP] if not text.startswith("*:")}
        if len(self.nouns) * sum(map(len, names.values())) > PAIRS:
            return ()
        return tuple(
            text for text, fits in names.items() if fits and len(self.unfit(fits)) == len(fits)
        )

    def can_follow(self, phrase: ActionPhrase, nouns: Sequence[Noun]) -> bool:
        """Return whether the nouns have a phrase's type and can be its object."""
        same = all((noun.service, noun.kind) == (phrase.service, phrase.kind) for noun in nouns)
        return same and not self.exempts


def target_of(statement: Statement, for_type: str, found: SortedActions) -> ActionTarget:
    """Return the resources of a statement."""
    patterns = statement.resources
    if patterns is None:
        return _itself("this role" if _only("sts", statement, found) else ITSELF)
    if statement.resource is not None and "*" in patterns:
        return _everything(statement, for_type, found)
    readings = [(pattern, spoken(pattern, variables=statement.variables)) for pattern in patterns]
    nouns = tuple(
        (pattern, noun(text) if number < LOOKED_UP else Noun(text))
        for number, (pattern, text) in enumerate(readings)
        if text is not None
    )
    return ActionTarget(nouns, exempts=statement.resource is None)


def _only(service: str, statement: Statement, found: SortedActions) -> bool:
    """Return whether a statement lists actions of one service only."""
    return statement.action is not None and _services(found) == {service}


def _services(found: SortedActions) -> set[str]:
    prefixes = {name.partition(":")[0].lower() for name in (*found.exact, *found.wild)}
    return prefixes | {*found.services}


def _itself(name: str) -> ActionTarget:
    return ActionTarget(everywhere=name, this=name)


def _everything(statement: Statement, for_type: str, found: SortedActions) -> ActionTarget:
    """Return what a star means: in a key policy, for example, it is that key."""
    if statement.principal is None and statement.not_principal is None:
        return ActionTarget()
    # A bucket policy also applies to the bucket's objects.
    may_be_s3 = statement.action is None or found.everything or {"s3", "*"} & _services(found)
    if for_type == "resource" and not may_be_s3:
        return _itself("this key" if _only("kms", statement, found) else ITSELF)
    if for_type in ABOUT_EVERYBODY:
        return ActionTarget()
    whose = " that this policy governs"
    return ActionTarget(everywhere=f"every resource{whose}", whose=whose)


# Services whose requests have a resource even for actions without one in the catalogue:
# iam:ListUsers has user/, s3:ListAllMyBuckets has arn:aws:s3:::*. There can be others, so the
# sentences about such actions say "usually".
_NAME_ONE_ANYWAY = ("iam", "logs", "s3")
_LONG = 500
_WITHOUT_SLASH = re.compile(
    r"\$\{aws:(?:PrincipalAccount|PrincipalOrgID|userid|username)\}", re.IGNORECASE
)


def is_asked_on_star(name: str) -> bool:
    """Return whether only ``*`` matches an action, since the catalogue lists no resource for it.

    Examples
    --------
    >>> is_asked_on_star("ec2:DescribeInstances"), is_asked_on_star("ec2:StartInstances")
    (True, False)
    """
    return arns_for(name) == ("*",) and name.partition(":")[0] not in _NAME_ONE_ANYWAY


@lru_cache(maxsize=8192)
def may_work_on(name: str, pattern: str) -> bool:
    """Return whether a resource pattern can match a resource that an action works on.

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
    # A variable can have any value.
    pattern = ANY_VARIABLE.sub("*", pattern)
    wanted = PLACEHOLDER.sub("*", form).split(":", PARTS - 1)
    return all(map(_may_meet, wanted, pattern.split(":", PARTS - 1)))


def _may_be_in_s3(form: str, pattern: str) -> bool:
    """Return whether a pattern can match a bucket or object: only an object's ARN has a slash."""
    if form.endswith("}/${ObjectName}"):
        return bool({"/", "*", "?", "$"} & set(_WITHOUT_SLASH.sub("", pattern)))
    return "/" not in ANY_VARIABLE.sub("", pattern)


def _may_meet(pattern: str, other: str) -> bool:
    """Return whether a text can match both patterns; in doubt, it can."""
    if not ({"*", "?"} & set(pattern)):
        return glob(other, pattern)
    if not ({"*", "?"} & set(other)):
        return glob(pattern, other)
    pairs = (pattern, other), (pattern[::-1], other[::-1])
    return all(_agree(_start(left), _start(right)) for left, right in pairs)


def _start(pattern: str) -> str:
    return pattern.replace("?", "*").partition("*")[0]


def _agree(start: str, other: str) -> bool:
    return start.startswith(other) or other.startswith(start)
