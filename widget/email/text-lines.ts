// Lines of text/plain: broken where a reader would break them, counted in columns as terminals count.

/** RFC 3676 §4.2 asks for no more than 78; quoting adds two. */
export const columnsMax = 76;

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** What a line of Chinese or Japanese must not begin with (JIS X 4051, the common ones). */
const noLineStart = /^[、。，．・：；？！）］｝〉》」』】〕”’ー々…]/;
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += wide.test(segment) ? 2 : 1;
  return columns;
}

/** What a line is made of: words with the space after them, and each wide character alone. */
function* unitsOf(text: string): Generator<string> {
  for (const word of text.match(/\S+\s*/g) ?? []) {
    if (word.includes("://")) {
      yield word;
      continue;
    }
    let unit = "";
    for (const { segment } of graphemes.segment(word)) {
      const joins = noLineStart.test(segment) || /^\s/.test(segment);
      const breaks = wide.test(segment) || wide.test(unit) || columnsOf(unit) >= columnsMax - 10;
      if (unit !== "" && breaks && !joins) {
        yield unit;
        unit = "";
      }
      unit += segment;
    }
    yield unit;
  }
}

/** `text` in lines of at most 76 columns, each after `indent`; the first after `first` instead. */
export function wrapped(text: string, indent = "", first = indent): string {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = lines.length === 0 ? first : indent;
    let empty = true;
    for (const unit of unitsOf(paragraph)) {
      if (!empty && columnsOf(line + unit.trimEnd()) > columnsMax) {
        lines.push(line.trimEnd());
        line = indent;
      }
      line += unit;
      empty = false;
    }
    lines.push(line.trimEnd());
  }
  return lines.join("\n");
}
