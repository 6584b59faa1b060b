// The tax sheet: a line for every measure, a column for every checkpoint; the first is where the others started.
"use strict";
(function (P) {
  const el = P.el;

  P.taxSheet = function (element, props, watch) {
    const host = element.querySelector(".sheet");
    function show() {
      const { sheet, methods } = props.value || {};
      host.replaceChildren(...table(sheet), ...table(methods));
    }
    watch("value", show);
    show();
  };

  // value = {"title", "note", "names", "start", "rows": [{"title", "part", "cells"}]}
  function table(value) {
    if (!value || !value.rows.length) return [];
    const { title, note, names, start, rows } = value;
    const parts = [...new Set(rows.map((row) => row.part))];
    return [title && el("h4", null, title), note && el("p.note", null, note), el("table.figures.columns", null,
      el("thead", null, el("tr", null, el("th", { scope: "col" }, ""), ...names.map((name, i) => el("th", { scope: "col" }, name, start && i === 0 && el("small", null, "the start"))))),
      ...parts.flatMap((one) => part(names, rows.filter((row) => row.part === one), one)))].filter(Boolean);
  }

  function part(names, rows, title) {
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
