// The reader's proof of consent (SPEC §3.6).
import { base64url } from "../sdk/bytes.ts";
import { signReceipt } from "../sdk/receipt.ts";
import type { Region } from "../sdk/region.ts";
import type { Consent } from "../sdk/schema/consent.ts";
import type { Receipt } from "../sdk/schema/receipt.ts";
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

function recordOf(
  occasion: Occasion,
  statusOf: (purpose: string) => Status,
  event: Pick<Receipt["event"], "type" | "givenAt">,
  language: string,
): Receipt {
  const { campaign, noticeSha256 } = occasion.published;
  const { notice } = campaign;
  return {
    "@context": "https://w3id.org/dpv",
    "@type": "dpv:ConsentRecord",
    "dct:conformsTo": "ISO/IEC TS 27560:2023",
    "dct:created": occasion.admittedAt,
    tenant: campaign.tenant,
    campaign: campaign.id,
    reader: occasion.reader,
    controller: notice.controller,
    jurisdiction: occasion.region,
    retentionDays: notice.retentionDays,
    process: notice.purposes.map(({ id }) => ({
      "dpv:hasPurpose": id,
      "dpv:hasLegalBasis": "dpv:Consent",
      "dpv:hasConsentStatus": statusOf(id),
    })),
    notice: { version: notice.version, language, sha256: noticeSha256 },
    event: { ...event, method: occasion.method },
    signals: { gpc: occasion.gpc },
    withdrawAt: `${occasion.origin}/a/${campaign.id}`,
  };
}

/** What was agreed to, bound to the sealed answer it came with. */
export const consentReceipt = (
  settings: Settings,
  occasion: Occasion,
  consent: Consent,
  binding: {
    readonly submissionId: string;
    readonly keyId: number;
    readonly envelopeSha256: Uint8Array;
  },
): Promise<SignedReceipt> =>
  signReceipt(
    {
      ...recordOf(
        occasion,
        (id) => (consent.purposes.includes(id) ? "dpv:ConsentGiven" : "dpv:ConsentRefused"),
        { type: "consent-given", givenAt: consent.givenAt },
        consent.language,
      ),
      binding: { ...binding, envelopeSha256: base64url(binding.envelopeSha256) },
    },
    settings.receiptKey,
  );

/** Every consent to the campaign taken back, as of admission. */
export const withdrawalReceipt = (settings: Settings, occasion: Occasion): Promise<SignedReceipt> =>
  signReceipt(
    recordOf(
      occasion,
      () => "dpv:ConsentWithdrawn",
      { type: "consent-withdrawn", givenAt: occasion.admittedAt },
      occasion.published.campaign.definition.languages[0] ?? "en",
    ),
    settings.receiptKey,
  );
