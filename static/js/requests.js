// What every request has in common: mistakes are said, and forms get a fresh request key.

import { toast } from "./toast.js";
import { word } from "./words.js";

const KEY_RESTS = 700; // a double click posts the same key, which makes one job

export function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!event.detail.successful || !(form instanceof HTMLFormElement) || !form.elements.request_key) return;
  const key = form.elements.request_key;
  setTimeout(() => (key.value = freshKey()), KEY_RESTS);
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const known = { 403: "noRight", 404: "gone", 413: "tooBig" }[status];
  if (known) toast(word(known), { bad: true });
  else if (status !== 401) toast(word("failed"), { more: word("failedMore"), bad: true });
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    if (navigator.onLine) toast(word("failed"), { more: word("failedMore"), bad: true });
  });
}

document.addEventListener("said", (event) => toast(event.detail.text, { bad: event.detail.bad }));
