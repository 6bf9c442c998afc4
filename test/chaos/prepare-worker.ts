// One thread that seals its share of the visits, as readers' devices do, and writes them to files: prepare.ts starts it.
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { randomBytes } from "node:crypto";
import { workerData } from "node:worker_threads";
import { mintedOf, mintPlanOf } from "../../cli/mint.ts";
import { base64url, fromBase64url, utf8, type Bytes } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { choiceKey, sealChoices } from "../../sdk/node/choices.ts";
import { regions, type Region } from "../../sdk/region.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import type { ChoiceRoots, TenantSecrets } from "../../sdk/schema/deployment.ts";
import { seal } from "../../sdk/seal.ts";
import { encodeStep, plans, visitFile, type Plan, type Step, type StepKind } from "./visits.ts";

export interface Share {
  readonly worker: number;
  readonly workers: number;
  readonly seed: number;
  readonly answers: number;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly roots: ChoiceRoots;
  readonly tenant: TenantSecrets;
  readonly edge: string;
  /** RFC 3339: before every clock that will jump back. */
  readonly givenAt: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** How many answers each worker has sealed. */
  readonly prepared: Int32Array<SharedArrayBuffer>;
}

const share = workerData as Share; // prepare.ts wrote it.

const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new Error("not base64url");
  return bytes;
};

const minting = mintPlanOf({
  campaign: share.manifest,
  secrets: share.tenant,
  edge: share.edge,
  expiresAt: share.expiresAt,
  test: false,
});

/** The key that a page seals to: of those in force the newest. */
const keys = new Map(
  regions.map((region) => {
    const now = Date.now();
    const [key] = share.manifest.keys
      .filter((candidate) => candidate.region === region)
      .filter(
        ({ notBefore, notAfter }) => Date.parse(notBefore) <= now && now < Date.parse(notAfter),
      )
      .toSorted((left, right) => Date.parse(right.notBefore) - Date.parse(left.notBefore));
    if (key === undefined) throw new Error(`no active key in ${region}`);
    return [region, { keyId: key.keyId, publicKey: bytesOf(key.publicKey) }] as const;
  }),
);
const choiceRoots = new Map(
  share.roots.roots.map(({ region, choiceRoot }) => [region, bytesOf(choiceRoot)] as const),
);

const consent = { notice: 1, purposes: ["results"], givenAt: share.givenAt, language: "en" };
const nothing = new Uint8Array(16);

async function answerBody(invitation: string, submissionId: Bytes, index: number): Promise<Bytes> {
  const { body, bytes } = parseInvitation(invitation);
  const key = keys.get(body.region);
  if (key === undefined) throw new Error(`no key for ${body.region}`);
  const drink = index % 2 === 0 ? "tea" : "coffee";
  const envelope = await seal({
    ...key,
    region: body.region,
    tenant: body.tenant,
    campaign: body.campaign,
    reader: body.reader,
    submissionId,
    consent,
    invitation: bytes,
    answers: { drink, cups: index % 11 },
    language: "en",
  });
  return utf8(
    JSON.stringify({
      invitation,
      submissionId: base64url(submissionId),
      consent,
      envelope: base64url(envelope),
    }),
  );
}

/** The form that a mail provider posts: the first question's codes, one of them chosen. */
function choicesBody(invitation: string, region: Region, index: number): Bytes {
  const root = choiceRoots.get(region);
  if (root === undefined) throw new Error(`no root of choices for ${region}`);
  const option = index % 2;
  const reader = choiceKey(root, parseInvitation(invitation).body.reader);
  const [code = ""] = sealChoices(reader, [{ question: 0, option, channel: "amp" }]);
  return utf8(new URLSearchParams({ invitation, consent: "results", "q.drink": code }).toString());
}

async function stepOf(
  { region, index }: Plan,
  invitation: string,
  reader: Bytes,
  kind: StepKind,
  position: number,
): Promise<Pick<Step, "submissionId" | "reader" | "body">> {
  switch (kind) {
    case "answer": {
      const submissionId = Uint8Array.from(randomBytes(16));
      return {
        submissionId,
        reader,
        body: await answerBody(invitation, submissionId, index + position),
      };
    }
    case "choices":
      return { submissionId: nothing, reader, body: choicesBody(invitation, region, index) };
    case "withdrawal":
      return { submissionId: nothing, reader, body: utf8(JSON.stringify({ invitation })) };
  }
}

async function write(files: ReadonlyMap<Region, WriteStream>, plan: Plan): Promise<number> {
  const { region, index, kinds } = plan;
  const { invitation, pseudonym } = mintedOf(minting, {
    id: `reader-${index}@example.org`,
    region,
  });
  const file = files.get(region);
  if (file === undefined) throw new Error(`no file for ${region}`);
  let answers = 0;
  for (const [position, { kind, repeats }] of kinds.entries()) {
    const made = await stepOf(plan, invitation, pseudonym, kind, position);
    const last = position === kinds.length - 1;
    if (kind !== "withdrawal") answers += 1;
    if (!file.write(encodeStep({ kind, repeats, last, ...made }))) await once(file, "drain");
  }
  return answers;
}

const files = new Map(
  regions.map((region) => [
    region,
    createWriteStream(visitFile(share.folder, region, share.worker), { flags: "wx", mode: 0o600 }),
  ]),
);
for (const plan of plans(share.seed, share.answers)) {
  if (plan.index % share.workers !== share.worker) continue;
  Atomics.add(share.prepared, share.worker, await write(files, plan));
}
for (const file of files.values()) {
  file.end();
  await once(file, "finish");
}
