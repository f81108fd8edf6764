"""The smallest changes that flip a verdict: that each does, that none is missed, who makes it."""

import random
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import (
    ANONYMOUS,
    AWS_RULES,
    AttachedPolicy,
    Layers,
    Policy,
    RequestError,
    Verdict,
    evaluate,
)
from iamlab.engine.edits import BREADTH
from iamlab.engine.evaluate import read
from iamlab.engine.fixes import LARGEST, MOST, NOT_SMALLEST, Fix
from iamlab.engine.grants import Grant
from iamlab.engine.layers import CEILINGS, LAYERS
from iamlab.engine.public_access import PublicAccessBlock
from tests.engine.json_questions import ask_engine
from tests.engine.making import (
    ANA,
    AWS_MANAGED,
    DENY,
    DEV,
    DEV_1,
    EC2,
    EC2_ONLY,
    EVE,
    EVERYTHING,
    FOREIGN,
    GET,
    GOOGLE,
    GUEST,
    KEY,
    MANAGED,
    MANY,
    OBJECT,
    OWN,
    QUESTIONS,
    ROLE,
    ROOT,
    SAML,
    ask,
    built,
    changed,
    places,
    policy,
    resource_policy,
    trust_policy,
    without,
)
from tests.engine.random_questions import random_question
from tests.rows import each_row


def decided(question, seed):
    """A decision about a random question, some of whose policies are AWS's or the customer's."""
    rng = random.Random(seed)
    decision = ask_engine(question)

    def owned(layer, attached):
        number = rng.randrange(10**6)
        arns = (None, None, f"{MANAGED}{number}", f"{AWS_MANAGED}{number}")
        managed = layer in ("identity", "boundary", "session", "scoped")
        return replace(attached, arn=rng.choice(arns)) if managed else attached

    return evaluate(decision.request, changed(decision.layers, owned))


DECISIONS = st.builds(decided, QUESTIONS, st.integers(0, 999))


def again(decision, edits):
    """Decide again with some changes made."""
    fix = Fix(tuple(edits))
    return evaluate(fix.ask(decision.request), fix.apply(decision.layers))


# Laws -------------------------------------------------------------------------------------------


@MANY
@given(DECISIONS)
def test_every_fix_flips_the_verdict(decision):
    """Decided again with the changed policies, by the way that the caller then comes."""
    for fix in decision.fixes():
        after = again(decision, fix.edits)

        assert bool(after) is not bool(decision)
        assert read(after.request, after.layers).verdict is after.verdict
        assert fix.text
        assert fix.who


@MANY
@given(DECISIONS)
def test_nothing_of_a_fix_can_be_left_out(decision):
    """No part of a set of changes flips the verdict, and no set is larger than another."""
    found = decision.fixes()

    assert len({len(fix.edits) for fix in found}) <= 1
    for fix in found:
        for size in range(1, len(fix.edits)):
            for part in combinations(fix.edits, size):
                assert not fix.smallest or bool(again(decision, part)) is bool(decision)
        for edit in fix.edits:
            rest = [item for item in fix.edits if item is not edit]
            assert bool(again(decision, rest)) is bool(decision)


@given(DECISIONS)
def test_fixes_come_in_the_order_of_their_breadth_and_no_two_are_the_same(decision):
    """What changes least for others comes first."""
    found = decision.fixes()

    assert [fix.breadth for fix in found] == sorted(fix.breadth for fix in found)
    assert len({fix.edits for fix in found}) == len(found)
    text = [fix.text for fix in found if len(fix.edits) == 1]
    assert len(text) == len(set(text))
    assert len(found) <= MOST or len(found[0].edits) == 1
    for fix in found:
        assert fix.breadth == sum(edit.breadth for edit in fix.edits)
        assert {edit.breadth for edit in fix.edits} <= set(BREADTH.values())


def flips(decision, layers):
    """Whether other layers give the other answer."""
    return bool(evaluate(decision.request, layers)) is not bool(decision)


def single(decision):
    """What the fixes are about that are enough alone."""
    return {fix.edits[0].target for fix in decision.fixes() if len(fix.edits) == 1}


@MANY
@given(DECISIONS)
def test_no_statement_is_missed_that_decides_alone(decision):
    """If taking it out flips the verdict, and it is not AWS's, a fix is about it."""
    layers = ("identity", "resource") if decision else [item for item in LAYERS if item != "grant"]
    for layer in layers:
        for reading in decision.layer_matches[layer].applying:
            if is_of_aws(reading.attached) or reading.effect == ("Deny" if decision else "Allow"):
                continue
            if flips(decision, without(decision.layers, [reading])):
                number = reading.statement.number
                assert any(
                    target[1:2] == (layer,) and target[-1] == number for target in single(decision)
                )


@MANY
@given(DECISIONS)
def test_no_statement_is_missed_that_could_be_added(decision):
    """If an exact one of the caller's own flips the verdict, a fix adds one."""
    request, effect = decision.request, "Deny" if decision else "Allow"
    exact = policy({"Effect": effect, "Action": request.action, "Resource": request.resource})
    identity = [*decision.layers.identity, exact]

    if flips(decision, replace(decision.layers, identity=identity)):
        assert single(decision) & {("grant", "identity"), ("forbid",)}


@MANY
@given(DECISIONS)
def test_no_ceiling_is_missed_that_could_be_opened(decision):
    """If an exact Allow in one of its levels flips the verdict, a fix adds one there."""
    request = decision.request
    exact = policy({"Action": request.action, "Resource": request.resource})
    for layer in CEILINGS if not decision else ():
        levels = decision.layers.levels(layer)
        for number, level in enumerate(levels):
            if layer in ("boundary", "endpoint", "scoped"):
                together = (*level[0].policy.statements, *exact.statements)
                wider = (replace(level[0], policy=replace(level[0].policy, statements=together)),)
            else:
                wider = (*level, AttachedPolicy(exact))
            open_ = [*levels[:number], wider, *levels[number + 1 :]]
            if flips(decision, built(decision.layers, **{layer: open_})):
                assert ("open", layer, number) in single(decision)


def copied(layers):
    """What can be read of some layers, as text."""
    return [(layer, level, place, repr(item)) for layer, level, place, item in places(layers)]


@given(DECISIONS)
def test_a_fix_leaves_everything_else_as_it_was(decision):
    """The layers that were asked about, and in the changed ones all that it does not name."""
    before, layers = copied(decision.layers), decision.layers
    originals = {id(item) for _, _, _, item in places(layers)}

    for fix in decision.fixes():
        after = fix.apply(layers)
        new = [item for _, _, _, item in places(after) if id(item) not in originals]
        untouched = [item for _, _, _, item in places(after) if id(item) in originals]

        assert sum(item.policy not in layers_of(after, "grant") for item in new) <= len(fix.edits)
        assert len(untouched) >= len(originals) - len(fix.edits) - len(layers.grant)
        assert (after.grant, copied(layers)) == (layers.grant, before)
        assert fix.ask(decision.request).principal == decision.request.principal
    assert evaluate(decision.request, layers) == decision


def layers_of(layers, layer):
    """The documents of one layer."""
    return [item.policy for item in layers.of(layer)]


@given(DECISIONS)
def test_changed_policies_are_documents_that_say_the_same(decision):
    """Read again from their text or their JSON, with the name and version that they had."""
    before = {id(item) for _, _, _, item in places(decision.layers)}
    versions = {item.policy.name: item.policy.version for _, _, _, item in places(decision.layers)}

    for fix in decision.fixes():
        for layer, _, _, item in places(fix.apply(decision.layers)):
            if id(item) in before or layer == "grant":
                continue
            assert Policy.parse(item.policy.text) == item.policy
            assert Policy.parse(item.policy.to_dict()) == item.policy
            assert item.policy.version == versions.get(item.policy.name, "2012-10-17")
            assert [each.number for each in item.policy.statements] == [
                number for number, _ in enumerate(item.policy.statements, 1)
            ]


@MANY
@given(DECISIONS)
def test_policies_of_aws_are_detached_and_never_edited(decision):
    """Wherever one still is after a fix, it says what it said."""
    theirs = {
        principal.arn: principal.policy
        for _, _, _, principal in places(decision.layers)
        if is_of_aws(principal)
    }

    for fix in decision.fixes():
        for _, _, _, principal in places(fix.apply(decision.layers)):
            assert not is_of_aws(principal) or principal.policy is theirs[principal.arn]


def is_of_aws(attached):
    """Whether a policy is managed by AWS."""
    return (attached.arn or "").startswith("arn:aws:iam::aws:policy/")


WHO = {
    "scp": "an administrator of the organization of account {caller}",
    "rcp": "an administrator of the organization of account {owner}",
    "endpoint": "the owner of the VPC endpoint",
    "resource": "the owner of the resource, account {owner}",
    "identity": "an administrator of account {caller}",
    "boundary": "an administrator of account {caller}",
    "session": "the caller who creates the session",
    "scoped": "the caller who requests the scoped credentials",
    "public_access_block": "the owner of the resource, account {owner}",
    "": "the caller",
}


@given(DECISIONS)
def test_each_fix_says_who_may_make_it(decision):
    """Once each; where several must act, all of them."""
    request = decision.request
    accounts = {"caller": request.caller.account, "owner": request.resource_account}

    for fix in decision.fixes():
        wanted = [WHO[edit.layer].format(**accounts) for edit in fix.edits]
        assert fix.who == tuple(dict.fromkeys(wanted))
        assert str(fix) == f"{fix.text} ({'; '.join(fix.who)})"
        assert fix.to_dict() == {
            "text": fix.text,
            "who": list(fix.who),
            "breadth": fix.breadth,
        }


@pytest.mark.slow
def test_most_verdicts_can_be_flipped():
    """On random questions; what cannot is never refused, or never allowed."""
    rng = random.Random(3)
    requests = [ask_engine(random_question(rng)) for _ in range(500)]
    fixed = [decision for decision in requests if decision.fixes()]

    assert len(fixed) > 0.8 * len(requests)
    assert {decision.verdict for decision in fixed} == set(Verdict)
    assert {len(decision.fixes()[0].edits) for decision in fixed} >= {1, 2, 3}


# Cases ------------------------------------------------------------------------------------------

ADMIN, OWNER = f"an administrator of account {OWN}", f"the owner of the resource, account {OWN}"
GUARD = {"Effect": "Deny", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
TO_ANA = f"Add to a policy of ana: Allow {GET} on {OBJECT}."
FOR_ANA = f"Add to the resource-based policy: Allow {GET} for {ANA}."
BLOCKED = PublicAccessBlock(restrict_public_buckets=True, block_public_acls=True)
KNOWN = {"context": {"aws:PrincipalArn": ANA}}
LISTS = {"Action": [GET, "s3:PutObject"], "Resource": [OBJECT, "arn:aws:s3:::bk/K"]}
CASES = {
    "nobody allows": (ask(), Layers(), [TO_ANA, FOR_ANA]),
    "a session": (
        ask(DEV_1),
        Layers(),
        [
            f"Add to a policy of dev: Allow {GET} on {OBJECT}.",
            f"Add to the resource-based policy: Allow {GET} for {DEV}.",
            f"Add to the resource-based policy: Allow {GET} for {DEV_1}.",
        ],
    ),
    "one value is missing": (
        ask(),
        Layers([policy({"Action": "s3:Put*"}, {"Resource": "arn:aws:s3:::x"}, name="near")]),
        [
            TO_ANA,
            FOR_ANA,
            f"Add {GET} to the actions of near/#1.",
            f"Add {OBJECT} to the resources of near/#2.",
        ],
    ),
    "two values are missing": (
        ask(),
        Layers([policy({"Action": "s3:Put*", "Resource": "arn:aws:s3:::x"})]),
        [TO_ANA, FOR_ANA],
    ),
    "no resource with a policy": (
        ask(action="ec2:StopInstances", resource="*"),
        Layers(),
        ["Add to a policy of ana: Allow ec2:StopInstances on *."],
    ),
    "a deny": (
        ask(**KNOWN),
        Layers([EVERYTHING, DENY]),
        [
            f"Exempt {ANA} from deny/No with ArnNotEquals aws:PrincipalArn.",
            "Remove deny/No from the identity-based policy.",
        ],
    ),
    "a deny, of a caller who is not known": (
        ask(),
        Layers([EVERYTHING, DENY]),
        ["Remove deny/No from the identity-based policy."],
    ),
    "a deny with lists": (
        ask(),
        Layers([EVERYTHING, policy({"Effect": "Deny"} | LISTS, name="lists")]),
        [
            f"Remove {GET} from the actions of lists/#1.",
            f"Remove {OBJECT} from the resources of lists/#1.",
            "Remove lists/#1 from the identity-based policy.",
        ],
    ),
    "two denies": (
        ask(),
        Layers([EVERYTHING, DENY], resource_policy({"Effect": "Deny"})),
        [
            (
                "Remove bucket/#1 from the resource-based policy."
                " Remove deny/No from the identity-based policy."
            ),
        ],
    ),
    "a deny of AWS": (
        ask(**KNOWN),
        Layers(
            [EVERYTHING, AttachedPolicy(policy({"Effect": "Deny"}, name="Theirs"), AWS_MANAGED)]
        ),
        ["Detach Theirs. Only AWS can change it."],
    ),
    "two denies of AWS in one policy": (
        ask(**KNOWN),
        Layers(
            [
                EVERYTHING,
                AttachedPolicy(policy(*[{"Effect": "Deny"}] * 2, name="Theirs"), AWS_MANAGED),
            ]
        ),
        ["Detach Theirs. Only AWS can change it."],
    ),
    "MFA": (
        ask(**KNOWN),
        Layers([policy({}, GUARD | {"Sid": "Mfa"}, name="guard")]),
        [
            "Sign in with MFA.",
            f"Exempt {ANA} from guard/Mfa with ArnNotEquals aws:PrincipalArn.",
            "Remove guard/Mfa from the identity-based policy.",
        ],
    ),
    "MFA, of a service": (
        ask(EC2, resource_account=OWN),
        Layers(resource=resource_policy({}, GUARD)),
        ["Remove bucket/#2 from the resource-based policy."],
    ),
    "MFA, of who does not sign": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(resource=resource_policy({}, GUARD)),
        ["Remove bucket/#2 from the resource-based policy."],
    ),
    "MFA that is recent": (
        ask(context={"aws:MultiFactorAuthAge": "4000"}),
        Layers([policy({"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}})]),
        ["Sign in with MFA.", TO_ANA, FOR_ANA],
    ),
    "an external id": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers(resource=trust_policy({"Condition": {"StringEquals": {"sts:ExternalId": "x"}}})),
        [
            'Send sts:ExternalId "x".',
            f"Add to the role's trust policy: Allow sts:AssumeRole for {ANA}.",
        ],
    ),
    "an external id that no request can send": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers(
            resource=trust_policy({"Condition": {"StringEquals": {"sts:ExternalId": "x" * 70_000}}})
        ),
        [f"Add to the role's trust policy: Allow sts:AssumeRole for {ANA}."],
    ),
    "MFA, of a federated user": (
        ask(GUEST),
        Layers([policy({}, GUARD)], session=[EVERYTHING]),
        ["Remove p/#2 from the identity-based policy."],
    ),
    "a boundary": (
        ask(),
        Layers([EVERYTHING], boundary=EC2_ONLY),
        [
            FOR_ANA,
            f"Allow {GET} on {OBJECT} in the permissions boundary.",
            f"Add {GET} to the actions of ec2-only/#1.",
        ],
    ),
    "a boundary of AWS": (
        ask(),
        Layers([EVERYTHING], boundary=AttachedPolicy(EC2_ONLY, AWS_MANAGED)),
        [
            FOR_ANA,
            (
                f"Allow {GET} on {OBJECT} in a policy of your own"
                " that replaces the permissions boundary."
            ),
        ],
    ),
    "a level of SCPs": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING], [EC2_ONLY], [EVERYTHING]]),
        [
            f"Allow {GET} on {OBJECT} in the service control policy of level 2.",
            f"Add {GET} to the actions of ec2-only/#1.",
        ],
    ),
    "an empty level of SCPs": (
        ask(),
        Layers([EVERYTHING], scp=[[EVERYTHING], []]),
        [f"Allow {GET} on {OBJECT} in the service control policy of level 2."],
    ),
    "an RCP": (
        ask(),
        Layers([EVERYTHING], rcp=[[resource_policy({"Principal": {"AWS": EVE}}, name="rcp")]]),
        [
            f"Allow {GET} on {OBJECT} in the resource control policy.",
            f"Add {ANA} to the principals of rcp/#1.",
        ],
    ),
    "an endpoint": (
        ask(),
        Layers([EVERYTHING], endpoint=EC2_ONLY),
        [
            f"Allow {GET} on {OBJECT} in the VPC endpoint policy.",
            f"Add {GET} to the actions of ec2-only/#1.",
        ],
    ),
    "a federated user without session policy": (
        ask(GUEST, issuer=ANA),
        Layers([EVERYTHING]),
        [
            f"Add to the resource-based policy: Allow {GET} for {GUEST}.",
            f"Allow {GET} on {OBJECT} in the session policy.",
        ],
    ),
    "a scope-down policy": (
        ask(DEV_1),
        Layers([EVERYTHING], scoped=[EVERYTHING, EC2_ONLY]),
        [
            f"Allow {GET} on {OBJECT} in the scope-down policy of level 2.",
            f"Add {GET} to the actions of ec2-only/#1.",
        ],
    ),
    "another account": (ask(resource_account=FOREIGN), Layers(), [f"{TO_ANA} {FOR_ANA}"]),
    "a role that trusts another": (
        ask(action="sts:AssumeRole", resource=ROLE),
        Layers([EVERYTHING], trust_policy({"Principal": {"AWS": EVE}})),
        [
            f"Add to the role's trust policy: Allow sts:AssumeRole for {ANA}.",
            f"Add {ANA} to the principals of trust/#1.",
        ],
    ),
    "a key": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers([EVERYTHING]),
        [f"Add to the key policy: Allow kms:Decrypt for {ANA}."],
    ),
    "a registry": (
        ask(action="ecr:PutImage", resource=f"arn:aws:ecr:eu-west-1:{FOREIGN}:repository/r"),
        Layers([EVERYTHING]),
        [f"Add to the resource-based policy: Allow ecr:PutImage for {ANA}."],
    ),
    "a service": (
        ask(EC2, resource_account=OWN),
        Layers(),
        [f"Add to the resource-based policy: Allow {GET} for {EC2}."],
    ),
    "who does not sign": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(),
        [f"Add to the resource-based policy: Allow {GET} for everybody."],
    ),
    "who comes from a provider": (
        ask(GOOGLE, "sts:AssumeRoleWithWebIdentity", ROLE),
        Layers(resource=trust_policy({"Principal": {"Federated": SAML}})),
        [f"Add to the role's trust policy: Allow sts:AssumeRoleWithWebIdentity for {GOOGLE}."],
    ),
    "public access is blocked": (
        ask(ANONYMOUS, resource_account=OWN),
        Layers(resource=resource_policy({}), public_access_block=BLOCKED),
        ["Switch off RestrictPublicBuckets. The bucket is then open to all its principals."],
    ),
    "the root user and a role": (
        ask(ROOT, "sts:AssumeRole", ROLE),
        Layers(resource=trust_policy({})),
        [],
    ),
    "what never works from another account": (
        ask(EVE, "s3:GetBucketPolicy", "arn:aws:s3:::bk", resource_account=OWN),
        Layers([EVERYTHING], resource_policy({})),
        [],
    ),
    "allowed": (
        ask(),
        Layers([policy(LISTS, name="lists")]),
        [
            f"Add to a policy of ana: Deny {GET} on {OBJECT}.",
            f"Add to the resource-based policy: Deny {GET} for {ANA}.",
            f"Remove {GET} from the actions of lists/#1.",
            f"Remove {OBJECT} from the resources of lists/#1.",
            "Remove lists/#1 from the identity-based policy.",
        ],
    ),
    "allowed by AWS": (
        ask(action="ec2:StopInstances", resource="*"),
        Layers([AttachedPolicy(policy({}, {}, name="Theirs"), AWS_MANAGED)]),
        [
            "Add to a policy of ana: Deny ec2:StopInstances on *.",
            "Detach Theirs. Only AWS can change it.",
        ],
    ),
    "allowed twice": (
        ask(action="ec2:StopInstances", resource="*"),
        Layers([EVERYTHING, policy({"Action": "ec2:*"}, name="other")]),
        ["Add to a policy of ana: Deny ec2:StopInstances on *."],
    ),
    "allowed by a grant": (
        ask(action="kms:Decrypt", resource=KEY),
        Layers(grant=[Grant(ANA, ["Decrypt"])]),
        [
            f"Add to a policy of ana: Deny kms:Decrypt on {KEY}.",
            f"Add to the key policy: Deny kms:Decrypt for {ANA}.",
        ],
    ),
    "allowed for a service": (
        ask(EC2, resource_account=OWN),
        Layers(resource=resource_policy({})),
        [
            f"Add to the resource-based policy: Deny {GET} for {EC2}.",
            "Remove bucket/#1 from the resource-based policy.",
        ],
    ),
    "the root user": (
        ask(ROOT),
        Layers(),
        [f"Add to the resource-based policy: Deny {GET} for {ROOT}."],
    ),
    "who am I": (ask(action="sts:GetCallerIdentity", resource="*"), Layers([EVERYTHING]), []),
    "a session token": (
        ask(action="sts:GetSessionToken", resource="*"),
        Layers(),
        ["Add to a policy of ana: Deny sts:GetSessionToken on *."],
    ),
}


@each_row(("request_", "layers", "wanted"), CASES.values(), ids=CASES)
def test_these_are_the_fixes(request_, layers, wanted):
    """All single changes that are enough, or all smallest sets; in words."""
    decision = evaluate(request_, layers)

    assert [fix.text for fix in decision.fixes()] == wanted
    assert all(
        again(decision, fix.edits).verdict is not decision.verdict for fix in decision.fixes()
    )


def test_the_fix_names_everybody_who_must_act_together():
    """Between two accounts, both sides."""
    (fix,) = evaluate(ask(resource_account=FOREIGN), Layers()).fixes()

    assert fix.who == (ADMIN, f"the owner of the resource, account {FOREIGN}")
    assert fix.breadth == 4
    assert repr(fix) == f"<Fix {fix}>"


def test_a_new_exempt_caller_is_added_to_the_exempt_ones():
    """The existing condition gets one more value; all others stay."""
    exempt = {"ArnNotEquals": {"AWS:principalarn": EVE}, "StringLike": {"s3:prefix": "*"}}
    deny = policy({}, {"Effect": "Deny", "Condition": exempt}, name="d")
    context = {"aws:PrincipalArn": ANA, "s3:prefix": "x"}
    decision = evaluate(ask(context=context), Layers([deny]))
    fix = next(fix for fix in decision.fixes() if fix.text.startswith("Exempt"))
    statement = fix.apply(decision.layers).identity[0].policy.to_dict()["Statement"][1]

    assert statement["Condition"] == {
        "StringLike": {"s3:prefix": "*"},
        "ArnNotEquals": {"aws:PrincipalArn": [EVE, ANA]},
    }
    assert evaluate(
        ask(EVE, context=context | {"aws:PrincipalArn": EVE}), Layers([deny])
    ).layer_matches
    other = context | {"aws:PrincipalArn": DEV}
    assert not evaluate(ask(context=other), fix.apply(decision.layers))


def test_a_set_of_three_is_found_where_no_two_are_enough():
    """The smallest sets are all tried; twelve are shown at most."""
    denies = [policy({"Effect": "Deny"}, name=f"d{number}") for number in range(3)]
    (fix,) = evaluate(ask(), Layers([EVERYTHING, *denies])).fixes()
    assert [edit.target[3] for edit in fix.edits] == [1, 2, 3]
    assert fix.smallest

    many = evaluate(ask(**KNOWN), Layers([EVERYTHING, *denies], boundary=EC2_ONLY)).fixes()
    assert len(many) == 1
    assert not many[0].smallest
    many = evaluate(ask(**KNOWN), Layers([EVERYTHING, *denies[:2]], scp=[[EC2_ONLY]])).fixes()
    assert [fix.breadth for fix in many] == sorted(fix.breadth for fix in many)
    assert {len(fix.edits) for fix in many} == {3}
    assert len(many) == 8


def test_at_most_twelve_sets_are_shown():
    """The least broad ones."""
    deny = policy({"Effect": "Deny"} | LISTS, name="lists")
    shut = [policy({"Action": f"ec2:{name}*"}, name=name) for name in "ABCDE"]
    found = evaluate(ask(**KNOWN), Layers([EVERYTHING, deny], scp=[shut])).fixes()

    assert len(found) == MOST
    assert found[0].breadth == 2 + 3
    assert found[-1].breadth < 3 + 5


def test_beyond_three_changes_one_set_is_given_of_which_nothing_can_be_left_out():
    """It says that there may be a smaller one; each change is as narrow as it can be."""
    layers = Layers([EVERYTHING], scp=[[EC2_ONLY]] * (LARGEST + 1))
    (fix,) = evaluate(ask(), layers).fixes()

    assert not fix.smallest
    assert fix.text.endswith(NOT_SMALLEST)
    assert len(fix.edits) == LARGEST + 1
    assert fix.breadth == 2 * (LARGEST + 1)

    denies = [DENY] * 2
    layers = replace(layers, identity=[EVERYTHING, *denies, policy({"Effect": "Deny"} | LISTS)])
    decision = evaluate(ask(), layers)
    (fix,) = decision.fixes()
    assert again(decision, fix.edits)
    assert len(fix.edits) == LARGEST + 4
    for edit in fix.edits:
        assert not again(decision, [item for item in fix.edits if item is not edit])


def test_where_not_even_all_changes_together_are_enough_there_is_no_fix():
    """Nothing lets a root user assume a role, whatever else is in the way."""
    layers = Layers(resource=trust_policy({"Effect": "Deny"}), scp=[[EC2_ONLY], [DENY]])

    assert evaluate(ask(ROOT, "sts:AssumeRole", ROLE), layers).fixes() == ()


OTHERS = {
    OBJECT: f"{OBJECT}2",
    "arn:aws:s3:::bk/*/x": "arn:aws:s3:::bk/home/x",
    "arn:aws:s3:::bk/?": "arn:aws:s3:::bk/a",
}


@pytest.mark.parametrize(("resource", "other"), OTHERS.items())
@pytest.mark.parametrize("layers", [Layers(), Layers([EVERYTHING])])
def test_what_a_fix_adds_is_about_this_request_alone(resource, other, layers):
    """A star in the name of an object stands for nothing but itself."""
    decision = evaluate(ask(resource=resource), layers)
    new = next(fix for fix in decision.fixes() if fix.text.startswith("Add to a policy of ana"))
    after = new.apply(layers)

    for request in (ask(resource=other), ask(action="s3:PutObject", resource=resource)):
        assert bool(evaluate(request, after)) is bool(evaluate(request, layers))


def test_a_policy_that_is_edited_keeps_its_name_and_place():
    """What is new is called new-policy."""
    attached = AttachedPolicy(policy({"Action": "s3:Put*"}, name="near"), MANAGED, ("group g",))
    decision = evaluate(ask(), Layers([DENY_NOTHING, attached]))
    new, _, wider = decision.fixes()
    first, second, third = new.apply(decision.layers).identity
    edited = wider.apply(decision.layers).identity[1]

    assert (first.policy, second, third.policy.name) == (DENY_NOTHING, attached, "new-policy")
    assert (edited.policy.name, edited.arn, edited.path) == ("near", MANAGED, ("group g",))
    assert edited.policy.statements[0].action == ("s3:Put*", GET)


DENY_NOTHING = policy({"Effect": "Deny", "Action": "ec2:*"}, name="other")


def test_a_boundary_of_aws_is_replaced_by_one_of_your_own():
    """Its document cannot be changed, so what is there then is not AWS's any more."""
    decision = evaluate(ask(), Layers([EVERYTHING], boundary=AttachedPolicy(EC2_ONLY, AWS_MANAGED)))
    fix = decision.fixes()[1]
    boundary = fix.apply(decision.layers).boundary

    assert boundary.arn is None
    assert [statement.action for statement in boundary.policy.statements] == [("ec2:*",), (GET,)]


def test_only_decisions_by_the_rules_of_aws_can_be_fixed():
    """What would help somebody who believes otherwise helps nobody."""
    believes = replace(AWS_RULES, scp=any)

    with pytest.raises(RequestError, match="AWS's own rules"):
        evaluate(ask(), Layers(), believes).fixes()


def test_switching_off_leaves_the_other_switches_on():
    """Only RestrictPublicBuckets acts on requests."""
    request_, layers, _ = CASES["public access is blocked"]
    (fix,) = evaluate(request_, layers).fixes()

    assert fix.apply(layers).public_access_block == PublicAccessBlock(block_public_acls=True)
    assert fix.who == (OWNER,)
    assert fix.apply(Layers()).public_access_block is None


def test_a_request_is_asked_again_only_if_the_caller_does_something_else():
    """Then with the keys that follow from it in the place of those that were there."""
    context = {"aws:PrincipalArn": ANA, "AWS:multifactorauthpresent": "false"}
    decision = evaluate(ask(context=context), Layers([policy({}, GUARD)]))
    sign_in, policy_change, _ = decision.fixes()

    assert policy_change.ask(decision.request) is decision.request
    assert sign_in.apply(decision.layers) == decision.layers
    assert sign_in.ask(decision.request).context == {
        "aws:PrincipalArn": ANA,
        "aws:MultiFactorAuthPresent": "true",
        "aws:MultiFactorAuthAge": "1",
    }
