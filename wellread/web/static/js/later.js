// The chapters of a long talk that are not there yet: each is fetched when it comes near, or when it is asked for.

import { part } from "./api.js";
import { complain } from "./toast.js";

const NEAR = "800px"; // from what is seen
const ACROSS = 70; // code points in a line, for the room that is kept for a chapter

/** Watches for the chapters of an article that are still to come. Each time that one has come, `come` is called.
 * Gives what fetches one at once, and what ends the watching. */
export function laterChapters(article, come) {
  const leaving = new AbortController();
  const fetching = new Map();

  const fetchNow = (chapter) => {
    if (!fetching.has(chapter)) fetching.set(chapter, fetched(chapter));
    return fetching.get(chapter);
  };

  const fetched = async (chapter) => {
    const address = new URL(chapter.dataset.later, location.href);
    address.searchParams.set("part", "chapter");
    try {
      const cues = await part(address.pathname + address.search, { signal: leaving.signal });
      const link = chapter.firstElementChild.querySelector("a");
      const hadFocus = link === document.activeElement;
      link.replaceWith(...link.childNodes);
      chapter.append(cues);
      chapter.style.minBlockSize = "";
      delete chapter.dataset.later;
      if (hadFocus) chapter.querySelector(".seek")?.focus({ preventScroll: true });
      come();
    } catch (error) {
      fetching.delete(chapter);
      if (error.name !== "AbortError") complain(error);
    }
  };

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        fetchNow(target);
      }
    },
    { rootMargin: NEAR },
  );
  for (const chapter of article.querySelectorAll(".chapter[data-later]")) {
    // Without its room all that follow would be near at once.
    chapter.style.minBlockSize = `${Math.ceil(Number(chapter.dataset.length) / ACROSS) * 1.6 + 3}rem`;
    observer.observe(chapter);
  }
  return {
    fetchNow,
    stop: () => {
      observer.disconnect();
      leaving.abort();
    },
  };
}
