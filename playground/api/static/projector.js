"use strict";
/* The projector's page: how to join, and figures that are asked for while the page is seen. */

const $ = (id) => document.getElementById(id);
const EVERY_MS = 3000;
const session = location.pathname.split("/")[2];

async function follow() {
  const found = document.hidden ? undefined : await figures().catch(() => null);
  if (found !== undefined) $("old").hidden = found !== null;
  if (found) fill(found);
  setTimeout(follow, EVERY_MS);
}

async function figures() {
  const answer = await fetch(`/api/session/${session}/projector`, {cache: "no-cache"}); // asks, and gets only what is new
  return answer.ok ? answer.json() : null;
}

function fill({title, state, join, figures, outcome, revealed}) {
  $("title").textContent = document.title = title;
  $("state").textContent = state;
  $("place").textContent = join?.place ?? "";
  $("code").textContent = join?.code ?? "";
  $("picture").hidden = !join;
  if (join && $("picture").src !== join.picture) $("picture").src = join.picture;
  $("outcome").textContent = outcome;
  $("revealed").replaceChildren(...(revealed ? [...revealed.bars.map(bar), made("p", revealed.words)] : []));
  $("figures").replaceChildren(...figures.map(figure));
}

function made(tag, text, ...within) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...within);
  return element;
}

/* Who wrote what: the share that each won on an axis from 0 to 100 %, its interval, and one half. */
function bar({name, value, low, high, words}) {
  const half = made("i", ""), span = made("i", ""), dot = made("i", "");
  half.className = "half";
  span.className = "span";
  dot.className = "dot";
  Object.assign(span.style, {left: `${100 * low}%`, width: `${100 * (high - low)}%`});
  dot.style.left = `${100 * value}%`;
  const axis = made("div", "", half, span, dot);
  axis.className = "axis";
  return made("div", "", made("b", name), axis, made("span", words));
}

function figure([number, words]) {
  const whole = document.createElement("div"), value = document.createElement("b");
  value.textContent = number;
  whole.append(value, words);
  return whole;
}

follow();
