// How far background work is: a sentence, the time left, a bar; or what went wrong with it.
"use strict";
(function (P) {
  const el = P.el;

  // props.value = {"since"} to follow, {"problem", "hint"} where it was refused. moved() when a part is done, ended() at the end.
  P.progressView = function (element, props, watch, moved, ended) {
    const host = element.querySelector(".progress-view");
    let seen = null;

    function told(progress) {
      if (progress.work !== props.work) return host.replaceChildren();
      draw(progress);
      if (progress.over) ended();
      else if (progress.text !== seen) moved();
      seen = progress.text;
    }
    const stream = P.live(element, told);

    function draw({ text, done, total, seconds_left, problem, hint }) {
      if (problem) return host.replaceChildren(el("div.problem", { role: "alert" }, el("b", null, problem), " ", hint));
      const left = seconds_left == null ? "" : ` About ${P.seconds(seconds_left)} left.`;
      const sentence = host.querySelector("p") || el("p", { role: "status" });
      sentence.textContent = text + left;
      host.replaceChildren(sentence, ...(total && done < total ? [el("progress", { max: total, value: done, "aria-label": "How far it is" })] : []));
    }
    function changed() {
      const value = props.value;
      seen = null;
      if (value && value.problem) draw(value);
      else if (value) stream.follow("/api/evaluations/events");
    }
    watch("value", changed);
    changed();
  };
})(window.Playground);
