// The tax sheet: a line for every measure, a column for every checkpoint; the first is where the others started.
"use strict";
(function (P) {
  const el = P.el;

  P.taxSheet = function (element, props, watch) {
    const host = element.querySelector(".sheet");
    function show() {
      const { names, rows } = props.value || {};
      if (!rows || !rows.length) return host.replaceChildren();
      host.replaceChildren(el("table.figures.columns", null,
        el("thead", null, el("tr", null, el("th", { scope: "col" }, ""), ...names.map((name, i) => el("th", { scope: "col" }, name, i === 0 && el("small", null, "the start"))))),
        ...part(names, rows.filter((row) => row.gain), "What was gained"),
        ...part(names, rows.filter((row) => !row.gain), "What it cost")));
    }
    watch("value", show);
    show();
  };

  function part(names, rows, title) {
    if (!rows.length) return [];
    return [el("tbody", null,
      el("tr.part", null, el("th", { scope: "rowgroup", colspan: names.length + 1 }, title)),
      ...rows.map((row) => el("tr", null, el("th", { scope: "row" }, row.title), ...row.cells.map((cell, i) => one(cell, names[i])))))];
  }

  function one(cell, name) {
    if (!cell) return el("td.none", { "data-title": name }, "–");
    return el("td", { "data-title": name }, el("b", null, cell.value), el("small", null, cell.interval),
      cell.change && el(`span.change.${cell.change.replaceAll(" ", "-")}`, null, cell.change));
  }
})(window.Playground);
