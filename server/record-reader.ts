// What a record is read with, and what is known of one once its invitation is verified. Used by every kind of record.
import { base64url, type Bytes } from "../sdk/bytes.ts";
import { allowsEvents, asksForEvents } from "../sdk/events.ts";
import { parseEnvelope } from "../sdk/envelope.ts";
import type { ParsedInvitation } from "../sdk/invitation.ts";
import { fromBase64url } from "../sdk/node/base64url.ts";
import { Problem } from "../sdk/problem.ts";
import type { Region } from "../sdk/region.ts";
import type { Campaign } from "../sdk/schema/campaign.ts";
import type { VisitKey } from "../sdk/schema/key-config.ts";
import type { EventsRecord, PreferencesRecord, SealedRecord } from "../sdk/schema/record.ts";
import type { CampaignRegistry } from "./campaigns.ts";
import type { ChoiceRoots } from "./choice-roots.ts";
import type { Keyring } from "./keyring.ts";
import type { StoredRecord } from "./stream/stream.ts";
import type { ReaderOf } from "./warehouse/rows.ts";

/** What this region reads its records with. */
export interface RecordReader {
  readonly region: Region;
  readonly campaigns: Pick<CampaignRegistry, "revisionsOf">;
  readonly keyring: Pick<Keyring, "openerFor">;
  readonly choiceRoots: Pick<ChoiceRoots, "rootOf">;
  /** The edge's, of the deployment: what visitors' invitations are signed with. */
  readonly visitKeys: readonly VisitKey[];
}

/** Where a record lies and whose it is. */
export interface Admitted {
  readonly source: StoredRecord;
  readonly invitation: ParsedInvitation;
  /** Newest first, never empty. */
  readonly revisions: readonly Campaign[];
}

export const readerOf = ({ invitation: { body } }: Admitted): ReaderOf => ({
  tenant: body.tenant,
  campaign: base64url(body.campaign),
  reader: base64url(body.reader),
});

/** Whether the reader was asked for leave to record events, and gave none. */
export const refusesEvents = ({ notice }: Campaign, purposes: readonly string[]): boolean =>
  asksForEvents(notice) && !allowsEvents(notice, purposes);

/**
 * What `fit` gives under the newest revision that it does not refuse: the edge may have admitted a record under one that
 * was replaced before the record came here. Throws the newest one's Problem where none fits.
 */
export function fittingRevision<Result>(
  revisions: readonly Campaign[],
  fit: (campaign: Campaign) => Result,
): Result {
  let refusal: Problem | undefined;
  for (const campaign of revisions)
    try {
      return fit(campaign);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      refusal ??= error;
    }
  throw refusal ?? new Problem("campaign-unknown");
}

export interface Opened {
  /** JSON; undefined is none. */
  readonly payload: unknown;
  readonly envelope: Bytes;
}

/** Problems: `envelope-malformed`, `suite-unknown`, `region-mismatch`, `key-unknown`, `envelope-unopenable`. */
export function openSealed(
  record: SealedRecord | PreferencesRecord | EventsRecord,
  { body, bytes }: ParsedInvitation,
  { region, keyring }: RecordReader,
): Opened {
  const envelope = fromBase64url(record.envelope);
  const submissionId = fromBase64url(record.submissionId);
  if (envelope === undefined || submissionId === undefined) throw new Problem("envelope-malformed");
  const { keyId } = parseEnvelope(envelope);
  const text = keyring.openerFor(keyId)(
    {
      tenant: body.tenant,
      campaign: body.campaign,
      region,
      keyId,
      reader: body.reader,
      submissionId,
      consent: record.consent,
      invitation: bytes,
    },
    envelope,
  );
  try {
    return { payload: JSON.parse(text), envelope };
  } catch {
    return { payload: undefined, envelope }; // Sealed by something that is not our page.
  }
}
