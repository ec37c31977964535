// Runs of equal 32-bit words, packed: what a mask's tiles are kept in for undo and between visits.
// Each group begins with a word `count << 1 | isRun`, followed by the repeated word or by `count` words.

const SHORTEST_RUN = 3;

export function pack(words) {
  const total = words.length;
  const packed = new Uint32Array(total + (total >> 1) + 2);
  let at = 0;
  let from = 0;
  while (from < total) {
    let end = runEnd(words, from);
    if (end - from >= SHORTEST_RUN) {
      packed[at++] = ((end - from) << 1) | 1;
      packed[at++] = words[from];
    } else {
      const head = at++;
      end = from;
      while (end < total && !startsRun(words, end)) packed[at++] = words[end++];
      packed[head] = (end - from) << 1;
    }
    from = end;
  }
  return packed.slice(0, at);
}

/** Calls `run(start, count, word)` for repeated words and `each(index, word)` for single ones; zeros are left out. */
export function unpack(packed, { run, each }) {
  let index = 0;
  for (let at = 0; at < packed.length; ) {
    const count = packed[at] >>> 1;
    if (packed[at++] & 1) {
      const word = packed[at++];
      if (word) run(index, count, word);
      index += count;
    } else {
      for (let left = count; left > 0; left--) each(index++, packed[at++]);
    }
  }
}

function runEnd(words, from) {
  const word = words[from];
  let end = from + 1;
  while (end < words.length && words[end] === word) end++;
  return end;
}

function startsRun(words, at) {
  return at + 2 < words.length && words[at] === words[at + 1] && words[at] === words[at + 2];
}
