// A result that a reader shows to others. What goes out is the author's words and the campaign's own address: no answer, no
// invitation, no receipt.
import { inLanguage } from "../../sdk/local-text.ts";
import { piped } from "../../sdk/piping.ts";
import type { LocalText, Outcome } from "../../sdk/schema/widget.ts";
import type { Open } from "./page.ts";

export interface Shared {
  readonly title: string;
  readonly text: string;
  readonly url: string;
}

/** An author's text without what the reader said, which `local` would put in: each pipe says its fallback. */
const unsaid = ({ speech, visit }: Open, text: LocalText): string =>
  piped(
    inLanguage(text, speech.language, visit.manifest.definition.languages[0] ?? "en"),
    () => undefined,
  );

/** Built from the manifest alone: neither the reader's answers nor the address of this page are looked at. */
export function sharedOf(page: Open, outcome: Outcome, origin: string): Shared {
  const { manifest } = page.visit;
  const title = unsaid(page, manifest.definition.title);
  return {
    title,
    text: `${title}: ${unsaid(page, outcome.title)}`,
    url: new URL(`/a/${manifest.id}`, origin).href,
  };
}

export type Sharing = "shared" | "copied" | "failed";

/** By the device's own sheet, else as text to paste. A reader who closes the sheet has not failed. */
export async function share(shared: Shared): Promise<Sharing> {
  // Absent in some browsers, types notwithstanding.
  const sheet = (navigator as Partial<Navigator>).share;
  try {
    if (sheet !== undefined) {
      await sheet.call(navigator, shared);
      return "shared";
    }
    await navigator.clipboard.writeText(`${shared.text}\n${shared.url}`);
    return "copied";
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError" ? "shared" : "failed";
  }
}
