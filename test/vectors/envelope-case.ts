// What the cases of envelope.json are made of.
import { fromBase64url, hex, type Bytes } from "../../sdk/bytes.ts";
import { mintInvitation } from "../../sdk/invitation.ts";
import { regionPublicKey } from "../../sdk/node/region-key.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { SealTo } from "../../sdk/seal.ts";
import { fixedBytes } from "./deterministic.ts";

export interface EnvelopeCase {
  readonly comment: string;
  readonly expect: "opened" | ProblemCode;
  readonly seed: string;
  readonly keyId: number;
  readonly region: Region;
  readonly tenant: number;
  readonly campaign: string;
  readonly reader: string;
  readonly submissionId: string;
  readonly consent: object;
  readonly invitation: string;
  readonly envelope: string;
  /** Of what opens: the payload, and the coins with which sealing gives this very envelope. */
  readonly payload?: string;
  readonly coins?: string;
}

/** A binding together with the private key that opens it. */
export type Situation = SealTo & { readonly seed: Bytes };

export async function situation(label: string, region: Region, keyId: number): Promise<Situation> {
  const seed = fixedBytes(`${label} seed`, 32);
  const tenant = 0x01020304;
  const campaign = fixedBytes(`${label} campaign`, 8);
  const reader = fixedBytes(`${label} reader`, 16);
  const minted = await mintInvitation(
    {
      keyId: 7,
      region,
      test: false,
      visit: false,
      tenant,
      campaign,
      reader,
      notice: 3,
      expiresAt: 1_800_000_000,
    },
    fixedBytes("invitation key", 32),
  );
  return {
    seed,
    publicKey: regionPublicKey(seed),
    keyId,
    region,
    tenant,
    campaign,
    reader,
    submissionId: fixedBytes(`${label} submission`, 16),
    consent: {
      notice: 3,
      purposes: ["results", "personalisation"],
      givenAt: "2026-11-20T20:15:00Z",
      language: "de",
    },
    invitation: fromBase64url(minted) ?? new Uint8Array(),
  };
}

export const caseOf = (
  comment: string,
  expect: EnvelopeCase["expect"],
  at: Situation,
  envelope: Bytes,
  more: Pick<EnvelopeCase, "payload" | "coins"> = {},
): EnvelopeCase => ({
  comment,
  expect,
  seed: hex(at.seed),
  keyId: at.keyId,
  region: at.region,
  tenant: at.tenant,
  campaign: hex(at.campaign),
  reader: hex(at.reader),
  submissionId: hex(at.submissionId),
  consent: at.consent,
  invitation: hex(at.invitation),
  envelope: hex(envelope),
  ...more,
});

/** A payload of exactly so many bytes. */
export function payloadOf(bytes: number): string {
  const [head, tail] = ['{"answers":{"why":"', '"},"language":"en"}'];
  return head + "x".repeat(bytes - head.length - tail.length) + tail;
}

export const shortPayload = '{"answers":{"topics":["cycling","gärten"],"nps":9},"language":"de"}';
