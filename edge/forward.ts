// What the edge sends to a region's server: signed (SPEC §6), with a deadline, never redirected.
import { textOf, utf8, type Bytes } from "../sdk/bytes.ts";
import { signRequest } from "../sdk/http-signature.ts";
import { isProblemCode, Problem, type ProblemCode } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import { IntakeAnswer, type IntakeResult } from "../sdk/schema/record.ts";
import { SealedCopy, type DataRequest } from "../sdk/schema/submission.ts";
import { linkOf, type Settings } from "./env.ts";
import { gzip } from "./gzip.ts";
import { readAtMost } from "./read-body.ts";
import { beginDelivery } from "./trace.ts";

/** From the first byte sent until the whole answer is there. */
export const answerMilliseconds = 15_000;
const retryAfterSecondsMax = 300;
/** A `SealedCopy` at its largest, and what JSON puts around it. */
const copyBytesMax = 8_000_100;
/** An `IntakeAnswer` at its largest, receipts and all. */
const answerBytesMax = 4_194_304;
/** Below this a body fits into a packet or two, and compressing it wins nothing. */
const compressedFromBytes = 2_048;
/** Statuses of a server that read the request and will say the same again. */
const finalStatuses: readonly number[] = [400, 413, 422];

/** `away`: nothing was promised, send all of it again. `refused`: this batch, as it is, will never be taken. */
export type Delivery =
  | { readonly status: "delivered"; readonly results: readonly IntakeResult[] }
  | { readonly status: "away"; readonly retryAfterSeconds?: number }
  | { readonly status: "refused"; readonly code: ProblemCode };

/** Rejects where there is no connection, a cut one, or no whole answer in time. */
async function send<Answer>(
  settings: Settings,
  region: Region,
  request: {
    readonly method: "POST" | "PUT";
    readonly path: string;
    readonly body: Bytes;
    /** Of the body: the signature's digest is over the bytes as they are sent (RFC 9530 §2). */
    readonly encoding?: "gzip" | undefined;
    readonly traceparent?: string | undefined;
  },
  read: (response: Response) => Promise<Answer>,
): Promise<Answer> {
  const { server } = linkOf(settings, region);
  const key = settings.forwardKeys.get(region);
  if (key === undefined) throw new Problem("configuration-invalid", { region });
  const signature = await signRequest(request, key.keyId, {
    alg: "hmac-sha256",
    secret: key.secret,
  });
  const deadline = new AbortController();
  // Not AbortSignal.timeout, whose timer goes on after the answer and would keep an object awake.
  const timer = setTimeout(() => deadline.abort(), answerMilliseconds);
  try {
    const response = await fetch(server + request.path, {
      method: request.method,
      headers: {
        "content-type": "application/json",
        ...signature,
        ...(request.encoding !== undefined && { "content-encoding": request.encoding }),
        ...(request.traceparent !== undefined && { traceparent: request.traceparent }),
      },
      body: request.body,
      redirect: "manual",
      signal: deadline.signal,
    });
    return await read(response);
  } finally {
    clearTimeout(timer);
  }
}

/** RFC 9110 §10.2.3, seconds alone; at most five minutes, so that a wrong value cannot hold answers back for long. */
function retryAfterOf(response: Response): { retryAfterSeconds?: number } {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isInteger(seconds) && seconds > 0
    ? { retryAfterSeconds: Math.min(seconds, retryAfterSecondsMax) }
    : {};
}

const jsonOf = async (response: Response): Promise<unknown> =>
  JSON.parse(textOf(await readAtMost(response.body, answerBytesMax)));

/** Reads the body, whatever it is: one left unread would hold the connection. */
async function problemCodeOf(response: Response): Promise<ProblemCode | undefined> {
  const document: unknown = await jsonOf(response).catch(() => undefined);
  const code =
    typeof document === "object" && document !== null && "code" in document && document.code;
  return isProblemCode(code) ? code : undefined;
}

async function deliveryOf(response: Response, entries: number): Promise<Delivery> {
  if (response.status === 200) {
    const answer = IntakeAnswer.safeParse(await jsonOf(response));
    // An answer that does not say what became of each record promises nothing about any.
    if (!answer.success || answer.data.results.length !== entries) return { status: "away" };
    return { status: "delivered", results: answer.data.results };
  }
  const code = await problemCodeOf(response);
  if (finalStatuses.includes(response.status) && code !== undefined)
    return { status: "refused", code };
  return { status: "away", ...retryAfterOf(response) };
}

/**
 * Sends entries, in order, and tells what became of them; a server that cannot be reached, or is too slow, is away. `texts`
 * are entries of an `IntakeBatch` in JSON, each one or several with commas between, `entries` in all.
 */
export async function forwardBatch(
  settings: Settings,
  region: Region,
  texts: readonly string[],
  entries: number,
): Promise<Delivery> {
  const plain = utf8(`{"region":"${region}","entries":[${texts.join(",")}]}`);
  const { compression } = linkOf(settings, region);
  const encoding = plain.length >= compressedFromBytes ? compression : undefined;
  const body = encoding === undefined ? plain : await gzip(plain);
  const traced = beginDelivery(settings, region, texts, entries);
  const traceparent = traced?.traceparent;
  let delivery: Delivery = { status: "away" };
  try {
    const request = { method: "POST", path: "/v1/intake", body, encoding, traceparent } as const;
    delivery = await send(settings, region, request, (response) => deliveryOf(response, entries));
  } catch (error) {
    if (error instanceof Problem && error.code !== "body-too-large") throw error;
    // No connection, a cut one, no JSON, or no answer in time.
  }
  traced?.end(delivery.status, delivery.status === "refused" ? delivery.code : undefined);
  return delivery;
}

/** What the region's server may say of a campaign that its operator can mend; anything else is a server that is away. */
const campaignProblems: readonly (ProblemCode | undefined)[] = [
  "campaign-conflict",
  "key-unknown",
  "malformed-request",
];

/** Has a region's server store a published campaign, the JSON of a `SignedCampaign`; undefined once it has, else why not. */
export async function forwardCampaign(
  settings: Settings,
  region: Region,
  id: string,
  text: string,
): Promise<ProblemCode | undefined> {
  const path = `/v1/intake/campaigns/${id}`;
  const request = { method: "PUT", path, body: utf8(text) } as const;
  try {
    return await send(settings, region, request, async (response) => {
      const code = await problemCodeOf(response);
      if (response.ok) return undefined;
      return code !== undefined && campaignProblems.includes(code) ? code : "region-unavailable";
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    return "region-unavailable"; // Not reached, or not in time.
  }
}

/** What the region's server may say of a copy that the reader can mend; anything else is a server that is away. */
const copyProblems: readonly (ProblemCode | undefined)[] = [
  "malformed-request",
  "campaign-unknown",
  "invitation-forged",
  "region-mismatch",
  "rate-limited",
];

/**
 * Relays a reader's request for a copy, and the copy, which the edge cannot read. Problems: region-unavailable, and those of
 * the region's server.
 */
export async function forwardDataRequest(
  settings: Settings,
  region: Region,
  { invitation, publicKey }: DataRequest,
): Promise<SealedCopy> {
  const body = utf8(JSON.stringify({ invitation, publicKey }));
  const request = { method: "POST", path: "/v1/intake/my-data", body } as const;
  try {
    return await send(settings, region, request, async (response) => {
      if (response.status === 200)
        return SealedCopy.parse(JSON.parse(textOf(await readAtMost(response.body, copyBytesMax))));
      const code = await problemCodeOf(response);
      throw new Problem(
        code !== undefined && copyProblems.includes(code) ? code : "region-unavailable",
        {
          ...retryAfterOf(response),
        },
      );
    });
  } catch (error) {
    // What is too large for a copy is none: the server is at fault, not the reader.
    if (error instanceof Problem && error.code !== "body-too-large") throw error;
    throw new Problem("region-unavailable", { region });
  }
}
