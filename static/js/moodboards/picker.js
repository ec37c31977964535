// "Add to moodboard" for anything with data-add-to-board="<asset id> …", on every page. A link with it also
// works without this script.

import { toast } from "../toast.js";
import { word } from "../words.js";

let dialog = null;
let back = null;

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

/** The picker for an opener's pictures. Many ids are too long for an address: they are posted. */
function lookFor(opener) {
  if (opener.href) return ask(opener.href);
  const team = location.pathname.match(/^\/t\/[^/]+\//)?.[0] ?? "/";
  const data = new FormData();
  data.append("look", "1");
  data.append("assets", opener.dataset.addToBoard.split(/[\s,]+/).filter(Boolean).join(","));
  return ask(`${team}moodboards/picker/`, data);
}

/** The picker's HTML, or null after saying why there is none. */
async function ask(url, data) {
  try {
    const answer = await fetch(url, { method: data ? "POST" : "GET", body: data, headers: { "HX-Request": "true", "X-CSRFToken": token() } });
    if (answer.status === 401) location.reload();
    else if (answer.ok || answer.status === 422) return await answer.text();
    else toast(word({ 403: "noRight", 404: "gone" }[answer.status] ?? "failed"), { bad: true });
  } catch {
    toast(word("failed"), { more: word("failedMore"), bad: true });
  }
  return null;
}

function show(html) {
  const board = document.activeElement?.closest?.("[data-board]")?.dataset.board;
  dialog.innerHTML = html;
  const said = dialog.querySelector("[data-picker]")?.dataset.said;
  if (said) document.getElementById("announcer").textContent = said;
  const wrong = dialog.querySelector("[aria-invalid]");
  (wrong ?? (board && dialog.querySelector(`[data-board="${board}"]`)) ?? dialog.querySelector("[data-board], input:not([type='hidden'])"))?.focus();
}

export async function openPicker(opener) {
  const html = await lookFor(opener);
  if (html === null) return;
  dialog ??= makeDialog();
  // a menu that the opener stands in closes with the dialog's opening
  back = opener.closest("[popover]")?.anchorButton ?? opener;
  document.body.append(dialog);
  dialog.showModal();
  show(html);
}

function makeDialog() {
  const made = Object.assign(document.createElement("dialog"), { className: "dialog board-picker-dialog" });
  made.setAttribute("aria-labelledby", "board-picker-title");
  made.addEventListener("submit", async (event) => {
    if (event.target.method === "dialog") return;
    event.preventDefault();
    const html = await ask(event.target.action, new FormData(event.target));
    if (html !== null) show(html);
  });
  made.addEventListener("close", () => {
    made.remove();
    back?.focus({ preventScroll: true });
  });
  return made;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-add-to-board]");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  openPicker(opener);
});
