// Which pictures are selected, and the bar with what may be done with them.

import { cardOf, keepInPlace } from "./feed.js";
import { word } from "./words.js";

const { htmx } = window;
const feed = document.getElementById("feed");
const selected = new Set();
let current = null;

const tileOf = (id) => feed?.querySelector(`.tile[data-output="${id}"]`);
const boxOf = (id) => tileOf(id)?.querySelector(".pick input");
export const selectionBar = () => feed?.querySelector(".actions-slot > .actions[data-actions-of]") ?? null;
export const isSelected = (id) => selected.has(id);

/** Selects one picture, or one more, or takes it out. Resolves when its bar is there. */
export function select(id, { more = false, on = true } = {}) {
  if (!more) selected.clear();
  if (on) selected.add(id);
  else selected.delete(id);
  current = on ? id : ([...selected].at(-1) ?? null);
  mark();
  return showBar();
}

export function clear() {
  if (!selected.size) return false;
  selected.clear();
  current = null;
  mark();
  showBar();
  document.getElementById("announcer").textContent = word("deselected");
  return true;
}

function mark() {
  for (const tile of feed.querySelectorAll(".tile[data-output]")) {
    const on = selected.has(tile.dataset.output);
    tile.classList.toggle("sel", on);
    tile.querySelector(".pick input").checked = on;
  }
}

async function showBar() {
  const tile = current && tileOf(current);
  const slot = tile?.closest(".job").querySelector(".actions-slot");
  const change = () => {
    for (const other of feed.querySelectorAll(".actions-slot:not(:empty)")) if (other !== slot) other.replaceChildren();
    if (slot && !slot.firstElementChild) slot.innerHTML = '<div class="actions coming"></div>';
  };
  if (tile) keepInPlace(tile, change);
  else change();
  if (!slot) return;
  const wanted = current;
  const url = slot.closest(".job").dataset.actions.replace("/0/", `/${wanted}/`);
  await htmx.ajax("GET", url, { source: slot, target: slot, swap: "innerHTML" });
  if (wanted === current && selected.size > 1) forMany(slot.firstElementChild);
}

/** Of several pictures only what makes sense for all of them together stays. */
function forMany(bar) {
  const count = bar.querySelector(".n");
  count.textContent = word("selected", selected.size);
  count.hidden = count.nextElementSibling.hidden = false;
  bar.querySelectorAll("form, [data-small-form], [data-use], [data-more], [data-star], .menu, a[data-action]:not([download])").forEach((element) => element.remove());
  bar.querySelectorAll(".v + .v").forEach((element) => element.remove());
}

function downloadAll() {
  for (const id of selected) tileOf(id)?.querySelector("a[download]")?.click();
}

if (feed) {
  feed.addEventListener("click", (event) => {
    const box = event.target.closest(".pick input");
    if (box) select(box.value, { more: event.ctrlKey || event.metaKey || event.shiftKey, on: box.checked });
    const download = event.target.closest(".actions [data-action='download']");
    if (download && selected.size > 1) {
      event.preventDefault();
      downloadAll();
    }
  });

  // a card that was drawn anew knows nothing of it
  feed.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.matches(".actions-slot, .actions-slot *, .pop")) return;
    for (const id of [...selected]) if (!boxOf(id)) selected.delete(id);
    if (current && !selected.has(current)) current = [...selected].at(-1) ?? null;
    mark();
    const card = current && tileOf(current)?.closest(".job");
    if (card && !card.querySelector(".actions-slot").firstElementChild && cardOf(card.dataset.job) === card) showBar();
  });
}
