"""How a way through a service goes: a plan says the calls, what each is asked on, and who assumes.

A plan is written as one line of text. Each call is an action, and after it the things that it
needs permission for, by the names that the Service Authorization Reference has for them::

    ecs:RegisterTaskDefinition> +task-definition &
    ecs:RunTask task-definition @task ecs:cluster={cluster} ~cluster

The signs, one by one:

``&`` stands between two calls
    ``codebuild:CreateProject> +project & codebuild:StartBuild project``
``>`` after an action: the role is passed with this call
    ``glue:CreateJob> +job``
a name: permission is needed on this thing, which is there
    ``ssm:StartSession instance``
``+`` the plan makes the thing, and needs permission on it
    ``lambda:CreateFunction> +function``
``@`` the plan makes the thing, and nobody is asked for permission on it
    ``ecs:RunTask task-definition @task``
``~`` the thing is there, and only a condition key names it
    ``ecs:cluster={cluster} ~cluster``
``key=value`` a condition key that the call brings
    ``ssm:DocumentType=Automation``
``{name}`` in a value: the ARN of a thing, or ``{role}``, ``{profile}``, ``{region}``
    ``ec2:InstanceProfile={profile}``

Notes
-----
AWS pages: "Service Authorization Reference"; "Grant a user permissions to pass a role to an AWS
service".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

PASSED, NEW_THING, UNASKED, NAMED = ">", "+", "@", "~"
ROLE, PROFILE, REGION = "{role}", "{profile}", "{region}"
"""Values of condition keys that stand for the role, its instance profile, the call's Region."""


class Thing(NamedTuple):
    """A resource of a plan.

    Parameters
    ----------
    kind
        ``lambda:function``.
    is_new
        Whether the plan makes it.
    """

    kind: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One call.

    Parameters
    ----------
    asked
        The names of the things that it needs permission for; none: it is asked on ``*``.
    keys
        The condition keys that it brings.
    passes
        Whether the role is passed with it.
    """

    action: str
    asked: tuple[str, ...]
    keys: tuple[tuple[str, str], ...] = ()
    passes: bool = False


@dataclass(frozen=True)
class Plan:
    """The calls of a way.

    Parameters
    ----------
    service
        What assumes the role, without ``.amazonaws.com``.
    things
        By name.
    main
        The name of what works with the role: for it, the service assumes the role.
    gets
        The name of what gets the role as it is passed.
    given
        What must be so besides permissions; ``{role}`` stands for the role's name.
    also
        Another service that must be given a role of its own, whichever.
    """

    service: str
    steps: tuple[Step, ...]
    things: dict[str, Thing]
    main: str
    gets: str = ""
    given: str = ""
    also: str = ""

    @cached_property
    def actions(self) -> tuple[str, ...]:
        """All actions that it needs, that of passing included."""
        own = [one.action for one in self.steps]
        return tuple(dict.fromkeys([*(["iam:PassRole"] if self.passes else []), *own]))

    @cached_property
    def passes(self) -> bool:
        """Whether the role is passed."""
        return any(one.passes for one in self.steps)

    def bringing(self, keys: tuple[tuple[str, str], ...]) -> Plan:
        """Give the same plan with more condition keys that each call brings."""
        steps = tuple(replace(one, keys=(*one.keys, *keys)) for one in self.steps)
        return replace(self, steps=steps)

    @cached_property
    def needs_profile(self) -> bool:
        """Whether the role must be in an instance profile already."""
        return self.service == "ec2" and "instance-profile" not in self.things


def with_role(text: str) -> str:
    """Let the first call of a plan's text pass the role.

    Examples
    --------
    >>> with_role("ecs:RunTask task-definition @task")
    'ecs:RunTask> task-definition @task'
    """
    return text.replace(" ", f"{PASSED} ", 1)


def plan(service: str, text: str, given: str = "", *, main: str = "", also: str = "") -> Plan:
    """Read a plan.

    Parameters
    ----------
    main
        Which thing works with the role; if not said, the first one of the call that passes it, or
        the first one of all.

    Examples
    --------
    >>> read = plan("lambda", "lambda:CreateFunction> +function & lambda:InvokeFunction function")
    >>> read.actions
    ('iam:PassRole', 'lambda:CreateFunction', 'lambda:InvokeFunction')
    >>> read.main, read.things["function"]
    ('function', Thing(kind='lambda:function', is_new=True))
    """
    things: dict[str, Thing] = {}
    steps, first = [], {True: "", False: ""}
    for part in text.split("&"):
        action, *words = part.split()
        passes, action = action.endswith(PASSED), action.removesuffix(PASSED)
        asked, keys = [], []
        for word in words:
            key, is_key, value = word.partition("=")
            if is_key:
                keys.append((key, value))
                continue
            name = word.lstrip(NEW_THING + UNASKED + NAMED)
            is_new = word.startswith((NEW_THING, UNASKED))
            things.setdefault(name, Thing(f"{action.partition(':')[0]}:{name}", is_new))
            if not action.startswith("iam:"):
                first[passes] = first[passes] or name
            if not word.startswith((UNASKED, NAMED)):
                asked.append(name)
        if action.startswith("ec2:"):
            keys.append(("ec2:Region", REGION))
        steps.append(Step(action, tuple(asked), tuple(keys), passes))
    main = main or first[True] or first[False]
    return Plan(service, tuple(steps), things, main, first[True], given, also)
