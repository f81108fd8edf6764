"""The forms, the policies and the updates name what exists."""

import re
import tomllib

import pytest

from tests.distribution.github import DOCUMENTS, FORMS, parsed
from tests.repository import PROJECT, ROOT

HOME = PROJECT["urls"]["Repository"]
PAGES = [*FORMS, ROOT / ".github/ISSUE_TEMPLATE/config.yml", *DOCUMENTS]
MANIFESTS = {"pip": "pyproject.toml", "github-actions": ".github/workflows", "docker": "Dockerfile"}
COMMANDS = tomllib.loads((ROOT / "iamlab/cli/commands.toml").read_text("utf-8"))["commands"]


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_what_a_maintainer_needs_and_for_little_else(form):
    """It has two to four questions, and at least one of them needs an answer."""
    questions = [part for part in parsed(form)["body"] if part["type"] != "markdown"]
    needed = [part for part in questions if part.get("validations", {}).get("required")]

    assert 2 <= len(questions) <= 4
    assert needed
    assert len({part["id"] for part in questions}) == len(questions)


def test_the_form_for_decisions_asks_for_the_decision_and_for_what_aws_does():
    """Without both nobody can say who is right."""
    [form] = [parsed(path) for path in FORMS if path.stem == "decision"]
    needed = {part["id"]: str(part) for part in form["body"] if "validations" in part}

    assert "decision.to_dict()" in needed["decision"]
    assert "documentation" in needed["aws"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_each_link_to_the_project_leads_to_something(page):
    """Files, forms and the private report; the home is the one in pyproject.toml."""
    text = page.read_text("utf-8")

    for link in re.findall(r"https://github\.com/[^\s)>]+", text):
        assert link.startswith(f"{HOME}/")
        place = link.removeprefix(f"{HOME}/")
        file = re.sub(
            r"^blob/main/|^issues/new\?template=",
            lambda found: "" if "blob" in found[0] else ".github/ISSUE_TEMPLATE/",
            place,
        )
        assert place == "security/advisories/new" or (ROOT / file).exists(), link
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_each_command_that_a_page_names_exists(page):
    """A reader copies it."""
    for command in re.findall(r"`iamlab ([a-z][a-z-]*)", page.read_text("utf-8")):
        assert command in COMMANDS, command


def test_dependencies_are_updated_where_they_are_named():
    """Once a month, in one pull request for each kind."""
    updates = parsed(ROOT / ".github/dependabot.yml")["updates"]

    assert {own["package-ecosystem"] for own in updates} == set(MANIFESTS)
    for own in updates:
        manifest = MANIFESTS[own["package-ecosystem"]]
        assert (ROOT / own["directory"].lstrip("/") / manifest).exists()
        assert own["schedule"] == {"interval": "monthly"}
        assert len(own["groups"]) == 1
