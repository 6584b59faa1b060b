// Prompts that people in a workshop propose: ask for them or not, read each, approve or decline it.
"use strict";
(function (P) {
  const EVERY_MS = 5000;

  P.workshopPrompts = function (element, props, watch) {
    const root = element.querySelector(".proposals");
    let session = "", timer = 0, problem = "", busy = false, drawn = "";

    function draw() {
      session = (props.value || {}).id || "";
      problem = drawn = "";
      root.replaceChildren(...(session ? [] : [P.el("p", null, "No session is chosen.")]));
      if (session) follow();
    }

    async function follow() {
      clearTimeout(timer);
      if (!element.isConnected) return;
      const asked = session;
      if (!document.hidden && element.offsetParent && !busy) {
        const found = await look(asked).catch(() => null);
        if (asked === session && !busy) fill(found);
      }
      if (asked === session) timer = setTimeout(follow, EVERY_MS);
    }

    function fill(found) {
      const now = JSON.stringify([found, problem]), open = root.querySelector("details")?.open;
      if (now === drawn) return; // drawing it anew would take the focus away
      drawn = now;
      if (found === null) return root.replaceChildren(P.el("p.problem", null, "The prompts could not be listed. Reload this page, and sign in again."));
      const waiting = found.prompts.filter((one) => one.state === "waiting"), done = found.prompts.filter((one) => one.state !== "waiting");
      const told = waiting.length ? "" : found.asks ? "No prompt waits for you." : "";
      root.replaceChildren(
        P.el("label", null, P.el("input", { type: "checkbox", checked: found.asks, "data-ask": true }), " People may propose prompts"),
        ...[problem && P.el("p.problem", { role: "alert" }, problem), told && P.el("p", null, told)].filter(Boolean),
        P.el("ul", null, ...waiting.map(row)),
        ...(done.length ? [P.el("details", { open }, P.el("summary", null, counted(done)), P.el("ul", null, ...done.map(decided)))] : []),
      );
    }

    async function act(path, control) {
      if (control) control.disabled = true;
      busy = true;
      drawn = "";
      problem = await send(`/api/session/${session}/${path}`);
      busy = false;
      follow();
    }

    root.addEventListener("change", (event) => {
      if (event.target.matches("[data-ask]")) act(`prompts/${event.target.checked ? "on" : "off"}`, event.target);
    });
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-proposal]");
      if (button) act(`${button.dataset.act}/${button.dataset.proposal}`, button);
    });
    watch("value", draw);
    draw();
  };

  async function look(id) {
    const answer = await fetch(`/api/session/${id}/prompts`, { cache: "no-store" });
    return answer.ok ? answer.json() : null;
  }

  /* What went wrong, in words; empty where nothing did. */
  async function send(address) {
    try {
      const answer = await fetch(address, { method: "POST" });
      const said = answer.ok ? null : await answer.json();
      return said ? `${said.message} ${said.hint}` : "";
    } catch {
      return "The playground does not answer. Try again.";
    }
  }

  function row(one) {
    const buttons = [["Approve", "approve"], ["Decline", "decline"]].map(([words, act]) =>
      P.el("button", { type: "button", "data-proposal": one.id, "data-act": act, "aria-label": `${words}: ${one.text}` }, words));
    return P.el("li", null, P.el("p.text", null, one.text), P.el("span", null, ...buttons));
  }

  const decided = (one) => P.el("li", null, P.el("p.text", null, one.text), P.el("span", null, one.state));

  function counted(done) {
    const approved = done.filter((one) => one.state === "approved").length;
    return `${approved} approved, ${done.length - approved} declined`;
  }
})(window.Playground);
