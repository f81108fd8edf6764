"""What policies require a call to say: values of condition keys, and names of resources.

A condition such as ``"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}`` tells its reader
what to send. Such values are taken from the policies that have a say: variables are filled with
what is known of the caller, wildcards with some text.

A policy may allow only resources with certain names: ``function:dev-*``. Whoever creates a resource
chooses its name. So a name is looked for that fits both the form of the resource's ARNs and the
pattern in the policy.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition operators"; "IAM policy elements: Variables and
tags"; "IAM and AWS STS condition context keys"; "Service Authorization Reference", for the forms of
ARNs; "IAM JSON policy elements: Resource".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.policy.arn import PARTS
from iamlab.policy.catalog import PLACEHOLDER, resource_types_of
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.patterns import LITERAL_STAR, glob, glob_resource
from iamlab.policy.samples import meeting
from iamlab.policy.variables import substitute
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.engine.request import ContextValue
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Condition, Statement


TABLES: dict[str, Any] = tables(__file__, "parameter_tables.toml")


def words(table: str, name: str) -> tuple[str, ...]:
    """Return a list of words in ``parameter_tables.toml``."""
    return tuple(TABLES[table][name].split())


FILLER = "reach"
"""The filler for a star, and for any value."""

MOST_VALUES = 4
"""So many values of one key are tried."""

_SENDABLE = ("String", "Arn")


class RequiredValue(NamedTuple):
    """A value that a condition wants.

    Parameters
    ----------
    is_pattern
        Whether stars and question marks in it are wildcards.
    has_variables
        Whether ``${...}`` in it means anything.
    """

    text: str
    is_pattern: bool = False
    has_variables: bool = False


RequiredValues = Mapping[str, tuple[RequiredValue, ...]]
"""Key, in small letters -> what is wanted of it."""


class Sample(NamedTuple):
    """A text that a call can send.

    Parameters
    ----------
    is_literal
        Whether a policy spells it out, so that its reader must know it.
    """

    text: str
    is_literal: bool = False


def required_in(*policies: Policy) -> RequiredValues:
    """Return what policies want of each key, by the key in small letters.

    An Allow wants what its conditions compare with; a Deny wants what it makes an exception of. A
    key with other conditions has no values.
    """
    every = (statement for policy in policies for statement in policy.statements)
    pairs = ((statement, test) for statement in every for test in statement.conditions)
    return merged(*({test.key.lower(): _wanted(statement, test)} for statement, test in pairs))


def _wanted(statement: Statement, condition: Condition) -> tuple[RequiredValue, ...]:
    name, is_deny = condition.comparison.name, statement.effect == "Deny"
    if name == "Null":
        wants_some = ("true" if is_deny else "false") in map(str.lower, condition.values)
        return (RequiredValue("*", is_pattern=True),) if wants_some else ()
    if name.startswith(_SENDABLE) and OPERATORS[name].negated is is_deny:
        is_pattern = OPERATORS[name].pattern
        variables = statement.variables
        return tuple(RequiredValue(text, is_pattern, variables) for text in condition.values)
    return ()


def merged(*several: RequiredValues) -> RequiredValues:
    """Combine the requirements of several places."""
    found: dict[str, list[RequiredValue]] = {}
    for required in several:
        for key, values in required.items():
            found.setdefault(key, []).extend(values)
    return {key: tuple(dict.fromkeys(values)) for key, values in found.items()}


def samples(
    required: RequiredValues, key: str, known: Mapping[str, ContextValue], default: str = FILLER
) -> list[Sample]:
    """Return texts for a key that policies ask for; none if they do not.

    Parameters
    ----------
    known
        What is known of the caller, for variables.
    default
        What is sent where any value will do.

    Examples
    --------
    >>> from iamlab import Policy
    >>> trust = Policy.parse({"Version": "2012-10-17", "Statement": {
    ...     "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
    ...     "Condition": {"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}}}})
    >>> found = samples(required_in(trust), "sts:RoleSessionName", {"aws:username": "dana"})
    >>> [one.text for one in found]
    ['dana-reach']
    """
    found = (_sample(value, known, default) for value in required.get(key.lower(), ()))
    return list(dict.fromkeys(value for value in found if value is not None))[:MOST_VALUES]


def texts(
    required: RequiredValues, key: str, known: Mapping[str, ContextValue], default: str = FILLER
) -> list[str]:
    """Return the same as ``samples``, without what is known of the texts."""
    return [sample.text for sample in samples(required, key, known, default)]


def required_tags(
    required: RequiredValues, known: Mapping[str, ContextValue], *starts: str
) -> dict[str, list[str]]:
    """Return the tags that policies ask for, each with values that would do.

    Parameters
    ----------
    starts
        What the keys begin with: ``aws:RequestTag/``.
    """
    # The case of letters does not count in a condition's key, but does in the values of TagKeys.
    named = texts(required, "aws:TagKeys", known)
    written = {name.lower(): name for name in named}
    found: dict[str, list[str]] = {}
    for start in starts:
        for key in required:
            if key.startswith(start.lower()):
                name = key[len(start) :]
                found.setdefault(written.get(name, name), []).extend(texts(required, key, known))
    for name in named:
        found.setdefault(name, []).append(FILLER)
    return {key: list(dict.fromkeys(values)) for key, values in found.items() if values}


def tag_sets(found: Mapping[str, list[str]], most: int | None = None) -> list[Mapping[str, str]]:
    """Return each of some tags with each of its values, at most so many; then all keys at once."""
    single = [{key: value} for key, values in found.items() for value in values]
    every = {key: values[0] for key, values in found.items()}
    return [*single[:most], *([every] if len(found) > 1 else [])]


def with_values(text: str, known: Mapping[str, ContextValue]) -> str | None:
    """Put values in the place of a text's variables; ``None`` if one has no value."""
    lower = {key.lower(): value for key, value in known.items() if isinstance(value, str)}
    return substitute(text, lambda key: lower.get(key.lower()))


def _sample(value: RequiredValue, known: Mapping[str, ContextValue], default: str) -> Sample | None:
    """Make a text of what a condition requires; ``None`` if a variable has no value."""
    text = with_values(value.text, known) if value.has_variables else value.text
    if text is None:
        return None
    if not value.is_pattern or not set("*?") & set(text):
        return Sample(text, is_literal=text == value.text)
    return Sample(default if text == "*" else filled(text))


def filled(pattern: str) -> str:
    """Put some text in the place of wildcards.

    Examples
    --------
    >>> filled("dev-*"), filled("v?")
    ('dev-reach', 'vx')
    """
    return pattern.replace("*", FILLER).replace("?", "x")


def literals(policy: Policy, key: str) -> list[str]:
    """Return the fixed values that a policy wants a key to have.

    Examples
    --------
    >>> from iamlab import Policy
    >>> literals(Policy.parse({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
    ...     "Condition": {"StringEquals": {"sts:ExternalId": "7-of-9"}}}}), "sts:externalid")
    ['7-of-9']
    """
    required = required_in(policy).get(key.lower(), ())
    return [sample.text for sample in required if not set("*?$") & set(sample.text)]


# Names of resources ------------------------------------------------------------------------------

NEW, KNOWN = "reach", "example"
"""What a thing is called that is made, and one that may be there, if policies do not care."""

UNKNOWN = "*"
"""The placeholder for the part of an ARN that AWS chooses when it creates the resource."""

HOLE, PATH_HOLE = "\0", "\1"
"""In a form: where a name is to be written, and where a name that may have a path before it."""

LONGEST = 300
"""No pattern that is longer is read for a name: real ones are shorter."""

USUAL: Mapping[str, str] = TABLES["usual_parts"]
"""Parts of ARNs that are something in particular if nobody says otherwise."""

CHOSEN = ("SessionId", "ResourceId")
"""Parts that are called an id and yet chosen by whoever makes the thing."""

FORMS: Mapping[str, str] = TABLES["forms"]
"""Forms that the catalogue lacks, or has otherwise."""


class Place(NamedTuple):
    """Where things are made."""

    partition: str
    region: str
    account_id: str


class ArnTemplates(NamedTuple):
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
        """Return an ARN of this form that a pattern of a policy matches, if there is one.

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
def form_of(kind: str, place: Place, *, is_new: bool) -> ArnTemplates:
    """Return the form of the ARNs of a kind of resource.

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
    templates = (_with_parts(text, likely), _with_parts(text, free))
    return ArnTemplates(_with_parts(text, usual), tuple(dict.fromkeys(templates)))


def _with_parts(text: str, parts: dict[str, str]) -> str:
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
    plain = template.replace("*", LITERAL_STAR)
    holes = plain.replace(HOLE, "?*").replace(PATH_HOLE, "?*")
    found = meeting(holes, pattern, ":" if PATH_HOLE in template else ":/")
    if found is None:
        return None
    letter = filler[0] if "?" in pattern else filler
    text = found.replace("?*", "*").replace("*", filler).replace("?", letter)
    return text.replace(LITERAL_STAR, "*")
