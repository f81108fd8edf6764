"""Who called whom until there were credentials, and what was called with them: hop by hop.

A person or a program stands at the beginning, and STS in the middle. In between there may be what
speaks for them: an instance's metadata service, a company's directory, the issuer of a CI job's
token. What is no call of AWS's API is in no log; such hops have no event.

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

    from iamlab.analysis.credential_timeline.credential_events import Placed, Trail
    from iamlab.analysis.credential_timeline.lifetimes import Lifetime
    from iamlab.model.session_record import SessionRecord
    from iamlab.model.world import World

PartyKind = Literal[
    "user",
    "access key",
    "session",
    "service",
    "browser",
    "directory",
    "CI job",
    "application",
    "OIDC issuer",
    "instance",
    "metadata service",
    "function",
    "build",
]


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody or something that takes part in a call.

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
"""Hosts whose tokens speak for jobs, and for nobody else."""

BEFORE: Mapping[PartyKind, str] = {
    "instance": "GET /latest/meta-data/iam/security-credentials/",
    "browser": "sign in",
    "CI job": "ask for a token",
    "application": "ask for a token",
    "function": "run",
    "build": "run",
}
"""Who stands at the beginning -> what he does before anybody calls STS."""


def hops_of(
    world: World, trail: Trail, lifetimes: Mapping[str, Lifetime], wanted: Collection[str]
) -> list[Hop]:
    """Give the hops of some credentials, in the order in which they happened.

    Parameters
    ----------
    wanted
        The ids of their access keys.
    """
    placed: list[tuple[datetime, int, Hop]] = []
    for key_id in lifetimes:
        record = world.sessions.get(key_id)
        if record is not None and key_id in wanted:
            event = trail.issued.get(key_id)
            place = -1 if event is None else event.place
            made = _making(record, event, lifetimes)
            placed += ((record.issued, place, hop) for hop in made)
    for key_id, (place, event_) in trail.uses:
        if key_id in wanted and key_id in lifetimes:
            caller = _credentials(lifetimes[key_id])
            hop = Hop(
                caller,
                Party("service", event_.event_source),
                event_.event_name,
                event_.event_time,
                event_.event_id,
                event_.error_code,
            )
            placed.append((event_.event_time, place, hop))
    placed.sort(key=lambda one: one[:2])
    return [hop for *_, hop in placed]


def _making(
    record: SessionRecord, placed: Placed | None, lifetimes: Mapping[str, Lifetime]
) -> Iterator[Hop]:
    """Give the hops that led to a session."""
    event_id = "" if placed is None else placed.event.event_id
    identity = {} if placed is None else placed.event.user_identity
    before = _before(record, identity, lifetimes)
    for source, target in pairwise(before):
        yield Hop(source, target, BEFORE.get(source.kind, ""), record.issued)
    if before:
        yield Hop(before[-1], STS, record.operation, record.issued, event_id)
    made = _credentials(lifetimes[record.access_key_id])
    yield Hop(STS, made, record.operation, record.issued, event_id)


def _before(
    record: SessionRecord, identity: Mapping[str, Any], lifetimes: Mapping[str, Lifetime]
) -> tuple[Party, ...]:
    """Say who stood before STS, the first one first."""
    if record.parent:
        parent = lifetimes.get(record.parent)
        if parent is not None:
            return (_credentials(parent),)
        return (Party("access key", str(identity.get("arn", "")), record.parent),)
    service = str(identity.get("invokedBy", ""))
    for key, kind in RESOURCES.items():
        if key in record.keys:
            resource = Party(kind, str(record.keys[key]))
            middle = METADATA if key == "ec2:SourceInstanceArn" else Party("service", service)
            return (resource, middle) if middle.name else (resource,)
    if service:
        return (Party("service", service),)
    provider = record.keys.get("aws:FederatedProvider")
    if provider:
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
