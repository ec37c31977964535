// The mask as a file. The work is done beside the page, in a worker.

let worker = null;
let asked = 0;
const waiting = new Map();

/** An 8-bit grey PNG of the mask, as it will be sent. */
export function maskFile(mask, workerUrl) {
  worker ??= start(workerUrl);
  const id = ++asked;
  const bytes = mask.bytes.slice();
  worker.postMessage({ id, width: mask.width, height: mask.height, stride: mask.stride, bytes }, [bytes.buffer]);
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

function start(url) {
  const made = new Worker(url, { type: "module" });
  made.addEventListener("message", ({ data }) => {
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.blob) resolve(data.blob);
    else reject(new Error(data.error));
  });
  made.addEventListener("error", () => {
    for (const { reject } of waiting.values()) reject(new Error("worker"));
    waiting.clear();
    worker = null;
  });
  return made;
}

/** The grey values of any picture file or bitmap at its own size: {width, height, grey}. Transparent is black. */
export async function greyOf(source) {
  const bitmap = source instanceof ImageBitmap ? source : await createImageBitmap(source);
  return greyAt(bitmap, bitmap.width, bitmap.height);
}

export function greyAt(bitmap, width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  const grey = new Uint8Array(width * height);
  const { data } = context.getImageData(0, 0, width, height);
  for (let at = 0, from = 0; at < grey.length; at++, from += 4) {
    grey[at] = (data[from] * 54 + data[from + 1] * 183 + data[from + 2] * 19) >> 8;
  }
  return { width, height, grey };
}
