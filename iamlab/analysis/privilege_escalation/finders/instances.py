"""Ways to get the role of an instance, or to give a role to one: rows 37, 38, and 66 to 68.

Whoever runs commands on an instance has the role that its metadata service hands out.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "API AssociateIamInstanceProfile"; "Restrict access to root-
level commands through SSM Agent"; "AWS-RunShellScript"; "Grant IAM permissions for EC2 Instance
Connect"; "Run commands when you launch an EC2 instance with user data input".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.services import Known, by_known, by_plan, by_plans
from iamlab.analysis.privilege_escalation.pass_role import Passing
from iamlab.analysis.privilege_escalation.plans import Plan, plan
from iamlab.operations.services.ec2.instance import Instance
from iamlab.operations.services.ec2.instance_role import role_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.principal_states import Edge
    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.model.identities import Role


PROFILE = (
    "iam:CreateInstanceProfile +instance-profile & "
    "iam:AddRoleToInstanceProfile> instance-profile & "
)
RUN = (
    "ec2:RunInstances> +instance image +network-interface security-group subnet +volume "
    "ec2:InstanceProfile={instance-profile}"
)
GIVE = ("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation")
"""How a profile is given to an instance that has none, and to one that has."""

KNOWN_PROFILE = tuple(
    plan("ec2", f"{name}> instance ec2:NewInstanceProfile={{profile}}") for name in GIVE
)
NEW_PROFILE = tuple(
    plan("ec2", f"{PROFILE}{name}> instance ec2:NewInstanceProfile={{instance-profile}}")
    for name in GIVE
)
RUN_WITH_NEW_PROFILE = plan("ec2", f"{PROFILE}{RUN}")

ON_AGENT = "SSM Agent runs on the instance and is connected"
COMMAND_PLANS = (
    plan("ec2", "ssm:StartSession instance", ON_AGENT),
    plan("ec2", "ssm:SendCommand instance shell-document", ON_AGENT),
    plan("ec2", "ssm:SendCommand instance powershell-document", ON_AGENT),
    plan(
        "ec2",
        "ssm:CreateDocument +document ssm:DocumentType=Command & ssm:SendCommand instance document",
        ON_AGENT,
        main="instance",
    ),
)
CONNECT_PLANS = (
    plan(
        "ec2",
        "ec2-instance-connect:SendSSHPublicKey instance",
        "the caller gets to the instance's port 22, and EC2 Instance Connect is set up there",
    ),
    plan(
        "ec2",
        "ec2-instance-connect:SendSerialConsoleSSHPublicKey instance",
        "serial consoles are on in the account, and somebody's password on the instance is known",
    ),
)
STOP = "ec2:StopInstances instance & "
SCRIPT = "ec2:ModifyInstanceAttribute instance ec2:Attribute=UserData & ec2:StartInstances instance"
SCRIPT_PLANS = {
    "running": plan("ec2", f"{STOP}{SCRIPT}"),
    "stopped": plan("ec2", SCRIPT),
}
"""State of an instance -> how the script is written that it runs when it starts."""

AN_INSTANCE = "an instance works with the role {role}"
CONTROL = "the caller runs code on an instance"


@finds(37)
def give_known_profile(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Give an instance that one controls the profile of a role."""
    yield from _give(view, method, KNOWN_PROFILE)


@finds(38)
def give_new_profile(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Put a role that is in no profile into a new one, and start an instance with that."""
    done = set()
    for edge in by_plans(view, method, (RUN_WITH_NEW_PROFILE,), roles=_without_profile(view)):
        done.add(edge.target.arn)
        yield edge
    yield from _give(view, method, NEW_PROFILE, done)


def _without_profile(view: AttackerView) -> list[Role]:
    passing = Passing.of(view)
    return [role for role in passing.trusting("ec2") if role.arn not in passing.profiles]


def _give(
    view: AttackerView, method: EscalationMethod, plans: Sequence[Plan], done: Iterable[str] = ()
) -> Iterator[Edge]:
    """Look for an instance that can be given each role: one is enough."""
    passing, found = Passing.of(view), set(done)
    roles = _without_profile(view) if plans is NEW_PROFILE else passing.trusting("ec2")
    if not roles:
        return
    for instance in _instances(view):
        if instance.state != "running":
            continue
        each, has = plans[instance.association is not None], role_of(instance)
        others = [role for role in roles if role is not has]
        said = (f"{CONTROL} {instance.name}",)
        where = {"instance": instance.arn}
        for role, edge in by_plan(
            view, method, each, roles=others, fixed=where, conditions=said, done=found
        ):
            found.add(role.arn)
            yield edge
    if view.world.loaded:  # an export does not tell of instances
        yield from by_plans(view, method, plans, roles=roles, conditions=(CONTROL,), done=found)


@finds(66)
def run_commands(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Open a session on an instance, or send it a command."""
    running = _working(view, "running")
    yield from by_known(view, method, COMMAND_PLANS, running, AN_INSTANCE)


@finds(67)
def connect(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Put one's own key on an instance, and log in."""
    running = _working(view, "running")
    yield from by_known(view, method, CONNECT_PLANS, running, AN_INSTANCE)


@finds(68)
def write_the_script(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Write what an instance runs when it starts, and start it anew."""
    for state, each in SCRIPT_PLANS.items():
        unknown = AN_INSTANCE if state == "running" else ""
        yield from by_known(view, method, (each,), _working(view, state), unknown)


def _instances(view: AttackerView) -> list[Instance]:
    return [each for each in view.account.resources.values() if isinstance(each, Instance)]


def _working(view: AttackerView, state: str) -> list[Known]:
    """Give the instances in a state that have a role, with their tags as SSM tells them."""
    found = []
    for instance in _instances(view):
        role = role_of(instance)
        if role is not None and instance.state == state:
            tags = tuple((f"ssm:resourceTag/{key}", value) for key, value in instance.tags.items())
            found.append(Known({"instance": instance.arn}, role, tags))
    return found
