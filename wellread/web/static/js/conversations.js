// The list of conversations: search while writing, further parts, and what can be done with each.
//
// Deleting waits until the toast that offers to undo it is gone. Who leaves the page meanwhile has not undone it: what
// waits is deleted then. A page that is killed deletes nothing.

import { _, part, send } from "./api.js";
import { share } from "./sharing.js";
import { complain, toast } from "./toast.js";
import { zoneChanged } from "./zone.js";

const UNDO_SECONDS = 8;
const SEARCH_AFTER = 180; // milliseconds without a key

const list = document.querySelector("[data-list]");
const heard = document.querySelector("[data-heard]");
const search = document.querySelector("[data-search]");
const dialog = document.querySelector("[data-sharing]");
const waiting = new Map(); // address of what is to be deleted → what carries it out

// Search

let searching = null;

async function show(address) {
  searching?.abort();
  searching = new AbortController();
  list.setAttribute("aria-busy", "true");
  try {
    const found = await part(asPart(address), { signal: searching.signal });
    list.replaceChildren(found);
    hideDeleted();
    history.replaceState(null, "", address);
    list.removeAttribute("aria-busy");
    heard.textContent = list.querySelector("[data-found]")?.firstChild.textContent.trim() || "";
  } catch (error) {
    complain(error);
    if (error.name !== "AbortError") list.removeAttribute("aria-busy");
  }
}

function asPart(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("part", "1");
  return url.pathname + url.search;
}

function wanted() {
  const query = search.elements.query.value.trim();
  return query ? `/conversations?${new URLSearchParams({ query })}` : "/conversations";
}

let pause;
search?.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => show(wanted()), SEARCH_AFTER);
});
search?.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(pause);
  show(wanted());
});

list.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-all], a[data-further]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.matches("[data-all]")) {
    search.elements.query.value = "";
    await show("/conversations");
    search.elements.query.focus();
  } else if (link.getAttribute("aria-disabled") !== "true") {
    link.setAttribute("aria-disabled", "true");
    await further(link).catch((error) => {
      link.removeAttribute("aria-disabled");
      complain(error);
    });
  }
});

/** Puts the next part at the end of the list; what belongs to the last day joins it. */
async function further(link) {
  const more = await part(asPart(link.href));
  more.querySelector("[data-found]")?.remove();
  const last = [...list.querySelectorAll("[data-day]")].at(-1);
  const first = more.querySelector("[data-day]");
  const next = more.querySelector("a.title");
  if (last && first?.dataset.day === last.dataset.day) {
    last.querySelector("ul").append(...first.querySelectorAll(":scope > ul > li"));
    first.remove();
  }
  link.parentElement.replaceWith(more);
  hideDeleted();
  next?.focus();
}

// What can be done with one

class Conversation extends HTMLElement {
  connectedCallback() {
    if (this.menu) return;
    this.menu = this.querySelector("details");
    this.title_ = this.querySelector(".title");
    this.address = `/api/v1/conversations/${encodeURIComponent(this.dataset.id)}`;
    this.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (event.target.closest("details li")) this.menu.open = false;
      if (act) this[act]();
    });
  }

  rename() {
    const before = this.title_.textContent;
    const form = document.createElement("form");
    const field = Object.assign(document.createElement("input"), {
      type: "text",
      value: before,
      maxLength: 200,
      required: true,
      dir: "auto",
    });
    field.setAttribute("aria-label", _("New title"));
    form.append(field);
    this.title_.hidden = true;
    this.title_.after(form);
    field.focus();
    field.select();
    let ended = false;
    const end = async (kept) => {
      if (ended) return;
      const title = field.value.trim();
      if (!kept || !title || title === before) return close();
      ended = true;
      try {
        this.title_.textContent = (await send("PATCH", this.address, { json: { title } })).title;
        close();
      } catch (error) {
        ended = false;
        complain(error);
        field.focus();
      }
    };
    const close = () => {
      ended = true;
      const hadFocus = form.contains(document.activeElement);
      form.remove();
      this.title_.hidden = false;
      if (hadFocus) this.title_.focus();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      end(true);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      end(false);
    });
    field.addEventListener("blur", () => end(true));
  }

  async share() {
    try {
      this.shared(await share(this.dataset.id, () => this.shared("")));
    } catch (error) {
      complain(error);
    }
  }

  shared(token) {
    this.dataset.share = token;
    const badge = this.querySelector("[data-shared]");
    badge.hidden = !token;
    badge.href = `/shared/${encodeURIComponent(token)}`;
  }

  delete() {
    const { address } = this;
    const row = this.closest("li");
    const next = (row.nextElementSibling || row.previousElementSibling)?.querySelector(".title");
    hide(row, true);
    (next || search?.elements.query)?.focus();
    let timer = 0;
    const show = () => {
      const shown = row.isConnected ? row : rowOf(this.dataset.id); // a search may have made the list anew
      if (shown) hide(shown, false);
      return shown;
    };
    const carryOut = async (leaving = false) => {
      clearTimeout(timer);
      waiting.delete(address);
      try {
        await (leaving ? leave(address) : send("DELETE", address));
        row.remove();
      } catch (error) {
        if (error.status === 404) return;
        show();
        complain(error);
      }
    };
    const undo = () => {
      clearTimeout(timer);
      waiting.delete(address);
      show()?.querySelector(".title").focus();
    };
    waiting.set(address, { id: this.dataset.id, carryOut });
    toast(_("“{title}” is deleted.", { title: short(this.title_.textContent) }), {
      action: _("Undo"),
      act: undo,
      seconds: UNDO_SECONDS,
    });
    timer = setTimeout(carryOut, UNDO_SECONDS * 1000);
  }
}

customElements.define("wr-conversation", Conversation);

function hide(row, hidden) {
  row.hidden = hidden;
  const day = row.closest("[data-day]");
  if (day) day.hidden = !day.querySelector(":scope > ul > li:not([hidden])");
}

function rowOf(id) {
  return list.querySelector(`wr-conversation[data-id="${CSS.escape(id)}"]`)?.closest("li");
}

/** What waits to be deleted is not shown in a list that was made meanwhile. */
function hideDeleted() {
  for (const { id } of waiting.values()) {
    const row = rowOf(id);
    if (row) hide(row, true);
  }
}

function short(title) {
  const letters = [...title];
  return letters.length > 60 ? `${letters.slice(0, 60).join("")}…` : title;
}

function leave(address) {
  return fetch(address, { method: "DELETE", keepalive: true, headers: { "X-Requested-With": "wellread" } });
}

addEventListener("pagehide", () => {
  for (const { carryOut } of [...waiting.values()]) carryOut(true);
});

// Menus: one at a time, closed by Escape and by a click elsewhere

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = list.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

function closeMenus(except) {
  for (const menu of list.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

// A run may have ended while the reader was elsewhere.
document.addEventListener("visibilitychange", () => {
  const atRest = !list.querySelector("form, details[open]") && !dialog.open;
  if (!document.hidden && atRest && list.querySelector("[data-under-way]")) show(location.pathname + location.search);
});

if (zoneChanged()) show(location.pathname + location.search);
