// What is selected, by mouse, finger and keys. A selection may be larger than what is on the page.

import { toast } from "../toast.js";
import { word } from "../words.js";
import { changed, room, says, shotOf, shots, wall } from "./room.js";
import { loadMore } from "./wall.js";

/** output id → asset id */
export const selected = new Map();
const LONG_PRESS = 450;
/** px that a resting finger moves */
const TREMBLE = 8;
const bar = document.querySelector(".bulk");
const announcer = document.getElementById("announcer");
let last = null;
let found = { count: null, text: "" };

export const assetIds = () => [...new Set(selected.values())];

export function clear() {
  if (!selected.size) return false;
  selected.clear();
  show();
  announcer.textContent = word("deselected");
  return true;
}

export function drop(ids) {
  ids.forEach((id) => selected.delete(String(id)));
  show();
}

function set(shot, on) {
  if (on) selected.set(shot.dataset.output, shot.dataset.asset);
  else selected.delete(shot.dataset.output);
}

function toggle(shot, { range = false } = {}) {
  const on = !selected.has(shot.dataset.output);
  const all = shots();
  const from = range && last ? all.indexOf(shotOf(last)) : -1;
  if (from >= 0) {
    const to = all.indexOf(shot);
    all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((each) => set(each, true));
  } else set(shot, on);
  last = shot.dataset.output;
  show();
}

/** Draws the selection; pictures that arrive later are marked too. */
export function show() {
  for (const shot of shots()) {
    const on = selected.has(shot.dataset.output);
    shot.classList.toggle("sel", on);
    shot.querySelector(".pick input").checked = on;
  }
  const count = selected.size;
  room.classList.toggle("selecting", count > 0);
  bar.hidden = !count;
  bar.querySelector("[data-selected]").textContent = count === 1 ? says("selectedOne") : says("selectedMany", { n: count });
  bar.querySelector("[data-of]").textContent = found.text;
  bar.querySelector("[data-select-all]").hidden = found.count !== null && count >= Math.min(found.count, Number(room.dataset.most));
  bar.querySelectorAll("[data-one]").forEach((button) => (button.hidden = count !== 1));
  const board = bar.querySelector("[data-add-to-board]");
  if (board) board.dataset.addToBoard = assetIds().join(",");
  document.querySelectorAll("#bulk [name='outputs']").forEach((field) => (field.value = [...selected.keys()].join(",")));
  changed("selection");
}

async function selectAll() {
  const answer = await fetch(`${room.dataset.ids}?${room.dataset.query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    toast(word("failed"), { bad: true });
    return;
  }
  const { outputs, said } = await answer.json();
  for (const [output, asset] of Object.entries(outputs)) selected.set(output, String(asset));
  show();
  if (said) toast(said);
}

// ── mouse and finger ──

function press(event) {
  if (event.pointerType === "mouse") return;
  const shot = event.target.closest(".shot");
  if (!shot) return;
  const over = new AbortController();
  const options = { signal: over.signal, passive: true };
  const timer = setTimeout(() => {
    over.abort();
    toggle(shot);
    swallowClick();
  }, LONG_PRESS);
  const end = () => {
    clearTimeout(timer);
    over.abort();
  };
  for (const name of ["pointerup", "pointercancel", "scroll"]) addEventListener(name, end, options);
  // a second finger; this event itself is still on its way up
  addEventListener("pointerdown", (other) => other !== event && end(), options);
  addEventListener("pointermove", (move) => Math.hypot(move.clientX - event.clientX, move.clientY - event.clientY) > TREMBLE && end(), options);
}

/** Not the click that the lifted finger makes. Where it makes none, the next touch is meant. */
function swallowClick() {
  const over = new AbortController();
  const options = { capture: true, signal: over.signal };
  addEventListener("pointerdown", () => over.abort(), options);
  addEventListener("click", (click) => {
    over.abort();
    click.preventDefault();
    click.stopPropagation();
  }, options);
}

function click(event) {
  const shot = event.target.closest(".shot");
  if (!shot) return;
  if (event.target.closest(".pick")) {
    if (!event.target.matches("input")) return; // the label's click comes again from its box
    toggle(shot, { range: event.shiftKey });
  } else if (event.target.closest("a") && (event.shiftKey || selected.size || room.matches(".in-trash")) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    event.stopPropagation();
    toggle(shot, { range: event.shiftKey });
  }
}

// ── keys ──

const focused = () => document.activeElement?.closest?.(".shot") ?? null;

function beside(shot, key) {
  const all = shots();
  if (!shot) return all.find((each) => each.getBoundingClientRect().bottom > 160);
  const at = all.indexOf(shot);
  if (key === "ArrowRight") return all[at + 1];
  if (key === "ArrowLeft") return all[at - 1];
  const here = shot.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  const step = key === "ArrowDown" ? 1 : -1;
  let next = null;
  for (let index = at + step; index >= 0 && index < all.length; index += step) {
    const box = all[index].getBoundingClientRect();
    if (Math.abs(box.top - here.top) < 4) continue;
    if (next && Math.abs(box.top - next.top) > 4) break;
    const far = Math.abs(box.left + box.width / 2 - middle);
    if (!next || far < next.far) next = { shot: all[index], top: box.top, far };
  }
  return next?.shot;
}

function move(event) {
  const from = focused();
  if (!from && document.activeElement !== document.body && !wall.contains(document.activeElement)) return false;
  const to = beside(from, event.key);
  if (!to) {
    if (["ArrowRight", "ArrowDown"].includes(event.key)) loadMore();
    return Boolean(from);
  }
  if (event.shiftKey && from) {
    set(from, true);
    set(to, true);
    last = to.dataset.output;
    show();
  }
  to.querySelector("a").focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
  return true;
}

function typing(target) {
  return target.matches?.("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]");
}

function keydown(event) {
  if (event.defaultPrevented || event.altKey || typing(event.target) || document.querySelector("dialog:modal, :popover-open:not(.tip)")) return;
  if (event.ctrlKey || event.metaKey) {
    if (event.key !== "a") return;
    event.preventDefault();
    shots().forEach((shot) => set(shot, true));
    show();
    return;
  }
  if (event.target.closest("[role='toolbar']") && event.key.startsWith("Arrow")) return;
  const single = document.querySelector("[data-single-keys]")?.checked ?? true;
  if (event.key.length === 1 && !single) return;
  const shot = focused();
  const found = {
    Escape: clear,
    ArrowLeft: () => move(event), ArrowRight: () => move(event), ArrowUp: () => move(event), ArrowDown: () => move(event),
    x: () => shot && (toggle(shot), true), X: () => shot && (toggle(shot, { range: true }), true),
    " ": () => shot && !event.target.matches("button, input") && (toggle(shot), true),
    ".": () => (shot || selected.size) && (changed("key", { name: "star", shot }), true),
    Delete: () => (shot || selected.size) && (changed("key", { name: "trash", shot }), true),
    Backspace: () => event.metaKey && selected.size && (changed("key", { name: "trash", shot }), true),
    d: () => selected.size && (changed("key", { name: "download", shot }), true),
  }[event.key];
  if (found?.()) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

if (wall && bar) {
  wall.addEventListener("click", click, true);
  wall.addEventListener("pointerdown", press, { passive: true });
  wall.addEventListener("contextmenu", (event) => matchMedia("(hover: none)").matches && event.target.closest(".shot") && event.preventDefault());
  addEventListener("keydown", keydown, true);
  bar.querySelector("[data-clear]").addEventListener("click", clear);
  bar.querySelector("[data-select-all]").addEventListener("click", selectAll);
  document.addEventListener("htmx:afterSwap", () => selected.size && show());
  room.addEventListener("gallery:found", ({ detail }) => { found = detail; if (selected.size) show(); });
  // boxes that the browser has kept from before
  wall.querySelectorAll(".pick input").forEach((box) => (box.checked = false));
}
