"""A changed parameter changes the answer, the error or the world; or it is listed with the reason.

Two calls differ in one parameter. They are done in copies of the same world, and one of them
succeeds. A value that isn't valid proves nothing. The parameters of the simulator are changed in
``tests/clients/test_simulation.py``.
"""

from typing import Any

import pytest

from iamlab.errors import AwsError
from iamlab.operations.registry import entries, entries_of
from tests.model.world_contents import snapshot
from tests.operations.parameter_changes import (
    OrganizationChance,
    ValidChance,
    without_effect,
)
from tests.operations.sts import sts_scene
from tests.operations.sts.sts_scene import MAIN, PHONE, SAML, SHORT, TASK, Scene, dumped

SIMULATOR = ("SimulateCustomPolicy", "SimulatePrincipalPolicy")
NO_EFFECT = {
    "ListAccountAliases": {"MaxItems"},  # an account has at most one alias
}


@pytest.mark.slow
def test_every_parameter_of_iam_has_an_effect() -> None:
    """Of every operation but the simulator's."""
    left = sorted({*entries()} - {*SIMULATOR})
    for seed, tries in ((1, 300), (2, 600), (3, 900)):
        found = without_effect(left, ValidChance(seed).drawn, tries)
        left = [name for name in found if found[name] != NO_EFFECT.get(name)]

    assert {name: found[name] for name in found if name not in NO_EFFECT} == {}


@pytest.mark.slow
def test_every_parameter_of_organizations_has_an_effect() -> None:
    """Called by the root users of several accounts."""
    left = sorted(entries_of("organizations"))
    for seed in range(4):
        left = list(found := without_effect(left, OrganizationChance(seed).drawn, 150))

    assert found == {}


def test_the_test_finds_a_parameter_without_effect() -> None:
    """A page of one alias is never full."""
    assert without_effect(NO_EFFECT, ValidChance(1).drawn, 100) == NO_EFFECT


TAGS = [{"Key": "team", "Value": "sky"}]
SESSION = {"DurationSeconds": 1800, "MinimumSessionTokenSize": 4000}
POLICIES = {
    "Policy": dumped(),
    "PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
}
CONTEXT = "arn:aws:iam::aws:contextProvider/IdentityCenter"
CHANGES: dict[str, dict[str, Any]] = {
    "AssumeRole": {
        **SESSION,
        **POLICIES,
        "ExternalId": "star-7",
        "ProvidedContexts": [{"ProviderArn": CONTEXT, "ContextAssertion": "assertion"}],
        "RoleArn": SHORT,
        "RoleSessionName": "s2",
        "SerialNumber": PHONE,
        "SourceIdentity": "ana",
        "Tags": TAGS,
        "TokenCode": "<code>",
        "TransitiveTagKeys": ["team"],
    },
    "AssumeRoleWithSAML": {
        **SESSION,
        **POLICIES,
        "PrincipalArn": f"{SAML}2",
        "RoleArn": SHORT,
        "SAMLAssertion": "<assertion>",
    },
    "AssumeRoleWithWebIdentity": {
        **SESSION,
        **POLICIES,
        "RoleArn": SHORT,
        "RoleSessionName": "s2",
        "WebIdentityToken": "<token>",
    },
    "AssumeRoot": {
        "DurationSeconds": 800,
        "MinimumSessionTokenSize": 4000,
        "TargetPrincipal": "333333333333",
        "TaskPolicyArn": {"arn": f"{TASK}SQSUnlockQueuePolicy"},
    },
    "DecodeAuthorizationMessage": {"EncodedMessage": "<message>"},
    "GetAccessKeyInfo": {"AccessKeyId": "<key>"},
    "GetFederationToken": {**SESSION, **POLICIES, "Name": "other", "Tags": TAGS},
    "GetScopedCredentials": {
        "DurationSeconds": 1000,
        "MinimumSessionTokenSize": 4000,
        "Policy": dumped(),
    },
    "GetSessionToken": {**SESSION, "SerialNumber": PHONE, "TokenCode": "<code>"},
    "GetWebIdentityToken": {
        "Audience": ["moon-maps"],
        "DurationSeconds": 120,
        "SigningAlgorithm": "RS256",
        "Tags": TAGS,
    },
}
"""Operation of STS -> parameter -> a value that its good call in the scene doesn't have."""

TOGETHER: dict[str, dict[str, Any]] = {
    "ExternalId": {"RoleArn": f"arn:aws:iam::{MAIN}:role/partner"},
    "SerialNumber": {"TokenCode": "<code>"},
    "TokenCode": {"SerialNumber": PHONE},
    "TransitiveTagKeys": {"Tags": TAGS},
}
"""Parameter -> others that must be there, too."""

WITHOUT_VALUE = {
    "sts:AssumeRoleWithWebIdentity ProviderId": "Only for access tokens of OAuth: refused.",
    "sts:GetDelegatedAccessToken TradeInToken": "How AWS trades tokens in isn't modelled: refused.",
    "sts:GetScopedCredentials ScopedSessionDescription": "A note that no answer of STS shows.",
    "sts:GetWebIdentityToken Scope": "It needs another SubjectMode.",
    "sts:GetWebIdentityToken SubjectMode": "An origin identity isn't modelled: refused.",
}
"""Parameters without a valid value here."""


def _ended(operation: str, changed: dict[str, Any]) -> tuple[Any, ...]:
    """Do a call in a new scene; return how it ended, and what it made."""
    scene = sts_scene.made()
    scene.phone.enable()
    needed = {"StringEquals": {"sts:ExternalId": "star-7"}}
    trusted = sts_scene.trusting(MAIN, actions="sts:AssumeRole", Condition=needed)
    scene.main.create_role("partner", assume_role_policy_document=trusted)
    scene.directory.add_user("eve", groups=["astronomers"])
    other = sts_scene.administrator(scene.dev)
    caller = scene.session("AssumeRole") if operation == "GetScopedCredentials" else None
    values: dict[str, Any] = {
        "<assertion>": lambda: scene.directory.sign_in("eve"),
        "<code>": scene.phone.code,
        "<key>": lambda: other.access_key_id,
        "<message>": lambda: _message(scene),
        "<token>": lambda: scene.issuer.token("dora2"),
    }
    sent = {
        name: values[value]() if isinstance(value, str) and value in values else value
        for name, value in changed.items()
    }
    try:
        answer = scene.call(operation, caller, **sent)
    except AwsError as error:
        return (error.code,)
    if operation == "GetWebIdentityToken":  # its signature is never the same
        claims = answer["WebIdentityToken"].split(".")[:2]
        answer = {name: value for name, value in answer.items() if name != "WebIdentityToken"}
        return "done", claims, answer
    return "done", answer, snapshot(scene.world)


def _message(scene: Scene) -> str:
    """Return the encoded message of another denial."""
    nobody = scene.main.create_user("somebody")
    with pytest.raises(AwsError) as caught:
        scene.main.call("ec2:StopInstances", nobody, InstanceIds=["i-1"])
    return caught.value.message.rpartition(" ")[2]


@pytest.mark.parametrize("operation", CHANGES)
@pytest.mark.slow
def test_every_parameter_of_sts_has_an_effect(operation: str) -> None:
    """The answer, the error or the world is another one."""
    for name, value in CHANGES[operation].items():
        base = TOGETHER.get(name, {})
        before, after = _ended(operation, base), _ended(operation, {**base, name: value})

        assert before == _ended(operation, base)
        assert before != after, name
        assert "done" in (before[0], after[0]), name
        assert "ValidationError" not in (before[0], after[0]), name


def test_every_parameter_of_sts_is_changed_or_listed() -> None:
    """So that a new one isn't forgotten."""
    every = {
        f"{key} {name}"
        for key, entry in entries_of("sts").items()
        for name in entry.signature.parameters
    }
    changed = {f"sts:{operation} {name}" for operation, names in CHANGES.items() for name in names}

    assert every - changed == WITHOUT_VALUE.keys()
