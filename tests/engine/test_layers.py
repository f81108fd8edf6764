"""What may stand in a layer, and how a mistake is told."""

import pytest

from iamlab import Layers, Policy, RequestError

POLICY = Policy.parse({"Statement": []}, name="p")


@pytest.mark.parametrize("wrong", [POLICY, {"Statement": []}, '{"Statement": []}'])
def test_one_policy_where_a_list_is_wanted_is_refused_with_the_mend(wrong):
    """The commonest slip: to forget the brackets."""
    with pytest.raises(RequestError, match=r"write \[policy\]"):
        Layers(identity=wrong)


@pytest.mark.parametrize("layer", ["resource", "boundary"])
def test_a_bare_document_is_refused_with_the_way_to_make_a_policy(layer):
    """A dict is no policy until it is parsed."""
    with pytest.raises(RequestError, match=r"Policy\.parse"):
        Layers(**{layer: {"Statement": []}})
    with pytest.raises(RequestError, match=r"Policy\.parse"):
        Layers(identity=[{"Statement": []}])
