// Follows imports: their events as they come, folded into how each stands.

import { send } from "./api.js";

const MOST = 3; // streams at once: a browser opens only a few connections to a server
const LISTED = 100; // imports that are looked at together
export const LAST = 4; // titles, and refusals, of an import that are kept: it may have tens of thousands
const LOOK = 3000; // milliseconds between two looks at the imports that have no stream yet
const ENDS = ["import.completed", "import.failed"];
const waiting = [];
const open = new Map();
let looking = 0;

/** How an import stands before its first event: `added` and `notAdded` count what `products` and `refused` are the last
 * of. */
export function fresh() {
  return {
    state: "waiting",
    reading: null,
    added: 0,
    products: [],
    notAdded: 0,
    refused: [],
    vectors: null,
    failure: null,
    isOld: false, // all of it was here already
    note: "",
    waits: "",
    since: 0, // when what goes on now began, in milliseconds; 0 where that is not known
  };
}

/** The standing without a title that was removed. */
export function without(standing, productId) {
  const products = standing.products.filter((product) => product.product_id !== productId);
  return { ...standing, products, added: standing.added - (standing.products.length - products.length) };
}

/** How an import stands, as the server says. */
function standingOf(view) {
  return {
    ...fresh(),
    state: view.state === "waiting" ? "waiting" : view.product_count ? "searchable" : "reading",
    reading: view.reading,
    added: view.product_count,
    products: view.products.slice(-LAST),
    notAdded: view.refused_count,
    refused: view.refused.slice(-LAST),
    vectors: view.vectors,
    since: view.vectors?.done ? 0 : Date.parse(view.last_event_at) || 0,
  };
}

/** `standing` after an event. */
export function after(standing, event) {
  switch (event.type) {
    case "waiting":
      return { ...standing, waits: event.for };
    case "reading":
      return { ...standing, state: "reading", waits: "", reading: event, since: Date.now() };
    case "added":
      return {
        ...standing,
        state: "searchable",
        reading: last(event, standing),
        added: standing.added + 1,
        since: Date.now(),
        products: [...standing.products, event].slice(-LAST),
      };
    case "refused":
      return {
        ...standing,
        reading: last(event, standing),
        notAdded: standing.notAdded + 1,
        refused: [...standing.refused, event].slice(-LAST),
      };
    case "embedded":
      return { ...standing, state: "searchable", vectors: event };
    case "import.completed":
      return { ...standing, state: "completed", reading: null, isOld: !event.added && !event.replaced, note: event.note };
    case "import.failed":
      return { ...standing, state: "failed", reading: null, failure: event };
    default:
      return standing;
  }
}

/** The reading that goes on, unless the event is what came of the last one. */
function last(event, { reading }) {
  return reading && reading.path === event.path && reading.number >= reading.total ? null : reading;
}

/** Calls `told(standing, event)` for how an import stands, without an event, and for each further one, to the last; that
 * is told of one that has ended, too. What it gives ends that. */
export function follow(view, told) {
  const seq = view.ended_at ? view.last_event - 1 : view.last_event;
  const following = { importId: view.import_id, told, standing: standingOf(view), seq };
  waiting.push(following);
  told(following.standing, null);
  next();
  return () => leave(following);
}

function next() {
  while (open.size < MOST && waiting.length) {
    const following = waiting.shift();
    const source = new EventSource(`/api/v1/imports/${following.importId}/events?after=${following.seq}`);
    open.set(following, source);
    source.addEventListener("message", (message) => tell(following, JSON.parse(message.data)));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) leave(following);
    });
  }
  if (waiting.length && !looking) looking = setTimeout(look, LOOK);
}

function leave(following) {
  open.get(following)?.close();
  open.delete(following);
  if (waiting.includes(following)) waiting.splice(waiting.indexOf(following), 1);
  next();
}

/** Those without a stream are looked at now and then, so that none seems to stand still. */
async function look() {
  looking = 0;
  const path = `/api/v1/imports?unended=true&limit=${LISTED}&latest=0`;
  const views = await send("GET", path).catch(() => null);
  const ends = new Map(views?.map((view) => [view.import_id, view.last_event]));
  for (const following of views ? [...waiting] : []) {
    const { importId, seq } = following;
    const isNew = ends.has(importId) ? ends.get(importId) > seq : views.length < LISTED; // not among them: it has ended
    if (!isNew || !waiting.includes(following)) continue;
    const headers = { Accept: "application/json" };
    const events = await send("GET", `/api/v1/imports/${importId}/events?after=${seq}`, { headers }).catch(() => []);
    for (const event of events) tell(following, event);
  }
  next();
}

/** Passes an event on; the last one ends the following. */
function tell(following, event) {
  if (event.seq <= following.seq) return;
  following.seq = event.seq;
  following.standing = after(following.standing, event);
  following.told(following.standing, event);
  if (ENDS.includes(event.type)) leave(following);
}
