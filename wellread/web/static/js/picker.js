// The dialog in which titles are chosen.

import { send } from "./api.js";
import { complain } from "./toast.js";

const PAUSE = 250; // ms after the last key before titles are looked for

/** Shows the dialog; `picked`, a Map of ids and titles, is changed as boxes are ticked. */
export function pickTitles(dialog, picked, { changed, closed }) {
  const query = dialog.querySelector("[data-picker-query]");
  const list = dialog.querySelector("[data-picker-list]");
  const show = async () => {
    try {
      const found = await send("GET", `/api/v1/library?limit=30&query=${encodeURIComponent(query.value)}`);
      list.replaceChildren(...found.products.map((product) => entry(product, picked, changed)));
    } catch (error) {
      complain(error);
    }
  };
  let pause;
  query.oninput = () => {
    clearTimeout(pause);
    pause = setTimeout(show, PAUSE);
  };
  dialog.querySelector("[data-picker-close]").onclick = () => dialog.close();
  dialog.onclose = closed;
  dialog.showModal();
  show();
}

function entry(product, picked, changed) {
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), {
    type: "checkbox",
    checked: picked.has(product.product_id),
  });
  box.addEventListener("change", () => {
    if (box.checked) picked.set(product.product_id, product.title);
    else picked.delete(product.product_id);
    changed();
  });
  label.append(box, Object.assign(document.createElement("span"), { textContent: product.title, dir: "auto" }));
  const item = document.createElement("li");
  item.append(label);
  return item;
}
