// The list of runs: tick them, download, rename, delete.
// value = {"rows": [{"id", "name", "algorithm", "status", "active", "events", "result", "data", "when", "took", "recorded"}], "chosen": [ids], "version": of these runs}
"use strict";
(function (P) {
  const el = P.el;
  const COLUMNS = [["What", "algorithm"], ["Status", "status"], ["Started", "when"], ["Took", "took"], ["Learned from", "data"], ["Last result", "result"]];

  async function send(method, path, body) {
    const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: { "Content-Type": "application/json" } })
      .catch(() => null);
    if (!answer) return "The playground does not answer. Nothing was changed.";
    if (answer.ok) return null;
    const refused = await answer.json().catch(() => ({ message: `Error ${answer.status}.` }));
    return `${refused.message} ${refused.hint || ""}`;
  }

  // ticked() is called when another set of runs is ticked, changed() when the runs themselves are others than before.
  P.runsTable = function (element, props, watch, ticked, changed) {
    const host = element.firstElementChild;
    const problem = el("p.failure", { role: "alert", hidden: true });
    const list = el("div");
    let working = false; // somebody types a name, or is asked whether to delete
    host.replaceChildren(problem, list);

    function tick(id, on) {
      const chosen = props.value.chosen.filter((c) => c !== id).concat(on ? [id] : []);
      props.value = { ...props.value, chosen };
      ticked();
    }
    async function act(method, path, body) {
      const refused = await send(method, path, body);
      problem.hidden = !refused;
      problem.textContent = refused || "";
      working = false;
      if (refused) draw();
      else changed();
    }
    function rename(row, cell) {
      const input = el("input", { type: "text", value: row.name, maxlength: 60, "aria-label": `New name of ${row.name}` });
      const form = el("form", { onsubmit: (e) => { e.preventDefault(); act("POST", `/api/runs/${encodeURIComponent(row.id)}/name`, { name: input.value }); } },
        input, el("button", { type: "submit" }, "Save"), el("button", { type: "button", onclick: leave }, "Cancel"));
      begin(cell, form);
      input.select();
    }
    function remove(row, cell) {
      const sure = el("button", { type: "button", onclick: () => act("DELETE", `/api/runs/${encodeURIComponent(row.id)}`) }, "Delete");
      begin(cell, el("form", null, el("span", null, `Delete ${row.name} with all its files?`), sure, el("button", { type: "button", onclick: leave }, "Keep it")));
      sure.focus();
    }
    function begin(cell, form) {
      working = true;
      problem.hidden = true;
      form.addEventListener("keydown", (e) => e.key === "Escape" && leave());
      cell.replaceChildren(form);
    }
    function leave() {
      working = false;
      draw();
    }
    function line(row, chosen) {
      const head = el("td.name", null, el("b", null, row.name), row.recorded && el("span.tag", null, "recorded"));
      const acts = row.recorded ? [] : [
        el("a", { href: `/api/runs/${encodeURIComponent(row.id)}/download`, download: true, "aria-label": `Download ${row.name}` }, "Download"),
        row.adapter && el("a", { href: `/api/runs/${encodeURIComponent(row.id)}/download?weights=merged`, download: true, title: "With the adapter merged into its model, which then needs nothing else", "aria-label": `Download ${row.name} with merged weights` }, "Merged"),
        el("button.link", { type: "button", "aria-label": `Rename ${row.name}`, onclick: () => rename(row, head) }, "Rename"),
        el("button.link", { type: "button", "aria-label": `Delete ${row.name}`, onclick: () => remove(row, head) }, "Delete")];
      if (acts.length) head.append(el("div.acts", null, ...acts));
      return el("tr", { "data-run": row.id },
        el("td.tick", null, el("input", { type: "checkbox", checked: chosen.includes(row.id), "aria-label": `Compare ${row.name}`, onchange: (e) => tick(row.id, e.target.checked) })),
        head,
        ...COLUMNS.map(([title, key]) => el("td", { "data-title": title, class: key === "status" ? `status ${row.status}` : key }, row[key])));
    }
    function draw() {
      const { rows, chosen } = props.value || {};
      if (working) return;
      if (!rows) return list.replaceChildren();
      if (!rows.length) return list.replaceChildren(el("p.empty", null, "No runs yet. Train something in Fine-tune, Reward model or Policy."));
      list.replaceChildren(el("table.runs", null,
        el("thead", null, el("tr", null, ...["", "Run", ...COLUMNS.map(([title]) => title)].map((title) => el("th", { scope: "col" }, title)))),
        el("tbody", null, ...rows.map((row) => line(row, chosen)))));
    }

    // While a run in sight goes on, its row does too; and another page may have started, named or deleted one.
    const active = () => (host.offsetParent && !working && props.value && props.value.rows || []).filter((row) => row.active);
    P.pulse({
      element: host,
      runs: () => active().map((row) => row.id),
      answered({ runs, versions }) {
        if (!host.offsetParent || working || !props.value.rows) return;
        const others = versions && versions.runs !== props.value.version;
        const moved = active().some((row) => row.id in runs && runs[row.id] !== row.events);
        if (others || moved) changed();
      },
      silent() {},
    });
    watch("value", draw);
    draw();
  };
})(window.Playground);
