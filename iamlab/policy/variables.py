"""Policy variables: ``${aws:username}``, ``${aws:PrincipalTag/team, 'none'}``, ``${*}``.

Notes
-----
AWS page: "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from iamlab.policy.arn import PARTS

_VARIABLE = re.compile(r"\$\{([^}]*)(\}?)")
_INSIDE = re.compile(r"(?P<key>[^\s,']+)(?:, '(?P<default>[^']*)')?")

ANY_VARIABLE = re.compile(r"\$\{[^}]*\}?")
"""A variable, finished or not."""

LITERALS = ("*", "?", "$")
"""``${*}`` is a plain star, and so on."""

Lookup = Callable[[str], str | None]


def has_variable(text: str) -> bool:
    """Return whether the text contains a variable, finished or not."""
    return "${" in text


def with_variables_as(sign: str, text: str) -> str:
    """Replace each variable, finished or not: with a star, for example, since it can be anything.

    Examples
    --------
    >>> with_variables_as("*", "arn:aws:s3:::home/${aws:username}/*")
    'arn:aws:s3:::home/*/*'
    """
    return ANY_VARIABLE.sub(sign, text)


def without_variables(text: str) -> str:
    """Remove the variables from a text.

    Examples
    --------
    >>> without_variables("home/${aws:username}/${*}*")
    'home//*'
    """
    return ANY_VARIABLE.sub("", text)


@lru_cache(maxsize=4096)
def any_variable(texts: tuple[str, ...]) -> bool:
    """Return whether any of the texts contains a variable."""
    return has_variable("\n".join(texts))


def is_misplaced(text: str) -> bool:
    """Return whether a resource pattern has a variable where AWS permits none.

    AWS permits variables only after the fifth colon.

    Examples
    --------
    >>> is_misplaced("arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:queue")
    True
    >>> is_misplaced("arn:aws:s3:::home/${aws:username}/*")
    False
    """
    if not has_variable(text):
        return False  # true for nearly all patterns
    return has_variable(":".join(text.split(":", PARTS - 1)[: PARTS - 1]))


def keys_in(text: str) -> list[str]:
    """List the condition keys in the variables of a text.

    Examples
    --------
    >>> keys_in("home/${aws:username}/${*}")
    ['aws:username']
    """
    inside = (_INSIDE.fullmatch(variable[1]) for variable in _VARIABLE.finditer(text))
    return [parts["key"] for parts in inside if parts and parts["key"] not in LITERALS]


def substitute(text: str, value_of: Lookup, quote: Callable[[str], str] = str) -> str | None:
    """Replace variables with the request's values.

    Parameters
    ----------
    text
        A resource or a condition value from a document with version 2012-10-17.
    value_of
        Returns a key's value in the request; ``None`` if it has no value, or several.
    quote
        Writes a value so that its stars are plain characters, if the text is a pattern.

    Returns
    -------
    str or None
        ``None`` if a variable has neither a value nor a default, or isn't valid. Then the text
        matches nothing.

    Examples
    --------
    >>> substitute("home/${aws:username}/*", {"aws:username": "alice"}.get)
    'home/alice/*'
    >>> substitute("home/${aws:username, 'guest'}/*", {}.get)
    'home/guest/*'
    """
    if not has_variable(text):
        return text
    written: list[str] = []
    place = 0
    for variable in _VARIABLE.finditer(text):
        value = _value(variable[1], value_of) if variable[2] else None
        if value is None:
            return None
        written += (text[place : variable.start()], quote(value))
        place = variable.end()
    return "".join((*written, text[place:]))


def _value(inside: str, value_of: Lookup) -> str | None:
    """Return the value of a variable; ``inside`` is the text between its braces."""
    if inside in LITERALS:
        return inside
    parts = _INSIDE.fullmatch(inside)
    if parts is None:
        return None
    value = value_of(parts["key"])
    return parts["default"] if value is None else value


def malformed_variable(text: str) -> tuple[str, str, str] | None:
    """Find the first invalid variable of a text: code, problem, remedy.

    Examples
    --------
    >>> malformed_variable("home/${aws:username")[0]
    'MISSING_BRACE_IN_VARIABLE'
    >>> malformed_variable("home/${aws:username, 'guest'}/${*}") is None
    True
    """
    for variable in _VARIABLE.finditer(text):
        shown = repr(variable[0] if len(variable[0]) <= 60 else variable[0][:57] + "...")
        name, comma, default = variable[1].partition(",")
        if not variable[2]:
            return "MISSING_BRACE_IN_VARIABLE", f"{shown} isn't closed.", "Add the brace."
        if variable[1] in LITERALS:
            continue
        if not variable[1].strip():
            return "EMPTY_VARIABLE", f"{shown} has no key.", "Write a key between the braces."
        if any(map(str.isspace, name)):
            remedy = "Remove the space."
            return "UNSUPPORTED_SPACE_IN_VARIABLE", f"{shown} has a space in its name.", remedy
        if comma and not _is_quoted(default.strip()):
            what = f"The default value in {shown} has no quotes."
            remedy = "Write it as in ${aws:username, 'guest'}."
            return "MISSING_QUOTE_IN_VARIABLE", what, remedy
    return None


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text.startswith("'") and text.endswith("'")
