// A talk's recording and its transcript: one follows the other.

import { centre } from "./scrolling.js";

const PATIENCE = 4000; // milliseconds for which a reader who scrolled is left alone before following is offered

/** Ties the player of an article to its transcript. A chapter that is still to come is asked for by `fetchNow` when it
 * is played. Gives what is to be called when one has come, and what unties the two. */
export function player(article, fetchNow) {
  const media = article.querySelector("video, audio");
  let cues = [];
  let starts = [];
  const collect = () => {
    cues = [...article.querySelectorAll(".cue, .chapter[data-later]")];
    starts = cues.map((cue) => Number(cue.dataset.start));
  };
  collect();
  if (!media || !cues.length) return { come: () => {}, stop: () => {} };
  const followButton = article.querySelector(".follow");
  const chapters = [...article.querySelectorAll(".reader-contents .seek")];
  const leaving = new AbortController();
  const on = (target, names, act, options = {}) => {
    for (const name of names) target.addEventListener(name, act, { ...options, signal: leaving.signal });
  };
  let current = null;
  let isFollowing = true;
  let ownScroll = 0;

  const follow = (wanted) => {
    isFollowing = wanted;
    followButton.hidden = wanted || media.paused;
  };

  const show = (cue) => {
    ownScroll = Date.now();
    centre(cue, { smooth: true });
  };

  const tick = () => {
    const cue = cues[at(starts, media.currentTime * 1000 + 50)];
    if (cue === current) return;
    current?.removeAttribute("aria-current");
    current = cue;
    if (cue?.dataset.later) fetchNow(cue);
    else cue?.setAttribute("aria-current", "true");
    mark(chapters, media.currentTime * 1000 + 50);
    if (cue && isFollowing && !media.paused) show(cue);
  };

  on(media, ["timeupdate", "seeked", "loadedmetadata"], tick);
  if (media.readyState) tick(); // it was there before this script
  on(media, ["play"], () => {
    follow(true);
    if (current) show(current);
  });
  on(media, ["pause"], () => (followButton.hidden = true));
  on(document, ["wheel", "touchmove"], () => !media.paused && follow(false), { passive: true });
  on(document, ["scroll"], () => {
    if (!media.paused && Date.now() - ownScroll > PATIENCE) follow(false);
  }, { passive: true, capture: true });
  on(followButton, ["click"], () => {
    follow(true);
    if (current) show(current);
  });
  on(article, ["click"], (event) => {
    const seek = event.target.closest(".seek");
    const cue = event.target.closest(".cue p");
    const isSelecting = !getSelection().isCollapsed;
    const start = seek ? seek.dataset.start : cue && !isSelecting ? cue.parentElement.dataset.start : undefined;
    if (start === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    media.currentTime = Number(start) / 1000;
    follow(true);
    media.play().catch(() => {}); // the browser may want to be asked by its own button
  });
  const come = () => {
    collect();
    current?.removeAttribute("aria-current");
    current = null;
    tick();
  };
  return { come, stop: () => leaving.abort() };
}

/** The last of `starts` that is not behind `time`; -1 before the first. */
function at(starts, time) {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function mark(chapters, time) {
  const now = at(chapters.map((chapter) => Number(chapter.dataset.start)), time);
  chapters.forEach((chapter, i) => {
    if (i === now) chapter.setAttribute("aria-current", "true");
    else chapter.removeAttribute("aria-current");
  });
}
