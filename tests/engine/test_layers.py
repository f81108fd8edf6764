"""What can be in a layer, and how a mistake is reported."""

import pytest

from iamlab import AttachedPolicy, Layers, Policy, RequestError
from iamlab.engine.grants import Grant
from iamlab.engine.layers import CEILINGS, GUARDRAILS, LAYERS, NAMES, PERMISSION_FILTERS
from iamlab.engine.public_access import PublicAccessBlock
from tests.engine.making import ANA, DENY, EVERYTHING, MANAGED

POLICY = Policy.parse({"Statement": []}, name="p")


def test_wherever_a_policy_is_it_may_be_attached():
    """With where it came from, or without."""
    bare, attached = AttachedPolicy(EVERYTHING), AttachedPolicy(EVERYTHING, MANAGED, ("group g",))
    layers = Layers(
        [EVERYTHING, attached],
        EVERYTHING,
        attached,
        [EVERYTHING],
        scp=[[EVERYTHING], [attached, EVERYTHING]],
        rcp=[[attached]],
        endpoint=EVERYTHING,
        scoped=[attached, EVERYTHING],
    )

    assert layers.identity == layers.of("identity") == (bare, attached)
    assert layers.of("resource") == (bare,)
    assert layers.of("boundary") == (attached,)
    assert layers.of("session") == (bare,)
    assert layers.of("scp") == (bare, attached, bare)
    assert layers.of("rcp") == (attached,)
    assert layers.of("endpoint") == (bare,)
    assert layers.of("scoped") == (attached, bare)
    assert all(Layers().of(layer) == () for layer in LAYERS)


def test_a_layer_has_as_many_levels_as_must_allow():
    """Organizations have many, scoped credentials one for each policy, all else one or none."""
    layers = Layers(
        [EVERYTHING, DENY], scp=[[EVERYTHING], [], [DENY, EVERYTHING]], scoped=[DENY, EVERYTHING]
    )
    sizes = {layer: [len(level) for level in layers.levels(layer)] for layer in LAYERS}

    assert {layer: found for layer, found in sizes.items() if found} == {
        "identity": [2],
        "scp": [1, 0, 2],
        "scoped": [1, 1],
    }


def test_each_layer_limits_or_can_grant():
    """Three around, two at the caller, and scoped credentials only limit; each has AWS's name."""
    assert {*GUARDRAILS, *PERMISSION_FILTERS, "scoped"} == set(CEILINGS)
    assert set(LAYERS) - set(CEILINGS) == {"resource", "grant", "identity"}
    assert set(NAMES) == set(LAYERS)


@pytest.mark.parametrize("layer", ["identity", "session", "scoped"])
@pytest.mark.parametrize("wrong", [POLICY, {"Statement": []}, '{"Statement": []}', None])
def test_one_policy_where_a_list_is_wanted_is_refused_with_the_fix(layer, wrong):
    """The commonest slip: to forget the brackets."""
    with pytest.raises(RequestError, match=rf"{layer} must be a list .* Write \[policy\]"):
        Layers(**{layer: wrong})


@pytest.mark.parametrize("layer", ["scp", "rcp"])
@pytest.mark.parametrize("wrong", [POLICY, None, {"Statement": []}, '{"Statement": []}'])
def test_no_list_where_levels_are_wanted_is_refused_with_the_fix(layer, wrong):
    """A single policy isn't a level either."""
    with pytest.raises(RequestError, match=rf"{layer} must be a list of levels.*\[\[policy\]"):
        Layers(**{layer: wrong})
    with pytest.raises(RequestError, match=rf"A level of {layer} .* Write \[policy\]"):
        Layers(**{layer: [POLICY]})


@pytest.mark.parametrize("layer", ["resource", "boundary", "endpoint"])
def test_a_bare_document_is_refused_with_the_way_to_make_a_policy(layer):
    """A dict is not a policy until it is parsed."""
    with pytest.raises(RequestError, match=r"Policy\.parse"):
        Layers(**{layer: {"Statement": []}})
    with pytest.raises(RequestError, match=r"Policy\.parse"):
        Layers(identity=[{"Statement": []}])
    with pytest.raises(RequestError, match=r"Policy\.parse"):
        Layers(scp=[[{"Statement": []}]])


# Grants and switches ----------------------------------------------------------------------------


def test_a_grant_may_be_given_by_its_parts():
    """Grantee, operations, constraints; it is read as a statement about any resource."""
    parts = (ANA, ["Decrypt", "Encrypt"], {"encryption_context_subset": {"a": "1"}})
    (grant,) = Layers(grant=[parts]).grant
    (attached,) = Layers(grant=[grant]).of("grant")
    (statement,) = attached.policy.statements

    assert grant == Grant(*parts) == Grant.of(grant)
    assert grant.operations == ("Decrypt", "Encrypt")
    assert statement.action == ("kms:Decrypt", "kms:Encrypt")
    assert statement.principal == (("AWS", ANA),)
    assert [condition.key for condition in statement.conditions] == ["kms:EncryptionContext:a"]
    assert not statement.variables


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        (("ana", ["Decrypt"]), "'ana' isn't an ARN"),
        ((None, ["Decrypt"]), "isn't an ARN"),
        ((ANA, "Decrypt"), "operations must be a list"),
        ((ANA, ["kms:Decrypt"]), "operations must be a list"),
        ((ANA, ["*"]), "operations must be a list"),
        ((ANA, [1]), "operations must be a list"),
        ((ANA, ["Decrypt"], ["a"]), "constraints must be a dict"),
        ((ANA, ["Decrypt"], {"subset": {}}), "'subset' isn't a constraint"),
        ((ANA, ["Decrypt"], {"encryption_context_equals": "a"}), "isn't a constraint"),
        ((ANA, ["Decrypt"], {"encryption_context_equals": {"a": 1}}), "text"),
    ],
)
def test_what_is_not_a_grant_is_refused(parts, word):
    """The error says which part is wrong, and how it is written."""
    with pytest.raises(RequestError, match=word):
        Grant(*parts)


def test_the_switches_are_given_as_what_they_are():
    """A dict is refused, with the way to write it."""
    block = PublicAccessBlock(restrict_public_buckets=True)

    assert Layers(public_access_block=block).public_access_block is block
    with pytest.raises(RequestError, match="PublicAccessBlock"):
        Layers(public_access_block={"restrict_public_buckets": True})
