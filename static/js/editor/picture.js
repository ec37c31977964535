// A picture with smaller copies of itself, so that a large one is drawn quickly at any zoom.

const SMALLEST = 512;
const KEPT = 6; // large ones take 80 MB each; those in use are held by who uses them
const loading = new Map();

export class Picture {
  constructor(bitmap) {
    this.width = bitmap.width;
    this.height = bitmap.height;
    this.levels = [bitmap];
  }

  /** The latest are kept: the same address soon again gives the same picture. */
  static load(url) {
    const promise = loading.get(url) ?? Picture.fetch(url);
    promise.catch(() => loading.delete(url));
    loading.delete(url);
    loading.set(url, promise);
    if (loading.size > KEPT) loading.delete(loading.keys().next().value);
    return promise;
  }

  static async fetch(url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`picture: ${answer.status}`);
    const picture = new Picture(await createImageBitmap(await answer.blob()));
    await picture.shrink();
    return picture;
  }

  async shrink() {
    let last = this.levels[0];
    while (Math.max(last.width, last.height) > SMALLEST * 2) {
      const size = { resizeWidth: Math.ceil(last.width / 2), resizeHeight: Math.ceil(last.height / 2) };
      last = await createImageBitmap(last, { ...size, resizeQuality: "medium" });
      this.levels.push(last);
    }
  }

  /** The smallest copy that is no smaller than what is drawn. */
  level(width) {
    return this.levels.findLast((bitmap) => bitmap.width >= width) ?? this.levels[0];
  }

  get smallest() {
    return this.levels.at(-1);
  }
}
