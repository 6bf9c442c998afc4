// Pictures in text/html. Widths stand in attributes, for Outlook on Windows, and in styles that shrink them on a phone. Behind
// each is the light sheet's colour: a drawing on no ground of its own stays readable in a client's dark mode.
import { escapeHtml, shuffledTokens } from "../../sdk/mail-plan.ts";
import { forWord, sidesOf } from "./html-pieces.ts";
import type { Look } from "./look.ts";
import { shownWithin, type Picture } from "./pictures.ts";
import { inHtml } from "./prose.ts";
import { isShuffled, keptIn, type MailView, type OptionView, type QuestionView } from "./view.ts";

/** The sheet's own margins on both sides. */
const sheetMargins = 66;
const bannerHeight = 320;
const cardGap = 12;

interface Shown {
  readonly width: number;
  readonly height: number;
  readonly style: string;
}

const img = ({ address, alt }: Picture, { width, height, style }: Shown, look: Look): string =>
  `<img src="${escapeHtml(address)}" alt="${inHtml(alt)}" width="${width}" height="${height}" style="border:0;${style};background:${look.light.sheet};font:14px/20px ${look.font};color:${look.light.muted}" />`;

/** A question's picture, as wide as its text at most. */
export function picture(shown: Picture | undefined, look: Look): string {
  if (shown === undefined) return "";
  const box = shownWithin(shown, { width: look.width - sheetMargins, height: bannerHeight });
  const style = `display:block;width:100%;max-width:${box.width}px;height:auto;border-radius:${Math.min(look.radius, 12)}px`;
  return `<p style="margin:0 0 14px">${img(shown, { ...box, style }, look)}</p>`;
}

function card(view: MailView, option: OptionView, look: Look): string {
  const { light, radius, font } = look;
  const { start } = sidesOf(view);
  const width = Math.floor((look.width - sheetMargins - cardGap) / 2);
  const corner = Math.min(radius, 14);
  const shown = option.picture;
  // As wide as its card whatever its own size: the cards of a row are alike.
  const drawn =
    shown === undefined
      ? ""
      : img(
          shown,
          {
            width,
            height: Math.max(1, Math.round((shown.height * width) / shown.width)),
            style: `display:block;width:100%;max-width:${width}px;height:auto;border-radius:${corner}px ${corner}px 0 0`,
          },
          look,
        );
  const about =
    option.description === undefined
      ? ""
      : `<br /><span class="m-muted" style="font-weight:400;font-size:14px;color:${light.muted}">${inHtml(option.description)}</span>`;
  const link = `<a class="m-option m-ink" href="${escapeHtml(option.link)}" target="_blank" style="display:block;border:1px solid ${light.edge};border-radius:${radius}px;background:${light.soft};font:600 16px/22px ${font};color:${light.ink};text-decoration:none;text-align:${start}">${drawn}<span style="display:block;padding:12px 14px">${inHtml(option.label)}${about}</span></a>`;
  // Two in a row where there is room, one below the other where there is not. Word, which would stack them all, floats tables.
  const word = `<table role="presentation" align="${start}" width="${width}" cellspacing="0" cellpadding="0" style="margin-bottom:${cardGap}px"><tr><td>`;
  return `${forWord(word)}<div class="m-card" style="display:inline-block;width:100%;max-width:${width}px;margin:0 0 ${cardGap}px;margin-${sidesOf(view).end}:${cardGap / 2}px;vertical-align:top">${link}</div>${forWord("</td></tr></table>")}`;
}

/** Answers as cards: a picture, and what it is called below. */
export function pictureCards(view: MailView, question: QuestionView, look: Look): string {
  const cards = question.options.map((option) => card(view, option, look));
  const shown = isShuffled(question)
    ? shuffledTokens(question.index, cards, keptIn(question))
    : cards.join("");
  return `<div style="text-align:${sidesOf(view).start};font-size:0">${shown}${forWord('<br clear="all" />')}</div>`;
}
