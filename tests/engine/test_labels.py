"""The six questions of every explanation, and their answers."""

import pytest

from iamlab import ANONYMOUS, AttachedPolicy, Layers, evaluate
from iamlab.engine.grants import Grant
from iamlab.engine.labels import labels
from tests.engine.making import (
    ANA,
    DENY,
    DEV,
    DEV_1,
    EC2,
    EC2_ONLY,
    EVERYTHING,
    FOREIGN,
    GET,
    GOOGLE,
    GUEST,
    KEY,
    OBJECT,
    OWN,
    ROLE,
    ROOT,
    SAML,
    TEAM,
    ask,
    policy,
    resource_policy,
)

WHO = [
    (ask(), "The IAM user"),
    (ask(ROOT), f"The root user of account {OWN}."),
    (ask(DEV), f"A session of the role {DEV}."),
    (ask(DEV_1), f"The session {DEV_1} of the role {DEV}."),
    (ask(GUEST, issuer=ANA), f"The federated user {GUEST} of {ANA}."),
    (ask(GUEST), f"The federated user {GUEST} of an IAM user."),
    (ask(EC2, resource_account=OWN), f"The AWS service {EC2}."),
    (
        ask(SAML, "sts:AssumeRoleWithSAML", ROLE),
        f"A user of the identity provider {SAML}.",
    ),
    (
        ask(GOOGLE, "sts:AssumeRoleWithWebIdentity", ROLE),
        "A user of the identity provider accounts.google.com.",
    ),
    (ask(ANONYMOUS, resource_account=OWN), "An anonymous caller, who didn't sign the request."),
]


@pytest.mark.parametrize(("request_", "wanted"), WHO)
def test_the_first_answer_says_who_is_really_calling(request_, wanted):
    """In words, for each kind of caller."""
    first, *_ = labels(evaluate(request_, Layers()))

    assert first.question == "Who is really calling?"
    assert first.answer[0].startswith(wanted)


def test_the_second_answer_shows_the_part_of_the_context_that_counts():
    """The keys that some policy asks about, whether the request has them or not."""
    asks = policy(
        TEAM, {"Condition": {"ForAnyValue:StringEquals": {"AWS:TagKeys": "a", "s3:prefix": "x"}}}
    )
    context = {"aws:TagKeys": ["a", "b"], "s3:prefix": "", "aws:username": "ana"}
    second = labels(evaluate(ask(context=context), Layers([asks])))[1]

    assert second.answer == (
        f"{GET} on {OBJECT} (account {OWN}, the caller's own account).",
        "AWS:TagKeys: a, b",
        "aws:PrincipalTag/team: not in the request",
        "s3:prefix: (empty)",
    )
    away = labels(evaluate(ask(resource_account=FOREIGN), Layers()))[1]
    assert away.answer == (f"{GET} on {OBJECT} (account {FOREIGN}, another account).",)


def test_the_third_and_fourth_answers_say_where_policies_came_from():
    """Through which group, for instance."""
    attached = AttachedPolicy(DENY, None, ("group astronomers",))
    answers = [label.answer for label in labels(evaluate(ask(), Layers([attached, EVERYTHING])))]

    assert answers[2] == (
        "identity-based policy: deny (through group astronomers)",
        "identity-based policy: everything",
    )
    assert answers[3] == (
        "Denied by deny/No. A Deny overrides every Allow.",
        "deny/No comes through group astronomers.",
    )
    assert labels(evaluate(ask(), Layers()))[2].answer == ("None.",)


def test_the_keys_of_variables_count_too():
    """Those in resources and in conditions; a document of the old version has no variables."""
    written = {
        "Resource": ["arn:aws:s3:::bk/${aws:username}/*", "arn:aws:s3:::${s3:prefix, 'a'}"],
        "Condition": {"StringEquals": {"aws:SourceVpc": ["${aws:PrincipalTag/team}", "${*}"]}},
    }
    exempt = {"Resource": None, "NotResource": "arn:aws:s3:::bk/${aws:userid}"}
    new, old = policy(written, exempt), policy(written, exempt, version="2008-10-17")
    shown = [labels(evaluate(ask(), Layers([item])))[1].answer[1:] for item in (new, old)]

    assert shown[0] == (
        *tuple(
            f"{key}: not in the request"
            for key in ("aws:PrincipalTag/team", "aws:SourceVpc", "aws:userid", "aws:username")
        ),
        "s3:prefix: not in the request",
    )
    assert shown[1] == ("aws:SourceVpc: not in the request",)


def test_the_third_answer_names_every_kind_of_policy():
    """In the order of the flow chart, each by AWS's name for it."""
    layers = Layers(
        [policy({}, name="i")],
        resource_policy({}, name="r"),
        policy({}, name="b"),
        [policy({}, name="s")],
        scp=[[policy({}, name="root")], [policy({}, name="account")]],
        rcp=[[policy({}, name="c")]],
        endpoint=policy({}, name="e"),
        scoped=[policy({}, name="d")],
        grant=[Grant(ANA, ["Decrypt"], name="g")],
    )

    assert labels(evaluate(ask(action="kms:Decrypt", resource=KEY), layers))[2].answer == (
        "resource control policy: c",
        "service control policy: root",
        "service control policy: account",
        "VPC endpoint policy: e",
        "resource-based policy: r",
        "KMS grant: g",
        "identity-based policy: i",
        "permissions boundary: b",
        "session policy: s",
        "scope-down policy: d",
    )


def test_the_fifth_answer_tells_of_each_outer_ceiling():
    """As soon as one of them is there; also of one that has no part in the request."""
    item = labels(evaluate(ask(), Layers([EVERYTHING], scp=[[EVERYTHING], [EC2_ONLY]])))[4].answer
    exempt = ask("ec2.amazonaws.com", resource_account=OWN)
    two = labels(evaluate(exempt, Layers(scp=[[EVERYTHING]])))[4].answer

    assert item == (
        "– resource control policy: No resource control policy.",
        (
            f"○ service control policy: The service control policy doesn't allow {GET}"
            " at level 2 of 2 and blocks the request."
        ),
        "– VPC endpoint policy: No VPC endpoint.",
    )
    assert two[1] == "– service control policy: An AWS service isn't a principal of an account."


def test_the_fifth_answer_says_that_no_outer_ceiling_is_there():
    """Neither organization nor VPC endpoint."""
    answer = labels(evaluate(ask(), Layers()))[4].answer

    assert answer == ("No RCP, SCP or VPC endpoint policy applies to this request.",)


def test_the_sixth_answer_says_who_grants_and_who_cuts():
    """The resource where its policy is there or must be, ceilings where they are."""
    cut = labels(evaluate(ask(), Layers([EVERYTHING], boundary=EC2_ONLY)))[5].answer
    assert [line[:1] for line in cut] == ["✓", "○"]
    assert cut[1].startswith("○ permissions boundary:")
    abroad = labels(evaluate(ask(resource_account=FOREIGN), Layers([EVERYTHING])))[5].answer
    assert abroad[1] == "– resource-based policy: No resource-based policy."

    root = labels(evaluate(ask(ROOT), Layers()))[5].answer
    assert root == ("The root user needs no Allow in its own account.",)
    scoped = labels(evaluate(ask(DEV_1), Layers([EVERYTHING], scoped=[EVERYTHING])))[5].answer
    assert scoped[-1] == (
        "✓ scope-down policy: everything/#1 allows it, but a scope-down policy never grants."
    )
    token = labels(evaluate(ask(action="sts:GetSessionToken", resource="*"), Layers()))[5].answer
    assert token == ("sts:GetSessionToken needs no permission.",)


RULES = [
    (ask(resource_account=FOREIGN), "Two accounts: both sides must allow."),
    (ask(action="sts:AssumeRole", resource=ROLE), "A role: its trust policy must allow."),
    (
        ask(action="kms:Decrypt", resource=KEY),
        "A KMS key: its key policy or a grant must allow.",
    ),
    (
        ask(action="s3:GetBucketPolicy", resource="arn:aws:s3:::bk", resource_account=FOREIGN),
        "No policy can allow this to another account.",
    ),
    (ask(ROOT, "sts:AssumeRole", ROLE), "A root user can't assume a role."),
    (
        ask(action="sts:AssumeRoot", resource=f"arn:aws:iam::{FOREIGN}:root"),
        "AssumeRoot: the caller's own policies are enough.",
    ),
]


@pytest.mark.parametrize(("request_", "rule"), RULES)
def test_the_sixth_answer_begins_with_what_is_particular(request_, rule):
    """Inside one account nothing is."""
    assert labels(evaluate(request_, Layers()))[5].answer[0] == rule
    assert labels(evaluate(ask(), Layers()))[5].answer[0].startswith("–")


EITHER = " (resource-based, identity-based or both)"
LAST = {
    "one account": (ask(), Layers([EVERYTHING]), ""),
    "two accounts": (ask(resource_account=FOREIGN), Layers(), EITHER),
    "boundary": (ask(), Layers(boundary=EVERYTHING), ", within the permissions boundary"),
    "session policy": (
        ask(DEV_1),
        Layers(boundary=EVERYTHING, session=[EVERYTHING]),
        ", within the permissions boundary and the session policy",
    ),
}


@pytest.mark.parametrize(("request_", "layers", "more"), LAST.values(), ids=LAST)
def test_the_sixth_question_names_only_what_there_is(request_, layers, more):
    """In a simple world it is short."""
    question = labels(evaluate(request_, layers))[5].question

    assert question == f"Which policies allow it{more}?"
