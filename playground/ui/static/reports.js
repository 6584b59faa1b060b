// Evaluation reports: figures before and now, with their intervals, and every completion behind them one click away.
"use strict";
(function (P) {
  const el = P.el;
  const PART = 50; // completions drawn at once

  P.reports = function (element, props, watch) {
    const host = element.querySelector(".reports");
    let drawn = new Map(); // a report as text -> its card: what somebody has opened there stays open
    function show() {
      const value = props.value;
      if (!value) return host.replaceChildren();
      if (!value.reports.length) return host.replaceChildren(el("p.empty", null, value.empty));
      const cards = new Map(value.reports.map((report) => {
        const key = JSON.stringify([report, value.name, value.beside]);
        return [key, drawn.get(key) || anew(report, value)];
      }));
      drawn = cards;
      host.replaceChildren(...cards.values(), links(value));
    }
    function anew(report, value) {
      const node = card(report, value);
      const before = [...drawn.values()].find((one) => one.dataset.question === report.question);
      if (before?.querySelector("details")?.open) node.querySelector("details")?.setAttribute("open", "");
      return node;
    }
    watch("value", show);
    show();
  };

  function links(value) {
    const asked = new URLSearchParams(value.ids || {});
    const path = (form) => (value.export ? `${value.export}/${form}` : `api/evaluations/export/${form}?${asked}`);
    const link = (form, title) => el("a", { href: path(form), download: true, id: `${value.export ? "hack" : "evaluate"}-${form}` }, title);
    return el("p.links", null, "Take these reports along, completions included: ", link("md", "Markdown"), " or ", link("json", "JSON"), ".");
  }

  function card(report, value) {
    const { name = value.name, beside = value.beside } = report; // a report may stand beside another than the others
    const before = report.figures.some((f) => f.before);
    return el("section.report", { "data-question": report.question },
      el("h3", null, report.title),
      el("p.summary", null, report.summary),
      ...report.warnings.map((text) => el("p.warning", null, text)),
      report.table.length > 0 && grid(report.table),
      report.figures.length > 0 && el("table.figures", null,
        el("thead", null, el("tr", null, ...["What was measured", before && beside, before ? name : "Now", "95 % interval", ""].filter((c) => c !== false).map((c) => el("th", { scope: "col" }, c)))),
        el("tbody", null, ...report.figures.map((f) => row(f, before)))),
      answers(report, { name, beside }),
      el("p.made", null, report.made));
  }

  function row(figure, before) {
    const cell = (name, title, ...content) => el(`td.${name}`, { "data-title": title }, ...content);
    return el("tr", null,
      el("th", { scope: "row" }, figure.title, el("small", null, figure.means)),
      before && cell("number", "before", figure.before || "–"),
      cell("number.now", before ? "now" : "", figure.now),
      cell("number", "interval", figure.interval, el("small", null, `${figure.prompts} prompts`)),
      cell("picture", "", figure.bar && bar(figure.bar), figure.change && el(`span.change.${figure.change.replaceAll(" ", "-")}`, null, figure.change)));
  }

  function bar({ low, high, value, was }) {
    const at = (x) => `${(100 * x).toFixed(1)}%`;
    return el("div.interval", { "aria-hidden": "true" },
      el("i.range", { style: `left:${at(low)};width:${at(high - low)}` }),
      was != null && el("i.was", { style: `left:${at(was)}` }),
      el("i.point", { style: `left:${at(value)}` }));
  }

  function grid([head, ...lines]) {
    return el("table.grid", null,
      el("thead", null, el("tr", null, ...head.map((c) => el("th", { scope: "col" }, c)))),
      el("tbody", null, ...lines.map(([first, ...cells]) => el("tr", null, el("th", { scope: "row" }, first), ...cells.map((c) => el("td", null, c))))));
  }

  // Drawn when it is opened: hundreds of completions that nobody looks at cost nothing.
  function answers(report, value) {
    if (!report.answers.length) return null;
    const list = el("div.answers");
    const node = el("details", null, el("summary", null, `The ${report.answers.length} answers behind this`), list);
    node.addEventListener("toggle", () => {
      if (node.open && !list.childElementCount) fill(list, report.answers, value);
    });
    return node;
  }

  function fill(list, all, value) {
    const kinds = [...new Set(all.map(kindOf))];
    const rows = el("div.rows");
    let kept = all;
    const more = el("button.more", { type: "button", onclick: () => draw() });
    const draw = () => {
      const begin = rows.childElementCount;
      rows.append(...kept.slice(begin, begin + PART).map((one) => answer(one, value)));
      more.hidden = rows.childElementCount >= kept.length;
      more.textContent = `Show ${Math.min(PART, kept.length - rows.childElementCount)} more of ${kept.length - rows.childElementCount}`;
    };
    const pick = el("select", { "aria-label": "Which completions" },
      ...[["", "all of them"], ...kinds.map((kind) => [kind, kind])].map(([key, text]) =>
        el("option", { value: key }, `${text} (${key ? all.filter((a) => kindOf(a) === key).length : all.length})`)));
    pick.addEventListener("change", () => {
      kept = pick.value ? all.filter((one) => kindOf(one) === pick.value) : all;
      rows.replaceChildren();
      draw();
    });
    if (kinds.length > 1 && kinds.length <= 20) list.append(el("label", null, "Show ", pick));
    list.append(rows, more);
    draw();
  }

  const kindOf = (one) => (one.group ? `${one.group}: ${one.verdict}` : one.verdict);

  function answer(one, value) {
    const text = (name, words) => words && el("p", null, el("span.who", null, name), el("span.text", null, words));
    return el("article", null,
      el("p.asked", null, one.prompt),
      one.tokens ? tokens(one.tokens, value) : text(one.beside == null ? "" : value.beside ? value.name : "changed", one.completion || "(nothing)"),
      one.beside != null && text(value.beside || "as it was", one.beside),
      one.expected != null && text("right would be", one.expected),
      el("p.verdict", null, [one.verdict, one.note].filter(Boolean).join(" · ")));
  }

  function tokens(all, value) {
    const spans = all.map(([words, name, strength, title]) =>
      el("span", { class: name, style: `--s:${strength}`, title }, words));
    return el("p", null,
      el("span.who", null, "", el("span.token.up", { style: "--s:1" }, "likelier"), " or ", el("span.token.down", { style: "--s:1" }, "less likely"), ` than ${value.beside || "before"} finds the token`),
      el("span.text", null, ...spans));
  }
})(window.Playground);
