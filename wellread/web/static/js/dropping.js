// Files that are dragged over any page: the whole of it is where they can be dropped.

import { _ } from "./api.js";
import { entriesOf } from "./gathering.js";
import { add } from "./uploads.js";
import { panel } from "./adding_panel.js";

let target = null;

function hasFiles(event) {
  return [...(event.dataTransfer?.types || [])].includes("Files");
}

/** Called at a "dragenter" with files, on any page. */
export function dropping(event) {
  event.preventDefault();
  if (target) return;
  panel(); // with its style sheet
  target = document.createElement("div");
  target.className = "drop-target";
  const said = Object.assign(document.createElement("p"), { textContent: _("Drop to add to the library") });
  const how = Object.assign(document.createElement("p"), {
    className: "small",
    textContent: _("Books, and talks together with their transcript; folders too"),
  });
  target.append(said, how);
  target.addEventListener("dragover", (over) => {
    over.preventDefault();
    over.dataTransfer.dropEffect = "copy";
  });
  target.addEventListener("dragleave", (left) => {
    if (!target.contains(left.relatedTarget)) leave();
  });
  target.addEventListener("drop", (drop) => {
    drop.preventDefault();
    const dropped = entriesOf(drop.dataTransfer);
    leave();
    add(dropped);
  });
  document.body.append(target);
}

function leave() {
  target?.remove();
  target = null;
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape") leave();
});
// A drop that is faster than this module must not have the browser open the file in place of the page. Text that is
// dragged goes where the browser lets it go.
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => {
    if (hasFiles(event)) event.preventDefault();
    if (name === "drop") leave();
  });
}
