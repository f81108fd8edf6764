"""Resources that have a policy of their own. For now: S3 buckets.

Notes
-----
AWS page: "Bucket policies for Amazon S3".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from iamlab.errors import MalformedPolicy, RequestError
from iamlab.policy.patterns import glob_resource
from iamlab.policy.writing import edited
from iamlab.world.principals import absent
from iamlab.world.saving import saved

if TYPE_CHECKING:
    from iamlab.policy.document import Policy, Principals, Statement
    from iamlab.world.account import Account
    from iamlab.world.saving import Document


@dataclass(slots=True, eq=False)
class Bucket:
    """An S3 bucket: a name, an owner, perhaps a bucket policy."""

    account: Account = field(repr=False)
    name: str
    policy: Policy | None = field(default=None, repr=False)
    tags: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:s3:::name``; its objects are ``arn:aws:s3:::name/key``."""
        return f"arn:{self.account.partition}:s3:::{self.name}"

    def put_policy(self, document: Document) -> None:
        """Replace the bucket policy (``PutBucketPolicy``).

        Raises
        ------
        MalformedPolicy
            In S3's words.
        """
        self.policy = bucket_policy(document, self)
        self.account.changed()

    def attach_policy(self, policy_arn: object) -> NoReturn:
        """Refuse: S3 has no such operation, and nobody should look for it in vain.

        Raises
        ------
        RequestError
            With the two ways that work.
        """
        raise RequestError(
            f"A managed policy hangs on users, groups and roles, never on a bucket. Attach "
            f"{policy_arn} to whoever shall use {self.name}: user.attach_policy(...). Or give the "
            "bucket a policy of its own, which names its Principal: bucket.put_policy(...)."
        )

    def delete_policy(self) -> None:
        """Take the bucket policy away; S3 does not mind if there is none."""
        self.policy = None
        self.account.changed()


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
