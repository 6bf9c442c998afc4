// The fixtures as mails are drawn from them: one view a language.
import { invitationToken } from "../../sdk/mail-plan.ts";
import type { Widget } from "../../sdk/schema/widget.ts";
import { viewOf, type MailedCampaign, type MailView } from "../../widget/email/view.ts";
import { wordsIn } from "../../widget/email/words.ts";
import { fixtures } from "./fixtures/fixtures.ts";

export const edge = "https://answers.sender.example";
export const campaignId = "AAECAwQFBgc";
/** As long as one, and of its characters. */
export const invitation = "AbC-_019".repeat(17);

export function campaignOf({ notice, ...definition }: Widget): MailedCampaign {
  return { id: campaignId, revision: 1, definition, notice };
}

export const viewIn = (widget: Widget, language: string): MailView =>
  viewOf(campaignOf(widget), edge, language, wordsIn(language));

export interface Case {
  readonly name: string;
  readonly widget: Widget;
  readonly language: string;
  readonly view: MailView;
}

/** Every fixture in every language it speaks. */
export const cases: readonly Case[] = fixtures.flatMap(({ name, widget }) =>
  widget.languages.map((language) => ({
    name: `${name} (${language})`,
    widget,
    language,
    view: viewIn(widget, language),
  })),
);

const shuffleMarks = /~maily\.(?:shuffled\.\d+|item|end)~/g;

/** A part with one reader's invitation, options in the author's order. */
export const filled = (part: string): string =>
  part.replaceAll(invitationToken, invitation).replace(shuffleMarks, "");
