// What the page makes of an author's colours, where it cannot show them as they are: said before readers see it.
import { fault, type WidgetFault } from "../sdk/widget-fault.ts";
import type { Widget } from "../sdk/schema/widget.ts";
import {
  corrections,
  paletteOf,
  ratio,
  type Colours,
  type Correction,
} from "../widget/web/palette.ts";

const why: Readonly<Record<Correction["what"], (correction: Correction) => string>> = {
  accent: ({ wanted, against }) => `text in ${wanted} on ${against}`,
  text: ({ wanted, against }) => `text in ${wanted} on ${against}`,
  background: ({ wanted, against }) => `${against} text on ${wanted}`,
};

function sayingOf(correction: Correction, colours: Colours): string {
  const { what, contrastWanted, shown, contrastShown } = correction;
  const said = `${why[what](correction)} is ${ratio(contrastWanted)}; shown as ${shown} (${ratio(contrastShown)})`;
  const kept = what === "accent" && paletteOf("light", colours).fill === colours.accent;
  return kept ? `${said}; buttons keep ${colours.accent}` : said;
}

/** One for each colour that readers of the light scheme see changed. By night every brand's colours are shaded. */
export function colourWarnings({ theme, outcomes }: Widget): WidgetFault[] {
  const named: [path: (string | number)[], colours: Colours][] = [
    [["theme"], theme],
    ...outcomes.flatMap(({ colour }, index): [(string | number)[], Colours][] =>
      colour === undefined ? [] : [[["outcomes", index], { ...theme, accent: colour }]],
    ),
  ];
  return named.flatMap(([path, colours]) =>
    corrections(colours)
      .filter(({ scheme, what }) => scheme === "light" && (path.length === 1 || what === "accent"))
      .map((correction) =>
        fault(
          [...path, path.length === 1 ? correction.what : "colour"],
          sayingOf(correction, colours),
        ),
      ),
  );
}
