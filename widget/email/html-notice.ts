// What a reader is told and may do, in short: the whole notice, and every decision, is on the page.
import { filled } from "../../sdk/filled.ts";
import { fullNoticeOf, noticeLimits, purposesOf } from "./asked.ts";
import { layoutTable, line, textLink } from "./html-pieces.ts";
import type { Look } from "./look.ts";
import { fill, inHtml, shortened } from "./prose.ts";
import type { MailView } from "./view.ts";

/** Who asks, what for and for how long, and where the rest is; wants a cell around it. */
export function htmlNotice(view: MailView, look: Look): string {
  const { words, campaign } = view;
  const { controller, retentionDays, text } = campaign.notice;
  const small = { tag: "p", kind: "muted", font: "14px/21px" } as const;
  const more = campaign.notice.purposes.length > noticeLimits.purposes ? "<br />…" : "";
  return [
    line(view, look, inHtml(words.notice), {
      tag: "h3",
      kind: "ink",
      font: "600 15px/22px",
      below: 6,
    }),
    line(view, look, inHtml(shortened(view.text(text), noticeLimits.textCharacters)), {
      ...small,
      below: 8,
    }),
    line(
      view,
      look,
      `${purposesOf(view)
        .map((purpose) => `•&nbsp;${inHtml(purpose)}`)
        .join("<br />")}${more}`,
      { ...small, below: 8 },
    ),
    line(
      view,
      look,
      `${inHtml(fill(words.controller, controller.name, controller.contact))} ${inHtml(filled(words.retention, view.language, [retentionDays]))} ${textLink(look, fullNoticeOf(view), words.fullNotice)}`,
      { ...small, below: 6 },
    ),
  ].join("");
}

/** Why the mail came, and the links to preferences and unsubscribing; stands on the ground, wants a cell around it. */
export function htmlPreferences(view: MailView, look: Look): string {
  const { words, campaign, preferences } = view;
  const { onGround } = look.light;
  const link = (label: string): string => textLink(look, preferences, label, onGround);
  return layoutTable(
    `<tr><td class="m-ground-text" align="center" style="font:13px/22px ${look.font};color:${onGround};text-align:center">${inHtml(fill(words.why, campaign.notice.controller.name))}<br />${link(words.preferences)} &nbsp;·&nbsp; ${link(words.unsubscribe)}</td></tr>`,
  );
}
