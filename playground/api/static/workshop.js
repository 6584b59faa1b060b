"use strict";
/* The phone page. What a person chose is kept on the device until the playground says that it is stored. Every id is
   made here, so sending twice stores once. Two tabs share the kept state: it is read anew before every change. */

const $ = (id) => document.getElementById(id);
const hex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
const VIEWS = ["find", "consent", "wait", "judge"];
const FEW = 2; // ask for more pairs when so many are left
let words = {}, language = "en", code = "", session = null, shown = null, shownAt = 0, sending = false, pause_ms = 1000;
let input = "touch", over = "", asked = false, timer = 0;

const word = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), words[language][name] ?? name);

/* --- what this device keeps --------------------------------------------------------------------------------------- */

const fresh = () => ({secret: "", alias: "", practised: false, pairs: [], queue: [], done: [], saved: 0, refused: 0, state: "open"});
const read = () => {
  try {
    return {...fresh(), ...JSON.parse(localStorage.getItem(`workshop:${code}`) ?? "{}")};
  } catch {
    return kept;
  }
};
let kept = fresh();
function change(how) {
  kept = read();
  how(kept);
  try {
    localStorage.setItem(`workshop:${code}`, JSON.stringify(kept));
  } catch { /* no room, or storage is switched off: this tab still holds it */ }
}

/* --- the playground ------------------------------------------------------------------------------------------------ */

class Refused extends Error {}

async function ask(path, body) {
  const headers = {"Content-Type": "application/json", "X-Device-Key": kept.secret || "none"};
  const options = body === undefined ? {headers} : {method: "POST", headers, body: JSON.stringify(body), keepalive: true};
  const answer = await fetch(`/api/workshop/${path}`, options);
  if (answer.status >= 500 || answer.status === 429) throw new Error("try again");
  const said = await answer.json();
  if (!answer.ok) throw new Refused([said.message, said.hint].filter(Boolean).join(" "));
  return said;
}

async function send() {
  if (sending) return;
  sending = true;
  while (read().queue.length) {
    const item = read().queue[0];
    let refused = "", state = "";
    try {
      state = (await ask(item.path, item.body)).state ?? "";
    } catch (error) {
      if (!(error instanceof Refused)) {
        setTimeout(send, pause_ms);
        pause_ms = Math.min(2 * pause_ms, 15000);
        break;
      }
      refused = error.message;
    }
    pause_ms = 1000;
    settle(item, refused, state);
  }
  sending = false;
  show();
  more();
}

function settle(item, refused, state) {
  change((now) => {
    if (state) now.state = state;
    if (!now.queue.some((one) => one.key === item.key)) return; // another tab was first
    now.queue = now.queue.filter((one) => one.key !== item.key);
    if (refused) now.refused += 1;
    else now.saved += item.path === "vote" ? 1 : -1;
    if (refused) now.done = now.done.filter((one) => one.id !== item.body.id);
  });
  if (refused) problem(refused);
  status();
}

async function more(anyway = false) {
  if (asked || over || !kept.secret || kept.queue.length) return;
  if (kept.pairs.length > FEW && kept.state === "open" && !anyway) return;
  asked = true;
  clearTimeout(timer);
  try {
    const said = await ask("pairs", {});
    change((now) => {
      const voted = new Set(now.queue.filter((one) => one.path === "vote").map((one) => one.body.token));
      now.state = said.state;
      now.pairs = said.pairs.filter((pair) => !voted.has(pair.token));
      now.pairs.sort((a, b) => (b.token === shown?.token) - (a.token === shown?.token));
    });
    problem("");
  } catch (error) {
    if (error instanceof Refused) problem(error.message);
  }
  asked = false;
  show();
  const idle_ms = kept.pairs.length && kept.state === "open" ? 15000 : 3000; // whoever reads on keeps the pairs
  timer = setTimeout(more, idle_ms * (1 + Math.random() / 2), true);
}

/* --- choosing ------------------------------------------------------------------------------------------------------ */

function choose(choice, comment = "") {
  if (!shown || performance.now() - shownAt < 150) return; // a double tap must not judge the next pair
  if (!kept.practised) return practised(choice);
  const body = {id: hex(16), token: shown.token, choice, comment, input, decision_ms: Math.round(performance.now() - shownAt), client_time: Date.now() / 1000};
  const pair = shown;
  change((now) => {
    now.pairs = now.pairs.filter((one) => one.token !== pair.token);
    now.queue.push({key: hex(8), path: "vote", body});
    now.done = [...now.done, {id: body.id, pair}].slice(-20);
  });
  shown = null;
  problem("");
  show();
  send();
}

function practised(choice) {
  if (choice === "skip") return;
  const right = shown.good;
  change((now) => { now.practised = true; });
  shown = null;
  show();
  $("practice-note").textContent = word(choice === right ? "practiceYes" : "practiceNo");
  $("practice-note").hidden = false;
}

function undo() {
  const last = kept.done.at(-1);
  if (!last || !kept.practised) return;
  change((now) => {
    const unsent = !sending && now.queue.some((one) => one.path === "vote" && one.body.id === last.id);
    if (unsent) now.queue = now.queue.filter((one) => one.body.id !== last.id);
    else now.queue.push({key: hex(8), path: "undo", body: {id: last.id}});
    now.done = now.done.filter((one) => one.id !== last.id);
    now.pairs = [last.pair, ...now.pairs.filter((one) => one.token !== last.pair.token)];
  });
  shown = null;
  show();
  send();
}

/* --- what is on the screen ----------------------------------------------------------------------------------------- */

function view(name) {
  for (const one of VIEWS) $(one).hidden = one !== name;
  $("me").hidden = !kept.secret || Boolean(over);
  if (kept.alias) $("me-name").textContent = word("me", {alias: kept.alias});
}

function status() {
  const votes = kept.queue.length;
  const parts = [kept.saved > 0 || kept.practised ? word("saved", {n: Math.max(kept.saved, 0)}) : ""];
  if (votes) parts.push(word("waiting", {n: votes}));
  if (kept.refused) parts.push(word("refused", {n: kept.refused}));
  const text = parts.filter(Boolean).join(" · ");
  if ($("status").textContent !== text) $("status").textContent = text;
  $("status").toggleAttribute("data-waiting", votes > 0);
  $("undo").disabled = !kept.done.length;
}

function problem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function wait(name, text) {
  $("wait-title").textContent = word(name);
  $("wait-text").textContent = word(text);
  view("wait");
}

function practicePair() {
  const good = Number.parseInt(kept.secret.slice(0, 2), 16) % 2 ? "left" : "right";
  const texts = good === "left" ? ["practiceGood", "practiceBad"] : ["practiceBad", "practiceGood"];
  return {token: "", prompt: word("practicePrompt"), left: word(texts[0]), right: word(texts[1]), good};
}

function show() {
  status();
  if (over) return wait(`${over}Title`, over === "left" ? "leftText" : over);
  if (!kept.secret) return session ? view("consent") : view("find");
  const going = kept.state === "open" || kept.state === "paused";
  const next = kept.practised ? going && kept.pairs[0] : practicePair();
  if (!next) {
    shown = null;
    const how = navigator.onLine ? kept.state : "offline";
    return wait(`${how}Title`, how);
  }
  view("judge");
  if (shown?.token === next.token && shown.prompt === next.prompt) return; // drawing it anew would swallow a tap
  shown = next;
  shownAt = performance.now();
  for (const part of ["prompt", "left", "right"]) $(part).textContent = next[part];
  $("practice-note").textContent = word("practice");
  $("practice-note").hidden = kept.practised;
  $("reasons").hidden = true;
  $("skip").setAttribute("aria-expanded", "false");
  $("prompt").focus({preventScroll: true});
  scrollTo(0, 0);
}

function speak(chosen) {
  language = chosen in words ? chosen : "en";
  document.documentElement.lang = language;
  $("language").value = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const button of document.querySelectorAll("[data-choice]")) button.textContent = word(button.dataset.choice);
  if (!kept.practised) shown = null;
  show();
}

function greet(found) {
  session = found;
  $("title").textContent = document.title = found.title;
  $("consent-text").textContent = found.consent;
  $("rubric").textContent = found.rubric;
}

/* --- joining and going --------------------------------------------------------------------------------------------- */

async function find(typed) {
  code = typed.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, 20);
  if (!code) return show();
  kept = read();
  try {
    greet(await ask(`session/${code}`));
    problem("");
  } catch (error) {
    if (error instanceof Refused) problem(error.message);
    else {
      problem(word("lost"));
      setTimeout(() => find(code), 3000);
    }
  }
  show();
  if (kept.secret) send();
}

async function join() {
  const secret = hex(24);
  const scope = $("publish").checked ? "publish" : "train";
  try {
    const said = await ask("join", {code, secret, alias: $("alias").value, scope});
    change((now) => Object.assign(now, fresh(), {secret, alias: said.alias, state: said.state}));
    problem("");
  } catch (error) {
    problem(error instanceof Refused ? error.message : word("lost"));
  }
  show();
  more();
}

async function go(path, how) {
  try {
    await ask(path, {});
  } catch (error) {
    return problem(error instanceof Refused ? error.message : word("lost"));
  }
  over = how;
  clearTimeout(timer);
  if (how === "withdrawn") change((now) => Object.assign(now, fresh()));
  show();
}

function withdraw() {
  if ($("withdraw").dataset.asked) return go("withdraw", "withdrawn");
  $("withdraw").dataset.asked = "yes";
  $("withdraw").textContent = word("sure");
}

const KEYS = {"1": "left", ArrowLeft: "left", "2": "right", ArrowRight: "right", "3": "tie", "4": "both_bad"};

function keyed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || $("judge").hidden) return;
  if (event.target.closest("input, select, summary")) return;
  input = "key";
  if (event.key in KEYS) choose(KEYS[event.key]);
  else if (event.key === "u" || event.key === "U") undo();
  else return;
  event.preventDefault();
}

function clicked(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.choice) choose(button.dataset.choice);
  else if (button.dataset.skip) choose("skip", button.dataset.skip);
  else if (button.id === "skip") {
    $("reasons").hidden = !$("reasons").hidden;
    button.setAttribute("aria-expanded", String(!$("reasons").hidden));
  } else if (button.id === "undo") undo();
  else if (button.id === "leave") go("leave", "left");
  else if (button.id === "withdraw") withdraw();
}

async function start() {
  words = await (await fetch("/workshop/workshop_words.json")).json();
  addEventListener("click", clicked);
  addEventListener("keydown", keyed);
  addEventListener("pointerdown", (event) => { input = event.pointerType === "touch" ? "touch" : "mouse"; });
  addEventListener("online", () => { pause_ms = 1000; send(); show(); });
  addEventListener("offline", show);
  addEventListener("storage", () => { kept = read(); show(); });
  $("language").addEventListener("change", () => speak($("language").value));
  $("find").addEventListener("submit", (event) => { event.preventDefault(); find($("code").value); });
  $("consent").addEventListener("submit", (event) => { event.preventDefault(); join(); });
  speak((navigator.language ?? "en").slice(0, 2));
  await find(location.pathname.split("/")[2] ?? "");
}

start();
