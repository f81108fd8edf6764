"""Which Principal elements name a caller, and how directly."""

import pytest

from iamlab import ANONYMOUS, Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.principals import Named, how_named, how_reached

OWN, FOREIGN = "111122223333", "444455556666"
ANA, BOB = f"arn:aws:iam::{OWN}:user/sky/ana", f"arn:aws:iam::{OWN}:user/bob"
EVE = f"arn:aws:iam::{FOREIGN}:user/eve"
DEV = f"arn:aws:iam::{OWN}:role/team/dev"
ONE, TWO = (f"arn:aws:sts::{OWN}:assumed-role/dev/{name}" for name in ("one", "two"))
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
ROOT, FOREIGN_ROOT = f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{FOREIGN}:root"
EC2 = "ec2.amazonaws.com"
ANA_ID, DEV_ID = "AIDAEXAMPLEEXAMPLE123", "AROAEXAMPLEEXAMPLE123"
ISSUERS = {ONE: DEV, TWO: DEV, GUEST: ANA}
USER_IDS = {
    ANA: ANA_ID,
    ONE: f"{DEV_ID}:one",
    TWO: f"{DEV_ID}:two",
    DEV: DEV_ID,
    GUEST: f"{OWN}:guest",
    ROOT: OWN,
}
NOT, ACCOUNT, INDIRECT, DIRECT = Named.NOT, Named.ACCOUNT, Named.INDIRECT, Named.DIRECT
EVERYBODY = (ANA, BOB, EVE, ONE, TWO, DEV, GUEST, ROOT, FOREIGN_ROOT, EC2, ANONYMOUS)


def asked_by(caller):
    """A request for an object in account OWN."""
    return Request(
        caller,
        "s3:GetObject",
        "arn:aws:s3:::bk/k",
        resource_account=OWN,
        issuer=ISSUERS.get(caller),
        context={"aws:userid": USER_IDS[caller]} if caller in USER_IDS else {},
    )


def statement(**elements):
    """The one statement of a resource policy."""
    made = {"Effect": "Allow", "Action": "*", "Resource": "*"} | elements
    return Policy.parse({"Version": "2012-10-17", "Statement": made}).statements[0]


TABLE = [
    # Principal element, who is named by it and how; all others are not
    ("*", dict.fromkeys(EVERYBODY, DIRECT)),
    ({"AWS": "*"}, dict.fromkeys(EVERYBODY, DIRECT)),
    ({"AWS": ["nobody", "*"]}, dict.fromkeys(EVERYBODY, DIRECT)),
    ({"AWS": ANA}, {ANA: DIRECT, GUEST: INDIRECT}),
    ({"AWS": ANA.replace("ana", "Ana")}, {}),
    ({"AWS": BOB}, {BOB: DIRECT}),
    ({"AWS": EVE}, {EVE: DIRECT}),
    ({"AWS": DEV}, {ONE: INDIRECT, TWO: INDIRECT, DEV: INDIRECT}),
    ({"AWS": f"arn:aws:iam::{FOREIGN}:role/team/dev"}, {}),
    ({"AWS": f"arn:aws:iam::{OWN}:role/team/ops"}, {}),
    ({"AWS": ONE}, {ONE: DIRECT}),
    ({"AWS": f"arn:aws:sts::{OWN}:assumed-role/dev/*"}, {}),
    ({"AWS": f"arn:aws:sts::{OWN}:assumed-role/team/dev/one"}, {}),
    ({"AWS": GUEST}, {GUEST: DIRECT}),
    ({"AWS": OWN}, {ANA: ACCOUNT, BOB: ACCOUNT, ONE: ACCOUNT, TWO: ACCOUNT, DEV: ACCOUNT}
     | {GUEST: ACCOUNT, ROOT: DIRECT}),
    ({"AWS": ROOT}, {ANA: ACCOUNT, BOB: ACCOUNT, ONE: ACCOUNT, TWO: ACCOUNT, DEV: ACCOUNT}
     | {GUEST: ACCOUNT, ROOT: DIRECT}),
    ({"AWS": FOREIGN}, {EVE: ACCOUNT, FOREIGN_ROOT: DIRECT}),
    ({"AWS": [OWN, ANA]}, {ANA: DIRECT, BOB: ACCOUNT, ONE: ACCOUNT, TWO: ACCOUNT, DEV: ACCOUNT}
     | {GUEST: INDIRECT, ROOT: DIRECT}),
    ({"AWS": ANA_ID}, {ANA: DIRECT}),
    ({"AWS": DEV_ID}, {ONE: INDIRECT, TWO: INDIRECT, DEV: INDIRECT}),
    ({"AWS": f"{DEV_ID}:one"}, {}),
    ({"Service": EC2}, {EC2: DIRECT}),
    ({"Service": ["s3.amazonaws.com", EC2]}, {EC2: DIRECT}),
    ({"Service": "*"}, {}),
    ({"Service": ANA}, {}),
    ({"AWS": EC2}, {}),
    ({"Federated": "accounts.google.com"}, {}),
    ({"Federated": "*"}, {}),
    ({"CanonicalUser": "0a" * 32}, {}),
    # never valid, so nobody
    (ANA, {}),
    ("", {}),
    ({}, {}),
    ({"AWS": []}, {}),
    ({"AWS": f"arn:aws:iam::{OWN}:user/*"}, {}),
    ({"AWS": f"arn:aws:iam::{OWN}:user/sky/an?"}, {}),
    ({"AWS": f"arn:aws:iam::{OWN}:*"}, {}),
    ({"AWS": f"arn:aws:iam::{OWN}:group/astronomers"}, {}),
    ({"AWS": "anonymous"}, {}),
    ({"AWS": "1111"}, {}),
    ({"AWS": "arn:aws:s3:::bk"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("element", "named"), TABLE)
def test_a_principal_element_names_just_those(element, named):
    """Each row of the table of principals: who is named, how directly, and nobody else."""
    one = statement(Principal=element)

    found = {caller: how_named(one.principal, asked_by(caller)) for caller in EVERYBODY}
    assert {caller: how for caller, how in found.items() if how} == named
    assert all(
        how_reached(one, asked_by(caller), bounded=bounded) is how
        for caller, how in found.items()
        for bounded in (True, False)
    )


def test_a_role_is_known_by_account_and_name():
    """The session's ARN does not hold the role's path, so without issuer its path is /."""
    request = Request(ONE, "s3:GetObject", "*")

    assert request.caller.issuer == f"arn:aws:iam::{OWN}:role/dev"
    assert how_named((("AWS", DEV),), request) is INDIRECT


def test_an_id_outlives_the_name():
    """A user made anew has another id, so a policy that kept the old one does not name her."""
    anew = Request(ANA, "s3:GetObject", "*", context={"aws:userid": "AIDAEXAMPLEEXAMPLE999"})

    assert how_named((("AWS", ANA_ID),), anew) is NOT
    assert how_named((("AWS", ANA_ID),), Request(ANA, "s3:GetObject", "*")) is NOT
    assert how_named((("AWS", DEV_ID),), Request(ONE, "s3:GetObject", "*")) is NOT


@pytest.mark.parametrize(
    ("value", "caller"),
    [
        (f"arn:aws-cn:iam::{OWN}:root", ANA),
        (f"arn:aws-cn:iam::{OWN}:role/team/dev", ONE),
    ],
)
def test_no_principal_reaches_across_partitions(value, caller):
    """Partitions know nothing of each other: the same digits there are another account."""
    assert how_named((("AWS", value),), asked_by(caller)) is NOT


# NotPrincipal ------------------------------------------------------------------------------------

ALLOW_ALL = Policy.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
SPARED = [
    # Deny + NotPrincipal lists, caller, is the caller spared? evaluation.md section 15
    ({"AWS": [BOB, ROOT]}, BOB, True),
    ({"AWS": [BOB, ROOT]}, ANA, False),
    ({"AWS": [DEV, ROOT]}, ONE, True),
    ({"AWS": [DEV, ROOT]}, ANA, False),
    ({"AWS": [ONE, DEV, ROOT]}, ONE, True),
    ({"AWS": [ONE, ROOT]}, TWO, False),
    ({"AWS": ROOT}, ANA, False),
    ({"AWS": OWN}, ANA, False),
    ({"AWS": OWN}, ONE, False),
    ({"AWS": OWN}, ROOT, True),
    ({"AWS": [ANA, ROOT]}, EC2, False),
    ({"AWS": [ANA, ROOT]}, ANONYMOUS, False),
    ({"Service": EC2}, EC2, True),
    ({"AWS": "*"}, ANA, True),
]


@pytest.mark.parametrize(("element", "caller", "spared"), SPARED)
def test_deny_with_not_principal_spares_only_whom_it_lists(element, caller, spared):
    """Each row of the table; to be of a listed account frees nobody but its root user."""
    policy = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "NotPrincipal": element,
                "Action": "*",
                "Resource": "*",
            },
        }
    )
    decision = evaluate(asked_by(caller), Layers([ALLOW_ALL], policy))

    assert (decision.verdict is not Verdict.EXPLICIT_DENY) is spared


@pytest.mark.parametrize("caller", [BOB, ONE, DEV])
def test_deny_with_not_principal_denies_everybody_who_has_a_boundary(caller):
    """Whatever is listed, and whatever the boundary allows."""
    one = statement(Effect="Deny", NotPrincipal={"AWS": [BOB, ONE, DEV, ROOT]})

    assert how_reached(one, asked_by(caller), bounded=True) is DIRECT
    assert how_reached(one, asked_by(caller), bounded=False) is NOT


@pytest.mark.parametrize("bounded", [True, False])
def test_allow_with_not_principal_is_everyone_but_those(bounded):
    """Anonymous callers included, whether or not there is a boundary."""
    one = statement(NotPrincipal={"AWS": [ANA, FOREIGN]})

    found = {who for who in EVERYBODY if how_reached(one, asked_by(who), bounded=bounded)}
    assert found == set(EVERYBODY) - {ANA, GUEST, EVE, FOREIGN_ROOT}


def test_a_statement_without_principal_speaks_of_nobody():
    """In a resource policy somebody must be named."""
    one = statement()

    assert not any(how_reached(one, asked_by(who), bounded=False) for who in EVERYBODY)
