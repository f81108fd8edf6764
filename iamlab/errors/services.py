"""Errors of services other than IAM, as one tree.

::

    AwsError
    ├─ AccessControlListNotSupported               400, S3
    ├─ AccessDenied                                403, in __init__.py
    │  ├─ AuthorizationError                       403, SNS
    │  └─ LambdaAccessDenied                       403, Lambda's AccessDeniedException
    ├─ AccessPointAlreadyOwnedByYou                409, S3
    ├─ AlreadyExistsException                      400, KMS
    ├─ AuthorizationQueryParametersError           400, S3
    ├─ BadRequestException                         400, API Gateway
    ├─ DisabledException                           400, KMS
    ├─ InvalidAliasNameException                   400, KMS
    ├─ InvalidArgument                             400, S3
    ├─ InvalidAttributeValue                       400, SQS
    ├─ InvalidBucketAclWithBlockPublicAccessError  400, S3
    ├─ InvalidBucketAclWithObjectOwnership         400, S3
    ├─ InvalidParameter                            400, SNS
    ├─ InvalidParameterException                   400, ECR and CloudWatch Logs
    ├─ InvalidParameterValue                       400, SQS, EC2 and STS
    ├─ InvalidParameterValueException              400, Lambda and AWS Backup
    ├─ InvalidPolicyDocument                       400, EC2, of the policies of VPC endpoints
    ├─ InvalidRequest                              400, S3
    ├─ InvalidTag                                  400, S3
    ├─ KMSInvalidStateException                    400, KMS
    ├─ LambdaResourceNotFound                      404, Lambda's ResourceNotFoundException
    ├─ LimitExceededException                      400, KMS
    ├─ MalformedACLError                           400, S3
    ├─ MalformedPolicyDocumentException            400, KMS and Secrets Manager
    ├─ MalformedXML                                400, S3
    ├─ MissingSecurityHeader                       400, S3
    ├─ MethodNotAllowed                            405, S3
    ├─ NoSuchAccessPoint                           404, S3
    ├─ NoSuchAccessPointPolicy                     404, S3
    ├─ NoSuchBucket                                404, S3
    ├─ NoSuchBucketPolicy                          404, S3
    ├─ NoSuchPublicAccessBlockConfiguration        404, S3
    ├─ NoSuchTagSet                                404, S3
    ├─ NotFound                                    404, SNS
    ├─ NotFoundException                           400, KMS
    ├─ OverLimit                                   403, SQS
    ├─ OwnershipControlsNotFoundError              404, S3
    ├─ PolicyLengthExceededException               400, Lambda and EventBridge
    ├─ PublicPolicyException                       400, Secrets Manager
    ├─ QueueAlreadyExists                          400, SQS
    ├─ QueueDoesNotExist                           400, SQS
    ├─ RepositoryAlreadyExistsException            400, ECR
    ├─ RepositoryNotFoundException                 400, ECR
    ├─ RepositoryPolicyNotFoundException           400, ECR
    ├─ ResourceAlreadyExistsException              400, EventBridge
    ├─ ResourceConflictException                   409, Lambda
    ├─ ResourceExistsException                     400, Secrets Manager
    ├─ ResourceInUseException                      400, DynamoDB
    ├─ ResourceNotFoundException                   400, Secrets Manager, DynamoDB and others
    ├─ TagException                                400, KMS
    ├─ TagLimitExceeded                            400, SNS and EC2
    ├─ TooManyTagsException                        400, ECR
    └─ ValidationException                         400, DynamoDB, EventBridge, KMS and others

KMS's status is 400 for every code.
"""

from __future__ import annotations

from iamlab.errors import AccessDenied, AwsError


class AccessControlListNotSupported(AwsError):
    """The bucket owner owns every object, and ACLs are disabled."""


class AccessPointAlreadyOwnedByYou(AwsError, http_status=409):
    """The account already has that access point."""


class AlreadyExistsException(AwsError):
    """The alias is taken."""


class AuthorizationQueryParametersError(AwsError):
    """A parameter of a presigned URL isn't valid."""


class BadRequestException(AwsError):
    """API Gateway rejects this policy."""


class DisabledException(AwsError):
    """The key is disabled."""


class InvalidAliasNameException(AwsError):
    """The name isn't valid for an alias."""


class InvalidArgument(AwsError):
    """S3 rejects this value of a header."""


class InvalidAttributeValue(AwsError):
    """SQS rejects this value of a queue attribute, such as its policy."""


class InvalidBucketAclWithBlockPublicAccessError(AwsError):
    """A new bucket can't have a public ACL while BlockPublicAcls is on."""


class InvalidBucketAclWithObjectOwnership(AwsError):
    """A bucket can't have an open ACL while ACLs are disabled."""


class InvalidParameter(AwsError):
    """SNS rejects this value."""


class InvalidParameterException(AwsError):
    """ECR or CloudWatch Logs rejects this value."""


class InvalidParameterValueException(AwsError):
    """Lambda or AWS Backup rejects this value."""


class InvalidPolicyDocument(AwsError):
    """EC2 rejects this VPC endpoint policy."""


class KMSInvalidStateException(AwsError):
    """The key's state doesn't allow the operation."""


class LimitExceededException(AwsError):
    """A number or a size is over its limit."""


class MalformedACLError(AwsError):
    """S3 rejects this ACL."""


class MalformedPolicyDocumentException(AwsError):
    """KMS or Secrets Manager rejects this policy."""


class MalformedXML(AwsError):
    """S3 rejects this body, for example a value that isn't in a list."""


class MethodNotAllowed(AwsError, http_status=405):
    """The caller has the permission, but isn't in the bucket's account."""


class InvalidRequest(AwsError):
    """S3 rejects this value."""


class MissingSecurityHeader(AwsError):
    """The call needs an ACL."""


class NoSuchAccessPoint(AwsError, http_status=404):
    """The access point doesn't exist."""


class NoSuchAccessPointPolicy(AwsError, http_status=404):
    """The access point has no policy."""


class NoSuchBucket(AwsError, http_status=404):
    """The bucket doesn't exist."""


class NoSuchBucketPolicy(AwsError, http_status=404):
    """The bucket has no policy."""


class NoSuchPublicAccessBlockConfiguration(AwsError, http_status=404):
    """The bucket or the account has no Block Public Access configuration."""


class InvalidTag(AwsError):
    """A tag of a bucket isn't valid."""


class NoSuchTagSet(AwsError, http_status=404):
    """The bucket has no tags."""


class NotFoundException(AwsError):
    """The key, alias or grant doesn't exist."""


class OwnershipControlsNotFoundError(AwsError, http_status=404):
    """The bucket has no Object Ownership setting."""


class PolicyLengthExceededException(AwsError):
    """The policy is too large."""


class ResourceConflictException(AwsError, http_status=409):
    """The function's policy already has a statement with that ID."""


class ValidationException(AwsError):
    """A parameter isn't valid for the API."""


class InvalidParameterValue(AwsError):
    """SQS, EC2 or STS rejects this value."""


class LambdaResourceNotFound(AwsError, code="ResourceNotFoundException", http_status=404):
    """The function, or the statement of its policy, doesn't exist."""


class NotFound(AwsError, http_status=404):
    """The topic doesn't exist."""


class OverLimit(AwsError, http_status=403):
    """The limit is reached."""


class PublicPolicyException(AwsError):
    """The policy allows public access, and the call uses BlockPublicPolicy."""


class QueueDoesNotExist(AwsError, code="AWS.SimpleQueueService.NonExistentQueue"):
    """The queue doesn't exist."""


class QueueAlreadyExists(AwsError):
    """A queue with that name already exists, with other attributes."""


class RepositoryAlreadyExistsException(AwsError):
    """A repository with that name already exists."""


class RepositoryNotFoundException(AwsError):
    """The repository doesn't exist."""


class RepositoryPolicyNotFoundException(AwsError):
    """The repository has no policy."""


class ResourceAlreadyExistsException(AwsError):
    """An event bus with that name already exists."""


class ResourceExistsException(AwsError):
    """A secret with that name already exists."""


class ResourceInUseException(AwsError):
    """A table with that name already exists."""


class ResourceNotFoundException(AwsError):
    """The resource doesn't exist."""


class TagException(AwsError):
    """A tag of a key isn't valid."""


class TagLimitExceeded(AwsError):
    """The resource would have too many tags."""


class TooManyTagsException(AwsError):
    """The resource would have too many tags."""


class AuthorizationError(AccessDenied, http_status=403):
    """SNS's error for a missing permission."""


class LambdaAccessDenied(AccessDenied, code="AccessDeniedException", http_status=403):
    """Lambda's error for a missing permission."""
