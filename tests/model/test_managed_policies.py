"""AWS's managed policies: all are there, each is what AWS published, and the engine reads them."""

import json
import lzma
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.metadata import version
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from iamlab import AttachedPolicy, Layers, Policy, Request, World, evaluate
from iamlab.engine.evaluate import read
from iamlab.errors import NoSuchEntity
from iamlab.model import managed_policies as managed
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.policy import catalog
from iamlab.policy.statement import Statement
from iamlab.storage.account_details import LoadWarning
from iamlab.world.account import Account
from scripts.make_managed_policies import ORIGIN, text_of
from tests.effort import is_thorough
from tests.policy.documents import allow, document

OWN = "111111111111"
ANA = f"arn:aws:iam::{OWN}:user/ana"
AWS = "arn:aws:iam::aws:policy"
PATHS = {"/", "/job-function/", "/service-role/", "/aws-service-role/", "/root-task/"}
EVERYTHING = Policy.parse(document(allow("*", "*")))


@cache
def every_policy() -> list[ManagedPolicy]:
    """All policies, as they are found."""
    found = [managed.find(name) for name in managed.names()]
    return [policy for policy in found if policy is not None]


@cache
def text_of_file() -> str:
    """The data file, read without the code that is tested."""
    return lzma.decompress(managed.FILE.read_bytes()).decode()


@cache
def as_published() -> dict[str, dict[str, Any]]:
    """The policies as the file holds them, by name."""
    lines = [line.split("\t") for line in text_of_file().split("\n")[1:]]
    assert len(dict(lines)) == len(lines)
    return {name: json.loads(text) for name, text in lines}


def found(name_or_arn: str) -> ManagedPolicy:
    """A policy that is there."""
    policy = managed.find(name_or_arn)
    assert policy is not None
    return policy


@pytest.fixture
def main() -> Account:
    """An account."""
    return World(seed=1).create_account("main", account_id=OWN)


# -- the file ---------------------------------------------------------------------------------


def test_the_file_says_where_its_policies_come_from() -> None:
    """Its header holds date, origin and number; the date is that of the newest change."""
    source = managed.source()
    newest = max(policy.update_date for policy in every_policy() if policy.update_date)

    assert source.count == len(managed.names()) == len(every_policy()) > 1_500
    assert source.day == newest.date()
    assert "moto" in source.origin


def test_the_script_makes_the_file_that_is_there() -> None:
    """From the policies in the file, in whatever order, comes the same text again."""
    shuffled = list(as_published().items())
    random.Random(1).shuffle(shuffled)

    assert text_of(dict(shuffled), managed.source().origin) == text_of_file()


def test_the_policies_are_those_of_moto() -> None:
    """No policy is lost on the way, and none is changed."""
    if managed.source().origin != ORIGIN.format(version("moto")):
        pytest.skip("the file was made from another version of moto")
    source = json.loads(aws_managed_policies_data)
    unused = {"PermissionsBoundaryUsageCount"}

    assert as_published() == {
        name: {key: value for key, value in policy.items() if key not in unused}
        for name, policy in source.items()
    }


def test_the_script_puts_elements_into_the_usual_order() -> None:
    """What a learner is shown begins with Version, and a statement with its Sid."""
    texts = [policy.document.text for policy in every_policy()]
    first = [
        re.match(r'\{\s*"Version": .*,\s*"Statement": [\[{\s]*"(\w+)"', text) for text in texts
    ]

    assert {match and match[1] for match in first} == {"Sid", "Effect"}


# -- every policy -----------------------------------------------------------------------------


def test_names_are_unique_and_in_order() -> None:
    """Nothing is duplicated, not even in another case."""
    names = managed.names()

    assert names == sorted(names)
    assert len({name.lower() for name in names}) == len(names)


def test_every_arn_path_and_version_is_well_formed() -> None:
    """The ARN is made of path and name; the version is a number with a v."""
    wrong = [
        policy.arn
        for policy in every_policy()
        if policy.arn != f"{AWS}{policy.path}{policy.name}"
        or not re.fullmatch(r"[\w+=,.@-]{1,128}", policy.name, re.ASCII)
        or not re.fullmatch(r"v[1-9]\d*", policy.default_version_id)
        or list(policy.versions) != [policy.default_version_id]
        or policy.document.name != policy.name
        or not policy.is_aws_managed
    ]

    assert wrong == []
    assert {policy.path for policy in every_policy()} == PATHS


def test_every_date_is_one() -> None:
    """In UTC, after IAM began, created before updated; a first version was never updated."""
    for policy in every_policy():
        created, updated = policy.create_date, policy.update_date
        assert created is not None
        assert updated is not None
        assert created.utcoffset() == updated.utcoffset() == timedelta(0)
        assert date(2010, 1, 1) < created.date() <= updated.date() <= managed.source().day
        assert created <= updated
        assert policy.default_version_id != "v1" or created == updated, policy.name


def test_every_document_comes_back_as_it_was_published() -> None:
    """To JSON and back again, nothing is lost."""
    for policy in every_policy():
        document = policy.document
        assert document.to_dict() == as_published()[policy.name]["Document"], policy.name
        assert Policy.parse(document.to_dict()) == document, policy.name
        assert document.version == "2012-10-17"
        assert document.statements


# -- some that everybody knows ----------------------------------------------------------------

KNOWN = {
    # name: path, version, month of the last change, statements, actions listed in each
    "AdministratorAccess": ("/", "v1", "2015-02", (1,)),
    "PowerUserAccess": ("/", "v12", "2026-02", (3, 9)),
    "ReadOnlyAccess": ("/", "v190", "2026-09", (1602, 1409, 1)),
    "ViewOnlyAccess": ("/job-function/", "v46", "2026-09", (694, 1)),
    "SecurityAudit": ("/", "v94", "2026-09", (1198, 1)),
    "IAMFullAccess": ("/", "v2", "2019-06", (11,)),
    "IAMReadOnlyAccess": ("/", "v4", "2018-01", (6,)),
    "IAMUserChangePassword": ("/", "v5", "2026-02", (1, 1)),
    "AmazonS3FullAccess": ("/", "v2", "2021-09", (2,)),
    "AmazonS3ReadOnlyAccess": ("/", "v3", "2023-08", (5,)),
    "AmazonEC2FullAccess": ("/", "v5", "2018-11", (1, 1, 1, 1, 1)),
    "AmazonEC2ReadOnlyAccess": ("/", "v5", "2026-02", (2, 1, 3, 1)),
    "AWSDenyAll": ("/", "v2", "2023-12", (1,)),
    "Billing": ("/job-function/", "v30", "2026-07", (153,)),
    "DatabaseAdministrator": ("/job-function/", "v5", "2026-02", (65, 13, 1)),
    "SupportUser": ("/job-function/", "v11", "2026-02", (209,)),
    "SystemAdministrator": ("/job-function/", "v12", "2026-02", (168, 28, 1, 25, 3)),
    "SignInLocalDevelopmentAccess": ("/", "v3", "2026-02", (2,)),
    "IAMAuditRootUserCredentials": ("/root-task/", "v1", "2024-11", (7, 6)),
    "IAMCreateRootUserPassword": ("/root-task/", "v1", "2024-11", (2, 2)),
    "IAMDeleteRootUserCredentials": ("/root-task/", "v1", "2024-11", (11, 11)),
    "S3UnlockBucketPolicy": ("/root-task/", "v1", "2024-11", (4, 4)),
    "SQSUnlockQueuePolicy": ("/root-task/", "v1", "2024-11", (4, 1, 4)),
}
THE_DAY_OF_KNOWN = date(2026, 9, 30)


def actions_of(statement: Statement) -> tuple[str, ...]:
    """What an Action or NotAction lists."""
    return statement.action or statement.not_action or ()


@pytest.mark.parametrize("name", KNOWN)
def test_well_known_policies_are_of_their_version_and_size(name: str) -> None:
    """As AWS had them on the day of the table."""
    if managed.source().day != THE_DAY_OF_KNOWN:
        pytest.skip("the file is of another day than the table")
    policy = found(name)
    sizes = tuple(len(actions_of(statement)) for statement in policy.document.statements)
    changed = f"{policy.update_date:%Y-%m}"

    assert (policy.path, policy.default_version_id, changed, sizes) == KNOWN[name]


def allowed_by(name: str, action: str, resource: str = "*", **context: str) -> bool:
    """Ask whether an AWS managed policy alone allows something."""
    request = Request(ANA, action, resource, context={"aws:username": "ana"} | context)
    return bool(evaluate(request, Layers([found(name).document])))


LOCAL = f"arn:aws:signin:us-east-1:{OWN}:oauth2/public-client/localhost"
MEANING = [
    ("AdministratorAccess", "iam:CreateUser", "*", True),
    ("PowerUserAccess", "s3:DeleteBucket", "arn:aws:s3:::maps", True),
    ("PowerUserAccess", "iam:CreateUser", "*", False),
    ("PowerUserAccess", "organizations:LeaveOrganization", "*", False),
    ("PowerUserAccess", "iam:ListRoles", "*", True),
    ("ReadOnlyAccess", "s3:GetObject", "arn:aws:s3:::maps/m31", True),
    ("ReadOnlyAccess", "s3:PutObject", "arn:aws:s3:::maps/m31", False),
    ("ViewOnlyAccess", "s3:ListAllMyBuckets", "*", True),
    ("ViewOnlyAccess", "s3:GetObject", "arn:aws:s3:::maps/m31", False),
    ("SecurityAudit", "s3:GetBucketPolicy", "arn:aws:s3:::maps", True),
    ("SecurityAudit", "s3:GetObject", "arn:aws:s3:::maps/m31", False),
    ("IAMFullAccess", "iam:PassRole", f"arn:aws:iam::{OWN}:role/r", True),
    ("IAMReadOnlyAccess", "iam:SimulatePrincipalPolicy", ANA, True),
    ("IAMReadOnlyAccess", "iam:CreateUser", ANA, False),
    ("IAMUserChangePassword", "iam:ChangePassword", ANA, True),
    ("IAMUserChangePassword", "iam:ChangePassword", ANA.replace("ana", "eve"), False),
    ("AmazonS3FullAccess", "s3:DeleteObject", "arn:aws:s3:::maps/m31", True),
    ("AmazonS3ReadOnlyAccess", "s3:PutObject", "arn:aws:s3:::maps/m31", False),
    ("AmazonEC2FullAccess", "ec2:RunInstances", "*", True),
    ("AmazonEC2FullAccess", "iam:PassRole", f"arn:aws:iam::{OWN}:role/r", False),
    ("AmazonEC2ReadOnlyAccess", "ec2:StopInstances", "*", False),
    ("SignInLocalDevelopmentAccess", "signin:CreateOAuth2Token", LOCAL, True),
]


@pytest.mark.parametrize(("name", "action", "resource", "answer"), MEANING)
def test_well_known_policies_grant_what_aws_says(
    name: str, action: str, resource: str, *, answer: bool
) -> None:
    """The name promises it, or is known to promise more than the policy holds."""
    assert allowed_by(name, action, resource) is answer


def test_read_only_access_is_as_long_as_sixteen_policies_of_your_own() -> None:
    """AWS's policies are not bound to the 6,144 characters of a customer managed one."""
    text = json.dumps(found("ReadOnlyAccess").document.to_dict(), separators=(",", ":"))

    assert len(text) > 15 * 6_144


def test_every_job_function_has_its_policy() -> None:
    """Some of them are under the path /job-function/, the others at the root."""
    below = {policy.name for policy in every_policy() if policy.path == "/job-function/"}

    assert below >= {
        *("Billing", "DatabaseAdministrator", "DataScientist", "NetworkAdministrator"),
        *("SupportUser", "SystemAdministrator", "ViewOnlyAccess"),
    }
    assert not below & {"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit"}


def test_root_tasks_only_deny() -> None:
    """A policy for AssumeRoot takes from the root user all but its task, and grants nothing."""
    tasks = [policy for policy in every_policy() if policy.path == "/root-task/"]

    assert len(tasks) == 5
    for policy in tasks:
        statements = policy.document.statements
        assert {statement.effect for statement in statements} == {"Deny"}
        assert any(statement.not_action for statement in statements)


# -- found by name and by ARN -----------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PATHS))
def test_a_policy_is_found_by_name_and_by_arn(path: str) -> None:
    """Whatever its path."""
    policy = next(policy for policy in every_policy() if policy.path == path)

    assert managed.find(policy.name) == managed.find(policy.arn) == policy


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "/",
        "administratoraccess",
        "AdministratorAccess ",
        "/AdministratorAccess",
        "policy/AdministratorAccess",
        "aws/x:AdministratorAccess",
        f"{AWS}/administratoraccess",
        f"{AWS}/Billing",
        f"{AWS}/job-function/AdministratorAccess",
        f"{AWS}//AdministratorAccess",
        f"{AWS}:AdministratorAccess",
        f"arn:aws:iam::{OWN}:policy/AdministratorAccess",
        "arn:aws:iam:us-east-1:aws:policy/AdministratorAccess",
        "arn:aws:s3::aws:policy/AdministratorAccess",
        "arn:mars:iam::aws:policy/AdministratorAccess",
        "arn::iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:role/AdministratorAccess",
        "ARN:aws:iam::aws:policy/AdministratorAccess",
        "AdministratorAccess\n",
        "\ud800",
        "A" * 1_000_000,
        ":" * 1_000_000,
        f"{AWS}/" + "a/" * 500_000,
    ],
    ids=lambda text: ascii(text[:60]),
)
def test_what_is_nearly_a_name_or_an_arn_finds_nothing(wrong: str) -> None:
    """Letter case, path, owner and partition must all be right."""
    assert managed.find(wrong) is None


def test_nobody_spoils_a_policy_for_the_next() -> None:
    """Each is handed a copy."""
    found("AWSDenyAll").versions.clear()

    assert found("AWSDenyAll").versions


@pytest.mark.parametrize("partition", managed.PARTITIONS[1:])
def test_other_partitions_have_their_own_arns(partition: str) -> None:
    """The policy's ARN, and the ARNs in it, are of the partition; all else is the same."""
    theirs = managed.find("IAMUserChangePassword", partition)
    assert theirs is not None
    assert theirs == managed.find(f"arn:{partition}:iam::aws:policy/IAMUserChangePassword")
    assert managed.find(f"{AWS}/IAMUserChangePassword", partition) == found("IAMUserChangePassword")

    resources = [
        arn for statement in theirs.document.statements for arn in statement.resource or ()
    ]
    assert f"arn:{partition}:iam::*:user/${{aws:username}}" in resources
    ours = found("IAMUserChangePassword").document.text
    assert theirs.document.text.replace(f"arn:{partition}:", "arn:aws:") == ours


def test_every_arn_of_the_file_begins_where_a_value_begins() -> None:
    """Else the ARNs in the policies of other partitions would be left as they are."""
    assert '"arn:aws:' in text_of_file()
    assert not re.search(r'[^"]arn:aws:', text_of_file())


def test_an_account_of_china_attaches_policies_of_china() -> None:
    """Where a policy is attached by its name, the account's partition counts."""
    world = World()
    account = world.accounts[OWN] = Account(world, "beijing", OWN, "aws-cn")
    user = account.create_user("li")
    user.attach_policy("ReadOnlyAccess")

    assert user.attached == ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]


def test_a_loaded_account_names_the_version_that_is_used() -> None:
    """Version, day and partition: the real account may have another version."""
    arn = "arn:aws-us-gov:iam::aws:policy/IAMReadOnlyAccess"
    zoe = f"arn:aws-us-gov:iam::{OWN}:user/zoe"
    user = {"UserName": "zoe", "UserId": "AIDAEXAMPLE", "Path": "/", "Arn": zoe}
    user |= {"AttachedManagedPolicies": [{"PolicyName": "IAMReadOnlyAccess", "PolicyArn": arn}]}
    shown = f"{arn} isn't in the file; iamlab uses v4, as AWS had it on {managed.source().day}"

    with pytest.warns(LoadWarning, match=f"{re.escape(shown)} in the partition aws"):
        world = World.from_account_details({"UserDetailList": [user]})

    assert world.can(zoe, "iam:ListUsers", "*")


# -- near misses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "note"),
    [
        ("AdministratorAcess", "AdministratorAccess"),
        ("amazons3readonlyaccess", "AmazonS3ReadOnlyAccess"),
        (f"{AWS}/Billing", f"{AWS}/job-function/Billing"),
        (f"arn:aws:iam::{OWN}:policy/ReadOnlyAccess", f"{AWS}/ReadOnlyAccess"),
        ("read-map", "read-maps"),
        ("zzz", "There are: read-maps."),
    ],
)
def test_a_near_miss_names_what_there_is(wanted: str, note: str, main: Account) -> None:
    """A misspelt name, a wrong path, an ARN of the own account; else the own policies."""
    main.create_policy("read-maps", document(allow("s3:GetObject")))
    with pytest.raises(NoSuchEntity) as caught:
        main.policies[wanted]

    assert note in caught.value.__notes__[0]


def test_without_policies_of_its_own_an_account_is_shown_some_of_aws(main: Account) -> None:
    """So that a learner sees what such a name looks like."""
    with pytest.raises(NoSuchEntity) as caught:
        main.policies["zzz"]

    assert managed.names()[0] in caught.value.__notes__[0]


# -- the engine reads them --------------------------------------------------------------------


OPEN_TO_ALL = {"sts:GetCallerIdentity", "sts:GetSessionToken"}


def an_action(pattern: str) -> str:
    """An action that a pattern matches, whether or not there is one of that name."""
    return "s3:Thing" if pattern == "*" else pattern.replace("*", "Thing").replace("?", "T")


def an_arn(pattern: str) -> str:
    """An ARN that a pattern matches, or nearly: of an account that there is."""
    arn = re.sub(r"\$\{[^}]*\}", "ana", pattern).replace("?", "y")
    parts = arn.split(":")
    if len(parts) > 5 and parts[4] == "*":
        parts[4] = OWN
    return arn if arn == "*" else ":".join(parts).replace("*", "x")


def questions(policy: Policy, draw: random.Random) -> Iterator[Request]:
    """Ask about some statements: what they name, its neighbours, and what they do not name.

    Every action is asked about twice: on some resource and without a context; and on a resource
    and with a context that the statement wants.
    """
    for statement in draw.sample(policy.statements, min(3, len(policy.statements))):
        pattern = draw.choice(actions_of(statement))
        named = an_action(pattern)
        prefix = named.partition(":")[0]
        neighbours = catalog.expand(f"{prefix}:*") or catalog.expand("*")
        actions = {
            named,
            draw.choice(catalog.expand(pattern) or neighbours),
            draw.choice(neighbours).swapcase(),
            f"{prefix}:NoSuchThing",
            draw.choice(catalog.expand("*")),
        }
        wanted = an_arn(draw.choice(statement.resource or ("*",)))
        context = {condition.key: an_arn(condition.values[0]) for condition in statement.conditions}
        for action in sorted(actions):
            yield Request(ANA, action, draw.choice(["*", "arn:aws:s3:::maps/m31"]))
            yield Request(ANA, action, wanted, context=context)


@pytest.mark.chance
def test_the_fast_path_reads_every_policy_as_the_readable_path_does() -> None:
    """As a policy of an identity, and as a boundary: the same verdict, whatever is asked."""
    seen: Counter[str] = Counter()
    for policy in list(every_policy())[:: 1 if is_thorough() else 8]:
        draw = random.Random(policy.name)
        attached = AttachedPolicy(policy.document, policy.arn)
        places = (Layers([attached]), Layers([EVERYTHING], boundary=attached))
        for request in questions(policy.document, draw):
            for layers in places:
                fast, slow = evaluate(request, layers).verdict, read(request, layers).verdict
                seen[fast.value] += 1
                assert fast is slow, (policy.name, request)

    assert seen.total() > 40_000 or not is_thorough()
    assert seen["allowed"] > seen.total() / 8
    assert seen["explicitDeny"] > 300 or not is_thorough()


def grants_at_large(policy: Policy) -> bool:
    """Whether all statements allow something on everything, without conditions."""
    return all(
        (statement.effect, statement.resource, statement.conditions) == ("Allow", ("*",), ())
        for statement in policy.statements
    )


@pytest.mark.slow
def test_the_engine_allows_the_actions_that_the_catalogue_finds_in_a_policy() -> None:
    """Two readings of Action and NotAction, made apart, agree; asked of the plain policies."""
    plain = [policy.document for policy in every_policy() if grants_at_large(policy.document)]
    for policy in plain:
        draw = random.Random(policy.name)
        granted = frozenset[str]().union(*map(catalog.matched, policy.statements))
        among = [action for action in catalog.expand("*") if action in granted]
        request = draw.sample(among, min(15, len(among))) + draw.sample(catalog.expand("*"), 15)
        layers = Layers([policy])
        for action in set(request) - OPEN_TO_ALL:
            decision = evaluate(Request(ANA, action, "*"), layers)
            assert bool(decision) is (action in granted), (policy.name, action)

    assert len(plain) > 400
