// Undo and redo without a limit: every step knows how to be taken back and done again.

export class History {
  constructor(changed = () => {}) {
    this.steps = [];
    this.at = 0;
    this.changed = changed;
  }

  get last() {
    return this.steps[this.at - 1] ?? null;
  }

  get canUndo() {
    return this.at > 0;
  }

  get canRedo() {
    return this.at < this.steps.length;
  }

  /** A step is {undo, redo}; it has been done already. */
  push(step) {
    this.steps.length = this.at;
    this.steps.push(step);
    this.at++;
    this.changed();
    return step;
  }

  undo() {
    if (!this.canUndo) return false;
    this.steps[--this.at].undo();
    this.changed();
    return true;
  }

  redo() {
    if (!this.canRedo) return false;
    this.steps[this.at++].redo();
    this.changed();
    return true;
  }
}
