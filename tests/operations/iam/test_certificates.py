"""Certificates, SSH keys, service passwords: kept by their form, shown once, in the way later."""

import copy
import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AwsError,
    DeleteConflict,
    DuplicateCertificate,
    DuplicateSSHPublicKey,
    EntityAlreadyExists,
    InvalidInput,
    InvalidPublicKey,
    KeyPairMismatch,
    LimitExceeded,
    MalformedCertificate,
    NoSuchEntity,
    ValidationError,
)
from iamlab.model import user_credentials as pem
from iamlab.model.providers import ServerCertificate
from iamlab.model.user_credentials import PublicKey
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.growth import grows_linearly
from tests.model.world_contents import snapshot
from tests.operations.iam.key_material import (
    CERTIFICATE,
    EC_PUBLIC_KEY,
    ED25519_KEY,
    FINGERPRINT,
    LOCKED_PRIVATE_KEY,
    LONG_CERTIFICATE,
    OTHER_PRIVATE_KEY,
    PRIVATE_KEY,
    PUBLIC_KEY,
    RSA_PUBLIC_KEY,
    SMALL_KEY,
    SSH_KEY,
)
from tests.operations.iam.key_material import pem as written
from tests.policy.documents import allow, document

ID = "111111111111"
START = f"arn:aws:iam::{ID}"
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
CODE, API = "codecommit.amazonaws.com", "bedrock.amazonaws.com"


@pytest.fixture
def main() -> Account:
    """An account with a certificate, and two users."""
    account = World(seed=8).create_account("main", account_id=ID)
    account.create_user("ana")
    account.create_user("bob")
    account.upload_server_certificate(
        "star-maps",
        CERTIFICATE,
        PRIVATE_KEY,
        certificate_chain=CERTIFICATE * 2,
        path="/cloudfront/",
        tags={"team": "sky"},
    )
    return account


@pytest.fixture
def ana(main: Account) -> User:
    """Who has nothing yet."""
    return main.users["ana"]


def own(main: Account) -> ServerCertificate:
    """The certificate."""
    [certificate] = main.server_certificates.values()
    return certificate


# -- of servers ----------------------------------------------------------------------------------


def test_a_server_certificate_is_answered_as_aws_does(main: Account) -> None:
    """All but the key, and with its end."""
    sent = {"ServerCertificateName": "STAR-maps"}
    found = main.call("GetServerCertificate", main.root_arn, **sent)["ServerCertificate"]
    assert found == {
        "ServerCertificateMetadata": {
            "Path": "/cloudfront/",
            "ServerCertificateName": "star-maps",
            "ServerCertificateId": own(main).unique_id,
            "Arn": f"{START}:server-certificate/cloudfront/star-maps",
            "UploadDate": NOW,
            "Expiration": datetime(2027, 11, 1, 12, tzinfo=UTC),
        },
        "CertificateBody": CERTIFICATE,
        "CertificateChain": CERTIFICATE * 2,
        "Tags": [{"Key": "team", "Value": "sky"}],
    }
    assert own(main).unique_id.startswith("ASCA")

    listed = main.call("ListServerCertificates", main.root_arn, PathPrefix="/cloud")

    assert listed["ServerCertificateMetadataList"] == [found["ServerCertificateMetadata"]]


def test_a_private_key_is_nowhere_to_be_found(main: Account) -> None:
    """Not in the world, not in its log."""
    secret = PRIVATE_KEY.split("\n")[1]
    events = json.dumps([event.to_dict() for event in main.world.events])

    assert "uploadservercertificate" in events.lower()
    assert secret not in events + repr(snapshot(main.world))


def test_a_renamed_certificate_keeps_its_id_and_place(main: Account) -> None:
    """Name and path are new, and so is the ARN."""
    main.upload_server_certificate("other", LONG_CERTIFICATE, PRIVATE_KEY)
    certificate = main.server_certificates["star-maps"]
    before = certificate.unique_id

    certificate.update(new_server_certificate_name="maps", new_path="/")

    assert certificate.arn == f"{START}:server-certificate/maps"
    assert certificate.unique_id == before
    assert list(main.server_certificates) == ["maps", "other"]
    certificate.update(new_server_certificate_name="Maps")
    assert list(main.server_certificates) == ["Maps", "other"]


def test_to_rename_a_certificate_needs_permission_for_both_names(main: Account) -> None:
    """The old one and the new one."""
    dana = main.create_user("dana")
    here = f"{START}:server-certificate/cloudfront"
    dana.put_policy("old", document(allow("iam:UpdateServerCertificate", f"{here}/star-maps")))
    sent = {"ServerCertificateName": "star-maps", "NewServerCertificateName": "maps"}
    with pytest.raises(AccessDenied) as refused:
        main.call("UpdateServerCertificate", dana, **sent)
    assert f"on resource: {here}/maps because" in refused.value.message

    dana.put_policy("new", document(allow("iam:UpdateServerCertificate", f"{here}/maps")))
    main.call("UpdateServerCertificate", dana, **sent)

    assert "maps" in main.server_certificates
    with pytest.raises(AccessDenied):
        main.call("UpdateServerCertificate", dana, ServerCertificateName="none")


def test_tags_of_certificates_are_listed(main: Account) -> None:
    """Set, taken away, and listed."""
    own(main).tag({"a": "1"})
    own(main).untag(["team"])

    sent = {"ServerCertificateName": "star-maps"}
    listed = main.call("ListServerCertificateTags", main.root_arn, **sent)

    assert listed["Tags"] == [{"Key": "a", "Value": "1"}]


def test_a_certificate_that_is_deleted_is_gone(main: Account) -> None:
    """There is room for another one of its name."""
    own(main).delete()
    main.upload_server_certificate("star-maps", LONG_CERTIFICATE, PRIVATE_KEY)

    assert own(main).expiration == datetime(2055, 11, 1, 12, tzinfo=UTC)
    assert own(main).chain is None


# -- forms ---------------------------------------------------------------------------------------


NO_PEM = {
    "nothing": "",
    "text": "certificate",
    "no end": CERTIFICATE.replace("-----END CERTIFICATE-----", ""),
    "another end": CERTIFICATE.replace("END CERTIFICATE", "END KEY"),
    "no base64": written("CERTIFICATE", "%%%%"),
    "empty": written("CERTIFICATE", ""),
    "a key": PRIVATE_KEY,
}


@pytest.mark.parametrize("case", NO_PEM)
def test_what_is_not_a_certificate_is_refused_with_the_reason(case: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(ValueError, match=r"\w"):
        pem.certificates(NO_PEM[case])


def test_a_long_chain_takes_no_time() -> None:
    """Up to two million characters, the most that the API takes."""
    for part, most in ((CERTIFICATE, 3_000), ("-----BEGIN CERTIFICATE-----\n", 70_000)):

        def work(size: int, part: str = part) -> Callable[[], None]:
            def read() -> None:
                with suppress(ValueError):
                    pem.certificates(part * size)

            return read

        assert grows_linearly(work, most // 4)


@pytest.mark.parametrize("text", [SSH_KEY, PUBLIC_KEY, RSA_PUBLIC_KEY, f"\n{SSH_KEY}\n"])
def test_a_public_key_is_the_same_in_every_form(text: str) -> None:
    """As OpenSSH writes them; the comment does not belong to it."""
    key = PublicKey.read(text)

    assert key == PublicKey.read(SSH_KEY)
    assert key.fingerprint == FINGERPRINT
    assert key.to_ssh() == SSH_KEY.rpartition(" ")[0]
    assert key.to_pem() == PUBLIC_KEY


NO_KEY = {
    "nothing": "",
    "another kind": ED25519_KEY,
    "too small": SMALL_KEY,
    "not of RSA": EC_PUBLIC_KEY,
    "a certificate": CERTIFICATE,
    "a private key": PRIVATE_KEY,
    "no key": "ssh-rsa",
    "a word glued on": SSH_KEY.replace("ssh-rsa", "ssh-rsax"),
    "no base64": "ssh-rsa %%%%",
    "cut off": " ".join(SSH_KEY.split()[:2])[:-40],
    "in other words": "ssh-rsa " + ED25519_KEY.split()[1],
    "empty PEM": written("PUBLIC KEY", "MAA="),
    "no numbers": written("RSA PUBLIC KEY", "MAA="),
    "no kind": written("PUBLIC KEY", "MAQwAAMA"),
}


@pytest.mark.parametrize("case", NO_KEY)
def test_what_is_not_a_public_key_is_refused(case: str, ana: User) -> None:
    """With the reason below the sentence."""
    before = snapshot(ana.account.world)

    with pytest.raises((InvalidPublicKey, ValidationError)) as caught:
        ana.upload_ssh_public_key(NO_KEY[case])

    if case != "nothing":
        assert caught.value.__notes__[0].startswith("It must be an RSA key")
    assert snapshot(ana.account.world) == before


@given(st.text(max_size=60))
def test_no_public_key_breaks_the_reader(text: str) -> None:
    """Whatever is behind the kind."""
    for whole in (f"ssh-rsa {text}", text, written("PUBLIC KEY", text)):
        with pytest.raises(ValueError, match=r"\w"):
            PublicKey.read(whole)


# -- of users ------------------------------------------------------------------------------------


def test_a_signing_certificate_can_be_switched_off_and_deleted(main: Account, ana: User) -> None:
    """Its id has no prefix; its body stays as it was sent."""
    made = ana.upload_signing_certificate(CERTIFICATE)
    ana.update_signing_certificate(made.certificate_id, "Inactive")

    listed = main.call("ListSigningCertificates", ana.account.root_arn, UserName="ana")

    assert listed["Certificates"] == [
        {
            "UserName": "ana",
            "CertificateId": made.certificate_id,
            "CertificateBody": CERTIFICATE,
            "Status": "Inactive",
            "UploadDate": NOW,
        }
    ]
    assert (len(made.certificate_id), made.certificate_id[-7:]) == (32, "EXAMPLE")
    ana.delete_signing_certificate(made.certificate_id)
    assert ana.signing_certificates == {}


def test_an_ssh_key_is_answered_in_the_form_that_is_asked_for(main: Account, ana: User) -> None:
    """In that in which it was uploaded, with its comment."""
    ssh = ana.upload_ssh_public_key(SSH_KEY)
    assert ssh.fingerprint == FINGERPRINT
    in_pem = main.users["bob"].upload_ssh_public_key(RSA_PUBLIC_KEY)
    bodies = []
    for name, key in (("ana", ssh), ("bob", in_pem)):
        for encoding in ("SSH", "PEM"):
            sent = {"SSHPublicKeyId": key.ssh_public_key_id, "Encoding": encoding}
            found = main.call("GetSSHPublicKey", main.root_arn, UserName=name, **sent)
            bodies.append(found["SSHPublicKey"]["SSHPublicKeyBody"])

    assert bodies == [SSH_KEY, PUBLIC_KEY, SSH_KEY.rpartition(" ")[0], RSA_PUBLIC_KEY]
    assert ssh.ssh_public_key_id.startswith("APKA")


def test_an_ssh_key_can_be_switched_off_and_deleted(main: Account, ana: User) -> None:
    """A list tells neither body nor fingerprint."""
    made = ana.upload_ssh_public_key(SSH_KEY)
    ana.update_ssh_public_key(made.ssh_public_key_id, "Inactive")

    listed = main.call("ListSSHPublicKeys", main.root_arn, UserName="ana")

    assert listed["SSHPublicKeys"] == [
        {
            "UserName": "ana",
            "SSHPublicKeyId": made.ssh_public_key_id,
            "Status": "Inactive",
            "UploadDate": NOW,
        }
    ]
    ana.delete_ssh_public_key(made.ssh_public_key_id)
    assert ana.ssh_public_keys == {}


def test_a_service_password_is_shown_once(main: Account, ana: User) -> None:
    """What the account keeps, lists, copies and logs has none."""
    made = ana.create_service_specific_credential(CODE)
    again = ana.reset_service_specific_credential(made.service_specific_credential_id)
    secrets = [made.password, again.password]
    assert None not in secrets
    assert secrets[0] != secrets[1]

    listed = main.call("ListServiceSpecificCredentials", main.root_arn, UserName="ana")
    seen = [
        listed,
        repr(made),
        str(again),
        snapshot(main.world),
        [event.to_dict() for event in main.world.events],
        copy.copy(made).password,
        copy.deepcopy(made).password,
        pickle.dumps(made),
    ]

    assert not [item for item in seen if any(str(secret) in repr(item) for secret in secrets)]
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - it was made a line before
    assert made.service_specific_credential_id.startswith("ACCA")


def test_a_service_password_is_answered_once_by_the_api(main: Account) -> None:
    """With the name to sign in with: the user's and the account's."""
    sent = {"UserName": "ana", "ServiceName": CODE}
    made = main.call("CreateServiceSpecificCredential", main.root_arn, **sent)
    found = made["ServiceSpecificCredential"]
    secret = found.pop("ServicePassword")

    listed = main.call("ListServiceSpecificCredentials", main.root_arn, UserName="ana")

    assert secret.endswith("EXAMPLEKEY")
    assert found["ServiceUserName"] == f"ana-at-{ID}"
    assert listed["ServiceSpecificCredentials"] == [found]


def test_an_api_key_expires(main: Account, ana: User) -> None:
    """After so many days, if any were said."""
    made = ana.create_service_specific_credential(API, credential_age_days=2)
    ana.create_service_specific_credential(API)
    sent = {"UserName": "ana", "ServiceName": API}

    def statuses() -> list[str]:
        found = main.call("ListServiceSpecificCredentials", main.root_arn, **sent)
        return [
            service_specific_credential["Status"]
            for service_specific_credential in found["ServiceSpecificCredentials"]
        ]

    assert made.expiration_date == NOW + timedelta(days=2)
    main.world.clock.advance(days=2, seconds=-1)
    assert statuses() == ["Active", "Active"]
    main.world.clock.advance(seconds=1)
    assert statuses() == ["Expired", "Active"]


def test_an_api_key_has_an_alias_and_a_secret(main: Account) -> None:
    """In place of a user name and a password."""
    sent = {"UserName": "ana", "ServiceName": API, "CredentialAgeDays": 30}
    made = main.call("CreateServiceSpecificCredential", main.root_arn, **sent)
    found = made["ServiceSpecificCredential"]

    assert found["ServiceCredentialAlias"] == f"ana-at-{ID}"
    assert found["ServiceCredentialSecret"].endswith("EXAMPLEKEY")
    assert not {"ServiceUserName", "ServicePassword"} & set(found)


def test_names_to_sign_in_with_are_unique_and_stay(main: Account, ana: User) -> None:
    """Also when a user is renamed and another one takes the name."""
    first = ana.create_service_specific_credential(CODE)
    second = ana.create_service_specific_credential(CODE)
    ana.update(new_user_name="anna")
    third = main.create_user("ana").create_service_specific_credential(CODE)

    kept = ana.service_specific_credentials[first.service_specific_credential_id]
    assert [session.user_name for session in (kept, second, third)] == [
        *(f"ana-at-{ID}", f"ana+1-at-{ID}", f"ana+2-at-{ID}"),
    ]
    assert ana.create_service_specific_credential(API).user_name == f"anna-at-{ID}"


def test_a_service_password_can_be_switched_off_and_deleted(ana: User) -> None:
    """A reset changes nothing of that."""
    made = ana.create_service_specific_credential(CODE)
    key = made.service_specific_credential_id
    ana.update_service_specific_credential(key, "Inactive")
    assert ana.reset_service_specific_credential(key).status == "Inactive"
    assert ana.service_specific_credentials[key].status == "Inactive"

    ana.delete_service_specific_credential(key)

    assert ana.service_specific_credentials == {}


def test_all_users_are_listed_to_who_may_list_all(main: Account, ana: User) -> None:
    """Permission for oneself is not enough."""
    bob = main.users["bob"]
    for user in (ana, bob):
        user.create_service_specific_credential(CODE)
    ana.create_service_specific_credential(API)
    listing = "iam:ListServiceSpecificCredentials"
    bob.put_policy("own", document(allow(listing, bob.arn)))
    own_only = main.call("ListServiceSpecificCredentials", bob)
    assert [
        service_specific_credential["UserName"]
        for service_specific_credential in own_only["ServiceSpecificCredentials"]
    ] == ["bob"]
    with pytest.raises(AccessDenied):
        main.call("ListServiceSpecificCredentials", bob, AllUsers=True, ServiceName=CODE)

    bob.put_policy("all", document(allow(listing)))
    found = main.call("ListServiceSpecificCredentials", bob, AllUsers=True, ServiceName=CODE)

    assert [
        service_specific_credential["UserName"]
        for service_specific_credential in found["ServiceSpecificCredentials"]
    ] == ["ana", "bob"]


def test_policies_may_tie_service_passwords_to_a_service(main: Account) -> None:
    """And API keys to an age."""
    dana = main.create_user("dana")
    service = "iam:ServiceSpecificCredentialServiceName"
    tied = {
        "StringEquals": {service: API},
        "NumericLessThanEquals": {"iam:ServiceSpecificCredentialAgeDays": "90"},
    }
    dana.put_policy("keys", document(allow("iam:*ServiceSpecificCredential", Condition=tied)))
    sent = {"UserName": "ana", "ServiceName": API}

    main.call("CreateServiceSpecificCredential", dana, **sent, CredentialAgeDays=90)

    for refused in ({**sent, "CredentialAgeDays": 91}, sent, {**sent, "ServiceName": CODE}):
        with pytest.raises(AccessDenied):
            main.call("CreateServiceSpecificCredential", dana, **refused)


@pytest.mark.parametrize(
    ("give", "sentence"),
    [
        (lambda user: user.upload_signing_certificate(CERTIFICATE), "delete certificates"),
        (lambda user: user.upload_ssh_public_key(SSH_KEY), "remove referenced objects"),
        (
            lambda user: user.create_service_specific_credential(CODE),
            "remove referenced objects",
        ),
    ],
)
def test_what_a_user_has_must_go_before_the_user(
    give: Callable[[User], Any], sentence: str, main: Account, ana: User
) -> None:
    """In AWS's words; who has nothing can go."""
    give(ana)

    with pytest.raises(DeleteConflict, match=f"Cannot delete entity, must {sentence} first."):
        ana.delete()
    assert "ana" in main.users
    main.create_user("zoe").delete()


def test_a_copy_of_the_world_has_certificates_of_its_own(main: Account, ana: User) -> None:
    """What changes in one is not seen in the other."""
    signing = ana.upload_signing_certificate(CERTIFICATE)
    ssh, service = ana.upload_ssh_public_key(SSH_KEY), ana.create_service_specific_credential(CODE)
    before = snapshot(main.world)
    twin = main.world.copy().accounts[ID]

    other = twin.users["ana"]
    other.update_signing_certificate(signing.certificate_id, "Inactive")
    other.delete_ssh_public_key(ssh.ssh_public_key_id)
    other.update_service_specific_credential(service.service_specific_credential_id, "Inactive")
    twin.server_certificates["star-maps"].update(new_server_certificate_name="maps")
    twin.set_security_token_service_preferences("v2Token")

    assert snapshot(main.world) == before


def test_a_preference_for_tokens_is_kept_as_a_number(main: Account) -> None:
    """As the account's summary gives it."""
    seen = [main.global_endpoint_token_version]
    for version in ("v2Token", "v1Token"):
        main.set_security_token_service_preferences(version)
        seen.append(main.global_endpoint_token_version)

    assert seen == [1, 2, 1]


# -- refusals ------------------------------------------------------------------------------------


def _upload(account: Account, **other: str) -> Any:
    sent = {
        "server_certificate_name": "new",
        "certificate_body": CERTIFICATE,
        "private_key": PRIVATE_KEY,
        **other,
    }
    return account.upload_server_certificate(**sent)  # type: ignore[arg-type]


def _of(operation: str, **sent: Any) -> Callable[[Account], Any]:
    return lambda account: account.call(operation, account.root_arn, UserName="bob", **sent)


CHAIN = "The certificate chain must start with the immediate signing certificate"
NONE = "ABCDEFGHIJKLMNOPQRSTUVWX"
REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str]] = {
    "no certificate": (
        lambda a: _upload(a, certificate_body="certificate"),
        MalformedCertificate,
        "Unable to parse certificate. Please ensure the certificate is in PEM format.",
    ),
    "no key": (
        lambda a: _upload(a, private_key=CERTIFICATE),
        MalformedCertificate,
        "Unable to parse private key.",
    ),
    "no key at all": (
        lambda a: _upload(a, private_key="key"),
        MalformedCertificate,
        "Unable to parse private key.",
    ),
    "a key with a password": (
        lambda a: _upload(a, private_key=LOCKED_PRIVATE_KEY),
        MalformedCertificate,
        "it is a private key that is locked with a password.",
    ),
    "another key": (
        lambda a: _upload(a, private_key=OTHER_PRIVATE_KEY),
        KeyPairMismatch,
        "does not match",
    ),
    "two certificates": (
        lambda a: _upload(a, certificate_body=CERTIFICATE * 2),
        MalformedCertificate,
        "Unable to parse certificate.",
    ),
    "a chain of others": (
        lambda a: _upload(a, certificate_chain=LONG_CERTIFICATE),
        MalformedCertificate,
        "The index within the chain of the invalid certificate is: 0",
    ),
    "a chain that goes on with others": (
        lambda a: _upload(a, certificate_chain=CERTIFICATE + LONG_CERTIFICATE),
        MalformedCertificate,
        "The index within the chain of the invalid certificate is: 1",
    ),
    "no chain": (
        lambda a: _upload(a, certificate_chain="of star-maps"),
        MalformedCertificate,
        CHAIN,
    ),
    "a name twice": (
        lambda a: _upload(a, server_certificate_name="Star-Maps"),
        EntityAlreadyExists,
        "The Server Certificate with name Star-Maps already exists.",
    ),
    "a name that is taken": (
        lambda a: (
            _upload(a),
            a.server_certificates["new"].update(new_server_certificate_name="STAR-MAPS"),
        ),
        EntityAlreadyExists,
        "The Server Certificate with name STAR-MAPS already exists.",
    ),
    "too many certificates": (
        lambda a: [_upload(a, server_certificate_name=f"n{n}") for n in range(20)],
        LimitExceeded,
        "Cannot exceed quota for ServerCertificatesPerAccount: 20",
    ),
    "no such certificate": (
        lambda a: a.call("GetServerCertificate", a.root_arn, ServerCertificateName="maps"),
        NoSuchEntity,
        "The Server Certificate with name maps cannot be found.",
    ),
    "no signing certificate": (
        _of("UploadSigningCertificate", CertificateBody="body"),
        MalformedCertificate,
        "Certificate body is malformed.",
    ),
    "two signing certificates in one": (
        _of("UploadSigningCertificate", CertificateBody=CERTIFICATE + LONG_CERTIFICATE),
        MalformedCertificate,
        "is malformed.",
    ),
    "no such signing certificate": (
        _of("DeleteSigningCertificate", CertificateId=NONE),
        NoSuchEntity,
        f"The Certificate with id {NONE} cannot be found.",
    ),
    "no such SSH key": (
        _of("UpdateSSHPublicKey", SSHPublicKeyId=NONE, Status="Active"),
        NoSuchEntity,
        f"The Public Key with id {NONE} cannot be found.",
    ),
    "no such user": (
        lambda a: a.call(
            "UploadSSHPublicKey", a.root_arn, UserName="none", SSHPublicKeyBody=SSH_KEY
        ),
        NoSuchEntity,
        "The user with name none cannot be found.",
    ),
    "nobody": (
        lambda a: a.call("ListSSHPublicKeys", a.root_arn),
        ValidationError,
        "Must specify userName when calling with non-User credentials",
    ),
    "no such service": (
        _of("CreateServiceSpecificCredential", ServiceName="s3.amazonaws.com"),
        NoSuchEntity,
        "No such service s3.amazonaws.com is supported for Service Specific Credentials",
    ),
    "a password with an age": (
        _of("CreateServiceSpecificCredential", ServiceName=CODE, CredentialAgeDays=1),
        ValidationError,
        f"CredentialAgeDays is not valid for {CODE}.",
    ),
    "no such password": (
        _of("ResetServiceSpecificCredential", ServiceSpecificCredentialId=NONE),
        NoSuchEntity,
        f"No such credential {NONE} exists",
    ),
}
CHANGES_FIRST = ("a name that is taken", "too many certificates")


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_changes_nothing(case: str, main: Account) -> None:
    """Not even an id is used up."""
    operation, error, message = REFUSALS[case]
    before = snapshot(main.world)

    with pytest.raises(error) as caught:
        operation(main)

    assert message in caught.value.message
    if case not in CHANGES_FIRST:
        assert snapshot(main.world) == before


def test_a_user_has_a_few_of_each_and_none_twice(main: Account, ana: User) -> None:
    """Two certificates, five keys, two passwords for a service."""
    signing = ana.upload_signing_certificate(CERTIFICATE)
    ana.upload_signing_certificate(LONG_CERTIFICATE)
    ssh = ana.upload_ssh_public_key(SSH_KEY)
    main.quotas["SSHPublicKeysPerUser"] = 1
    for _ in range(2):
        service = ana.create_service_specific_credential(CODE)
    other = PublicKey(65537, PublicKey.read(SSH_KEY).modulus + 2).to_ssh()
    signature = CERTIFICATE[-50:-46]
    third = CERTIFICATE.replace(signature, "AAAA")
    no_status = "is set to Active or Inactive"
    cases: list[tuple[Callable[[], Any], type[AwsError], str]] = [
        (
            lambda: ana.upload_signing_certificate(CERTIFICATE.replace("\n", "\n ")),
            DuplicateCertificate,
            "user ana already",
        ),
        (
            lambda: ana.upload_signing_certificate(third),
            LimitExceeded,
            "Cannot exceed quota for CertificatesPerUser: 2",
        ),
        (
            lambda: ana.upload_ssh_public_key(PUBLIC_KEY),
            DuplicateSSHPublicKey,
            "user ana already",
        ),
        (
            lambda: ana.upload_ssh_public_key(other),
            LimitExceeded,
            "Cannot exceed quota for SSHPublicKeysPerUser: 1",
        ),
        (
            lambda: ana.create_service_specific_credential(CODE),
            LimitExceeded,
            "Cannot exceed quota for ServiceSpecificCredentialsPerUser: 2",
        ),
        (
            lambda: ana.update_signing_certificate(signing.certificate_id, "Expired"),
            InvalidInput,
            no_status,
        ),
        (
            lambda: ana.update_ssh_public_key(ssh.ssh_public_key_id, "Expired"),
            InvalidInput,
            no_status,
        ),
        (
            lambda: ana.update_service_specific_credential(
                service.service_specific_credential_id, "Expired"
            ),
            ValidationError,
            no_status,
        ),
    ]
    before = snapshot(main.world)
    for operation, error, message in cases:
        with pytest.raises(error, match=message):
            operation()

    assert snapshot(main.world) == before
