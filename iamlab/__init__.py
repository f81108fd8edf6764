"""iamlab: AWS IAM and STS, modelled offline, to learn how access is decided.

The names below are the whole public interface. Each is imported when it is first used, so that
``import iamlab`` is fast.

>>> from iamlab import Policy
>>> readers = Policy.parse('{"Version": "2012-10-17", "Statement": []}', name="readers")
>>> readers.name
'readers'
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from iamlab.deprecated import MODULE_NAMES, warn
from iamlab.extras import Finder

if TYPE_CHECKING:
    from iamlab.analysis.trails.reading import Trail
    from iamlab.classroom.exporters import grade
    from iamlab.engine.decision import Decision
    from iamlab.engine.evaluate import evaluate, evaluate_call
    from iamlab.engine.layers import AttachedPolicy, Layers
    from iamlab.engine.request import ANONYMOUS, Request
    from iamlab.engine.rules import AWS_RULES, Rules
    from iamlab.engine.verdict import Verdict
    from iamlab.errors import (
        AccessDenied,
        ArnError,
        AwsError,
        ExerciseError,
        IamLabError,
        LoadError,
        PolicyError,
        PolicyProblem,
        RequestError,
    )
    from iamlab.model.network_locations import Network
    from iamlab.policy.arn import Arn
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement
    from iamlab.widgets.instruments.explorer import lab
    from iamlab.world.world import World

_HOME = {
    "ANONYMOUS": "engine.request",
    "AWS_RULES": "engine.rules",
    "AccessDenied": "errors",
    "Arn": "policy.arn",
    "ArnError": "errors",
    "AttachedPolicy": "engine.layers",
    "AwsError": "errors",
    "Decision": "engine.decision",
    "ExerciseError": "errors",
    "IamLabError": "errors",
    "Layers": "engine.layers",
    "LoadError": "errors",
    "Network": "model.network_locations",
    "Policy": "policy.document",
    "PolicyError": "errors",
    "PolicyProblem": "errors",
    "Request": "engine.request",
    "RequestError": "errors",
    "Rules": "engine.rules",
    "Statement": "policy.document",
    "Trail": "analysis.trails.reading",
    "Verdict": "engine.verdict",
    "World": "world.world",
    "evaluate": "engine.evaluate",
    "evaluate_call": "engine.evaluate",
    "grade": "classroom.exporters",
    "lab": "widgets.instruments.explorer",
}

__all__ = [
    "ANONYMOUS",
    "AWS_RULES",
    "AccessDenied",
    "Arn",
    "ArnError",
    "AttachedPolicy",
    "AwsError",
    "Decision",
    "ExerciseError",
    "IamLabError",
    "Layers",
    "LoadError",
    "Network",
    "Policy",
    "PolicyError",
    "PolicyProblem",
    "Request",
    "RequestError",
    "Rules",
    "Statement",
    "Trail",
    "Verdict",
    "World",
    "evaluate",
    "evaluate_call",
    "grade",
    "lab",
]

sys.meta_path.append(Finder())


def __getattr__(name: str) -> object:
    """Import a public name from its module the first time that it is asked for (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("iamlab")
        except PackageNotFoundError:  # run from a folder that was never installed
            return "0+unknown"
    if name in MODULE_NAMES["iamlab"]:
        warn(f"iamlab.{name}", MODULE_NAMES["iamlab"][name])
        name = MODULE_NAMES["iamlab"][name]
    if name not in _HOME:
        message = f"module 'iamlab' has no attribute {name!r}"
        raise AttributeError(message)
    value = getattr(import_module(f"iamlab.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
