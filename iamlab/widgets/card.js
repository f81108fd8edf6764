// One module for all cards: it shows the parts that Python writes as HTML, and tells Python what is
// done with their controls. A control is a form element with a name, or any element with data-press.

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
const TYPING = 200; // milliseconds without a key, after which typed text is sent
const PATIENCE = 5000; // milliseconds without an answer, after which a kernel may have stopped
const STOPPED =
  "The kernel doesn't answer. If it has stopped, choose Run > Run All Cells; your answers are kept.";

function render({ model, el }) {
  const card = document.createElement("form"); // groups of radio buttons end at their form
  card.className = "iamlab-card mathjax_ignore tex2jax_ignore";
  const stopped = document.createElement("p");
  stopped.className = "stopped";
  stopped.setAttribute("role", "status");
  el.append(card);
  card.append(stopped);
  const shown = {};
  const typed = new Map(); // name -> timer
  const stop = () => (stopped.textContent = STOPPED);
  let waiting;
  let sent = model.get("shown").sent ?? 0;

  // JupyterLab's shortcuts ask the focused element itself whether they may act.
  const guard = (root) => {
    for (const one of root.querySelectorAll(FOCUSABLE)) one.dataset.lmSuppressShortcuts = "true";
  };

  const find = (name, value) =>
    [...card.querySelectorAll("[name], [data-press]")].find(
      (one) => (one.name || one.dataset.press) === name && (one.type !== "radio" || one.value === value)
    );

  const show = (parts) => {
    for (const name of Object.keys(shown)) if (!(name in parts)) drop(name);
    let last = stopped;
    for (const [name, html] of Object.entries(parts)) { // in the order of Python
      let part = card.querySelector(`:scope > [data-part="${name}"]`);
      if (!part) {
        part = document.createElement("div");
        part.dataset.part = name;
        if (name === "result" || name === "facts") part.setAttribute("role", "status");
      }
      if (last.nextElementSibling !== part) last.after(part); // a part that moves loses the focus
      last = part;
      if (shown[name] !== html) fill(part, html);
      shown[name] = html;
    }
  };

  const drop = (name) => {
    card.querySelector(`:scope > [data-part="${name}"]`)?.remove();
    delete shown[name];
  };

  const fill = (part, html) => {
    const own = part.contains(document.activeElement) ? document.activeElement : null;
    const [name, value] = own ? [own.name || own.dataset.press, own.value] : [];
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    part.innerHTML = html;
    part.querySelectorAll("details").forEach((one, place) => {
      if (place in open) one.open = open[place];
    });
    guard(part);
    if (own) (find(name, value) ?? part.querySelector(FOCUSABLE))?.focus({ preventScroll: true });
  };

  const send = (what) => {
    for (const [name, timer] of typed) {
      clearTimeout(timer);
      typed.delete(name);
      if (name !== what.name) send({ set: true, name, value: find(name).value });
    }
    sent += 1;
    clearTimeout(waiting);
    waiting = setTimeout(stop, PATIENCE);
    try {
      model.send({ ...what, sent });
    } catch {
      stop(); // Jupyter sends nothing to a kernel that was shut down
    }
  };

  const valueOf = (one) => (one.type === "checkbox" ? one.checked : one.value);

  card.addEventListener("input", ({ target }) => {
    if (!target.name || !target.matches("textarea, input:not([type=radio], [type=checkbox])")) return;
    clearTimeout(typed.get(target.name));
    typed.set(target.name, setTimeout(() => {
      typed.delete(target.name);
      send({ set: true, name: target.name, value: valueOf(target) });
    }, target.type === "range" ? 0 : TYPING));
  });

  card.addEventListener("change", ({ target }) => {
    if (!target.name) return;
    clearTimeout(typed.get(target.name));
    typed.delete(target.name);
    send({ set: true, name: target.name, value: valueOf(target) });
  });

  const press = (name) => {
    answerAlone(name);
    send({ press: true, name });
  };

  card.addEventListener("click", ({ target }) => {
    const one = target.closest("button[name], [data-press]");
    if (one && !one.hasAttribute("disabled")) press(one.name || one.dataset.press);
  });

  card.addEventListener("keydown", (event) => {
    event.stopPropagation(); // keys stay in the card
    const one = event.target;
    if (one.dataset.press && (event.key === " " || event.key === "Enter")) {
      event.preventDefault();
      press(one.dataset.press);
    }
  });

  card.addEventListener("submit", (event) => event.preventDefault());

  // Answers for all switches, computed beforehand: {switches: [name], of: [number], outcomes:
  // [{parts, marks}]}. Bit n of a place in "of" tells whether switch n is on. A mark is the class
  // of the element with this data-id.
  let on = 0;
  const answerAlone = (name) => {
    const { switches = [], of = [], outcomes = [] } = model.get("answers");
    const place = switches.indexOf(name);
    if (place < 0) return;
    on ^= 1 << place;
    show({ ...shown, ...outcomes[of[on]].parts });
    mark(outcomes[of[on]].marks, (id) => !(on & (1 << switches.indexOf(id))));
  };

  const mark = (marks, isOff = (id) => (marks[id] ?? "").includes("off")) => {
    for (const one of card.querySelectorAll("[data-id]")) {
      const off = one.dataset.press && isOff(one.dataset.id);
      one.setAttribute("class", `${marks[one.dataset.id] ?? ""}${off ? " off" : ""}`);
      if (one.dataset.press) one.setAttribute("aria-pressed", String(!off));
    }
  };

  const update = () => {
    const { sent: answered = 0, parts, marks, on: now = 0 } = model.get("shown");
    if (answered && answered < sent) return; // a newer answer is on its way
    clearTimeout(waiting);
    stopped.textContent = "";
    on = now;
    show(parts);
    if (marks) mark(marks);
  };

  model.on("change:shown", update);
  update();
  return () => model.off("change:shown", update);
}

export default { render };
