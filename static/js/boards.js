// Moodboards in the parameter panel: chosen from a menu, taken out by their chip.

import { openAt } from "./menus.js";

const { htmx } = window;

document.addEventListener("click", async (event) => {
  const bar = document.querySelector("prompt-bar");
  const choose = event.target.closest("[data-choose-board]");
  if (choose && bar) {
    const menu = document.getElementById("board-menu");
    await htmx.ajax("GET", menu.dataset.boards, { source: menu, target: menu, swap: "innerHTML" });
    openAt(menu, choose);
  }
  const chosen = event.target.closest("[data-use-board]");
  if (chosen && bar) {
    event.preventDefault();
    chosen.closest("[popover]")?.hidePopover();
    await bar.ask(bar.panelUrl, { board: chosen.dataset.useBoard });
    document.querySelector("[data-choose-board]")?.focus();
  }
  const gone = event.target.closest("[data-remove-board]");
  if (gone) {
    const chip = gone.closest(".board-chip");
    const next = chip.nextElementSibling?.querySelector("button") ?? document.querySelector("[data-choose-board]");
    chip.remove();
    next?.focus();
    if (bar) htmx.trigger(bar.form, "composer:changed");
  }
});
