// Keys that work anywhere on a page, while nobody is writing.

const held = new Map();

/** Has `act(event)` called for a key, e.g. "/" or "Escape". The last that asked for a key has it; give false to pass on. */
export function onKey(key, act) {
  const acts = held.get(key) || [];
  held.set(key, [act, ...acts]);
}

export function isWriting(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isWriting(event.target) && event.key !== "Escape") return;
  for (const act of held.get(event.key) || []) {
    if (act(event) !== false) {
      event.preventDefault();
      return;
    }
  }
});
