// One run, followed live: tiles, curves, warnings, probe completions, figures, settings. props.value = {"run": id}.
"use strict";
(function (P) {
  const el = P.el;
  const MOST_ROWS = 3000;
  const REPLAY_S = 8;
  const IN_SIGHT = 4; // panels; the others are folded
  const OF_GOLD = ["over_optimised"]; // warnings that would give the gold reward away before it is asked for
  const RESUMABLE = ["stopped", "died", "failed"];

  function blank() {
    return { meta: null, rows: [], samples: [], measured: {}, warnings: [], replaying: false, status: "waiting", phase: "", total: 0, base: null, ended: null, started: null };
  }

  // --- what the events say ---

  const apply = {
    RunStarted(run, e) {
      Object.assign(run, { status: "running", ended: null, phase: "", started: e, total: e.total_steps || run.total });
      run.base = { time: e.time, step: run.rows.length ? run.rows[run.rows.length - 1].step : 0 };
    },
    Phase(run, e) {
      Object.assign(run, { status: "running", ended: null, phase: e.name });
    },
    StepDone(run, e) {
      while (run.rows.length && run.rows[run.rows.length - 1].step >= e.step) run.rows.pop(); // a resumed run goes back to its save
      run.rows.push({ step: e.step, metrics: e.metrics, time: e.time });
      if (run.rows.length > MOST_ROWS) run.rows = run.rows.filter((_, i) => i % 2 === 0 || i > run.rows.length - 200);
      run.base ||= { time: e.time, step: e.step };
      if (e.step <= run.base.step && run.started) run.base = { time: run.started.time, step: e.step - 1 }; // it began again
      Object.assign(run, { status: "running", phase: "" });
    },
    Sampled(run, e) {
      run.samples = run.samples.filter((s) => s.step < e.step).concat([e]);
    },
    Measured(run, e) {
      run.measured[e.name] = e.data;
    },
    Warned(run, e) {
      run.warnings.push(e);
    },
    RunEnded(run, e) {
      Object.assign(run, { status: e.status, ended: e, phase: "" });
    },
  };

  function secondsLeft(run) {
    const last = run.rows[run.rows.length - 1];
    if (!run.total || !last || !run.base || last.step <= run.base.step) return null;
    const perStep = (last.time - run.base.time) / (last.step - run.base.step);
    return Math.max(0, (run.total - last.step) * perStep - (Date.now() / 1000 - last.time));
  }

  function timeLeft(run) {
    if (run.ended || run.replaying) return "–";
    const left = secondsLeft(run);
    if (left != null) return P.seconds(left);
    return run.meta.estimate_s ? `about ${P.seconds(run.meta.estimate_s)}` : "–";
  }

  function sentence(run) {
    const last = run.rows[run.rows.length - 1];
    const step = last ? last.step : 0;
    const of = run.total ? `step ${step} of ${run.total}` : `step ${step}`;
    if (run.ended) {
      const took = run.ended.seconds ? ` after ${P.seconds(run.ended.seconds)}` : "";
      const words = { done: "Done", stopped: "Stopped", failed: "Failed", died: "Broken off" };
      if (run.status === "stopped" && !step) return "Stopped before its first step. Nothing was changed.";
      const kept = run.status === "stopped" ? " What was learned is kept." : "";
      return `${words[run.status] || run.status}${took}, ${of}.${kept}`;
    }
    if (run.replaying) return `Replaying, ${of}.`;
    const estimate = run.meta.estimate_s ? `, about ${P.seconds(run.meta.estimate_s)} (estimate)` : "";
    if (run.phase) return `${run.phase[0].toUpperCase()}${run.phase.slice(1)}${last ? `, ${of}` : estimate}.`;
    if (run.status === "waiting") return `Waiting for its turn${estimate}.`;
    const left = secondsLeft(run);
    return left == null ? `Running${estimate}.` : `Running, ${of}, about ${P.seconds(left)} left.`;
  }

  // --- the parts of the page ---

  function tile(title) {
    const name = el("span", null, title), value = el("b", null, "–");
    return { root: el("div.tile", null, name, value), set: (text, label) => { value.textContent = text; if (label) name.textContent = label; } };
  }

  function probesPart() {
    let at = null; // null follows the newest
    let against = "first";
    const slider = el("input", { type: "range", min: 0, value: 0, "aria-label": "Step at which the probe prompts were answered" });
    const label = el("output");
    const select = el("select", { "aria-label": "Compare with" }, el("option", { value: "first" }, "the first sample"), el("option", { value: "previous" }, "the sample before"));
    const list = el("div.probes");
    const root = el("section.part", { hidden: true }, el("h4", null, "The same prompts, answered as it learns"),
      el("div.controls", null, el("label.slide", null, slider, label), el("label", null, "against ", select)), list);
    let current = null;

    function text(probe, before) {
      const line = el("p.completion");
      if (!probe.completion) return el("p.completion.empty", null, "(nothing)");
      const old = new Set(before ? before.completion.split(/\s+/) : []);
      for (const part of probe.completion.split(/(\s+)/))
        line.append(before && part.trim() && !old.has(part) ? el("mark", null, part) : part);
      return line;
    }
    function rewards(probe, before, gold) {
      const shown = [["proxy_reward", "reward"], ["gold_reward", "gold"]].filter(([k]) => probe[k] != null && (gold || k !== "gold_reward"));
      return shown.map(([k, name]) => {
        const change = before && before[k] != null ? ` (${probe[k] - before[k] >= 0 ? "+" : "−"}${P.number(Math.abs(probe[k] - before[k]))})` : "";
        return el("span.score", null, `${name} ${P.number(probe[k])}${change}`);
      });
    }
    function draw(run, gold) {
      current = [run, gold];
      root.hidden = !run.samples.length;
      if (root.hidden) return;
      const newest = run.samples.length - 1;
      const i = at == null ? newest : Math.min(at, newest);
      slider.max = newest;
      slider.value = i;
      slider.disabled = newest === 0;
      const sample = run.samples[i];
      const earlier = i === 0 ? null : run.samples[against === "first" ? 0 : i - 1];
      label.textContent = `step ${sample.step}${at == null && !run.ended ? " (newest)" : ""}`;
      list.replaceChildren(...sample.probes.map((probe) => {
        const before = earlier && earlier.probes.find((p) => p.prompt === probe.prompt);
        const same = before && before.completion === probe.completion;
        return el("article.probe", null, el("p.prompt", null, probe.prompt), text(probe, before), el("div.scores", null, ...rewards(probe, before, gold)),
          before && (same ? el("p.before", null, `Unchanged since step ${earlier.step}.`) : el("p.before", null, el("b", null, `Step ${earlier.step}: `), before.completion || "(nothing)")));
      }));
    }
    slider.addEventListener("input", () => { at = Number(slider.value) === Number(slider.max) ? null : Number(slider.value); draw(...current); });
    select.addEventListener("change", () => { against = select.value; draw(...current); });
    return { root, draw, reset: () => { at = null; } };
  }

  function settings(meta) {
    const labels = P.labels[meta.algorithm] || {};
    const rows = [["Algorithm", meta.title], ["Started from", meta.start], ["Reward model", meta.reward], ["Rows", meta.data_count],
      ...Object.entries(meta.config).map(([key, value]) => [labels[key] || key, value])];
    return el("details.part.settings", null, el("summary", null, "Settings of this run"),
      el("dl", null, ...rows.filter(([, value]) => value != null).flatMap(([key, value]) => [el("dt", null, key), el("dd", null, String(value))])));
  }

  function skeleton(meta) {
    const panels = [];
    const gold = el("input", { type: "checkbox", "aria-label": "Show the gold reward" });
    const view = {
      tiles: [tile("Step"), tile("–"), tile("–"), tile("Time left")],
      replay: el("button.replay", { type: "button", hidden: true }, "Play it again"),
      state: el("p.state", { role: "status" }),
      failure: el("div.failure", { role: "alert", hidden: true }),
      warnings: el("ol.warnings", { hidden: true, "aria-label": "Warnings" }),
      gold, goldLine: el("label.gold", { hidden: true }, gold, " Did we improve what we wanted? Show the gold reward"),
      grid: el("div.panels"), more: el("div.panels"), figures: el("div.panels.figures"), probes: probesPart(), panels,
    };
    view.moreCurves = el("details.more-curves", null, el("summary", null, "More curves"), view.more);
    const recorded = meta.id.startsWith("recorded-") && el("span.tag", null, "recorded");
    view.parts = [el("header", null, el("div", null, el("h3", null, meta.name || meta.title, " ", recorded), view.state), view.replay), el("div.tiles", null, ...view.tiles.map((t) => t.root)),
      view.failure, view.warnings, view.goldLine, view.grid, view.moreCurves, view.probes.root, view.figures, settings(meta)];
    return view;
  }

  function panelsFor(view, meta, gold) {
    const groups = meta.charts.map((names) => names.filter((n) => meta.metrics[n] && (gold || n !== "gold_reward"))).filter((names) => names.length);
    view.panels = groups.map((names) => P.panel(names.map((n) => meta.metrics[n])));
    view.grid.replaceChildren(...view.panels.slice(0, IN_SIGHT).map((p) => p.root));
    view.more.replaceChildren(...view.panels.slice(IN_SIGHT).map((p) => p.root));
    view.moreCurves.hidden = groups.length <= IN_SIGHT;
  }

  // --- following ---

  P.runView = function (element, props, watch, ended) {
    const root = element.querySelector(".run-view");
    let run = blank(), log = [], replaying = 0, view = null, source = null, shown = null, last = -1, told = false;
    let dirty = new Set(), timer = 0, painting = false, nextAt = 0, retries = 0, retryTimer = 0;

    function open(id, after) {
      close();
      source = new EventSource(`/api/runs/${encodeURIComponent(id)}/events?after=${after}`);
      source.onmessage = (message) => receive(id, message);
      source.onerror = () => {
        if (source && source.readyState === EventSource.CLOSED && !run.ended) lost(id);
      };
    }
    function close() {
      clearTimeout(retryTimer);
      if (source) source.close();
      source = null;
    }
    function lost(id) {
      close();
      if (!view) {
        root.replaceChildren(el("p.empty", null, "This run cannot be read right now. Trying again."));
        giveUpIfGone(id);
      } else view.state.textContent = "The playground does not answer. The run goes on; trying to reach it again.";
      if (retries++ < 40) retryTimer = setTimeout(() => shown === id && open(id, last), Math.min(1000 * retries, 5000));
    }
    async function giveUpIfGone(id) {
      const answer = await fetch(`/api/runs/${encodeURIComponent(id)}/events`).catch(() => null);
      if (answer && answer.body) answer.body.cancel();
      if (!answer || ![403, 404].includes(answer.status) || shown !== id) return;
      close();
      root.replaceChildren(el("p.empty", null, "This run is not here any more. Choose another one, or start a new one."));
    }
    function receive(id, message) {
      if (shown !== id) return;
      retries = 0;
      const data = JSON.parse(message.data);
      if (message.lastEventId !== "") last = Number(message.lastEventId);
      if (data.run) describe(data.run);
      log = log.concat(data.events);
      if (log.length > 2 * MOST_ROWS) log = log.filter((e, i) => e.kind !== "StepDone" || i % 2 === 0 || i > log.length - 200);
      if (replaying) return;
      data.events.forEach(take);
      root.dataset.status = run.status;
      root.dataset.step = run.rows.length ? run.rows[run.rows.length - 1].step : 0;
      if (run.ended) {
        close();
        words(); // the end is told at once, whenever the curves are drawn
        if (!told) ended();
        told = true;
      }
      request();
    }
    function take(event) {
      if (apply[event.kind]) apply[event.kind](run, event);
      dirty.add(event.kind);
    }
    // An ended run once more, from its first event, in a few seconds.
    function replay() {
      stopReplay();
      const whole = log, tick = 100, a = Math.ceil(whole.length / ((1000 * REPLAY_S) / tick));
      let next = 0;
      run = { ...blank(), meta: run.meta, total: run.meta.total_steps, replaying: true };
      view.probes.reset();
      replaying = setInterval(() => {
        whole.slice(next, next + a).forEach(take);
        next += a;
        if (next >= whole.length) stopReplay();
        request();
      }, tick);
    }
    function stopReplay() {
      clearInterval(replaying);
      replaying = 0;
      run.replaying = false;
    }
    function describe(meta) {
      const first = !run.meta;
      run.meta = meta;
      run.total ||= meta.total_steps;
      if (!first) return;
      view = skeleton(meta);
      view.gold.addEventListener("change", () => { panelsFor(view, run.meta, view.gold.checked); dirty.add("StepDone").add("Sampled").add("Warned"); request(); });
      view.replay.addEventListener("click", replay);
      view.moreCurves.addEventListener("toggle", () => { dirty.add("StepDone"); request(); });
      panelsFor(view, meta, false);
      root.replaceChildren(...view.parts);
      root.dataset.run = meta.id;
      for (const kind of ["StepDone", "Warned"]) dirty.add(kind);
    }

    // Draw when there is something new and it can be seen; a slow browser draws less often, but once a second.
    function request() {
      root.dataset.drawn = "no";
      if (painting || timer) return;
      timer = setTimeout(() => { timer = 0; paint(); }, Math.max(0, nextAt - performance.now()));
    }
    async function paint() {
      if (!view || !root.offsetParent) return; // in a tab that is not open
      const begun = performance.now();
      painting = true;
      try {
        await Promise.race([redraw(dirty), new Promise((done) => setTimeout(done, 2000))]); // a chart taken away may never answer
      } finally {
        painting = false;
        nextAt = performance.now() + Math.min(Math.max(120, 4 * (performance.now() - begun)), 1000);
      }
      if (dirty.size) request();
      else root.dataset.drawn = "yes";
    }
    function redraw(now) {
      dirty = new Set();
      words();
      if (now.has("Sampled") || now.has("RunEnded")) view.probes.draw(run, view.gold.checked);
      if (now.has("Warned")) warn();
      const drawn = now.has("Measured") ? figures() : [];
      if (now.has("StepDone") || now.has("Warned")) drawn.push(...view.panels.map((p) => p.draw(run.rows, warningsInSight())));
      return Promise.all(drawn);
    }
    function words() {
      const row = run.rows[run.rows.length - 1];
      view.tiles[0].set(row ? (run.total ? `${row.step} / ${run.total}` : String(row.step)) : "–");
      run.meta.charts.slice(0, 2).forEach((names, i) => {
        const metric = run.meta.metrics[names[0]];
        const value = run.rows.findLast((r) => r.metrics[names[0]] != null);
        view.tiles[i + 1].set(value ? P.value(metric, value.metrics[names[0]]) : "–", metric.title);
      });
      view.tiles[3].set(...(run.ended && run.ended.seconds ? [P.seconds(run.ended.seconds), "Took"] : [timeLeft(run), "Time left"]));
      view.state.textContent = sentence(run);
      view.replay.hidden = !run.ended || run.rows.length < 2;
      view.goldLine.hidden = !(run.rows.some((r) => r.metrics.gold_reward != null) || run.samples.some((s) => s.probes.some((p) => p.gold_reward != null)));
      const message = run.ended && run.ended.message;
      view.failure.hidden = !message || run.status === "done" || run.status === "stopped";
      if (message) view.failure.replaceChildren(el("b", null, message), run.ended.hint ? el("span", null, " " + run.ended.hint) : "");
    }
    const warningsInSight = () => run.warnings.filter((w) => view.gold.checked || !OF_GOLD.includes(w.code));
    function warn() {
      const shown = warningsInSight();
      view.warnings.hidden = !shown.length;
      view.warnings.replaceChildren(...shown.map((w) => el("li", null, el("b", null, `Step ${w.step}. `), w.text)));
    }
    function figures() {
      const made = P.measuredInOrder(run.measured);
      view.figures.replaceChildren(...made.map(([node]) => node));
      return made.map(([, draw]) => draw && draw());
    }

    function follow() {
      const id = props.value && props.value.run;
      if (!id) {
        close();
        shown = null;
        root.replaceChildren(el("p.empty", null, props.empty || "No run yet. Start one and its curves appear here."));
        return;
      }
      told = false;
      if (replaying) {
        stopReplay();
        run = { ...blank(), meta: run.meta, total: run.meta.total_steps };
        log.forEach(take);
      }
      if (id !== shown) {
        run = blank();
        log = [];
        view = null;
        last = -1;
        shown = id;
        root.replaceChildren(el("p.empty", null, "Reading the run…"));
      } else if (!run.ended && source) return;
      run.ended = null; // a resumed run goes on in its own curve
      open(id, last);
    }

    new ResizeObserver(() => { if (view && root.offsetParent && dirty.size) request(); }).observe(root);
    const clock = setInterval(() => {
      if (!root.isConnected) { clearInterval(clock); close(); } else if (view && !run.ended) words();
    }, 1000);
    new MutationObserver(() => { if (view) { for (const kind of ["StepDone", "Measured"]) dirty.add(kind); request(); } })
      .observe(document.body, { attributes: true, attributeFilter: ["class"] });
    watch("value", follow);
    follow();
  };
})(window.Playground);
