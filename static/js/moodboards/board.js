// A moodboard's page: adding by every way there is, arranging, taking off, and keeping up with what others do.
// The server answers each change with the board as it then is.

import { openAt } from "../menus.js";
import { toast } from "../toast.js";
import { word } from "../words.js";
import "./links.js";
import "./wall.js";

const EVERY = 20_000;
const WHILE_BUSY = 2500;
const UNDO_LASTS = 12_000;

const board = document.querySelector("mood-board");
const wall = () => document.getElementById("board-wall");
const mayChange = board.hasAttribute("data-may-change");
const menu = document.getElementById("item-menu");
const noteDialog = document.getElementById("note-dialog");
const addPop = document.getElementById("add-pictures");
const bulk = document.getElementById("selected-form");
const singleKeys = document.querySelector("#keys [data-single-keys]");
const announcer = document.getElementById("announcer");
let menuOf = null;
let timer = 0;
let depth = 0;

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
const itemUrl = (id, what = "") => board.dataset.itemUrl.replace("/0/", `/${id}/`) + what;
const fields = (values) => {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) [value].flat().forEach((each) => data.append(name, each));
  return data;
};

// ── asking ──

/** Posts a change, or looks (no data). Resolves to {ok, body}, or null after saying what went wrong. */
async function ask(url, data = null) {
  let answer;
  try {
    answer = await fetch(url, { method: data ? "POST" : "GET", body: data, headers: { "HX-Request": "true", "X-CSRFToken": token() } });
  } catch {
    if (data) toast(word("failed"), { more: word("failedMore"), bad: true });
    return null;
  }
  if (answer.status === 401) location.reload();
  if (answer.status === 204) return null;
  if (!answer.ok && answer.status !== 422) {
    if (data) toast(word({ 400: "tooBig", 403: "noRight", 404: "gone", 413: "tooBig" }[answer.status] ?? "failed"), { bad: true });
    return null;
  }
  return { ok: answer.ok, body: new DOMParser().parseFromString(await answer.text(), "text/html").body };
}

/** Puts the board of an answer in place. What has arrived. */
function take(body, { keepSaid = false } = {}) {
  for (const id of ["board-facts", "board-palette", "board-create", "board-services", ...(keepSaid ? [] : ["board-said"])]) {
    const [old, fresh] = [document.getElementById(id), body.querySelector(`#${id}`)];
    if (fresh && old && !old.isEqualNode(fresh)) old.replaceWith(document.importNode(fresh, true));
  }
  const undo = document.querySelector("#board-said .undo-bar");
  if (undo) setTimeout(() => undo.matches(":hover, :focus-within") || undo.remove(), UNDO_LASTS);
  const fresh = body.querySelector("#board-wall");
  const arrived = fresh ? wall().take(fresh) : [];
  showSelection();
  plan();
  return arrived;
}

/** Makes a change. What went wrong is said in `problems`, or in a toast. */
async function act(url, data, problems = null) {
  problems?.replaceChildren();
  const answer = await ask(url, data);
  if (!answer) {
    look(true);
    return null;
  }
  if (answer.body.querySelector("#board-wall")) return { ok: answer.ok, arrived: take(answer.body) };
  const sentences = [...answer.body.querySelectorAll(".err")];
  if (problems) problems.append(...sentences);
  else sentences.forEach((line) => toast(line.textContent.trim(), { bad: true }));
  return { ok: answer.ok, arrived: [] };
}

// ── keeping up ──

async function look(force = false) {
  if (document.hidden || wall().drag) return plan();
  const answer = await ask(`${board.dataset.url}?have=${force ? "" : wall().dataset.stamp}`);
  if (answer?.ok) take(answer.body, { keepSaid: true });
  return plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(look, wall().hasAttribute("data-busy") ? WHILE_BUSY : EVERY);
}

// ── adding ──

async function add(data, problems = null) {
  wall().classList.add("adding");
  const done = await act(board.dataset.add, data, problems);
  wall().classList.remove("adding");
  for (const thing of done?.arrived ?? []) thing.classList.add("arrived");
  const first = done?.arrived[0];
  if (first) first.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  if (!problems) document.querySelectorAll("#board-said .err").forEach((line) => toast(line.textContent.trim(), { bad: true }));
  return done;
}

function addFiles(files) {
  const pictures = [...files].filter((file) => !file.type || file.type.startsWith("image/"));
  if (pictures.length < files.length) toast(word("noPictures"), { more: [...files].filter((file) => !pictures.includes(file)).map((file) => file.name).join(", "), bad: true });
  if (!pictures.length) return null;
  return add(fields({ files: pictures }));
}

/** A picture of this studio by its address, or one from elsewhere. */
function addAddress(text) {
  let url;
  try {
    url = new URL(text, location.href);
  } catch {
    return null;
  }
  if (!/^https?:$/.test(url.protocol)) return null;
  if (url.origin === location.origin && url.pathname.startsWith(board.dataset.team)) {
    const path = url.pathname.slice(board.dataset.team.length);
    const [, kind, id] = path.match(/^(assets|images)\/(\d+)\//) ?? [];
    if (!id) return null;
    return add(fields({ [kind === "assets" ? "asset" : "output"]: id }));
  }
  return add(fields({ url: url.href }));
}

function addTransfer(transfer) {
  if (transfer.files?.length) return addFiles(transfer.files);
  const html = transfer.getData("text/html");
  const image = !html ? null : new DOMParser().parseFromString(html, "text/html").querySelector("img[src^='http'], img[src^='/']");
  return addAddress(image?.getAttribute("src") || transfer.getData("text/uri-list").split("\n")[0] || transfer.getData("text/plain").trim());
}

// ── selecting ──

const chosen = () => [...board.querySelectorAll(".mood-pick input:checked")];

function showSelection() {
  if (!bulk) return;
  const boxes = chosen();
  for (const thing of wall().things) thing.classList.toggle("sel", Boolean(thing.querySelector(".mood-pick input:checked")));
  bulk.classList.toggle("shown", boxes.length > 0);
  board.classList.toggle("selecting", boxes.length > 0);
  bulk.querySelector(".n").textContent = boxes.length ? board.dataset.wordSelected.replace("%s", boxes.length) : "";
}

// ── one item ──

function openMenu(link) {
  menuOf = link.closest(".mood-item");
  const isPicture = menuOf.matches(".picture");
  menu.querySelectorAll("[data-for-picture]").forEach((row) => (row.hidden = !isPicture));
  menu.querySelector("[data-open]").href = link.href;
  openAt(menu, link);
}

async function step(direction) {
  const id = menuOf.dataset.item;
  const done = await act(itemUrl(id, "move/"), fields({ to: direction }));
  if (!done) return;
  const place = wall().things.findIndex((thing) => thing.dataset.item === id) + 1;
  announcer.textContent = board.dataset.wordMoved.replace("%s", place);
  const thing = wall().things[place - 1];
  thing?.querySelector(".mood-more").focus({ preventScroll: true });
  thing?.scrollIntoView({ block: "nearest" });
}

function write(thing) {
  const form = noteDialog.querySelector("form:not([method='dialog'])");
  form.action = itemUrl(thing.dataset.item, "note/");
  form.elements.note.value = thing.querySelector("[data-note]").content.textContent;
  form.querySelector("[data-problems]").replaceChildren();
  noteDialog.showModal();
  form.elements.note.focus();
}

const takeOff = (ids) => act(board.dataset.remove, fields({ item: ids }));

if (mayChange) {
  wall().setAttribute("data-arrangeable", "");

  board.addEventListener("click", (event) => {
    const more = event.target.closest("[data-item-menu]");
    if (more && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      openMenu(more);
    }
    const note = event.target.closest(".mood-item.note");
    if (note && !event.target.closest(".mood-pick, .mood-more")) write(note);
    const row = event.target.closest("#item-menu [role='menuitem']");
    if (!row) return;
    menu.hidePopover();
    if (row.dataset.move) step(row.dataset.move);
    else if (row.matches("[data-select]")) menuOf.querySelector(".mood-pick input").click();
    else if (row.matches("[data-write]")) write(menuOf);
    else if (row.matches("[data-cover]")) act(itemUrl(menuOf.dataset.item, "cover/"), fields({}));
    else if (row.matches("[data-take-off]")) takeOff(menuOf.dataset.item);
  });

  board.addEventListener("change", (event) => {
    if (event.target.matches(".mood-pick input")) showSelection();
    if (event.target.matches("#board-files") && event.target.files.length) {
      addPop.hidePopover();
      addFiles(event.target.files);
      event.target.value = "";
    }
  });

  board.addEventListener("reset", () => setTimeout(showSelection));

  board.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches("[data-act]")) {
      event.preventDefault();
      const done = await act(form.action, new FormData(form));
      if (done && form === bulk) bulk.reset();
    } else if (form.matches("[data-add-form]")) {
      event.preventDefault();
      const { url, note } = form.elements;
      if (!url.value.trim() && !note.value.trim()) return form.elements.files.focus();
      const done = await add(new FormData(form), form.querySelector("[data-problems]"));
      if (done?.ok) {
        form.reset();
        addPop.hidePopover();
      } else if (done) {
        form.querySelector("[data-problems]").replaceChildren(...[...document.querySelectorAll("#board-said .err")].map((line) => line.cloneNode(true)));
        (url.value.trim() ? url : note).focus();
      }
    } else if (noteDialog.contains(form) && form.method !== "dialog") {
      event.preventDefault();
      const done = await act(form.action, new FormData(form), form.querySelector("[data-problems]"));
      if (done?.ok) noteDialog.close();
    }
    return undefined;
  });

  board.addEventListener("mood:moved", (event) => {
    const { item, before } = event.detail;
    act(itemUrl(item, "move/"), fields({ before }));
  });

  // ── dropping and pasting ──

  const brings = (event) => [...(event.dataTransfer?.types ?? [])].some((type) => ["Files", "text/uri-list", "text/html"].includes(type));
  const over = (on) => wall().classList.toggle("dropping", on);
  addEventListener("dragenter", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    depth += 1;
    over(true);
  });
  addEventListener("dragover", (event) => brings(event) && event.preventDefault());
  addEventListener("dragleave", (event) => {
    if (!brings(event)) return;
    depth = Math.max(0, depth - 1);
    if (!depth) over(false);
  });
  addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    addTransfer(event.dataTransfer);
  });
  addEventListener("paste", (event) => {
    if (event.target.matches?.("input, textarea") && !event.clipboardData.files.length) return;
    if (document.querySelector("dialog:modal")) return;
    event.preventDefault();
    addTransfer(event.clipboardData);
  });

  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.("input:not([type='checkbox']), textarea") || document.querySelector("dialog:modal, :popover-open:not(.tip)")) return;
    if (event.key === "Delete" && chosen().length) takeOff(chosen().map((box) => box.value));
    else if (event.key === "Escape" && chosen().length) bulk.reset();
    else if (event.key === "x" && singleKeys?.checked !== false && !event.ctrlKey && !event.metaKey) document.activeElement?.closest?.(".mood-item")?.querySelector(".mood-pick input")?.click();
  });
}

board.classList.add("live");
addEventListener("focus", () => look());
document.addEventListener("visibilitychange", () => !document.hidden && look());
plan();
showSelection();
