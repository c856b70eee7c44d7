// The reader: a page by itself (`<wr-reader alone>`), or a pane that opens places beside an answer.

import { fragment, send } from "./api.js";
import { onKey } from "./keys.js";
import { laterChapters } from "./later.js";
import { player } from "./player.js";
import { keepPlace, keptPlace } from "./position.js";
import { showQuote, toTop } from "./scrolling.js";
import { askAboutSelection } from "./selection.js";
import { complain } from "./toast.js";

const WIDE = 960; // pixels from which the contents stand beside the text

class Reader extends HTMLElement {
  #fetching = null;
  #left = null; // what to undo before something else is shown
  #stopAsking = null;

  connectedCallback() {
    this.addEventListener("click", this.#clicked);
    this.addEventListener("submit", this.#submitted);
    this.#stopAsking = askAboutSelection(this);
    if (this.article) this.#shown({ goesOn: this.hasAttribute("goes-on") });
  }

  disconnectedCallback() {
    this.#fetching?.abort();
    this.#left?.();
    this.#left = null;
    this.#stopAsking();
  }

  get article() {
    return this.querySelector("article.reader");
  }

  get isAlone() {
    return this.hasAttribute("alone");
  }

  /** Shows what is at an address of the reader, and moves the focus to its heading unless it is to be kept where it is.
   * An earlier one that has not come yet is given up. Whether it worked. */
  async open(url, { keepFocus = false } = {}) {
    this.#fetching?.abort();
    const fetching = (this.#fetching = new AbortController());
    this.setAttribute("aria-busy", "true");
    try {
      const text = await send("GET", withPart(url), { as: "text", signal: fetching.signal });
      this.replaceChildren(fragment(text));
    } catch (error) {
      complain(error);
      return false;
    } finally {
      if (this.#fetching === fetching) this.removeAttribute("aria-busy");
    }
    this.#shown({ isOpened: true, focus: !keepFocus });
    const citation = this.article?.dataset.citation;
    this.dispatchEvent(
      new CustomEvent("wr-reader-opened", {
        bubbles: true,
        detail: { url, citation: citation === undefined ? null : Number(citation) },
      }),
    );
    return true;
  }

  /** Goes to the next citation of the answer. False when there is none. */
  next() {
    return this.#follow('[data-citation-step="next"]');
  }

  previous() {
    return this.#follow('[data-citation-step="previous"]');
  }

  /** Goes to the section before or behind this one. False when there is none. */
  turn(step) {
    return this.#follow(`[data-section-step="${step}"]`);
  }

  close() {
    this.dispatchEvent(new CustomEvent("wr-reader-close", { bubbles: true }));
  }

  #follow(selector) {
    const link = this.querySelector(selector);
    link?.click();
    return Boolean(link);
  }

  #clicked = (event) => {
    if (event.target.closest("[data-reader-close]")) {
      this.close();
      return;
    }
    const link = event.target.closest("a[href]");
    const isPlain = !event.defaultPrevented && event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || this.isAlone || link.target || !isPlain || !this.#isOurs(new URL(link.href))) return;
    event.preventDefault();
    this.open(link.getAttribute("href"));
  };

  #submitted = (event) => {
    if (this.isAlone || !event.target.matches(".reader-find")) return;
    event.preventDefault();
    const form = event.target;
    this.open(`${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`);
  };

  #isOurs(url) {
    return url.origin === location.origin && /^\/(read\/|library\/[^/]+\/(read|find|sections\/[^/]+)$)/.test(url.pathname);
  }

  #shown({ isOpened = false, focus = false, goesOn = false } = {}) {
    this.#left?.();
    const article = this.article;
    if (!article) return;
    for (const button of article.querySelectorAll("[data-reader-close]")) button.hidden = this.isAlone;
    const contents = article.querySelector(".reader-contents");
    if (contents && this.clientWidth >= WIDE) contents.open = true;
    if (contents?.open) showInside(contents.querySelector("nav"), contents.querySelector("[aria-current]"));
    const later = laterChapters(article, () => playing.come());
    const playing = player(article, later.fetchNow);
    const stopKeeping = keepPlace(article);
    this.#left = () => {
      later.stop();
      playing.stop();
      stopKeeping();
    };
    if (focus) article.querySelector("#reader-heading")?.focus({ preventScroll: true });
    if (goesOn) this.#goOn(article);
    else this.#scroll(article, isOpened);
  }

  /** The quote into sight; what has none is read from its top. */
  #scroll(article, isOpened) {
    const quote = article.querySelector("#quote");
    if (quote) {
      // Pictures of the pages before it have their sizes, so it stays where it is put.
      requestAnimationFrame(() => showQuote(quote));
    } else if (isOpened) {
      toTop(article);
    }
  }

  /** Back to where reading of this title was left off, on this device; not to an edition that is read no more. */
  async #goOn(article) {
    const kept = keptPlace(article.dataset.product);
    if (!kept || edition(kept.section) !== edition(article.dataset.section)) return;
    const start = kept.block.split("-")[2];
    const isHere = document.getElementById(kept.block) || (!start && kept.section === article.dataset.section);
    if (!isHere) {
      const product = encodeURIComponent(article.dataset.product);
      const address = `/library/${product}/sections/${kept.section}${start ? `?from=${start}` : ""}`;
      if (!(await this.open(address))) return;
      if (this.isAlone) history.replaceState(null, "", address);
    }
    document.getElementById(kept.block)?.scrollIntoView({ block: "start" });
  }
}

/** A section is named by its edition and its number in that. */
function edition(section) {
  return section.slice(0, section.lastIndexOf("-"));
}

function withPart(url) {
  const address = new URL(url, location.href);
  address.searchParams.set("part", "reader");
  return address.pathname + address.search;
}

/** Scrolls a column, and nothing else, so that one of its elements is seen. */
function showInside(column, element) {
  if (!column || !element || column.scrollHeight <= column.clientHeight) return;
  const offset = element.getBoundingClientRect().top - column.getBoundingClientRect().top;
  column.scrollTop += offset - column.clientHeight / 2;
}

const shownReader = () => [...document.querySelectorAll("wr-reader")].find((one) => one.article && one.offsetParent !== null);

onKey("n", () => shownReader()?.turn("next") ?? false);
onKey("p", () => shownReader()?.turn("previous") ?? false);
onKey("Escape", () => {
  const reader = shownReader();
  if (!reader || reader.isAlone) return false;
  reader.close();
  return true;
});

customElements.define("wr-reader", Reader);
