// The table of judgments. Every cell is written through textContent; ticks outlive a refresh.
const body = element.querySelector("tbody");
const button = element.querySelector("#set-remove");
const undoing = element.querySelector("#set-undo");
const turning = element.querySelector("#set-turn");
const ticked = new Set();
let undone = { act: "", ids: [] }; // what takes the last removal back, or the last putting back

function cell(className, text, name) {
  const td = document.createElement("td");
  td.className = className;
  if (name) td.dataset.name = name;
  td.textContent = Playground.readable(text);
  return td;
}
function note(td, text) {
  if (!text) return td;
  const small = document.createElement("small");
  small.textContent = " " + text;
  td.append(small);
  return td;
}
function tick(row) {
  const td = cell("tick", "");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = ticked.has(row.id);
  box.setAttribute("aria-label", "Tick the judgment on: " + row.prompt);
  box.addEventListener("change", () => {
    if (box.checked) ticked.add(row.id);
    else ticked.delete(row.id);
    drawButton();
  });
  td.append(box);
  return td;
}
function when(seconds) {
  const time = new Date(seconds * 1000);
  const today = time.toDateString() === new Date().toDateString();
  return today ? time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : time.toLocaleDateString();
}
function line(row) {
  const tr = document.createElement("tr");
  if (!row.decided) tr.className = "undecided";
  tr.append(
    tick(row),
    cell("text", row.prompt),
    cell("text of-pair", row.chosen, row.decided ? "Chosen" : "A"),
    cell("text of-pair", row.rejected, row.decided ? "Rejected" : "B"),
    cell("few", row.choice),
    note(note(cell("few", row.who), row.kind), row.origin),
    cell("few", when(row.when)),
  );
  return tr;
}
function drawButton() {
  const { removed = false } = props.value || {};
  const verb = removed ? "Put back" : "Remove";
  button.disabled = !ticked.size;
  button.textContent = ticked.size ? `${verb} ${ticked.size} ticked` : `${verb} ticked`;
}
function drawUndo() {
  const n = undone.ids.length;
  undoing.hidden = !n;
  undoing.textContent = undone.act === "restore" ? `Undo: put ${n} back` : `Undo: remove ${n} again`;
}
function drawTurn() {
  const { removed = false, out = 0 } = props.value || {};
  turning.hidden = !removed && !out;
  turning.textContent = removed ? "Back to the set" : `Show ${out} removed`;
}
function nothing(searched, removed) {
  if (searched) return removed ? "Nothing that was removed holds that." : "Nothing in the set holds that.";
  return removed ? "Nothing is removed." : "Nothing yet. Judge a pair above, or let a simulated annotator do it.";
}
function draw() {
  const { rows = [], total = 0, searched = false, removed = false } = props.value || {};
  const ids = new Set(rows.map((row) => row.id));
  for (const id of ticked) if (!ids.has(id)) ticked.delete(id);
  if (rows.length) body.replaceChildren(...rows.map(line));
  else {
    const td = cell("empty", nothing(searched, removed));
    td.colSpan = 7;
    const tr = document.createElement("tr");
    tr.append(td);
    body.replaceChildren(tr);
  }
  const what = removed ? " removed from the set" : "";
  element.querySelector(".shown").textContent =
    rows.length < total ? `The newest ${rows.length} of ${total}${what} are shown.` : `${rows.length}${what} shown.`;
  drawButton();
  drawUndo();
  drawTurn();
  document.dispatchEvent(new Event("playground:set")); // the panel's counter follows
}
function act(name, ids) {
  undone = { act: name === "remove" ? "restore" : "remove", ids };
  trigger(name, { ids });
}
button.addEventListener("click", () => act((props.value || {}).removed ? "restore" : "remove", [...ticked]));
undoing.addEventListener("click", () => {
  const { act: name, ids } = undone;
  undone = { act: "", ids: [] };
  trigger(name, { ids });
});
turning.addEventListener("click", () => {
  undone = { act: "", ids: [] };
  trigger("turn", {});
});
Playground.pulse({
  element,
  runs: () => [],
  answered({ versions }) {
    const others = versions && props.value && versions.set !== props.value.version;
    if (others && element.offsetParent) trigger("others", {});
  },
  silent() {},
});
let drawn = JSON.stringify(props.value);
watch("value", () => {
  if (JSON.stringify(props.value) === drawn) return;
  drawn = JSON.stringify(props.value);
  draw();
});
draw();
