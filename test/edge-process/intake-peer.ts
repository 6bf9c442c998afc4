// A region's server as the edge sees it (SPEC §5): verifies what is signed, keeps what it is told in order, answers a repeat
// as one, and can be away. Its state is read and set over HTTP too, for tests that run inside workerd.
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { NonceWindow, verifyRequest } from "../../sdk/http-signature.ts";
import { Problem, type ProblemCode } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import { SignedCampaign } from "../../sdk/schema/campaign.ts";
import { IntakeBatch, intakeLimits, type IntakeResult } from "../../sdk/schema/record.ts";
import { DataRequest, type SealedCopy } from "../../sdk/schema/submission.ts";

type Entry = IntakeBatch["entries"][number];

/** How it behaves until told otherwise. */
export interface Mood {
  /** Answers 503 and takes nothing. */
  readonly away: boolean;
  /** How long it takes to answer, as one that is far away. */
  readonly milliseconds: number;
  /** Takes the batch and cuts the connection before it answers. */
  readonly cut: boolean;
  /** Submission ids it will never take. */
  readonly refuses: readonly string[];
  /** Submission ids for which it refuses the whole batch. */
  readonly chokesOn: readonly string[];
  /** Says of every answer that it is held. */
  readonly confirms: boolean;
  /** Says of every record that it repeats one with this receipt. */
  readonly knows: string | undefined;
  /** How it answers a reader who asks for a copy: a problem code, or characters of envelope. */
  readonly copy: ProblemCode | number;
  /** Why it stores no campaign. */
  readonly campaign: ProblemCode | undefined;
}

export const willing: Mood = {
  away: false,
  milliseconds: 0,
  cut: false,
  refuses: [],
  chokesOn: [],
  confirms: false,
  knows: undefined,
  copy: 1_600,
  campaign: undefined,
};

export class IntakePeer {
  readonly region: Region;
  /** What it took, in order, each once. */
  readonly taken: Entry[] = [];
  /** How often it was sent each submission id. */
  readonly sent = new Map<string, number>();
  readonly batchSizes: number[] = [];
  /** Of all bodies, as they were sent. */
  bytesReceived = 0;
  readonly campaigns: string[] = [];
  /** Who asked for a copy. */
  readonly copies: DataRequest[] = [];
  mood: Mood = willing;
  /** Where it listens. */
  origin = "";
  readonly #key: { readonly keyId: string; readonly secret: Bytes };
  readonly #receipts = new Map<string, string>();
  readonly #nonces = new NonceWindow();
  readonly #trusting: boolean;
  readonly #server: Server;

  /** `trusting` leaves out the check of every record's shape: a benchmark of the edge is none of its peer. */
  constructor(
    region: Region,
    key: { readonly keyId: string; readonly secret: string },
    trusting = false,
  ) {
    this.region = region;
    this.#trusting = trusting;
    this.#key = { keyId: key.keyId, secret: fromBase64url(key.secret)! };
    this.#server = createServer((request, response) => {
      void this.#reply(request, response);
    });
  }

  /** On the port it had, or on one that the system chooses. */
  async listen(): Promise<void> {
    const port = this.origin === "" ? 0 : Number(new URL(this.origin).port);
    await new Promise<void>((done) => this.#server.listen(port, "127.0.0.1", done));
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body, headers } = await this.#answer(request).catch((error: unknown) => {
      const problem = error instanceof Problem ? error : new Problem("internal");
      const { retryAfterSeconds } = problem.members;
      const retryAfter: OutgoingHttpHeaders =
        typeof retryAfterSeconds === "number" ? { "retry-after": String(retryAfterSeconds) } : {};
      return { status: problem.status, body: JSON.stringify(problem), headers: retryAfter };
    });
    const isControl = request.url?.startsWith("/peer/") === true;
    if (this.mood.milliseconds > 0 && !isControl) await sleep(this.mood.milliseconds);
    if (this.mood.cut && !isControl) response.destroy();
    else response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  }

  async #answer(
    request: IncomingMessage,
  ): Promise<{ status: number; body: string; headers?: OutgoingHttpHeaders }> {
    const path = request.url ?? "";
    const sent = await bytesOf(request);
    if (path.startsWith("/peer/")) return { status: 200, body: this.#control(path, sent) };
    this.bytesReceived += sent.length;
    const target = { method: request.method ?? "", path, body: sent };
    const headers = new Headers(request.headers as Record<string, string>);
    const { keyId, secret } = this.#key;
    await verifyRequest(
      target,
      headers,
      (id) => (id === keyId ? { alg: "hmac-sha256", secret } : undefined),
      this.#nonces,
    );
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    if (this.mood.away) throw new Problem("region-unavailable", { retryAfterSeconds: 1 });
    if (request.method === "PUT") {
      const { campaign } = SignedCampaign.parse(JSON.parse(body.toString()));
      if (this.mood.campaign !== undefined) throw new Problem(this.mood.campaign);
      this.campaigns.push(campaign.id);
      return { status: 200, body: "{}" };
    }
    if (path === "/v1/intake/my-data") return { status: 200, body: this.#copy(body) };
    if (body.length > intakeLimits.bodyBytes) throw new Problem("body-too-large");
    const batch = this.#trusting
      ? (JSON.parse(body.toString()) as IntakeBatch)
      : IntakeBatch.parse(JSON.parse(body.toString()));
    if (batch.region !== this.region) throw new Problem("region-mismatch");
    return { status: 200, body: JSON.stringify({ results: this.#take(batch) }) };
  }

  #take(batch: IntakeBatch): IntakeResult[] {
    const ids = batch.entries.map(({ record }) => record.submissionId);
    if (ids.some((id) => this.mood.chokesOn.includes(id))) throw new Problem("malformed-request");
    this.batchSizes.push(batch.entries.length);
    return batch.entries.map((entry): IntakeResult => {
      const id = entry.record.submissionId;
      this.sent.set(id, (this.sent.get(id) ?? 0) + 1);
      // One reader's id is no other's.
      const own = `${entry.record.invitation} ${id}`;
      if (this.mood.refuses.includes(id)) return { status: "refused", code: "record-malformed" };
      const receipt = this.mood.knows ?? this.#receipts.get(own);
      if (receipt !== undefined) return { status: "seen", receipt };
      this.#receipts.set(own, entry.receipt);
      this.taken.push(entry);
      return { status: "stored", ...(this.mood.confirms && { confirm: true }) };
    });
  }

  #copy(body: Buffer): string {
    this.copies.push(DataRequest.parse(JSON.parse(body.toString())));
    const { copy } = this.mood;
    if (typeof copy === "string") throw new Problem(copy);
    return JSON.stringify({ envelope: "A".repeat(copy) } satisfies SealedCopy);
  }

  /** `/peer/taken` tells what was taken; `/peer/mood` sets how it behaves. */
  #control(path: string, body: Buffer): string {
    if (path === "/peer/mood") this.mood = { ...willing, ...(JSON.parse(body.toString()) as Mood) };
    return JSON.stringify({
      taken: this.taken,
      campaigns: this.campaigns,
      copies: this.copies,
      bytesReceived: this.bytesReceived,
    });
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
