// The panel of the Rank tab. It talks to /api/rank itself, so a choice never waits for the page's queue.
// Whatever a model wrote enters the page through textContent. A choice is kept in this browser until the server has it.
const find = (id) => element.querySelector("#" + id);
const all = (selector) => [...element.querySelectorAll(selector)];
const WAITING = "playground.rank.waiting.";
const TOO_SOON_MS = 250; // a second tap within this time was not meant for the pair that has just appeared
const EARLY = "Your last choice came before the next pair was in sight, and was not counted.";
const state = {
  mode: "pair", shown: null, shownAt: 0, ahead: [], next: null, question: 0,
  picked: null, tiers: [], same: false, past: [], inFlight: null, flushing: null, retry: null, told: null, said: "", early: false,
};

// --- what is kept until the server has it: one entry a choice, so that two pages of one browser lose nothing ---------
const memory = new Map();
function keep(record) {
  try { localStorage.setItem(WAITING + record.id, JSON.stringify(record)); } catch { memory.set(record.id, record); }
}
function drop(id) {
  try { localStorage.removeItem(WAITING + id); } catch { /* it never got there */ }
  memory.delete(id);
}
function waiting() {
  const records = [...memory.values()];
  try {
    for (let i = 0; i < localStorage.length; i++) {
      const key = localStorage.key(i);
      if (key.startsWith(WAITING)) records.push(JSON.parse(localStorage.getItem(key)));
    }
  } catch { /* storage is blocked */ }
  return records.sort((a, b) => a.at - b.at);
}
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID(); // only on https and localhost
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// --- the server -----------------------------------------------------------------------------------------------------
async function call(path, body) {
  let response;
  try {
    response = await fetch("api/rank/" + path, body === undefined ? {} : {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw { again: true, message: "The playground cannot be reached.", hint: "It is tried again by itself." };
  }
  const data = await response.json().catch(() => ({}));
  if (response.ok) return data;
  const again = response.status >= 500 || response.status === 429 || response.status === 408;
  throw { again, message: data.message || `The playground answered with error ${response.status}.`, hint: data.hint || "" };
}
function fetchNext() {
  const asked = props.value || {};
  const body = { checkpoints: asked.checkpoints || [], prompt: asked.prompt ?? null };
  const path = state.mode === "pair" ? "pair" : "set";
  if (path === "set") body.k = Number(find("rank-k").value);
  else body.hand = asked.hand || "";
  const answer = call(path, body);
  answer.catch(() => {}); // whoever awaits it hears of it
  return answer;
}
function flush() {
  state.flushing ??= sendAll().finally(() => { state.flushing = null; state.inFlight = null; });
  return state.flushing;
}
async function sendAll() {
  clearTimeout(state.retry);
  for (let record = waiting()[0]; record; record = waiting()[0]) {
    state.inFlight = record.id;
    say("Saving");
    try {
      const answer = await call(record.path, record.body);
      drop(record.id);
      acknowledged(record, answer);
    } catch (error) {
      if (error.again) {
        state.retry = setTimeout(flush, 1500 + 1500 * Math.random());
        return say("");
      }
      drop(record.id);
      complain({ message: "That one was not saved. " + error.message, hint: error.hint });
    }
  }
}
function acknowledged(record, answer) {
  count(answer.counts);
  const gave = answer.preferences === 1 ? "1 preference" : `${answer.preferences} preferences`;
  say(record.path === "order" ? `Saved. This order gave ${gave}.` : "Saved.");
  tell();
}
function tell() { // the table below is drawn anew, at most once in a while
  state.told ??= setTimeout(() => { state.told = null; trigger("saved", {}); }, 700);
}

// --- what is in sight -----------------------------------------------------------------------------------------------
function say(text = state.said) {
  state.said = text;
  const n = waiting().filter((record) => record.id !== state.inFlight || state.retry).length;
  const kept = n ? `${n} waiting to be sent; kept in this browser until then.` : "";
  find("rank-state").textContent = [text, kept, state.early && EARLY].filter(Boolean).join(" ");
}
function count(counts) {
  if (!counts) return;
  const { yours, persona, total } = counts;
  const parts = [`${yours} by people`, persona && `${persona} simulated`, total > yours && `${total} in all`];
  find("rank-count").textContent = total ? parts.filter(Boolean).join(", ") : "Nothing judged yet";
}
function recount() {
  call("counts").then(count, () => {}); // a figure that is not there now comes with the next choice
}
function complain(error) {
  const box = find("rank-problem");
  box.hidden = !error;
  if (!error) return;
  box.children[0].textContent = error.message;
  box.children[1].textContent = error.hint || "";
}
function busy(yes) {
  element.querySelector(".shown").setAttribute("aria-busy", yes);
  for (const button of all("[data-choice]")) button.setAttribute("aria-disabled", yes);
}
function display(shown) {
  state.shown = shown;
  state.shownAt = performance.now();
  pick(null);
  find("rank-prompt").textContent = shown.prompt;
  if (shown.completions) drawSet();
  else {
    find("rank-a").children[1].textContent = Playground.readable(shown.left);
    find("rank-b").children[1].textContent = Playground.readable(shown.right);
  }
  for (const card of all("article")) card.scrollTop = 0;
  busy(false);
  if (element.offsetParent !== null) bring();
}
// The next pair stands where it is read: never above the window, and on a phone wholly above the buttons.
function bring() {
  const prompt = element.querySelector(".prompt"), buttons = all(".actions").find((part) => !part.hidden);
  const hidden = find("rank-b").getBoundingClientRect().bottom - buttons.getBoundingClientRect().top;
  const covered = state.past.length && getComputedStyle(buttons).position === "sticky" && hidden > 0;
  if (prompt.getBoundingClientRect().top < 0 || covered) prompt.scrollIntoView({ block: "start" });
}
async function next() {
  const question = ++state.question;
  state.shown = null;
  state.tiers = [];
  state.same = false;
  if (state.ahead.length) return display(state.ahead.pop());
  busy(true);
  try {
    const shown = await (state.next ? state.next.catch(fetchNext) : fetchNext());
    if (question !== state.question) return;
    complain(null);
    display(shown);
    state.next = fetchNext();
  } catch (error) {
    if (question !== state.question) return;
    state.next = null;
    complain(error);
    if (error.again) setTimeout(() => { if (question === state.question && element.isConnected) next(); }, 3000);
  }
}
function awaitOthers() { // another tab has asked for other pairs: nothing is judged until they are here
  state.question++;
  Object.assign(state, { shown: null, next: null, ahead: [] });
  pick(null);
  busy(true);
  find("rank-prompt").textContent = "Getting the pairs that you asked for";
  for (const id of ["rank-a", "rank-b"]) find(id).children[1].textContent = "";
  element.querySelector(".set").replaceChildren();
}
function startAnew() {
  Playground.othersAwaited = false;
  state.next = null;
  state.ahead = [];
  for (const part of all(".for-pair")) part.hidden = state.mode !== "pair";
  for (const part of all(".for-ranking")) part.hidden = state.mode !== "ranking";
  for (const button of all("[data-mode]")) button.setAttribute("aria-pressed", button.dataset.mode === state.mode);
  find("rank-undo-order").hidden = true;
  element.querySelector(".set").replaceChildren();
  pick(null);
  next();
}

// --- two at a time --------------------------------------------------------------------------------------------------
function choose(choice, input, strength = null) {
  state.early = !state.shown || performance.now() - state.shownAt < TOO_SOON_MS;
  if (state.early) return say();
  const sided = choice === "left" || choice === "right";
  if (sided && !strength && find("rank-strength").checked) return pick(choice);
  const decision_ms = Math.round(performance.now() - state.shownAt);
  post("choice", { token: state.shown.token, choice, strength: sided ? strength : null, decision_ms, input });
}
function pick(choice) {
  state.picked = choice;
  const pair = state.mode === "pair";
  element.querySelector(".actions.for-pair").hidden = !pair || !!choice;
  element.querySelector(".strengths").hidden = !choice;
  find("rank-a").classList.toggle("picked", choice === "left");
  find("rank-b").classList.toggle("picked", choice === "right");
  if (choice) find("rank-slightly").focus({ preventScroll: true });
}
function post(path, body) {
  const record = { id: newId(), at: Date.now(), path };
  record.body = { ...body, id: record.id };
  keep(record);
  state.past = [...state.past.slice(-49), { id: record.id, shown: state.shown, tiers: state.tiers }];
  next();
  flush();
}
async function undo() {
  state.early = false;
  const last = state.past.at(-1);
  if (state.inFlight) await state.flushing;
  const unsent = last && waiting().some((record) => record.id === last.id);
  let shown = last?.shown;
  if (unsent) drop(last.id);
  else {
    try {
      const answer = await call("undo", { id: last?.id }); // another page's choices are not this one's to take back
      if (!answer.token) {
        state.past.pop();
        return say("There is nothing to undo.");
      }
      count(answer.counts);
      tell();
      if (state.mode === "pair") shown = answer;
    } catch (error) {
      return complain(error);
    }
  }
  state.past.pop();
  if (state.shown) state.ahead.push(state.shown);
  state.question++;
  state.tiers = last?.shown === shown ? last.tiers : [];
  display(shown);
  say("Taken back. Judge it again, or skip it.");
}

// --- put in order ---------------------------------------------------------------------------------------------------
function place(i) {
  if (!state.shown?.completions[i]) return;
  const without = state.tiers.map((tier) => tier.filter((j) => j !== i)).filter((tier) => tier.length);
  const placed = state.tiers.flat().includes(i);
  if (placed) state.tiers = without;
  else if (state.same && without.length) state.tiers = [...without.slice(0, -1), [...without.at(-1), i]];
  else state.tiers = [...without, [i]];
  state.same = false;
  drawSet();
}
function drawSet() {
  const list = element.querySelector(".set");
  const texts = state.shown.completions;
  if (list.children.length !== texts.length) list.replaceChildren(...texts.map((_, i) => card(i)));
  texts.map(Playground.readable).forEach((text, i) => {
    const button = list.children[i].firstChild;
    const tier = state.tiers.findIndex((t) => t.includes(i));
    button.children[0].textContent = tier < 0 ? "" : tier + 1;
    button.children[1].textContent = text;
    button.setAttribute("aria-pressed", tier >= 0);
    button.setAttribute("aria-label", `${tier < 0 ? "Not placed" : "Place " + (tier + 1)}: ${text}`);
  });
  find("rank-same").setAttribute("aria-pressed", state.same);
  find("rank-same").disabled = !state.tiers.length || state.tiers.flat().length === texts.length;
  find("rank-reset").disabled = !state.tiers.length;
  find("rank-submit").disabled = state.tiers.flat().length !== texts.length;
  find("rank-undo-order").hidden = !state.past.at(-1)?.shown.completions;
}
function card(i) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.append(document.createElement("b"), document.createElement("span"));
  button.addEventListener("click", () => place(i));
  item.append(button);
  return item;
}
function submit() {
  if (!state.shown || state.tiers.flat().length !== state.shown.completions.length) return;
  post("order", { token: state.shown.token, order: state.tiers });
}
function same() {
  state.same = !state.same && state.tiers.length > 0;
  drawSet();
}
function reset() {
  state.tiers = [];
  state.same = false;
  if (state.shown) drawSet();
}

// --- buttons and keys -----------------------------------------------------------------------------------------------
const PAIR_KEYS = {
  ArrowLeft: "left", 1: "left", a: "left", ArrowDown: "tie", 0: "tie", t: "tie", ArrowRight: "right", 2: "right", b: "right",
  x: "both_bad", s: "skip",
};
const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=slider], [role=listbox], "
  + "[role=option], [role=grid], table, dialog";
function keyed(event) {
  if (!element.isConnected) return document.removeEventListener("keydown", keyed);
  const box = element.getBoundingClientRect();
  const inSight = element.offsetParent !== null && box.bottom > 80 && box.top < innerHeight - 80;
  if (!inSight || event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const act = state.mode === "ranking" ? rankingKey(key, event) : state.picked ? strengthKey(key) : pairKey(key, event);
  if (!act) return;
  event.preventDefault();
  act();
}
function pairKey(key, event) {
  if (key === "u") return undo;
  const choice = PAIR_KEYS[key];
  return choice && (() => choose(choice, "key", event.shiftKey && key.startsWith("Arrow") ? 3 : null));
}
function strengthKey(key) {
  if (key === "Escape") return () => pick(null);
  return ["1", "2", "3"].includes(key) ? () => choose(state.picked, "key", Number(key)) : null;
}
function rankingKey(key, event) {
  if (/^[1-6]$/.test(key)) return () => place(Number(key) - 1);
  const complete = !find("rank-submit").disabled;
  if (key === "Enter") return complete && !event.target.closest?.(".actions") ? submit : null;
  return { t: same, r: reset, s: next, u: find("rank-undo-order").hidden ? null : undo }[key];
}
const pointer = (event) => (event.detail === 0 ? "key" : event.pointerType === "touch" ? "touch" : "mouse");
const clicked = (id, act) => find(id).addEventListener("click", act);
for (const button of all("[data-choice]")) button.addEventListener("click", (e) => choose(button.dataset.choice, pointer(e)));
for (const button of all("[data-strength]")) {
  button.addEventListener("click", (e) => choose(state.picked, pointer(e), Number(button.dataset.strength)));
}
for (const button of all("[data-mode]")) {
  button.addEventListener("click", () => {
    if (state.mode === button.dataset.mode) return;
    state.mode = button.dataset.mode;
    say(""); // what was said of the last pair is not about these
    startAnew();
  });
}
clicked("rank-undo", undo);
clicked("rank-undo-order", undo);
clicked("rank-back", () => pick(null));
clicked("rank-submit", submit);
clicked("rank-same", same);
clicked("rank-reset", reset);
clicked("rank-next-set", next);
clicked("rank-retry", () => { complain(null); next(); flush(); });
find("rank-k").addEventListener("change", (event) => { event.target.blur(); startAnew(); });
document.addEventListener("keydown", keyed);
addEventListener("online", () => element.isConnected && flush());
document.addEventListener("playground:set", () => element.isConnected && recount());
document.addEventListener("playground:others-awaited", () => element.isConnected && awaitOthers());
document.addEventListener("playground:rank-opened", () => { // where they are the ones already here, no new value comes
  setTimeout(() => element.isConnected && Playground.othersAwaited && startAnew(), 3000);
});
let asked = JSON.stringify(props.value);
watch("value", () => {
  if (JSON.stringify(props.value) === asked) return;
  asked = JSON.stringify(props.value);
  startAnew();
});
if (Playground.othersAwaited) awaitOthers();
else startAnew();
flush();
recount();
