// The page's own script: the workspace cookie, the status line, tabs by address.
"use strict";
(function (P) {
  const cookie = "playground_workspace";

  if (!document.cookie.split("; ").some((part) => part.startsWith(cookie + "="))) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const secret = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
    // Inside another site's frame (a Space's page) a browser sends only cookies marked for that.
    const framed = window.top !== window && location.protocol === "https:";
    const reach = framed ? "SameSite=None; Secure; Partitioned" : "SameSite=Lax";
    document.cookie = `${cookie}=${secret}; path=/; max-age=31536000; ${reach}`;
  }

  // What a model wrote, as it is shown: one sign where bytes make no character that can be shown. ui/readable.py does the same.
  P.readable = (text) => String(text).replace(/[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+/g, "▯");

  // An element with attributes and children. Text always becomes a text node, whoever wrote it.
  P.el = function (name, attributes, ...children) {
    const [tag, ...classes] = name.split(".");
    const node = document.createElement(tag);
    if (classes.length) node.className = classes.join(" ");
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value === true) node.setAttribute(key, "");
      else if (value !== false && value != null) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child != null && child !== false).map((child) => (typeof child === "string" ? P.readable(child) : child)));
    return node;
  };

  P.number = function (value, digits = 3) {
    if (value == null || !isFinite(value)) return "–";
    return (value < 0 ? "−" : "") + unsigned(Math.abs(value), digits);
  };
  function unsigned(size, digits) {
    if (size === 0) return "0";
    if (size >= 1000 || Number.isInteger(size)) return Math.round(size).toLocaleString("en");
    if (size < 0.001) return size.toExponential(1);
    return size.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.max(size, 0.1)))));
  }

  // A metric's value with its unit: shares as per cent.
  P.value = function (metric, value) {
    if (metric.unit === "share" && value != null) return `${Math.round(value * 100)} %`;
    return P.number(value) + (metric.unit ? ` ${metric.unit}` : "");
  };

  P.seconds = function (s) {
    if (s == null || !isFinite(s)) return "–";
    if (s < 90) return `${Math.max(0, Math.round(s))} s`;
    if (s < 5400) return `${Math.round(s / 60)} min`;
    return `${(s / 3600).toFixed(1)} h`;
  };

  // Left empty or out of range, a number beside a slider would be put to the nearest end without a word. What was typed
  // stays, and the page says what is wrong with it.
  document.addEventListener("blur", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.type === "number" && field.closest(".block")?.querySelector("input[type=range]"))
      event.stopPropagation();
  }, true);

  // Another tab asks for other pairs than those in Rank; its panel shows none until they are here.
  P.awaitOthers = function () {
    P.othersAwaited = true;
    document.dispatchEvent(new Event("playground:others-awaited"));
  };

  // The line under the title: how the models are coming up, and whether the playground is there at all.
  P.status = function (element) {
    const line = element.querySelector(".status-line"), notes = element.querySelector(".notes");
    function show(state, text) {
      line.dataset.state = state;
      if (line.textContent !== text) line.textContent = text; // a screen reader speaks every change
    }
    function note(texts = []) {
      if (notes.children.length === texts.length && texts.every((text, i) => notes.children[i].textContent === text)) return;
      notes.replaceChildren(...texts.map((text) => P.el("li", null, text)));
    }
    P.pulse({
      element: line,
      runs: () => [],
      answered: (answer) => {
        show(answer.ready ? "ready" : "loading", answer.text);
        note(answer.notes);
      },
      silent: () => show("lost", "The playground does not answer. It may have been closed; this page tries again by itself."),
    });
  };

  P.openTab = function (id) {
    const button = document.getElementById(`tab-${id}-button`);
    if (button) button.click();
  };

  // Updates that show and hide components without asking the server.
  P.visible = (flags) => flags.map((visible) => ({ __type__: "update", visible }));

  // Bring what a button has begun into sight; where = "phone": only where it lies below the settings.
  P.bring = function (id, where) {
    if (where === "phone" && !window.matchMedia("(max-width: 760px)").matches) return;
    const block = where === "phone" ? "start" : "center";
    setTimeout(() => document.getElementById(id).scrollIntoView({ behavior: "smooth", block }), 400);
  };

  // The open tab stands in the address, so that a reload comes back to it.
  function tabOpened(records) {
    const button = records.map((r) => r.target).find((b) => b.id.startsWith("tab-") && b.getAttribute("aria-selected") === "true");
    if (!button) return;
    history.replaceState(null, "", "#" + button.id.slice(4, -"-button".length));
    const bar = document.getElementById("steps");
    if (bar.getBoundingClientRect().top < 0) bar.scrollIntoView();
  }
  P.openFromAddress = function () {
    const id = location.hash.slice(1);
    new MutationObserver(tabOpened).observe(document.getElementById("steps"), { subtree: true, attributeFilter: ["aria-selected"] });
    if (/^[a-z-]+$/.test(id) && id !== "start") P.openTab(id);
  };
  window.addEventListener("hashchange", () => P.openTab(location.hash.slice(1))); // a link to #rank opens that tab
})(window.Playground);
