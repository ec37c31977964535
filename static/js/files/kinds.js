// What kind of file something is, as far as a browser knows before it is sent.

const ENDINGS = {
  image: /\.(jpe?g|png|webp|avif|gif|bmp|tiff?|heic)$/i,
  video: /\.(mp4|m4v|mov|webm|mkv|avi)$/i,
  audio: /\.(wav|mp3|m4a|aac|ogg|oga|opus|flac)$/i,
};

/** "image", "video", "audio", or "" where it can't be told. */
export function kindOf({ type = "", name = "" }) {
  const kind = type.split("/")[0];
  if (kind in ENDINGS) return kind;
  return Object.keys(ENDINGS).find((known) => ENDINGS[known].test(name)) ?? "";
}

/** The kinds among files that are being dragged; browsers say no more than types until they are dropped. */
export function draggedKinds(transfer) {
  const kinds = [...(transfer?.items ?? [])].filter((item) => item.kind === "file").map(kindOf);
  return kinds.includes("") ? [] : [...new Set(kinds)];
}
