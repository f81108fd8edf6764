"""The replaceable rules: each of them is in use, and a wrong belief is one of them replaced."""

import json
from dataclasses import fields, replace

import pytest

from iamlab import AWS_RULES, Layers, Rules, Verdict, evaluate
from iamlab.engine.grants import Grant
from iamlab.engine.layer_results import LayerResults
from iamlab.engine.layers import CEILINGS
from iamlab.engine.principals import PrincipalMatch, match_principal
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.patterns import glob, glob_resource
from tests.engine.making import (
    ANA,
    DENY,
    DEV_1,
    EC2,
    EC2_ONLY,
    EVERYTHING,
    FOREIGN,
    FOREIGN_ROOT,
    KEY,
    ROLE,
    ROOT,
    TEAM,
    ask,
    policy,
    resource_policy,
    trust_policy,
)
from tests.rows import each_row


def last_wins(applying):
    """Whoever speaks last decides."""
    return applying[-1].effect == "Deny"


def most_specific_wins(applying):
    """Whoever names the resource most exactly decides; of equals, a Deny."""
    length = max(len(statement.statement.resource[0]) for statement in applying)
    return any(
        statement.effect == "Deny"
        for statement in applying
        if len(statement.statement.resource[0]) == length
    )


def missing_key_false(comparison, wanted):
    """A key that is not there counts as false."""
    return AWS_RULES.missing_key(comparison, wanted) or (
        comparison.name == "Bool" and "false" in wanted
    )


def minding_letter_case(patterns, action):
    """The letter case of an action counts."""
    return any(glob(pattern, action) for pattern in patterns)


def bucket_with_its_objects(pattern, resource):
    """``bucket/*`` is the bucket too."""
    return glob_resource(pattern, resource) or pattern == f"{resource}/*"


def only_the_root_user(statement, request, place):
    """The ARN of an account's root is nobody but the root user."""
    named = match_principal(statement, request, place)
    return PrincipalMatch.NOT if named is PrincipalMatch.ACCOUNT else named


WILD = dict(OPERATORS) | {"StringEquals": OPERATORS["StringLike"]}

# Rule, what it is replaced by, and the cases in which the verdict is then another.
MUTANTS = {
    "missing_key_false": ("missing_key", missing_key_false, {"Bool false, no key"}),
    "a missing key never fits": ("missing_key", lambda *_: False, {"missing negated key"}),
    "a missing key always fits": (
        "missing_key",
        lambda *_: True,
        {"missing key", "Bool false, no key"},
    ),
    "no value is in every set": ("empty_set", lambda _: False, {"all of no values"}),
    "every value must fit": ("any_value", all, {"one value of two"}),
    "StringEquals knows wildcards": ("operators", WILD, {"star in StringEquals"}),
    "variables are plain text": ("variable", lambda *_: None, {"variable"}),
    "letter case of actions counts": ("action", minding_letter_case, {"lower case"}),
    "bucket/* is the bucket too": ("resource", bucket_with_its_objects, {"bucket"}),
    "root means the root user": (
        "principal",
        only_the_root_user,
        {"abroad, account named", "key with policy", "role with trust"},
    ),
    "last_wins": ("deny_wins", last_wins, {"deny, then allow", "wide deny, exact allow"}),
    "most_specific_wins": ("deny_wins", most_specific_wins, {"wide deny, exact allow"}),
    "an allow beats a deny": (
        "deny_wins",
        lambda _: False,
        {"allow, then deny", "deny, then allow", "wide deny, exact allow"},
    ),
    "deny_is_deny": (
        "default",
        Verdict.EXPLICIT_DENY,
        None,  # every implicit deny
    ),
    "RCPs cut nothing": ("rcp", lambda _: True, {"shut RCP"}),
    "SCPs cut nothing": ("scp", lambda _: True, {"shut SCP", "one shut level of SCPs"}),
    "one level of SCPs is enough": (
        "scp",
        lambda says: not says or any(says),
        {"one shut level of SCPs"},
    ),
    "endpoint policies cut nothing": ("endpoint", lambda _: True, {"shut endpoint"}),
    "a boundary cuts nothing": ("boundary", lambda _: True, {"shut boundary"}),
    "a session policy cuts nothing": ("session", lambda _: True, {"shut session"}),
    "scope-down policies cut nothing": ("scoped", lambda _: True, {"shut scope"}),
    "a boundary grants": (
        "same_account",
        lambda v: AWS_RULES.same_account(v) or any(v.boundary),
        {"boundary only"},
    ),
    "a session policy grants": (
        "same_account",
        lambda v: AWS_RULES.same_account(v) or any(v.session),
        {"session only"},
    ),
    "an SCP grants": (
        "same_account",
        lambda v: AWS_RULES.same_account(v) or any(v.scp),
        {"SCP only"},
    ),
    "roles need only an identity policy": (
        "role_trust",
        AWS_RULES.same_account,
        {"role without trust"},
    ),
    "keys need only an identity policy": (
        "kms_key",
        lambda v: AWS_RULES.same_account(v) or v.grant,
        {"key without policy"},
    ),
    "grants are nothing": ("kms_key", AWS_RULES.role_trust, {"key with grant"}),
    "one side is enough abroad": (
        "cross_account",
        AWS_RULES.same_account,
        {"abroad, identity only"},
    ),
    "the root user needs an allow": (
        "root_user",
        lambda v: v.identity or v.direct,
        {"root user"},
    ),
    "the root user rules every key": ("root_user_kms", lambda _: True, {"root user and key"}),
    "the root user is at home everywhere": (
        "root_user_abroad",
        lambda _: True,
        {"root user abroad"},
    ),
    "the root user assumes roles": (
        "root_user_assumes_role",
        lambda _: True,
        {"root user and role"},
    ),
    "the member account must consent": ("assume_root", AWS_RULES.cross_account, {"assume root"}),
    "a trust policy alone lets a source identity be set": (
        "both_sides",
        AWS_RULES.role_trust,
        {"source identity, trust only"},
    ),
    "an access point opens its bucket": (
        "behind_access_point",
        lambda _: True,
        {"behind an access point"},
    ),
    "a bucket policy may be given away": (
        "never_abroad",
        AWS_RULES.cross_account,
        {"bucket policy abroad"},
    ),
    "a session can be traded for another": (
        "needs_long_term_keys",
        AWS_RULES.same_account,
        {"session that asks for a session"},
    ),
    "long-term keys can be scoped down": (
        "needs_temporary_credentials",
        AWS_RULES.same_account,
        {"keys that are to be scoped down"},
    ),
    "credentials are good for every call": (
        "credentials_refused",
        AWS_RULES.same_account,
        {"credentials that are not good for it"},
    ),
    "a service needs nobody": ("outsider", lambda _: True, {"service"}),
}


def rules(name):
    """AWS's rules with one entry replaced."""
    field, other, _ = MUTANTS[name]
    return replace(AWS_RULES, **{field: other})


def when(**condition):
    """A policy with a condition: ``StringEquals={...}``."""
    return policy({"Condition": condition})


NOT_SEA = when(StringNotEquals={"aws:PrincipalTag/team": "sea"})
UNLESS_MFA = policy({}, {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
HOME = policy({"Resource": "arn:aws:s3:::${aws:PrincipalTag/bucket}/*"})
EXACT = policy({"Effect": "Deny"}, {"Resource": "arn:aws:s3:::bk/k"})
OPEN, SHUT = [EVERYTHING], [EC2_ONLY]
OWNER = {"Principal": {"AWS": ROOT}}
PARTNER = KEY.replace(ROOT.split(":")[4], FOREIGN)
BUCKET = "arn:aws:s3:::bk"
POINT = f"arn:aws:s3:us-east-1:{FOREIGN}:accesspoint/ap"
CASES = {
    "plain": (ask(), Layers(OPEN)),
    "nothing": (ask(), Layers()),
    "deny only": (ask(), Layers([DENY])),
    "boundary only": (ask(), Layers(boundary=EVERYTHING)),
    "session only": (ask(DEV_1), Layers(session=OPEN)),
    "SCP only": (ask(), Layers(scp=[OPEN])),
    "missing negated key": (ask(), Layers([NOT_SEA])),
    "missing key": (ask(), Layers([policy(TEAM)])),
    "key that is there": (ask(context={"aws:PrincipalTag/team": "sky"}), Layers([policy(TEAM)])),
    "Bool false, no key": (ask(), Layers([UNLESS_MFA])),
    "all of no values": (
        ask(),
        Layers([when(**{"ForAllValues:StringEquals": {"aws:TagKeys": "a"}})]),
    ),
    "one value of two": (
        ask(context={"s3:prefix": "a"}),
        Layers([when(StringEquals={"s3:prefix": ["a", "b"]})]),
    ),
    "star in StringEquals": (
        ask(context={"s3:prefix": "a"}),
        Layers([when(StringEquals={"s3:prefix": "*"})]),
    ),
    "variable": (ask(context={"aws:PrincipalTag/bucket": "bk"}), Layers([HOME])),
    "lower case": (ask(), Layers([policy({"Action": "s3:getobject"})])),
    "bucket": (
        ask(action="s3:ListBucket", resource=BUCKET),
        Layers([policy({"Resource": f"{BUCKET}/*"})]),
    ),
    "allow, then deny": (ask(), Layers([EVERYTHING, DENY])),
    "deny, then allow": (ask(), Layers([DENY, EVERYTHING])),
    "wide deny, exact allow": (ask(), Layers([EXACT])),
    "shut RCP": (ask(), Layers(OPEN, rcp=[SHUT])),
    "shut SCP": (ask(), Layers(OPEN, scp=[SHUT])),
    "one shut level of SCPs": (ask(), Layers(OPEN, scp=[OPEN, SHUT])),
    "shut endpoint": (ask(), Layers(OPEN, endpoint=EC2_ONLY)),
    "shut boundary": (ask(), Layers(OPEN, boundary=EC2_ONLY)),
    "shut session": (ask(DEV_1), Layers(OPEN, session=SHUT)),
    "shut scope": (ask(DEV_1), Layers(OPEN, scoped=[EVERYTHING, EC2_ONLY])),
    "open boundary": (ask(), Layers(OPEN, boundary=EVERYTHING)),
    "abroad, identity only": (ask(resource_account=FOREIGN), Layers(OPEN)),
    "abroad, both": (ask(resource_account=FOREIGN), Layers(OPEN, resource_policy({}))),
    "abroad, account named": (
        ask(resource_account=FOREIGN),
        Layers(OPEN, resource_policy(OWNER)),
    ),
    "behind an access point": (
        ask(resource_account=FOREIGN, access_point=POINT),
        Layers(OPEN),
    ),
    "behind an access point, delegated": (
        ask(resource_account=FOREIGN, access_point=POINT),
        Layers(resource=resource_policy({})),
    ),
    "bucket policy abroad": (
        ask(action="s3:PutBucketPolicy", resource=BUCKET, resource_account=FOREIGN),
        Layers(OPEN, resource_policy({})),
    ),
    "session that asks for a session": (
        ask(DEV_1, action="sts:GetFederationToken", resource="*"),
        Layers(OPEN),
    ),
    "role without trust": (ask(action="sts:AssumeRole", resource=ROLE), Layers(OPEN)),
    "role with trust": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers(OPEN, trust_policy(OWNER)),
    ),
    "source identity, trust only": (
        ask(action="sts:SetSourceIdentity", resource=ROLE),
        Layers(
            resource=trust_policy({"Principal": {"AWS": ANA}, "Action": "sts:SetSourceIdentity"})
        ),
    ),
    "key without policy": (ask(action="kms:Decrypt", resource=KEY), Layers(OPEN)),
    "key with policy": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(OPEN, resource_policy(OWNER)),
    ),
    "key with grant": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(grant=[Grant(ANA, ["Decrypt"])]),
    ),
    "root user": (ask(ROOT), Layers()),
    "root user and key": (ask(ROOT, "kms:Decrypt", KEY), Layers()),
    "root user abroad": (ask(ROOT, resource_account=FOREIGN), Layers()),
    "root user and role": (ask(ROOT, "sts:AssumeRole", ROLE), Layers(resource=trust_policy({}))),
    "assume root": (ask(action="sts:AssumeRoot", resource=FOREIGN_ROOT), Layers(OPEN)),
    "service": (ask(EC2, resource_account=FOREIGN), Layers()),
    "service that is named": (
        ask(EC2, resource_account=FOREIGN),
        Layers(resource=resource_policy({"Principal": {"Service": EC2}})),
    ),
    "keys that are to be scoped down": (
        ask(action="sts:GetScopedCredentials", resource="*"),
        Layers(OPEN),
    ),
    "credentials that are not good for it": (ask(refusal="No."), Layers(OPEN)),
    "token": (ask(action="sts:GetSessionToken", resource="*"), Layers()),
    "who am I": (ask(action="sts:GetCallerIdentity", resource="*"), Layers([DENY])),
}


def differing(name):
    """The cases in which a mutant's verdict is not AWS's."""
    return {
        case
        for case, (request_, layers) in CASES.items()
        if evaluate(request_, layers).verdict is not evaluate(request_, layers, rules(name)).verdict
    }


def test_every_rule_is_in_use():
    """For each entry of the table there is a mutant, and it shows; a new entry needs one too."""
    assert {field for field, _, _ in MUTANTS.values()} == {known.name for known in fields(Rules)}
    assert all(map(differing, MUTANTS))


@each_row("name", MUTANTS)
def test_a_wrong_belief_is_one_rule_and_shows_in_its_cases(name):
    """With one entry replaced the verdict differs in the named cases, and only there."""
    _, _, cases = MUTANTS[name]
    implicit = {
        case
        for case, (request_, layers) in CASES.items()
        if evaluate(request_, layers).verdict is Verdict.IMPLICIT_DENY
    }

    assert differing(name) == (implicit if cases is None else cases)


@each_row("name", MUTANTS)
def test_a_wrong_belief_can_explain_itself(name):
    """Explanations follow the same rules as the decision."""
    for case in differing(name):
        decision = evaluate(*CASES[case], rules(name))

        assert decision.rules == rules(name)
        assert str(decision.verdict).upper() in decision.explain()
        assert json.dumps(decision.to_dict())
        assert (decision.message == "") is bool(decision)


def test_a_deny_that_does_not_win_still_denies_alone():
    """Whoever believes that an Allow beats a Deny still knows what a Deny is."""
    believes = rules("an allow beats a deny")

    assert evaluate(*CASES["deny only"], believes).verdict is Verdict.EXPLICIT_DENY
    assert evaluate(*CASES["allow, then deny"], believes)


@pytest.mark.parametrize("layer", CEILINGS)
def test_a_ceiling_that_is_there_must_allow_at_every_level(layer):
    """One that is not there cuts nothing, one that is silent anywhere cuts everything."""
    ceiling = getattr(AWS_RULES, layer)

    assert ceiling(())
    assert ceiling((True,))
    assert ceiling((True, True, True))
    assert not ceiling((False,))
    assert not ceiling((True, False, True))
    assert LayerResults().filters
    assert LayerResults().guardrails


def test_a_rule_takes_thousands_of_votes_at_once():
    """A vote may be a whole number, of which each bit is the vote of one request."""
    votes = LayerResults(direct=0b1000, identity=0b0110, filters=0b0011)

    assert AWS_RULES.same_account(votes) == 0b1010
    assert AWS_RULES.boundary((0b0111, 0b1110)) == 0b0110
