// What every page does: the keys that lead to the question, and files that are dropped anywhere.

import { onKey } from "./keys.js";

const caller = document.body.dataset.caller; // undefined where nobody is logged in

// What another account left in this browser (a draft, files to be sent, places in books) is not this one's.
try {
  const before = localStorage.getItem("wellread-caller");
  if (caller && before !== caller) {
    if (before !== null) {
      localStorage.clear();
      sessionStorage.clear();
      indexedDB.deleteDatabase("wellread-adding");
    }
    localStorage.setItem("wellread-caller", caller);
  }
} catch {
  // Where storage is forbidden, nothing is left.
}

onKey("/", () => {
  const box = document.querySelector("[data-ask] textarea");
  if (box) box.focus();
  else location.assign("/");
});

// The uploading is fetched when somebody drags something.
addEventListener(
  "dragenter",
  async (event) => {
    if (![...(event.dataTransfer?.types || [])].includes("Files")) return;
    const { dropping } = await import("./dropping.js");
    dropping(event);
  },
  { capture: true },
);

// Adding that an earlier page began goes on here.
if (caller && isUnderWay("wellread-adding")) import("./uploads.js").then(({ resume }) => resume());

// So does a removal that can still be undone.
if (caller && isUnderWay("wellread-removing")) import("./removing.js").then(({ goOn }) => goOn());

function isUnderWay(name) {
  try {
    return localStorage.getItem(name) !== null;
  } catch {
    return false; // where storage is forbidden
  }
}
