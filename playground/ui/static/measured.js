// Figures that are more than a number, from Measured events. Each entry draws one; an unknown name is left out.
"use strict";
(function (P) {
  const el = P.el;
  const roomy = { height: 220, margin: { l: 58, r: 12, t: 8, b: 44 } };

  // A figure is made once and then shown with ever newer data: {root, show(data) -> promise of the drawing or nothing}.
  function charted(title, hint, plot) {
    const chart = el("div.chart");
    return { root: figure(title, hint, chart), show: (data) => P.draw(chart, ...plot(data)) };
  }

  function written(title, hint, nodes) {
    const body = el("div.written");
    return { root: figure(title, hint, body), show: (data) => body.replaceChildren(...nodes(data)) };
  }

  function figure(title, hint, body) {
    return el("figure.panel", null, P.caption([el("span.series", null, title)], hint), body);
  }

  function percent(share) {
    return share == null ? "–" : `${Math.round(share * 100)} %`;
  }

  const scores = () => charted("Scores of chosen and rejected completions",
    ["Healthy: two hills, chosen to the right of rejected, with some overlap where people disagree.", "Sick: one hill (nothing learned), or no overlap at all on few pairs (memorised)."],
    (data) => {
      const c = P.colours();
      const name = { chosen: "Chosen", rejected: "Rejected" };
      const traces = ["chosen", "rejected"].map((side, i) => {
        const look = { name: name[side], opacity: 0.6, marker: { color: c.lines[i] } };
        const edges = data.edges || data.bins;
        if (Array.isArray(edges) && edges.length === data[side].length + 1) {
          const x = data[side].map((_, k) => (edges[k] + edges[k + 1]) / 2);
          return { type: "bar", x, y: data[side], width: x.map((_, k) => edges[k + 1] - edges[k]), ...look };
        }
        return { type: "histogram", x: data[side], nbinsx: 24, ...look };
      });
      return [traces, { barmode: "overlay", bargap: 0, showlegend: true, legend: { orientation: "h", y: 1.2 }, ...roomy, xaxis: { title: { text: "raw score" } }, yaxis: { title: { text: "completions" } } }];
    });

  const calibration = () => charted("Calibration: how sure it is against how often it is right",
    ["Healthy: points near the dotted line. Larger points hold more pairs.", "Sick: points far under the line: it is surer than it should be."],
    (data) => {
      const bins = Array.isArray(data) ? data : data.bins || data.rows || [];
      const c = P.colours();
      const traces = [
        { type: "scatter", mode: "lines", x: [0.5, 1], y: [0.5, 1], name: "perfect", line: { color: c.text, width: 1, dash: "dot" }, hoverinfo: "skip" },
        { type: "scatter", mode: "lines+markers", name: "this model", x: bins.map((b) => b.predicted), y: bins.map((b) => b.right),
          text: bins.map((b) => `${b.count} pairs`), hovertemplate: "said %{x:.0%}, right %{y:.0%}, %{text}",
          marker: { size: bins.map((b) => 6 + Math.sqrt(b.count)), color: c.lines[0] }, line: { color: c.lines[0], width: 1.5 } },
      ];
      return [traces, { ...roomy, hovermode: "closest", xaxis: { range: [0.48, 1.02], tickformat: ".0%", title: { text: "said" } }, yaxis: { tickformat: ".0%", rangemode: "tozero", title: { text: "right" } } }];
    });

  const learningCurve = () => charted("Would more preferences help? Held-out accuracy by number of pairs",
    ["Still climbing at the right end: more pairs will help.", "Flat: more of the same pairs will not. The bars are 95 % intervals."],
    (data) => {
      const points = Array.isArray(data) ? data : data.points || data.rows || [];
      const c = P.colours();
      const x = points.map((p) => p.pairs ?? p.count ?? p.train_count);
      const y = points.map((p) => p.accuracy);
      const error = points.every((p) => p.low != null)
        ? { type: "data", symmetric: false, array: points.map((p) => p.high - p.accuracy), arrayminus: points.map((p) => p.accuracy - p.low), color: c.text, thickness: 1.2, width: 5 } : undefined;
      return [[{ type: "scatter", mode: "lines+markers", x, y, error_y: error, line: { color: c.lines[0], width: 1.5 }, marker: { size: 6 } }],
        { ...roomy, xaxis: { title: { text: "pairs" }, rangemode: "tozero" }, yaxis: { tickformat: ".0%" } }];
    });

  const accuracy = () => written("Accuracy on held-out pairs: the figure to quote",
    ["The share of pairs it never trained on that it ranks as the annotator did; ties count half.", "On training pairs it does better: those it has learned.", "The bar is where the true share lies with 95 % confidence; the line is chance."],
    (data) => {
      const low = data.low * 100, high = data.high * 100;
      const bar = el("div.interval", { role: "img", "aria-label": `between ${Math.round(low)} and ${Math.round(high)} percent` });
      const range = el("i.range"), chance = el("i.chance"), point = el("i.point");
      range.style.left = `${low}%`;
      range.style.width = `${Math.max(high - low, 0.5)}%`;
      chance.style.left = "50%";
      point.style.left = `${data.accuracy * 100}%`;
      bar.append(chance, range, point);
      const verdict = data.low > 0.5 ? "Better than a coin." : "Not yet told apart from a coin: too few pairs, or nothing learned.";
      return [el("p.verdict", null, el("b", null, percent(data.accuracy)), ` of ${data.count} held-out pairs, between ${percent(data.low)} and ${percent(data.high)}. ${verdict}`), bar];
    });

  const disagreements = () => written("Where it disagrees most with the annotator",
    ["Read these: a slip of the finger teaches the model nothing good, and a real difference shows what it cannot see."],
    (data) => {
      const rows = Array.isArray(data) ? data : data.rows || data.pairs || [];
      if (!rows.length) return [el("p.empty", null, "None: on the held-out pairs it always sides with the annotator.")];
      return [el("ol.disagreements", null, ...rows.slice(0, 12).map((row) => el("li", null, el("p.prompt", null, row.prompt),
        el("p", null, el("b", null, "Annotator preferred "), row.chosen, el("span.score", null, scored(row, "chosen"))),
        el("p", null, el("b", null, "Reward model prefers "), row.rejected, el("span.score", null, scored(row, "rejected"))))))];
    });

  function scored(row, side) {
    const value = row[`${side}_score`];
    return value == null ? null : ` (score ${P.number(value)})`; // runs of older versions do not tell
  }

  const makers = { accuracy, scores, calibration, learning_curve: learningCurve, disagreements };
  const across = ["accuracy", "learning_curve", "disagreements"]; // take the whole width

  // The figures of a run in a fixed order, each drawn anew in its own place; the one to quote apart, to stand first.
  P.measuredFigures = function () {
    const first = el("div", { hidden: true });
    const root = el("div.panels.figures");
    const made = {};
    function add(name) {
      made[name] = makers[name]();
      made[name].root.classList.toggle("across", across.includes(name));
      root.replaceChildren(...Object.keys(makers).filter((n) => made[n] && n !== "accuracy").map((n) => made[n].root));
      first.replaceChildren(...(made.accuracy ? [made.accuracy.root] : []));
      first.hidden = !made.accuracy;
    }
    function draw(measured) {
      const names = Object.keys(makers).filter((name) => measured[name]);
      for (const name of names) if (!made[name]) add(name);
      return Promise.all(names.map((name) => made[name].show(measured[name])));
    }
    return { first, root, draw };
  };
})(window.Playground);
