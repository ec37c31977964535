// The parameter panel: figures beside their sliders, the dice, and opening and closing it.

import { setCookie } from "./frame.js";

const create = document.getElementById("create");
const drawer = document.getElementById("parameters");
const wide = matchMedia("(min-width: 1121px)");
const SEED_LIMIT = 4294967295;

function isOpen() {
  return wide.matches ? create.dataset.drawer === "open" : drawer.classList.contains("open");
}

export function openDrawer(open) {
  if (!drawer) return;
  if (wide.matches) {
    create.dataset.drawer = open ? "open" : "closed";
    setCookie("drawer", create.dataset.drawer);
  }
  drawer.classList.toggle("open", open && !wide.matches);
  if (open && !wide.matches) drawer.focus({ preventScroll: true });
  tell();
}

function tell() {
  document.querySelectorAll("[data-drawer-toggle]").forEach((button) => button.setAttribute("aria-expanded", isOpen()));
}

/** Draws a slider's filled part and its figure. */
function follow(range) {
  const share = (range.value - range.min) / (range.max - range.min || 1);
  range.parentElement.style.setProperty("--v", `${(share * 100).toFixed(1)}%`);
  const figure = document.querySelector(`[data-figure="${range.id}"]`);
  if (figure && figure !== document.activeElement) figure.value = range.value;
}

document.addEventListener("input", (event) => {
  if (event.target.type === "range" && event.target.closest(".slider")) follow(event.target);
});

document.addEventListener("change", (event) => {
  const { figure } = event.target.dataset ?? {};
  if (!figure) return;
  const range = document.getElementById(figure);
  const typed = Number(event.target.value.replace(",", "."));
  if (event.target.value.trim() && Number.isFinite(typed)) range.value = typed;
  event.target.value = range.value;
  follow(range);
  range.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("click", (event) => {
  const dice = event.target.closest("[data-dice]");
  if (dice) roll(dice);
  if (event.target.closest("[data-drawer-toggle]")) openDrawer(!isOpen());
  if (event.target.closest("[data-drawer-close]")) {
    openDrawer(false);
    document.querySelector("[data-drawer-toggle]")?.focus();
  }
});

function roll(dice) {
  const input = document.getElementById(dice.dataset.dice);
  const limit = Math.min(Number(dice.dataset.max) || SEED_LIMIT, SEED_LIMIT);
  input.value = Math.floor(Math.random() * (limit + 1));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

if (drawer) {
  // as a sheet it closes when one touches beside it
  document.addEventListener("pointerdown", (event) => {
    const beside = !event.target.closest("#parameters, [data-drawer-toggle], [popover], dialog");
    if (beside && drawer.classList.contains("open")) openDrawer(false);
  });
  drawer.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || wide.matches || document.querySelector(":popover-open")) return;
    openDrawer(false);
    document.querySelector("[data-drawer-toggle]")?.focus();
  });
  wide.addEventListener("change", () => { drawer.classList.remove("open"); tell(); });
  tell();
}
