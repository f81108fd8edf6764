"""Which policies a simulation leaves out: to see what would be, if they were taken away.

Notes
-----
AWS pages: "API PolicyIdentifier"; "API InlinePolicyIdentifierType". What is passed with the call
is never left out. Resource control policies are not simulated, so leaving them out changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.analysis.policy_simulator.policies import INLINE
from iamlab.errors import InvalidInput
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.analysis.policy_simulator.policies import Source
    from iamlab.operations.registry import Parameters

BOUNDARY, SCP = "permission-boundary", "scp"

_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "inline": INLINE,
    "aws-managed": ("aws-managed",),
    "user-managed": ("user-managed",),
}
"""Type of an identifier -> the types of those identity-based policies that it is of."""


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What is left out.

    Parameters
    ----------
    types
        All policies of these types.
    arns
        Managed policies, by ARNs that may have wildcards.
    inline
        Inline policies: identifiers as the API takes them.

    Examples
    --------
    >>> from iamlab import Policy
    >>> from iamlab.analysis.policy_simulator.policies import managed
    >>> everything = managed("arn:aws:iam::aws:policy/AdministratorAccess", Policy.allow("*"))
    >>> Exclusions.of([{"PolicyType": "aws-managed"}]).leaves_out(everything)
    True
    >>> Exclusions.of([{"PolicyArn": "arn:aws:iam::aws:policy/Admin*"}]).leaves_out(everything)
    True
    """

    types: tuple[str, ...] = ()
    arns: tuple[str, ...] = ()
    inline: tuple[Parameters, ...] = ()

    @classmethod
    def of(cls, identifiers: Iterable[Parameters]) -> Exclusions:
        """Read identifiers as the API takes them.

        Raises
        ------
        InvalidInput
            One of them cannot be one. Whether there is such a policy is not asked.
        """
        found: dict[str, list[Any]] = {"types": [], "arns": [], "inline": []}
        for identifier in identifiers:
            given = [(kind, value) for kind, value in identifier.items() if value is not None]
            if len(given) != 1:
                error = _invalid("it is of no kind, or of several")
                error.add_note(f"Give one of {', '.join(_READ)}.")
                raise error
            [(kind, value)] = given
            place, read = _READ[kind]
            found[place].append(read(value))
        return cls(*map(tuple, found.values()))

    def leaves_out(self, source: Source) -> bool:
        """Say whether an identity-based policy is left out."""
        return (
            any(source.type in _OF_TYPE.get(one, ()) for one in self.types)
            or (source.arn is not None and any(glob(one, source.arn) for one in self.arns))
            or any(_is(source, one) for one in self.inline)
        )

    @property
    def boundary(self) -> bool:
        """Whether the permissions boundary is left out."""
        return BOUNDARY in self.types

    @property
    def service_control_policies(self) -> bool:
        """Whether the service control policies are left out."""
        return SCP in self.types


def _arn(arn: str) -> str:
    """Read an ARN: in the policy's name ``?`` may stand for a character, one ``*`` for many."""
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind != "policy":
        raise _invalid(f"{arn} is no ARN of a policy")
    before = arn.removesuffix(parsed.name)
    if "*" in before or "?" in before or parsed.name.count("*") > 1:
        raise _invalid(f"{arn} has a wildcard where none may stand")
    return arn


def _inline(identifier: Parameters) -> Parameters:
    name = identifier["AttachmentName"]
    if name.count("*") > 1:
        raise _invalid(f"{name} has a wildcard where none may stand")
    return identifier


_READ: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "PolicyType": ("types", str),
    "PolicyArn": ("arns", _arn),
    "InlinePolicyIdentifier": ("inline", _inline),
}
"""Kind of identifier -> where it is kept, and how it is read."""


def _is(source: Source, identifier: Parameters) -> bool:
    """Say whether an inline policy is the one that is meant, or one of those."""
    return (
        source.type == identifier["AttachmentType"]
        and source.label == identifier["PolicyName"]
        and glob(identifier["AttachmentName"], source.holder)
    )


def _invalid(why: str) -> InvalidInput:
    # AWS's sentence is not documented.
    return InvalidInput(f"Invalid policy identifier: {why}.")
