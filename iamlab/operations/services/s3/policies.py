"""Bucket policies: saved, read, taken away; and whether S3 takes one for public.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "API PutBucketPolicy"; "API GetBucketPolicyStatus".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.engine.evaluate import evaluate
from iamlab.engine.request import Kind
from iamlab.engine.rules import AWS
from iamlab.errors import AccessDenied
from iamlab.errors.services import MethodNotAllowed, NoSuchBucketPolicy
from iamlab.operations.registry import Parameters, operation
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.s3.bucket import arn_of, bucket_of
from iamlab.policy.public import public_because

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.public_access_block import PublicStatus
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.services.s3.bucket import Bucket
    from iamlab.policy.document import Policy


def bucket_policy(
    document: Document, bucket: Bucket, switches: PublicAccessBlock, caller_arn: str
) -> Policy:
    """Check what S3 checks before it saves a bucket policy.

    Raises
    ------
    MalformedPolicy
        It is no policy for this bucket.
    AccessDenied
        It is public, and BlockPublicPolicy is on.
    """
    policy = resource_policy(document, bucket, "s3")
    because = public_because(policy) if switches.block_public_policy else ()
    if because:
        error = AccessDenied(
            f"User: {caller_arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
            f'"{bucket.arn}" because public policies are blocked by the BlockPublicPolicy block '
            "public access setting."
        )
        for sentence in because:
            error.add_note(sentence)
        error.add_note(
            "If everybody shall get in, switch it off first, for the bucket and for the account: "
            "bucket.put_public_access_block(block_public_acls=True, ignore_public_acls=True)."
        )
        raise error
    return policy


def _refused(decision: Decision, message: str) -> AwsError:
    """Refuse as S3 does: with 405 whom only his being of another account keeps from it."""
    request = decision.request
    abroad = AWS.root_user_abroad if request.caller.kind is Kind.ROOT else AWS.cross_account
    rules = replace(AWS, never_abroad=abroad)
    if not request.same_account and evaluate(request, decision.layers, rules):
        error = MethodNotAllowed("The specified method is not allowed against this resource.")
        error.add_note("A bucket policy is read and written from the bucket's own account only.")
        return error
    return AccessDenied(decision, message)


@operation("s3:PutBucketPolicy", arn_of, refuse=_refused, by_whom=True)
def put_bucket_policy(account: Account, given: Parameters, caller: Caller) -> None:
    """Replace a bucket's policy."""
    bucket = bucket_of(account, given)
    who = principal_of(account.world, caller)
    bucket.policy = bucket_policy(given["Policy"], bucket, bucket.public_access_block, who.arn)
    account.changed()


def _as_text(policy: Policy) -> dict[str, Any]:
    return {"Policy": policy.text}


@operation("s3:GetBucketPolicy", arn_of, answer=_as_text, refuse=_refused)
def get_bucket_policy(account: Account, given: Parameters) -> Policy:
    """Read a bucket's policy."""
    policy = bucket_of(account, given).policy
    if policy is None:
        raise NoSuchBucketPolicy("The bucket policy does not exist")
    return policy


@operation("s3:DeleteBucketPolicy", arn_of, refuse=_refused)
def delete_bucket_policy(account: Account, given: Parameters) -> None:
    """Take a bucket's policy away."""
    bucket_of(account, given).policy = None
    account.changed()


def _as_status(status: PublicStatus) -> dict[str, Any]:
    return {"PolicyStatus": {"IsPublic": status.is_public}}


@operation("s3:GetBucketPolicyStatus", arn_of, answer=_as_status)
def get_bucket_policy_status(account: Account, given: Parameters) -> PublicStatus:
    """Say whether a bucket's policy is public; ACLs and switches do not count."""
    bucket = bucket_of(account, given)
    get_bucket_policy(account, given)
    return bucket.is_public()
