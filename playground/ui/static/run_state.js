// What a page knows of one run: the events taken in one by one, and what they come to in words.
"use strict";
(function (P) {
  // As many as the server holds (runs/kept.py): twice as many, then every second one goes.
  const MOST_STEPS = 1500, MOST_OTHERS = 150;
  const OF_THE_RESULT = ["chance_level"]; // warnings about what a part of a run had come to

  // Every second entry, the first and the newest excepted.
  function halved(list, most) {
    const newest = list.length - most / 10;
    return list.filter((_, i) => i % 2 === 0 || i >= newest);
  }

  // All events of a run for playing it again, thinned kind by kind.
  P.eventLog = function () {
    const log = { events: [], add };
    const held = {};
    const groupOf = (e) => (e.kind === "Measured" ? `Measured ${e.name}` : e.kind);
    function add(event) {
      const group = groupOf(event), most = group === "StepDone" ? MOST_STEPS : MOST_OTHERS;
      log.events.push(event);
      held[group] = (held[group] || 0) + 1;
      if (held[group] <= 2 * most) return;
      const kept = new Set(halved(log.events.filter((e) => groupOf(e) === group), most));
      log.events = log.events.filter((e) => groupOf(e) !== group || kept.has(e));
      held[group] = kept.size;
    }
    return log;
  };

  P.blankRun = function (meta) {
    return { meta: meta || null, rows: [], samples: [], measured: {}, warnings: [], replaying: false, lost: false, status: "waiting", phase: "", queue: null, total: meta ? meta.total_steps : 0, base: null, ended: null, spent: 0, started: null };
  };

  const apply = {
    RunStarted(run, e) {
      Object.assign(run, { status: "running", ended: null, phase: "", started: e, total: e.total_steps || run.total });
      run.warnings = run.warnings.filter((w) => !OF_THE_RESULT.includes(w.code)); // it goes on from there
      run.base = { time: e.time, step: run.rows.length ? run.rows[run.rows.length - 1].step : 0 };
    },
    Phase(run, e) {
      Object.assign(run, { status: "running", ended: null, phase: e.name });
    },
    StepDone(run, e) {
      if (run.rows.length && run.rows[run.rows.length - 1].step >= e.step) {
        run.rows = run.rows.filter((row) => row.step < e.step); // a resumed run goes back to its save
        run.warnings = run.warnings.filter((w) => w.step < e.step);
      }
      run.rows.push({ step: e.step, metrics: e.metrics, time: e.time });
      if (run.rows.length > 2 * MOST_STEPS) run.rows = halved(run.rows, MOST_STEPS);
      run.base ||= { time: e.time, step: e.step };
      if (e.step <= run.base.step && run.started) run.base = { time: run.started.time, step: e.step - 1 }; // it began again
      Object.assign(run, { status: "running", phase: "" });
    },
    Sampled(run, e) {
      run.samples = run.samples.filter((s) => s.step < e.step).concat([e]);
      if (run.samples.length > 2 * MOST_OTHERS) run.samples = halved(run.samples, MOST_OTHERS);
    },
    Measured(run, e) {
      run.measured[e.name] = e.data;
    },
    Warned(run, e) {
      const told = run.warnings.some((w) => w.code === e.code && w.text === e.text); // before the run was resumed
      if (!told) run.warnings = run.warnings.slice(-MOST_OTHERS).concat([e]);
    },
    RunEnded(run, e) {
      run.spent += e.seconds || 0; // a resumed run ends more than once
      Object.assign(run, { status: e.status, ended: e, phase: "" });
    },
  };

  P.takeEvent = function (run, event) {
    if (apply[event.kind]) apply[event.kind](run, event);
  };

  // By the steps taken here, however slow. The step on its way counts down by what one took, never by more.
  function secondsLeft(run) {
    const last = run.rows[run.rows.length - 1];
    if (!run.total || !last || !run.base || last.step <= run.base.step) return null;
    const perStep = (last.time - run.base.time) / (last.step - run.base.step);
    const begun = Math.min(perStep, Math.max(0, Date.now() / 1000 - last.time));
    return Math.max(0, (run.total - last.step) * perStep - begun);
  }

  const leftInWords = (left) => (left < 1 ? "a moment" : `about ${P.seconds(left)}`);

  P.timeLeft = function (run) {
    if (run.ended || run.replaying || run.lost) return "–";
    const left = secondsLeft(run);
    if (left != null) return leftInWords(left);
    return run.meta.estimate_s ? `about ${P.seconds(run.meta.estimate_s)}` : "–";
  };

  // Where the run stands, as one sentence or two.
  P.runSentence = function (run) {
    const last = run.rows[run.rows.length - 1];
    const step = last ? last.step : 0;
    const of = run.total ? `step ${step} of ${run.total}` : `step ${step}`;
    if (run.ended) return endedSentence(run, step, of);
    if (run.lost) return `The playground does not answer; trying to reach it again. Last heard of: ${of}.`;
    if (run.replaying) return `Replaying, ${of}.`;
    const estimate = run.meta.estimate_s ? `, about ${P.seconds(run.meta.estimate_s)} (estimate)` : "";
    if (run.queue) return waitingSentence(run.queue, estimate);
    if (run.phase) return `${run.phase[0].toUpperCase()}${run.phase.slice(1)}${last ? `, ${of}` : estimate}.`;
    if (run.status === "waiting") return `Waiting for its turn${estimate}.`;
    const left = secondsLeft(run);
    return left == null ? `Running${estimate}.` : `Running, ${of}, ${leftInWords(left)} left.`;
  };

  // queue = {ahead, wait_s}: the runs that train before this one, and about how long they will take.
  function waitingSentence({ ahead, wait_s }, estimate) {
    const before = ahead === 1 ? "1 run is before this one" : `${ahead} runs are before this one`;
    const wait = wait_s == null ? "" : `, about ${P.seconds(wait_s)} until it begins`;
    return `Waiting for its turn: ${before}${wait}${estimate.replace(", ", "; it takes ")}.`;
  }

  function endedSentence(run, step, of) {
    const words = { done: "Done", stopped: "Stopped", failed: "Failed", died: "Broken off" };
    if (run.status === "stopped" && !step) return "Stopped before its first step. Nothing was changed.";
    const took = run.spent ? ` after ${P.seconds(run.spent)}` : "";
    const kept = run.status === "stopped" ? " What was learned is kept." : "";
    return `${words[run.status] || run.status}${took}, ${of}.${kept}`;
  }
})(window.Playground);
