"""Each error class states AWS's code and HTTP status once, in its class line."""

from importlib import import_module

from iamlab.errors import AccessDenied, AwsError

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

    assert len(found) == 160
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
