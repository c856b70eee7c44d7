// Colours and language: cookies of this browser, followed at once.

import { keep } from "./zone.js";

const form = document.querySelector("[data-appearance]");

function colour(value) {
  keep("wellread_theme", value);
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
}

// What was chosen before this was loaded.
const chosen = form.querySelector('[name="theme"]:checked')?.value ?? "";
if (chosen !== (document.documentElement.dataset.theme ?? "")) colour(chosen);

form.addEventListener("change", (event) => {
  const { name, value } = event.target;
  if (name === "theme") {
    colour(value);
  } else {
    keep("wellread_language", value);
    location.reload();
  }
});
