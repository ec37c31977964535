// One picture or video over the feed, at its own address. Without the feed the same markup is the page.

import "./video-player.js";
import "./video-tile.js";
import "./audio-player.js";

const { htmx } = window;
const dialog = document.getElementById("lightbox");
const host = dialog ?? document.querySelector("main[data-back]");
const home = { url: location.href, title: document.title };

export const lightbox = () => document.querySelector("light-box");

/** The addresses of what is shown or on its way, and of what is shown; null when it was closed. */
let wanted = null;
let showing = null;

function show(url) {
  wanted = url;
  return htmx.ajax("GET", url, { source: host, target: host, swap: "innerHTML" });
}

function shown() {
  showing = wanted;
  const box = lightbox();
  if (!box) return;
  if (dialog && !dialog.open) dialog.showModal();
  document.title = box.dataset.title;
  box.querySelector(".strip [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  (box.querySelector("zoom-view, video-player, audio-player") ?? box).focus({ preventScroll: true });
  preload(box);
}

/** The pictures that the arrows lead to. */
function preload(box) {
  const { sizes } = box.querySelector(".stagebox").dataset;
  for (const step of box.querySelectorAll("[data-step]")) {
    const thumb = box.querySelector(`.strip a[href="${step.getAttribute("href")}"] img`);
    if (thumb) Object.assign(new Image(), { sizes, srcset: thumb.srcset, src: thumb.src });
  }
}

function open(url) {
  // the second click of two finds the first one's on its way
  if (url === wanted) return;
  if (wanted || !dialog) history.replaceState({ ...history.state, lightbox: url }, "", url);
  else history.pushState({ lightbox: url }, "", url);
  show(url);
}

function close() {
  if (!dialog) {
    location.assign(host.dataset.back);
  } else if (history.state?.lightbox) {
    history.back(); // popstate closes
  } else {
    shut();
  }
}

function shut() {
  wanted = showing = null;
  if (!dialog?.open) return;
  const seen = lightbox()?.dataset.output;
  dialog.close();
  dialog.replaceChildren();
  document.title = home.title;
  const tile = document.querySelector(`#feed .tile[data-output="${seen}"] a`);
  tile?.scrollIntoView({ block: "nearest" });
  tile?.focus({ preventScroll: true });
}

function toggleCompare(box) {
  const stage = box.querySelector(".stagebox");
  const comparing = stage.classList.toggle("compares");
  const zoom = box.querySelector("zoom-view");
  box.querySelector("[data-compare]").setAttribute("aria-pressed", comparing);
  zoom.hidden = comparing;
  if (comparing) zoom.after(box.querySelector("[data-compare-template]").content.cloneNode(true));
  else stage.querySelector("compare-view").remove();
}

function togglePanel(box) {
  const hidden = box.classList.toggle("no-panel");
  box.querySelector("[data-panel]").setAttribute("aria-pressed", !hidden);
}

function zoom(box, how) {
  const view = box.querySelector("zoom-view");
  if (!view) return;
  if (view.hidden) toggleCompare(box);
  ({ in: () => view.larger(), out: () => view.smaller(), toggle: () => view.toggle() })[how]();
}

if (host) {
  // what is no longer wanted came too late
  host.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target === host && detail.pathInfo.requestPath !== wanted) detail.shouldSwap = false;
  });
  host.addEventListener("htmx:afterSwap", ({ detail }) => detail.target === host && shown());
  // one that did not come may be asked for again
  host.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.target === host && !detail.successful && detail.pathInfo.requestPath === wanted) wanted = showing;
  });
  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a[data-lightbox]");
    const box = event.target.closest("light-box");
    if (link) {
      event.preventDefault();
      open(link.href);
    } else if (box && event.target.closest("[data-close]")) {
      event.preventDefault();
      close();
    } else if (box && event.target.closest("[data-compare]")) toggleCompare(box);
    else if (box && event.target.closest("[data-panel]")) togglePanel(box);
    else if (box && event.target.closest("[data-zoom]")) zoom(box, event.target.closest("[data-zoom]").dataset.zoom);
  });

  document.addEventListener("zoom", (event) => {
    const level = event.target.closest(".stagebox")?.querySelector(".level");
    if (level) level.textContent = event.detail.scale > 1.001 ? `${Math.round(event.detail.share * 100)} %` : level.dataset.fit;
  });

  dialog?.addEventListener("cancel", (event) => {
    if (event.target !== dialog) return;
    event.preventDefault();
    close();
  });
  document.addEventListener("lightbox:close", () => dialog?.open && close());
  addEventListener("popstate", (event) => {
    if (event.state?.lightbox) show(event.state.lightbox);
    else if (dialog) shut();
    else location.reload();
  });
  // a page that was left with an open picture and is shown again
  if (dialog && history.state?.lightbox) history.replaceState(null, "");
  if (!dialog) preload(lightbox());
}
