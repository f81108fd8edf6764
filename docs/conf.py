"""Sphinx's settings for the site, which ``make docs`` builds from build/docs/source."""

# ruff: noqa: INP001 - Sphinx reads this file, and nothing imports it

import re
import tomllib
from pathlib import Path

_root = Path(__file__).parents[1]
_project = tomllib.loads((_root / "pyproject.toml").read_text("utf-8"))["project"]

project = "iamlab"
author = project_copyright = "iamlab contributors"
version = release = _project["version"]
language = "en"

extensions = ["myst_nb"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4  # links to headings, as on GitHub
myst_all_links_external = False
nb_execution_mode = "off"  # scripts/run_notebooks.py has run them, in the environment of the tests
nb_ipywidgets_js = {}  # no card waits for a kernel, and no page asks another host
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

html_theme = "sphinx_book_theme"
html_title = "iamlab"
html_baseurl = _project["urls"]["Homepage"]
html_static_path = [str(_root / "build/docs/source/_static")]
html_css_files = ["card.css", "site.css"]
html_js_files = ["search.js"]
html_sidebars = {"**": ["search-button-field.html", "sbt-sidebar-nav.html"]}
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "repository_url": _project["urls"]["Repository"],
    "use_repository_button": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "show_toc_level": 2,
    "home_page_in_toc": True,
    "navbar_persistent": [],  # the search is beside the pages
}

# Addresses that only people may open, or that are examples.
linkcheck_ignore = [r"https?://(127\.0\.0\.1|localhost|example\.)"]
linkcheck_anchors = False


def _without_empty_headings(_app, _page, _template, context, _doctree):  # noqa: ANN001, ANN202
    """Make a cell of the corner of a table, which heads nothing."""
    empty = r'<th(?: scope="\w+")?([^>]*)>(<p></p>)?</th>'
    context["body"] = re.sub(empty, r"<td\1></td>", context.get("body", ""))


def setup(app):  # noqa: ANN001, ANN201, D103 - Sphinx calls it
    app.connect("html-page-context", _without_empty_headings)
