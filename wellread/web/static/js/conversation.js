// The page of a conversation: runs as they go on, what can be done with them, and the reader beside them.

import { _, part, send } from "./api.js";
import { ask } from "./ask.js";
import { current, step } from "./citations.js";
import { copy } from "./copying.js";
import { onKey } from "./keys.js";
import { fillModels } from "./models.js";
import { closePane, openPane, paneIsOpen } from "./pane.js";
import { follow, putInPlace } from "./run.js";
import { share } from "./sharing.js";
import { complain, toast } from "./toast.js";

const exchange = document.getElementById("exchange");
const conversation = exchange.dataset.conversation;
const box = exchange.querySelector("wr-ask");

const RENEW = 10_000; // ms until a run is asked for again that the server could not tell of

// Runs

let scrolled = false;
for (const kind of ["wheel", "touchmove", "keydown"]) addEventListener(kind, () => (scrolled = true), { passive: true });

/** Gives each listing of an answer a button that copies it. */
function listings(article) {
  for (const listing of article.querySelectorAll(".answer-text pre:not(:has(button))")) {
    const button = Object.assign(document.createElement("button"), {
      type: "button",
      className: "button quiet small copy-listing no-print",
      textContent: _("Copy"),
    });
    const text = listing.textContent;
    button.addEventListener("click", async () => {
      if (await copy(text)) toast(_("Copied."));
    });
    listing.append(button);
  }
}

function changed(article, state) {
  const work = document.getElementById(`${article.id}-work`);
  if (state === "writing") {
    if (!("touched" in work.dataset)) work.open = false;
    if (!scrolled) article.scrollIntoView({ block: "start" });
  }
  const marked = article.querySelectorAll(".answer-text .verdict.doubtful").length;
  const words = {
    working: _("Looking into the titles."),
    writing: _("The answer is being written."),
    checking: _("The answer is written. Its statements are being checked."),
    completed: marked
      ? _("The answer is complete. Statements in it that are marked as doubtful: {count}.").replace("{count}", marked)
      : _("The answer is complete."),
    failed: _("The run failed."),
    cancelled: _("Cancelled."),
  };
  document.getElementById("announcer").textContent = words[state] || "";
  if (article.dataset.state === "completed") listings(article);
}

/** Draws a run anew from what is stored, and follows it again if it goes on. */
async function renew(article) {
  if (!article.isConnected) return;
  try {
    const html = await part(`/conversations/${conversation}?part=run&run=${article.dataset.run}`);
    const fresh = html.querySelector(".run");
    putInPlace(article, fresh);
    watch(fresh);
    if (fresh.dataset.state !== article.dataset.state) changed(fresh, fresh.dataset.state);
  } catch (error) {
    if (error.status === 404) article.removeAttribute("data-live");
    else setTimeout(() => renew(article), RENEW);
  }
}

function watch(article) {
  const work = document.getElementById(`${article.id}-work`);
  work.addEventListener("click", (event) => {
    if (event.target.closest("summary")?.parentElement === work) work.dataset.touched = "1";
  });
  if (article.dataset.live) follow(article, changed, renew);
  else listings(article);
}

document.querySelectorAll(".run").forEach(watch);

async function show(run) {
  const html = await part(`/conversations/${conversation}?part=run&run=${run.run_id}`);
  document.getElementById("runs").append(html);
  const article = document.getElementById(`run-${run.run_id}`);
  scrolled = false;
  article.scrollIntoView({ block: "start" });
  watch(article);
}

exchange.addEventListener("wr-asked", (event) => show(event.detail).catch(() => location.reload()));

async function again(article, changes, without) {
  const before = await send("GET", `/api/v1/runs/${article.dataset.run}`);
  const question = { question: before.question, conversation_id: conversation, mode: before.mode };
  const excluded = [...before.excluded, ...(without ? [without] : [])];
  if (excluded.length) question.excluded = excluded;
  if (!changes.model) {
    const { judge, ...models } = before.roles;
    question.judge = judge;
    for (const [role, model] of Object.entries(models)) question[`${role}_model`] = model;
  }
  if (before.scope.some((entry) => entry.found === "picked")) {
    question.product_ids = before.scope.map((entry) => entry.product_id);
  }
  await show(await ask({ ...question, ...changes }));
}

function withModel(article) {
  const dialog = document.getElementById("model-dialog");
  const select = dialog.querySelector("select");
  fillModels(select);
  dialog.querySelector("[data-close]").onclick = () => dialog.close();
  dialog.querySelector("[data-go]").onclick = () => {
    dialog.close();
    again(article, { model: select.value }).catch(complain);
  };
  dialog.showModal();
}

async function copyAnswer(article) {
  const [run, sources] = await Promise.all([
    send("GET", `/api/v1/runs/${article.dataset.run}`),
    send("GET", `/api/v1/runs/${article.dataset.run}/citations?format=markdown`, { as: "text" }).catch(() => ""),
  ]);
  await copy([run.answer.markdown.trim(), sources.trim()].filter(Boolean).join("\n\n") + "\n");
  toast(_("Copied, with its sources."));
}

async function rate(article, button) {
  const path = `/api/v1/runs/${article.dataset.run}/feedback`;
  const pressed = button.getAttribute("aria-pressed") === "true";
  if (pressed) await send("DELETE", path);
  else await send("PUT", path, { json: { rating: button.dataset.rating } });
  for (const other of article.querySelectorAll('[data-act="rate"]')) {
    other.setAttribute("aria-pressed", other === button && !pressed);
  }
}

async function shareLink(button) {
  const words = button.querySelector("span");
  await share(conversation, () => (words.textContent = _("Share")));
  words.textContent = _("Shared");
}

const acts = {
  stop: (article) => send("POST", `/api/v1/runs/${article.dataset.run}/stop`),
  cancel: (article) => send("POST", `/api/v1/runs/${article.dataset.run}/cancel`),
  again: (article, button) => again(article, { mode: button.dataset.mode }),
  "again-with": withModel,
  "ask-in": (article, button) => again(article, { product_ids: [button.dataset.product] }),
  "ask-without": (article, button) => again(article, {}, button.dataset.product),
  copy: copyAnswer,
  rate,
  print: () => print(),
  share: (_article, button) => shareLink(button),
};

const doing = new Set(); // buttons whose request has not come back

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button || button.closest("dialog")) return;
  button.closest("details.menu")?.removeAttribute("open");
  if (doing.has(button)) return;
  doing.add(button);
  Promise.resolve(acts[button.dataset.act]?.(button.closest(".run"), button))
    .catch(complain)
    .finally(() => doing.delete(button));
});

// A menu closes when something else is looked at.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// The reader beside the answer

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a.cite, a[data-reads]");
  if (!link || link.closest("#pane")) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  current(link);
  openPane(link.getAttribute("href"));
});

// The reader went to another citation by itself: its mark is the one that is looked at.
document.addEventListener("wr-reader-opened", (event) => {
  const address = new URL(event.detail.url, location.href);
  const [run, position] = ["run", "citation"].map((name) => address.searchParams.get(name));
  const mark =
    run && position && document.querySelector(`#run-${CSS.escape(run)} .answer-text [data-citation="${CSS.escape(position)}"]`);
  if (mark) {
    current(mark);
    const { top, bottom } = mark.getBoundingClientRect();
    if (top < 60 || bottom > innerHeight - 120) mark.scrollIntoView({ block: "center" });
  }
});

document.addEventListener("wr-ask-about", (event) => {
  event.preventDefault();
  const { productId, title, quote } = event.detail;
  if (matchMedia("(max-width: 63.99rem)").matches) closePane();
  box.choose(productId, title);
  box.fill(`“${quote.replace(/[“”„«»"]/g, "’")}” `); // quotation marks within would end it
});

function go(by) {
  const link = step(by);
  if (link && paneIsOpen()) openPane(link.getAttribute("href"), { keepFocus: true });
  return Boolean(link);
}

onKey("j", () => go(1));
onKey("k", () => go(-1));
onKey("Escape", () => (paneIsOpen() ? closePane() : false));
