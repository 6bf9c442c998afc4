// A campaign with a question of every kind, and answers really sealed for it, as they lie on the stream.
import type { Keys } from "../../cli/keygen.ts";
import { base64url, fromBase64url, type Bytes } from "../../sdk/bytes.ts";
import { publicKeyOfSeed } from "../../sdk/ed25519.ts";
import { mintInvitation, parseInvitation, type Invitation } from "../../sdk/invitation.ts";
import type { Region } from "../../sdk/region.ts";
import { Campaign } from "../../sdk/schema/campaign.ts";
import type { Consent } from "../../sdk/schema/consent.ts";
import type { Event } from "../../sdk/schema/event.ts";
import type { EdgeRecord, EventsRecord, SealedRecord } from "../../sdk/schema/record.ts";
import { sealPayload } from "../../sdk/seal.ts";

export const bytesOf = (text: string): Bytes => {
  const bytes = fromBase64url(text);
  if (bytes === undefined) throw new TypeError("not base64url");
  return bytes;
};

export const randomId = (length: number): string =>
  base64url(crypto.getRandomValues(new Uint8Array(length)));

export const definition = {
  maily: 1,
  title: { en: "Coffee", de: "Kaffee" },
  languages: ["en", "de"],
  questions: [
    {
      id: "roast",
      kind: "single-choice",
      text: "Which roast?",
      required: true,
      options: [
        { id: "light", text: "Light", scores: { filter: 2 } },
        { id: "dark", text: "Dark", scores: { espresso: 2 } },
      ],
    },
    {
      id: "extras",
      kind: "multiple-choice",
      text: "What with it?",
      options: [
        { id: "milk", text: "Milk" },
        { id: "sugar", text: "Sugar" },
        { id: "oat", text: "Oat milk" },
      ],
    },
    {
      id: "order",
      kind: "ranking",
      text: "Rank them",
      options: [
        { id: "taste", text: "Taste" },
        { id: "price", text: "Price" },
      ],
    },
    { id: "stars", kind: "rating", text: "How was it?" },
    { id: "recommend", kind: "nps", text: "Would you recommend us?" },
    { id: "strength", kind: "slider", text: "How strong?", from: 0, to: 1, step: 0.1 },
    { id: "again", kind: "yes-no", text: "Again?" },
    { id: "why", kind: "long-text", text: "Why?" },
    { id: "since", kind: "date", text: "Since when?" },
    { id: "terms", kind: "consent", text: "Terms", label: "I agree" },
  ],
  outcomes: [
    { id: "filter", title: "Filter" },
    { id: "espresso", title: "Espresso" },
  ],
};

export const notice = {
  version: 3,
  controller: { name: "Roastery", contact: "privacy@roastery.example" },
  text: "We count your answers.",
  retentionDays: 365,
  purposes: [
    { id: "results", text: "Results", required: true },
    { id: "offers", text: "Offers" },
  ],
};

export const dayMs = 24 * 60 * 60 * 1000;

export async function campaignOf(keys: Keys, changes: Partial<Campaign> = {}): Promise<Campaign> {
  const { invitationKey, tenant } = keys.tenant;
  return Campaign.parse({
    id: randomId(8),
    tenant,
    revision: 1,
    regions: ["eu", "us", "apac"],
    opensAt: new Date(Date.now() - 40 * dayMs).toISOString(),
    closesAt: new Date(Date.now() + dayMs).toISOString(),
    definition,
    notice,
    invitationKeys: [
      {
        keyId: invitationKey.keyId,
        publicKey: base64url(await publicKeyOfSeed(bytesOf(invitationKey.seed))),
      },
    ],
    ...changes,
  });
}

export interface Answering {
  readonly reader?: string;
  readonly region?: Region;
  readonly answers?: Record<string, unknown>;
  /** Sealed instead of `answers`. */
  readonly payload?: string;
  readonly consent?: Partial<Consent>;
  readonly submissionId?: string;
  readonly admittedAt?: number;
  readonly invitation?: Partial<Invitation>;
  /** The seed that signs the invitation, if not the tenant's. */
  readonly invitationSeed?: Bytes;
  /** The region whose key the answer is sealed to, if not the invitation's. */
  readonly sealedTo?: Region;
}

export const invite = (keys: Keys, campaign: Campaign, answering: Answering): Promise<string> =>
  mintInvitation(
    {
      keyId: keys.tenant.invitationKey.keyId,
      region: answering.region ?? "eu",
      test: false,
      visit: false,
      tenant: campaign.tenant,
      campaign: bytesOf(campaign.id),
      reader: bytesOf(answering.reader ?? randomId(16)),
      notice: campaign.notice.version,
      expiresAt: Math.floor(Date.now() / 1000) + 86_400,
      ...answering.invitation,
    },
    answering.invitationSeed ?? bytesOf(keys.tenant.invitationKey.seed),
  );

/** An answer as the edge puts it on the stream. */
export async function answerOf(
  keys: Keys,
  campaign: Campaign,
  answering: Answering = {},
): Promise<SealedRecord> {
  const invitation = await invite(keys, campaign, answering);
  const { body, bytes } = parseInvitation(invitation);
  const admittedAt = answering.admittedAt ?? Date.now();
  const submissionId = answering.submissionId ?? randomId(16);
  const consent: Consent = {
    notice: campaign.notice.version,
    purposes: ["results"],
    givenAt: new Date(admittedAt).toISOString(),
    language: "en",
    ...answering.consent,
  };
  const sealedTo = answering.sealedTo ?? body.region;
  const config = keys.deployment.directory.keys.find((key) => key.region === sealedTo);
  if (config === undefined) throw new TypeError("a region without a key");
  const envelope = await sealPayload(
    {
      publicKey: bytesOf(config.publicKey),
      keyId: config.keyId,
      tenant: body.tenant,
      campaign: body.campaign,
      region: body.region,
      reader: body.reader,
      submissionId: bytesOf(submissionId),
      consent,
      invitation: bytes,
    },
    answering.payload ??
      JSON.stringify({ answers: answering.answers ?? { roast: "light" }, language: "en" }),
  );
  return {
    kind: "answer",
    invitation,
    submissionId,
    consent,
    envelope: base64url(envelope),
    admittedAt: new Date(admittedAt).toISOString(),
    channel: "web",
    receiptId: randomId(32),
  };
}

export async function withdrawalOf(
  keys: Keys,
  campaign: Campaign,
  answering: Answering = {},
): Promise<EdgeRecord> {
  return {
    kind: "withdrawal",
    invitation: await invite(keys, campaign, answering),
    submissionId: answering.submissionId ?? randomId(16),
    admittedAt: new Date(answering.admittedAt ?? Date.now()).toISOString(),
    receiptId: randomId(32),
  };
}

/** The same notice, with a purpose that allows events. */
export const watchingNotice = {
  ...notice,
  purposes: [...notice.purposes, { id: "use", text: "Watch", events: true }],
} as unknown as Campaign["notice"]; // Parsed, with its defaults, by campaignOf.

const at = new Date(Date.now() - 60_000).toISOString();

/** One of every kind but a reader who leaves. */
export const happened: readonly Event[] = [
  { kind: "view", at },
  { kind: "start", at },
  { kind: "question", at, question: "roast" },
  { kind: "hover", at, question: "roast", option: 1 },
  { kind: "click", at, question: "roast", option: 0 },
  { kind: "time", at, question: "roast", milliseconds: 4_200 },
];

/** Events as the edge puts them on their stream, whatever `events` are. */
export async function eventsOf(
  keys: Keys,
  campaign: Campaign,
  answering: Answering = {},
  events: readonly unknown[] = happened,
): Promise<EventsRecord> {
  const { receiptId: _, ...record } = await answerOf(keys, campaign, {
    payload: JSON.stringify({ events, language: "en" }),
    ...answering,
    consent: { purposes: ["results", "use"], ...answering.consent },
  });
  return { ...record, kind: "events", channel: "web" };
}
