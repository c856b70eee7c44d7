// The marks of an answer: a card with the evidence on hover and focus, and going from one to the next.

import { part } from "./api.js";

const DELAY = 140; // ms that the pointer rests on a mark before its card comes
const kept = new Map(); // what was fetched, by address
let card = null;
let pause = 0;
let quiet = false; // while a mark gets the focus for another reason than to be looked at
let at = null; // the mark that was last gone to

const marks = () => [...document.querySelectorAll(".answer-text a.cite")];

function cardElement() {
  if (!card) {
    card = document.createElement("div");
    card.className = "cite-card card";
    card.id = "cite-card";
    card.setAttribute("role", "tooltip");
    card.hidden = true;
    card.addEventListener("pointerenter", () => clearTimeout(pause));
    card.addEventListener("pointerleave", () => hideSoon());
    document.body.append(card);
  }
  return card;
}

async function show(link) {
  const address = new URL(link.href);
  address.searchParams.set("part", "card");
  const url = address.pathname + address.search;
  if (!kept.has(url)) kept.set(url, part(url));
  let content;
  try {
    content = await kept.get(url);
  } catch {
    kept.delete(url);
    return;
  }
  if (!link.isConnected || (at !== link && !link.matches(":hover, :focus"))) return;
  const shown = cardElement();
  shown.replaceChildren(content.cloneNode(true));
  shown.hidden = false;
  const mark = link.getBoundingClientRect();
  const size = shown.getBoundingClientRect();
  const left = Math.max(8, Math.min(mark.left + mark.width / 2 - size.width / 2, innerWidth - size.width - 8));
  const above = mark.top - size.height - 8;
  shown.style.left = `${left + scrollX}px`;
  shown.style.top = `${(above > 8 ? above : mark.bottom + 8) + scrollY}px`;
  link.setAttribute("aria-describedby", "cite-card");
}

function hide() {
  clearTimeout(pause);
  if (card) card.hidden = true;
  document.querySelector('[aria-describedby="cite-card"]')?.removeAttribute("aria-describedby");
}

function hideSoon() {
  clearTimeout(pause);
  pause = setTimeout(hide, DELAY);
}

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const link = event.target.closest?.("a.cite[href]");
    if (!link || event.pointerType === "touch" || quiet) return;
    clearTimeout(pause);
    pause = setTimeout(() => show(link), kind === "focusin" ? 0 : DELAY);
  });
}
for (const kind of ["pointerout", "focusout"]) {
  document.addEventListener(kind, (event) => {
    if (event.target.closest?.("a.cite")) hideSoon();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
});

/** Does what moves the focus without showing a card for it. */
export function withoutCard(act) {
  quiet = true;
  act();
  quiet = false;
}

/** Says which mark is being looked at. */
export function current(link) {
  document.querySelector("a.cite.here")?.classList.remove("here");
  at = link;
  link.classList.add("here");
  hide();
}

/** Goes to the next mark (1) or the one before (-1), and gives it; null when there is none. */
export function step(by) {
  const all = marks();
  if (!all.length) return null;
  let next = at?.isConnected ? all.indexOf(at) + by : -1;
  if (!at?.isConnected) {
    next = all.findIndex((mark) => mark.getBoundingClientRect().top > 60);
    if (next < 0) next = all.length - 1;
  }
  const link = all[Math.max(0, Math.min(all.length - 1, next))];
  current(link);
  withoutCard(() => link.focus({ preventScroll: true }));
  if (!document.querySelector(".desk.open")) show(link);
  link.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  return link;
}
