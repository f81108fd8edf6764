"""Sessions of pods and of certificates: EKS Pod Identity and IAM Roles Anywhere.

AWS pages: "Learn how EKS Pod Identity grants pods access to AWS services"; "Grant Pods access to
AWS resources based on tags"; "The IAM Roles Anywhere trust model".
"""

from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, RequestError, ValidationError
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from tests.policy.documents import allow, document

OWN = "111111111111"
PODS, ANYWHERE = "pods.eks.amazonaws.com", "rolesanywhere.amazonaws.com"
CLUSTER = f"arn:aws:eks:eu-west-1:{OWN}:cluster/prod"
ANCHOR = f"arn:aws:rolesanywhere:eu-west-1:{OWN}:trust-anchor/t1"
SHOP = {"kubernetes-namespace": "shop", "kubernetes-service-account": "cart"}
ASSUME, TAG, NAME = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"


@pytest.fixture
def main() -> Account:
    """An account, alone in its world."""
    return World(seed=4).create_account("main", account_id=OWN)


def trusting(service: str, *actions: str, **more: Any) -> Any:
    """Write a trust policy that lets a service do some actions."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions)}
    return document({**statement, **more})


def assume(account: Account, service: str, trust: Any, **more: Any) -> Session:
    """Let a service take a role with a trust policy."""
    role = account.create_role("worker", assume_role_policy_document=trust)
    return account.world.sts.assume_role_as_service(service, role_arn=role, **more)


def test_a_pods_session_has_six_transitive_tags(main: Account) -> None:
    """Cluster, namespace, service account and pod."""
    session = assume(main, PODS, trusting(PODS, ASSUME, TAG), source_arn=CLUSTER, tags=SHOP)

    assert set(session.tags) == {
        *("eks-cluster-arn", "eks-cluster-name", "kubernetes-namespace"),
        *("kubernetes-service-account", "kubernetes-pod-name", "kubernetes-pod-uid"),
    }
    assert session.tags["eks-cluster-arn"] == CLUSTER
    assert session.tags["eks-cluster-name"] == "prod"
    assert SHOP.items() <= session.tags.items()
    assert set(session.transitive_tag_keys) == set(session.tags)
    assert session.arn.startswith(f"arn:aws:sts::{OWN}:assumed-role/worker/eks-prod-")
    assert session.source_identity == ""


def test_a_pods_tags_pass_to_the_next_role(main: Account) -> None:
    """So the second role sees the namespace, too."""
    session = assume(main, PODS, trusting(PODS, ASSUME, TAG), source_arn=CLUSTER, tags=SHOP)
    who = {"AWS": session.role_arn}
    trust = document({"Effect": "Allow", "Principal": who, "Action": [ASSUME, TAG]})
    target = main.create_role("target", assume_role_policy_document=trust)
    main.roles["worker"].put_policy("chain", document(allow(ASSUME), allow(TAG)))

    second = main.world.sts.assume_role(session, role_arn=target, role_session_name="second")

    assert second.tags == session.tags


@pytest.mark.parametrize(
    ("service", "actions", "missing"),
    [
        (PODS, (ASSUME,), TAG),
        (PODS, (TAG,), ASSUME),
        (ANYWHERE, (ASSUME,), TAG),
        (ANYWHERE, (ASSUME, TAG), NAME),
        (ANYWHERE, (ASSUME, NAME), TAG),
    ],
)
def test_the_trust_policy_must_allow_what_the_service_sends(
    main: Account, service: str, actions: tuple[str, ...], missing: str
) -> None:
    """The denial names the action, and no session is made."""
    with pytest.raises(AccessDenied) as caught:
        assume(main, service, trusting(service, *actions))

    assert caught.value.decision is not None
    assert caught.value.decision.request.action == missing
    assert f"must allow {missing} for" in caught.value.__notes__[0]
    assert not main.world.sessions


@pytest.mark.parametrize("namespace", ["shop", "test"])
def test_a_trust_policy_can_ask_for_the_namespace(main: Account, namespace: str) -> None:
    """As a tag of the request."""
    condition = {"StringEquals": {"aws:RequestTag/kubernetes-namespace": "shop"}}
    trust = trusting(PODS, ASSUME, TAG, Condition=condition)

    def take() -> Session:
        return assume(main, PODS, trust, tags={"kubernetes-namespace": namespace})

    if namespace == "shop":
        assert take().tags["kubernetes-namespace"] == "shop"
    else:
        with pytest.raises(AccessDenied):
            take()


def test_a_policy_can_ask_for_the_namespace_of_the_pod(main: Account) -> None:
    """As a tag of the principal."""
    session = assume(main, PODS, trusting(PODS, ASSUME, TAG), tags=SHOP)
    folder = "arn:aws:s3:::maps/${aws:PrincipalTag/kubernetes-namespace}/*"
    main.roles["worker"].put_policy("own", document(allow("s3:GetObject", folder)))

    assert main.world.can(session, "s3:GetObject", "arn:aws:s3:::maps/shop/x")
    assert not main.world.can(session, "s3:GetObject", "arn:aws:s3:::maps/test/x")


def test_a_certificate_is_the_source_identity_and_its_fields_are_tags(main: Account) -> None:
    """They don't pass to the next role; the source identity does."""
    trust = trusting(ANYWHERE, ASSUME, TAG, NAME)
    fields = {"x509Subject/CN": "build-7", "x509Subject/OU": "ci", "x509Issuer/CN": "Acme CA"}

    session = assume(main, ANYWHERE, trust, source_arn=ANCHOR, tags=fields)

    assert session.tags == fields
    assert session.transitive_tag_keys == ()
    assert session.source_identity == "build-7"
    request = main.world.can(session, "s3:GetObject", "*").request
    assert request.value("aws:SourceIdentity") == "build-7"
    assert request.value("aws:PrincipalTag/x509Subject/OU") == "ci"


@pytest.mark.parametrize(
    "key", ["aws:PrincipalTag/x509Subject/OU", "aws:RequestTag/x509Subject/OU"]
)
@pytest.mark.parametrize("unit", ["ci", "other"])
def test_a_trust_policy_can_ask_for_the_certificate(main: Account, key: str, unit: str) -> None:
    """AWS's page has it as a tag of the principal."""
    condition = {"StringEquals": {key: "ci"}, "ArnEquals": {"aws:SourceArn": ANCHOR}}
    trust = trusting(ANYWHERE, ASSUME, TAG, NAME, Condition=condition)

    def take() -> Session:
        tags = {"x509Subject/CN": "build-7", "x509Subject/OU": unit}
        return assume(main, ANYWHERE, trust, source_arn=ANCHOR, tags=tags)

    if unit == "ci":
        assert take().source_identity == "build-7"
    else:
        with pytest.raises(AccessDenied):
            take()


def test_a_pods_trust_policy_sees_no_tags_of_the_principal(main: Account) -> None:
    """The service has none: only Roles Anywhere shows them before."""
    condition = {"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "shop"}}

    with pytest.raises(AccessDenied):
        assume(main, PODS, trusting(PODS, ASSUME, TAG, Condition=condition), tags=SHOP)


@pytest.mark.parametrize(
    ("service", "tag"),
    [
        (PODS, "team"),
        (PODS, "x509Subject/CN"),
        (ANYWHERE, "kubernetes-namespace"),
        (ANYWHERE, "x509Subject"),
        ("lambda.amazonaws.com", "team"),
    ],
)
def test_a_service_sends_no_other_tags(main: Account, service: str, tag: str) -> None:
    """The caller can't choose them."""
    with pytest.raises(RequestError, match="doesn't send the session tag"):
        assume(main, service, trusting(service, ASSUME, TAG, NAME), tags={tag: "x"})


def test_a_common_name_that_isnt_a_source_identity_is_refused(main: Account) -> None:
    """STS has a form for it."""
    with pytest.raises(ValidationError, match="sourceIdentity"):
        assume(
            main, ANYWHERE, trusting(ANYWHERE, ASSUME, TAG, NAME), tags={"x509Subject/CN": "a b"}
        )
    assert not main.world.sessions


def test_other_services_need_no_more_than_before(main: Account) -> None:
    """They send no tags."""
    session = assume(main, "ecs-tasks.amazonaws.com", trusting("ecs-tasks.amazonaws.com", ASSUME))

    assert session.tags == {}
    assert session.source_identity == ""
