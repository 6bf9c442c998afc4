// The edge in this isolate, the peers beside it, and what a test asks of both.
import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, inject, vi } from "vitest";
import type { Bindings } from "../../edge/env.ts";
import { describeProblem, type ProblemCode } from "../../sdk/problem.ts";
import type { Region } from "../../sdk/region.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { IntakeBatch } from "../../sdk/schema/record.ts";
import { Recorded, type DataRequest } from "../../sdk/schema/submission.ts";
import {
  campaignOf,
  invite,
  mailOf,
  publication,
  randomCode,
  signCampaign,
  submissionOf,
  type SubmissionChanges,
} from "../edge-process/fixture.ts";
import type { ProvidedEdge } from "../edge-process/workerd-setup.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("../../edge/worker.ts");
    }
  }
}

export const edge: ProvidedEdge = inject("edge");
export const { tenant, deployment } = edge.keys;
export const bindings = env as unknown as Bindings; // What vitest.config.ts binds.
export const origin = "https://edge.test";

export const request = (path: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(origin + path, init);

export const post = (
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> =>
  request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

export const formType = "application/x-www-form-urlencoded";

export const sender = "hello@tea.example";

/** As a mail provider posts the form of an AMP mail. */
export const postForm = (
  body: string | URLSearchParams,
  headers: Record<string, string> = { "amp-email-sender": sender },
  search = "",
): Promise<Response> =>
  request(`/v1/amp/answers${search}`, {
    method: "POST",
    headers: { "content-type": formType, ...headers },
    body: String(body),
  });

/** What a response says to a mail client of another origin. */
export const corsOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => /^(access-control|amp)-/.test(name)));

/** The form of an AMP mail: fields by name, each once or several times. */
export function formOf(
  invitation: string,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
): URLSearchParams {
  const form = new URLSearchParams({ invitation });
  for (const [name, values] of Object.entries({ consent: "results", ...fields }))
    for (const value of typeof values === "string" ? [values] : values) form.append(name, value);
  return form;
}

/** Open, with choices in every region. */
export const publishMail = (changes: Partial<Campaign> = {}): Promise<Campaign> =>
  publish({ mail: mailOf(deployment), ...changes });

export async function publish(changes: Partial<Campaign> = {}): Promise<Campaign> {
  const campaign = await campaignOf(tenant, changes);
  const { path, ...init } = await publication(await signCampaign(campaign, tenant), tenant);
  const response = await request(path, init);
  if (response.status !== 201 && response.status !== 200)
    throw new Error(`publishing answered ${await response.text()}`);
  return campaign;
}

/** A submission by a new reader of `region`. */
export const submission = async (
  campaign: Campaign,
  region: Region = "eu",
  changes: SubmissionChanges = {},
) => submissionOf(deployment, await invite(tenant, campaign, region), changes);

export async function receiptOf(response: Response): Promise<string> {
  const body = await response.json<{ receipt: string }>();
  expect(response.status, JSON.stringify(body)).toBe(202);
  return body.receipt;
}

/** The problem that a response is, whole and by the table. */
export async function expectProblem(
  response: Response,
  code: ProblemCode,
): Promise<Record<string, unknown>> {
  const body = await response.json<Record<string, unknown>>();
  const { status, title, detail, type } = describeProblem(code);
  expect(body).toMatchObject({ code, status, title, detail, type });
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  return body;
}

type Entry = IntakeBatch["entries"][number];

const peer = async (region: Region, path: string, body: unknown = {}) => {
  const response = await fetch(edge.peers[region] + path, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return response.json<{ taken: Entry[]; campaigns: string[]; copies: DataRequest[] }>();
};

/** What a region's server has taken of a campaign, in order. */
export async function takenBy(region: Region, campaign: string): Promise<Entry[]> {
  const { taken } = await peer(region, "/peer/taken");
  return taken.filter(({ record }) => campaignOfInvitation(record.invitation) === campaign);
}

export const campaignsOf = async (region: Region): Promise<string[]> =>
  (await peer(region, "/peer/taken")).campaigns;

export const copiesOf = async (region: Region): Promise<DataRequest[]> =>
  (await peer(region, "/peer/taken")).copies;

/** How a region's server behaves from now on: away, or as it always does. */
export const setMood = (region: Region, mood: Record<string, unknown> = {}) =>
  peer(region, "/peer/mood", mood);

/** Bytes 8 to 15 of an invitation, as base64url. */
function campaignOfInvitation(invitation: string): string {
  const bytes = atob(invitation.replaceAll("-", "+").replaceAll("_", "/")).slice(8, 16);
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export const outboxOf = (region: Region) => bindings.OUTBOX.getByName(`${region}-0`);

/** How many rows a region's outbox has in each table. */
export const rowsOf = (region: Region): Promise<Record<string, number>> =>
  runInDurableObject(outboxOf(region), (_, state) =>
    Object.fromEntries(
      ["outbox", "parked", "seen", "withdrawals"].map((table) => [
        table,
        state.storage.sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`).one()
          .rows,
      ]),
    ),
  );

/** Every line logged while `during` ran. */
export async function logged(during: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const keep = (line: unknown) => void lines.push(String(line));
  const spies = [
    vi.spyOn(console, "log").mockImplementation(keep),
    vi.spyOn(console, "error").mockImplementation(keep),
  ];
  await during();
  for (const spy of spies) spy.mockRestore();
  return lines;
}

const waitMilliseconds = 15_000;
const lookMilliseconds = 25;

/** What `look` gives once it `isSo`; throws Error with the last of what it gave instead. */
export async function eventually<Value>(
  look: () => Promise<Value>,
  isSo: (value: Value) => boolean,
): Promise<Value> {
  const until = Date.now() + waitMilliseconds;
  let value = await look();
  while (!isSo(value)) {
    if (Date.now() > until) throw new Error(`it stayed ${JSON.stringify(value)?.slice(0, 500)}`);
    await scheduler.wait(lookMilliseconds);
    value = await look();
  }
  return value;
}

/** A body of `POST /v1/requests`. */
export const asking = (invitation: string, what: string, requestId = randomCode()) => ({
  invitation,
  requestId,
  request: what,
});

export async function recordedOf(response: Response): Promise<Recorded> {
  expect(response.status).toBe(202);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return Recorded.parse(await response.json());
}

/** As a mail program posts its own "unsubscribe" (RFC 8058). */
export const click = (invitation: string, init: RequestInit = {}): Promise<Response> =>
  request(`/u/${invitation}`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": formType },
    body: "List-Unsubscribe=One-Click",
    ...init,
  });

/** The records that a region's server has of one invitation, once there are so many. */
export const recordsOf = async (invitation: string, count: number) =>
  (
    await eventually(
      async () =>
        (await takenBy("eu", campaignOfInvitation(invitation))).filter(
          ({ record }) => record.invitation === invitation,
        ),
      (taken) => taken.length >= count,
    )
  ).map(({ record }) => record);
