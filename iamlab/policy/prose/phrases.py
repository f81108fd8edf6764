"""What common actions do, in words: a verb phrase, and the kind of thing that it is done to.

The kind is a resource type of the catalogue. An action that stands in no table is read from its
name, which is what :func:`phrase` does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from iamlab.policy.catalog import Action, action, resource_types_of
from iamlab.policy.prose.words import VERBS, humanised, plural

_IN_TWO = {
    "backup": "back up",
    "failover": "fail over",
    "lookup": "look up",
    "rollback": "roll back",
    "switchover": "switch over",
}
"""Verbs that names of APIs write as one word."""


class Phrase(NamedTuple):
    """What an action does.

    Parameters
    ----------
    words
        Infinitive without "to": ``"read"``, ``"list the objects of"``.
    kind
        The resource type that follows; empty if the words stand by themselves.
    service
        The service of that type; without one, the service that has to be named beside the words,
        empty if they name it.
    """

    words: str
    kind: str = ""
    service: str = ""


_COMMON = {
    "ec2:RunInstances": "launch instances|",
    "iam:ChangePassword": "change the password of|user",
    "iam:GetAccountPasswordPolicy": "read the account's password policy|",
    "iam:GetAccountSummary": "read the account's IAM numbers",
    "iam:AddUserToGroup": "add users to|group",
    "iam:AttachGroupPolicy": "attach managed policies to|group",
    "iam:AttachRolePolicy": "attach managed policies to|role",
    "iam:AttachUserPolicy": "attach managed policies to|user",
    "iam:CreateAccessKey": "create access keys for|user",
    "iam:CreateLoginProfile": "create a console password for|user",
    "iam:CreatePolicyVersion": "write a new version of|policy",
    "iam:DeleteAccessKey": "delete access keys of|user",
    "iam:DetachGroupPolicy": "detach managed policies from|group",
    "iam:DetachRolePolicy": "detach managed policies from|role",
    "iam:DetachUserPolicy": "detach managed policies from|user",
    "iam:ListAccessKeys": "list the access keys of|user",
    "iam:PutGroupPolicy": "write inline policies on|group",
    "iam:PutRolePolicy": "write inline policies on|role",
    "iam:PutUserPolicy": "write inline policies on|user",
    "iam:RemoveUserFromGroup": "remove users from|group",
    "iam:UpdateAccessKey": "switch on and off the access keys of|user",
    "iam:UpdateAssumeRolePolicy": "rewrite the trust policy of|role",
    "iam:UpdateLoginProfile": "change the console password of|user",
    "iam:PassRole": "pass|role",
    "kms:Decrypt": "decrypt with|key",
    "kms:Encrypt": "encrypt with|key",
    "kms:GenerateDataKey": "generate data keys with|key",
    "lambda:InvokeFunction": "invoke|function",
    "logs:PutLogEvents": "write log events to|log-stream",
    "s3:AbortMultipartUpload": "abort uploads of|object",
    "s3:DeleteObject": "delete|object",
    "s3:DeleteObjectVersion": "delete versions of|object",
    "s3:GetBucketLocation": "see the Region of|bucket",
    "s3:GetBucketPolicy": "read the policy of|bucket",
    "s3:GetObject": "read|object",
    "s3:GetObjectVersion": "read older versions of|object",
    "s3:ListAllMyBuckets": "list the account's buckets",
    "s3:ListBucket": "list the objects of|bucket",
    "s3:PutBucketPolicy": "write the policy of|bucket",
    "s3:PutObject": "write|object",
    "s3:PutObjectAcl": "change the ACL of|object",
    "secretsmanager:GetSecretValue": "read the value of|Secret",
    "sns:Publish": "publish to|topic",
    "sqs:DeleteMessage": "delete messages from|queue",
    "sqs:ReceiveMessage": "receive messages from|queue",
    "sqs:SendMessage": "send messages to|queue",
    "ssm:GetParameter": "read|parameter",
    "ssm:GetParameters": "read|parameter",
    "sts:AssumeRole": "assume|role@iam",
    "sts:AssumeRoleWithSAML": "use a SAML assertion to assume|role@iam",
    "sts:AssumeRoleWithWebIdentity": "use a web identity token to assume|role@iam",
    "sts:GetCallerIdentity": "ask who they are|",
    "sts:TagSession": "pass session tags to|role@iam",
    "sts:SetSourceIdentity": "set a source identity for|role@iam",
}


def _common(name: str, text: str) -> Phrase:
    """Read an entry: ``words``, ``words|`` (name the service), ``words|kind``, ``...@service``."""
    words, bar, kind = text.partition("|")
    kind, _, service = kind.partition("@")
    return Phrase(words, kind, (service or name.partition(":")[0]) if bar else "")


_TABLE = {name.lower(): _common(name, text) for name, text in _COMMON.items()}


@lru_cache(maxsize=4096)
def phrase(name: str) -> Phrase:
    """Put an action into words.

    Examples
    --------
    >>> phrase("s3:GetObject")
    Phrase(words='read', kind='object', service='s3')
    >>> phrase("ec2:TerminateInstances")
    Phrase(words='terminate', kind='instance', service='ec2')
    >>> phrase("iam:listMFADevices").words, phrase("s3:GetObjects").words
    ('list MFA devices', 'use s3:GetObjects')
    """
    known = action(name)
    if known is None:
        return Phrase(f"use {name}")
    return _TABLE.get(name.lower()) or _read(known)


def _read(known: Action) -> Phrase:
    """Read an action's name: a verb, and what it is done to."""
    verb, _, rest = humanised(known.name).partition(" ")
    several = ""
    if verb == "batch":
        verb, _, rest = rest.partition(" ")
        several = " (in batches)"
    if not (verb in VERBS or verb in _IN_TWO) or not rest:
        return Phrase(f"use {known.full_name}")
    types = resource_types_of(known.service)
    for use in known.resource_types:
        one = humanised(use.name)
        own = use.name in types and types[use.name].arn.split(":")[2] == known.service
        if use.required and own and not several and rest in (one, plural(one)):
            return Phrase(verb, use.name, known.service)
    return Phrase(f"{_IN_TWO.get(verb, verb)} {rest}{several}", "", known.service)
