"""A scenario for each wrong belief: a small world, a request that exposes it, and another one."""

from iamlab import Policy, World
from iamlab.engine.verdict import Verdict
from iamlab.model.network_locations import Network
from tests.policy.documents import allow, deny, document, trust

MAIN, DATA, VENDOR = "111111111111", "222222222222", "333333333333"
MAPS, MAP = "arn:aws:s3:::star-maps", "arn:aws:s3:::star-maps/m31.fits"
NOTES = "arn:aws:s3:::star-maps/notes/n.txt"
GET, PUT, LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"
MFA = "aws:MultiFactorAuthPresent"
ALLOWED, EXPLICIT, IMPLICIT = Verdict.ALLOWED, Verdict.EXPLICIT_DENY, Verdict.IMPLICIT_DENY

CASES = {}
"""Name of a mutant -> a function that builds its scenario and asks two questions."""


class Scenario:
    """Two accounts: Alice and Bob have no policies, and there is a bucket in each account."""

    def __init__(self):
        self.world = World(7)
        self.main = self.world.create_account("acme-main", account_id=MAIN)
        self.data = self.world.create_account("acme-data", account_id=DATA)
        self.alice, self.bob = self.main.create_user("alice"), self.main.create_user("bob")
        self.maps = self.main.create_bucket("star-maps")
        self.archive = self.data.create_bucket("star-archive")

    def ask(self, caller, action=GET, resource=MAP, **how):
        """Ask the world."""
        return self.world.can(caller, action, resource, **how)

    def bucket(self, *statements, bucket=None):
        """Put a policy on the bucket, also one that AWS wouldn't save."""
        (bucket or self.maps).policy = Policy.parse(document(*statements))
        self.world.changed()

    def role(self, name="reader", who=None, **more):
        """Create a role that the account can assume."""
        trusted = trust(who or {"AWS": f"arn:aws:iam::{MAIN}:root"})
        return self.main.create_role(name, assume_role_policy_document=trusted, **more)

    def session(self, caller, role, **more):
        """Assume a role."""
        name = {"role_session_name": "night", **more}
        return self.world.sts.assume_role(caller, role_arn=role, **name)

    def organization(self, account=None):
        """Create an organization with an account of its own and acme-main as a member."""
        org = self.world.create_account("acme-org", account_id="999999999999")
        organization = self.world.create_organization(org)
        organization.invite_account(account or self.main).accept()
        organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
        return organization


def case(function):
    """Add a case: it returns the differing question, the believed verdict, the agreeing one."""
    CASES[function.__name__[1:]] = function
    return function


def to(who, *what, **more):
    """Allow in a resource-based policy."""
    return allow(*what, **more) | {"Principal": who}


def aws(name, account=MAIN):
    """Name a principal of an account."""
    return {"AWS": f"arn:aws:iam::{account}:{name}"}


# -- who is named -----------------------------------------------------------------------------


@case
def _group_is_principal(here):
    team = here.main.create_group("team")
    team.put_policy("own", document(allow("sqs:*")))
    team.add_user("alice")
    here.bucket(to(aws("group/team"), GET))
    return here.ask(here.alice), ALLOWED, here.ask(here.bob)


@case
def _account_means_everyone(here):
    here.bucket(to(aws("root"), GET))
    here.bob.put_policy("own", document(allow(GET)))
    return here.ask(here.alice), ALLOWED, here.ask(here.bob)


@case
def _notprincipal_simple(here):
    for user in (here.alice, here.bob):
        user.put_policy("own", document(allow("s3:*")))
    limit = here.main.create_policy("limit", document(allow("s3:*")))
    here.bob.put_permissions_boundary(limit)
    guard = deny(GET, NotPrincipal={"AWS": [here.alice.arn, here.bob.arn, f"{MAIN}"]})
    here.bucket(guard)
    return here.ask(here.bob), ALLOWED, here.ask(here.alice)


@case
def _externalid_identity(here):
    vendor = here.world.create_account("vendor", account_id=VENDOR)
    other = here.world.create_account("nebula", account_id="444444444444")
    callers = [account.create_user(name) for account, name in ((vendor, "vera"), (other, "mal"))]
    for user in callers:
        user.put_policy("own", document(allow("sts:AssumeRole")))
    role = here.main.create_role(
        "reader",
        assume_role_policy_document=document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": callers[0].arn},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "acme-7"}},
            }
        ),
    )
    decisions = [
        here.ask(user, "sts:AssumeRole", role.arn, context={"sts:ExternalId": "acme-7"})
        for user in callers
    ]
    return decisions[1], ALLOWED, decisions[0]


@case
def _name_is_identity(here):
    role = here.role(who=aws("user/bob"))
    agrees = here.ask(here.bob, "sts:AssumeRole", role.arn)
    here.bob.delete()
    again = here.main.create_user("bob")
    return here.ask(again, "sts:AssumeRole", role.arn), ALLOWED, agrees


@case
def _star_is_public(here):
    here.bob.put_policy("own", document(allow(PUT)))
    mine = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}
    here.bucket(to("*", [GET, PUT], Condition=mine))
    return here.ask(here.alice), ALLOWED, here.ask(here.bob, PUT)


# -- which statement decides ------------------------------------------------------------------


@case
def _last_wins(here):
    here.alice.put_policy("own", document(deny(GET), allow("s3:*")))
    return here.ask(here.alice), ALLOWED, here.ask(here.alice, PUT)


@case
def _most_specific_wins(here):
    here.alice.put_policy("own", document(allow(GET, MAP), deny("s3:*", f"{MAPS}/*")))
    return here.ask(here.alice), ALLOWED, here.ask(here.alice, GET, NOTES)


@case
def _no_deny_means_allow(here):
    here.alice.put_policy("own", document(deny(PUT)))
    return here.ask(here.alice), ALLOWED, here.ask(here.alice, PUT)


@case
def _deny_is_deny(here):
    here.alice.put_policy("own", document(allow("s3:*"), deny(PUT)))
    return here.ask(here.alice, PUT), ALLOWED, here.ask(here.alice)


@case
def _first_group_wins(here):
    for name, statement in (("first", allow(PUT)), ("second", allow(GET))):
        group = here.main.create_group(name)
        group.put_policy("own", document(statement))
        group.add_user("alice")
    return here.ask(here.alice), IMPLICIT, here.ask(here.alice, PUT)


@case
def _notaction_denies(here):
    all_but_iam = {"Effect": "Allow", "NotAction": PUT, "Resource": "*"}
    here.alice.put_policy("own", document(all_but_iam, allow(PUT, NOTES)))
    return here.ask(here.alice, PUT, NOTES), EXPLICIT, here.ask(here.alice)


# -- two sides --------------------------------------------------------------------------------


@case
def _same_account_needs_both(here):
    here.bucket(to(aws("user/alice"), GET))
    here.bob.put_policy("own", document(allow("s3:*")))
    return here.ask(here.bob), IMPLICIT, here.ask(here.bob, "s3:ListAllMyBuckets", "*")


@case
def _cross_either_side(here):
    theirs = "arn:aws:s3:::star-archive/x"
    here.bucket(to(aws("user/alice"), GET), bucket=here.archive)
    here.bob.put_policy("own", document(allow(PUT)))
    return here.ask(here.alice, GET, theirs), ALLOWED, here.ask(here.alice, PUT, theirs)


@case
def _kms_like_s3(here):
    key = here.main.create_key()
    here.alice.put_policy("own", document(allow("kms:*")))
    key.put_policy(
        document(
            to(aws("user/bob"), "kms:*"), to(aws("root"), ["kms:PutKeyPolicy", "kms:Describe*"])
        )
    )
    agrees = here.ask(here.alice, "kms:DescribeKey", key.arn)
    return here.ask(here.alice, "kms:Decrypt", key.arn), ALLOWED, agrees


@case
def _no_resource_policies(here):
    here.bucket(to(aws("user/alice"), GET))
    return here.ask(here.alice), IMPLICIT, here.ask(here.bob)


@case
def _rcp_is_scp(here):
    organization = here.organization()
    never = document(deny("s3:*") | {"Principal": "*"})
    rcp = organization.create_policy("never", never, type="RESOURCE_CONTROL_POLICY")
    rcp.attach(organization.root)
    outsider = here.data.create_user("dora")
    outsider.put_policy("own", document(allow("s3:*")))
    here.bucket(to(aws("user/dora", DATA), GET))
    return here.ask(outsider), ALLOWED, here.ask(here.alice)


# -- policies that limit ----------------------------------------------------------------------


@case
def _boundary_grants(here):
    limit = here.main.create_policy("limit", document(allow(GET)))
    here.alice.put_permissions_boundary(limit)
    return here.ask(here.alice), ALLOWED, here.ask(here.alice, PUT)


@case
def _boundary_caps_all(here):
    here.alice.put_permissions_boundary(here.main.create_policy("limit", document(allow("sqs:*"))))
    here.alice.put_policy("own", document(allow(PUT)))
    here.bucket(to(aws("user/alice"), GET))
    return here.ask(here.alice), IMPLICIT, here.ask(here.alice, PUT)


@case
def _scp_grants(here):
    here.organization()
    here.alice.put_policy("own", document(deny(PUT)))
    return here.ask(here.alice), ALLOWED, here.ask(here.alice, PUT)


@case
def _scp_binds_management(here):
    organization = here.organization()
    organization.create_policy("no-sqs", document(deny("sqs:*"))).attach(organization.root)
    boss = here.world.account("acme-org").create_user("boss")
    boss.attach_policy("AdministratorAccess")
    return here.ask(boss, "sqs:ListQueues", "*"), EXPLICIT, here.ask(boss, "sns:ListTopics", "*")


@case
def _scp_any_level(here):
    organization = here.organization()
    here.alice.put_policy("own", document(allow("s3:*")))
    only_get = organization.create_policy("only-get", document(allow(GET)))
    only_get.attach(here.main)
    organization.detach_policy("FullAWSAccess", MAIN)
    return here.ask(here.alice, PUT), ALLOWED, here.ask(here.alice)


@case
def _root_unlimited(here):
    organization = here.organization()
    guard = document(deny("s3:DeleteBucket"))
    organization.create_policy("keep", guard).attach(organization.root)
    root = here.main.root
    return here.ask(root, "s3:DeleteBucket", MAPS), ALLOWED, here.ask(root)


# -- roles and sessions -----------------------------------------------------------------------


@case
def _role_adds(here):
    here.alice.put_policy("own", document(allow([GET, "sts:AssumeRole"])))
    session = here.session(here.alice, here.role())
    return here.ask(session), ALLOWED, here.ask(session, PUT)


@case
def _trust_grants(here):
    other, role = here.role("other"), here.role()
    here.alice.put_policy("own", document(allow("sts:AssumeRole")))
    session = here.session(here.alice, role)
    return here.ask(session, "sts:AssumeRole", other.arn), ALLOWED, here.ask(session)


@case
def _trust_alone(here):
    role = here.role()
    here.bob.put_policy("own", document(allow("sts:AssumeRole")))
    decisions = [here.ask(user, "sts:AssumeRole", role.arn) for user in (here.alice, here.bob)]
    return decisions[0], ALLOWED, decisions[1]


@case
def _session_adds(here):
    role = here.role(who=aws("user/alice"))
    role.put_policy("own", document(allow(GET)))
    session = here.session(here.alice, role, policy=document(allow([GET, PUT])))
    return here.ask(session, PUT), ALLOWED, here.ask(session)


@case
def _principalarn_is_session(here):
    role = here.role(who=aws("user/alice"))
    session = here.session(here.alice, role)
    of_session = {"ArnEquals": {"aws:PrincipalArn": session.arn}}
    role.put_policy("own", document(allow(GET, Condition=of_session), allow(PUT)))
    return here.ask(session), ALLOWED, here.ask(session, PUT)


@case
def _fedtoken_full(here):
    here.alice.put_policy("own", document(allow([GET, "sts:GetFederationToken"])))
    key = here.alice.create_access_key()
    bare = here.world.sts.get_federation_token(key, name="ana")
    limited = here.world.sts.get_federation_token(key, name="ana", policy=document(allow(GET)))
    return here.ask(bare), ALLOWED, here.ask(limited)


@case
def _chain_keeps(here):
    first, second = here.role("first", aws("user/alice")), here.role("second", aws("role/first"))
    here.alice.put_policy("own", document(allow(GET)))
    session = here.session(here.alice, first)
    chained = here.session(session, second)
    return here.ask(chained), ALLOWED, here.ask(session)


@case
def _passrole_ignored(here):
    role = here.role(who={"Service": "lambda.amazonaws.com"})
    here.alice.put_policy("own", document(allow("lambda:CreateFunction")))
    function = f"arn:aws:lambda:us-east-1:{MAIN}:function:f"
    both = here.ask(here.alice, "lambda:CreateFunction", [function, role.arn])
    return both, ALLOWED, here.ask(here.alice, "lambda:CreateFunction", function)


# -- conditions, variables, ARNs --------------------------------------------------------------


@case
def _missing_key_false(here):
    here.alice.put_policy(
        "own", document(allow("s3:*"), deny(PUT, Condition={"Bool": {MFA: "false"}}))
    )
    return here.ask(here.alice, PUT), EXPLICIT, here.ask(here.alice, PUT, context={MFA: False})


@case
def _ifexists_is_stricter(here):
    here.alice.put_policy("own", document(allow(GET, Condition={"BoolIfExists": {MFA: "true"}})))
    return here.ask(here.alice), IMPLICIT, here.ask(here.alice, context={MFA: False})


@case
def _forall_needs_key(here):
    tags = {"ForAllValues:StringEquals": {"aws:TagKeys": ["project", "owner"]}}
    here.alice.put_policy("own", document(allow("s3:*", Condition=tags)))
    wrong = here.ask(here.alice, PUT, context={"aws:TagKeys": ["other"]})
    return here.ask(here.alice, PUT), IMPLICIT, wrong


@case
def _values_and(here):
    here.alice.put_policy(
        "own", document(allow(LIST, Condition={"StringEquals": {"s3:prefix": ["a", "b"]}}))
    )
    decisions = [here.ask(here.alice, LIST, MAPS, context={"s3:prefix": key}) for key in "ac"]
    return decisions[0], IMPLICIT, decisions[1]


@case
def _equals_globs(here):
    here.alice.put_policy(
        "own", document(allow(LIST, Condition={"StringEquals": {"s3:prefix": "home/*"}}))
    )
    decisions = [
        here.ask(here.alice, LIST, MAPS, context={"s3:prefix": k}) for k in ("home/a", "x")
    ]
    return decisions[0], ALLOWED, decisions[1]


@case
def _one_arn_fits(here):
    here.alice.put_policy("own", document(allow("s3:*", f"{MAPS}/*")))
    return here.ask(here.alice, LIST, MAPS), ALLOWED, here.ask(here.alice)


@case
def _variable_always_there(here):
    home = document(allow(GET, f"{MAPS}/home/${{aws:username}}/*"))
    role = here.role(who=aws("user/alice"))
    for identity in (here.alice, role):
        identity.put_policy("own", home)
    session = here.session(here.alice, role, role_session_name="alice")
    file = f"{MAPS}/home/alice/x"
    return here.ask(session, GET, file), ALLOWED, here.ask(here.alice, GET, file)


@case
def _sourceip_everywhere(here):
    inside = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    here.alice.put_policy("own", document(allow(GET, Condition=inside)))
    endpoint = here.main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    through = Network(ip="10.1.2.3", endpoint=endpoint.arn)
    return here.ask(here.alice, network=through), ALLOWED, here.ask(here.alice)


# -- the world --------------------------------------------------------------------------------


@case
def _mfa_by_switch(here):
    for user in (here.alice, here.bob):
        user.put_policy("own", document(allow("s3:*")))
    here.bob.register_passkey("phone")
    return here.ask(here.bob), IMPLICIT, here.ask(here.alice)


@case
def _readonly_is_metadata(here):
    here.alice.attach_policy("ReadOnlyAccess")
    return here.ask(here.alice), IMPLICIT, here.ask(here.alice, "s3:ListAllMyBuckets", "*")
