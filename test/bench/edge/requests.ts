// The bodies that every contender is sent: sealed answers, each under its own reader's invitation and its own id. Some hundred
// are sealed, and the rest differ in invitation and id alone, which cost an edge the same: a million fit into 158 MB.
import { base64url } from "../../../sdk/bytes.ts";
import type { Campaign } from "../../../sdk/schema/campaign.ts";
import type { Keys } from "../../../cli/keygen.ts";
import { invite, randomBytes, submissionOf } from "../../edge-process/fixture.ts";

export const invitationLength = 136;
export const idLength = 22;
const ownLength = invitationLength + idLength;
const envelopes = 100;

/** A request, head and body, and where its own characters lie in it. */
export interface Template {
  readonly bytes: Uint8Array;
  readonly invitationAt: number;
  readonly idAt: number;
}

/** Structured-cloneable, the large part shared between threads. */
export interface Requests {
  readonly templates: readonly Template[];
  /** Invitation and id, one request after the other. */
  readonly own: SharedArrayBuffer;
  readonly count: number;
}

function templateOf(body: string, invitation: string, id: string): Template {
  const head = `POST /v1/answers HTTP/1.1\r\nhost: edge\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  const text = head + body;
  return {
    bytes: Buffer.from(text),
    invitationAt: text.indexOf(invitation),
    idAt: text.indexOf(id),
  };
}

/** `count` answers of as many readers of one campaign in eu. */
export async function requestsFor(
  keys: Keys,
  campaign: Campaign,
  count: number,
): Promise<Requests> {
  const { tenant, deployment } = keys;
  const templates: Template[] = [];
  for (let index = 0; index < Math.min(envelopes, count); index++) {
    const submission = await submissionOf(deployment, await invite(tenant, campaign, "eu"));
    templates.push(
      templateOf(JSON.stringify(submission), submission.invitation, submission.submissionId),
    );
  }
  const own = new SharedArrayBuffer(count * ownLength);
  const bytes = Buffer.from(own);
  const mintOne = async (index: number): Promise<void> => {
    bytes.write(await invite(tenant, campaign, "eu"), index * ownLength, "latin1");
    bytes.write(base64url(randomBytes(16)), index * ownLength + invitationLength, "latin1");
  };
  const together = 64;
  for (let first = 0; first < count; first += together)
    await Promise.all(
      Array.from({ length: Math.min(together, count - first) }, (_, index) =>
        mintOne(first + index),
      ),
    );
  return { templates, own, count };
}

/** The next `count` of them; what was taken is not sent again, unless it is for one who would not notice. */
export class Supply {
  readonly requests: Requests;
  readonly #endless: boolean;
  #taken = 0;

  constructor(requests: Requests, { endless = false } = {}) {
    this.requests = requests;
    this.#endless = endless;
  }

  get left(): number {
    return this.#endless ? Infinity : this.requests.count - this.#taken;
  }

  take(count: number): Slice {
    const isShort = this.#taken + count > this.requests.count;
    if (isShort && this.#endless) this.#taken = 0;
    if (this.#taken + count > this.requests.count)
      throw new Error("too few requests were prepared");
    const first = this.#taken;
    this.#taken += count;
    return { requests: this.requests, first, count };
  }
}

export interface Slice {
  readonly requests: Requests;
  readonly first: number;
  readonly count: number;
}

/** A request's bytes, made anew: a socket may still hold the ones before. */
export function requestAt({ templates, own }: Requests, index: number): Buffer {
  const template = templates[index % templates.length];
  if (template === undefined) throw new Error("no templates");
  const request = Buffer.from(template.bytes);
  const from = Buffer.from(own, index * ownLength, ownLength);
  from.copy(request, template.invitationAt, 0, invitationLength);
  from.copy(request, template.idAt, invitationLength);
  return request;
}

/** The submission id of a request. */
export const idAt = ({ own }: Requests, index: number): string =>
  Buffer.from(own, index * ownLength + invitationLength, idLength).toString("latin1");
