"""The hops that lead to credentials, and the calls that are made with them.

A chain begins with a person or a program, and STS is in the middle. In between there may be an
instance's metadata service, a company's directory, or the issuer of a CI job's token. A hop that
isn't an AWS API call is in no log, and has no event.

Notes
-----
AWS pages: "CloudTrail userIdentity element"; "IAM roles for Amazon EC2"; "SAML 2.0 federation";
"OIDC federation".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from iamlab.analysis.credential_timeline.credential_events import CredentialLog, LoggedEvent
    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.model.credentials import SessionRecord
    from iamlab.model.world import World

CallerKind = Literal["user", "access key", "session", "browser", "application", "CI job"]
WorkloadKind = Literal["instance", "function", "build"]
ServiceKind = Literal["service", "metadata service", "directory", "OIDC issuer"]
LoggedKind = Literal[
    "AWS account", "SAML user", "web identity user", "Identity Center user", "caller"
]
PartyKind = CallerKind | WorkloadKind | ServiceKind | LoggedKind


@dataclass(frozen=True, slots=True)
class Party:
    """A caller, or a service that is called.

    Parameters
    ----------
    name
        An ARN, a service's name, or what an identity provider calls somebody.
    access_key_id
        Of an access key or a session: which one; it is that of its row.
    """

    kind: PartyKind
    name: str
    access_key_id: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One call, or one answer.

    Parameters
    ----------
    operation
        What was called; of an answer, what it answers.
    at
        When.
    event_id
        The event that notes it; empty if none does.
    error_code
        Why it was refused; empty if it was not.
    """

    source: Party
    target: Party
    operation: str
    at: datetime
    event_id: str = ""
    error_code: str = ""

    def __str__(self) -> str:
        refused = f" ({self.error_code})" if self.error_code else ""
        return f"{self.source} -> {self.target}: {self.operation}{refused}"


STS = Party("service", "sts.amazonaws.com")

METADATA = Party("metadata service", "169.254.169.254")

RESOURCES: Mapping[str, PartyKind] = {
    "ec2:SourceInstanceArn": "instance",
    "lambda:SourceFunctionArn": "function",
    "codebuild:BuildArn": "build",
    "ssm:SourceInstanceArn": "instance",
}
"""Condition key that a service's session carries -> what its value is the ARN of."""

CI_HOSTS = ("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io")
"""Hosts whose tokens identify jobs only."""

BEFORE: Mapping[PartyKind, str] = {
    "instance": "GET /latest/meta-data/iam/security-credentials/",
    "browser": "sign in",
    "CI job": "ask for a token",
    "application": "ask for a token",
    "function": "run",
    "build": "run",
}
"""The first party of a chain -> what it does before anybody calls STS."""


def hops_of(
    world: World, log: CredentialLog, lifetimes: Mapping[str, Lifetime], wanted: Collection[str]
) -> list[Hop]:
    """Return the hops of some credentials, in the order in which they happened.

    Parameters
    ----------
    wanted
        The ids of their access keys.
    """
    found: list[tuple[datetime, int, Hop]] = []
    for key_id in lifetimes:
        record = world.sessions.get(key_id)
        if record is not None and key_id in wanted:
            issued = log.issued.get(key_id)
            place = -1 if issued is None else issued.place
            hops = _hops_to(record, issued, lifetimes)
            found += ((record.issued, place, hop) for hop in hops)
    for key_id, (place, event) in log.uses:
        if key_id in wanted and key_id in lifetimes:
            caller, service = _credentials(lifetimes[key_id]), Party("service", event.event_source)
            call = event.event_name, event.event_time, event.event_id, event.error_code
            found.append((event.event_time, place, Hop(caller, service, *call)))
    found.sort(key=lambda hop: hop[:2])
    return [hop for *_, hop in found]


def _hops_to(
    record: SessionRecord, issued: LoggedEvent | None, lifetimes: Mapping[str, Lifetime]
) -> Iterator[Hop]:
    """Return the hops that led to a session."""
    event_id = "" if issued is None else issued.event.event_id
    before = _before(record, {} if issued is None else issued.event.user_identity, lifetimes)
    for source, target in pairwise(before):
        yield Hop(source, target, BEFORE.get(source.kind, ""), record.issued)
    if before:
        yield Hop(before[-1], STS, record.operation, record.issued, event_id)
    session = _credentials(lifetimes[record.access_key_id])
    yield Hop(STS, session, record.operation, record.issued, event_id)


def _before(
    record: SessionRecord, identity: Mapping[str, Any], lifetimes: Mapping[str, Lifetime]
) -> tuple[Party, ...]:
    """Return the parties that came before STS, the first one first."""
    if record.parent in lifetimes:
        return (_credentials(lifetimes[record.parent]),)
    if record.parent:
        return (Party("access key", str(identity.get("arn", "")), record.parent),)
    service = str(identity.get("invokedBy", ""))
    for key, kind in RESOURCES.items():
        if key in record.keys:
            resource = Party(kind, str(record.keys[key]))
            middle = METADATA if key == "ec2:SourceInstanceArn" else Party("service", service)
            return (resource, middle) if middle.name else (resource,)
    if service:
        return (Party("service", service),)
    if provider := record.keys.get("aws:FederatedProvider"):
        return _by_provider(record, str(provider), str(identity.get("userName", record.name)))
    return (Party("user", str(identity["arn"])),) if "arn" in identity else ()


def _by_provider(record: SessionRecord, provider: str, subject: str) -> tuple[Party, ...]:
    if record.operation == "AssumeRoleWithSAML":
        return Party("browser", subject), Party("directory", provider)
    is_job = provider.rpartition("oidc-provider/")[2].partition("/")[0] in CI_HOSTS
    issuer = Party("OIDC issuer", provider)
    return Party("CI job" if is_job else "application", subject), issuer


def _credentials(lifetime: Lifetime) -> Party:
    kind: PartyKind = "session" if lifetime.depth else "access key"
    return Party(kind, lifetime.arn, lifetime.access_key_id)
