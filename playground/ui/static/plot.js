// Plotly, loaded once and drawn with the page's colours. A panel is one small chart of metrics over steps.
"use strict";
(function (P) {
  let loading = null;
  P.plotly = function () {
    loading ||= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = "/vendor/plotly.min.js";
      script.onload = () => done(window.Plotly);
      script.onerror = () => {
        loading = null;
        failed(new Error("Plotly did not load"));
      };
      document.head.append(script);
    });
    return loading;
  };

  P.colours = function () {
    const dark = document.body.classList.contains("dark");
    return dark
      ? { lines: ["#8ea2ff", "#fbbf24", "#34d399", "#f472b6", "#22d3ee", "#c4b5fd"], text: "#cbd5e1", grid: "#2a3350", warn: "#fb923c", hover: "#151b2e" }
      : { lines: ["#4f46e5", "#b45309", "#047857", "#be185d", "#0e7490", "#6d28d9"], text: "#475569", grid: "#e2e8f0", warn: "#c2410c", hover: "#ffffff" };
  };

  const touch = window.matchMedia("(pointer: coarse)").matches; // a finger scrolls the page, not the axis

  P.layout = function (more) {
    const c = P.colours();
    const axis = { gridcolor: c.grid, zerolinecolor: c.grid, linecolor: c.grid, tickfont: { size: 11 }, fixedrange: touch };
    const { xaxis, yaxis, ...rest } = more || {};
    return {
      height: 170, margin: { l: 46, r: 10, t: 8, b: 26 }, showlegend: false, uirevision: "kept", hovermode: "x unified",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", dragmode: touch ? false : "zoom",
      font: { family: getComputedStyle(document.querySelector(".gradio-container") || document.body).fontFamily, size: 12, color: c.text },
      hoverlabel: { bgcolor: c.hover, bordercolor: c.grid, font: { color: c.text } },
      ...rest,
      xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, nticks: 5, ...yaxis },
    };
  };

  // Plotly's own watch is on the window, and misses what changes while a chart is in a tab that is not open.
  const sizes = new ResizeObserver((changes) => {
    for (const { target: host } of changes)
      if (host.data && host.checkVisibility() && host.clientWidth !== host._fullLayout.width) window.Plotly.Plots.resize(host);
  });

  P.draw = function (host, traces, layout) {
    sizes.observe(host);
    return P.plotly()
      .then((plotly) => host.isConnected && plotly.react(host, traces, P.layout(layout), { displayModeBar: false }))
      .catch((error) => { host.textContent = `The chart cannot be drawn: ${error.message}.`; });
  };

  // Charts that are taken away are told to let go of what they hold.
  P.purge = function (node) {
    for (const chart of window.Plotly ? node.querySelectorAll(".chart") : []) if (chart.data) window.Plotly.purge(chart);
  };

  // A figure's title, with a "?" that folds out how to read it; the text stands above the chart, never on it.
  P.caption = function (title, sentences) {
    const text = P.el("div.advice", { hidden: true }, ...sentences.map((s) => P.el("p", null, s)));
    const button = P.el("button.hint", { type: "button", "aria-label": "How to read this", title: "How to read this", "aria-expanded": "false" }, "?");
    button.addEventListener("click", () => {
      text.hidden = !text.hidden;
      button.setAttribute("aria-expanded", String(!text.hidden));
    });
    return P.el("figcaption", null, P.el("div.titles", null, ...title), button, text);
  };

  // There is no half a step: left to itself, an axis of few steps has ticks between them and names both "1".
  const FEW_STEPS = 12; // as in ui/charts.py
  const wholeSteps = (x) => ({ tickformat: "d", ...(x.length && x[x.length - 1] <= FEW_STEPS ? { dtick: 1 } : {}) });

  // One panel: title with the latest value, a "?" on how healthy and sick look, thin lines, warnings as marks.
  P.panel = function (metrics) {
    const chart = P.el("div.chart");
    const latest = metrics.map(() => P.el("b"));
    const swatches = metrics.map(() => P.el("i.swatch"));
    const names = metrics.map((m, i) => P.el("span.series", null, metrics.length > 1 && swatches[i], P.el("span", null, m.title), " ", latest[i]));
    const advice = metrics.map((m) => `${metrics.length > 1 ? m.title + ". " : ""}Healthy: ${m.healthy}${m.sick === "-" ? "" : " Sick: " + m.sick}`);
    const root = P.el("figure.panel", { "data-metrics": metrics.map((m) => m.name).join(" ") },
      P.caption(names, advice), chart);

    function draw(rows, warnings) {
      root.hidden = !rows.some((r) => metrics.some((m) => r.metrics[m.name] != null));
      if (root.hidden || !chart.checkVisibility()) return null;
      const c = P.colours();
      const x = rows.map((r) => r.step);
      const values = [];
      const traces = metrics.map((m, i) => {
        swatches[i].style.background = c.lines[i % c.lines.length];
        const y = rows.map((r) => (r.metrics[m.name] === undefined ? null : r.metrics[m.name]));
        const seen = y.filter((v) => v != null);
        values.push(seen.length ? P.value(m, seen[seen.length - 1]) : "");
        return { type: "scatter", mode: seen.length < 3 ? "lines+markers" : "lines", name: m.title, x, y, connectgaps: true,
          line: { color: c.lines[i % c.lines.length], width: 1.5 }, marker: { size: 5 }, hovertemplate: "%{y:.4g}" };
      });
      const shapes = warnings.map((w) => ({ type: "line", x0: w.step, x1: w.step, yref: "paper", y0: 0, y1: 1,
        line: { color: c.warn, width: 1, dash: "dot" } }));
      const annotations = warnings.map((w, i) => ({ x: w.step, yref: "paper", y: 1, yanchor: "top", xanchor: "left",
        text: String(i + 1), showarrow: false, font: { color: c.warn, size: 11 } }));
      return P.draw(chart, traces, { shapes, annotations, xaxis: { ...wholeSteps(x), rangemode: "tozero" } })
        .then(() => values.forEach((value, i) => { latest[i].textContent = value; })); // never ahead of the chart
    }
    return { root, draw };
  };

  // A figure whose data the server has made: value = {"data": [...], "layout": {...}, "note": text under it}; colours are filled in here.
  P.figure = function (element, props, watch) {
    const host = element.querySelector(".figure");
    const chart = P.el("div.chart");
    const empty = P.el("p.empty");
    const note = P.el("p.note");
    host.append(empty, chart, note);
    function show() {
      const value = props.value;
      chart.hidden = !value || !value.data || !value.data.length;
      empty.hidden = !chart.hidden;
      empty.textContent = (value && value.empty) || "";
      note.textContent = (!chart.hidden && value.note) || "";
      if (chart.hidden) return;
      const c = P.colours();
      const traces = value.data.map((trace, i) => {
        const colour = c.lines[(trace.colour == null ? i : trace.colour) % c.lines.length];
        const { colour: _, ...rest } = trace;
        return { ...rest, line: { width: 1.5, ...trace.line, color: colour }, marker: { size: 6, ...trace.marker, color: colour } };
      });
      P.draw(chart, traces, { height: 320, showlegend: true, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, margin: { l: 56, r: 14, t: 34, b: 44 }, hovermode: "closest", ...value.layout });
    }
    watch("value", show);
    show();
  };
})(window.Playground);
