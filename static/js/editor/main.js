// Puts the editor's page together.

import { enable, say } from "./dom.js";
import { Editor } from "./editor.js";
import { Handles } from "./handles.js";
import { Keyboard } from "./keyboard.js";
import { Layers } from "./layers.js";
import { Live } from "./live.js";
import { Options } from "./options.js";
import { PointerInput } from "./pointer.js";
import { Saving } from "./saving.js";
import { Store } from "./store.js";
import { showCredits, Submission } from "./submission.js";
import { Tabs } from "./tabs.js";
import { Versions } from "./versions.js";

const root = document.querySelector(".ed");
const data = JSON.parse(document.getElementById("editor-data").textContent);

async function start() {
  const store = new Store(`${root.dataset.user} ${data.urls.events}`); // a person in a team
  const editor = new Editor(root, data, store);
  root.editor = editor; // for measuring and for tests
  const options = new Options(editor);
  const versions = new Versions(editor, { options });
  const pointer = new PointerInput(editor);
  const saving = new Saving(editor, pointer);
  const submission = new Submission(editor, { versions, saving, options });
  new Handles(editor);
  new Layers(editor, versions);
  new Tabs(editor, store, options);
  new Keyboard(editor, { pointer, versions, submission });
  bindHead(editor);
  bindZoom(editor);
  await store.open();
  follow(editor, versions);
  const last = await lastBase(editor, versions);
  try {
    await editor.open(last.picture ?? data.base);
    if (last.isGone) options.say(say("baseGone"));
  } catch {
    options.say(say("notLoaded"));
  }
  root.dataset.ready = "";
}

/** The picture that was worked on when the page was left. */
async function lastBase(editor, versions) {
  const ref = await editor.store.read(editor.baseName);
  const picture = versions.pictures().find((one) => one.ref === ref);
  return { picture, isGone: Boolean(ref) && !picture };
}

function bindHead(editor) {
  const undo = root.querySelector("[data-undo]");
  const redo = root.querySelector("[data-redo]");
  undo.addEventListener("click", () => editor.undo());
  redo.addEventListener("click", () => editor.redo());
  editor.on("history session", () => {
    enable(undo, editor.session.history.canUndo);
    enable(redo, editor.session.history.canRedo);
  });
}

function bindZoom(editor) {
  const { view } = editor;
  const level = root.querySelector("[data-level]");
  const acts = { in: () => view.larger(), out: () => view.smaller(), fit: () => view.fit(), actual: () => view.actual() };
  root.querySelector(".zoom").addEventListener("click", (event) => acts[event.target.closest("[data-zoom-to]")?.dataset.zoomTo]?.());
  view.moved.add(() => {
    const text = `${Math.round(view.zoom * 100)} %`;
    if (level.textContent !== text) level.textContent = text;
  });
  // the extension's size stands in the frame's lower corner
  const label = root.querySelector(".frame-label");
  view.moved.add(() => {
    if (!editor.session || label.hidden) return;
    const { canvasWidth, canvasHeight } = editor.session.placement;
    const { x, y } = view.toStage(canvasWidth, canvasHeight);
    label.style.setProperty("--x", `${Math.min(view.box.width - 8, x - 8)}px`);
    label.style.setProperty("--y", `${Math.min(view.box.height - 8, y - 8)}px`);
  });
}

/** What runs is followed as the studio tells of it. */
function follow(editor, versions) {
  const refetch = async () => {
    try {
      const answer = await fetch(data.urls.versions, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const told = await answer.json();
      versions.update(told);
      showCredits(told.credits);
    } catch {
      // asked again with the next event, or in a while
    }
  };
  const live = new Live(data.urls.events, data.since, {
    isOurs: (job) => versions.has(job),
    isLive: () => versions.hasLive,
    changed: refetch,
    credits: showCredits,
  });
  editor.on("versions sent", () => live.ask());
  live.ask();
}

start();
