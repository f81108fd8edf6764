"""KMS grants: permissions for operations on a key, in addition to its key policy.

A grant is converted to a statement that names its grantee, so that it is matched like any other.

Notes
-----
AWS pages: "Grants in AWS KMS"; "API GrantConstraints".
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iamlab.errors import RequestError
from iamlab.policy.arn import is_arn
from iamlab.policy.conditions import Comparison
from iamlab.policy.document import Policy
from iamlab.policy.statement import Condition, Statement

_WITH_CONTEXT = (
    "CreateGrant Decrypt Encrypt GenerateDataKey GenerateDataKeyPair ReEncryptFrom ReEncryptTo "
    "GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext"
)
WITH_CONTEXT = frozenset(_WITH_CONTEXT.split())
"""The operations with an encryption context. That of CreateGrant is in the new constraints."""

CONSTRAINTS = ("encryption_context_subset", "encryption_context_equals")


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant on a KMS key. It only allows, and no boundary or session policy limits it.

    Parameters
    ----------
    grantee_principal
        ARN of the user, role, session or root user that can use the key.
    operations
        The operations as in ``CreateGrant``: ``("Decrypt", "GenerateDataKey")``.
    constraints
        ``{"encryption_context_subset": {...}}`` or ``{"encryption_context_equals": {...}}``: the
        pairs that the request's encryption context must contain, or be equal to. Operations without
        an encryption context, such as ``DescribeKey``, aren't constrained.

    Raises
    ------
    RequestError
        There is no such constraint, or the grantee isn't an ARN.

    Examples
    --------
    >>> grant = Grant("arn:aws:iam::111122223333:role/nightly", ["Decrypt"])
    >>> grant.as_policy().statements[0].action
    ('kms:Decrypt',)
    """

    grantee_principal: str
    operations: Sequence[str]
    constraints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    name: str = "grant"

    def __post_init__(self) -> None:
        _check(self.grantee_principal, self.operations, self.constraints)
        _check_text("name", self.name)
        object.__setattr__(self, "operations", tuple(self.operations))

    @classmethod
    def of(cls, grant: Grant | tuple[str, Sequence[str], Mapping[str, Mapping[str, str]]]) -> Grant:
        """Make a grant of (grantee, operations, constraints), or return a grant unchanged."""
        if isinstance(grant, Grant):
            return grant
        return cls(*grant)

    def as_policy(self) -> Policy:
        """Return the grant as a key policy."""
        conditions = tuple(self._conditions())
        bound = [name for name in self.operations if name in WITH_CONTEXT or not conditions]
        free = [name for name in self.operations if name not in bound]
        parts = [part for part in ((bound, conditions), (free, ())) if part[0]] or [([], ())]
        statements = (
            Statement(
                effect="Allow",
                number=number,
                principal=(("AWS", self.grantee_principal),),
                action=tuple(f"kms:{name}" for name in names),
                resource=("*",),
                conditions=limits,
                variables=False,
            )
            for number, (names, limits) in enumerate(parts, 1)
        )
        return Policy(tuple(statements), name=self.name)

    def _conditions(self) -> list[Condition]:
        found: list[Condition] = []
        for constraint, pairs in self.constraints.items():
            found += (
                Condition(Comparison("StringEquals"), f"kms:EncryptionContext:{name}", (value,))
                for name, value in pairs.items()
            )
            if constraint == "encryption_context_equals":
                others = Comparison("StringEquals", "ForAllValues")
                found.append(Condition(others, "kms:EncryptionContextKeys", tuple(pairs)))
        return found


def _check(grantee: object, operations: object, constraints: object) -> None:
    if not isinstance(grantee, str) or not is_arn(grantee):
        raise RequestError(f"The grantee {grantee!r} isn't an ARN. Pass the ARN of a principal.")
    if not isinstance(operations, list | tuple) or not all(
        isinstance(operation, str) and operation.isalnum() for operation in operations
    ):
        raise RequestError(f'operations must be a list such as ["Decrypt"], not {operations!r}.')
    if not isinstance(constraints, Mapping):
        raise RequestError(f"constraints must be a dict, not {constraints!r}.")
    for constraint, pairs in constraints.items():
        if constraint not in CONSTRAINTS or not isinstance(pairs, Mapping):
            message = (
                f"{constraint!r} isn't a constraint of a grant. Write "
                f"{{{CONSTRAINTS[0]!r}: {{name: value}}}}, or {CONSTRAINTS[1]!r}."
            )
            raise RequestError(message)
        for name, value in pairs.items():
            _check_text(f"{name} of {constraint}", value)


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise RequestError(f"{name} must be text, not {reprlib.repr(text)}.")
