// Prompts to click on, one category at a time. Texts are written through textContent.
const kinds = element.querySelector(".kinds");
const chips = element.querySelector(".chips");
const categories = Object.entries(props.value || {});

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}
function open(i) {
  [...kinds.children].forEach((kind, j) => kind.setAttribute("aria-pressed", i === j));
  chips.replaceChildren(...categories[i][1].map((text) => button(text, () => trigger("pick", { text }))));
}
kinds.replaceChildren(...categories.map(([title], i) => button(title, () => open(i))));
if (categories.length) open(0);
