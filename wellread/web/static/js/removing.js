// Titles that are being removed: for some seconds it can be undone, on whichever page the reader is by then.
//
// What waits is kept in the browser. The page that is there when the time has come takes it and sends the request; when
// the browser was closed before, that is the next page. `page.js` calls `goOn()` where something waits. A page hears
// "wellread:stays" and "wellread:removed", each with the title's id.

import { _, send } from "./api.js";
import { complain, toast } from "./toast.js";

const NAME = "wellread-removing"; // in localStorage; `page.js` looks for it
const SECONDS = 8; // in which a removal can be undone
let unkept = []; // where storage is forbidden

/** Has a title removed when the time to undo it is over. */
export function removing(id, title) {
  const one = { id, title, due: Date.now() + SECONDS * 1000 };
  keep([...waiting().filter((other) => other.id !== id), one]);
  offer(one);
}

/** Whether a title waits to be removed. */
export function isLeaving(id) {
  return waiting().some((one) => one.id === id);
}

/** Goes on with what an earlier page began. */
export function goOn() {
  waiting().forEach(offer);
}

function offer(one) {
  const left = Math.min(SECONDS * 1000, one.due - Date.now());
  if (left <= 0) {
    carryOut(one);
    return;
  }
  toast(_("{title} will be removed.", { title: one.title }), {
    action: _("Undo"),
    act: () => {
      if (taken(one)) tell("stays", one);
    },
    seconds: left / 1000,
  });
  setTimeout(() => carryOut(one), left);
}

async function carryOut(one) {
  if (!taken(one)) return; // undone, or another page is at it
  const isLong = setTimeout(() => toast(_("It is removed when what is being added now is done."), { seconds: 30 }), 1500);
  try {
    await remove(one);
    tell("removed", one);
  } catch (error) {
    tell(error.status === 404 ? "removed" : "stays", one);
    if (error.status !== 404) complain(error);
  } finally {
    clearTimeout(isLong);
  }
}

/** The request goes on when this page is left meanwhile. */
function remove({ id }) {
  return send("DELETE", `/api/v1/library/${encodeURIComponent(id)}`, { keepalive: true });
}

function tell(kind, { id }) {
  document.dispatchEvent(new CustomEvent(`wellread:${kind}`, { detail: { product_id: id } }));
}

/** Takes what waits out of what is kept; false when it is not there any more. */
function taken(one) {
  const all = waiting();
  const others = all.filter(({ id, due }) => id !== one.id || due !== one.due);
  if (others.length === all.length) return false;
  keep(others);
  return true;
}

function waiting() {
  try {
    return JSON.parse(localStorage.getItem(NAME) || "[]");
  } catch {
    return unkept;
  }
}

function keep(all) {
  try {
    if (all.length) localStorage.setItem(NAME, JSON.stringify(all));
    else localStorage.removeItem(NAME);
  } catch {
    unkept = all;
  }
}

// No next page will know of what could not be kept.
addEventListener("pagehide", () => {
  for (const one of unkept.splice(0)) remove(one).catch(() => null);
});
