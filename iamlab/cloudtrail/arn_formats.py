"""The ARNs of a call's resources, made of the catalogue's formats and the call's parameters.

The catalogue writes an ARN as a format with places:
``arn:${Partition}:s3:::${BucketName}/${ObjectName}``. The record itself fills three of them, the
parameters of the call fill the others. Usually a place has the name of the parameter that fills
it, apart from letter case; ``call_tables.toml`` has the rest.

Notes
-----
AWS pages: "Service Authorization Reference", the tables of resource types; "CloudTrail record
contents", requestParameters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.policy import catalog
from iamlab.policy.arn import PARTS
from iamlab.policy.call_permissions import required_types
from iamlab.policy.patterns import glob
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.event import Event

ParameterTexts = dict[str, list[str]]
"""Name of a parameter, in lower case -> the texts that it has."""

TABLES: Mapping[str, Any] = tables(__file__, "call_tables.toml")


def table(name: str) -> dict[str, tuple[str, ...]]:
    """Return a table of ``call_tables.toml``: the words of each name."""
    return {key: tuple(words.split()) for key, words in TABLES[name].items()}


MOST = 1000
"""So many values of one parameter are looked at; more than any call takes."""

PARAMETERS_OF_PLACE = table("parameters_of_place")
"""A place in the format of an ARN -> the parameters that may fill it, where the names differ."""

OWN_PARAMETER: Mapping[str, str] = TABLES["own_parameter"]
"""An action -> the only parameter that names its resource: the call has two of the type."""


def _last(text: str) -> str:
    return text.rpartition("/")[2]


CLEAN_TEXT: Mapping[str, Callable[[str], str]] = {
    "Alias": lambda text: text.removeprefix("alias/"),
    "ClusterName": _last,
    # A function's name may come with an account before it and a qualifier behind it.
    "FunctionName": lambda text: text.rpartition("function:")[2].partition(":")[0],
    # The record does not say to which key an alias points.
    "KeyId": lambda text: "" if text.startswith("alias/") else text,
    "OidcProviderName": lambda text: text.removeprefix("https://"),
    "ParameterNameWithoutLeadingSlash": lambda text: text.removeprefix("/"),
    # Six random characters follow in the ARN, which no caller has to know.
    "SecretId": lambda text: f"{text}-*",
    "ServiceName": _last,
    "TaskId": _last,
}
"""A place -> how its parameter is written in an ARN."""


def parameter_texts(parameters: Mapping[str, Any] | None) -> ParameterTexts:
    """Return the texts among a call's parameters, by name in lower case.

    EC2 puts a list into ``items`` of a set, and some calls put everything into one object for the
    whole request; these are opened. Whatever is deeper is about something else.

    Examples
    --------
    >>> parameter_texts({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}})
    {'instanceid': ['i-1', 'i-2']}
    """
    found: ParameterTexts = {}
    level: list[Any] = [parameters or {}]
    for _ in range(3):
        deeper: list[Any] = []
        for name, value in (pair for mapping in level for pair in mapping.items()):
            values = value[:MOST] if isinstance(value, list) else [value]
            texts = [text for text in values if isinstance(text, str) and text]
            if texts:
                found.setdefault(name.lower(), []).extend(texts)
            elif isinstance(value, dict):
                deeper += _opened(name, value)
            elif name.lower() in _EC2_LISTS:
                deeper += _opened(name, {"items": values})
        level = deeper
    return found


_OF_LAUNCH = frozenset(("ebs", "launchtemplate"))
_EC2_LISTS = frozenset(("blockdevicemappings", "networkinterfaces"))
"""What RunInstances has inside other parameters; without EC2's sets, as a client sends it."""


def _opened(name: str, value: dict[str, Any]) -> list[Any]:
    items = value.get("items")
    if isinstance(items, list):
        return [item for item in items[:MOST] if isinstance(item, dict)]
    if name.lower() == "placement":  # a security group has a groupName, too
        return [{f"placement{key}": part for key, part in value.items()}]
    return [value] if name.endswith("Request") or name.lower() in _OF_LAUNCH else []


def queue_arn(url: str, partition: str) -> str:
    """Read a queue's ARN from its URL; empty if the URL isn't a queue's.

    Examples
    --------
    >>> queue_arn("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs", "aws")
    'arn:aws:sqs:eu-west-1:111122223333:jobs'
    """
    host, _, path = url.partition("://")[2].partition("/")
    account, _, name = path.partition("/")
    label = host.removeprefix("sqs.").partition(".")[0]
    if not (host.startswith("sqs.") and account.isdigit() and name and "/" not in name):
        return ""
    return f"arn:{partition}:sqs:{label}:{account}:{name}"


CallPlace = tuple[str, str, str]
"""The partition, Region and account of a call."""

FILLED_FROM_CALL = ("Partition", "Region", "Account")
"""Places that the record fills itself, with the parts of :data:`CallPlace`."""

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


class ArnFormat(NamedTuple):
    """The format of the ARNs of one resource type that an action works on.

    Parameters
    ----------
    service, pattern
        Of the ARN: its service, and its resource with a star for each place.
    is_flat
        Whether its resource has no slash: else every object would be a bucket.
    parts
        Its text around the places.
    parameters
        For each place, the parameters that may fill it; none for those that the record fills.
    """

    name: str
    is_required: bool
    service: str
    pattern: str
    is_flat: bool
    parts: tuple[str, ...]
    places: tuple[str, ...]
    parameters: tuple[tuple[str, ...], ...]

    @property
    def all_parameters(self) -> tuple[str, ...]:
        """The names of all parameters that may fill a place of it."""
        return tuple(name for names in self.parameters for name in names)


@lru_cache(maxsize=4096)
def arn_formats_of(action: str) -> tuple[ArnFormat, ...]:
    """Return the formats of the ARNs that an action works on.

    Examples
    --------
    >>> [arn_format.pattern for arn_format in arn_formats_of("dynamodb:Query")]
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
            parameters = tuple(_parameters_for(action, place) for place in places)
            parts, is_flat = catalog.PLACEHOLDER.split(text), places[-1:] == ("BucketName",)
            ends = (pattern[2], pattern[5], is_flat, tuple(parts), places, parameters)
            found.append(ArnFormat(use.name, use.required, *ends))
    return tuple(found)


def _parameters_for(action: str, place: str) -> tuple[str, ...]:
    """Return which parameters may fill a place, in lower case; IAM's paths belong to the names."""
    if place in FILLED_FROM_CALL:
        return ()
    if action in OWN_PARAMETER:
        return (OWN_PARAMETER[action],)
    return PARAMETERS_OF_PLACE.get(place) or (place.removesuffix("WithPath").lower(),)


def partition_of(region: str) -> str:
    """Return which partition a Region belongs to.

    Examples
    --------
    >>> partition_of("cn-north-1"), partition_of("eu-west-1")
    ('aws-cn', 'aws')
    """
    found = (name for start, name in _PARTITIONS.items() if region.startswith(start))
    return next(found, "aws")


def place_of_call(event: Event) -> CallPlace:
    """Return what the record fills itself: partition, Region and account."""
    return partition_of(event.aws_region), event.aws_region, event.recipient_account_id


def arns_that_fit(formats: tuple[ArnFormat, ...], arns: Iterable[str]) -> list[str]:
    """Return those ARNs that have one of the formats, each once.

    Examples
    --------
    >>> arns_that_fit(arn_formats_of("s3:ListBucket"), ["arn:aws:s3:::b/k", "arn:aws:s3:::b", "x"])
    ['arn:aws:s3:::b']
    """
    found: dict[str, None] = {}
    for arn in arns:
        parts = arn.split(":", PARTS - 1)
        if len(parts) == PARTS and any(
            parts[2] == arn_format.service
            and not (arn_format.is_flat and "/" in parts[5])
            and glob(arn_format.pattern, parts[5])
            for arn_format in formats
        ):
            found[arn] = None
    return list(found)


def fill(arn_format: ArnFormat, texts: ParameterTexts, call: CallPlace) -> list[str]:
    """Fill a format with parameters: an ARN for each text of the last place; none if one lacks.

    If a place before the last has several texts, the first of them counts.

    Examples
    --------
    >>> arn_format, = arn_formats_of("iam:GetRole")
    >>> fill(arn_format, {"rolename": ["app"]}, ("aws", "us-east-1", "111122223333"))
    ['arn:aws:iam::111122223333:role/app']
    >>> fill(arn_format, {}, ("aws", "us-east-1", "111122223333"))
    []
    """
    arns = [arn_format.parts[0]]
    last = len(arn_format.places)
    for number, place in enumerate(arn_format.places, 1):
        if place in FILLED_FROM_CALL:
            values = [call[FILLED_FROM_CALL.index(place)]]
        else:
            names = arn_format.parameters[number - 1]
            raw = next((texts[name] for name in names if name in texts), [])
            values = [CLEAN_TEXT[place](text) for text in raw] if place in CLEAN_TEXT else raw
        values = [text for text in values if text]
        if number < last:
            values = values[:1]
        arns = [f"{arn}{text}{arn_format.parts[number]}" for arn in arns for text in values]
    return arns


def fillable(
    formats: tuple[ArnFormat, ...], texts: ParameterTexts, call: CallPlace
) -> list[tuple[ArnFormat, list[str]]]:
    """Return the formats that can be filled, with their ARNs."""
    # A format without a place of its own would fit every call.
    every = (arn_format for arn_format in formats if arn_format.all_parameters or len(formats) == 1)
    return [(arn_format, arns) for arn_format in every if (arns := fill(arn_format, texts, call))]


def ec2_arns(action: str, texts: ParameterTexts, call: CallPlace) -> dict[str, bool]:
    """Return what takes part in a call to EC2, which checks all of it: ARN -> whether it is whole.

    What is created, or isn't named, has a star.

    Examples
    --------
    >>> place = ("aws", "us-east-1", "111122223333")
    >>> for arn in ec2_arns("ec2:AttachVolume", {"volumeid": ["vol-1"]}, place):
    ...     print(arn)
    arn:aws:ec2:us-east-1:111122223333:volume/vol-1
    arn:aws:ec2:us-east-1:111122223333:instance/*
    """
    formats = {arn_format.name: arn_format for arn_format in arn_formats_of(action)}
    found = {form.name: arns for form, arns in fillable(tuple(formats.values()), texts, call)}
    for resource_id in texts.get("resourceid", ()):
        name = TABLES["ec2_ids"].get(resource_id.partition("-")[0], "")
        if name in formats:
            own = {key: [resource_id] for key in formats[name].all_parameters}
            found[name] = [*found.get(name, ()), *fill(formats[name], own, call)]
    whole = {arn: True for arns in found.values() for arn in arns}
    for name in required_types(action):
        if name in formats and name not in found:
            stars = {key: ["*"] for key in formats[name].all_parameters}
            whole |= dict.fromkeys(fill(formats[name], stars, call), False)
    return whole
