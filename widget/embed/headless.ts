// For a site that draws its own questions. The same code as the page: what is asked next, what an answer must be, the seal
// to the region's key, the edge's answers. What the page does besides is then the site's to do, in its own name: it shows
// the notice, asks for each purpose, takes only a person's own act as consent, and it sees every answer before it is sealed.
import { base64url, fromBase64url } from "../../sdk/bytes.ts";
import { pathOf } from "../../sdk/calculated.ts";
import { checkAnswers } from "../../sdk/check-all.ts";
import type { AnswerFault } from "../../sdk/check-answers.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Answers } from "../../sdk/schema/answer.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Visit as Invited } from "../../sdk/schema/site.ts";
import type { Accepted, Submission } from "../../sdk/schema/submission.ts";
import type { Definition, Notice, Purpose, Question } from "../../sdk/schema/widget.ts";
import { seal } from "../../sdk/seal.ts";
import { visitOf } from "../web/admission.ts";
import { now } from "../web/clock.ts";
import { ask, post, type Reply } from "../web/edge.ts";
import type { Visit } from "../web/page.ts";

export type {
  Accepted,
  AnswerFault,
  Answers,
  Definition,
  Notice,
  Purpose,
  Question,
  Region,
  Submission,
};

const submissionIdBytes = 16;
/** Of one `send`; the same bytes may be sent again later. */
const triesMax = 4;

export interface HeadlessOptions {
  /** The edge's address, such as https://ask.example.org. */
  readonly edge: string;
  readonly campaign: string;
  /** The deployment's root key, base64url, from whom runs it and never from the edge: who signs the regions' keys. */
  readonly rootKey: string;
  /** A personal invitation, where the site has one. */
  readonly invitation?: string;
  /** Else the public name of this embedding; the page's origin must be one of the campaign's. */
  readonly embedKey?: string;
  /** The invitation of an earlier visit, for whom wants to stay the same reader. */
  readonly visitor?: string;
  /** What texts were shown in; the widget's first unless told. */
  readonly language?: string;
}

/** Why it cannot go on: a problem code of the edge, a reason of the page's, or `away`. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: string;
  constructor(code: string) {
    super(`maily: ${code}`);
    this.code = code;
  }
}

export interface Headless {
  readonly definition: Definition;
  readonly notice: Notice;
  /** To be shown beside the button that sends, each with its text; all but the required ones are the reader's choice. */
  readonly purposes: readonly Purpose[];
  /** What Global Privacy Control forbids to ask for. */
  readonly withheld: readonly Purpose[];
  readonly region: Region;
  /** A bearer token: for `visitor` at the next visit, and for no log. */
  readonly invitation: string;
  /** Whom these answers lead to which questions, in order. */
  readonly questions: (answers: Answers) => readonly Question[];
  /** What keeps the answers from being sent, by question id. */
  readonly faults: (answers: Answers) => ReadonlyMap<string, AnswerFault>;
  /** Seals what the reader has just agreed to send, to the ids of these purposes. Refusal: answer-invalid, answer-too-long, consent-missing. */
  readonly seal: (answers: Answers, purposes: readonly string[]) => Promise<Submission>;
  /** Sends it, again where the edge is away for now. The same submission may be sent again and counts once. Refusal: away, or the edge's. */
  readonly send: (submission: Submission) => Promise<Accepted>;
}

const originOf = (edge: string): string => new URL(edge).origin;

async function valueOf<Value>(reply: Promise<Reply<Value>>): Promise<Value> {
  const answer = await reply;
  if (answer.is === "here") return answer.value;
  throw new Refusal(answer.is === "away" ? "away" : answer.code);
}

async function invitationOf(options: HeadlessOptions, edge: string): Promise<string> {
  const { invitation, campaign, embedKey, visitor } = options;
  if (invitation !== undefined) return invitation;
  if (embedKey === undefined) throw new Refusal("embed-unknown");
  const request = post({ campaign, embedKey, visitor });
  return (await valueOf(ask<Invited>(`${edge}/v1/visits`, request))).invitation;
}

/** The answers on the path, and hidden fields. */
function answersOnPath(definition: Definition, answers: Answers): Answers {
  const ids = [...pathOf(definition, answers), ...(definition.hidden ?? [])].map(({ id }) => id);
  return Object.fromEntries(Object.entries(answers).filter(([id]) => ids.includes(id)));
}

async function sealed(
  { manifest, invitation, invited, key }: Visit,
  answers: Answers,
  consent: Consent,
): Promise<Submission> {
  const submissionId = crypto.getRandomValues(new Uint8Array(submissionIdBytes));
  try {
    const envelope = await seal({
      ...invited.body,
      ...key,
      submissionId,
      consent,
      invitation: invited.bytes,
      answers: answersOnPath(manifest.definition, answers),
      language: consent.language,
    });
    return {
      invitation,
      submissionId: base64url(submissionId),
      consent,
      envelope: base64url(envelope),
    };
  } catch (error) {
    // seal refuses with one problem alone.
    const { code } = error as { code?: ProblemCode };
    throw code === undefined ? error : new Refusal(code);
  }
}

/** Sends until the edge has said yes or no, or `triesMax` is reached. */
async function delivered(edge: string, submission: Submission): Promise<Accepted> {
  for (let tries = 1; ; tries++) {
    const reply = await ask<Accepted>(`${edge}/v1/answers`, post(submission));
    if (reply.is !== "away" || tries === triesMax) return valueOf(Promise.resolve(reply));
    // Half a wait of jitter, so that many readers do not come back at once.
    const wait = reply.seconds * 1000 * (1 + Math.random() / 2);
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Fetches a campaign, and everything that would refuse an answer is found out first. Throws Refusal. */
export async function headless(options: HeadlessOptions): Promise<Headless> {
  const rootKey = fromBase64url(options.rootKey);
  if (rootKey === undefined) throw new Refusal("keys");
  const edge = originOf(options.edge);
  const address = `${edge}/v1/campaigns/${encodeURIComponent(options.campaign)}`;
  const manifest = await valueOf(ask<Manifest>(address, { cache: "no-cache" }));
  const invitation = await invitationOf(options, edge);
  // Servers have no navigator, whatever the types say.
  const { globalPrivacyControl } = (globalThis.navigator ?? {}) as {
    globalPrivacyControl?: boolean;
  };
  const visit = await visitOf(manifest, invitation, {
    now: now(),
    gpc: globalPrivacyControl === true,
    rootKey,
  });
  if (typeof visit === "string") throw new Refusal(visit);
  const { definition, notice } = manifest;
  const faults = (answers: Answers) => checkAnswers(definition, answersOnPath(definition, answers));
  return {
    definition,
    notice,
    purposes: visit.purposes,
    withheld: visit.withheld,
    region: visit.invited.body.region,
    invitation,
    questions: (answers) => pathOf(definition, answers),
    faults,
    async seal(answers, purposes) {
      if (faults(answers).size > 0) throw new Refusal("answer-invalid");
      const agreed = visit.purposes.filter(({ id }) => purposes.includes(id));
      const isWhole = visit.purposes.every((each) => !each.required || agreed.includes(each));
      if (!isWhole || agreed.length === 0) throw new Refusal("consent-missing");
      return sealed(visit, answers, {
        notice: notice.version,
        purposes: agreed.map(({ id }) => id),
        givenAt: new Date(now()).toISOString(),
        language: options.language ?? definition.languages[0] ?? "en",
      });
    },
    send: (submission) => delivered(edge, submission),
  };
}
