"""Bucket policies, whether S3 considers them public, and Block Public Access.

Notes
-----
AWS pages: "Bucket policies for Amazon S3"; "API PutBucketPolicy"; "API GetBucketPolicyStatus";
"Blocking public access to your Amazon S3 storage".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.authorization.principal import principal_of
from iamlab.engine.evaluate import evaluate
from iamlab.engine.request import Kind
from iamlab.engine.rules import AWS_RULES
from iamlab.errors import AccessDenied, noted
from iamlab.errors.services import (
    NoSuchBucketPolicy,
    NoSuchPublicAccessBlockConfiguration,
)
from iamlab.model.public_access_block import from_parameter
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.names_and_tags import everything
from iamlab.operations.services.s3.bucket import API, not_allowed
from iamlab.policy.public import public_because

if TYPE_CHECKING:
    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.model.public_access_block import PublicStatus
    from iamlab.model.resources import Resource
    from iamlab.model.world import World
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy


def blocked(world: World, caller: Caller, action: str, arn: str, setting: str) -> AccessDenied:
    """Make S3's error for what Block Public Access rejects."""
    acls = "public access control lists (ACLs)"
    return AccessDenied(
        f"User: {principal_of(world, caller).arn} is not authorized to perform: {action} on "
        f'resource: "{arn}" because {acls if "Acl" in setting else "public policies"} are blocked '
        f"by the {setting} block public access setting."
    )


def set_policy(
    resource: Resource, document: Document, caller: Caller, kind: str = "Bucket"
) -> None:
    """Set the policy of a bucket or an access point, after S3's checks.

    Raises
    ------
    MalformedPolicy
        It isn't a valid policy for it.
    AccessDenied
        It is public, and BlockPublicPolicy is on.
    """
    policy, block = resource_policy(document, resource), resource.public_access_block
    because = public_because(policy) if block and block.block_public_policy else ()
    if because:
        world, action = resource.account.world, f"s3:Put{kind}Policy"
        raise noted(
            blocked(world, caller, action, resource.arn, "BlockPublicPolicy"),
            *because,
            "To allow public access, turn it off for the bucket and for the account: "
            "bucket.put_public_access_block(block_public_acls=True, ignore_public_acls=True).",
        )
    resource.policy = policy


def _refused(decision: Decision, message: str) -> AwsError:
    """Raise S3's error 405 for a caller whose only obstacle is being in another account."""
    request = decision.request
    is_root = request.caller.kind is Kind.ROOT
    abroad = AWS_RULES.root_user_abroad if is_root else AWS_RULES.cross_account
    rules = replace(AWS_RULES, never_abroad=abroad)
    if not request.same_account and evaluate(request, decision.layers, rules):
        return not_allowed("Only the bucket's own account can read and write a bucket policy.")
    return AccessDenied(decision, message)


@API.does("PutBucketPolicy", refuse=_refused, by_whom=True)
def put_bucket_policy(account: Account, arguments: Parameters, caller: Caller) -> None:
    """Replace a bucket's policy."""
    set_policy(API.find(account, arguments), arguments["Policy"], caller)


@API.does("GetBucketPolicy", lambda policy: {"Policy": policy.text}, refuse=_refused)
def get_bucket_policy(account: Account, arguments: Parameters) -> Policy:
    """Return a bucket's policy."""
    policy = API.find(account, arguments, by_access_point=True).policy
    if policy is None:
        raise NoSuchBucketPolicy("The bucket policy does not exist")
    return policy


API.deletes_policies("DeleteBucketPolicy", refuse=_refused)


@API.does("GetBucketPolicyStatus", lambda status: {"PolicyStatus": {"IsPublic": status.is_public}})
def get_bucket_policy_status(account: Account, arguments: Parameters) -> PublicStatus:
    """Return whether a bucket's policy is public; ACLs and settings don't count."""
    get_bucket_policy(account, arguments)
    return API.find(account, arguments).is_public()


# -- the settings of Block Public Access, of a bucket and of an account ----------------------------


def _there(switches: PublicAccessBlock | None) -> PublicAccessBlock:
    if switches is None:
        raise NoSuchPublicAccessBlockConfiguration(
            "The public access block configuration was not found"
        )
    return switches


def sent_block(arguments: Parameters) -> PublicAccessBlock | None:
    """Return the settings in a call; ``None`` in one that deletes them."""
    sent = arguments.get("PublicAccessBlockConfiguration")
    return None if sent is None else from_parameter(sent)


@API.does("PutPublicAccessBlock", action="s3:PutBucketPublicAccessBlock")
@API.does("DeletePublicAccessBlock", action="s3:PutBucketPublicAccessBlock")
def set_public_access_block(account: Account, arguments: Parameters) -> None:
    """Set or delete a bucket's own settings."""
    switches = sent_block(arguments)
    API.find(account, arguments).own_public_access_block = switches


@API.does("GetPublicAccessBlock", action="s3:GetBucketPublicAccessBlock")
def get_public_access_block(account: Account, arguments: Parameters) -> PublicAccessBlock:
    """Return a bucket's own settings."""
    return _there(API.find(account, arguments).own_public_access_block)


_PUT_OF_ACCOUNT = "s3:PutAccountPublicAccessBlock"


@API.does("PutAccountPublicAccessBlock", about=everything)
@API.does("DeleteAccountPublicAccessBlock", about=everything, action=_PUT_OF_ACCOUNT)
def set_account_public_access_block(account: Account, arguments: Parameters) -> None:
    """Set or delete the account's settings, which apply to all its buckets."""
    account.s3_public_access_block = sent_block(arguments)


@API.does("GetAccountPublicAccessBlock", about=everything)
def get_account_public_access_block(account: Account, _: Parameters) -> PublicAccessBlock:
    """Return the account's settings."""
    return _there(account.s3_public_access_block)
