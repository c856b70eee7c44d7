// Trying a model, and having one used.

import { _, send } from "./api.js";

const trying = document.querySelector("[data-trying]");
const tried = document.querySelector("[data-tried]");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-try], [data-use]");
  if (!button) return;
  if (button.dataset.use) {
    const field = document.getElementById("setting-model");
    field.value = button.dataset.use;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.form.requestSubmit();
  } else {
    trying.elements.model.value = button.dataset.try;
    trying.requestSubmit();
    trying.scrollIntoView({ block: "center" });
  }
});

trying.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = trying.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  const model = trying.elements.model.value.trim();
  tell(element("p", "soft", _("Calling {model} …", { model })));
  try {
    const outcome = await send("POST", "/api/v1/models/try", { json: { model } });
    const context = number(outcome.context_tokens);
    tell(...outcome.trials.map(shown), element("p", "small soft", _("It reads and writes {context} tokens together.", { context })));
  } catch (error) {
    const notice = element("div", "notice bad");
    notice.append(element("p", "", error.message), element("p", "small", error.hint));
    tell(notice);
  } finally {
    button.disabled = false;
  }
});
trying.querySelector("button").disabled = false;

function shown(trial) {
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

/** As it is written in the language of the page. */
function number(value, decimals = 0) {
  return value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function tell(...elements) {
  tried.replaceChildren(...elements);
}

function element(tag, className, text = "") {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}
