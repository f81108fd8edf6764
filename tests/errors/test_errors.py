"""Each error class states AWS's code and HTTP status once, in its class line."""

import os
import subprocess
import sys
from importlib import import_module

import pytest

from iamlab.clients.access_findings import ConflictError
from iamlab.clients.wire_values import ActionError, HttpError
from iamlab.errors import (
    AccessDenied,
    ArnError,
    AwsError,
    ExerciseError,
    IamLabError,
    LoadError,
    MissingPackageError,
    PolicyError,
    PolicyProblem,
    RequestError,
)
from iamlab.policy.validate.validation import SaveError
from iamlab.teach.source_lines import KeyedError, LocatedError

MODULES = ("", ".ec2", ".identity_center", ".organizations", ".services", ".sts")
STATUSES = {  # all others are 400
    401: {
        "FailedAuthentication",
        "UnauthorizedException",
    },
    403: {
        "AccessDenied",
        "AuthorizationError",
        "ExpiredToken",
        "ForbiddenException",
        "IDPRejectedClaim",
        "InvalidAuthenticationCode",
        "InvalidClientTokenId",
        "LambdaAccessDenied",
        "MissingAuthenticationToken",
        "OutboundWebIdentityFederationDisabledException",
        "OverLimit",
        "RegionDisabledException",
        "SessionDurationEscalationException",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
    },
    404: {
        "FeatureDisabled",
        "LambdaResourceNotFound",
        "NoSuchBucket",
        "NoSuchAccessPoint",
        "NoSuchAccessPointPolicy",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NotFound",
        "OwnershipControlsNotFoundError",
        "ReportInProgress",
    },
    405: {
        "MethodNotAllowed",
    },
    409: {
        "AccessPointAlreadyOwnedByYou",
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "DeleteConflict",
        "DuplicateCertificate",
        "EntityAlreadyExists",
        "FeatureEnabled",
        "LimitExceeded",
        "ReportGenerationLimitExceeded",
        "ResourceConflictException",
    },
    410: {
        "ReportExpired",
        "ReportNotPresent",
    },
}
CODES = {  # of all others the code is the name of the class
    "InvalidAssociationIDNotFound": "InvalidAssociationID.NotFound",
    "InvalidIPAddressInUse": "InvalidIPAddress.InUse",
    "InvalidInstanceIDMalformed": "InvalidInstanceID.Malformed",
    "InvalidInstanceIDNotFound": "InvalidInstanceID.NotFound",
    "InvalidVpcEndpointIdNotFound": "InvalidVpcEndpointId.NotFound",
    "InvalidVpcIDMalformed": "InvalidVpcID.Malformed",
    "LambdaAccessDenied": "AccessDeniedException",
    "LambdaResourceNotFound": "ResourceNotFoundException",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
}


def error_classes() -> dict[str, type[AwsError]]:
    """Collect the classes of all modules by name."""
    return {
        name: value
        for module in MODULES
        for name, value in vars(import_module(f"iamlab.errors{module}")).items()
        if isinstance(value, type) and issubclass(value, AwsError) and value is not AwsError
    }


def test_every_error_has_the_code_and_the_status_of_aws() -> None:
    """Codes and statuses are those of AWS's pages, class by class."""
    found = error_classes()
    statuses = {name: status for status, names in STATUSES.items() for name in names}

    assert len(found) == 162
    assert {name: finding.code for name, finding in found.items()} == {
        name: CODES.get(name, name) for name in found
    }
    assert {name: finding.http_status for name, finding in found.items()} == {
        name: statuses.get(name, 400) for name in found
    }
    assert (AwsError.code, AwsError.http_status) == ("InternalFailure", 500)


def test_an_error_is_printed_with_its_code() -> None:
    """As AWS's command line prints it: the code, then the sentence."""
    for name, item in error_classes().items():
        assert str(item("No.")).startswith(f"{CODES.get(name, name)}: ")
        assert item.__doc__
        assert issubclass(item, AccessDenied) == hasattr(item("No."), "decision")


def test_a_notebook_shows_an_error_as_its_message_and_its_notes() -> None:
    """Each class: a line with its name or code, and one for each note, without a traceback."""
    classes = [ArnError, ExerciseError, IamLabError, LoadError, RequestError]
    for item in [*classes, *error_classes().values()]:
        error = item("No.")
        error.add_note("Do this.")
        first, second = error._render_traceback_()

        assert first.endswith(" No.")
        assert first.count(": ") == 1
        assert second == "Do this."


def test_a_notebook_lists_the_problems_of_a_policy() -> None:
    """Each problem is one line."""
    problem = PolicyProblem("$.Statement", 3, 5, "There is none.", "Write one.", "MISSING")
    error = PolicyError([problem, problem], "guard")
    head, *lines = error._render_traceback_()

    assert head == f"PolicyError: {error}".split("\n")[0]
    assert len(lines) == 2
    assert all("$.Statement (line 3, column 5)" in line for line in lines)


def test_every_class_of_errors_is_tested_here() -> None:
    """A new one outside of the modules, such as one of a room, would be missed."""
    tested = {PolicyError, SaveError, AwsError, ArnError, ExerciseError, LoadError, RequestError}
    tested |= {KeyedError, LocatedError}  # in test_broken_files.py
    tested |= {HttpError, ConflictError, ActionError}  # in tests/clients
    tested |= {MissingPackageError}  # in tests/view/test_missing_packages.py
    missed = {IamLabError}
    while missed:
        missed = {own for base in missed for own in base.__subclasses__()}
        missed = {own for own in missed if own.__module__.startswith("iamlab")}

        assert missed <= tested | set(error_classes().values())


@pytest.mark.slow
def test_ipython_shows_two_lines_and_debug_still_finds_the_place(tmp_path) -> None:
    """After the error, ``%debug`` has the traceback."""
    cell = "scenario('groups').can('zoe', 's3:GetObject', MAP)"
    code = (
        "import sys; from iamlab.teach.scenarios import MAP, scenario\n"
        f"get_ipython().run_cell({cell!r})\n"
        "print(sys.last_type.__name__, sys.last_traceback is not None)"
    )
    shown = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", "-c", code],
        env={**os.environ, "IPYTHONDIR": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout

    assert shown.splitlines() == [
        "RequestError: 'zoe' isn't a caller. Pass a user, a role, a name or an ARN.",
        "There are: alice, bob, carol, dana.",
        "RequestError True",
    ]
