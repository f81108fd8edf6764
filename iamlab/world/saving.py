"""What a world saves: a document is read, and refused as AWS refuses it, in AWS's words.

``policy/rules.py`` has the rules; here each refusal becomes the error that a client would get, with
all other reasons as notes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from iamlab.errors import (
    AwsError,
    LimitExceeded,
    MalformedPolicy,
    MalformedPolicyDocument,
    PolicyError,
    ValidationError,
)
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.policy.checking import Refusal

Document = str | Mapping[str, object] | Policy

_OF_IAM = (LimitExceeded, MalformedPolicy, MalformedPolicyDocument, ValidationError)


@cache
def _errors() -> dict[str, type[AwsError]]:
    """Give the codes with which documents are refused, each with its class."""
    # Not before somebody saves for one of these services.
    from iamlab.organization_errors import ConstraintViolationException
    from iamlab.service_errors import (
        BadRequestException,
        InvalidAttributeValue,
        InvalidParameter,
        InvalidParameterException,
        InvalidParameterValueException,
        InvalidPolicyDocument,
        LimitExceededException,
        MalformedPolicyDocumentException,
        PolicyLengthExceededException,
        ResourceConflictException,
        ValidationException,
    )

    others = (
        ConstraintViolationException,
        BadRequestException,
        InvalidAttributeValue,
        InvalidParameter,
        InvalidParameterException,
        InvalidParameterValueException,
        InvalidPolicyDocument,
        LimitExceededException,
        MalformedPolicyDocumentException,
        PolicyLengthExceededException,
        ResourceConflictException,
        ValidationException,
    )
    return {error.code: error for error in (*_OF_IAM, *others)}


def error_of(code: str) -> type[AwsError]:
    """Give the class of a code with which documents are refused.

    Examples
    --------
    >>> error_of("MalformedPolicy").http_status
    400
    """
    return _errors()[code]


def saved(
    document: Document,
    name: str,
    policy_type: str,
    service: str | None = None,
) -> Policy:
    """Read a document that is to be saved as a policy of a type.

    Raises
    ------
    AwsError
        AWS would refuse it; with the code and sentence that it would answer, and as notes the place
        and mend of each reason.

    Examples
    --------
    >>> from iamlab.errors import MalformedPolicyDocument
    >>> try:
    ...     saved({"Version": "2012-10-17", "Statement": []}, "empty", "identity")
    ... except MalformedPolicyDocument as error:
    ...     print(error)
    MalformedPolicyDocument: Syntax errors in policy.
    """
    from iamlab.policy.checking import refusal_of_parse_error, refusals

    try:
        policy = Policy.parse(document, name=name)
    except PolicyError as error:
        raise _error(refusal_of_parse_error(error, policy_type, service)) from None
    refused = refusals(policy, policy_type, service)
    if refused:
        raise _error(refused)
    return policy


def saved_inline(
    document: Document,
    name: str,
    holder: tuple[str, str],
    others: Iterable[Policy],
) -> Policy:
    """Read a document that is to be an inline policy of a user, group or role.

    Parameters
    ----------
    holder
        Its kind and its name: ``("user", "alice")``.
    others
        The inline policies that it keeps; all of them share one limit.
    """
    from iamlab.policy.checks.sizes import size
    from iamlab.policy.rules import INLINE_LIMITS

    kind, whose = holder
    limit = INLINE_LIMITS[kind]
    try:
        policy = saved(document, name, "identity")
    except LimitExceeded:  # the limit of managed policies, which are counted one by one
        policy = Policy.parse(document, name=name)
    if size(policy) + sum(map(size, others)) > limit:
        raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {kind} {whose}")
    return policy


def _error(refused: tuple[Refusal, ...]) -> AwsError:
    first = refused[0]
    error = error_of(first.code)(first.message)
    for refusal in refused:
        error.add_note(str(refusal) if refusal is not first else f"{first.path}: {first.mend}")
    return error
