// What came of trying a model, as elements.

import { _ } from "./api.js";

/** One thing that was tried: whether it worked, how fast, and what was said. */
export function shownTrial(trial) {
  const notice = element("div", trial.worked ? "notice" : "notice bad");
  const name = trial.name === "streaming" ? _("A text") : _("A structured reply");
  const took = [
    _("{seconds} s", { seconds: number(trial.seconds, 1) }),
    _("{read} tokens read, {written} written", { read: number(trial.usage.input_tokens), written: number(trial.usage.output_tokens) }),
  ];
  if (trial.first_seconds !== null) took.push(_("first word after {seconds} s", { seconds: number(trial.first_seconds, 1) }));
  if (trial.tokens_per_second !== null) took.push(_("{speed} tokens a second", { speed: number(trial.tokens_per_second) }));
  const head = element("p", "row");
  head.append(
    element("strong", "", name),
    element("span", trial.worked ? "badge good" : "badge bad", trial.worked ? _("works") : _("does not work")),
    element("span", "small soft", took.join(" · ")),
  );
  const said = element("p", "said", trial.said);
  said.dir = "auto";
  notice.append(head, said);
  if (trial.hint) notice.append(element("p", "small", trial.hint));
  return notice;
}

/** What is wrong, and what to do about it. */
export function shownProblem(error) {
  const notice = element("div", "notice bad");
  notice.append(element("p", "", error.message));
  if (error.hint) notice.append(element("p", "small", error.hint));
  return notice;
}

/** As it is written in the language of the page. */
export function number(value, decimals = 0) {
  return value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

export function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
