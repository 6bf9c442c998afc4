// One reader's parts as the page shows them: in a frame of their own, without scripts, in the scheme that is asked for.

import type { ImageFile } from "../images.ts";

export interface Shown {
  readonly scheme: "light" | "dark";
  readonly images: boolean;
}

const schemeQuery = /\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi;

/**
 * The media queries of one scheme hold and the other's do not, whatever the browser prefers. A frame has no say in that
 * itself.
 */
export const inScheme = (html: string, scheme: Shown["scheme"]): string =>
  html.replace(schemeQuery, (_, asked: string) =>
    asked.toLowerCase() === scheme ? "(min-width:0px)" : "(max-width:0px)",
  );

/** AMP's own scripts come from a stranger's server and run in mail clients alone: what is left is the first view. */
export const withoutRuntime = (amp: string): string =>
  amp
    .replace(/<script\b[^>]*>[\s\S]*?<\/script\s*>/gi, "")
    .replace(/<style amp4email-boilerplate>[\s\S]*?<\/style>/i, "")
    // Its pictures are the runtime's to draw.
    .replace(
      /<amp-img\b([^<>]{0,4000})><\/amp-img>/gi,
      '<img$1 style="display:block;max-width:100%;height:auto">',
    );

/** The widget's own pictures as they are here: the edge has them once they are published. */
export const withPictures = (html: string, pictures: readonly ImageFile[]): string =>
  pictures.reduce(
    (shown, { name, contentType, bytes }) =>
      shown.replaceAll(
        new RegExp(
          String.raw`https?://[^\s"'<>()]{1,300}/images/${name.replace(".", String.raw`\.`)}`,
          "g",
        ),
        () => `data:${contentType};base64,${Buffer.from(bytes).toString("base64")}`,
      ),
    html,
  );

/** Pictures may come from where the author keeps them; nothing else is fetched, run or sent. */
export const frameHeaders = ({ images }: Shown): Record<string, string> => ({
  "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; img-src ${images ? "https: data:" : "'none'"}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`,
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
});
