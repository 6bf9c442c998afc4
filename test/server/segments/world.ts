// Readers of a campaign with a question of every kind, and rows of theirs as ingest would write them.
import { Campaign } from "../../../sdk/schema/campaign.ts";
import type { Definition, Notice } from "../../../sdk/schema/widget.ts";
import type { AnswerRow, SubmissionRow } from "../../../server/warehouse/rows.ts";
import { definition as asked, notice as told } from "../sealed.ts";
import { Random as Numbers } from "../../fuzz/random.ts";
import { submissionRow } from "../warehouse/row.ts";

/** A pseudonym by number, of the form that real ones have. */
export const readerOf = (number: number): string =>
  Buffer.from(`reader ${String(number).padStart(9, "0")}`).toString("base64url");

export const tenant = 7;
export const campaign = "Q2FtcGFpZ24";
export const otherCampaign = "T3RoZXJDYW0";
export const beganAt = Date.UTC(2026, 10, 1);

/** What a segment is checked against. */
export const publishedCampaign = (id = campaign, of = tenant): Campaign =>
  // Only these members are looked at here.
  ({ id, tenant: of, definition: asked, notice: told }) as unknown as Campaign & {
    definition: Definition;
    notice: Notice;
  };

/** A number from 0 to below `end`, by a seed that a failure can be repeated with. */
export function seeded(seed: number): (end: number) => number {
  const random = new Numbers(String(seed));
  return (end) => random.below(end);
}
export type Random = ReturnType<typeof seeded>;

export const oneOf = <Item>(random: Random, items: readonly Item[]): Item => {
  if (items.length === 0) throw new RangeError("one of none");
  return items[random(items.length)] as Item; // The index is within.
};

/** Values of an answer to some of the questions. */
export function answersOf(random: Random): AnswerRow[] {
  const rows: AnswerRow[] = [
    { question: "roast", position: 0, option: oneOf(random, ["light", "dark"]) },
  ];
  const extras = ["milk", "sugar", "oat"].filter(() => random(2) === 0);
  extras.forEach((option, position) => rows.push({ question: "extras", position, option }));
  if (random(2) === 0) {
    const order = random(2) === 0 ? ["taste", "price"] : ["price", "taste"];
    order.forEach((option, position) => rows.push({ question: "order", position, option }));
  }
  if (random(3) > 0) rows.push({ question: "stars", position: 0, number: 1 + random(5) });
  if (random(3) > 0) rows.push({ question: "recommend", position: 0, number: random(11) });
  if (random(3) === 0)
    rows.push({ question: "strength", position: 0, number: Math.round(random(11)) / 10 });
  if (random(2) === 0)
    rows.push({ question: "again", position: 0, option: oneOf(random, ["yes", "no"]) });
  if (random(4) === 0) rows.push({ question: "why", position: 0, text: "because", cleared: false });
  if (random(3) === 0)
    rows.push({
      question: "since",
      position: 0,
      date: `20${10 + random(16)}-0${1 + random(9)}-15`,
    });
  return rows;
}

/** An answer of a reader, at so many milliseconds after the beginning. */
export function answerAt(
  random: Random,
  { number, offset, at }: { number: number; offset: bigint; at: number },
): SubmissionRow {
  const base = submissionRow(offset, answersOf(random));
  return {
    ...base,
    source: { ...base.source, appendedAt: beganAt + at, key: `${tenant}|${readerOf(number)}` },
    tenant,
    submissionId: Buffer.from(`answer ${String(offset).padStart(9, "0")}`).toString("base64url"),
    receiptId: Buffer.alloc(32, 1).toString("base64url"),
    campaign: random(20) === 0 ? otherCampaign : campaign,
    reader: readerOf(number),
    channel: oneOf(random, ["web", "amp", "site"] as const),
    language: oneOf(random, ["en", "de"]),
    outcome: oneOf(random, ["filter", "espresso", undefined]),
    revision: 1 + random(3),
    purposes: random(3) === 0 ? ["results"] : ["results", "offers"],
    givenAt: beganAt + at,
    admittedAt: beganAt + at,
  };
}
