// The host's board of a workshop: how to join, and the session's figures, asked for while the board can be seen.
"use strict";
(function (P) {
  const EVERY_MS = 5000;
  const OLD = "These figures are old: the playground does not answer, or it was restarted. Reload this page, and sign in again.";

  P.workshopBoard = function (element, props, watch) {
    const root = element.querySelector(".board");
    let session = "", timer = 0;

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
      root.querySelector(".revote").replaceChildren(...(found.revote ? revote(found.revote) : []));
    }

    watch("value", draw);
    draw();
  };

  async function figures(id) {
    const answer = await fetch(`/api/session/${id}`, { cache: "no-store" });
    return answer.ok ? answer.json() : null;
  }

  function parts(value) {
    const picture = P.el("img", { src: value.picture, alt: `QR code of ${value.address}` });
    const words = P.el("div", null, P.el("p", null, value.title), P.el("p.code", null, value.code), P.el("p", null, value.address), P.el("p.state"));
    return [
      P.el("div.join", null, picture, words),
      P.el("p.problem.old", { hidden: true }, OLD),
      value.warning && P.el("p.problem", null, value.warning),
      value.frozen && P.el("p.frozen", null, value.frozen),
      P.el("div.revote"),
      P.el("div.tiles"),
      files(value.id),
    ].filter(Boolean);
  }

  function revote({ words, bars }) {
    const drawn = bars.map(({ name, value, low, high, words }) => {
      const span = P.el("i.span"), dot = P.el("i.dot");
      Object.assign(span.style, { left: `${100 * low}%`, width: `${100 * (high - low)}%` });
      dot.style.left = `${100 * value}%`;
      return P.el("div.bar", null, P.el("span", null, name), P.el("div.axis", null, P.el("i.half"), span, dot), P.el("b", null, words));
    });
    return [P.el("h3", null, "Before against after training"), ...drawn, P.el("p", null, words)];
  }

  function files(id) {
    const kinds = [["a table (CSV)", "csv"], ["JSONL", "jsonl"], ["a folder for datasets", "folder"]];
    const links = kinds.map(([words, kind]) => P.el("a", { href: `/api/session/${id}/export/${kind}`, download: true }, words));
    const listed = links.flatMap((link, n) => (n ? [", ", link] : [link]));
    return P.el("p.files", null, "Choices that may be published, without names: ", ...listed);
  }
})(window.Playground);
