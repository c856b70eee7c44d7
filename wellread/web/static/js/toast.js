// Short messages at the foot of the page, perhaps with something to do about them.

const SECONDS = 6;

/** Shows `text`; with `action` a button that calls `act`. Gives a function that takes it away. */
export function toast(text, { bad = false, action = "", act = null, seconds = SECONDS } = {}) {
  const shown = document.createElement("div");
  shown.className = bad ? "toast bad" : "toast";
  shown.append(Object.assign(document.createElement("span"), { textContent: text }));
  const remove = () => shown.remove();
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", () => {
      remove();
      act();
    });
    shown.append(button);
  }
  document.getElementById("toasts").append(shown);
  setTimeout(remove, seconds * 1000);
  return remove;
}

/** Tells a Problem, or anything else that was thrown. */
export function complain(error) {
  if (error.name === "AbortError") return;
  toast(error.words || error.message, { bad: true, seconds: 12 });
}
