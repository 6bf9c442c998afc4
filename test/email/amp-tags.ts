// Our own AMP part taken apart again: its tags, its states, and what its actions do to them, without a document.
import { actionsOn } from "../../demo/amp-actions.ts";
import { readExpression } from "../../demo/amp-expression.ts";
import { isObject, merged, type Scope, type Value } from "../../demo/amp-values.ts";

export const unescaped = (text: string): string =>
  text
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&amp;/g, "&");

export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Every opening tag, as far as our own output needs a parser. */
export function tagsOf(html: string): Tag[] {
  return [...html.matchAll(/<([a-z][\w-]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*>/g)].map(
    ([, name = "", written = ""]) => ({
      name,
      attributes: Object.fromEntries(
        [...written.matchAll(/([^\s=>]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [
          key,
          unescaped(value),
        ]),
      ),
    }),
  );
}

export const stateOf = (html: string): Scope =>
  Object.fromEntries(
    [
      ...html.matchAll(/<amp-state id="(\w+)"><script type="application\/json">(.*?)<\/script>/gs),
    ].map(([, id = "", json = ""]) => [id, JSON.parse(json) as Value]),
  );

/** The state after the actions of `tag` for `event`. */
export function after(state: Scope, { attributes }: Tag, event: string, detail: Value = {}): Scope {
  let next = state;
  for (const { target, argument } of actionsOn(attributes["on"] ?? "", event)) {
    if (target !== "AMP") continue;
    const change = readExpression(argument)({ ...next, event: detail });
    if (!isObject(change)) throw new Error("setState of no object");
    next = merged(next, change);
  }
  return next;
}
