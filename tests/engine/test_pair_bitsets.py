"""PairBitsets as bits: what is not reached through the matrix."""

from iamlab import Policy
from iamlab.engine.pair_bitsets import PairBitsets


def test_a_statement_without_resource_matches_no_resource():
    """Whether the place of a statement lets it do without is decided elsewhere."""
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*"}}
    (statement,) = Policy.parse(document).statements
    pairs = PairBitsets([("s3:GetObject", "arn:aws:s3:::bk/k")])

    assert pairs.by_resource(statement, lambda _: None) == 0
    assert pairs.by_action(statement) == pairs.full
