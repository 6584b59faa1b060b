// A value that the server tells whenever it is another (server-sent messages), while it can be seen and until it is over.
"use strict";
(function (P) {
  const streams = new Map(); // address -> the page's one stream from there: a browser keeps six connections and no more

  // told(value) is called with every message. Parts of the page that follow one address share one stream; it is closed
  // while nobody looks at any of them, and one that is lost is opened again with the next heartbeat.
  P.live = function (element, told) {
    let stream = null;
    const follower = { element, told };
    P.pulse({ element, runs: () => [], answered: () => stream && stream.look(), silent() {} });
    return {
      follow(url) {
        if (stream) stream.leave(follower);
        stream = streams.get(url) || opened(url);
        stream.join(follower);
      },
    };
  };

  function opened(url) {
    const followers = new Set();
    let source = null, timer = 0;

    function close() {
      if (source) source.close();
      source = null;
    }
    function look() {
      const seen = !document.hidden && [...followers].some(({ element }) => element.offsetParent);
      if (!seen) close();
      else if (!source) open();
    }
    function open() {
      source = new EventSource(url);
      source.onmessage = (message) => tell(JSON.parse(message.data));
      source.onerror = close;
    }
    function tell(value) {
      const listening = [...followers];
      if (value.over) {
        followers.clear();
        end();
      }
      for (const { element, told } of listening) if (element.isConnected) told(value);
    }
    function end() {
      close();
      clearTimeout(timer);
      if (streams.get(url) === stream) streams.delete(url);
    }
    const stream = {
      look,
      join(follower) {
        followers.add(follower);
        close(); // a new stream tells everybody what is so now
        clearTimeout(timer);
        timer = setTimeout(look, 0); // what has just been shown is in sight a moment later
      },
      leave(follower) {
        followers.delete(follower);
        if (!followers.size) end();
      },
    };
    streams.set(url, stream);
    return stream;
  }

  document.addEventListener("visibilitychange", () => streams.forEach((stream) => stream.look()));
})(window.Playground);
