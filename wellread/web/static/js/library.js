// The library's page: what is typed is looked for at once, further titles come when they are asked for.

import { _, part, send } from "./api.js";
import { adding } from "./adding.js";
import { onKey } from "./keys.js";
import { complain } from "./toast.js";
import { keep } from "./zone.js";

const PAUSE = 180; // milliseconds after the last key
const REST = 500; // after what was typed is shown, when the choices beside it are counted anew
const NEAR = "600px"; // from the last title, at which further ones are fetched
const form = document.querySelector(".library-search");
const found = document.getElementById("found");
let looking = new AbortController();
let hasFurther = false; // titles that were fetched after the first

if (form) {
  const box = form.elements.query;
  form.classList.add("live");
  unfold();
  let timer = 0;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    rest(true); // its links are of what was typed before
    timer = setTimeout(() => lookWhileTyping(addressOf(form)), PAUSE);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    look(addressOf(form));
  });
  found.addEventListener("click", (event) => {
    if (!event.target.closest("[data-clear]")) return;
    event.preventDefault();
    box.value = "";
    box.focus();
    look(addressOf(form));
  });
  onKey("/", () => box.focus());
  document.addEventListener("wellread:removed", () => look(location.href));
  document.addEventListener("wellread:added", () => {
    if (hasFurther) {
      offer();
      return;
    }
    clearTimeout(timer);
    timer = setTimeout(() => look(location.href), PAUSE);
  });
}

/** Offers to show what is new: whoever has gone far down the shelf is not to be put back to its beginning. */
function offer() {
  if (found.querySelector("[data-new]")) return;
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button small new-titles",
    textContent: _("There are new titles: show them"),
  });
  button.dataset.new = "";
  button.addEventListener("click", async () => {
    await look(location.href);
    scrollTo({ top: 0 });
    form.elements.query.focus({ preventScroll: true });
  });
  found.querySelector(".found-said").after(button);
  document.getElementById("found-told").textContent = button.textContent;
}


/** Lets nobody choose among what the titles can be narrowed by until it is counted anew. */
function rest(isWanted) {
  const facets = found.querySelector(".facets");
  if (facets) facets.inert = isWanted;
}

/** Shows what is found at an address of this page. */
async function look(address) {
  await show(address, "found", (fresh) => found.replaceChildren(fresh));
}

/** Shows the titles that are found at an address at once, and what they can be narrowed by when typing rests. */
async function lookWhileTyping(address) {
  const shelf = found.querySelector(".shelf");
  const isShown = await show(address, "shelf", (fresh) => shelf.replaceWith(fresh));
  const { signal } = looking;
  if (!isShown) return;
  await new Promise((rested) => setTimeout(rested, REST));
  if (signal.aborted) return;
  await show(address, "facets", (fresh) => {
    const isOpen = found.querySelector(".facets")?.open;
    found.querySelector(".facets")?.remove();
    const columns = found.querySelector(".found-columns");
    columns.prepend(fresh);
    const counted = found.querySelector(".facets");
    columns.classList.toggle("plain", !counted);
    if (counted && isOpen) counted.open = true;
  });
}

/** Puts a part of an address of this page in its place, and gives whether it came to that. */
async function show(address, name, put) {
  looking.abort();
  looking = new AbortController();
  const isShelf = name !== "facets";
  if (isShelf) found.setAttribute("aria-busy", "true");
  try {
    put(await part(withPart(address, name), { signal: looking.signal }));
    unfold();
    if (isShelf) {
      hasFurther = false;
      found.removeAttribute("aria-busy");
      history.replaceState(null, "", address);
      watch();
      document.getElementById("found-told").textContent = found.querySelector(".found-said").textContent.trim();
    }
    return true;
  } catch (error) {
    if (error.name === "AbortError") return false;
    found.removeAttribute("aria-busy");
    rest(false);
    complain(error);
    return false;
  }
}

function addressOf(of) {
  const values = new URLSearchParams([...new FormData(of)].filter(([, value]) => value.trim()));
  return `/library${values.size ? `?${values}` : ""}`;
}

function withPart(address, name) {
  const url = new URL(address, location.href);
  url.searchParams.set("part", name);
  return url.pathname + url.search;
}

/** On a wide screen the choices are unfolded, which the style sheet does where it can. */
function unfold() {
  const facets = found.querySelector(".facets");
  const can = CSS.supports("selector(::details-content)");
  if (facets && !can && matchMedia("(min-width: 60.01rem)").matches) facets.open = true;
}

const observer = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => more(entry.target)),
  { rootMargin: NEAR },
);

function watch() {
  observer.disconnect();
  const further = found?.querySelector("[data-further]");
  if (further) observer.observe(further);
}

/** Puts the further titles in place of the link to them. */
async function more(further) {
  if (further.dataset.loading) return;
  further.dataset.loading = "true";
  const hasFocus = further.contains(document.activeElement);
  try {
    const titles = await part(withPart(further.querySelector("a").href, "more"));
    const first = titles.querySelector("a");
    further.replaceWith(titles);
    hasFurther = true;
    if (hasFocus) first?.focus();
    watch();
  } catch (error) {
    delete further.dataset.loading;
    complain(error);
  }
}

found?.addEventListener("click", (event) => {
  const further = event.target.closest("[data-further]");
  if (!further || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  more(further);
});

for (const choice of document.querySelectorAll(".shelf-choice a")) {
  choice.addEventListener("click", (event) => {
    event.preventDefault();
    found.dataset.shelf = choice.dataset.shelf;
    document.querySelector(".shelf-choice [aria-current]")?.removeAttribute("aria-current");
    choice.setAttribute("aria-current", "true");
    keep("wellread_shelf", choice.dataset.shelf);
  });
}

watch();
adding(document);
// What the caller adds by other ways is shown here too.
send("GET", "/api/v1/imports?unended=true&limit=1&latest=0")
  .then((views) => views.length && import("./uploads.js").then(({ resume }) => resume()))
  .catch(() => null);
