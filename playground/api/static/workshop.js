"use strict";
/* The phone page. What a person chose is kept on the device until the playground says that it is stored. Every id is
   made here, so sending twice stores once. There is one queue and one timer: tick() sends what waits, asks for pairs,
   and sleeps. Two tabs share the kept state: it is read anew before every change. */

const $ = (id) => document.getElementById(id);
const hex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
const VIEWS = ["find", "consent", "wait", "judge"];
const FEW = 2; // ask for more pairs when so many are left
const LIMIT_MS = 10000; // a request that has no answer by then is given up, and tried again
const SLOWEST_MS = 15000; // between two tries
const SLEEP_MS = {open: 20000, paused: 5000, frozen: 15000, voted: 15000, revealed: 15000, ejected: 30000, closed: 60000}; // until the pairs are asked for again
const LEARNS = ["frozen", "revealed"]; // states in which a model may learn
const LOOK_MS = 4000; // until the curves of what is learning are asked for again
const KEEP_MS = 15000; // the same while pairs are on the screen: whoever reads on keeps them
let words = {}, language = "en", code = "", session = null, over = "";
let shown = null, shownAt = 0, input = "touch", taught = "", sure = false;
let busy = false, timer = 0, failed = false, pause_ms = 1000; // of tick()
let stale = false, next_at = 0, none = false; // of the pairs: judged since asked, when to ask again, nothing came
let learning = []; // runs on what the room chose, while they learn
let revealed = null; // who wrote what, once the host shows it

const word = (name, values = {}) => Object.entries(values).reduce((text, [key, value]) => text.replaceAll(`{${key}}`, value), words[language]?.[name] ?? name);

/* --- what this device keeps --------------------------------------------------------------------------------------- */

const fresh = () => ({secret: "", asking: {}, alias: "", practised: false, pairs: [], queue: [], done: [], saved: 0, refused: 0, tapped: 0, round: 0, state: "open", proposes: false});
let kept = fresh(), alone = false;

function read() {
  try {
    return alone ? kept : {...fresh(), ...JSON.parse(localStorage.getItem(`workshop:${code}`) ?? "{}")};
  } catch {
    return kept;
  }
}

function change(how) {
  kept = read();
  how(kept);
  try {
    localStorage.setItem(`workshop:${code}`, JSON.stringify(kept));
  } catch {
    alone = true; // no room, or storage is switched off: this tab still holds it
  }
}

/* --- the playground ------------------------------------------------------------------------------------------------ */

class Refused extends Error {} // by the playground itself, for good; all else is tried again

const PROOF = { // what a proxy, a hotel's sign-in page or another program on the port does not answer
  session: (said) => typeof said.consent === "string",
  join: (said) => typeof said.alias === "string",
  pairs: (said) => Array.isArray(said.pairs),
  reveal: (said) => Array.isArray(said.own),
  curves: (said) => Array.isArray(said.runs),
  vote: (said, sent) => said.saved === sent.id,
  undo: (said) => "undone" in said,
  propose: (said) => said.proposed === true,
  leave: (said) => said.left === true,
  withdraw: (said) => said.withdrawn === true,
};

async function load(address, options) {
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), LIMIT_MS);
  try {
    const answer = await fetch(address, {...options, signal: stop.signal});
    return [answer, await answer.json()];
  } finally {
    clearTimeout(limit);
  }
}

async function ask(path, body) {
  const kind = path.split("/")[0];
  const headers = {"Content-Type": "application/json", "X-Device-Key": kept.secret || "none"};
  const options = body === undefined ? {headers} : {method: "POST", headers, body: JSON.stringify(body), keepalive: true};
  const [answer, said] = await load(`/api/workshop/${path}`, options);
  const ours = answer.ok ? PROOF[kind](said, body) : typeof said.message === "string" && typeof said.hint === "string";
  if (!ours || !(answer.ok || [403, 404, 422].includes(answer.status))) throw new Error(`${path}: ${answer.status}`);
  failed = false;
  pause_ms = 1000;
  if (answer.ok) return said;
  throw new Refused(words[language]?.[kind + answer.status] ?? `${said.message} ${said.hint}`);
}

async function tick() {
  if (busy) return;
  busy = true;
  clearTimeout(timer);
  let sleep_ms = 0;
  try {
    while (sleep_ms === 0) sleep_ms = await step();
  } catch (error) {
    console.warn(error);
    failed = true;
    sleep_ms = pause_ms;
    pause_ms = Math.min(2 * pause_ms, SLOWEST_MS);
  }
  busy = false;
  show();
  if (sleep_ms !== null) timer = setTimeout(tick, sleep_ms * (1 + Math.random() / 2)); // a room must not ask in step
}

/* One request: the most urgent. Returns for how long there is nothing more to ask; null: until something happens. */
async function step() {
  kept = read();
  if (!words.en) return learn();
  if (!session) return code ? find() : null;
  if (kept.queue.length) return deliver(kept.queue[0]);
  if (over || !kept.secret || kept.state === "closed" || !watched()) return null;
  const left_ms = stale && kept.pairs.length <= FEW ? 0 : next_at - performance.now();
  if (left_ms <= 0) return more();
  if (kept.state === "revealed" && !revealed) return reveal();
  return LEARNS.includes(kept.state) ? look(left_ms) : left_ms;
}

function wake() {
  pause_ms = 1000;
  next_at = 0;
  show();
  tick();
}

async function deliver(item) {
  change((now) => now.queue.filter((one) => one.key === item.key).forEach((one) => { one.tried = true; }));
  try {
    settle(item, await ask(item.path, item.body), "");
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    settle(item, {}, error.message);
  }
  return 0;
}

function settle(item, said, refused) {
  let mine = false;
  change((now) => {
    mine = now.queue.some((one) => one.key === item.key); // else another tab was first, or the person withdraws
    if (!mine) return;
    now.queue = now.queue.filter((one) => one.key !== item.key);
    now.state = said.state ?? now.state;
    if (item.path === "vote" && refused) forget(now, item.body.id);
    else if (item.path === "vote") now.saved += 1;
    else if (item.path === "undo" && !refused) now.saved -= 1;
    else if (item.path === "withdraw" && !refused) Object.assign(now, fresh());
  });
  if (mine && item.path === "withdraw" && !refused) over = "withdrawn";
  if (mine && refused) problem(refused);
  show();
}

function forget(now, id) {
  now.refused += 1;
  now.done = now.done.filter((one) => one.id !== id);
  now.queue = now.queue.filter((one) => one.body.id !== id); // there is nothing to take back
}

async function learn() {
  const [, said] = await load("/workshop/workshop_words.json");
  if (!said.en) throw new Error("no words");
  words = said;
  speak((navigator.language ?? "en").slice(0, 2));
  return 0;
}

async function find() {
  try {
    greet(await ask(`session/${code}`));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem(error.message);
    if (kept.secret) session = {}; // whoever took part can still withdraw
    else code = "";
  }
  return 0;
}

function greet(found) {
  session = found;
  history.replaceState(null, "", `/join/${code}`); // a reload comes back here, also where the code was typed
  $("title").textContent = document.title = found.title;
  told();
  problem("");
}

/* What the host wrote, in the phone's language where the host gave it. */
function told() {
  for (const [id, name] of [["consent-text", "consent"], ["rubric", "rubric"]]) {
    $(id).textContent = session?.languages?.[language]?.[name] || (session?.[name] ?? "");
  }
}

async function more() {
  stale = false;
  next_at = 0; // where it fails, it is asked for again
  try {
    take(await ask("pairs", {}));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem(error.message);
  }
  next_at = performance.now() + (kept.pairs.length && kept.state === "open" ? KEEP_MS : SLEEP_MS[kept.state]);
  show();
  return 0;
}

/* While a model learns: its curves, and whether the room goes on. Returns until when there is nothing to ask. */
async function look(left_ms) {
  const said = await ask(`curves/${code}`);
  if (said.state !== kept.state || said.round !== kept.round) next_at = 0;
  if (next_at === 0) return 0;
  learning = said.runs;
  return Math.min(left_ms, LOOK_MS);
}

async function reveal() {
  revealed = {writers: [], own: [], one: null}; // where it is refused, the session has gone on
  try {
    revealed = await ask("reveal", {});
  } catch (error) {
    if (!(error instanceof Refused)) {
      revealed = null;
      throw error;
    }
    next_at = 0;
  }
  show();
  return 0;
}

function take(said) {
  if (said.state !== "revealed") revealed = null;
  change((now) => {
    Object.assign(now, {state: said.state, proposes: said.proposes});
    if (said.round !== now.round) Object.assign(now, {round: said.round, done: []}); // what was judged before stays
    if (!now.queue.some((one) => one.path === "undo")) now.pairs = unjudged(now, said.pairs);
  });
  none = said.pairs.length === 0;
}

/* The answer may be older than a choice that was made, and even stored, while it was on its way. */
function unjudged(now, pairs) {
  const judged = new Set([...now.queue.map((one) => one.body.token), ...now.done.map((one) => one.pair.token)]);
  const waiting = pairs.filter((pair) => !judged.has(pair.token));
  return waiting.sort((a, b) => (b.token === shown?.token) - (a.token === shown?.token));
}

/* --- choosing ------------------------------------------------------------------------------------------------------ */

function choose(choice, comment = "") {
  if (!shown || performance.now() - shownAt < 150) return; // a double tap must not judge the next pair
  if (!kept.practised) return practised(choice);
  const body = {id: hex(16), token: shown.token, choice, comment, input, decision_ms: Math.round(performance.now() - shownAt), client_time: Date.now() / 1000};
  const pair = shown;
  change((now) => {
    body.tapped = now.tapped += 1;
    now.pairs = now.pairs.filter((one) => one.token !== pair.token);
    now.queue.push({key: hex(8), path: "vote", body});
    now.done = [...now.done, {id: body.id, pair}].slice(-20);
  });
  taught = "";
  acted();
}

function practised(choice) {
  taught = choice === practicePair().good ? "yes" : "no";
  change((now) => { now.practised = true; });
  shown = null;
  show();
}

function undo() {
  const last = kept.done.at(-1);
  if (!last || !kept.practised) return;
  change((now) => {
    const untried = now.queue.some((one) => one.body.id === last.id && !one.tried);
    if (untried) now.tapped -= 1;
    if (untried) now.queue = now.queue.filter((one) => one.body.id !== last.id);
    else now.queue.push({key: hex(8), path: "undo", body: {id: last.id}}); // its request may have arrived
    now.done = now.done.filter((one) => one.id !== last.id);
    now.pairs = [last.pair, ...now.pairs.filter((one) => one.token !== last.pair.token)];
  });
  acted();
}

function acted() {
  shown = null;
  stale = true;
  pause_ms = 1000;
  problem("");
  show();
  tick();
}

/* --- what is on the screen ----------------------------------------------------------------------------------------- */

function view(name) {
  for (const one of VIEWS) $(one).hidden = one !== name;
  $("me").hidden = !kept.secret || Boolean(over) || withdrawing();
  $("ask").hidden = $("me").hidden || !kept.proposes || !kept.practised || !going();
  if (kept.alias) $("me-name").textContent = word("me", {alias: kept.alias});
}

const watched = () => document.visibilityState === "visible";
const withdrawing = () => kept.queue[0]?.path === "withdraw";
const going = () => kept.state === "open" || kept.state === "paused";
const offline = () => failed || !navigator.onLine;

function status() {
  const waits = kept.queue.length > 0 && offline();
  const parts = [kept.saved > 0 || kept.practised ? word("saved", {n: Math.max(kept.saved, 0)}) : ""];
  if (waits) parts.push(word("waiting", {n: kept.queue.length}));
  if (kept.refused) parts.push(word("refused", {n: kept.refused}));
  const text = parts.filter(Boolean).join(" · ");
  if ($("status").textContent !== text) $("status").textContent = text;
  $("status").toggleAttribute("data-waiting", waits);
  $("undo").disabled = !kept.done.length;
  $("skip").disabled = !kept.practised;
}

function problem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function wait(name) {
  shown = null;
  $("wait-title").textContent = word(`${name}Title`);
  $("wait-text").textContent = word(name);
  $("told").replaceChildren(...(name === "revealed" && revealed ? [...room(revealed), ...own(revealed)] : []));
  $("curves").replaceChildren(...(LEARNS.includes(name) ? learning.flatMap(curve) : []));
  view("wait");
}

function element(kind, text, ...within) {
  const [tag, ...classes] = kind.split("."), made = document.createElement(tag);
  made.className = classes.join(" ");
  made.textContent = text;
  made.append(...within);
  return made;
}

const writer = (name) => name || word("fromFile");
const percent = (share) => Math.round(100 * share);

/* What the room chose, by who wrote it. */
function room({one, writers, apart}) {
  if (one !== null) return [element("p", one ? word("oneWriter", {name: one}) : word("allFromFile"))];
  const rows = writers.flatMap(({name, won, choices, low, high}) => {
    const said = word("won", {share: percent(won), n: choices}), bar = element("i", "");
    const between = low === null ? "" : word("between", {low: percent(low), high: percent(high)});
    bar.style.width = `${percent(won)}%`;
    return [element("h3", writer(name)), element("div.share", "", bar), element("p", said + between)];
  });
  if (!writers.length || apart) return rows;
  return [...rows, element("p.note", apart === null ? word("tooFew") : word("alike"))];
}

/* This person's own last choices. */
function own({own}) {
  return own.length ? [element("h2", word("yours")), ...own.map(chosen)] : [];
}

function chosen(pair) {
  const side = (name) => {
    const mine = pair.choice === name, by = writer(pair[`${name}_by`]);
    return element(mine ? "article.mine" : "article", "", element("h3", mine ? word("youChose", {name: by}) : by), element("p.given", pair[name]));
  };
  const neither = ["left", "right"].includes(pair.choice) ? [] : [element("p.note", word(pair.choice))];
  return element("section.own", "", element("p.given", pair.prompt), element("div.two", "", side("left"), side("right")), ...neither);
}

function curve(run) {
  const title = document.createElement("h3"), said = document.createElement("p");
  const value = run.points.at(-1)?.[1];
  title.textContent = run.makes === "reward" ? word("rewardModel") : word("policyModel");
  const figure = run.unit === "share" ? `${Math.round(100 * value)} %` : value?.toFixed(2);
  said.textContent = howFar(run) + (value === undefined ? "" : ` · ${METRIC[run.metric]?.() ?? run.name}: ${figure}`);
  return run.points.length > 1 ? [title, drawn(run), said] : [title, said];
}

const METRIC = {held_out_accuracy: () => word("heldOutAccuracy"), proxy_reward: () => word("proxyReward")};

function howFar(run) {
  if (run.status === "waiting") return word("runWaits");
  if (run.status === "done") return word("runDone");
  return run.status === "running" ? word("runGoes", run) : word("runStopped", run);
}

/* A share is drawn between its ends, with a line at one half; anything else between its lowest and its highest. */
function drawn({points, unit, total}) {
  const shares = unit === "share", values = points.map(([, value]) => value);
  const low = shares ? 0 : Math.min(...values), high = shares ? 1 : Math.max(...values, low + 1e-6);
  const last = Math.max(total, points.at(-1)[0]);
  const at = ([step, value]) => `${(296 * step / last + 2).toFixed(1)},${(88 - 86 * (value - low) / (high - low)).toFixed(1)}`;
  const svg = part("svg", {viewBox: "0 0 300 90", "aria-hidden": "true"});
  if (shares) svg.append(part("line", {x1: 0, x2: 300, y1: 45, y2: 45}), part("text", {x: 298, y: 55, "text-anchor": "end"}));
  if (shares) svg.lastChild.textContent = "50 %";
  svg.append(part("polyline", {points: points.map(at).join(" ")}));
  return svg;
}

function part(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function practicePair() {
  const good = Number.parseInt(kept.secret.slice(0, 2), 16) % 2 ? "left" : "right";
  const texts = good === "left" ? ["practiceGood", "practiceBad"] : ["practiceBad", "practiceGood"];
  return {token: "", prompt: word("practicePrompt"), left: word(texts[0]), right: word(texts[1]), good};
}

function teach() {
  const names = practicePair().good === "left" ? {good: "A", bad: "B"} : {good: "B", bad: "A"};
  const answers = {yes: word("practiceYes", names), no: word("practiceNo", names)};
  const practising = going() && !kept.practised ? word("practice") : "";
  const again = going() && kept.round && kept.practised && kept.pairs.length ? word("again") : "";
  const text = !kept.secret || over ? "" : answers[taught] ?? (practising || again);
  if ($("practice-note").textContent !== text) $("practice-note").textContent = text;
  $("practice-note").hidden = !text;
}

function show() {
  if (!words.en) return;
  status();
  teach();
  if (over) return wait(over);
  if (withdrawing()) return wait("withdrawing");
  if (!kept.secret && session) return view("consent");
  if (!kept.secret && !code) return view("find");
  if (!kept.secret) return offline() ? wait("offline") : wait("opening");
  const next = going() && (kept.practised ? kept.pairs[0] : practicePair());
  if (next) return draw(next);
  if (offline()) return wait("offline");
  if (kept.queue.length) return wait("sending");
  if (kept.state === "open" && !none) return wait("looking");
  wait(kept.state);
}

function draw(next) {
  view("judge");
  if (shown?.token === next.token && shown.prompt === next.prompt) return; // drawing it anew would swallow a tap
  shown = next;
  shownAt = performance.now();
  for (const part of ["prompt", "left", "right"]) $(part).textContent = next[part];
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
  certain(false);
  told();
  show();
}

/* --- joining and going --------------------------------------------------------------------------------------------- */

function enter(typed) {
  code = typed.toUpperCase().replace(/[^A-Z0-9]/g, "").slice(0, 20);
  session = null;
  kept = read();
  problem("");
  wake();
}

async function join() {
  const scope = $("publish").checked ? "publish" : "train";
  change((now) => { // the same secret at the next tap: the playground may have heard of it already
    if (now.asking.scope !== scope) now.asking = {scope, secret: hex(24)};
  });
  const secret = kept.asking.secret;
  const said = await tapped("agree", "join", {code, secret, alias: $("alias").value, scope, language});
  if (!said) return;
  change((now) => {
    if (now.secret !== secret) Object.assign(now, fresh(), {secret, alias: said.alias, state: said.state});
  });
  wake();
}

async function leave() {
  if (!await tapped("leave", "leave", {})) return;
  over = "gone";
  wake();
}

async function propose() {
  $("proposed").textContent = "";
  if (!await tapped("propose", "propose", {text: $("typed").value})) return;
  $("typed").value = "";
  $("proposed").textContent = word("proposed");
}

/* What is asked for by one tap and worth nothing later: it is not tried again, and says so. */
async function tapped(button, path, body) {
  $(button).disabled = true;
  problem("");
  try {
    return await ask(path, body);
  } catch (error) {
    problem(error instanceof Refused ? error.message : word("tapAgain"));
    return null;
  } finally {
    $(button).disabled = false;
  }
}

function withdraw() {
  if (!sure) return certain(true);
  certain(false);
  change((now) => Object.assign(now, {queue: [{key: hex(8), path: "withdraw", body: {}}], pairs: [], done: []}));
  taught = "";
  acted();
}

function certain(now) {
  sure = now;
  $("withdraw").textContent = now ? word("sure") : word("withdraw");
}

const KEYS = {"1": "left", ArrowLeft: "left", "2": "right", ArrowRight: "right", "3": "tie", "4": "both_bad"};

function keyed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || $("judge").hidden) return;
  if (event.target.closest("input, select, textarea, summary")) return;
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
  else if (button.id === "leave") leave();
  else if (button.id === "withdraw") withdraw();
}

addEventListener("click", clicked);
addEventListener("keydown", keyed);
addEventListener("pointerdown", (event) => { input = event.pointerType === "touch" ? "touch" : "mouse"; });
addEventListener("online", wake);
addEventListener("offline", show);
addEventListener("storage", () => { kept = read(); show(); if (watched()) tick(); });
document.addEventListener("visibilitychange", () => { if (watched()) wake(); });
$("language").addEventListener("change", () => speak($("language").value));
$("me").addEventListener("toggle", () => certain(false));
$("find").addEventListener("submit", (event) => { event.preventDefault(); enter($("code").value); });
$("proposal").addEventListener("submit", (event) => { event.preventDefault(); if (!$("propose").disabled) propose(); });
$("consent").addEventListener("submit", (event) => { event.preventDefault(); if (!$("agree").disabled) join(); });
enter(location.pathname.split("/")[2] ?? "");
