// A template in several languages: elements that stand beside each other with `lang` are one text, of which a mail has one.
import type { MjmlNode } from "mjml-parser-xml";
import { chooseLanguage } from "../../sdk/language-choice.ts";
import { attributeOf } from "./template.ts";

/** Of each run of neighbours with `lang`, those in `language` stay; else those in `fallback`; else the first language's. */
export function chooseTexts(node: MjmlNode, language: string, fallback: string): void {
  const kept: MjmlNode[] = [];
  let run: MjmlNode[] = [];
  const settle = (): void => {
    const spoken = run.map((child) => attributeOf(child, "lang") ?? "");
    const chosen = chooseLanguage([language, fallback], spoken);
    kept.push(...run.filter((child) => attributeOf(child, "lang") === chosen).map(withoutLang));
    run = [];
  };
  for (const child of node.children ?? []) {
    if (attributeOf(child, "lang") !== undefined) run.push(child);
    else {
      settle();
      kept.push(child);
    }
  }
  settle();
  if (node.children !== undefined) node.children = kept;
  for (const child of kept) chooseTexts(child, language, fallback);
}

/** MJML knows `lang` on the root alone. */
function withoutLang(node: MjmlNode): MjmlNode {
  const { lang: _, ...attributes } = node.attributes ?? {};
  return { ...node, attributes };
}
