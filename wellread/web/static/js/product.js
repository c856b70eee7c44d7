// A title's page: editing what is known about it, and removing it.

import { _, send } from "./api.js";
import "./contents.js";
import { isLeaving, removing } from "./removing.js";
import { zoneChanged } from "./zone.js";

const page = document.querySelector("[data-product]");
const place = `/api/v1/library/${encodeURIComponent(page.dataset.product)}`;
const dialog = document.getElementById("edit");

// Editing

const form = dialog?.querySelector("form");

page.querySelector("[data-edit]")?.addEventListener("click", () => {
  dialog.showModal();
  form.elements.title.focus();
});
dialog?.querySelector("[data-cancel]").addEventListener("click", () => {
  form.reset();
  tell([]);
  dialog.close();
});
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  save(changes());
});
dialog?.querySelector("[data-take-back]")?.addEventListener("click", (event) => {
  const names = event.currentTarget.dataset.takeBack.split(" ");
  save(Object.fromEntries(names.map((name) => [name, null])));
});

/** What differs from what the page came with. */
function changes() {
  const fields = [...form.elements].filter((field) => field.name && field.value !== field.defaultValue);
  return Object.fromEntries(
    fields.map((field) => [
      field.name,
      "lines" in field.dataset ? field.value.split("\n").filter((line) => line.trim()) : field.value,
    ]),
  );
}

async function save(values) {
  tell([]);
  if (!Object.keys(values).length) {
    dialog.close();
    return;
  }
  form.setAttribute("aria-busy", "true");
  try {
    await send("PATCH", place, { json: values });
    location.reload();
  } catch (error) {
    form.removeAttribute("aria-busy");
    tell(error.errors?.length ? error.errors : [{ field: "", message: error.words || error.message }]);
  }
}

/** Says what is wrong beside the fields. */
function tell(problems) {
  for (const said of form.querySelectorAll("[data-problem]")) said.textContent = "";
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const { field, message } of problems) {
    const name = field.split(".")[0];
    const said = form.querySelector(`[data-problem="${CSS.escape(name)}"]`) || form.querySelector('[data-problem=""]');
    said.textContent = message;
    const at = form.elements[name];
    if (at) {
      at.setAttribute("aria-invalid", "true");
      if (!form.querySelector("[aria-invalid]:focus")) at.focus();
    }
  }
}

// Removing: it can be undone for a while, also on the pages to come.

const id = page.dataset.product;

page.querySelector("[data-remove]")?.addEventListener("click", () => {
  if (page.inert) return;
  leave();
  removing(id, page.dataset.title);
  document.querySelector("#toasts .toast:last-child button")?.focus();
});
if (isLeaving(id)) leave();

document.addEventListener("wellread:stays", ({ detail }) => {
  if (detail.product_id !== id) return;
  page.inert = false;
  page.classList.remove("leaving");
  page.querySelector("[data-remove]")?.focus();
});
document.addEventListener("wellread:removed", ({ detail }) => {
  if (detail.product_id === id) location.replace("/library");
});

function leave() {
  page.classList.add("leaving");
  page.inert = true;
}

if (zoneChanged()) location.reload(); // its days may be others

// Shown again by "back" after it was left, it may be gone.
addEventListener("pageshow", (event) => {
  if (event.persisted && page.inert) location.reload();
});
