"""An organization out as ``aws organizations`` prints it, and in again."""

import copy
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import LoadError
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import RCP, SCP
from iamlab.storage.account_entries import Problems
from iamlab.storage.organization_export import organization_to_json, read_organization
from tests.model.world_contents import snapshot
from tests.operations.organizations.small_organization import (
    DEV,
    MAIN,
    SERVICE,
    allowed,
    small_organization,
)
from tests.policy.documents import deny, document

Doc = dict[str, Any]
DOCS = Path(__file__).parents[2] / "docs/organization-export.md"


@pytest.fixture
def organization() -> Organization:
    """An organization with one of each."""
    made = small_organization()
    made.enable_policy_type(RCP)
    made.create_policy("guard", document(deny("s3:*")), description="No S3").attach("Prod")
    made.policies[next(reversed(made.policies))].attach(DEV)
    everybody = {**deny("s3:Put*"), "Principal": "*"}
    made.create_policy("no-write", document(everybody), type=RCP).attach("root")
    made.create_policy("unused", document(deny("sqs:*")))
    made.enable_aws_service_access(SERVICE)
    made.register_delegated_administrator(DEV, SERVICE)
    return made


@pytest.fixture
def written(organization: Organization) -> Doc:
    """It as one object."""
    return organization_to_json(organization)


def read(source: Any, world: World | None = None) -> Organization:
    """Read it into a world, where nothing must be wrong."""
    problems = Problems()
    found = read_organization(World() if world is None else world, source, problems)
    problems.raise_if_any()
    assert found is not None
    return found


def wrong(source: Any, world: World | None = None) -> str:
    """Read what is wrong; the world stays as it was. Give all that is said."""
    world, problems = World() if world is None else world, Problems()
    before = snapshot(world)
    assert read_organization(world, source, problems) is None
    assert (snapshot(world), world.warnings) == (before, [])
    assert problems.found
    return "\n".join(problems.found)


def test_what_is_written_is_read_again(written: Doc) -> None:
    """As an object, and as JSON text; not even the order is another."""
    assert organization_to_json(read(written)) == written
    assert organization_to_json(read(json.loads(json.dumps(written)))) == written


def test_a_file_is_read(written: Doc, tmp_path: Path) -> None:
    """By its path; its name is before each problem."""
    path = tmp_path / "organization.json"
    path.write_text(json.dumps(written), "utf-8")
    assert organization_to_json(read(path)) == written
    assert organization_to_json(read(str(path))) == written
    written["Accounts"][1]["Name"] = 3
    path.write_text(json.dumps(written), "utf-8")

    assert wrong(path).startswith("organization.json: Accounts[1]: It isn't valid")


def test_what_is_read_decides(written: Doc) -> None:
    """SCPs, RCPs and paths are those of the real organization."""
    world = World()
    found = read(written, world)
    ana = allowed(world.accounts[DEV], "s3:GetObject", "sqs:SendMessage")

    assert not world.can(ana, "s3:GetObject", "arn:aws:s3:::b/k")
    assert world.can(ana, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{DEV}:q")
    assert found.path_of(DEV) == written["OrganizationalUnits"][1]["Path"]
    assert [len(level) for level in found.levels(DEV, SCP)] == [1, 2, 1, 2]
    assert [len(level) for level in found.levels(DEV, RCP)] == [2, 1, 1, 1]


def test_accounts_that_no_export_describes_are_added_with_a_warning(written: Doc) -> None:
    """Those that are there get name and address."""
    world = World()
    known = world.create_account(DEV, account_id=DEV)  # as an export of IAM names it
    read(written, world)

    assert (known.name, known.root.email) == ("acme-dev", "acme-dev@example.com")
    (warning,) = world.warnings
    assert warning.startswith(f"Account acme-main ({MAIN}) of organization o-")
    assert world.accounts[MAIN].users == {}


def test_a_name_that_was_given_here_stays(written: Doc) -> None:
    """Only an id is not a name."""
    world = World()
    world.create_account("mine", account_id=DEV)
    read(written, world)

    assert world.account("mine").account_id == DEV


def test_the_shapes_are_those_of_aws(written: Doc) -> None:
    """Beside what is reported where AWS tells it elsewhere."""
    session = pytest.importorskip("botocore.session")
    model = session.get_session().get_service_model("organizations")
    for key, shape, more in (
        ("Roots", "Root", set()),
        ("OrganizationalUnits", "OrganizationalUnit", {"ParentId"}),
        ("Accounts", "Account", {"ParentId"}),
        ("Policies", "Policy", set()),
        ("DelegatedAdministrators", "DelegatedAdministrator", {"DelegatedServices"}),
        ("EnabledServicePrincipals", "EnabledServicePrincipal", set()),
    ):
        members = set(model.shape_for(shape).members)
        assert all(set(entry) - more <= members for entry in written[key]), key
        assert any(set(entry) - more == members for entry in written[key]) or more, key
    assert set(written["Organization"]) == set(model.shape_for("Organization").members)
    for targets in written["Targets"].values():
        wanted = set(model.shape_for("PolicyTargetSummary").members)
        assert all(set(target) == wanted for target in targets)


def without(written: Doc, *keys: str) -> Doc:
    """Take out of the entries what tells their parents."""
    bare = copy.deepcopy(written)
    for entry in (*bare["OrganizationalUnits"], *bare["Accounts"]):
        for key in keys:
            entry.pop(key, None)
    return bare


def by_parent_id(written: Doc) -> list[Doc]:
    """Put it beside the entry."""
    return [without(written, "Path", "Paths")]


def by_path(written: Doc) -> list[Doc]:
    """Leave it to the paths."""
    return [without(written, "ParentId")]


def by_list_parents(written: Doc) -> list[Doc]:
    """Ask each child."""
    parents = [
        {
            "ChildId": organizational_unit["Id"],
            "Parents": [{"Id": organizational_unit["ParentId"], "Type": "any"}],
        }
        for organizational_unit in (*written["OrganizationalUnits"], *written["Accounts"])
    ]
    return [*parents, without(written, "ParentId", "Path", "Paths")]


def by_list_children(written: Doc) -> list[Doc]:
    """Ask each parent."""
    children = [
        {
            "ParentId": organizational_unit["ParentId"],
            "Children": [{"Id": organizational_unit["Id"], "Type": "any"}],
        }
        for organizational_unit in (*written["OrganizationalUnits"], *written["Accounts"])
    ]
    return [without(written, "ParentId", "Path", "Paths"), *children]


def by_the_page(written: Doc) -> list[Doc]:
    """Put it beside the list."""
    bare = without(written, "ParentId", "Path", "Paths")
    pages: list[Doc] = []
    for key in ("OrganizationalUnits", "Accounts"):
        for entry, shown in zip(bare.pop(key), written[key], strict=True):
            pages.append({"ParentId": shown["ParentId"], key: [entry]})
    return [bare, *pages]


@pytest.mark.parametrize(
    "how", [by_parent_id, by_path, by_list_parents, by_list_children, by_the_page]
)
def test_parents_can_be_named_in_each_form_of_the_cli(
    written: Doc, how: Callable[[Doc], list[Doc]]
) -> None:
    """And the order of the pages does not matter."""
    pages = how(written)
    assert organization_to_json(read(pages)) == written
    found = organization_to_json(read(pages[::-1]))
    for key in ("OrganizationalUnits", "Accounts"):
        assert sorted(found[key], key=str) == sorted(written[key], key=str)


def test_policies_can_be_distinguished_and_from_their_targets(written: Doc) -> None:
    """list-policies, describe-policy and list-policies-for-target."""
    bare = copy.deepcopy(written)
    policies, targets = bare.pop("Policies"), bare.pop("Targets")
    pages = [bare, {"Policies": [policy["PolicySummary"] for policy in policies]}]
    pages += [{"Policy": policy} for policy in policies]
    for item in policies:
        for target in targets[item["PolicySummary"]["Id"]]:
            pages.append({"TargetId": target["TargetId"], "Policies": [item["PolicySummary"]]})

    assert organization_to_json(read(pages)) == written


def test_older_versions_of_the_cli_print_seconds(written: Doc) -> None:
    """Where newer ones print text."""
    seconds = copy.deepcopy(written)
    seconds["Accounts"][0]["JoinedTimestamp"] = 1795597200.0
    found = organization_to_json(read(seconds))

    assert found["Accounts"][0]["JoinedTimestamp"] == written["Accounts"][0]["JoinedTimestamp"]


def test_other_types_of_policies_are_left_out(written: Doc) -> None:
    """A tag policy decides about no request."""
    start = f"arn:aws:organizations::{MAIN}:policy/{written['Organization']['Id']}"
    summary = {"Id": "p-0123456789", "Arn": f"{start}/tag_policy/p-0123456789", "Name": "tags"}
    summary |= {"Type": "TAG_POLICY", "AwsManaged": False, "Description": ""}
    more = copy.deepcopy(written)
    more["Policies"].append({"PolicySummary": summary, "Content": '{"tags":{}}'})
    more["Targets"]["p-0123456789"] = [{"TargetId": written["Roots"][0]["Id"]}]
    more["Roots"][0]["PolicyTypes"].append({"Type": "TAG_POLICY", "Status": "PENDING_ENABLE"})

    assert organization_to_json(read(more)) == written


def test_a_page_can_be_duplicated(written: Doc) -> None:
    """Even a type that is enabled twice is enabled."""
    more = copy.deepcopy(written)
    more["Roots"][0]["PolicyTypes"] *= 2
    assert organization_to_json(read(more)) == written
    assert organization_to_json(read([written, written])) == written


def test_delegated_services_may_come_later_or_not_at_all(written: Doc) -> None:
    """Of which services it is, is then in no file."""
    bare = copy.deepcopy(written)
    services = bare["DelegatedAdministrators"][0].pop("DelegatedServices")
    world = World()
    assert read(bare, world).delegates == {DEV: {}}
    assert any("delegated administrator" in warning for warning in world.warnings)
    found = read([bare, {"AccountId": DEV, "DelegatedServices": services}])
    assert organization_to_json(found) == written


STUB = """#!{python}
import json, sys
import jmespath
answers = json.load(open({answers!r}))
given = dict(zip(sys.argv[3::2], sys.argv[4::2]))
query, output = given.pop("--query", "@"), given.pop("--output", "json")
key = " ".join([sys.argv[2], *(f"{{k}}={{v}}" for k, v in sorted(given.items()))])
found = jmespath.search(query, answers[key])
print(json.dumps(found, indent=4) if output == "json" else "\\t".join(found))
"""


def answers_of(organization: Organization) -> Iterator[tuple[str, Any]]:
    """Return what the commands answer, by command and options."""
    main = organization.management_account

    def ask(command: str, **arguments: str) -> tuple[str, Any]:
        name = "".join(part.capitalize() for part in command.split("-")).replace("Aws", "AWS")
        options = sorted(
            f"--{re.sub('(?<!^)(?=[A-Z])', '-', key).lower()}={value}"
            for key, value in arguments.items()
        )
        answer = main.call(f"organizations:{name}", main.root, **arguments)
        return " ".join((command, *options)), answer

    yield ask("describe-organization")
    yield ask("list-roots")
    yield ask("list-aws-service-access-for-organization")
    yield ask("list-delegated-administrators")
    for parent in (organization.root.id, *organization.organizational_units):
        yield ask("list-accounts-for-parent", ParentId=parent)
        yield ask("list-organizational-units-for-parent", ParentId=parent)
    for policy_type in (SCP, RCP):
        yield ask("list-policies", Filter=policy_type)
    for policy in organization.policies:
        yield ask("describe-policy", PolicyId=policy)
        yield ask("list-targets-for-policy", PolicyId=policy)
    for account in organization.delegates:
        yield ask("list-delegated-services-for-account", AccountId=account)


@pytest.mark.skipif(sys.platform == "win32", reason="the script is for a POSIX shell")
def test_the_script_of_the_docs_makes_such_a_file(
    organization: Organization, written: Doc, tmp_path: Path
) -> None:
    """With a are-in for the CLI that answers as the organization does."""
    pytest.importorskip("jmespath")
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps(dict(answers_of(organization)), default=lambda x: x.isoformat()))
    stub = tmp_path / "aws"
    stub.write_text(STUB.format(python=sys.executable, answers=str(answers)))
    stub.chmod(0o755)
    (script,) = re.findall(r"```sh\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    made = tmp_path / "organization.json"
    with made.open("w") as out:
        path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
        subprocess.run(
            ["sh", "-c", script], stdout=out, env={**os.environ, "PATH": path}, check=True
        )
    found = organization_to_json(read(made))

    for key, wanted in written.items():
        if key == "Targets":
            continue
        many = isinstance(wanted, list)  # they come by their places in the tree
        assert (sorted(found[key], key=str) if many else found[key]) == (
            sorted(wanted, key=str) if many else wanted
        )
    for key, targets in written["Targets"].items():
        assert sorted(found["Targets"][key], key=str) == sorted(targets, key=str)


def put(*path: Any, value: Any = ...) -> Callable[[Doc], None]:
    """Change one value; without one, take it out."""

    def change(written: Doc) -> None:
        item: Any = written
        for key in path[:-1]:
            item = item[key]
        if value is ...:
            del item[path[-1]]
        else:
            item[path[-1]] = value

    return change


def circle(written: Doc) -> None:
    """Put an OU into its own child."""
    for organizational_unit in written["OrganizationalUnits"]:
        del organizational_unit["Path"]
    prod, web = written["OrganizationalUnits"]
    prod["ParentId"] = web["Id"]


def deep(written: Doc) -> None:
    """Put more OUs into one another than AWS lets."""
    units = written["OrganizationalUnits"]
    for number in range(5):
        unit = copy.deepcopy(units[-1])
        key = f"{unit['Id']}{number}"
        unit["ParentId"], unit["Arn"] = unit["Id"], unit["Arn"].replace(unit["Id"], key)
        unit["Id"] = key
        unit.pop("Path", None)
        units.append(unit)


def twice(written: Doc) -> None:
    """Duplicate an account, with another name."""
    written["Accounts"].append({**written["Accounts"][0], "Name": "other"})


def foreign(written: Doc) -> None:
    """Name the ARN of another organization."""
    written["Accounts"][1]["Arn"] = written["Accounts"][1]["Arn"].replace("/o-", "/o-x")


def other_path(written: Doc) -> None:
    """Return an account the path of another one."""
    written["Accounts"][1]["Paths"] = written["Accounts"][0]["Paths"]


def other_unit(written: Doc) -> None:
    """Return an OU the path of another one."""
    first, second = written["OrganizationalUnits"]
    second["Path"] = first["Path"]


def bare(written: Doc) -> None:
    """Let no SCP be attached to an account."""
    for targets in written["Targets"].values():
        targets[:] = [target for target in targets if target["TargetId"] != MAIN]


WRONG = [
    (put("Organization"), "Organization: there must be exactly one, not 0"),
    (put("Roots"), "Roots: there must be exactly one, not 0: see list-roots"),
    (put("Roots", 0, "Id", value="root"), "Roots[0]: It isn't valid: Id 'root'"),
    (put("Roots", value={}), "Roots: It must be a list"),
    (put("Roots", 0, value=[]), "Roots[0]: It isn't valid: it must be an object"),
    (put("Roots", 0, "PolicyTypes", 0, "Status", value="PENDING_ENABLE"), "is PENDING_ENABLE"),
    (put("Organization", "MasterAccountId", value=DEV), "is not arn:aws:organizations"),
    (put("Organization", "MasterAccountId", value="1" * 11), "isn't a valid id"),
    (put("Organization", "FeatureSet", value="MOST"), "isn't ALL or CONSOLIDATED_BILLING"),
    (put("Organization", "FeatureSet", value="CONSOLIDATED_BILLING"), "without all features"),
    (put("Organization", "Arn", value="arn"), "Arn 'arn' is not arn:aws:organizations"),
    (put("Accounts", 0), f"the management account {MAIN} isn't among the Accounts"),
    (put("Accounts", 1, "Status", value="FINE"), "Accounts[1]: It isn't valid"),
    (put("Accounts", 1, "JoinedMethod", value="BORN"), "isn't one of AWS's"),
    (put("Accounts", 1, "JoinedTimestamp", value=1e300), "JoinedTimestamp isn't a time"),
    (put("Accounts", 1, "JoinedTimestamp", value=True), "JoinedTimestamp isn't a time"),
    (put("Accounts", 1, "ParentId", value="r-zzzz"), "has two values"),
    (put("Accounts", 1, "Paths", 0, value="o-x/r-y/"), "isn't like o-"),
    (put("Accounts", 1, "Paths", value="o-x"), "Paths must be a list"),
    (other_path, "belongs to another account"),
    (other_unit, "doesn't end with ou-"),
    (put("Accounts", 1, "Email"), "Email is missing"),
    (put("Organization", "MasterAccountEmail", value="x@example.org"), "isn't the Email"),
    (put("OrganizationalUnits", 0), "isn't the root or an OU"),
    (put("OrganizationalUnits", 0, "Path", value=7), "the path '7' isn't like o-"),
    (circle, "OUs deep, or in a circle"),
    (deep, "is more than 5 OUs deep"),
    (twice, f"{MAIN} is duplicated, with another Name"),
    (foreign, "Arn 'arn:aws:organizations"),
    (bare, f"no SERVICE_CONTROL_POLICY is attached to {MAIN}"),
    (put("Targets"), "no SERVICE_CONTROL_POLICY is attached to r-"),
    (put("Targets", "p-unknown1", value=[{"TargetId": DEV}]), "isn't among the Policies"),
    (put("Targets", "p-FullAWSAccess", 0, "TargetId", value="9" * 12), "isn't the root, an"),
    (put("Targets", "p-FullAWSAccess", 0, "TargetId", value=9), "TargetId must be text"),
    (put("Targets", value=[{"TargetId": DEV}]), "add a PolicyId beside Targets"),
    (put("Targets", "p", value=[]), None),
    (put("Roots", 0, "PolicyTypes", value=[]), "SERVICE_CONTROL_POLICY is not enabled"),
    (put("Policies", 2, "Content"), "has no Content: see describe-policy --policy-id p-"),
    (put("Policies", 2, "Content", value="{"), "policy guard: $"),
    (put("Policies", 2, "PolicySummary", "Type", value="SCP"), "Type 'SCP' isn't one of AWS's"),
    (put("Policies", 2, "PolicySummary", "Arn", value="arn:aws:iam::aws:policy/x"), "is not arn"),
    (put("Policies", 2, "PolicySummary", value=3), "it must be an object"),
    (put("NextToken", value="more"), "is incomplete"),
    (put("Parents", value=[{"Id": "r-0000"}]), "add a ChildId beside Parents"),
    (put("Children", value=[{"Id": DEV}]), "add a ParentId beside Children"),
    (put("DelegatedServices", value=[{}]), "add an AccountId beside them"),
    (put("DelegatedAdministrators", 0, "Id", value=MAIN), f"{MAIN} isn't a member account"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_place(
    written: Doc, change: Callable[[Doc], None], message: str | None
) -> None:
    """And nothing is guessed."""
    change(written)
    if message is None:
        assert read(written)
    else:
        assert message in wrong(written)


def test_all_problems_are_said_at_once(written: Doc) -> None:
    """Not only the first one."""
    put("Accounts", 1, "Email")(written)
    put("Policies", 2, "Content", value="{")(written)
    put("OrganizationalUnits", 0, "Name")(written)
    message = wrong(written)

    for place in ("organization: Accounts[1]", "organization: OrganizationalUnits[0]", "guard"):
        assert place in message


def test_an_organization_is_read_once(written: Doc, organization: Organization) -> None:
    """And an account is in one organization only."""
    assert "the world already has an organization" in wrong(written, organization.world)
    world = World()
    world.create_organization(world.create_account("dev", account_id=DEV))
    assert "is already in another organization" in wrong(written, world)
    other = World()
    other.create_account("dev", account_id=DEV).partition = "aws-cn"
    assert "is in the partition aws-cn" in wrong(written, other)


def test_pages_follow_one_another(written: Doc) -> None:
    """A page that says that more follows needs the next one."""
    first, second = copy.deepcopy(written), {"Accounts": [written["Accounts"].pop()]}
    first["Accounts"], first["NextToken"] = written["Accounts"], "x"
    lists = ("Roots", "OrganizationalUnits", "Policies", "Targets")
    lists += ("DelegatedAdministrators", "EnabledServicePrincipals", "Organization")
    rest = {key: first.pop(key) for key in lists}

    assert "Accounts is incomplete" in wrong([first, rest])
    assert len(read([first, rest, second]).members) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "organization.json, line 1, column 1"),
        ('{"Organization": {', "cut off"),
        ("[]", "There is nothing to read"),
        ("3", "is not what aws organizations prints"),
        ("[[]]", "is not what aws organizations prints"),
        ('{"Users": []}', "is not what aws organizations prints"),
        ('[{"Roots": []}, {}]', "organization.json, page 2 is not"),
        ('{"Roots": [], "Roots": []}', "is duplicated"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, message: str) -> None:
    """With the place in it."""
    path = tmp_path / "organization.json"
    path.write_text(text, "utf-8")
    with pytest.raises(LoadError, match=re.escape(message)):
        read_organization(World(), path, Problems())


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(LoadError, match="can't be read"):
        read_organization(World(), tmp_path / "none.json", Problems())


JUNK: list[Any] = [None, 3, -1.5, "", "x", [], {}, [{}], {"a": 1}, True, "r-0000", DEV, "\ud800"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place in an object."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        yield (*path, key)
        if isinstance(child, dict | list):
            yield from places(child, (*path, key))


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_in_a_file_it_is_read_or_refused(written: Doc, seed: int) -> None:
    """Never half, and never with an error of Python's; what is read can be asked and written."""
    draw = random.Random(seed)
    every = list(places(written))
    for _ in range(120):
        broken = copy.deepcopy(written)
        where = draw.choice(every)
        put(*where, value=draw.choice([*JUNK, ...]))(broken)
        world, problems = World(), Problems()
        try:
            found = read_organization(world, broken, problems)
        except LoadError:
            continue
        assert (found is None) is bool(problems.found)
        if found is None:
            assert (world.accounts, world.organizations, world.warnings) == ({}, {}, [])
            continue
        assert organization_to_json(found)["Organization"] == written["Organization"]
        assert found.describe()
        for policy_type in (SCP, RCP):
            assert all(found.levels(DEV, policy_type))


def test_a_large_organization_is_read_in_good_time() -> None:
    """Two thousand accounts."""
    made = small_organization()
    made.raise_quota("Accounts", 3000)
    for number in range(300):
        made.create_account(f"n{number}", parent="Prod")
    written = organization_to_json(made)
    template, accounts = written["Accounts"][-1], written["Accounts"]
    for number in range(2000):
        key = f"5{number:011d}"
        path = template["Paths"][0].replace(template["Id"], key)
        arn = template["Arn"].replace(template["Id"], key)
        accounts.append({**template, "Id": key, "Arn": arn, "Paths": [path]})
        written["Targets"]["p-FullAWSAccess"].append({"TargetId": key})

    assert len(read(written).members) == 2302
