// Which of the files that are chosen belong together: a talk is its video, its transcript and what is said beside them.

const COMPANIONS = /(?:\.chapters)?\.(?:vtt|srt|json|toml)$/i;
const PAGES = /\.(?:html?|xhtml)$/i;
const MARKDOWN = /\.(?:md|markdown)$/i;
const MOST = 200; // files of an import

/** `chosen` (each `{ file, folder }`) as lists that are imported together, in the order of their first files. */
export function setsOf(chosen) {
  const sets = new Map();
  const stems = stemsOf(chosen);
  const wholes = wholesOf(chosen);
  for (const one of chosen) {
    const key = keyOf(one, stems, wholes);
    const set = sets.get(key) || [];
    sets.set(key, set);
    // Of two files of the same name only one can be imported at a time.
    const double = set.some(({ file }) => file.name.toLowerCase() === one.file.name.toLowerCase());
    if (double || set.length >= MOST) sets.set(`${key}\n${one.file.name}\n${sets.size}`, [one]);
    else set.push(one);
  }
  return [...sets.values()];
}

function keyOf({ file, folder }, stems, wholes) {
  const whole = wholes.find((other) => other.folder === folder && other.names.test(file.name));
  if (whole) return `${folder}\n${whole.names.source}`;
  const name = file.name.toLowerCase();
  if (!COMPANIONS.test(name)) return `${folder}\n${stemOf(name)}`;
  const owners = (stems.get(folder) || []).filter((stem) => name.startsWith(`${stem}.`));
  const longest = owners.sort((a, b) => b.length - a.length)[0];
  return `${folder}\n${longest ?? stemOf(name.replace(COMPANIONS, ".x"))}`;
}

/** By folder the stems of what has companions. */
function stemsOf(chosen) {
  const stems = new Map();
  for (const { file, folder } of chosen) {
    const name = file.name.toLowerCase();
    if (!COMPANIONS.test(name)) stems.set(folder, [...(stems.get(folder) || []), stemOf(name)]);
  }
  return stems;
}

/** Folders whose pages or chapters are one book, because an index is among them. */
function wholesOf(chosen) {
  return chosen.flatMap(({ file, folder }) => {
    if (/^(?:index|toc)\.(?:html?|xhtml)$/i.test(file.name)) return [{ folder, names: PAGES }];
    return /^summary\.md$/i.test(file.name) ? [{ folder, names: MARKDOWN }] : [];
  });
}

function stemOf(name) {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}
