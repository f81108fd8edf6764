"""Operations of every service asked by chance, in a world of several accounts, good and bad ones.

S3, KMS and AWS Organizations have their parameters here; those of the other services come from
``service_chance.py``.
"""

import json
import random
from collections.abc import Callable
from typing import Any

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.operations.dispatch import perform
from iamlab.operations.registry import Entry, find
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.operations.services.random_calls import TAGS, ServiceChance, takes
from tests.policy.documents import allow, deny, document
from tests.state_machine.policy_documents import RCP, RCPS, SCP, SCPS

SWITCHES = [{"BlockPublicPolicy": True}, {}, {"RestrictPublicBuckets": True}, {"Other": True}]
DELEGATION = document(allow("organizations:List*", Principal={"AWS": "111111111111"}))
CONTENTS = [json.dumps(text) for text in (*SCPS.values(), *RCPS.values(), DELEGATION)]
VALUES: dict[str, list[Any]] = {
    # S3
    "PublicAccessBlockConfiguration": SWITCHES,
    "ObjectOwnership": ["BucketOwnerEnforced", "ObjectWriter", "ObjectWriter", "Nobody"],
    "OwnershipControls": [{"Rules": [{"ObjectOwnership": "ObjectWriter"}]}, {"Rules": []}],
    "ACL": ["private", "private", "public-read", "no"],
    "Key": ["m31", "raw/m31"],
    "AbacStatus": [{"Status": "Enabled"}, {"Status": "Disabled"}, {"Status": "Perhaps"}],
    "ServerSideEncryptionConfiguration": [
        {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}]}
        for algorithm in ("AES256", "aws:kms", "none")
    ],
    "Tagging": [*({"TagSet": tags} for tags in TAGS), {"TagSet": 5}, {}],
    # KMS
    "PolicyName": ["default", "default", "other"],
    "Description": ["", "of maps"],
    "KeyUsage": ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "None"],
    "KeySpec": ["SYMMETRIC_DEFAULT", "RSA_2048", "None"],
    "Operations": [["Decrypt"], ["Decrypt", "Encrypt"], ["None"], ["Sign"], []],
    "Constraints": [{"EncryptionContextSubset": {"a": "b"}}, {"None": {}}],
    "PendingWindowInDays": [7, 30, 6],
    "AliasName": ["alias/maps", "alias/maps", "alias/stars", "maps"],
    # AWS Organizations
    "FeatureSet": ["ALL", "CONSOLIDATED_BILLING", "None"],
    "Email": ["one@example.com", "two@example.com", "root-111111111111@example.com", "no"],
    "AccountName": ["lab", "x" * 51],
    "RoleName": ["Access", "no good"],
    "IamUserAccessToBilling": ["ALLOW", "no"],
    "States": [["SUCCEEDED"], ["FAILED"], []],
    "MaxResults": [1, 20, 0],
    "NextToken": ["0", "1", "x"],
    "ServicePrincipal": ["config.amazonaws.com"] * 3 + ["access-analyzer.amazonaws.com", "no"],
    "ChildType": ["ACCOUNT", "ORGANIZATIONAL_UNIT", "None"],
    "Notes": ["Welcome"],
    "Type": [SCP, RCP, "TAG_POLICY", "None"],
    "PolicyType": [SCP, RCP, "TAG_POLICY", "None"],
    "Content": CONTENTS,
}
"""Parameter -> values, of which some are wrong."""


class WorldChance:
    """Draws an account, a caller and parameters for an operation."""

    def __init__(self, seed: int, world: World) -> None:
        self.draw, self.world = random.Random(seed), world

    def outcome(self, operation: str, caller: str | None = None) -> str:
        """Do it, and say how it ended; a failure must have left everything as it was."""
        entry = find(operation)
        own = caller.split(":")[4] if caller else ""
        account = self.account(entry, own)
        arguments = self.parameters(entry, account)
        before, how = snapshot(self.world), "done"
        try:
            if caller is None:
                perform(account, operation, **arguments)
            else:
                account.call(operation, caller, **arguments)
        except (AwsError, RequestError) as error:
            how = type(error).__name__
        if how != "done":
            assert snapshot(self.world) == before, (operation, arguments, how)
        return how

    def account(self, entry: Entry, own: str) -> Account:
        """Choose in which account it is done: mostly where it can be, or in the caller's own."""
        every = self.world.accounts
        if own and (entry.service == "organizations" or self.draw.random() < 0.7):
            return every[own]
        mains = [
            organization.management_account for organization in self.world.organizations.values()
        ]
        if entry.service == "organizations" and mains and self.draw.random() < 0.7:
            return self.draw.choice(mains)
        first, *others = every.values()
        return first if self.draw.random() < 0.7 else self.draw.choice(others)

    def parameters(self, entry: Entry, account: Account) -> dict[str, Any]:
        """Draw some parameters, mostly with all that must be there."""
        chance = ServiceChance(self.draw.randrange(10**9), account)
        own = {"s3": self.of_s3, "kms": self.of_kms, "organizations": self.of_organizations}
        if entry.service not in own:
            return chance.parameters(entry)
        makers = own[entry.service](account)
        arguments = {}
        for name, take in takes(entry).items():
            if self.draw.random() > (0.97 if take.is_required else 0.3):
                continue
            if self.draw.random() < 0.02:
                arguments[name] = self.draw.choice([5, [], {}, "\0", "", True])
            elif name in makers:
                arguments[name] = makers[name]()
            elif name in VALUES:
                arguments[name] = self.draw.choice(VALUES[name])
            elif bool in take.types:
                arguments[name] = self.draw.random() < 0.5
            else:
                arguments[name] = chance.value(entry, name)
        return arguments

    def either(self, known: Any, *others: Any) -> Callable[[], Any]:
        """Draw something that is there, or something else."""
        every = list(known)
        return lambda: self.draw.choice(
            every if every and self.draw.random() < 0.8 else [*others, *every]
        )

    def of_s3(self, account: Account) -> dict[str, Callable[[], Any]]:
        """Return how S3's parameters are drawn."""
        buckets = account.buckets
        somewhere = [name for item in self.world.accounts.values() for name in item.buckets]
        return {
            "Bucket": self.either(buckets, "abc", "abcd", "No", *somewhere),
            "ResourceArn": self.either(
                [bucket.arn for bucket in buckets.values()], "arn:aws:s3:::abc"
            ),
            "Policy": lambda: self.bucket_policy(account),
            "Tags": lambda: self.draw.choice(TAGS),
        }

    def bucket_policy(self, account: Account) -> str:
        """Write the policy of a bucket or an access point."""
        own = [item for item in account.resources.values() if item.service == "s3"]
        below = [f"{item.arn}{'' if item.kind == 'bucket' else '/object'}" for item in own]
        arn = self.either(below, "arn:aws:s3:::abc")()
        principal = self.draw.choice(["*", {"AWS": account.root_arn}, {"AWS": "nobody"}])
        statement = self.draw.choice([allow, deny])("s3:GetObject", f"{arn}/*", Principal=principal)
        return self.draw.choice([json.dumps(document(statement)), "{"])

    def of_kms(self, account: Account) -> dict[str, Callable[[], Any]]:
        """Return how KMS's parameters are drawn."""
        keys: Any = [resource for resource in account.resources.values() if resource.kind == "key"]
        aliases = [name for key in keys for name in key.aliases]
        grants = [grant for key in keys for grant in key.kept_grants.values()]
        named = self.either([key.arn for key in keys], *aliases, "none")
        whole = allow("kms:*", "*", Principal={"AWS": account.root_arn})
        nobody = allow("kms:Decrypt", "*", Principal={"AWS": account.root_arn})
        principals = [user.arn for user in (*account.users.values(), *account.roles.values())]
        texts = [json.dumps(document(item)) for item in (whole, whole, nobody)]
        return {
            "KeyId": named,
            "TargetKeyId": named,
            "AliasName": self.either(aliases, *VALUES["AliasName"]),
            "GrantId": self.either([grant.grant_id for grant in grants], "none"),
            "GrantToken": self.either([grant.grant_token for grant in grants], "none"),
            "GranteePrincipal": self.either(principals, "nobody"),
            "RetiringPrincipal": self.either(principals, "nobody"),
            "Policy": lambda: self.draw.choice([*texts, "{"]),
            "Tags": lambda: [
                {"TagKey": tag.get("Key"), "TagValue": tag.get("Value", "")}
                for tag in self.draw.choice(TAGS[:4])
            ],
            "Region": lambda: self.draw.choice(["us-east-1", "us-east-1", "eu-west-1", "no good"]),
        }

    def of_organizations(self, account: Account) -> dict[str, Callable[[], Any]]:
        """Return how the parameters of AWS Organizations are drawn."""
        item = account.organization
        units = [] if item is None else list(item.organizational_units)
        members = [] if item is None else list(item.members)
        containers = [] if item is None else [item.root.id, *units]
        policies = [] if item is None else list(item.policies)
        sent = [key for each in self.world.organizations.values() for key in each.handshakes]
        parents = [] if item is None else [member.parent_id for member in item.members.values()]
        nowhere = ("ou-none-00000000", "no")
        accounts = list(self.world.accounts)
        return {
            "AccountId": self.either(members, *accounts, "666666666666", "7"),
            "ChildId": self.either([*units, *members], *nowhere),
            "CreateAccountRequestId": self.either([] if item is None else item.requests, "car-0"),
            "DestinationParentId": self.either(containers, *nowhere),
            "Filter": lambda: self.draw.choice([SCP, RCP, "None", {"ActionType": "INVITE"}]),
            "HandshakeId": self.either(sent, "h-00000000", "no"),
            "Name": lambda: self.draw.choice(["Web", "Web", "Ops", "guard", "", "x" * 129]),
            "OrganizationalUnitId": self.either(units, *nowhere),
            "ParentId": self.either(containers, *nowhere),
            "PolicyId": self.either(policies, "p-none0000", "no"),
            "ResourceId": self.either([*containers, *members, *policies], *nowhere),
            "RootId": self.either(containers[:1], "r-0000", "no"),
            "SourceParentId": self.either([*parents, *containers[:1]], *nowhere),
            "TagKeys": lambda: self.draw.choice([["team"], ["none"], []]),
            "Tags": lambda: self.draw.choice(TAGS),
            "Target": lambda: self.draw.choice(
                [
                    *({"Type": "ACCOUNT", "Id": key} for key in accounts),
                    {"Type": "EMAIL", "Id": "root-333333333333@example.com"},
                    {"Type": "None", "Id": "7"},
                    {},
                ]
            ),
            "TargetId": self.either([*containers, *members], *nowhere),
        }
