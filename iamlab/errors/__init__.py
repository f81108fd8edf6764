"""Every error of iamlab, and the errors that IAM answers, as one tree.

::

    IamLabError
    ├─ ArnError            the text isn't an ARN
    ├─ PolicyError         all problems of one document, each a PolicyProblem
    ├─ RequestError        a question that can't be answered as written
    ├─ LoadError           a file can't be read, or its content is wrong
    ├─ ExerciseError       unknown exercise, or an answer of the wrong type
    ├─ MissingPackageError a package isn't installed; the message has the command
    └─ AwsError            AWS's answer: code, HTTP status, message
       ├─ AccessDenied             403, with the Decision if there is one
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
       ├─ MalformedPolicy          400, of S3
       ├─ MalformedPolicyDocument  400, of IAM
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

An ``AwsError`` has AWS's own wording. Help for the learner is in a note below it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from iamlab.deprecated import with_old_names

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONG = re.compile(r"\S{2048,}")


def brief(text: str) -> str:
    """Cut words that are longer than anything in AWS: no error repeats a megabyte of input.

    Examples
    --------
    >>> brief("Effect can't be " + 10_000 * "x")[-41:]
    'xxxxxxxxxxxxxxxxxxxx… (10,000 characters)'
    """
    return _LONG.sub(lambda word: f"{word[0][:100]}… ({len(word[0]):,} characters)", text)


class IamLabError(Exception):
    """The base class of every error that iamlab raises on purpose.

    Examples
    --------
    >>> from iamlab import Policy
    >>> try:
    ...     Policy.parse("{}")
    ... except IamLabError as error:
    ...     print(type(error).__name__)
    PolicyError
    """

    def __str__(self) -> str:
        return brief(super().__str__())

    @property
    def short(self) -> str:
        """The name of the error, its message, and how to fix it: without a traceback."""
        name = f"{getattr(self, 'code', type(self).__name__)}: "  # AWS's code, if there is one
        return "\n".join([name + str(self).removeprefix(name), *getattr(self, "__notes__", [])])

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows instead of a traceback; ``%debug`` still finds its place."""
        return self.short.split("\n")


class ArnError(IamLabError):
    """The text isn't an ARN.

    Examples
    --------
    >>> from iamlab import Arn
    >>> Arn.parse("star-maps")
    Traceback (most recent call last):
    iamlab.errors.ArnError: 'star-maps' is not an ARN. An ARN has six parts: ...
    """


class RequestError(IamLabError):
    """A question that can't be answered as written. The message says how to write it.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> world.create_account("acme").create_user("alice")
    <User alice: no policies attached>
    >>> world.can("alice", "GetObject", "arn:aws:s3:::star-maps/m31.fits")
    Traceback (most recent call last):
    iamlab.errors.RequestError: 'GetObject' isn't an action. Write service:Action, such ...
    """


class LoadError(IamLabError):
    """A file can't be read, or its content is wrong. The message names the place.

    Examples
    --------
    >>> from iamlab import World
    >>> World.load("no such file.json")
    Traceback (most recent call last):
    iamlab.errors.LoadError: no such file.json can't be read: No such file or directory.
    """


class ExerciseError(IamLabError):
    """An exercise doesn't exist, or an answer has the wrong type.

    Examples
    --------
    >>> from iamlab.teach import check
    >>> check("0.3", 7, record=False)
    Traceback (most recent call last):
    iamlab.errors.ExerciseError: Exercise 0.3 needs a list of 1 verdicts.
    """


class MissingPackageError(IamLabError, ModuleNotFoundError):
    """A package isn't installed. The message has the command that installs it."""


@with_old_names
@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One problem of a policy document.

    Parameters
    ----------
    path
        JSON path from ``$``, the whole document: ``$.Statement[0].Effect``.
    line, column
        The place in the text, counted from 1; ``None`` if the document is a ``dict``.
    what
        What is wrong.
    remedy
        How to fix it.
    code
        IAM Access Analyzer's name of it.

    Examples
    --------
    >>> from iamlab import Policy
    >>> try:
    ...     Policy.parse({"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]})
    ... except PolicyError as error:
    ...     print(error.problems[0].path, error.problems[0].remedy)
    $.Statement[0].Effect Write Allow or Deny (case-sensitive).
    """

    path: str
    line: int | None
    column: int | None
    what: str
    remedy: str
    code: str = "JSON_SYNTAX_ERROR"

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", brief(self.path))
        object.__setattr__(self, "what", brief(self.what))

    def __str__(self) -> str:
        place = "" if self.line is None else f" (line {self.line}, column {self.column})"
        return f"{self.path}{place}: {self.what} {self.remedy}"


class PolicyError(IamLabError):
    """A document that isn't a valid policy. It holds every problem, not only the first.

    Examples
    --------
    >>> from iamlab import Policy
    >>> try:
    ...     Policy.parse({"Statement": [{"Effect": "allow"}]})
    ... except PolicyError as error:
    ...     for problem in error.problems:
    ...         print(problem.path, problem.what)
    $.Statement[0] Action is missing.
    $.Statement[0].Effect Effect can't be 'allow'.
    """

    def __init__(self, problems: Iterable[PolicyProblem], name: str = "") -> None:
        self.problems, self.name = tuple(problems), name
        subject = f"policy {name!r}" if name else "this policy"
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = [f"{subject} has {count}:", *(f"  {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines))


class AwsError(IamLabError):
    """AWS's answer to a call that it rejects.

    A subclass is one error code. Its class line has the HTTP status if that isn't 400, and the code
    if that isn't the name of the class.

    Parameters
    ----------
    message
        AWS's sentence.

    Notes
    -----
    AWS pages: "IAM API Reference: Errors"; each module names the pages of its service.

    Examples
    --------
    >>> from iamlab import World
    >>> account = World(seed=7).create_account("acme")
    >>> dana = account.create_user("dana")
    >>> try:
    ...     account.create_user("dana")
    ... except AwsError as error:
    ...     print(error.code, error.http_status, error)
    EntityAlreadyExists 409 EntityAlreadyExists: User with name dana already exists.
    """

    code: ClassVar[str] = "InternalFailure"
    http_status: ClassVar[int] = 500

    def __init_subclass__(cls, code: str = "", http_status: int = 400) -> None:
        cls.code, cls.http_status = code or cls.__name__, http_status

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return brief(f"{self.code}: {self.message}")


class NoSuchEntity(AwsError, KeyError, http_status=404):
    """The entity doesn't exist. It's a `KeyError` too: ``account.users["zoe"]`` raises it."""


class EntityAlreadyExists(AwsError, http_status=409):
    """The name is taken."""


class ExpiredToken(AwsError, http_status=403):
    """The temporary credentials are expired."""


class DeleteConflict(AwsError, http_status=409):
    """The entity still has subordinate entities: delete or detach them first."""


class LimitExceeded(AwsError, http_status=409):
    """The limit is reached."""


class BucketAlreadyExists(AwsError, http_status=409):
    """Another account has a bucket with that name. Bucket names are unique across accounts."""


class BucketAlreadyOwnedByYou(AwsError, http_status=409):
    """The account already has that bucket."""


class InvalidBucketName(AwsError):
    """The name isn't valid for a bucket."""


class InvalidClientTokenId(AwsError, http_status=403):
    """The credentials are unknown, inactive or deleted."""


class MalformedPolicyDocument(AwsError):
    """IAM rejects this policy document."""


class MalformedPolicy(AwsError):
    """S3 rejects this bucket policy."""


class PolicyNotAttachable(AwsError):
    """The policy can be attached only to service-linked roles."""


class UnmodifiableEntity(AwsError):
    """Only AWS can change this entity."""


class DuplicateCertificate(AwsError, http_status=409):
    """The certificate already exists."""


class DuplicateSSHPublicKey(AwsError):
    """The user already has that public key."""


class InvalidInput(AwsError):
    """A parameter doesn't fit the entity, or conflicts with another parameter."""


class InvalidPublicKey(AwsError):
    """The text isn't a public key that IAM accepts."""


class MalformedCertificate(AwsError):
    """The text isn't a certificate in PEM format."""


class KeyPairMismatch(AwsError):
    """The private key doesn't belong to the certificate."""


class FailedAuthentication(AwsError, http_status=401):
    """The sign-in to the console failed. The console has no error codes: this name is iamlab's."""


class InvalidAuthenticationCode(AwsError, http_status=403):
    """The MFA device doesn't show this code now."""


class InvalidUserType(AwsError):
    """Only IAM users can do this."""


class PasswordPolicyViolation(AwsError):
    """The password doesn't meet the account's password policy."""


class ReportExpired(AwsError, http_status=410):
    """The credential report is older than four hours."""


class ReportGenerationLimitExceeded(AwsError, http_status=409):
    """Too many reports are being generated at the same time."""


class ReportInProgress(AwsError, http_status=404):
    """The credential report is still being made."""


class ReportNotPresent(AwsError, http_status=410):
    """No credential report was generated yet."""


class FeatureDisabled(AwsError, http_status=404):
    """The feature isn't enabled in the account."""


class FeatureEnabled(AwsError, http_status=409):
    """The feature is already enabled in the account."""


class AccountNotManagementOrDelegatedAdministratorException(AwsError):
    """Only the management account or its delegated administrator can do this in IAM."""


class CallerIsNotManagementAccountException(AwsError):
    """Only the management account can do this in IAM."""


class OrganizationNotFoundException(AwsError):
    """The operation needs an organization, and the account isn't in one."""


class OrganizationNotInAllFeaturesModeException(AwsError):
    """The organization has consolidated billing only."""


class ServiceAccessNotEnabledException(AwsError):
    """Trusted access for IAM isn't enabled in the organization."""


class SignatureDoesNotMatch(AwsError, http_status=403):
    """The secret that signed the call doesn't belong to the access key."""


class ValidationError(AwsError):
    """A parameter doesn't have the pattern or the length that the API requires."""


class AccessDenied(AwsError, http_status=403):
    """The call isn't authorized. ``decision`` says why, unless AWS rejects the call earlier.

    Examples
    --------
    >>> from iamlab import World
    >>> account = World(seed=7).create_account("acme")
    >>> dana = account.create_user("dana")
    >>> try:
    ...     account.call("CreateUser", dana, UserName="zoe")
    ... except AccessDenied as error:
    ...     print(error.code, error.http_status, error.decision.verdict)
    AccessDenied 403 implicit deny
    """

    def __init__(self, reason: Any, message: str = "") -> None:
        self.decision = None if isinstance(reason, str) else reason
        super().__init__(message or (reason if isinstance(reason, str) else reason.message))


Noted = TypeVar("Noted", bound=IamLabError)


def noted(error: Noted, *notes: str) -> Noted:
    """Add notes for the learner to an error, and return the error."""
    for note in notes:
        error.add_note(note)
    return error


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the names closest to a misspelt one, as a note for the learner.

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
        return "There aren't any."
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"There are: {', '.join(names[:8])}{more}."
