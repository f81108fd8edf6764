"""The sentence of a denial, in each form that AWS documents."""

import pytest

from iamlab import ANONYMOUS, AttachedPolicy, Layers, Verdict, evaluate
from iamlab.engine.message import NAMED_FIRST, named_layer
from iamlab.engine.public_access import PublicAccessBlock
from tests.engine.making import (
    ANA,
    DENY,
    DEV_1,
    EC2_ONLY,
    EVE,
    EVERYTHING,
    FOREIGN,
    GET,
    GOOGLE,
    GUEST,
    KEY,
    MANAGED,
    OBJECT,
    OWN,
    RCP_DENY,
    ROLE,
    ROOT,
    SAML,
    ask,
    policy,
    resource_policy,
    trust_policy,
)
from tests.rows import each_row

USER = f'User: {ANA} is not authorized to perform: {GET} on resource: "{OBJECT}"'
SESSION = f'User: {DEV_1} is not authorized to perform: {GET} on resource: "{OBJECT}"'
SCP = "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1"
RCP = SCP.replace("service", "resource")
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:q"
VAULT = f"arn:aws:backup:eu-west-1:{OWN}:backup-vault:v"
ONE_ORGANIZATION = {"aws:PrincipalOrgID": "o-1", "aws:ResourceOrgID": "o-1"}
ELSEWHERE = (
    "on this resource because the resource does not exist in this Region, no resource-based "
    "policies allow access, or a resource-based policy explicitly denies access"
)
BLOCKED = PublicAccessBlock(restrict_public_buckets=True)
MESSAGES = {
    "identity": (
        ask(),
        Layers(),
        f"{USER} because no identity-based policy allows the {GET} action",
    ),
    "identity, explicit": (
        ask(),
        Layers([EVERYTHING, DENY]),
        f"{USER} with an explicit deny in an identity-based policy",
    ),
    "identity, explicit, managed": (
        ask(),
        Layers([AttachedPolicy(DENY, MANAGED)]),
        f"{USER} with an explicit deny in an identity-based policy: {MANAGED}",
    ),
    "identity, implicit, managed": (
        ask(),
        Layers([AttachedPolicy(EC2_ONLY, MANAGED)]),
        f"{USER} because no identity-based policy allows the {GET} action",
    ),
    "resource": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(),
        "Access Denied",
    ),
    "resource, explicit": (
        ask(),
        Layers([EVERYTHING], resource_policy({"Effect": "Deny"})),
        f"{USER} with an explicit deny in a resource-based policy",
    ),
    "resource, explicit, never with an ARN": (
        ask(),
        Layers([EVERYTHING], AttachedPolicy(resource_policy({"Effect": "Deny"}), MANAGED)),
        f"{USER} with an explicit deny in a resource-based policy",
    ),
    "boundary": (
        ask(),
        Layers([EVERYTHING], boundary=AttachedPolicy(EC2_ONLY, MANAGED)),
        f"{USER} because no permissions boundary allows the {GET} action",
    ),
    "boundary, explicit, managed": (
        ask(),
        Layers([EVERYTHING], boundary=AttachedPolicy(DENY, MANAGED)),
        f"{USER} with an explicit deny in a permissions boundary: {MANAGED}",
    ),
    "boundary and identity missing": (
        ask(),
        Layers(boundary=EC2_ONLY),
        f"{USER} because no identity-based policy allows the {GET} action",
    ),
    "session": (
        ask(DEV_1),
        Layers([EVERYTHING], session=[EC2_ONLY]),
        f"{SESSION} because no session policy allows the {GET} action",
    ),
    "session, explicit, managed": (
        ask(DEV_1),
        Layers([EVERYTHING], session=[AttachedPolicy(DENY, MANAGED)]),
        f"{SESSION} with an explicit deny in a session policy: {MANAGED}",
    ),
    "boundary before session": (
        ask(DEV_1),
        Layers([EVERYTHING], boundary=EC2_ONLY, session=[EC2_ONLY]),
        f"{SESSION} because no permissions boundary allows the {GET} action",
    ),
    "federated without session policy": (
        ask(GUEST, issuer=ANA),
        Layers([EVERYTHING]),
        (
            f'User: {GUEST} is not authorized to perform: {GET} on resource: "{OBJECT}"'
            f" because no session policy allows the {GET} action"
        ),
    ),
    "resource before identity, explicit": (
        ask(),
        Layers([AttachedPolicy(DENY, MANAGED)], resource_policy({"Effect": "Deny"})),
        f"{USER} with an explicit deny in a resource-based policy",
    ),
    "no resource in particular": (
        ask(action="s3:ListAllMyBuckets", resource="*"),
        Layers(),
        (
            f"User: {ANA} is not authorized to perform: s3:ListAllMyBuckets"
            " because no identity-based policy allows the s3:ListAllMyBuckets action"
        ),
    ),
    "key policy silent": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers([EVERYTHING]),
        (
            f"User: {ANA} is not authorized to perform: kms:Decrypt on resource: {KEY}"
            " because no resource-based policy allows the kms:Decrypt action"
        ),
    ),
    "key policy names the account": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(resource=resource_policy({"Principal": {"AWS": ROOT}})),
        (
            f"User: {ANA} is not authorized to perform: kms:Decrypt on resource: {KEY}"
            " because no identity-based policy allows the kms:Decrypt action"
        ),
    ),
    "another account": (
        ask(resource_account=FOREIGN),
        Layers([EVERYTHING]),
        "Access Denied",
    ),
    "another account, explicit": (
        ask(resource_account=FOREIGN),
        Layers([AttachedPolicy(DENY, MANAGED)]),
        "Access Denied",
    ),
    "trust": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers([EVERYTHING]),
        f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
    ),
    "scp": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING], [AttachedPolicy(EC2_ONLY, SCP)]]),
        f"{USER} because no service control policy allows the {GET} action",
    ),
    "scp, explicit": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING, AttachedPolicy(DENY, SCP)]]),
        f"{USER} with an explicit deny in a service control policy: {SCP}",
    ),
    "scp, explicit, without an ARN": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING, DENY]]),
        f"{USER} with an explicit deny in a service control policy",
    ),
    "rcp": (
        ask(),
        Layers([EVERYTHING], rcp=[[AttachedPolicy(EC2_ONLY, RCP)]]),
        USER,
    ),
    "rcp, explicit": (
        ask(),
        Layers([EVERYTHING], rcp=[[EVERYTHING], [EVERYTHING, AttachedPolicy(RCP_DENY, RCP)]]),
        f"{USER} with an explicit deny in a resource control policy: {RCP}",
    ),
    "endpoint": (
        ask(),
        Layers([EVERYTHING], endpoint=EC2_ONLY),
        f"{USER} because no VPC endpoint policy allows the {GET} action",
    ),
    "endpoint, explicit, never with an ARN": (
        ask(),
        Layers([EVERYTHING], endpoint=AttachedPolicy(DENY, MANAGED)),
        f"{USER} with an explicit deny in a VPC endpoint policy",
    ),
    "scp before nobody": (
        ask(),
        Layers(scp=[[EC2_ONLY]]),
        f"{USER} because no service control policy allows the {GET} action",
    ),
    "scp before rcp before endpoint": (
        ask(),
        Layers([EVERYTHING], scp=[[EC2_ONLY]], rcp=[[EC2_ONLY]], endpoint=EC2_ONLY),
        f"{USER} because no service control policy allows the {GET} action",
    ),
    "explicit before implicit": (
        ask(),
        Layers([AttachedPolicy(DENY, MANAGED)], scp=[[EC2_ONLY]], boundary=EC2_ONLY),
        f"{USER} with an explicit deny in an identity-based policy: {MANAGED}",
    ),
    "a deny without an ARN before one with": (
        ask(),
        Layers([DENY, AttachedPolicy(DENY, MANAGED)]),
        f"{USER} with an explicit deny in an identity-based policy",
    ),
    "scoped, for which no words are documented": (
        ask(DEV_1),
        Layers([EVERYTHING], scoped=[EVERYTHING, EC2_ONLY]),
        SESSION,
    ),
    "scoped, explicit": (
        ask(DEV_1),
        Layers([EVERYTHING], scoped=[AttachedPolicy(DENY, MANAGED)]),
        SESSION,
    ),
    "nobody grants, and it is scoped": (
        ask(DEV_1),
        Layers(scoped=[EC2_ONLY]),
        f"{SESSION} because no identity-based policy allows the {GET} action",
    ),
    "one organization": (
        ask(resource_account=FOREIGN, context=ONE_ORGANIZATION),
        Layers([EVERYTHING]),
        f"{USER} because no resource-based policy allows the {GET} action",
    ),
    "one organization, explicit": (
        ask(resource_account=FOREIGN, context=ONE_ORGANIZATION),
        Layers([AttachedPolicy(DENY, MANAGED)]),
        f"{USER} with an explicit deny in an identity-based policy: {MANAGED}",
    ),
    "two organizations": (
        ask(resource_account=FOREIGN, context=ONE_ORGANIZATION | {"aws:ResourceOrgID": "o-2"}),
        Layers([AttachedPolicy(DENY, MANAGED)]),
        "Access Denied",
    ),
    "an organization that is not known": (
        ask(resource_account=FOREIGN, context={"aws:PrincipalOrgID": "o-1"}),
        Layers([AttachedPolicy(DENY, MANAGED)]),
        "Access Denied",
    ),
    "own organization not known": (
        ask(resource_account=FOREIGN, context={"aws:ResourceOrgID": "o-1"}),
        Layers([AttachedPolicy(DENY, MANAGED)]),
        "Access Denied",
    ),
    "web identity": (
        ask(GOOGLE, "sts:AssumeRoleWithWebIdentity", ROLE),
        Layers(),
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    ),
    "SAML, explicit": (
        ask(SAML, "sts:AssumeRoleWithSAML", ROLE),
        Layers(resource=trust_policy({"Effect": "Deny"})),
        "Not authorized to perform sts:AssumeRoleWithSAML",
    ),
    "bucket policy of another account": (
        ask(EVE, "s3:GetBucketPolicy", "arn:aws:s3:::bk", resource_account=OWN),
        Layers([EVERYTHING], resource_policy({})),
        "The specified method is not allowed against this resource.",
    ),
    "bucket policy of another account, explicit": (
        ask(EVE, "s3:GetBucketPolicy", "arn:aws:s3:::bk", resource_account=OWN),
        Layers([EVERYTHING], resource_policy({"Effect": "Deny"})),
        "Access Denied",
    ),
    "a key of another account": (
        ask(EVE, "kms:Decrypt", KEY),
        Layers([EVERYTHING]),
        f"User: {EVE} is not authorized to perform: kms:Decrypt {ELSEWHERE}",
    ),
    "a key of another account, explicit": (
        ask(EVE, "kms:Decrypt", KEY, context=ONE_ORGANIZATION),
        Layers([EVERYTHING], resource_policy({}, {"Effect": "Deny"})),
        f"User: {EVE} is not authorized to perform: kms:Decrypt {ELSEWHERE}",
    ),
    "a key of another account that allows": (
        ask(EVE, "kms:Decrypt", KEY),
        Layers(resource=resource_policy({})),
        f"User: {EVE} is not authorized to perform: kms:Decrypt on resource: {KEY}",
    ),
    "a queue of one account without quotes": (
        ask(action="sqs:DeleteQueue", resource=QUEUE),
        Layers([DENY]),
        (
            f"User: {ANA} is not authorized to perform: sqs:DeleteQueue on resource: {QUEUE}"
            " with an explicit deny in an identity-based policy"
        ),
    ),
    "queue of another account": (
        ask(EVE, "sqs:DeleteQueue", QUEUE, context=ONE_ORGANIZATION),
        Layers([EVERYTHING], resource_policy({})),
        f"User: {EVE} is not authorized to perform: sqs:DeleteQueue on resource: {QUEUE}",
    ),
    "backup vault of another account": (
        ask(EVE, "backup:StartBackupJob", VAULT, context=ONE_ORGANIZATION),
        Layers([EVERYTHING], resource_policy({})),
        f"User: {EVE} is not authorized to perform: backup:StartBackupJob on resource: {VAULT}",
    ),
    "a session that asks for a session": (
        ask(DEV_1, "sts:GetSessionToken", "*"),
        Layers([EVERYTHING]),
        "Cannot call GetSessionToken with session credentials",
    ),
    "a federated user that asks for a session": (
        ask(GUEST, "sts:GetFederationToken", "*"),
        Layers([EVERYTHING], session=[EVERYTHING]),
        "Cannot call GetFederationToken with session credentials",
    ),
    "public access is blocked": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(resource=resource_policy({}), public_access_block=BLOCKED),
        "Access Denied",
    ),
    "public access is blocked, and the endpoint too": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(resource=resource_policy({}), public_access_block=BLOCKED, endpoint=EC2_ONLY),
        "Access Denied",
    ),
    "public access is blocked, explicit": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(resource=resource_policy({}, {"Effect": "Deny"}), public_access_block=BLOCKED),
        "Access Denied",
    ),
    "allowed": (ask(), Layers([EVERYTHING]), ""),
    "root user and a role": (
        ask(ROOT, action="sts:AssumeRole", resource=ROLE),
        Layers(resource=trust_policy({})),
        "Roles may not be assumed by root accounts.",
    ),
    "root user and a role that denies": (
        ask(ROOT, action="sts:AssumeRole", resource=ROLE),
        Layers(resource=trust_policy({"Effect": "Deny"})),
        f"User: {ROOT} is not authorized to perform: sts:AssumeRole on resource: {ROLE}",
    ),
}


@each_row(("request_", "layers", "wanted"), MESSAGES.values(), ids=MESSAGES)
def test_a_denial_is_reported_in_the_words_of_aws(request_, layers, wanted):
    """Each form of the page "Troubleshoot access denied error messages"."""
    assert evaluate(request_, layers).message == wanted


IN_ORDER = [layer for layer in NAMED_FIRST if layer != "scoped"]


@pytest.mark.parametrize("place", range(len(IN_ORDER)))
def test_of_several_denies_the_first_in_the_order_of_the_documents_is_named(place):
    """SCP, RCP, endpoint, resource, identity, boundary, session."""
    made = {
        "scp": {"scp": [[EVERYTHING, DENY]]},
        "rcp": {"rcp": [[EVERYTHING, RCP_DENY]]},
        "endpoint": {"endpoint": policy({}, {"Effect": "Deny"})},
        "resource": {"resource": resource_policy({"Effect": "Deny"})},
        "identity": {"identity": [EVERYTHING, DENY]},
        "boundary": {"boundary": policy({}, {"Effect": "Deny"})},
        "session": {"session": [EVERYTHING, DENY]},
    }
    assert list(made) == IN_ORDER
    layers = Layers(**{k: v for layer in IN_ORDER[place:] for k, v in made[layer].items()})
    decision = evaluate(ask(DEV_1), layers)

    assert decision.verdict is Verdict.EXPLICIT_DENY
    assert named_layer(decision) == IN_ORDER[place]
    assert decision.blocked_by == set(IN_ORDER[place:])


@pytest.mark.parametrize("place", range(len(IN_ORDER)))
def test_of_several_that_do_not_allow_the_first_in_that_order_is_named(place):
    """The ceilings around first; boundary and session only where somebody grants."""
    open_, shut = [EVERYTHING], [EC2_ONLY]
    says = [shut if number >= place else open_ for number in range(len(IN_ORDER))]
    scp, rcp, endpoint, _, identity, boundary, session = says
    layers = Layers(
        identity, None, boundary[0], session, scp=[scp], rcp=[rcp], endpoint=endpoint[0]
    )

    wanted = "identity" if IN_ORDER[place] == "resource" else IN_ORDER[place]
    assert named_layer(evaluate(ask(DEV_1), layers)) == wanted
