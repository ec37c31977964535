// What every request has in common: mistakes are said, and forms get a fresh request key.

import { toast } from "./toast.js";
import { word } from "./words.js";

const KEY_RESTS = 700; // a double click posts the same key, which makes one job

export function freshKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** After an answer the form gets another key: when something in it changes, or else after a while. */
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (!event.detail.successful || !(form instanceof HTMLFormElement) || !form.elements.request_key) return;
  const done = new AbortController();
  const renew = (change) => {
    if (change && change.target.form !== form) return;
    form.elements.request_key.value = freshKey();
    done.abort();
  };
  for (const name of ["input", "change"]) document.addEventListener(name, renew, { signal: done.signal, capture: true });
  const timer = setTimeout(renew, KEY_RESTS);
  done.signal.addEventListener("abort", () => clearTimeout(timer));
});

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  const known = { 400: "tooBig", 403: "noRight", 404: "gone", 413: "tooBig" }[status];
  if (known) toast(word(known), { bad: true });
  else if (status !== 401) toast(word("failed"), { more: word("failedMore"), bad: true });
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    if (navigator.onLine) toast(word("failed"), { more: word("failedMore"), bad: true });
  });
}

document.addEventListener("said", (event) => toast(event.detail.text, { bad: event.detail.bad }));
