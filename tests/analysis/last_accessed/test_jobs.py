"""Reports on last access as jobs of the API: ordered, awaited, fetched in pages, by their owner."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.last_accessed.operations import MOST_IN_PROGRESS, NEEDED_IN_ORGANIZATIONS
from iamlab.errors import (
    AccessDenied,
    InvalidInput,
    NoSuchEntity,
    ReportGenerationLimitExceeded,
    RequestError,
    ValidationError,
)
from iamlab.errors.organizations import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    PolicyNotFoundException,
    PolicyTypeNotEnabledException,
    TargetNotFoundException,
)
from iamlab.model.organization.organization import Organization
from iamlab.policy import catalog
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

OWN, DEV, OPS = (digit * 12 for digit in "123")
SCP = "SERVICE_CONTROL_POLICY"
SERVICES = len({name.partition(":")[0] for name in catalog.expand("*")})


@pytest.fixture
def main() -> Account:
    """An account in which ana may ask, and bob has used two of three services."""
    account = World(seed=7).create_account("main", account_id=OWN)
    account.create_user("ana").attach_policy("IAMReadOnlyAccess")
    bob = account.create_user("bob")
    bob.put_policy("own", document(allow(["s3:*", "sqs:*", "sns:*"])))
    for action in ("s3:ListAllMyBuckets", "sqs:ListQueues"):
        account.world.do(bob, action, "*")
        account.world.clock.advance(minutes=1)
    return account


def order(account: Account, caller: Any, arn: str, **more: Any) -> str:
    """Have a report made; give the id of the job."""
    made = account.call("GenerateServiceLastAccessedDetails", caller, Arn=arn, **more)
    return str(made["JobId"])


def fetch(account: Account, caller: Any, job: str, **more: Any) -> dict[str, Any]:
    """Fetch it."""
    return account.call("GetServiceLastAccessedDetails", caller, JobId=job, **more)


def namespaces(answer: dict[str, Any]) -> list[str]:
    """Return the services of an answer."""
    return [row["ServiceNamespace"] for row in answer["ServicesLastAccessed"]]


# -- services -------------------------------------------------------------------------------------


def test_a_job_is_done_when_it_is_asked_for_again_or_later(main: Account) -> None:
    """Until then it has no rows and no date of completion."""
    ana, now = main.users["ana"], main.world.clock.now
    job = order(main, ana, main.users["bob"].arn)

    assert fetch(main, ana, job) == {
        "JobStatus": "IN_PROGRESS",
        "JobType": "SERVICE_LEVEL",
        "JobCreationDate": now,
        "ServicesLastAccessed": [],
        "IsTruncated": False,
    }
    done = fetch(main, ana, job)
    assert (done["JobStatus"], done["JobCompletionDate"]) == ("COMPLETED", now)
    assert namespaces(done) == ["s3", "sns", "sqs"]

    later = order(main, ana, main.users["bob"].arn)
    main.world.clock.advance(seconds=1)
    assert fetch(main, ana, later)["JobStatus"] == "COMPLETED"


def test_rows_say_what_was_attempted_and_leave_out_what_was_not(main: Account) -> None:
    """As the API answers: no entity, no date, no Region, no total."""
    ana, bob = main.users["ana"], main.users["bob"]
    job = order(main, ana, bob.arn, Granularity="ACTION_LEVEL")
    main.world.clock.advance(minutes=1)
    answer = fetch(main, ana, job)
    s3, sns, sqs = answer["ServicesLastAccessed"]

    assert answer["JobType"] == "ACTION_LEVEL"
    assert sns == {
        "ServiceName": catalog.service_name("sns"),
        "ServiceNamespace": "sns",
    }
    assert (sqs["LastAuthenticatedEntity"], sqs["TotalAuthenticatedEntities"]) == (bob.arn, 1)
    assert s3["LastAuthenticated"] < sqs["LastAuthenticated"]
    tracked = {entry["ActionName"]: entry for entry in sqs["TrackedActionsLastAccessed"]}
    assert tracked["ListQueues"]["LastAccessedTime"] == sqs["LastAuthenticated"]
    assert tracked["CreateQueue"] == {"ActionName": "CreateQueue"}
    assert "SendMessage" not in tracked


def test_a_report_is_of_the_moment_when_it_was_ordered(main: Account) -> None:
    """What happens afterwards is not in it, nor what is done to the policies."""
    ana, bob = main.users["ana"], main.users["bob"]
    job = order(main, ana, bob.arn)
    main.world.clock.advance(minutes=1)
    before = fetch(main, ana, job)
    main.world.do(bob, "sns:ListTopics", "*")
    bob.delete_policy("own")

    assert fetch(main, ana, job) == before


def test_only_who_has_ordered_a_report_can_fetch_it(main: Account) -> None:
    """The same user, or a session of the same role; to all others the job is not there."""
    ana, world = main.users["ana"], main.world
    for name in ("reader", "other"):
        role = main.create_role(name, assume_role_policy_document=trust({"AWS": OWN}))
        role.attach_policy("IAMReadOnlyAccess")
    ana.put_policy("own", document(allow("sts:AssumeRole")))
    main.create_user("zoe").attach_policy("IAMReadOnlyAccess")
    key = ana.create_access_key()
    first, second = (
        world.sts.assume_role(key, role_arn=main.roles["reader"].arn, role_session_name=name)
        for name in ("night", "day")
    )
    third = world.sts.assume_role(key, role_arn=main.roles["other"].arn, role_session_name="night")
    of_ana, of_role = (order(main, who, ana.arn) for who in (ana, first))
    of_root = order(main, main.root_arn, ana.arn)

    allowed: dict[str, list[Any]] = {
        of_ana: [ana, key],
        of_role: [first, second, main.roles["reader"]],
        of_root: [main.root_arn],
    }
    everybody: list[Any] = [ana, key, first, second, third, main.users["zoe"], main.root_arn]
    for job, good in allowed.items():
        for who in good:
            assert fetch(main, who, job)["JobStatus"]
        for who in everybody:
            if who not in good:
                with pytest.raises(NoSuchEntity, match=f"Job {job} is not found"):
                    fetch(main, who, job)


def test_who_is_made_again_cannot_fetch_what_his_namesake_ordered(main: Account) -> None:
    """He is another."""
    ana = main.users["ana"]
    job = order(main, ana, ana.arn)
    ana.detach_policy("IAMReadOnlyAccess")
    ana.delete()
    again = main.create_user("ana")
    again.attach_policy("IAMReadOnlyAccess")

    with pytest.raises(NoSuchEntity):
        fetch(main, again, job)


def test_a_report_comes_in_pages(main: Account) -> None:
    """All of them together are the whole."""
    ana = main.users["ana"]
    job = order(main, ana, main.users["bob"].arn)
    main.world.clock.advance(minutes=1)
    first = fetch(main, ana, job, MaxItems=2)
    second = fetch(main, ana, job, MaxItems=2, Marker=first["Marker"])

    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    assert namespaces(first) + namespaces(second) == ["s3", "sns", "sqs"]


def test_a_wrong_marker_does_not_even_note_that_a_job_was_asked_for(main: Account) -> None:
    """What fails changes nothing, whichever report it is."""
    ana = main.users["ana"]
    job = order(main, ana, main.users["bob"].arn)
    before = snapshot(main.world)
    for operation, more in (
        ("GetServiceLastAccessedDetails", {}),
        ("GetServiceLastAccessedDetailsWithEntities", {"ServiceNamespace": "s3"}),
    ):
        with pytest.raises(ValidationError, match="Marker"):
            main.call(operation, ana, JobId=job, Marker="x", **more)

    assert snapshot(main.world) == before


def test_ids_of_jobs_follow_from_the_seed() -> None:
    """And differ."""

    def made(seed: int) -> list[str]:
        account = World(seed=seed).create_account("main", account_id=OWN)
        arn = account.create_user("ana").arn
        return [order(account, account.root_arn, arn) for _ in range(2)]

    assert made(1) == made(1)
    assert len({*made(1), *made(2)}) == 4
    assert all(len(record) == 36 for record in made(1))


def test_permission_is_needed_for_the_resource(main: Account) -> None:
    """To order it; to fetch it, for nothing in particular."""
    zoe, bob = main.create_user("zoe"), main.users["bob"]
    policy = main.create_policy("maps", document(allow("s3:*")))
    zoe.put_policy("own", document(allow("iam:GenerateService*", [zoe.arn, policy.arn])))

    order(main, zoe, policy.arn)
    job = order(main, zoe, zoe.arn)
    for arn in (bob.arn, "arn:aws:iam::aws:policy/ReadOnlyAccess"):
        with pytest.raises(AccessDenied, match="on resource"):
            order(main, zoe, arn)
    with pytest.raises(AccessDenied, match="GetServiceLastAccessedDetails"):
        fetch(main, zoe, job)


def entities(main: Account, job: str, **more: Any) -> list[dict[str, Any]]:
    """Fetch who could have used a service."""
    found = main.call(
        "GetServiceLastAccessedDetailsWithEntities",
        main.root_arn,
        JobId=job,
        **{"ServiceNamespace": "s3", **more},
    )
    listed: list[dict[str, Any]] = found["EntityDetailsList"]
    return listed


def test_entities_are_listed_with_the_latest_first_and_the_idle_last(main: Account) -> None:
    """It lists all identities with the policy, with name, path, type and id."""
    policy = main.create_policy("maps", document(allow(["s3:*", "sqs:*"])))
    role = main.create_role("job", assume_role_policy_document=trust({"AWS": OWN}), path="/x/")
    for item in (main.users["ana"], main.users["bob"], role, main.create_user("zoe")):
        item.attach_policy(policy)
    for who in (role, main.users["zoe"]):
        main.world.clock.advance(minutes=1)
        main.world.do(who, "s3:ListAllMyBuckets", "*")
    job = order(main, main.root_arn, policy.arn)
    assert entities(main, job) == []
    listed = entities(main, job)

    assert [entry["EntityInfo"]["Name"] for entry in listed] == ["zoe", "job", "bob", "ana"]
    assert [entry.get("LastAuthenticated") is None for entry in listed] == [False] * 3 + [True]
    assert listed[1]["EntityInfo"] == {
        "Arn": role.arn,
        "Name": "job",
        "Type": "ROLE",
        "Id": role.unique_id,
        "Path": "/x/",
    }
    assert len(entities(main, job, ServiceNamespace="SQS")) == 4
    assert entities(main, job, ServiceNamespace="iam") == []
    assert len(entities(main, job, MaxItems=3)) == 3


BAD: dict[str, tuple[Callable[[Account], object], type[Exception]]] = {
    "nobody": (lambda a: order(a, a.root_arn, f"arn:aws:iam::{OWN}:user/none"), NoSuchEntity),
    "no policy": (lambda a: order(a, a.root_arn, f"arn:aws:iam::{OWN}:policy/x"), NoSuchEntity),
    "a bucket": (lambda a: order(a, a.root_arn, "arn:aws:s3:::star-maps"), InvalidInput),
    "root": (lambda a: order(a, a.root_arn, a.root_arn), InvalidInput),
    "no ARN": (lambda a: order(a, a.root_arn, "x" * 20), InvalidInput),
    "short": (lambda a: order(a, a.root_arn, "arn:aws"), ValidationError),
    "no text": (lambda a: order(a, a.root_arn, 5), RequestError),  # type: ignore[arg-type]
    "a level": (
        lambda a: order(a, a.root_arn, a.users["ana"].arn, Granularity="ROW"),
        ValidationError,
    ),
    "no job": (lambda a: fetch(a, a.root_arn, "0" * 36), NoSuchEntity),
    "a short job": (lambda a: fetch(a, a.root_arn, "0"), ValidationError),
    "a job of another kind": (
        lambda a: a.call(
            "GetOrganizationsAccessReport",
            a.root_arn,
            JobId=order(a, a.root_arn, a.users["ana"].arn),
        ),
        NoSuchEntity,
    ),
    "no service": (
        lambda a: entities(a, order(a, a.root_arn, a.users["ana"].arn), ServiceNamespace="no-such"),
        InvalidInput,
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_refused_as_aws_does(main: Account, case: str) -> None:
    """With its codes."""
    ask, error = BAD[case]

    with pytest.raises(error) as caught:
        ask(main)
    assert type(caught.value) is error


# -- organizations --------------------------------------------------------------------------------


@pytest.fixture
def organization(main: Account) -> Organization:
    """Main, an OU with dev, and ops beside it; dev and ops have used S3, dev later."""
    made = main.world.create_organization(main)
    unit = made.create_organizational_unit("Prod")
    made.create_account("dev", parent=unit, account_id=DEV)
    made.create_account("ops", account_id=OPS)
    for account_id in (OPS, DEV):
        main.world.clock.advance(minutes=1)
        account = main.world.accounts[account_id]
        account.world.do(account.root_arn, "s3:ListAllMyBuckets", "*")
    return made


def path_of(organization: Organization, account_id: str = "", unit: str = "") -> str:
    """Return the path of the root, an account or an OU."""
    root = f"{organization.id}/{organization.root.id}"
    if unit:
        ids = {
            organizational_unit.name: organizational_unit.id
            for organizational_unit in organization.organizational_units.values()
        }
        return f"{root}/{ids[unit]}"
    return organization.path_of(account_id) + account_id if account_id else root


def report(main: Account, path: str, **more: Any) -> dict[str, Any]:
    """Order and fetch a report of an organization, whole."""
    order_more = {key: more.pop(key) for key in list(more) if key == "OrganizationsPolicyId"}
    made = main.call(
        "GenerateOrganizationsAccessReport", main.root_arn, EntityPath=path, **order_more
    )
    request = {"JobId": made["JobId"], "MaxItems": 1000, **more}
    first = main.call("GetOrganizationsAccessReport", main.root_arn, **request)
    assert first["JobStatus"] == "IN_PROGRESS"
    return main.call("GetOrganizationsAccessReport", main.root_arn, **request)


def order_of(main: Account, caller: Any, path: str) -> str:
    """Have a report of an organization made; give the id of the job."""
    made = main.call("GenerateOrganizationsAccessReport", caller, EntityPath=path)
    return str(made["JobId"])


def used(answer: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Return what was attempted: in which account last, and in how many."""
    return {
        row["ServiceNamespace"]: (row["EntityPath"][-12:], row["TotalAuthenticatedEntities"])
        for row in answer["AccessDetails"]
        if "EntityPath" in row
    }


def test_the_report_of_an_entity_is_of_its_accounts(
    main: Account, organization: Organization
) -> None:
    """Those below it; the management account is in its own report only, which has every service."""
    everything = report(main, path_of(organization))
    of_unit = report(main, path_of(organization, unit="Prod") + "/")
    of_ops = report(main, path_of(organization, OPS))
    of_main = report(main, path_of(organization, OWN))

    assert used(everything)["s3"] == (DEV, 2)
    assert used(of_unit)["s3"] == (DEV, 1)
    assert used(of_ops)["s3"] == (OPS, 1)
    assert {name: count for name, (_, count) in used(of_main).items()}["s3"] == 1
    assert "sqs" in used(of_main)
    assert "sqs" not in used(everything)
    for answer in (everything, of_main):
        assert answer["NumberOfServicesAccessible"] == SERVICES
        assert answer["NumberOfServicesNotAccessed"] == SERVICES - len(used(answer))


def test_only_what_scps_allow_on_the_whole_way_has_a_row(
    main: Account, organization: Organization
) -> None:
    """Every level must allow it; a Deny of all resources without a condition takes it away."""
    guard = organization.create_policy(
        "guard",
        document(
            deny("sqs:*"),
            deny("sns:*", "arn:aws:sns:*:*:maps"),
            deny("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"}}),
        ),
    )
    organization.attach_policy(guard, organization.root)
    narrow = organization.create_policy("narrow", document(allow(["s3:*", "sqs:*", "sns:*"])))
    organization.attach_policy(narrow, DEV)
    organization.detach_policy("FullAWSAccess", DEV)
    path = path_of(organization, DEV)

    names = {row["ServiceNamespace"] for row in report(main, path)["AccessDetails"]}
    of_root = {
        row["ServiceNamespace"] for row in report(main, path_of(organization))["AccessDetails"]
    }

    assert names == {"s3", "sns"}
    assert "sqs" not in of_root
    assert len(of_root) == SERVICES - 1


def test_the_report_of_one_policy_is_of_the_accounts_that_it_reaches(
    main: Account, organization: Organization
) -> None:
    """From the entity on: if it is attached above it or nowhere, there are rows without data."""
    policy = organization.create_policy("s3", document(allow(["s3:*", "sqs:*"])))
    item = {"OrganizationsPolicyId": policy.id}
    root, unit = path_of(organization), path_of(organization, unit="Prod")
    assert used(report(main, root, **item)) == {}
    organization.attach_policy(policy, "Prod")

    assert [row["ServiceNamespace"] for row in report(main, root, **item)["AccessDetails"]] == [
        "s3",
        "sqs",
    ]
    assert used(report(main, root, **item)) == {"s3": (DEV, 1)}
    assert used(report(main, unit, **item)) == {"s3": (DEV, 1)}
    assert used(report(main, path_of(organization, DEV), **item)) == {}
    assert used(report(main, path_of(organization, OPS), **item)) == {}
    ignored = report(main, path_of(organization, OWN), **item)
    assert ignored["NumberOfServicesAccessible"] == SERVICES


@pytest.mark.parametrize("key", ["SERVICE_NAMESPACE", "LAST_AUTHENTICATED_TIME"])
def test_a_report_can_be_sorted(main: Account, organization: Organization, key: str) -> None:
    """By namespace or by time, up or down; what was never attempted is the oldest."""
    dev = main.world.accounts[DEV]
    main.world.clock.advance(minutes=1)
    main.world.do(dev.root_arn, "acm:ListCertificates", "*")
    path = path_of(organization, DEV)

    up, down = (
        [
            row["ServiceNamespace"]
            for row in report(main, path, SortKey=f"{key}_{order}")["AccessDetails"]
        ]
        for order in ("ASCENDING", "DESCENDING")
    )

    assert up == down[::-1]
    if key == "SERVICE_NAMESPACE":
        assert up == sorted(up)
    else:
        assert [name for name in down[:3] if name in ("acm", "s3")] == ["acm", "s3"]


def _without_scps(organization: Organization) -> str:
    organization.disable_policy_type(SCP)
    return path_of(organization)


_RCP: dict[str, Any] = document(
    {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
)

FAILS: dict[str, tuple[Callable[[Organization], Any], type[Exception]]] = {
    "no such path": (lambda o: ("1", f"{o.id}/r-none"), TargetNotFoundException),
    "a path of another": (lambda o: ("1", f"o-a1b2c3d4e5/{o.root.id}"), TargetNotFoundException),
    "a path that is not whole": (lambda o: ("1", f"{o.id}/r-xxxx/{DEV}"), TargetNotFoundException),
    "no such policy": (
        lambda o: ("1", path_of(o), "p-abcdefgh"),
        PolicyNotFoundException,
    ),
    "a policy of another type": (
        lambda o: ("1", path_of(o), o.create_policy("r", _RCP, type="RESOURCE_CONTROL_POLICY").id),
        InvalidInput,
    ),
    "a member asks": (lambda o: ("2", path_of(o)), AccessDeniedException),
    "who is in none": (lambda o: ("9", path_of(o)), AWSOrganizationsNotInUseException),
    "not enabled": (
        lambda o: ("1", _without_scps(o)),
        PolicyTypeNotEnabledException,
    ),
}


@pytest.mark.parametrize("case", FAILS)
def test_what_cannot_be_reported_fails_as_a_job(organization: Organization, case: str) -> None:
    """With the code that the method raises."""
    made, error = FAILS[case]
    organization.world.create_account("alone", account_id="9" * 12)
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    number, path, *policy = made(organization)
    account = organization.world.accounts[number * 12]

    more = {"OrganizationsPolicyId": policy[0]} if policy else {}
    answer = report(account, path, **more)
    assert (answer["JobStatus"], answer["ErrorDetails"]["Code"]) == (
        "FAILED",
        error.code,  # type: ignore[attr-defined]
    )
    assert answer["ErrorDetails"]["Message"]
    assert "AccessDetails" not in answer
    with pytest.raises(error):
        account.organizations_last_accessed(path, *policy)


def test_a_failed_job_is_not_of_the_other_kind(main: Account) -> None:
    """It is not found there."""
    made = main.call(
        "GenerateOrganizationsAccessReport", main.root_arn, EntityPath="o-a1b2c3d4e5/r-f6g7"
    )

    with pytest.raises(NoSuchEntity):
        fetch(main, main.root_arn, made["JobId"])


@pytest.mark.parametrize("wrong", [5, None, ["x"]])
def test_a_path_that_is_not_a_text_is_refused(
    main: Account, organization: Organization, wrong: Any
) -> None:
    """As is an id of a policy; nothing crashes."""
    with pytest.raises(RequestError):
        main.organizations_last_accessed(wrong)
    if wrong is not None:
        with pytest.raises(RequestError):
            main.organizations_last_accessed(path_of(organization), wrong)


def test_who_orders_it_needs_permissions_of_organizations_too(
    main: Account, organization: Organization
) -> None:
    """Each of them, in addition that for the report of this very path."""
    path = path_of(organization)
    arn = f"arn:aws:iam::{OWN}:access-report/{path}"
    names = list(NEEDED_IN_ORGANIZATIONS)
    zoe = main.create_user("zoe")
    own = allow("iam:GenerateOrganizationsAccessReport", arn)
    for missing in names:
        zoe.put_policy("own", document(own, allow([name for name in names if name != missing])))
        with pytest.raises(AccessDenied, match=missing):
            order_of(main, zoe, path)
    zoe.put_policy("own", document(allow(names)))
    with pytest.raises(AccessDenied, match="access-report/o-"):
        order_of(main, zoe, path)
    zoe.put_policy("own", document(own, allow(names)))

    assert len(order_of(main, zoe, path)) == 36


def test_only_so_many_reports_are_made_at_once(main: Account, organization: Organization) -> None:
    """Finished reports and reports of identities don't count."""
    order(main, main.root_arn, main.users["ana"].arn)
    path = path_of(organization)
    for _ in range(MOST_IN_PROGRESS):
        job = order_of(main, main.root_arn, path)
    with pytest.raises(ReportGenerationLimitExceeded):
        order_of(main, main.root_arn, path)
    main.call("GetOrganizationsAccessReport", main.root_arn, JobId=job)
    order_of(main, main.root_arn, path)
    with pytest.raises(ReportGenerationLimitExceeded):
        order_of(main, main.root_arn, path)
    main.world.clock.advance(seconds=1)

    assert order_of(main, main.root_arn, path)


def test_a_copy_in_another_account_is_not_a_use_there(
    main: Account, organization: Organization
) -> None:
    """Who is called by a stranger has not called."""
    dev, ops = main.world.accounts[DEV], main.world.accounts[OPS]
    role = ops.create_role("job", assume_role_policy_document=trust({"AWS": DEV}))
    ana = dev.create_user("ana")
    ana.put_policy("own", document(allow("sts:AssumeRole")))
    main.world.sts.assume_role(
        ana.create_access_key(), role_arn=role.arn, role_session_name="night"
    )
    assert {event.recipient_account_id for event in main.world.events[-2:]} == {DEV, OPS}

    assert used(report(main, path_of(organization)))["sts"] == (DEV, 1)


@pytest.mark.parametrize("kind", ["IdentityCenterUser", "AWSService", "Unknown", None])
def test_only_root_users_users_and_roles_are_principals_of_an_account(
    main: Account, organization: Organization, kind: Any
) -> None:
    """Whoever else a trail names, with whatever account."""
    event = main.world.events[-1]
    other = replace(event, user_identity={**event.user_identity, "type": kind})

    found = main.organizations_last_accessed(path_of(organization), events=[event])
    nobody = main.organizations_last_accessed(path_of(organization), events=[other])

    assert found.number_of_services_not_accessed == SERVICES - 1
    assert nobody.number_of_services_not_accessed == SERVICES


def test_the_report_of_an_organization_is_a_table_too(
    main: Account, organization: Organization
) -> None:
    """A row for each service; as text it is one line."""
    found = main.organizations_last_accessed(path_of(organization, OPS))
    frame = found.to_frame()
    accessed = SERVICES - found.number_of_services_not_accessed
    text = f"{accessed} of {SERVICES} allowed services accessed in the tracking period"

    assert str(found) == f"{found.entity_path}: {text}"

    assert len(frame) == SERVICES
    row = frame.set_index("service_namespace").loc["s3"]
    assert (row["entity_path"], row["total_authenticated_entities"]) == (
        path_of(organization, OPS),
        1,
    )


# -- kept -----------------------------------------------------------------------------------------


def test_jobs_are_saved_and_copied_with_the_world(
    main: Account, organization: Organization
) -> None:
    """An id stays good; what the copy does is not seen here."""
    job = order(main, main.root_arn, main.users["bob"].arn, Granularity="ACTION_LEVEL")
    main.world.clock.advance(seconds=1)
    made = main.call(
        "GenerateOrganizationsAccessReport", main.root_arn, EntityPath=path_of(organization)
    )["JobId"]

    again = world_from_json(world_to_json(main.world)).accounts[OWN]
    twin = main.world.copy().accounts[OWN]
    other = pickle.loads(pickle.dumps(main.world)).accounts[OWN]  # noqa: S301
    for item in (again, twin, other):
        assert item.last_accessed_jobs == main.last_accessed_jobs
        assert fetch(item, item.root_arn, job)["JobStatus"] == "COMPLETED"
        item.call("GetOrganizationsAccessReport", item.root_arn, JobId=made)
        assert item.last_accessed_jobs[made].asked
    assert not main.last_accessed_jobs[made].asked
    assert fetch(main, main.root_arn, job) == fetch(again, again.root_arn, job)
