// What an empty library offers: files, a folder, the demo. When the first of it can be asked, the page is loaded anew.

import { adding } from "./adding.js";
import { send } from "./api.js";
import { complain } from "./toast.js";

const shown = document.querySelector("[data-first-run]");

adding(shown);

shown.querySelector("[data-add-demo]")?.addEventListener("click", async (event) => {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    const { addDemo } = await import("./uploads.js");
    await addDemo();
  } catch (error) {
    button.disabled = false;
    complain(error);
  }
});

shown.querySelector("[data-add-folder]")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.currentTarget;
  const problem = form.querySelector(".problem");
  problem.textContent = "";
  form.elements.path.removeAttribute("aria-invalid");
  try {
    const { addFolder } = await import("./uploads.js");
    await addFolder(form.elements.path.value);
  } catch (error) {
    problem.textContent = error.words || error.message;
    form.elements.path.setAttribute("aria-invalid", "true");
    form.elements.path.focus();
  }
});

document.addEventListener("wellread:added", again);
document.addEventListener("wellread:imported", again);

/** Loads the page anew, unless that would cut something off; the panel goes on with the rest. Only when a title is there
 * now: what was added may have been removed again, and this page would come back for ever. */
async function again() {
  const { isSending } = await import("./uploads.js");
  if (isSending()) return;
  const { total } = await send("GET", "/api/v1/library?limit=1").catch(() => ({ total: 0 }));
  if (total && !isSending()) location.reload();
}
