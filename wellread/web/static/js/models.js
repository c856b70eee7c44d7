// The language models to choose from.

import { _, send } from "./api.js";
import { complain } from "./toast.js";

/** Puts the models that can be used into a <select>, once. */
export async function fillModels(select) {
  if (select.dataset.filled) return;
  select.dataset.filled = "1";
  try {
    const { models, connected, default: chosen } = await send("GET", "/api/v1/models");
    tellWhetherConnected(select, connected);
    if (!connected && chosen === "extractive" && select.options.length) return; // what the first option says already
    for (const model of models.filter((model) => model.usable && !model.name.endsWith("…"))) {
      const name = model.name === "extractive" ? _("extractive: the titles' own sentences") : model.name;
      select.append(new Option(model.name === chosen ? `${name} ✓` : name, model.name));
    }
    if (select.dataset.wanted) select.value = select.dataset.wanted;
  } catch (error) {
    delete select.dataset.filled;
    complain(error);
  }
}

/** What the first option of the question box says, and the way to connect a model, as things are now. */
function tellWhetherConnected(select, connected) {
  if (!select.matches("[data-model]")) return;
  select.options[0].text = connected ? _("Default model") : _("No AI model: quoting only");
  select.parentElement.classList.toggle("whole", !connected);
  const link = select.closest("form").querySelector("[data-connect]");
  if (link) link.hidden = connected;
}
