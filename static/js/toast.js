// Short messages in the corner. What belongs to a thing is said at the thing, not here.

import { word } from "./words.js";

const LASTS = 6000;
const region = document.getElementById("toasts");
const template = document.getElementById("toast");

/** Shows `text`; `link` is {href, text, onclick}, without an address a button. A toast that `stays` goes by dismiss() only. */
export function toast(text, { more = "", bad = false, stays = false, link = null } = {}) {
  const made = template.content.firstElementChild.cloneNode(true);
  made.querySelector(bad ? ".ok" : ".bad").remove();
  if (bad) made.setAttribute("role", "alert");
  const body = made.querySelector("p");
  body.textContent = text;
  if (more) body.append(Object.assign(document.createElement("small"), { textContent: more }));
  let anchor = made.querySelector("a");
  if (link && !link.href) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: anchor.className });
    anchor.replaceWith(button);
    anchor = button;
  }
  if (link) {
    Object.assign(anchor, { hidden: false, textContent: link.text ?? word("view") }, link.href && { href: link.href });
    if (link.onclick) anchor.addEventListener("click", (event) => { link.onclick(event); dismiss(made); });
  } else {
    anchor.remove();
  }
  // everything outside an open dialog is inert
  (document.querySelector("dialog:modal") ?? document.body).append(region);
  while (region.childElementCount > 3) region.firstElementChild.remove();
  region.append(made);
  if (!stays) passAway(made);
  return made;
}

/** Says that one has been signed out, with the way back to where one is. */
export function saySignedOut() {
  const next = encodeURIComponent(location.pathname + location.search);
  const href = `${document.getElementById("words").dataset.signInUrl}?next=${next}`;
  toast(word("signedOut"), { bad: true, stays: true, link: { href, text: word("signIn") } });
}

export function dismiss(made) {
  made?.remove();
}

function passAway(made) {
  const timer = () => setTimeout(() => (made.matches(":hover, :focus-within") ? timer() : made.remove()), LASTS);
  timer();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (button) dismiss(button.closest(".toast"));
});
region?.querySelectorAll("[data-passing]").forEach(passAway);
