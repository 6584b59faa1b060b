// The over-optimisation lab: a sweep of runs, followed live: how far it is, gold against proxy over distance, the peaks.
"use strict";
(function (P) {
  const el = P.el;
  const STATUS = { "not begun": "not begun", waiting: "waits", running: "trains", done: "done", stopped: "stopped", failed: "failed", died: "broken off" };

  // props.value = {"sweep": id} or null. turned() is called when it has ended.
  P.sweepView = function (element, props, watch, turned) {
    const host = element.querySelector(".sweep");
    const empty = el("p.empty", null, props.empty);
    const words = el("p.state", { role: "status" });
    const bar = el("progress", { "aria-label": "Sweep" });
    const failure = el("div.failure", { role: "alert", hidden: true });
    const chart = el("div.chart");
    const table = el("div");
    const fits = el("ul.fits");
    const parts = [words, bar, failure, chart, table, fits];
    let shown = null, last = null, going = false;

    function told(picture) {
      last = picture;
      draw();
      if (going && !picture.going) turned();
      going = picture.going;
    }
    const stream = P.live(element, told);

    function open() {
      const id = props.value && props.value.sweep;
      host.replaceChildren(...(id ? parts : [empty]));
      if (!id) return;
      if (id !== shown) last = null;
      shown = id;
      stream.follow(`/api/sweeps/${encodeURIComponent(id)}/events`);
    }

    function draw() {
      const left = last.seconds_left == null ? "" : ` About ${P.seconds(last.seconds_left)} left.`;
      words.textContent = last.words + left;
      words.hidden = !words.textContent;
      bar.hidden = !last.going;
      bar.max = last.total || 1;
      bar.value = last.done;
      failure.hidden = !last.problem;
      failure.textContent = last.problem;
      host.dataset.going = last.going;
      table.replaceChildren(legs(last));
      fits.replaceChildren(...last.fits.map((fit) => el("li", null, el("b", null, `Gold reward, ${fit.title}: `), fit.words)));
      const traces = pictured(last);
      chart.hidden = !traces.length;
      if (!traces.length || !element.offsetParent) return;
      const shape = layout(last);
      chart.style.height = `${shape.height}px`;
      P.draw(chart, traces, shape);
    }
    watch("value", open);
    open();
  };

  function legs(picture) {
    const head = ["", "Run", "Status", "KL at its end", "Gold reward was highest", "and at its end"];
    return el("table.legs", null,
      el("thead", null, el("tr", null, ...head.map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", null, ...picture.legs.map((leg, i) => {
        const swatch = el("i.swatch");
        swatch.style.background = colour(i);
        const peak = leg.peak;
        return el("tr", { "data-run": leg.run },
          el("td", null, swatch), el("th", { scope: "row" }, leg.title, leg.name && el("small", null, leg.name)),
          el("td", { "data-title": "Status" }, STATUS[leg.status] || leg.status, leg.total > 0 && el("small", null, `step ${leg.step} of ${leg.total}`)),
          el("td", { "data-title": "KL at its end" }, leg.kl == null ? "–" : `${P.number(leg.kl)} nats`),
          el("td", { "data-title": "Gold reward was highest" }, peak ? `${P.number(peak.gold)} at step ${peak.step}` : "–"),
          el("td", { "data-title": "and at its end" }, peak ? P.number(peak.gold - peak.fallen) : "–", peak && peak.fallen > 0.005 && el("small", null, `${P.number(peak.fallen)} lower`)));
      })));
  }

  const colour = (i) => P.colours().lines[i % P.colours().lines.length];

  // Proxy dotted, gold solid with its single steps behind it, fits dashed, peaks as stars; best of n as squares.
  function pictured(picture) {
    const traces = [];
    const line = (name, { d, value }, more) => d.length && traces.push({ type: "scatter", mode: "lines", name, x: d, y: value, hovertemplate: "√KL %{x:.2f}: %{y:.2f}", ...more });
    picture.legs.forEach((leg, i) => {
      const own = { legendgroup: leg.title };
      line("", leg.golds, { ...own, mode: "markers", marker: { size: 4, color: colour(i), opacity: 0.35 }, showlegend: false, hoverinfo: "skip", hovertemplate: null });
      line(`${leg.title}: gold`, leg.gold, { ...own, line: { color: colour(i), width: 2 } });
      line(`${leg.title}: proxy`, leg.proxy, { ...own, line: { color: colour(i), width: 1.5, dash: "dot" } });
      if (leg.peak) traces.push({ ...own, type: "scatter", mode: "markers", showlegend: false, x: [leg.peak.d], y: [leg.peak.gold],
        marker: { symbol: "star", size: 13, color: colour(i), line: { width: 1, color: P.colours().text } }, hovertemplate: `gold is highest at step ${leg.peak.step}: %{y:.2f}` });
    });
    if (picture.best) {
      const best = { mode: "lines+markers", marker: { symbol: "square", size: 6, color: P.colours().text } };
      line("best of n: gold", picture.best[1], { ...best, line: { color: P.colours().text, width: 1.5 } });
      line("best of n: proxy", picture.best[0], { ...best, line: { color: P.colours().text, width: 1.5, dash: "dot" } });
    }
    picture.fits.forEach((fit) => fit.line && line(`fit, ${fit.title}`, fit.line, { line: { color: fit.leg == null ? P.colours().warn : colour(fit.leg), width: 2.5, dash: "dash" } }));
    return traces;
  }

  function layout(picture) {
    const narrow = window.innerWidth < 700;
    return { height: narrow ? 480 : 400, showlegend: true, hovermode: "closest", uirevision: picture.id,
      legend: { orientation: "h", x: 0, y: narrow ? -0.3 : 1.02, yanchor: narrow ? "top" : "bottom", font: { size: 11 } }, margin: { l: 46, r: 14, t: narrow ? 8 : 60, b: 44 },
      xaxis: { title: { text: "√KL from the start (√nats)" }, rangemode: "tozero" }, yaxis: { title: { text: "reward" } } };
  }
})(window.Playground);
