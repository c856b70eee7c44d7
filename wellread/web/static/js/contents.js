// A table of contents by parts: what is within a section comes when that is opened, and further lines when they are
// asked for.

import { part } from "./api.js";
import { complain } from "./toast.js";

document.addEventListener(
  "toggle",
  (event) => {
    const waiting = event.target.open && event.target.matches(".contents-part") && event.target.querySelector(":scope > ul > [data-lines]");
    if (waiting) fill(waiting);
  },
  { capture: true },
);

document.addEventListener("click", (event) => {
  const waiting = event.target.closest("a")?.closest(".contents [data-lines]");
  if (!waiting || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  fill(waiting);
});

/** Puts the lines that a link leads to in its place. */
async function fill(waiting) {
  if (waiting.dataset.loading) return;
  waiting.dataset.loading = "true";
  const link = waiting.querySelector("a");
  const address = new URL(link.href);
  address.searchParams.set("part", "lines");
  try {
    const lines = await part(address.pathname + address.search);
    const first = lines.querySelector("a, summary");
    const hadFocus = link === document.activeElement;
    waiting.replaceWith(lines);
    if (hadFocus) first?.focus();
  } catch (error) {
    delete waiting.dataset.loading;
    complain(error);
  }
}
