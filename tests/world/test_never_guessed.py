"""What could be read in two ways is refused, or owned up to; never guessed."""

import pytest

from iamlab import IamLabError, LoadError, RequestError, World
from iamlab.view import access_graph

ACCOUNT, OTHER = "111111111111", "222222222222"
ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}
DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}],
}


def user(name="ana", *documents, path="/"):
    """A user as an export has it, with inline policies that are all called x."""
    return {
        "UserName": name,
        "Path": path,
        "UserId": "AIDAX",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user{path}{name}",
        "UserPolicyList": [{"PolicyName": "x", "PolicyDocument": d} for d in documents],
    }


@pytest.mark.parametrize(
    "users",
    [
        [user("ana", DENY, ALLOW)],
        [user("ana", DENY), user("ana", ALLOW)],
        [user("ana"), user("ANA")],
    ],
    ids=["an inline policy", "a user", "a namesake"],
)
def test_what_is_duplicated_with_different_content_is_refused(users):
    """The last of two would decide what is allowed."""
    with pytest.raises(LoadError, match=r"duplicated|in different case"):
        World.from_account_details({"UserDetailList": users})


def test_pages_may_repeat_the_same():
    """Two files of one account that overlap aren't a contradiction."""
    page = {"UserDetailList": [user("ana", ALLOW)]}
    world = World.from_account_details(page, page)

    assert world.can(world.user("ana"), "s3:GetObject", "arn:aws:s3:::b/k")


def test_a_key_that_is_duplicated_in_the_file_is_refused(tmp_path):
    """Python's reader would take the last Effect without a word."""
    file = tmp_path / "account.json"
    file.write_text('{"UserDetailList": [], "UserDetailList": []}', "utf-8")
    with pytest.raises(LoadError, match="'UserDetailList' is duplicated"):
        World.from_account_details(file)


def test_the_owner_in_an_s3_arn_counts():
    """An access point's ARN names its account; it is not a bucket of that name in the caller's."""
    world = World()
    ana = world.create_account("a", account_id=ACCOUNT).create_user("ana")
    ana.attach_policy("AmazonS3FullAccess")
    point = f"arn:aws:s3:us-east-1:{OTHER}:accesspoint/ap/object/k"
    decision = world.can(ana, "s3:GetObject", point)

    assert not decision
    assert decision.request.resource_account == OTHER
    assert decision.blocked_by == {"resource"}


def test_two_policies_of_one_name_are_two_in_the_picture():
    """An inline policy and a managed one may be called the same."""
    world = World()
    account = world.create_account("a", account_id=ACCOUNT)
    ana = account.create_user("ana")
    ana.put_policy("maps", ALLOW)
    ana.attach_policy(account.create_policy("maps", DENY))
    figure = access_graph(world.can(ana, "s3:GetObject", "arn:aws:s3:::b/k"))
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]

    assert texts.count("maps") == 2
    assert {"inline", "customer managed"} <= set(texts)


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "team", "Value": "sky"}],
        {"team": None},
        {"": "x"},
        {f"k{n}": "v" for n in range(51)},
    ],
    ids=["AWS's list", "no text", "no key", "51"],
)
def test_tags_that_cannot_be_are_refused_and_nothing_is_made(tags):
    """At creation and afterwards, on users, roles and buckets."""
    account = World().create_account("a", account_id=ACCOUNT)
    ana = account.create_user("ana", tags={"team": "sky"})
    for attempt in (
        lambda: account.create_user("bob", tags=tags),
        lambda: account.create_bucket("bucket", tags=tags),
        lambda: ana.tag(tags),
    ):
        with pytest.raises(IamLabError):
            attempt()
    assert (list(account.users), account.buckets) == (["ana"], {})
    assert ana.tags == {"team": "sky"}


def test_a_tag_is_set_whatever_the_letter_case_of_its_key_and_taken_away():
    """Keys of users and roles are case-insensitive, and keep the case that they had first."""
    ana = World().create_account("a", account_id=ACCOUNT).create_user("ana", tags={"Team": "sky"})
    ana.tag({"team": "sea"})

    assert ana.tags == {"Team": "sea"}

    with pytest.raises(RequestError, match="list of keys"):
        ana.untag("Team")
    ana.untag(["Team"])

    assert ana.tags == {}


def test_a_sixth_version_wants_another_deleted_first():
    """Five versions are kept; the default one cannot go, and a number is never used again."""
    account = World().create_account("a", account_id=ACCOUNT)
    policy = account.create_policy("maps", ALLOW)
    made = [policy.create_version(ALLOW) for _ in range(4)]
    with pytest.raises(IamLabError, match="up to 5 versions"):
        policy.create_version(ALLOW)
    with pytest.raises(IamLabError, match="default version"):
        policy.delete_version("v1")
    policy.delete_version(made[-1])

    assert policy.create_version(ALLOW) == "v6"


@pytest.mark.parametrize(
    "ask",
    [
        lambda a: a.world.user(None),
        lambda a: a.world.account(5),
        lambda a: a.users[None],
        lambda a: a.users["ana"].attach_policy(None),
        lambda a: a.users["ana"].attach_policy(a.users["ana"].inline["p"]),
        lambda a: a.create_policy("p", ALLOW).set_default_version(5),
        lambda a: a.create_group("g").add_user(None),
        lambda a: a.world.can(a.users["ana"], "s3:GetObject", "*", context={5: "x"}),
        lambda a: a.world.can(a.users["ana"], "s3:GetObject", "*", context=[1]),
    ],
)
def test_a_value_of_the_wrong_kind_is_reported(ask):
    """Never a bare TypeError from the depths."""
    account = World().create_account("a", account_id=ACCOUNT)
    account.create_user("ana").put_policy("p", ALLOW)
    with pytest.raises(RequestError):
        ask(account)
