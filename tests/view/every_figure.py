"""Every figure there is, and how it is drawn of a scene: for its proof, and for ``make soak``."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import iamlab.view.figures
from iamlab import Decision, Policy, World
from iamlab.analysis.privilege_escalation.reach import ADMIN, Reach
from iamlab.engine.matrix import AccessMatrix
from iamlab.model.organization.organization import Organization
from iamlab.operations.sts.session import Session
from iamlab.view.figure import Figure
from iamlab.view.tables import verdict_table
from tests.view.disfigure import disfigure
from tests.view.looking import faults
from tests.view.scenes import (
    ASKED,
    EXTERNAL_ID,
    MAIN,
    PARTNER,
    UGLY,
    company,
    decisions,
    sessions,
)

S3 = ("GetBucketPolicy", "PutBucketPolicy", "ListAllMyBuckets", "CreateBucket", "DeleteBucket")
IAM = ("GetUser", "ListUsers", "DeleteUser", "PutUserPolicy", "CreateRole", "PassRole", "GetRole")
HOME = Path(iamlab.view.figures.__file__).parent
SURE = ("a guess", "fairly sure", "certain")
MANY = [*(action for action, _ in ASKED), *(f"s3:{of}" for of in S3), *(f"iam:{of}" for of in IAM)]


class Scene:
    """A world with sessions, and the values that figures are drawn from."""

    def __init__(self, size: int, seed: int, *, ugly: bool) -> None:
        self.size, self.seed, self.ugly = size, seed, ugly
        self.world: World = company(size, seed, ugly=ugly)
        self.sessions: list[Session] = sessions(self.world, seed)
        self.main = self.world.account(MAIN)

    def __repr__(self) -> str:
        return f"{self.size}-{self.seed}{'-ugly' if self.ugly else ''}"

    @cached_property
    def decision(self) -> Decision:
        """A decision; the verdict depends on the seed."""
        return self.decisions[self.seed % 3]

    @cached_property
    def decisions(self) -> list[Decision]:
        """Decisions of every verdict."""
        return decisions(self.world, self.seed, 6)

    @cached_property
    def somebody(self) -> Any:
        """A user of the main account."""
        users = list(self.main.users.values())
        return users[self.seed % len(users)]

    @cached_property
    def policy(self) -> Any:
        """The longest policy of the account."""
        holders = (*self.main.users.values(), *self.main.groups.values())
        every = [policy for holder in holders for policy in holder.inline.values()]
        every += [policy.document for policy in self.main.policies.values()]
        return max(every, key=lambda policy: len(policy.statements))

    @cached_property
    def callers(self) -> list[Any]:
        """All users and roles of the main account."""
        return [*self.main.users.values(), *self.main.roles.values()]

    @cached_property
    def alive(self) -> Session:
        """A session that has not expired, the last of the longest chain."""
        parents = {session.access_key_id: session.record.parent for session in self.sessions}

        def links(key: str) -> int:
            return 1 + links(parents[key]) if key in parents else 0

        alive = [session for session in self.sessions if not session.is_expired]
        return max(alive, key=lambda session: links(session.access_key_id))

    @cached_property
    def changed(self) -> World:
        """The same world, after some policies were detached and some attached."""
        world = self.world.copy()
        for number, user in enumerate(world.account(MAIN).users.values()):
            if number % 3 == self.seed % 3:
                user.attached.clear()
            elif number % 3 == 0:
                user.attached.append("arn:aws:iam::aws:policy/AmazonS3FullAccess")
        world.changed()
        return world

    @cached_property
    def organization(self) -> Organization:
        """The organization of the world, or that of a middle-sized world."""
        every = self.world.organizations or company(20, self.seed, ugly=self.ugly).organizations
        return next(iter(every.values()))

    @cached_property
    def reach(self) -> Reach:
        """The reach of a world with an administrator, and a user who can create keys for him.

        Only one of the largest worlds is searched, because that takes a second.
        """
        world = company(self.size if self.seed == 1 else min(self.size, 20), self.seed)
        main = world.account(MAIN)
        helper, boss = main.create_user("helper"), main.create_user("boss")
        boss.attach_policy("AdministratorAccess")
        helping = Policy.allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"], boss.arn)
        helper.put_policy("helping", helping)
        if self.ugly:
            disfigure(world, self.seed)
        return world.reach()

    @cached_property
    def helper(self) -> Any:
        """The user who can create keys for the administrator."""
        return list(self.reach.world.account(MAIN).users.values())[-2]

    @cached_property
    def pair(self) -> tuple[Decision, Decision]:
        """A call of the partner's user with the right external ID, and with another one."""
        roles = list(self.main.roles.values())
        action, resource = ("sts:AssumeRole", roles[-1].arn) if roles else ASKED[0]
        olga = next(iter(self.world.account(PARTNER).users.values()))
        return (
            self.world.can(olga, action, resource, context={"sts:ExternalId": EXTERNAL_ID}),
            self.world.can(olga, action, resource, context={"sts:ExternalId": self.names[0]}),
        )

    @cached_property
    def names(self) -> list[str]:
        """Names in the world, for figures of values."""
        every = (*self.main.users, *self.main.groups, *(UGLY if self.ugly else ()), "project")
        return list(islice(every, max(2, self.size // 4)))

    def access(self, world: World) -> AccessMatrix:
        """Return the access matrix of all users and roles, in this world or in the changed one."""
        pairs = ASKED[: 2 + self.size // 10]
        callers = [caller.arn for caller in self.callers]
        return world.access_matrix(
            list(dict.fromkeys(action for action, _ in pairs)), [ASKED[0][1]], callers
        )


@cache
def scene(size: int, seed: int, *, ugly: bool) -> Scene:
    """Make a scene once."""
    return Scene(size, seed, ugly=ugly)


# -- how each figure is drawn ----------------------------------------------------------------------


def url_of(names: list[str]) -> str:
    """Return a URL with names in its path and its query."""
    query = urlencode({f"tag.{number}": name for number, name in enumerate(names)})
    return f"https://maps.s3.eu-west-1.amazonaws.com/{quote(names[-1])}?{query}"


def signed_headers(names: list[str]) -> dict[str, str]:
    """Return headers with names, and with a signature that covers half of them."""
    headers = {f"x-{number}": name for number, name in enumerate(names)}
    covered = ";".join(["host", *list(headers)[::2]])
    scope = f"AKIA{len(names)}{names[0]}".replace("/", "")[:200].replace(",", "")
    signature = f"Credential={scope}/20261125/eu-west-1/s3/aws4_request, SignedHeaders={covered}"
    return {
        **headers,
        "X-Amz-Date": "20261125T090000Z",
        "X-Amz-Security-Token": names[0] * 9,
        "Authorization": f"AWS4-HMAC-SHA256 {signature}, Signature={64 * 'a'}",
    }


Draw = Callable[..., Figure]

FIGURES: dict[str, Callable[[Draw, Scene], Figure]] = {
    "access_graph": lambda draw, s: draw(s.decision),
    "access_graph of a session": lambda draw, s: draw(
        s.world.can(s.alive, *ASKED[s.seed % 3]), session=s.alive
    ),
    "access_matrix": lambda draw, s: draw(
        verdict_table(s.world, s.callers, ASKED[: 2 + s.size // 10]), world=s.world
    ),
    "access_matrix of much": lambda draw, s: draw(
        s.world.access_matrix(MANY, [resource for _, resource in ASKED], s.callers), world=s.world
    ),
    "attachment_graph": lambda draw, s: draw(s.main, lit=s.somebody if s.seed % 2 else None),
    "attachment_graph of a world": lambda draw, s: draw(s.world),
    "calibration": lambda draw, s: draw(
        (SURE[(i + s.seed) % 3], i % (s.seed + 2) > 0) for i in range(s.size)
    ),
    "condition_tree": lambda draw, s: draw(s.policy, s.decision.request),
    "confused_deputy": lambda draw, s: draw(*s.pair, customer=s.names[1], world=s.world),
    "credential_lifetimes": lambda draw, s: draw(s.world),
    "difference_bars": lambda draw, s: draw(s.access(s.world), s.access(s.changed), world=s.world),
    "door": lambda draw, s: draw(meanings=s.seed % 2 == 0),
    "funnel": lambda draw, s: draw(s.policy, [ASKED[0][1]]),
    "growth": lambda draw, s: draw(
        range(1, s.size, s.seed % 5 + 1), people_per_project=s.seed % 40 + 1
    ),
    "ladder": lambda draw, s: draw(s.decision),
    "matrix_difference": lambda draw, s: draw(
        s.access(s.world), s.access(s.changed), world=s.world
    ),
    "organization_tree": lambda draw, s: draw(s.organization),
    "organization_tree of a request": lambda draw, s: draw(
        s.organization, s.decision if s.world.organizations else None
    ),
    "permission_sets": lambda draw, s: draw(
        s.world, s.somebody, [action for action, _ in ASKED], ASKED[s.seed % len(ASKED)][1]
    ),
    "policy_card": lambda draw, s: draw(s.policy),
    "reach_graph": lambda draw, s: draw(s.reach),
    "reach_graph of a cut": lambda draw, s: draw(  # edits are tried with the API: no ugly names
        s.reach, s.helper, cut=None if s.ugly else s.reach.cut(s.helper, ADMIN)
    ),
    "reach_graph of a way": lambda draw, s: draw(s.reach, s.helper),
    "reach_graph of somebody": lambda draw, s: draw(s.reach, s.helper, None),
    "request_sentence": lambda draw, s: draw(s.decision),
    "score_bars": lambda draw, s: draw(
        {name: ((i * 7 + s.seed) % 11, 10 + i % 2) for i, name in enumerate(s.names)}
    ),
    "sequence": lambda draw, s: draw(s.world.timeline(s.alive), world=s.world),
    "sequence of a log": lambda draw, s: draw(s.world.events, world=s.world),
    "session_timeline": lambda draw, s: draw(s.world.timeline()),
    "signed_request": lambda draw, s: draw("GET", url_of(s.names), signed_headers(s.names)),
    "signed_request of a form": lambda draw, s: draw(
        "POST", "https://iam.amazonaws.com", signed_headers(s.names), f"Action={s.names[0]}"
    ),
    "signed_request without a signature": lambda draw, s: draw(s.names[1], url_of(s.names), {}),
    "trust_graph": lambda draw, s: draw(s.world, lit=s.somebody if s.seed % 2 else None),
    "two_account_map": lambda draw, s: draw(s.decision, world=s.world),
    "two_doors": lambda draw, s: draw(s.decision),
    "two_layers": lambda draw, s: draw(
        s.world, s.somebody, [action for action, _ in ASKED[:4]], [ASKED[0][1], ASKED[3][1]]
    ),
    "value_sets": lambda draw, s: draw(
        "ForAllValues:StringEquals", "aws:TagKeys", s.names, [*s.names[1:], "owner"]
    ),
}
"""Its name, perhaps with more words -> how it is drawn of a scene."""


SEARCHED = {name for name in FIGURES if name.startswith("reach_graph")}
"""Those of which the data, not the drawing, take a second."""

PARTS = {
    "before_and_after": "reach_graph of a cut",
    "draw_cut": "reach_graph of a cut",
    "draw_edges": "reach_graph",
    "draw_found": "reach_graph of somebody",
    "draw_path": "reach_graph of a way",
}
"""What gives a figure, too, but is there for another one: the figure that it is drawn by."""


@cache
def homes() -> dict[str, str]:
    """Return the module of every public function that returns a figure, by its name."""
    return {
        node.name: ".".join(path.relative_to(HOME).with_suffix("").parts)
        for path in sorted(HOME.rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and isinstance(node.returns, ast.Name)
        and node.returns.id == "Figure"
    }


def draw(name: str, of: Scene) -> Figure:
    """Draw a figure of a scene."""
    function = name.split(" ", 1)[0]
    module = import_module(f"iamlab.view.figures.{homes()[function]}")
    return FIGURES[name](getattr(module, function), of)


# -- what is seen of it ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """The facts of a figure, without the figure: many figures would fill the memory."""

    of: Scene
    faults: list[str]
    alt: str
    text: str
    lines: int
    rows: list[dict[str, Any]]
    width: float
    graph: Any

    @property
    def facts(self) -> str:
        """The facts of its table."""
        return repr(self.rows)


@lru_cache(maxsize=256)
def figure_of(name: str, size: int, seed: int, *, ugly: bool) -> Figure:
    """Draw a figure of a scene once, for all tests of it."""
    return draw(name, scene(size, seed, ugly=ugly))


@cache
def seen(name: str, size: int, seed: int, *, ugly: bool) -> Seen:
    """Look at a figure of a scene once."""
    of = scene(size, seed, ugly=ugly)
    figure = figure_of(name, size, seed, ugly=ugly)
    width, _ = figure.drawing.get_size_inches()
    rows = [dict(row) for row in figure.rows]
    text, lines = figure.as_text(), len(figure.lines)
    return Seen(of, faults(figure), figure.alt, text, lines, rows, width, figure.graph)
