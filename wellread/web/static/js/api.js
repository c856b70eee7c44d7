// Requests to the server of this page, and what it says when something is wrong.

export class Problem extends Error {
  constructor(status, detail, hint, retryAfter, errors = []) {
    super(detail);
    this.errors = errors; // of single fields, each { field, message }
    this.status = status;
    this.hint = hint;
    this.retryAfter = retryAfter;
  }

  get words() {
    return [this.message, this.hint].filter(Boolean).join(" ");
  }
}

/** The JSON (or null, or with `as: "text"` the text) of a response; a Problem is thrown for every other outcome. */
export async function send(method, path, { json, body, headers = {}, as = "json", signal, keepalive = false } = {}) {
  const request = { method, signal, keepalive, headers: { "X-Requested-With": "wellread", ...headers } };
  if (json !== undefined) {
    request.body = JSON.stringify(json);
    request.headers["Content-Type"] = "application/json";
  } else if (body !== undefined) {
    request.body = body;
  }
  let response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, _("Wellread does not answer."), _("Is it still running? Try again in a moment."));
  }
  // Only where somebody was logged in when the page was made: the login itself is no such place.
  if (response.status === 401 && document.body.dataset.caller) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw problemOf(response.status, told, response.headers.get("Retry-After"));
  }
  if (as === "response") return response;
  if (response.status === 204) return null;
  return as === "text" ? response.text() : response.json();
}

/** HTML that the server made, as an element. */
export async function part(path, { signal } = {}) {
  const text = await send("GET", path, { as: "text", headers: { Accept: "text/html" }, signal });
  return fragment(text);
}

export function fragment(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
}

/** What a refusal with that body, parsed (or `{}`), and that header tells. */
export function problemOf(status, told, retryAfter) {
  const detail = told.detail || _("Something went wrong.");
  return new Problem(status, detail, told.hint || "", Number(retryAfter || 0), told.errors || []);
}

const words = JSON.parse(document.getElementById("words")?.textContent || "{}");

/** A message in the reader's language, with `{name}` replaced. */
export function _(message, values = {}) {
  return (words[message] || message).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
