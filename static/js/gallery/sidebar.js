// Figures beside the wall come after it. The lightbox goes along the wall, and collections take what is dropped.

import { changed, post, room, said, shotOf, shots, wall } from "./room.js";
import { assetIds, selected } from "./picking.js";
import { loadMore } from "./wall.js";

const { htmx } = window;
const panel = document.querySelector(".coll");
let told = null;
let asked = 0;

function draw() {
  if (!told) return;
  for (const place of document.querySelectorAll("[data-figure-of]")) place.textContent = told.figures[place.dataset.figureOf] ?? "0";
  document.querySelectorAll("[data-found]").forEach((place) => (place.textContent = told.found_text));
  changed("found", { count: told.found, text: told.of_text });
}

async function count() {
  const mine = ++asked;
  try {
    const answer = await fetch(`${room.dataset.figures}?${room.dataset.query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || mine !== asked) return;
    told = await answer.json();
    draw();
  } catch {
    // the wall is right without its figures
  }
}

async function renew() {
  await htmx.ajax("GET", `${room.dataset.sidebar}?${room.dataset.query}`, { source: "#sidebar", target: "#sidebar", swap: "innerHTML" });
  count();
}

// ── on narrow pages ──

function open(on) {
  panel.classList.toggle("open", on);
  document.querySelector("[data-collections]")?.setAttribute("aria-expanded", on);
  if (on) panel.querySelector("a")?.focus({ preventScroll: true });
}

// ── dropping pictures on a collection ──

const row = (event) => event.target.closest?.("#sidebar a[data-collection]");

function dragStart(event) {
  const shot = event.target.closest(".shot");
  if (!shot) return;
  const ids = selected.has(shot.dataset.output) ? [...selected.keys()] : [shot.dataset.output];
  const assets = selected.has(shot.dataset.output) ? assetIds() : [shot.dataset.asset];
  event.dataTransfer.setData("application/x-atelier-outputs", ids.join(","));
  event.dataTransfer.setData("application/x-atelier-assets", assets.join(","));
  event.dataTransfer.effectAllowed = "copyLink";
}

async function drop(event) {
  const ids = event.dataTransfer.getData("application/x-atelier-outputs");
  const link = row(event);
  if (!ids || !link) return;
  event.preventDefault();
  link.classList.remove("dropping");
  const url = document.getElementById("collect")?.querySelector(`[formaction$="/${link.dataset.collection}/add/"]`)?.getAttribute("formaction");
  const answer = url && (await post(url, { outputs: ids }));
  if (!answer) return;
  said(answer, () => changed("figures"));
  changed("figures");
}

// ── the lightbox steps along the wall ──

function alongTheWall(dialog) {
  const box = dialog.querySelector("light-box");
  const here = box && shotOf(box.dataset.output);
  if (!here) return;
  const all = shots();
  const at = all.indexOf(here);
  if (at > all.length - 6) loadMore();
  const template = document.createElement("template");
  for (const [side, shot] of [["previous", all[at - 1]], ["next", all[at + 1]]]) {
    const link = box.querySelector(`[data-step="${side}"]`);
    if (link && shot) link.href = shot.querySelector("a").href;
    else if (link) link.remove();
    else if (shot) {
      const other = box.querySelector("[data-step]");
      if (!other) continue;
      template.innerHTML = other.outerHTML;
      const made = template.content.firstElementChild;
      made.dataset.step = side;
      made.href = shot.querySelector("a").href;
      made.classList.replace(side === "next" ? "prev" : "next", side === "next" ? "next" : "prev");
      made.querySelector("use")?.setAttribute("href", made.querySelector("use").getAttribute("href").replace(/#\w+$/, side === "next" ? "#right" : "#left"));
      other.after(made);
    }
  }
}

if (room) {
  count();
  room.addEventListener("gallery:figures", count);
  room.addEventListener("gallery:sidebar", renew);
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-collections]")) open(!panel.classList.contains("open"));
    else if (!event.target.closest(".coll, [popover]")) open(false);
  });
  panel?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !panel.classList.contains("open")) return;
    open(false);
    document.querySelector("[data-collections]")?.focus();
  });
  wall.addEventListener("dragstart", dragStart);
  panel?.addEventListener("dragover", (event) => {
    panel.querySelectorAll(".dropping").forEach((link) => link !== row(event) && link.classList.remove("dropping"));
    if (!row(event) || !event.dataTransfer.types.includes("application/x-atelier-outputs")) return;
    event.preventDefault();
    row(event).classList.add("dropping");
  });
  panel?.addEventListener("dragleave", (event) => row(event)?.classList.remove("dropping"));
  panel?.addEventListener("drop", drop);

  const dialog = document.getElementById("lightbox");
  let seen = null;
  dialog?.addEventListener("htmx:afterSwap", () => {
    seen = dialog.querySelector("light-box")?.dataset.output ?? seen;
    alongTheWall(dialog);
  });
  dialog?.addEventListener("close", () => {
    const shot = seen && shotOf(seen);
    shot?.scrollIntoView({ block: "nearest" });
    shot?.querySelector("a").focus({ preventScroll: true });
  });
}
