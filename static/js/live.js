// One stream of what happens in the team. It is closed in hidden tabs, goes on from the last event it
// has seen, and is replaced by asking now and then where streams don't get through.

import { addCard, cardOf, refreshCard } from "./feed.js";
import { dismiss, saySignedOut, toast } from "./toast.js";
import { word } from "./words.js";

const HIDDEN_FOR = 15_000;
const ASK_EVERY = 3000;
const TRY_AGAIN = 20_000;
const CALM = 80; // events of one moment are handled together
const AGAIN = 3000;
const PROGRESS_CALM = 1000;
const MOST_NEW = 24;

const feed = document.getElementById("feed");
let last = Number(feed?.dataset.since ?? 0);
let source = null;
let asking = 0;
let retry = 0;
let hiding = 0;
let offline = null;
const waiting = new Map();
const busy = new Set();

function open() {
  if (source || document.hidden) return;
  source = new EventSource(`${feed.dataset.events}?since=${last}`);
  source.addEventListener("open", stopAsking);
  source.addEventListener("job", (event) => {
    last = Math.max(last, Number(event.lastEventId) || 0);
    take(JSON.parse(event.data));
  });
  source.addEventListener("credits", (event) => showCredits(JSON.parse(event.data).available));
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
    close();
    ask();
    retry = setTimeout(open, TRY_AGAIN);
  });
}

function close() {
  source?.close();
  source = null;
  clearTimeout(retry);
}

function stopAsking() {
  clearTimeout(asking);
  asking = 0;
}

async function ask() {
  clearTimeout(asking);
  if (document.hidden) return;
  try {
    const answer = await fetch(`${feed.dataset.poll}?since=${last}`, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) {
      signedOut();
      return;
    }
    if (answer.ok) {
      const told = await answer.json();
      last = Math.max(last, told.last);
      told.events.forEach(take);
    }
  } catch {
    // asked again below
  }
  asking = setTimeout(ask, ASK_EVERY);
}

function signedOut() {
  close();
  saySignedOut();
}

function take({ event, job, kind, new: isNew }) {
  const known = waiting.get(job);
  const calm = kind === "progress" && !known ? PROGRESS_CALM : CALM;
  clearTimeout(known?.timer);
  const newest = Math.max(event, known?.newest ?? 0);
  waiting.set(job, { isNew: isNew || known?.isNew, newest, timer: setTimeout(bring, calm, job) });
}

async function bring(job) {
  // Create's own answer brings its card: wait for it
  if (busy.has(job) || document.querySelector("#create-form.htmx-request")) {
    waiting.set(job, { ...waiting.get(job), timer: setTimeout(bring, CALM * 2, job) });
    return;
  }
  const { isNew, newest } = waiting.get(job) ?? {};
  waiting.delete(job);
  // drawn after it happened: another time would only take open menus and forms away
  if (Number(cardOf(job)?.dataset.seen) >= newest) return;
  busy.add(job);
  try {
    const card = cardOf(job);
    if (card) await refreshCard(card);
    else if (isNew && waiting.size < MOST_NEW) await addCard(job);
  } catch {
    // a studio that restarts, a network that is away: once more, or the card would stay as it is
    waiting.set(job, { isNew, newest, timer: setTimeout(bring, AGAIN, job) });
  } finally {
    busy.delete(job);
  }
}

function showCredits(available) {
  const text = new Intl.NumberFormat(document.documentElement.lang).format(available);
  document.querySelectorAll("[data-credits]").forEach((element) => (element.textContent = text));
}

function gone() {
  offline ??= toast(word("offline"), { more: word("offlineMore"), bad: true, stays: true });
  close();
  stopAsking();
}

function back() {
  dismiss(offline);
  if (offline) toast(word("backOnline"));
  offline = null;
  open();
}

if (feed?.dataset.events) {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => { close(); stopAsking(); }, HIDDEN_FOR);
    else if (!source) open();
  });
  addEventListener("offline", gone);
  addEventListener("online", back);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  if (navigator.onLine) open();
  else gone();
}
