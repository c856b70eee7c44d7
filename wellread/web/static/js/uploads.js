// Adding to the library from a page: what is chosen or dropped is sent, imported and watched, on every page.
//
// `addChosen()`, `add()`, `addDemo()` and `addFolder()` begin something; `resume()` goes on with what an earlier page
// began.
// The page hears "wellread:added" of each title that can be asked, and "wellread:imported" of each import that has ended.

import { hasEnded } from "./adding_item.js";
import { panel } from "./adding_panel.js";
import { Problem, _, send } from "./api.js";
import { gathered, gatheredFolder, readable } from "./gathering.js";
import { LAST, follow, fresh, without } from "./imports.js";
import * as kept from "./kept.js";
import { forget, sent } from "./sending.js";
import { setsOf } from "./sets.js";
import { complain, toast } from "./toast.js";

const AT_ONCE = 2; // sets that are being sent
const SEEN = 4000; // milliseconds after which what has ended well was seen
const items = [];
const removed = new Set(); // ids of titles that were added and are no longer there
let sending = 0;

/** Adds what was chosen in an input. */
export async function addChosen(files, { folder }) {
  begin(folder ? await gatheredFolder(files) : await gathered({ entries: [], files }));
}

/** Adds what was dropped: `entriesOf` its event. */
export async function add(dropped) {
  try {
    begin(await gathered(dropped));
  } catch (error) {
    complain(error);
  }
}

/** Has the demo library added. A Problem is thrown for a refusal. */
export async function addDemo() {
  watchImport(await send("POST", "/api/v1/library/demo"));
}

/** Has a folder of the server's machine added. A Problem is thrown for a refusal. */
export async function addFolder(path) {
  watchImport(await send("POST", "/api/v1/library/folder", { json: { path } }));
}

/** Whether something is being sent from this page. */
export function isSending() {
  return items.some(({ phase }) => phase === "queued" || phase === "sending");
}

/** Goes on with what an earlier page, or another program of this caller, has begun. */
export async function resume() {
  for (const set of await kept.sets()) {
    kept.alone(set.key, () => run(item({ ...set, isKept: true })), { resumed: true });
  }
  const views = await send("GET", `/api/v1/imports?unended=true&limit=50&latest=${LAST}`).catch(() => []);
  const known = new Set(views.map((view) => view.import_id));
  for (const id of kept.watched().filter((other) => !known.has(other))) {
    const view = await send("GET", `/api/v1/imports/${id}?latest=${LAST}`).catch(() => null);
    if (view) views.unshift(view);
    else kept.unwatch(id);
  }
  await Promise.all(views.filter((view) => view.ended_at).map(leaveOutRemoved));
  for (const view of views.reverse()) watchImport(view);
  if (!items.length) kept.clear();
}

/** Of what has ended: its titles that are no longer in the library are not told of. */
async function leaveOutRemoved(view) {
  for (const { product_id } of view.products) {
    const path = `/api/v1/library?query=${encodeURIComponent(product_id)}&limit=50`;
    const found = await send("GET", path).catch(() => null);
    if (found && !found.products.some((product) => product.product_id === product_id)) removed.add(product_id);
  }
}

function begin({ chosen, passed, most }) {
  if (most) {
    toast(_("Only the first {count} files of a folder are looked at. Add its parts one by one.", { count: most }), {
      bad: true,
      seconds: 12,
    });
  }
  if (passed) toast(_("Files left out, as their format is not read: {count}", { count: passed }));
  if (!chosen.length) {
    if (!passed) toast(_("There are no files in it."));
    return;
  }
  for (const set of setsOf(chosen)) {
    const key = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const begun = item({ key, files: set.map(({ file }) => file), uploads: [] });
    kept.keepFiles(key, begun.files).then((isKept) => (begun.isKept = isKept));
    kept.alone(key, () => run(begun));
  }
}

function item(values) {
  const made = {
    files: [],
    uploads: [],
    folder: "",
    isKept: false,
    phase: "queued",
    arrived: [],
    standing: fresh(),
    problem: null,
    controller: new AbortController(),
    ...values,
  };
  made.names = made.names || made.files.map((file) => file.name);
  made.size = made.files.reduce((size, file) => size + file.size, 0);
  items.push(made);
  show();
  return made;
}

/** Sends a set and has it imported; gives when it is the server's. */
async function run(one) {
  while (sending >= AT_ONCE && !one.controller.signal.aborted) await new Promise((go) => (one.go = go));
  if (one.controller.signal.aborted) return;
  sending += 1;
  one.phase = "sending";
  try {
    for (const [number, file] of one.files.entries()) await sendOne(one, number, file);
    const view = await send("POST", "/api/v1/imports", { json: { uploads: one.uploads } });
    await kept.drop(one.key);
    watchImport(view, one);
  } catch (error) {
    if (error.name !== "AbortError") fail(one, error);
  } finally {
    sending -= 1;
    items.find(({ phase, go }) => phase === "queued" && go)?.go();
    show();
  }
}

async function sendOne(one, number, file) {
  const { largest } = await readable();
  if (file.size > largest) {
    throw new Problem(413, _("{name} is too large.", { name: file.name }), _("The server takes smaller files only."));
  }
  one.uploads[number] = await sent(file, {
    upload: one.uploads[number] || "",
    begun: (upload) => {
      one.uploads[number] = upload;
      kept.keepUploads(one.key, one.uploads);
    },
    progress: (bytes) => {
      one.arrived[number] = bytes;
      show();
    },
    signal: one.controller.signal,
  });
}

function fail(one, error) {
  one.phase = "failed";
  one.problem = { message: error.message, hint: error.hint || "", status: error.status };
  if (error.status === 404) one.uploads = []; // what was sent is gone
  show();
}

function watchImport(view, one = null) {
  if (items.some((other) => other.importId === view.import_id)) {
    if (one) remove(one);
    return;
  }
  const watching = one || item({ key: view.import_id, names: view.files, folder: view.folder });
  Object.assign(watching, { importId: view.import_id, phase: "begun" });
  kept.watch(view.import_id);
  watching.leave = follow(view, (standing, event) => {
    if (event?.type === "added") removed.delete(event.product_id);
    watching.hadTitles ||= standing.added > 0;
    watching.standing = [...removed].reduce(without, standing);
    if (!event) return;
    if (event.type === "added") tell("wellread:added", event);
    if (event.type === "import.completed" || event.type === "import.failed") {
      watching.endedAt = Date.now();
      tell("wellread:imported", event);
    }
    if (!dropEmpty(watching)) show();
  });
  show();
  // Some of it was added after this page was made, perhaps.
  if (!view.ended_at && view.products.length) tell("wellread:added", view.products.at(-1));
}

/** Takes away a line whose titles were all removed again. */
function dropEmpty(one) {
  const { state, added, notAdded } = one.standing;
  const isEmpty = one.hadTitles && state === "completed" && !added && !notAdded;
  if (isEmpty) remove(one);
  return isEmpty;
}

document.addEventListener("wellread:removed", ({ detail }) => {
  removed.add(detail.product_id);
  for (const one of [...items]) {
    one.standing = without(one.standing, detail.product_id);
    if (!dropEmpty(one)) show();
  }
});

function tell(name, detail) {
  document.dispatchEvent(new CustomEvent(name, { detail }));
}

/** What the panel's buttons do. */
const acts = {
  cancel(one) {
    one.controller.abort();
    one.go?.();
    one.uploads.filter(Boolean).forEach(forget);
    remove(one);
  },
  retry(one) {
    Object.assign(one, { phase: "queued", problem: null, standing: fresh(), controller: new AbortController() });
    if (one.importId) kept.unwatch(one.importId);
    one.importId = "";
    show();
    kept.alone(one.key, () => run(one));
  },
  remove,
  close() {
    items.filter(hasEnded).forEach(remove);
  },
};

function remove(one) {
  one.leave?.();
  items.splice(items.indexOf(one), 1);
  if (one.key) kept.drop(one.key);
  if (one.importId) kept.unwatch(one.importId);
  if (!items.length) kept.clear();
  show();
}

function show() {
  panel().show(items, acts);
}

addEventListener("beforeunload", (event) => {
  // What the browser could not keep would be lost.
  if (items.some((one) => !one.isKept && (one.phase === "queued" || one.phase === "sending"))) event.preventDefault();
});

addEventListener("pagehide", () => {
  for (const one of items) {
    const isWell = one.standing.state === "completed" && !one.standing.refused.length;
    if (isWell && one.importId && Date.now() - one.endedAt > SEEN) kept.unwatch(one.importId);
  }
});
