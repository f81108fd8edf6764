"""Somebody at a lesson: finds cards by what is in them, clicks, types, reads."""

import re

from playwright.sync_api import TimeoutError as TooLateError

VERDICT = re.compile("allowed|explicit deny|implicit deny")
"""What may not be read before a prediction."""

# The model knows at once where a cell is; to look for its code in the page takes much longer.
PLACE = """([how, text]) => {
  const { model, widgets } = window.jupyterapp.shell.currentWidget.content;
  const place = [...model.cells].findIndex(one => {
    const code = one.sharedModel.getSource();
    return one.type === 'code' && (how ? code[how](text) : code.trim() === text);
  });
  if (place >= 0) widgets[place].node.dataset.place = place;
  return place;
}"""


class Learner:
    """Works in the notebook of a ``LabPage``. A card answers clicks in their order."""

    def __init__(self, lab):
        self.lab, self.page = lab, lab.page

    def cell(self, source):
        """Find the cell with just this code, or whose code begins with it if it ends in ``...``."""
        end = "" if source.endswith("...") else r"\s*$"
        code = re.compile(rf"^\s*{re.escape(source.removesuffix('...'))}{end}")
        return self.page.locator(".jp-CodeCell").filter(
            has=self.page.locator(".jp-InputArea .cm-content").filter(has_text=code)
        )

    def _cell(self, how, text):
        place = self.page.evaluate(PLACE, [how, text])
        assert place >= 0, f"no cell has {text}"
        return self.page.locator(f".jp-Cell[data-place='{place}']")

    def card(self, source):
        """Find the card below a cell, or of the exercise with this number."""
        is_number = re.fullmatch(r"\d+\.\d+", source)
        cell = self._cell("includes", f'exercise("{source}"') if is_number else self.cell(source)
        return cell.locator(".iamlab-card")

    def run(self, source):
        """Run a cell once more, by keyboard; return it."""
        cell = self.cell(source)
        cell.locator(".jp-InputArea .cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell

    def answer(self, card, *words):
        """Choose in each group of options: the verdicts first, then how sure one is."""
        for place, word in enumerate(words):
            group = card.locator("fieldset").nth(place)
            group.get_by_role("radio", name=word, exact=True).check()

    def choose(self, card, **lists):
        """Choose in lists."""
        for name, option in lists.items():
            label = name.replace("_", " ")
            card.get_by_role("combobox", name=label, exact=True).select_option(label=option)

    def tick(self, card, *names, on=True):
        """Set check boxes."""
        for name in names:
            card.get_by_role("checkbox", name=name, exact=isinstance(name, str)).set_checked(on)

    def press(self, card, name):
        """Press a button."""
        card.get_by_role("button", name=name, exact=True).click()

    def predict(self, card, verdict, confidence):
        """Predict, and look."""
        self.answer(card, verdict, confidence)
        self.press(card, "Show what AWS decides")

    def check(self, card, *verdicts):
        """Choose verdicts with certainty, and check them."""
        if verdicts:
            self.answer(card, *verdicts, "certain")
        self.press(card, "Check")

    def explain(self, card, happened, decided):
        """Explain what happened and which statement decided."""
        self.choose(card, **{"What happened?": happened, "Which statement decided?": decided})
        self.press(card, "Compare")

    def reads(self, card, *texts, timeout=15_000):
        """Wait until one announced part of the card has these texts."""
        status = card.get_by_role("status")
        for text in texts:
            status = status.filter(has_text=text)
        try:
            status.first.wait_for(timeout=timeout)
        except TooLateError as late:
            says = self.announced(card)
            raise AssertionError(f"no {texts} after {timeout} ms, but {says}") from late

    def announced(self, card):
        """Return all that the card announces."""
        return card.get_by_role("status").all_inner_texts()

    def reads_no_verdict(self, card):
        """Nothing that is announced has a verdict."""
        assert not VERDICT.search(" ".join(self.announced(card)))
