// The card of the browser edition: one button saves the progress file, the other reads a file and
// sends its text to Python, which says what happened.

const LARGEST = 10_000_000; // bytes; Python has the same limit

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = words;
  made.style.cssText = "min-height: 2.75em; padding: 0 1em; margin: 0.3em 0.6em 0.3em 0";
  made.addEventListener("click", act);
  return made;
}

function render({ model, el }) {
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const say = () => (said.textContent = model.get("message"));
  model.on("change:message", say);
  say();

  const file = document.createElement("input");
  file.type = "file";
  file.accept = ".jsonl,.json";
  file.hidden = true;
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > LARGEST) said.textContent = "This file is too large. Nothing was imported.";
    else model.send({ text: await chosen.text() });
    file.value = ""; // so that the same file can be chosen again
  });

  const save = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([model.get("lines")], { type: "application/x-ndjson" }));
    link.download = model.get("name");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  el.append(
    button("Download my progress", save),
    button("Upload my progress", () => file.click()),
    file,
    said,
  );
}

export default { render };
