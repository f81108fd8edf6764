// The card of the browser edition: its button reads a progress file and sends the text to Python,
// which says what happened. The report has the link that downloads the file.

const LARGEST = 10_000_000; // bytes; Python has the same limit

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
    if (chosen.size > LARGEST) said.textContent = `${chosen.name} is too large. Nothing was imported.`;
    else model.send({ name: chosen.name, text: await chosen.text() });
    file.value = ""; // so that the same file can be chosen again
  });

  const upload = document.createElement("button");
  upload.type = "button";
  upload.textContent = "Upload progress";
  upload.addEventListener("click", () => file.click());

  const card = document.createElement("div");
  card.className = "iamlab-card";
  card.append(upload, file, said);
  el.append(card);
}

export default { render };
