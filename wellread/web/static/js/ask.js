// The question box: recognises titles while one types, offers them as chips, estimates, and begins runs.

import { choose } from "./adding.js";
import { _, send } from "./api.js";
import { fillModels } from "./models.js";
import { pickTitles } from "./picker.js";
import { complain } from "./toast.js";

const PAUSE = 250; // ms after the last key before the server is asked what is meant

/** What a store of the browser's keeps under a name; nothing where it forbids that. */
const stored = (store, name) => ({
  get() {
    try {
      return window[store].getItem(`wellread-${name}`) || "";
    } catch {
      return "";
    }
  },
  keep(value) {
    try {
      window[store].setItem(`wellread-${name}`, value);
    } catch {
      // Then it is asked anew.
    }
  },
});
const draft = stored("sessionStorage", "draft");
const lastDeep = stored("localStorage", "deep");
const lastModel = stored("localStorage", "model");

/** A key of its own for a request, also where the page does not come over HTTPS. */
function key() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Begins a run and gives it as the server has it. */
export function ask(question) {
  return send("POST", "/api/v1/runs", { json: question, headers: { "Idempotency-Key": key() } });
}

class WrAsk extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.text = this.querySelector("textarea");
    this.chips = this.querySelector("[data-chips]");
    this.offers = this.querySelector("[data-offers]");
    this.deep = this.querySelector("[data-deep]");
    this.model = this.querySelector("[data-model]");
    this.picked = new Map(
      [...this.chips.querySelectorAll("[data-picked]")].map((chip) => [chip.dataset.picked, chip.textContent.trim()]),
    );
    this.named = new Map();
    this.doubtful = new Map();
    this.excluded = new Map();
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      } else if (event.key === "Escape") {
        this.text.blur();
      }
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.deep.addEventListener("click", () => this.setDeep(this.deep.getAttribute("aria-pressed") !== "true"));
    for (const kind of ["focus", "pointerdown"]) {
      this.model.addEventListener(kind, () => fillModels(this.model), { once: true });
    }
    this.model.addEventListener("change", () => {
      lastModel.keep(this.model.value);
      this.look();
    });
    this.querySelector("[data-attach]").addEventListener("click", () => choose());
    this.querySelector("[data-pick]").addEventListener("click", () => this.pick());
    this.setDeep(lastDeep.get() === "1");
    const model = lastModel.get();
    if (model) {
      this.model.append(new Option(model, model));
      this.model.value = model;
      this.model.dataset.wanted = model;
    }
    if (!this.text.value && !this.dataset.conversation) this.text.value = draft.get();
    this.fit();
    this.draw();
    if (this.text.value) this.look();
  }

  get question() {
    const question = { question: this.text.value.trim(), mode: this.isDeep ? "deep" : "quick", model: this.model.value };
    if (this.dataset.conversation) question.conversation_id = this.dataset.conversation;
    const kept = [...this.named.keys()].filter((id) => !this.excluded.has(id));
    if (this.picked.size) question.product_ids = [...new Set([...this.picked.keys(), ...kept])];
    else if (this.excluded.size) question.excluded = [...this.excluded.keys()];
    return question;
  }

  get isDeep() {
    return this.deep.getAttribute("aria-pressed") === "true";
  }

  setDeep(on) {
    this.deep.setAttribute("aria-pressed", on);
    this.deep.classList.toggle("chosen", on);
    lastDeep.keep(on ? "1" : "");
    this.look();
  }

  /** Puts a question into the box, and the cursor behind it. */
  fill(text) {
    this.text.value = text;
    this.typed();
    this.text.focus();
    this.text.setSelectionRange(text.length, text.length);
  }

  /** Has a title looked into. */
  choose(id, title) {
    this.picked.set(id, title);
    this.draw();
    this.look();
  }

  typed() {
    this.fit();
    if (!this.dataset.conversation) draft.keep(this.text.value);
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.look(), PAUSE);
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, innerHeight * 0.5)}px`;
  }

  /** Asks which titles the question names, and, when DeepSearch is on, what it would take. */
  async look() {
    this.looking?.abort();
    this.looking = new AbortController();
    const { signal } = this.looking;
    const question = this.text.value;
    if (!question.trim()) {
      this.named.clear();
      this.doubtful.clear();
      this.offered = [];
      this.draw();
      this.estimate("");
      return;
    }
    try {
      const found = await send("POST", "/api/v1/scope", { json: { question: question.slice(0, 4000) }, signal });
      this.named = new Map(found.named.map((title) => [title.product_id, title.title]));
      this.offered = found.offered.filter((title) => !this.picked.has(title.product_id));
      this.doubtful = new Map(found.doubtful.map((title) => [title.product_id, title.title]));
      for (const id of this.excluded.keys()) {
        if (!this.named.has(id) && !this.doubtful.has(id)) this.excluded.delete(id);
      }
      this.draw();
      if (!this.isDeep) this.estimate("");
      else this.estimate(told(await send("POST", "/api/v1/runs/estimate", { json: this.question, signal })));
    } catch (error) {
      if (error.name !== "AbortError") this.estimate("");
    }
  }

  estimate(text) {
    this.querySelector("[data-estimate]").textContent = text;
  }

  draw() {
    const chips = [];
    for (const [id, title] of this.picked) chips.push(this.chip(title, () => this.picked.delete(id)));
    for (const [id, title] of this.named) {
      if (this.picked.has(id) || this.excluded.has(id)) continue;
      chips.push(this.chip(title, () => this.excluded.set(id, title)));
    }
    if (!this.picked.size) {
      for (const [id, title] of this.doubtful) if (!this.excluded.has(id)) chips.push(this.questionChip(id, title));
    }
    this.chips.replaceChildren(...chips);
    const offers = (this.offered || [])
      .filter((title) => !this.picked.has(title.product_id) && !this.excluded.has(title.product_id))
      .map((title) => {
        const offer = document.createElement("button");
        offer.type = "button";
        offer.className = "chip offer";
        offer.append("+ ", _("in"), " ", cite(title.title));
        offer.addEventListener("click", () => {
          this.choose(title.product_id, title.title);
          this.text.focus();
        });
        return offer;
      });
    this.offers.replaceChildren(...offers);
  }

  chip(title, remove) {
    const chip = document.createElement("li");
    chip.className = "chip chosen";
    chip.append(_("in"), " ", cite(title), this.removal(title, remove));
    return chip;
  }

  /** A title that may be meant: it is searched beside others. A click has it searched alone, its × not at all. */
  questionChip(id, title) {
    const chip = document.createElement("li");
    chip.className = "chip offer";
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip-accept" });
    button.title = _("Look into this title and no other");
    button.append(_("in"), " ", cite(title), "?");
    button.addEventListener("click", () => {
      this.choose(id, title);
      this.text.focus();
    });
    chip.append(button, this.removal(title, () => this.excluded.set(id, title)));
    return chip;
  }

  removal(title, remove) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip-remove", textContent: "×" });
    button.setAttribute("aria-label", _("Not in {title}", { title }));
    button.addEventListener("click", () => {
      remove();
      this.draw();
      this.look();
      this.text.focus();
    });
    return button;
  }

  pick() {
    pickTitles(this.querySelector("[data-picker]"), this.picked, {
      changed: () => this.draw(),
      closed: () => {
        this.look();
        this.text.focus();
      },
    });
  }

  submit() {
    return this.begin(this.question);
  }

  /** Asks a question of some titles and no others, whatever stands in the box. */
  suggest(text, titles) {
    return this.begin({ ...this.question, excluded: undefined, question: text, product_ids: titles });
  }

  async begin(question) {
    if (!question.question || this.asking) return;
    this.setAsking(true);
    try {
      const run = await ask(question);
      const isTyped = question.question === this.text.value.trim();
      if (isTyped) draft.keep("");
      if (!this.dataset.conversation) {
        location.assign(`/conversations/${run.conversation_id}`);
        return; // nothing more is asked here: the page is being left
      }
      if (isTyped) {
        this.text.value = "";
        this.excluded.clear();
        this.fit();
        this.look();
      }
      this.dispatchEvent(new CustomEvent("wr-asked", { bubbles: true, detail: run }));
    } catch (error) {
      complain(error);
    }
    this.setAsking(false);
  }

  setAsking(asking) {
    this.asking = asking;
    this.querySelector("[type=submit]").disabled = asking;
  }
}

function cite(title) {
  return Object.assign(document.createElement("cite"), { textContent: title, dir: "auto" });
}

function told(estimate) {
  const range = ([least, most], shown = (value) => value) =>
    shown(least) === shown(most) ? shown(most) : `${shown(least)}–${shown(most)}`;
  const steps = range(estimate.steps);
  const parts = [steps === 1 ? _("1 step") : _("{range} steps", { range: steps })];
  if (estimate.calls[1]) {
    parts.push(_("{range} s", { range: range(estimate.seconds, (seconds) => Math.round(seconds)) }));
    if (estimate.cost) parts.push(dollars(estimate.cost));
  }
  return `≈ ${parts.join(" · ")}`;
}

function dollars([least, most]) {
  const digits = most < 0.1 ? 3 : 2;
  const money = new Intl.NumberFormat(document.documentElement.lang, {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return money.format(least) === money.format(most) ? money.format(most) : money.formatRange(least, most);
}

customElements.define("wr-ask", WrAsk);

document.addEventListener("click", (event) => {
  const suggestion = event.target.closest("[data-suggestion]");
  if (!suggestion) return;
  const question = suggestion.querySelector("[data-question]").textContent.trim();
  document.querySelector("wr-ask").suggest(question, suggestion.dataset.titles.split(" "));
});

// The first page says of how many titles it answers, and gives examples of them; more may be added while it is shown.
const lead = document.querySelector("[data-lead]");
let leading = 0;

function leadAnew() {
  clearTimeout(leading);
  leading = setTimeout(async () => {
    const text = await send("GET", location.href, { as: "text", headers: { Accept: "text/html" } }).catch(() => "");
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const said = fresh.querySelector("[data-lead]");
    if (said) lead.textContent = said.textContent;
    const [beginnings, shown] = [fresh, document].map((page) => page.querySelector("[data-beginnings]"));
    if (beginnings && shown && !shown.contains(document.activeElement)) shown.replaceWith(beginnings);
  }, PAUSE);
}

if (lead) for (const kind of ["added", "imported", "removed"]) document.addEventListener(`wellread:${kind}`, leadAnew);

// A page that the browser brings back as it was left can ask again.
addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("wr-ask").forEach((box) => box.setAsking(false));
});
