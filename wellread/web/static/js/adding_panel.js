// The panel at the foot of a page that shows how adding goes: `<wr-adding>`.

// Folded it is a pill in the corner. It folds by itself where other things matter more (on all pages but the library and
// the question), and once all in it can be asked; what the reader chose is kept for the pages to come.

import { AddingItem, canBeAsked } from "./adding_item.js";
import { _ } from "./api.js";

const FOLDED = "wellread-adding-folded"; // in sessionStorage: "1" or "0", as the reader chose
const MARGIN = 16; // pixels around the pill
const TICK = 1000; // milliseconds between two looks at how long something has been going on

class AddingPanel extends HTMLElement {
  #shown = new Map();
  #acts = null;
  #said = new Set();
  #couldBeAsked = true;
  #ticking = 0;

  connectedCallback() {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", _("Adding to the library"));
    this.className = "no-print";
    this.hidden = true;
    this.head = element("p", "head");
    this.fold = button(_("Hide"), "fold", () => {
      this.#fold(!this.hasAttribute("folded"));
      keepChoice(this.hasAttribute("folded"));
    });
    this.closing = button(_("Close"), "closing", () => this.#acts.close());
    const top = element("div", "top");
    top.append(this.head, this.fold, this.closing);
    this.list = element("ul", "plain-list");
    this.live = element("p", "visually-hidden");
    this.live.setAttribute("role", "status");
    this.append(top, this.list, this.live);
    this.#fold(choice() ?? !isOfTheLibrary());
    this.#keepOff(document.querySelector(".follow-up") || document.querySelector(".ask-box"));
  }

  /** Shows how `items` stand; `acts` are what its buttons do. */
  show(items, acts) {
    this.#acts = acts;
    this.hidden = items.length === 0;
    for (const [item, shown] of this.#shown) {
      if (items.includes(item)) continue;
      shown.element.remove();
      this.#shown.delete(item);
    }
    for (const item of items) {
      if (!this.#shown.has(item)) {
        const shown = new AddingItem(item, acts);
        this.#shown.set(item, shown);
        this.list.append(shown.element);
      }
      this.#shown.get(item).update();
    }
    const going = items.filter((item) => !this.#shown.get(item).hasEnded);
    this.head.textContent = going.length
      ? _("Adding: {done} of {all} done", { done: items.length - going.length, all: items.length })
      : _("Adding has ended");
    const notAdded = items.filter((item) => this.#shown.get(item).isBad).length;
    const bad = _("Not added: {count}", { count: notAdded });
    if (notAdded) this.head.append(` · ${bad}`);
    this.head.classList.toggle("bad", notAdded > 0);
    this.closing.hidden = going.length > 0;
    this.#foldWhenDone(items);
    this.#tick(going);
    this.#tell(items);
  }

  /** Folds when the last of it can be asked, and unfolds for what is added after that, unless the reader has chosen. */
  #foldWhenDone(items) {
    const all = items.every(canBeAsked);
    const isNews = all !== this.#couldBeAsked;
    this.#couldBeAsked = all;
    if (items.length && isNews && choice() === null) this.#fold(all || !isOfTheLibrary());
  }

  /** Seconds are counted, also while nothing is heard. */
  #tick(going) {
    if (going.length && !this.#ticking) {
      this.#ticking = setInterval(() => this.#shown.forEach((shown) => shown.hasEnded || shown.update()), TICK);
    } else if (!going.length) {
      clearInterval(this.#ticking);
      this.#ticking = 0;
    }
  }

  /** Keeps the pill above the question box wherever they would meet. */
  #keepOff(box) {
    if (!box) return;
    const place = () => {
      const at = box.getBoundingClientRect();
      const foot = innerHeight - this.offsetHeight - 2 * MARGIN; // where the pill would begin
      const meets = at.bottom > foot && at.top < innerHeight;
      this.style.setProperty("--above", `${meets ? Math.max(0, innerHeight - at.top) : 0}px`);
    };
    const watching = new ResizeObserver(place);
    for (const one of [box, this, document.body]) watching.observe(one);
    addEventListener("scroll", place, { passive: true });
    addEventListener("resize", place);
    box.addEventListener("focusin", place);
    box.addEventListener("focusout", place);
    place();
  }

  /** Says aloud what can be asked now and what was refused, each once. */
  #tell(items) {
    for (const { standing, problem } of items) {
      for (const { title } of standing.products) this.#sayOnce(_("{title} can be asked now.", { title }));
      for (const { message } of standing.refused) this.#sayOnce(message);
      if (problem) this.#sayOnce(problem.message);
    }
  }

  #sayOnce(text) {
    if (this.#said.has(text)) return;
    this.#said.add(text);
    this.live.textContent = text;
  }

  #fold(isFolded) {
    this.toggleAttribute("folded", isFolded);
    this.fold.setAttribute("aria-expanded", String(!isFolded));
    this.fold.textContent = isFolded ? _("Show") : _("Hide");
  }
}

customElements.define("wr-adding", AddingPanel);

function isOfTheLibrary() {
  return ["/", "/library"].includes(location.pathname);
}

/** Whether the reader folded it, or null when they left it alone. */
function choice() {
  try {
    const kept = sessionStorage.getItem(FOLDED);
    return kept && kept === "1";
  } catch {
    return null; // where storage is forbidden
  }
}

function keepChoice(isFolded) {
  try {
    sessionStorage.setItem(FOLDED, isFolded ? "1" : "0");
  } catch {
    // Then it is kept on this page only.
  }
}

/** The panel of this page; it is made when it is first asked for. */
export function panel() {
  const found = document.querySelector("wr-adding");
  if (found) return found;
  const href = new URL("../css/adding.css", import.meta.url).href;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
  const made = document.createElement("wr-adding");
  document.body.append(made);
  return made;
}

function element(name, className) {
  return Object.assign(document.createElement(name), { className });
}

function button(text, className, act) {
  const made = Object.assign(element("button", `button bare small ${className}`), { type: "button", textContent: text });
  made.addEventListener("click", act);
  return made;
}
