// Files that steer: picked, dragged onto the page, pasted, from the gallery, or by their address. They are chips
// in the prompt bar.

import { showChipMenu } from "./files/chip-menu.js";
import { draggedKinds } from "./files/kinds.js";
import { FilePicker } from "./files/picker.js";
import { Target } from "./files/target.js";
import { openAt } from "./menus.js";
import { word } from "./words.js";

const { htmx } = window;
const bar = document.querySelector("prompt-bar");
const form = bar?.querySelector("form");
const overlay = document.getElementById("drop");
const popover = document.getElementById("add-reference");
let depth = 0;

class Bar extends Target {
  get chips() { return document.getElementById("references"); }
  get refusals() { return document.getElementById("refusals"); }
  get asked() { return { model: form.elements.model.value }; }
  get url() { return bar.dataset.uploads; }
  get token() { return form.elements.csrfmiddlewaretoken.value; }

  roles() {
    return [...bar.querySelectorAll("#roles label")].map(({ dataset, firstElementChild }) => ({
      name: firstElementChild.value, label: dataset.label, kind: dataset.kind, max: Number(dataset.max), accept: dataset.accept, help: dataset.help, spoken: dataset.spoken, chipName: dataset.chipName,
    }));
  }

  get chosen() {
    const name = bar.querySelector("#roles :checked")?.value;
    return this.role(name) ?? this.roles()[0];
  }

  choose(name) {
    const radio = [...bar.querySelectorAll("#roles input")].find((one) => one.value === name);
    if (radio) radio.checked = true;
    this.explain();
  }

  explain() {
    const role = this.chosen;
    const limit = role && role.max > 1 ? word("upTo", role.max) : "";
    popover.querySelector("[data-role-help]").textContent = [limit ? role.help.replace(/[.。]$/, "") : role?.help, limit].filter(Boolean).join(" · ");
  }

  /** Weights are shown where there is something to weigh, and the panel shows what it is. */
  changed() {
    for (const field of document.querySelectorAll("#panel [data-belongs-to]")) field.hidden = !this.inRole(field.dataset.belongsTo).length;
    for (const mirror of document.querySelectorAll("#panel [data-mirror]")) {
      mirror.replaceChildren(...this.inRole(mirror.dataset.mirror).slice(0, 6).map(small));
    }
    htmx.trigger(form, "composer:changed");
  }
}

function small(chip) {
  const image = chip.querySelector("img");
  if (image) return Object.assign(new Image(32, 32), { src: image.src, alt: "" });
  return Object.assign(document.createElement("span"), { className: "badge", textContent: chip.querySelector(".ref-time")?.textContent ?? "" });
}

/** Puts words where one writes, with blanks around them. */
function write(text) {
  const area = bar.words;
  area.focus({ preventScroll: true });
  const before = area.value.slice(0, area.selectionStart);
  const padded = `${!before || /\s$/.test(before) ? "" : " "}${text} `;
  if (!document.execCommand("insertText", false, padded)) area.setRangeText(padded, area.selectionStart, area.selectionEnd, "end");
  bar.typed();
}

// ── a page that is opened again has its files again, as it has its words ──

const kept = `files:${bar?.dataset.draft}`;

function keepFiles(target) {
  const files = target.roles().flatMap(({ name }) => target.inRole(name).map((chip) => [name, chip.querySelector(`input[name="${name}"]`)?.value]));
  try {
    sessionStorage.setItem(kept, JSON.stringify({ model: form.elements.model.value, files: files.filter(([, id]) => id) }));
  } catch {
    // a browser that keeps nothing
  }
}

/** Unless the address asks for something else, or for another model. */
async function bringBack(target) {
  const plain = [...new URLSearchParams(location.search).keys()].every((name) => name === "model");
  if (!plain || target.chips.querySelector(".ref[data-role]")) return;
  let was = {};
  try {
    was = JSON.parse(sessionStorage.getItem(kept)) ?? {};
  } catch {
    // a browser that keeps nothing
  }
  if (was.model !== form.elements.model.value) return;
  for (const [name, id] of was.files) {
    const role = target.role(name);
    if (role) await target.ask(role, "asset", id);
  }
}

// ── dragging ──

const ASSET = "application/x-atelier-asset";
const carries = (event) => [...(event.dataTransfer?.types ?? [])];
const dragsFiles = (event) => carries(event).includes("Files") || carries(event).includes(ASSET);
const inField = (event) => event.target.closest?.("media-field");
const zoneOf = (event) => event.target.closest?.("#drop [data-role]");

function showOverlay(target, kinds) {
  const roles = target.roles().filter((role) => !kinds.length || kinds.includes(role.kind));
  const icon = document.querySelector("[data-pick] .i");
  overlay.replaceChildren(...(roles.length ? roles : target.roles()).map((role) => {
    const zone = document.createElement("div");
    zone.dataset.role = role.name;
    zone.append(
      icon.cloneNode(true),
      Object.assign(document.createElement("b"), { textContent: role.label }),
      Object.assign(document.createElement("small"), { textContent: role.help }),
    );
    return zone;
  }));
  overlay.hidden = false;
}

function hideOverlay() {
  depth = 0;
  overlay.hidden = true;
}

let draggedKind = "";

if (bar) {
  const target = new Bar();
  const found = (what, value) => {
    const { name } = target.chosen;
    if (what === "files") return target.send(value, name);
    return what === "url" ? target.sendAddress(value, name) : target.sendAsset(value, name);
  };
  const picker = new FilePicker(popover, { choice: () => target.chosen, found });
  target.explain();

  document.addEventListener("click", (event) => {
    const chip = event.target.closest("#references [data-role-menu]");
    if (chip) showChipMenu(document.getElementById("role-menu"), chip, target, write);
    const gone = event.target.closest("#references [data-remove]");
    if (gone) target.remove(gone.closest(".ref"));
    const add = event.target.closest("[data-add-role]");
    if (add) {
      target.choose(add.dataset.addRole);
      openAt(popover, add);
    }
  });

  popover.addEventListener("change", (event) => {
    if (!event.target.closest("#roles")) return;
    target.explain();
    picker.load();
  });
  document.getElementById("add-reference-form").addEventListener("submit", (event) => event.preventDefault());

  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const elsewhere = event.target.matches?.("input, textarea") && !event.target.matches(".words");
    if (!files.length || elsewhere || event.defaultPrevented || !target.roles().length) return;
    event.preventDefault();
    target.send(files);
  });

  // a tile of the feed can be dragged into the bar too
  addEventListener("dragstart", (event) => {
    const tile = event.target.closest?.(".tile[data-asset]");
    if (!tile) return;
    event.dataTransfer.setData(ASSET, tile.dataset.asset);
    draggedKind = tile.querySelector("video-tile") ? "video" : tile.matches(".sound") ? "audio" : "image";
  });
  addEventListener("dragend", () => { draggedKind = ""; hideOverlay(); });
  addEventListener("dragenter", (event) => {
    if (!dragsFiles(event) || !target.roles().length) return;
    event.preventDefault();
    depth += 1;
    if (depth === 1) showOverlay(target, draggedKind ? [draggedKind] : draggedKinds(event.dataTransfer));
  });
  addEventListener("dragover", (event) => {
    if (!dragsFiles(event)) return;
    event.preventDefault();
    overlay.querySelectorAll("[data-role]").forEach((zone) => zone.classList.toggle("over", zone === zoneOf(event)));
  });
  addEventListener("dragleave", (event) => {
    if (!dragsFiles(event)) return;
    depth -= 1;
    if (depth <= 0) hideOverlay();
  });
  addEventListener("drop", (event) => {
    if (!dragsFiles(event)) return;
    event.preventDefault();
    const name = zoneOf(event)?.dataset.role ?? "";
    hideOverlay();
    if (inField(event)) return;
    const asset = event.dataTransfer.getData(ASSET);
    const role = asset ? target.roleFor(draggedKind, name) : null;
    if (asset && role) target.sendAsset(asset, role.name);
    else if (event.dataTransfer.files.length && target.roles().length) target.send([...event.dataTransfer.files], name);
  });

  addEventListener("pagehide", () => keepFiles(target));
  bringBack(target);

  // what is still being sent would be missing
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target !== form || !target.chips.querySelector("[data-waiting]")) return;
    event.preventDefault();
    target.refusals.replaceChildren();
    target.refuse(word("stillComing"));
  });

  // a fetched file arrives, or another model brings another panel
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!event.target.closest?.("#references") && event.target.id !== "references") return;
    target.settle();
    target.explain();
  });
}
