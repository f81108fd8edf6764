"""Where STS is called: its endpoints, which of their tokens are good where, and its switches."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AccessDenied, InvalidClientTokenId, RequestError
from iamlab.errors.sts import InvalidAction, RegionDisabledException
from iamlab.policy.arn import ON_BY_DEFAULT, OPT_IN
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from tests.effort import tries
from tests.operations.sts.sts_scene import DEV, MAIN, Scene, made, trusting
from tests.policy.documents import deny, document

GLOBAL, HOME, AWAY, ABROAD = "aws-global", "us-east-1", "eu-west-1", "me-south-1"
REGIONAL = ("AssumeRoot", "GetScopedCredentials", "GetWebIdentityToken")
MAKING = (
    *("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"),
    *("GetFederationToken", "GetSessionToken"),
)
"""What makes credentials at the global endpoint too."""


def caller_of(scene: Scene, operation: str) -> Any:
    """Return a principal that can call an operation."""
    return scene.session("AssumeRole") if operation == "GetScopedCredentials" else scene.key


# -- endpoints ------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", REGIONAL)
def test_what_is_regional_is_not_on_the_global_endpoint(operation: str) -> None:
    """Nothing is made, and the refusal is logged."""
    scene = made()
    caller = caller_of(scene, operation)
    before = dict(scene.world.sessions)
    with pytest.raises(InvalidAction, match=f"Could not find operation {operation}"):
        scene.call(operation, caller, region=GLOBAL)

    assert scene.world.sessions == before
    assert scene.world.events[-1].error_code == "InvalidAction"


def test_the_service_of_a_region_is_the_service_there() -> None:
    """The other one stays where it is."""
    world = made().world
    away = world.sts.endpoint(AWAY)

    assert (world.sts.region, away.region, away.endpoint(GLOBAL).region) == (HOME, AWAY, GLOBAL)


@pytest.mark.parametrize(
    "wrong", ["", "EU-WEST-1", "eu-west-1\n", "us-east", "global", "sts", None, 5, [], b"eu-west-1"]
)
def test_what_is_not_a_region_is_refused(wrong: Any) -> None:
    """Whichever way it is given."""
    scene = made()
    with pytest.raises(RequestError, match="isn't a Region"):
        scene.world.sts.endpoint(wrong)
    with pytest.raises(RequestError, match="isn't a Region"):
        type(scene.world.sts)(scene.world, wrong).get_caller_identity(scene.key)


@pytest.mark.parametrize(("endpoint", "region"), [(HOME, HOME), (AWAY, AWAY), (GLOBAL, HOME)])
def test_the_region_is_in_the_event_and_in_the_request(endpoint: str, region: str) -> None:
    """The global endpoint is served by us-east-1."""
    scene = made()
    session = scene.world.sts.endpoint(endpoint).get_session_token(scene.key)
    assert scene.world.events[-1].aws_region == region
    assert session.record.region == endpoint

    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": region}}
    here = {"StringEquals": {"aws:RequestedRegion": region}}
    sts = scene.world.sts.endpoint(endpoint)
    scene.ana.put_policy("guard", document(deny("sts:*", Condition=elsewhere)))
    assert sts.get_federation_token(scene.key, name="guest").record.region == endpoint

    scene.ana.put_policy("guard", document(deny("sts:*", Condition=here)))
    with pytest.raises(AccessDenied, match="explicit deny"):
        sts.get_federation_token(scene.key, name="guest")


# -- tokens of version 1 and 2 --------------------------------------------------------------------

TOKENS = [
    # The endpoint, the version of its tokens, where they are shown, whether they are good there.
    (GLOBAL, "v1Token", HOME, True),
    (GLOBAL, "v1Token", AWAY, True),
    (GLOBAL, "v1Token", ABROAD, False),
    (GLOBAL, "v2Token", AWAY, True),
    (GLOBAL, "v2Token", ABROAD, True),
    (HOME, "v1Token", ABROAD, True),
    (AWAY, "v1Token", ABROAD, True),
    (ABROAD, "v1Token", HOME, True),
    (ABROAD, "v1Token", ABROAD, True),
]


@pytest.mark.parametrize(("endpoint", "version", "where", "good"), TOKENS)
@pytest.mark.parametrize("operation", MAKING)
def test_tokens_of_the_global_endpoint_may_be_good_in_default_regions_only(
    operation: str, endpoint: str, version: str, where: str, *, good: bool
) -> None:
    """Those of a Region's endpoint are good everywhere."""
    scene = made()
    scene.main.set_security_token_service_preferences(version)
    session = scene.session(operation, region=endpoint)
    ways = [
        lambda: scene.world.can(session, "sqs:ListQueues", "*", region=where),
        lambda: scene.world.can(session, "sqs:SendMessage", f"arn:aws:sqs:{where}:{MAIN}:q"),
        lambda: scene.world.sts.endpoint(where).get_caller_identity(session),
    ]
    for use in ways:
        if good:
            assert use() is not None
        else:
            with pytest.raises(
                InvalidClientTokenId, match="security token included in the request"
            ):
                use()


@pytest.mark.parametrize("operation", MAKING)
def test_questions_about_many_actions_know_where_a_token_is_good(operation: str) -> None:
    """Where ``can`` raises, nothing is allowed; everywhere else it is as ever."""
    scene = made()
    session = scene.session(operation, region=GLOBAL)
    good = scene.session(operation, region=AWAY)
    actions = ["sqs:SendMessage", "sqs:ReceiveMessage"]
    queues = [f"arn:aws:sqs:{where}:{MAIN}:q" for where in (HOME, AWAY, ABROAD)]
    matrix = scene.world.access_matrix(actions, queues, [session, good])
    expected = [bool(scene.world.can(good, actions[0], queue)) for queue in queues]

    for place, (_, queue) in enumerate(matrix.pairs):
        number = queues.index(queue)
        assert matrix.allowed(1, place) is expected[number]
        assert matrix.allowed(0, place) is (expected[number] and number < 2)
    there = scene.world.access_matrix(actions, ["*"], [session, good], region=ABROAD)
    assert [row.bit_count() for row in there.rows] == [0, 2 if expected[0] else 0]


def test_what_can_of_a_token_leaves_out_the_regions_where_it_is_not_good() -> None:
    """A queue there is out of reach, and one at home is not."""
    scene = made()
    for name, region in (("near", AWAY), ("far", ABROAD)):
        scene.main.create_queue(name, region=region)
    session = scene.session("AssumeRole", region=GLOBAL)
    good = scene.session("AssumeRole", region=AWAY)
    reached = [
        {
            resource.rpartition(":")[2]
            for _, resource in scene.world.what_can(item, services=["sqs"])
        }
        for item in (session, good)
    ]

    assert "near" in reached[0]
    assert "far" not in reached[0]
    assert reached[1] >= {"near", "far"}


def test_the_version_counts_when_the_token_is_made() -> None:
    """Later, it changes no token that is there."""
    scene = made()
    first = scene.session("GetSessionToken", region=GLOBAL)
    scene.main.set_security_token_service_preferences("v2Token")
    second = scene.session("GetSessionToken", region=GLOBAL)
    scene.main.set_security_token_service_preferences("v1Token")

    with pytest.raises(InvalidClientTokenId):
        scene.world.can(first, "sqs:ListQueues", "*", region=ABROAD)
    assert scene.world.can(second, "sqs:ListQueues", "*", region=ABROAD)
    assert second.session_token_size > first.session_token_size


def test_the_version_is_that_of_the_account_whose_credentials_they_are() -> None:
    """Not of the account that asks."""
    scene = made()
    scene.main.set_security_token_service_preferences("v2Token")
    role = scene.dev.create_role("door", assume_role_policy_document=trusting(MAIN))
    sts = scene.world.sts.endpoint(GLOBAL)
    session = sts.assume_role(scene.key, role_arn=role, role_session_name="s1")
    with pytest.raises(InvalidClientTokenId):
        scene.world.can(session, "sqs:ListQueues", "*", region=ABROAD)


def test_with_a_token_that_is_not_good_there_nothing_is_done_there() -> None:
    """Neither by STS nor by anybody else; IAM is in no Region."""
    scene = made()
    session = scene.session("AssumeRole", region=GLOBAL)
    before = dict(scene.world.sessions)
    for operation in ("AssumeRole", "GetWebIdentityToken", "GetAccessKeyInfo"):
        with pytest.raises(InvalidClientTokenId):
            scene.call(operation, session, region=ABROAD)
    assert scene.world.sessions == before
    assert scene.main.call("ListUsers", session)["Users"]


# -- switches -------------------------------------------------------------------------------------


def off(account: Account, region: str = AWAY) -> None:
    """Switch STS off somewhere."""
    account.set_sts_regional_endpoint_status(region, "Inactive")


@pytest.mark.parametrize("operation", [*MAKING, "AssumeRoot"])
def test_where_sts_is_off_it_makes_no_credentials(operation: str) -> None:
    """Of that account; elsewhere it does, and there too when it is on again."""
    scene = made()
    owner = scene.dev if operation == "AssumeRoot" else scene.main
    off(owner)
    before = (dict(scene.world.sessions), scene.world.ids.made)
    with pytest.raises(RegionDisabledException) as caught:
        scene.call(operation, region=AWAY)
    assert caught.value.message == (
        f"STS is not activated in this region for account:{owner.account_id}. Your account "
        "administrator can activate STS in this region using the IAM Console."
    )
    assert caught.value.http_status == 403
    if operation != "AssumeRoleWithSAML":  # to sign in at the directory draws an id
        assert (scene.world.sessions, scene.world.ids.made) == before

    assert scene.session(operation, region=HOME).record.region == HOME
    owner.set_sts_regional_endpoint_status(AWAY, "Active")
    assert scene.session(operation, region=AWAY).record.region == AWAY


@pytest.mark.parametrize(
    "operation",
    [
        *("GetCallerIdentity", "GetAccessKeyInfo", "DecodeAuthorizationMessage"),
        *("GetScopedCredentials", "GetWebIdentityToken"),
    ],
)
def test_where_sts_is_off_it_still_does_what_declares_no_such_error(operation: str) -> None:
    """It tells, and makes less of what there is."""
    scene = made()
    off(scene.main)

    assert scene.call(operation, caller_of(scene, operation), region=AWAY)


def test_it_is_the_account_of_the_role_that_counts_and_not_the_callers() -> None:
    """The credentials are the role's."""
    scene = made()
    role = scene.dev.create_role("door", assume_role_policy_document=trusting(MAIN))
    arguments: dict[str, Any] = {"role_arn": role, "role_session_name": "s1"}
    away = scene.world.sts.endpoint(AWAY)
    off(scene.main)
    assert away.assume_role(scene.key, **arguments).record.region == AWAY

    off(scene.dev)
    with pytest.raises(RegionDisabledException, match=f"account:{DEV}"):
        away.assume_role(scene.key, **arguments)


def test_who_may_not_anyway_does_not_learn_of_the_switch() -> None:
    """He gets an error."""
    scene = made()
    role = scene.main.create_role("door", assume_role_policy_document=trusting(DEV))
    off(scene.main)
    with pytest.raises(AccessDenied):
        scene.call("AssumeRole", RoleArn=role.arn, region=AWAY)


def test_sessions_that_are_there_go_on_where_sts_is_off() -> None:
    """With every service, and in every Region."""
    scene = made()
    session = scene.session("AssumeRole", region=AWAY)
    off(scene.main)

    assert scene.world.can(session, "sqs:ListQueues", "*", region=AWAY)
    assert scene.world.sts.endpoint(AWAY).get_caller_identity(session).arn == session.arn


def test_in_us_east_1_and_at_the_global_endpoint_sts_is_always_on() -> None:
    """Nobody can switch it off."""
    scene = made()
    with pytest.raises(RequestError, match="always enabled in us-east-1"):
        off(scene.main, HOME)
    scene.main.set_sts_regional_endpoint_status(HOME, "Active")
    for region in ON_BY_DEFAULT[1:]:
        off(scene.main, region)

    assert {*scene.main.list_sts_regional_endpoints_status().values()} == {"Active", "Inactive"}
    assert scene.main.list_sts_regional_endpoints_status()[HOME] == "Active"
    for region in (HOME, GLOBAL, ABROAD):
        assert scene.session("GetSessionToken", region=region).record.region == region


@pytest.mark.parametrize(
    ("region", "status", "words"),
    [
        (ABROAD, "Inactive", "can't be changed in 'me-south-1'"),
        (GLOBAL, "Inactive", "can't be changed"),
        ("eu-west-9", "Inactive", "Did you mean"),
        ("", "Active", "can't be changed"),
        (5, "Active", "can't be changed"),
        ([], "Active", "can't be changed"),
        (None, "Active", "can't be changed"),
        (AWAY, "inactive", "Active or Inactive"),
        (AWAY, True, "Active or Inactive"),
        (AWAY, None, "Active or Inactive"),
        (AWAY, [], "Active or Inactive"),
    ],
)
def test_there_is_no_other_switch(region: Any, status: Any, words: str) -> None:
    """Of a Region that an account opts in to, STS is a part; nothing changes."""
    scene = made()
    before = (scene.world.revision, len(scene.world.events))
    with pytest.raises(RequestError, match=words):
        scene.main.set_sts_regional_endpoint_status(region, status)

    assert scene.main.sts_regions_off == []
    assert (scene.world.revision, len(scene.world.events)) == before


def test_every_region_is_one_or_the_other() -> None:
    """On by default, or opted in to."""
    assert not {*OPT_IN} & {*ON_BY_DEFAULT}
    assert list(made().main.list_sts_regional_endpoints_status()) == list(ON_BY_DEFAULT)


@settings(max_examples=tries(30))
@given(
    st.lists(
        st.tuples(st.sampled_from(ON_BY_DEFAULT[1:4]), st.sampled_from(("Active", "Inactive")))
    )
)
def test_the_last_switch_of_a_region_counts(switches: list[tuple[str, str]]) -> None:
    """And no order in which Regions were switched; each switch is logged."""
    world = World(seed=1)
    main = world.create_account("main", account_id=MAIN)
    for region, status in switches:
        main.set_sts_regional_endpoint_status(region, status)
    last = dict(switches)
    status_now = main.list_sts_regional_endpoints_status()

    assert status_now == {item: last.get(item, "Active") for item in ON_BY_DEFAULT}
    assert main.sts_regions_off == sorted(item for item in last if last[item] == "Inactive")
    assert [event.request_parameters for event in world.events] == [
        {"region": region, "status": status} for region, status in switches
    ]


def test_a_switch_is_one_accounts_own_and_goes_along_with_copies_and_files() -> None:
    """A copy has a switch of its own from then on."""
    scene = made()
    off(scene.main)
    twin = scene.world.copy()
    loaded = world_from_json(world_to_json(scene.world))
    off(twin.accounts[MAIN], "eu-west-2")

    assert scene.dev.sts_regions_off == []
    assert scene.main.sts_regions_off == loaded.accounts[MAIN].sts_regions_off == [AWAY]
    assert twin.accounts[MAIN].sts_regions_off == [AWAY, "eu-west-2"]
    twin.accounts[MAIN].sts_regions_off.clear()
    assert scene.main.sts_regions_off == [AWAY]
