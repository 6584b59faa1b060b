// Tables and pictures fed by a value: scored completions, configurations side by side, links to tabs.
"use strict";
(function (P) {
  const el = P.el;

  function shows(element, props, watch, draw) {
    const host = element.firstElementChild;
    const show = () => host.replaceChildren(...draw(props.value || {}));
    watch("value", show);
    show();
  }

  // Pictures whose parts open a tab: anything with data-tab, by click or by Enter.
  P.links = function (element) {
    const open = (event) => {
      const target = event.target.closest("[data-tab]");
      if (!target || (event.type === "keydown" && event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      P.openTab(target.dataset.tab);
    };
    element.addEventListener("click", open);
    element.addEventListener("keydown", open);
  };

  const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);

  // gold = {"annotator", "total", "parts": [{"title", "about", "value"}]}
  P.goldParts = function (gold) {
    if (!gold.parts.length) return el("p", null, "No part of it counts here.");
    return el("dl.parts", null, ...gold.parts.flatMap((part) => [el("dt", { title: part.about }, part.title), el("dd", null, signed(part.value))]),
      el("dt", null, "Together"), el("dd", null, signed(gold.total)));
  };
  function goldFold(gold) {
    return el("details.gold-parts", null, el("summary", null, `What the ${gold.annotator.toLowerCase()} annotator really wants (gold reward)`), P.goldParts(gold));
  }

  // value = {"rows": [{"text", "by", "score", "sigmoid", "rank", "gold"}]}
  P.scoreTable = function (element, props, watch) {
    shows(element, props, watch, ({ rows }) => {
      if (!rows || !rows.length) return [];
      const scores = rows.map((r) => r.score);
      const reach = Math.max(...scores.map(Math.abs), 0.001);
      return [el("table.scores", null, el("thead", null, el("tr", null, ...["Rank", "Completion", "Raw score", "", "Sigmoid"].map((c) => el("th", { scope: "col" }, c)))),
        el("tbody", null, ...rows.map((row) => {
          const bar = el("i", { class: row.score < 0 ? "below" : "above" });
          bar.style.width = `${(Math.abs(row.score) / reach) * 100}%`;
          return el("tr", null, el("td.figure", null, String(row.rank)), el("td", null, row.text, el("small.by", null, row.by), row.gold && goldFold(row.gold)),
            el("td.figure", null, P.number(row.score)), el("td.bar", null, el("div", null, bar)), el("td.figure", null, row.sigmoid.toFixed(3)));
        })))];
    });
  };

  // value = {"rows": [{"text", "by", "reward", "gold", "fooled"}]}: both rewards of each try as bars from the middle
  P.attackBoard = function (element, props, watch) {
    shows(element, props, watch, ({ rows }) => {
      if (!rows || !rows.length) return [];
      const reach = Math.max(...rows.flatMap((r) => [Math.abs(r.reward), Math.abs(r.gold || 0)]), 1);
      const cell = (title, value) => {
        if (value == null) return el("td.figure", { "data-title": title }, "–");
        const bar = el("i", { class: value < 0 ? "below" : "above" });
        bar.style.width = `${(Math.abs(value) / reach) * 100}%`;
        return el("td.bar", { "data-title": title }, el("span", null, `${signed(value)} sd`), el("div", null, bar));
      };
      const watched = rows.some((r) => r.gold != null); // else nobody knows what a completion is worth, nor who is fooled
      const heads = ["Completion", "By", "Reward model", ...(watched ? ["Worth (gold)", "Fooled by"] : [])];
      return [el("table.board", null, el("thead", null, el("tr", null, ...heads.map((c) => el("th", { scope: "col" }, c)))),
        el("tbody", null, ...rows.map((row) => el("tr", null, el("td.text", null, row.text), el("td", { "data-title": "by" }, row.by),
          cell("reward model", row.reward),
          ...(watched ? [cell("worth", row.gold), el("td.figure", { "data-title": "fooled by" }, row.fooled == null ? "–" : `${signed(row.fooled)} sd`)] : [])))))];
    });
  };

  // value = {"columns": [names], "groups": [{"title", "folded", "marked", "rows": [{"setting", "values"}]}], "note"}
  P.sideBySide = function (element, props, watch) {
    shows(element, props, watch, ({ columns, groups, note }) => {
      if (!columns) return [el("p.empty", null, "Tick a run in the table to see its settings here, or several to see where they differ.")];
      const head = () => el("thead", null, el("tr", null, el("th", { scope: "col" }, "Setting"), ...columns.map((name) => el("th", { scope: "col" }, name))));
      const line = (row, marked) => el("tr", { class: marked ? "differs" : null }, el("th", { scope: "row" }, row.setting), ...row.values.map((v, i) => el("td", { "data-title": columns[i] }, v == null ? "–" : v)));
      const table = (group) => el("table.side", null, head(), el("tbody", null, ...group.rows.map((row) => line(row, group.marked))));
      const parts = groups.map((group) => group.folded
        ? el("details", null, el("summary", null, group.title), table(group))
        : el("section", null, group.title && el("h4", null, group.title), table(group)));
      return [note && el("p.empty", null, note), ...parts].filter(Boolean);
    });
  };
})(window.Playground);
