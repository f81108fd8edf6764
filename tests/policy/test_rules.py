"""The tables of what may be saved: complete, consistent, and with the numbers of AWS's pages."""

import json
import string
from pathlib import Path

import pytest

from iamlab import RequestError
from iamlab.engine import combining_rule as engine
from iamlab.policy.arn import RCP_SERVICES
from iamlab.policy.rules import ANY, AWS_TEXTS, INLINE_LIMITS, REMEDIES, SERVICES, TYPES, rules_for
from iamlab.policy.validate.element_defects import _FORMS
from iamlab.policy.validate.validation import READING

LISTS = Path(__file__).parents[1] / "conformance" / "lists.json"
EVERY = {**TYPES, **SERVICES}
# AWS page -> size and way of counting.
SIZES = {
    "identity": (6144, "compact"),
    "boundary": (6144, "compact"),
    "trust": (2048, "compact"),
    "session": (2048, "characters"),
    "scp": (10_240, "characters"),
    "rcp": (5120, "characters"),
    "endpoint": (20_480, "characters"),
    "s3": (20 * 1024, "bytes"),
    "sqs": (8192, "bytes"),
    "sns": (30 * 1024, "bytes"),
    "kms": (32 * 1024, "bytes"),
    "lambda": (20_480, "bytes"),
    "secretsmanager": (20_480, "characters"),
    "ecr": (10_240, "characters"),
    "dynamodb": (20 * 1024, "bytes"),
    "events": (10 * 1024, "bytes"),
    "execute-api": (8192, "characters"),
    "logs": (5120, "characters"),
    "organizations": (40_000, "characters"),
}


def test_the_sizes_are_those_of_the_quota_pages():
    """For a vault, and for a resource in general, AWS gives none."""
    found = {name: rules.size for name, rules in EVERY.items()}
    without = {name for name, size in found.items() if size is None}

    assert without == {"backup", "resource"}
    assert {name: (size.limit, size.counting) for name, size in found.items() if size} == SIZES
    assert INLINE_LIMITS == {"user": 2048, "role": 10_240, "group": 5120}


def test_rcps_reach_the_services_that_aws_lists():
    """The list of the RCP page."""
    assert set(json.loads(LISTS.read_text("utf-8"))["rcp_services"]["names"]) == RCP_SERVICES


def test_the_services_are_those_whose_resources_have_policies():
    """CloudWatch Logs, whose policies are for services only, and an organization as a whole."""
    whole = {"organizations"}

    assert set(SERVICES) == engine.RESOURCE_POLICIES | engine.FOR_SERVICES_ONLY | whole


@pytest.mark.parametrize("name", EVERY)
def test_every_type_has_an_answer_to_everything(name):
    """With a code, and for kinds of defect that there are."""
    texts = EVERY[name].texts

    assert texts[ANY].code
    assert set(texts) <= {ANY, *READING, *REMEDIES}
    assert all(400 <= text.http_status < 500 for text in texts.values())


@pytest.mark.parametrize("name", EVERY)
def test_a_type_of_principal_has_a_form(name):
    """Which says how one is written, and a fix for one that is not."""
    types = EVERY[name].principal_types or ()

    assert set(types) <= set(_FORMS)
    assert {f"{type_}_principal" for type_ in types} <= set(REMEDIES)


def test_every_kind_of_defect_has_a_text_for_iam():
    """IAM's sentences are all known: the general one is for what it cannot read."""
    general = AWS_TEXTS["iam"][ANY].message

    assert general == "Syntax errors in policy."
    assert all(text.message for text in AWS_TEXTS["iam"].values())
    assert [kind for kind, text in AWS_TEXTS["iam"].items() if text.message == general] == [ANY]


def test_fixes_name_only_what_a_defect_tells():
    """So that no text can fail when it is filled in."""
    lines = {
        *("value", "type", "vendor", "partition", "arn", "sid", "key", "name", "character"),
        *("size", "limit", "unit", "number", "what", "start", "parameter"),
    }
    texts = [*REMEDIES.values()]
    texts += [text.message for rules in EVERY.values() for text in rules.texts.values()]
    fields = {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}

    assert fields <= lines


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("idenity",), "Did you mean identity?"),
        (("policy",), "There are: boundary, endpoint, identity"),
        (("resource", "S3"), "no policy rules for the service 'S3'"),
        (("resource", "sqss"), "Did you mean sqs"),
        (("identity", "s3"), "only with type 'resource'"),
        ((None,), "There is no policy type None"),
    ],
)
def test_an_unknown_type_or_service_is_named(arguments, hint):
    """With the nearest that there is."""
    with pytest.raises(RequestError) as caught:
        rules_for(*arguments)

    assert hint in str(caught.value)


def test_a_service_changes_the_rules_of_a_resource():
    """And without one only what holds for all is asked."""
    assert rules_for("resource") is TYPES["resource"]
    assert rules_for("resource", "kms") is SERVICES["kms"]
