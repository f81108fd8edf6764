"""How each AWS service creates its role sessions: their names, durations and keys.

A service that uses your role (a service role) calls ``AssumeRole`` as itself, and chooses the
session's name and duration. Some services also add a condition key with the function, build or job,
or session tags, for which the trust policy must allow ``sts:TagSession``.

Notes
-----
AWS pages: "AWS global condition context keys", properties of a role session; "Create a role to
delegate permissions to an AWS service"; for each row of ``service_session_kinds.toml`` the page
that is named above it. AWS has no page of the names and durations, so most of them are only likely,
from records of CloudTrail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from string import ascii_letters
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.model.clock_and_ids import HEX
from iamlab.model.service_principals import find
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.policy.arn import Arn

HOUR = 3600
NO_TAGS: Mapping[str, str] = MappingProxyType({})


class Work(NamedTuple):
    """The task that a service assumes a role for.

    Parameters
    ----------
    service
        The service principal: ``lambda.amazonaws.com``.
    role_name
        The role's name.
    source
        The resource for which the service works, if known: a function, a task, a project.
    draw
        Returns random letters, which are the same for the same task.
    tags
        What the session tags say, if known: a pod's namespace, a certificate's subject.
    """

    service: str
    role_name: str
    source: Arn | None = None
    draw: Callable[[str, int], str] = lambda letters, size: letters[0] * size
    tags: Mapping[str, str] = NO_TAGS

    @property
    def parts(self) -> list[str]:
        """The parts of the resource: type, name, and the rest; empty if unknown."""
        return [] if self.source is None else self.source.resource.replace(":", "/").split("/")

    @property
    def kind(self) -> str:
        """The service and type of the resource: ``lambda:function``; empty if unknown."""
        if self.source is None or len(self.parts) < 2:
            return ""
        return f"{self.source.service}:{self.parts[0]}"

    def uuid(self) -> str:
        """Return an id of 32 hexadecimal digits, in five parts."""
        digits = self.draw(HEX, 32)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


Tell = Callable[[Work], str]
"""Reads a value from a task; empty if it has none."""


@dataclass(frozen=True, slots=True)
class ServiceKind:
    """How a service creates its sessions.

    Parameters
    ----------
    name
        Returns the session's name.
    seconds
        The duration. The role's maximum session duration doesn't limit it.
    keys
        Condition key of the session -> the function that returns its value.
    refusal
        The service's message if denied; ``{role}`` is the role's ARN. Empty if unknown.
    tags
        Returns the session tags.
    tag_names
        The session tags that a task can have. After a slash there can be any name.
    are_transitive
        Whether the tags pass to the next session of a role chain.
    are_known_before
        Whether the trust policy finds them as ``aws:PrincipalTag``, too.
    source_identity
        Returns the source identity.
    """

    name: Tell
    seconds: int = HOUR
    keys: Mapping[str, Tell] = field(default_factory=dict)
    refusal: str = ""
    tags: Callable[[Work], Mapping[str, str]] = lambda work: work.tags
    tag_names: Collection[str] = ()
    are_transitive: bool = False
    are_known_before: bool = False
    source_identity: Tell = lambda _: ""

    def can_have(self, tag: str) -> bool:
        """Return whether its sessions can have a tag."""
        start, slash, _ = tag.partition("/")
        return start + slash in self.tag_names


def kind_of(service: str) -> ServiceKind:
    """Return how a service makes its sessions; an unknown one makes a plain session of an hour.

    Examples
    --------
    >>> kind_of("lambda.amazonaws.com").seconds, kind_of("of-tomorrow.amazonaws.com").seconds
    (43200, 3600)
    >>> kind_of("states.eu-west-1.amazonaws.com") is KINDS["states"]
    True
    """
    known = find(service)
    return PLAIN if known is None else KINDS.get(known.name, PLAIN)


def own_name(work: Work) -> str:
    """Return the service's name as the session name."""
    return work.service.partition(".amazonaws.")[0].replace(".", "-")


def _function_name(work: Work) -> str:
    """Return the function's name, without version or alias."""
    return work.parts[1] if work.kind == "lambda:function" else ""


def _beside(work: Work, resource: str) -> str:
    """Return the ARN of a part in the resource's account and Region."""
    return "" if work.source is None else str(replace(work.source, resource=resource))


def _function_arn(work: Work) -> str:
    """Return the ARN of the function itself, without a version or alias."""
    name = _function_name(work)
    return _beside(work, f"function:{name}") if name else ""


def _id_of(kind: str, otherwise: Tell) -> Tell:
    """Return the last part of a resource of a type, or else random letters."""
    return lambda work: work.parts[-1] if work.kind == kind else otherwise(work)


_task_id = _id_of("ecs:task", lambda work: work.draw(HEX, 32))
_build_id = _id_of("codebuild:build", Work.uuid)
_run_id = _id_of("ssm:automation-execution", Work.uuid)


def _is_of_project(work: Work) -> bool:
    return work.kind in ("codebuild:build", "codebuild:project")


def _build_arn(work: Work) -> str:
    """Return the ARN of a build: the project's name and a new id."""
    if not _is_of_project(work):
        return ""
    return _beside(work, f"build/{work.parts[1]}:{_build_id(work)}")


def _project_arn(work: Work) -> str:
    return _beside(work, f"project/{work.parts[1]}") if _is_of_project(work) else ""


_CODE_OF_GLUE = ("glue:job", "glue:devEndpoint", "glue:session")
"""The customer's code uses these, not Glue itself."""


def _glue_if(*, code: bool) -> Tell:
    return lambda work: "glue.amazonaws.com" if (work.kind in _CODE_OF_GLUE) is code else ""


def _is_node(work: Work) -> bool:
    return work.kind in ("ssm:managed-instance", "ec2:instance")


def _of_systems_manager(work: Work) -> str:
    """Return the managed machine, or the run of an automation, as the session name."""
    return work.parts[-1] if _is_node(work) else f"Automation-{_run_id(work)}"


def _pod_tags(work: Work) -> Mapping[str, str]:
    """Return what EKS says of a pod; by default it is in the namespace ``default``."""
    known = dict.fromkeys(("kubernetes-namespace", "kubernetes-service-account"), "default")
    if work.kind == "eks:cluster":
        known |= {"eks-cluster-arn": str(work.source), "eks-cluster-name": work.parts[1]}
    known |= {"kubernetes-pod-name": work.role_name, "kubernetes-pod-uid": work.uuid()}
    return {**known, **work.tags}


def _pod_session(work: Work) -> str:
    """Return the cluster, the pod and an id as the session name."""
    tags = _pod_tags(work)
    cluster = tags.get("eks-cluster-name", "cluster")
    return f"eks-{cluster}-{tags['kubernetes-pod-name']}-{work.uuid()}"


def _certificate_tags(work: Work) -> Mapping[str, str]:
    """Return what a certificate says; by default its common name is the role's name."""
    return {"x509Subject/CN": work.role_name, **work.tags}


PLAIN = ServiceKind(own_name)
"""A service without known details."""

FACTS: Mapping[str, Tell] = {
    "build": _build_id,
    "build ARN": _build_arn,
    "common name": lambda work: _certificate_tags(work)["x509Subject/CN"],
    "function": _function_name,
    "function ARN": _function_arn,
    "glue for code": _glue_if(code=True),
    "glue itself": _glue_if(code=False),
    "hex digits": lambda work: work.draw(HEX, 32),
    "letters": lambda work: work.draw(ascii_letters, 32),
    "machine ARN": lambda work: str(work.source) if _is_node(work) else "",
    "machine or run": _of_systems_manager,
    "pod": _pod_session,
    "project ARN": _project_arn,
    "role name": lambda work: work.role_name,
    "task": _task_id,
}
"""What the table can say of a task."""


def _told(text: str) -> Tell:
    """Return what fills in the facts of a text."""
    return lambda work: re.sub(r"{(.*?)}", lambda found: FACTS[found[1]](work), text)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "keys": lambda keys: {key: _told(text) for key, text in keys.items()},
    "name": _told,
    "source_identity": _told,
    "tags": {"pod": _pod_tags, "certificate": _certificate_tags}.__getitem__,
}
"""Field in the table -> what reads its value; the others are as they are."""


def _kind(row: Mapping[str, Any]) -> ServiceKind:
    """Make a service's kind from its row."""
    read = {name: _READ[name](value) if name in _READ else value for name, value in row.items()}
    return ServiceKind(**read)


_ROWS = tables(__file__)
KINDS: Mapping[str, ServiceKind] = {service: _kind(row) for service, row in _ROWS.items()}
"""By the service's name, as in ``service_principals.py``."""
