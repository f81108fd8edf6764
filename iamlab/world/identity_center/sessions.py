"""How a choice in the access portal becomes a session of a role.

The portal is a SAML identity provider, and AWS's own: it asserts who the user is, and STS gives a
session of the role whose trust policy lets the account's ``AWSSSO_...`` provider assume it. What
happens then is AssumeRoleWithSAML, so resource control policies have their say.

That MFA was used to sign in is not part of it: such sessions have no
``aws:MultiFactorAuthPresent`` that is true.

Notes
-----
AWS pages: "Attributes for access control"; "Condition context keys for IAM Identity Center"; "API
AssumeRoleWithSAML"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Any

from iamlab import unsure
from iamlab.engine.evaluate import evaluate
from iamlab.errors import AccessDenied, AwsError
from iamlab.identity_center_errors import ForbiddenException, InvalidRequestException
from iamlab.world.asking import Circumstances, question
from iamlab.world.events import record
from iamlab.world.identity_center.provisioning import audience, provider_in
from iamlab.world.sts.assume_role import keys_of_call
from iamlab.world.sts.endpoints import check_is_on
from iamlab.world.sts.issuing import issue_for_role
from iamlab.world.sts.session_tags import SessionTags, session_tags

if TYPE_CHECKING:
    from iamlab.engine.request import ContextValue
    from iamlab.world.account import Account
    from iamlab.world.identities import Role
    from iamlab.world.identity_center.directory import IdentityStoreUser
    from iamlab.world.identity_center.instance import IdentityCenter
    from iamlab.world.identity_center.permission_sets import PermissionSet
    from iamlab.world.sts.session import Session
    from iamlab.world.things import SAMLProvider

NO_ACCESS = "No access"
_OPERATION = "AssumeRoleWithSAML"
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_KEPT = ("aud", "sub", "sub_type", "namequalifier")
"""The parts of an assertion that stay condition keys of the session (see ``unsure.py``)."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the portal asserts, for one role in one account.

    Parameters
    ----------
    tags
        The session tags: attributes for access control.
    """

    user: IdentityStoreUser
    role: Role
    provider: SAMLProvider
    seconds: int
    tags: SessionTags

    @property
    def name_qualifier(self) -> str:
        """The base64 of a hash of issuer, account and provider, as STS answers it."""
        text = f"{self.provider.issuer}{self.document}"
        return b64encode(sha1(text.encode(), usedforsecurity=False).digest()).decode()

    @property
    def document(self) -> str:
        """The account and the provider's name."""
        return f"{self.role.account.account_id}/{self.provider.name}"

    @property
    def keys(self) -> dict[str, ContextValue]:
        """The condition keys that it becomes."""
        return {
            "saml:aud": audience(self.role.account),
            "saml:iss": self.provider.issuer,
            "saml:sub": self.user.user_name,
            "saml:sub_type": "persistent",
            "saml:namequalifier": self.name_qualifier,
            "saml:doc": self.document,
        }


def session_for(
    center: IdentityCenter,
    user: IdentityStoreUser,
    account: Account,
    permission_set: PermissionSet,
) -> Session:
    """Make a session of an account's role for somebody who may choose it.

    Raises
    ------
    ForbiddenException
        STS does not let the portal: the account's SAML provider is gone, or a resource control
        policy denies it.
    InvalidRequestException
        No session can be called like the user.
    AwsError
        Attributes cannot be session tags, or STS is switched off in the Region.
    """
    said = _assert(center, user, account, permission_set)
    try:
        _authorise(center, said)
        check_is_on(center.region, account)
        session = issue_for_role(
            said.role,
            _OPERATION,
            user.user_name,
            said.seconds,
            region=center.region,
            tags=said.tags.tags,
            keys={
                "aws:FederatedProvider": said.provider.arn,
                "identitystore:UserId": user.id,
                **_kept(said),
            },
        )
    except AwsError as error:
        _record(center, said, None, error)
        if not isinstance(error, AccessDenied):
            raise
        refusal = ForbiddenException(NO_ACCESS)
        refusal.add_note(f"STS refused: {error.message}")
        raise refusal from error
    _record(center, said, session, None)
    return session


def _assert(
    center: IdentityCenter,
    user: IdentityStoreUser,
    account: Account,
    permission_set: PermissionSet,
) -> Assertion:
    """Put together what the portal says of somebody."""
    if not _SESSION_NAME.fullmatch(user.user_name):  # AWS's sentence is not documented
        error = InvalidRequestException("The user name cannot be the name of a role session.")
        error.add_note("Names of sessions have 2 to 64 letters, digits and the characters +=,.@-_")
        raise error
    known = permission_set.provisioned[account.account_id]
    role, provider = account.roles.get(known.role_name), provider_in(center, account)
    if role is None or provider is None or provider.metadata != center.saml_metadata:
        error_of_account = ForbiddenException(NO_ACCESS)
        error_of_account.add_note(
            f"Account {account.name} does not know the portal any more: its SAML provider "
            "AWSSSO_... is gone or was changed. center.provision_permission_set(...) mends that."
        )
        raise error_of_account
    sent = {
        key: value
        for key, path in center.access_control_attributes.items()
        if (value := user.attribute(path))  # what is not known of somebody makes no tag
    }
    return Assertion(user, role, provider, known.session_seconds, session_tags(sent))


def _authorise(center: IdentityCenter, said: Assertion) -> None:
    """Ask the role's trust policy, and what else has a say.

    Raises
    ------
    AccessDenied
        It is not allowed; with the decision.
    """
    keys = {**said.keys, **keys_of_call(said.user.user_name, said.tags, None)}
    actions = [f"sts:{_OPERATION}", *(["sts:TagSession"] if said.tags.need_permission else [])]
    where = Circumstances(region=center.region)
    for action in actions:
        asked = question(
            center.world, said.provider.arn, action, said.role.arn, None, where, keys=keys
        )
        decision = evaluate(asked.request, asked.layers).assuming(asked.assumed)
        if not decision:
            raise AccessDenied(decision)


def _kept(said: Assertion) -> dict[str, ContextValue]:
    if not unsure.FEDERATION_KEYS_STAY:
        return {}
    return {key: one for key, one in said.keys.items() if key.rpartition(":")[2] in _KEPT}


def _record(
    center: IdentityCenter, said: Assertion, session: Session | None, error: AwsError | None
) -> None:
    """Note the call in the role's account: STS is called with an assertion, as always with SAML."""
    name, account_id = said.user.user_name, said.role.account.account_id
    known = {} if session is None else {"SAMLAssertionID": f"_{center.world.ids.uuid()}"}
    record(
        center.world,
        ("sts", _OPERATION),
        {
            "type": "SAMLUser",
            "principalId": f"{said.name_qualifier}:{name}",
            "userName": name,
            "identityProvider": said.name_qualifier,
        },
        account_id,
        read_only=True,
        parameters={
            **known,
            "RoleSessionName": name,
            "RoleArn": said.role.arn,
            "PrincipalArn": said.provider.arn,
            "DurationSeconds": said.seconds,
            **({"PrincipalTags": dict(said.tags.tags)} if said.tags.tags else {}),
        },
        answer=None if session is None else _answer(said, session),
        error=error,
        resources=(said.role.arn, said.provider.arn),
        region=center.region,
    )


def _answer(said: Assertion, session: Session) -> dict[str, Any]:
    """Give what STS answers, without the secrets."""
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "Expiration": session.expiration.strftime("%b %d, %Y, %I:%M:%S %p"),
        },
        "AssumedRoleUser": {"AssumedRoleId": session.record.userid, "Arn": session.arn},
        "Subject": said.user.user_name,
        "SubjectType": "persistent",
        "Issuer": said.provider.issuer,
        "Audience": audience(said.role.account),
        "NameQualifier": said.name_qualifier,
    }
