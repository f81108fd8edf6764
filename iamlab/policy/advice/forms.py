"""The forms of ARNs that the services declare, and whether a Resource value can be of a form.

A value of Resource may have wildcards and variables, and so may a form. They are compared by what
stands before the first wildcard and behind the last; when these agree the value *may* be of the
form. So a finding is made only where no resource on earth could be meant.

Notes
-----
AWS page: "Service Authorization Reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.catalog import PLACEHOLDER, resource_types_of, services
from iamlab.policy.patterns import glob
from iamlab.policy.variables import is_misplaced

_VARIABLE = re.compile(r"\$\{[^}]*\}?")
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a resource type's ARN.

    Parameters
    ----------
    region, account
        Empty if such ARNs have none, ``*`` if they have one, else the only text that fits.
    resource
        What stands behind the fifth colon, a star for each name.
    whole
        Whether a slash cannot stand in a name: an S3 bucket is called so, an object is not.
    """

    service: str
    region: str
    account: str
    resource: str
    whole: bool = False

    def may_be(self, resource: str) -> bool:
        """Say whether the resource part of a pattern can be of this form.

        Examples
        --------
        >>> form = Form("iam", "", "*", "role/*")
        >>> form.may_be("role/dev"), form.may_be("r*"), form.may_be("user/*")
        (True, True, False)
        """
        if self.whole and "/" in resource:
            return False
        if not _WILD.search(resource):
            return glob(self.resource, resource)
        ours, theirs = _ends(self.resource), _ends(resource)
        begin = ours[0].startswith(theirs[0]) or theirs[0].startswith(ours[0])
        return begin and (ours[1].endswith(theirs[1]) or theirs[1].endswith(ours[1]))


def _ends(pattern: str) -> tuple[str, str]:
    """Give what stands before the first wildcard, and behind the last."""
    pieces = _WILD.split(pattern)
    return (pieces[0], pieces[-1]) if len(pieces) > 1 else (pattern, pattern)


@lru_cache(maxsize=4096)
def declared(text: str) -> tuple[Form, ...]:
    """Read the form of an ARN as a service declares it; a few types have two, with a comma between.

    Examples
    --------
    >>> declared("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}")
    (Form(service='iam', region='', account='*', resource='role/*', whole=False),)
    """
    found = []
    for pattern in PLACEHOLDER.sub("*", text).split(", "):
        arn = Arn.parse(pattern)
        whole = (arn.service, arn.resource) == ("s3", "*")  # a bucket, whoever declares it
        found.append(Form(arn.service, arn.region, arn.account, arn.resource, whole))
    return tuple(found)


@lru_cache(maxsize=1)
def forms_by_service() -> dict[str, tuple[Form, ...]]:
    """Give all forms by the service in the ARN, whichever services declare them."""
    found: dict[str, dict[Form, None]] = {}
    for prefix in services():
        for kind in resource_types_of(prefix).values():
            for form in declared(kind.arn):
                found.setdefault(form.service, {})[form] = None
    return {service: tuple(forms) for service, forms in found.items()}


def forms_of(text: str) -> tuple[Form, ...] | None:
    """Give the forms that a Resource value may be of; ``None`` if that cannot be judged.

    It cannot be judged of a value that may be about any service, has a variable where none may
    stand, is no ARN, or is of a service that declares no resources.

    Examples
    --------
    >>> [form.resource for form in forms_of("arn:aws:s3:::star-maps")]
    ['*']
    >>> forms_of("arn:aws:iam::111122223333:users/ana")
    ()
    """
    if not is_arn(text) or is_misplaced(text):
        return None
    arn = Arn.parse(plain(text))
    known = forms_by_service().get(arn.service)
    if known is None or is_wild(arn.service):
        return None
    return tuple(form for form in known if form.may_be(arn.resource))


def plain(text: str) -> str:
    """Write a star for each variable, since it may stand for anything.

    Examples
    --------
    >>> plain("arn:aws:s3:::home/${aws:username}/*")
    'arn:aws:s3:::home/*/*'
    """
    return _VARIABLE.sub("*", text)


def is_wild(text: str) -> bool:
    """Say whether a text has a wildcard."""
    return _WILD.search(text) is not None
