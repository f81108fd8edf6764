// One module for all cards: it shows the parts that Python writes as HTML, and tells Python what is
// done with their controls. A control is a form element with a name, or any element with data-press.

const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]";
const TEXT = "textarea, input:not([type=radio], [type=checkbox], [type=range])";
const TYPING = 200; // milliseconds without a key, after which typed text is sent
const PATIENCE = 5000; // milliseconds without an answer, after which a kernel may have stopped
const STOPPED =
  "The kernel doesn't answer. If it has stopped, choose Run > Run All Cells; your answers are kept.";

// Writes the numbers of the lines beside a text, at the same place of its scrollbar.
function number(text) {
  const [numbers, lines] = [text.previousElementSibling, text.value.split("\n")];
  numbers.textContent = lines.map((_, place) => place + 1).join("\n");
  numbers.scrollTop = text.scrollTop;
}

// Makes a node like a fresh one. What stays the same element keeps its focus, the text that is being
// typed with its caret and undo, a fold that was opened, and a slider that is dragged.
function renew(old, fresh) {
  const differs = ["nodeName", "name", "type"].some((own) => old[own] !== fresh[own]);
  if (differs) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.data = fresh.data);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  for (const name of old.getAttributeNames()) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  const [kept, nodes] = [[...old.childNodes], [...fresh.childNodes]];
  nodes.forEach((node, place) => (kept[place] ? renew(kept[place], node) : old.append(node)));
  kept.slice(nodes.length).forEach((node) => node.remove());
  if (old.matches("option")) old.selected = fresh.selected;
  if (!old.matches("input, textarea") || old.type === "password") return; // Python never sends it
  old.checked = fresh.checked;
  const typing = old === document.activeElement && old.matches(TEXT);
  if (!typing || !fresh.value) old.value = fresh.value; // Python empties a field when it is used
}

function render({ model, el }) {
  const card = document.createElement("form"); // groups of radio buttons end at their form
  card.className = "iamlab-card mathjax_ignore tex2jax_ignore";
  card.innerHTML = '<p class="stopped" role="status"></p>';
  const stopped = card.firstChild;
  el.append(card);
  const typed = new Map(); // name -> timer
  const stop = () => (stopped.textContent = STOPPED);
  let waiting;
  let sent = model.get("shown").sent ?? 0;
  let unanswered = []; // sent again each time: a kernel with several threads can get them in any order

  const find = (name, value) =>
    [...card.querySelectorAll("[name], [data-press]")].find(
      (one) => (one.name || one.dataset.press) === name && (one.type !== "radio" || one.value === value)
    );

  const show = (parts) => {
    const every = [...card.querySelectorAll(":scope > [data-part]")];
    const gone = every.filter((part) => !(part.dataset.part in parts));
    const lost = gone.some((part) => part.contains(document.activeElement));
    for (const part of gone) part.remove();
    let next = stopped.nextElementSibling; // a part in its place isn't moved, which would take the focus
    for (const [name, html] of Object.entries(parts)) {
      const own = card.querySelector(`:scope > [data-part="${name}"]`);
      const part = own ?? document.createElement("div");
      part.dataset.part = name;
      if (name === "result" || name === "facts") part.setAttribute("role", "status");
      if (part === next) next = next.nextElementSibling;
      else card.insertBefore(part, next); // in the order of Python
      if (part.shown !== html) fill(part, html);
      part.shown = html;
    }
    if (lost) card.querySelector(FOCUSABLE)?.focus(); // where it was is gone: begin at the top
  };

  const fill = (part, html) => {
    const own = part.contains(document.activeElement) ? document.activeElement : null;
    const [name, value] = own ? [own.name || own.dataset.press, own.value] : [];
    const place = [...part.querySelectorAll(FOCUSABLE)].indexOf(own);
    const fresh = part.cloneNode();
    fresh.innerHTML = html;
    renew(part, fresh);
    part.querySelectorAll("textarea").forEach(number);
    const all = [...part.querySelectorAll(FOCUSABLE)];
    // JupyterLab's shortcuts ask the focused element itself whether they may act.
    for (const one of all) one.dataset.lmSuppressShortcuts = "true";
    const next = find(name, value) ?? all[Math.min(place, all.length - 1)]; // if it is gone
    if (own) next?.focus({ preventScroll: true });
  };

  const send = (what) => {
    for (const name of typed.keys()) set(find(name));
    sent += 1;
    const last = unanswered.at(-1); // only the newest value of a control counts
    if (what.set && last?.set && last.name === what.name) unanswered = unanswered.slice(0, -1);
    unanswered = [...unanswered, { ...what, sent }];
    clearTimeout(waiting);
    waiting = setTimeout(stop, PATIENCE);
    try {
      model.send({ unanswered });
    } catch {
      stop(); // Jupyter sends nothing to a kernel that was shut down
    }
  };

  const set = ({ name, type, checked, value }) => {
    clearTimeout(typed.get(name));
    typed.delete(name);
    send({ set: true, name, value: type === "checkbox" ? checked : value });
  };

  card.addEventListener("input", ({ target }) => {
    if (!target.name || !target.matches(`input[type=range], ${TEXT}`)) return;
    clearTimeout(typed.get(target.name));
    typed.set(target.name, setTimeout(() => set(target), target.type === "range" ? 0 : TYPING));
  });

  card.addEventListener("change", ({ target }) => target.name && set(target));

  const follow = ({ target }) => target.matches("textarea") && number(target);
  for (const kind of ["input", "scroll"]) card.addEventListener(kind, follow, true);

  // A button with the line and column of a place in the card's text leads there.
  const lead = ({ line, column }) => {
    const text = card.querySelector("textarea");
    const lines = text.value.split("\n");
    const start = [...lines.slice(0, line - 1), ""].join("\n").length + Number(column) - 1;
    text.focus();
    text.setSelectionRange(start, start + 1);
    text.scrollTop = (text.scrollHeight * (line - 3)) / lines.length;
  };

  const press = (name) => {
    answerAlone(name);
    send({ press: true, name });
  };

  card.addEventListener("click", ({ target }) => {
    const place = target.closest("[data-line]");
    if (place) lead(place.dataset);
    const one = target.closest("button[name], [data-press]");
    if (one && !one.hasAttribute("disabled")) press(one.name || one.dataset.press);
  });

  card.addEventListener("keydown", (event) => {
    event.stopPropagation(); // keys stay in the card, but Escape leads back to its cell
    if (event.key === "Escape") card.closest(".jp-Cell")?.focus();
    const one = event.target;
    if (one.dataset.press && (event.key === " " || event.key === "Enter")) {
      event.preventDefault();
      press(one.dataset.press);
    }
    if (event.key !== "Enter" || !one.matches(`input:is(${TEXT})`)) return;
    const beside = one.closest(".row")?.querySelector("button");
    const main = beside ?? one.closest("[data-part]").querySelector("button.main");
    if (main) setTimeout(() => press(main.name)); // after its change
  });

  card.addEventListener("submit", (event) => event.preventDefault());

  // Answers for all switches, computed beforehand: {switches: [name], of: [number], outcomes:
  // [{parts, marks}]}. Bit n of a place in "of" tells whether switch n is on. A mark is the class
  // of the elements with this data-id; their data-needs are switches, as bits.
  let on = 0;
  const answerAlone = (name) => {
    const { switches = [], of = [], outcomes = [] } = model.get("answers");
    const place = switches.indexOf(name);
    if (place < 0) return;
    on ^= 1 << place;
    show({ ...model.get("shown").parts, ...outcomes[of[on]].parts });
    mark(outcomes[of[on]].marks, switches);
  };

  // Without a kernel, a part is "off" if its own switch is, and "out" if another one is that it needs.
  const mark = (marks, switches) => {
    for (const one of card.querySelectorAll("[data-id]")) {
      const { id, press, needs } = one.dataset;
      let kind = marks[id] ?? "";
      if (switches && (on & needs) !== Number(needs ?? 0)) {
        kind = press && !(on & (1 << switches.indexOf(press))) ? "off" : "out";
      }
      one.setAttribute("class", kind);
      if (press) one.setAttribute("aria-pressed", String(!kind.split(" ").includes("off")));
    }
  };

  const update = () => {
    const { sent: answered = 0, parts, marks, on: now = 0 } = model.get("shown");
    unanswered = unanswered.filter((one) => one.sent > answered);
    if (unanswered.length) return; // a newer answer is on its way
    sent = Math.max(sent, answered); // the same card can be on the page twice
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
