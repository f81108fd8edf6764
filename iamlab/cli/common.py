"""What several commands share: reading the account, the context, the policies of resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cli.documents import read_text
from iamlab.errors import RequestError
from iamlab.policy.arn import is_arn
from iamlab.world.world import World

if TYPE_CHECKING:
    import argparse


def add_world_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which world the question is about."""
    parser.add_argument(
        "--account-details",
        required=True,
        action="append",
        metavar="FILE",
        help="output of 'aws iam get-account-authorization-details'; repeat it for more files",
    )
    parser.add_argument("--action", required=True, help="such as s3:GetObject")
    parser.add_argument("--resource", required=True, metavar="ARN", help="an ARN, or *")
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a condition key; the same key again makes a list",
    )
    parser.add_argument(
        "--resource-policy",
        action="append",
        default=[],
        metavar="ARN=FILE",
        help="the policy of a resource, such as a bucket: account details hold none",
    )


def read_world(options: argparse.Namespace) -> World:
    """Read the files that the arguments name."""
    policies = {}
    for item in options.resource_policy:
        arn, equals, file = item.partition("=")
        if not equals or not is_arn(arn):
            message = f"--resource-policy {item!r}: write ARN=FILE, the whole ARN of the resource."
            raise RequestError(message)
        policies[arn] = read_text(file)
    return World.from_account_details(*options.account_details, resource_policies=policies)


def read_context(items: list[str]) -> dict[str, str | list[str]]:
    """Read ``KEY=VALUE`` pairs; a key that comes twice holds a list.

    Examples
    --------
    >>> read_context(["aws:SourceIp=203.0.113.9", "aws:TagKeys=a", "aws:TagKeys=b"])
    {'aws:SourceIp': '203.0.113.9', 'aws:TagKeys': ['a', 'b']}
    """
    spelled: dict[str, str] = {}  # the letter case of a key does not count; its first is kept
    values: dict[str, list[str]] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            message = f"--context {item!r}: write KEY=VALUE, such as aws:SourceIp=203.0.113.9."
            raise RequestError(message)
        values.setdefault(spelled.setdefault(key.lower(), key), []).append(value)
    return {key: many[0] if len(many) == 1 else many for key, many in values.items()}
