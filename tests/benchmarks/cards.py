"""How fast a card answers: from an event in a browser to the new picture, laid out.

``python -m tests.benchmarks.cards`` prints a table: each instrument in a small world, and in the
same world with 200 more users. Playwright stands for Jupyter between the card and Python. "Alone"
is an answer that the card has itself. A number is the 95th percentile in milliseconds, with the
least time of the slowest event in brackets: a busy machine only adds. Wanted: less than 100 with
Python, and 20 alone.
"""

# ruff: noqa: T201 - a script prints

from itertools import chain
from math import ceil

from playwright.sync_api import sync_playwright

from iamlab import widgets
from iamlab.teach.scenarios import MAP
from scripts.make_course_pdf import find_browser
from tests.widgets import every_instrument
from tests.widgets.page import put

MORE, ROUNDS = 200, 10
"""So many users more, and so often each event."""
WITH_PYTHON, ALONE = 100, 20
"""The milliseconds that are wanted."""
USE = """async ([card, number, name, value]) => {
  const python = window[`python${number}`];
  let answered;
  const settled = new Promise((resolve) => (answered = resolve));
  window[`python${number}`] = async (message) => {
    const news = await python(message);
    setTimeout(answered); // after the card has drawn it
    return news;
  };
  const named = [...card.querySelectorAll("[name], [data-press]")].filter(
    (own) => (own.name || own.dataset.press) === name
  );
  const one = named.find((own) => own.type !== "radio" || own.value === value);
  const event = value === null ? "click" : "change";
  if (one.type === "checkbox") one.checked = value;
  else if (one.type === "radio") one.checked = true;
  else if (value !== null) one.value = value;
  const start = performance.now();
  const passed = () => (card.getBoundingClientRect(), performance.now() - start);
  one.dispatchEvent(new Event(event, {bubbles: true}));
  const alone = passed();
  await settled;
  const times = [alone, passed()];
  window[`python${number}`] = python;
  return times;
}"""


def grown(world):
    """Add users to a world, in a group if there is one."""
    account = next(iter(world.accounts.values()))
    for number in range(MORE):
        user = account.create_user(f"user-{number:03d}")
        for group in list(account.groups.values())[:1]:
            group.add_user(user)
    return world


def grow():
    """Let every instrument have a grown world."""
    acme, scenario = grown(every_instrument.acme()), every_instrument.scenario
    every_instrument.acme = lambda: acme
    every_instrument.scenario = lambda name: grown(scenario(name))


def measure(browser, make, used):
    """Return the times of each event of an instrument: alone, and with Python."""
    times = [[] for _ in used]
    for _ in range(ROUNDS):
        page = browser.new_page(viewport={"width": 1000, "height": 900})
        page.set_content("<!doctype html><html lang='en'><body></body></html>")
        instrument = make()
        card, switches = put(page, instrument), instrument.answers().get("switches", ())
        for place, (control, value) in enumerate(used):
            alone, python = page.evaluate(USE, [card.element_handle(), 0, control, value])
            assert instrument.note == "", instrument.note
            times[place].append((alone if control in switches else None, python))
        page.close()
    return [[[each[column] for each in event] for event in times] for column in (0, 1)]


def shown(times, wanted):
    """Write the 95th percentile and the least time of the slowest event."""
    if times[0][0] is None:
        return "-"
    every = sorted(chain(*times))
    percentile, least = every[ceil(0.95 * len(every)) - 1], max(map(min, times))
    return f"{percentile:.0f} ({least:.0f}){' !' if percentile >= wanted else ''}"


def few_switches():
    """A graph with so few switches that the card knows all outcomes."""
    world = every_instrument.scenario("groups")
    return widgets.clickable_graph(world, "dana", "s3:DeleteObject", MAP)


def main():
    """Measure all, and print the table."""
    few = few_switches, [(name, None) for name in few_switches().switches]
    every = {**every_instrument.EVERY, "clickable_graph 2": few}
    with sync_playwright() as playwright:
        launch = playwright.chromium.launch
        browser = launch(executable_path=find_browser(), args=["--no-sandbox"])
        print(f"{'instrument':20}{'world':8}{'with Python':>14}{'alone':>14}")
        for size, begin in (("small", list), (f"+{MORE}", grow)):
            begin()
            for name, (make, used) in every.items():
                alone, python = measure(browser, make, used)
                cells = shown(python, WITH_PYTHON), shown(alone, ALONE)
                print(f"{name:20}{size:8}{cells[0]:>14}{cells[1]:>14}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
