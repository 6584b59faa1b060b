// Tables and pictures fed by a value: the list of runs, scored completions, configurations side by side, links to tabs.
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

  // value = {"rows": [{"id", "name", "algorithm", "status", "result", "when", "took", "recorded"}], "chosen": [ids]}
  P.runsTable = function (element, props, watch, changed) {
    function toggle(id, on) {
      const value = props.value;
      const chosen = value.chosen.filter((c) => c !== id).concat(on ? [id] : []);
      props.value = { ...value, chosen };
      changed();
    }
    shows(element, props, watch, ({ rows, chosen }) => {
      if (!rows || !rows.length) return [el("p.empty", null, "No runs yet. Train something in Fine-tune, Reward model or Policy.")];
      const columns = ["", "Run", "What", "Status", "Last result", "Took", "Started", "Keep"];
      return [el("table", null, el("thead", null, el("tr", null, ...columns.map((c) => el("th", { scope: "col" }, c)))),
        el("tbody", null, ...rows.map((row) => el("tr", { "data-run": row.id },
          el("td", null, el("input", { type: "checkbox", checked: chosen.includes(row.id), "aria-label": `Compare ${row.name}`, onchange: (e) => toggle(row.id, e.target.checked) })),
          el("td", null, el("b", null, row.name)), el("td", null, row.algorithm), el("td", null, el(`span.status.${row.status}`, null, row.status)),
          el("td.figure", null, row.result), el("td.figure", null, row.took), el("td.figure", null, row.when),
          el("td", null, el("a", { href: `/api/runs/${encodeURIComponent(row.id)}/download`, download: true, "aria-label": `Download ${row.name}` }, "Download")))))) ];
    });
  };

  // value = {"rows": [{"text", "score", "sigmoid", "rank", "source"}]}
  P.scoreTable = function (element, props, watch) {
    shows(element, props, watch, ({ rows }) => {
      if (!rows || !rows.length) return [];
      const scores = rows.map((r) => r.score);
      const reach = Math.max(...scores.map(Math.abs), 0.001);
      return [el("table.scores", null, el("thead", null, el("tr", null, ...["Rank", "Completion", "Raw score", "", "Sigmoid"].map((c) => el("th", { scope: "col" }, c)))),
        el("tbody", null, ...rows.map((row) => {
          const bar = el("i", { class: row.score < 0 ? "below" : "above" });
          bar.style.width = `${(Math.abs(row.score) / reach) * 100}%`;
          return el("tr", null, el("td.figure", null, String(row.rank)), el("td", null, row.text, row.source && el("span.source", null, row.source)),
            el("td.figure", null, P.number(row.score)), el("td.bar", null, el("div", null, bar)), el("td.figure", null, row.sigmoid.toFixed(3)));
        })))];
    });
  };

  // value = {"runs": [names], "rows": [{"setting", "values": [text], "differs"}]}
  P.sideBySide = function (element, props, watch) {
    shows(element, props, watch, ({ runs, rows }) => {
      if (!runs || !runs.length) return [el("p.empty", null, "Tick runs in the table to lay their settings side by side.")];
      const table = (shown) => el("table", null, el("thead", null, el("tr", null, el("th", { scope: "col" }, "Setting"), ...runs.map((r) => el("th", { scope: "col" }, r)))),
        el("tbody", null, ...shown.map((row) => el("tr", { class: row.differs ? "differs" : null }, el("th", { scope: "row" }, row.setting, row.differs && el("span.tag", null, "differs")),
          ...row.values.map((v) => el("td", null, v))))));
      const differing = rows.filter((row) => row.differs), same = rows.filter((row) => !row.differs);
      const none = runs.length > 1 && !differing.length && el("p.empty", null, "Their settings are the same.");
      return [differing.length ? table(differing) : none, same.length && el("details", null,
        el("summary", null, runs.length > 1 ? `${same.length} settings they share` : "All settings"), table(same))].filter(Boolean);
    });
  };
})(window.Playground);
