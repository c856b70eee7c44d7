// Connecting models: keys, trying, downloads, and one question answered both ways.

import { _, part, send } from "./api.js";
import { confirmed, problem, refresh } from "./settings.js";
import { toast } from "./toast.js";
import { element, number, shownProblem, shownTrial } from "./trials.js";

const POLL = 1000; // ms between two looks at a download

/** Shows what came of something below the row in which it was asked. */
function tell(row, ...elements) {
  row.querySelector("[data-outcome]").replaceChildren(...elements);
}

/** Does something for a row while its button waits; what goes wrong is told in the row. */
async function doing(row, button, work) {
  if (button.disabled) return;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    tell(row, shownProblem(error));
  } finally {
    button.disabled = false;
  }
}

function ready() {
  for (const button of document.querySelectorAll("[data-key] button, [data-both-ways] button")) button.disabled = false;
}

/** Takes the rows anew, and tells what came of it in the fresh one. */
async function fresh(provider, ...elements) {
  await refresh("connections");
  ready();
  tell(document.querySelector(`[data-provider="${provider}"]`), ...elements);
}

// Keys

async function connect(row, key, insist) {
  const { provider } = row.dataset;
  tell(row, element("p", "soft", _("Trying the key …")));
  const outcome = await send("PUT", `/api/v1/connections/${provider}/key`, { json: { key, insist } });
  // Where both fail for one reason it is told once.
  const trials = outcome.trials.filter(({ said }, index, all) => !index || said !== all[0].said).map(shownTrial);
  if (outcome.kept) {
    await fresh(provider, ...trials);
    toast(_("Connected. The key is kept."));
    return;
  }
  const again = element("button", "button quiet small", _("Keep it all the same"));
  again.type = "button";
  again.onclick = () => doing(row, again, () => connect(row, key, true));
  const foot = element("p", "row");
  foot.append(element("span", "", _("The key was not kept.")), again);
  tell(row, ...trials, foot);
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-key]");
  if (!form) return;
  event.preventDefault();
  const row = form.closest("[data-provider]");
  const field = form.elements.key;
  doing(row, form.querySelector("button"), () => connect(row, field.value, false));
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-try], [data-use], [data-remove-key], [data-inspect]");
  if (!button) return;
  const row = button.closest("[data-provider], [data-offer]");
  if (button.dataset.try) doing(row, button, () => attempt(row, button.dataset.try));
  else if (button.dataset.use) doing(row, button, () => use(row, button.dataset.use));
  else if (button.dataset.removeKey) doing(row, button, () => removeKey(row, button.dataset.name));
  else doing(row, button, () => inspect(row));
});

async function attempt(row, model) {
  tell(row, element("p", "soft", _("Calling {model} …", { model })));
  const outcome = await send("POST", "/api/v1/models/try", { json: { model } });
  tell(row, ...outcome.trials.map(shownTrial));
}

async function use(row, model) {
  await send("PATCH", "/api/v1/settings", { json: { model } });
  await fresh(row.dataset.provider);
  toast(_("Saved. Questions asked from now on follow it."));
}

async function removeKey(row, name) {
  if (!(await confirmed(_("Remove this key? It cannot be shown again."), name, _("Remove")))) return;
  await send("DELETE", `/api/v1/connections/${row.dataset.provider}/key`);
  await fresh(row.dataset.provider);
}

// Downloads

async function inspect(row) {
  tell(row, element("p", "soft", _("Asking the hub …")));
  const found = await send("POST", `/api/v1/offers/${row.dataset.offer}/inspect`);
  const what = element("div", "notice");
  const licence = found.licence || _("none is stated");
  what.append(
    element("p", "", _("{size}, licence: {licence}", { size: megabytes(found.size), licence })),
    element("p", "small soft", _("Revision {revision}, into {folder}", { revision: found.revision.slice(0, 12), folder: found.folder })),
  );
  const files = element("ul", "plain-list small checksums");
  for (const file of found.files) files.append(element("li", "", `${file.name} · ${megabytes(file.size)} · ${file.checksum}`));
  files.dir = "ltr";
  const agree = element("button", "button small", _("Download {size}", { size: megabytes(found.size) }));
  agree.type = "button";
  agree.onclick = () => doing(row, agree, () => download(row, found.revision));
  what.append(files, agree);
  tell(row, what);
}

async function download(row, revision) {
  await send("POST", `/api/v1/offers/${row.dataset.offer}/download`, { json: { revision } });
  await watch(row);
}

/** Follows a download until it has ended. */
async function watch(row) {
  const bar = element("progress", "");
  const said = element("span", "small soft");
  const stop = element("button", "button quiet small push", _("Stop"));
  stop.type = "button";
  stop.onclick = () => send("DELETE", "/api/v1/download").catch(() => {});
  const line = element("p", "row downloading");
  line.append(bar, said, stop);
  bar.setAttribute("aria-label", row.dataset.repo);
  tell(row, line);
  let state;
  do {
    state = await send("GET", "/api/v1/download");
    bar.max = state.total;
    bar.value = state.done;
    said.textContent = _("{done} of {total}", { done: megabytes(state.done), total: megabytes(state.total) });
    if (state.status === "running") await new Promise((resolve) => setTimeout(resolve, POLL));
  } while (state.status === "running");
  tell(row, ...ending(state));
  if (state.status === "done") {
    await refresh("connections");
    ready();
  }
}

function ending(state) {
  if (state.status === "failed") return [shownProblem(state)];
  if (state.status === "stopped") return [element("p", "notice", _("Stopped. What has arrived is kept for the next time."))];
  const notice = element("div", "notice");
  notice.append(element("p", "", _("It is here.")));
  if (state.setting === "model") {
    notice.append(element("p", "small", _("It stands among the files above, to be tried and used.")));
  } else {
    const line = element("code", "path", `${state.setting} = "${state.value}"`);
    line.dir = "ltr";
    notice.append(element("p", "small", _("Set this in settings.toml, and start the server again:")), line);
  }
  return [notice];
}

function megabytes(bytes) {
  return bytes < 1e9 ? `${number(bytes / 1e6, bytes < 1e7 ? 1 : 0)} MB` : `${number(bytes / 1e9, 2)} GB`;
}

// One question both ways

const form = document.querySelector("[data-both-ways]");

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.disabled) return;
  button.disabled = true;
  problem(form, "");
  document.querySelector("[data-both]").hidden = false;
  const question = form.elements.question.value.trim();
  try {
    await Promise.all([answered("extractive", question, "extractive"), answered("model", question, form.elements.model.value)]);
  } catch (error) {
    problem(form, error.words || String(error));
  } finally {
    button.disabled = false;
  }
});

async function answered(side, question, model) {
  const card = document.querySelector(`[data-side="${side}"]`);
  const took = card.querySelector("[data-took]");
  const answer = card.querySelector("[data-answer]");
  answer.replaceChildren();
  took.textContent = _("Answering …");
  try {
    const begun = await send("POST", "/api/v1/runs", { json: { question, model } });
    await send("GET", `/api/v1/runs/${begun.run_id}/events`, { as: "text", headers: { Accept: "text/event-stream" } });
    const run = await send("GET", `/api/v1/runs/${begun.run_id}`);
    const page = await part(`/conversations/${begun.conversation_id}`);
    const text = page.querySelector(".answer-text");
    took.textContent = [_("{seconds} s", { seconds: number(run.seconds, 1) }), model].join(" · ");
    const link = element("a", "small", _("Open it"));
    link.href = `/conversations/${begun.conversation_id}`;
    if (run.failure) answer.append(shownProblem(run.failure));
    else if (text) answer.append(...text.childNodes);
    answer.append(link);
  } catch (error) {
    took.textContent = "";
    throw error;
  }
}

ready();
const running = document.querySelector("[data-running]");
if (running) {
  const row = document.querySelector(`[data-offer="${running.dataset.running}"]`);
  watch(row).catch((error) => tell(row, shownProblem(error)));
}
