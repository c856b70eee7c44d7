// What is under way, kept in the browser so that the next page goes on with it: the files that are being sent, and the
// ids of the imports that are watched.

const NAME = "wellread-adding"; // of the database, and of the item in localStorage that `page.js` looks for

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("sets", { keyPath: "key" });
      opening.result.createObjectStore("uploads", { keyPath: "key" });
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function on(store, mode, act) {
  const opened = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = opened.transaction(store, mode);
      const request = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    opened.close();
  }
}

/** Keeps a set's files; false where the browser does not: a private window, no room. */
export async function keepFiles(key, files) {
  try {
    await on("sets", "readwrite", (sets) => sets.put({ key, files }));
    mark();
    return true;
  } catch {
    return false;
  }
}

/** Keeps the ids of a set's uploads, without its files anew. */
export function keepUploads(key, uploads) {
  return on("uploads", "readwrite", (stored) => stored.put({ key, uploads })).catch(() => null);
}

export async function drop(key) {
  await on("sets", "readwrite", (sets) => sets.delete(key)).catch(() => null);
  await on("uploads", "readwrite", (stored) => stored.delete(key)).catch(() => null);
}

/** The sets whose files are kept, each `{ key, files, uploads }`. */
export async function sets() {
  try {
    const found = await on("sets", "readonly", (stored) => stored.getAll());
    const uploads = await on("uploads", "readonly", (stored) => stored.getAll());
    const byKey = new Map(uploads.map((one) => [one.key, one.uploads]));
    return found.map((set) => ({ ...set, uploads: byKey.get(set.key) || [] }));
  } catch {
    return [];
  }
}

/** Runs `act` unless another page of this browser is at work on that set; without locks it cannot be told, and is
 * left alone when `resumed`. */
export function alone(key, act, { resumed = false } = {}) {
  if (!navigator.locks) return resumed ? null : act();
  return navigator.locks.request(`${NAME} ${key}`, { ifAvailable: true }, (lock) => (lock ? act() : null));
}

/** The imports that are watched. */
export function watched() {
  try {
    return JSON.parse(localStorage.getItem(NAME) || "[]");
  } catch {
    return [];
  }
}

export function watch(importId) {
  if (!watched().includes(importId)) mark([...watched(), importId]);
}

export function unwatch(importId) {
  mark(watched().filter((other) => other !== importId));
}

/** Has the next page look for what is under way. A browser that keeps nothing has it begin with what the server knows. */
function mark(ids = watched()) {
  try {
    localStorage.setItem(NAME, JSON.stringify(ids));
  } catch {
    // Storage is forbidden, or full.
  }
}

/** Nothing is under way any more. */
export function clear() {
  try {
    if (!watched().length) localStorage.removeItem(NAME);
  } catch {
    // Storage is forbidden: nothing is there.
  }
}
