// One run, followed live: tiles, curves, warnings, probe completions, figures, settings. props.value = {"run": id}.
"use strict";
(function (P) {
  const el = P.el;
  const REPLAY_S = 8;
  const IN_SIGHT = 4; // panels; the others are folded
  const ofOld = (meta) => meta.id.startsWith("recorded-");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const OF_GOLD = ["over_optimised"]; // warnings that would give the gold reward away before it is asked for

  // --- the parts of the page ---

  function tile(title) {
    const name = el("span", null, title), value = el("b", null, "–");
    return { root: el("div.tile", null, name, value), set: (text, label) => { value.textContent = text; if (label) name.textContent = label; } };
  }

  function settings(meta) {
    const labels = P.labels[meta.algorithm] || {};
    const rows = [["Algorithm", meta.title], ["Started from", meta.start], ["Reward model", meta.reward && ofOld(meta) ? `${meta.reward} (recorded)` : meta.reward], ["Data", meta.data],
      ...Object.entries(meta.config).map(([key, value]) => [labels[key] || key, value])];
    return el("details.part.settings", null, el("summary", null, "Settings of this run"),
      el("dl", null, ...rows.filter(([, value]) => value != null).flatMap(([key, value]) => [el("dt", null, key), el("dd", null, String(value))])));
  }

  function skeleton(meta) {
    const gold = el("input", { type: "checkbox", "aria-label": "Show the gold reward" });
    const view = {
      tiles: [tile("Step"), tile("–"), tile("–"), tile("Time left")],
      replay: el("button.replay", { type: "button", hidden: true }, "Play it again"),
      state: el("p.state", { role: "status" }),
      failure: el("div.failure", { role: "alert", hidden: true }),
      warnings: el("ol.warnings", { hidden: true, "aria-label": "Warnings" }),
      gold, goldLine: el("label.gold", { hidden: true }, gold, " Did we improve what we wanted? Show the gold reward"),
      grid: el("div.panels"), more: el("div.panels"), figures: P.measuredFigures(), probes: P.probes(), panels: [],
    };
    view.moreCurves = el("details.more-curves", null, el("summary", null, "More curves"), view.more);
    const recorded = ofOld(meta) && el("span.tag", null, "recorded");
    view.parts = [el("header", null, el("div", null, el("h3", null, meta.name || meta.title, " ", recorded), view.state), view.replay), el("div.tiles", null, ...view.tiles.map((t) => t.root)),
      view.failure, view.figures.first, view.warnings, view.goldLine, view.grid, view.moreCurves, view.probes.root, view.figures.root, settings(meta)];
    return view;
  }

  function panelsFor(view, meta, gold) {
    const groups = meta.charts.map((names) => names.filter((n) => meta.metrics[n] && (gold || n !== "gold_reward"))).filter((names) => names.length);
    for (const part of [view.grid, view.more]) P.purge(part);
    view.panels = groups.map((names) => P.panel(names.map((n) => meta.metrics[n])));
    view.grid.replaceChildren(...view.panels.slice(0, IN_SIGHT).map((p) => p.root));
    view.more.replaceChildren(...view.panels.slice(IN_SIGHT).map((p) => p.root));
    view.moreCurves.hidden = groups.length <= IN_SIGHT;
  }

  // --- following ---

  // turned() is called whenever the run in sight has ended, goes on again or is another one, or there are other runs than before.
  P.runView = function (element, props, watch, turned) {
    const root = element.querySelector(".run-view");
    let run = P.blankRun(), log = P.eventLog(), replaying = 0, view = null, source = null, shown = null, last = -1, over = false;
    let dirty = new Set(), timer = 0, painting = false, nextAt = 0, version;

    function open() {
      const id = shown;
      close();
      source = new EventSource(`/api/runs/${encodeURIComponent(id)}/events?after=${last}`);
      source.onmessage = (message) => receive(id, message);
      source.onerror = close; // the next heartbeat opens it again
    }
    function close() {
      if (source) source.close();
      source = null;
    }
    function empty(words) {
      P.purge(root);
      view = null;
      root.replaceChildren(el("p.empty", null, words));
    }
    function answered({ runs, versions = {} }) {
      if (root.offsetParent && version !== undefined && versions.runs !== version) turned(); // another page's run joins the list
      version = versions.runs;
      if (!shown || source) return;
      if (run.lost) {
        run.lost = false;
        words();
      }
      if (runs[shown] === null) {
        shown = null;
        empty("This run is not here any more. Choose another one, or start a new one.");
      } else if (runs[shown] > last + 1 || (shown in runs && !over)) open(); // resumed, or the stream was lost
    }
    function silent() {
      if (!shown) return;
      run.lost = true;
      if (view) words();
      else empty("This run cannot be read right now. Trying again.");
    }
    function receive(id, message) {
      if (shown !== id) return;
      const data = JSON.parse(message.data);
      if (message.lastEventId !== "") last = Number(message.lastEventId);
      run.lost = false;
      if (data.run) describe(data.run);
      run.queue = data.queue;
      data.events.forEach(log.add);
      if (!replaying) data.events.forEach(take);
      else if (data.events.length) playedOut();
      root.dataset.status = run.status;
      root.dataset.step = run.rows.length ? run.rows[run.rows.length - 1].step : 0;
      if (run.ended) close();
      if (over !== !!run.ended) {
        over = !over;
        words(); // told at once, whenever the curves are drawn
        turned();
        if (over && ofOld(run.meta) && root.offsetParent && !still.matches) replay(); // what was recorded plays at once
      }
      request();
    }
    function take(event) {
      P.takeEvent(run, event);
      dirty.add(event.kind);
    }
    // An ended run once more, from its first event, in a few seconds.
    function replay() {
      clearInterval(replaying);
      const tick = 100, a = Math.ceil(log.events.length / ((1000 * REPLAY_S) / tick));
      let next = 0;
      run = { ...P.blankRun(run.meta), replaying: true };
      view.probes.reset();
      replaying = setInterval(() => {
        log.events.slice(next, next + a).forEach(take);
        next += a;
        if (next >= log.events.length) playedOut();
        request();
      }, tick);
    }
    function playedOut() {
      clearInterval(replaying);
      replaying = 0;
      run = P.blankRun(run.meta);
      log.events.forEach(take);
    }
    function describe(meta) {
      const first = !run.meta;
      run.meta = meta;
      run.total ||= meta.total_steps;
      if (!first) return;
      view = skeleton(meta);
      view.gold.addEventListener("change", () => { panelsFor(view, run.meta, view.gold.checked); redrawAll(); });
      view.replay.addEventListener("click", replay);
      view.moreCurves.addEventListener("toggle", redrawAll);
      panelsFor(view, meta, false);
      P.purge(root);
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
    function redrawAll() {
      if (!view) return;
      for (const kind of ["StepDone", "Sampled", "Warned", "Measured"]) dirty.add(kind);
      request();
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
      if (!view.drawn) words(); // the charts' script takes a moment to come
      view.drawn = true;
      if (now.has("Sampled") || now.has("RunEnded")) view.probes.draw(run, view.gold.checked);
      if (now.has("Warned") || now.has("RunStarted")) warn();
      const drawn = now.has("Measured") ? [view.figures.draw(run.measured)] : [];
      if (now.has("StepDone") || now.has("Warned")) drawn.push(...view.panels.map((p) => p.draw(run.rows, warningsInSight())));
      const step = run.rows.length ? run.rows[run.rows.length - 1].step : 0;
      return Promise.all(drawn).then(() => words(step)); // the tiles never run ahead of the charts
    }
    function words(upTo = Infinity) {
      if (!view) return;
      const row = run.rows.findLast((r) => r.step <= upTo);
      view.tiles[0].set(row ? (run.total ? `${row.step} / ${run.total}` : String(row.step)) : "–");
      run.meta.charts.slice(0, 2).forEach((names, i) => {
        const metric = run.meta.metrics[names[0]];
        const value = run.rows.findLast((r) => r.step <= upTo && r.metrics[names[0]] != null);
        view.tiles[i + 1].set(value ? P.value(metric, value.metrics[names[0]]) : "–", metric.title);
      });
      view.tiles[3].set(...(run.ended && run.spent ? [P.seconds(run.spent), "Took"] : [P.timeLeft(run), "Time left"]));
      view.state.textContent = P.runSentence(run);
      view.replay.hidden = !run.ended || run.rows.length < 2;
      view.goldLine.hidden = !run.rows.some((r) => r.metrics.gold_reward != null); // without a curve there is nothing to follow
      const message = run.ended && run.ended.message;
      view.failure.hidden = !message || run.status === "done" || run.status === "stopped";
      if (message) view.failure.replaceChildren(el("b", null, message), run.ended.hint ? el("span", null, " " + run.ended.hint) : "");
    }
    const warningsInSight = () => run.warnings.filter((w) => view.gold.checked || !OF_GOLD.includes(w.code));
    function warn() {
      const told = warningsInSight();
      view.warnings.hidden = !told.length;
      view.warnings.replaceChildren(...told.map((w) => el("li", null, el("b", null, `Step ${w.step}. `), w.text)));
    }

    function follow() {
      const id = props.value && props.value.run;
      if (!id) {
        close();
        shown = null;
        empty(props.empty || "No run yet. Start one and its curves appear here.");
        return;
      }
      if (replaying) playedOut();
      if (id !== shown) {
        run = P.blankRun();
        log = P.eventLog();
        last = -1;
        over = false;
        shown = id;
        empty("Reading the run…");
        turned(); // an answer about the run before may still be on its way
      } else if (!run.ended && source) return;
      open();
    }

    new ResizeObserver(() => { if (view && root.offsetParent && dirty.size) request(); }).observe(root);
    const themed = new MutationObserver(redrawAll);
    themed.observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const clock = setInterval(() => {
      if (!root.isConnected) leave();
      else if (!run.ended && !dirty.size && !painting) words();
    }, 1000);
    function leave() {
      clearInterval(clock);
      themed.disconnect();
      P.purge(root);
      close();
    }
    P.pulse({ element: root, runs: () => (shown && !source ? [shown] : []), answered, silent });
    watch("value", follow);
    follow();
  };
})(window.Playground);
