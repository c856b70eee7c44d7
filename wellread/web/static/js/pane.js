// The reader beside the answer, or over it on a small screen. Going back closes it.

import { withoutCard } from "./citations.js";

const pane = document.getElementById("pane");
const desk = document.getElementById("desk");
let before = null; // what had the focus

export const paneIsOpen = () => !pane.hidden;

/** Opens a place in the pane. */
export async function openPane(url, { keepFocus = false } = {}) {
  await import("./reader.js");
  if (!paneIsOpen()) {
    before = document.activeElement;
    history.pushState({ pane: true }, "");
  }
  show();
  await pane.querySelector("wr-reader").open(url, { keepFocus });
}

/** Closes it and gives the focus back. */
export function closePane() {
  if (paneIsOpen() && history.state?.pane) history.back();
  else hide();
}

function show() {
  pane.hidden = false;
  desk.classList.add("open");
}

function hide() {
  if (!paneIsOpen()) return;
  pane.hidden = true;
  desk.classList.remove("open");
  const mark = document.querySelector("a.cite.here");
  withoutCard(() => (mark || before)?.focus({ preventScroll: true }));
}

addEventListener("popstate", () => hide());
pane.addEventListener("wr-reader-close", () => closePane());
