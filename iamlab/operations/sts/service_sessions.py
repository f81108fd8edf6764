"""Sessions of AWS services: a service assumes a role, and then works as that role.

A service works in one of three ways. With a *service role* it has the role's permissions: see here.
In a *forward access session* it has its caller's permissions: ``world.can(caller, ...,
via="athena.amazonaws.com")``. Or it calls *on its own behalf*, as a service principal, which
resource-based policies name: ``world.can("cloudtrail.amazonaws.com", ...)``.

Only the role's trust policy decides. It should limit the resources that the service works for, with
``aws:SourceArn`` or ``aws:SourceAccount``. Otherwise other customers can have the service use the
role for them: it is a *confused deputy*.

Notes
-----
AWS pages: "Roles terms and concepts", for service roles and service-linked roles; "Forward access
sessions"; "The confused deputy problem"; "API AssumeRole", for the limits of the duration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from iamlab.authorization.context_keys import tag_keys
from iamlab.authorization.principal import principal_of
from iamlab.errors import AccessDenied, RequestError, ValidationError, noted
from iamlab.model.network_locations import Circumstances
from iamlab.model.quotas import is_account_id
from iamlab.model.service_principals import find, sends
from iamlab.operations.dispatch import run
from iamlab.operations.registry import find as find_operation
from iamlab.operations.sts.assume_role import check_source_identity, keys_of_call, session_actions
from iamlab.operations.sts.calls import StsCall, check_is_on
from iamlab.operations.sts.issuing import issue_for_role, session_tags
from iamlab.operations.sts.service_session_kinds import PLAIN, Work, kind_of, own_name
from iamlab.operations.sts.session import find_role
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.engine.decision import Decision
    from iamlab.model.world import World
    from iamlab.operations.sts.service_session_kinds import ServiceKind
    from iamlab.operations.sts.session import Session

_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.(?:com|com\.cn|eu)", re.ASCII)
_NOT_IN_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
_LONGEST_NAME = 64


_NO_TASK = Work("", "")


@dataclass(slots=True)
class ServiceCall(StsCall):
    """A service's call to AssumeRole, which isn't signed by a principal of an account.

    Parameters
    ----------
    kind
        How the service creates its sessions.
    task
        The task that it assumes the role for.
    """

    kind: ServiceKind = PLAIN
    task: Work = _NO_TASK

    def work(self) -> Session:
        """Evaluate the trust policy, and create the session."""
        role_arn, where = str(self.parameters["RoleArn"]), Circumstances()
        if not (is_arn(role_arn) and is_account_id(Arn.parse(role_arn).account)):
            raise ValidationError(f"{role_arn} is invalid")  # likely wording
        if self.task.source is not None:
            where["source_arn"] = str(self.task.source)
        name, kind, task = self.parameters["RoleSessionName"], self.kind, self.task
        sent, source_identity = kind.tags(task), kind.source_identity(task)
        check_source_identity(source_identity or None)
        tags = session_tags(sent, tuple(sent) if kind.are_transitive else ())
        keys = keys_of_call(name, tags, source_identity)
        if kind.are_known_before:
            keys |= tag_keys("aws:PrincipalTag", sent)
        role = find_role(self.world, role_arn)
        for action in session_actions("sts:AssumeRole", tags.needs_permission, source_identity):
            decision = self.decide(action, role_arn, keys, **where)
            if role is None or not decision:
                raise self._refusal(decision, role_arn, is_there=role is not None)
        assert role is not None  # noqa: S101 - the first action is always decided
        check_is_on(self.endpoint, role.account)
        seconds = self.parameters.get("DurationSeconds", kind.seconds)
        own = {key: tell(task) for key, tell in kind.keys.items()}
        own = {key: value for key, value in own.items() if value}
        return issue_for_role(
            self, role, name, seconds, tags, keys=own, source_identity=source_identity
        )

    def _refusal(self, decision: Decision, role_arn: str, *, is_there: bool) -> AccessDenied:
        """Return the service's own error; the notes explain why."""
        error = AccessDenied(decision, self.kind.refusal.format(role=role_arn))
        if not is_there:
            return noted(error, f"There is no role {role_arn} in this world.")
        service = self.task.service
        error.add_note(
            f"The role's trust policy must allow {decision.request.action} for "
            f'{{"Service": "{service}"}}.'
        )
        sent = " and ".join(sends(service))
        if sent and self.task.source is None:
            error.add_note(
                f"It isn't known which resource {service} works. With source_arn= it sends "
                f"{sent}, which a trust policy can ask for."
            )
        elif sent:
            error.add_note(f"For {self.task.source} it sends {sent}, and no other such key.")
        return error


def assume_role_as_service(
    world: World,
    service: str,
    role_arn: str,
    *,
    endpoint: str,
    role_session_name: str | None = None,
    source_arn: str | None = None,
    duration_seconds: int | None = None,
    tags: Mapping[str, str] | None = None,
) -> Session:
    """Let a service assume a role.

    Parameters
    ----------
    endpoint
        The endpoint; by default in the Region of the service's resource.
    role_session_name, duration_seconds
        Default: as in ``service_session_kinds.py``.
    source_arn
        The resource that the service works for.
    tags
        Session tags that EKS Pod Identity or Roles Anywhere sends; it adds the others.

    Raises
    ------
    AccessDenied
        The role's trust policy doesn't allow it, or there is no such role.
    ValidationError
        Name, duration or ARN aren't valid.
    RegionDisabledException
        The account has disabled STS there.
    RequestError
        It isn't a service principal; or it is EC2, which works differently.
    """
    _check(service, source_arn)
    unknown = [tag for tag in tags or () if not kind_of(service).can_have(tag)]
    if unknown:
        raise RequestError(f"{service} doesn't send the session tag {unknown[0]}.")
    source = None if source_arn is None else Arn.parse(source_arn)
    role_name = Arn.parse(role_arn).name if is_arn(role_arn) else ""
    draw = _draw(world, service, role_arn, source_arn)
    work = Work(service, role_name, source, draw, dict(tags or {}))
    parameters: dict[str, Any] = {
        "RoleArn": role_arn,
        "RoleSessionName": session_name(work) if role_session_name is None else role_session_name,
    }
    if duration_seconds is not None:
        parameters["DurationSeconds"] = duration_seconds
    where = source.region if source is not None and source.region else endpoint
    return perform_for_service(world, kind_of(service), work, parameters, where)


def perform_for_service(
    world: World, kind: ServiceKind, task: Work, parameters: dict[str, Any], endpoint: str
) -> Session:
    """Let a service assume a role, and record it.

    Raises
    ------
    AwsError
        As from :func:`assume_role_as_service`.
    """
    service = task.service
    call = ServiceCall(
        world=world,
        entry=find_operation("sts:AssumeRole"),
        caller=service,
        who=principal_of(world, service),
        parameters=parameters,
        endpoint=endpoint,
        identity={"type": "AWSService", "invokedBy": service},
        kind=kind,
        task=task,
    )
    return cast("Session", run(call, asks=False)[0])


def session_name(work: Work) -> str:
    """Return a service's name for its session, in STS's form: 2 to 64 characters.

    Examples
    --------
    >>> source = Arn.parse("arn:aws:lambda:us-east-1:111111111111:function:resize:live")
    >>> session_name(Work("lambda.amazonaws.com", "worker", source, lambda letters, size: ""))
    'resize'
    """
    own = own_name(work)
    found = _NOT_IN_A_NAME.sub("-", kind_of(work.service).name(work)) or own
    # It isn't known what Lambda does with a function name of one letter.
    return (found if len(found) > 1 else f"{own}-{found}")[:_LONGEST_NAME]


def _check(service: object, source_arn: object) -> None:
    if not (isinstance(service, str) and _SERVICE.fullmatch(service)):
        raise RequestError(f"{service!r} isn't a service. Pass one such as lambda.amazonaws.com.")
    known = find(service)
    if known is not None and known.name == "ec2":
        raise RequestError(
            "EC2 assumes a role for an instance, whose metadata service returns it: "
            "instance.role_session()."
        )
    if source_arn is not None and not (isinstance(source_arn, str) and is_arn(source_arn)):
        raise RequestError(f"source_arn={source_arn!r} isn't an ARN.")


def _draw(world: World, *what: object) -> Callable[[str, int], str]:
    """Return a function that picks letters for a task; nothing else depends on it."""
    stem = f"work/{world.ids.made}/" + "/".join(map(str, what))
    return lambda letters, size: world.ids.hidden(f"{stem}/{size}", letters, size)
