// The host's board of a workshop: how to join, and the session's figures, asked for while the board can be seen.
"use strict";
(function (P) {
  const EVERY_MS = 5000;
  const OLD = "These figures are old: the playground does not answer, or it was restarted. Reload this page, and sign in again.";

  P.workshopBoard = function (element, props, watch) {
    const root = element.querySelector(".board");
    let session = "", timer = 0, pace = null;

    function draw() {
      clearTimeout(timer);
      const value = props.value || {};
      session = value.id || "";
      root.replaceChildren(...(session ? parts(value) : [P.el("p.empty", null, "No session yet. Make one above.")]));
      if (session) follow();
    }

    async function follow() {
      clearTimeout(timer);
      const asked = session;
      if (!element.isConnected) return;
      if (!document.hidden && element.offsetParent) {
        const found = await figures(asked).catch(() => null);
        if (asked === session) fill(found);
      }
      if (asked === session) timer = setTimeout(follow, EVERY_MS);
    }

    function fill(found) {
      root.querySelector(".old").hidden = found !== null;
      if (found === null) return;
      root.querySelector(".state").textContent = found.state;
      const tiles = found.tiles.map(([figure, words]) => P.el("div.tile", null, P.el("b", null, figure), P.el("span", null, words)));
      root.querySelector(".tiles").replaceChildren(...tiles);
      root.querySelector(".pairs").replaceChildren(...strip(found.pairs));
      root.querySelector(".arrived").textContent = found.arrived;
      root.querySelector(".copy").textContent = found.copy;
      pace = found.pace;
      expect();
      root.querySelector(".revote").replaceChildren(...(found.revote ? bars("Before against after training", found.revote) : []));
      root.querySelector(".revealed").replaceChildren(...(found.revealed ? bars("Who wrote what", found.revealed) : []));
    }

    /* What some more minutes bring, for as many as the host types. */
    function expect() {
      const minutes = Number(root.querySelector(".minutes").value), said = root.querySelector(".expected");
      root.querySelector(".pace").hidden = !pace;
      if (!pace || !(minutes > 0)) return;
      const labels = Math.min(pace.left, Math.round(minutes * pace.labels));
      const choices = pace.labels > 0 ? Math.round(labels * pace.choices / pace.labels) : 0;
      const needed_min = Math.ceil(pace.missing / pace.labels);
      const needed = pace.labels > 0 ? ` (about ${needed_min} minute${needed_min === 1 ? "" : "s"})` : "";
      const full = `${pace.missing} labels are missing until every pair has ${pace.overlap}${needed}`;
      said.textContent = pace.choices === 0 ? `minutes: nobody has chosen anything within the last one; ${full.replace(needed, "")}.`
        : `minutes bring about ${choices} choices more, ${labels} of them labels, at the pace of the last minute; ${pace.missing ? full : "every pair has its labels"}.`;
    }

    root.addEventListener("input", (event) => { if (event.target.matches(".minutes")) expect(); });
    root.addEventListener("toggle", (event) => { if (event.target.matches(".people[open]")) listPeople(session, event.target); }, true);
    root.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-person]");
      if (!button) return;
      button.disabled = true;
      await fetch(`/api/session/${session}/${button.dataset.act}/${button.dataset.person}`, { method: "POST" }).catch(() => null);
      listPeople(session, root.querySelector(".people"));
      follow();
    });
    watch("value", draw);
    draw();
  };

  async function figures(id) {
    const answer = await fetch(`/api/session/${id}`, { cache: "no-cache" }); // asks, and gets only what is new
    return answer.ok ? answer.json() : null;
  }

  function parts(value) {
    const picture = P.el("img", { src: value.picture, alt: `QR code of ${value.address}` });
    const words = P.el("div", null, P.el("p", null, value.title), P.el("p.code", null, value.code), P.el("p", null, value.address), P.el("p.state"), projector(value.id));
    return [
      P.el("div.join", null, picture, words),
      P.el("p.problem.old", { hidden: true }, OLD),
      value.warning && P.el("p.problem", null, value.warning),
      value.frozen && P.el("p.frozen", null, value.frozen),
      P.el("div.compared.revote"),
      P.el("div.compared.revealed"),
      P.el("div.pairs"),
      P.el("div.tiles"),
      P.el("p.pace", null, P.el("input.minutes", { type: "number", min: 1, max: 600, value: 11, "aria-label": "Minutes" }), P.el("span.expected")),
      P.el("p.arrived"),
      P.el("p.copy"),
      P.el("details.people", null, P.el("summary", null, "Each person (fold out where the room cannot see it)"), P.el("div.listed")),
      files(value.id),
    ].filter(Boolean);
  }

  function projector(id) {
    return P.el("p", null, P.el("a", { href: `/projector/${id}`, target: "_blank" }, "Show this large, for the room"));
  }

  /* The pairs as parts of one bar: judged often enough, on a screen, waiting. */
  function strip({ parts, said }) {
    const drawn = parts.map(([kind, n]) => P.el(`i.${kind}`)), total = parts.reduce((sum, [, n]) => sum + n, 0);
    drawn.forEach((part, at) => { part.style.flexGrow = parts[at][1]; });
    const words = parts.map(([kind, n, text]) => P.el("span", null, P.el(`i.${kind}`), P.el("b", null, String(n)), ` ${text}`));
    return [P.el("p", null, `${total} pairs`), P.el("div.strip", { "aria-hidden": "true" }, ...drawn), P.el("p.legend", null, ...words), P.el("p.said", null, said)];
  }

  const COLUMNS = { alias: "Person", choices: "Choices", gold: "Known answers right", same: "Same when repeated", agreed: "With most others", left: "Left chosen", seconds: "Usual time", note: "Note" };

  async function listPeople(id, fold) {
    const listed = fold.querySelector(".listed");
    const answer = await fetch(`/api/session/${id}/people`, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) return listed.replaceChildren(P.el("p.problem", null, "The people could not be listed. Fold this in and out again."));
    const people = await answer.json();
    const head = P.el("tr", null, ...Object.values(COLUMNS).map((name) => P.el("th", null, name)), P.el("th"));
    const rows = people.map((one) => P.el("tr", { class: one.ejected ? "out" : "" }, ...Object.keys(COLUMNS).map((name) => P.el("td", null, String(one[name]))), P.el("td", null, act(one))));
    const words = "Taking somebody out takes out all that they chose, also from the frozen set; you can let them back in.";
    listed.replaceChildren(...(people.length ? [P.el("div.wide", null, P.el("table", null, head, ...rows)), P.el("p", null, words)] : [P.el("p", null, "Nobody has joined yet.")]));
  }

  function act({ id, alias, ejected }) {
    const words = ejected ? "Let in again" : "Take out";
    return P.el("button", { type: "button", "data-person": id, "data-act": ejected ? "let-in" : "eject", "aria-label": `${words}: ${alias}` }, words);
  }

  function bars(title, found) {
    const drawn = found.bars.map(({ name, value, low, high, words }) => {
      const span = P.el("i.span"), dot = P.el("i.dot");
      Object.assign(span.style, { left: `${100 * low}%`, width: `${100 * (high - low)}%` });
      dot.style.left = `${100 * value}%`;
      return P.el("div.bar", null, P.el("span", null, name), P.el("div.axis", null, P.el("i.half"), span, dot), P.el("b", null, words));
    });
    return [P.el("h3", null, title), ...drawn, P.el("p", null, found.words)];
  }

  function files(id) {
    const kinds = [["a table (CSV)", "csv"], ["JSONL", "jsonl"], ["a folder for datasets", "folder"]];
    const links = kinds.map(([words, kind]) => P.el("a", { href: `/api/session/${id}/export/${kind}`, download: true }, words));
    const listed = links.flatMap((link, n) => (n ? [", ", link] : [link]));
    return P.el("p.files", null, "Choices that may be published, without names: ", ...listed);
  }
})(window.Playground);
