"""To look at single ways: who has them in a world, and whether each keeps what it promises."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from iamlab import World
from iamlab.analysis.privilege_escalation.escalation_methods import ALSO_NEEDED
from iamlab.analysis.privilege_escalation.permission_checks import Need
from iamlab.analysis.privilege_escalation.principal_states import Edge
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.analysis.privilege_escalation.replay import Replay
from iamlab.authorization.principal import Caller, principal_of
from iamlab.world.account import Account
from tests.policy.documents import Doc, allow, deny, document

MAIN, OTHER = "111111111111", "222222222222"
HERE = f"arn:aws:iam::{MAIN}"
ALL = document(allow("*"))
EC2 = document(
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
)
PROBES = (
    ("s3:GetObject", "arn:aws:s3:::maps/m31"),
    ("codecommit:GitPull", f"arn:aws:codecommit:us-east-1:{MAIN}:stars"),
    ("iam:CreateUser", f"{HERE}:user/zoe"),
    ("iam:CreateAccessKey", f"{HERE}:user/eve"),
    ("iam:PutRolePolicy", f"{HERE}:role/stars"),
    ("sts:AssumeRole", f"{HERE}:role/stars"),
    ("sts:GetSessionToken", "*"),
    ("iamlab-probe:AnythingAtAll", "*"),
)


def trusting(*who: str, **more: Any) -> Doc:
    """Write a trust policy."""
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    statement = {"Effect": "Allow", "Principal": {"AWS": list(who)}, "Action": actions}
    return document({**statement, **more})


def small_world() -> Account:
    """Make an account with dana, who may nothing yet, eve, who reads maps, and a role that does."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    main.create_user("dana", tags={"team": "sky"})
    reads = document(allow(["s3:Get*", "codecommit:GitPull"]))
    main.create_user("eve").put_policy("reads", reads)
    main.create_role("stars", assume_role_policy_document=EC2).put_policy("reads", reads)
    main.create_policy("limit", document(allow(["s3:*", "codecommit:*", "iam:*", "sts:*"])))
    main.create_policy("own", document(allow("s3:ListBucket")))
    return main


def edges(world: World, caller: Caller, number: int) -> list[Edge]:
    """Return the edges of one way that somebody has."""
    return [edge for edge in world.reach().edges_from(caller) if edge.way.number == number]


def proved(world: World, caller: Caller, *numbers: int) -> list[Edge]:
    """Return the edges of some methods, each replayed: all calls and promises succeed."""
    reach = world.reach()
    found = [edge for edge in reach.edges_from(caller) if edge.way.number in numbers]
    for edge in found:
        prove(reach, edge)
    return found


def needs_what_its_row_says(edge: Edge) -> bool:
    """Return whether an edge needs one of its row's permission sets, and nothing else."""
    needed, sets = {*edge.permissions}, edge.way.permissions
    named = {permission for permissions in sets for permission in permissions}
    # What a trust policy gives to a provider's user, the caller does not need.
    least = [set(permissions) - {"sts:AssumeRole"} for permissions in sets]
    return any(needed_set <= needed for needed_set in least) and needed <= {*named, *ALSO_NEEDED}


def prove(reach: Reach, *path: Edge, probes: Iterable[tuple[str, str]] = PROBES) -> Replay:
    """Replay a path, and see that its caller then may do just what its end may."""
    assert all(map(needs_what_its_row_says, path))
    replay = reach.along(*path).replay()
    attributes = principal_of(replay.world, replay.principal).context()
    promised = path[-1].target.principal.context()
    ids = {"aws:userid": ""}  # what a session is called, and the id of somebody new, are not told
    assert {**attributes, **ids} == {**promised, **ids}, str(path[-1])
    for probe in probes:
        kept = bool(replay.world.can(replay.principal, *probe, allow_unknown=True))
        assert kept == bool(reach.decide(path[-1].target, Need(*probe, {}))), (probe, str(path[-1]))
    return replay


class Row(NamedTuple):
    """A method that dana can use.

    Parameters
    ----------
    statements
        Her policy.
    target
        What she becomes, in words.
    before
        What else there must be.
    """

    number: int
    statements: tuple[Doc, ...]
    target: str
    before: Callable[[Account], object] = lambda _: None

    def __str__(self) -> str:
        return f"{self.number}-{self.target}"

    def world(self, *more: Doc) -> World:
        """Make the world, with more in dana's policy."""
        main = small_world()
        self.before(main)
        if self.statements or more:
            main.users["dana"].put_policy("risky", document(*self.statements, *more))
        return main.world

    def targets(self, world: World) -> list[str]:
        """Return what dana can become by the row's method, and prove it."""
        return [str(edge.target) for edge in proved(world, f"{HERE}:user/dana", self.number)]

    def named(self, world: World) -> list[str]:
        """Return what dana can become by the row's method."""
        return [str(edge.target) for edge in edges(world, f"{HERE}:user/dana", self.number)]


def without(row: Row, action: str) -> dict[str, World]:
    """Make worlds in which one action is closed: by her policy, a boundary, an SCP."""
    others = document(allow("*"), deny(action))
    bounded = row.world()
    bounded.account(MAIN).create_policy("fence", others)
    bounded.user("dana").put_permissions_boundary("fence")
    governed = row.world()
    boss = governed.create_account("boss", account_id="999999999999")
    organization = governed.create_organization(boss)
    organization.invite_account(governed.account(MAIN)).accept()
    organization.create_policy("fence", document(deny(action))).attach(governed.account(MAIN))
    return {"deny": row.world(deny(action)), "boundary": bounded, "scp": governed}
