// What scripts say to people is written in templates/components/overlays.html, where it can be translated.

const source = document.getElementById("words");

/** The sentence `name`, with `value` in its gap. */
export function word(name, value) {
  const text = source?.dataset[name] ?? "";
  return value === undefined ? text : text.replace("%s", value);
}

/** The same with named gaps: `{time}`. */
export function sentence(name, values) {
  return word(name).replace(/\{(\w+)\}/g, (gap, key) => values[key] ?? gap);
}
