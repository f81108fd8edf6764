"""Which Principal elements name a caller, and how directly."""

import pytest

from iamlab import ANONYMOUS, Layers, Policy, Request, Verdict, evaluate
from iamlab.engine.layers import Place
from iamlab.engine.principals import PrincipalMatch, match_principal, match_principals

OWN, FOREIGN = "111122223333", "444455556666"
ANA, BOB = f"arn:aws:iam::{OWN}:user/sky/ana", f"arn:aws:iam::{OWN}:user/bob"
EVE = f"arn:aws:iam::{FOREIGN}:user/eve"
DEV = f"arn:aws:iam::{OWN}:role/team/dev"
ONE, TWO = (f"arn:aws:sts::{OWN}:assumed-role/dev/{name}" for name in ("one", "two"))
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
ROOT, FOREIGN_ROOT = f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{FOREIGN}:root"
EC2 = "ec2.amazonaws.com"
SAML, OIDC = f"arn:aws:iam::{OWN}:saml-provider/corp", f"arn:aws:iam::{OWN}:oidc-provider/idp.io"
GOOGLE = "accounts.google.com"
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
NOT, ACCOUNT, INDIRECT, DIRECT = (
    PrincipalMatch.NOT,
    PrincipalMatch.ACCOUNT,
    PrincipalMatch.INDIRECT,
    PrincipalMatch.DIRECT,
)
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
    item = statement(Principal=element)

    found = {caller: match_principals(item.principal, asked_by(caller)) for caller in EVERYBODY}
    assert {caller: how for caller, how in found.items() if how} == named
    assert all(
        match_principal(item, asked_by(caller), Place(layer, bounded)) is how
        for caller, how in found.items()
        for layer in ("resource", "rcp")
        for bounded in (True, False)
    )


# Federated element, who is named by it
PROVIDERS = [
    (SAML, {SAML}),
    ([OIDC, GOOGLE], {OIDC, GOOGLE}),
    ("*", set()),
    (f"arn:aws:iam::{OWN}:saml-provider/*", set()),
    (SAML.replace("corp", "CORP"), set()),
    (ANA, set()),
]


@pytest.mark.parametrize(("element", "named"), PROVIDERS)
def test_a_provider_is_named_by_its_very_name(element, named):
    """Callers from other providers, and callers of other kinds, are not."""
    item = statement(Principal={"Federated": element}, Resource="*")

    found = {
        who
        for who in (*EVERYBODY, SAML, OIDC, GOOGLE)
        if match_principals(item.principal, asked_by(who))
    }
    assert found == named


@pytest.mark.parametrize("element", ["*", {"AWS": "*"}, {"AWS": [OWN, ROOT]}, {"Service": EC2}])
def test_everybody_does_not_let_in_who_comes_from_a_provider(element):
    """A trust policy must name the provider; a Deny, an endpoint or an RCP is about it too."""
    request = Request(SAML, "sts:AssumeRoleWithSAML", f"arn:aws:iam::{OWN}:role/r")
    allow, deny = (statement(Effect=effect, Principal=element) for effect in ("Allow", "Deny"))
    everyone = element in ("*", {"AWS": "*"})

    assert match_principal(allow, request, Place("resource")) is NOT
    for item, layer in ((deny, "resource"), (allow, "endpoint"), (deny, "rcp")):
        assert (match_principal(item, request, Place(layer)) is DIRECT) is everyone


def test_not_principal_lets_in_nobody_who_comes_from_a_provider():
    """In a trust policy; there he must be let in by the provider's name."""
    request = Request(SAML, "sts:AssumeRoleWithSAML", f"arn:aws:iam::{OWN}:role/r")
    allow, deny = (
        statement(Effect=effect, NotPrincipal={"AWS": BOB}) for effect in ("Allow", "Deny")
    )

    assert match_principal(allow, request, Place("resource")) is NOT
    assert match_principal(deny, request, Place("resource")) is DIRECT


def test_nobody_assumes_a_role_without_signing():
    """It doesn't matter which principal its trust policy names."""
    role = f"arn:aws:iam::{OWN}:role/r"
    request = Request(ANONYMOUS, "sts:AssumeRole", role)

    for effect in ("Allow", "Deny"):
        item = statement(Effect=effect, Principal={"AWS": "*"})
        assert match_principal(item, request, Place("resource")) is NOT


TRUSTED = [
    # action, caller, may a trust policy be about both?
    ("sts:AssumeRole", ANA, True),
    ("STS:assumerole", EC2, True),
    ("sts:AssumeRole", SAML, False),
    ("sts:AssumeRole", GOOGLE, False),
    ("sts:AssumeRoleWithSAML", SAML, True),
    ("sts:AssumeRoleWithSAML", OIDC, False),
    ("sts:AssumeRoleWithSAML", ANA, False),
    ("sts:AssumeRoleWithWebIdentity", OIDC, True),
    ("sts:assumerolewithwebidentity", GOOGLE, True),
    ("sts:AssumeRoleWithWebIdentity", SAML, False),
    ("sts:AssumeRoleWithWebIdentity", EC2, False),
    ("sts:TagSession", SAML, True),
    ("sts:SetSourceIdentity", GOOGLE, True),
    ("sts:SetContext", ANA, True),
]


@pytest.mark.parametrize(("action", "caller", "fits"), TRUSTED)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_a_trust_policy_is_about_callers_that_fit_the_action(action, caller, fits, effect):
    """Who has come from a provider cannot make the calls of an AWS principal, nor the reverse."""
    kind = "Federated" if caller in (SAML, OIDC, GOOGLE) else "Service" if caller == EC2 else "AWS"
    item = statement(Effect=effect, Principal={kind: caller})
    request = Request(caller, action, f"arn:aws:iam::{OWN}:role/r")

    assert bool(match_principal(item, request, Place("resource"))) is fits
    assert match_principal(item, request, Place("endpoint")) is DIRECT
    exempt = statement(Effect="Deny", NotPrincipal={"AWS": BOB})
    assert bool(match_principal(exempt, request, Place("resource"))) is fits


def test_a_grant_names_its_grantee_and_no_account():
    """User, role or session; an account as grantee is its root user alone."""
    for named, callers in (
        (ANA, {ANA, GUEST}),
        (DEV, {ONE, TWO, DEV}),
        (ONE, {ONE}),
        (ROOT, {ROOT}),
    ):
        item = statement(Principal={"AWS": named})
        found = {who for who in EVERYBODY if match_principal(item, asked_by(who), Place("grant"))}
        assert found == callers


GATEWAYS = [("s3:GetObject", True), ("dynamodb:GetItem", True), ("sqs:SendMessage", False)]


@pytest.mark.parametrize(("action", "gateway"), GATEWAYS)
def test_an_endpoint_policy_that_denies_an_account_denies_all_of_it(action, gateway):
    """Only an Allow by a gateway stops at the root user."""
    request = Request(ANA, action, "*")
    allow, deny = (statement(Effect=effect, Principal={"AWS": OWN}) for effect in ("Allow", "Deny"))

    assert match_principal(deny, request, Place("endpoint")) is ACCOUNT
    assert match_principal(allow, request, Place("endpoint")) is (NOT if gateway else ACCOUNT)
    assert match_principal(allow, Request(ROOT, action, "*"), Place("endpoint")) is DIRECT


def test_a_role_is_known_by_account_and_name():
    """The session's ARN does not hold the role's path, so without issuer its path is /."""
    request = Request(ONE, "s3:GetObject", "*")

    assert request.caller.issuer == f"arn:aws:iam::{OWN}:role/dev"
    assert match_principals((("AWS", DEV),), request) is INDIRECT


def test_an_id_outlives_the_name():
    """A user made anew has another id, so a policy that kept the old one does not name her."""
    anew = Request(ANA, "s3:GetObject", "*", context={"aws:userid": "AIDAEXAMPLEEXAMPLE999"})

    assert match_principals((("AWS", ANA_ID),), anew) is NOT
    assert match_principals((("AWS", ANA_ID),), Request(ANA, "s3:GetObject", "*")) is NOT
    assert match_principals((("AWS", DEV_ID),), Request(ONE, "s3:GetObject", "*")) is NOT


@pytest.mark.parametrize(
    ("value", "caller"),
    [
        (f"arn:aws-cn:iam::{OWN}:root", ANA),
        (f"arn:aws-cn:iam::{OWN}:role/team/dev", ONE),
    ],
)
def test_no_principal_reaches_across_partitions(value, caller):
    """Partitions know nothing of each other: the same digits there are another account."""
    assert match_principals((("AWS", value),), asked_by(caller)) is NOT


# NotPrincipal ------------------------------------------------------------------------------------

ALLOW_ALL = Policy.parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
EXEMPT = [
    # Deny + NotPrincipal lists, caller, is the caller exempt? evaluation.md section 15
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


@pytest.mark.parametrize(("element", "caller", "exempt"), EXEMPT)
def test_deny_with_not_principal_exempts_only_listed_principals(element, caller, exempt):
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

    assert (decision.verdict is not Verdict.EXPLICIT_DENY) is exempt


@pytest.mark.parametrize("caller", [BOB, ONE, DEV])
def test_deny_with_not_principal_denies_everybody_who_has_a_boundary(caller):
    """Whatever is listed, and whatever the boundary allows."""
    item = statement(Effect="Deny", NotPrincipal={"AWS": [BOB, ONE, DEV, ROOT]})

    assert match_principal(item, asked_by(caller), Place("resource", bounded=True)) is DIRECT
    assert match_principal(item, asked_by(caller), Place("resource")) is NOT


@pytest.mark.parametrize("bounded", [True, False])
def test_allow_with_not_principal_is_everyone_but_those(bounded):
    """Anonymous callers included, whether or not there is a boundary."""
    item = statement(NotPrincipal={"AWS": [ANA, FOREIGN]})

    place = Place("resource", bounded)
    found = {who for who in EVERYBODY if match_principal(item, asked_by(who), place)}
    assert found == set(EVERYBODY) - {ANA, GUEST, EVE, FOREIGN_ROOT}


def test_a_statement_without_principal_is_about_nobody():
    """In a resource policy somebody must be named."""
    item = statement()

    assert not any(match_principal(item, asked_by(who), Place("resource")) for who in EVERYBODY)
