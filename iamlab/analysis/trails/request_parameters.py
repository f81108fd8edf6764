"""What a call's parameters name: which of them fills which place in the form of an ARN.

The catalogue writes an ARN as a form: ``arn:${Partition}:s3:::${BucketName}/${ObjectName}``. Mostly
a place is called like the parameter that fills it, apart from letter case; the tables have the
rest.

Notes
-----
AWS pages: "Service Authorization Reference"; "CloudTrail record contents", requestParameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ParameterTexts = dict[str, list[str]]
"""Name of a parameter, in lower case -> the texts that it has."""

MOST = 1000
"""So many values of one parameter are looked at; more than any call takes."""

PARAMETERS_OF_PLACE: Mapping[str, tuple[str, ...]] = {
    # IAM's forms say that the path belongs to the name.
    "CertificateNameWithPath": ("servercertificatename",),
    "GroupNameWithPath": ("groupname",),
    "InstanceProfileNameWithPath": ("instanceprofilename",),
    "MfaTokenIdWithPath": ("virtualmfadevicename",),
    "PolicyNameWithPath": ("policyname",),
    "RoleNameWithPath": ("rolename",),
    "UserNameWithPath": ("username",),
    "OidcProviderName": ("url",),
    "FederatedUserName": ("name",),
    # These calls name the thing itself only "key", "name", "cluster" or "identifier".
    "ObjectName": ("key",),
    "ClusterName": ("clustername", "cluster", "clusters", "name"),
    "ServiceName": ("servicename", "service", "services"),
    "TaskId": ("task", "tasks"),
    "RuleName": ("rulename", "rule", "name"),
    "DocumentName": ("documentname", "name"),
    "ParameterNameWithoutLeadingSlash": ("name", "names", "path"),
    "TrailName": ("trailname", "name"),
    "RepositoryName": ("repositoryname", "repositorynames"),
    "SecretId": ("secretid", "name"),
    "KeyId": ("keyid", "targetkeyid"),
    "Alias": ("aliasname",),
    "LogGroupName": ("loggroupname", "loggroupidentifier"),
    "QueueName": ("queuename",),
    # RDS has identifiers where its forms have names.
    "ClusterParameterGroupName": ("dbclusterparametergroupname",),
    "ClusterSnapshotName": ("dbclustersnapshotidentifier",),
    "DbClusterInstanceName": ("dbclusteridentifier",),
    "DbInstanceName": ("dbinstanceidentifier",),
    "ParameterGroupName": ("dbparametergroupname",),
    "SnapshotName": ("dbsnapshotidentifier",),
    "SubnetGroupName": ("dbsubnetgroupname",),
    # EC2 has names of its own.
    "KeyPairName": ("keyname", "keypairname"),
    "NaclId": ("networkaclid",),
    "SecurityGroupId": ("groupid", "securitygroupid"),
}
"""A place in the form of an ARN -> the parameters that may fill it, where the names differ."""

OWN_PARAMETER: Mapping[str, str] = {
    "kms:ReEncryptFrom": "sourcekeyid",
    "kms:ReEncryptTo": "destinationkeyid",
}
"""An action -> the only parameter that names its resource: the call has two of the kind."""


def _last(text: str) -> str:
    return text.rpartition("/")[2]


def _not_an_alias(text: str) -> str:
    """Give a key's id; which key an alias means, the record does not say."""
    return "" if text.startswith("alias/") else text


def _function(text: str) -> str:
    """Give a function's name: it may come with an account before it and a qualifier behind it."""
    return text.rpartition("function:")[2].partition(":")[0]


CLEAN_TEXT: Mapping[str, Callable[[str], str]] = {
    "Alias": lambda text: text.removeprefix("alias/"),
    "ClusterName": _last,
    "FunctionName": _function,
    "KeyId": _not_an_alias,
    "OidcProviderName": lambda text: text.removeprefix("https://"),
    "ParameterNameWithoutLeadingSlash": lambda text: text.removeprefix("/"),
    # Six characters of chance follow in the ARN, which no caller has to know.
    "SecretId": lambda text: f"{text}-*",
    "ServiceName": _last,
    "TaskId": _last,
}
"""A place -> how its parameter is written in an ARN."""


def parameters_for(action: str, place: str) -> tuple[str, ...]:
    """Say which parameters may fill a place in the form of an ARN, in lower case."""
    if action in OWN_PARAMETER:
        return (OWN_PARAMETER[action],)
    return PARAMETERS_OF_PLACE.get(place) or (place.lower(),)


def parameter_texts(parameters: Mapping[str, Any] | None) -> ParameterTexts:
    """Give the texts among a call's parameters, by name in lower case.

    EC2 puts a list into ``items`` of a set, and some calls into one object for the whole request;
    these are opened. What else lies deeper is about other things.

    Examples
    --------
    >>> parameter_texts({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}})
    {'instanceid': ['i-1', 'i-2']}
    """
    found: ParameterTexts = {}
    waiting: list[Any] = [parameters or {}]
    for level in range(3):
        deeper: list[Any] = []
        for mapping in waiting:
            for name, value in mapping.items():
                if isinstance(value, str):
                    texts = [value] if value else []
                elif isinstance(value, list):
                    texts = [one for one in value[:MOST] if isinstance(one, str) and one]
                else:
                    if isinstance(value, dict) and level < 2:
                        deeper += _opened(name, value)
                    continue
                if texts:
                    found.setdefault(name.lower(), []).extend(texts)
        if not deeper:
            break
        waiting = deeper
    return found


def _opened(name: str, value: dict[str, Any]) -> list[Any]:
    items = value.get("items")
    if isinstance(items, list):
        return [one for one in items[:MOST] if isinstance(one, dict)]
    return [value] if name.endswith("Request") else []


def queue_arn(url: str, partition: str) -> str:
    """Read a queue's ARN from its URL; empty if it is none.

    Examples
    --------
    >>> queue_arn("https://sqs.eu-west-1.amazonaws.com/111122223333/jobs", "aws")
    'arn:aws:sqs:eu-west-1:111122223333:jobs'
    """
    host, _, path = url.partition("://")[2].partition("/")
    account, _, name = path.partition("/")
    label = host.removeprefix("sqs.").partition(".")[0]
    if not (host.startswith("sqs.") and account.isdigit() and name and "/" not in name):
        return ""
    return f"arn:{partition}:sqs:{label}:{account}:{name}"
