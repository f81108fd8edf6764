"""No parameter that a client sends is lost: it is read, listed as without effect, or refused."""

import re
from pathlib import Path

import pytest
from botocore.loaders import Loader

import iamlab
from iamlab import RequestError
from iamlab.clients.data_plane import EXECUTED
from iamlab.clients.services import services_named
from iamlab.clients.wire import api
from iamlab.operations.parameter_checks import check_parameters
from iamlab.operations.registry import MODULES, entries_of
from iamlab.tables import tables
from tests.rows import each_row

ROOMS = ("operations", "analysis", "authorization", "cloudtrail", "clients")
WORDS = {
    word
    for room in ROOMS
    for path in (Path(iamlab.__file__).parent / room).rglob("*")
    if path.suffix in (".py", ".toml") and path.name != "services.toml"
    for word in re.findall(r"\w+", path.read_text("utf-8"))
}
"""Every word of the code that could read a parameter."""

SHARED = tables(iamlab.clients.__file__, "data_plane.toml")["shared"]


@each_row("service", [each for each in MODULES if each != "cloudformation"])
def test_every_parameter_is_read_listed_or_refused(service):
    """Of every operation that iamlab has, as the client's own model declares it."""
    named = services_named(service)[0]
    model = api(named.model).model
    lost = []
    for key, entry in entries_of(service).items():
        if entry.name not in model.operation_names:
            continue  # of S3's control API, which has another model
        shape = model.operation_model(entry.name).input_shape
        for name in () if shape is None else shape.members:
            is_read = name in entry.signature.parameters and name in WORDS
            is_shared = service in EXECUTED and entry.name in SHARED.get(service, ())
            is_listed = name in named.without_effect or name == "DryRun"
            if is_read or is_listed or is_shared:
                continue
            if name in entry.signature.parameters:
                lost.append(f"{key} {name}")
                continue
            with pytest.raises(RequestError, match=name):
                check_parameters(entry.service, entry.name, {name: "x"})

    assert lost == []


def test_every_model_in_the_table_is_one_of_botocore():
    """A misspelt name would leave out the operations of a service."""
    listed = tables(iamlab.clients.__file__, "services.toml")["models"].values()
    known = Loader().list_available_services("service-2")

    assert {name for names in listed for name in names.split()} - {*known} == set()


@each_row("service", [*tables(iamlab.clients.__file__, "services.toml")["without_effect"]])
def test_what_is_listed_as_without_effect_is_a_parameter(service):
    """A misspelt name would refuse what it should leave out."""
    named = services_named(service)[0]
    model = api(named.model).model
    known = {
        name
        for operation in model.operation_names
        if (shape := model.operation_model(operation).input_shape) is not None
        for name in shape.members
    }

    assert named.without_effect - known == set()
