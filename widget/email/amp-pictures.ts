// Pictures in the AMP part. `amp-img` wants a width and a height, so that nothing moves while they load.
import { escapeHtml } from "../../sdk/mail-plan.ts";
import { shownWithin, type Picture } from "./pictures.ts";
import { inHtml } from "./prose.ts";

const bannerBox = { width: 536, height: 320 } as const;

const ampImg = (
  { address, alt }: Picture,
  { width, height }: Pick<Picture, "width" | "height">,
  layout: "intrinsic" | "responsive",
): string =>
  `<amp-img class="shot" layout="${layout}" width="${width}" height="${height}" src="${escapeHtml(address)}" alt="${inHtml(alt)}"></amp-img>`;

/** A picture of a question or a result, never larger than it is. */
export const banner = (picture: Picture | undefined): string =>
  picture === undefined
    ? ""
    : `<div class="banner">${ampImg(picture, shownWithin(picture, bannerBox), "intrinsic")}</div>`;

/** Over the width of its card. */
export const cardPicture = (picture: Picture): string => ampImg(picture, picture, "responsive");
