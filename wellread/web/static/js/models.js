// The language models to choose from.

import { _, send } from "./api.js";
import { complain } from "./toast.js";

/** Puts the models that can be used into a <select>, once. */
export async function fillModels(select) {
  if (select.dataset.filled) return;
  select.dataset.filled = "1";
  try {
    const { models, default: chosen } = await send("GET", "/api/v1/models");
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
