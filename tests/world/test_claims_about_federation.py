"""S15, S16, S18, S21c: what the old introduction says of roles, federation and STS.

As in ``test_claims_about_iam.py``, each test proves what is right today, in a world built with
public methods.
"""

from datetime import timedelta
from typing import Any

import pytest

from iamlab import ANONYMOUS, AccessDenied, Policy, World
from iamlab.errors import ExpiredToken, ValidationError
from iamlab.operations.federation.oidc_issuer import cognito, github_actions
from iamlab.operations.federation.saml_directory import SamlDirectory, create_directory
from iamlab.operations.registry import entries, entries_of
from iamlab.world.account import Account
from iamlab.world.identities import Role, User
from tests.operations.federation.issuer_tokens import identity_token, workflow_token
from tests.policy.documents import allow, document, trust

STS = entries_of("sts")

ID = "111111111111"
MAP = "arn:aws:s3:::star-maps/m31.fits"
HOUR = 3600


@pytest.fixture
def main() -> Account:
    """An account with one user."""
    account = World(seed=3).create_account("main", account_id=ID)
    account.create_user("ana")
    return account


@pytest.fixture
def ana(main: Account) -> User:
    """The user."""
    return main.users["ana"]


def role_for(
    main: Account, who: dict[str, str], action: str, name: str = "reader", **more: Any
) -> Role:
    """Make a role that reads the maps, for some principal."""
    statement = {"Effect": "Allow", "Principal": who, "Action": action, **more}
    role = main.create_role(name, assume_role_policy_document=document(statement))
    role.put_policy("read", document(allow("s3:GetObject", MAP)))
    return role


def may(who: Any, action: str, resource: str = MAP) -> bool:
    """Ask the world of a session."""
    return bool(who.world.can(who, action, resource))


# -- S15: somebody assumes a role and gets its permissions: true ---------------------------------


def test_s15_whoever_assumes_a_role_gets_its_permissions_for_a_while(
    main: Account, ana: User
) -> None:
    """Temporary ones: a role has no credentials of its own."""
    role = role_for(main, {"AWS": ana.arn}, "sts:AssumeRole")
    session = main.world.sts.assume_role(ana, role_arn=role, role_session_name="ana")
    assert may(session, "s3:GetObject")

    main.world.clock.advance(hours=1)

    with pytest.raises(ExpiredToken):
        may(session, "s3:GetObject")


def test_s15_while_in_the_role_ones_own_permissions_do_not_apply(main: Account, ana: User) -> None:
    """They are there again as soon as the old keys are used."""
    ana.put_policy("write", document(allow("s3:PutObject", MAP)))
    role = role_for(main, {"AWS": ana.arn}, "sts:AssumeRole")
    session = main.world.sts.assume_role(ana, role_arn=role, role_session_name="ana")

    assert not may(session, "s3:PutObject")
    assert main.world.can(ana, "s3:PutObject", MAP)


# -- S16: who has no AWS user assumes roles through AD or SSO: true, and in more ways ------------


@pytest.fixture
def directory(main: Account) -> SamlDirectory:
    """Acme's Active Directory, which knows dana and gives astronomers two roles."""
    directory = create_directory(main.world)
    provider = directory.register(main)
    for name in ("reader", "writer"):
        role = role_for(main, {"Federated": provider.arn}, "sts:AssumeRoleWithSAML", name)
        directory.map_group("astronomers", role, provider)
    directory.add_user("dana", groups=["astronomers"])
    return directory


def test_s16_somebody_of_the_directory_assumes_a_role_without_any_iam_user(
    main: Account, directory: SamlDirectory
) -> None:
    """The directory signs who she is; she chooses among the roles that it names."""
    assertion = directory.sign_in("dana")
    [provider] = main.saml_providers.values()

    session = main.world.sts.assume_role_with_saml(
        role_arn=main.roles["reader"], principal_arn=provider, saml_assertion=assertion
    )

    assert "dana" not in main.users
    assert session.arn.endswith(":assumed-role/reader/dana")
    assert may(session, "s3:GetObject")


def test_s16_the_directory_gives_no_role_that_it_does_not_name(
    main: Account, directory: SamlDirectory
) -> None:
    """Even if that role's trust policy would let her."""
    [provider] = main.saml_providers.values()
    other = role_for(main, {"Federated": provider.arn}, "sts:AssumeRoleWithSAML", "admin")

    with pytest.raises(AccessDenied, match="Not authorized to perform sts:AssumeRoleWithSAML"):
        main.world.sts.assume_role_with_saml(
            role_arn=other, principal_arn=provider, saml_assertion=directory.sign_in("dana")
        )


def test_s16_a_workflow_and_an_app_assume_roles_with_tokens_of_their_own(main: Account) -> None:
    """OIDC: GitHub's workflows, and apps through Cognito, without a key anywhere."""
    world = main.world
    github, pool = github_actions(world), cognito(world)
    provider = github.register(main)
    action, who = "sts:AssumeRoleWithWebIdentity", {"Federated": "cognito-identity.amazonaws.com"}
    repository = {"StringLike": {f"{github.url.removeprefix('https://')}:sub": "repo:acme/*"}}
    deploy = role_for(main, {"Federated": provider.arn}, action, "deploy", Condition=repository)
    own_pool = {"StringLike": {"cognito-identity.amazonaws.com:aud": "us-east-1:*"}}
    app = role_for(main, who, action, "app", Condition=own_pool)

    for role, token in (
        (deploy, workflow_token(github, "acme/star-maps")),
        (app, identity_token(pool, "us-east-1:0a1b2c3d-0000-4000-8000-000000000001")),
    ):
        session = world.sts.assume_role_with_web_identity(
            role_arn=role, role_session_name="job", web_identity_token=token
        )
        assert may(session, "s3:GetObject")
        assert session.keys["aws:FederatedProvider"] in (provider.arn, who["Federated"])


def test_s16_a_broker_of_ones_own_asks_with_a_users_keys(main: Account, ana: User) -> None:
    """GetFederationToken: no role, and at most what the broker itself may."""
    ana.put_policy("read", document(allow("s3:*"), allow("sts:GetFederationToken")))

    guest = main.world.sts.get_federation_token(
        ana, name="guest", policy=Policy.allow("s3:GetObject", MAP)
    )

    assert may(guest, "s3:GetObject")
    assert not may(guest, "s3:PutObject")


# -- S18: STS makes temporary credentials, active from a few minutes to several hours ------------


def test_s18a_users_services_and_strangers_get_temporary_credentials(
    main: Account, ana: User, directory: SamlDirectory
) -> None:
    """Trusted users, and not only they: federated ones, roles, AWS's services."""
    world = main.world
    own = role_for(main, {"AWS": ana.arn}, "sts:AssumeRole", "own")
    for_ec2 = role_for(main, {"Service": "ec2.amazonaws.com"}, "sts:AssumeRole", "web")
    profile = main.create_instance_profile("web")
    profile.add_role(for_ec2)
    [provider] = main.saml_providers.values()

    sessions = [
        world.sts.get_session_token(ana),
        world.sts.assume_role(ana, role_arn=own, role_session_name="ana"),
        world.sts.assume_role_with_saml(
            role_arn=main.roles["reader"],
            principal_arn=provider,
            saml_assertion=directory.sign_in("dana"),
        ),
        main.create_instance(instance_profile=profile).role_session(),
    ]

    assert {session.access_key_id[:4] for session in sessions} == {"ASIA"}
    assert all(
        session.session_token and session.expiration > world.clock.now for session in sessions
    )


@pytest.mark.parametrize(
    ("least", "usual", "most", "how"),
    [
        (900, HOUR, 12 * HOUR, "assume_role"),
        (900, 12 * HOUR, 36 * HOUR, "get_session_token"),
        (900, 12 * HOUR, 36 * HOUR, "get_federation_token"),
    ],
)
def test_s18b_the_vague_hours_are_exact_limits(
    main: Account, ana: User, least: int, usual: int, most: int, how: str
) -> None:
    """15 minutes to 12 hours of a role, to 36 hours of a user's own; one second more is refused."""
    statement = trust({"AWS": ana.arn})
    role = main.create_role(
        "r", assume_role_policy_document=statement, max_session_duration=12 * HOUR
    )
    ana.put_policy("ask", document(allow("sts:*")))
    arguments: dict[str, dict[str, Any]] = {
        "assume_role": {"role_arn": role, "role_session_name": "ana"},
        "get_session_token": {},
        "get_federation_token": {"name": "guest"},
    }

    def ask(**more: int) -> timedelta:
        session = getattr(main.world.sts, how)(ana, **arguments[how], **more)
        lasts: timedelta = session.expiration - main.world.clock.now
        return lasts

    assert ask() == timedelta(seconds=usual)
    for seconds in (least, most):
        assert ask(duration_seconds=seconds) == timedelta(seconds=seconds)
    for seconds in (least - 1, most + 1):
        with pytest.raises(ValidationError, match="'durationSeconds' failed to satisfy"):
            ask(duration_seconds=seconds)


def test_s18b_a_chain_and_a_root_user_have_an_hour_and_scoped_credentials_a_second(
    main: Account, ana: User
) -> None:
    """The limits that few know."""
    world = main.world
    first = role_for(main, {"AWS": ana.arn}, "sts:AssumeRole", "first")
    second = role_for(main, {"AWS": first.arn}, "sts:AssumeRole", "second")
    second.update(max_session_duration=12 * HOUR)
    session = world.sts.assume_role(ana, role_arn=first, role_session_name="ana")

    with pytest.raises(ValidationError, match="1 hour session limit for roles assumed by role"):
        world.sts.assume_role(
            session, role_arn=second, role_session_name="ana", duration_seconds=HOUR + 1
        )
    last = world.sts.assume_role(
        session, role_arn=second, role_session_name="ana", duration_seconds=HOUR
    )
    assert last.expiration - world.clock.now == timedelta(hours=1)
    of_root = world.sts.get_session_token(main.root, duration_seconds=36 * HOUR)
    assert of_root.expiration - world.clock.now == timedelta(hours=1)
    scoped = world.sts.get_scoped_credentials(session, duration_seconds=1)
    assert scoped.expiration - world.clock.now == timedelta(seconds=1)


# -- S19b: STS only by API, not by the console: true, but the console uses it --------------------


def test_s19b_sts_is_an_api_and_the_console_has_only_its_settings_in_iam() -> None:
    """Twelve operations; what the console can set are IAM's: Regions, and the kind of tokens."""
    assert len(STS) == 12
    assert not any(name.startswith("sts:") for name in entries_of())
    assert "SetSecurityTokenServicePreferences" in entries()


# -- S21c: third-party authentication also uses STS: true ----------------------------------------


def test_s21c_third_party_authentication_ends_at_sts(
    main: Account, directory: SamlDirectory
) -> None:
    """The calls are not signed with any AWS credentials, and are in the log as STS's."""
    world = main.world
    [provider] = main.saml_providers.values()
    answer = world.sts.call(
        "AssumeRoleWithSAML",
        ANONYMOUS,
        RoleArn=main.roles["reader"].arn,
        PrincipalArn=provider.arn,
        SAMLAssertion=str(directory.sign_in("dana")),
    )
    event = world.events[-1]

    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert (event.event_source, event.event_name) == ("sts.amazonaws.com", "AssumeRoleWithSAML")
    assert event.user_identity["type"] == "SAMLUser"
    assert event.user_identity["userName"] == "dana"
