// Fetches what a campaign needs beyond the basic kinds, as soon as the campaign says so.
import type { Definition } from "../../sdk/schema/widget.ts";
import { equip } from "./more.ts";

const pauseMilliseconds = 1000;

/** By the definition's own text: an author's words that look alike cost one fetch, and nothing else. */
const needed =
  /"(kind":"(picture|matrix|number|email|phone|country|opinion|constant)|image|shuffle|other|look|advance|hidden|send|calculated)|\[\[/;

/** Fetches it where `definition` needs it; false where the network is away. */
export async function fetchMore(definition: Definition, again = 2): Promise<boolean> {
  try {
    if (needed.test(JSON.stringify(definition))) equip(await import("./kinds/more.ts"));
    return true;
  } catch {
    if (again === 0) return false;
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    return fetchMore(definition, again - 1);
  }
}
