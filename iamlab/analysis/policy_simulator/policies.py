"""The policies of a simulation: those passed as text, those of an identity, and those left out.

Each has the name that the simulator gives it, ``SourcePolicyId``: that of a managed policy;
``user_ana_read`` for the policy ``read`` written inline into the user ana; ``PolicyInputList.1``
for the first text. And each has a type, by which the caller can leave it out.

Notes
-----
AWS pages: "API SimulateCustomPolicy"; "API SimulatePrincipalPolicy"; "API Statement"; "API
PolicyIdentifier"; "API InlinePolicyIdentifierType"; "API Position"; the examples of
"simulate-custom-policy" in the AWS CLI Command Reference. For passed texts the API's types have
only ``none``. What is passed with the call is never left out. Resource control policies are not
simulated, so leaving them out changes nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlab.analysis.account_reports import identity_with
from iamlab.engine.layers import AttachedPolicy
from iamlab.errors import InvalidInput, PolicyError, noted
from iamlab.model.identities import Identity, with_groups
from iamlab.model.managed_policies import document_of
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy
from iamlab.policy.json_text import read_json
from iamlab.policy.patterns import glob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters


INLINE = ("user", "group", "role")
"""The types of inline policies: the identities that they are part of."""


@dataclass(frozen=True, slots=True)
class Source(AttachedPolicy):
    """A policy of a simulation. The name of its document is its ``SourcePolicyId``.

    Parameters
    ----------
    type
        Its type, as the API declares it.
    holder, label
        Of an inline policy: the name of its user, group or role, and its own.
    """

    type: str = "none"
    holder: str = ""
    label: str = ""


# -- passed as text -------------------------------------------------------------------------------


def identity_policies(parameters: Parameters) -> list[Source]:
    """Read the policies that count as if they were attached to the caller.

    Raises
    ------
    InvalidInput
        One of them isn't a policy, or is a policy for a resource.
    """
    what = "Policy input list item {} has invalid content"
    return [
        Source(_read(text, f"PolicyInputList.{number}", what.format(number)))
        for number, text in enumerate(parameters.get("PolicyInputList", ()), 1)
    ]


def boundary(parameters: Parameters) -> Source | None:
    """Read the permissions boundary, if one is passed.

    Raises
    ------
    InvalidInput
        There are several, or it isn't a policy.
    """
    texts = parameters.get("PermissionsBoundaryPolicyInputList", ())
    if len(texts) > 1:
        raise InvalidInput("The list of Permissions Boundary policies cannot exceed 1 items.")
    what = "Permissions boundary policy input list item 1 has invalid content"
    for text in texts:
        return Source(_read(text, "PermissionsBoundaryPolicyInputList.1", what))
    return None


def resource_policy(parameters: Parameters) -> Source | None:
    """Read the policy that counts as if each resource had it, if one is passed.

    Raises
    ------
    InvalidInput
        It isn't a policy, or it names no principal.
    """
    if "ResourcePolicy" not in parameters:
        return None
    what = "Resource policy has invalid content"
    policy = _read(parameters["ResourcePolicy"], "ResourcePolicy", what, of_resource=True)
    return Source(policy, type="resource")


def service_control_policies(parameters: Parameters) -> list[list[AttachedPolicy]]:
    """Read the service control policies, level by level, the organization's root first.

    Raises
    ------
    InvalidInput
        A level is empty, or a policy is invalid.
    """
    found: list[list[AttachedPolicy]] = []
    for number, level in enumerate(parameters.get("OrderedOrganizationPolicyInputList", ()), 1):
        where = f"Organization policy at index {number}"
        texts = level.get("ServiceControlPolicyInputList")
        if not texts:
            raise InvalidInput(f"{where} must contain at least one service control policy")
        # AWS doesn't document its sentence for a text that isn't a policy.
        fault = f"{where} has invalid content"
        found.append([AttachedPolicy(_read(text, "", fault)) for text in texts])
    return found


def _read(text: str, name: str, refusal: str, *, of_resource: bool = False) -> Policy:
    """Read a policy; only one of a resource names principals, and it must.

    The simulator also accepts policies that IAM rejects, if it can read them.
    """
    error = InvalidInput(refusal)
    try:
        policy = Policy.parse(text, name=name)
    except PolicyError as problems:
        raise noted(error, *map(str, problems.problems)) from None
    for statement in policy.statements:
        names = statement.principal is not None or statement.not_principal is not None
        if names and not of_resource:
            raise noted(error, "It names principals: pass it as ResourcePolicy.")
        if of_resource and not names:
            raise noted(error, "It names nobody: a policy of a resource has a Principal.")
    return policy


# -- of an identity -------------------------------------------------------------------------------


def source_of(account: Account, arn: str) -> Identity:
    """Find whose policies are simulated.

    Raises
    ------
    InvalidInput
        The ARN isn't of a user, a group or a role of this account.
    NoSuchEntity
        There is nobody of that ARN.
    """
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind not in INLINE:
        note = "The policies of a user, a group or a role can be simulated."
        raise noted(InvalidInput(f"Invalid ARN provided in the request: {arn}"), note)
    if parsed.account != account.account_id:
        raise InvalidInput(
            f"Invalid Policy Source Arn: caller's account {account.account_id} does not have "
            f"access to policies in account {parsed.account}."
        )
    return identity_with(account, arn, "Unable to retrieve specified IAM entity.")


def policies_of_identity(source: Identity) -> list[Source]:
    """List the policies of somebody, of a user also those of its groups; each managed one once."""
    found: list[Source] = []
    for holder in with_groups(source):
        there = {other.arn for other in found if other.arn}
        found += (own for own in _own(holder) if own.arn not in there)
    return found


def _own(identity: Identity) -> Iterator[Source]:
    """Return the policies of one user, group or role: inline ones first, then managed ones."""
    for label, policy in identity.inline.items():
        named = policy.with_name(f"{identity.kind}_{identity.name}_{label}")
        yield Source(named, type=identity.kind, holder=identity.name, label=label)
    for arn in identity.attached:
        document = document_of(identity.account, arn)
        if document is not None:
            yield managed(arn, document)


def managed(arn: str, document: Policy) -> Source:
    """Return the simulator's name of a managed policy.

    Examples
    --------
    >>> everything = Policy.allow("*")
    >>> source = managed("arn:aws:iam::aws:policy/AdministratorAccess", everything)
    >>> source.policy.name, source.type
    ('AdministratorAccess', 'aws-managed')
    """
    parsed = Arn.parse(arn)
    kind = "aws-managed" if parsed.account == "aws" else "user-managed"
    return Source(document.with_name(parsed.name), arn, type=kind)


def attached_boundary(source: Identity) -> Source | None:
    """Return the boundary of a user or a role; one that nobody knows allows nothing."""
    arn = getattr(source, "boundary", None)
    if arn is None:
        return None
    return managed(arn, document_of(source.account, arn) or Policy((), "2012-10-17"))


# -- left out -------------------------------------------------------------------------------------

BOUNDARY, SCP = "permission-boundary", "scp"
"""The types of policies that are not identity-based, and can be left out."""

IDENTIFIERS = ("PolicyType", "PolicyArn", "InlinePolicyIdentifier")


class Exclusions:
    """What is left out.

    Parameters
    ----------
    identifiers
        As the API takes them.

    Attributes
    ----------
    types
        All policies of these types.

    Raises
    ------
    InvalidInput
        One of them cannot be one. Whether there is such a policy is not asked.

    Examples
    --------
    >>> from iamlab import Policy
    >>> from iamlab.analysis.policy_simulator.policies import managed
    >>> everything = managed("arn:aws:iam::aws:policy/AdministratorAccess", Policy.allow("*"))
    >>> Exclusions([{"PolicyType": "aws-managed"}]).leaves_out(everything)
    True
    >>> Exclusions([{"PolicyArn": "arn:aws:iam::aws:policy/Admin*"}]).leaves_out(everything)
    True
    """

    def __init__(self, identifiers: Iterable[Parameters]) -> None:
        self.types: set[str] = set()
        self._arns: list[str] = []
        self._inline: list[Parameters] = []
        for identifier in identifiers:
            elements = {kind: value for kind, value in identifier.items() if value is not None}
            if len(elements) != 1:
                error = _invalid("it is of no kind, or of several")
                raise noted(error, f"Give one of {', '.join(IDENTIFIERS)}.")
            if "PolicyType" in elements:
                self.types.add(elements["PolicyType"])
            elif "PolicyArn" in elements:
                self._arns.append(_arn(elements["PolicyArn"]))
            else:
                self._inline.append(_inline(elements["InlinePolicyIdentifier"]))

    def leaves_out(self, source: Source) -> bool:
        """Return whether an identity-based policy is left out."""
        return (
            ("inline" if source.type in INLINE else source.type) in self.types
            or (source.arn is not None and any(glob(arn, source.arn) for arn in self._arns))
            or any(_is_meant(source, name) for name in self._inline)
        )


def _arn(arn: str) -> str:
    """Read an ARN: in the policy's name, ``?`` matches a character, one ``*`` many."""
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or parsed.service != "iam" or parsed.kind != "policy":
        raise _invalid(f"{arn} isn't the ARN of a policy")
    before = arn.removesuffix(parsed.name)
    if "*" in before or "?" in before or parsed.name.count("*") > 1:
        raise _invalid(f"{arn} has a wildcard where no wildcard is allowed")
    return arn


def _inline(identifier: Parameters) -> Parameters:
    name = identifier["AttachmentName"]
    if name.count("*") > 1:
        raise _invalid(f"{name} has a wildcard where no wildcard is allowed")
    return identifier


def _is_meant(source: Source, identifier: Parameters) -> bool:
    """Return whether an inline policy is the one that is meant, or one of those."""
    return (
        source.type == identifier["AttachmentType"]
        and source.label == identifier["PolicyName"]
        and glob(identifier["AttachmentName"], source.holder)
    )


def _invalid(why: str) -> InvalidInput:
    # AWS's sentence is not documented.
    return InvalidInput(f"Invalid policy identifier: {why}.")


# -- where a statement begins and ends -----------------------------------------------------------

_LINE_END = re.compile(r"\r\n|\r|\n")


@lru_cache(maxsize=256)
def spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each statement of a policy's text begins and ends, counted in characters from 0.

    In AWS's examples a statement begins right behind the bracket that opens the list, or right
    behind the statement before it; a statement without a list begins behind its own brace. It ends
    right behind its closing brace.

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
        return ((start + 1, end_of(text, start)),)
    found: list[tuple[int, int]] = []
    before = start + 1
    for number in range(len(value["Statement"])):
        end = end_of(text, source.places[f"$.Statement[{number}]"])
        found.append((before, end))
        before = end
    return tuple(found)


def end_of(text: str, start: int) -> int:
    """Return where the value that begins at a place ends."""
    numbers_as_text = json.JSONDecoder(parse_int=str, parse_float=str)
    _, end = numbers_as_text.raw_decode(text, start)
    return end


def position(text: str, offset: int) -> dict[str, int]:
    r"""Return a place in a text by line and column.

    Examples
    --------
    >>> position('{\n  "Statement": []\n}', 16)
    {'Line': 2, 'Column': 15}
    """
    ends = [match.end() for match in _LINE_END.finditer(text, 0, offset)]
    begin = ends[-1] if ends else 0
    return {"Line": len(ends) + 1, "Column": offset - begin + 1}
