// What is done with the selection: stars, collections, download, trash; each can be taken back.

import { toast } from "../toast.js";
import { changed, post, room, said, says, shotOf, wall } from "./room.js";
import { clear, drop, selected } from "./picking.js";
import { tidy } from "./wall.js";

const form = document.getElementById("bulk");
const stars = document.getElementById("stars");

function mark(ids, on) {
  for (const id of ids) {
    const button = shotOf(id)?.querySelector(".starred");
    button?.setAttribute("aria-pressed", on);
    button?.setAttribute("data-tip", says(on ? "unstar" : "star"));
  }
}

async function star(ids, on) {
  mark(ids, on);
  const answer = await post(stars.action, { outputs: ids.join(","), on: on ? "1" : "0" });
  if (!answer) mark(ids, !on);
  else changed("figures");
  return answer;
}

/** Takes pictures off the wall; gives a way to put them back where they were. */
function takeOff(ids) {
  const shots = ids.map((id) => shotOf(id)).filter(Boolean);
  const after = shots.map((shot) => ({ shot, next: shot.nextElementSibling, before: shot.previousElementSibling }));
  const focus = shots.includes(document.activeElement?.closest?.(".shot"));
  const next = shots.at(-1)?.nextElementSibling;
  const days = [...wall.children].filter((child) => child.matches(".dayh, .end"));
  shots.forEach((shot) => shot.remove());
  if (focus) (next?.isConnected ? next.querySelector("a") : wall.querySelector(".shot a"))?.focus({ preventScroll: true });
  drop(ids);
  changed("figures");
  return () => {
    if (!after.length) return;
    if (days.some((day) => !day.isConnected)) {
      location.reload();
      return;
    }
    for (const { shot, next: place, before } of after.reverse()) {
      if (place?.isConnected) place.before(shot);
      else if (before?.isConnected) before.after(shot);
      else wall.append(shot);
    }
    changed("figures");
  };
}

async function act(url, ids) {
  const answer = await post(url, { outputs: ids.join(",") });
  if (!answer) return;
  const back = answer.gone ? takeOff(answer.gone.map(String)) : null;
  said(answer, () => { back?.(); changed("figures"); });
  if (answer.gone) tidyWhenEmpty();
  else if (answer.sidebar) changed("sidebar");
  else changed("figures");
  if (!answer.gone) clear();
}

function tidyWhenEmpty() {
  if (!wall.querySelector(".shot") && !wall.querySelector(".on")) setTimeout(() => !wall.querySelector(".shot") && location.reload(), 10_500);
}

async function submit(event) {
  const button = event.submitter;
  const url = button?.getAttribute("formaction") ?? form.action;
  const ids = [...selected.keys()];
  if (button?.dataset.bulk === "download") {
    download(event, url, ids);
    return;
  }
  event.preventDefault();
  document.querySelectorAll("#collect:popover-open").forEach((menu) => menu.hidePopover());
  button?.closest("dialog")?.close();
  if (button?.dataset.bulk === "star") {
    const on = ids.some((id) => shotOf(id)?.querySelector(".starred").getAttribute("aria-pressed") !== "true") || !ids.some(shotOf);
    const answer = await star(ids, on);
    if (answer) toast(answer.said);
  } else await act(url, ids);
}

/** A real submit, so that the browser downloads it; the boxes would say the same twice. */
function download(event, url, ids) {
  event.preventDefault();
  const sent = document.createElement("form");
  Object.assign(sent, { method: "post", action: url, hidden: true });
  const values = { csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, outputs: ids.join(",") };
  for (const [name, value] of Object.entries(values)) sent.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(sent);
  sent.submit();
  sent.remove();
  toast(says("preparing"));
}

function key({ detail: { name, shot } }) {
  const ids = selected.size ? [...selected.keys()] : [shot.dataset.output];
  if (name === "star" && stars) {
    const pressed = (id) => shotOf(id)?.querySelector(".starred")?.getAttribute("aria-pressed") === "true";
    star(ids, !ids.every(pressed));
  } else if (name === "trash") {
    const button = document.querySelector("[data-bulk='trash']");
    if (button) act(button.getAttribute("formaction"), ids);
  } else if (name === "download") document.querySelector("[data-bulk='download']")?.click();
}

async function nameCollection(event) {
  const own = event.target.closest("[data-collection-form]");
  if (!own) return;
  event.preventDefault();
  const problem = own.querySelector(".err");
  const input = own.elements.name;
  if (own.elements.outputs) own.elements.outputs.value = own.dataset.withSelection ? [...selected.keys()].join(",") : "";
  const answer = await post(own.action, new FormData(own), (sentence) => {
    problem.hidden = false;
    problem.querySelector("span").textContent = sentence;
    input.closest(".input").classList.add("invalid");
    input.setAttribute("aria-invalid", "true");
    input.focus();
  });
  if (!answer) return;
  document.querySelectorAll("#collect:popover-open, #new-collection:popover-open, #rename-collection:popover-open").forEach((open) => open.hidePopover());
  if (answer.url && answer.reload) location.assign(answer.url);
  else if (answer.reload) location.reload();
  else {
    toast(answer.said, { link: { href: answer.url, text: says("openWord") } });
    clear();
    changed("sidebar");
  }
}

if (form && wall) {
  form.addEventListener("submit", submit);
  wall.addEventListener("click", (event) => {
    const button = event.target.closest(".starred");
    if (!button) return;
    event.preventDefault();
    star([button.value], button.getAttribute("aria-pressed") !== "true");
  });
  room.addEventListener("gallery:key", key);
  document.addEventListener("submit", nameCollection);
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[popovertarget='new-collection']");
    const own = document.querySelector("#new-collection form");
    if (opener && own) own.dataset.withSelection = "withSelection" in opener.dataset ? "1" : "";
    if (event.target.closest("[data-close-dialog]")) event.target.closest("dialog").close();
  });
  // deleting a collection says so on the next page, with the way back
  document.querySelector("[data-ask]")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await post(event.target.action, {});
    if (!answer) return;
    sessionStorage.setItem("gallery:said", JSON.stringify(answer));
    location.assign(answer.url);
  });
  const late = sessionStorage.getItem("gallery:said");
  if (late) {
    sessionStorage.removeItem("gallery:said");
    said(JSON.parse(late), (back) => back.url && location.assign(back.url));
  }
  document.querySelector("#new-collection[data-open]")?.showPopover();
  room.addEventListener("gallery:figures", tidy);
}
