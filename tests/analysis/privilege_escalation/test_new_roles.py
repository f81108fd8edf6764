"""Ways to roles that are made, roles that a provider of one's own opens, and a member's root."""

from typing import Any

import pytest

from iamlab.analysis.privilege_escalation.permission_checks import WHOSE
from iamlab.model.organization.organization import Organization
from iamlab.operations.federation.oidc_issuer import create_issuer
from iamlab.operations.federation.saml_directory import create_directory
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.way_checks import (
    ALL,
    EC2,
    HERE,
    MAIN,
    Row,
    edges,
    proved,
    small_world,
    without,
)
from tests.policy.documents import allow, deny, document

DANA, STARS = f"{HERE}:user/dana", f"{HERE}:role/stars"
SAML, OIDC = f"{HERE}:saml-provider/AcmeAD", f"{HERE}:oidc-provider/id.acme.example"
ISSUER = "https://id.acme.example"
MAKES = ["iam:CreateRole", "iam:PutRolePolicy"]
ATTACHES = ["iam:CreateRole", "iam:AttachRolePolicy"]


def condition(**operators: Any) -> dict[str, Any]:
    """Write a condition."""
    return {"Condition": operators}


def bounded(arn: str) -> dict[str, Any]:
    """Ask for a boundary."""
    return condition(StringEquals={"iam:PermissionsBoundary": arn})


LIMIT = f"{HERE}:policy/limit"
NEW = (
    Row(21, (allow(MAKES),), "role/reach with any permission"),
    Row(21, (allow(ATTACHES),), "role/reach with any permission"),
    Row(21, (allow(MAKES, f"{HERE}:role/dev/*"),), "role/dev/reach with any permission"),
    Row(
        21,
        (allow(MAKES[0], f"{HERE}:role/dev/*"), allow(MAKES[1], f"{HERE}:role/*-app")),
        "role/dev/reach-app with any permission",
    ),
    Row(
        21,
        (allow(MAKES, f"{HERE}:role/${{aws:username}}/*"),),
        "role/dana/reach with any permission",
    ),
    Row(
        21,
        (allow(MAKES, **bounded(LIMIT)),),
        "role/reach in a session named dana and under the boundary limit and with any permission",
    ),
    Row(
        21,
        (allow(MAKES, **condition(ArnLike={"iam:PermissionsBoundary": f"{HERE}:policy/lim*"})),),
        "role/reach in a session named dana and under the boundary limit and with any permission",
    ),
    Row(
        21,
        (
            allow(ATTACHES[0]),
            allow(ATTACHES[1], **condition(ArnEquals={"iam:PolicyARN": f"{HERE}:policy/own"})),
        ),
        "role/reach with own",
    ),
    Row(
        21,
        (
            allow(
                [MAKES[0], "iam:TagRole"], **condition(StringEquals={"aws:RequestTag/team": "sky"})
            ),
            allow(MAKES[1], **condition(StringEquals={"iam:ResourceTag/team": "sky"})),
        ),
        "role/reach tagged team=sky and with any permission",
    ),
)


@pytest.mark.parametrize("row", NEW, ids=str)
def test_no_role_is_made_where_one_of_the_calls_is_refused(row: Row) -> None:
    """By a Deny, a boundary or an SCP; AssumeRole is one of them."""
    found = edges(row.world(), DANA, 21)
    (edge,) = [edge for edge in found if str(edge.target) == row.target]
    assert "sts:AssumeRole" in edge.permissions
    for permission in edge.permissions:
        for how, closed in without(row, permission).items():
            assert row.target not in row.named(closed), (permission, how)


def test_an_scp_that_demands_a_boundary_is_heeded() -> None:
    """It denies whatever is made or written without; the role is made with it."""
    row = NEW[0]
    world = row.world()
    boss = world.create_account("boss", account_id="999999999999")
    organization = world.create_organization(boss)
    organization.invite_account(world.account(MAIN)).accept()
    unless = condition(StringNotEquals={"iam:PermissionsBoundary": LIMIT})
    organization.create_policy("guard", document(deny(MAKES, **unless))).attach(world.account(MAIN))

    assert row.targets(world) == [NEW[5].target]


def test_a_boundary_that_is_demanded_caps_the_new_role() -> None:
    """No administrator is made; where any boundary will do, the widest is taken."""
    world = NEW[5].world()
    (edge,) = proved(world, DANA, 21)
    assert not world.reach().is_admin(edge.target)

    any_will_do = condition(Null={"iam:PermissionsBoundary": "false"})
    row = Row(21, (allow(MAKES, **any_will_do),), "")
    world = row.world()
    (edge,) = proved(world, DANA, 21)
    assert world.reach().is_admin(edge.target)


def test_a_policy_is_not_written_for_a_role_without_the_boundary_that_it_wants() -> None:
    """CreateRole is let without a boundary, PutRolePolicy only with one."""
    row = Row(21, (allow(MAKES[0]), allow(MAKES[1], **bounded(LIMIT))), "")

    assert row.targets(row.world()) == [NEW[5].target]


def test_a_boundary_that_is_not_demanded_here_is_not_taken() -> None:
    """Another statement is about one; this way is free of it."""
    row = Row(21, (allow(MAKES), allow("iam:PutUserPolicy", **bounded(LIMIT))), "")

    assert row.targets(row.world()) == [NEW[0].target]


def test_each_boundary_that_may_be_set_makes_another_role() -> None:
    """Nobody knows which of the two lets do more."""
    either = [LIMIT, f"{HERE}:policy/own"]
    row = Row(
        21, (allow(MAKES, **condition(StringEquals={"iam:PermissionsBoundary": either})),), ""
    )

    found = row.targets(row.world())
    assert len(found) == 2
    assert "limit" in found[0]
    assert "own" in found[1]


def test_names_and_room_count() -> None:
    """A name is taken in whatever letter case; an account can be full."""
    world = NEW[0].world()
    main = world.account(MAIN)
    main.create_role("REACH", assume_role_policy_document=EC2)
    assert NEW[0].targets(world) == ["role/reach-2 with any permission"]

    main.quotas["Roles"] = len(main.roles)
    assert NEW[0].targets(world) == []

    one_name = Row(21, (allow(MAKES, STARS),), "")
    assert one_name.targets(one_name.world()) == []


def test_a_role_that_may_do_nothing_is_not_worth_making() -> None:
    """CreateRole alone is not enough, and a policy without it is not enough."""
    for action in MAKES:
        row = Row(21, (allow(action),), "")
        assert row.targets(row.world()) == []


def test_an_administrator_is_shown_one_new_role_and_one_new_user() -> None:
    """There is no end of them, and they add nothing."""
    main = small_world()
    main.users["dana"].put_policy("all", ALL)

    assert [str(edge.target) for edge in proved(main.world, DANA, 21, 22)] == [
        "role/reach with any permission",
        "user/reach with any permission",
    ]


def test_a_root_user_makes_users_but_assumes_no_role() -> None:
    """So a new role is nothing for it."""
    main = small_world()

    assert [edge.way.number for edge in proved(main.world, main.root, 21, 22)] == [22]


def test_from_a_new_role_the_way_goes_on() -> None:
    """It may assume what trusts the account."""
    main = NEW[0].world().account(MAIN)
    trusting = {"Effect": "Allow", "Principal": {"AWS": MAIN}, "Action": "sts:AssumeRole"}
    main.roles["stars"].update_assume_role_policy(document(trusting))

    path = main.world.reach().path(DANA, main.roles["stars"])
    assert path is not None
    assert path.replay().principal.arn.startswith("arn:aws:sts::111111111111:assumed-role/stars/")


# Providers ----------------------------------------------------------------------------------------


def federated(provider: str, action: str, *more: str, **conditions: Any) -> dict[str, Any]:
    """Return a trust policy for the users of an identity provider."""
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": [action, *more]}
    return document({**statement, **conditions})


def by_saml(*more: str, **conditions: Any) -> Any:
    """Let the company's directory in."""

    def before(main: Account) -> None:
        create_directory(main.world).register(main)
        trust = federated(SAML, "sts:AssumeRoleWithSAML", *more, **conditions)
        main.roles["stars"].update_assume_role_policy(trust)

    return before


def saml_is_missing(main: Account) -> None:
    """Let the role trust a provider that is gone."""
    by_saml()(main)
    main.saml_providers[SAML].delete()


def by_oidc(client_id: str = "star-maps", **conditions: Any) -> Any:
    """Let an issuer in, whose tokens are taken for one application."""

    def before(main: Account) -> None:
        create_issuer(main.world, ISSUER, audience=client_id).register(main)
        trust = federated(OIDC, "sts:AssumeRoleWithWebIdentity", **conditions)
        main.roles["stars"].update_assume_role_policy(trust)

    return before


def oidc_is_missing(main: Account) -> None:
    """Let the role trust an issuer that the account does not know."""
    by_oidc()(main)
    main.oidc_providers[OIDC].delete()


UPDATE = allow("iam:UpdateSAMLProvider", SAML)
BY_SAML, BY_OIDC = (f"role/stars in a session by {name}" for name in ("AcmeAD", "id.acme.example"))
AUD = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
SUB = {"StringEquals": {"id.acme.example:sub": "ana"}}
PROVIDERS = (
    Row(32, (UPDATE,), BY_SAML, by_saml(Condition=AUD)),
    Row(32, (UPDATE,), BY_SAML, by_saml(Condition={"StringLike": {"saml:sub": "ana@*"}})),
    Row(
        32,
        (UPDATE,),
        BY_SAML,
        by_saml(Condition={"StringEquals": {"saml:iss": "https://acme.example"}}),
    ),
    Row(
        32,
        (UPDATE,),
        BY_SAML,
        by_saml(Condition={"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"}}),
    ),
    Row(
        32,
        (UPDATE,),
        BY_SAML,
        by_saml(
            *("sts:TagSession", "sts:SetSourceIdentity"),
            Condition={
                "StringEquals": {"aws:RequestTag/team": "sky", "sts:SourceIdentity": "ana"},
                "StringLike": {"sts:RoleSessionName": "a*"},
            },
        ),
    ),
    Row(32, (allow("iam:CreateSAMLProvider"),), BY_SAML, saml_is_missing),
    Row(32, (allow("iam:AddClientIDTo*"),), BY_OIDC, by_oidc()),
    Row(
        32,
        (allow("iam:AddClientIDTo*"),),
        BY_OIDC,
        by_oidc(Condition={"StringEquals": {"id.acme.example:aud": "other"}}),
    ),
    Row(32, (allow("iam:CreateOpenID*", OIDC),), BY_OIDC, oidc_is_missing),
)


@pytest.mark.parametrize("row", PROVIDERS[::3], ids=str)
def test_no_provider_is_written_where_that_is_refused(row: Row) -> None:
    """By a Deny, a boundary or an SCP."""
    (edge,) = edges(row.world(), DANA, 32)
    (permission,) = edge.permissions
    for how, closed in without(row, permission).items():
        assert row.named(closed) == [], how


CLOSED = (
    (Row(32, (UPDATE,), "", saml_is_missing), "there is no such provider"),
    (Row(32, (allow("iam:CreateSAMLProvider"),), "", by_saml()), "the name is taken"),
    (Row(32, (allow("iam:CreateOpenID*"),), "", by_oidc()), "the URL is taken"),
    (
        Row(32, (UPDATE,), "", by_saml(Condition={"StringEquals": {"saml:doc": "1/Other"}})),
        "the provider's name is not the caller's to choose",
    ),
    (
        Row(32, (UPDATE,), "", by_saml(Condition={"StringEquals": {"aws:RequestTag/a": "b"}})),
        "nobody may bring tags",
    ),
    (
        Row(
            *(32, (allow("iam:AddClientIDTo*"),), ""),
            by_oidc(Condition={"StringEquals": {"id.acme.example:aud": "star-maps"}}),
        ),
        "tokens for that application are taken already: no call of IAM is needed",
    ),
    (Row(32, (allow("iam:UpdateSAMLProvider", f"{SAML}2"),), "", by_saml()), "another is meant"),
)


def test_encryption_that_is_required_is_switched_off_on_the_way() -> None:
    """The caller's own provider encrypts nothing."""
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    from iamlab.operations.federation.signatures import rsa_key

    world = PROVIDERS[0].world()
    provider = world.account(MAIN).saml_providers[SAML]
    key = rsa_key(world, WHOSE).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    provider.update(add_private_key=key.decode(), assertion_encryption_mode="Required")

    (edge,) = proved(world, DANA, 32)
    assert edge.calls[0].parameters["AssertionEncryptionMode"] == "Allowed"


def test_what_the_caller_must_have_of_an_issuer_is_said() -> None:
    """No policy of AWS's gives him tokens of it; a server that is down gives none to anybody."""
    world = PROVIDERS[6].world()

    (edge,) = proved(world, DANA, 32)
    assert edge.conditions == (f"the caller gets tokens of {ISSUER} for sts.amazonaws.com",)
    assert "WebIdentityToken=..." in str(edge.calls[-1])
    world.oidc_issuers[ISSUER].is_online = False
    assert edges(world, DANA, 32) == []


def test_a_provider_that_an_export_does_not_list_is_a_condition() -> None:
    """Account details have no identity providers."""
    world = PROVIDERS[0].world()
    world.account(MAIN).saml_providers[SAML].delete()
    world.loaded = True

    (edge,) = proved(world, DANA, 32)
    assert edge.conditions == ("the account has the SAML provider AcmeAD",)


# A member's root ----------------------------------------------------------------------------------

TASKS = "arn:aws:iam::aws:policy/root-task/"


@pytest.fixture
def organization() -> Organization:
    """Dana's account is the management account; both features are on."""
    main = small_world()
    organization = main.world.create_organization(main)
    dev = organization.create_account("dev", account_id="222222222222")
    dev.create_bucket("locked")
    organization.enable_aws_service_access("iam.amazonaws.com")
    organization.enable_organizations_root_sessions()
    organization.enable_organizations_root_credentials_management()
    main.users["dana"].put_policy("risky", document(allow("sts:AssumeRoot")))
    return organization


def tasks(organization: Organization) -> list[str]:
    """Return for which tasks dana gets the member's root."""
    found = proved(organization.world, DANA, 33)
    assert all(edge.target.account_id == "222222222222" for edge in found)
    return sorted(str(edge.target).rpartition(" ")[2] for edge in found)


def test_a_members_root_is_had_for_each_task(organization: Organization) -> None:
    """Five tasks; none of them makes an administrator."""
    assert tasks(organization) == [
        "IAMAuditRootUserCredentials",
        "IAMCreateRootUserPassword",
        "IAMDeleteRootUserCredentials",
        "S3UnlockBucketPolicy",
        "SQSUnlockQueuePolicy",
    ]
    reach = organization.world.reach()
    assert reach.path(DANA) is None
    assert reach.path(DANA, "arn:aws:iam::222222222222:root") is not None


def test_a_task_lets_do_what_it_is_for(organization: Organization) -> None:
    """The policy of a bucket is read and deleted; nothing else is done with it."""
    by_task = {str(edge.target): edge for edge in proved(organization.world, DANA, 33)}
    root = by_task["root for the task S3UnlockBucketPolicy"].target.principal
    world = organization.world.reach().world

    assert world.can(root, "s3:DeleteBucketPolicy", "arn:aws:s3:::locked")
    assert not world.can(root, "s3:GetObject", "arn:aws:s3:::locked/x")


def test_a_feature_that_is_off_closes_its_tasks(organization: Organization) -> None:
    """Root sessions unlock buckets and queues."""
    organization.disable_organizations_root_sessions()

    assert [task for task in tasks(organization) if "Unlock" in task] == []


@pytest.mark.parametrize(
    ("statement", "count"),
    [
        (allow("sts:AssumeRoot", "arn:aws:iam::333333333333:root"), 0),
        (
            allow(
                "sts:AssumeRoot",
                Condition={
                    "StringEquals": {"sts:TaskPolicyArn": f"{TASKS}IAMAuditRootUserCredentials"}
                },
            ),
            1,
        ),
        (deny("sts:AssumeRoot"), 0),
    ],
    ids=str,
)
def test_permissions_count_task_by_task(
    organization: Organization, statement: Any, count: int
) -> None:
    """Another account's root, one task only, or none."""
    organization.world.user("dana").put_policy("risky", document(statement))

    assert len(tasks(organization)) == count


def test_only_who_is_in_charge_gets_a_members_root(organization: Organization) -> None:
    """Somebody of a member account does not, until that is a delegated administrator."""
    world = organization.world
    security = organization.create_account("security", account_id="333333333333")
    sam = security.create_user("sam")
    sam.put_policy("ask", document(allow("sts:AssumeRoot")))
    assert edges(world, sam, 33) == []

    organization.register_delegated_administrator(security, "iam.amazonaws.com")

    assert {edge.target.account_id for edge in proved(world, sam, 33)} == {
        "222222222222",
        "333333333333",
    }


def test_an_account_without_organization_has_no_members() -> None:
    """Nothing to assume."""
    main = small_world()
    main.users["dana"].put_policy("ask", document(allow("sts:AssumeRoot")))

    assert edges(main.world, DANA, 33) == []
