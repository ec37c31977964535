// Keys. Single ones are off while one types, and can be switched off for good (in the `?` dialog).

import { lightbox } from "./lightbox.js";
import { clear, isSelected, select, selectionBar } from "./selection.js";

const SEQUENCE = 900; // ms between G and the letter after it
const feed = document.getElementById("feed");
const keysDialog = document.getElementById("keys");
const singleKeys = keysDialog?.querySelector("[data-single-keys]");
let afterG = -Infinity;

const tiles = () => [...(feed?.querySelectorAll(".tile[data-output] > a") ?? [])];
const focusedTile = () => document.activeElement?.closest?.("#feed .tile[data-output]") ?? null;
const bar = () => lightbox()?.querySelector(".actions") ?? selectionBar();

function typing(target) {
  return target.matches?.("input:not([type='checkbox'], [type='radio'], [type='range']), textarea, select, [contenteditable]");
}

// ── moving ──

function neighbour(from, key) {
  const all = tiles();
  const at = all.indexOf(from);
  if (at < 0) return all.find((tile) => tile.getBoundingClientRect().bottom > 170);
  if (key === "ArrowRight") return all[at + 1];
  if (key === "ArrowLeft") return all[at - 1];
  const here = from.getBoundingClientRect();
  const below = key === "ArrowDown";
  const beyond = all.map((tile) => ({ tile, box: tile.getBoundingClientRect() }))
    .filter(({ box }) => (below ? box.top > here.top + 4 : box.top < here.top - 4));
  const edge = below ? Math.min(...beyond.map(({ box }) => box.top)) : Math.max(...beyond.map(({ box }) => box.top));
  const row = beyond.filter(({ box }) => Math.abs(box.top - edge) < 4);
  return row.sort((a, b) => Math.abs(a.box.left - here.left) - Math.abs(b.box.left - here.left))[0]?.tile;
}

function move(event) {
  const from = focusedTile()?.querySelector("a");
  if (!from && document.activeElement !== document.body && !feed.contains(document.activeElement)) return false;
  const next = neighbour(from, event.key);
  if (!next) return false;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (event.shiftKey) {
    if (from) select(from.parentElement.dataset.output, { more: true });
    select(next.parentElement.dataset.output, { more: true });
  }
  return true;
}

function toggleSelect(more) {
  const tile = focusedTile();
  if (!tile) return false;
  const id = tile.dataset.output;
  select(id, { more: more || isSelected(id), on: !isSelected(id) });
  return true;
}

function selectRow() {
  const job = focusedTile()?.closest(".job");
  job?.querySelectorAll(".tile[data-output]").forEach((tile) => select(tile.dataset.output, { more: true }));
  return Boolean(job);
}

// ── acting ──

/** Presses the button of the bar that carries this key; the tile under the focus is selected first. */
async function act(key) {
  if (!bar() && focusedTile()) await select(focusedTile().dataset.output);
  const button = [...(bar()?.querySelectorAll("[data-key]") ?? [])].find((item) => item.dataset.key === key);
  button?.click();
}

function go(letter) {
  const link = document.querySelector(`.nav [data-go="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
  return Boolean(link);
}

function inLightbox(event) {
  const box = lightbox();
  if (!box) return false;
  const press = (selector) => () => box.querySelector(selector)?.click();
  const found = {
    ArrowLeft: press("[data-step='previous']"),
    ArrowRight: press("[data-step='next']"),
    c: press("[data-compare]"),
    p: press("[data-panel]"),
    z: press("[data-zoom='toggle']"),
    s: press("[data-copy-seed]"),
    Escape: document.getElementById("lightbox") ? null : press("[data-close]"),
  }[event.key];
  // the slider of a comparison has the arrows while it has the focus
  if (!found || (event.target.matches("[type='range']") && event.key.startsWith("Arrow"))) return false;
  found();
  return true;
}

function onPage(event) {
  const { key } = event;
  if (key === "Escape") return !lightbox() && clear();
  if (lightbox() || !feed) return false;
  if (key.startsWith("Arrow")) return move(event);
  if (key === "x" || key === "X") return toggleSelect(event.shiftKey);
  if (key === " ") return toggleSelect(false);
  if (key === "Delete" && (bar() || focusedTile())) return act("Del") && true;
  return false;
}

function single(event) {
  const { key } = event;
  if (performance.now() - afterG < SEQUENCE) {
    afterG = -Infinity;
    return go(key.toLowerCase());
  }
  if (key === "g") {
    afterG = performance.now();
    return true;
  }
  if (key === "?") return keysDialog.showModal() ?? true;
  if (key === "/") {
    const words = document.querySelector(".words");
    words?.focus();
    return Boolean(words) && !lightbox();
  }
  const action = { v: "V", V: "Shift V", u: "U", i: "I", r: "R", a: "A", d: "D", ".": "." }[key];
  if (action) act(action);
  return Boolean(action);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.altKey || typing(event.target)) return;
  if (document.querySelector(":popover-open:not(.tip), dialog.dialog:modal")) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "a" && selectRow()) event.preventDefault();
    return;
  }
  if (event.target.matches?.("input, [role='toolbar'] *") && event.key.startsWith("Arrow")) return;
  if (event.key === " " && !focusedTile()) return;
  const letters = event.key.length === 1;
  if (letters && singleKeys && !singleKeys.checked) return;
  if (inLightbox(event) || onPage(event) || (letters && single(event))) event.preventDefault();
});

if (singleKeys) {
  try {
    singleKeys.checked = localStorage.getItem("single-keys") !== "off";
    singleKeys.addEventListener("change", () => localStorage.setItem("single-keys", singleKeys.checked ? "on" : "off"));
  } catch {
    // a browser that keeps nothing
  }
}
