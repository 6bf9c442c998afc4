import type { Theme } from "../../sdk/schema/widget.ts";
import { accentOn } from "./contrast.ts";

/** The sheets of page.css, light and dark. */
export const sheets = { light: "#ffffff", dark: "#1b1a18" } as const;

/** Hands the author's theme to the stylesheet through CSSOM: the policy forbids inline style attributes. */
export function wear({ accent, corners, font }: Theme): void {
  const { style, dataset } = document.documentElement;
  for (const scheme of ["light", "dark"] as const)
    for (const [part, colour] of Object.entries(accentOn(sheets[scheme], accent)))
      style.setProperty(`--${scheme}-${part}`, colour);
  dataset["corners"] = corners;
  dataset["font"] = font;
}
