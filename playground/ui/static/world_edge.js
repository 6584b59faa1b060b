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
  const verdict = surprise > usual ? "more than" : "less than";
  return `The base model is surprised by ${surprise.toFixed(1)} nats a byte, ${verdict} the ${usual.toFixed(1)} below which 19 of 20 of the world's own prompts stay.`;
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
