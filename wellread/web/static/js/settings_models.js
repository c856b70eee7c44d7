// Trying a model, and having one used.

import { _, send } from "./api.js";
import { element, number, shownProblem, shownTrial } from "./trials.js";

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
    tell(...outcome.trials.map(shownTrial), element("p", "small soft", _("It reads and writes {context} tokens together.", { context })));
  } catch (error) {
    tell(shownProblem(error));
  } finally {
    button.disabled = false;
  }
});
trying.querySelector("button").disabled = false;

function tell(...elements) {
  tried.replaceChildren(...elements);
}
