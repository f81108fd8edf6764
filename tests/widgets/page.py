"""An instrument on a page of a real browser, without Jupyter: card.js, and Python behind it."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

import iamlab.widgets.card as home
from iamlab.widgets.card import Card

JS = Path(home.__file__).with_name("card.js").read_text("utf-8")
CSS = Path(home.__file__).with_name("card.css").read_text("utf-8")
START = """async ([code, name, shown, answers]) => {
  const listeners = {};
  const values = {shown, answers};
  const model = {
    get: (key) => values[key],
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off: () => {},
    send: (message) => window[name](message).then((news) => {
      for (const [key, value] of Object.entries(news)) {
        values[key] = value;
        for (const listener of listeners[`change:${key}`] ?? []) listener();
      }
    }),
  };
  const url = URL.createObjectURL(new Blob([code], {type: "text/javascript"}));
  const {default: {render}} = await import(url);
  const el = document.createElement("div");
  document.body.append(el);
  render({model, el});
}"""


def put(page, instrument):
    """Show an instrument at the end of a page; return its card in the browser."""
    number = page.locator(".iamlab-card").count()
    name = f"python{number}"
    card = Card(instrument)

    def answer(message):
        card._used(card, message, [])
        return {"shown": card.shown, "answers": card.answers}

    page.expose_function(name, answer)
    page.add_style_tag(content=CSS)
    page.evaluate(START, [JS, name, card.shown, card.answers])
    return page.locator(".iamlab-card").nth(number)


def problems(page):
    """List what axe-core finds in the cards of a page: the rule, and the element."""
    found = Axe().run(page, ".iamlab-card").response["violations"]
    return [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]]
