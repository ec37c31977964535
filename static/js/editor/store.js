// What is drawn survives a reload: the browser keeps it, under the picture it was drawn on, until it was sent.

const NAME = "editor";
const DRAWINGS = "drawings";

export class Store {
  /** `owner` keeps people who share a browser apart. */
  constructor(owner) {
    this.owner = owner;
    this.database = null;
  }

  async open() {
    try {
      this.database = await new Promise((resolve, reject) => {
        const request = indexedDB.open(NAME, 1);
        request.addEventListener("upgradeneeded", () => request.result.createObjectStore(DRAWINGS));
        request.addEventListener("success", () => resolve(request.result));
        request.addEventListener("error", () => reject(request.error));
        request.addEventListener("blocked", () => reject(request.error));
      });
    } catch {
      // a browser that keeps nothing
    }
  }

  read(name) {
    return this.ask("readonly", (drawings) => drawings.get(this.key(name)));
  }

  write(name, value) {
    return this.ask("readwrite", (drawings) => drawings.put(value, this.key(name)));
  }

  remove(name) {
    return this.ask("readwrite", (drawings) => drawings.delete(this.key(name)));
  }

  key(name) {
    return `${this.owner}/${name}`;
  }

  /** The answer, or undefined where nothing can be kept. */
  ask(mode, act) {
    return new Promise((resolve) => {
      if (!this.database) {
        resolve(undefined);
        return;
      }
      try {
        const transaction = this.database.transaction(DRAWINGS, mode);
        const request = act(transaction.objectStore(DRAWINGS));
        transaction.addEventListener("complete", () => resolve(request.result));
        transaction.addEventListener("abort", () => resolve(undefined));
        transaction.commit?.();
      } catch {
        resolve(undefined);
      }
    });
  }
}
