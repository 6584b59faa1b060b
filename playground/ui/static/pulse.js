// One heartbeat for the whole page while it can be seen: does the playground answer, have runs gone on, and has another
// page changed the set or the runs?
"use strict";
(function (P) {
  const EVERY_MS = 3000, PATIENCE_MS = 4000;
  const listeners = new Set();
  let timer = 0, asking = false;

  // listener = {element, runs: () => ids of the runs to ask about, answered(answer), silent()}
  P.pulse = function (listener) {
    listeners.add(listener);
    if (!timer) beat();
  };

  async function beat() {
    clearTimeout(timer);
    if (document.hidden || asking || !listeners.size) return;
    asking = true;
    const answer = await ask().catch(() => null);
    asking = false;
    for (const listener of listeners) {
      if (answer) listener.answered(answer);
      else listener.silent();
    }
    leaveGone();
    timer = setTimeout(beat, EVERY_MS);
  }

  async function ask() {
    const runs = new Set([...listeners].flatMap((listener) => listener.runs()));
    const query = new URLSearchParams([...runs].slice(0, 20).map((id) => ["run", id]));
    const answer = await fetch(`/api/status?${query}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return answer.json();
  }

  // A part of the page that was taken away is told nothing any more; one that is not there yet is waited for.
  function leaveGone() {
    for (const listener of listeners) {
      if (listener.element.isConnected) listener.joined = true;
      else if (listener.joined) listeners.delete(listener);
    }
  }

  document.addEventListener("visibilitychange", beat);
})(window.Playground);
