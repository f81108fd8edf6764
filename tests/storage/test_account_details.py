"""Account details in: every shape of AWS gives the same answers; all else is refused."""

import contextlib
import copy
import json
import random
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.iam.aws_managed_policies import aws_managed_policies_data

from iamlab import World
from iamlab.errors import IamLabError, LoadError, NoSuchEntity
from iamlab.storage.account_details import LoadWarning
from tests.effort import slow, tries
from tests.policy.documents import allow, document
from tests.rows import each_row
from tests.storage.account_exports import (
    ACCOUNT,
    ARN_OF,
    HOMES,
    IAM,
    KEY,
    LISTS,
    MAPS,
    ROLES,
    ROOT,
    USERS,
    VERDICTS,
    arn_of,
    as_cli,
    documents_in,
    export_of,
    filtered,
    hand_made,
    moto_account,
    moto_raw,
    pages_of,
    url_encoded,
)

Doc = dict[str, Any]
OBJECT = f"{MAPS}/m31"


def load(*exports: Any, **more: Any) -> World:
    """Load, and do not mind warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LoadWarning)
        return World.from_account_details(*exports, **more)


def refusal(*exports: Any, **more: Any) -> str:
    """Return the text of the LoadError that must come."""
    with pytest.raises(LoadError) as caught:
        load(*exports, **more)
    return str(caught.value)


def wrong(world: World) -> list[str]:
    """List the rows of VERDICTS that do not hold in a world."""
    return [
        f"{who} {action} {resource} {context}: {decision} instead of {verdict} ({why})"
        for who, action, resource, context, verdict, why in VERDICTS
        for decision in [world.can(who, action, resource, context=context)]
        if decision.verdict.value != verdict
    ]


def saved(folder: Path, value: Any, name: str = "account.json", encoding: str = "utf-8") -> Path:
    """Write a file; text as it is, all else as JSON."""
    path = folder / name
    path.write_text(value if isinstance(value, str) else as_cli(value), encoding)
    return path


def user(**more: Any) -> Doc:
    """Make one entry of UserDetailList."""
    return {
        "UserName": "zoe",
        "Path": "/",
        "UserId": "AIDAEXAMPLEEXAMPLE123",
        "Arn": f"{IAM}user/zoe",
        "CreateDate": "2026-01-02T03:04:05+00:00",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        **more,
    }


def managed(arn: str, **more: Any) -> Doc:
    """Make one entry of Policies: it allows s3:GetObject."""
    return {
        "PolicyName": arn.rpartition("/")[2],
        "PolicyId": "ANPAEXAMPLEEXAMPLE123",
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [
            {
                "VersionId": "v1",
                "IsDefaultVersion": True,
                "Document": document(allow("s3:GetObject")),
            }
        ],
        **more,
    }


def attached(*arns: str) -> list[Doc]:
    """Make AttachedManagedPolicies."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


SOURCES: dict[str, Callable[[], Doc]] = {
    "hand-made": lambda: export_of(hand_made()),
    "boto3": moto_account,
    "aws-cli": lambda: moto_account("cli"),
}


@pytest.fixture(params=SOURCES)
def export(request: pytest.FixtureRequest) -> Doc:
    """The same account, from each source."""
    return SOURCES[request.param]()


def _shuffled(pages: list[Doc]) -> list[Doc]:
    random.Random(5).shuffle(pages)
    return pages


SHAPES: dict[str, Callable[[Doc, Path], list[Any]]] = {
    "dict": lambda export, _: [export],
    "file as the CLI prints it": lambda export, folder: [saved(folder, export)],
    "path as text": lambda export, folder: [str(saved(folder, export))],
    "file with byte order mark": lambda export, folder: [
        saved(folder, export, encoding="utf-8-sig")
    ],
    "one line": lambda export, folder: [saved(folder, json.dumps(export))],
    "URL-encoded": lambda export, _: [url_encoded(export)],
    "URL-encoded file": lambda export, folder: [saved(folder, url_encoded(export))],
    "documents as JSON text": lambda export, _: [_as_text(export)],
    "list of API pages": lambda export, _: [pages_of(url_encoded(export))],
    "file with API pages": lambda export, folder: [saved(folder, json.dumps(pages_of(export)))],
    "pages of one item": lambda export, _: [pages_of(export, 1)],
    "pages in any order": lambda export, _: [_shuffled(pages_of(export))],
    "pages backwards": lambda export, _: [pages_of(export)[::-1]],
    "one file a page": lambda export, folder: [
        saved(folder, page, f"page-{number}.json") for number, page in enumerate(pages_of(export))
    ],
    "one dict a page": lambda export, _: pages_of(export),
    "one file a filter": lambda export, folder: [
        saved(folder, filtered(export, kind), f"{kind}.json")
        for kind in ("LocalManagedPolicy", "Role", "Group", "User")
    ],
    "the same file twice": lambda export, _: [export, export],
}


def _as_text(export: Doc) -> Doc:
    found = copy.deepcopy(export)
    for _, holder, key in documents_in(found):
        holder[key] = json.dumps(holder[key], indent=2)
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_one_account_gives_the_verdicts_of_the_table(
    shape: str, export: Doc, tmp_path: Path
) -> None:
    """However the account comes, the same is allowed and denied, and nothing is missing."""
    exports = SHAPES[shape](export, tmp_path)

    world = World.from_account_details(*exports)  # a warning would be an error

    assert wrong(world) == []
    assert world.warnings == []


def test_the_hand_made_account_gives_the_verdicts_of_the_table() -> None:
    """The table holds in the world that the public methods build."""
    assert wrong(hand_made()) == []


@pytest.mark.slow
def test_a_loaded_world_answers_as_the_world_it_came_from() -> None:
    """Every user and role, with every question of the table, is reported the same in both."""
    original = hand_made()
    loaded = World.from_account_details(export_of(original))
    questions = {(action, resource) for _, action, resource, *_ in VERDICTS}
    contexts = [row[3] for row in VERDICTS]

    for who in (*map(arn_of, USERS), *map(arn_of, ROLES), ROOT):
        for action, resource in questions:
            for context in contexts:
                here = original.can(who, action, resource, context=context)
                there = loaded.can(who, action, resource, context=context)

                assert (there.verdict, [*map(str, there.determining)]) == (
                    here.verdict,
                    [*map(str, here.determining)],
                ), (who, action, resource, context)


def test_the_output_of_the_command_against_moto_loads_untouched() -> None:
    """Moto leaves PolicyName out; the policy's ARN tells it."""
    world = load(json.loads(moto_raw()))

    assert world.can(arn_of("alice"), "s3:GetObject", OBJECT)


def test_all_parts_of_an_account_are_loaded() -> None:
    """Paths, ids, tags, versions and the default one, boundaries, instance profiles are kept."""
    raw = moto_account()
    account = World.from_account_details(raw).accounts[ACCOUNT]
    ids = {item["UserName"]: item["UserId"] for item in raw["UserDetailList"]}

    alice, auditor = account.users["alice"], account.roles["auditor"]
    maps = account.policies["read-maps"]

    assert (alice.path, alice.tags, alice.groups) == ("/sky/", {"team": "sky"}, ["astronomers"])
    assert alice.arn == arn_of("alice")
    assert {name: item.unique_id for name, item in account.users.items()} == ids
    assert account.users["bob"].boundary == ARN_OF["ceiling"]
    assert (auditor.tags, auditor.boundary) == ({"team": "audit"}, ARN_OF["ceiling"])
    assert auditor.instance_profiles == ["auditor-profile"]
    assert (list(maps.versions), maps.default_version_id) == (["v1", "v2", "v3"], "v2")
    assert maps.document.to_dict() == document(allow("s3:GetObject", f"{MAPS}/*", Sid="ReadMaps"))
    assert account.policies["ceiling"].path == "/limits/"


def test_a_rollback_in_a_loaded_world_counts_at_once() -> None:
    """A loaded policy has its versions, and the default one can be changed."""
    world = World.from_account_details(export_of(hand_made()))
    policy = world.accounts[ACCOUNT].policies["read-maps"]
    assert world.can(arn_of("alice"), "s3:GetObject", OBJECT)

    policy.set_default_version("v3")

    assert world.can(arn_of("alice"), "s3:GetObject", OBJECT).verdict.value == "explicitDeny"


def test_plus_signs_and_percent_signs_of_a_url_encoded_document_are_kept() -> None:
    """AWS encodes by RFC 3986, where a plus sign is a plus sign."""
    resource = f"{HOMES}/a+b 100%25 ü/x"
    raw = {
        "UserDetailList": [
            user(
                UserPolicyList=[
                    {"PolicyName": "p", "PolicyDocument": document(allow("s3:GetObject", resource))}
                ]
            )
        ]
    }
    encoded = url_encoded({**dict.fromkeys(LISTS, ()), **raw})

    world = load(encoded)

    assert world.can(f"{IAM}user/zoe", "s3:GetObject", resource)
    assert not world.can(f"{IAM}user/zoe", "s3:GetObject", resource.replace("+", " "))


def test_a_list_that_the_file_lacks_is_an_empty_list() -> None:
    """A file that only has users is enough to ask about them."""
    world = load({"UserDetailList": [user()]})

    assert list(world.accounts[ACCOUNT].users) == ["zoe"]


def test_two_accounts_are_side_by_side(export: Doc) -> None:
    """Files of two accounts make one world in which each user has his own policies."""
    other = json.loads(json.dumps(export).replace(ACCOUNT, "210987654321"))
    other["UserDetailList"] = [
        {**item, "UserPolicyList": [], "GroupList": [], "AttachedManagedPolicies": []}
        for item in other["UserDetailList"]
    ]

    world = World.from_account_details(export, other)

    assert set(world.accounts) == {ACCOUNT, "210987654321"}
    assert wrong(world) == []
    there = arn_of("alice").replace(ACCOUNT, "210987654321")
    assert not world.can(there, "s3:GetObject", OBJECT)


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov", "aws-eusc"])
def test_accounts_of_other_partitions_keep_their_arns(partition: str) -> None:
    """In China, GovCloud and the EU sovereign cloud ARNs begin otherwise; AWS's policies too."""
    text = as_cli(export_of(hand_made())).replace("arn:aws:", f"arn:{partition}:")
    aws_managed = f"arn:{partition}:iam::aws:policy/ReadOnly"
    raw = json.loads(text)
    raw["Policies"].append(managed(aws_managed))
    carol = next(item for item in raw["UserDetailList"] if item["UserName"] == "carol")
    carol["AttachedManagedPolicies"] = attached(aws_managed)

    world = load(raw)

    for who, answer in (("alice", True), ("carol", True), ("erin", False)):
        arn = arn_of(who).replace("arn:aws:", f"arn:{partition}:")
        resource = OBJECT.replace("arn:aws:", f"arn:{partition}:")
        assert bool(world.can(arn, "s3:GetObject", resource)) is answer, who


def test_no_quota_is_enforced() -> None:
    """An account with raised quotas loads: 15 groups and 30 policies on one user count in full."""
    groups = [f"g{number}" for number in range(15)]
    arns = [f"{IAM}policy/p{number}" for number in range(30)]
    policies = [managed(arn) for arn in arns]
    for number, policy in enumerate(policies):
        policy["PolicyVersionList"] = [
            {"VersionId": f"v{n}", "Document": document(allow(f"s3:Get{number}"))}
            for n in range(1, 9)
        ]
    raw = {
        "UserDetailList": [user(GroupList=groups, AttachedManagedPolicies=attached(*arns))],
        "GroupDetailList": [
            {
                "GroupName": name,
                "GroupId": "AGPAEXAMPLEEXAMPLE123",
                "Path": "/",
                "Arn": f"{IAM}group/{name}",
                "GroupPolicyList": [
                    {"PolicyName": "own", "PolicyDocument": document(allow(f"ec2:Do{name}"))}
                ],
                "AttachedManagedPolicies": [],
            }
            for name in groups
        ],
        "Policies": policies,
    }

    world = World.from_account_details(raw)

    actions = [*(f"ec2:Do{name}" for name in groups), *(f"s3:Get{number}" for number in range(30))]
    zoe = f"{IAM}user/zoe"
    assert [name for name in actions if not world.can(zoe, name, "*", allow_unknown=True)] == []


# -- what is missing --------------------------------------------------------------------------

GONE = f"{IAM}policy/gone"
HOLES: dict[str, tuple[Doc, str]] = {
    "policy of a user": ({"AttachedManagedPolicies": attached(GONE)}, GONE),
    "AWS managed policy": (
        {"AttachedManagedPolicies": attached("arn:aws:iam::aws:policy/NoSuchPolicyAtAll")},
        "arn:aws:iam::aws:policy/NoSuchPolicyAtAll",
    ),
    "group": ({"GroupList": ["ghosts"]}, "ghosts"),
    "boundary": (
        {
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": GONE,
            }
        },
        GONE,
    ),
}


@pytest.mark.parametrize("hole", HOLES)
def test_what_is_named_but_not_held_is_warned_of_by_name(hole: str) -> None:
    """The warning names it and points at the caller's line; the answer lists it as assumed."""
    more, name = HOLES[hole]

    with pytest.warns(LoadWarning, match=name) as caught:
        world = World.from_account_details({"UserDetailList": [user(**more)]})

    assert Path(caught[0].filename).name == Path(__file__).name
    assert [text for text in world.warnings if name in text]
    decision = world.can(f"{IAM}user/zoe", "s3:GetObject", OBJECT)
    assert [text for text in decision.assumed if name in text]
    assert not decision


def test_a_hole_is_assumed_only_where_it_touches_the_answer() -> None:
    """A missing policy of one user is not a part of the answer about another."""
    raw = export_of(hand_made())
    raw["UserDetailList"].append(user(AttachedManagedPolicies=attached(GONE)))

    world = load(raw)

    assert not [t for t in world.can(arn_of("alice"), "s3:GetObject", OBJECT).assumed if GONE in t]


def test_a_policy_that_a_missing_group_hides_is_warned_of_once() -> None:
    """A hundred users with one missing policy make one warning for each that names it, not more."""
    raw = {"UserDetailList": [user(AttachedManagedPolicies=attached(GONE, GONE))]}

    assert len(load(raw).warnings) == 1


def test_a_missing_boundary_allows_nothing() -> None:
    """A ceiling that nobody can read is taken as shut, whatever the policies say."""
    raw = export_of(hand_made())
    raw["Policies"] = [item for item in raw["Policies"] if item["PolicyName"] != "ceiling"]

    world = load(raw)

    for who in ("bob", "auditor"):
        decision = world.can(arn_of(who), "s3:GetObject", OBJECT)
        assert not decision
        assert decision.blocked_by == {"boundary"}


def test_a_boundary_without_arn_is_refused() -> None:
    """A boundary that cannot be read is never taken for no boundary."""
    more = {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy"}}

    assert "UserDetailList[0]" in refusal({"UserDetailList": [user(**more)]})


def test_filtered_lists_say_what_they_leave_out() -> None:
    """With ``--filter User`` groups and customer policies are missing: each is named."""
    world = load(filtered(export_of(hand_made()), "User"))

    message = "\n".join(world.warnings)
    assert [
        name for name in ("astronomers", "interns", ARN_OF["everything"]) if name in message
    ] == [
        "astronomers",
        "interns",
        ARN_OF["everything"],
    ]
    assert world.can(arn_of("alice"), "s3:PutObject", f"{HOMES}/alice/x")
    decision = world.can(arn_of("alice"), "s3:GetObject", OBJECT)
    assert not decision
    assert "astronomers" in "\n".join(decision.assumed)


def test_an_aws_managed_policy_in_the_file_wins_over_the_shipped_one() -> None:
    """What AWS handed out with the account is newer than what iamlab ships."""
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    held = managed(arn)
    held["PolicyVersionList"][0]["Document"] = document(allow("s3:PutObject"))
    raw = {"UserDetailList": [user(AttachedManagedPolicies=attached(arn))], "Policies": [held]}

    world = World.from_account_details(raw)

    assert world.can(f"{IAM}user/zoe", "s3:PutObject", OBJECT)
    assert not world.can(f"{IAM}user/zoe", "s3:GetObject", OBJECT)


def test_an_aws_managed_policy_that_only_iamlab_has_is_used_with_a_warning() -> None:
    """Without the document in the file, the shipped one speaks, and the world says so."""
    arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"

    with pytest.warns(LoadWarning, match=arn):
        world = World.from_account_details(
            {"UserDetailList": [user(AttachedManagedPolicies=attached(arn))]}
        )

    assert world.can(f"{IAM}user/zoe", "s3:GetObject", OBJECT)


ASSUMED = {
    "bucket": (OBJECT, "star-maps"),
    "key": (KEY, KEY),
    "queue": (f"arn:aws:sqs:us-east-1:{ACCOUNT}:jobs", "jobs"),
    "no organization": (OBJECT, "organization"),
}


@pytest.mark.parametrize("what", ASSUMED)
def test_what_the_file_cannot_hold_is_listed_as_assumed(what: str) -> None:
    """Buckets, keys and the organization are not in the file, so the answer says what it took."""
    resource, word = ASSUMED[what]
    action = {"sqs": "sqs:SendMessage", "kms": "kms:Decrypt"}.get(resource.split(":")[2])
    world = World.from_account_details(export_of(hand_made()))

    decision = world.can(arn_of("erin"), action or "s3:GetObject", resource)

    assert [text for text in decision.assumed if word in text]


def test_a_hand_made_world_assumes_no_organization_in_silence() -> None:
    """Who builds a world knows that it has no organization; only a file leaves that open."""
    world = hand_made()
    world.accounts[ACCOUNT].create_bucket("star-maps")

    assert world.can(arn_of("erin"), "s3:GetObject", OBJECT).assumed == ()


# -- policies of resources, given beside the file ---------------------------------------------

OPEN_TO_ERIN = document(
    allow("s3:GetObject", f"{MAPS}/*", Principal={"AWS": arn_of("erin")}, Sid="Erin")
)


@pytest.mark.parametrize("form", [lambda doc: doc, json.dumps], ids=["dict", "text"])
def test_a_bucket_policy_can_be_given_beside_the_file(form: Callable[[Doc], Any]) -> None:
    """It grants as a bucket policy does, and is no longer assumed to be absent."""
    world = load(export_of(hand_made()), resource_policies={MAPS: form(OPEN_TO_ERIN)})

    decision = world.can(arn_of("erin"), "s3:GetObject", OBJECT)

    assert decision
    assert [str(hit).endswith("/Erin") for hit in decision.determining] == [True]
    assert "without a bucket policy" not in "\n".join(decision.assumed)
    assert not world.can(arn_of("carol"), "s3:GetObject", OBJECT)


def test_a_key_policy_given_beside_the_file_replaces_the_default_one() -> None:
    """With a key policy that trusts only carol, even the account's policies do not help bob."""
    only_carol = document(allow("kms:*", Principal={"AWS": arn_of("carol")}))
    raw = export_of(hand_made())
    raw["UserDetailList"].append(
        user(UserPolicyList=[{"PolicyName": "p", "PolicyDocument": document(allow("kms:*"))}])
    )
    assumed, given_ = load(raw), load(raw, resource_policies={KEY: only_carol})

    assert assumed.can(f"{IAM}user/zoe", "kms:Decrypt", KEY)
    assert not given_.can(f"{IAM}user/zoe", "kms:Decrypt", KEY)
    assert given_.can(arn_of("carol"), "kms:Decrypt", KEY)
    assert KEY not in "\n".join(given_.can(arn_of("carol"), "kms:Decrypt", KEY).assumed)


@pytest.mark.parametrize(
    ("arn", "given_"),
    [
        ("star-maps", OPEN_TO_ERIN),
        (f"{MAPS}/*", OPEN_TO_ERIN),
        (MAPS, {"Version": "2012-10-17"}),
        (MAPS, "{"),
        (MAPS, ""),
        (MAPS, []),
    ],
    ids=["name, no ARN", "objects of a bucket", "no Statement", "cut off", "empty", "a list"],
)
def test_a_resource_policy_that_could_never_count_is_refused(arn: str, given_: Any) -> None:
    """A policy that would be ignored in silence is an error that names it."""
    assert arn in refusal(export_of(hand_made()), resource_policies={arn: given_})


def test_every_aws_managed_policy_loads() -> None:
    """AWS's own documents, some 1,500 as moto ships them, have no mistake that isn't one."""
    known: Any = json.loads(aws_managed_policies_data)
    prefix = "arn:aws:iam::aws:policy"
    policies = [
        managed(
            f"{prefix}{value['Path']}{name}",
            Path=value["Path"],
            DefaultVersionId=value["DefaultVersionId"],
            PolicyVersionList=[
                {"VersionId": value["DefaultVersionId"], "Document": value["Document"]}
            ],
        )
        for name, value in known.items()
    ]
    arns = [f"{prefix}/ReadOnlyAccess", f"{prefix}/AWSDenyAll"]
    raw = {"UserDetailList": [user()], "Policies": policies}

    world = World.from_account_details(raw)
    zoe, seen = world.user("zoe"), []
    for arn in arns:
        zoe.attach_policy(arn)
        seen.append(world.can(zoe, "s3:GetObject", OBJECT).verdict.value)

    assert len(world.accounts[ACCOUNT].policies) > 1_000
    assert seen == ["allowed", "explicitDeny"]


# -- files that aren't any ----------------------------------------------------------------------


def _cuts() -> Iterator[int]:
    text = as_cli(_small())
    yield from range(0, len(text) - 1, 11)
    yield len(text) - 1


def _small() -> Doc:
    export = filtered(export_of(hand_made()), "User", "LocalManagedPolicy")
    export["UserDetailList"] = export["UserDetailList"][1:2]
    export["Policies"] = export["Policies"][:1]
    return export


def test_a_file_cut_off_anywhere_is_called_cut_off(tmp_path: Path) -> None:
    """Wherever the copy stopped, the message says so, with file, line and column."""
    text = as_cli(_small())
    unclear = []
    for cut in _cuts():
        message = refusal(saved(tmp_path, text[:cut]))
        if not all(word in message for word in ("account.json, line", "column", "cut off")):
            unclear.append((text[max(0, cut - 12) : cut], message))

    assert unclear == []


BAD_FILES: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \n\n",
    "table output": b"-----------\n| GetAccountAuthorizationDetails |\n",
    "yaml output": b"UserDetailList:\n- Arn: arn:aws:iam::123456789012:user/a\n",
    "binary": bytes(range(256)),
    "UTF-16": '{"UserDetailList": []}'.encode("utf-16"),
    "an error of the CLI": b"\nAn error occurred (AccessDenied) when calling the operation\n",
    "a number": b"5",
    "text": b'"UserDetailList"',
    "null": b"null",
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a list of lists": b"[[]]",
    "a list of text": b'["UserDetailList"]',
    "a page and null": b'[{"UserDetailList": []}, null]',
    "another command's output": b'{"Users": [{"UserName": "a"}]}',
    "lists of nobody": json.dumps({name: [] for name in LISTS}).encode(),
    "deep": b"[" * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "deep in a list": b'{"UserDetailList": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a number of 5,000 digits": b'{"UserDetailList": [], "n": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_file_that_isnt_one_gets_an_error_that_names_it(what: str, tmp_path: Path) -> None:
    """It is a LoadError with the file's name, never a traceback of another kind."""
    path = tmp_path / "account.json"
    path.write_bytes(BAD_FILES[what])

    assert "account.json" in refusal(path)


@pytest.mark.parametrize("path", [".", "no/such/file.json", "a\0b", "x" * 5_000])
def test_a_path_that_leads_to_no_file_is_said(path: str) -> None:
    """A folder, a missing file, an impossible name: each a LoadError."""
    assert "can't be read" in refusal(path)


@pytest.mark.parametrize("value", [5, None, b"{}", set(), object(), (), {"UserDetailList"}])
def test_a_value_that_is_not_an_export_is_refused(value: Any) -> None:
    """Not even Python values of the wrong kind come through."""
    assert "get-account-authorization-details" in refusal(value)


def test_no_file_at_all_is_refused() -> None:
    """A world of nothing cannot be meant."""
    assert "nothing to read" in refusal()


def test_an_account_that_says_that_more_follows_is_refused() -> None:
    """A last page with IsTruncated, or a NextToken of ``--max-items``, means a cut account."""
    pages = pages_of(export_of(hand_made()))
    token = {**export_of(hand_made()), "NextToken": "eyJNYXJrZXIiOiBudWxsfQ=="}

    for cut in (pages[:-1], pages[:1], pages[0], token):
        assert "is incomplete" in refusal(cut)


def test_a_missing_page_in_the_middle_shows_as_what_is_missing() -> None:
    """Pages carry no number, but what they name and do not hold is warned of."""
    pages = pages_of(export_of(hand_made()))
    without = [page for page in pages if not page["GroupDetailList"]]

    assert "astronomers" in "\n".join(load(without).warnings)


# -- mistakes in a file -----------------------------------------------------------------------


def _at(path: tuple[Any, ...], value: Any) -> Doc:
    """Put a value into a small valid export."""
    raw: Any = _full()
    *how, last = path
    holder = raw
    for step in how:
        holder = holder[step]
    holder[last] = value
    found: Doc = raw
    return found


def _full() -> Doc:
    raw = export_of(hand_made())
    raw["RoleDetailList"][0]["InstanceProfileList"] = [{"InstanceProfileName": "p"}]
    return raw


U, G, R, P = (f"{kind}DetailList" for kind in ("User", "Group", "Role", "Policy"))
ALICE, BOB = (U, 0), (U, 1)
PLACES: list[tuple[tuple[Any, ...], Any, str]] = [
    # where, what is there, what the message must name
    ((U,), {}, U),
    ((U,), "alice", U),
    ((U,), 0, U),
    (ALICE, None, f"{U}[0]"),
    (ALICE, [], f"{U}[0]"),
    ((*ALICE, "UserName"), None, f"{U}[0]"),
    ((*ALICE, "UserName"), 5, f"{U}[0]"),
    ((*ALICE, "UserName"), "", f"{U}[0]"),
    ((*ALICE, "UserName"), "\ud800", f"{U}[0]"),
    ((*ALICE, "Path"), "x", f"{U}[0]"),
    ((*ALICE, "Path"), 5, f"{U}[0]"),
    ((*ALICE, "Arn"), "alice", f"{U}[0]"),
    ((*ALICE, "Arn"), "arn:aws:iam::12:user/alice", f"{U}[0]"),
    ((*ALICE, "UserPolicyList"), {}, f"{U}[0]"),
    ((*ALICE, "UserPolicyList"), "p", f"{U}[0]"),
    ((*ALICE, "UserPolicyList", 0), "p", f"{U}[0]"),
    ((*ALICE, "UserPolicyList", 0, "PolicyName"), 5, f"{U}[0]"),
    ((*ALICE, "UserPolicyList", 0, "PolicyName"), [], f"{U}[0]"),
    ((*ALICE, "UserPolicyList", 0, "PolicyDocument"), None, "home"),
    ((*ALICE, "UserPolicyList", 0, "PolicyDocument"), 5, "home"),
    ((*ALICE, "UserPolicyList", 0, "PolicyDocument"), "", "home"),
    ((*ALICE, "UserPolicyList", 0, "PolicyDocument"), "%7B%22Version", "home"),
    ((*ALICE, "UserPolicyList", 0, "PolicyDocument", "Statement", 0, "Effect"), "allow", "home"),
    ((*ALICE, "GroupList"), "astronomers", f"{U}[0]"),
    ((*ALICE, "GroupList"), [[]], f"{U}[0]"),
    ((*ALICE, "GroupList"), [{}], f"{U}[0]"),
    ((*ALICE, "GroupList"), [None], f"{U}[0]"),
    ((*ALICE, "AttachedManagedPolicies"), [GONE], f"{U}[0]"),
    ((*ALICE, "AttachedManagedPolicies"), [{"PolicyArn": None}], f"{U}[0]"),
    ((*ALICE, "AttachedManagedPolicies"), [{"PolicyArn": []}], f"{U}[0]"),
    ((*ALICE, "AttachedManagedPolicies"), [{"PolicyArn": 5}], f"{U}[0]"),
    ((*ALICE, "Tags"), [{"Key": "team", "Value": None}], f"{U}[0]"),
    ((*ALICE, "Tags"), [{"Key": "team", "Value": ["sky"]}], f"{U}[0]"),
    ((*ALICE, "Tags"), [{"Key": 5, "Value": "x"}], f"{U}[0]"),
    ((*ALICE, "Tags"), {"team": "sky"}, f"{U}[0]"),
    ((*BOB, "PermissionsBoundary"), "ceiling", f"{U}[1]"),
    ((*BOB, "PermissionsBoundary"), [], f"{U}[1]"),
    ((*BOB, "PermissionsBoundary"), {}, f"{U}[1]"),
    ((*BOB, "PermissionsBoundary", "PermissionsBoundaryArn"), None, f"{U}[1]"),
    ((*BOB, "PermissionsBoundary", "PermissionsBoundaryArn"), [], f"{U}[1]"),
    ((*BOB, "PermissionsBoundary", "PermissionsBoundaryArn"), {"a": 1}, f"{U}[1]"),
    ((*BOB, "PermissionsBoundary", "PermissionsBoundaryArn"), 5, f"{U}[1]"),
    ((G, 0), 5, f"{G}[0]"),
    ((G, 0, "GroupName"), None, f"{G}[0]"),
    ((G, 0, "GroupPolicyList", 0, "PolicyDocument"), "no policy", "list"),
    ((R, 0, "AssumeRolePolicyDocument"), None, "trust"),
    ((R, 0, "AssumeRolePolicyDocument"), [], "trust"),
    ((R, 0, "InstanceProfileList"), [5], f"{R}[0]"),
    ((R, 0, "RoleId"), 5, f"{R}[0]"),
    (("Policies", 0, "Arn"), "read-maps", "Policies[0]"),
    (("Policies", 0, "Arn"), "arn:aws:iam::12:policy/read-maps", "Policies[0]"),
    (("Policies", 0, "DefaultVersionId"), "v9", "Policies[0]"),
    (("Policies", 0, "DefaultVersionId"), None, "Policies[0]"),
    (("Policies", 0, "PolicyVersionList"), None, "Policies[0]"),
    (("Policies", 0, "PolicyVersionList"), [], "Policies[0]"),
    (("Policies", 0, "PolicyVersionList", 0), None, "Policies[0]"),
    (("Policies", 0, "PolicyVersionList", 1, "Document"), {}, "read-maps v2"),
    (("Policies", 0, "PolicyVersionList", 1, "VersionId"), [], "Policies[0]"),
]


@each_row(
    ("path", "value", "named"),
    [pytest.param(*row, id="-".join(map(str, row[0])) + f"={row[1]!r}") for row in PLACES],
)
def test_a_wrong_value_is_refused_with_its_place(
    path: tuple[Any, ...], value: Any, named: str
) -> None:
    """Nothing of the wrong kind is read as if it were absent, and the message leads to it."""
    assert named in refusal(_at(path, value))


def test_all_mistakes_of_a_file_are_said_at_once() -> None:
    """Whoever fixes a file wants to hear of everything that is wrong in it."""
    raw = export_of(hand_made())
    raw[U][0]["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Effect"] = "allow"
    raw[U][1]["Arn"] = "bob"
    raw[G][0]["GroupPolicyList"][0]["PolicyDocument"] = {}
    raw[R][1].pop("AssumeRolePolicyDocument")
    raw["Policies"][0]["DefaultVersionId"] = "v9"
    raw["Policies"][1]["PolicyVersionList"][0]["Document"]["Statement"][0]["Acton"] = "x"

    message = refusal(raw)

    places = (f"{U}[0]", f"{U}[1]", f"{G}[0]", f"{R}[1]", "Policies[0]", "Policies[1]")
    assert [place for place in places if place not in message] == []
    assert "$.Statement[0].Effect" in message


def test_a_file_with_a_thousand_mistakes_gets_a_short_message() -> None:
    """The first twenty are shown, and the rest is counted."""
    message = refusal({U: [5] * 1_000})

    assert len(message.splitlines()) < 30
    assert "980 more" in message


def test_the_page_of_a_mistake_is_named() -> None:
    """Of several pages and files, the message says which."""
    pages = pages_of(export_of(hand_made()))
    pages[1][U] = [5]

    assert "page 2" in refusal(pages)


def _points(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List every place in a JSON value."""
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        yield (*path, key)
        yield from _points(inner, (*path, key))


JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, "", "x", "*", "%", "%7B", "{", "/", "\ud800"),
    *("a\0b", "ünï", "arn:aws:iam::1:user/x", f"{IAM}user/x", GONE, "v1", "2012-10-17"),
    *([], {}, [[]], [{}], [None], {"a": 1}, {"": []}, [1, "a"], "DELETE"),
]


def _edited(raw: Doc, edits: list[tuple[tuple[Any, ...], Any]]) -> Doc:
    """Put junk into an export, or take things out of it."""
    raw = copy.deepcopy(raw)
    for path, value in edits:
        holder: Any = raw
        try:
            for step in path[:-1]:
                holder = holder[step]
            if value == "DELETE":
                del holder[path[-1]]
            else:
                holder[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # an edit before this one took the place away
    return raw


def _stands(raw: Doc, names: list[str]) -> None:
    """Fail unless this is refused as a file, or is a world that answers every question."""
    try:
        world = load(raw)
    except LoadError:
        return
    world.who_can("s3:GetObject", OBJECT)
    for who in names:
        with contextlib.suppress(NoSuchEntity):  # the edits renamed him
            world.can(arn_of(who), "iam:CreateUser", f"{IAM}user/x").explain().encode()


def _little() -> Doc:
    """Make an export with one of each kind."""
    raw = _full()
    raw[U] = [item for item in raw[U] if item["UserName"] in ("alice", "bob")]
    raw[U][0]["UserPolicyList"].pop()
    raw[G], raw[R] = raw[G][:1], raw[R][:1]
    raw["Policies"] = raw["Policies"][1:2]
    return raw


BASE, LITTLE = _full(), _little()


@slow
def test_any_single_value_may_be_anything() -> None:
    """Each place of an export in turn, each kind of junk: a LoadError, or a world that answers."""
    broken = {}
    for path in _points(LITTLE):
        for value in JUNK:
            try:
                _stands(_edited(LITTLE, [(path, value)]), ["alice", "bob", "auditor"])
            except Exception as error:  # noqa: BLE001 - which one is tested
                broken[f"{path} = {value!r}"] = repr(error)

    assert broken == {}


@settings(max_examples=tries(200))
@given(
    st.lists(
        st.tuples(st.sampled_from(list(_points(BASE))), st.sampled_from(JUNK)),
        min_size=2,
        max_size=5,
    )
)
def test_a_mangled_file_is_a_world_or_a_load_error(edits: list[tuple[Any, Any]]) -> None:
    """Several wrong values at once are no worse than one."""
    _stands(_edited(BASE, edits), [*USERS, *ROLES])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*LISTS, "Arn", "UserName"]), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
def test_any_json_at_all_is_a_world_or_a_load_error(value: Any) -> None:
    """There is no JSON value that breaks the loader."""
    try:
        load(value)
    except IamLabError as error:
        assert isinstance(error, LoadError)  # noqa: PT017 - a World is as good


def test_nothing_in_a_file_is_changed_by_loading_it() -> None:
    """The dict that was given is the same afterwards."""
    raw = export_of(hand_made())
    before = copy.deepcopy(raw)

    load(raw)

    assert raw == before


# -- out and in -------------------------------------------------------------------------------


def test_what_is_written_out_is_read_in_again() -> None:
    """All that such an output holds; a second time it is the same, letter by letter."""
    world = hand_made()

    written = json.loads(json.dumps(world.to_account_details()))
    again = load(*written)

    assert wrong(again) == []
    assert again.to_account_details() == written
