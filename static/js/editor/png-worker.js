// Writes 8-bit grey PNGs: canvases write RGBA only, four times as much to pack.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const BAND = 256; // rows handed over at a time

const CRCS = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

addEventListener("message", async ({ data }) => {
  try {
    postMessage({ id: data.id, blob: await png(data) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error) });
  }
});

async function png({ width, height, stride, bytes }) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8; // bits a pixel; the zeros after it say grey, deflate, one filter a row, not interlaced
  const packed = new Uint8Array(await new Response(rows({ width, height, stride, bytes }).pipeThrough(new CompressionStream("deflate"))).arrayBuffer());
  const parts = [Uint8Array.from(SIGNATURE), ...chunk("IHDR", header), ...chunk("IDAT", packed), ...chunk("IEND", new Uint8Array())];
  return new Blob(parts, { type: "image/png" });
}

function rows({ width, height, stride, bytes }) {
  let row = 0;
  return new ReadableStream({
    pull(controller) {
      if (row >= height) {
        controller.close();
        return;
      }
      const count = Math.min(BAND, height - row);
      const band = new Uint8Array(count * (width + 1)); // a zero before each row: no filter
      for (let line = 0; line < count; line++) {
        const from = (row + line) * stride;
        band.set(bytes.subarray(from, from + width), line * (width + 1) + 1);
      }
      row += count;
      controller.enqueue(band);
    },
  });
}

function chunk(name, body) {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, body.length);
  for (let at = 0; at < 4; at++) head[4 + at] = name.charCodeAt(at);
  let crc = crcOf(head.subarray(4), 0xffffffff);
  crc = ~crcOf(body, crc) >>> 0;
  const tail = new Uint8Array(4);
  new DataView(tail.buffer).setUint32(0, crc);
  return [head, body, tail];
}

function crcOf(bytes, crc) {
  for (let at = 0; at < bytes.length; at++) crc = CRCS[(crc ^ bytes[at]) & 255] ^ (crc >>> 8);
  return crc;
}
