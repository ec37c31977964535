// The wall keeps its place: after a reload, or back from another page, the picture that stood at the top
// stands there again, however far down it is.

import { shotOf, shots, wall } from "./room.js";
import { tidy } from "./wall.js";

const { htmx } = window;
const CALM = 200;
const key = `wall:${location.pathname}${location.search}`;
let timer = 0;

function keep() {
  const first = scrollY > 40 && shots().find((shot) => shot.getBoundingClientRect().bottom > 160);
  try {
    if (!first) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify({ id: Number(first.dataset.output), top: Math.round(first.getBoundingClientRect().top) }));
  } catch {
    // without it the wall begins at its top
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

async function restore({ id, top }) {
  if (!shotOf(id)) {
    const address = new URL(location.href);
    address.searchParams.delete("month");
    address.searchParams.delete("after");
    address.searchParams.set("before", id + 1);
    address.searchParams.set("place", "1");
    await htmx.ajax("GET", address.href, { source: wall, target: wall, swap: "innerHTML" });
    tidy();
  }
  // it may have gone since: then what came next stands there
  const shot = shotOf(id) ?? shots()[0];
  if (shot) scrollBy({ top: shot.getBoundingClientRect().top - top, behavior: "instant" });
}

if (wall) {
  const [entry] = performance.getEntriesByType("navigation");
  const place = ["reload", "back_forward"].includes(entry?.type) ? kept() : null;
  if (place) {
    history.scrollRestoration = "manual";
    restore(place);
  }
  addEventListener("scroll", () => { clearTimeout(timer); timer = setTimeout(keep, CALM); }, { passive: true });
  addEventListener("pagehide", keep);
}
