// The host's board of a workshop: how to join, and the session's figures, asked for while the board can be seen.
"use strict";
(function (P) {
  const EVERY_MS = 5000;

  P.workshopBoard = function (element, props, watch) {
    const root = element.querySelector(".board");
    let session = "", timer = 0;

    function draw() {
      clearTimeout(timer);
      const value = props.value || {};
      session = value.id || "";
      root.replaceChildren(...(session ? parts(value) : [made("p", "empty", "No session yet. Make one above.")]));
      if (session) follow();
    }

    async function follow() {
      clearTimeout(timer);
      const asked = session;
      if (!element.isConnected) return;
      if (!document.hidden && element.offsetParent) await fill(asked).catch(() => {});
      if (asked === session) timer = setTimeout(follow, EVERY_MS);
    }

    async function fill(asked) {
      const answer = await fetch(`/api/session/${asked}`, { cache: "no-store" });
      if (!answer.ok || asked !== session) return;
      const { state, tiles } = await answer.json();
      root.querySelector(".state").textContent = state;
      root.querySelector(".tiles").replaceChildren(...tiles.map(([figure, words]) => {
        const tile = made("div", "tile");
        tile.append(made("b", "", figure), made("span", "", words));
        return tile;
      }));
    }

    watch("value", draw);
    draw();
  };

  function parts(value) {
    const join = made("div", "join"), words = made("div", ""), picture = made("img", "");
    picture.src = value.picture;
    picture.alt = `QR code of ${value.address}`;
    words.append(made("p", "", value.title), made("p", "code", value.code), made("p", "", value.address), made("p", "state", ""));
    join.append(picture, words);
    const all = [join];
    if (value.warning) all.push(made("p", "problem", value.warning));
    if (value.frozen) all.push(made("p", "frozen", value.frozen));
    all.push(made("div", "tiles"), files(value.id));
    return all;
  }

  function files(id) {
    const line = made("p", "files", "All choices so far, without names: ");
    [["a table (CSV)", "csv"], ["JSONL", "jsonl"], ["a folder for datasets", "folder"]].forEach(([words, kind], n) => {
      const link = made("a", "", words);
      link.href = `/api/session/${id}/export/${kind}`;
      link.download = "";
      line.append(n ? ", " : "", link);
    });
    return line;
  }

  function made(tag, classes, text) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
  }
})(window.Playground);
