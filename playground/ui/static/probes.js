// The fixed probe prompts and how they were answered as the run went on, with a slider over its steps.
"use strict";
(function (P) {
  const el = P.el;

  P.probes = function () {
    let at = null; // null follows the newest
    let against = "first";
    let current = null;
    const unfolded = new Set(); // prompts whose gold reward is shown in its parts, also once the answer has changed
    const slider = el("input", { type: "range", min: 0, value: 0, "aria-label": "Step at which the probe prompts were answered" });
    const label = el("output");
    const select = el("select", { "aria-label": "Compare with" }, el("option", { value: "first" }, "the first sample"), el("option", { value: "previous" }, "the sample before"));
    const list = el("div.probes");
    const root = el("section.part", { hidden: true }, el("h4", null, "The same prompts, answered as it learns"),
      el("div.controls", null, el("label.slide", null, slider, label), el("label", null, "against ", select)), list);

    function draw(run, gold) {
      current = [run, gold];
      root.hidden = !run.samples.length;
      if (root.hidden) return;
      const newest = run.samples.length - 1;
      const i = at == null ? newest : nearest(run.samples, at);
      slider.max = newest;
      slider.value = i;
      slider.disabled = newest === 0;
      const sample = run.samples[i];
      const earlier = i === 0 ? null : run.samples[against === "first" ? 0 : i - 1];
      label.textContent = `step ${sample.step}${at == null && !run.ended ? " (newest)" : ""}`;
      list.replaceChildren(...sample.probes.map((probe) => article(probe, earlier, gold, run.meta.id, unfolded)));
    }
    slider.addEventListener("input", () => {
      const sample = current[0].samples[Number(slider.value)];
      at = Number(slider.value) === Number(slider.max) ? null : sample.step;
      draw(...current);
    });
    select.addEventListener("change", () => { against = select.value; draw(...current); });
    return { root, draw, reset: () => { at = null; } };
  };

  // The sample of that step, or of the step before it where that one was thinned out.
  function nearest(samples, step) {
    return Math.max(0, samples.findLastIndex((sample) => sample.step <= step));
  }

  function article(probe, earlier, gold, id, unfolded) {
    const before = earlier && earlier.probes.find((p) => p.prompt === probe.prompt);
    const same = before && before.completion === probe.completion;
    return el("article.probe", null, el("p.prompt", null, probe.prompt), text(probe, before), el("div.scores", null, ...rewards(probe, before, gold)),
      gold && probe.gold_reward != null && parts(probe, id, unfolded),
      before && (same ? el("p.before", null, `Unchanged since step ${earlier.step}.`) : el("p.before", null, el("b", null, `Step ${earlier.step}: `), before.completion || "(nothing)")));
  }

  function text(probe, before) {
    const line = el("p.completion");
    if (!probe.completion) return el("p.completion.empty", null, "(nothing)");
    const old = new Set(before ? before.completion.split(/\s+/) : []);
    for (const part of P.readable(probe.completion).split(/(\s+)/))
      line.append(before && part.trim() && !old.has(part) ? el("mark", null, part) : part);
    return line;
  }

  // The parts of a probe's gold reward: asked for when somebody wants to see them.
  function parts(probe, id, unfolded) {
    const list = el("div");
    const fold = el("details.gold-parts", null, el("summary", null, "What the gold reward is made of"), list);
    fold.addEventListener("toggle", async () => {
      if (!fold.open) return unfolded.delete(probe.prompt);
      unfolded.add(probe.prompt);
      const answer = await fetch(`/api/runs/${encodeURIComponent(id)}/gold`, {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ prompt: probe.prompt, completion: probe.completion }),
      }).then((response) => response.json()).catch(() => ({ message: "The playground does not answer." }));
      list.replaceChildren(answer.parts ? P.goldParts(answer) : answer.message);
    });
    fold.open = unfolded.has(probe.prompt);
    return fold;
  }

  function rewards(probe, before, gold) {
    const shown = [["proxy_reward", "reward"], ["gold_reward", "gold"]].filter(([k]) => probe[k] != null && (gold || k !== "gold_reward"));
    return shown.map(([k, name]) => {
      const change = before && before[k] != null ? ` (${probe[k] - before[k] >= 0 ? "+" : "−"}${P.number(Math.abs(probe[k] - before[k]))})` : "";
      return el("span.score", null, `${name} ${P.number(probe[k])}${change}`);
    });
  }
})(window.Playground);
