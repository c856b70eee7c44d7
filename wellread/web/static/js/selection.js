// "Ask about this": a button beside selected words of the reader.

import { _ } from "./api.js";

const LONGEST = 400; // characters of a quote
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** Offers it in a reader. Gives a function that ends it. */
export function askAboutSelection(reader) {
  const listening = new AbortController();
  const { signal } = listening;
  let button = null;
  const remove = () => {
    button?.remove();
    button = null;
  };
  const show = () => {
    const selection = getSelection();
    const words = selection.toString().trim().replace(/\s+/g, " ");
    const article = reader.querySelector("article.reader");
    const inside = selection.rangeCount && selection.getRangeAt(0).commonAncestorContainer;
    const text = inside && (inside.nodeType === Node.TEXT_NODE ? inside.parentElement : inside).closest?.(".reader-text, .transcript, .reader-main");
    remove();
    if (!words || selection.isCollapsed || !article || !text || !reader.contains(text)) return;
    const quote = shortened(completed(words, selection.getRangeAt(0)));
    button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button ask-about",
      textContent: _("Ask about this"),
    });
    button.addEventListener("pointerdown", (event) => event.preventDefault()); // the words stay selected
    button.addEventListener("click", () => {
      remove();
      ask(reader, article.dataset.product, article.dataset.title, quote);
    });
    reader.append(button);
    place(button, selection.getRangeAt(0), reader);
  };
  const selectionChanged = () => {
    if (button && getSelection().isCollapsed) remove();
  };
  const released = (event) => {
    if (event.shiftKey || event.key === "Shift") show();
  };
  const pressed = (event) => {
    if (event.key === "Escape" && button) {
      event.preventDefault();
      remove();
    }
  };
  document.addEventListener("selectionchange", selectionChanged, { signal });
  reader.addEventListener("pointerup", () => setTimeout(show), { signal });
  reader.addEventListener("keyup", released, { signal });
  reader.addEventListener("keydown", pressed, { signal });
  return () => {
    remove();
    listening.abort();
  };
}

/** The word that the character at an offset is within, behind its first; undefined between words. */
function wordAt(text, offset) {
  const word = segmenter.segment(text).containing(offset);
  return word?.isWordLike && word.index < offset ? word : undefined;
}

/** The selected words with what is missing of the first and of the last. */
function completed(words, { startContainer, startOffset, endContainer, endOffset }) {
  const isText = (node) => node.nodeType === Node.TEXT_NODE;
  const first = isText(startContainer) && wordAt(startContainer.data, startOffset);
  const last = isText(endContainer) && wordAt(endContainer.data, endOffset);
  const before = first ? startContainer.data.slice(first.index, startOffset) : "";
  const behind = last ? endContainer.data.slice(endOffset, last.index + last.segment.length) : "";
  return before + words + behind;
}

/** The words that there is room for. */
function shortened(words) {
  if (words.length <= LONGEST) return words;
  const end = wordAt(words, LONGEST - 1)?.index || LONGEST - 1; // a word without end is cut all the same
  return `${words.slice(0, end).trimEnd()}…`;
}

function ask(reader, productId, title, quote) {
  const asked = new CustomEvent("wr-ask-about", {
    bubbles: true,
    cancelable: true,
    detail: { productId, title, quote },
  });
  if (reader.dispatchEvent(asked)) location.assign(`/?${new URLSearchParams({ in: productId, about: quote })}`);
}

function place(button, range, reader) {
  const lines = range.getClientRects();
  const last = lines[lines.length - 1] || range.getBoundingClientRect();
  const around = reader.getBoundingClientRect();
  const left = Math.min(Math.max(last.right - around.left - button.offsetWidth / 2, 8), around.width - button.offsetWidth - 8);
  button.style.left = `${left + reader.scrollLeft}px`;
  button.style.top = `${last.bottom - around.top + reader.scrollTop + 8}px`; // the pane may scroll by itself
}
