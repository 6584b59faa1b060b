// The numbers of one token at a time: by pointing, by tapping, or with the arrow keys.
function show(token) {
  const pane = token.closest(".pane");
  for (const other of pane.querySelectorAll(".token.at")) other.classList.remove("at");
  token.classList.add("at");
  pane.querySelector(".readout").textContent = `“${token.textContent}” ${token.dataset.numbers}`;
}
function under(event) {
  const token = event.target.closest(".tokens .token");
  if (token) show(token);
}
element.addEventListener("mouseover", under);
element.addEventListener("click", under);
element.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const line = event.target.closest(".tokens");
  if (!step || !line) return;
  event.preventDefault();
  event.stopPropagation();
  const tokens = [...line.children];
  const at = tokens.findIndex((token) => token.classList.contains("at"));
  show(tokens[Math.max(0, Math.min(tokens.length - 1, at + step))]);
});
