"""Everything that can go wrong, as one tree.

::

    IamLabError
    ├─ ArnError            text is not an ARN
    ├─ PolicyError         all problems of one document, each a PolicyProblem
    ├─ RequestError        a question that cannot be asked
    ├─ LoadError           a file that is not what it should be
    ├─ ExerciseError       unknown exercise, or an answer of the wrong kind
    └─ AwsError            what AWS itself would answer: code, HTTP status, message
       ├─ AccessDenied             403, holds the Decision, if there was one
       ├─ AccountNotManagementOrDelegatedAdministratorException 400
       ├─ BucketAlreadyExists      409, of another account
       ├─ BucketAlreadyOwnedByYou  409
       ├─ CallerIsNotManagementAccountException 400
       ├─ DeleteConflict           409
       ├─ DuplicateCertificate     409
       ├─ DuplicateSSHPublicKey    400
       ├─ EntityAlreadyExists      409
       ├─ ExpiredToken             403
       ├─ FailedAuthentication      401, of the console's sign-in page
       ├─ FeatureDisabled          404
       ├─ FeatureEnabled           409
       ├─ InvalidAuthenticationCode 403
       ├─ InvalidBucketName        400
       ├─ InvalidClientTokenId     403
       ├─ InvalidInput             400
       ├─ InvalidPublicKey         400
       ├─ InvalidUserType           400
       ├─ KeyPairMismatch          400
       ├─ LimitExceeded            409
       ├─ MalformedCertificate     400
       ├─ MalformedPolicy          400, as S3 says it
       ├─ MalformedPolicyDocument  400, as IAM says it
       ├─ NoSuchEntity             404
       ├─ OrganizationNotFoundException 400
       ├─ OrganizationNotInAllFeaturesModeException 400
       ├─ PasswordPolicyViolation   400
       ├─ PolicyNotAttachable      400
       ├─ ReportExpired            410
       ├─ ReportGenerationLimitExceeded 409
       ├─ ReportInProgress         404
       ├─ ReportNotPresent         410
       ├─ ServiceAccessNotEnabledException 400
       ├─ SignatureDoesNotMatch    403
       ├─ UnmodifiableEntity       400
       └─ ValidationError          400

An ``AwsError`` carries AWS's own wording. What helps a learner is added as a note, below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class IamLabError(Exception):
    """The root of every error that iamlab raises on purpose."""


class ArnError(IamLabError):
    """Text that should be an ARN is none."""


class RequestError(IamLabError):
    """A question that cannot be asked, with the way to ask it."""


class LoadError(IamLabError):
    """A file that is not what it should be, with the place in it."""


class ExerciseError(IamLabError):
    """An exercise that does not exist, or an answer of the wrong kind."""


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One thing that is wrong in a policy document.

    Parameters
    ----------
    path
        JSON path, from ``$``, the whole document: ``$.Statement[0].Effect``.
    line, column
        Where it stands in the text, counted from 1; ``None`` for a document given as a ``dict``.
    what
        What is wrong.
    fix
        How to mend it.
    code
        As IAM Access Analyzer names it.
    """

    path: str
    line: int | None
    column: int | None
    what: str
    fix: str
    code: str = "JSON_SYNTAX_ERROR"

    def __str__(self) -> str:
        place = self.path
        if self.line is not None:
            place += f" (line {self.line}, column {self.column})"
        return f"{place}: {self.what} {self.fix}"


class PolicyError(IamLabError):
    """A document that is no policy. It holds every problem, not only the first."""

    def __init__(self, problems: Iterable[PolicyProblem], name: str = "") -> None:
        self.problems, self.name = tuple(problems), name
        subject = f"policy {name!r}" if name else "this policy"
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = [f"{subject} has {count}:", *(f"  {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines))


class AwsError(IamLabError):
    """What AWS answers to a call that it refuses.

    Parameters
    ----------
    message
        AWS's sentence.

    Notes
    -----
    The codes and their HTTP statuses are those of the "IAM API Reference: Errors" pages.
    """

    code: ClassVar[str] = "InternalFailure"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class NoSuchEntity(AwsError):
    """The thing that was named does not exist."""

    code, http_status = "NoSuchEntity", 404


class EntityAlreadyExists(AwsError):
    """The name is taken."""

    code, http_status = "EntityAlreadyExists", 409


class ExpiredToken(AwsError):
    """The time of temporary credentials is over."""

    code, http_status = "ExpiredToken", 403


class DeleteConflict(AwsError):
    """Something else has to go first."""

    code, http_status = "DeleteConflict", 409


class LimitExceeded(AwsError):
    """There may be no more of them."""

    code, http_status = "LimitExceeded", 409


class BucketAlreadyExists(AwsError):
    """Another account has a bucket of that name; names are unique over all accounts."""

    code, http_status = "BucketAlreadyExists", 409


class BucketAlreadyOwnedByYou(AwsError):
    """The account has that bucket already."""

    code, http_status = "BucketAlreadyOwnedByYou", 409


class InvalidBucketName(AwsError):
    """No bucket can be called that."""

    code, http_status = "InvalidBucketName", 400


class InvalidClientTokenId(AwsError):
    """The credentials are unknown, inactive or deleted."""

    code, http_status = "InvalidClientTokenId", 403


class MalformedPolicyDocument(AwsError):
    """IAM does not save this document."""

    code, http_status = "MalformedPolicyDocument", 400


class MalformedPolicy(AwsError):
    """S3 does not save this bucket policy."""

    code, http_status = "MalformedPolicy", 400


class PolicyNotAttachable(AwsError):
    """The policy hangs on service-linked roles only."""

    code, http_status = "PolicyNotAttachable", 400


class UnmodifiableEntity(AwsError):
    """Only AWS changes such a thing."""

    code, http_status = "UnmodifiableEntity", 400


class DuplicateCertificate(AwsError):
    """The certificate is there already."""

    code, http_status = "DuplicateCertificate", 409


class DuplicateSSHPublicKey(AwsError):
    """The user has that public key already."""

    code, http_status = "DuplicateSSHPublicKey", 400


class InvalidInput(AwsError):
    """A parameter makes no sense for what is there, or beside another one."""

    code, http_status = "InvalidInput", 400


class InvalidPublicKey(AwsError):
    """The text is no public key of the kind that IAM takes."""

    code, http_status = "InvalidPublicKey", 400


class MalformedCertificate(AwsError):
    """The text is no certificate in PEM form."""

    code, http_status = "MalformedCertificate", 400


class KeyPairMismatch(AwsError):
    """The private key is not that of the certificate."""

    code, http_status = "KeyPairMismatch", 400


class FailedAuthentication(AwsError):
    """Somebody cannot sign in to the console; it has no codes, so the name is ours."""

    code, http_status = "FailedAuthentication", 401


class InvalidAuthenticationCode(AwsError):
    """The MFA device does not show this code now."""

    code, http_status = "InvalidAuthenticationCode", 403


class InvalidUserType(AwsError):
    """Only IAM users can do that."""

    code, http_status = "InvalidUserType", 400


class PasswordPolicyViolation(AwsError):
    """The password is not as the account's password policy wants it."""

    code, http_status = "PasswordPolicyViolation", 400


class ReportExpired(AwsError):
    """The credential report is older than four hours."""

    code, http_status = "ReportExpired", 410


class ReportGenerationLimitExceeded(AwsError):
    """Too many reports are being made at once."""

    code, http_status = "ReportGenerationLimitExceeded", 409


class ReportInProgress(AwsError):
    """The credential report is still being made."""

    code, http_status = "ReportInProgress", 404


class ReportNotPresent(AwsError):
    """No credential report was ever made."""

    code, http_status = "ReportNotPresent", 410


class FeatureDisabled(AwsError):
    """The account has not switched that on."""

    code, http_status = "FeatureDisabled", 404


class FeatureEnabled(AwsError):
    """The account has switched that on already."""

    code, http_status = "FeatureEnabled", 409


class AccountNotManagementOrDelegatedAdministratorException(AwsError):
    """IAM does that only for the management account, or for its delegated administrator."""

    code, http_status = "AccountNotManagementOrDelegatedAdministratorException", 400


class CallerIsNotManagementAccountException(AwsError):
    """IAM does that only for the management account."""

    code, http_status = "CallerIsNotManagementAccountException", 400


class OrganizationNotFoundException(AwsError):
    """IAM works for an organization there, and the account is in none."""

    code, http_status = "OrganizationNotFoundException", 400


class OrganizationNotInAllFeaturesModeException(AwsError):
    """The organization has consolidated billing only."""

    code, http_status = "OrganizationNotInAllFeaturesModeException", 400


class ServiceAccessNotEnabledException(AwsError):
    """The organization has not let IAM work in all its accounts."""

    code, http_status = "ServiceAccessNotEnabledException", 400


class SignatureDoesNotMatch(AwsError):
    """The secret with which the call was signed is not that of the key."""

    code, http_status = "SignatureDoesNotMatch", 403


class ValidationError(AwsError):
    """A parameter breaks the pattern or the length that the API demands."""

    code, http_status = "ValidationError", 400


class AccessDenied(AwsError):
    """The call is not authorised; ``decision`` says why, unless AWS refuses before it decides."""

    code, http_status = "AccessDenied", 403

    def __init__(self, reason: Any, message: str = "") -> None:
        self.decision = None if isinstance(reason, str) else reason
        super().__init__(message or (reason if isinstance(reason, str) else reason.message))


Noted = TypeVar("Noted", bound=AwsError)


def noted(error: Noted, note: str) -> Noted:
    """Add a note for the learner to an error, and give the error."""
    error.add_note(note)
    return error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest of what is known, as a note for the learner.

    >>> did_you_mean("alise", ["alice", "bob"])
    'Did you mean alice?'
    >>> did_you_mean("zoe", ["alice", "bob"])
    'There are: alice, bob.'
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.7)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    if not names:
        return "There are none."
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"There are: {', '.join(names[:8])}{more}."
