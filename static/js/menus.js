// Popovers are placed at their buttons; lists in them move by arrows, letters, Home and End.

import { place } from "./place.js";

let invoker = null;

export function openAt(popover, button) {
  invoker = button;
  if (!popover.matches(":popover-open")) popover.showPopover();
  else place(popover, button);
}

document.addEventListener("click", (event) => {
  invoker = event.target.closest("[popovertarget]") ?? invoker;
}, true);

document.addEventListener("beforetoggle", (event) => {
  const popover = event.target;
  if (event.newState !== "open" || !popover.matches?.(".menu, .pop")) return;
  popover.classList.add("placed");
  popover.anchorButton = invoker;
}, true);

document.addEventListener("toggle", (event) => {
  const popover = event.target;
  if (!popover.matches?.(".menu, .pop")) return;
  const open = event.newState === "open";
  popover.anchorButton?.setAttribute("aria-expanded", open);
  if (!open || !popover.anchorButton) return;
  place(popover, popover.anchorButton);
  const rows = options(popover);
  if (rows.length) (rows.find((row) => row.matches("[aria-selected='true'], [aria-checked='true']")) ?? rows[0]).focus();
}, true);

function options(popover) {
  if (!popover.matches(".menu")) return [];
  const listed = popover.matches("[role='listbox'], [role='menu']") || popover.querySelector("[role='listbox']");
  const rows = [...popover.querySelectorAll(listed ? "[role='option'], [role^='menuitem']" : "a, .menu-item")];
  return rows.filter((row) => row.checkVisibility());
}

document.addEventListener("keydown", (event) => {
  const popover = event.target.closest?.(".menu:popover-open");
  if (!popover || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = options(popover);
  const at = rows.indexOf(event.target);
  // in a field of the menu only up and down lead away
  if (event.target.matches("input") && !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const next = {
    ArrowDown: () => rows[(at + 1) % rows.length],
    ArrowUp: () => rows[(at - 1 + rows.length) % rows.length],
    Home: () => rows[0],
    End: () => rows.at(-1),
  }[event.key]?.() ?? (event.key.length === 1 && event.key !== " " ? startingWith(rows, at, event.key) : null);
  if (!next) {
    if (event.key === " " && event.target.matches("a[role='option']")) { event.preventDefault(); event.target.click(); }
    if (event.key.length === 1) event.stopPropagation();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  next.focus();
});

function startingWith(rows, at, letter) {
  const order = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
  return order.find((row) => row.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()));
}

// toolbars: one tab stop, arrows move within
document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.("[role='toolbar']");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!bar || !step || event.target.closest("[popover]")) return;
  const buttons = toolbarButtons(bar);
  const next = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  buttons.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
  next.focus();
});

export function oneTabStop(bar) {
  toolbarButtons(bar).forEach((button, index) => (button.tabIndex = index ? -1 : 0));
}

function toolbarButtons(bar) {
  return [...bar.querySelectorAll("a, button")].filter((button) => !button.closest("[popover]"));
}

document.addEventListener("htmx:load", (event) => {
  const element = event.detail.elt;
  if (element.matches?.("[role='toolbar']")) oneTabStop(element);
  element.querySelectorAll?.("[role='toolbar']").forEach(oneTabStop);
});
