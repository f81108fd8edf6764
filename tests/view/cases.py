"""Decisions of every kind, made without a world: to try figures with."""

from iamlab import Decision, Layers, Policy, Request
from iamlab.engine.evaluate import evaluate

MAIN, OTHER = "111111111111", "222222222222"
DANA = f"arn:aws:iam::{MAIN}:user/dana"
ROOT = f"arn:aws:iam::{MAIN}:root"
ROLE = f"arn:aws:iam::{MAIN}:role/observer"
NIGHT = f"arn:aws:sts::{MAIN}:assumed-role/observer/night"
KEY = f"arn:aws:kms:us-east-1:{MAIN}:key/1234"
MAP = "arn:aws:s3:::star-maps/m31.fits"
FULL = Policy.allow("*", name="FullAWSAccess", sid="Full")
OWN = Policy.allow("s3:*", name="own", sid="All")
EC2 = Policy.allow("ec2:*", name="ec2-only", sid="Machines")
GUARD = Policy.deny("s3:*", name="guard", sid="NoMaps")


def bucket(principal: object, *more: Policy) -> Policy:
    """Write a bucket policy that lets somebody in."""
    policy = Policy.allow("s3:*", MAP, principal=principal, sid="Readers")
    for policy_part in more:
        policy += policy_part
    return policy.with_name("bucket")


def trust(principal: object) -> Policy:
    """Write a role trust policy."""
    return Policy.allow("sts:AssumeRole", None, principal=principal, name="trust", sid="Come")


def asked(layers: Layers, who: str = DANA, account: str = "") -> Decision:
    """Decide on a request for a map."""
    return evaluate(Request(who, "s3:GetObject", MAP, account or MAIN), layers)


def about_role(layers: Layers, who: str = DANA) -> Decision:
    """Decide on a request for a role."""
    return evaluate(Request(who, "sts:AssumeRole", ROLE), layers)


def about_key(layers: Layers) -> Decision:
    """Decide on a request for a key."""
    return evaluate(Request(DANA, "kms:Decrypt", KEY), layers)


KEY_OF_ACCOUNT = Policy.allow("kms:*", principal={"AWS": MAIN}, name="key", sid="Account")
KEY_OF_DANA = Policy.allow("kms:*", principal={"AWS": DANA}, name="key", sid="Dana")
OF_ALL = Policy.deny("s3:*", MAP, principal="*", sid="Nobody")

DECISIONS = {
    "nothing": asked(Layers()),
    "identity allows": asked(Layers(identity=[OWN])),
    "identity is silent": asked(Layers(identity=[EC2])),
    "identity denies": asked(Layers(identity=[OWN, GUARD])),
    "resource allows": asked(Layers(resource=bucket({"AWS": DANA}))),
    "resource allows, boundary shut": asked(
        Layers(resource=bucket({"AWS": DANA}), boundary=EC2, identity=[EC2])
    ),
    "resource denies": asked(Layers(identity=[OWN], resource=bucket({"AWS": DANA}, OF_ALL))),
    "role named, session shut": asked(
        Layers(resource=bucket({"AWS": ROLE}), session=[EC2]), who=NIGHT
    ),
    "role named": asked(Layers(resource=bucket({"AWS": ROLE})), who=NIGHT),
    "boundary shut": asked(Layers(identity=[OWN], boundary=EC2)),
    "identity is silent, boundary shut": asked(Layers(identity=[EC2], boundary=EC2)),
    "session shut": asked(Layers(identity=[OWN], session=[EC2]), who=NIGHT),
    "scp shut": asked(Layers(identity=[OWN], scp=[[FULL], [EC2]], boundary=EC2)),
    "scp denies": asked(Layers(identity=[OWN], scp=[[FULL, GUARD]])),
    "rcp denies": asked(Layers(identity=[OWN], rcp=[[FULL, GUARD]])),
    "endpoint shut": asked(Layers(identity=[OWN], endpoint=EC2)),
    "scoped": asked(Layers(resource=bucket({"AWS": DANA}), scoped=[OWN])),
    "scoped shut": asked(Layers(resource=bucket({"AWS": DANA}), scoped=[EC2])),
    "two accounts allow": asked(
        Layers(identity=[OWN], resource=bucket({"AWS": DANA})), account=OTHER
    ),
    "two accounts, resource silent": asked(Layers(identity=[OWN]), account=OTHER),
    "two accounts, identity silent": asked(Layers(resource=bucket({"AWS": DANA})), DANA, OTHER),
    "two accounts, boundary shut": asked(
        Layers(identity=[OWN], resource=bucket({"AWS": DANA}), boundary=EC2), account=OTHER
    ),
    "trust": about_role(Layers(resource=trust({"AWS": DANA}))),
    "trust of account": about_role(Layers(resource=trust({"AWS": MAIN}))),
    "trust of account, identity allows": about_role(
        Layers(resource=trust({"AWS": MAIN}), identity=[Policy.allow("sts:*", name="own")])
    ),
    "no trust": about_role(Layers(identity=[Policy.allow("sts:*", name="own")])),
    "service": about_role(
        Layers(resource=trust({"Service": "ec2.amazonaws.com"})), who="ec2.amazonaws.com"
    ),
    "key of account": about_key(Layers(resource=KEY_OF_ACCOUNT)),
    "key of dana": about_key(Layers(resource=KEY_OF_DANA)),
    "anonymous": asked(Layers(resource=bucket({"AWS": DANA})), who="anonymous"),
    "root": asked(Layers(), who=ROOT),
    "root, scp shut": asked(Layers(scp=[[EC2]]), who=ROOT),
    "root assumes": about_role(Layers(resource=trust({"AWS": "*"})), who=ROOT),
    "who am I": evaluate(Request(DANA, "sts:GetCallerIdentity", "*"), Layers(identity=[GUARD])),
    "session token": evaluate(Request(DANA, "sts:GetSessionToken", "*"), Layers()),
    "refused": evaluate(
        Request(DANA, "s3:GetObject", MAP, refusal="The security token is expired."), Layers()
    ),
}
"""One for each way in which a request can be decided."""

SHAPES = (
    *("identity allows", "resource denies", "role named, session shut", "scp shut", "scp denies"),
    *("scoped", "two accounts allow", "two accounts, boundary shut", "trust of account", "root"),
    *("root assumes", "who am I", "refused"),
)
"""Cases whose pictures differ in their layout."""
