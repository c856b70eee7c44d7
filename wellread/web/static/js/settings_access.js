// Tokens and accounts: made, shown once, removed.

import { _, send } from "./api.js";
import { copyField } from "./copying.js";
import { confirmed, problem, refresh } from "./settings.js";
import { complain, toast } from "./toast.js";

const made = document.querySelector("[data-made]");

forms("[data-new-token]", async (form) => {
  const { token } = await send("POST", "/api/v1/tokens", { json: { name: form.elements.name.value } });
  made.hidden = false;
  made.querySelector("[data-secret]").value = token;
  made.querySelector("[data-said]").textContent = "";
  for (const place of document.querySelectorAll("[data-secret-here]")) place.textContent = token;
  made.querySelector("h2").focus();
  await refresh("tokens");
});

made?.querySelector("[data-copy]").addEventListener("click", async () => {
  if (await copyField(made.querySelector("[data-secret]")))
    made.querySelector("[data-said]").textContent = _("The token is copied.");
});

forms("[data-new-account]", async (form) => {
  const { name, password, is_admin: admin } = form.elements;
  const account = { name: name.value, password: password.value, is_admin: admin.checked };
  await send("POST", "/api/v1/accounts", { json: account });
  toast(_("{name} may log in now.", { name: account.name }));
  await refresh("accounts");
});

function forms(selector, act) {
  const form = document.querySelector(selector);
  if (!form) return;
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem(form, "");
    try {
      await act(form);
      form.reset();
    } catch (error) {
      problem(form, error.words);
    } finally {
      button.disabled = false;
    }
  });
  button.disabled = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-remove]");
  if (!button) return;
  const { remove, name, question, freshAfter } = button.dataset;
  if (!(await confirmed(question, name, _("Remove it")))) return;
  try {
    await send("DELETE", remove);
    await refresh(freshAfter);
    toast(_("{name} is removed.", { name }));
  } catch (error) {
    complain(error);
  }
});
