// Tooltips: the name of an icon and its key. They add nothing that is not said elsewhere.

import { place } from "./place.js";

const DELAY = 420;
const tip = document.getElementById("tip");
let timer = 0;
let pressed = null; // what was pressed needs no more explaining while the pointer stays

function show(element) {
  if (!element.isConnected) return;
  tip.textContent = element.dataset.tip;
  if (element.dataset.key) {
    tip.append(Object.assign(document.createElement("span"), { className: "kbd", textContent: element.dataset.key }));
  }
  tip.showPopover();
  place(tip, element, { above: true, centred: true });
}

function hide() {
  clearTimeout(timer);
  if (tip?.matches(":popover-open")) tip.hidePopover();
}

function follow(event, delay) {
  const element = event.target.closest?.("[data-tip]");
  hide();
  if (element !== pressed) pressed = null;
  if (element?.dataset.tip && element !== pressed && !element.matches("[aria-expanded='true']")) timer = setTimeout(show, delay, element);
}

if (tip && matchMedia("(hover: hover)").matches) {
  document.addEventListener("pointerover", (event) => follow(event, DELAY));
  document.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && follow(event, DELAY));
  document.addEventListener("pointerdown", (event) => (pressed = event.target.closest?.("[data-tip]")), true);
  for (const name of ["pointerdown", "keydown", "focusout", "scroll"]) {
    document.addEventListener(name, hide, { capture: true, passive: true });
  }
}
