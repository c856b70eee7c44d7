// Bringing a part of the reader into sight: in a pane, its own column is scrolled, and not the page around it.

const GAP = 12; // pixels that are left beside what is shown

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Scrolls an element into the middle of what is seen of the column that holds it; a tall one from its top. */
export function centre(element, { smooth = false } = {}) {
  const behavior = smooth && !isStill() ? "smooth" : "auto";
  const column = columnOf(element);
  const view = viewOf(column);
  const box = element.getBoundingClientRect();
  const top = view.top + covered(element, column);
  const wanted = top + Math.max(GAP, (view.bottom - top - box.height) / 2);
  (column || window).scrollBy({ top: box.top - wanted, behavior });
}

/** Shows a quote where the reader begins, with the titles above it, or else in the middle. */
export function showQuote(quote) {
  const column = columnOf(quote);
  const scrolled = column ? column.scrollTop : scrollY;
  if (quote.getBoundingClientRect().bottom + scrolled <= viewOf(column).bottom - GAP) toTop(quote);
  else centre(quote);
}

/** To where the reader begins. */
export function toTop(element) {
  const column = columnOf(element);
  if (column) column.scrollTop = 0;
  else scrollTo(0, 0);
}

const viewOf = (column) => {
  const top = column ? column.getBoundingClientRect().top : 0;
  return { top, bottom: top + (column || document.documentElement).clientHeight };
};

/** How many pixels of a column's top are covered by what stays there: the bars, and a recording that is played. */
function covered(element, column) {
  const edges = [column ? 0 : parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0];
  for (const one of element.closest(".reader")?.querySelectorAll(".reader-bar, video, audio") || []) {
    const style = getComputedStyle(one);
    if (style.position === "sticky") edges.push((parseFloat(style.top) || 0) + one.offsetHeight);
  }
  return Math.max(...edges);
}

function columnOf(element) {
  for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) {
    if (one.scrollHeight > one.clientHeight && /auto|scroll/.test(getComputedStyle(one).overflowY)) return one;
  }
  return null;
}
