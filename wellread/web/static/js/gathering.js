// The files behind what was dropped or chosen, folders opened.

import { send } from "./api.js";

const MOST = 5000; // files of a folder that are looked at
let formats = null;

/** What the server reads: `{ suffixes, largest }`. */
export function readable() {
  formats ||= send("GET", "/api/v1/formats").catch((error) => {
    formats = null;
    throw error;
  });
  return formats;
}

/** The entries of a drop. Take them while its event is being handled: afterwards they are gone. */
export function entriesOf(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = entries.length ? [] : [...transfer.files];
  return { entries, files };
}

/** `{ chosen, passed, most }`: files with their folder, how many in folders are in no format that is read, and, where
 * there are more than are looked at, how many those are. */
export async function gathered({ entries, files }) {
  const chosen = files.map((file) => ({ file, folder: folderOf(file) }));
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) chosen.push({ file: await fileOf(entry), folder: "" });
    else await below(entry, found);
  }
  return kept(chosen, found);
}

/** The same for the files of an input that chose a folder. */
export async function gatheredFolder(files) {
  return kept([], [...files].slice(0, MOST).map((file) => ({ file, folder: folderOf(file) })));
}

async function kept(named, found) {
  const { suffixes } = found.length ? await readable() : { suffixes: [] };
  const known = found.filter(({ file, folder }) => {
    const hidden = `/${folder}/${file.name}`.includes("/.") || folder.includes("__MACOSX");
    return !hidden && suffixes.some((suffix) => file.name.toLowerCase().endsWith(suffix));
  });
  return { chosen: [...named, ...known], passed: found.length - known.length, most: found.length >= MOST ? MOST : 0 };
}

async function below(folder, found) {
  const reader = folder.createReader();
  while (found.length < MOST) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const entry of entries) {
      if (found.length >= MOST) return;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory) await below(entry, found);
      else found.push({ file: await fileOf(entry), folder: folder.fullPath });
    }
  }
}

function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function folderOf(file) {
  return (file.webkitRelativePath || "").split("/").slice(0, -1).join("/");
}
