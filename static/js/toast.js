// Short messages in the corner. What belongs to a thing is said at the thing, not here.

import { word } from "./words.js";

const LASTS = 6000;
const region = document.getElementById("toasts");
const template = document.getElementById("toast");

/** Shows `text`; `link` is {href, text, onclick}. A toast that `stays` goes by dismiss() only. */
export function toast(text, { more = "", bad = false, stays = false, link = null } = {}) {
  const made = template.content.firstElementChild.cloneNode(true);
  made.querySelector(bad ? ".ok" : ".bad").remove();
  if (bad) made.setAttribute("role", "alert");
  const body = made.querySelector("p");
  body.textContent = text;
  if (more) body.append(Object.assign(document.createElement("small"), { textContent: more }));
  const anchor = made.querySelector("a");
  if (link) {
    Object.assign(anchor, { hidden: false, href: link.href, textContent: link.text ?? word("view") });
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
