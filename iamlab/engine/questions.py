"""A question as JSON: a request, and the policies that apply to it.

The keys are the parameters of ``Request`` and ``Layers``. A policy is a document, or an object with
its source: ``{"policy": ..., "name": "readers", "arn": "arn:aws:iam::...",
"path": ["group astronomers"]}``.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from iamlab.engine.grants import Grant
from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.engine.request import Request
from iamlab.errors import LoadError, RequestError, did_you_mean
from iamlab.policy.document import read_part
from iamlab.policy.json_text import Number, child, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamlab.policy.json_text import Source

ONE = ("resource", "boundary", "endpoint")
MANY = ("identity", "session", "scoped")
LEVELS = ("scp", "rcp")
LAYERS = (*MANY, *ONE, *LEVELS, "grant", "public_access_block")
REQUEST = (
    *("principal", "action", "resource", "resource_account", "context", "issuer"),
    *("refusal", "access_point"),
)
OLD_KEYS = {"scp": "scps", "rcp": "rcps", "grant": "grants"}
"""Layer -> its key in older files."""
SWITCHES = tuple(field.name for field in fields(PublicAccessBlock))


def read_questions(text: str) -> list[tuple[Request, Layers]]:
    """Read a question, or a list of the questions of one call.

    Raises
    ------
    LoadError
        It isn't valid. The error lists every problem: JSON path, line, column and remedy.

    Examples
    --------
    >>> [(request, layers)] = read_questions('''{
    ...   "request": {"principal": "arn:aws:iam::111122223333:user/alice",
    ...               "action": "s3:GetObject", "resource": "arn:aws:s3:::star-maps/m31.fits"},
    ...   "layers": {"identity": [{"Statement": []}]}}''')
    >>> request.action, layers.identity[0].policy.name
    ('s3:GetObject', 'identity-1')
    """
    value, source = read_json(text)
    reader = _Questions(source)
    found: list[tuple[Request, Layers]] = []
    if not source.problems:
        many = value if isinstance(value, list) else [value]
        for number, item in enumerate(many):
            path = f"$[{number}]" if isinstance(value, list) else "$"
            found += reader.question(item, path)
        if not many:
            source.problem("$", "There is no question here.", 'Write {"request": ..., ...}.')
    if source.problems:
        lines = [f"  {problem}" for problem in source.problems]
        raise LoadError("\n".join(["This isn't a question:", *lines]))
    return found


class _Questions:
    """Reads JSON values as requests and layers, and collects all problems."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def question(self, value: Any, path: str) -> list[tuple[Request, Layers]]:
        """Read a question; the list is empty if it isn't valid."""
        if not self._object(value, ("request", "layers"), path):
            return []
        request = None
        if "request" in value:
            request = self._request(value["request"], child(path, "request"))
        else:
            self.source.problem(path, "request is missing.", "Add principal, action, resource.")
        layers = self._layers(value.get("layers", {}), child(path, "layers"))
        return [(request, layers)] if request is not None and layers is not None else []

    def _object(self, value: Any, known: Iterable[str], path: str) -> bool:
        """Return whether the value is an object, and report its unknown keys."""
        if not isinstance(value, dict):
            self.source.problem(path, "This must be an object.", "Write {...}.")
            return False
        for name in value:
            if name not in known:
                self.source.problem(
                    child(path, name), f"There is no {name!r} here.", did_you_mean(name, known)
                )
        return True

    def _request(self, value: Any, path: str) -> Request | None:
        if not self._object(value, REQUEST, path):
            return None
        parts = {name: part for name, part in value.items() if name in REQUEST and part is not None}
        try:
            return Request(**{"principal": "", "action": "", "resource": "", **parts})
        except RequestError as error:
            self.source.problem(path, str(error), "Check the parameters of Request.")
        return None

    def _layers(self, value: Any, path: str) -> Layers | None:
        if not self._object(value, (*LAYERS, *OLD_KEYS.values()), path):
            return None
        before = len(self.source.problems)
        parts: dict[str, Any] = {}
        for name in LAYERS:
            key = name if value.get(name) is not None else OLD_KEYS.get(name, name)
            place, part = child(path, key), value.get(key)
            if part is None:
                continue
            if name in ONE:
                parts[name] = self._policy(part, place, name)
            elif name in MANY:
                parts[name] = self._list(part, place, self._named(name))
            elif name in LEVELS:
                parts[name] = self._list(part, place, self._level(name))
            elif name == "grant":
                parts[name] = self._list(part, place, self._grant)
            else:
                parts[name] = self._switches(part, place)
        return Layers(**parts) if len(self.source.problems) == before else None

    def _list(self, value: Any, path: str, read: Callable[[Any, str, int], Any]) -> list[Any]:
        if not isinstance(value, list):
            self.source.problem(path, "This must be a list.", "Write [...].")
            return []
        return [read(item, f"{path}[{i}]", i) for i, item in enumerate(value)]

    def _named(self, name: str) -> Callable[[Any, str, int], AttachedPolicy | None]:
        return lambda value, path, i: self._policy(value, path, f"{name}-{i + 1}")

    def _level(self, name: str) -> Callable[[Any, str, int], list[Any]]:
        return lambda value, path, i: self._list(value, path, self._named(f"{name}-{i + 1}"))

    def _policy(self, value: Any, path: str, name: str) -> AttachedPolicy | None:
        """Read a policy, with or without its source."""
        if not isinstance(value, dict) or "policy" not in value:
            policy = read_part(value, self.source, path, name=name)
            return None if policy is None else AttachedPolicy(policy)
        self._object(value, ("policy", "name", "arn", "path", "vpc_endpoint_type"), path)
        named = self._text(value, "name", path) or name
        arn = self._text(value, "arn", path)
        via = value.get("path", [])
        if not isinstance(via, list) or not all(isinstance(step, str) for step in via):
            self.source.problem(child(path, "path"), "path must be a list.", "Write [...].")
            via = []
        policy = read_part(value["policy"], self.source, child(path, "policy"), name=named)
        kind = self._text(value, "vpc_endpoint_type", path) or "Gateway"
        return None if policy is None else AttachedPolicy(policy, arn, tuple(via), kind)

    def _text(self, value: dict[str, Any], name: str, path: str) -> str | None:
        text = value.get(name)
        if text is None or (isinstance(text, str) and not isinstance(text, Number)):
            return text
        self.source.problem(child(path, name), f"{name} must be text.", "Put it in quotes.")
        return None

    def _grant(self, value: Any, path: str, number: int) -> Grant | None:
        known = ("grantee_principal", "operations", "constraints", "name")
        if not self._object(value, known, path):
            return None
        parts = {key: part for key, part in value.items() if key in known}
        parts = {"grantee_principal": "", "operations": [], "name": f"grant-{number + 1}", **parts}
        try:
            return Grant(**parts)
        except RequestError as error:
            self.source.problem(path, str(error), "Check the parameters of Grant.")
        return None

    def _switches(self, value: Any, path: str) -> PublicAccessBlock | None:
        if not self._object(value, SWITCHES, path):
            return None
        for name, switch in value.items():
            if not isinstance(switch, bool):
                self.source.problem(child(path, name), f"{name} isn't a boolean.", "Write true.")
        return PublicAccessBlock(**{name: value.get(name) is True for name in SWITCHES})
