"""The own ways of a power, looked at alone: found, followed, and replayed."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from iamlab import World
from iamlab.analysis.privilege_escalation.assumable_roles import AssumableRoles
from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory, AttackerView
from iamlab.analysis.privilege_escalation.finders import edges_from
from iamlab.analysis.privilege_escalation.paths import Path
from iamlab.analysis.privilege_escalation.permission_checks import Need
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.authorization.principal import principal_of
from tests.analysis.privilege_escalation.way_checks import needs_what_its_row_says

NUMBERS = (*range(1, 10), *range(23, 28), 29, 30)


class Own:
    """The own ways in one world."""

    def __init__(self, world: World, **how: Any) -> None:
        self.reach = world.reach(**how)
        self.world, self.decider = self.reach.world, self.reach._finder.decider
        self.assuming = AssumableRoles(self.decider)

    def power(self, caller: Any) -> PrincipalState:
        """Take somebody as he is."""
        return PrincipalState.of(principal_of(self.world, caller), caller)

    def edges(self, power: PrincipalState, *numbers: int) -> list[Edge]:
        """Return the edges of some ways that begin at a power."""
        stock = AccountInventory(self.world.accounts[power.account_id])
        item = AttackerView(self.decider, power, stock, self.assuming)
        return list(edges_from(item, numbers or NUMBERS))

    def paths(self, begin: PrincipalState, depth: int) -> Iterator[Path]:
        """Return a path for each edge, a shortest way to where it begins before it."""
        seen: set[PrincipalState] = {begin}
        waiting: deque[tuple[Edge, ...]] = deque([()])
        while waiting:
            before = waiting.popleft()
            for edge in self.edges(before[-1].target if before else begin):
                yield self.reach.along(*before, edge)
                if edge.target not in seen and len(before) < depth - 1:
                    seen.add(edge.target)
                    waiting.append((*before, edge))

    def promised(self, power: PrincipalState, probes: Any) -> list[bool]:
        """Return what a power may do, by the graph."""
        return [bool(self.decider.decide(power, Need(*probe, {}))) for probe in probes]

    def kept(self, path: Path, probes: Any) -> list[bool]:
        """Return what who has followed a path may do, by the replay."""
        assert all(map(needs_what_its_row_says, path.edges))
        replay = path.replay()
        return [
            bool(replay.world.can(replay.principal, *probe, allow_unknown=True)) for probe in probes
        ]


ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'


def moves(world: World, arn: str) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Return what a user or role of a world could try to make more of itself, by no rule at all."""
    account = world.accounts[arn.split(":")[4]]
    kind, name = arn.split(":")[5].split("/")
    own = getattr(account, f"{kind}s")[name]
    noun, named = kind.capitalize(), {f"{kind.capitalize()}Name": name}
    policies = [*account.policies, *(f"arn:aws:iam::aws:policy/{name}" for name in OF_AWS)]
    holders = [(noun, named, own)]
    for group in account.groups.values() if kind == "user" else ():
        in_it = {"GroupName": group.name}
        holders.append(("Group", in_it, group))
        yield [("AddUserToGroup", {**in_it, **named})]
        yield [("RemoveUserFromGroup", {**in_it, **named})]
    for what, whose, holder in holders:
        for policy in policies:
            yield [(f"Attach{what}Policy", {**whose, "PolicyArn": policy})]
            yield [(f"Detach{what}Policy", {**whose, "PolicyArn": policy})]
        for inline in (*holder.inline, "brute"):
            write = {**whose, "PolicyName": inline, "PolicyDocument": ALL}
            yield [(f"Put{what}Policy", write)]
            yield [(f"Delete{what}Policy", {**whose, "PolicyName": inline})]
    for policy in account.policies.values():
        write = {"PolicyArn": policy.arn, "PolicyDocument": ALL, "SetAsDefault": True}
        yield [("CreatePolicyVersion", write)]
        for version in policy.versions:
            of = {"PolicyArn": policy.arn, "VersionId": version}
            yield [("SetDefaultPolicyVersion", of)]
            yield [("DeletePolicyVersion", of), ("CreatePolicyVersion", write)]
    yield [(f"Delete{noun}PermissionsBoundary", named)]
    for policy in policies:
        yield [(f"Put{noun}PermissionsBoundary", {**named, "PermissionsBoundary": policy})]
    for value in ("sky", "sea", "other"):
        yield [(f"Tag{noun}", {**named, "Tags": [{"Key": "team", "Value": value}]})]


OF_AWS = ("AdministratorAccess", "IAMFullAccess", "ReadOnlyAccess")
