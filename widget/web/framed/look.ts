// How a framed page looks: as its author says, then as the site does, never so that it cannot be read.
import type { Theme } from "../../../sdk/schema/widget.ts";
import type { Report } from "../../embed/protocol.ts";

/** What a site may say, checked: everything else is as if it were not there. */
export interface Tokens {
  readonly accent?: string;
  readonly background?: string;
  readonly text?: string;
  readonly corners?: Theme["corners"];
  readonly font?: Theme["font"];
}

const corners: readonly Theme["corners"][] = ["square", "soft", "round"];
const fonts: readonly Theme["font"][] = ["sans", "serif", "rounded"];

/** `#rgb` and `#rrggbb` as the latter, in small letters; undefined for any other text. */
export function colourOf(value: unknown): string | undefined {
  const text = word(value).toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(text)) return text;
  return /^#[0-9a-f]{3}$/.test(text) ? text.replace(/[0-9a-f]/g, "$&$&") : undefined;
}

const word = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** `values` as the site's stylesheet says them, which may be anything. */
export function tokensOf(values: Readonly<Record<string, unknown>>): Tokens {
  const [accent, text, background] = ["accent", "text", "background"].map((name) =>
    colourOf(values[name]),
  );
  const corner = corners.find((each) => each === word(values["corners"]));
  const font = fonts.find((each) => each === word(values["font"]));
  return {
    ...(accent !== undefined && { accent }),
    ...(text !== undefined && { text }),
    ...(background !== undefined && { background }),
    ...(corner !== undefined && { corners: corner }),
    ...(font !== undefined && { font }),
  };
}

/** Light or dark whatever the reader's system says: the page around is one of the two. */
function inScheme(scheme: "light" | "dark"): void {
  document.documentElement.style.colorScheme = scheme;
  for (const sheet of document.styleSheets)
    for (const rule of sheet.cssRules)
      if (rule instanceof CSSMediaRule && rule.conditionText.includes("prefers-color-scheme"))
        rule.media.mediaText = rule.conditionText.includes(scheme) ? "all" : "not all";
}

/** No taller than what is in it, whatever the height of the window, which is the frame's own. */
const tight = "html{overflow-y:hidden}#page,.sheet{min-height:0}header{margin-block-start:0}";

/** Sets up the document, and tells the site of every height it has from now on. */
export function dress(theme: unknown, isTight: boolean, say: (report: Report) => void): void {
  const root = document.getElementById("page");
  document.documentElement.dataset["framed"] = "";
  if (theme === "light" || theme === "dark") inScheme(theme);
  if (!isTight || root === null) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(tight);
  document.adoptedStyleSheets = [sheet];
  new ResizeObserver(() => {
    // Borders and margins of what is in it are within: body has none of its own.
    say({ type: "height", detail: Math.ceil(document.body.getBoundingClientRect().height) });
  }).observe(root);
}

/** Once the author's theme is known. A later call of `wear` wins, and the page has called it first. */
export function wearAlso(theme: Theme, tokens: Tokens): void {
  if (Object.keys(tokens).length === 0) return;
  void import("../theme.ts").then(({ wear }) => wear({ ...theme, ...tokens }));
}
