// Sealing a reader's choices to their region. Fetched on the first gesture: who only unsubscribes needs none of it.
import { base64url } from "../../sdk/bytes.ts";
import type { PreferencesPayload } from "../../sdk/schema/answer.ts";
import type { PreferencesSubmission } from "../../sdk/schema/submission.ts";
import { sealPayload } from "../../sdk/seal.ts";
import { chooseKey } from "../web/region-key.ts";
import { rootKey } from "../web/root-key.ts";
import type { Center } from "./center.ts";

const submissionIdBytes = 16;

/** Undefined where no key of the region is signed as it must be. */
export async function sealedChoices(
  { visit, speech, topics, frequency }: Center,
  purposes: readonly string[],
): Promise<PreferencesSubmission | undefined> {
  const { manifest, invitation, invited } = visit;
  const key = await chooseKey(manifest.keys, invited.body.region, rootKey(), Date.now());
  if (key === undefined) return undefined;
  const consent = {
    notice: manifest.notice.version,
    purposes: [...purposes],
    givenAt: new Date().toISOString(),
    language: speech.language,
  };
  const payload: PreferencesPayload = {
    preferences: { topics: [...topics], ...(frequency !== undefined && { frequency }) },
    language: speech.language,
  };
  const submissionId = crypto.getRandomValues(new Uint8Array(submissionIdBytes));
  const envelope = await sealPayload(
    { ...invited.body, ...key, submissionId, consent, invitation: invited.bytes },
    JSON.stringify(payload),
  );
  return {
    invitation,
    submissionId: base64url(submissionId),
    consent,
    envelope: base64url(envelope),
  };
}
