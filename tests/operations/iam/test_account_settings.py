"""What an account switches on in IAM: tokens for services outside of AWS, and role manager."""

import re
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    FeatureDisabled,
    FeatureEnabled,
    InvalidInput,
    LoadError,
    RequestError,
    ValidationError,
)
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.operations.organizations.small_organization import allowed
from tests.policy.documents import allow, deny, document

ONE, TWO = "111111111111", "222222222222"
ENABLE, DISABLE, INFO = (
    "EnableOutboundWebIdentityFederation",
    "DisableOutboundWebIdentityFederation",
    "GetOutboundWebIdentityFederationInfo",
)
ISSUER = re.compile(
    r"https://[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{5}example"
    r"\.tokens\.sts\.global\.api\.aws"
)
PUT, GET, KEY = "PutAccountProperties", "GetAccountProperties", "RoleManager/Enabled"
ROLE = "AWSServiceRoleForIAMRoleManager"
LINKED = f"arn:aws:iam::{ONE}:role/aws-service-role/role-manager.iam.amazonaws.com/{ROLE}"


def account(seed: int = 3, account_id: str = ONE) -> Account:
    """Make an account in a world of its own."""
    return World(seed=seed).create_account("main", account_id=account_id)


def ask(main: Account, operation: str, **arguments: Any) -> dict[str, Any]:
    """Call an operation as the account's root user."""
    return main.call(operation, main.root_arn, **arguments)


# -- tokens for services outside of AWS -----------------------------------------------------------


def test_an_account_becomes_an_issuer_and_stops_to_be_one() -> None:
    """Its URL is reported as long as it is one."""
    main = account()
    assert main.outbound_federation == ""

    issuer = ask(main, ENABLE)["IssuerIdentifier"]
    assert ISSUER.fullmatch(issuer)
    assert main.outbound_federation == issuer
    assert ask(main, INFO) == {"IssuerIdentifier": issuer, "JwtVendingEnabled": True}

    assert ask(main, DISABLE) == {}
    assert main.outbound_federation == ""


def test_the_methods_of_an_account_do_the_same() -> None:
    """And give the URL."""
    main = account()
    issuer = main.enable_outbound_web_identity_federation()
    assert issuer == main.outbound_federation

    main.disable_outbound_web_identity_federation()
    assert [event.event_name for event in main.world.events[-2:]] == [ENABLE, DISABLE]


def test_switched_on_again_it_has_the_same_url() -> None:
    """Whoever trusted it need not learn another one."""
    main = account()
    first = main.enable_outbound_web_identity_federation()
    main.disable_outbound_web_identity_federation()
    main.create_user("ana")

    assert main.enable_outbound_web_identity_federation() == first


def test_every_account_has_a_url_of_its_own_and_the_same_seed_gives_the_same() -> None:
    """Accounts of one world, and one account in two worlds."""
    issuers = [
        account(seed, account_id).enable_outbound_web_identity_federation()
        for seed, account_id in ((3, ONE), (3, TWO), (4, ONE), (3, ONE))
    ]

    assert len(set(issuers)) == 3
    assert issuers[0] == issuers[3]


@pytest.mark.parametrize(
    ("before", "operation", "refusal"),
    [
        ((), DISABLE, FeatureDisabled),
        ((), INFO, FeatureDisabled),
        ((ENABLE,), ENABLE, FeatureEnabled),
        ((ENABLE, DISABLE), DISABLE, FeatureDisabled),
        ((ENABLE, DISABLE), INFO, FeatureDisabled),
    ],
)
def test_what_is_so_already_is_refused(
    before: tuple[str, ...], operation: str, refusal: type[Exception]
) -> None:
    """And nothing changes."""
    main = account()
    for item in before:
        ask(main, item)
    as_it_was = snapshot(main.world)
    with pytest.raises(refusal):
        ask(main, operation)

    assert snapshot(main.world) == as_it_was


@pytest.mark.parametrize("operation", [ENABLE, INFO, DISABLE])
def test_each_operation_needs_its_own_permission(operation: str) -> None:
    """On all resources: the switch has no ARN."""
    main = account()
    if operation != ENABLE:
        ask(main, ENABLE)
    with pytest.raises(AccessDenied, match=f"iam:{operation}"):
        main.call(operation, allowed(main, "iam:GetUser"))

    main.call(operation, allowed(main, f"iam:{operation}"))


def test_it_is_one_accounts_matter() -> None:
    """Another one of the same world stays as it was, and a copy of the world too."""
    main = account()
    other = main.world.create_account("other", account_id=TWO)
    twin = main.world.copy().accounts[ONE]
    main.enable_outbound_web_identity_federation()

    assert (other.outbound_federation, twin.outbound_federation) == ("", "")


@pytest.mark.parametrize("secrets", [True, False])
def test_a_saved_world_keeps_the_url(secrets: bool) -> None:  # noqa: FBT001 - a parameter
    """With secrets and without: it is public."""
    main = account()
    issuer = main.enable_outbound_web_identity_federation()
    loaded = world_from_json(world_to_json(main.world, secrets=secrets))

    assert loaded.accounts[ONE].outbound_federation == issuer


@pytest.mark.parametrize(
    "wrong",
    [
        "https://idp.example.com",
        "https://a.tokens.sts.global.api.aws.evil.example",
        "http://a.tokens.sts.global.api.aws",
        "https://evil.example/a.tokens.sts.global.api.aws",
        "https://a.tokens.sts.global.api.aws\n",
        5,
    ],
)
def test_a_file_with_an_issuer_that_isnt_one_is_refused(wrong: object) -> None:
    """Else its tokens would seem to be somebody else's."""
    main = account()
    main.enable_outbound_web_identity_federation()
    written = world_to_json(main.world)
    written["accounts"][ONE]["outbound_federation"] = wrong
    with pytest.raises(LoadError, match="outbound_federation"):
        world_from_json(written)


# -- properties: role manager ---------------------------------------------------------------------


def test_role_manager_is_off_at_first_and_its_role_is_made_once() -> None:
    """Which stays when it is switched off."""
    main = account()
    assert ask(main, GET) == {"Properties": {KEY: "false"}}

    assert ask(main, PUT, Properties={KEY: "true"}) == {}
    assert ask(main, GET) == {"Properties": {KEY: "true"}}
    role = main.roles[ROLE]
    assert role.arn == LINKED
    assert role.attached == [
        "arn:aws:iam::aws:policy/aws-service-role/AWSIAMRoleManagerServiceRolePolicy"
    ]

    main.put_properties({KEY: "true"})
    main.put_properties({KEY: "false"})
    assert not main.role_manager_enabled
    assert main.roles == {ROLE: role}


BAD: dict[str, dict[str, str]] = {
    "Unsupported namespace: ": {},
    "Property key must be in format Namespace/PropertyName: RoleManager": {"RoleManager": "true"},
    "RoleManager namespace requires Enabled property": {f"{KEY}/Other": "true"},
    "Unsupported namespace: Other": {"Other/Enabled": "true"},
    "All properties must belong to the same namespace": {KEY: "true", "Other/Enabled": "true"},
    "Enabled must be 'true' or 'false'": {KEY: "TRUE"},
}


@pytest.mark.parametrize("message", BAD)
def test_properties_that_there_are_not_are_refused(message: str) -> None:
    """With AWS's sentence, and nothing changes."""
    main = account()
    before = snapshot(main.world)
    with pytest.raises(InvalidInput) as caught:
        ask(main, PUT, Properties=BAD[message])

    assert caught.value.message == message
    assert snapshot(main.world) == before


@pytest.mark.parametrize("value", ["false ", "0", "", "True", "yes"])
def test_a_value_is_true_or_false_and_nothing_like_it(value: str) -> None:
    """Letter by letter."""
    with pytest.raises(InvalidInput, match="'true' or 'false'"):
        account().put_properties({KEY: value})


def test_another_property_beside_that_is_ignored() -> None:
    """It is not kept."""
    main = account()
    main.put_properties({KEY: "true", "RoleManager/Colour": "blue"})

    assert ask(main, GET) == {"Properties": {KEY: "true"}}


@pytest.mark.parametrize("arguments", [[KEY], KEY, {KEY: True}, {5: "true"}, {KEY: None}])
def test_a_mapping_of_texts_differs_from_anything_else(arguments: Any) -> None:
    """Never a bare error from the depths."""
    main = account()
    with pytest.raises(RequestError):
        main.put_properties(arguments)
    assert not main.roles

    with pytest.raises(ValidationError, match="properties"):
        ask(main, PUT)


def test_enabling_needs_the_permission_to_make_the_role_even_if_it_is_there() -> None:
    """Disabling and reading do not."""
    main = account()
    ana = allowed(main, f"iam:{PUT}", f"iam:{GET}")
    for _ in range(2):
        with pytest.raises(AccessDenied, match=f"CreateServiceLinkedRole on resource: {LINKED}"):
            main.call(PUT, ana, Properties={KEY: "true"})
        main.call(PUT, ana, Properties={KEY: "false"})
        assert main.call(GET, ana) == {"Properties": {KEY: "false"}}
        main.put_properties({KEY: "true"})

    service = {"StringEquals": {"iam:AWSServiceName": "role-manager.iam.amazonaws.com"}}
    linked = allow("iam:CreateServiceLinkedRole", LINKED, Condition=service)
    ana.put_policy("linked", document(linked))
    main.call(PUT, ana, Properties={KEY: "true"})


def test_policies_can_tell_namespaces_apart() -> None:
    """By iam:AccountPropertyNamespaces, for reading and for writing."""
    main = account()
    ana = allowed(main, "iam:*")
    other = {"ForAnyValue:StringEquals": {"iam:AccountPropertyNamespaces": ["RoleManager"]}}
    ana.put_policy("no", document(deny([f"iam:{PUT}", f"iam:{GET}"], "*", Condition=other)))
    for operation, arguments in ((PUT, {"Properties": {KEY: "false"}}), (GET, {})):
        with pytest.raises(AccessDenied, match="explicit deny"):
            main.call(operation, ana, **arguments)

    with pytest.raises(InvalidInput, match="Unsupported namespace: Other"):
        main.call(PUT, ana, Properties={"Other/Enabled": "true"})
