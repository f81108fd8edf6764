"""How AWS refuses a document, in its own words.

A table for each service that saves policies: kind of defect -> code, HTTP status and sentence. AWS
does not document every sentence; where it does not, it is left empty rather than made up.

How to mend each kind of defect, in words for a learner.

Notes
-----
AWS pages: "Troubleshoot IAM policies"; the API references of IAM, STS, Organizations, S3, SQS, SNS,
KMS, Lambda, Secrets Manager, Amazon ECR, DynamoDB, EventBridge, API Gateway, CloudWatch Logs,
AWS Backup and Amazon EC2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class AwsText:
    """What AWS answers; ``{...}`` in the message stands for a part of the document."""

    code: str
    message: str = ""
    http_status: int = 400


ANY = ""
"""The kind under which a table says what is answered to every other defect."""


def _texts(code: str, sentences: Mapping[str, str]) -> dict[str, AwsText]:
    return {kind: AwsText(code, sentence) for kind, sentence in sentences.items()}


IAM_PATHS = (
    *("user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/"),
    *("server-certificate/", "policy/", "sms-mfa/", "saml-provider/", "oidc-provider/"),
    *("report/", "access-report/"),
)
"""What the resource part of an IAM ARN may begin with, as IAM's own sentence lists it."""

_TOO_LONG = (
    "1 validation error detected: Value '{start}' at '{parameter}' failed to satisfy constraint: "
    "Member must have length less than or equal to {limit}"
)
_CHARACTERS = (
    "1 validation error detected: Value '{start}' at '{parameter}' failed to satisfy constraint: "
    "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"
)
_IAM_SENTENCES = {
    ANY: "Syntax errors in policy.",
    "version": "Policy document must be version 2012-10-17 or greater.",
    "date": "The policy failed legacy parsing",
    "effect_case": "The policy failed legacy parsing",
    "short_arn": "The policy failed legacy parsing",
    "sid_letters": (
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
        "expression [0-9A-Za-z]*"
    ),
    "sid_twice": "Statement IDs (SID) in a single policy must be unique.",
    "no_action": "Policy statement must contain actions.",
    "no_resource": "Policy statement must contain resources.",
    "no_arn": 'Resource {value} must be in ARN format or "*".',
    "partition": 'Partition "{partition}" is not valid for resource "{arn}".',
    "vendor_of_resource": ("Resource vendor must be fully qualified and cannot contain regexes."),
    "iam_region": "IAM resource {value} cannot contain region information.",
    "s3_region": "Resource {value} can not contain region information.",
    "iam_path": f'IAM resource path must either be "*" or start with {", ".join(IAM_PATHS)}.',
    "no_vendor": ("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    "two_colons": "Actions/Condition can contain only one colon.",
    "vendor": "Vendor {vendor} is not valid",
    "principal_forbidden": "Policy document should not specify a principal.",
}

IAM: Mapping[str, AwsText] = {
    **_texts("MalformedPolicyDocument", _IAM_SENTENCES),
    "too_long": AwsText("ValidationError", _TOO_LONG),
    "characters": AwsText("ValidationError", _CHARACTERS),
    "size": AwsText("LimitExceeded", "Cannot exceed quota for PolicySize: {limit}", 409),
}
SESSION: Mapping[str, AwsText] = {**IAM, "size": AwsText("ValidationError", _TOO_LONG)}

_STS_ONLY = "AssumeRole policy may only specify STS AssumeRole actions."
TRUST: Mapping[str, AwsText] = {
    **IAM,
    **_texts(
        "MalformedPolicyDocument",
        {
            "foreign_action": _STS_ONLY,
            "unknown_action": _STS_ONLY,
            "not_action_forbidden": _STS_ONLY,
            "resource_forbidden": "Has prohibited field Resource.",
            "not_principal_forbidden": "Has prohibited field NotPrincipal.",
            "no_principal": "Missing required field Principal.",
            "bare_star": 'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
            "AWS_principal": 'Invalid principal in policy: "AWS":"{value}"',
            "Service_principal": 'Invalid principal in policy: "SERVICE":"{value}"',
            "Federated_principal": (
                "Federated principals must be valid domain names or SAML metadata ARNs"
            ),
            "principal_type": 'Invalid principal in policy: "{type}":"{value}"',
        },
    ),
    "size": AwsText("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: {limit}", 409),
}
ORGANIZATIONS: Mapping[str, AwsText] = {
    ANY: AwsText(
        "MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.",
    ),
    "size": AwsText("ConstraintViolationException", "You have exceeded the maximum policy size."),
}
ENDPOINT: Mapping[str, AwsText] = {ANY: AwsText("InvalidPolicyDocument")}
RESOURCE: Mapping[str, AwsText] = {ANY: AwsText("MalformedPolicyDocument")}

_S3_PRINCIPAL = "Invalid principal in policy"
S3: Mapping[str, AwsText] = _texts(
    "MalformedPolicy",
    {
        ANY: "",
        "json": "Policies must be valid JSON and the first byte must be '{{'",
        "no_principal": "Missing required field Principal",
        "no_resource": "Missing required field Resource",
        "no_action": "Missing required field Action",
        "AWS_principal": _S3_PRINCIPAL,
        "Service_principal": _S3_PRINCIPAL,
        "CanonicalUser_principal": _S3_PRINCIPAL,
        "principal_type": _S3_PRINCIPAL,
        "foreign_resource": "Policy has invalid resource",
        "foreign_action": "Policy has invalid action",
        "unknown_action": "Policy has invalid action",
        "no_vendor": "Policy has invalid action",
        "two_colons": "Policy has invalid action",
        "vendor": "Policy has invalid action",
        "unfit_action": "Action does not apply to any resource(s) in statement",
    },
)
SQS: Mapping[str, AwsText] = {
    ANY: AwsText("InvalidAttributeValue", "Invalid value for the parameter Policy.")
}
SNS: Mapping[str, AwsText] = _texts(
    "InvalidParameter",
    {
        ANY: "Invalid parameter: Policy Error: null",
        "foreign_action": "Invalid parameter: Policy statement action out of service scope!",
        "unknown_action": "Invalid parameter: Policy statement action out of service scope!",
        "action_wildcard": "Invalid parameter: Policy statement action out of service scope!",
        "AWS_principal": "Invalid parameter: Policy Error: PrincipalNotFound",
        "Service_principal": "Invalid parameter: Policy Error: PrincipalNotFound",
    },
)
_KMS_PRINCIPAL = "Policy contains a statement with one or more invalid principals."
KMS: Mapping[str, AwsText] = {
    **_texts(
        "MalformedPolicyDocumentException",
        {
            ANY: "",
            "AWS_principal": _KMS_PRINCIPAL,
            "Service_principal": _KMS_PRINCIPAL,
            "principal_type": _KMS_PRINCIPAL,
        },
    ),
    "size": AwsText("LimitExceededException"),
}
_LAMBDA_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."
LAMBDA: Mapping[str, AwsText] = {
    **_texts(
        "InvalidParameterValueException",
        {
            ANY: "",
            "AWS_principal": _LAMBDA_PRINCIPAL,
            "Service_principal": _LAMBDA_PRINCIPAL,
            "principal_type": _LAMBDA_PRINCIPAL,
        },
    ),
    "sid_twice": AwsText("ResourceConflictException", http_status=409),
    "size": AwsText(
        "PolicyLengthExceededException",
        "The final policy size ({size}) is bigger than the limit ({limit}).",
    ),
}
_SECRET_PRINCIPAL = "This resource policy contains an unsupported principal."
SECRETS_MANAGER: Mapping[str, AwsText] = {
    **_texts(
        "MalformedPolicyDocumentException",
        {
            ANY: "This resource policy contains a syntax error.",
            "AWS_principal": _SECRET_PRINCIPAL,
            "Service_principal": _SECRET_PRINCIPAL,
            "principal_type": _SECRET_PRINCIPAL,
        },
    ),
    "size": AwsText("ValidationException"),
}
ECR: Mapping[str, AwsText] = {
    ANY: AwsText(
        "InvalidParameterException",
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: "
        "'Invalid repository policy provided'",
    )
}
API_GATEWAY: Mapping[str, AwsText] = {
    ANY: AwsText(
        "BadRequestException",
        "Invalid policy document. Please check the policy syntax and ensure that Principals are "
        "valid.",
    )
}
DYNAMODB: Mapping[str, AwsText] = {ANY: AwsText("ValidationException")}
EVENTBRIDGE: Mapping[str, AwsText] = {
    ANY: AwsText("ValidationException"),
    "size": AwsText("PolicyLengthExceededException"),
}
LOGS: Mapping[str, AwsText] = {ANY: AwsText("InvalidParameterException")}
BACKUP: Mapping[str, AwsText] = {ANY: AwsText("InvalidParameterValueException")}


MENDS: Mapping[str, str] = {
    "too_long": "The document has {size} characters; IAM's API takes {limit}.",
    "characters": "The character {character} is outside what IAM takes: write plain letters.",
    "no_statement": "Write at least one statement.",
    "bare_principal": 'Only "*" can stand bare; else write {{"AWS": "{value}"}} or another type.',
    "version": 'Begin the document with "Version": "2012-10-17".',
    "date": "Write {value!r} as a date such as 2026-11-25T10:00:00Z, or as seconds since 1970.",
    "short_arn": "An ARN has six parts: arn:partition:service:region:account:resource.",
    "sid_letters": "Give the statement a Sid of letters and digits, or none.",
    "sid_twice": "An earlier statement is called {sid!r}, too: give this one another Sid.",
    "no_action": "Name at least one action.",
    "no_resource": 'Name at least one resource; "*" is every one.',
    "no_arn": "Write the resource's ARN; a name alone does not do.",
    "partition": "Most ARNs begin with arn:aws: (arn:aws-cn:, arn:aws-us-gov: elsewhere).",
    "vendor_of_resource": "Name the service after the partition, without * or ?: arn:aws:s3:...",
    "iam_region": "IAM is global: leave the Region empty, arn:aws:iam::111122223333:user/...",
    "s3_region": "A bucket's ARN has no Region and no account: arn:aws:s3:::bucket/key.",
    "iam_path": "Say what kind of thing it is: user/NAME, role/NAME, policy/NAME ...",
    "no_vendor": "Write the service before the action: s3:GetObject.",
    "two_colons": "Write one colon, between the service and the action.",
    "vendor": "Before the colon stands a service's prefix as it is, or * for every service.",
    "principal_forbidden": (
        "Take the Principal out: such a policy speaks of whoever it is attached to; only a "
        "resource's policy says whom it means."
    ),
    "no_principal": (
        "Say whom the statement means: a policy on a resource names its Principal. One that names "
        "nobody is identity-based: attach it to a user, a group or a role."
    ),
    "not_principal_forbidden": (
        "NotPrincipal cannot stand here: name a Principal, and take out by a condition on "
        "aws:PrincipalArn whom you do not mean."
    ),
    "principal_is_not_everybody": (
        'Write "Principal": "*", and say by conditions whom the statement means.'
    ),
    "bare_star": 'Write {{"AWS": "*"}}: a role\'s trust policy takes no bare star.',
    "AWS_principal": (
        "{value!r} is no principal. Principals are an account, its root, a user, a role, a "
        "session, or * alone; groups and ARNs with wildcards are none."
    ),
    "group_principal": (
        "A group is not a principal: it cannot call, it only hands its policies to its users. Name "
        "the users, or a role that they may assume, or ask for a tag with aws:PrincipalTag."
    ),
    "Service_principal": "Write the service's full name, such as ec2.amazonaws.com; no wildcards.",
    "Federated_principal": "Write the ARN of the identity provider, or its domain name.",
    "CanonicalUser_principal": "A canonical user ID has 64 hexadecimal digits.",
    "principal_type": "A Principal of the type {type} does not work here.",
    "resource_forbidden": "Take it out: the policy hangs on the resource that it is about.",
    "allow_forbidden": "Only Deny can stand here: such a policy limits, it never grants.",
    "not_action_forbidden": "NotAction cannot stand here: list the actions under Action.",
    "foreign_action": "{value!r} is of another service than the policy is for.",
    "unknown_action": "Such a policy cannot name {value!r}: look for the action's exact name.",
    "action_wildcard": "Write the actions out: no wildcards here.",
    "foreign_resource": "{value!r} is not what the policy hangs on: write its own ARN.",
    "unfit_action": (
        "{value!r} works on other kinds of resource: bucket actions need the bucket's ARN, "
        "object actions one such as arn:aws:s3:::bucket/*."
    ),
    "named_accounts": "Write the value of {key} out: a wildcard would let strangers in.",
    "too_many": "There are {number} {what}; there can be {limit}.",
    "size": "The document counts {size} {unit}; the limit is {limit}. Shorten or divide it.",
}
"""Kind of defect -> how to mend it; ``{...}`` stands for a detail of the defect."""
