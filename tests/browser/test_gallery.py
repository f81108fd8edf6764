"""Figures and tables in JupyterLab: for eyes, at any size, in any theme, and for screen readers.

axe-core looks at what the cells show, and at nothing of JupyterLab around it.
"""

from itertools import product

from axe_playwright_python.sync_playwright import Axe

GALLERY = "gallery.ipynb"
LEAST = 20
"""So many figures it has at least: if they are not on the page, nothing is looked at."""
OUTPUTS = ".jp-CodeCell .jp-OutputArea-output"
THEMES = "JupyterLab Light", "JupyterLab Dark"
SIZES = {"100 %": (1300, 950), "200 %": (650, 475)}
"""A zoomed browser has half as many pixels of the page in its window."""

# JupyterLab takes cells that are out of sight off the page; all of them have to be looked at.
OPEN_EVERYTHING = """async theme => {
  const app = window.jupyterapp;
  await app.commands.execute('apputils:change-theme', { theme });
  app.shell.currentWidget.content.notebookConfig = {
    ...app.shell.currentWidget.content.notebookConfig, windowingMode: 'none',
  };
  app.shell.collapseLeft();
  document.querySelectorAll('.jp-OutputArea-output details').forEach(one => { one.open = true; });
  while (document.body.dataset.jpThemeName !== theme) await new Promise(requestAnimationFrame);
  await new Promise(resolve => setTimeout(resolve, 500));
}"""

# MathJax would set what is between two dollar signs of names and policies.
FORMULAS = "selector => document.querySelectorAll(`${selector} mjx-container`).length"

# What has a right end that nobody can see or scroll to; half a pixel is rounding.
CLIPPED = """selector => [...document.querySelectorAll(selector)].flatMap(output => {
  const own = output.getBoundingClientRect();
  return [...output.querySelectorAll('figure, figure img, figcaption, table')]
    .filter(one => one.getBoundingClientRect().right > own.right + 0.5 && !scrolls(one, output))
    .map(one => `${one.tagName} ${one.alt || one.innerText}`.slice(0, 80));
  function scrolls(one, stop) {
    for (let box = one.parentElement; box && stop.contains(box); box = box.parentElement) {
      if (['auto', 'scroll'].includes(getComputedStyle(box).overflowX)) return true;
    }
    return false;
  }
})"""


def violations(page):
    """List what axe-core finds in the outputs: the rule, the element, and what is wrong with it."""
    found = Axe().run(page, context={"include": [[OUTPUTS]]}).response["violations"]
    return [
        f"{item['id']}: {' '.join(node['target'])}: {node['html'][:200]}: {node['failureSummary']}"
        for item in found
        for node in item["nodes"]
    ]


def test_the_gallery_runs_and_shuts_nobody_out(open_notebook):
    """No cell fails, nothing is loaded from elsewhere, axe-core has nothing to say at any size."""
    lab = open_notebook(GALLERY)
    lab.run_all()

    assert lab.cell_errors() == []
    assert lab.outside_requests == []

    for theme, (name, (width, height)) in product(THEMES, SIZES.items()):
        lab.page.evaluate(OPEN_EVERYTHING, theme)
        lab.page.set_viewport_size({"width": width, "height": height})

        assert lab.page.locator(f"{OUTPUTS} figure").count() >= LEAST
        assert lab.page.evaluate(FORMULAS, OUTPUTS) == 0
        assert violations(lab.page) == [], (theme, name)
        assert lab.page.evaluate(CLIPPED, OUTPUTS) == [], (theme, name)
