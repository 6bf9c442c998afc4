import { z } from "zod";
import { AuthoredId, CampaignId, Language } from "./ids.ts";

/** Limits of a compiled campaign (SPEC §3.12). */
export const mailPlanLimits = {
  piecesPerTemplate: 20_000,
  partCharacters: 400_000,
  planBytes: 16_000_000,
  choices: 2_000,
} as const;

const Index = z.int().min(0).max(0xffff);

export const MailSlot = z
  .discriminatedUnion("slot", [
    z.strictObject({ slot: z.literal("invitation") }).describe("136 characters of base64url."),
    z
      .strictObject({ slot: z.literal("code"), question: Index, option: Index })
      .describe("This reader's sealed choice, 22 characters."),
    z
      .strictObject({ slot: z.literal("codes") })
      .describe("All of this reader's codes in the order of the plan's `choices`, 22 each."),
    z
      .strictObject({
        slot: z.literal("field"),
        name: z.string().regex(/^\w{1,64}$/),
        encode: z.enum(["html", "text", "url"]),
      })
      .describe("A column of the readers file."),
  ])
  .describe("Where a reader's own text goes.");
export type MailSlot = z.infer<typeof MailSlot>;

const Piece = z.union([z.string(), MailSlot]);
export type MailPiece = z.infer<typeof Piece>;

export const Shuffled = z
  .strictObject({
    slot: z.literal("shuffled"),
    question: Index,
    items: z.array(z.array(Piece)).max(60).describe("One an option, in the author's order."),
    kept: z.array(Index).max(60).optional().describe("Items that stay where the author put them."),
  })
  .describe("Options in an order of the reader's own.");
export type Shuffled = z.infer<typeof Shuffled>;

export const MailTemplate = z
  .array(z.union([Piece, Shuffled]))
  .max(mailPlanLimits.piecesPerTemplate)
  .describe("A text with slots: fixed strings and what differs from reader to reader.");
export type MailTemplate = z.infer<typeof MailTemplate>;

export const MailParts = z.strictObject({
  subject: MailTemplate,
  text: MailTemplate,
  amp: MailTemplate.optional().describe("Absent where nothing can be answered inside the mail."),
  html: MailTemplate,
});
export type MailParts = z.infer<typeof MailParts>;

export const MailPlan = z
  .strictObject({
    maily: z.literal(1),
    campaign: CampaignId,
    revision: z.int().min(1),
    edge: z.url({ protocol: /^https?$/ }).describe("The edge's origin."),
    choices: z
      .array(z.tuple([Index, Index]))
      .max(mailPlanLimits.choices)
      .describe("Question and option of each sealed choice that the mail carries."),
    languages: z.array(Language).min(1).describe("The first is the one to fall back to."),
    parts: z.record(Language, MailParts),
    fields: z.array(z.string()).describe("Columns of the readers file that the mail uses."),
    answerableInMail: z.array(AuthoredId).describe("Questions that the AMP part takes."),
  })
  .describe("A campaign's mail, compiled once: what is left for each reader is to fill the slots.");
export type MailPlan = z.infer<typeof MailPlan>;
