"""Which coder writes and reads values of a type: dataclasses by their fields and annotations.

A new field, or a new class below a known one, is saved without a further line here. A file names a
class only where a field may hold several, and only one of those. The name is under ``class``, which
no field can be called.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin

from iamlab.policy.document import Policy
from iamlab.storage.containers import ByName, Fixed, Many, OneOf, PolicyCoder
from iamlab.storage.record_coders import ClassCoder, RecordCoder, below
from iamlab.storage.values import Anything, Bytes, Exact, Fraction, Member, Moment, Number, Text

if typing.TYPE_CHECKING:
    from iamlab.storage.problems import Coder

_PLAIN: dict[Any, Coder] = {
    str: Text(),
    int: Number(),
    float: Fraction(),
    bool: Exact((False, True)),
    type(None): Exact((None,)),
    bytes: Bytes(),
    datetime: Moment(),
    Policy: PolicyCoder(),
    Any: Anything(),
    object: Anything(),
}

_LISTS: dict[Any, tuple[type, type]] = {  # annotation: what is made, what is taken
    list: (list, list),
    Sequence: (tuple, Sequence),
    set: (set, AbstractSet),
    frozenset: (frozenset, AbstractSet),
    AbstractSet: (frozenset, AbstractSet),
}


@cache
def coder_of(hint: Any) -> Coder:
    """Give what writes and reads values of a type.

    Raises
    ------
    TypeError
        No file can hold such values: this is said to whoever writes the class.

    Examples
    --------
    >>> from iamlab.storage.problems import CodingRun
    >>> coder_of(dict[str, tuple[bytes, ...]]).write({"a": (b"1", b"2")}, "$", CodingRun())
    {'a': ['MQ==', 'Mg==']}
    """
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inside = get_origin(hint) or hint, get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _union(inside)
    if origin is Literal:
        return Exact(inside)
    if origin is tuple and inside[1:] == (...,):
        return Many(coder_of(inside[0]), tuple, tuple)
    if origin is tuple and inside:
        return Fixed(tuple(map(coder_of, inside)))
    if origin in _LISTS and inside:
        return Many(coder_of(inside[0]), *_LISTS[origin])
    if origin in (dict, Mapping) and inside[:1] == (str,):
        return ByName(coder_of(inside[1]))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Member(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return _of_classes([hint])
    raise TypeError(f"a file of a world cannot hold {hint}")


def _union(hints: tuple[Any, ...]) -> Coder:
    """Give what writes values of several types, of which JSON has each as another kind."""
    classes = [hint for hint in hints if is_dataclass(hint) and hint not in _PLAIN]
    coders = [coder_of(hint) for hint in hints if hint not in classes and hint is not int]
    if int in hints:
        coders.append(Number(beside_text=str in hints))
    if classes:
        coders.append(_of_classes(classes))
    kinds = [kind for coder in coders for kind in coder.kinds]
    if len(kinds) > len(set(kinds)):
        raise TypeError(f"a file of a world cannot tell which of {hints} a value is")
    return OneOf(tuple(coders))


def _of_classes(classes: list[Any]) -> Coder:
    """Give what writes objects of some classes and of those below them."""
    every = [class_ for cls in classes for class_ in (cls, *below(cls).values())]
    records = [RecordCoder(class_, coder_of) for class_ in every]
    if len(records) == 1:
        return records[0]
    return ClassCoder({record.cls.__name__: record for record in records})
