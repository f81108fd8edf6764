"""Where the statements of a policy begin and end in its text, as the simulator counts it.

AWS's examples show that a statement *begins* where the reader had come to before it: right behind
the bracket that opens the list, or right behind the statement before it; spaces, line breaks and
the comma between two of them belong to the second. A statement that stands alone, without a list,
begins behind its own brace. It *ends* right behind its closing brace. Lines and columns count
from 1.

Notes
-----
AWS pages: "API Position"; the examples of "simulate-custom-policy" and "simulate-principal-policy"
in the AWS CLI Command Reference.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from iamlab.policy.json_text import read_json

Position = dict[str, int]

_LINE_END = re.compile(r"\r\n|\r|\n")


@lru_cache(maxsize=256)
def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Give where each statement of a policy's text begins and ends, counted in characters from 0.

    Examples
    --------
    >>> spans('{"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]}')
    ((15, 34), (34, 54))
    >>> spans('{"Statement": {"Effect": "Allow"}}')
    ((15, 33),)
    """
    value, source = read_json(text)
    start = source.places["$.Statement"]
    if not isinstance(value["Statement"], list):
        return ((start + 1, _end(text, start)),)
    found: list[tuple[int, int]] = []
    before = start + 1
    for number in range(len(value["Statement"])):
        end = _end(text, source.places[f"$.Statement[{number}]"])
        found.append((before, end))
        before = end
    return tuple(found)


def _end(text: str, start: int) -> int:
    """Say where the value that begins at a place ends."""
    numbers_as_text = json.JSONDecoder(parse_int=str, parse_float=str)
    _, end = numbers_as_text.raw_decode(text, start)
    return end


def position(text: str, offset: int) -> Position:
    r"""Give a place in a text by line and column.

    Examples
    --------
    >>> position('{\n  "Statement": []\n}', 16)
    {'Line': 2, 'Column': 15}
    """
    ends = [match.end() for match in _LINE_END.finditer(text, 0, offset)]
    begin = ends[-1] if ends else 0
    return {"Line": len(ends) + 1, "Column": offset - begin + 1}
