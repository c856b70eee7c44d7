// Buttons by which files are added: `data-choose="files"` or `"folder"`. The uploading is fetched when one is used.

import { complain } from "./toast.js";

/** Makes the buttons in `within` work. */
export function adding(within) {
  for (const button of within.querySelectorAll("[data-choose]")) {
    button.addEventListener("click", () => choose({ folder: button.dataset.choose === "folder" }));
  }
}

/** Lets the reader choose files, or a folder, to add. Call it while a click is being handled: later it may be refused. */
export function choose({ folder = false } = {}) {
  const input = Object.assign(document.createElement("input"), { type: "file", multiple: true, hidden: true });
  input.webkitdirectory = folder;
  input.addEventListener("cancel", () => input.remove());
  input.addEventListener("change", async () => {
    input.remove();
    try {
      const { addChosen } = await import("./uploads.js");
      await addChosen([...input.files], { folder });
    } catch (error) {
      complain(error);
    }
  });
  document.body.append(input);
  input.click();
}
