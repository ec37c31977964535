// The feed: where cards go, which day they stand under, and that nothing moves under the eyes.

import { toast } from "./toast.js";
import { word } from "./words.js";

const { htmx } = window;
const feed = document.getElementById("feed");
const newer = document.querySelector(".newer");
const announcer = document.getElementById("announcer");
let newerCount = 0;
let kept = null;

export const cardOf = (id) => document.getElementById(`job-${id}`);

/** Makes a change that may push things about, and puts `element` back to where it was. */
export function keepInPlace(element, change) {
  const before = element.getBoundingClientRect().top;
  change();
  if (element.isConnected) scrollBy(0, element.getBoundingClientRect().top - before);
}

/** Fetches the card of a job and puts it where it belongs. */
export function addCard(id) {
  if (!feed || "older" in feed.dataset || cardOf(id)) return Promise.resolve();
  return htmx.ajax("GET", feed.dataset.jobUrl.replace(/\/0\/(row\/)?$/, `/${id}/$1`), { source: feed, target: feed, swap: "afterbegin" });
}

export function refreshCard(card) {
  return htmx.ajax("GET", card.dataset.url, { source: card, target: card, swap: "outerHTML" });
}

export function toTop() {
  scrollTo({ top: 0, behavior: "smooth" });
}

function firstVisible(except) {
  return [...feed.children].find((child) => child !== except && child.matches(".job") && child.getBoundingClientRect().bottom > 150);
}

function put(card) {
  for (const twin of feed.querySelectorAll(`[id="${card.id}"]`)) if (twin !== card) twin.remove();
  const id = Number(card.dataset.job);
  const after = [...feed.querySelectorAll(":scope > .job")].find((other) => other !== card && Number(other.dataset.job) < id);
  const first = feed.querySelector(":scope > .job");
  if (first === card) return;
  if (after) after.before(card);
}

/** One heading before the first card of each day. */
function setDays() {
  let day = null;
  for (const child of [...feed.children]) {
    if (child.matches(".day") && (child.dataset.day === day || child.nextElementSibling?.dataset.day !== child.dataset.day)) child.remove();
    if (child.matches(".day")) day = child.dataset.day;
    if (!child.matches(".job") || child.dataset.day === day || feed.matches(".only-one")) continue;
    day = child.dataset.day;
    const heading = Object.assign(document.createElement("h2"), { className: "day", textContent: child.dataset.dayLabel });
    heading.dataset.day = day;
    child.before(heading);
  }
}

function finished(before, card) {
  if (!before.live || "live" in card.dataset) return;
  if (card.querySelector(".tile img")) card.querySelectorAll(".tile").forEach((tile) => tile.classList.add("arrived"));
  announcer.textContent = card.dataset.announce;
  const first = card.querySelector(".tile [data-lightbox]");
  if (document.querySelector("#lightbox[open]") && card.dataset.announce) {
    toast(card.dataset.announce, { bad: !first, link: first && { href: first.href, onclick: (event) => open(event, first) } });
  }
}

function open(event, tile) {
  event.preventDefault();
  tile.click();
}

function showNewer(count) {
  newerCount = count;
  newer.hidden = !count;
  newer.querySelector("span").textContent = count === 1 ? word("newerOne") : word("newer", count);
}

if (feed) {
  feed.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    if (!feed.contains(target)) return; // an answer that was sent elsewhere
    const anchor = firstVisible(target === feed ? null : target);
    const job = target.matches(".job") ? target : null;
    kept = {
      anchor: anchor?.id,
      top: anchor?.getBoundingClientRect().top,
      live: job && "live" in job.dataset,
      id: job?.id,
      focused: job?.contains(document.activeElement),
      known: new Set([...feed.querySelectorAll(":scope > .job")].map((card) => card.id)),
    };
  });

  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    const before = kept;
    kept = null;
    const added = [...feed.querySelectorAll(":scope > .job")].filter((card) => !before.known.has(card.id));
    feed.querySelectorAll(":scope > .job").forEach((card) => document.querySelectorAll(`[id="${card.id}"]`).length > 1 && put(card));
    added.filter((card) => card === feed.querySelector(":scope > .job")).forEach(put);
    setDays();
    if (feed.querySelector(".job")) document.getElementById("empty")?.remove();
    const card = before.id && document.getElementById(before.id);
    if (card) finished(before, card);
    if (card && before.focused) (card.querySelector(".tile a, a, button") ?? card).focus({ preventScroll: true });
    const anchor = before.anchor && document.getElementById(before.anchor);
    if (anchor && scrollY > 8) scrollBy({ top: anchor.getBoundingClientRect().top - before.top, behavior: "instant" });
    if (added.length && added[0] === feed.querySelector(".job") && scrollY > 320) showNewer(newerCount + 1);
  });

  newer?.querySelector("button").addEventListener("click", toTop);
  addEventListener("scroll", () => newerCount && scrollY < 160 && showNewer(0), { passive: true });
  // what came from elsewhere (a follow-up, a retry) is announced with the way to it
  document.addEventListener("job:created", async (event) => {
    const { id, url, said } = event.detail;
    document.dispatchEvent(new CustomEvent("job:expected", { detail: { id } }));
    await addCard(id);
    const card = cardOf(id);
    const seen = card && card.getBoundingClientRect().top < innerHeight && card.getBoundingClientRect().bottom > 0;
    if (seen && !document.querySelector("dialog:modal")) announcer.textContent = said;
    else toast(said, { link: { href: url, onclick: card ? (click) => { click.preventDefault(); show(card); } : undefined } });
  });
} else {
  document.addEventListener("job:created", ({ detail }) => toast(detail.said, { link: { href: detail.url } }));
}

function show(card) {
  document.dispatchEvent(new CustomEvent("lightbox:close"));
  card.scrollIntoView({ block: "start", behavior: "smooth" });
}
