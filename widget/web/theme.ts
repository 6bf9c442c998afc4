// Fetched beside the campaign: the stylesheet has the look of an author who says nothing.
import type { Image, Theme } from "../../sdk/schema/widget.ts";
import { isDark, paletteOf, sheets, type Colours } from "./palette.ts";

/** Sets an author's colours on `element`, through CSSOM: the policy forbids inline style attributes. */
export function colour({ style }: HTMLElement, colours: Colours): void {
  for (const scheme of ["light", "dark"] as const)
    for (const [part, value] of Object.entries(paletteOf(scheme, colours)))
      style.setProperty(`--${scheme}-${part}`, value);
}

/** In the place of the controller's name once it is here: a logo that cannot be fetched leaves the name. */
function showLogo({ source }: Image, ground: string): void {
  const { style, dataset } = document.documentElement;
  const picture = document.createElement("img");
  picture.addEventListener("load", () => {
    style.setProperty("--logo", `url("${picture.src}")`);
    style.setProperty("--logo-shape", `${picture.naturalWidth} / ${picture.naturalHeight}`);
    dataset["logo"] = isDark(ground) ? "dark" : "light";
  });
  picture.src = `/images/${source}`;
}

/** Hands the author's theme to the stylesheet. */
export function wear(theme: Colours & Pick<Theme, "corners" | "font" | "logo">): void {
  const root = document.documentElement;
  colour(root, theme);
  root.dataset["corners"] = theme.corners;
  root.dataset["font"] = theme.font;
  if (theme.logo !== undefined) showLogo(theme.logo, theme.background ?? sheets.light);
}
