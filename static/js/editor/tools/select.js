// Selects an object by a click: what hangs together in colour, up to its edges. Found in a worker.

import { Tool } from "./tool.js";

const CALM = 160; // ms after which a moved slider selects again

export class SelectObject extends Tool {
  name = "select";
  worker = null;
  asked = 0;
  timer = 0;

  down(point, event) {
    const { base } = this.editor.session;
    const x = Math.floor(point.mx);
    const y = Math.floor(point.my);
    if (x < 0 || y < 0 || x >= base.width || y >= base.height) return;
    this.find({ x, y, adds: this.adds(event), session: this.editor.session });
  }

  /** The tolerance was moved: what was selected last is selected again with it. */
  again() {
    clearTimeout(this.timer);
    const { found, editor } = this;
    if (!found || found.session !== editor.session || editor.session.history.last !== found.step) return;
    this.timer = setTimeout(() => {
      if (editor.session.history.last === found.step) this.find({ ...found, replaces: found.step });
    }, CALM);
  }

  async find(wanted) {
    const { editor } = this;
    const { session } = wanted;
    this.worker ??= this.start();
    const id = ++this.asked;
    editor.setBusy(true);
    if (this.known !== session.picture) {
      this.known = session.picture;
      const bitmap = await createImageBitmap(session.picture.levels[0]);
      this.worker.postMessage({ bitmap }, [bitmap]);
    }
    const { x, y } = wanted;
    const area = await new Promise((resolve) => {
      this.resolve?.(null);
      this.resolve = resolve;
      this.worker.postMessage({ id, x, y, tolerance: editor.tolerance });
    });
    if (id === this.asked) editor.setBusy(false);
    if (!area || session !== editor.session) return;
    if (wanted.replaces && session.history.last === wanted.replaces) session.history.undo();
    session.mask.lay(area, wanted.adds);
    this.found = { ...wanted, step: editor.commitMask() };
  }

  start() {
    const worker = new Worker(this.editor.root.dataset.selectWorker, { type: "module" });
    worker.addEventListener("message", ({ data }) => data.id === this.asked && this.resolve(data.area));
    worker.addEventListener("error", () => {
      this.worker = this.known = null;
      this.resolve?.(null);
      this.editor.setBusy(false);
    });
    return worker;
  }

  cancel() {
    clearTimeout(this.timer);
  }
}
