// Pictures that steer: picked, dragged onto the page, pasted, or by their address. They are chips in the
// prompt bar; each carries its id in a hidden field named like the parameter it is for.

import { openAt } from "./menus.js";
import { word } from "./words.js";

const { htmx } = window;
const bar = document.querySelector("prompt-bar");
const form = bar?.querySelector("form");
const overlay = document.getElementById("drop");
const picker = document.getElementById("reference-files");
let pickFor = "";
let menuOf = null;
let depth = 0;

const chips = () => document.getElementById("references");
const refusals = () => document.getElementById("refusals");
const roles = () => [...bar.querySelectorAll("#roles input")];
const chosenRole = () => roles().find((role) => role.checked)?.value ?? roles()[0]?.value;
const labelOf = (role) => role.closest("label").textContent.trim();
const limitOf = (name) => Number(roles().find((role) => role.value === name)?.closest("label").dataset.max || 1);
const inRole = (name) => [...chips().querySelectorAll(`.ref[data-role="${name}"]`)];

function refuse(sentence) {
  const line = bar.querySelector(".refused")?.cloneNode(true) ?? Object.assign(document.createElement("p"), { className: "err refused" });
  line.textContent = sentence;
  refusals().append(line);
}

// ── taking in ──

async function send(files, name) {
  const pictures = [...files].filter((file) => !file.type || file.type.startsWith("image/"));
  refusals().replaceChildren();
  const others = [...files].filter((file) => !pictures.includes(file));
  if (others.length) refuse(word("notPictures", others.map(({ name: called }) => called).join(", ")));
  if (!pictures.length) return undefined;
  const room = makeRoom(name, pictures.length);
  if (pictures.length > room) refuse(word("roleFull"));
  const data = new FormData();
  const waiting = pictures.slice(0, room).map((file) => {
    data.append("files", file);
    return showWaiting(file, name);
  });
  if (waiting.length) await post(data, name, waiting);
}

async function sendAddress(url, name) {
  refusals().replaceChildren();
  if (!makeRoom(name, 1)) return refuse(word("roleFull"));
  const data = new FormData();
  data.append("url", url);
  return post(data, name, []);
}

async function post(data, name, waiting) {
  data.append("role", name);
  data.append("model", form.elements.model.value);
  let answer = null;
  try {
    answer = await fetch(bar.dataset.uploads, {
      method: "POST",
      body: data,
      headers: { "HX-Request": "true", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    });
    if (answer.status === 401) return location.reload();
    if (answer.ok || answer.status === 422) take(await answer.text());
    else refuse(word(answer.status === 413 ? "tooBig" : "failed"));
  } catch {
    refuse(word("failed"));
  } finally {
    waiting.forEach((chip) => chip.remove());
    refresh();
  }
  return answer?.ok ?? false;
}

function take(html) {
  const made = new DOMParser().parseFromString(html, "text/html").body;
  for (const chip of made.querySelectorAll(".ref")) {
    chips().insertBefore(chip, chips().querySelector(".add"));
    htmx.process(chip);
  }
  refusals().append(...made.querySelectorAll(".refused"));
}

/** How many more pictures may come; where only one fits, the new one takes its place. */
function makeRoom(name, wanted) {
  const limit = limitOf(name);
  const there = inRole(name);
  if (limit === 1 && wanted) {
    there.forEach((chip) => chip.remove());
    return 1;
  }
  return Math.max(0, limit - there.length);
}

function showWaiting(file, name) {
  const chip = document.getElementById("pending-reference").content.firstElementChild.cloneNode(true);
  chip.dataset.role = name;
  const image = chip.querySelector("img");
  image.src = URL.createObjectURL(file);
  image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
  chips().insertBefore(chip, chips().querySelector(".add"));
  return chip;
}

/** Weights are shown where there is something to weigh, and the panel shows what it is. */
function refresh() {
  for (const field of document.querySelectorAll("#panel [data-belongs-to]")) field.hidden = !inRole(field.dataset.belongsTo).length;
  for (const mirror of document.querySelectorAll("#panel [data-mirror]")) {
    const images = inRole(mirror.dataset.mirror).map((chip) => chip.querySelector("img")).filter(Boolean);
    mirror.replaceChildren(...images.slice(0, 6).map((image) => Object.assign(new Image(32, 32), { src: image.src, alt: "" })));
  }
  htmx.trigger(form, "composer:changed");
}

// ── chips ──

function showRoleMenu(button) {
  menuOf = button.closest(".ref");
  const menu = document.getElementById("role-menu");
  menu.replaceChildren(...roles().map((role) => {
    const row = Object.assign(document.createElement("button"), { type: "button", className: "menu-item", value: role.value });
    row.setAttribute("role", "menuitemradio");
    row.setAttribute("aria-checked", role.value === menuOf.dataset.role);
    row.append(Object.assign(document.createElement("span"), { textContent: labelOf(role) }));
    return row;
  }));
  const field = menuOf.querySelector("input");
  if (field.name !== "pending") menu.append(document.createElement("hr"), openRow(menu, field.value));
  openAt(menu, button);
}

/** The way to what else can be done with the picture. */
function openRow(menu, id) {
  const row = Object.assign(document.createElement("a"), { className: "menu-item", href: menu.dataset.fileUrl.replace("/0/", `/${id}/`) });
  row.setAttribute("role", "menuitem");
  row.append(Object.assign(document.createElement("span"), { textContent: menu.dataset.open }));
  return row;
}

function changeRole(name) {
  if (limitOf(name) <= inRole(name).length && limitOf(name) > 1) return refuse(word("roleFull"));
  if (limitOf(name) === 1) inRole(name).forEach((chip) => chip !== menuOf && chip.remove());
  menuOf.dataset.role = name;
  const field = menuOf.querySelector("input");
  if (field.name !== "pending") field.name = name;
  else field.value = `${name}:${field.value.split(":")[1]}`;
  menuOf.querySelector("b").textContent = labelOf(roles().find((role) => role.value === name));
  return refresh();
}

function remove(chip) {
  const next = chip.nextElementSibling;
  chip.remove();
  refresh();
  next?.querySelector("button")?.focus();
  if (next?.matches(".add")) next.focus();
}

function pick(name) {
  pickFor = name;
  picker.click();
}

// ── dragging ──

const dragsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

function showOverlay() {
  overlay.replaceChildren(...roles().map((role) => {
    const zone = document.createElement("div");
    zone.dataset.role = role.value;
    zone.append(
      document.querySelector("[data-pick] .i").cloneNode(true),
      Object.assign(document.createElement("b"), { textContent: labelOf(role) }),
      Object.assign(document.createElement("small"), { textContent: role.closest("label").dataset.help }),
    );
    return zone;
  }));
  overlay.hidden = false;
}

function hideOverlay() {
  depth = 0;
  overlay.hidden = true;
}

const zoneOf = (event) => event.target.closest?.("#drop [data-role]");

if (bar) {
  document.addEventListener("click", (event) => {
    const menu = event.target.closest("[data-role-menu]");
    if (menu) showRoleMenu(menu);
    const role = event.target.closest("#role-menu button.menu-item");
    if (role) {
      role.parentElement.hidePopover();
      changeRole(role.value);
    }
    const gone = event.target.closest("#references [data-remove]");
    if (gone) remove(gone.closest(".ref"));
    if (event.target.closest("[data-pick]")) pick(chosenRole());
    const add = event.target.closest("[data-add-role]");
    if (add) pick(add.dataset.addRole);
  });

  picker.addEventListener("change", () => {
    document.getElementById("add-reference").hidePopover();
    send([...picker.files], pickFor || chosenRole());
    picker.value = "";
  });

  document.getElementById("add-reference-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = event.target.elements.url;
    const address = field.value.trim();
    if (!address) return field.focus();
    document.getElementById("add-reference").hidePopover();
    if (await sendAddress(address, chosenRole())) field.value = "";
    return undefined;
  });

  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const elsewhere = event.target.matches?.("input, textarea") && !event.target.matches(".words");
    if (!files.length || elsewhere || !roles().length) return;
    event.preventDefault();
    send(files, roles()[0].value);
  });

  addEventListener("dragenter", (event) => {
    if (!dragsFiles(event) || !roles().length) return;
    event.preventDefault();
    depth += 1;
    if (depth === 1) showOverlay();
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
    const name = zoneOf(event)?.dataset.role ?? roles()[0]?.value;
    hideOverlay();
    if (name) send([...event.dataTransfer.files], name);
  });

  // a fetched picture arrives, or another model brings another panel
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.closest?.("#references") || event.target.id === "references") refresh();
  });
}
