"""STS is what AWS's own client says it is: operations, parameters, limits, answers, error codes."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import botocore.session
import pytest

from iamlab.errors import AwsError, IamLabError, MalformedPolicyDocument, ValidationError
from iamlab.errors import sts as sts_errors
from iamlab.operations.api_models import names, python_name
from iamlab.operations.registry import entries_of
from iamlab.world.sts import Sts
from tests.operations.sts.sts_scene import GOOD, SAML, Scene, federated, made, random_tags
from tests.policy.documents import allow, document

STS = entries_of("sts")

SERVICE = botocore.session.get_session().get_service_model("sts")
OPERATIONS = sorted(SERVICE.operation_names)
NOT_MODELLED = "GetDelegatedAccessToken"


def inputs(operation: str) -> dict[str, Any]:
    """Return the shapes of an operation's parameters, by their names."""
    shape = SERVICE.operation_model(operation).input_shape
    return {} if shape is None else dict(shape.members)


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Everybody who can call STS; what is done here leaves nothing behind but sessions."""
    return made()


# -- operations and parameters --------------------------------------------------------------------


def test_there_are_the_clients_operations_and_no_others() -> None:
    """Each with an entry, and each in the data."""
    assert sorted(item.name for item in STS.values()) == names("sts") == OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_a_method_with_every_parameter(operation: str) -> None:
    """In Python's spelling, by name only; what AWS demands has no default."""
    shape = SERVICE.operation_model(operation)
    method = inspect.signature(getattr(Sts, python_name(operation)))
    found = dict(list(method.parameters.items())[1:])  # without self
    if shape.auth_type != "none":
        assert found.pop("principal").default is inspect.Parameter.empty
    required = set(shape.input_shape.required_members) - {"SigningAlgorithm"}

    assert set(found) == {python_name(name) for name in inputs(operation)}
    assert all(item.kind is inspect.Parameter.KEYWORD_ONLY for item in found.values())
    assert {name for name, item in found.items() if item.default is inspect.Parameter.empty} == {
        python_name(name) for name in required
    }


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_nobody_signs_is_what_the_client_does_not_sign(operation: str) -> None:
    """Identity providers speak for these callers."""
    unsigned = SERVICE.operation_model(operation).auth_type == "none"

    assert STS[f"sts:{operation}"].is_signed is not unsigned


# -- limits ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A value of a parameter, or of a part of one, and whether the model takes it."""

    value: Any
    fits: bool
    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where}-{self.why}"


def filled(shape: Any, size: int) -> str:
    """Write a text of so many characters that its pattern takes."""
    return ("1" if shape.metadata.get("pattern") == "[\\d]*" else "a") * size


def good(shape: Any) -> Any:
    """Make the shortest value that a shape takes."""
    low = shape.metadata.get("min", 0)
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else filled(shape, max(low, 1))
    if shape.type_name == "integer":
        return low
    if shape.type_name == "list":
        return [good(shape.member)] * max(low, 1)
    return {name: good(member) for name, member in shape.members.items()}


def sizes(shape: Any, make: Callable[[int], Any], where: str) -> Iterator[Case]:
    """Try what is as small or great as can be, and what is by one too small or too great."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None:
        yield Case(make(low), fits=True, where=where, why=f"{low}, the least")
        if low > 0 or shape.type_name == "integer":
            yield Case(make(low - 1), fits=False, where=where, why=f"{low - 1}, too little")
    if high is not None:
        yield Case(make(high), fits=True, where=where, why=f"{high}, the most")
        yield Case(make(high + 1), fits=False, where=where, why=f"{high + 1}, too much")


def of_number(shape: Any, where: str) -> Iterator[Case]:
    """Try numbers."""
    yield from sizes(shape, lambda number: number, where)


def of_text(shape: Any, where: str) -> Iterator[Case]:
    """Try texts: their lengths, their letters, and which of a few they are."""
    yield from sizes(shape, lambda size: filled(shape, size), where)
    for item in shape.enum:
        yield Case(item, fits=True, where=where, why=item)
    if shape.enum:
        yield Case("Neither", fits=False, where=where, why="another text")
    if "pattern" in shape.metadata:
        wrong = filled(shape, max(shape.metadata.get("min", 1), 1) - 1) + "\0"
        yield Case(wrong, fits=False, where=where, why="a letter that is none")


def of_list(shape: Any, where: str) -> Iterator[Case]:
    """Try how many there are, and each thing that one of them can be."""
    yield from sizes(shape, lambda size: [good(shape.member)] * size, where)
    for case in cases(shape.member, f"{where}.1.member"):
        yield replace(case, value=[case.value])


def of_structure(shape: Any, where: str) -> Iterator[Case]:
    """Try each thing that one of its parts can be, and to leave out what must be there."""
    whole = good(shape)
    for name, member in shape.members.items():
        for case in cases(member, f"{where}.{lower(name)}"):
            yield replace(case, value={**whole, name: case.value})
    for name in shape.required_members:
        value = {key: item for key, item in whole.items() if key != name}
        yield Case(value, fits=False, where=f"{where}.{lower(name)}", why="missing")


OF_TYPE = {
    "integer": of_number,
    "string": of_text,
    "list": of_list,
    "structure": of_structure,
}


def cases(shape: Any, where: str) -> Iterator[Case]:
    """Try everything that a shape says of its value, and of the parts of it."""
    return OF_TYPE[shape.type_name](shape, where)


def lower(name: str) -> str:
    """Write a name as AWS's sentences do."""
    return name[:1].lower() + name[1:]


LIMITS = [
    pytest.param(operation, name, case, id=f"{operation}-{case}")
    for operation in OPERATIONS
    for name, shape in inputs(operation).items()
    for case in cases(shape, lower(name))
]


def refusal(scene: Scene, operation: str, **arguments: Any) -> str:
    """Call an operation, and give the sentence with which it is refused; empty if it is not."""
    caller: Any = scene.key
    if operation == "GetScopedCredentials":
        caller = scene.session("AssumeRole", DurationSeconds=43_200)
    try:
        scene.call(operation, caller, **arguments)
    except ValidationError as error:
        return error.message
    except IamLabError:
        pass  # the value is taken, and what it says is refused for another reason
    return ""


@pytest.mark.parametrize(("operation", "name", "case"), LIMITS)
def test_every_limit_of_the_model_is_kept(
    scene: Scene, operation: str, name: str, case: Case
) -> None:
    """What is just within it passes; what is just beyond is refused in AWS's words."""
    message = refusal(scene, operation, **{name: case.value})
    where = re.sub(r"(?<=Keys|ence)\.1\.member$", "", case.where)  # the whole list is named
    broken = rf"'{re.escape(where)}' failed to satisfy constraint: Member must"

    if case.fits:
        assert not re.search(rf"{broken} (?:have|satisfy regular)", message)
    else:
        assert re.search(broken, message)


@pytest.mark.parametrize("operation", [item for item in OPERATIONS if inputs(item)])
def test_what_aws_demands_cannot_be_left_out(scene: Scene, operation: str) -> None:
    """All that is missing is named at once."""
    required = SERVICE.operation_model(operation).input_shape.required_members
    message = refusal(scene, operation, **dict.fromkeys(GOOD[operation](scene), ...))

    assert sorted(re.findall(r"Value null at '(\w+)'", message)) == sorted(map(lower, required))


def test_the_limits_are_many() -> None:
    """Control: the walk finds them."""
    assert len(LIMITS) > 200
    found = [cases(shape, name) for item in OPERATIONS for name, shape in inputs(item).items()]

    assert {type(case.value) for each in found for case in each} == {str, int, list, dict}


# -- answers --------------------------------------------------------------------------------------

POLICY = json.dumps(document(allow("s3:GetObject")))
WHOLE: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "AssumeRole": lambda _: {
        "SourceIdentity": "ana",
        "Policy": POLICY,
        "Tags": [{"Key": "team", "Value": "sky"}],
    },
    "AssumeRoleWithSAML": lambda scene: {
        "SAMLAssertion": scene.directory.sign_in("bob", source_identity="bob"),
    },
    "AssumeRoleWithWebIdentity": lambda scene: {
        "WebIdentityToken": scene.issuer.token("carol1", source_identity="carol"),
    },
    "GetScopedCredentials": lambda _: {"Policy": POLICY},
    "GetFederationToken": lambda _: {"Policy": POLICY},
}
"""Parameters with which an answer has all that it can have."""

NEVER = {"TrustedIdentityPropagationContext"}
"""Trusted identity propagation is not modelled."""

CHAINED = ("AssumeRoot", "GetScopedCredentials")
"""Their answers have the source identity of the calling session."""

TYPES = {"string": str, "integer": int, "timestamp": datetime, "structure": dict}


def assert_is(value: Any, shape: Any, where: str) -> None:
    """Hold a part of an answer against its shape."""
    assert isinstance(value, TYPES[shape.type_name]), where
    if shape.type_name == "structure":
        assert set(value) == set(shape.members) - NEVER, where
        for name, item in value.items():
            assert_is(item, shape.members[name], f"{where}.{name}")
    elif shape.type_name == "timestamp":
        assert value.tzinfo is not None, where
    else:
        size = len(value) if isinstance(value, str) else value
        assert shape.metadata.get("min", 0) <= size <= shape.metadata.get("max", 10**5), where


@pytest.mark.parametrize("operation", [item for item in OPERATIONS if item != NOT_MODELLED])
def test_an_answer_has_the_members_of_the_model_and_no_others(scene: Scene, operation: str) -> None:
    """Each of the right type."""
    caller: Any = scene.key
    if operation in CHAINED:
        caller = scene.session("AssumeRole", SourceIdentity="ana")
    more = WHOLE.get(operation, lambda _: {})(scene)
    answer = scene.call(operation, caller, **more)

    assert_is(answer, SERVICE.operation_model(operation).output_shape, operation)


def test_an_answer_without_source_identity_does_not_have_it(scene: Scene) -> None:
    """It is not an empty text."""
    role = scene.session("AssumeRole")
    for operation, caller in (
        ("AssumeRole", scene.key),
        ("AssumeRoleWithSAML", None),
        ("AssumeRoleWithWebIdentity", None),
        *((item, role) for item in CHAINED),
    ):
        assert "SourceIdentity" not in scene.call(operation, caller)


def test_credentials_have_awss_form(scene: Scene) -> None:
    """The id begins with ASIA, the secret has 40 letters, and the token no fixed length."""
    answers = [
        scene.call("AssumeRole", MinimumSessionTokenSize=size)["Credentials"]
        for size in (0, 1000, 4096)
    ]
    for made_ in answers:
        assert re.fullmatch(r"ASIA[A-Z2-7]{16}", made_["AccessKeyId"])
        assert len(made_["SecretAccessKey"]) == 40
        assert made_["Expiration"] == scene.world.clock.now + timedelta(hours=1)
    lengths = [len(answer["SessionToken"]) for answer in answers]

    assert lengths[1:] == [1000, 4096]
    assert lengths[0] < 1000
    for part in ("AccessKeyId", "SecretAccessKey", "SessionToken"):
        assert len({answer[part] for answer in answers}) == 3


def test_an_answer_says_how_long_the_token_is(scene: Scene) -> None:
    """In bytes, and in percent of the longest."""
    for size in (0, 2048, 4096):
        answer = scene.call("GetSessionToken", MinimumSessionTokenSize=size)
        length = len(answer["Credentials"]["SessionToken"])

        assert answer["SessionTokenSize"] == length
        assert answer["SessionTokenUtilization"] == -(-100 * length // 4096)


def test_names_in_answers_are_written_as_aws_writes_them(scene: Scene) -> None:
    """Paths of roles are left out; ids and names are side by side."""
    role = scene.main.create_role(
        "deep",
        assume_role_policy_document=federated(),
        path="/a/b/",
    )
    answer = scene.call("AssumeRole", RoleArn=role.arn, RoleSessionName="ana@x")
    guest = scene.call("GetFederationToken", Name="guest@x")

    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role.unique_id}:ana@x",
        "Arn": "arn:aws:sts::111111111111:assumed-role/deep/ana@x",
    }
    assert guest["FederatedUser"] == {
        "FederatedUserId": "111111111111:guest@x",
        "Arn": "arn:aws:sts::111111111111:federated-user/guest@x",
    }
    role.delete()


def test_the_answer_to_an_assertion_says_who_it_is_about(scene: Scene) -> None:
    """The qualifier is a hash of issuer, account and provider."""
    from base64 import b64encode
    from hashlib import sha1

    answer = scene.call("AssumeRoleWithSAML")
    text = f"{answer['Issuer']}111111111111/{SAML.rpartition('/')[2]}"

    assert answer["NameQualifier"] == b64encode(sha1(text.encode()).digest()).decode()  # noqa: S324
    assert (answer["Subject"], answer["SubjectType"]) == ("bob", "persistent")


# -- error codes ----------------------------------------------------------------------------------

DECLARED = {
    (operation, shape.metadata["error"]["code"]): shape.metadata["error"]["httpStatusCode"]
    for operation in OPERATIONS
    for shape in SERVICE.operation_model(operation).error_shapes
}
"""Operation and code -> status."""

Cause = Callable[[Scene], Any]
TOO_MUCH = [{"Key": key, "Value": value} for key, value in random_tags(50, 256).items()]


def off(operation: str) -> Cause:
    """Call where the account has switched STS off."""

    def cause(scene: Scene) -> Any:
        for account in (scene.main, scene.dev):
            account.set_sts_regional_endpoint_status("eu-west-1", "Inactive")
        return scene.call(operation, region="eu-west-1")

    return cause


def sending(operation: str, **arguments: Any) -> Cause:
    """Call with some parameters."""
    return lambda scene: scene.call(operation, **arguments)


def scoping(caller: str = "", **arguments: Any) -> Cause:
    """Scope a session of a role down; or a user's key."""
    return lambda scene: scene.call(
        "GetScopedCredentials", scene.key if caller else scene.session("AssumeRole"), **arguments
    )


def late(scene: Scene, **arguments: Any) -> dict[str, Any]:
    """Let an hour go by, after somebody has signed something."""
    scene.world.clock.advance(hours=1)
    return arguments


def offline(scene: Scene) -> Any:
    """Ask a provider that does not answer."""
    scene.issuer.is_online = False
    return scene.call("AssumeRoleWithWebIdentity")


def switched_off(scene: Scene) -> Any:
    """Ask for a token when the account gives none."""
    scene.main.disable_outbound_web_identity_federation()
    return scene.call("GetWebIdentityToken")


CAUSES: dict[tuple[str, str], Cause] = {
    **{
        (operation, "RegionDisabledException"): off(operation)
        for operation, code in DECLARED
        if code == "RegionDisabledException" and operation != NOT_MODELLED
    },
    **{
        (operation, "MalformedPolicyDocument"): sending(operation, Policy="{}")
        for operation, code in DECLARED
        if code == "MalformedPolicyDocument" and operation != "GetScopedCredentials"
    },
    ("AssumeRole", "PackedPolicyTooLarge"): sending("AssumeRole", Tags=TOO_MUCH),
    ("GetFederationToken", "PackedPolicyTooLarge"): sending("GetFederationToken", Tags=TOO_MUCH),
    ("AssumeRoleWithSAML", "PackedPolicyTooLarge"): lambda scene: scene.call(
        "AssumeRoleWithSAML",
        SAMLAssertion=scene.directory.sign_in("bob", principal_tags=random_tags(50, 256)),
    ),
    ("AssumeRoleWithWebIdentity", "PackedPolicyTooLarge"): lambda scene: scene.call(
        "AssumeRoleWithWebIdentity",
        WebIdentityToken=scene.issuer.token("carol1", principal_tags=random_tags(50, 256)),
    ),
    ("AssumeRole", "InvalidContextAssertion"): sending(
        "AssumeRole", ProvidedContexts=[{"ProviderArn": "a" * 20, "ContextAssertion": "none"}]
    ),
    ("AssumeRoleWithSAML", "ExpiredTokenException"): lambda scene: scene.call(
        "AssumeRoleWithSAML", **late(scene, SAMLAssertion=scene.directory.sign_in("bob"))
    ),
    ("AssumeRoleWithWebIdentity", "ExpiredTokenException"): lambda scene: scene.call(
        "AssumeRoleWithWebIdentity", **late(scene, WebIdentityToken=scene.issuer.token("carol1"))
    ),
    ("AssumeRoleWithSAML", "InvalidIdentityToken"): sending(
        "AssumeRoleWithSAML", SAMLAssertion="none"
    ),
    ("AssumeRoleWithWebIdentity", "InvalidIdentityToken"): sending(
        "AssumeRoleWithWebIdentity", WebIdentityToken="none"
    ),
    ("AssumeRoleWithWebIdentity", "IDPCommunicationError"): offline,
    ("DecodeAuthorizationMessage", "InvalidAuthorizationMessageException"): sending(
        "DecodeAuthorizationMessage", EncodedMessage="none"
    ),
    ("GetScopedCredentials", "MalformedPolicyDocument"): scoping(Policy="{}"),
    ("GetScopedCredentials", "InsufficientSessionLifetime"): scoping(DurationSeconds=3601),
    ("GetScopedCredentials", "InvalidSubjectCredentials"): scoping("a user"),
    ("GetScopedCredentials", "PackedPolicyTooLarge"): lambda scene: scene.call(
        "GetScopedCredentials",
        scene.assume(scene.key, scene.work, tags=random_tags(12, 256)),
        Policy=json.dumps(
            document(
                allow(
                    "s3:*",
                    [f"arn:aws:s3:::{random_tag}" for random_tag in random_tags(7, 256).values()],
                )
            )
        ),
    ),
    ("GetWebIdentityToken", "OutboundWebIdentityFederationDisabledException"): switched_off,
    ("GetWebIdentityToken", "SessionDurationEscalationException"): lambda scene: scene.call(
        "GetWebIdentityToken",
        scene.session("AssumeRole", DurationSeconds=900),
        DurationSeconds=901,
    ),
    ("GetWebIdentityToken", "JWTPayloadSizeExceededException"): sending(
        "GetWebIdentityToken", Tags=TOO_MUCH
    ),
}

_NOT_OF_WEB = "It is about a token of an identity provider, and the call sends none."
_NO_REJECTING = "No identity provider of a world takes back what it has signed."
CANNOT_OCCUR = {
    ("AssumeRole", "ExpiredTokenException"): _NOT_OF_WEB,
    ("AssumeRoot", "ExpiredTokenException"): _NOT_OF_WEB,
    ("AssumeRoleWithSAML", "IDPRejectedClaim"): _NO_REJECTING,
    ("AssumeRoleWithWebIdentity", "IDPRejectedClaim"): _NO_REJECTING,
    **{
        (NOT_MODELLED, code): "There are no trade-in tokens: the call is not modelled."
        for operation, code in DECLARED
        if operation == NOT_MODELLED
    },
}
"""Declared, and why nothing in a world causes it."""


def test_every_declared_error_is_caused_here_or_has_its_reason() -> None:
    """And nothing has both."""
    assert set(CAUSES) | set(CANNOT_OCCUR) == set(DECLARED)
    assert not set(CAUSES) & set(CANNOT_OCCUR)


@pytest.mark.parametrize(("operation", "code"), CAUSES)
def test_a_declared_error_has_awss_code_and_status_and_is_in_the_log(
    operation: str, code: str
) -> None:
    """Caused by what would cause it there."""
    scene = made()
    with pytest.raises(AwsError) as caught:
        CAUSES[operation, code](scene)

    error, event = caught.value, scene.world.events[-1]
    assert (error.code, error.http_status) == (code, DECLARED[operation, code])
    assert type(error) is getattr(sts_errors, code, MalformedPolicyDocument)
    assert (event.event_name, event.error_code) == (operation, code)
    assert event.error_message == error.message


def test_the_classes_of_errors_are_those_of_the_model_and_two_of_every_call() -> None:
    """No other is of STS alone."""
    of_module = [var for var in vars(sts_errors).values() if isinstance(var, type)]
    known = {item.code for item in of_module if issubclass(item, AwsError)}
    every_call = {"InvalidAction", "MissingAuthenticationToken"}

    assert known - {"InternalFailure"} == (
        {code for _, code in DECLARED} - {"MalformedPolicyDocument"} | every_call
    )
