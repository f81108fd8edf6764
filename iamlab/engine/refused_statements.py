"""Statements that AWS would refuse to save: they are void, and a decision names them first.

Each layer is checked by its type of policy, with the rules of ``policy/validate``. The size and the
version of a document don't count: larger quotas and older documents exist. Some rules only concern
one service, the catalogue or a name. A statement that breaks only these is named, but isn't void.

Notes
-----
AWS pages: "Grammar of the IAM JSON policy language"; "Troubleshoot IAM policies".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.engine.combining_rule import why_absent
from iamlab.engine.layers import LAYERS, NAMES, policy_type_of
from iamlab.policy.arn import parsed_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.engine.request import Request
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement
    from iamlab.policy.validate.validation import Refusal

KEPT = ("sid_letters", "principal_type", "vendor_of_resource", "named_accounts", "shared_provider")
"""Defects of statements whose meaning is clear. Older trust policies may break the last rule."""

# Without a Principal, a statement of these layers applies to everybody.
_KEPT_IN = {"endpoint": ("no_principal",), "rcp": ("no_principal",)}
NOT_SAVED, _VOID_DENY = "AWS would not save ", "This Deny has no effect here."
_OF_AWS = ":aws:policy/"


@dataclass(frozen=True, slots=True)
class RefusedStatement:
    """A statement that AWS would refuse to save; as text, a sentence about it.

    Parameters
    ----------
    layer, attached, statement
        The statement, and where it is.
    refusal
        AWS's answer.
    is_void
        Whether it has no effect. If not, it is used as it is written.
    """

    layer: str
    attached: AttachedPolicy
    statement: Statement
    refusal: Refusal
    is_void: bool

    @property
    def is_void_deny(self) -> bool:
        """Whether it is a Deny that denies nothing."""
        return self.is_void and self.statement.effect == "Deny"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "layer": self.layer,
            "policy": self.attached.policy.name,
            "statement": self.statement.number,
            "effect": self.statement.effect,
            "error": self.refusal.what,
            "void": self.is_void,
        }

    def __str__(self) -> str:
        name, subject = self.attached.policy.name, "This Deny" if self.is_void_deny else "It"
        is_named = name and "policy" not in name.split()
        policy = f"policy {name}" if is_named else f"the {name or NAMES[self.layer]}"
        effect = "has no effect here" if self.is_void else "is used here as it is written"
        return (
            f"{NOT_SAVED}{policy}, statement {self.statement.number}: "
            f"{self.refusal.sentence} {subject} {effect}."
        )


def loudest_first(refused: Iterable[str]) -> list[str]:
    """Sort sentences about refused statements: first those about a void Deny."""
    return sorted(refused, key=lambda text: (not text.endswith(_VOID_DENY), text))


def loud(assumed: Iterable[str]) -> list[str]:
    """Return the sentences about refused statements with symbols: ``✕`` for a void Deny."""
    refused = [text for text in assumed if text.startswith(NOT_SAVED)]
    return [f"{'✕' if text.endswith(_VOID_DENY) else '○'} {text}" for text in refused]


def quiet(assumed: Iterable[str]) -> list[str]:
    """Return the other sentences: what is odd about a question, and assumptions."""
    return [text for text in assumed if not text.startswith(NOT_SAVED)]


def refused_in(layers: Layers, action: str, resource: str = "") -> tuple[RefusedStatement, ...]:
    """Return the refused statements of all layers, void Deny statements first.

    Parameters
    ----------
    action, resource
        Those of the request: the policy of the resource has the rules of the resource's service, or
        of the action's service if the resource isn't an ARN.
    """
    arn = parsed_arn(resource)
    service = arn.service if arn else action.partition(":")[0].lower()
    found = [
        RefusedStatement(layer, attached, statement, refusal, is_void)
        for layer in LAYERS
        for attached in layers.of(layer)
        for statement, refusal, is_void in _refused(attached, layer, action, service)
    ]
    return tuple(sorted(found, key=lambda refused: not refused.is_void_deny)) if found else ()


def refused_statements(request: Request, layers: Layers) -> tuple[RefusedStatement, ...]:
    """Return the refused statements of the layers that apply to a request."""
    every = refused_in(layers, request.action, request.resource)
    return tuple(found for found in every if not why_absent(found.layer, request)) if every else ()


def _refused(
    attached: AttachedPolicy, layer: str, action: str, service: str
) -> tuple[tuple[Statement, Refusal, bool], ...]:
    """Return the refused statements of a policy, each with AWS's first answer, from the cache."""
    if layer == "grant" or _OF_AWS in (attached.arn or ""):
        return ()
    policy, policy_type = attached.policy, policy_type_of(layer, action)
    named = service if policy_type == "resource" else ""
    key = f"refused: {named}" if named else _REFUSED_AS[policy_type]
    if key not in policy.compiled:
        policy.compiled[key] = tuple(_first_refusals(policy, layer, action, named))
    return policy.compiled[key]  # type: ignore[return-value]


def _first_refusals(
    policy: Policy, layer: str, action: str, service: str
) -> Iterator[tuple[Statement, Refusal, bool]]:
    from iamlab.policy.rules import SERVICES
    from iamlab.policy.validate.validation import refused_statements

    policy_type, named = policy_type_of(layer, action), service if service in SERVICES else None
    void, seen = void_statements(policy, layer, action), set()
    for statement, _, refusal in refused_statements(policy, policy_type, named):
        is_full_access = policy_type == "rcp" and _allows_everything(statement)
        if not is_full_access and id(statement) not in seen:
            seen.add(id(statement))
            yield statement, refusal, id(statement) in void


def _allows_everything(statement: Statement) -> bool:
    everything = statement.action == statement.resource == ("*",) and not statement.conditions
    return everything and statement.effect == "Allow"


def void_statements(policy: Policy, layer: str, action: str) -> frozenset[int]:
    """Return the identities (``id``) of the statements without effect in a layer, from the cache.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{"Statement": {"Effect": "Deny", "Action": "s3*", "Resource": "*"}}')
    >>> len(void_statements(policy, "identity", "s3:GetObject"))
    1
    """
    if layer == "grant":
        return _NONE
    key = _KEYS.get(layer) or f"void: {policy_type_of(layer, action)}"
    known = policy.compiled.get(key)
    if known is None:
        from iamlab.policy.validate.validation import refused_statements

        policy_type = key.removeprefix("void: ")
        refused = refused_statements(policy, policy_type)
        kept = (*KEPT, *_KEPT_IN.get(policy_type, ()))
        known = frozenset(
            id(statement)
            for statement, kind, _ in refused
            # AWS's own RCPFullAWSAccess has the only Allow that is needed in RCPs.
            if kind not in kept and not (policy_type == "rcp" and statement.effect == "Allow")
        )
        policy.compiled[key] = known
    return known  # type: ignore[return-value]


_NONE: frozenset[int] = frozenset()
_REFUSED_AS = {
    known: f"refused: {known}"
    for known in ("identity", "trust", "boundary", "session", "scp", "rcp", "endpoint")
}
_KEYS = dict.fromkeys(("identity", "scp", "boundary", "session", "scoped"), "void: identity")
_KEYS |= {known: f"void: {known}" for known in ("endpoint", "rcp")}
"""Layer -> where its statements without effect are cached; a resource's policy can be of a role."""


def valid_statements(policy: Policy, layer: str, action: str) -> tuple[Statement, ...]:
    """Return the statements of a policy that can have an effect in a layer."""
    void = void_statements(policy, layer, action)
    return tuple(statement for statement in policy.statements if id(statement) not in void)
