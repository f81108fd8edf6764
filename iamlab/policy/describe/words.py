"""Words and how they are joined: lists, quotes, gerunds, names of APIs, services and keys.

Texts of a document are shown printable and shortened. While a sentence is built, characters that
could be read as wildcards or separators are replaced with twins that no document contains;
:func:`plain` restores them at the end. A service or a key that isn't in ``vocabulary.toml`` is
shown as it is written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import names
from iamlab.policy.catalog import service_name, vocabulary
from iamlab.policy.condition_keys import ALWAYS, ALWAYS_IF_SIGNED, global_key

if TYPE_CHECKING:
    from collections.abc import Sequence


LONG = 120
"""Of longer texts, only the beginning and the end are shown."""

_ACRONYMS = frozenset(names("acronyms"))
_PRIVATE = 0xE000
_MARKS = "/:*?${}<> "
_TWINS = str.maketrans({mark: chr(_PRIVATE + ord(mark)) for mark in _MARKS})
_BACK = str.maketrans({chr(_PRIVATE + ord(mark)): mark for mark in _MARKS})
_BARE = re.compile(r"[\w<*/][\w<>./:@+=*?,#-]*[\w<>/*?=-]|[\w*]", re.ASCII)
_OF_SENTENCES = frozenset(names("words_of_sentences"))
"""Words of the sentence itself; a value with such a word gets quotes."""
_PARTS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+\d*(?![a-z])|[A-Z]?[a-z]+\d*|\d+")


def printable(text: str) -> str:
    """Show characters that can't be printed as a replacement character.

    Examples
    --------
    >>> printable(f"a{chr(27)}[2Jb") == f"a{chr(0xFFFD)}[2Jb"
    True
    """
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in text)


def shortened(text: str) -> str:
    """Remove the middle of a text that is too long to read."""
    if len(text) <= LONG:
        return text
    return f"{text[: LONG // 2]}[...]{text[-LONG // 4 :]}"


def shown(text: str) -> str:
    """Make a text of a document printable, and shorten it."""
    return printable(shortened(text))


def twins(text: str) -> str:
    """Replace marks with their twins, so that nobody reads them as wildcards or separators."""
    return text.translate(_TWINS)


def plain(text: str) -> str:
    """Replace the twins with their marks."""
    return text.translate(_BACK)


def value_text(text: str) -> str:
    """Show a value in a sentence, in quotes if it could be misread.

    Examples
    --------
    >>> value_text("eu-west-1"), value_text("two words"), value_text("")
    ('eu-west-1', "'two words'", "''")
    >>> print(value_text("x', or y is 'z"))
    "x', or y is 'z"
    """
    text = shortened(text)
    bare = not {" ", "<"} & set(text) and _BARE.fullmatch(plain(text).replace(" ", "_"))
    if bare and text.lower() not in _OF_SENTENCES:
        return text
    if "'" in text and '"' not in text:
        return f'"{text}"'
    return "'{}'".format(text.replace("'", "\\'"))


def named(text: str) -> str:
    """Show a name from a document, in quotes if it could be misread.

    Examples
    --------
    >>> named("s3:prefix"), named("cost is 5, or the time")
    ('s3:prefix', "'cost is 5, or the time'")
    """
    return value_text(shown(text))


def joined(parts: Sequence[str], word: str = "and") -> str:
    """Join parts with commas and a word.

    Examples
    --------
    >>> joined(["a", "b", "c"]), joined(["a", "b"], "or"), joined([])
    ('a, b and c', 'a or b', '')
    """
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])}{word if word.startswith(',') else f' {word}'} {parts[-1]}"


def briefly(parts: Sequence[str], limit: int, more: str, word: str = "and") -> str:
    """Join the first parts, and count the others.

    Examples
    --------
    >>> briefly(["a", "b", "c", "d"], 2, "letters")
    'a, b and 2 more letters'
    """
    left = len(parts) - limit
    if left < 2:
        return joined(parts, word)
    return joined([*parts[:limit], f"{left} more {more}"], word)


def humanised(name: str) -> str:
    """Split the name of an API or of a resource type into words.

    Examples
    --------
    >>> humanised("ListMFADevices"), humanised("log-group"), humanised("eventSourceMapping")
    ('list MFA devices', 'log group', 'event source mapping')
    """
    return " ".join(map(_word, _PARTS.findall(name.replace("iSCSI", "Iscsi"))))


def _word(part: str) -> str:
    stem = part.lower().removesuffix("s")
    if stem in _ACRONYMS:
        return stem.upper() + part[len(stem) :].lower()
    return part if len(part) > 1 and part[:2].isupper() else part.lower()


def plural(noun: str) -> str:
    """Return the plural of a noun.

    Examples
    --------
    >>> plural("policy"), plural("key"), plural("address"), plural("messages")
    ('policies', 'keys', 'addresses', 'messages')
    """
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    if noun.endswith(("ages", "APIs", "sses")):
        return noun  # it is already a plural
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


_DOUBLED = frozenset(vocabulary("verbs")["doubled"].split())


def gerund(phrase: str) -> str:
    """Turn the first word, a verb, into its -ing form.

    Examples
    --------
    >>> gerund("put objects"), gerund("delete"), gerund("list the objects of")
    ('putting objects', 'deleting', 'listing the objects of')
    """
    verb, space, rest = phrase.partition(" ")
    if verb in _DOUBLED:
        verb += verb[-1]
    elif verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        verb = verb[:-1]
    return f"{verb}ing{space}{rest}"


VERBS = frozenset(vocabulary("verbs")["known"].split())
"""The verbs that API names begin with."""


_CALLED: dict[str, str] = vocabulary("services")
_FIRST_WORDS = ("Amazon ", "AWS ")


def called(prefix: str) -> str | None:
    """Return a service's usual name; ``None`` if there is no such service.

    Examples
    --------
    >>> called("S3"), called("cloudtrail"), called("s4")
    ('S3', 'CloudTrail', None)
    """
    known = _CALLED.get(prefix.lower())
    name = service_name(prefix)
    if known or name is None:
        return known
    for word in _FIRST_WORDS:
        name = name.removeprefix(word)
    return name.rpartition(" (")[2].removesuffix(")")


def principal_called(value: str) -> str | None:
    """Name the service of a service principal; ``None`` if the text isn't one.

    Examples
    --------
    >>> principal_called("ec2.amazonaws.com"), principal_called("delivery.logs.amazonaws.com")
    ('EC2', 'the service delivery.logs.amazonaws.com')
    >>> principal_called("ec2") is None
    True
    """
    prefix, dot, rest = value.partition(".")
    if (
        not value.isascii()
        or not value.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        or not prefix
    ):
        return None
    known = called(prefix) if dot and rest == "amazonaws.com" and prefix.islower() else None
    return known or f"the service {named(value)}"


_NOUNS: dict[str, str] = vocabulary("keys")
_OF_TAGS: dict[str, str] = vocabulary("tags")
_ITEMS: dict[str, str] = vocabulary("items")
_PRESENT, _PRESENT_TAGS, _BOOLEANS = (
    {key: (yes, no) for key, (yes, no) in vocabulary(table).items()}
    for table in ("presence", "tag_presence", "booleans")
)


def noun(key: str) -> str:
    """Return a noun for a condition key.

    Examples
    --------
    >>> noun("aws:PrincipalTag/team"), noun("s3:max-keys")
    ("the caller's tag team", 's3:max-keys')
    """
    known = _NOUNS.get(key.lower())
    if known:
        return known
    stem, slash, tag = key.partition("/")
    form = _OF_TAGS.get(stem.lower() + slash)
    return form.format(named(tag)) if form and tag else named(key)


def own(key: str) -> str:
    """Name the value of a key in the request.

    Examples
    --------
    >>> own("aws:username"), own("aws:RequestedRegion"), own("s3:max-keys")
    ('own user name', 'Region of the call', 's3:max-keys')
    """
    words = noun(key).partition(" (")[0] if key.lower() in _NOUNS else noun(key)
    of_caller = "the caller's "
    if words.startswith(of_caller):
        return f"own {words.removeprefix(of_caller)}"
    return words.removeprefix("the ")


def item(key: str) -> str:
    """Name a single value of a multivalued key."""
    return _ITEMS.get(key.lower(), f"value of {named(key)}")


def presence(key: str) -> tuple[str, str]:
    """Return clauses for a request with a key, and without it.

    Examples
    --------
    >>> presence("aws:RequestTag/team")[1], presence("s3:prefix")[0]
    ("the request doesn't have the tag team", 'the request has s3:prefix')
    """
    known = _PRESENT.get(key.lower())
    if known:
        return known
    stem, slash, tag = key.partition("/")
    forms = _PRESENT_TAGS.get(stem.lower() + slash)
    if forms and tag:
        return forms[0].format(named(tag)), forms[1].format(named(tag))
    return f"the request has {named(key)}", f"the request has no {named(key)}"


def boolean(key: str) -> tuple[str, str]:
    """Return clauses for a key that is true, and for one that is false."""
    known = _BOOLEANS.get(key.lower())
    return known or (f"{noun(key)} is true", f"{noun(key)} is false")


def may_miss(key: str, *, signed: bool) -> bool:
    """Return whether a request can lack a key.

    Parameters
    ----------
    signed
        Whether to consider only signed requests.

    Examples
    --------
    >>> may_miss("aws:SecureTransport", signed=True), may_miss("aws:SourceIp", signed=True)
    (False, True)
    """
    known = global_key(key)
    return known is None or known.present not in (ALWAYS_IF_SIGNED if signed else ALWAYS)
