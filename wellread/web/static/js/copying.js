// Copying text, also where a browser has no clipboard for pages that came without HTTPS.

/** Copies what a field holds. Gives whether that worked. */
export async function copyField(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}

/** Copies a text. Gives whether that worked. */
export async function copy(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  document.body.append(field);
  try {
    return await copyField(field);
  } finally {
    field.remove();
  }
}
