// The reader's proof of consent (SPEC §3.6).
import { utf8 } from "../sdk/bytes.ts";
import type { Region } from "../sdk/region.ts";
import type { Consent } from "../sdk/schema/consent.ts";
import type { Receipt } from "../sdk/schema/receipt.ts";
import { sha256Text, signatureOf, signingKey, type SignatureKey } from "./at-once.ts";
import { base64url } from "./base64url.ts";
import type { Published } from "./campaigns.ts";
import type { Settings } from "./env.ts";

/** Who is asked, where, and when the edge was told. */
export interface Occasion {
  readonly published: Published;
  /** base64url */
  readonly reader: string;
  readonly region: Region;
  /** RFC 3339 */
  readonly admittedAt: string;
  readonly gpc: boolean;
  /** The edge's own address. */
  readonly origin: string;
  /** How the reader was heard. */
  readonly method: Receipt["event"]["method"];
}

export interface SignedReceipt {
  readonly jws: string;
  readonly id: string;
}

type Status = Receipt["process"][number]["dpv:hasConsentStatus"];

/** Its members in the order of RFC 8785, so that plain JSON of it is its canonical bytes. */
function recordOf(
  occasion: Occasion,
  statusOf: (purpose: string) => Status,
  event: Pick<Receipt["event"], "type" | "givenAt">,
  language: string,
  binding?: Receipt["binding"],
): Receipt {
  const { campaign, noticeSha256 } = occasion.published;
  const { notice } = campaign;
  const { contact, name } = notice.controller;
  return {
    "@context": "https://w3id.org/dpv",
    "@type": "dpv:ConsentRecord",
    ...(binding && { binding }),
    campaign: campaign.id,
    controller: { contact, name },
    "dct:conformsTo": "ISO/IEC TS 27560:2023",
    "dct:created": occasion.admittedAt,
    event: { givenAt: event.givenAt, method: occasion.method, type: event.type },
    jurisdiction: occasion.region,
    notice: { language, sha256: noticeSha256, version: notice.version },
    process: notice.purposes.map(({ id }) => ({
      "dpv:hasConsentStatus": statusOf(id),
      "dpv:hasLegalBasis": "dpv:Consent",
      "dpv:hasPurpose": id,
    })),
    reader: occasion.reader,
    retentionDays: notice.retentionDays,
    signals: { gpc: occasion.gpc },
    tenant: campaign.tenant,
    withdrawAt: `${occasion.origin}/a/${campaign.id}`,
  };
}

interface Signer {
  readonly header: string;
  readonly key: SignatureKey;
}

/** By what they were made from: a rotated key is another. */
const signers = new WeakMap<Settings["receiptKey"], Signer>();

function signerOf(receiptKey: Settings["receiptKey"]): Signer {
  const known = signers.get(receiptKey);
  if (known !== undefined) return known;
  const header = { alg: "EdDSA", kid: String(receiptKey.keyId), typ: "maily-receipt+jwt" };
  const signer = {
    header: base64url(utf8(JSON.stringify(header))),
    key: signingKey(receiptKey.seed),
  };
  signers.set(receiptKey, signer);
  return signer;
}

/** As `signReceipt` of sdk/receipt.ts, which reads it in any order. */
function signed(receipt: Receipt, receiptKey: Settings["receiptKey"]): SignedReceipt {
  const { header, key } = signerOf(receiptKey);
  const payload = utf8(JSON.stringify(receipt));
  const input = `${header}.${base64url(payload)}`;
  const signature = base64url(signatureOf(key, utf8(input)));
  return { jws: `${input}.${signature}`, id: sha256Text(payload) };
}

/** What was agreed to, bound to the sealed answer it came with. */
export const consentReceipt = (
  settings: Settings,
  occasion: Occasion,
  consent: Consent,
  binding: {
    readonly submissionId: string;
    readonly keyId: number;
    /** base64url */
    readonly envelopeSha256: string;
  },
): SignedReceipt =>
  signed(
    recordOf(
      occasion,
      (id) => (consent.purposes.includes(id) ? "dpv:ConsentGiven" : "dpv:ConsentRefused"),
      { type: "consent-given", givenAt: consent.givenAt },
      consent.language,
      {
        envelopeSha256: binding.envelopeSha256,
        keyId: binding.keyId,
        submissionId: binding.submissionId,
      },
    ),
    settings.receiptKey,
  );

/** Every consent to the campaign taken back, as of admission. */
export const withdrawalReceipt = (settings: Settings, occasion: Occasion): SignedReceipt =>
  signed(
    recordOf(
      occasion,
      () => "dpv:ConsentWithdrawn",
      { type: "consent-withdrawn", givenAt: occasion.admittedAt },
      occasion.published.campaign.definition.languages[0] ?? "en",
    ),
    settings.receiptKey,
  );
