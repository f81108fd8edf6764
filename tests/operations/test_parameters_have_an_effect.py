"""Whoever sends a parameter gets its effect, or learns that there isn't one.

The code that does an operation reads a parameter, or it is refused, or it is in the table here with
the reason. Whether it is read is looked up in the code: its name is in a function that the
operation's entry leads to.
"""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import RequestError
from iamlab.errors.services import LambdaResourceNotFound
from iamlab.operations import authorization_needs
from iamlab.operations.registry import Entry, entries, entries_of, find
from tests.policy.documents import allow, document, trust
from tests.rows import each_row

EVERY = {
    **entries(),
    **entries_of(),
    **entries_of("sts"),
    **entries_of("access-analyzer"),
    **entries_of("sso", "identitystore"),
}

NO_EFFECT: Mapping[str, str] = {
    "ecr:DeleteRepository force": "No images are kept, so a repository is always empty.",
    "lambda:CreateFunction Handler": "AWS demands it with the code, which is not modelled.",
    "lambda:CreateFunction Runtime": "It comes with the code.",
    "secretsmanager:DeleteSecret ForceDeleteWithoutRecovery": "Secrets are never recovered here.",
    "sts:GetScopedCredentials ScopedSessionDescription": "A note that no answer of STS shows.",
}
"""Operation and parameter -> why it may be sent though nothing reads it."""

READ_TOGETHER = {"UpdateAccountPasswordPolicy"}
"""Operations that take all parameters at once, by the names that they have in Python."""


READERS = ("iamlab.operations", "iamlab.analysis.policy_simulator")
"""Where classes are that read parameters."""

OBJECTS = ("iamlab.operations.services", "iamlab.operations.iam")
"""Where objects are that hold the names of parameters."""


def texts(*start: Any) -> set[str]:
    """Return all texts in functions and in whatever of iamlab they lead to."""
    found, seen, waiting = set(), {}, list(start)
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value  # and keep it, so that no other has its id
        if isinstance(value, str):
            found.add(value)
        inside = next((look for kind, look in INSIDE if isinstance(value, kind)), of_object)
        waiting += inside(value)
    return found


@cache
def of_function(function: FunctionType) -> list[Any]:
    """Return a function's code, and what its names mean: globals, and what modules have."""
    if not function.__module__.startswith("iamlab."):
        return []
    known, used = function.__globals__, names(function.__code__)
    modules = [known[item] for item in used if isinstance(known.get(item), ModuleType)]
    modules += [sys.modules[text] for text in used if text.startswith(OBJECTS)]
    places = (known, *(vars(module) for module in modules if module.__name__.startswith("iamlab.")))
    inner = inspect.getclosurevars(function).nonlocals.values()
    return [
        function.__code__,
        *inner,
        *(place[name] for place in places for name in used if name in place),
    ]


def of_class(kind: type) -> list[Any]:
    """Return the methods of a class that reads parameters."""
    if not kind.__module__.startswith(READERS):
        return []
    return [getattr(var, "fget", getattr(var, "__func__", var)) for var in vars(kind).values()]


def of_object(value: Any) -> list[Any]:
    """Return the fields of an :class:`Api` and its methods; of other objects nothing."""
    if not type(value).__module__.startswith(OBJECTS):
        return []
    fields = [getattr(value, item, None) for item in getattr(value, "__dataclass_fields__", ())]
    return [*fields, *(item for kind in type(value).__mro__ for item in of_class(kind))]


INSIDE: tuple[tuple[Any, Any], ...] = (
    (CodeType, lambda code: [*code.co_names, *code.co_consts]),
    (Mapping, lambda mapping: [*mapping.keys(), *mapping.values()]),
    ((list, tuple, set, frozenset), list),
    (MethodType, lambda method: [method.__self__, method.__func__]),
    (partial, lambda made: [made.func, made.args]),
    (FunctionType, of_function),
    (type, of_class),
)
"""Kind of value -> what gives the values inside."""


@cache
def names(code: CodeType) -> set[str]:
    """Return the names that a function, and those inside it, use."""
    inner = [co_const for co_const in code.co_consts if isinstance(co_const, CodeType)]
    return {*code.co_names, *(name for item in inner for name in names(item))}


def read_by(entry: Entry) -> set[str]:
    """Return the texts in all that does an operation."""
    steps = [] if entry.call_type is None else of_class(entry.call_type)
    return texts(entry.perform, entry.about, entry.also, entry.keys, steps)


IN_ARNS: Mapping[str, Mapping[str, Any]] = {
    "ec2:RunInstances": {
        "ImageId": "ami-1",
        "KeyName": "night",
        "SecurityGroupIds": ["sg-1"],
        "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1"}],
        "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}],
        "LaunchTemplate": {"LaunchTemplateId": "lt-1"},
        "Placement": {"GroupName": "close"},
        "SubnetId": "subnet-1",
    }
}
"""Operation -> its parameters that the catalogue's ARNs have, each with a value."""


@pytest.mark.parametrize("name", IN_ARNS["ec2:RunInstances"])
def test_what_a_launch_uses_needs_permission(name: str) -> None:
    """Each parameter that names a resource is a pair of the call."""
    main, sent = World(seed=7).create_account("main"), IN_ARNS["ec2:RunInstances"]
    entry, least = find("ec2:RunInstances"), {"MinCount": 1, "MaxCount": 1}

    def arns(**more: Any) -> set[str]:
        return {arn for _, arn, _ in authorization_needs.needed(main, entry, {**least, **more})}

    [added] = arns(**{name: sent[name]}) - arns()
    assert added.endswith(("ami-1", "night", "sg-1", "eni-1", "snap-1", "lt-1", "close", "net-1"))


CENTRAL = texts(authorization_needs.context_of, authorization_needs.resource_of)
"""What is read of the parameters of every call: tags, and the name of what IAM works on."""


def unread(key: str) -> list[str]:
    """Find the parameters of an operation that nothing reads."""
    entry = EVERY[key]
    known = read_by(entry) | {"Region", *CENTRAL, *IN_ARNS.get(key, ())}
    own = entry.signature
    return [name for name in own.parameters if name not in known | own.unmodelled]


@each_row("key", sorted(set(EVERY) - READ_TOGETHER))
@pytest.mark.slow
def test_every_parameter_is_read_or_refused(key: str) -> None:
    """Or it has a reason."""
    missing = [name for name in unread(key) if f"{key} {name}" not in NO_EFFECT]

    assert not missing, f"{key} accepts {missing} and nothing reads them: use or refuse them"


def test_no_reason_is_out_of_date() -> None:
    """Each is of a parameter that is there, and that nothing reads."""
    for pair, reason in NO_EFFECT.items():
        key, _, name = pair.partition(" ")
        assert name in unread(key), pair
        assert reason.endswith(".")


def test_the_test_finds_a_parameter_that_nothing_reads() -> None:
    """Of an entry whose work looks at one of its parameters only."""

    def perform(_: Any, arguments: Mapping[str, Any]) -> Any:
        return arguments["QueueUrl"]

    perform.__module__ = "iamlab.operations.services.queues_and_topics"
    entry = replace(find("sqs:TagQueue"), perform=perform, about=None)

    assert "QueueUrl" in read_by(entry)
    assert "Tags" not in read_by(entry)


PASSWORD_POLICY = {
    **dict.fromkeys(("MinimumPasswordLength", "MaxPasswordAge", "PasswordReusePrevention"), 20),
    **dict.fromkeys(("RequireSymbols", "RequireNumbers", "RequireUppercaseCharacters"), True),
    **dict.fromkeys(("RequireLowercaseCharacters", "AllowUsersToChangePassword"), True),
}


@pytest.mark.parametrize("name", PASSWORD_POLICY)
def test_every_part_of_a_password_policy_is_set(name: str) -> None:
    """As it is read back."""
    main = World(seed=7).create_account("main")
    main.call("UpdateAccountPasswordPolicy", main.root_arn, **{name: PASSWORD_POLICY[name]})
    found = main.call("GetAccountPasswordPolicy", main.root_arn)["PasswordPolicy"]

    assert found[name] == PASSWORD_POLICY[name]


UNMODELLED = [
    (key, name) for key, entry in EVERY.items() for name in sorted(entry.signature.unmodelled)
]


@each_row("key", sorted({key for key, _ in UNMODELLED}))
def test_what_is_not_modelled_is_refused_by_name(key: str) -> None:
    """With one sentence for all, before anything is done."""
    main = World(seed=7).create_account("main")
    for name in sorted(EVERY[key].signature.unmodelled):
        with pytest.raises(RequestError, match=f"doesn't model the parameter {name} of"):
            main.call(key, main.root_arn, **{name: "x"})

    assert not main.world.events


def test_who_has_a_policy_is_filtered_and_paged() -> None:
    """By the kind of identity, by its path, and by what the policy is used for.

    AWS page: API ListEntitiesForPolicy. Without PolicyUsageFilter, it lists every use.
    """
    main = World(seed=7).create_account("main")
    policy = main.create_policy("maps", document(allow("s3:*")))
    for name in ("ana", "ben"):
        main.create_user(name, path=f"/{name}/").attach_policy(policy)
    main.create_group("team").attach_policy(policy)
    main.create_user("cat", permissions_boundary=policy)

    def names(**arguments: Any) -> list[str]:
        arn = {"PolicyArn": policy.arn, **arguments}
        found = main.call("ListEntitiesForPolicy", main.root_arn, **arn)
        users = [policy_user["UserName"] for policy_user in found["PolicyUsers"]]
        return users + [policy_group["GroupName"] for policy_group in found["PolicyGroups"]]

    assert names() == ["ana", "ben", "cat", "team"]
    assert names(PolicyUsageFilter="PermissionsPolicy") == ["ana", "ben", "team"]
    assert names(EntityFilter="Role") == names(EntityFilter="AWSManagedPolicy") == []
    assert names(EntityFilter="User", PathPrefix="/ben/") == ["ben"]
    assert names(PolicyUsageFilter="PermissionsBoundary") == ["cat"]
    assert [*names(MaxItems=2), *names(MaxItems=2, Marker="2")] == names()


def test_a_statement_of_another_version_is_not_removed() -> None:
    """RemovePermission with a qualifier means the statements of that version or alias."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    trusted = trust({"Service": "lambda.amazonaws.com"})
    role = main.create_role("work", assume_role_policy_document=trusted)
    function = main.create_function("resize", role=role)
    function.add_permission("s", "lambda:InvokeFunction", "222222222222", qualifier="live")
    arguments = {"FunctionName": "resize", "StatementId": "s"}
    with pytest.raises(LambdaResourceNotFound):
        main.call("lambda:RemovePermission", main.root_arn, **arguments, Qualifier="test")
    main.call("lambda:RemovePermission", main.root_arn, **arguments, Qualifier="live")

    assert function.policy is None
