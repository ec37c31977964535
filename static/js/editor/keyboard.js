// The editor's keys. Single ones are off while one types, and can be switched off for good (in the `?` dialog).

const TOOLS = { v: "move", h: "hand", b: "brush", e: "eraser", l: "lasso", p: "polygon", u: "rectangle", o: "ellipse", g: "fill", w: "select", f: "frame" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 10; // CSS pixels the crosshair moves
const LARGER = 1.2;

export class Keyboard {
  constructor(editor, { pointer, versions, submission }) {
    Object.assign(this, { editor, pointer, versions, submission });
    this.stage = editor.view.stage;
    const keys = document.getElementById("keys");
    this.singleKeys = keys?.querySelector("[data-single-keys]");
    this.addToDialog(keys);
    // before the keys of every page
    addEventListener("keydown", (event) => this.down(event), true);
    addEventListener("keyup", (event) => event.key === " " && this.pointer.holdSpace(false), true);
    addEventListener("blur", () => this.pointer.holdSpace(false));
  }

  addToDialog(dialog) {
    const keys = document.getElementById("editor-keys");
    if (dialog && keys) dialog.querySelector("header").after(keys.content.cloneNode(true));
  }

  down(event) {
    if (!this.editor.session || document.querySelector("dialog:modal")) return;
    if (ARROWS[event.key]) this.stage.removeAttribute("data-by-pointer");
    const { target } = event;
    const typing = target.matches?.("input:not([type='checkbox'], [type='radio'], [type='range']), textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      this.take(event, () => this.submission.submit());
      return;
    }
    if (typing || target.closest?.(":popover-open")) return;
    if (event.ctrlKey || event.metaKey) this.withControl(event);
    else if (this.inHandles(target) && ARROWS[event.key]) return;
    else this.single(event);
  }

  take(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  inHandles(target) {
    return Boolean(target.closest?.(".handles"));
  }

  withControl(event) {
    const key = event.key.toLowerCase();
    if (key === "z" && !event.altKey) this.take(event, () => this.back(event.shiftKey));
    else if (key === "y") this.take(event, () => this.editor.redo());
  }

  /** In the middle of a stroke undo takes back that stroke. */
  back(isRedo) {
    if (this.pointer.isDrawing) this.pointer.cancel();
    else if (isRedo) this.editor.redo();
    else this.editor.undo();
  }

  single(event) {
    const { editor } = this;
    if (event.key === "Escape" && this.pointer.isDrawing) return this.take(event, () => this.pointer.cancel());
    const onStage = event.target === this.stage;
    const onPage = onStage || event.target === document.body;
    if (onPage && !editor.preview && editor.tool.key(event)) return this.take(event, () => {});
    if (event.key === " " && (onPage || !event.target.closest("button, a, input, [role]"))) return this.space(event);
    if (onStage && !editor.preview && editor.tool.isDrawing && this.crosshair(event)) return;
    if (event.key === "Escape" && editor.preview) return this.take(event, () => this.versions.leave());
    // who goes by Tab must get away from the canvas; it hides the panels for who draws with a pointer
    const byPointer = onStage && this.stage.hasAttribute("data-by-pointer");
    if (event.key === "Tab" && !event.shiftKey && byPointer) return this.take(event, () => this.togglePanels());
    if (event.key.length !== 1 || event.altKey || (this.singleKeys && !this.singleKeys.checked)) return;
    const act = this.letter(event.key);
    if (act) this.take(event, act);
  }

  space(event) {
    const { editor, pointer } = this;
    if (editor.crosshair.isShown && event.target === this.stage) this.crosshair(event);
    else this.take(event, () => pointer.holdSpace(true));
  }

  togglePanels() {
    this.editor.root.toggleAttribute("data-bare");
  }

  letter(key) {
    const { editor, versions } = this;
    if (key === "V") return () => editor.setLayers({ maskOnly: !editor.layers.maskOnly });
    const tool = TOOLS[key.toLowerCase()];
    if (tool) {
      return () => {
        if (this.pointer.isDrawing) return;
        if (editor.preview) versions.leave();
        editor.use(tool);
      };
    }
    return {
      x: () => editor.swapMode(),
      c: () => versions.toggleCompare(),
      "[": () => this.resize(1 / LARGER),
      "]": () => this.resize(LARGER),
      0: () => editor.view.fit(),
      1: () => editor.view.actual(),
      "+": () => editor.view.larger(),
      "=": () => editor.view.larger(),
      "-": () => editor.view.smaller(),
    }[key];
  }

  resize(factor) {
    const { editor } = this;
    if (!editor.tool.hasSize) return;
    const { options } = editor.tool;
    const next = Math.round(options.size * factor);
    const moved = next === options.size ? options.size + Math.sign(factor - 1) : next;
    options.size = Math.max(1, Math.min(editor.largestBrush, moved));
    editor.keepSettings();
  }

  /** Arrows move a crosshair, Enter and Space do there what a click does. */
  crosshair(event) {
    const { editor } = this;
    const { crosshair, view } = editor;
    const arrow = ARROWS[event.key];
    if (arrow) {
      if (!crosshair.isShown) {
        const { placement } = editor.session;
        Object.assign(crosshair, { isShown: true, x: placement.x + placement.width / 2, y: placement.y + placement.height / 2 });
      }
      const by = (event.shiftKey ? 5 * STEP : event.altKey ? 1 : STEP) / view.zoom;
      crosshair.x += arrow[0] * by;
      crosshair.y += arrow[1] * by;
      editor.tool.hover(editor.place(crosshair.x, crosshair.y));
    } else if (crosshair.isShown && (event.key === "Enter" || event.key === " ")) {
      editor.tool.press(editor.place(crosshair.x, crosshair.y), event);
    } else {
      return false;
    }
    this.take(event, () => view.invalidate("marks"));
    const { mx, my } = editor.place(crosshair.x, crosshair.y);
    if (arrow) editor.announce("position", { x: Math.round(mx), y: Math.round(my) });
    return true;
  }
}
