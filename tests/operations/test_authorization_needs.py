"""The requests of IAM with the boundary of their user or role."""

import pytest

from iamlab import Policy, World
from iamlab.errors import AccessDenied
from iamlab.operations.authorization_needs import WITH_BOUNDARY
from iamlab.policy import catalog
from tests.policy.documents import trust


def test_the_operations_are_those_of_the_catalogue() -> None:
    """Wherever the Service Authorization Reference lists the key, and nowhere else."""
    every = catalog.actions_of("iam").values()
    listed = {item.name for item in every if "iam:PermissionsBoundary" in item.condition_keys}
    assert listed == WITH_BOUNDARY


def test_a_trust_policy_is_written_only_where_the_boundary_is() -> None:
    """Delegation by a boundary covers trust policies too."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    limit = main.create_policy("limit", Policy.allow("s3:*"))
    dana = main.create_user("dana")
    when = {"ArnEquals": {"iam:PermissionsBoundary": limit.arn}}
    dana.put_policy("own", Policy.allow("iam:UpdateAssumeRolePolicy", when=when))
    document = trust({"AWS": dana.arn})
    for name in ("free", "bound"):
        main.create_role(name, assume_role_policy_document=trust({"AWS": "111111111111"}))
    main.roles["bound"].put_permissions_boundary(limit)
    text = Policy.parse(document).text
    main.call("UpdateAssumeRolePolicy", dana, RoleName="bound", PolicyDocument=text)
    with pytest.raises(AccessDenied):
        main.call("UpdateAssumeRolePolicy", dana, RoleName="free", PolicyDocument=text)
