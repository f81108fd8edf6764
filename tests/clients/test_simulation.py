"""IAM's own questions through real boto3 and aws: the simulator, reports, decoded messages."""

import csv
import json
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from iamlab import AccessDenied, Policy, World
from iamlab.operations.registry import entries
from tests.clients.test_access_analyzer import allow, aws, refused, text
from tests.rows import each_row

MAIN = "111111111111"
MAPS, SECRET = "arn:aws:s3:::maps/m31", "arn:aws:s3:::maps/secret"
TEAM = {"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyType": "string"}
SKY = {**TEAM, "ContextKeyValues": ["sky"]}
READ = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            allow(
                "s3:Get*",
                "arn:aws:s3:::maps/*",
                Condition={"StringEquals": {"aws:PrincipalTag/team": "sky"}},
            ),
            {"Effect": "Deny", "Action": "s3:*", "Resource": SECRET},
        ],
    },
    indent=2,
)


@pytest.fixture
def world():
    """Make a world with Dana, who can do everything, and Ana, who reads maps of her team."""
    made = World(seed=7)
    main = made.create_account("main", account_id=MAIN)
    dana, ana = (main.create_user(name) for name in ("dana", "ana"))
    for user in (dana, ana):
        user.create_access_key()
    dana.attach_policy("AdministratorAccess")
    ana.put_policy("read", READ)
    return made


@pytest.fixture
def iam(world):
    """Return Dana's client."""
    return world.boto3_session(world.user("dana")).client("iam")


def simulated(client, operation, **sent):
    """Return the results of a simulation, which have what the model requires."""
    answer = getattr(client, operation)(**sent)
    for result in answer["EvaluationResults"]:
        assert set(result) >= {"EvalActionName", "EvalDecision", "MissingContextValues"}
        for each in result.get("ResourceSpecificResults", ()):
            assert set(each) >= {"EvalResourceName", "EvalResourceDecision"}
    return answer["EvaluationResults"]


def test_a_simulation_has_the_statements_and_their_positions(world, iam):
    """A line and a column in the policy's text: behind the bracket, and behind the brace."""
    [result] = simulated(
        iam,
        "simulate_principal_policy",
        PolicySourceArn=world.user("ana").arn,
        ActionNames=["s3:GetObject"],
        ResourceArns=[MAPS, SECRET],
        ContextEntries=[SKY],
    )

    assert (result["EvalActionName"], result["EvalDecision"]) == ("s3:GetObject", "explicitDeny")
    allowed, denied = result["ResourceSpecificResults"]
    assert allowed["EvalResourceDecision"] == "allowed"
    assert denied["EvalResourceDecision"] == "explicitDeny"
    lines = READ.split("\n")
    for result_of_one, sign in ((allowed, "[{"), (denied, ",{")):
        [statement] = result_of_one["MatchedStatements"]
        start, end = statement["StartPosition"], statement["EndPosition"]
        assert statement["SourcePolicyId"] == "user_ana_read"
        assert statement["SourcePolicyType"] == "IAM Policy"
        rows = lines[start["Line"] - 1 : end["Line"]]
        rows[-1] = rows[-1][: end["Column"] - 1]
        shown = "".join("\n".join(rows)[start["Column"] - 1 :].split())
        assert json.loads(f"{{{shown.removeprefix(sign[0]).partition('{')[2]}")
    assert result["MatchedStatements"] == [
        *allowed["MatchedStatements"],
        *denied["MatchedStatements"],
    ]


def test_a_statement_on_one_line_begins_behind_the_bracket(iam):
    """As in responses that AWS has given: column 41 for such a policy."""
    [result] = simulated(
        iam,
        "simulate_custom_policy",
        PolicyInputList=[
            '{"Version":"2012-10-17","Statement":[' + json.dumps(allow("s3:*")) + "]}"
        ],
        ActionNames=["s3:GetObject"],
        ResourceArns=[MAPS],
    )
    [statement] = result["MatchedStatements"]

    assert statement["SourcePolicyId"] == "PolicyInputList.1"
    assert statement["StartPosition"] == {"Line": 1, "Column": 38}
    assert result["EvalDecisionDetails"] == {}


def test_missing_keys_are_named_where_they_could_matter(world, iam):
    """And only there."""
    ana = {"PolicySourceArn": world.user("ana").arn, "ActionNames": ["s3:GetObject"]}
    [without] = simulated(iam, "simulate_principal_policy", **ana, ResourceArns=[MAPS])
    [known] = simulated(
        iam, "simulate_principal_policy", **ana, ResourceArns=[MAPS], ContextEntries=[SKY]
    )
    [everywhere] = simulated(iam, "simulate_principal_policy", **ana)

    assert without["MissingContextValues"] == ["aws:PrincipalTag/team"]
    assert (without["EvalDecision"], known["EvalDecision"]) == ("implicitDeny", "allowed")
    assert known["MissingContextValues"] == []
    assert everywhere["EvalResourceName"] == "*"
    assert "ResourceSpecificResults" not in everywhere


def test_the_organization_and_the_boundary_have_their_say(world):
    """Each in its own part of the answer."""
    organization = world.create_organization("main")
    shop = organization.create_account("shop", account_id="222222222222")
    eve = shop.create_user("eve")
    eve.create_access_key()
    eve.attach_policy("AdministratorAccess")
    boundary = shop.create_policy("edge", text(allow(["s3:*", "iam:*"])))
    client = world.boto3_session(eve).client("iam")
    client.put_user_permissions_boundary(UserName="eve", PermissionsBoundary=boundary.arn)
    guard = text(allow("*"), {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"})
    organization.create_policy("guard", guard).attach(shop)
    results = simulated(
        client,
        "simulate_principal_policy",
        PolicySourceArn=eve.arn,
        ActionNames=["s3:GetObject", "s3:DeleteObject", "sqs:SendMessage"],
    )
    found = [
        (
            result["EvalDecision"],
            result["OrganizationsDecisionDetail"]["AllowedByOrganizations"],
            result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"],
        )
        for result in results
    ]

    assert found == [
        ("allowed", True, True),
        ("explicitDeny", False, True),
        ("implicitDeny", True, False),
    ]


def test_each_account_decides_for_itself(iam):
    """With a resource-based policy between two accounts, each type of policy has a decision."""
    [result] = simulated(
        iam,
        "simulate_custom_policy",
        PolicyInputList=[text(allow("s3:Get*"))],
        ActionNames=["s3:GetObject"],
        ResourceArns=[MAPS],
        ResourcePolicy=text(
            allow("s3:*", "arn:aws:s3:::maps/*", Principal={"AWS": "222222222222"})
        ),
        ResourceOwner="arn:aws:iam::222222222222:root",
        CallerArn=f"arn:aws:iam::{MAIN}:user/ana",
    )

    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == {
        "IAM Policy": "allowed",
        "Resource Policy": "implicitDeny",
    }


CUSTOM = {
    "PolicyInputList": [READ],
    "ActionNames": ["s3:GetObject"],
    "ResourceArns": [MAPS],
    "ContextEntries": [SKY],
}
"""A simulation, and below what changes its answer, or is refused."""
CHANGES = {
    "PolicyInputList": [text()],
    "ActionNames": ["s3:PutObject"],
    "ResourceArns": [SECRET],
    "ContextEntries": [{**TEAM, "ContextKeyValues": ["sea"]}],
    "PermissionsBoundaryPolicyInputList": [text(allow("sqs:*"))],
    "ResourcePolicy": text(allow("s3:*", "arn:aws:s3:::sun/*", Principal="*")),
    "ResourceOwner": "nobody",
    "CallerArn": "nobody",
    "ResourceHandlingOption": "EC2-VPC",
    "MaxItems": 1,
    "Marker": "7",
}


def _ends(call, sent):
    """Return the answer or the error of a call."""
    try:
        answer = call(**sent)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return [answer["EvaluationResults"], answer["IsTruncated"]]


@pytest.mark.parametrize("operation", ["SimulateCustomPolicy", "SimulatePrincipalPolicy"])
def test_every_parameter_of_a_simulation_is_read(world, iam, operation):
    """A change of it changes the answer."""
    call = {
        "SimulateCustomPolicy": iam.simulate_custom_policy,
        "SimulatePrincipalPolicy": iam.simulate_principal_policy,
    }[operation]
    changes, sent = dict(CHANGES), {**CUSTOM, "ActionNames": ["s3:GetObject", "s3:GetObjectAcl"]}
    if operation == "SimulateCustomPolicy":
        deny = text({"Effect": "Deny", "Action": "*", "Resource": "*"})
        changes["OrderedOrganizationPolicyInputList"] = [{"ServiceControlPolicyInputList": [deny]}]
    else:
        sent["PolicySourceArn"] = world.user("ana").arn
        sent["PolicyInputList"] = [text(allow("s3:PutObject"))]
        changes["PolicySourceArn"] = world.user("dana").arn
        changes["PolicyInputList"] = [text({"Effect": "Deny", "Action": "*", "Resource": "*"})]
        changes["PolicyExclusionList"] = [{"PolicyType": "inline"}]
    shape = iam.meta.service_model.operation_model(operation).input_shape
    before = _ends(call, sent)

    assert set(changes) == set(shape.members)
    for name, value in changes.items():
        assert _ends(call, {**sent, name: value}) != before, name


@pytest.mark.parametrize("operation", ["simulate_custom_policy", "simulate_principal_policy"])
def test_a_paginator_reads_all_results(world, iam, operation):
    """A page has at most as many actions as the client wants."""
    actions = [f"s3:{name}" for name in ("GetObject", "PutObject", "ListBucket")]
    who = {"PolicySourceArn": world.user("ana").arn} if "principal" in operation else {}
    more = {} if who else {"PolicyInputList": [READ]}
    pages = [
        *iam.get_paginator(operation).paginate(
            **who, **more, ActionNames=actions, PaginationConfig={"PageSize": 2}
        )
    ]
    names = [result["EvalActionName"] for each in pages for result in each["EvaluationResults"]]

    assert [len(each["EvaluationResults"]) for each in pages] == [2, 1]
    assert names == actions


def test_errors_of_a_simulation_have_awss_codes(iam):
    """Of a policy, an action, a resource, a caller, an identity."""
    sent = {"PolicyInputList": [READ], "ActionNames": ["s3:GetObject"]}
    custom, principal = iam.simulate_custom_policy, iam.simulate_principal_policy
    for wrong in (
        {"PolicyInputList": ["{"]},
        {"ActionNames": ["GetObject"]},
        {"ResourceArns": ["maps"]},
        {"CallerArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        {"PermissionsBoundaryPolicyInputList": [READ, READ]},
    ):
        refused("InvalidInput", 400, custom, **{**sent, **wrong})
    nobody = f"arn:aws:iam::{MAIN}:user/nobody"
    message = refused("NoSuchEntity", 404, principal, PolicySourceArn=nobody, ActionNames=["s3:*"])
    assert message == "Unable to retrieve specified IAM entity."
    refused("ValidationError", 400, custom, **{**sent, "ActionNames": ["a:b"], "MaxItems": 1001})


def test_the_keys_of_policies_are_listed(world, iam):
    """Of texts, and of an identity with its groups."""
    ana, group = world.user("ana"), world.account("main").create_group("sky")
    group.put_policy("home", text(allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")))
    group.add_user(ana)
    more = text(allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    texts = iam.get_context_keys_for_custom_policy(PolicyInputList=[more])
    own = iam.get_context_keys_for_principal_policy(PolicySourceArn=ana.arn, PolicyInputList=[more])

    assert texts["ContextKeyNames"] == ["aws:SecureTransport"]
    assert own["ContextKeyNames"] == [
        *("aws:PrincipalTag/team", "aws:username", "aws:SecureTransport")
    ]
    refused("InvalidInput", 400, iam.get_context_keys_for_custom_policy, PolicyInputList=["{"])


# -- decoded messages -----------------------------------------------------------------------------


def test_a_denied_call_is_decoded(world):
    """EC2's message has an encoded part, which only those with permission can read."""
    ana = world.user("ana")
    own = world.boto3_session(ana)
    with pytest.raises(ClientError) as caught:
        own.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)
    _, _, encoded = caught.value.response["Error"]["Message"].partition("failure message: ")
    dana = world.boto3_session(world.user("dana")).client("sts")
    decoded = json.loads(
        dana.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"]
    )

    assert decoded["allowed"] is False
    assert decoded["context"]["action"] == "ec2:RunInstances"
    assert decoded["context"]["principal"]["arn"] == ana.arn
    read = own.client("sts").decode_authorization_message
    refused("AccessDenied", 403, read, EncodedMessage=encoded)
    wrong = "InvalidAuthorizationMessageException"
    refused(wrong, 400, dana.decode_authorization_message, EncodedMessage="nothing")


# -- reports --------------------------------------------------------------------------------------


def test_the_credential_report_is_made_and_read(world, iam):
    """In three steps; then it's a table of the account's users."""
    refused("ReportNotPresent", 410, iam.get_credential_report)
    assert iam.generate_credential_report()["State"] == "STARTED"
    refused("ReportInProgress", 404, iam.get_credential_report)
    assert iam.generate_credential_report()["State"] == "INPROGRESS"
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    report = iam.get_credential_report()
    rows = list(csv.DictReader(report["Content"].decode().splitlines()))

    assert (report["ReportFormat"], report["GeneratedTime"]) == ("text/csv", world.clock.now)
    assert [row["user"] for row in rows] == ["<root_account>", "dana", "ana"]
    assert rows[1]["access_key_1_active"] == "true"
    world.clock.advance(hours=5)
    refused("ReportExpired", 410, iam.get_credential_report)


def test_what_was_accessed_last_is_reported(world, iam):
    """By service, by action, with who used it, and for the organization."""
    ana = world.user("ana")
    with pytest.raises(AccessDenied):
        world.do(ana, "s3:GetObject", SECRET)  # an attempt counts, too
    ordered = iam.generate_service_last_accessed_details(Arn=ana.arn, Granularity="ACTION_LEVEL")
    job = {"JobId": ordered["JobId"]}
    world.clock.advance(minutes=1)
    report = iam.get_service_last_accessed_details(**job)
    users = iam.get_service_last_accessed_details_with_entities(**job, ServiceNamespace="s3")

    assert (report["JobStatus"], report["JobType"]) == ("COMPLETED", "ACTION_LEVEL")
    [service] = report["ServicesLastAccessed"]
    assert service["ServiceNamespace"] == "s3"
    assert service["LastAuthenticatedEntity"] == ana.arn
    assert service["LastAuthenticated"] == world.clock.now - timedelta(minutes=1)
    assert users["EntityDetailsList"][0]["EntityInfo"]["Name"] == "ana"
    get = iam.get_service_last_accessed_details
    refused("NoSuchEntity", 404, get, JobId="00000000-0000-0000-0000-000000000000")
    organization = world.create_organization("main")
    path = f"{organization.id}/{organization.root.id}"
    ordered = iam.generate_organizations_access_report(EntityPath=path)
    world.clock.advance(minutes=1)
    read = {"JobId": ordered["JobId"], "MaxItems": 1000}
    whole = iam.get_organizations_access_report(**read, SortKey="SERVICE_NAMESPACE_ASCENDING")
    found = [each["ServiceNamespace"] for each in whole["AccessDetails"]]
    assert (whole["JobStatus"], found) == ("COMPLETED", sorted(found))
    assert "s3" in found


def test_the_policies_that_grant_a_service_are_listed(world, iam):
    """Attached or inline."""
    ana = world.user("ana")
    ana.attach_policy("AmazonS3ReadOnlyAccess")
    found = iam.list_policies_granting_service_access(Arn=ana.arn, ServiceNamespaces=["s3", "sqs"])

    s3, sqs = found["PoliciesGrantingServiceAccess"]
    assert [(each["PolicyName"], each["PolicyType"]) for each in s3["Policies"]] == [
        *(("read", "INLINE"), ("AmazonS3ReadOnlyAccess", "MANAGED"))
    ]
    assert sqs == {"ServiceNamespace": "sqs", "Policies": []}


def test_the_account_is_summed_up_and_listed(iam):
    """Numbers as whole numbers; details in pages, with policy documents as they were saved."""
    numbers = iam.get_account_summary()["SummaryMap"]
    pages = [
        *iam.get_paginator("get_account_authorization_details").paginate(
            Filter=["User", "LocalManagedPolicy"], PaginationConfig={"PageSize": 1}
        )
    ]
    users = {user["UserName"]: user for each in pages for user in each["UserDetailList"]}

    assert (numbers["Users"], numbers["AccessKeysPerUserQuota"]) == (2, 2)
    assert len(pages) == 2
    [policy] = users["ana"]["UserPolicyList"]
    assert policy == {"PolicyName": "read", "PolicyDocument": json.loads(READ)}


# -- permissions and processes --------------------------------------------------------------------

ABOUT = f"arn:aws:iam::{MAIN}:user/ana"
QUESTIONS = {
    "SimulateCustomPolicy": {"PolicyInputList": [READ], "ActionNames": ["s3:GetObject"]},
    "SimulatePrincipalPolicy": {"PolicySourceArn": ABOUT, "ActionNames": ["s3:GetObject"]},
    "GetContextKeysForCustomPolicy": {"PolicyInputList": [READ]},
    "GetContextKeysForPrincipalPolicy": {"PolicySourceArn": ABOUT},
    "GetAccountAuthorizationDetails": {},
    "GenerateCredentialReport": {},
    "GetCredentialReport": {},
    "GetAccountSummary": {},
    "ListPoliciesGrantingServiceAccess": {"Arn": ABOUT, "ServiceNamespaces": ["s3"]},
    "GenerateServiceLastAccessedDetails": {"Arn": ABOUT},
    "GetServiceLastAccessedDetails": {"JobId": "0" * 36},
    "GetServiceLastAccessedDetailsWithEntities": {"JobId": "0" * 36, "ServiceNamespace": "s3"},
    "GenerateOrganizationsAccessReport": {"EntityPath": "o-a1b2c3d4e5/r-ab12"},
    "GetOrganizationsAccessReport": {"JobId": "0" * 36},
}


@each_row("operation", QUESTIONS)
def test_a_question_needs_permission(world, operation):
    """On what it is about, or on everything."""
    ana = world.user("ana")
    client = world.boto3_session(ana).client("iam")
    names = client.meta.method_to_api_mapping.items()
    call = getattr(client, next(name for name, known in names if known == operation))
    about = f"arn:aws:iam::{MAIN}:access-report/o-a1b2c3d4e5/r-ab12"
    resource = {"identity": ABOUT, "*": "*"}.get(entries()[operation].on, about)
    message = refused("AccessDenied", 403, call, **QUESTIONS[operation])

    assert f"is not authorized to perform: iam:{operation}" in message
    assert world.gateway.denied[-1].operation == operation
    assert world.gateway.denied[-1].decision.request.resource == resource
    ana.put_policy("ask", text(allow(f"iam:{operation}", resource), allow("organizations:*")))
    with suppress(ClientError):
        call(**QUESTIONS[operation])
    assert not world.gateway.calls[-1].is_denied
    ana.delete_policy("ask")


@pytest.mark.slow
def test_the_gateway_finds_the_questions_in_a_new_process():
    """Though their modules are in higher rooms than those of other operations."""
    code = (
        "from iamlab import World\n"
        "world = World(seed=7)\n"
        "dana = world.create_account('main').create_user('dana')\n"
        "dana.attach_policy('AdministratorAccess')\n"
        "dana.create_access_key()\n"
        "session = world.boto3_session(dana)\n"
        "iam, analyzer = session.client('iam'), session.client('accessanalyzer')\n"
        "print(len(iam.get_account_authorization_details()['UserDetailList']),\n"
        "      iam.get_context_keys_for_custom_policy(PolicyInputList=['{\"Statement\": []}'])\n"
        "      ['ContextKeyNames'], analyzer.list_analyzers()['analyzers'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "1 [] []"


def test_the_aws_cli_simulates(world):
    """All pages in one answer."""
    words = ("--policy-source-arn", world.user("ana").arn, "--action-names", "s3:GetObject")
    found = aws(world, world.user("dana"), "iam", "simulate-principal-policy", *words)

    assert found["EvaluationResults"][0]["EvalDecision"] == "implicitDeny"


def test_policies_of_a_role_are_simulated(world, iam):
    """A session of it asks about the role."""
    trust = Policy.allow("sts:AssumeRole", None, principal=MAIN)
    role = world.account("main").create_role("app", assume_role_policy_document=trust)
    role.attach_policy("AmazonS3ReadOnlyAccess")
    [result] = simulated(
        iam, "simulate_principal_policy", PolicySourceArn=role.arn, ActionNames=["s3:GetObject"]
    )

    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "AmazonS3ReadOnlyAccess"
