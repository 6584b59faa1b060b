// value = null, or {"asked", "near": [questions], "strange": null or {"surprise", "usual"}} for a prompt from outside.
const box = element.querySelector(".edge");
const near = element.querySelector(".near");
const PAUSE_MS = 700; // somebody who types on is not measured yet
let waiting = 0;

function question(text) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", () => trigger("pick", { text }));
  return made;
}
function words({ surprise, usual }) {
  const measured = `${surprise.toFixed(1)} nats a byte; 19 of 20 of the world's own prompts stay below ${usual.toFixed(1)}`;
  return surprise > usual
    ? `It surprises the base model: ${measured}.`
    : `Its words do not surprise the base model (${measured}), but it is no question that the world answers.`;
}
function draw() {
  const value = props.value;
  clearTimeout(waiting);
  box.hidden = !value;
  if (!value) return;
  const lead = document.createElement("span");
  lead.textContent = "Try one of these:";
  near.replaceChildren(lead, ...value.near.map(question));
  element.querySelector(".strange").textContent = value.strange ? words(value.strange) : "";
  if (!value.strange) waiting = setTimeout(() => trigger("measure", {}), PAUSE_MS);
}
watch("value", draw);
draw();
