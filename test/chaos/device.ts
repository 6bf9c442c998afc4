// What a reader's device does with one submission: sends it, and sends it again until it is taken or refused for good; then
// checks that the receipt is its own.
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { base64url, fromBase64url, textOf, type Bytes } from "../../sdk/bytes.ts";
import { verifyReceipt } from "../../sdk/receipt.ts";
import type { Region } from "../../sdk/region.ts";
import type { Receipt } from "../../sdk/schema/receipt.ts";
import type { Step, StepKind } from "./visits.ts";
import { sender } from "./world.ts";

/** A device waits so long for an answer before it tries again, */
const answerMillisecondsMax = 15_000;
const pauseMilliseconds = { first: 100, max: 1_000 } as const;
/** and never longer than this between two tries, whatever Retry-After says: a run has an end. */
const retryAfterSecondsMax = 5;
const bodyBytesMax = 65_536;
/** Of so many receipts the signature of one is checked: the check costs as much as an admission. */
const verifiedOneIn = 64;

const paths: Readonly<Record<StepKind, string>> = {
  answer: "/v1/answers",
  choices: "/v1/amp/answers",
  withdrawal: "/v1/withdrawals",
};
const headersOf = (kind: StepKind): Record<string, string> =>
  kind === "choices"
    ? { "content-type": "application/x-www-form-urlencoded", "amp-email-sender": sender }
    : { "content-type": "application/json" };

interface Answered {
  /** `unreachable` where nothing answered, or not in time. */
  readonly status: number | "unreachable";
  readonly receipt: string;
  /** Of a problem. */
  readonly code: string;
  readonly retryAfterSeconds: number;
}

const unreachable: Answered = {
  status: "unreachable",
  receipt: "",
  code: "",
  retryAfterSeconds: 0,
};

export type Delivered =
  | { readonly outcome: "acknowledged"; readonly receipt: string; readonly tries: number }
  | { readonly outcome: "refused"; readonly status: string }
  | { readonly outcome: "open" };

/** These say "not now"; any other refusal would be the same again. */
const isPassing = (status: Answered["status"]): boolean =>
  status === "unreachable" || status === 429 || status === 408 || status >= 500;

export class Devices {
  readonly #agent: Agent;
  readonly #port: number;
  readonly #receiptKey: Bytes;
  /** How often each status was answered. */
  readonly statuses = new Map<string, number>();
  #receipts = 0;

  /** `port` is the edge's for readers, `receiptKey` what it signs receipts with. */
  constructor(port: number, connections: number, receiptKey: Bytes) {
    this.#port = port;
    this.#receiptKey = receiptKey;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Tries until `deadline`, on the clock of `performance`. */
  async deliver(step: Step, deadline: number): Promise<Delivered> {
    for (let tries = 1; performance.now() < deadline; tries++) {
      const { status, receipt, code, retryAfterSeconds } = await this.#post(step);
      const name = code === "" ? String(status) : `${status} ${code}`;
      this.statuses.set(name, (this.statuses.get(name) ?? 0) + 1);
      if (status === 202) return { outcome: "acknowledged", receipt, tries };
      if (!isPassing(status)) return { outcome: "refused", status: name };
      const pause = Math.min(pauseMilliseconds.max, pauseMilliseconds.first * 2 ** (tries - 1));
      const asked = Math.min(retryAfterSeconds, retryAfterSecondsMax) * 1_000;
      await sleep(Math.max(asked, pause) * (0.5 + Math.random() / 2));
    }
    return { outcome: "open" };
  }

  async #post(step: Step): Promise<Answered> {
    const late = AbortSignal.timeout(answerMillisecondsMax);
    try {
      const sent = httpRequest({
        agent: this.#agent,
        host: "127.0.0.1",
        port: this.#port,
        method: "POST",
        path: paths[step.kind],
        headers: { ...headersOf(step.kind), "content-length": String(step.body.length) },
        signal: late,
      });
      sent.on("error", () => undefined); // Heard by `once`, or nobody's any more.
      sent.end(step.body);
      const [answer] = (await once(sent, "response", { signal: late })) as [IncomingMessage]; // What node:http emits.
      return await answeredOf(answer);
    } catch {
      return unreachable; // No connection, a cut one, or no whole answer in time.
    }
  }

  /**
   * What the reader's receipt says the submission's id is, where it is this reader's, of this region and of this submission;
   * undefined where it is another's. A withdrawal has none, and is known by its reader.
   */
  async readReceipt(jws: string, step: Step, region: Region): Promise<Bytes | undefined> {
    const payload = fromBase64url(jws.split(".")[1] ?? "");
    if (payload === undefined || payload.length === 0) return undefined;
    const receipt = JSON.parse(textOf(payload)) as Receipt; // Compared below, member by member.
    if (this.#receipts++ % verifiedOneIn === 0)
      if ((await verifyReceipt(jws, this.#receiptKey)) === undefined) return undefined;
    if (receipt.jurisdiction !== region || receipt.reader !== base64url(step.reader))
      return undefined;
    if (step.kind === "withdrawal")
      return receipt.event.type === "consent-withdrawn" ? Uint8Array.from(step.reader) : undefined;
    const id = fromBase64url(receipt.binding?.submissionId ?? "");
    const own =
      step.kind === "choices" || Buffer.compare(id ?? step.reader, step.submissionId) === 0;
    return own ? id : undefined;
  }
}

async function answeredOf(answer: IncomingMessage): Promise<Answered> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) return unreachable;
    pieces.push(piece);
  }
  // A receipt or a problem.
  const { receipt = "", code = "" } = JSON.parse(Buffer.concat(pieces).toString("utf8")) as {
    receipt?: string;
    code?: string;
  };
  const retryAfter = Number(answer.headers["retry-after"] ?? 0);
  const status = answer.statusCode ?? 0;
  // Status 202 without a receipt promises nothing.
  if (status === 202 && receipt === "") return unreachable;
  return {
    status,
    receipt,
    code,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : 0,
  };
}
