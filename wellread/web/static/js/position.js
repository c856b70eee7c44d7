// Where reading was left off: the block at the top of what is seen, kept on this device for each title.

const MOST = 200; // titles
const KEY = "wellread-places";
const SETTLES = 400; // milliseconds after the last scrolling

/** `{section, block}` of a title, or undefined. */
export function keptPlace(product) {
  return all()[product];
}

/** Keeps the place in an article while it is scrolled, unless it was opened for a quote. Gives a function that ends it. */
export function keepPlace(article) {
  const { product, section, anchor } = article.dataset;
  if (!section || anchor || article.classList.contains("form-found")) return () => {};
  let waiting = 0;
  const keep = () => {
    const block = topBlock(article);
    // A talk shows several of its sections.
    const own = block?.closest(".chapter")?.dataset.section || section;
    put(product, { section: own, block: block?.id || "" });
  };
  const scrolled = () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, SETTLES);
  };
  document.addEventListener("scroll", scrolled, { capture: true, passive: true });
  return () => {
    clearTimeout(waiting);
    document.removeEventListener("scroll", scrolled, { capture: true });
  };
}

function topBlock(article) {
  const blocks = [...article.querySelectorAll('[id^="at-"]')];
  return blocks.find((block) => block.getBoundingClientRect().bottom > 100) || blocks[0];
}

function put(product, place) {
  const kept = all();
  delete kept[product];
  kept[product] = place; // the newest is the last
  const names = Object.keys(kept);
  for (const name of names.slice(0, Math.max(0, names.length - MOST))) delete kept[name];
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // No room, or not allowed: the place is not kept.
  }
}

function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) || {};
  } catch {
    return {};
  }
}
