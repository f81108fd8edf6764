"""Which of a statement's resources an action works on at all.

A statement is a cross product: ``s3:ListBucket`` in one that names only objects can never match,
though its name stands there. Here is only said what is sure; a doubt counts as fitting.

Notes
-----
AWS page: "Service Authorization Reference".
"""

from __future__ import annotations

import re
from functools import lru_cache

from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.catalog import PLACEHOLDER, action, arns_for
from iamlab.policy.patterns import glob

# Services that name a resource in requests for actions of which the catalogue lists none:
# iam:ListUsers is asked on user/, s3:ListAllMyBuckets on arn:aws:s3:::*. There may be others, so
# what is said of such actions is said with a reserve.
_NAME_ONE_ANYWAY = ("iam", "logs", "s3")
_LONG = 500
_VARIABLE = re.compile(r"\$\{[^}]*\}?")
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
def may_fit(name: str, pattern: str) -> bool:
    """Say whether a resource pattern can match a resource that an action works on.

    Examples
    --------
    >>> may_fit("s3:ListBucket", "arn:aws:s3:::star-maps/*")
    False
    >>> may_fit("s3:GetObject", "arn:aws:s3:::star-maps/*")
    True
    >>> may_fit("s3:ListBucket", "arn:aws:s3:::maps-${aws:PrincipalTag/team}")
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
    pattern = _VARIABLE.sub("*", pattern)
    wanted = PLACEHOLDER.sub("*", form).split(":", PARTS - 1)
    return all(map(_may_meet, wanted, pattern.split(":", PARTS - 1)))


def _may_be_in_s3(form: str, pattern: str) -> bool:
    """Say whether a pattern can be a bucket, or an object: only the ARN of this has a slash."""
    if form.endswith("}/${ObjectName}"):
        return bool({"/", "*", "?", "$"} & set(_WITHOUT_SLASH.sub("", pattern)))
    return "/" not in _VARIABLE.sub("", pattern)


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
