"""All policies of a world by name: what they are, and how another document takes their place."""

import pytest

from iamlab import ExerciseError, Policy
from iamlab.teach import observatory, scenario
from iamlab.teach.write import findings
from iamlab.world.policy_places import PolicyPlace, arranged, policy_places


def test_every_kind_of_policy_is_listed():
    """Managed, inline and trust policies, those of resources, and SCPs and RCPs; not AWS's own."""
    found = {name: place.policy_type for name, place, _ in policy_places(observatory())}

    assert found["acme-main policy star-maps-read"] == "identity"
    assert found["acme-main group contractors: guard"] == "identity"
    assert found["acme-main role auditor: trust policy"] == "trust"
    assert found["acme-data bucket star-archive"] == "resource"
    assert (found["SCP region-guard"], found["RCP tls-only"]) == ("scp", "rcp")
    assert not [name for name in found if "FullAWSAccess" in name or "AmazonS3" in name]


def test_another_document_takes_the_place_of_each():
    """It is read again from the same place, and has the type and service that it is checked for."""
    world = observatory()
    for name, place, document in policy_places(world):
        document.validate(place.policy_type, place.service)
        label = document.statements[0].label
        place.put(arranged(document, [label]))
        world.changed()

        again = {own: policy for own, _, policy in policy_places(world)}
        assert [own.label for own in again[name].statements] == [label]
    assert observatory().diff(world)


def test_a_place_can_be_empty():
    """It has no document until a policy is put there."""
    user = scenario("groups").user("alice")
    place = PolicyPlace(user, "new")
    assert place.document is None
    place.put(Policy.allow("s3:GetObject"))
    assert list(user.inline) == ["new"]
    with pytest.raises(ExerciseError, match="no statement"):
        arranged(place.document, ["Nothing"])


def test_a_linter_reads_the_policies_of_an_organization_too():
    """An SCP with a redundant action has a finding."""
    world = observatory()
    [organization] = world.organizations.values()
    document = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "iam:PassRol", "Resource": "*"}]}  # fmt: skip
    policy = next(own for own in organization.policies.values() if own.name == "region-guard")
    PolicyPlace(policy).put(Policy.parse(document))

    assert "SCP region-guard" in {name for name, _ in findings(world)}
