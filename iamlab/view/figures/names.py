"""Short names of accounts, callers, resources and policies."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.request import Kind
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.describe.words import called
from iamlab.view.words import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.request import Request
    from iamlab.model.world import World

_AS_RESOURCE = {"s3": "bucket", "kms": "key", "sqs": "queue", "sns": "topic"}


def short_name(arn: str) -> tuple[str, str]:
    """Return the name of a principal or resource without its ARN, and what it is.

    Examples
    --------
    >>> short_name("arn:aws:s3:::star-maps/m31.fits"), short_name("arn:aws:iam::111122223333:root")
    (('star-maps/m31.fits', 'S3 object'), ('root', 'root user'))
    """
    if not is_arn(arn):
        return arn, ""
    parsed = Arn.parse(arn)
    if parsed.service == "s3":
        return parsed.resource, "S3 object" if "/" in parsed.resource else "S3 bucket"
    kind = {"sqs": "queue", "sns": "topic"}.get(parsed.service, parsed.kind.partition(":")[0])
    words = f"{parsed.service.upper()} {kind.replace('-', ' ')}"
    return parsed.name or parsed.resource, "root user" if parsed.resource == "root" else words


def account_names(world: World | None) -> dict[str, str]:
    """Return the names of a world's accounts, by their ids."""
    return {} if world is None else {key: account.name for key, account in world.accounts.items()}


def title_and_note(name: str, kind: str) -> tuple[str, str]:
    """Return the name of a caller or a service, and what it is.

    Examples
    --------
    >>> title_and_note("arn:aws:sts::111122223333:assumed-role/auditor/carol", "session")
    ('role auditor', 'session carol')
    >>> title_and_note("cloudtrail.amazonaws.com", "service")
    ('CloudTrail', 'service')
    """
    if not is_arn(name):
        prefix, is_service, _ = name.partition(".amazonaws.com")
        title = (called(prefix) or prefix) if is_service else name
        return title, "caller" if kind == name else kind
    arn = Arn.parse(name)
    if arn.resource == "root":
        return "root user", "user"
    if arn.kind == "assumed-role":
        role, _, session = arn.resource.partition("/")[2].partition("/")
        return f"role {role}", f"session {session}"
    is_issuer = arn.kind == "oidc-provider"
    return arn.resource.partition("/")[2] if is_issuer else arn.name or arn.resource, kind


def asks_for(request: Request) -> str:
    """Return the caller, action and resource of a request as a clause.

    Examples
    --------
    >>> from iamlab import Request
    >>> asks_for(Request("arn:aws:iam::111122223333:user/ana", "s3:GetObject",
    ...                  "arn:aws:s3:::star-maps/m31.fits"))
    'ana asks for s3:GetObject on star-maps/m31.fits'
    """
    who, what = (short_name(arn)[0] for arn in (request.principal, request.resource))
    if request.caller.kind is Kind.SESSION:
        who = f"{shorten(who, 30)} of {short_name(request.caller.issuer)[0]}"
    return f"{shorten(who, 60)} asks for {request.action} on {shorten(what, 48)}"


def distinct_names(forms: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return for each key the shortest name that no other key has, or the last name.

    Parameters
    ----------
    forms
        Key -> its possible names, the shortest first; the same number for each key.

    Examples
    --------
    >>> distinct_names({"1": ("reader", "reader of main"), "2": ("reader", "reader of lab"),
    ...             "3": ("ana", "ana of lab")})
    {'1': 'reader of main', '2': 'reader of lab', '3': 'ana'}
    """
    used = [Counter(each) for each in zip(*forms.values(), strict=True)]
    return {
        key: next((name for name, has in zip(own, used, strict=True) if has[name] == 1), own[-1])
        for key, own in forms.items()
    }


def resource_policy_of(request: Request) -> str:
    """Return the type of the resource-based policy of a request's resource.

    Examples
    --------
    >>> from iamlab import Request
    >>> resource_policy_of(Request("arn:aws:iam::111122223333:user/ana", "s3:GetObject",
    ...                            "arn:aws:s3:::star-maps/m31.fits"))
    'bucket policy'
    """
    if request.about_trust:
        return "trust policy"
    return f"{_AS_RESOURCE.get(request.service, 'resource-based')} policy"


def policy_type(arn: str | None, place: str = "") -> str:
    """Return the type of an identity-based policy.

    Parameters
    ----------
    arn
        The ARN of a managed policy.
    place
        Where it is attached: empty for the identity itself, ``group NAME`` for a group. For what
        AWS adds by itself, its name.

    Examples
    --------
    >>> policy_type("arn:aws:iam::aws:policy/ReadOnlyAccess"), policy_type(None, "group admins")
    ('AWS managed', 'inline')
    """
    if arn is None:
        return place if place and not place.startswith("group ") else "inline"
    return "AWS managed" if arn.split(":")[4:5] == ["aws"] else "customer managed"


def names_only_account(decision: Decision) -> bool:
    """Return whether the resource's policy only names the caller's account."""
    rules = "same_account", "role_trust", "kms_key"
    is_account = decision.trace.principal_match is PrincipalMatch.ACCOUNT
    return is_account and decision.trace.rule in rules


def who_must_allow(decision: Decision) -> str:
    """Return which policies must allow a request, as a clause.

    Examples
    --------
    >>> from iamlab import Layers, Request, evaluate
    >>> request = Request("arn:aws:iam::111122223333:user/ana", "s3:GetObject", "arn:aws:s3:::b/k")
    >>> who_must_allow(evaluate(request, Layers()))
    'One account: either side is enough'
    """
    if names_only_account(decision):
        return "The account is named: own policies must allow too"
    return decision.trace.reason.rstrip(".") or decision.trace.rule.replace("_", " ")
