"""Who may pass which role to which service.

Three conditions must be met. The caller may pass the role (``iam:PassRole``), to this service and
for this resource. The role's trust policy trusts the service. And the trust policy's conditions can
be met: a service says for whose resource it calls (``aws:SourceAccount``, ``aws:SourceArn``), and
nothing else that its caller could choose. That every service sends ``iam:AssociatedResourceArn`` is
likely, not sure.

Notes
-----
AWS pages: "Grant a user permissions to pass a role to an AWS service"; "IAM and AWS STS condition
context keys"; "The confused deputy problem".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from iamlab.analysis.access_matrix import matrix
from iamlab.analysis.privilege_escalation.permission_checks import Decider, Need
from iamlab.analysis.privilege_escalation.satisfying_values import mentions
from iamlab.authorization.authorize import authorization_request
from iamlab.model.network_locations import Circumstances
from iamlab.model.service_principals import SOURCE_ARN
from iamlab.operations.authorization_needs import context_of_passing
from iamlab.operations.sts.service_session_kinds import Work
from iamlab.operations.sts.service_sessions import session_name
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory, AttackerView
    from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    from iamlab.model.identities import Role


PASS_ROLE = "iam:PassRole"
PASSED_TO, PASSED_FOR = "iam:PassedToService", "iam:AssociatedResourceArn"
ANY_SERVICE = "*"


def host(service: str) -> str:
    """Give the service principal of a service, as policies name it."""
    return f"{service}.amazonaws.com"


@dataclass(slots=True, eq=False)
class Passing:
    """Answers for one account, for all principals that are asked about."""

    decider: Decider
    stock: AccountInventory
    profiles: dict[str, str] = field(init=False)
    """ARN of a role -> that of an instance profile that it is in."""
    _trusting: dict[str, list[Role]] = field(init=False)
    _lets: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    _may_be_passed: dict[tuple[str, str], dict[PrincipalState, list[Role]]] = field(
        default_factory=dict
    )

    @classmethod
    def of(cls, view: AttackerView) -> Self:
        """Give that of a principal's account: there is one for all its principals."""
        key = ("passing", view.account.account_id)
        known: Self | None = view.decider.kept.get(key)
        if known is None:
            known = view.decider.kept[key] = cls(view.decider, view.stock)
        return known

    def __post_init__(self) -> None:
        """Note which services each role's trust policy could be about."""
        found: dict[str, list[Role]] = defaultdict(list)
        for role in self.stock.roles:
            for name in dict.fromkeys(_services(role)):
                found[name].append(role)
        self._trusting = dict(found)
        every = self.stock.account.instance_profiles.values()
        self.profiles = {role.arn: profile.arn for profile in every for role in profile.roles}

    def trusting(self, service: str) -> list[Role]:
        """Give the roles whose trust policy could let a service in."""
        found = (*self._trusting.get(host(service), ()), *self._trusting.get(ANY_SERVICE, ()))
        return list(dict.fromkeys(found))

    def lets(self, role: Role, service: str, source: str) -> bool:
        """Say whether a role's trust policy lets a service in that works for a resource."""
        key = (role.arn, service, source if _asks_for_source(role) else "")
        if key not in self._lets:
            self._lets[key] = self._decide(role, host(service), source)
        return self._lets[key]

    def _decide(self, role: Role, principal: str, source: str) -> bool:
        where = Circumstances()
        arn = Arn.parse(source) if is_arn(source) else None
        if arn is not None:
            where["source_arn"] = source
        if arn is not None and arn.region:
            where["region"] = arn.region
        keys = {"sts:RoleSessionName": session_name(Work(principal, role.name, arn))}
        world, action = self.decider.world, "sts:AssumeRole"
        return bool(
            authorization_request(
                world, principal, action, role.arn, None, where, operation_keys=keys
            ).decide()
        )

    def need(self, role: Role, service: str, passed_for: str) -> Need:
        """Give what the caller needs for a role that is passed for a resource."""
        keys = context_of_passing(self.stock.account, role.arn, service, passed_for)
        return Need(PASS_ROLE, role.arn, keys)

    def may_pass(self, state: PrincipalState, role: Role, service: str, passed_for: str) -> bool:
        """Say whether a principal may pass a role to a service, for a resource."""
        if not mentions(self.decider, state, PASSED_FOR):
            return role in self.passed(state, service)
        return self.decider.has(state, self.need(role, service, passed_for))

    def passed(self, state: PrincipalState, service: str) -> Sequence[Role]:
        """Give the roles that trust a service, and that a principal may pass to it.

        Whose policies ask for what they are passed to get all that might be so: ask ``may_pass``.
        """
        roles = self.trusting(service)
        if not roles or mentions(self.decider, state, PASSED_FOR):
            return roles
        known = self._may_be_passed.setdefault((service, ""), {})
        if state not in known:
            known |= self._passed_by_all(state, service, roles)
        return known[state]

    def _passed_by_all(
        self, state: PrincipalState, service: str, roles: list[Role]
    ) -> dict[PrincipalState, list[Role]]:
        """Decide for a principal, and for all others that will be asked about, at once."""
        others = self.decider.asked_with(state)
        others = [each for each in others if self.decider.ever(each, PASS_ROLE)]
        # Tags of the role are known of the role itself.
        context: dict[str, Any] = {PASSED_TO: host(service), **self.decider.context}
        states = [state, *others] if not self._may_be_passed[service, ""] else [state]
        table = matrix(
            self.decider.world,
            [one.gathered for one in states],
            [(PASS_ROLE, role.arn) for role in roles],
            context,
            self.decider.circumstances,
        )
        return {
            one: [role for bit, role in enumerate(roles) if row >> bit & 1]
            for one, row in zip(states, table.rows, strict=True)
        }

    def sources(self, roles: Sequence[Role]) -> list[str]:
        """Give the resources for which the trust policies of roles let services in."""
        found: dict[str, None] = {}
        for role in roles:
            for statement in () if role.trust is None else role.trust.statements:
                for condition in statement.conditions:
                    if condition.key.lower() == SOURCE_ARN.lower():
                        found |= dict.fromkeys(condition.values)
        return list(found)


def _asks_for_source(role: Role) -> bool:
    """Say whether the trust policy, or what is above it, may depend on the resource."""
    statements = () if role.trust is None else role.trust.statements
    return any(one.conditions for one in statements) or bool(role.account.world.organizations)


def _services(role: Role) -> list[str]:
    """Give the services that a trust policy's Allows name; ``*`` if they might mean any."""
    found = []
    for statement in () if role.trust is None else role.trust.statements:
        if statement.effect != "Allow":
            continue
        # Whom NotPrincipal means the engine will say.
        for kind, value in statement.principal or (("*", ANY_SERVICE),):
            if kind == "Service" or value == ANY_SERVICE:
                found.append(value)
    return found
