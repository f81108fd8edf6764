"""Old public names: each still works, warns, and names the new one."""

import pkgutil
import re
import warnings
from functools import cache
from importlib import import_module

import pytest

import iamlab
from iamlab import Policy, PolicyProblem, World, deprecated
from iamlab.errors import NoSuchEntity
from iamlab.policy.validate.validation import refusals
from iamlab.teach.scenarios import scenario
from tests.rows import each_row

MAP = "arn:aws:s3:::star-maps/m31.fits"
DELETE = {"action": "s3:DeleteObject", "resource": MAP}
READ = Policy.allow("s3:GetObject", MAP, sid="Read")


@pytest.fixture(scope="module", autouse=True)
def _every_module():
    """Load all, since a class is decorated when its module is imported."""
    for module in pkgutil.walk_packages(iamlab.__path__, "iamlab."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


@cache
def scene():
    """Make a world to ask."""
    world = scenario("groups")
    world.create_organization(world.account("acme-main"))
    return world


def decision():
    """Ask something that is denied."""
    return scene().can(scene().user("dana"), **DELETE)


def audit():
    """Audit the account, once for all rows."""
    return scene().account("acme-main").audit()


@cache
def changed_world():
    """Make a world in which alice has left her group."""
    after = scene().copy()
    after.group("astronomers").remove_user("alice")
    return after


@cache
def path():
    """Find how dana can become an administrator, who may write her own policy."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    dana = main.create_user("dana")
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    return main.world.reach().path(dana)


OBJECTS = {
    "analysis.Change": lambda: scene().diff(changed_world()).changes(["s3:GetObject"], [MAP])[0],
    "analysis.Replay": lambda: path().replay(),
    "analysis.WhatCan": lambda: scene().what_can(scene().user("dana"), services=["sqs"]),
    "engine.AccessMatrix": lambda: scene().access_matrix(["s3:GetObject"], [MAP]),
    "analysis.Audit": audit,
    "analysis.Control": lambda: audit().findings[0].control,
    "analysis.Finding": lambda: audit().findings[0],
    "analysis.Item": lambda: scene().account("acme-main").security_status().items[0],
    "analysis.LeastPrivilege": lambda: scene().least_privilege(scene().user("dana")),
    "analysis.SecurityStatus": lambda: scene().account("acme-main").security_status(),
    "analysis.Thresholds": lambda: audit().thresholds,
    "analysis.Unanswered": lambda: audit().unanswered[0],
    "engine.Decision": decision,
    "engine.Fix": lambda: decision().fixes()[0],
    "engine.StatementMatch": lambda: decision().determining[0],
    "engine.Layers": lambda: decision().layers,
    "engine.Step": lambda: decision().steps[0],
    "world.Questions": scene,
    "errors.PolicyProblem": lambda: PolicyProblem("$", None, None, "It is wrong.", "Fix it."),
    "world.Organization": lambda: scene().organizations[next(iter(scene().organizations))],
    "model.Event": lambda: scene().events[0],
    "policy.Finding": lambda: Policy.allow("s3:GetObjects", MAP).lint()[0],
    "policy.Refusal": lambda: refusals(Policy.allow("s3", MAP), "identity")[0],
    "policy.Policy": lambda: READ,
}
"""Folder and class -> an object that has old attributes."""

ARGUMENTS = {
    "Questions.access": (["s3:GetObject"], [MAP]),
    "Policy.named": ("readers",),
}
"""Old method that needs arguments -> the arguments."""


def use(thing, old, arguments=()):
    """Read an attribute; if it is a method, call it too."""
    value = getattr(thing, old)
    return value(*arguments) if callable(value) else value


def what_is_missing(key, name):
    """Call with one value by name, and nothing else; return what Python misses, if anything."""
    try:
        return deprecated.HOLDERS[key](**{name: ()})
    except TypeError as error:
        return str(error)


def uses():
    """For each row of the tables: what it is, its old and new name, and how to use either."""
    for module, names in deprecated.MODULE_NAMES.items():
        for old, new in names.items():
            yield module, old, new, lambda name, module=module: getattr(import_module(module), name)
    for key, names in deprecated.ATTRIBUTES.items():
        for old, new in names.items():
            arguments = ARGUMENTS.get(f"{key.partition('.')[2]}.{old}", ())
            yield (
                *(key, old, new),
                lambda name, key=key, arguments=arguments: use(OBJECTS[key](), name, arguments),
            )
    for key, names in deprecated.PARAMETERS.items():
        for old, new in names.items():
            yield key, old, new, lambda name, key=key: what_is_missing(key, name)
    world, dana = scene(), scene().user("dana")
    yield "can", "caller", "principal", lambda name: World.can(world, **DELETE, **{name: dana})
    yield "where", "who", "principal", lambda name: world.events.where(**{name: dana})


@each_row(("where", "old", "new", "by_name"), list(uses()), ids=lambda row: f"{row[0]}:{row[1]}")
def test_an_old_name_works_warns_and_says_the_new_one(where, old, new, by_name):
    """The result is that of the new name, which does not warn; the warning is for the caller."""
    expected = by_name(new)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = by_name(old)

    assert found == expected
    [warning] = {(item.category, str(item.message), item.filename) for item in caught}
    assert warning[0] is DeprecationWarning
    assert re.search(rf"\b{old}\b.* is now (\w+\.)*{new}\. .* until iamlab 1\.0\.$", warning[1])
    assert warning[2] == __file__, where


@pytest.mark.parametrize("old", deprecated.LOOKUPS["model.Account"])
def test_an_old_lookup_works_warns_and_says_the_new_form(old):
    """By position or by name; what is missing is the same error."""
    account, new = World(seed=7).create_account("main"), deprecated.LOOKUPS["model.Account"][old]
    account.create_user("zoe")
    account.create_group("staff")
    account.create_service_linked_role("ecs.amazonaws.com")
    account.create_policy("read", READ)
    account.create_bucket("star-maps")
    name = next(iter(getattr(account, new)))
    message = rf"\.{old}\(name\) is now .*\.{new}\[name\]\. .* until iamlab 1\.0"

    with pytest.warns(DeprecationWarning, match=message) as caught:
        found = getattr(account, old)(name)
    with pytest.warns(DeprecationWarning, match=message):
        again = getattr(account, old)(user_name=name)
    with (
        pytest.warns(DeprecationWarning, match=message),
        pytest.raises(NoSuchEntity, match="nowhere"),
    ):
        getattr(account, old)("nowhere")

    assert found is again is getattr(account, new)[name]
    assert caught[0].filename == __file__


def test_the_old_order_of_reach_to_is_seen_and_turned_around():
    """A resource is an ARN or ``*``, and an action is neither."""
    reach = scene().reach()

    for resource in (MAP, "*"):
        with pytest.warns(DeprecationWarning, match=r"reach\.to\(action, resource\)") as caught:
            found = reach.to(resource, "s3:GetObject")
        assert (caught[0].filename, found) == (__file__, reach.to("s3:GetObject", resource))


def test_what_was_after_diff_before_is_before_diff_after():
    """The name is the same: only where the parameter is named can old calls be distinguished."""
    before, after = scene(), changed_world()
    requests = ["s3:GetObject"], [MAP]

    for old, new in (
        (before, after),
        (before.access_matrix(*requests), after.access_matrix(*requests)),
    ):
        with pytest.warns(DeprecationWarning, match=r"before\.diff\(after\)") as caught:
            found = new.diff(before=old)
        assert caught[0].filename == __file__
        assert str(found) == str(old.diff(new)) != str(new.diff(old))


def test_every_difference_has_gained_lost_and_changed():
    """Of policies these are actions, of matrices cells, of worlds changes and edits."""
    alice = scene().user("alice").arn
    requests = ["s3:GetObject"], [MAP]
    of_worlds = scene().diff(changed_world())
    of_matrices = scene().access_matrix(*requests).diff(changed_world().access_matrix(*requests))
    of_policies = READ.diff(Policy.allow("s3:PutObject", MAP))

    assert (of_worlds.gained, of_worlds.changed) == ((), ())
    assert (alice, "s3:GetObject") in [
        (statement.principal, statement.action) for statement in of_worlds.lost
    ]
    assert (of_matrices.gained, of_matrices.changed) == ((), ())
    assert of_matrices.lost == ((alice, "s3:GetObject", MAP),)
    assert (of_policies.gained, of_policies.changed) == (("s3:PutObject",), ())
    assert of_policies.lost == ("s3:GetObject",)


def test_every_key_of_the_tables_is_a_decorated_class_or_function():
    """No row is left behind when a class is renamed."""
    tables = (deprecated.ATTRIBUTES, deprecated.LOOKUPS, deprecated.PARAMETERS)

    assert set().union(*tables) <= set(deprecated.HOLDERS)


def test_an_unknown_name_of_a_module_with_old_names_is_an_attribute_error():
    """As in every other module."""
    with pytest.raises(AttributeError, match="nowhere"):
        deprecated.old_names_of("iamlab")("nowhere")
