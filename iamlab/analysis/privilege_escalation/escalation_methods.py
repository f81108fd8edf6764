"""The known methods of privilege escalation, each with the permissions that it needs.

Each is a fact about AWS and is written in ``escalation_methods.json``. Whether a principal can use
it is decided by the functions in ``finders/``, which name the methods by number. A method that goes
through a service has *plans*: the calls to make, the resources that each call is checked on, and
the condition keys that it sends.

A plan's resources have the names of the Service Authorization Reference. A resource is ``existing``
or ``new`` (the plan creates it); ``unchecked`` if no permission on it is needed. In the value of a
condition key, ``{name}`` is the ARN of a resource; ``{role}``, ``{profile}`` and ``{region}`` are
the role, its instance profile and the Region of the call.

Notes
-----
The numbers are iamlab's own. ``ids`` are the names that others use: RH is the list of Rhino
Security Labs of 2019, the others are ids of pathfinding.cloud. AWS pages: "Service Authorization
Reference"; "Grant a user permissions to pass a role to an AWS service"; "Permissions boundaries for
IAM entities"; "IAM and AWS STS condition context keys"; "AWS services that work with IAM"; "Manage
AWS accounts with permission sets".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

ROLE, PROFILE, REGION = "{role}", "{profile}", "{region}"
"""Values of condition keys: the role, its instance profile, the Region of the call."""


class PlanResource(NamedTuple):
    """A resource of a plan.

    Parameters
    ----------
    kind
        ``lambda:function``.
    is_new
        Whether the plan creates it.
    """

    kind: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One call of a plan.

    Parameters
    ----------
    checked
        The names of the resources that permission is checked on; if none, it is checked on ``*``.
    keys
        The condition keys that it sends.
    passes
        Whether the role is passed with it.
    """

    action: str
    checked: tuple[str, ...]
    keys: tuple[tuple[str, str], ...] = ()
    passes: bool = False


@dataclass(frozen=True)
class ServicePlan:
    """The calls by which a service comes to work with a role.

    Parameters
    ----------
    service
        What assumes the role, without ``.amazonaws.com``.
    resources
        By name.
    main
        The name of what works with the role: the service assumes the role for it.
    gets
        The name of what gets the role when it is passed.
    condition
        What must be true in addition to permissions; ``{role}`` is the role's name.
    also
        Another service that must be passed a role of its own, whichever.
    """

    service: str
    steps: tuple[PlanStep, ...]
    resources: dict[str, PlanResource]
    main: str
    gets: str = ""
    condition: str = ""
    also: str = ""

    @classmethod
    def read(cls, data: dict[str, Any]) -> ServicePlan:
        """Read a plan; its main resource is the first of the call that passes the role, or of all.

        Examples
        --------
        >>> call = {"action": "ssm:StartSession", "resources": {"instance": "existing"}}
        >>> plan = ServicePlan.read({"service": "ec2", "calls": [call]})
        >>> plan.actions, plan.main, plan.resources["instance"]
        (('ssm:StartSession',), 'instance', PlanResource(kind='ssm:instance', is_new=False))
        """
        resources: dict[str, PlanResource] = {}
        steps, first = [], {True: "", False: ""}
        for call in data["calls"]:
            action, passes = call["action"], call.get("passes_role", False)
            service, used = action.partition(":")[0], call.get("resources", {})
            for name, state in used.items():
                is_new = state.startswith("new")
                resources.setdefault(name, PlanResource(f"{service}:{name}", is_new))
                if service != "iam":
                    first[passes] = first[passes] or name
            checked = tuple(name for name, state in used.items() if "unchecked" not in state)
            of_region = {"ec2:Region": REGION} if service == "ec2" else {}
            keys = tuple({**call.get("keys", {}), **of_region}.items())
            steps.append(PlanStep(action, checked, keys, passes))
        main = data.get("main") or first[True] or first[False]
        more = data.get("condition", ""), data.get("also_passed_to", "")
        return cls(data["service"], tuple(steps), resources, main, first[True], *more)

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """All actions that it needs, ``iam:PassRole`` included."""
        own = [step.action for step in self.steps]
        return tuple(dict.fromkeys([*(["iam:PassRole"] if self.passes else []), *own]))

    @cached_property
    def passes(self) -> bool:
        """Whether the role is passed."""
        return any(step.passes for step in self.steps)

    def with_keys(self, keys: tuple[tuple[str, str], ...]) -> ServicePlan:
        """Return the same plan with more condition keys that each call sends."""
        steps = tuple(replace(step, keys=(*step.keys, *keys)) for step in self.steps)
        return replace(self, steps=steps)

    @cached_property
    def needs_profile(self) -> bool:
        """Whether the role must be in an instance profile already."""
        return self.service == "ec2" and "instance-profile" not in self.resources


@dataclass(frozen=True, slots=True)
class EscalationMethod:
    """One method by which a principal gains permissions.

    Parameters
    ----------
    number
        From 1 to 76.
    title
        What is done, in few words.
    forms
        What its caller needs: alternatives, each of permissions that are all needed; a permission
        is written as those of which one is enough.
    gain
        See :data:`GAINS`.
    guards
        See :data:`GUARDS`.
    ids
        What others call it.
    service
        The service that runs code as the role; empty if IAM and STS are enough.
    plans
        How it goes through a service: one plan is enough.
    """

    number: int
    title: str
    forms: tuple[tuple[tuple[str, ...], ...], ...] = ()
    gain: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    service: str = ""
    plans: tuple[ServicePlan, ...] = field(default=(), compare=False, repr=False)

    @property
    def permissions(self) -> tuple[tuple[str, ...], ...]:
        """What its caller needs: sets of permissions, each of which is enough.

        Examples
        --------
        >>> METHODS[28].permissions  # doctest: +NORMALIZE_WHITESPACE
        (('iam:DeactivateMFADevice', 'iam:UpdateLoginProfile'),
         ('iam:DeactivateMFADevice', 'iam:CreateLoginProfile'))
        """
        return tuple(permissions for form in self.forms for permissions in product(*form))

    @property
    def plainness(self) -> int:
        """How many permissions it needs at least: fewer are plainer."""
        return min(map(len, self.forms), default=0)

    @property
    def can_be_replayed(self) -> bool:
        """Whether all its calls are of IAM and STS, so that a copy of the world can make them."""
        return not self.service

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


def _method(data: dict[str, Any]) -> EscalationMethod:
    return EscalationMethod(
        data["number"],
        data["title"],
        tuple(
            tuple((each,) if isinstance(each, str) else tuple(each) for each in form)
            for form in data["permissions"]
        ),
        tuple(data["gain"]),
        tuple(data["guards"]),
        tuple(data["ids"]),
        data.get("service", ""),
        tuple(map(ServicePlan.read, data.get("plans", ()))),
    )


_DATA = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))

DATE: str = _DATA["date"]
SOURCES: tuple[str, ...] = tuple(_DATA["sources"])
"""When and where the methods were collected; there are others that nobody has described."""

GAINS: dict[str, str] = _DATA["gains"]
GUARDS: dict[str, str] = _DATA["guards"]
"""What closes a method for those who need its permissions for something else."""

ALSO_NEEDED: dict[str, str] = _DATA["also_needed"]
"""Permission that a method of IAM and STS may need in addition -> when."""

METHODS: dict[int, EscalationMethod] = {
    method.number: method for method in map(_method, _DATA["methods"])
}
"""Number -> method."""


def _by_number(key: str) -> dict[int, Any]:
    return {data["number"]: data[key] for data in _DATA["methods"] if key in data}


NOT_MODELLED: dict[int, str] = _by_number("not_modelled")
"""Number of a method -> why it is not looked for."""

NOT_MODELLED_PARTS: dict[int, dict[str, str]] = _by_number("parts_not_modelled")
"""Number of a method -> parts of it that are not looked for, each with the reason."""
