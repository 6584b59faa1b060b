// Figures that are more than a number, from Measured events. Each entry draws one; an unknown name is left out.
"use strict";
(function (P) {
  const el = P.el;
  const roomy = { margin: { l: 58, r: 12, t: 8, b: 44 } };

  function figure(title, hint, ...body) {
    return el("figure.panel", null, el("figcaption", null, el("div", null, el("span.series", null, title)), P.hint(...hint)), ...body);
  }

  function percent(share) {
    return share == null ? "–" : `${Math.round(share * 100)} %`;
  }

  function scores(data) {
    const chart = el("div.chart");
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
    const root = figure("Scores of chosen and rejected completions",
      ["Healthy: two hills, chosen to the right of rejected, with some overlap where people disagree.", "Sick: one hill (nothing learned), or no overlap at all on few pairs (memorised)."],
      chart);
    return [root, () => P.draw(chart, traces, { barmode: "overlay", bargap: 0, showlegend: true, legend: { orientation: "h", y: 1.2 }, height: 220, ...roomy, xaxis: { title: { text: "raw score" } }, yaxis: { title: { text: "completions" } } })];
  }

  function calibration(data) {
    const bins = Array.isArray(data) ? data : data.bins || data.rows || [];
    const chart = el("div.chart");
    const c = P.colours();
    const traces = [
      { type: "scatter", mode: "lines", x: [0.5, 1], y: [0.5, 1], name: "perfect", line: { color: c.text, width: 1, dash: "dot" }, hoverinfo: "skip" },
      { type: "scatter", mode: "lines+markers", name: "this model", x: bins.map((b) => b.predicted), y: bins.map((b) => b.right),
        text: bins.map((b) => `${b.count} pairs`), hovertemplate: "said %{x:.0%}, right %{y:.0%}, %{text}",
        marker: { size: bins.map((b) => 6 + Math.sqrt(b.count)), color: c.lines[0] }, line: { color: c.lines[0], width: 1.5 } },
    ];
    const root = figure("Calibration: how sure it is against how often it is right",
      ["Healthy: points near the dotted line. Larger points hold more pairs.", "Sick: points far under the line: it is surer than it should be."], chart);
    return [root, () => P.draw(chart, traces, { height: 220, ...roomy, hovermode: "closest", xaxis: { range: [0.48, 1.02], tickformat: ".0%", title: { text: "said" } }, yaxis: { tickformat: ".0%", rangemode: "tozero", title: { text: "right" } } })];
  }

  function learningCurve(data) {
    const points = Array.isArray(data) ? data : data.points || data.rows || [];
    const chart = el("div.chart");
    const c = P.colours();
    const x = points.map((p) => p.pairs ?? p.count ?? p.train_count);
    const y = points.map((p) => p.accuracy);
    const error = points.every((p) => p.low != null)
      ? { type: "data", symmetric: false, array: points.map((p) => p.high - p.accuracy), arrayminus: points.map((p) => p.accuracy - p.low), color: c.text, thickness: 1.2, width: 5 } : undefined;
    const root = figure("Would more preferences help? Held-out accuracy by number of pairs",
      ["Still climbing at the right end: more pairs will help.", "Flat: more of the same pairs will not. The bars are 95 % intervals."], chart);
    return [root, () => P.draw(chart, [{ type: "scatter", mode: "lines+markers", x, y, error_y: error, line: { color: c.lines[0], width: 1.5 }, marker: { size: 6 } }],
      { height: 220, ...roomy, xaxis: { title: { text: "pairs" }, rangemode: "tozero" }, yaxis: { tickformat: ".0%" } })];
  }

  function accuracy(data) {
    const low = data.low * 100, high = data.high * 100;
    const bar = el("div.interval", { role: "img", "aria-label": `between ${Math.round(low)} and ${Math.round(high)} percent` });
    const range = el("i.range"), chance = el("i.chance"), point = el("i.point");
    range.style.left = `${low}%`;
    range.style.width = `${Math.max(high - low, 0.5)}%`;
    chance.style.left = "50%";
    point.style.left = `${data.accuracy * 100}%`;
    bar.append(chance, range, point);
    const verdict = data.low > 0.5 ? "Better than a coin." : "Not yet told apart from a coin: too few pairs, or nothing learned.";
    return [figure("Held-out accuracy with its interval",
      ["The share of pairs it never trained on that it ranks as the annotator did; ties count half.", "The bar is where the true share lies with 95 % confidence; the line is chance."],
      el("p.verdict", null, el("b", null, percent(data.accuracy)), ` of ${data.count} held-out pairs, between ${percent(data.low)} and ${percent(data.high)}. ${verdict}`), bar), null];
  }

  function disagreements(data) {
    const rows = Array.isArray(data) ? data : data.rows || data.pairs || [];
    const body = rows.length
      ? el("ol.disagreements", null, ...rows.slice(0, 12).map((row) => el("li", null, el("p.prompt", null, row.prompt),
          el("p", null, el("b", null, "Annotator preferred "), row.chosen, el("span.score", null, scored(row, "chosen"))),
          el("p", null, el("b", null, "Reward model prefers "), row.rejected, el("span.score", null, scored(row, "rejected"))))))
      : el("p.empty", null, "None: on the held-out pairs it always sides with the annotator.");
    return [figure("Where it disagrees most with the annotator",
      ["Read these: a slip of the finger teaches the model nothing good, and a real difference shows what it cannot see."], body), null];
  }

  function scored(row, side) {
    const value = row[`${side}_score`] ?? row[`${side}_reward`];
    return value == null ? null : ` ${P.number(value)}`;
  }

  const draws = { accuracy, scores, calibration, learning_curve: learningCurve, disagreements };

  const inOrder = Object.keys(draws);
  const across = ["accuracy", "learning_curve", "disagreements"]; // take the whole width

  // The figures of a run in a fixed order: [[element, function that draws its chart or null]].
  P.measuredInOrder = function (measured) {
    return inOrder.filter((name) => measured[name]).map((name) => {
      const made = P.measured(name, measured[name]);
      if (across.includes(name)) made[0].classList.add("across");
      return made;
    });
  };

  // [element, function that draws its chart or null], or null where the name is not known.
  P.measured = function (name, data) {
    return draws[name] && data ? draws[name](data) : null;
  };
})(window.Playground);
