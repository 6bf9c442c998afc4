// Who takes part in every run: a deployment with two regions, a campaign, readers with their invitations. The same bytes in
// every process: keys come from their names, and from nothing secret.
import { createHash } from "node:crypto";
import { base64url, fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { publicKeyOfSeed, signEd25519 } from "../../sdk/ed25519.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import { mintInvitation, parseInvitation } from "../../sdk/invitation.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import { Campaign } from "../../sdk/schema/campaign.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Deployment, EdgeSecrets, RegionSecrets } from "../../sdk/schema/deployment.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import { sealPayload } from "../../sdk/seal.ts";
import { signedBytes } from "../../sdk/signed.ts";

/** When every run begins, Unix milliseconds. */
export const begins = Date.UTC(2027, 0, 4, 9);
const dayMilliseconds = 86_400_000;
export const tenant = 7;
/** eu acknowledges from its outbox, apac from its server's stream. */
export const worldRegions = ["eu", "apac"] as const;
export type WorldRegion = (typeof worldRegions)[number];
export const hostOf = (region: WorldRegion): string => `${region}.simulated`;

const readersEach = 6;

const digest = (name: string): Bytes =>
  Uint8Array.from(createHash("sha256").update(`maily simulation: ${name}`).digest());
const id16 = (name: string): Bytes => digest(name).slice(0, 16);

export interface Reader {
  readonly name: string;
  readonly region: WorldRegion;
  readonly invitation: string;
  /** base64url */
  readonly pseudonym: string;
}

export interface World {
  readonly deployment: Deployment;
  readonly secrets: Readonly<Record<WorldRegion, RegionSecrets>>;
  readonly edgeSecrets: EdgeSecrets;
  readonly campaign: Campaign;
  readonly readers: readonly Reader[];
  /** `PUT /admin/campaigns/:id`, signed. */
  readonly publication: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Bytes;
  };
}

async function deploymentOf(): Promise<Pick<World, "deployment" | "secrets" | "edgeSecrets">> {
  const rootSeed = digest("root");
  const receiptSeed = digest("receipts");
  const secrets: Partial<Record<WorldRegion, RegionSecrets>> = {};
  const forwardKeys: EdgeSecrets["forwardKeys"] = {};
  const keys = [];
  for (const [index, region] of worldRegions.entries()) {
    const seed = digest(`${region} key`);
    const forwardKey = { keyId: `${region}-1`, secret: base64url(digest(`${region} forward`)) };
    const config = {
      region,
      keyId: index + 1,
      suite: { kem: 0x647a, kdf: 0x0001, aead: 0x0002 } as const,
      publicKey: base64url(regionPublicKey(seed)),
      notBefore: new Date(begins - dayMilliseconds).toISOString(),
      notAfter: new Date(begins + 90 * dayMilliseconds).toISOString(),
    };
    const signature = base64url(await signEd25519(rootSeed, signedBytes("key-config", config)));
    keys.push({ ...config, signature });
    forwardKeys[region] = forwardKey;
    secrets[region] = {
      region,
      keys: [{ keyId: index + 1, seed: base64url(seed) }],
      forwardKeys: [forwardKey],
      wrapKey: base64url(digest(`${region} wrap`)),
      tokens: [],
      operatorTokenSha256: base64url(digest(`${region} operator`)),
    };
  }
  return {
    deployment: {
      directory: {
        root: base64url(await publicKeyOfSeed(rootSeed)),
        keys,
        receiptKeys: [{ keyId: 1, publicKey: base64url(await publicKeyOfSeed(receiptSeed)) }],
        visitKeys: [],
      },
      operatorKeys: [
        {
          keyId: "operator",
          tenant,
          publicKey: base64url(await publicKeyOfSeed(digest("operator"))),
        },
      ],
    },
    secrets: secrets as Record<WorldRegion, RegionSecrets>, // The loop filled both.
    edgeSecrets: { receiptKey: { keyId: 1, seed: base64url(receiptSeed) }, forwardKeys },
  };
}

async function campaignOf(): Promise<Campaign> {
  return Campaign.parse({
    id: base64url(id16("campaign").slice(0, 8)),
    tenant,
    revision: 1,
    regions: worldRegions,
    opensAt: new Date(begins - dayMilliseconds).toISOString(),
    closesAt: new Date(begins + 30 * dayMilliseconds).toISOString(),
    definition: {
      maily: 1,
      title: "Tea or coffee",
      languages: ["en"],
      questions: [{ id: "cups", kind: "slider", from: 0, to: 1000, text: "How many?" }],
    },
    notice: {
      version: 1,
      controller: { name: "Test Tea", contact: "privacy@tea.example" },
      retentionDays: 30,
      text: "We count.",
      purposes: [{ id: "results", text: "Count answers", required: true }],
    },
    invitationKeys: [
      { keyId: 1, publicKey: base64url(await publicKeyOfSeed(digest("invitations"))) },
    ],
  });
}

async function publicationOf(campaign: Campaign): Promise<World["publication"]> {
  const seed = digest("operator");
  const signature = base64url(await signEd25519(seed, signedBytes("campaign", campaign)));
  const path = `/admin/campaigns/${campaign.id}`;
  const body = Uint8Array.from(
    Buffer.from(JSON.stringify({ campaign, operatorKeyId: "operator", signature })),
  );
  const headers = await signRequest(
    { method: "PUT", path, body },
    "operator",
    { alg: "ed25519", seed },
    begins,
  );
  return { path, headers: { "content-type": "application/json", ...headers }, body };
}

async function readersOf(campaign: Campaign): Promise<Reader[]> {
  const readers: Reader[] = [];
  for (const region of worldRegions)
    for (let index = 0; index < readersEach; index++) {
      const name = `${region} reader ${index}`;
      const pseudonym = id16(name);
      const invitation = await mintInvitation(
        {
          keyId: 1,
          region,
          test: false,
          visit: false,
          tenant,
          campaign: fromBase64url(campaign.id) ?? new Uint8Array(),
          reader: pseudonym,
          notice: 1,
          expiresAt: Math.floor(begins / 1000) + 90 * 86_400,
        },
        digest("invitations"),
      );
      readers.push({ name, region, invitation, pseudonym: base64url(pseudonym) });
    }
  return readers;
}

export async function makeWorld(): Promise<World> {
  const campaign = await campaignOf();
  return {
    ...(await deploymentOf()),
    campaign,
    readers: await readersOf(campaign),
    publication: await publicationOf(campaign),
  };
}

/** What is sealed under a reader's id number `number`; `cups` tells one content from another. */
export interface Sealing {
  readonly reader: Reader;
  readonly kind: "answer" | "preferences";
  readonly number: number;
  readonly cups: number;
  /** Unix milliseconds. */
  readonly givenAt: number;
  /** Sealed as it is: what no region's server can read as an answer. */
  readonly spoilt: boolean;
}

const submissionIds = new Map<string, string>();

export function submissionIdOf({ reader, number }: Pick<Sealing, "reader" | "number">): string {
  const name = `${reader.name} submission ${number}`;
  const id = submissionIds.get(name) ?? base64url(id16(name));
  submissionIds.set(name, id);
  return id;
}

/** A submission as the page makes it, sealed to the region's key; the same bytes for the same content. */
export async function submissionOf(world: World, sealing: Sealing): Promise<Submission> {
  const { reader, kind, cups, spoilt } = sealing;
  const { body, bytes } = parseInvitation(reader.invitation);
  const key = world.deployment.directory.keys.find(({ region }) => region === reader.region);
  if (key === undefined) throw new Error(`no key in ${reader.region}`);
  const submissionId = submissionIdOf(sealing);
  const consent: Consent = {
    notice: 1,
    purposes: ["results"],
    givenAt: new Date(sealing.givenAt).toISOString(),
    language: "en",
  };
  const said =
    kind === "answer"
      ? { answers: { cups }, language: "en" }
      : { preferences: { topics: [] }, language: "en" };
  const coins = new Uint8Array(
    createHash("sha512").update(`coins ${submissionId} ${cups} ${sealing.givenAt}`).digest(),
  );
  const envelope = await sealPayload(
    {
      publicKey: fromBase64url(key.publicKey) ?? new Uint8Array(),
      keyId: key.keyId,
      region: reader.region,
      tenant: body.tenant,
      campaign: body.campaign,
      reader: body.reader,
      submissionId: fromBase64url(submissionId) ?? new Uint8Array(),
      consent,
      invitation: bytes,
    },
    spoilt ? "no JSON of a page" : JSON.stringify(said),
    coins,
  );
  return { invitation: reader.invitation, submissionId, consent, envelope: base64url(envelope) };
}
