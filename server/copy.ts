// A reader's own copy of what this region holds of them, sealed to a key that only their page has (SPEC §3.11).
import { base64url, concat, fromBase64url, utf8, type Bytes } from "../sdk/bytes.ts";
import { sealBase } from "../sdk/hpke/hpke.ts";
import { Npk } from "../sdk/hpke/suite.ts";
import { inLanguage } from "../sdk/local-text.ts";
import { copyInfo } from "../sdk/own-copy.ts";
import { Problem } from "../sdk/problem.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { DataRequest, SealedCopy } from "../sdk/schema/submission.ts";
import type { LocalText, Question } from "../sdk/schema/widget.ts";
import { identify, type Identified, type Identifying } from "./verify-reader.ts";
import { keptOf, type KeptAnswer, type KeptOfReader } from "./warehouse/copy.ts";
import type { Warehouse } from "./warehouse/duckdb.ts";
import type { AnswerRow } from "./warehouse/rows.ts";

/** The document, before it is sealed. */
const copyBytesMax = 4_000_000;

export interface CopyFrom extends Identifying {
  readonly warehouse: Pick<Warehouse, "read">;
}

const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

type TextOf = (text: LocalText) => string;

/** An option, cell or country in words. What a yes-no or consent stores says enough by itself. */
function wordsOf(question: Question | undefined, option: string, textOf: TextOf): string {
  if (question === undefined) return option;
  const named = (things: readonly { id: string; text: LocalText }[], id: string): string => {
    const found = things.find((thing) => thing.id === id);
    return found === undefined ? id : textOf(found.text);
  };
  if ("options" in question) return named(question.options, option);
  if (question.kind !== "matrix") return option;
  const [row = "", column = ""] = option.split(":");
  return `${named(question.rows, row)}: ${named(question.columns, column)}`;
}

function valueOf(
  { option, number, text, date }: AnswerRow,
  words: (id: string) => string,
): string | number | undefined {
  if (option === undefined) return number ?? text ?? date;
  // Written in the place of an option; or an option with its points.
  return text ?? (number === undefined ? words(option) : `${words(option)}: ${number}`);
}

function answerOf(answer: KeptAnswer, revisions: readonly Campaign[]) {
  const { values, givenAt, admittedAt, notice, purposes, ...rest } = answer;
  const campaign = revisions.find(({ revision }) => revision === answer.revision);
  const fallback = campaign?.definition.languages[0] ?? "en";
  const textOf: TextOf = (text) => inLanguage(text, answer.language, fallback);
  const byQuestion = Map.groupBy(values, ({ question }) => question);
  return {
    ...rest,
    receivedAt: timeOf(admittedAt),
    consent: { notice, purposes, givenAt: timeOf(givenAt) },
    answers: Array.from(byQuestion, ([id, rows]) => {
      const question = campaign?.definition.questions.find((candidate) => candidate.id === id);
      const said = rows.map((row) => valueOf(row, (option) => wordsOf(question, option, textOf)));
      return {
        question: id,
        ...(question !== undefined && { asked: textOf(question.text) }),
        answer: said.length === 1 ? said[0] : said,
      };
    }),
  };
}

function documentOf(
  { invitation: { body }, id, revisions }: Identified,
  kept: KeptOfReader,
  region: string,
) {
  const [campaign] = revisions;
  return {
    region,
    tenant: body.tenant,
    controller: campaign?.notice.controller,
    campaign: id,
    reader: base64url(body.reader),
    copiedAt: timeOf(Date.now()),
    answers: kept.answers.map((answer) => answerOf(answer, revisions)),
    preferences: kept.preferences.map(
      ({ admittedAt, givenAt, notice, purposes, ...preferences }) => ({
        ...preferences,
        receivedAt: timeOf(admittedAt),
        consent: { notice, purposes, givenAt: timeOf(givenAt) },
      }),
    ),
    requests: kept.requests.map(({ admittedAt, ...request }) => ({
      ...request,
      receivedAt: timeOf(admittedAt),
    })),
    withdrawals: kept.withdrawals.map(({ admittedAt, ...withdrawal }) => ({
      ...withdrawal,
      receivedAt: timeOf(admittedAt),
    })),
    events: kept.events.map(({ happenedAt, ...event }) => ({ ...event, at: timeOf(happenedAt) })),
    activities: kept.activities.map(({ happenedAt, ...activity }) => ({
      ...activity,
      at: timeOf(happenedAt),
    })),
    deliveries: kept.deliveries.map(({ kind, happenedAt }) => ({ kind, at: timeOf(happenedAt) })),
    // What never became an answer; it lies there sealed until the operator replays or drops it.
    unreadable: kept.unreadable.map(({ code, appendedAt }) => ({
      reason: code,
      receivedAt: timeOf(appendedAt),
    })),
  };
}

/** UTF-8 JSON of at most 4 MB: the oldest answers give way, and how many did is said. */
function bytesOf(document: ReturnType<typeof documentOf>, answersInAll: number): Bytes {
  for (let kept = document.answers.length; ; kept >>= 1) {
    const answers = document.answers.slice(0, kept);
    const shortened = kept < answersInAll && { answersLeftOut: answersInAll - kept };
    const bytes = utf8(JSON.stringify({ ...document, answers, ...shortened }, null, 2));
    if (bytes.length <= copyBytesMax || kept === 0) return bytes;
  }
}

/**
 * For whoever holds the invitation, expired or not: what is held of its reader, readable with the reader's key alone.
 * Problems: those of `identify`; `malformed-request` for a key that is none; `region-unavailable`.
 */
export async function sealedCopy(
  { invitation: text, publicKey: key }: DataRequest,
  { warehouse, ...identifying }: CopyFrom,
): Promise<SealedCopy> {
  const malformed = new Problem("malformed-request", {
    errors: ["publicKey: is no X-Wing public key"],
  });
  const publicKey = fromBase64url(key);
  if (publicKey?.length !== Npk) throw malformed;
  const identified = identify(text, 0, identifying);
  const { body, bytes } = identified.invitation;
  const reader = { tenant: body.tenant, campaign: identified.id, reader: base64url(body.reader) };
  const kept = await warehouse.read((connection) => keptOf(connection, reader));
  const document = documentOf(identified, kept, identifying.region);
  const plaintext = bytesOf(document, kept.answersInAll);
  const sealed = await sealBase(publicKey, copyInfo, bytes, plaintext).catch(() => {
    throw malformed; // Of the right length, and neither ML-KEM nor X25519 takes it.
  });
  return { envelope: base64url(concat(sealed.enc, sealed.ct)) };
}
