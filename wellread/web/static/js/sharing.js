// The dialog with the link of a shared conversation: to copy it, and to take it back.

import { _, send } from "./api.js";
import { copyField } from "./copying.js";
import { complain, toast } from "./toast.js";

const dialog = document.querySelector("[data-sharing]");
let shared = null; // the conversation's address in the interface, and who hears that the link was taken back

/** Shares the conversation with that id and shows its link. Gives the token; `ended()` is called if it is taken back. */
export async function share(id, ended) {
  const address = `/api/v1/conversations/${encodeURIComponent(id)}/share`;
  const { link, token } = await send("POST", address);
  shared = { address, ended };
  const field = dialog.querySelector("input");
  field.value = link;
  said("");
  dialog.showModal();
  copyField(field).then((copied) => copied && said(_("The link is copied.")));
  return token;
}

function said(text) {
  dialog.querySelector("[data-said]").textContent = text;
}

dialog.addEventListener("click", async (event) => {
  const act = event.target.closest("[data-act]")?.dataset.act;
  if (act === "close" || event.target === dialog) dialog.close();
  if (act === "copy" && (await copyField(dialog.querySelector("input")))) said(_("The link is copied."));
  if (act === "unshare") {
    try {
      await send("DELETE", shared.address);
      dialog.close();
      shared.ended();
      toast(_("The link leads nowhere any more."));
    } catch (error) {
      complain(error);
    }
  }
});
