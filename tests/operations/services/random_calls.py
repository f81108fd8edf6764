"""Operations of the services asked by chance: parameters by their names, good and bad."""

import json
import random
from typing import Any, NamedTuple

from iamlab import World
from iamlab.operations.api_models import TYPES, shape
from iamlab.operations.registry import Entry, entries_of
from iamlab.world.account import Account
from tests.policy.documents import allow, document, trust

OWN, OTHER = "111111111111", "222222222222"
SERVICES = (
    *("cloudformation", "dynamodb", "ec2", "ecr", "events", "lambda"),
    *("secretsmanager", "sns", "sqs"),
)
NAMES = ("abc", "abc", "abcd", "abcd", "no good", "x" * 600, "")
_START = f"us-east-1:{OWN}"
ARNS = {
    "dynamodb": f"arn:aws:dynamodb:{_START}:table/abc",
    "ecr": f"arn:aws:ecr:{_START}:repository/abc",
    "events": f"arn:aws:events:{_START}:event-bus/abc",
    "lambda": f"arn:aws:lambda:{_START}:function:abc",
    "secretsmanager": f"arn:aws:secretsmanager:{_START}:secret:abc",
    "sns": f"arn:aws:sns:{_START}:abc",
    "sqs": f"arn:aws:sqs:{_START}:abc",
    "cloudformation": f"arn:aws:logs:{_START}:log-group:abc",
    "ec2": f"arn:aws:ec2:{_START}:volume/vol-1",
}
ACTIONS = {
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "cloudformation": "logs:PutLogEvents",
}
TAGS: list[Any] = [
    [{"Key": "team", "Value": "sky"}],
    [{"Key": "cost", "Value": ""}],
    [{"Key": "aws:team", "Value": "sky"}],
    [{"Key": "team", "Value": "sky"}] * 2,
    [{"Key": 5}],
    ["team"],
]


def entries() -> dict[str, Entry]:
    """Return the entries of the services that are tried here."""
    return dict(entries_of(*SERVICES))


def start(seed: int) -> Account:
    """A small account, with roles and profiles for what gets one."""
    account = World(seed=seed).create_account("main", account_id=OWN)
    for name, service in (("worker", "lambda"), ("web", "ec2")):
        service_trust = trust({"Service": f"{service}.amazonaws.com"})
        account.create_role(name, assume_role_policy_document=service_trust)
    account.create_instance_profile("web").add_role("web")
    account.create_instance_profile("empty")
    return account


class Taken(NamedTuple):
    """A parameter of an operation: the types of its values, and whether it must be there."""

    types: tuple[type, ...]
    is_required: bool


def takes(entry: Entry) -> dict[str, Taken]:
    """Return an operation's parameters by name."""
    known = entry.signature
    return {
        name: Taken(TYPES[shape(kind, entry.service).type], name in known.required)
        for name, kind in known.parameters.items()
    }


class ServiceChance:
    """Draws parameters for an operation of a service."""

    def __init__(self, seed: int, account: Account) -> None:
        self.draw, self.account = random.Random(seed), account

    def parameters(self, entry: Entry) -> dict[str, Any]:
        """Some parameters, mostly with all that must be there."""
        return {
            name: self.value(entry, name)
            for name, take in takes(entry).items()
            if self.draw.random() < (0.97 if take.is_required else 0.3)
        }

    def value(self, entry: Entry, name: str) -> Any:
        """A value of a parameter, good or bad."""
        if self.draw.random() < 0.02:
            return self.draw.choice([5, [], {}, "\0", "", True])
        makers = {
            "Attributes": lambda: {"Policy": self.policy(entry)},
            "AttributeName": lambda: self.draw.choice(["Policy", "Policy", "DisplayName"]),
            "AttributeValue": lambda: self.policy(entry),
            "Policy": lambda: self.policy(entry),
            "policyText": lambda: self.policy(entry),
            "ResourcePolicy": lambda: self.policy(entry),
            "PolicyDocument": lambda: self.policy(entry),
            "Tags": lambda: self.tags(entry),
            "tags": lambda: self.tags(entry),
            "TagSpecifications": lambda: [{"ResourceType": "instance", "Tags": self.tags(entry)}],
            "Region": lambda: self.draw.choice(["us-east-1", "us-east-1", "eu-west-1", "no good"]),
            **{key: lambda key=key: self.draw.choice(VALUES[key]) for key in VALUES},
        }
        if name in makers:
            return makers[name]()
        if bool in takes(entry)[name].types:
            return self.draw.random() < 0.5
        return self.named(entry, name)

    def named(self, entry: Entry, name: str) -> Any:
        """Something that is there, or a name that is or is not."""
        there = [
            resource
            for resource in self.account.resources.values()
            if resource.service == entry.service
        ]
        ids = [item.name for item in there] or ["i-0123456789abcdef0"]
        if name == "AssociationId":
            held = [getattr(item, "association", None) for item in there]
            known = [item.association_id for item in held if item]
            return self.draw.choice([*known, "iip-assoc-none"])
        if name in ("InstanceIds", "VpcEndpointIds", "Resources"):
            return self.draw.sample(ids, k=min(len(ids), self.draw.choice([1, 1, 2])))
        if name in ("InstanceId", "VpcEndpointId"):
            return self.draw.choice([*ids, "vpc-1"])
        if name == "QueueUrl":
            return f"https://sqs.us-east-1.amazonaws.com/{OWN}/{self.draw.choice(NAMES)}"
        if name in ("ResourceArn", "resourceArn", "ResourceARN", "Resource", "TopicArn", "Arn"):
            return self.draw.choice([ARNS[entry.service], *(item.arn for item in there), "none"])
        if name == "SecretId" and there:
            return self.draw.choice([there[0].name, there[-1].arn, "none"])
        return self.draw.choice(NAMES)

    def tags(self, entry: Entry) -> Any:
        """Tags as the operation takes them, good and bad."""
        sent = self.draw.choice(TAGS[:2] if self.draw.random() < 0.7 else TAGS)
        taken = takes(entry).get("Tags") or takes(entry).get("tags")
        if taken is not None and list not in taken.types and isinstance(sent[0], dict):
            return {str(tag["Key"]): tag.get("Value", "") for tag in sent}
        return sent

    def policy(self, entry: Entry) -> str:
        """A policy of the resource that most calls are about, or none."""
        arn = ARNS[entry.service]
        there = [
            item.arn for item in self.account.resources.values() if item.service == entry.service
        ]
        resource = self.draw.choice([arn, *there])
        action = ACTIONS.get(entry.service, f"{entry.service}:*")
        statement = allow(action, resource, Principal={"AWS": OTHER})
        if entry.service == "ecr":
            del statement["Resource"]
        if entry.service == "ec2":
            statement = allow("s3:*", "*", Principal="*")
        shut = {**statement, "Effect": "Deny", "Principal": "*"}
        return self.draw.choice(
            [
                *[json.dumps(document(statement))] * 3,
                json.dumps(document(shut)),
                "{",
                "",
                json.dumps(document(allow("s3:*", "*"))),
            ]
        )


VALUES: dict[str, list[Any]] = {
    "Role": [f"arn:aws:iam::{OWN}:role/worker"] * 3
    + [f"arn:aws:iam::{OWN}:role/web", f"arn:aws:iam::{OTHER}:role/x", "worker"],
    "FunctionName": ["abc", "abc", "abc", "abc", "abcd", ARNS["lambda"], "abc:live", "no good"],
    "StatementId": ["one", "one", "two", "no good"],
    "Label": ["one", "two"],
    "Action": ["lambda:InvokeFunction", "lambda:InvokeFunction", "events:PutEvents", "none"],
    "Principal": [OTHER, "*", "s3.amazonaws.com", "nobody", ""],
    "Condition": [
        {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"},
        {"Type": "Bool"},
    ],
    "SourceArn": ["arn:aws:s3:::maps"],
    "SourceAccount": [OTHER],
    "PrincipalOrgID": ["o-1234567890"],
    "Code": [{}],
    "FunctionUrlAuthType": ["NONE"],
    "Qualifier": ["live"],
    "AWSAccountIds": [[OTHER], ["nobody"], [5], [OWN, OTHER]],
    "AWSAccountId": [[OTHER], ["nobody"], [5], []],
    "Actions": [["SendMessage"], ["*"], ["a"] * 8, [5]],
    "ActionName": [["Publish"], ["None"], [5]],
    "TagKeys": [["team"], ["none"], []],
    "tagKeys": [["team"], ["none"], []],
    "MinCount": [1, 1, 1, 0, 2],
    "MaxCount": [1, 1, 2, 10**6],
    "IamInstanceProfile": [
        *[{"Name": "web"}] * 3,
        {"Arn": f"arn:aws:iam::{OWN}:instance-profile/web"},
        {"Name": "empty"},
        {"Name": "none"},
        {"Name": 5},
        {},
    ],
    "MetadataOptions": [{"HttpTokens": "required"}, {"HttpTokens": "no"}, {"Other": 1}],
    "HttpTokens": ["required", "optional", "no"],
    "HttpEndpoint": ["enabled", "disabled", "no"],
    "VpcId": ["vpc-1", "vpc-1", "vpc-2", "none"],
    "PrivateIpAddress": ["10.0.0.9", "10.0.0.10", "10.0.0.999"],
    "SecurityGroupIds": [["sg-1"], ["sg-1", 5], [{}]],
    "NetworkInterfaces": [[{"SubnetId": "subnet-1", "Groups": ["sg-2"]}], [5, {"Groups": 5}]],
    "BlockDeviceMappings": [[{"Ebs": {"SnapshotId": "snap-1"}}], [{"Ebs": 5}]],
    "Placement": [{"GroupName": "close"}, {"GroupName": [5], "Tenancy": 5}],
    "LaunchTemplate": [{"LaunchTemplateId": "lt-1"}, {"LaunchTemplateName": "web"}, {"Other": []}],
    "ServiceName": [
        "com.amazonaws.us-east-1.s3",
        "com.amazonaws.us-east-1.sqs",
        "com.amazonaws.eu-west-1.s3",
        "none",
    ],
    "VpcEndpointType": ["Gateway", "Interface", "None"],
    "StreamSpecification": [{"StreamEnabled": True}, {"StreamEnabled": 5}],
}
