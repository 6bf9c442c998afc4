// The one list of everything that can be refused, as RFC 9457 problems. `detail` says what to do.

const problems = {
  "malformed-request": [
    400,
    "The request is malformed",
    "Send the JSON that /openapi.json describes; the member `errors` names each place.",
  ],
  "unsupported-media-type": [
    415,
    "This content type is not accepted here",
    "Send the content type that /openapi.json names for this path.",
  ],
  "body-too-large": [
    413,
    "The body is too large",
    "Send at most the number of bytes in the member `limitBytes`.",
  ],
  "request-timeout": [
    408,
    "The request came too slowly",
    "Send it again, over a better connection if there is one; nothing of it was recorded.",
  ],
  "not-found": [404, "There is nothing here", "Check the address against /openapi.json."],
  "method-not-allowed": [
    405,
    "This method is not allowed here",
    "Use one of the methods in the Allow header.",
  ],
  "invitation-malformed": [
    400,
    "The invitation is malformed",
    "Open the link in your mail again, whole; if it breaks across lines, copy all of it.",
  ],
  "invitation-forged": [
    403,
    "The invitation is not genuine",
    "Open the link in the mail you were sent; it was altered or was not made by the sender.",
  ],
  "invitation-expired": [
    410,
    "The invitation has expired",
    "Ask the sender for a new mail; nothing was recorded.",
  ],
  "campaign-unknown": [
    404,
    "There is no such campaign",
    "Check the link; if you publish, run `maily publish` for this campaign first.",
  ],
  "campaign-mismatch": [
    400,
    "The invitation is for another campaign",
    "Open the link in the mail for this campaign.",
  ],
  "campaign-closed": [
    410,
    "This campaign is closed",
    "Answers are no longer taken; nothing was recorded.",
  ],
  "campaign-conflict": [
    409,
    "This campaign is published with other content",
    "Raise `revision` to replace it; a revision never changes once published.",
  ],
  "consent-missing": [
    403,
    "A required consent is missing",
    "Agree to the purposes in the member `purposes`, or do not answer.",
  ],
  "events-unwanted": [
    409,
    "No events are taken of this reader",
    "The campaign has no purpose with `events`, or the reader is not in its sample: send none.",
  ],
  "purpose-unknown": [
    400,
    "The consent names a purpose that the notice does not",
    "Consent only to purposes of the campaign's current notice.",
  ],
  "notice-stale": [
    409,
    "The notice has changed since",
    "Reload the page, read the new notice and decide again; nothing was recorded.",
  ],
  "consent-time": [
    400,
    "The time of consent cannot be right",
    "Set the clock of your device and send again.",
  ],
  "consent-withdrawn": [
    403,
    "You have withdrawn your consent",
    "Nothing was recorded. Open your invitation and agree again if you have changed your mind.",
  ],
  "gpc-opt-out": [
    403,
    "Your browser opts out of this purpose",
    "Global Privacy Control forbids the purposes in the member `purposes`; answer without them.",
  ],
  "envelope-malformed": [400, "The sealed answer is malformed", "Reload the page and send again."],
  "suite-unknown": [
    400,
    "The sealed answer uses an unknown suite",
    "Seal with the suite of the region's key from /v1/keys.",
  ],
  "key-unknown": [
    409,
    "The sealed answer uses a key that is not in use",
    "Reload the page: it fetches the current keys and seals again.",
  ],
  "region-mismatch": [
    422,
    "The answer belongs to another region",
    "Seal to the key of the region in the invitation; answers are never rerouted.",
  ],
  "sender-unknown": [
    403,
    "This sender may not post answers to this campaign",
    "Publish the campaign with the From address of the mail among its senders.",
  ],
  "embed-unknown": [
    403,
    "This campaign may not be embedded so",
    "Use the embed key that `maily publish` prints; the widget file names its sites under `site`.",
  ],
  "origin-unknown": [
    403,
    "This site may not embed this campaign",
    "Name the site's origin in `site.origins` of the widget file and publish it again.",
  ],
  "region-undecided": [
    403,
    "No region is decided for this visitor",
    "Name the visitor's country in `site.region.byCountry` and publish again; nothing was recorded.",
  ],
  "image-unknown": [
    422,
    "An image is not stored here",
    "Upload the images in the member `images` first; `maily publish` does.",
  ],
  "image-invalid": [
    422,
    "The image is not what its name says",
    "Name it by the SHA-256 of its bytes and its type: png, jpg, webp, gif or avif.",
  ],
  "images-full": [
    409,
    "This tenant has as many images as are kept here",
    "Use images that were published before.",
  ],
  "choice-invalid": [
    400,
    "A choice is not one that this mail offered",
    "Answer in the mail as it was sent to you, or open its link.",
  ],
  "mail-unknown": [
    404,
    "No compiled mail is stored for this campaign",
    "Run `maily compile --upload` for it first.",
  ],
  "submission-reused": [
    409,
    "This submission id was used for another answer",
    "Make a new random submissionId for a new answer.",
  ],
  "answer-invalid": [
    422,
    "The answer does not fit the campaign",
    "Answer with the question and option ids of the campaign's definition.",
  ],
  "answer-too-long": [
    413,
    "The answer is too long to seal",
    "Shorten the texts; an answer has 4,094 bytes at most.",
  ],
  "envelope-unopenable": [
    422,
    "The sealed answer cannot be opened",
    "Seal again with the region's current key.",
  ],
  "record-malformed": [
    422,
    "The record on the stream is malformed",
    "Look at the dead letter; mend what wrote it, then replay.",
  ],
  "rate-limited": [
    429,
    "Too many requests",
    "Wait the seconds in Retry-After, then send the same submission again.",
  ],
  "region-unavailable": [
    503,
    "The region cannot take answers right now",
    "Send the same submission again after Retry-After seconds; a repeat is never counted twice.",
  ],
  "recogniser-missing": [
    409,
    "This region has no recogniser of names",
    "Set MAILY_PRESIDIO_URL to Presidio's analyzer and start the server again.",
  ],
  "activity-conflict": [
    409,
    "This activity's id was used for something else",
    "Give each activity an id of its own; a repeat has the same reader, kind, label and amount.",
  ],
  "activities-unwanted": [
    409,
    "No activities are taken for this campaign",
    "Its notice has no purpose with `activities`: publish one that readers can agree to first.",
  ],
  "purpose-unfit": [
    422,
    "This purpose does not allow that",
    "Name a purpose of the campaign's notice; to train models one with `training`.",
  ],
  "service-refused": [
    502,
    "The service that was handed something refuses it",
    "Do what `detail` says, then run the same command again: nothing is sent twice.",
  ],
  "rebuild-needed": [
    409,
    "What was handed over has texts that may be used no longer",
    "Delete that data set and what was trained with it at the service, then hand over anew.",
  ],
  "signature-missing": [
    401,
    "The request is not signed",
    "Sign it with RFC 9421 HTTP message signatures as SPEC §6 says.",
  ],
  "signature-invalid": [
    401,
    "The signature does not hold",
    "Check the key, its id and that the signed bytes are the bytes sent.",
  ],
  "signature-stale": [
    401,
    "The signature is too old, too new, or was used before",
    "Sign again; check the clock.",
  ],
  "token-invalid": [
    401,
    "The access token is missing or not valid",
    "Send `Authorization: Bearer <token>` with a token of this tenant.",
  ],
  "agent-token-invalid": [
    401,
    "The agent's token is missing or not valid",
    "Send `Authorization: Bearer <token>`, an ES256 token for this server alone; the member `reason` says what is wrong with it.",
  ],
  "policy-denied": [
    403,
    "The policy does not allow this",
    "The member `reasons` says why; ask for what the role is granted, or ask whoever keeps the policy.",
  ],
  "agent-origin": [
    403,
    "Pages of this origin may not ask here",
    "Call without `Origin`, or have the origin named in `origins` of agents.json.",
  ],
  "session-unknown": [
    404,
    "There is no such session",
    "Begin a new one with `initialize`; sessions end with their token, when idle, and when the server restarts.",
  ],
  "segment-unknown": [
    404,
    "There is no such segment",
    "Check the id; `maily segments list` names them all.",
  ],
  "widget-invalid": [
    422,
    "The widget definition is not valid",
    "Mend the places in the member `errors`.",
  ],
  "segment-sql": [
    422,
    "The segment's SQL is not portable",
    "Write what the member `errors` says at its line and column; SPEC §10.4 has the whole language.",
  ],
  "segment-invalid": [
    422,
    "The segment does not fit its campaign",
    "Mend the places in the member `errors`: purposes, questions and options are the campaign's.",
  ],
  "segments-full": [
    409,
    "This tenant has as many segments as are kept here",
    "Delete one with `maily segments delete`, or change one under its id.",
  ],
  "backup-refused": [
    422,
    "This copy cannot be restored",
    "Nothing was changed. Do what the member `errors` says, or take another copy.",
  ],
  "configuration-invalid": [
    500,
    "The configuration is not valid",
    "Run `maily doctor`; it names each setting.",
  ],
  "server-unreachable": [
    503,
    "The server cannot be reached",
    "Check the address, and that it is running.",
  ],
  "snowflake-away": [
    503,
    "Snowflake cannot be reached, or asks to wait",
    "Nothing is lost: rows wait on the stream and go on by themselves. See status.snowflake.com if it lasts.",
  ],
  "snowflake-credentials": [
    502,
    "Snowflake does not take this key",
    "Check account and user, and that DESCRIBE USER shows the fingerprint `maily snowflake check` prints.",
  ],
  "snowflake-refused": [
    502,
    "Snowflake refuses this",
    "Run `maily snowflake check`: it names the object or grant that is missing; `maily snowflake setup` makes them.",
  ],
  "snowflake-rows-refused": [
    502,
    "Snowflake refused rows",
    "See `maily snowflake rejected` for where and why, bring the tables up to date with `maily snowflake setup`, then replay.",
  ],
  internal: [
    500,
    "Something went wrong on our side",
    "Send the same request again later; if it stays, give the operator the time and `instance`.",
  ],
} as const satisfies Record<string, readonly [status: number, title: string, detail: string]>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as ProblemCode[]; // Object.keys loses the literal keys.

export const isProblemCode = (code: unknown): code is ProblemCode =>
  typeof code === "string" && Object.hasOwn(problems, code);

/** RFC 9457 §3.1, with `code` as the stable name that programs compare. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly [member: string]: unknown;
}

/** What `GET /problems/:code` explains. */
export function describeProblem(code: ProblemCode): ProblemDocument {
  const [status, title, detail] = problems[code];
  return { type: `/problems/${code}`, title, status, detail, code };
}

/** The only error thrown on purpose. Members never carry answers, keys, tokens or why decryption failed. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: ProblemCode, members: Readonly<Record<string, unknown>> = {}) {
    super(problems[code][1]);
    this.name = "Problem";
    this.code = code;
    this.members = members;
  }

  get status(): number {
    return problems[this.code][0];
  }

  toJSON(): ProblemDocument {
    return { ...describeProblem(this.code), ...this.members };
  }

  /** `members.retryAfterSeconds`, where present, also becomes the Retry-After header. */
  toResponse(headers: Readonly<Record<string, string>> = {}): Response {
    const retryAfterSeconds = this.members["retryAfterSeconds"];
    return new Response(JSON.stringify(this), {
      status: this.status,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        ...(typeof retryAfterSeconds === "number" && { "retry-after": String(retryAfterSeconds) }),
        ...headers,
      },
    });
  }
}
