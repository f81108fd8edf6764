"""Old public names. Each works until iamlab 1.0 and warns with the new name.

The tables below list all of them. A class or function with old names is decorated with
`with_old_names`. A module with old names defines ``__getattr__ = old_names_of(__name__)``.

>>> import warnings
>>> from iamlab import Policy
>>> with warnings.catch_warnings(record=True) as caught:
...     warnings.simplefilter("always")
...     Policy.allow("s3:*").named("all").name
'all'
>>> print(caught[0].message)
Policy.named is now Policy.with_name. The old form works until iamlab 1.0.

Notes
-----
No AWS page: names are iamlab's own.
"""

from __future__ import annotations

import warnings
from functools import wraps
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Thing = TypeVar("Thing", bound="Callable[..., Any]")

REMOVED_IN = "1.0"

MODULE_NAMES: dict[str, dict[str, str]] = {
    "iamlab": {"AWS": "AWS_RULES", "Attached": "AttachedPolicy", "evaluate_all": "evaluate_call"},
    "iamlab.engine.evaluate": {"evaluate_all": "evaluate_call"},
    "iamlab.engine.layers": {"Attached": "AttachedPolicy"},
    "iamlab.engine.matrix": {"evaluate_many": "evaluate_matrix"},
    "iamlab.engine.rules": {"AWS": "AWS_RULES"},
}
"""Module -> old name -> new name."""

ATTRIBUTES: dict[str, dict[str, str]] = {
    "analysis.Audit": {"to_json": "to_dict"},
    "analysis.Change": {"caller": "principal"},
    "analysis.Control": {"to_json": "to_dict"},
    "analysis.Finding": {"to_json": "to_dict", "mend": "remedy"},
    "analysis.Item": {"mend": "remedy"},
    "analysis.LeastPrivilege": {"caller": "principal", "to_json": "to_dict"},
    "analysis.Replay": {"caller": "principal"},
    "analysis.SecurityStatus": {"to_json": "to_dict"},
    "analysis.Thresholds": {"to_json": "to_dict"},
    "analysis.Unanswered": {"to_json": "to_dict"},
    "analysis.WhatCan": {"caller": "principal"},
    "engine.AccessMatrix": {"callers": "principals"},
    "engine.Decision": {
        "heard": "layer_matches",
        "shut": "blocking",
        "situation": "combining_rule",
        "to_json": "to_dict",
    },
    "engine.Fix": {"to_json": "to_dict"},
    "engine.Layers": {"grants": "grant", "rcps": "rcp", "scps": "scp"},
    "engine.StatementMatch": {
        "misses": "mismatches",
        "named": "principal_match",
        "to_json": "to_dict",
    },
    "engine.Step": {"to_json": "to_dict"},
    "errors.PolicyProblem": {"fix": "remedy"},
    "world.Organization": {"to_json": "to_dict"},
    "world.Questions": {"access": "access_matrix"},
    "model.Event": {"to_json": "to_dict"},
    "policy.Finding": {"to_json": "to_dict", "mend": "remedy", "fix": "fixed"},
    "policy.Policy": {
        "advice": "lint",
        "check": "validate",
        "named": "with_name",
        "prose": "describe",
        "to_json": "to_dict",
    },
    "policy.Refusal": {"mend": "remedy"},
}
"""Folder and class -> old attribute or method -> new one."""

LOOKUPS: dict[str, dict[str, str]] = {
    "model.Account": {
        "get_bucket": "buckets",
        "get_group": "groups",
        "get_policy": "policies",
        "get_resource": "resources",
        "get_role": "roles",
        "get_user": "users",
    }
}
"""Folder and class -> old method that looks up a name -> the dictionary that does so now."""

PARAMETERS: dict[str, dict[str, str]] = {
    "analysis.Finding": {"mend": "remedy"},
    "analysis.Item": {"mend": "remedy"},
    "analysis.Reach.blast_radius": {"caller": "principal"},
    "analysis.Reach.cut": {"source": "principal"},
    "analysis.Reach.edges_from": {"caller": "principal"},
    "analysis.Reach.is_admin": {"caller": "principal"},
    "analysis.Reach.path": {"source": "principal"},
    "engine.AccessMatrix": {"callers": "principals"},
    "engine.AccessMatrix.allowed": {"caller": "principal"},
    "engine.Layers": {"grants": "grant", "rcps": "rcp", "scps": "scp"},
    "engine.evaluate_matrix": {"callers": "principals"},
    "errors.PolicyProblem": {"fix": "remedy"},
    "world.Account.call": {"caller": "principal"},
    "world.EventLog.where": {"who": "principal"},
    "world.EventQuestions.least_privilege": {"caller": "principal"},
    "world.EventQuestions.unused": {"caller": "principal"},
    "world.Questions.access_matrix": {"callers": "principals"},
    "world.Questions.can": {"caller": "principal"},
    "world.Questions.do": {"caller": "principal"},
    "world.Questions.what_can": {"caller": "principal"},
    "world.Role.revoke_by_source_identity": {"caller": "principal"},
    "world.Role.revoke_session": {"caller": "principal"},
    "world.Role.revoke_sessions": {"caller": "principal"},
    "world.Sts.decode_authorization_message": {"caller": "principal"},
    "world.Sts.get_access_key_info": {"caller": "principal"},
    "world.Sts.get_caller_identity": {"caller": "principal"},
    "world.StsEndpoint.call": {"caller": "principal"},
    "world.StsRoles.assume_role": {"caller": "principal"},
    "world.StsRoles.assume_root": {"caller": "principal"},
    "world.StsTokens.get_delegated_access_token": {"caller": "principal"},
    "world.StsTokens.get_federation_token": {"caller": "principal"},
    "world.StsTokens.get_scoped_credentials": {"caller": "principal"},
    "world.StsTokens.get_session_token": {"caller": "principal"},
    "world.StsTokens.get_web_identity_token": {"caller": "principal"},
    "policy.Finding": {"mend": "remedy"},
    "policy.Policy.diff": {"other": "after"},
    "policy.Refusal": {"mend": "remedy"},
    "teach.membership_board": {"callers": "principals"},
    "teach.predict": {"caller": "principal"},
    "view.permission_sets": {"caller": "principal"},
    "view.reach_graph": {"source": "principal"},
    "view.two_layers": {"caller": "principal"},
    "view.verdict_table": {"callers": "principals"},
}
"""Folder and function or class -> old parameter -> new one."""

HOLDERS: dict[str, Any] = {}
"""The classes and functions that `with_old_names` has decorated, by the keys of the tables."""


def warn(old: str, new: str, *, stacklevel: int = 2) -> None:
    """Warn that a name is old.

    Parameters
    ----------
    stacklevel
        The number of calls up to the use of the old name: 1 is the function that calls this one.
    """
    text = f"{old} is now {new}. The old form works until iamlab {REMOVED_IN}."
    warnings.warn(text, DeprecationWarning, stacklevel=stacklevel + 1)


def old_names_of(module: str) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a module with old names (PEP 562)."""

    def find(name: str) -> object:
        new = MODULE_NAMES.get(module, {}).get(name)
        if new is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warn(f"{module}.{name}", new)
        return getattr(import_module(module), new)

    return find


def with_old_names(thing: Thing) -> Thing:
    """Let a class or function be used by its old names in the tables."""
    key = f"{thing.__module__.split('.')[1]}.{thing.__qualname__}"
    parameters = PARAMETERS.get(key, {})
    if not isinstance(thing, type):
        HOLDERS[key] = _takes(thing, parameters, thing.__name__)
        return cast("Thing", HOLDERS[key])
    HOLDERS[key] = thing
    for old, new in ATTRIBUTES.get(key, {}).items():
        setattr(thing, old, _OldAttribute(old, new))
    for old, new in LOOKUPS.get(key, {}).items():
        setattr(thing, old, _OldLookup(old, new))
    if parameters:
        made: Any = thing
        made.__init__ = _takes(made.__init__, parameters, thing.__name__)
    return thing


def turned_around(method: Thing) -> Thing:
    """Let ``after.diff(before=...)`` work, which is now ``before.diff(after)``."""
    tell = warn

    def asking(self: Any, *values: Any, **named: Any) -> Any:
        if "before" not in named:
            return method(self, *values, **named)
        tell("after.diff(before=...)", "before.diff(after)")
        return method(named.pop("before"), self)

    return cast("Thing", _as(method, asking))


class _OldAttribute:
    """An attribute with its old name."""

    def __init__(self, old: str, new: str) -> None:
        self.old, self.new = old, new
        self.__doc__ = f"Old name of `{new}`."

    def __get__(self, instance: object, owner: type) -> Any:
        warn(f"{owner.__name__}.{self.old}", f"{owner.__name__}.{self.new}")
        return getattr(owner if instance is None else instance, self.new)


class _OldLookup(_OldAttribute):
    """A method that looks up a name, in a dictionary that does so itself now."""

    def __get__(self, instance: object, owner: type) -> Any:
        if instance is None:
            return self
        held = getattr(instance, self.new)

        def find(*name: Any, **by_name: Any) -> Any:
            warn(f"{owner.__name__}.{self.old}(name)", f"{owner.__name__}.{self.new}[name]")
            [wanted] = (*name, *by_name.values())
            return held[wanted]

        return find


def _takes(function: Any, renamed: Mapping[str, str], name: str) -> Any:
    """Let a function accept parameters by their old names too."""
    tell = warn

    def taking(*values: Any, **named: Any) -> Any:
        if not renamed.keys().isdisjoint(named):
            for old, new in renamed.items():
                if old in named:
                    tell(f"The parameter {old} of {name}()", new)
                    # dataclasses.replace() passes every field, also one with its old name
                    named[new] = named.pop(old)
        return function(*values, **named)

    return _as(function, taking)


def _as(function: Any, wrapper: Any) -> Any:
    """Return a wrapper with the name and globals of its function, which doctest needs."""
    moved = FunctionType(wrapper.__code__, function.__globals__, closure=wrapper.__closure__)
    return wraps(function)(moved)
