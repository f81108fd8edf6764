"""Forms of ARNs: what the catalogue says that a resource's ARN looks like, and how one is filled.

A form has places: ``arn:${Partition}:s3:::${BucketName}/${ObjectName}``. Three of them the record
fills itself, the others the parameters of the call.

Notes
-----
AWS page: "Service Authorization Reference", the tables of resource types.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.trails.request_parameters import CLEAN_TEXT, parameters_for
from iamlab.policy import catalog
from iamlab.policy.arn import PARTS
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.analysis.trails.request_parameters import ParameterTexts
    from iamlab.model.event import Event

FILLED_FROM_CALL = ("Partition", "Region", "Account")
"""Places that the record fills itself."""

CallPlace = tuple[str, str, str]

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


class ArnFormat(NamedTuple):
    """The form of an ARN that an action works on.

    Parameters
    ----------
    service, pattern
        Of the ARN: its service, and its resource with a star for each place.
    is_flat
        Whether no slash may stand in its resource: else every object would be a bucket.
    parts
        Its text around the places.
    names
        For each place, the parameters that may fill it; none for those that the record fills.
    """

    name: str
    is_required: bool
    service: str
    pattern: str
    is_flat: bool
    parts: tuple[str, ...]
    places: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters that may fill a place of it."""
        return tuple(name for names in self.names for name in names)


@lru_cache(maxsize=4096)
def arn_formats_of(action: str) -> tuple[ArnFormat, ...]:
    """Give the forms of the ARNs that an action works on.

    Examples
    --------
    >>> [form.pattern for form in arn_formats_of("dynamodb:Query")]
    ['table/*/index/*', 'table/*']
    """
    known = catalog.action(action)
    if known is None:
        return ()
    types = catalog.resource_types_of(known.service)
    found = []
    for use in known.resource_types:
        text = types[use.name].arn if use.name in types else ""
        pattern = catalog.PLACEHOLDER.sub("*", text).split(":", PARTS - 1)
        if len(pattern) == PARTS:
            places = tuple(hole[0].strip("${}<>") for hole in catalog.PLACEHOLDER.finditer(text))
            names = tuple(
                () if one in FILLED_FROM_CALL else parameters_for(action, one) for one in places
            )
            found.append(
                ArnFormat(
                    use.name,
                    use.required,
                    pattern[2],
                    pattern[5],
                    places[-1:] == ("BucketName",),
                    tuple(catalog.PLACEHOLDER.split(text)),
                    places,
                    names,
                )
            )
    return tuple(found)


def partition_of(region: str) -> str:
    """Say which partition a Region belongs to.

    Examples
    --------
    >>> partition_of("cn-north-1"), partition_of("eu-west-1")
    ('aws-cn', 'aws')
    """
    for start, partition in _PARTITIONS.items():
        if region.startswith(start):
            return partition
    return "aws"


def place_of_call(event: Event) -> CallPlace:
    """Give what the record fills itself: partition, Region and account."""
    return partition_of(event.aws_region), event.aws_region, event.recipient_account_id


def arns_that_fit(forms: tuple[ArnFormat, ...], arns: Iterable[str]) -> list[str]:
    """Give those ARNs that have one of the forms, each once.

    Examples
    --------
    >>> arns_that_fit(arn_formats_of("s3:ListBucket"), ["arn:aws:s3:::b/k", "arn:aws:s3:::b", "x"])
    ['arn:aws:s3:::b']
    """
    found: dict[str, None] = {}
    for arn in arns:
        parts = arn.split(":", PARTS - 1)
        if len(parts) == PARTS and any(
            parts[2] == form.service
            and not (form.is_flat and "/" in parts[5])
            and glob(form.pattern, parts[5])
            for form in forms
        ):
            found[arn] = None
    return list(found)


def arns_filled_from(form: ArnFormat, values: ParameterTexts, given: CallPlace) -> list[str]:
    """Fill a form; of its last place each value gives an ARN, of those before it the first counts.

    Examples
    --------
    >>> form, = arn_formats_of("iam:GetRole")
    >>> arns_filled_from(form, {"rolename": ["app"]}, ("aws", "us-east-1", "111122223333"))
    ['arn:aws:iam::111122223333:role/app']
    >>> arns_filled_from(form, {}, ("aws", "us-east-1", "111122223333"))
    []
    """
    starts = [form.parts[0]]
    for number, (place, names) in enumerate(zip(form.places, form.names, strict=True), 1):
        if place in FILLED_FROM_CALL:
            texts = [given[FILLED_FROM_CALL.index(place)]]
        else:
            raw = next((values[name] for name in names if name in values), [])
            clean = CLEAN_TEXT.get(place)
            texts = [clean(one) for one in raw] if clean else raw
        texts = [text for text in texts if text]
        if not texts:
            return []
        if number < len(form.places):
            texts = texts[:1]
        starts = [f"{start}{text}{form.parts[number]}" for start in starts for text in texts]
    return starts
