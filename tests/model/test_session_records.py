"""Whose permissions a session has."""

from __future__ import annotations

import pytest

from iamlab.cloudtrail.event_fields import id_in, issuer_of
from iamlab.model.credentials import role_of_session


@pytest.mark.parametrize(
    ("arn", "role"),
    [
        ("arn:aws:sts::1:assumed-role/app/job", "arn:aws:iam::1:role/app"),
        ("arn:aws-cn:sts::1:assumed-role/app/job", "arn:aws-cn:iam::1:role/app"),
        ("arn:aws:sts::1:assumed-role/app", "arn:aws:iam::1:role/app"),
        ("arn:aws:iam::1:role/app", ""),
        ("arn:aws:sts::1:federated-user/ana", ""),
        ("arn:aws:s3:::maps/x:assumed-role/app/job", ""),
        ("", ""),
    ],
)
def test_the_arn_of_a_session_names_its_role(arn: str, role: str) -> None:
    """And nothing else does, though it may have the word in it."""
    assert role_of_session(arn) == role


def test_who_issued_a_session_is_read_and_anything_else_is_oneself() -> None:
    """A record from elsewhere may have anything in the place of the issuer."""
    role = {"type": "Role", "principalId": "AROAEXAMPLE"}
    for context in ({}, None, "x", {"sessionIssuer": {}}, {"sessionIssuer": "x"}):
        whole = {"type": "IAMUser", "sessionContext": context}
        assert issuer_of(whole) is whole
    session = {"principalId": "AROAEXAMPLE:job", "sessionContext": {"sessionIssuer": role}}

    assert issuer_of(session) is role
    assert id_in(session) == id_in(role) == "AROAEXAMPLE"
    assert id_in({}) == ""
