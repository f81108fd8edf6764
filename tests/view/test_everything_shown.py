"""Everything that shows itself does so everywhere, takes text as text, and keeps every secret."""

import importlib
import pkgutil
import sys
from functools import cached_property
from html.parser import HTMLParser

import pytest

import iamlab
from iamlab import Policy, Request, World
from iamlab.authorization.principal import principal_of
from iamlab.display import Shown, few
from iamlab.errors import RequestError
from iamlab.model.event import EventLog
from iamlab.view import request_sentence
from iamlab.view.cards.card import inner
from iamlab.view.figure import Figure
from iamlab.view.showing import PICTURES, show
from iamlab.view.tables import Table
from iamlab.view.tabular import table_of
from tests.view.cases import DECISIONS
from tests.view.disfigure import disfigure
from tests.view.scenes import ASKED, MAIN, company, sessions

ANA = "arn:aws:iam::111111111111:user/ana"


def _types_of(function):
    """Return the types with a part of their own; each name must be that of a type."""
    names = function.parts.keys() - {"builtins.object"}
    return [pkgutil.resolve_name(f"iamlab.{name}") for name in sorted(names)]


TABLES, CARDS = _types_of(table_of), _types_of(inner)
PASSWORD = "Correct-Horse-1"
SCRIPT = "<script>alert(1)</script>"
OURS = {"div", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "strong", "span"}
OURS |= {"br", "ol", "ul", "li", "em", "code", "pre", "figure", "img", "figcaption", "details"}
OURS |= {"summary", "p", "h3", "h4", "section", "dl", "dt", "dd", "small", "b", "i", "mark"}


class Scene:
    """A world in which nearly every name is an attack, with values of every type."""

    def __init__(self):
        self.world: World = company(20, 1)
        main = self.world.account(MAIN)
        user = next(user for user in main.users.values() if len(user.key_records) < 2)
        taken = sessions(self.world, 1)
        key = user.create_access_key() if len(user.key_records) < 2 else None
        user.create_login_profile(PASSWORD)
        main.update_password_policy(minimum_password_length=9)
        self.secrets = [PASSWORD, *(credentials.secret_access_key for credentials in taken)]
        self.secrets += [credentials.session_token for credentials in taken]
        if key is not None:
            self.secrets.append(key.secret_access_key)
        report = main.credential_report()
        disfigure(self.world, 1)
        self.values = dict(self._values(main, user, taken[0], report))
        self.values["request"] = self.values["decision"].request

    @cached_property
    def shown(self):
        """What show() gives of each value, and how that looks in a notebook."""
        found = {name: show(value) for name, value in self.values.items()}
        return {name: (value, value._repr_html_()) for name, value in found.items()}

    def _values(self, main, user, session, report):
        world = self.world
        action, resource = ASKED[0]
        question = (["s3:GetObject", "s3:PutObject"], [resource, f"arn:aws:s3:::{SCRIPT}"])
        changed = world.copy()
        changed.account(MAIN).users[user.name].inline["new"] = Policy.allow("s3:*", name="new")
        changed.changed()
        organization = main.organization
        matrix, after = world.access_matrix(*question), changed.access_matrix(*question)
        reach = world.reach()
        admin = next(iter(reach.admins().values()))
        yield "world", world
        yield "account", main
        yield "user", user
        yield (
            "group",
            next(group for group in main.groups.values() if group.inline or group.attached),
        )
        yield "role", next(iter(main.roles.values()))
        yield "root", main.root
        yield "resource", next(iter(main.resources.values()))
        yield "managed policy", next(iter(main.policies.values()))
        yield "policy", next(iter(main.policies.values())).document
        yield "decision", world.can(user, action, resource)
        yield "organization", organization
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            yield kind, organization.effective_policies(main, kind)
        yield "session", session
        yield "timeline", world.timeline()
        yield "events", world.events
        yield "matrix", matrix
        yield "changes", matrix.diff(after)
        yield "difference", world.diff(changed)
        yield "who can", world.who_can(action, resource)
        yield "what can", world.what_can(user, services=["s3"])
        yield "outside", world.outside_access()
        yield "reach", reach
        yield "arrivals", reach.to(action, resource)
        yield "blast radius", reach.blast_radius(user)
        yield "path", admin
        yield "cut", reach.cut(main.root)
        yield "report", report
        yield "summary", main.summary()
        yield "status", main.security_status()
        yield "recommendations", main.security_recommendations(user)
        yield "audit", main.audit()
        yield "at a glance", user.summary()
        yield "password policy", main.password_policy
        yield "last accessed", user.last_accessed()
        yield "actions accessed", user.last_accessed(granularity="ACTION_LEVEL")
        yield "least privilege", world.least_privilege(user)
        yield "unused", world.unused(user)
        path = organization.path_of(MAIN) + MAIN
        management = organization.management_account
        yield "organization accessed", management.organizations_last_accessed(path)


@pytest.fixture(scope="module")
def scene():
    """One for all."""
    return Scene()


def subclasses(kind):
    """List all classes below one, each once."""
    found = [below for child in kind.__subclasses__() for below in (child, *subclasses(child))]
    return list(dict.fromkeys(found))


def everything():
    """List every class with a table or a picture, of every module."""
    for module in pkgutil.walk_packages(iamlab.__path__, "iamlab."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    # A dataclass with slots is made twice; the first one is nobody's any more.
    found = (cls for cls in subclasses(Shown) if cls.__module__.startswith("iamlab."))
    return [cls for cls in found if getattr(sys.modules[cls.__module__], cls.__name__, 0) is cls]


class Page(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.bold = set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        """Note it."""
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs), attrs
        assert "srcset" not in dict(attrs)
        if tag == "img":
            assert dict(attrs)["src"].startswith("data:image/svg+xml;base64,")


def test_everything_that_shows_itself_has_a_table():
    """So it also has a frame."""
    kinds = tuple(TABLES)
    every = everything()

    assert len(every) > 40
    assert [cls.__name__ for cls in every if not issubclass(cls, kinds)] == []


def test_every_kind_is_tried_here(scene):
    """Each type with a table or a picture has a value here."""
    kinds = [pkgutil.resolve_name(f"iamlab.{name}") for name in PICTURES] + TABLES + CARDS
    found = scene.values.values()

    assert [cls.__name__ for cls in kinds if not any(isinstance(v, cls) for v in found)] == []


def test_everything_can_be_shown(scene):
    """As its figure or its table; as HTML with no tags but ours, and no script."""
    for name, value in scene.values.items():
        shown, whole = scene.shown[name]
        assert isinstance(shown, Figure | Table), name
        for html in (value._repr_html_(), whole, table_of(value)._repr_html_()):
            page = Page(html)
            assert page.tags <= OURS, (name, page.tags - OURS)
            assert "<script" not in html


def test_a_request_shows_its_sentence_and_lists_its_parts():
    """In the table each part and each context key is a row; a key of several values has them."""
    context = {"aws:TagKeys": ["owner", "team"], "aws:SourceIp": "203.0.113.7"}
    request = Request(ANA, "s3:GetObject", "arn:aws:s3:::maps/m31", context=context)
    frame = request.to_frame()

    assert request.show().alt == request_sentence(request).alt
    assert repr(request) == (
        f"<Request {ANA} s3:GetObject on arn:aws:s3:::maps/m31, 2 context keys>"
    )
    assert frame["value"].tolist() == [
        *(ANA, "s3:GetObject", "arn:aws:s3:::maps/m31", "111111111111"),
        *("owner, team", "203.0.113.7"),
    ]
    assert frame["key"].tolist()[4:] == ["aws:TagKeys", "aws:SourceIp"]
    assert "aws:TagKeys" in request._repr_html_()


def test_everything_is_a_frame(scene):
    """With its columns; dates are dates, and no text looks like one."""
    for name, value in scene.values.items():
        frame = value.to_frame()
        assert len(frame.columns) > 0 or name == "matrix", name
        for column in frame.columns:
            kinds = {type(cell).__name__ for cell in frame[column]}
            assert "datetime" not in kinds, (name, column)
            assert not kinds & {"tuple", "list", "dict", "set", "Look"}, (name, column)


def test_a_value_in_a_terminal_is_short_and_says_what_it_is(scene):
    """One line of printable letters, with any name."""
    short = ("world", "account", "user", "group", "role", "policy", "managed policy", "decision")
    short += ("session", "matrix", "report", "audit", "timeline", "outside", "events", "request")
    short += ("organization", "who can", "reach", "arrivals", "blast radius", "path", "cut")
    for name in short:
        text = repr(scene.values[name])
        assert text.isprintable(), name
        assert len(text) < 1200, name
        assert text.startswith(f"<{type(scene.values[name]).__name__}") or name == "session", name


def test_nothing_that_is_shown_has_a_secret(scene):
    """No secret of a key, no session token, no password."""
    for name, value in scene.values.items():
        shown, whole = scene.shown[name]
        texts = [whole, repr(value), str(value), value._repr_html_(), value.to_frame().to_csv()]
        texts += [str(shown), repr(shown), shown.as_text()]
        texts += (
            [table_of(value).as_text(), shown.table.to_csv()] if hasattr(shown, "table") else []
        )
        for secret in scene.secrets:
            assert not any(secret in text for text in texts), name


def test_what_has_neither_picture_nor_table_says_so(scene):
    """A table takes no options."""
    with pytest.raises(RequestError, match="neither a picture nor a table of int"):
        show(7)
    for name in ("managed policy", "password policy", "who can"):
        with pytest.raises(RequestError, match="no option 'lit'"):
            show(scene.values[name], lit=1)


# -- in a terminal --------------------------------------------------------------------------------


def test_values_of_a_lesson_say_what_matters():
    """Who is in which group, what is attached to each identity, how much is allowed."""
    from iamlab.teach.scenarios import MAP, scenario

    world = scenario("groups")
    dana, developers = world.user("dana"), world.group("developers")
    matrix = world.access_matrix(["s3:GetObject"], [MAP])

    assert repr(dana) == "<User dana: groups developers, contractors; policies own-notes>"
    assert repr(developers) == "<Group developers: users bob, dana; policies AmazonS3FullAccess>"
    assert repr(world.account("acme-main")) == (
        "<Account acme-main (111111111111): 4 users, 4 groups, 0 roles, 1 resource>"
    )
    assert repr(matrix) == "<AccessMatrix of callers x pairs: 5 x 1, 4 of 5 allowed>"
    assert repr(world.account("acme-main").policies["star-maps-read"]) == (
        "<ManagedPolicy star-maps-read: v1, 2 Allow on s3>"
    )
    assert repr(world.can(dana, "s3:GetObject", MAP)).startswith("<Decision ✓ allowed")


@pytest.mark.parametrize(
    ("policy", "text"),
    [
        (Policy.allow("s3:GetObject", name="readers"), "<Policy readers: 1 Allow on s3>"),
        (
            Policy.deny(["s3:*", "ec2:*"]) + Policy.allow("*"),
            "<Policy: 1 Allow, 1 Deny on s3, ec2, *>",
        ),
        (Policy.parse({"Statement": []}, name="none"), "<Policy none: no statements>"),
        (Policy.allow("s3:*", name="a\nb"), "<Policy a↵b: 1 Allow on s3>"),
    ],
)
def test_a_policy_is_described_by_its_effects_and_services(policy, text):
    """On one line."""
    assert repr(policy) == text


def test_names_in_a_terminal_are_few_and_short():
    """Other names are counted, long ones are shortened, line breaks become signs."""
    assert few([]) == ""
    assert few(["a", "b", "c", "d"]) == "a, b, c, d"
    assert few("abcdefg") == "a, b, c, d and 3 more"
    assert few(["x\ny\u202e"]) == "x↵y␣"
    assert len(few(["long" * 100])) < 70


def test_a_log_in_a_terminal_says_how_long_it_is_and_of_when():
    """It doesn't list its events."""
    world = World(seed=7)
    assert repr(world.events) == "<EventLog: 0 events>"

    main = world.create_account("main")
    main.create_user("ana")
    assert repr(world.events) == "<EventLog: 1 event, 2026-11-25 09:00 UTC>"

    world.clock.advance(hours=3)
    main.create_user("bob")
    assert repr(world.events) == "<EventLog: 2 events, 2026-11-25 09:00 to 2026-11-25 12:00 UTC>"
    backwards = EventLog(reversed(world.events))
    assert repr(backwards) == repr(world.events)


def test_one_is_not_many_in_a_terminal():
    """For a world, an account, a timeline, and findings."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    main.create_user("ana").create_access_key()

    assert repr(world) == "<World main (1 user, 0 groups, 0 roles)>"
    assert repr(main) == "<Account main (111111111111): 1 user, 0 groups, 0 roles, 0 resources>"
    assert repr(world.timeline()) == "<Timeline of 1 credential and 0 hops>"
    assert repr(world.create_organization(main)).endswith(" of main: 1 account, 0 OUs>")
    assert "<OutsideAccess 0 findings" in repr(world.outside_access())


def test_ways_in_a_terminal_name_who_is_on_them():
    """From the first to the last principal; in a long path, the middle is left out."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    before = main.create_user("carol")
    carol, names = before, [f"r{number}" for number in range(6)]
    for name in names:
        trust = Policy.parse(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"AWS": before.arn},
                    "Action": "sts:AssumeRole",
                },
            }
        )
        role = main.create_role(name, assume_role_policy_document=trust)
        before.put_policy("next", Policy.allow("sts:AssumeRole", role.arn))
        before = role
    before.put_policy("read", Policy.allow("s3:GetObject"))
    reach = world.reach()

    assert repr(reach) == "<Reach between 8 principals of main>"
    assert repr(reach.path(carol, main.roles["r1"])) == "<Path carol -> r0 -> r1: 2 steps>"
    assert repr(reach.path(carol, before)) == "<Path carol -> r0 -> r1 -> … -> r5: 6 steps>"
    assert repr(reach.path(before, before)) == "<Path r5: 0 steps>"
    assert repr(reach.blast_radius(main.roles["r3"])) == (
        "<BlastRadius r3 becomes r4, r5, of 8 principals>"
    )
    assert repr(reach.to("s3:GetObject", "arn:aws:s3:::maps/m31")).startswith(
        "<Arrivals s3:GetObject on arn:aws:s3:::maps/m31: "
    )
    assert repr(world.who_can("s3:GetObject", "arn:aws:s3:::maps/m31")) == (
        "<WhoCan s3:GetObject on arn:aws:s3:::maps/m31: r5, root, of 8 principals>"
    )
    assert repr(reach.cut(carol, main.roles["r1"])).startswith("<Cut 1 edit: ")
    assert repr(reach.cut(before, carol)) == "<Cut: there is no path to close>"


def test_what_is_bounded_says_so():
    """A boundary can matter more than the permissions."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    ana = main.create_user("ana")
    assert repr(ana) == "<User ana: no policies attached>"

    ana.put_permissions_boundary("ReadOnlyAccess")

    assert repr(ana) == "<User ana: boundary ReadOnlyAccess>"


# -- what the tables say ---------------------------------------------------------------------------


def test_the_table_of_a_user_has_every_policy_that_reaches_it(scene):
    """Its own, its groups', its boundary, those of the organization."""
    world = scene.world
    for user in world.account(MAIN).users.values():
        frame = user.to_frame()
        known = principal_of(world, user)
        arns = [policy.arn for policy in known.identity if policy.arn]
        arns += [policy.arn for level in known.scps for policy in level]
        arns += [user.boundary] if user.boundary else []
        inline = [policy for policy in known.identity if policy.arn is None]

        assert sorted(frame["PolicyArn"].dropna()) == sorted(arns)
        assert (frame["type"] == "inline policy").sum() == len(inline)


def test_the_table_of_a_world_has_every_principal(scene):
    """Users, roles and root users of all accounts."""
    frame = scene.world.to_frame()
    wanted = [
        arn
        for account in scene.world.accounts.values()
        for arn in (
            *(user.arn for user in account.users.values()),
            *(role.arn for role in account.roles.values()),
            account.root_arn,
        )
    ]

    assert frame["arn"].tolist() == wanted
    assert str(frame["create_date"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize("name", DECISIONS)
def test_the_table_of_a_decision_has_its_steps(name):
    """In the order of the flow chart."""
    decision = DECISIONS[name]
    frame = decision.to_frame()

    assert frame["reason"].tolist() == [step.reason for step in decision.steps]
    assert frame["result"].tolist() == [step.result for step in decision.steps]
    assert str(frame["decided"].dtype) == "bool"


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("identity allows", ["identity-based policy"]),
        ("resource allows", ["resource-based policy"]),
        ("identity denies", ["explicit deny anywhere"]),
        ("scp denies", ["explicit deny anywhere"]),
        ("boundary shut", ["permissions boundary"]),
        ("session shut", ["session policy"]),
        ("nothing", ["identity-based policy"]),
    ],
)
def test_the_rung_that_decided_is_marked(name, layers):
    """A Deny decides at the first rung, whatever policy it is in."""
    frame = DECISIONS[name].to_frame()

    assert frame["layer"][frame["decided"]].tolist() == layers


def test_the_table_of_an_organization_has_every_target(scene):
    """From the root down, each with what is attached to it."""
    organization = scene.values["organization"]
    frame = organization.to_frame()

    assert sorted(frame["Id"]) == sorted(target.id for target in organization.targets)
    for target in organization.targets:
        [row] = frame[frame["Id"] == target.id].to_dict("records")
        names = [organization.policies[key].name for key in target.attached]
        shown = ", ".join(row[kind] for kind in list(row)[5:7] if row[kind])
        assert sorted(shown.split(", ")) == sorted(", ".join(names).split(", "))


def test_a_credential_report_has_times_and_truths(scene):
    """The text that AWS writes is in its CSV."""
    report = scene.values["report"]
    frame = report.to_frame()
    table = table_of(report)

    assert str(frame["user_creation_time"].dtype) == "datetime64[us, UTC]"
    assert str(frame["mfa_active"].dtype) == "bool"
    assert frame["password_enabled"].sum() == 1
    assert frame["access_key_1_last_rotated"].notna().sum() == report.csv.count(",true,2026") - sum(
        frame["access_key_2_active"]
    )
    assert "✓ yes" in str(table)


def test_an_old_report_does_not_say_whether_the_root_user_has_a_password():
    """The frame doesn't say so either."""
    main = World(seed=7).create_account("main")
    report = main.credential_report()
    old = report.csv.replace("<root_account>", "<root_account>").replace(
        "false,N/A,N/A,not_supported", "not_supported,no_information,not_supported,not_supported"
    )

    frame = type(report).parse(old).to_frame()

    assert frame["password_enabled"].isna().all()
    assert frame["password_last_used"].isna().all()


def test_a_difference_from_a_file_shows_its_edits(scene):
    """It has no worlds, so it can't show who gained access."""
    import pickle

    diff = pickle.loads(pickle.dumps(scene.values["difference"]))  # noqa: S301 - our own

    assert table_of(diff).to_frame()["what is different"].tolist() == list(diff.edits)


def test_an_option_that_a_picture_has_not_is_refused_by_its_name():
    """The error names the options that it has."""
    with pytest.raises(RequestError, match="no option 'lift'; its options are lit"):
        World(seed=1).show(lift="ana")
