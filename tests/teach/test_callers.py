"""Callers of a lesson: in a situation, with a token; and what files compute from them."""

import pytest

from iamlab.errors import ExerciseError
from iamlab.teach.believed_views import assumers
from iamlab.teach.callers import credential_of
from iamlab.teach.named import COLLECTIONS, ORDERS
from iamlab.teach.sequence import replay
from iamlab.teach.show import predict
from iamlab.teach.worlds import build

MAP = "arn:aws:s3:::maps/m31.fits"
GITHUB = "token.actions.githubusercontent.com"
TABLE = {
    "users": "dana",
    "roles": "deployer guest auditor",
    "buckets": "maps open shut blocked",
    "identity_providers": "github directory",
    "dana": {
        "read": "allow - s3:GetObject * if IpAddress aws:SourceIp 203.0.113.0/24",
        "assume": "allow - sts:AssumeRole *",
    },
    "deployer": {
        "trust": "allow - sts:AssumeRoleWithWebIdentity to github "
        f"if StringLike {GITHUB}:sub repo:acme/maps:*",
        "all": "allow - s3:* *",
    },
    "guest": {
        "trust": "allow - sts:AssumeRoleWithSAML to directory",
        "assume": "allow - sts:AssumeRole *",
    },
    "directory": {"people": {"ana": "stars", "ben": ""}, "roles": {"stars": "guest"}},
    "open": {"policy": "allow - s3:GetObject open/* to *", "block_public_access": False},
    "shut": {
        "policy": "allow - s3:GetObject shut/* to * if IpAddress aws:SourceIp 203.0.113.0/24",
        "block_public_access": False,
    },
    "sessions": {
        "office": {"caller": "dana", "with": "ip=203.0.113.9"},
        "told": {"caller": "dana", "with": "aws:SourceIp=203.0.113.9"},
        "home": {"caller": "dana", "with": "ip=198.51.100.7"},
        "script": {"access_key": "dana", "with": "ip=203.0.113.9"},
        "deploy": {
            "assume_role_with_web_identity": "deployer",
            "token": "github/repo:acme/maps:ref:refs/heads/main",
        },
        "stranger": {
            "assume_role_with_web_identity": "deployer",
            "token": "github/repo:other/maps:ref:refs/heads/main",
        },
        "ana": {"assume_role_with_saml": "guest", "token": "directory/ana"},
        "audit": {"assume_role": "auditor", "by": "dana", "duration_seconds": 900},
        "chained": {"assume_role": "auditor", "by": "ana"},
        "token": {"get_session_token": "dana"},
    },
}


@pytest.fixture(scope="module")
def world():
    """A world with all of it."""
    return build(TABLE, seed=7)


@pytest.mark.parametrize(
    ("caller", "is_allowed"),
    [
        *(("dana", False), ("office", True), ("home", False), ("script", True)),
        *(("deploy", True), ("stranger", False), ("ana", False)),
    ],
)
def test_a_caller_has_a_situation_or_a_token(caller, is_allowed, world):
    """Its circumstances are those of each request; a stranger's token is refused."""
    assert bool(world.can(caller, "s3:GetObject", MAP)) is is_allowed


def test_what_a_question_says_is_stronger_than_the_situation(world):
    """An exercise can put a caller elsewhere."""
    from iamlab.model.network_locations import Network

    assert not world.can("office", "s3:GetObject", MAP, network=Network(ip="198.51.100.7"))


def test_a_prediction_has_the_situation_too(world, tmp_path, monkeypatch):
    """Also its condition keys."""
    monkeypatch.setenv("IAMLAB_PROGRESS", str(tmp_path / "progress.jsonl"))
    shown = predict(world, "told", "s3:GetObject", MAP, "allowed", record=False)

    assert shown.correct


@pytest.mark.parametrize("text", ["github/repo:acme/maps:ref:refs/heads/main", "directory/ana"])
def test_a_token_is_the_same_each_time(text, world):
    """So an answer with it is recognised."""
    main = world.account("acme-main")

    assert len({credential_of(text, main) for _ in range(3)}) == 1


def test_a_belief_about_roles_knows_who_assumed_one(world):
    """Also if the session is made only for the question."""
    decision = world.can("chained", "s3:GetObject", "arn:aws:s3:::maps/m1.fits")
    assumed = assumers(world, decision.request.principal)

    assert [arn.rpartition("/")[2] for arn in assumed] == ["ana"]
    assert assumers(world, world.can("audit", "s3:GetObject", MAP).request.principal) == [
        "arn:aws:iam::111111111111:user/dana"
    ]


def test_a_refused_token_is_a_decision_about_the_role(world):
    """So an exercise can ask for it."""
    decision = world.can("stranger", "s3:GetObject", MAP)

    assert decision.request.action == "sts:AssumeRoleWithWebIdentity"
    assert decision.request.resource.endswith(":role/deployer")


def test_a_circumstance_without_meaning_is_found_when_the_world_is_built():
    """Not when a learner asks."""
    table = {"users": "ana", "sessions": {"home": {"caller": "ana", "with": "place=home"}}}

    with pytest.raises(ExerciseError, match="no circumstance 'place'"):
        build(table, seed=7)


def test_a_group_of_a_directory_needs_a_role():
    """A name that the account doesn't have is an error."""
    table = {"identity_providers": "directory", "directory": {"roles": {"stars": "gest"}}}

    with pytest.raises(ExerciseError, match="no role 'gest'"):
        build(table, seed=7)


def test_sessions_have_an_order_by_their_lifetime(world):
    """A session of a chain lasts an hour, a token of a user twelve."""
    places = ORDERS["lifetimes"](world, "token", "chained", "audit")

    assert sorted(places, key=places.get) == ["audit", "chained", "token"]
    assert places["token"][1] == "it lasts 720 minutes"
    assert places["chained"][1] == "it lasts 60 minutes"


def test_a_bucket_with_a_condition_on_addresses_is_not_public(world):
    """Neither is one without a policy."""
    buckets = COLLECTIONS["public_buckets"](world, "open", "shut", "maps")

    assert [name for name, (is_public, _) in buckets.items() if is_public] == ["open"]
    assert "Public: anybody may do s3:GetObject" in buckets["open"][1]
    assert "203.0.113.0/24" in buckets["shut"][1]
    assert buckets["maps"][1].startswith("nobody outside")


def test_a_sign_in_through_the_directory_is_a_call(world):
    """Anybody can make it who has the assertion; the directory says which roles."""
    main = world.account("acme-main")
    for person, count in (("ana", 1), ("ben", 0)):
        call = {
            "Caller": "anonymous",
            "Operation": "sts:AssumeRoleWithSAML",
            "RoleArn": main.roles["guest"].arn,
            "PrincipalArn": world.named["directory"],
            "SAMLAssertion": credential_of(f"directory/{person}", main),
        }
        assert len(replay(world, [call]).made) == count
