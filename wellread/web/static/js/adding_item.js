// A line of the panel: what is added, how far it is, what came of it, and what can be done.

import { _ } from "./api.js";

const MOMENT = 2; // seconds
const numbers = new Intl.NumberFormat(document.documentElement.lang || "en");
const percents = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" });

export class AddingItem {
  constructor(item, acts) {
    this.item = item;
    this.acts = acts;
    this.element = document.createElement("li");
    this.element.innerHTML = `<p class="name" dir="auto"></p>
      <progress max="1"></progress>
      <ol class="phases"><li></li><li></li><li></li></ol>
      <p class="state small"></p>
      <ul class="plain-list outcomes small"></ul>
      <p class="row acts"></p>`;
    for (const part of ["name", "phases", "state", "outcomes"]) this[part] = this.element.querySelector(`.${part}`);
    this.buttons = this.element.querySelector(".acts");
    this.progress = this.element.querySelector("progress");
    this.name.textContent = nameOf(item);
    this.name.title = item.names.join("\n");
    this.progress.setAttribute("aria-label", nameOf(item));
    this.shown = "";
  }

  get hasEnded() {
    return hasEnded(this.item);
  }

  get isBad() {
    return this.hasEnded && isBad(this.item);
  }

  update() {
    const { item } = this;
    const { text, done, value } = stateOf(item);
    this.state.textContent = this.hasEnded ? text : withTime(text, item.standing.since);
    this.element.dataset.state = this.hasEnded ? (isBad(item) ? "bad" : "good") : "going";
    this.progress.hidden = this.hasEnded;
    if (value === null) this.progress.removeAttribute("value");
    else this.progress.value = value;
    const names = [_("Sent"), _("Can be asked"), _("Fully indexed")];
    this.phases.hidden = isBad(item);
    [...this.phases.children].forEach((phase, number) => {
      phase.textContent = names[number];
      phase.hidden = number === 0 && item.folder !== ""; // nothing is sent of what lies there already
      phase.className = number < done ? "done" : number === done ? "now" : "";
    });
    const shown = JSON.stringify([item.phase, item.standing.state, item.standing.added, item.standing.notAdded]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.outcomes.replaceChildren(...outcomesOf(item));
      this.buttons.replaceChildren(...this.#buttons());
    }
  }

  #buttons() {
    const { item, acts } = this;
    const [product] = item.standing.products;
    const made = [];
    if (item.phase === "queued" || item.phase === "sending") made.push(button(_("Cancel"), () => acts.cancel(item)));
    const isRetryable = item.phase === "failed" || item.standing.failure?.retryable;
    if (isRetryable && item.files.length) made.push(button(_("Try again"), () => acts.retry(item)));
    if (item.standing.added === 1) {
      made.push(link(_("Read"), `/library/${product.product_id}/read`));
      made.push(link(_("Ask about it"), `/?in=${product.product_id}`));
    } else if (product) {
      made.push(link(_("Show the library"), "/library"));
      made.push(link(_("Ask"), "/"));
    }
    if (this.hasEnded) made.push(button(_("Close"), () => acts.remove(item)));
    return made;
  }
}

export function hasEnded({ phase, standing }) {
  return phase === "failed" || ["completed", "failed"].includes(standing.state);
}

/** Whether all of it that can be added can be asked. */
export function canBeAsked(item) {
  const { standing } = item;
  if (isBad(item) || standing.notAdded) return false;
  return standing.state === "completed" || (standing.state === "searchable" && !standing.reading && standing.added > 0);
}

/** What goes on, with how long it has when that is longer than a moment. */
function withTime(text, since) {
  const seconds = since ? Math.floor((Date.now() - since) / 1000) : 0;
  if (seconds < MOMENT) return text;
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return _("{state} (for {time})", { state: text, time });
}

function nameOf({ names, folder }) {
  if (folder === "demo") return _("The demo library");
  const [first, ...others] = [...names].sort((a, b) => a.length - b.length);
  if (!others.length) return first || folder || "";
  return _("{name} and {count} more", { name: first, count: others.length });
}

function isBad({ phase, standing }) {
  const nothing = !standing.added && standing.notAdded > 0;
  return phase === "failed" || standing.state === "failed" || (standing.state === "completed" && nothing);
}

/** In words, how many of the three phases are done, and how far the present one is (null: not known). */
function stateOf({ phase, problem, arrived, size, standing }) {
  const { reading, vectors, added } = standing;
  if (phase === "failed") return { text: [problem.message, problem.hint].filter(Boolean).join(" "), done: 0, value: 0 };
  if (phase === "queued") return { text: _("Waits to be sent"), done: 0, value: 0 };
  if (phase === "sending") {
    const part = size ? arrived.reduce((sum, bytes) => sum + (bytes || 0), 0) / size : 1;
    return { text: _("Sending: {percent}", { percent: percents.format(part) }), done: 0, value: part };
  }
  switch (standing.state) {
    case "completed":
      return { text: endOf(standing), done: standing.note ? 2 : 3, value: 1 };
    case "failed":
      return { text: `${standing.failure.message} ${standing.failure.hint}`, done: 1, value: 0 };
    case "waiting":
      return { text: standing.waits ? _("Waits until something else is added") : _("Waits for its turn"), done: 1, value: null };
  }
  if (reading && (reading.total > 1 || !added)) {
    const { number, total, path } = reading;
    const text = total > 1 ? _("Reading {number} of {total}: {path}", { number, total, path }) : _("Reading");
    return { text, done: 1, value: (number - 1) / total || null };
  }
  if (!added) return { text: _("Reading"), done: 1, value: null };
  if (!vectors) return { text: _("Can be asked meanwhile; indexing by meaning"), done: 2, value: null };
  const part = vectors.total ? vectors.done / vectors.total : 1;
  const told = { percent: percents.format(part), count: numbers.format(vectors.total) };
  const text = _("Can be asked meanwhile; indexing by meaning: {percent} of {count} passages", told);
  return { text, done: 2, value: vectors.done ? part : null };
}

function endOf({ added, notAdded, isOld, note }) {
  if (!added) return notAdded ? _("Not added") : _("Nothing in it can be read.");
  const told = isOld ? _("Was here already") : added > 1 ? _("{count} titles added", { count: added }) : _("Added");
  return note ? `${told}. ${note}` : told;
}

function outcomesOf({ standing }) {
  const lines = standing.products.map(({ product_id, title, warnings }) => {
    const line = document.createElement("li");
    const to = Object.assign(document.createElement("a"), { href: `/library/${product_id}`, textContent: title, dir: "auto" });
    line.append(to);
    if (warnings?.length) {
      line.append(" ", say("soft", _("Could not be read: {count}", { count: warnings.length })));
    }
    return line;
  });
  const hidden = standing.added - standing.products.length;
  if (hidden > 0) lines.unshift(say("soft", _("Titles before these: {count}", { count: hidden }), "li"));
  for (const { path, message, hint } of standing.refused) {
    const line = say("refused", "", "li");
    line.append(say("", path && !message.includes(path) ? `${path}: ` : "", "strong"), message, " ", say("hint", hint));
    lines.push(line);
  }
  const more = standing.notAdded - standing.refused.length;
  if (more > 0) lines.push(say("soft", _("Also not added: {count}", { count: more }), "li"));
  return lines;
}

function say(className, text, name = "span") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

function button(text, act) {
  const made = Object.assign(say("button quiet small", text, "button"), { type: "button" });
  made.addEventListener("click", act);
  return made;
}

function link(text, href) {
  return Object.assign(say("button quiet small", text, "a"), { href });
}
