// What every tool has. Points carry their place on the canvas (x, y), in the mask (mx, my), and the pressure (0–1).

export class Tool {
  name = "";
  isDrawing = true; // marks the picture, by the pointer or by the crosshair that arrow keys move
  hasSize = false;
  cursor = "crosshair";

  constructor(editor) {
    this.editor = editor;
  }

  get mask() {
    return this.editor.session.mask;
  }

  /** Whether what is drawn now is added to the mask or taken away. */
  adds(event) {
    return (this.editor.mode === "add") !== Boolean(event?.altKey);
  }

  down() {}

  move() {}

  up() {}

  hover() {}

  cancel() {}

  /** Enter or Space at the crosshair; by default a click. */
  press(point, event) {
    this.down(point, event);
    this.up(point, event);
  }

  /** Other keys while the tool is chosen; true when it took one. */
  key() {
    return false;
  }

  draw() {}

  leave() {
    this.cancel();
  }
}

/** A dashed line through places of the canvas, in two colours so that it is seen on any picture. */
export function strokePath(context, view, places, { closed = false } = {}) {
  if (places.length < 2) return;
  context.beginPath();
  places.forEach(({ x, y }, index) => {
    const at = view.toStage(x, y);
    if (index) context.lineTo(at.x, at.y);
    else context.moveTo(at.x, at.y);
  });
  if (closed) context.closePath();
  context.lineWidth = 1.5;
  context.strokeStyle = "#1c1c1c";
  context.stroke();
  context.setLineDash([6, 5]);
  context.strokeStyle = "#fff";
  context.stroke();
  context.setLineDash([]);
}
