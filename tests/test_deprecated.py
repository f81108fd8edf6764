"""Old public names: each still works, warns, and names the new one."""

import re
import warnings
from functools import cache
from importlib import import_module

import pytest

from iamlab import Policy, deprecated
from iamlab.teach.scenarios import scenario
from tests.rows import each_row

ALICE = "arn:aws:iam::111111111111:user/alice"
MAP = "arn:aws:s3:::star-maps/m31.fits"
READ = Policy.allow("s3:GetObject", MAP, sid="Read")


@cache
def scene():
    """Make a world to ask."""
    world = scenario("groups")
    world.create_organization(world.account("acme-main"))
    return world


def decision():
    """Ask something that is denied."""
    return scene().can(scene().user("dana"), "s3:DeleteObject", MAP)


def audit():
    """Audit the account, once for all rows."""
    return scene().account("acme-main").audit()


OBJECTS = {
    "analysis.Audit": audit,
    "analysis.Control": lambda: audit().findings[0].control,
    "analysis.Finding": lambda: audit().findings[0],
    "analysis.LeastPrivilege": lambda: scene().least_privilege(scene().user("dana")),
    "analysis.SecurityStatus": lambda: scene().account("acme-main").security_status(),
    "analysis.Thresholds": lambda: audit().thresholds,
    "analysis.Unanswered": lambda: audit().unanswered[0],
    "engine.Decision": decision,
    "engine.Fix": lambda: decision().fixes()[0],
    "engine.StatementMatch": lambda: decision().determining[0],
    "engine.Step": lambda: decision().steps[0],
    "lab.Questions": scene,
    "lab.Organization": lambda: scene().organizations[next(iter(scene().organizations))],
    "model.Event": lambda: scene().events[0],
    "policy.Finding": lambda: Policy.allow("s3:GetObjects", MAP).lint()[0],
    "policy.Policy": lambda: READ,
}
"""Folder and class -> an object that has old attributes."""

ARGUMENTS = {
    "Questions.access": (["s3:GetObject"], [MAP]),
    "Policy.named": ("readers",),
}
"""Old method that needs arguments -> the arguments."""

CALLS = {}
"""Folder and function -> a call that passes a value by the name of the parameter."""


def use(thing, old, arguments=()):
    """Read an attribute; if it is a method, call it too."""
    value = getattr(thing, old)
    return value(*arguments) if callable(value) else value


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
            yield key, old, new, lambda name, key=key, old=old: CALLS[f"{key}({old})"](name)


@each_row(("where", "old", "new", "by_name"), list(uses()), ids=lambda row: f"{row[0]}:{row[1]}")
def test_an_old_name_works_warns_and_says_the_new_one(where, old, new, by_name):
    """The result is that of the new name, which does not warn; the warning is for the caller."""
    expected = by_name(new)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = by_name(old)

    assert found == expected
    [warning] = {(one.category, str(one.message), one.filename) for one in caught}
    assert warning[0] is DeprecationWarning
    assert re.search(rf"\b{old}\b.* is now (\w+\.)*{new}\. .* until iamlab 1\.0\.$", warning[1])
    assert warning[2] == __file__, where


def test_the_old_order_of_reach_to_is_seen_and_turned_around():
    """A resource is an ARN or ``*``, and an action is neither."""
    reach = scene().reach()

    for resource in (MAP, "*"):
        with pytest.warns(DeprecationWarning, match=r"reach\.to\(action, resource\)") as caught:
            found = reach.to(resource, "s3:GetObject")
        assert (caught[0].filename, found) == (__file__, reach.to("s3:GetObject", resource))


def test_every_key_of_the_tables_is_a_decorated_class_or_function():
    """No row is left behind when a class is renamed."""
    assert {*deprecated.ATTRIBUTES, *deprecated.PARAMETERS} <= set(deprecated.HOLDERS)


def test_an_unknown_name_of_a_module_with_old_names_is_an_attribute_error():
    """As in every other module."""
    with pytest.raises(AttributeError, match="nowhere"):
        deprecated.old_names_of("iamlab")("nowhere")
