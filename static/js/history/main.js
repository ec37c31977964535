// Lines of the history open in place; a deleted one can be brought back. Running ones are kept fresh by live.js.

import { post, said } from "../components/posting.js";
import { keepInPlace } from "../feed.js";

const { htmx } = window;
const list = document.querySelector(".hlist");
const opened = new Set();

const fits = (event) => !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

async function toggle(button) {
  const row = button.closest(".hrow");
  const details = row.querySelector(".details");
  const open = details.hidden;
  if (open && !details.firstElementChild) await fill(row, button.href);
  keepInPlace(row, () => (details.hidden = !open));
  button.setAttribute("aria-expanded", open);
  if (open) opened.add(row.id);
  else opened.delete(row.id);
}

function fill(row, url) {
  const details = row.querySelector(".details");
  return htmx.ajax("GET", url, { source: details, target: details, swap: "innerHTML" });
}

async function remove(form) {
  const row = form.closest(".hrow");
  const answer = await post(form.action);
  if (!answer) return;
  if (!row) {
    location.assign(list.dataset.list);
    return;
  }
  const next = row.nextElementSibling;
  const before = row.previousElementSibling;
  const heading = before?.matches(".day") && !next?.matches(".hrow") ? before : null;
  const focus = (next?.matches(".hrow") ? next : before)?.querySelector("[data-details]");
  const mark = document.createComment("");
  row.replaceWith(mark);
  heading?.remove();
  focus?.focus({ preventScroll: true });
  said(answer, list.dataset.undo, () => {
    if (!mark.isConnected) return;
    mark.replaceWith(...(heading ? [heading, row] : [row]));
    row.querySelector("[data-details]").focus({ preventScroll: true });
  });
}

if (list) {
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-details], .say-line");
    if (!button || !fits(event) || document.querySelector(".history.one")) return;
    event.preventDefault();
    toggle(button.closest(".hrow").querySelector("[data-details]"));
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-delete]")) return;
    event.preventDefault();
    remove(event.target);
  });
  // a line that was drawn anew while it was open opens again, with what has happened since
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of opened) {
      const row = document.getElementById(id);
      const details = row?.querySelector(".details");
      if (!details?.hidden || details.firstElementChild) continue;
      details.hidden = false;
      row.querySelector("[data-details]").setAttribute("aria-expanded", "true");
      fill(row, row.querySelector("[data-details]").href);
    }
  });
}
