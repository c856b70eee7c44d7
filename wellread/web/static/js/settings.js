// What all sections of the settings have: forms of settings, questions before something is removed, logging out.

import { _, part, send } from "./api.js";
import { complain, toast } from "./toast.js";
import { zoneChanged } from "./zone.js";

zoneChanged();
document.querySelector(".sections [aria-current]").scrollIntoView({ block: "nearest", inline: "center" });

/** Takes the part of this page with that `data-fresh` anew from the server. */
export async function refresh(name) {
  const page = await part(location.pathname + location.search);
  const fresh = page.querySelector(`[data-fresh="${name}"]`);
  document.querySelector(`[data-fresh="${name}"]`).replaceWith(fresh);
}

/** Tells what is wrong in a form, "" for nothing. */
export function problem(form, text) {
  const place = form.querySelector("[data-problem]") || form.parentElement.querySelector("[data-problem]");
  place.textContent = text;
  place.hidden = !text;
}

/** Asks before something that cannot be undone. Gives whether to do it. */
export function confirmed(question, name, action) {
  const dialog = document.querySelector("[data-confirm]");
  const shown = dialog.querySelector(".question");
  shown.textContent = question;
  if (name) shown.prepend(Object.assign(document.createElement("strong"), { textContent: name, dir: "auto" }));
  dialog.querySelector("[value=yes]").textContent = action;
  dialog.returnValue = "";
  dialog.showModal();
  dialog.querySelector("[value='']").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

document.querySelector("[data-confirm]").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) event.currentTarget.close(button.value);
});

// Forms of settings

for (const form of document.querySelectorAll("[data-settings]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form);
  });
  form.addEventListener("input", (event) => {
    const setting = event.target.closest("[data-setting]");
    if (setting) edited(setting);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reset]");
    if (!button) return;
    const setting = button.closest("[data-setting]");
    const field = setting.querySelector("input");
    field.value = setting.dataset.default;
    edited(setting);
    field.focus();
  });
  form.querySelector("button:not([type])").disabled = false;
}

function edited(setting) {
  wrong(setting, "");
  const field = setting.querySelector("input");
  const reset = setting.querySelector("[data-reset]");
  if (reset) reset.hidden = field.value === setting.dataset.default;
  setting.classList.toggle("changed", field.value !== field.defaultValue);
}

async function save(form) {
  problem(form, "");
  const settings = [...form.querySelectorAll("[data-setting]")];
  const changed = settings.filter((one) => fieldOf(one).value !== fieldOf(one).defaultValue || fieldOf(one).validity.badInput);
  let first = null;
  for (const setting of changed) {
    const text = mistake(setting);
    wrong(setting, text);
    if (text) first ??= setting;
  }
  if (first) return fieldOf(first).focus();
  if (!changed.length) return toast(_("Nothing was changed."));
  const values = Object.fromEntries(changed.map((one) => [one.dataset.setting, valueOf(one)]));
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  try {
    await send("PATCH", "/api/v1/settings", { json: values });
    for (const setting of changed) {
      const field = fieldOf(setting);
      field.value ||= setting.dataset.default;
      field.defaultValue = field.value;
      edited(setting);
    }
    toast(_("Saved. Questions asked from now on follow it."));
    if (form.dataset.then) await refresh(form.dataset.then);
  } catch (error) {
    const meant =
      changed.find((one) => error.message.startsWith(`${one.dataset.setting}: `)) ||
      changed.find((one) => new RegExp(`\\b${one.dataset.setting}\\b`).test(error.message));
    if (meant) {
      wrong(meant, error.words.replace(`${meant.dataset.setting}: `, ""));
      fieldOf(meant).focus();
    } else {
      problem(form, error.words);
    }
  } finally {
    button.disabled = false;
  }
}

function fieldOf(setting) {
  return setting.querySelector("input");
}

/** What is wrong with a value as far as can be told here; the server checks it all. */
function mistake(setting) {
  const field = fieldOf(setting);
  if (!field.dataset.kind) return "";
  if (field.validity.badInput) return _("This is no number.");
  if (field.value === "") return "";
  const number = Number(field.value);
  if (field.dataset.kind === "integer" && !Number.isInteger(number)) return _("A whole number is needed here.");
  if (number <= 0 && setting.dataset.default !== "0") return _("It must be more than 0.");
  return "";
}

/** null is the default. */
function valueOf(setting) {
  const field = fieldOf(setting);
  const text = field.value.trim();
  if (text === "" || text === setting.dataset.default) return null;
  return field.dataset.kind ? Number(text) : text;
}

function wrong(setting, text) {
  const place = setting.querySelector(".wrong");
  place.textContent = text;
  place.hidden = !text;
  fieldOf(setting).toggleAttribute("aria-invalid", Boolean(text));
}

const logOut = document.querySelector("[data-log-out]");
logOut?.addEventListener("click", async () => {
  try {
    await send("DELETE", "/api/v1/session");
    location.assign("/login");
  } catch (error) {
    complain(error);
  }
});
if (logOut) logOut.disabled = false;
