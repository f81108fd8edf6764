"""Session tags: which a session has, which go on along a chain of roles, and which do not fit."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, RequestError, ValidationError
from iamlab.errors.services import InvalidParameterValue
from iamlab.errors.sts import PackedPolicyTooLarge
from iamlab.operations.sts.session import Session
from tests.effort import tries
from tests.operations.sts.sts_scene import (
    EVERYTHING,
    SHORT,
    WORK,
    Scene,
    made,
    random_tags,
    trusting,
)
from tests.policy.documents import allow, deny, document

MAP = "arn:aws:s3:::star-maps/m31"


def seen(scene: Scene | World, caller: Any) -> dict[str, str]:
    """Return the tags with which policies see somebody."""
    context = scene.can(caller, "s3:GetObject", MAP).request.context
    start = "aws:PrincipalTag/"
    return {key.removeprefix(start): str(context[key]) for key in context if key.startswith(start)}


@pytest.fixture
def scene() -> Scene:
    """Everybody who can call STS."""
    return made()


# -- which tags a session has ---------------------------------------------------------------------


def test_policies_see_session_tags_as_tags_of_the_principal(scene: Scene) -> None:
    """With the tags of the role, whose own they are not."""
    scene.work.tag({"site": "north"})
    session = scene.assume(scene.key, scene.work, tags={"team": "sky"})

    assert seen(scene, session) == {"site": "north", "team": "sky"}
    assert session.tags == {"team": "sky"}
    assert scene.work.tags == {"site": "north"}


def test_a_session_tag_wins_over_the_roles_tag_in_any_letter_case(scene: Scene) -> None:
    """The letter case of the session tag is kept."""
    scene.work.tag({"Department": "Marketing"})
    session = scene.assume(scene.key, scene.work, tags={"department": "engineering"})

    assert seen(scene, session) == {"department": "engineering"}


def test_a_federated_users_tags_win_over_those_of_the_user(scene: Scene) -> None:
    """As with a role."""
    scene.ana.tag({"Team": "sky", "site": "north"})
    guest = scene.world.sts.get_federation_token(scene.key, name="guest", tags={"TEAM": "sea"})

    assert seen(scene, guest) == {"site": "north", "TEAM": "sea"}


def test_a_session_of_a_user_has_his_tags_as_they_are_now(scene: Scene) -> None:
    """GetSessionToken makes none."""
    session = scene.session("GetSessionToken")
    scene.ana.tag({"team": "sky"})

    assert (session.tags, seen(scene, session)) == ({}, {"team": "sky"})


def test_tags_of_the_role_count_as_they_are_now_and_session_tags_as_they_were(
    scene: Scene,
) -> None:
    """What the session was given stays with it."""
    sent = {"team": "sky"}
    session = scene.assume(scene.key, scene.work, tags=sent)
    sent["team"] = "sea"
    scene.work.tag({"site": "north", "team": "far"})

    assert seen(scene, session) == {"site": "north", "team": "sky"}


def test_what_the_tags_of_a_session_say_can_be_changed_by_nobody(scene: Scene) -> None:
    """The mapping that is shown is a copy."""
    session = scene.assume(scene.key, scene.work, tags={"team": "sky"})
    session.tags["team"] = "sea"  # type: ignore[index]

    assert seen(scene, session) == session.tags == {"team": "sky"}


@pytest.mark.parametrize("key", ["aws:team", "AWS:team", "aWs:"])
def test_no_tag_looks_like_one_of_awss_own(scene: Scene, key: str) -> None:
    """In any letter case."""
    with pytest.raises(InvalidParameterValue, match="System tags"):
        scene.assume(scene.key, scene.work, tags={key: "x"})


# -- along a chain --------------------------------------------------------------------------------


def test_only_transitive_tags_go_on_to_the_next_role(scene: Scene) -> None:
    """And on to every one after it."""
    tags = {"team": "sky", "site": "north"}
    first = scene.assume(scene.key, scene.work, tags=tags, transitive_tag_keys=["TEAM"])
    second = scene.assume(first, scene.short, tags={"cost": "7"})
    third = scene.assume(second, scene.work)

    assert seen(scene, first) == tags
    assert seen(scene, second) == {"team": "sky", "cost": "7"}
    assert seen(scene, third) == third.tags == {"team": "sky"}


def test_an_inherited_tag_wins_over_the_next_roles_tag(scene: Scene) -> None:
    """Which would win over nothing at all."""
    scene.short.tag({"Team": "sea", "site": "south"})
    first = scene.assume(scene.key, scene.work, tags={"team": "sky"}, transitive_tag_keys=["team"])

    assert seen(scene, scene.assume(first, scene.short)) == {"team": "sky", "site": "south"}


@pytest.mark.parametrize("key", ["team", "TEAM"])
def test_an_inherited_tag_cannot_be_sent_again(scene: Scene, key: str) -> None:
    """Not even with the same value."""
    first = scene.assume(scene.key, scene.work, tags={"team": "sky"}, transitive_tag_keys=["team"])
    with pytest.raises(InvalidParameterValue, match="conflicts with a transitive tag key"):
        scene.assume(first, scene.short, tags={key: "sky"})


def test_a_tag_that_is_not_transitive_can_be_set_anew_and_made_so(scene: Scene) -> None:
    """From there on it is handed on."""
    first = scene.assume(scene.key, scene.work, tags={"team": "sky"})
    second = scene.assume(first, scene.short, tags={"Team": "sea"}, transitive_tag_keys=["team"])
    third = scene.assume(second, scene.work)

    assert second.tags == third.tags == {"Team": "sea"}


def test_scoped_credentials_hand_on_what_their_session_does(scene: Scene) -> None:
    """They are the same session."""
    first = scene.assume(scene.key, scene.work, tags={"team": "sky"}, transitive_tag_keys=["team"])
    scoped = scene.session("GetScopedCredentials", first)

    assert seen(scene, scoped) == {"team": "sky"}
    assert scene.assume(scoped, scene.short).tags == {"team": "sky"}


def test_a_token_of_oidc_and_an_assertion_of_saml_carry_tags(scene: Scene) -> None:
    """Transitive ones go on from there."""
    message: dict[str, Any] = {
        "principal_tags": {"team": "sky", "site": "north"},
        "transitive_tag_keys": ["team"],
    }
    token, assertion = (
        scene.issuer.token("carol1", **message),
        scene.directory.sign_in("bob", **message),
    )
    sessions = [
        scene.session("AssumeRoleWithWebIdentity", WebIdentityToken=token),
        scene.session("AssumeRoleWithSAML", SAMLAssertion=assertion),
    ]
    for session in sessions:
        assert seen(scene, session) == {"team": "sky", "site": "north"}
        assert seen(scene, scene.assume(session, scene.short)) == {"team": "sky"}


def test_who_assumes_a_role_as_text_hands_on_nothing(scene: Scene) -> None:
    """An ARN is some session, of which nobody knows more."""
    scene.assume(scene.key, scene.work, tags={"team": "sky"}, transitive_tag_keys=["team"])
    arn = scene.work.arn.replace("iam", "sts").replace(":role/", ":assumed-role/") + "/s1"

    assert scene.assume(arn, scene.short).tags == {}


# -- how many, and how much -----------------------------------------------------------------------


def test_a_session_has_50_tags_at_most_inherited_ones_included(scene: Scene) -> None:
    """The fiftieth fits."""
    tags = {f"k{number}": "" for number in range(30)}
    first = scene.assume(scene.key, scene.work, tags=tags, transitive_tag_keys=list(tags))
    more = {f"m{number}": "" for number in range(20)}

    assert len(scene.assume(first, scene.short, tags=more).tags) == 50
    with pytest.raises(ValidationError, match="50"):
        scene.assume(first, scene.short, tags={**more, "one": "more"})


def test_what_fits_as_text_may_not_fit_into_a_token(scene: Scene) -> None:
    """Each tag is within its limits; the sentence says how much too much they are."""
    with pytest.raises(PackedPolicyTooLarge) as caught:
        scene.assume(scene.key, scene.work, tags=random_tags(50, 256))

    words = caught.value.message.split()
    assert words[:3] == ["Packed", "policy", "consumes"]
    assert int(words[3].rstrip("%")) > 100


def test_policies_and_tags_share_the_room(scene: Scene) -> None:
    """The percentage grows with each; without any it is 0."""
    policy = json.dumps(document(allow("s3:GetObject", "arn:aws:s3:::star-maps/*")))
    tags = [{"Key": key, "Value": value} for key, value in random_tags(5, 50).items()]
    sizes = [
        scene.call("AssumeRole", **sent)["PackedPolicySize"]
        for sent in ({}, {"Tags": tags}, {"Tags": tags, "Policy": policy})
    ]

    assert sizes[0] == 0 < sizes[1] < sizes[2] < 100


def test_inherited_tags_take_room_too(scene: Scene) -> None:
    """So the next role's own may not fit any more."""
    tags = random_tags(8, 256)
    first = scene.assume(scene.key, scene.work, tags=tags, transitive_tag_keys=list(tags))
    more = {f"m{key}": value for key, value in random_tags(8, 255).items()}

    assert scene.assume(first, scene.short).packed_policy_size == first.packed_policy_size
    with pytest.raises(PackedPolicyTooLarge):
        scene.assume(first, scene.short, tags=more)


# -- what policies say of them --------------------------------------------------------------------


def test_tags_in_a_chain_need_the_permission_even_if_none_are_sent(scene: Scene) -> None:
    """Whoever hands on tags tags the next session."""
    plain = scene.main.create_role(
        "plain",
        assume_role_policy_document=trusting(WORK, SHORT, actions="sts:AssumeRole"),
    )
    without = scene.assume(scene.key, scene.work, tags={"team": "sky"})
    handing_on = scene.assume(
        scene.key, scene.work, tags={"team": "sky"}, transitive_tag_keys=["team"]
    )

    assert scene.assume(without, plain).tags == {}
    with pytest.raises(AccessDenied, match="sts:TagSession") as caught:
        scene.assume(handing_on, plain)
    assert caught.value.decision is not None


CONDITIONS: dict[str, Mapping[str, Any]] = {
    "the value of a tag": {"StringEquals": {"aws:RequestTag/team": "sky"}},
    "which tags": {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    "which tags are transitive": {"ForAllValues:StringEquals": {"sts:TransitiveTagKeys": ["team"]}},
    "the caller's own tag": {"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}},
}
BAD: dict[str, dict[str, Any]] = {
    "the value of a tag": {"tags": {"team": "sea"}},
    "which tags": {"tags": {"team": "sky", "site": "north"}},
    "which tags are transitive": {
        "tags": {"team": "sky", "site": "north"},
        "transitive_tag_keys": ["site"],
    },
    "the caller's own tag": {"tags": {"team": "sea"}},
}


@pytest.mark.parametrize("what", CONDITIONS)
def test_a_trust_policy_can_say_which_tags_it_takes(scene: Scene, what: str) -> None:
    """By the keys of the request."""
    scene.ana.tag({"team": "sky"})
    strict = trusting(scene.ana.arn, actions="sts:TagSession", Condition=CONDITIONS[what])
    free = trusting(scene.ana.arn, actions="sts:AssumeRole")
    trust = document(*strict["Statement"], *free["Statement"])
    scene.ana.put_policy("everything", document(deny("s3:*")))
    role = scene.main.create_role("strict", assume_role_policy_document=trust)

    sent = {"tags": {"team": "sky"}, "transitive_tag_keys": ["team"]}
    assert scene.assume(scene.key, role, **sent).tags == {"team": "sky"}
    assert scene.assume(scene.key, role).tags == {}
    with pytest.raises(AccessDenied, match="sts:TagSession"):
        scene.assume(scene.key, role, **BAD[what])


def test_tags_that_are_not_a_mapping_are_refused(scene: Scene) -> None:
    """Before anything is asked of STS."""
    for wrong in ("team", ["team"], 5, [{"Key": "team", "Value": "sky"}]):
        with pytest.raises(RequestError, match="tags is a dict"):
            scene.assume(scene.key, scene.work, tags=wrong)


# -- chains of roles, and a model of them ---------------------------------------------------------

ACCOUNTS = ("111111111111", "222222222222", "333333333333")
KEYS = ("team", "Team", "site", "SITE", "cost")
SECONDS = (None, 900, 3600, 3601, 7200, 43_200)


@dataclass(frozen=True)
class Hop:
    """One call of AssumeRole: on which role, and with what."""

    role: int
    tags: list[tuple[str, str]]
    transitive: list[str]
    identity: str | None
    seconds: int | None

    def sent(self, arn: str) -> dict[str, Any]:
        """Write it as the API takes it."""
        arguments = {
            "RoleArn": arn,
            "RoleSessionName": "s1",
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags],
            "TransitiveTagKeys": self.transitive,
            "SourceIdentity": self.identity,
            "DurationSeconds": self.seconds,
        }
        return {name: value for name, value in arguments.items() if value is not None}


@dataclass(frozen=True)
class Plain:
    """A session as a plain value: tags by their keys in small letters."""

    tags: dict[str, tuple[str, str]] = field(default_factory=dict)
    transitive: frozenset[str] = frozenset()
    identity: str = ""
    seconds: int = 0


def follow(before: Plain | None, hop: Hop, longest: int) -> Plain | None:
    """Return what a call leads to by the rules on AWS's pages; nothing if it fails."""
    small = [key.lower() for key, _ in hop.tags]
    known = before or Plain()
    seconds = 3600 if hop.seconds is None else hop.seconds
    fails = (
        len(set(small)) < len(small),
        known.transitive & set(small),
        {key.lower() for key in hop.transitive} - set(small),
        known.identity and hop.identity not in (None, known.identity),
        seconds > longest,
        before is not None and seconds > 3600,
    )
    if any(fails):
        return None
    handed = {key: known.tags[key] for key in known.transitive}
    own = {key.lower(): (key, value) for key, value in hop.tags}
    transitive = known.transitive | {key.lower() for key in hop.transitive}
    return Plain({**handed, **own}, transitive, known.identity or hop.identity or "", seconds)


tag_lists = st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from("ab")), max_size=3)
role_tags = st.dictionaries(st.sampled_from(("team", "Site", "other")), st.sampled_from("xy"))
roles = st.lists(
    st.tuples(role_tags, st.sampled_from((3600, 7200, 43_200))), min_size=2, max_size=5
)
hops = st.builds(
    Hop,
    st.integers(0, 4),
    tag_lists,
    st.lists(st.sampled_from(KEYS), max_size=2),
    st.sampled_from((None, None, "ana", "bob")),
    st.sampled_from(SECONDS),
)


@settings(max_examples=tries(120))
@given(roles, st.lists(hops, min_size=1, max_size=7))
def test_tags_source_identity_and_length_follow_the_rules_along_any_chain(
    made_of: list[tuple[dict[str, str], int]], chain: list[Hop]
) -> None:
    """Through up to five roles in three accounts; a hop that fails changes nothing."""
    world, arns = world_of(made_of)
    caller: Any = world.user("ana")
    expected: Plain | None = None
    for hop in chain:
        number = hop.role % len(arns)
        after = follow(expected, hop, made_of[number][1])
        before = (dict(world.sessions), world.ids.made, world.revision, len(world.events))
        try:
            answer = world.sts.call("AssumeRole", caller, **hop.sent(arns[number]))
        except AwsError:
            assert after is None
            kept = (world.sessions, world.ids.made, world.revision, len(world.events) - 1)
            assert kept == before
            continue
        assert after is not None
        caller = Session(world, world.sessions[answer["Credentials"]["AccessKeyId"]])
        expected = after
        assert plain(caller) == expected
        assert {key.lower(): value for key, value in seen(world, caller).items()} == {
            **{key.lower(): value for key, value in made_of[number][0].items()},
            **{key: value for key, (_, value) in expected.tags.items()},
        }
        keys = world.can(caller, "s3:GetObject", MAP).request.context
        assert keys.get("aws:SourceIdentity", "") == expected.identity
        assert answer.get("SourceIdentity", "") == expected.identity


def world_of(made_of: list[tuple[dict[str, str], int]]) -> tuple[World, list[str]]:
    """Make a world with these roles, who all trust everybody; give their ARNs."""
    world = World(seed=1)
    accounts = [world.create_account(name, account_id=name) for name in ACCOUNTS]
    accounts[0].create_user("ana").put_policy("everything", EVERYTHING)
    arns = []
    for number, (tags, longest) in enumerate(made_of):
        role = accounts[number % 3].create_role(
            f"r{number}",
            assume_role_policy_document=trusting("*"),
            tags=tags,
            max_session_duration=longest,
        )
        role.put_policy("everything", EVERYTHING)
        arns.append(role.arn)
    return world, arns


def plain(session: Session) -> Plain:
    """Write a session as a plain value."""
    length = session.expiration - session.issued
    return Plain(
        {key.lower(): (key, value) for key, value in session.tags.items()},
        frozenset(key.lower() for key in session.transitive_tag_keys),
        session.source_identity,
        int(length / timedelta(seconds=1)),
    )
