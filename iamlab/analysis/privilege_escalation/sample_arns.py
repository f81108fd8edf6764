"""Example ARNs, of new and of existing resources, with names that a policy allows.

A policy may allow only resources with certain names: ``function:dev-*``. Whoever creates a resource
chooses its name. So a name is looked for that fits both the form of the resource's ARNs and the
pattern in the policy.

Notes
-----
AWS pages: "Service Authorization Reference", for the forms of ARNs; "IAM JSON policy elements:
Resource".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.arn import PARTS
from iamlab.policy.catalog import PLACEHOLDER, resource_types_of
from iamlab.policy.patterns import glob, glob_resource

if TYPE_CHECKING:
    from collections.abc import Iterator


NEW, KNOWN = "reach", "example"
"""What a thing is called that is made, and one that may be there, if policies do not care."""

UNKNOWN = "*"
"""What stands in a request for the part of an ARN that AWS chooses when the thing is made."""

HOLE, PATH_HOLE = "\0", "\1"
"""In a form: where a name is to be written, and where a name that may have a path before it."""

LONGEST = 300
"""No pattern that is longer is read for a name: real ones are shorter."""

USUAL = {
    **dict.fromkeys(("TaskDefinitionRevisionNumber", "LayerVersion", "Revision"), "1"),
    **dict.fromkeys(("ComponentVersion", "ImageRecipeVersion", "ImageVersion"), "1.0.0"),
    **dict.fromkeys(("ComponentBuildVersion", "ImageBuildVersion"), "1"),
    "GroupName": "default",
}
"""Parts of ARNs that are something in particular if nobody says otherwise."""

CHOSEN = ("SessionId", "ResourceId")
"""Parts that are called an id and yet chosen by whoever makes the thing."""

FORMS = {
    # Documents of AWS's own have no account. These two run the commands that they are given.
    "ssm:shell-document": "arn:${Partition}:ssm:${Region}::document/AWS-RunShellScript",
    "ssm:powershell-document": "arn:${Partition}:ssm:${Region}::document/AWS-RunPowerShellScript",
    # The catalogue writes stars where devices have nothing.
    "braket:device": "arn:${Partition}:braket:::device/quantum-simulator/amazon/sv1",
}
"""Forms that the catalogue lacks, or has otherwise."""


class Place(NamedTuple):
    """Where things are made."""

    partition: str
    region: str
    account_id: str


class Form(NamedTuple):
    """What ARNs of a kind look like in one place.

    Parameters
    ----------
    usual
        An ARN, with a name that says nothing.
    templates
        With holes where whoever makes the thing may write what he likes; the likely ones first.
    """

    usual: str
    templates: tuple[str, ...]

    def named(self, pattern: str) -> str | None:
        """Give an ARN of this form that a pattern of a policy matches, if there is one.

        Examples
        --------
        >>> here = Place("aws", "us-east-1", "111111111111")
        >>> function = form_of("lambda:function", here, is_new=True)
        >>> function.named("arn:aws:lambda:*:*:function:dev-*")
        'arn:aws:lambda:us-east-1:111111111111:function:dev-reach'
        """
        if glob_resource(pattern, self.usual):
            return self.usual
        wanted = pattern.split(":", PARTS - 1)
        if len(wanted) < PARTS or len(pattern) > LONGEST:
            return None
        for template in self.templates:
            *start, name = template.split(":", PARTS - 1)
            found = common(name, wanted[-1], self.filler)
            if found is not None and all(map(glob, wanted[:-1], start)):
                return ":".join((*start, found))
        return None

    @property
    def filler(self) -> str:
        """What is written where neither form nor pattern says anything."""
        return KNOWN if KNOWN in self.usual else NEW


@lru_cache(maxsize=4096)
def form_of(kind: str, place: Place, *, is_new: bool) -> Form:
    """Give the form of the ARNs of a kind of resource.

    Parameters
    ----------
    kind
        As the Service Authorization Reference calls it: ``lambda:function``.
    is_new
        Whether it is about to be made; what AWS then chooses is not known.

    Examples
    --------
    >>> here = Place("aws", "us-east-1", "111111111111")
    >>> form_of("ec2:instance", here, is_new=True).usual
    'arn:aws:ec2:us-east-1:111111111111:instance/*'
    >>> form_of("ec2:subnet", here, is_new=False).usual
    'arn:aws:ec2:us-east-1:111111111111:subnet/example'
    """
    service, _, name = kind.partition(":")
    text = FORMS.get(kind) or resource_types_of(service)[name].arn
    own = {"Partition": place.partition, "Region": place.region, "Account": place.account_id}
    usual, likely, free = dict(own), dict(own), dict(own)
    for part in (found[2:-1] for found in PLACEHOLDER.findall(text)):
        if part in own:
            continue
        if is_new and part.endswith(("Id", "RandomString")) and part not in CHOSEN:
            usual[part] = likely[part] = free[part] = UNKNOWN
            continue
        usual[part] = USUAL.get(part, NEW if is_new else KNOWN)
        free[part] = PATH_HOLE if part.endswith("WithPath") else HOLE
        likely[part] = USUAL.get(part, free[part])
    templates = (_filled(text, likely), _filled(text, free))
    return Form(_filled(text, usual), tuple(dict.fromkeys(templates)))


def _filled(text: str, parts: dict[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: parts[found[0][2:-1]], text)


def common(template: str, pattern: str, filler: str) -> str | None:
    r"""Find a text that fits a template with holes and a pattern with wildcards.

    Parameters
    ----------
    filler
        What is written where both leave all open.

    Examples
    --------
    >>> common("stack/\0/*", "stack/dev-*/*", "reach")
    'stack/dev-reach/*'
    >>> common("function:\0", "function:dev?", "reach"), common("job/\0", "role/*", "reach")
    ('function:devr', None)
    """
    return _Search(template, pattern, filler).found()


class _Search:
    """The search for a common text: a walk through pairs of places, each looked at once."""

    def __init__(self, template: str, pattern: str, filler: str) -> None:
        self.template, self.pattern, self.filler = template, pattern, filler

    def found(self) -> str | None:
        """Walk until both are at their ends; the text that was written on the way is the answer."""
        seen = set()
        waiting: list[_Spot] = [_Spot(0, 0, EMPTY, "")]
        end = (len(self.template), len(self.pattern))
        while waiting:
            spot = waiting.pop()
            if (spot.mine, spot.theirs) == end:
                return spot.text
            if spot[:3] not in seen:
                seen.add(spot[:3])
                waiting += self._steps(spot)
        return None

    def _steps(self, spot: _Spot) -> Iterator[_Spot]:
        """Give where to go on from two places; the last one is tried first."""
        here, there, hole, text = spot
        mine, theirs = self.template[here : here + 1], self.pattern[there : there + 1]
        if theirs == "*":
            yield _Spot(here, there + 1, hole, text)  # it stands for nothing more
        if mine in (HOLE, PATH_HOLE) and mine:
            if hole != EMPTY:
                yield _Spot(here + 1, there, EMPTY, text)
            if theirs == "*" and hole != FILLED:
                yield _Spot(here, there, FILLED, text + self.filler)
            elif theirs and theirs not in ("*:" if mine == PATH_HOLE else "*:/"):
                letter = self.filler[0] if theirs == "?" else theirs
                yield _Spot(here, there + 1, BEGUN, text + letter)
        elif mine and theirs == "*":
            yield _Spot(here + 1, there, EMPTY, text + mine)
        elif mine and theirs in ("?", mine):
            yield _Spot(here + 1, there + 1, EMPTY, text + mine)


EMPTY, BEGUN, FILLED = range(3)
"""What stands in the hole at a place: nothing, letters of the pattern, the filler last."""


class _Spot(NamedTuple):
    """Two places, what is in the hole at the first, and what has been written so far."""

    mine: int
    theirs: int
    hole: int
    text: str
