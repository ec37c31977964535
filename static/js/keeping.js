// Starring and throwing away from the bar of a selected or opened picture, and clearing away what failed.

import { post, said } from "./components/posting.js";
import { addCard, cardOf, refreshCard } from "./feed.js";

async function star(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  const answer = await post(button.dataset.url, { outputs: button.dataset.star, on: on ? "1" : "0" });
  if (answer) button.setAttribute("aria-pressed", String(answer.on));
}

async function throwAway(button) {
  const { trash: id, url, undoWord } = button.dataset;
  const job = document.querySelector(`.tile[data-output="${id}"]`)?.closest(".job")?.dataset.job;
  button.closest("[popover]")?.hidePopover();
  const answer = await post(url, { outputs: id });
  if (!answer) return;
  const refresh = () => job && cardOf(job) && refreshCard(cardOf(job));
  said(answer, undoWord, refresh);
  document.dispatchEvent(new CustomEvent("lightbox:close"));
  refresh();
}

async function dismiss(button) {
  const { dismissJob: id, url, undoWord } = button.dataset;
  const answer = await post(url);
  if (!answer) return;
  const card = cardOf(id);
  const next = card?.nextElementSibling ?? document.querySelector(".words");
  card?.remove();
  (next?.querySelector("a, button") ?? next)?.focus({ preventScroll: true });
  said(answer, undoWord, () => addCard(id));
}

document.addEventListener("click", (event) => {
  const failed = event.target.closest("[data-dismiss-job]");
  if (failed) dismiss(failed);
  const starred = event.target.closest("button[data-star]");
  if (starred) star(starred);
  const thrown = event.target.closest("button[data-trash]");
  if (thrown) throwAway(thrown);
});
