"""Ways to act as a role: as it is, widened, with its trust policy written; and what a call says."""

from typing import TYPE_CHECKING, Any

import pytest

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.required_parameters import required_in, samples
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.way_checks import (
    ALL,
    EC2,
    HERE,
    MAIN,
    OTHER,
    Row,
    edges,
    prove,
    proved,
    small_world,
    trusting,
    without,
)
from tests.policy.documents import allow, deny, document

if TYPE_CHECKING:
    from iamlab.analysis.privilege_escalation.reach import Reach

DANA, STARS = f"{HERE}:user/dana", f"{HERE}:role/stars"
ASSUME, TRUST = allow("sts:AssumeRole", STARS), allow("iam:UpdateAssumeRolePolicy", STARS)
PUT, ATTACH = allow("iam:PutRolePolicy", STARS), allow("iam:AttachRolePolicy", STARS)
VERSION = allow("iam:CreatePolicyVersion", f"{HERE}:policy/own")
ONLY_OWN = {"Condition": {"ArnEquals": {"iam:PolicyARN": f"{HERE}:policy/own"}}}


def opened(*who: str, **more: Any) -> Any:
    """Let the role trust somebody."""

    def before(main: Account) -> None:
        main.roles["stars"].update_assume_role_policy(trusting(*(who or (MAIN,)), **more))

    return before


def opened_with_policy(main: Account) -> None:
    """Let the role trust the account, and have a policy of the account's own."""
    opened()(main)
    main.roles["stars"].attach_policy("own")


def with_policy(main: Account) -> None:
    """Let the role have a policy of the account's own."""
    main.roles["stars"].attach_policy("own")


def with_all_versions(main: Account) -> None:
    """Let that policy have five versions."""
    opened_with_policy(main)
    for _ in range(4):
        main.policies[f"{HERE}:policy/own"].create_version(document(allow("s3:ListBucket")))


ROWS = (
    Row(14, (TRUST,), "role/stars"),
    Row(15, (ASSUME,), "role/stars", opened()),
    Row(15, (), "role/stars", opened(DANA)),
    Row(16, (ASSUME, ATTACH), "role/stars with any permission", opened()),
    Row(16, (ATTACH,), "role/stars with any permission", opened(DANA)),
    Row(
        16,
        (ASSUME, allow("iam:AttachRolePolicy", STARS, **ONLY_OWN)),
        "role/stars with own",
        opened(),
    ),
    Row(17, (ASSUME, PUT), "role/stars with any permission", opened()),
    Row(
        18,
        (ASSUME, VERSION),
        "role/stars with own rewritten to allow all",
        opened_with_policy,
    ),
    Row(
        18,
        (ASSUME, VERSION, allow("iam:DeletePolicyVersion")),
        "role/stars with own rewritten to allow all",
        with_all_versions,
    ),
    Row(19, (TRUST, PUT), "role/stars with any permission"),
    Row(19, (TRUST, ATTACH), "role/stars with any permission"),
    Row(19, (TRUST, VERSION), "role/stars with own rewritten to allow all", with_policy),
)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_way_is_gone_where_one_of_its_calls_is_refused(row: Row) -> None:
    """By a Deny or an SCP; by a boundary too, unless the role's trust policy names the user."""
    found = edges(row.world(), DANA, row.number)
    (edge,) = [edge for edge in found if str(edge.target) == row.target]
    direct = row.number in (14, 19) or ASSUME not in row.statements
    for permission in edge.permissions:
        closed = without(row, permission)
        for how, world in closed.items():
            assert row.target not in row.named(world), (permission, how)
        if permission == "sts:AssumeRole":
            limited = row.world()
            limited.account(MAIN).create_policy("only", document(allow("iam:*")))
            limited.user("dana").put_permissions_boundary("only")
            assert (row.target in row.named(limited)) == direct


STATES = (
    (Row(14, (allow("iam:UpdateAssumeRolePolicy", f"{STARS}-2"),), ""), "another role is meant"),
    (Row(15, (ASSUME,), ""), "the role trusts a service only"),
    (Row(15, (ASSUME,), "", opened(OTHER)), "the role trusts another account"),
    (Row(15, (), "", opened()), "an account that is trusted leaves it to its policies who"),
    (Row(17, (PUT,), "", opened()), "to write its policies is not to be it"),
    (Row(17, (ASSUME, PUT), ""), "the role trusts a service only"),
    (Row(18, (ASSUME, VERSION), "", with_all_versions), "five versions are the most"),
    (Row(18, (ASSUME, VERSION), "", opened()), "the role has no such policy"),
    (Row(19, (PUT, ATTACH, ASSUME), ""), "the trust policy stays as it is"),
)


def test_a_role_that_is_full_takes_no_further_policy() -> None:
    """Twenty managed policies are the most, and 10,240 characters of inline ones."""
    main = small_world()
    opened()(main)
    for number in range(20):
        main.create_policy(f"p{number}", document(allow("s3:GetObject")))
        main.roles["stars"].attach_policy(f"p{number}")
    for number in range(4):
        long = f"arn:aws:s3:::maps/{'x' * 2400}"
        main.roles["stars"].put_policy(f"long{number}", document(allow("s3:GetObject", long)))
    main.users["dana"].put_policy("risky", document(ASSUME, ATTACH, PUT))

    assert edges(main.world, DANA, 16) == []
    (edge,) = proved(main.world, DANA, 17)
    assert edge.calls[0].parameters["PolicyName"].startswith("long"), "it takes the place of one"


def test_policies_of_a_service_are_not_attached() -> None:
    """Those under /aws-service-role/ is attached to service-linked roles only."""
    arn = "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy"
    only = {"Condition": {"ArnEquals": {"iam:PolicyARN": arn}}}
    row = Row(16, (ASSUME, allow("iam:AttachRolePolicy", **only)), "", opened())

    assert row.targets(row.world()) == []


def test_several_policies_are_attached_at_once() -> None:
    """Where no single one allows all, together they give the most."""
    main = small_world()
    opened()(main)
    more = main.create_policy("more", document(allow("ec2:*"))).arn
    wanted = [f"{HERE}:policy/own", more]
    only = {"Condition": {"ArnEquals": {"iam:PolicyARN": wanted}}}
    main.users["dana"].put_policy("risky", document(ASSUME, allow("iam:AttachRolePolicy", **only)))

    found = [str(edge.target) for edge in proved(main.world, DANA, 16)]
    together = "role/stars with more and with own"
    assert sorted(found) == ["role/stars with more", together, "role/stars with own"]


def test_roles_that_only_aws_changes_are_left_alone() -> None:
    """Service-linked roles, and those of Identity Center."""
    main = small_world()
    main.create_service_linked_role("autoscaling.amazonaws.com")
    main.users["dana"].put_policy("all", ALL)

    ways = [edge for edge in main.world.reach().edges_from(DANA) if "AWSServiceRole" in str(edge)]
    assert ways == []


def test_a_role_of_another_account_needs_both_sides() -> None:
    """Its trust policy lets dana in, and her own policy lets her ask."""
    main = small_world()
    other = main.world.create_account("other", account_id=OTHER)
    other.create_role("guest", assume_role_policy_document=trusting(DANA))
    assert edges(main.world, DANA, 15) == []

    main.users["dana"].put_policy("ask", document(allow("sts:AssumeRole")))

    (edge,) = proved(main.world, DANA, 15)
    assert edge.target.account_id == OTHER
    main.users["dana"].put_policy("write", document(allow("iam:*")))
    assert not [edge for edge in proved(main.world, DANA, 14, 16, 17, 19) if "guest" in str(edge)]


# What a call says -------------------------------------------------------------------------------

CONDITIONS = (
    ({"StringEquals": {"sts:ExternalId": "7-of-9"}}, {"ExternalId": "7-of-9"}),
    ({"StringLike": {"sts:ExternalId": "7-*"}}, {"ExternalId": "7-reach"}),
    ({"Null": {"sts:ExternalId": "false"}}, {"ExternalId": "reach"}),
    ({"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}, {"RoleSessionName": "dana"}),
    ({"StringLike": {"sts:RoleSessionName": "job-????"}}, {"RoleSessionName": "job-xxxx"}),
    (
        {"StringLike": {"sts:RoleSessionName": "${aws:username}@*"}},
        {"RoleSessionName": "dana@reach"},
    ),
    ({"StringEquals": {"sts:SourceIdentity": "dana"}}, {"SourceIdentity": "dana"}),
    (
        {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}},
        {"Tags": [{"Key": "team", "Value": "sky"}]},
    ),
    (
        {
            "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["Cost"]},
            "StringLike": {"aws:RequestTag/Cost": "*"},
            "Null": {"sts:TransitiveTagKeys": "false"},
        },
        {"TransitiveTagKeys": ["cost"]},
    ),
    ({"StringEquals": {"aws:PrincipalTag/team": "sky"}}, {}),
    ({"ArnLike": {"aws:PrincipalArn": f"{HERE}:user/d*"}}, {}),
)


@pytest.mark.parametrize(("condition", "text"), CONDITIONS[:8] + CONDITIONS[9:], ids=str)
def test_a_call_says_what_a_trust_policy_wants_to_hear(
    condition: dict[str, Any], text: dict[str, Any]
) -> None:
    """Fixed values as they are; of patterns, something that matches."""
    row = Row(15, (allow("sts:*"),), "", opened(Condition=condition))

    (edge,) = proved(row.world(), DANA, 15)
    assert text.items() <= dict(edge.calls[-1].parameters).items()


def test_a_deny_that_makes_an_exception_wants_to_hear_it_too() -> None:
    """The external id is in the exception; all roles of other names are open."""
    row = Row(15, (ASSUME,), "")
    world = row.world()
    everybody = {"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    unless = {"StringNotEquals": {"sts:ExternalId": "7-of-9"}}
    world.role("stars").update_assume_role_policy(
        document(
            {"Effect": "Allow", **everybody}, {"Effect": "Deny", **everybody, "Condition": unless}
        )
    )

    (edge,) = proved(world, DANA, 15)
    assert edge.calls[0].parameters["ExternalId"] == "7-of-9"
    assert edge.conditions == ("the caller knows the external id",)


@pytest.mark.parametrize("whose", ["own", "scp", "rcp"])
def test_what_others_policies_want_to_hear_is_said_as_well(whose: str) -> None:
    """A session name that the caller's policy, an SCP or an RCP asks for."""
    named = {"StringEquals": {"sts:RoleSessionName": "ticket-17"}}
    unless = {"StringNotEquals": {"sts:RoleSessionName": "ticket-17"}}
    own = allow("sts:AssumeRole", Condition=named) if whose == "own" else allow("sts:AssumeRole")
    row = Row(15, (own,), "", opened())
    world = row.world()
    if whose != "own":
        boss = world.create_account("boss", account_id="999999999999")
        organization = world.create_organization(boss)
        organization.invite_account(world.account(MAIN)).accept()
        guard = deny("sts:AssumeRole", Condition=unless)
        if whose == "rcp":
            organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
            guard["Principal"] = "*"
        kind = {"type": "RESOURCE_CONTROL_POLICY"} if whose == "rcp" else {}
        organization.create_policy("guard", document(guard), **kind).attach(world.account(MAIN))

    (edge,) = proved(world, DANA, 15)
    assert edge.calls[0].parameters["RoleSessionName"] == "ticket-17"


def test_nobody_is_let_in_who_cannot_say_it() -> None:
    """A role has no user name; a condition on the caller cannot be said at all."""
    main = small_world()
    named = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    main.roles["stars"].update_assume_role_policy(trusting(MAIN, Condition=named))
    job = main.create_role("job", assume_role_policy_document=EC2)
    job.put_policy("ask", document(allow("sts:AssumeRole")))
    assert edges(main.world, job, 15) == []

    main.users["dana"].put_policy("ask", document(allow("sts:AssumeRole")))
    other = {"StringEquals": {"aws:PrincipalTag/team": "sea"}}
    main.roles["stars"].update_assume_role_policy(trusting(MAIN, Condition=other))
    assert edges(main.world, DANA, 15) == []


def test_tags_need_the_permission_to_tag() -> None:
    """The trust policy wants a tag; the caller's own policy lets him assume, not tag."""
    tagged = {"StringEquals": {"aws:RequestTag/team": "sky"}}
    row = Row(15, (ASSUME,), "role/stars in a session tagged team=sky", opened(Condition=tagged))
    assert row.targets(row.world()) == []

    found = row.targets(row.world(allow("sts:TagSession")))
    assert found == ["role/stars in a session tagged team=sky"]


def test_a_tag_of_the_session_opens_what_the_role_alone_does_not() -> None:
    """The session has the tag that the role's policy asks for."""
    row = Row(
        15, (allow("sts:*"),), "", opened(Condition={"Null": {"aws:RequestTag/key": "false"}})
    )
    world = row.world()
    sky = {"Condition": {"StringEquals": {"aws:PrincipalTag/key": "reach"}}}
    world.role("stars").put_policy("reads", document(allow("s3:GetObject", **sky)))

    (edge,) = proved(world, DANA, 15)
    assert world.reach().world.can(edge.target.principal, "s3:GetObject", "arn:aws:s3:::maps/m31")


def test_mfa_is_shown_by_whoever_has_a_device() -> None:
    """It is a condition that the caller has it in his hand; without one, there is no way."""
    wanted = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    row = Row(15, (ASSUME,), "", opened(Condition=wanted))
    assert row.targets(row.world()) == []

    world = row.world()
    world.user("dana").create_virtual_mfa_device("phone").enable(world.user("dana"))

    (edge,) = proved(world, DANA, 15)
    assert edge.conditions == ("the caller has the MFA device",)
    assert "TokenCode=..." in str(edge.calls[0])


def test_what_a_condition_asks_for_is_put_into_words() -> None:
    """Negated operators ask for their values in a Deny; in an Allow they ask for nothing."""
    request = required_in(
        document_of(allow("sts:AssumeRole", Condition={"StringNotEquals": {"a:b": "x"}})),
        document_of(deny("sts:AssumeRole", Condition={"StringNotLike": {"a:c": "y*"}})),
        document_of(deny("sts:AssumeRole", Condition={"StringEquals": {"a:d": "z"}})),
        document_of(allow("sts:AssumeRole", Condition={"Null": {"a:e": "true"}})),
    )

    texts = {key: [sample.text for sample in samples(request, key, {})] for key in request}
    assert texts == {"a:b": [], "a:c": ["yreach"], "a:d": [], "a:e": []}


def document_of(*statements: dict[str, Any]) -> Any:
    """Read a policy."""
    return Policy.parse(document(*statements))


# Who is named ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": MAIN},
        {"AWS": f"{HERE}:root"},
        {"AWS": DANA},
        {"AWS": "*"},
        {"AWS": [OTHER, DANA]},
        {"AWS": MAIN, "Service": "ec2.amazonaws.com"},
    ],
    ids=str,
)
def test_however_a_trust_policy_names_somebody_the_role_is_found(principal: Any) -> None:
    """By ARN, by account, by a star; beside others."""
    row = Row(15, (ASSUME,), "")
    world = row.world()
    world.create_account("other", account_id=OTHER)
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    world.role("stars").update_assume_role_policy(document(statement))

    assert row.targets(world) == ["role/stars"]


def test_a_session_is_named_by_its_role_or_itself() -> None:
    """Jo assumes a job, whose session another role names."""
    main = small_world()
    main.create_user("jo")
    job = main.create_role("job", path="/ci/", assume_role_policy_document=trusting(MAIN))
    main.users["jo"].put_policy("ask", document(allow("sts:AssumeRole", job.arn)))
    session = f"arn:aws:sts::{MAIN}:assumed-role/job/jo"
    main.roles["stars"].update_assume_role_policy(trusting(session))

    reach = main.world.reach()
    path = reach.path(main.users["jo"], main.roles["stars"])
    assert path is not None
    assert path.replay().principal.arn.endswith("assumed-role/stars/job")
    assert reach.path(DANA, main.roles["stars"]) is None

    main.roles["stars"].update_assume_role_policy(trusting(job.arn))
    assert main.world.reach().path(main.users["jo"], main.roles["stars"]) is not None


def test_a_principal_that_was_deleted_and_made_again_is_not_trusted() -> None:
    """The trust policy keeps the id of the first one."""
    main = small_world()
    main.create_user("jo")
    main.roles["stars"].update_assume_role_policy(trusting(f"{HERE}:user/jo"))
    main.users["jo"].delete()
    main.create_user("jo")

    assert edges(main.world, f"{HERE}:user/jo", 15) == []


def test_whoever_is_not_a_principal_of_sts_takes_no_role() -> None:
    """A root user assumes no role, however open it is."""
    main = small_world()
    main.roles["stars"].update_assume_role_policy(trusting("*"))

    assert not [
        edge
        for edge in main.world.reach().edges_from(main.root)
        if edge.way.number in range(14, 20)
    ]


# Trust policies that are written ------------------------------------------------------------------


def test_a_trust_policy_that_is_written_keeps_what_it_said() -> None:
    """EC2 is still trusted: the way adds an Allow."""
    world = ROWS[0].world()
    reach = world.reach()

    (edge,) = proved(world, DANA, 14)
    written = prove(reach, *[item for item in reach.edges_from(DANA) if item == edge])
    trust = written.world.role("stars").trust
    assert trust is not None
    assert "ec2.amazonaws.com" in trust.text
    assert DANA in trust.text


def test_a_deny_in_a_trust_policy_is_written_over() -> None:
    """Nobody could come in: so the whole is replaced."""
    world = ROWS[0].world()
    everybody = {"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    world.role("stars").update_assume_role_policy(document({"Effect": "Deny", **everybody}))

    (edge,) = proved(world, DANA, 14)
    assert "Deny" not in edge.calls[0].parameters["PolicyDocument"]


def test_a_boundary_does_not_stop_a_session_that_is_named_itself() -> None:
    """A role's boundary has no AssumeRole: its session writes its own name, not the role's."""
    main = small_world()
    main.create_policy("iam-only", document(allow("iam:*")))
    job = main.create_role("job", assume_role_policy_document=trusting(DANA))
    job.put_policy("risky", document(allow("iam:*")))
    job.put_permissions_boundary("iam-only")

    path = main.world.reach().path(DANA, main.roles["stars"])
    assert path is not None
    assert [edge.way.number for edge in path] == [15, 14]
    assert path.replay().principal.arn.endswith("assumed-role/stars/job")


# Sessions -----------------------------------------------------------------------------------------


@pytest.fixture
def chain() -> World:
    """Dana gets to the role job, and that to stars; both let tags and source identities in."""
    main = small_world()
    ask = document(allow(["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]))
    main.users["dana"].put_policy("ask", ask)
    job = main.create_role("job", assume_role_policy_document=trusting(DANA))
    job.put_policy("ask", ask)
    main.roles["stars"].update_assume_role_policy(trusting(job.arn))
    return main.world


def test_a_session_hands_on_its_transitive_tags_and_source_identity(chain: World) -> None:
    """The next session has them, and its power says so."""
    session = chain.sts.assume_role(
        chain.user("dana"),
        role_arn=f"{HERE}:role/job",
        role_session_name="jo",
        tags={"team": "sky", "site": "x"},
        transitive_tag_keys=["team"],
        source_identity="dana",
    )

    (edge,) = [edge for edge in proved(chain, session, 15) if "stars" in edge.target.arn]
    assert str(edge.target) == "role/stars in a session tagged team=sky of dana"
    assert edge.permissions == ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
    assert edge.target.principal.context()["aws:SourceIdentity"] == "dana"


def test_a_session_that_must_hand_on_tags_needs_the_permission_to(chain: World) -> None:
    """The next role's trust policy lets nobody bring tags."""
    statement = {"Effect": "Allow", "Principal": {"AWS": f"{HERE}:role/job"}}
    chain.role("stars").update_assume_role_policy(
        document({**statement, "Action": "sts:AssumeRole"})
    )
    tagged: dict[str, Any] = {"tags": {"team": "sky"}, "transitive_tag_keys": ["team"]}
    named = {"role_arn": f"{HERE}:role/job", "role_session_name": "jo"}
    dana = chain.user("dana")
    with_tags = chain.sts.assume_role(dana, **named, **tagged)
    without_tags = chain.sts.assume_role(dana, **named)

    assert edges(chain, with_tags, 15) == []
    assert [str(edge.target) for edge in proved(chain, without_tags, 15)] == ["role/stars"]


def test_what_the_first_role_was_asked_for_goes_on_to_the_second(chain: World) -> None:
    """A source identity that one trust policy wants is that of the whole chain."""
    wants = {"StringEquals": {"sts:SourceIdentity": "dana"}}
    chain.role("job").update_assume_role_policy(trusting(DANA, Condition=wants))

    path = chain.reach().path(DANA, chain.role("stars"))
    assert path is not None
    caller = path.replay().principal
    assert str(path.target) == "role/stars in a session of dana"
    assert caller.record.source_identity == "dana"


@pytest.mark.parametrize(("wanted", "count"), [("dana", 1), ("eve", 0)])
def test_a_source_identity_that_is_set_is_not_set_anew(
    chain: World, wanted: str, count: int
) -> None:
    """A trust policy that wants another one is closed to this session, whatever it says."""
    session = chain.sts.assume_role(
        chain.user("dana"),
        role_arn=f"{HERE}:role/job",
        role_session_name="jo",
        source_identity="dana",
    )
    wants = {"StringEquals": {"sts:SourceIdentity": wanted}}
    chain.role("stars").update_assume_role_policy(trusting(f"{HERE}:role/job", Condition=wants))

    assert len(proved(chain, session, 15)) == count


def test_a_role_that_is_named_by_its_id_is_found(chain: World) -> None:
    """So a trust policy shows a principal that was deleted and loaded again."""
    job = chain.role("job")
    trust = chain.role("stars").trust
    assert trust is not None
    chain.role("stars").trust = Policy.parse(trust.text.replace(job.arn, job.unique_id))

    assert [str(edge.target) for edge in proved(chain, job, 15)] == ["role/stars"]


def test_two_sessions_of_one_name_are_two(chain: World) -> None:
    """One has a session policy that lets it do nothing: the other's ways are not its own."""
    named = {"role_arn": f"{HERE}:role/job", "role_session_name": "jo"}
    dana = chain.user("dana")
    free = chain.sts.assume_role(dana, **named)
    bound = chain.sts.assume_role(dana, **named, policy=document(allow("s3:GetObject")))
    reach = chain.reach()

    assert reach.path(free, chain.role("stars")) is not None
    assert reach.path(bound, chain.role("stars")) is None


def test_writing_to_a_role_widens_no_session_policy_but_a_new_session_is_free_of_it() -> None:
    """A session changes its role's trust policy, and requests a session without limits."""
    main = small_world()
    job = main.create_role("job", assume_role_policy_document=trusting(DANA))
    job.put_policy("risky", document(allow("iam:UpdateAssumeRolePolicy"), allow("s3:*")))
    limited = document(allow(["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"]))
    session = main.world.sts.assume_role(
        main.users["dana"], role_arn=job.arn, role_session_name="jo", policy=limited
    )
    assert not main.world.can(session, "s3:GetObject", "arn:aws:s3:::maps/x")

    (edge,) = [edge for edge in proved(main.world, session, 14) if edge.target.arn == job.arn]
    caller = edge.target.principal
    assert main.world.reach().world.can(caller, "s3:GetObject", "arn:aws:s3:::maps/x")


def test_a_session_of_get_session_token_assumes_but_cannot_write() -> None:
    """IAM is closed to it without MFA; STS's AssumeRole is not."""
    main = small_world()
    opened()(main)
    main.users["dana"].put_policy("risky", document(ASSUME, TRUST, PUT))
    session = main.world.sts.get_session_token(main.users["dana"].create_access_key())

    assert [edge.way.number for edge in proved(main.world, session, *range(10, 23))] == [15]


def test_a_role_with_a_trust_in_its_own_account_is_not_a_gain_to_itself() -> None:
    """A role that may assume itself is itself already."""
    main = small_world()
    job = main.create_role("job", assume_role_policy_document=trusting(MAIN))
    job.put_policy("ask", document(allow("sts:AssumeRole")))

    assert edges(main.world, job, 15) == []


def test_edges_are_found_whatever_the_reader_asks_with() -> None:
    """A network that a policy wants comes with the question, and stays a matter of it."""
    row = Row(
        15,
        (allow("sts:AssumeRole", Condition={"Bool": {"aws:SecureTransport": "true"}}),),
        "",
        opened(),
    )
    reach: Reach = row.world().reach()

    assert [edge.way.number for edge in reach.edges_from(DANA)] == [15]
