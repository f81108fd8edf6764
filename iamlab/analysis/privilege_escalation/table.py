"""The ways: each a row with what it takes, what it gives, and what guards against it.

A way is a fact about AWS; whether somebody has it is decided by the functions in ``ways/``, which
name the rows by their numbers.

Notes
-----
The numbers are iamlab's own. ``ids`` says what others call a way: RH is the list of Rhino Security
Labs of 2019, the others are ids of pathfinding.cloud. AWS pages: "Grant a user permissions to pass
a role to an AWS service"; "Permissions boundaries for IAM entities"; "IAM and AWS STS condition
context keys", for the guards.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

from iamlab.analysis.privilege_escalation.table_services import OR, ROWS

Gain = Literal["S", "U", "R", "T"]
Guard = Literal["a", "b", "c", "d", "e", "f", "g"]

GAINS: dict[Gain, str] = {
    "S": "its own permissions grow",
    "U": "it becomes the user",
    "R": "it acts as the role",
    "T": "it acts as the root user of a member account, for one task",
}

GUARDS: dict[Guard, str] = {
    "a": "iam:PassedToService, and the ARNs of the roles that may be passed",
    "b": "iam:PolicyARN: which policies may be attached",
    "c": "iam:PermissionsBoundary: only principals that keep a boundary",
    "d": "no condition key helps: name the ARNs or the path in Resource",
    "e": "conditions in the trust policy, MFA among them",
    "f": "a condition key of the service",
    "g": "aws:RequestTag and aws:TagKeys: which tags may be given",
}
"""What keeps a way closed for those who need its permissions for something else."""

BESIDES: dict[str, str] = {
    "iam:DeletePolicyVersion": "a policy has five versions already",
    "iam:DeleteAccessKey": "a user has two access keys already",
    "iam:DeleteLoginProfile": "a user has a password that may not be changed",
    "iam:DeactivateMFADevice": "a user with an MFA device gets a password",
    "iam:CreateGroup": "a group that somebody is put into is not there yet",
    "iam:PutGroupPolicy": "a group that somebody is put into gets a policy",
    "iam:AttachGroupPolicy": "likewise",
    "iam:AddUserToGroup": "a user gets the policies of such a group",
    "iam:DetachUserPolicy": "a user who is given a policy has as many as may be",
    "iam:DetachRolePolicy": "a role that is given a policy has as many as may be",
    "iam:DetachGroupPolicy": "a group that is given a policy has as many as may be",
    "iam:PutUserPolicy": "a user whose boundary or Deny is taken away gets a policy as well",
    "iam:AttachUserPolicy": "likewise",
    "iam:TagUser": "a new user must have tags",
    "iam:TagRole": "a new role must have tags",
    "sts:AssumeRole": "a role is taken; the role's trust policy alone may give it",
    "sts:TagSession": "the session of a role gets tags",
    "sts:SetSourceIdentity": "the session of a role gets a source identity",
    "iam:UpdateAssumeRolePolicy": "a role whose boundary is changed does not let the caller in yet",
    "iam:AttachRolePolicy": "a role whose boundary is changed gets a policy as well",
    "iam:PutRolePolicy": "likewise",
    "iam:CreatePolicyVersion": "likewise",
}
"""Permission that a way of IAM and STS may need besides those of its row -> when."""


@dataclass(frozen=True, slots=True)
class EscalationMethod:
    """One way to gain power.

    Parameters
    ----------
    number
        From 1 to 72.
    title
        What is done, in few words.
    forms
        What its caller needs, as short as it can be written: forms of which one is enough, each of
        permissions that are all needed; ``|`` stands between those of which one is enough.
    gain
        See :data:`GAINS`.
    guards
        See :data:`GUARDS`.
    ids
        What others call it.
    service
        The service that runs code as the role; empty: IAM and STS are all that it takes.
    """

    number: int
    title: str
    forms: tuple[tuple[str, ...], ...]
    gain: tuple[Gain, ...]
    guards: tuple[Guard, ...]
    ids: tuple[str, ...] = ()
    service: str = ""

    @property
    def permissions(self) -> tuple[tuple[str, ...], ...]:
        """What its caller needs: sets of permissions, each of which is enough.

        Examples
        --------
        >>> TABLE[28].permissions  # doctest: +NORMALIZE_WHITESPACE
        (('iam:DeactivateMFADevice', 'iam:UpdateLoginProfile'),
         ('iam:DeactivateMFADevice', 'iam:CreateLoginProfile'))
        """
        return tuple(
            one for form in self.forms for one in product(*(each.split("|") for each in form))
        )

    @property
    def can_be_replayed(self) -> bool:
        """Whether its calls are all of IAM and STS, so that a copy of the world can do them."""
        return not self.service

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


def _row(
    number: int,
    title: str,
    permissions: str,
    gain: str,
    guards: str,
    ids: str = "",
    service: str = "",
) -> EscalationMethod:
    return EscalationMethod(
        number,
        title,
        tuple(tuple(form.split()) for form in permissions.split(OR)),
        tuple(gain.split()),  # type: ignore[arg-type]
        tuple(guards.split()),  # type: ignore[arg-type]
        tuple(ids.split()),
        service,
    )


_BY_IAM_AND_STS = (
    _row(
        1,
        "write a new version of an own policy",
        "iam:CreatePolicyVersion",
        "S",
        "d",
        "iam-001 RH1",
    ),
    _row(
        2, "set an older version of an own policy", "iam:SetDefaultPolicyVersion", "S", "d", "RH2"
    ),
    _row(
        3, "attach a policy to oneself, a user", "iam:AttachUserPolicy", "S", "b c", "iam-008 RH7"
    ),
    _row(4, "attach a policy to an own group", "iam:AttachGroupPolicy", "S", "b", "iam-010 RH8"),
    _row(5, "attach a policy to one's own role", "iam:AttachRolePolicy", "S", "b c", "iam-009 RH9"),
    _row(
        6, "write oneself, a user, an inline policy", "iam:PutUserPolicy", "S", "c", "iam-007 RH10"
    ),
    _row(7, "write an own group an inline policy", "iam:PutGroupPolicy", "S", "d", "iam-011 RH11"),
    _row(8, "write one's own role an inline policy", "iam:PutRolePolicy", "S", "c", "iam-005 RH12"),
    _row(
        9,
        "join a group, which may be given a policy first",
        "iam:AddUserToGroup or iam:PutGroupPolicy|iam:AttachGroupPolicy iam:AddUserToGroup",
        "S",
        "d",
        "iam-013 RH13",
    ),
    _row(10, "make an access key for a user", "iam:CreateAccessKey", "U", "d", "iam-002 RH4"),
    _row(
        *(11, "replace an access key of a user", "iam:DeleteAccessKey iam:CreateAccessKey"),
        *("U", "d", "iam-003"),
    ),
    _row(
        12,
        "give a user a password, in the place of another if need be",
        "iam:CreateLoginProfile",
        "U",
        "d",
        "iam-004 RH5",
    ),
    _row(13, "change the password of a user", "iam:UpdateLoginProfile", "U", "d", "iam-006 RH6"),
    _row(
        *(14, "write oneself into a role's trust policy", "iam:UpdateAssumeRolePolicy"),
        *("R", "c d", "iam-012 RH14"),
    ),
    _row(15, "assume a role", "sts:AssumeRole", "R", "e", "sts-001"),
    _row(
        *(16, "attach a policy to a role, and assume it", "iam:AttachRolePolicy sts:AssumeRole"),
        *("R", "b c e", "iam-014"),
    ),
    _row(
        *(17, "write a role an inline policy, and assume it", "iam:PutRolePolicy sts:AssumeRole"),
        *("R", "c e", "iam-017"),
    ),
    _row(
        18,
        "write a new version of a role's policy, and assume it",
        "iam:CreatePolicyVersion sts:AssumeRole",
        "R",
        "d e",
        "iam-016",
    ),
    _row(
        19,
        "give a role a policy, write oneself into its trust policy, and assume it",
        "iam:AttachRolePolicy|iam:PutRolePolicy|iam:CreatePolicyVersion iam:UpdateAssumeRolePolicy",
        "R",
        "b c",
        "iam-019 iam-020 iam-021",
    ),
    _row(
        20,
        "give a user or its group a policy, and become the user by a key or a password",
        "iam:AttachUserPolicy|iam:PutUserPolicy|iam:AttachGroupPolicy|iam:PutGroupPolicy|"
        "iam:AddUserToGroup|iam:CreatePolicyVersion iam:CreateAccessKey|iam:CreateLoginProfile|"
        "iam:UpdateLoginProfile",
        "U",
        "b c",
        "iam-015 iam-018",
    ),
    _row(
        21,
        "make a role with a policy, and assume it",
        "iam:CreateRole iam:AttachRolePolicy|iam:PutRolePolicy",
        "R",
        "b c",
    ),
    _row(
        22,
        "make a user with a policy, and a key or a password for it",
        "iam:CreateUser iam:AttachUserPolicy|iam:PutUserPolicy|iam:AddUserToGroup "
        "iam:CreateAccessKey|iam:CreateLoginProfile",
        "U",
        "b c",
    ),
    _row(
        23,
        "take one's own boundary away, or another user's, and become that user",
        "iam:DeleteUserPermissionsBoundary or iam:DeleteUserPermissionsBoundary "
        "iam:CreateAccessKey|iam:CreateLoginProfile|iam:UpdateLoginProfile",
        "S U",
        "c d",
        "iam-022",
    ),
    _row(
        24,
        "take one's own role's boundary away, or another one's, and assume that",
        "iam:DeleteRolePermissionsBoundary",
        "S R",
        "c",
        "iam-023",
    ),
    _row(
        25,
        "set a wider boundary",
        "iam:PutUserPermissionsBoundary|iam:PutRolePermissionsBoundary",
        "S R",
        "c",
    ),
    _row(26, "rewrite the policy that is the boundary", "iam:CreatePolicyVersion", "S R", "d"),
    _row(
        27,
        "take a policy with a Deny away from oneself, or from somebody whom one can become",
        "iam:DetachUserPolicy|iam:DeleteUserPolicy|iam:DetachRolePolicy|iam:DeleteRolePolicy|"
        "iam:DetachGroupPolicy|iam:DeleteGroupPolicy|iam:RemoveUserFromGroup or "
        "iam:DetachUserPolicy|iam:DeleteUserPolicy|iam:DetachGroupPolicy|iam:DeleteGroupPolicy|"
        "iam:RemoveUserFromGroup "
        "iam:CreateAccessKey|iam:CreateLoginProfile|iam:UpdateLoginProfile or "
        "iam:DetachRolePolicy|iam:DeleteRolePolicy sts:AssumeRole",
        "S U R",
        "b c",
    ),
    _row(
        28,
        "take a user's MFA device away, and change the password",
        "iam:DeactivateMFADevice iam:UpdateLoginProfile|iam:CreateLoginProfile",
        "U",
        "d",
    ),
    _row(
        29,
        "use a session of one's own, or an MFA device, which may be new, where rights depend on it",
        " or sts:GetSessionToken or "
        "iam:CreateVirtualMFADevice iam:EnableMFADevice sts:GetSessionToken",
        "S",
        "d",
    ),
    _row(
        30,
        "tag oneself, a role, a user, or one's session, where rights depend on tags",
        "iam:TagUser|iam:TagRole or iam:TagRole|sts:TagSession sts:AssumeRole or "
        "iam:TagUser iam:CreateAccessKey",
        "S U R",
        "g",
    ),
    _row(
        31,
        "make a user other credentials, for services that take them",
        "iam:CreateServiceSpecificCredential|iam:ResetServiceSpecificCredential|"
        "iam:UploadSSHPublicKey|iam:UploadSigningCertificate",
        "U",
        "f",
    ),
    _row(
        32,
        "write an identity provider that roles trust",
        "iam:UpdateSAMLProvider|iam:CreateOpenIDConnectProvider|iam:CreateSAMLProvider|"
        "iam:AddClientIDToOpenIDConnectProvider",
        "R",
        "d e",
    ),
    _row(33, "act as a member account's root user for a task", "sts:AssumeRoot", "T", "f"),
)

TABLE: dict[int, EscalationMethod] = {
    one.number: one for one in (*_BY_IAM_AND_STS, *(_row(*each) for each in ROWS))
}
"""Number -> way."""
