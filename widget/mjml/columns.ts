// `[[first_name]]` in a template: a column of the readers file. It becomes a slot, encoded for where it stands.
import { slotToken } from "../../sdk/mail-plan.ts";

const column = /\[\[(\w{1,64})\]\]/g;

type Place = "html" | "url" | { readonly refused: string };

const attributeBefore = /([\w:-]+)\s*=\s*(?:"([^"]*)|'([^']*))$/;
/** As much of a tag is looked at; a column further into an attribute is refused. */
const attributeCharacters = 2_000;
const addresses = new Set(["href", "src", "action", "background", "poster", "formaction"]);

/** Where a value at `offset` would stand: `html` is written before it. */
function placeOf(html: string, offset: number): Place {
  const before = html.slice(0, offset);
  const opened = before.lastIndexOf("<");
  if (opened <= before.lastIndexOf(">")) {
    return /<\/style/i.test(before.slice(before.toLowerCase().lastIndexOf("<style"))) ||
      !/<style/i.test(before)
      ? "html"
      : { refused: "a style sheet cannot hold a reader's own value" };
  }
  const within = before.slice(Math.max(opened, offset - attributeCharacters));
  const [, name = "", double, single] = attributeBefore.exec(within) ?? [];
  const attribute = name.toLowerCase();
  if (attribute === "" || attribute === "style" || attribute.startsWith("on"))
    return { refused: "it may stand in text, in an attribute such as alt, or within an address" };
  if (!addresses.has(attribute)) return "html";
  // A whole address from a file could be `javascript:` or a stranger's.
  return /^(?:https?:\/\/[^/?#]+[/?#]|mailto:|tel:|~maily)/.test(double ?? single ?? "")
    ? "url"
    : { refused: "an address begins with https:// and its host; a column fills what comes after" };
}

export interface RefusedColumn {
  readonly name: string;
  readonly why: string;
}

/** Columns as slots; what stands where no value is safe is told, and left empty. */
export function columnsAsSlots(html: string): { html: string; refused: readonly RefusedColumn[] } {
  const refused: RefusedColumn[] = [];
  const filled = html.replace(column, (_, name: string, offset: number) => {
    const place = placeOf(html, offset);
    if (typeof place === "string") return slotToken({ slot: "field", name, encode: place });
    refused.push({ name, why: place.refused });
    return "";
  });
  return { html: filled, refused };
}
