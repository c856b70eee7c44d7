// Runs that go on: the parts of their pictures are drawn anew as the server sends them.

import { fragment } from "./api.js";

const SLICE = 8; // ms of a frame that are drawn in: when a long answer ends, all of it is drawn anew
const MOST = 3; // runs that are followed at once: a browser has six connections to a server, for all its tabs
const TOP = 60; // pixels of the window that the bar covers
const AGAIN = 3000; // ms until a stream that the server refused is asked for again

const waiting = []; // runs to be followed when another has ended
const followed = new Map(); // what ends the following, by article

/**
 * Follows a run until it has ended. `changed(article, state)` is called when it comes to another state;
 * `renew(article)` when its stream cannot be gone on with, to have the article drawn anew from what is stored.
 */
export function follow(article, changed, renew) {
  if (followed.size >= MOST) {
    waiting.push([article, changed, renew]);
    return;
  }
  const source = new EventSource(article.dataset.live);
  followed.set(article, () => source.close());
  let drawing = Promise.resolve();
  const leave = () => {
    source.close();
    followed.delete(article);
    const next = waiting.shift();
    if (next) follow(...next);
  };
  source.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    if (told.ended) leave();
    drawing = drawing.then(() => show(article, told, changed)).catch(() => renew(article));
  };
  source.onerror = () => {
    // The browser comes back by itself after a broken connection; not after an answer that is no stream.
    if (source.readyState !== EventSource.CLOSED) return;
    leave();
    setTimeout(() => renew(article), AGAIN);
  };
}

async function show(article, { state, ended, parts }, changed) {
  const hold = holding(article);
  let until = performance.now() + SLICE;
  for (const part of parts) {
    if (performance.now() > until && !document.hidden) {
      await new Promise(requestAnimationFrame);
      until = performance.now() + SLICE;
    }
    draw(part);
    hold();
  }
  if (ended) article.removeAttribute("data-live");
  if (article.dataset.state !== state) {
    article.dataset.state = state;
    changed(article, state);
  }
}

// A page that is left lets its connections go; one that the browser brings back as it was is drawn anew.
addEventListener("pagehide", () => {
  for (const end of followed.values()) end();
  followed.clear();
  waiting.length = 0;
});
addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector(".run[data-live]")) location.reload();
});

/** What keeps the block that is read first on the screen where it is, when those above it become longer. */
function holding(article) {
  const read = [...article.querySelectorAll(".block")].find((block) => block.getBoundingClientRect().bottom > TOP);
  if (!read) return () => {};
  const { top } = read.getBoundingClientRect();
  if (top > innerHeight) return () => {};
  return () => {
    const now = document.getElementById(read.id);
    const by = now ? now.getBoundingClientRect().top - top : 0;
    if (Math.abs(by) >= 1) scrollBy({ top: by, behavior: "instant" });
  };
}

function draw({ id, html, within }) {
  const made = fragment(html).firstElementChild;
  const old = document.getElementById(id);
  if (!old) {
    document.getElementById(within)?.append(made);
    return;
  }
  const open = old.querySelector(":popover-open")?.id;
  for (const details of old.querySelectorAll("details[id]")) {
    const same = made.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = details.open;
  }
  for (const input of old.querySelectorAll("input[id]:checked")) {
    const same = made.querySelector(`#${CSS.escape(input.id)}`);
    if (same) same.checked = true;
  }
  putInPlace(old, made);
  if (open) document.getElementById(open)?.showPopover();
}

/** Puts an element in the place of another; what was focused in that one is focused in this. */
export function putInPlace(old, made) {
  const focused = old.contains(document.activeElement) ? placeOf(document.activeElement) : "";
  old.replaceWith(made);
  if (focused) made.parentElement.querySelector(focused)?.focus({ preventScroll: true });
}

/** A selector that finds an element again in what replaces it; "" for one that has nothing to be told by. */
function placeOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.dataset.act) return `[data-act="${CSS.escape(element.dataset.act)}"]`;
  if (element.dataset.citation) return `[data-citation="${CSS.escape(element.dataset.citation)}"]`;
  if (element.tagName === "SUMMARY" && element.parentElement.id) {
    return `#${CSS.escape(element.parentElement.id)} > summary`;
  }
  return element.tagName === "A" ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : "";
}
