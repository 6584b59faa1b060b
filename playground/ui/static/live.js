// A value that the server tells whenever it is another (server-sent messages), while it can be seen and until it is over.
"use strict";
(function (P) {
  // told(value) is called with every message. A stream that is lost is opened again with the next heartbeat; one that
  // nobody looks at is closed, because a browser keeps six connections to a server and no more.
  P.live = function (element, told) {
    let url = null, source = null, timer = 0;
    const close = () => {
      if (source) source.close();
      source = null;
    };
    function open() {
      if (!url || source || !element.offsetParent) return;
      source = new EventSource(url);
      source.onmessage = (message) => {
        const value = JSON.parse(message.data);
        if (value.over) {
          url = null;
          close();
        }
        told(value);
      };
      source.onerror = close;
    }
    P.pulse({
      element,
      runs: () => [],
      answered: () => (element.offsetParent ? open() : close()),
      silent() {},
    });
    return {
      follow(next) {
        close();
        clearTimeout(timer);
        url = next;
        timer = setTimeout(open, 0); // what has just been shown is in sight a moment later
      },
    };
  };
})(window.Playground);
