// The seam for independent implementations (`maily crypto seal`, `maily crypto open`): a JSON object a line in, one a line
// out, in order. Bytes are base64url, `region` a name, `tenant` a number, `consent` an object.
//
// seal: {publicKey, keyId, region, tenant, campaign, reader, submissionId, consent, invitation, payload} → {envelope}
// open: {seed, …, envelope} → {payload}
//
// seal takes `payload` as an object, whose JSON text is sealed, or as a text, sealed as it is. A line that is refused gives
// {problem}, an RFC 9457 document with `code`, and the next line is read.
import { createInterface } from "node:readline";
import { z } from "zod";
import { base64url, fromBase64url, type Bytes } from "../sdk/bytes.ts";
import { openerOf, type Open } from "../sdk/node/open.ts";
import { Problem } from "../sdk/problem.ts";
import {
  base64urlOf,
  CampaignId,
  InvitationText,
  KeyId,
  ReaderPseudonym,
  RegionName,
  SubmissionId,
  Tenant,
} from "../sdk/schema/ids.ts";
import { sealPayload, type SealTo } from "../sdk/seal.ts";

export type CryptoMode = "seal" | "open";

/** Far above the longest line that can be right, 15 KB. */
const lineCharactersMax = 65_536;
/** How many seeds' openers are kept ready. */
const openersMax = 16;

const JsonObject = z.custom<object>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "must be a JSON object",
);

// Members beyond these are let be, so that a test case can carry its own name.
const binding = z.object({
  keyId: KeyId,
  region: RegionName,
  tenant: Tenant,
  campaign: CampaignId,
  reader: ReaderPseudonym,
  submissionId: SubmissionId,
  consent: JsonObject,
  invitation: InvitationText,
});

const SealLine = binding.extend({
  publicKey: base64urlOf(1216),
  payload: z.union([z.string(), JsonObject]),
});

const OpenLine = binding.extend({ seed: base64urlOf(32), envelope: z.string() });

function bytesOf(text: string): Bytes {
  const bytes = fromBase64url(text);
  if (!bytes) throw new Problem("malformed-request", { errors: ["a member is not base64url"] });
  return bytes;
}

const bound = (line: z.infer<typeof binding>): Omit<SealTo, "publicKey"> => ({
  keyId: line.keyId,
  region: line.region,
  tenant: line.tenant,
  campaign: bytesOf(line.campaign),
  reader: bytesOf(line.reader),
  submissionId: bytesOf(line.submissionId),
  consent: line.consent,
  invitation: bytesOf(line.invitation),
});

async function sealLine(line: z.infer<typeof SealLine>): Promise<{ envelope: string }> {
  const payload = typeof line.payload === "string" ? line.payload : JSON.stringify(line.payload);
  const to = { ...bound(line), publicKey: bytesOf(line.publicKey) };
  return { envelope: base64url(await sealPayload(to, payload)) };
}

const openers = new Map<string, Open>();

function openLine(line: z.infer<typeof OpenLine>): { payload: unknown } {
  let open = openers.get(line.seed);
  if (!open) {
    if (openers.size === openersMax) openers.clear();
    open = openerOf(bytesOf(line.seed));
    openers.set(line.seed, open);
  }
  const envelope = fromBase64url(line.envelope);
  if (!envelope) throw new Problem("envelope-malformed");
  const text = open(bound(line), envelope);
  try {
    return { payload: JSON.parse(text) as unknown };
  } catch {
    throw new Problem("answer-invalid");
  }
}

/** The problem of what a line was refused for; the line itself is never repeated. */
function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.ZodError)
    return new Problem("malformed-request", {
      errors: error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  // Not JSON, no JSON that RFC 8785 can write, or no public key: what was sent is at fault.
  return new Problem("malformed-request");
}

async function answerLine(mode: CryptoMode, line: string): Promise<object> {
  try {
    if (line.length > lineCharactersMax)
      throw new Problem("body-too-large", { limitBytes: lineCharactersMax });
    const value: unknown = JSON.parse(line);
    return mode === "seal"
      ? await sealLine(SealLine.parse(value))
      : openLine(OpenLine.parse(value));
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** Answers each line of `input` with one of `output`, in order; empty lines are passed over. */
export async function runCrypto(
  mode: CryptoMode,
  input: AsyncIterable<string>,
  output: (line: string) => void,
): Promise<void> {
  for await (const line of input)
    if (line.trim() !== "") output(JSON.stringify(await answerLine(mode, line)));
}

if (import.meta.main) {
  const mode = process.argv[2];
  if (mode !== "seal" && mode !== "open") throw new TypeError("usage: crypto.ts seal|open");
  await runCrypto(mode, createInterface({ input: process.stdin, crlfDelay: Infinity }), (line) => {
    process.stdout.write(`${line}\n`);
  });
}
