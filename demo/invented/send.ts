// Sends what invented readers answer and do, through the same doors as anybody's: sealed to the edge, activities to the region.
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { fetchManifest } from "../../cli/publish.ts";
import { mintedOf, mintPlanOf } from "../../cli/mint.ts";
import { base64url, fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import {
  ActivityAnswer,
  activityLimits,
  type Activity,
  type ActivityBatch,
} from "../../sdk/schema/activity.ts";
import type { Campaign, Manifest } from "../../sdk/schema/campaign.ts";
import type { TenantSecrets } from "../../sdk/schema/deployment.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { seal } from "../../sdk/seal.ts";
import { inventedReaders, inventedRegion as region, type InventedReader } from "./readers.ts";

const together = 24;
const triesMax = 40;
const retryMilliseconds = 250;
const requestMilliseconds = 10_000;

/** How far an earlier run came. */
const Kept = z.strictObject({
  campaign: z.string(),
  done: z.enum(["nothing", "answers", "activities"]),
});
type Kept = z.infer<typeof Kept>;

export interface Sending {
  readonly folder: string;
  readonly edge: string;
  /** Of the region's server. */
  readonly server: string;
  readonly campaign: Campaign;
  readonly secrets: TenantSecrets;
}

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("the edge gave a key that is not base64url");
  return bytes;
};

async function sealed(
  { keys, notice }: Manifest,
  reader: InventedReader,
  invitation: string,
): Promise<Submission> {
  const { body, bytes } = parseInvitation(invitation);
  const now = Date.now();
  const key = keys.find(
    (each) =>
      each.region === region &&
      Date.parse(each.notBefore) <= now &&
      now < Date.parse(each.notAfter),
  );
  if (key === undefined) throw new Error(`no key of ${region} is in force`);
  const consent = {
    notice: notice.version,
    purposes: [...reader.purposes],
    givenAt: new Date(now).toISOString(),
    language: "en",
  };
  const submissionId = Uint8Array.from(randomBytes(16));
  const envelope = await seal({
    ...body,
    publicKey: bytesOf(key.publicKey),
    keyId: key.keyId,
    submissionId,
    consent,
    invitation: bytes,
    answers: reader.answers,
    language: "en",
  });
  return {
    invitation,
    submissionId: base64url(submissionId),
    consent,
    envelope: base64url(envelope),
  };
}

/** Posts until it is taken. Throws Error with the status of what it was refused with. */
async function post(url: string, body: unknown, token?: string): Promise<unknown> {
  const text = JSON.stringify(body);
  for (let tries = 1; ; tries++) {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: text,
      signal: AbortSignal.timeout(requestMilliseconds),
    });
    if (response.ok) return response.json();
    await response.body?.cancel();
    if (tries === triesMax || (response.status !== 429 && response.status < 500))
      throw new Error(`${new URL(url).pathname} answered ${response.status}`);
    await sleep(retryMilliseconds);
  }
}

async function inTurn<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await act(item);
  };
  await Promise.all(Array.from({ length: together }, worker));
}

interface Answering extends InventedReader {
  readonly invitation: string;
  readonly pseudonym: string;
}

function answering({ campaign, secrets, edge }: Sending): Answering[] {
  const expiresAt = Math.floor(Date.parse(campaign.closesAt) / 1000);
  const plan = mintPlanOf({ campaign, secrets, edge, expiresAt, test: false });
  return inventedReaders().map((reader) => {
    const { invitation, pseudonym } = mintedOf(plan, { id: reader.id, region });
    return { ...reader, invitation, pseudonym: base64url(pseudonym) };
  });
}

const activityOf = ({ id, pseudonym, acts }: Answering, happenedAt: string): Activity[] =>
  acts.map(({ kind, label, cents }) => ({
    id: `invented ${kind} ${id}`,
    reader: pseudonym,
    kind,
    label,
    ...(cents !== undefined && { amount: cents, currency: "EUR" }),
    happenedAt,
  }));

/** The region takes what a reader does only once it has read that the reader agreed: until then it is told again. */
async function sendActivities(
  { server, campaign, secrets }: Sending,
  readers: readonly Answering[],
): Promise<void> {
  const happenedAt = new Date().toISOString();
  let waiting = readers.flatMap((reader) => activityOf(reader, happenedAt));
  for (let tries = 0; waiting.length > 0; tries++) {
    if (tries === triesMax) throw new Error(`${waiting.length} invented activities were not taken`);
    if (tries > 0) await sleep(retryMilliseconds);
    const later: Activity[] = [];
    for (let start = 0; start < waiting.length; start += activityLimits.items) {
      const batch: ActivityBatch = {
        activities: waiting.slice(start, start + activityLimits.items),
      };
      const answer = ActivityAnswer.parse(
        await post(`${server}/v1/campaigns/${campaign.id}/activities`, batch, secrets.token),
      );
      for (const [index, { status }] of answer.results.entries()) {
        const activity = batch.activities[index];
        if (status === "consent-missing" && activity !== undefined) later.push(activity);
      }
    }
    waiting = later;
  }
}

/** Once a folder; what was broken off is done again, and counts once. */
export async function sendInvented(sending: Sending): Promise<void> {
  const file = join(sending.folder, "invented.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  let kept: Kept = { campaign: sending.campaign.id, done: "nothing" };
  if (text !== undefined) kept = Kept.parse(JSON.parse(text));
  if (kept.campaign !== sending.campaign.id || kept.done === "nothing") {
    const manifest = await fetchManifest(sending.edge, sending.campaign.id);
    if (manifest === undefined) throw new Error("the demo's campaign is not at the edge");
    const readers = answering(sending);
    await inTurn(readers, async (reader) =>
      post(`${sending.edge}/v1/answers`, await sealed(manifest, reader, reader.invitation)),
    );
    kept = { campaign: sending.campaign.id, done: "answers" };
    await writeFile(file, JSON.stringify(kept));
  }
  if (kept.done === "activities") return;
  await sendActivities(sending, answering(sending));
  await writeFile(file, JSON.stringify({ ...kept, done: "activities" } satisfies Kept));
}
