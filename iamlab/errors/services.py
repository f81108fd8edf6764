"""What other services than IAM answer, as one tree beside that of ``errors.py``.

::

    AwsError
    ├─ AccessControlListNotSupported               400, S3
    ├─ AccessDenied                                403, see errors.py
    │  ├─ AuthorizationError                       403, SNS
    │  └─ LambdaAccessDenied                       403, Lambda's AccessDeniedException
    ├─ AlreadyExistsException                      400, KMS
    ├─ BadRequestException                         400, API Gateway
    ├─ DisabledException                           400, KMS
    ├─ InvalidAliasNameException                   400, KMS
    ├─ InvalidAttributeValue                       400, SQS
    ├─ InvalidBucketAclWithBlockPublicAccessError  400, S3
    ├─ InvalidBucketAclWithObjectOwnership         400, S3
    ├─ InvalidParameter                            400, SNS
    ├─ InvalidParameterException                   400, ECR and CloudWatch Logs
    ├─ InvalidParameterValue                       400, SQS, EC2 and STS
    ├─ InvalidParameterValueException              400, Lambda and AWS Backup
    ├─ InvalidPolicyDocument                       400, EC2, of the policies of VPC endpoints
    ├─ InvalidTag                                  400, S3
    ├─ KMSInvalidStateException                    400, KMS
    ├─ LambdaResourceNotFound                      404, Lambda's ResourceNotFoundException
    ├─ LimitExceededException                      400, KMS
    ├─ MalformedPolicyDocumentException            400, KMS and Secrets Manager
    ├─ MethodNotAllowed                            405, S3
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
    ├─ TagLimitExceeded                            400, SNS and EC2
    ├─ TooManyTagsException                        400, ECR
    └─ ValidationException                         400, DynamoDB, EventBridge, KMS and others

KMS sends 400 with every refusal, whatever its code.
"""

from __future__ import annotations

from iamlab.errors import AccessDenied, AwsError


class AccessControlListNotSupported(AwsError):
    """The bucket's owner owns every object in it, and ACLs are switched off."""

    code, http_status = "AccessControlListNotSupported", 400


class AlreadyExistsException(AwsError):
    """The alias is taken."""

    code, http_status = "AlreadyExistsException", 400


class BadRequestException(AwsError):
    """API Gateway does not save this policy."""

    code, http_status = "BadRequestException", 400


class DisabledException(AwsError):
    """The key is switched off."""

    code, http_status = "DisabledException", 400


class InvalidAliasNameException(AwsError):
    """No alias can be called that."""

    code, http_status = "InvalidAliasNameException", 400


class InvalidAttributeValue(AwsError):
    """SQS does not save this value of a queue's attribute; its policy is one."""

    code, http_status = "InvalidAttributeValue", 400


class InvalidBucketAclWithBlockPublicAccessError(AwsError):
    """A new bucket cannot have a public ACL while BlockPublicAcls is on."""

    code, http_status = "InvalidBucketAclWithBlockPublicAccessError", 400


class InvalidBucketAclWithObjectOwnership(AwsError):
    """A bucket cannot have an open ACL and have ACLs switched off."""

    code, http_status = "InvalidBucketAclWithObjectOwnership", 400


class InvalidParameter(AwsError):
    """SNS does not take this value."""

    code, http_status = "InvalidParameter", 400


class InvalidParameterException(AwsError):
    """ECR or CloudWatch Logs does not take this value."""

    code, http_status = "InvalidParameterException", 400


class InvalidParameterValueException(AwsError):
    """Lambda or AWS Backup does not take this value."""

    code, http_status = "InvalidParameterValueException", 400


class InvalidPolicyDocument(AwsError):
    """EC2 does not save this policy of a VPC endpoint."""

    code, http_status = "InvalidPolicyDocument", 400


class KMSInvalidStateException(AwsError):
    """The key is in a state in which this cannot be done."""

    code, http_status = "KMSInvalidStateException", 400


class LimitExceededException(AwsError):
    """There may be no more of them, or no larger one."""

    code, http_status = "LimitExceededException", 400


class MalformedPolicyDocumentException(AwsError):
    """KMS or Secrets Manager does not save this policy."""

    code, http_status = "MalformedPolicyDocumentException", 400


class MethodNotAllowed(AwsError):
    """The caller has the permission, but such a thing is done in the bucket's own account only."""

    code, http_status = "MethodNotAllowed", 405


class NoSuchBucket(AwsError):
    """There is no such bucket."""

    code, http_status = "NoSuchBucket", 404


class NoSuchBucketPolicy(AwsError):
    """The bucket has no policy."""

    code, http_status = "NoSuchBucketPolicy", 404


class NoSuchPublicAccessBlockConfiguration(AwsError):
    """The bucket or the account has no switches of its own."""

    code, http_status = "NoSuchPublicAccessBlockConfiguration", 404


class InvalidTag(AwsError):
    """A tag of a bucket cannot be."""

    code, http_status = "InvalidTag", 400


class NoSuchTagSet(AwsError):
    """The bucket has no tags."""

    code, http_status = "NoSuchTagSet", 404


class NotFoundException(AwsError):
    """There is no such key, alias or grant."""

    code, http_status = "NotFoundException", 400


class OwnershipControlsNotFoundError(AwsError):
    """The bucket says nothing of who owns its objects."""

    code, http_status = "OwnershipControlsNotFoundError", 404


class PolicyLengthExceededException(AwsError):
    """The policy is too large."""

    code, http_status = "PolicyLengthExceededException", 400


class ResourceConflictException(AwsError):
    """The function's policy has a statement of that name."""

    code, http_status = "ResourceConflictException", 409


class ValidationException(AwsError):
    """A parameter is not as the API demands."""

    code, http_status = "ValidationException", 400


class InvalidParameterValue(AwsError):
    """SQS, EC2 or STS does not take this value."""

    code, http_status = "InvalidParameterValue", 400


class LambdaResourceNotFound(AwsError):
    """There is no such function, or its policy has no such statement."""

    code, http_status = "ResourceNotFoundException", 404


class NotFound(AwsError):
    """There is no such topic."""

    code, http_status = "NotFound", 404


class OverLimit(AwsError):
    """There may be no more of them."""

    code, http_status = "OverLimit", 403


class PublicPolicyException(AwsError):
    """The policy lets everybody in, and the caller asked to be warned of that."""

    code, http_status = "PublicPolicyException", 400


class QueueDoesNotExist(AwsError):
    """There is no such queue."""

    code, http_status = "AWS.SimpleQueueService.NonExistentQueue", 400


class QueueAlreadyExists(AwsError):
    """There is a queue of that name, made otherwise."""

    code, http_status = "QueueAlreadyExists", 400


class RepositoryAlreadyExistsException(AwsError):
    """There is a repository of that name."""

    code, http_status = "RepositoryAlreadyExistsException", 400


class RepositoryNotFoundException(AwsError):
    """There is no such repository."""

    code, http_status = "RepositoryNotFoundException", 400


class RepositoryPolicyNotFoundException(AwsError):
    """The repository has no policy."""

    code, http_status = "RepositoryPolicyNotFoundException", 400


class ResourceAlreadyExistsException(AwsError):
    """There is an event bus of that name."""

    code, http_status = "ResourceAlreadyExistsException", 400


class ResourceExistsException(AwsError):
    """There is a secret of that name."""

    code, http_status = "ResourceExistsException", 400


class ResourceInUseException(AwsError):
    """There is a table of that name."""

    code, http_status = "ResourceInUseException", 400


class ResourceNotFoundException(AwsError):
    """There is no such thing."""

    code, http_status = "ResourceNotFoundException", 400


class TagLimitExceeded(AwsError):
    """There would be too many tags."""

    code, http_status = "TagLimitExceeded", 400


class TooManyTagsException(AwsError):
    """There would be too many tags."""

    code, http_status = "TooManyTagsException", 400


class AuthorizationError(AccessDenied):
    """SNS's word for a refusal for want of permission."""

    code, http_status = "AuthorizationError", 403


class LambdaAccessDenied(AccessDenied):
    """Lambda's word for a refusal for want of permission."""

    code, http_status = "AccessDeniedException", 403
