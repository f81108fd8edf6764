"""What a world saves is what AWS would save; a refusal says all, and changes nothing."""

import json
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import (
    AwsError,
    LimitExceeded,
    MalformedPolicy,
    MalformedPolicyDocument,
    ValidationError,
)
from iamlab.world.account import Account
from tests.policy.documents import allow, document

OWN = "111111111111"
EC2 = {
    "Effect": "Allow",
    "Principal": {"Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
MAPS = "arn:aws:s3:::star-maps"


def long(characters: int) -> dict[str, Any]:
    """A document of just so many characters, white space outside strings not counted."""
    text = document(allow("s3:GetObject", "arn:aws:s3:::"))
    empty = len(str(text).replace(" ", ""))
    return document(allow("s3:GetObject", "arn:aws:s3:::" + "k" * (characters - empty)))


@pytest.fixture
def main() -> Account:
    """An account with one thing of each kind that keeps policies."""
    account = World(seed=3).create_account("main", account_id=OWN)
    account.create_user("ana")
    account.create_group("team")
    account.create_role("job", assume_role_policy_document=document(EC2))
    account.create_policy("own", long(200))
    account.create_bucket("star-maps")
    return account


SAVES = {
    "an inline policy": lambda a, d: a.users["ana"].put_policy("p", d),
    "a managed policy": lambda a, d: a.create_policy("p", d),
    "a version": lambda a, d: a.policies["own"].create_version(d),
    "a trust policy": lambda a, d: a.roles["job"].update_assume_role_policy(d),
    "a role": lambda a, d: a.create_role("other", assume_role_policy_document=d),
    "a bucket policy": lambda a, d: a.buckets["star-maps"].put_policy(d),
    "a bucket": lambda a, d: a.create_bucket("other", policy=d),
}
OF_IAM = [name for name in SAVES if "bucket" not in name]


def content(account: Account) -> str:
    """All that an account holds, as text."""
    parts = (account.users, account.groups, account.roles, account.policies, account.buckets)
    return repr([{key: vars_of(value) for key, value in part.items()} for part in parts])


def vars_of(item: Any) -> list[object]:
    """The fields of an identity, a policy or a bucket, but not the account it is in."""
    return [getattr(item, name) for name in item.__dataclass_fields__ if name != "account"]


@pytest.mark.parametrize("how", SAVES)
@pytest.mark.parametrize(
    "text", ["{", "[]", {"Version": "2012-10-17", "Statement": [{"Effect": "allow"}]}]
)
def test_what_is_not_a_policy_is_never_saved(how: str, text: Any, main: Account) -> None:
    """The service answers in its own words, the notes say where and how to fix it."""
    before = content(main)

    with pytest.raises(MalformedPolicy if "bucket" in how else MalformedPolicyDocument) as caught:
        SAVES[how](main, text)

    assert "$" in caught.value.__notes__[0]
    assert content(main) == before


@pytest.mark.parametrize("how", SAVES)
def test_all_reasons_are_shown_at_once(how: str, main: Account) -> None:
    """AWS tells one; the notes have them all."""
    wrong = document(
        allow("nocolon", "no-arn", Principal={"AWS": "arn:aws:iam::1:group/g"}),
        allow("also", "none"),
    )

    with pytest.raises(AwsError) as caught:
        SAVES[how](main, wrong)

    assert len(caught.value.__notes__) >= 3
    assert len(set(caught.value.__notes__)) == len(caught.value.__notes__)


@pytest.mark.parametrize(("kind", "limit"), [("user", 2048), ("group", 5120), ("role", 10_240)])
def test_all_inline_policies_of_an_identity_share_one_limit(
    kind: str, limit: int, main: Account
) -> None:
    """White space does not count; a policy that is written anew counts once."""
    holder: Any = {
        "user": main.users["ana"],
        "group": main.groups["team"],
        "role": main.roles["job"],
    }[kind]
    holder.put_policy("first", long(limit - 500))
    holder.put_policy("second", long(500))
    holder.put_policy("first", long(limit - 500))

    with pytest.raises(LimitExceeded) as caught:
        holder.put_policy("third", long(120))
    with pytest.raises(LimitExceeded):
        holder.put_policy("second", long(501))

    assert caught.value.message == (
        f"Maximum policy size of {limit} bytes exceeded for {kind} {holder.name}"
    )
    assert set(holder.inline) == {"first", "second"}


def test_a_managed_policy_has_a_limit_of_its_own(main: Account) -> None:
    """However many there are."""
    main.create_policy("long", long(6144))

    with pytest.raises(LimitExceeded, match="Cannot exceed quota for PolicySize: 6144"):
        main.create_policy("longer", long(6145))


def test_a_trust_policy_has_a_smaller_one(main: Account) -> None:
    """The quota's name is an old one."""
    trust = document(EC2 | {"Condition": {"StringEquals": {"aws:SourceArn": "x" * 2048}}})

    with pytest.raises(LimitExceeded, match="Cannot exceed quota for ACLSizePerRole: 2048"):
        main.roles["job"].update_assume_role_policy(trust)


@pytest.mark.parametrize("how", OF_IAM)
def test_iam_refuses_characters_that_no_policy_may_have(how: str, main: Account) -> None:
    """Before it reads the document."""
    text = document({**EC2, "Condition": {"StringEquals": {"aws:PrincipalTag/a": "\u2713"}}})

    with pytest.raises(ValidationError, match="failed to satisfy constraint"):
        SAVES[how](main, json.dumps(text, ensure_ascii=False))


def test_iam_saves_what_does_not_exist(main: Account) -> None:
    """An action, a service, a resource, a key: they simply never match."""
    odd = allow("nothing:DoesNotExist", "arn:aws:nothing:::x")
    main.users["ana"].put_policy(
        "odd", document(odd | {"Condition": {"StringEquals": {"nothing:Key": "x"}}})
    )

    assert main.users["ana"].inline["odd"].statements[0].action == ("nothing:DoesNotExist",)
