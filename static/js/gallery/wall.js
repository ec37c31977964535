// The wall goes on: further pages come before one gets to the end, in both directions, and nothing that
// one looks at is moved by it.

import { room, shots, wall } from "./room.js";

const { htmx } = window;
const AHEAD = "1600px";
const loading = new WeakSet();

const ends = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
}, { rootMargin: AHEAD });

async function load(end) {
  if (loading.has(end) || !end.isConnected) return;
  loading.add(end);
  const link = end.querySelector("a");
  const anchor = end.matches(".up") ? shots().find((shot) => shot.getBoundingClientRect().bottom > 0) : null;
  const before = anchor?.getBoundingClientRect().top;
  try {
    await htmx.ajax("GET", link.href, { source: end, target: end, swap: "outerHTML" });
  } catch {
    // the link stays, and can be pressed
  }
  // a failed answer leaves the end in place; looking at it again later is another try
  if (end.isConnected) setTimeout(() => { loading.delete(end); ends.unobserve(end); ends.observe(end); }, 4000);
  if (anchor?.isConnected) scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
}

/** Loads the page below, for what goes from picture to picture. */
export function loadMore() {
  const end = wall.querySelector(":scope > .down");
  return end ? load(end) : Promise.resolve();
}

/** One heading a day, where pages meet. */
export function tidy() {
  let day = null;
  for (const child of [...wall.children]) {
    if (child.matches(".dayh")) {
      if (child.dataset.day === day) child.remove();
      day = child.dataset.day;
    } else if (child.matches(".end") && child.dataset.day === day) child.remove();
  }
  // a day that has lost all its pictures needs no heading
  for (const heading of wall.querySelectorAll(":scope > .dayh")) {
    if (heading.nextElementSibling?.matches(".end")) {
      heading.previousElementSibling?.matches(".end") && heading.previousElementSibling.remove();
      heading.remove();
    }
  }
}

function watch() {
  wall.querySelectorAll(":scope > .on").forEach((end) => ends.observe(end));
}

// ── the month at the right ──

const months = [...document.querySelectorAll(".rail-d a")];
let waiting = 0;

function showMonth() {
  waiting = 0;
  const month = shots().find((shot) => shot.getBoundingClientRect().bottom > 160)?.dataset.month;
  // where months are thinned, the next older one that is named stands for it
  const current = months.find((link) => link.dataset.month <= month) ?? months.at(-1);
  if (!month || current?.matches("[aria-current]")) return;
  months.forEach((link) => link.removeAttribute("aria-current"));
  current?.setAttribute("aria-current", "true");
}

// ── how high rows are ──

const HEIGHTS = ["", "large", "small"];

function setHeight(height) {
  room.dataset.height = height;
}

if (wall) {
  wall.addEventListener("htmx:afterSwap", () => { tidy(); watch(); });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!event.target.isConnected || wall.contains(event.target)) { tidy(); watch(); }
  });
  watch();
  if (months.length) addEventListener("scroll", () => (waiting ||= requestAnimationFrame(showMonth)), { passive: true });
  try {
    setHeight(localStorage.getItem("rows") ?? "");
  } catch {
    // a browser that keeps nothing
  }
  document.querySelector("[data-rows]")?.addEventListener("click", () => {
    const next = HEIGHTS[(HEIGHTS.indexOf(room.dataset.height) + 1) % HEIGHTS.length];
    setHeight(next);
    try {
      localStorage.setItem("rows", next);
    } catch {
      // as above
    }
  });
  // headings stop below what stays at the top, however many filters are on
  const head = document.querySelector(".find");
  const stick = () => room.style.setProperty("--stick", `${(Number.parseFloat(getComputedStyle(head).top) || 0) + head.offsetHeight - 2}px`);
  if (head) new ResizeObserver(stick).observe(head);
  const button = document.querySelector(".find [popovertarget='filters']");
  if (document.querySelector("#filters [aria-invalid]") && button) button.click();
}
