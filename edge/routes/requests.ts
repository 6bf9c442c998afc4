// What a reader asks for beside answering (SPEC §3.10, §3.11), by the preference page or by the mail program's own button.
import { z } from "zod";
import type { ProblemCode } from "../../sdk/problem.ts";
import { InvitationText } from "../../sdk/schema/ids.ts";
import { DataRequest, ReaderRequest, Recorded, SealedCopy } from "../../sdk/schema/submission.ts";
import { admitRequest } from "../admit-request.ts";
import { drawId } from "../invited.ts";
import { copyOfData } from "../my-data.ts";
import { malformedForm, type Fields } from "../read-fields.ts";
import { route } from "../route.ts";
import { sitePreflight } from "../site-origin.ts";

const requestBytesMax = 1_024;
const dataRequestBytesMax = 4_096;
const clickBytesMax = 4_096;

const invitationProblems = { invitation: "invitation-malformed" } as const;

const problems: readonly ProblemCode[] = [
  "invitation-malformed",
  "campaign-unknown",
  "origin-unknown",
  "invitation-forged",
  "region-mismatch",
  "rate-limited",
  "region-unavailable",
];

const noStore = { "cache-control": "no-store" } as const;

export const postRequest = route({
  method: "POST",
  path: "/v1/requests",
  summary: "Unsubscribe, resubscribe, or be erased",
  body: { schema: ReaderRequest, bytesMax: requestBytesMax, memberProblems: invitationProblems },
  preflight: sitePreflight,
  answers: {
    202: {
      description: "Durable in the reader's region. The same again tells the first time.",
      contentType: "application/json",
      schema: Recorded,
    },
  },
  problems: [...problems, "submission-reused"],
  handle: async (arrival) => {
    const { requestId } = arrival.body;
    const recordedAt = await admitRequest(arrival, arrival.body, "page");
    const recorded: Recorded = { requestId, recordedAt };
    return Response.json(recorded, { status: 202, headers: noStore });
  },
});

export const postDataRequest = route({
  method: "POST",
  path: "/v1/my-data",
  summary: "The reader's own copy, sealed to the reader's key",
  body: { schema: DataRequest, bytesMax: dataRequestBytesMax, memberProblems: invitationProblems },
  preflight: sitePreflight,
  limits: { address: true, invitation: ({ invitation }) => invitation },
  answers: {
    200: {
      description: "The copy; nobody on the way can read it",
      contentType: "application/json",
      schema: SealedCopy,
    },
  },
  problems,
  handle: async (arrival) => Response.json(await copyOfData(arrival), { headers: noStore }),
});

/** RFC 8058 §3.2 */
const OneClick = z
  .strictObject({ "List-Unsubscribe": z.literal("One-Click") })
  .describe("RFC 8058");

/** Problem: malformed-request, for anything but the one field. */
function clickOf([field, ...more]: Fields): unknown {
  const [name, value] = field ?? [];
  if (name !== "List-Unsubscribe" || more.length > 0)
    throw malformedForm("is not List-Unsubscribe=One-Click");
  return { [name]: value?.trim() };
}

export const postUnsubscribe = route({
  method: "POST",
  path: "/u/:invitation",
  summary: "Unsubscribe with one click of the mail program (RFC 8058)",
  parameters: { invitation: InvitationText },
  body: {
    schema: OneClick,
    bytesMax: clickBytesMax,
    fields: {
      contentTypes: ["application/x-www-form-urlencoded", "multipart/form-data"],
      fieldsMax: 1,
      gather: clickOf,
      documented: OneClick,
    },
  },
  answers: { 200: { description: "Unsubscribed, now or before", contentType: "text/plain" } },
  problems,
  handle: async (arrival) => {
    const invitation = arrival.parameters["invitation"] ?? "";
    const request = { invitation, requestId: drawId(), request: "unsubscribe" } as const;
    await admitRequest(arrival, request, "header");
    return new Response("You are unsubscribed.\n", {
      headers: { ...noStore, "content-type": "text/plain; charset=utf-8" },
    });
  },
});
