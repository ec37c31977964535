// Tabs on the same picture share one drawing; each says so.

import { say } from "./dom.js";

export class Tabs {
  constructor(editor, store, options) {
    Object.assign(this, { editor, options });
    this.name = `editor ${store.owner}`;
    this.open();
    editor.on("session", () => this.tell("opened"));
    // a page that is kept to be gone back to must hold nothing open
    addEventListener("pagehide", () => this.channel.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
  }

  open() {
    this.channel = new BroadcastChannel(this.name);
    this.channel.addEventListener("message", ({ data }) => this.heard(data));
    this.tell("opened");
  }

  tell(what) {
    const { session } = this.editor;
    if (session) this.channel.postMessage({ what, ref: session.base.ref });
  }

  heard({ what, ref }) {
    if (ref !== this.editor.session?.base.ref) return;
    if (what === "opened") this.tell("here");
    this.options.say(say("otherTab"));
  }
}
