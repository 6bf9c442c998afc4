// A campaign that is answered inside its mail, and what readers send from there and from the preference page.
import type { Keys } from "../../cli/keygen.ts";
import { base64url, type Bytes } from "../../sdk/bytes.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { choiceKey, createChoiceRoot, sealChoices } from "../../sdk/node/choices.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign, MailCampaign } from "../../sdk/schema/campaign.ts";
import { Definition } from "../../sdk/schema/widget.ts";
import type { ChoicesRecord, PreferencesRecord, RequestRecord } from "../../sdk/schema/record.ts";
import { answerOf, bytesOf, definition, invite, randomId, type Answering } from "./sealed.ts";

/** Questions that a mail can take, one that it cannot, and a branch. */
export const mailDefinition = Definition.parse({
  ...definition,
  questions: [
    {
      id: "roast",
      kind: "single-choice",
      text: { en: "Which roast?", de: "Welche Röstung?" },
      required: true,
      options: [
        {
          id: "light",
          text: { en: "Light", de: "Hell" },
          scores: { filter: 2 },
          next: "stars",
        },
        { id: "dark", text: { en: "Dark", de: "Dunkel" }, scores: { espresso: 2 } },
      ],
    },
    {
      id: "extras",
      kind: "multiple-choice",
      text: "What with it?",
      shuffle: true,
      options: [
        { id: "milk", text: "Milk" },
        { id: "sugar", text: "Sugar" },
        { id: "oat", text: "Oat milk" },
      ],
      atMost: 2,
    },
    { id: "stars", kind: "rating", text: "How was it?", required: true },
    { id: "why", kind: "long-text", text: "Why?", required: true },
  ],
  preferences: {
    topics: [
      { id: "news", text: "News" },
      { id: "offers", text: "Offers" },
    ],
    frequencies: [
      { id: "weekly", text: "Weekly" },
      { id: "monthly", text: "Monthly" },
    ],
  },
});

/** Makes a campaign's choice root for one region: what it publishes, and what its renderer keeps. */
export async function choicesOf(
  keys: Keys,
  campaign: Pick<Campaign, "id" | "tenant">,
  region: Region = "eu",
): Promise<{ mail: MailCampaign; root: Bytes }> {
  const config = keys.deployment.directory.keys.find((key) => key.region === region);
  if (config === undefined) throw new TypeError("a region without a key");
  const { keyId } = config;
  const { enc, choiceRoot } = await createChoiceRoot(bytesOf(config.publicKey), {
    tenant: campaign.tenant,
    campaign: bytesOf(campaign.id),
    region,
    keyId,
  });
  return {
    mail: {
      senders: ["hello@roastery.example"],
      choices: [{ region, keyId, enc: base64url(enc) }],
    },
    root: choiceRoot,
  };
}

/** Codes of one reader by question id, each question an index and its options'. */
export function codesOf(
  root: Bytes,
  reader: string,
  chosen: Readonly<Record<string, readonly [question: number, ...options: number[]]>>,
): Record<string, string[]> {
  const readerKey = choiceKey(root, bytesOf(reader));
  return Object.fromEntries(
    Object.entries(chosen).map(([id, [question, ...options]]) => [
      id,
      sealChoices(
        readerKey,
        options.map((option) => ({ question, option, channel: "amp" })),
      ),
    ]),
  );
}

interface InMail extends Answering {
  readonly choices: Readonly<Record<string, string[]>>;
}

/** An answer given inside a mail, as the edge puts it on the stream. */
export async function inMailOf(
  keys: Keys,
  campaign: Campaign,
  { choices, ...answering }: InMail,
): Promise<ChoicesRecord> {
  const admittedAt = answering.admittedAt ?? Date.now();
  return {
    kind: "choices",
    invitation: await invite(keys, campaign, answering),
    submissionId: answering.submissionId ?? randomId(16),
    consent: {
      notice: campaign.notice.version,
      purposes: ["results"],
      givenAt: new Date(admittedAt).toISOString(),
      language: "en",
      ...answering.consent,
    },
    choices: { ...choices },
    admittedAt: new Date(admittedAt).toISOString(),
    channel: "amp",
    receiptId: randomId(32),
  };
}

interface Preferring extends Answering {
  readonly preferences?: unknown;
}

export async function preferencesOf(
  keys: Keys,
  campaign: Campaign,
  { preferences = { topics: ["news"], frequency: "weekly" }, ...answering }: Preferring = {},
): Promise<PreferencesRecord> {
  const payload = JSON.stringify({ preferences, language: "en" });
  const answer = await answerOf(keys, campaign, { payload, ...answering });
  return { ...answer, kind: "preferences", channel: "web" };
}

export async function requestOf(
  keys: Keys,
  campaign: Campaign,
  request: RequestRecord["request"],
  answering: Answering = {},
): Promise<RequestRecord> {
  return {
    kind: "request",
    invitation: await invite(keys, campaign, answering),
    submissionId: answering.submissionId ?? randomId(16),
    request,
    via: "page",
    admittedAt: new Date(answering.admittedAt ?? Date.now()).toISOString(),
  };
}

export const readerIn = (invitation: string): string =>
  base64url(parseInvitation(invitation).body.reader);
