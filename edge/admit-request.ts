// Admission of what a reader asks of the sender (SPEC §3.10). None of it needs a consent, and neither an expired invitation
// nor a closed campaign stands in the way.
import { utf8 } from "../sdk/bytes.ts";
import type { RequestRecord } from "../sdk/schema/record.ts";
import type { ReaderRequest } from "../sdk/schema/submission.ts";
import { sha256Text } from "./at-once.ts";
import { append } from "./append.ts";
import { claim, readerKey, requireRegion, verify } from "./invited.ts";
import type { Arrival } from "./route.ts";

/** When the request became durable in its region, RFC 3339; of a repeat, when it did the first time. */
export async function admitRequest(
  arrival: Arrival<unknown>,
  { invitation, requestId, request }: ReaderRequest,
  via: RequestRecord["via"],
): Promise<string> {
  const invited = verify(await claim(arrival, invitation), 0);
  requireRegion(invited);
  const { region, reader } = invited.invitation.body;
  const admittedAt = new Date(arrival.now).toISOString();
  const record: RequestRecord = {
    kind: "request",
    invitation,
    submissionId: requestId,
    request,
    via,
    admittedAt,
  };
  const { receipt } = await append(arrival, region, reader, {
    kind: "request",
    reader: readerKey(invited),
    submissionId: requestId,
    contentSha256: sha256Text(utf8(`request ${request}`)),
    admittedAt: arrival.now,
    withdraws: request === "erase",
    takesBack: request !== "resubscribe",
    record: JSON.stringify(record),
    receipt: admittedAt,
  });
  return receipt;
}
