import type { LocalText } from "./schema/widget.ts";
import type { Path } from "./widget-fault.ts";

/** The keys under which authors write what readers see. */
const written = [
  "text",
  "title",
  "description",
  "intro",
  "low",
  "high",
  "label",
  "unit",
  "placeholder",
  "middle",
  "alt",
  "subject",
  "preheader",
];

/** Every text of the widget that is written per language, with its place. */
export function* localTexts(
  value: unknown,
  path: Path,
): Generator<[Path, Exclude<LocalText, string>]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const place: Path = [...path, Array.isArray(value) ? Number(key) : key];
    if (
      written.includes(key) &&
      typeof inner === "object" &&
      !Array.isArray(inner) &&
      inner !== null
    ) {
      const texts = Object.values(inner);
      if (texts.every((text) => typeof text === "string")) {
        yield [place, inner as Exclude<LocalText, string>]; // Every value was just seen to be a string.
        continue;
      }
    }
    yield* localTexts(inner, place);
  }
}
