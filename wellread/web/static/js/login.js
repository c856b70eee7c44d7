// Logging in. Not with `send` of api.js: what that does at 401, going to the login, is no answer here.

import { _ } from "./api.js";

const login = document.querySelector("[data-login]");

for (const form of login.querySelectorAll("[data-form]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    logIn(form);
  });
  form.querySelector("button").disabled = false; // before, a browser would have sent the form by itself
}

async function logIn(form) {
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  say(form, "");
  const response = await fetch("/api/v1/session", {
    method: "POST",
    headers: { "X-Requested-With": "wellread", "Content-Type": "application/json" },
    body: JSON.stringify(Object.fromEntries(new FormData(form))),
  }).catch(() => null);
  if (response?.ok || response?.status === 409) {
    location.replace(login.dataset.next); // 409: no login is needed here any more
    return;
  }
  const told = (await response?.json().catch(() => null)) || {};
  const wait = Number(response?.headers.get("Retry-After") || 0);
  if (response?.status === 429 && wait) {
    await countDown(form, told.detail, wait);
  } else {
    const nothing = _("Wellread does not answer. Is it still running?");
    say(form, [told.detail, told.hint].filter(Boolean).join(" ") || nothing);
  }
  button.disabled = false;
  const secret = form.querySelector("input[type=password]");
  secret.focus();
  secret.select();
}

/** Tells once how long to wait, and on the button how much of that is left. */
async function countDown(form, detail, seconds) {
  const button = form.querySelector("button");
  const name = button.textContent;
  say(form, _("{detail} Try again in {seconds} s.", { detail, seconds }));
  for (let left = seconds; left > 0; left -= 1) {
    button.textContent = _("{seconds} s", { seconds: left });
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  button.textContent = name;
  say(form, "");
}

function say(form, text) {
  const problem = form.querySelector("[data-problem]");
  problem.textContent = text;
  problem.hidden = !text;
}
