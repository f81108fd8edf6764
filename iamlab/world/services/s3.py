"""S3: buckets, each with a policy for itself and its objects.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from iamlab.errors import BucketAlreadyExists, BucketAlreadyOwnedByYou, MalformedPolicy
from iamlab.policy.patterns import glob_resource
from iamlab.policy.writing import edited
from iamlab.world.api.entry import Parameters, service_operation
from iamlab.world.api.values import as_text
from iamlab.world.principals import absent
from iamlab.world.quotas import check_bucket_name, check_tags
from iamlab.world.resources import Resource
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from iamlab.policy.document import Policy, Principals, Statement
    from iamlab.world.account import Account
    from iamlab.world.saving import Document


@dataclass(slots=True, eq=False)
class Bucket(Resource):
    """An S3 bucket. Its objects are ``arn:aws:s3:::name/key``, and are asked of its policy."""

    kind: ClassVar[str] = "bucket"
    separator: ClassVar[str] = "/"

    def put_policy(self, document: Document) -> None:
        """Replace the bucket policy.

        Raises
        ------
        MalformedPolicy
            In S3's words.
        """
        self._do("PutBucketPolicy", Bucket=self.name, Policy=as_text(document))

    def delete_policy(self) -> None:
        """Take the bucket policy away; S3 does not mind if there is none."""
        self._do("DeleteBucketPolicy", Bucket=self.name)


def arn_of(account: Account, given: Parameters) -> str:
    """Give the ARN of the bucket that a call is about."""
    return f"arn:{account.partition}:s3:::{given['Bucket']}"


def bucket_of(account: Account, given: Parameters) -> Bucket:
    """Find the bucket that a call is about."""
    return account.get_bucket(given["Bucket"])


@service_operation("s3", "CreateBucket", arn_of, "Bucket Tags:list? Policy?")
def create_bucket(account: Account, given: Parameters) -> Bucket:
    """Make a bucket; its name is unique in the whole world."""
    name = given["Bucket"]
    check_bucket_name(name)
    if name in account.buckets:
        raise BucketAlreadyOwnedByYou(
            "Your previous request to create the named bucket succeeded and you already own it."
        )
    if any(name in other.buckets for other in account.world.accounts.values()):
        raise BucketAlreadyExists(
            "The requested bucket name is not available. The bucket namespace is shared by all "
            "users of the system. Please select a different name and try again."
        )
    tags = check_tags({tag["Key"]: tag["Value"] for tag in given.get("Tags", ())})
    bucket = Bucket(account, arn_of(account, given), tags)
    if "Policy" in given:
        bucket.policy = bucket_policy(given["Policy"], bucket)
    account.resources[bucket.arn] = bucket
    account.changed()
    return bucket


@service_operation("s3", "PutBucketPolicy", arn_of, "Bucket Policy")
def put_bucket_policy(account: Account, given: Parameters) -> None:
    """Replace a bucket's policy."""
    bucket = bucket_of(account, given)
    bucket.policy = bucket_policy(given["Policy"], bucket)
    account.changed()


@service_operation("s3", "DeleteBucketPolicy", arn_of, "Bucket")
def delete_bucket_policy(account: Account, given: Parameters) -> None:
    """Take a bucket's policy away."""
    bucket_of(account, given).policy = None
    account.changed()


def bucket_policy(document: Document, bucket: Bucket) -> Policy:
    """Check what S3 checks before it saves a bucket policy."""
    policy = saved(document, f"policy of {bucket.name}", "resource", "s3")
    for statement, value in absent(policy, bucket.account.world):
        where = f"See statement {statement.label}. There is no {value} in this world."
        _refuse("Invalid principal in policy", where)
    for statement in policy.statements:
        _check(statement, bucket)
    return _with_accounts(policy, bucket)


def _with_accounts(policy: Policy, bucket: Bucket) -> Policy:
    """Write each canonical user ID as the account that it stands for, as S3 does."""
    root_of = {
        ("CanonicalUser", account.canonical_user_id): ("AWS", account.root_arn)
        for account in bucket.account.world.accounts.values()
    }

    def by_account(principals: Principals | None) -> Principals | None:
        if principals is None:
            return None
        return tuple(root_of.get(principal, principal) for principal in principals)

    changed: dict[int, Statement | None] = {
        one.number: replace(
            one,
            principal=by_account(one.principal),
            not_principal=by_account(one.not_principal),
        )
        for one in policy.statements
        if any(kind == "CanonicalUser" for kind, _ in (one.principal or one.not_principal or ()))
    }
    return edited(policy, changed) if changed else policy


def _check(statement: Statement, bucket: Bucket) -> None:
    where = f"See statement {statement.label}. "
    for kind, value in statement.principal or statement.not_principal or ():
        if kind == "CanonicalUser" and not _is_canonical(value, bucket):
            note = f"No account in this world has the canonical user ID {value}."
            _refuse("Invalid principal in policy", where + note)
    for resource in statement.resource or statement.not_resource or ():
        own = glob_resource(resource, bucket.arn) or glob_resource(resource, f"{bucket.arn}/x")
        if not own and not resource.startswith(f"{bucket.arn}/"):
            _refuse(
                "Policy has invalid resource",
                f"{where}A bucket policy speaks of its own bucket: {bucket.arn} or {bucket.arn}/*.",
            )


def _is_canonical(value: str, bucket: Bucket) -> bool:
    accounts = bucket.account.world.accounts.values()
    return any(account.canonical_user_id == value for account in accounts)


def _refuse(message: str, note: str) -> None:
    error = MalformedPolicy(message)
    error.add_note(note)
    raise error
