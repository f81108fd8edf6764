"""How to mend each kind of defect, in words for a learner."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

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
