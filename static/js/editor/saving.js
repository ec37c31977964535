// Keeps the drawing in the browser while it is made, so that a reload or a closed tab loses nothing.

import { say } from "./dom.js";

const CALM = 500;
const JUST_NOW = 60_000;

export class Saving {
  constructor(editor, pointer) {
    this.editor = editor;
    this.pointer = pointer;
    this.tag = editor.root.querySelector(".saved");
    this.timer = 0;
    this.fading = 0;
    editor.on("mask placement prompt history", () => this.soon());
    addEventListener("pagehide", () => this.flush());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
  }

  soon() {
    const { session } = this.editor;
    if (!session) return;
    this.session = session;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.pointer.isDrawing ? this.soon() : this.flush()), CALM);
  }

  async flush() {
    clearTimeout(this.timer);
    const { session } = this;
    this.session = null;
    if (!session) return;
    const { store } = this.editor;
    const kept = session.kept();
    const { ref } = session.base;
    const done = kept ? store.write(ref, kept) : store.remove(ref);
    await done;
    if (kept && store.database) this.say("saved");
    else this.tag.textContent = "";
  }

  say(name) {
    this.tag.textContent = say(name);
    clearTimeout(this.fading);
    this.fading = setTimeout(() => (this.tag.textContent = say("savedBefore")), JUST_NOW);
  }

  /** What was sent is at the studio now; the mask can still be loaded again. */
  async sent(session, maskFile) {
    clearTimeout(this.timer);
    this.session = null;
    this.tag.textContent = "";
    await this.editor.store.remove(session.base.ref);
    if (maskFile) await this.editor.store.write("last-mask", maskFile);
  }
}
