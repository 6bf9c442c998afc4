// Everything that is refused at the door, each by its own code, and nothing of it kept or logged.
import { beforeAll, describe, expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { Submission } from "../../sdk/schema/submission.ts";
import {
  bytesOf,
  consentOf,
  instant,
  invite,
  randomBytes,
  submissionOf,
} from "../edge-process/fixture.ts";
import {
  deployment,
  edge,
  expectProblem,
  logged,
  post,
  publish,
  request,
  rowsOf,
  submission,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publish();
});

const dayMilliseconds = 86_400_000;

/** The envelope with one byte of its header, or elsewhere, changed. */
const withByte = (sent: Submission, index: number, value: number): Submission => {
  const bytes = bytesOf(sent.envelope);
  bytes[index] = value;
  return { ...sent, envelope: base64url(bytes) };
};

interface Case {
  readonly name: string;
  readonly code: ProblemCode;
  readonly body: () => Promise<unknown>;
  readonly headers?: Record<string, string>;
}

const good = (): Promise<Submission> => submission(campaign);

const consented = (changes: Parameters<typeof consentOf>[0]) => () =>
  submission(campaign, "eu", { consent: consentOf(changes) });

/** Given so many milliseconds from when it is sent. */
const consentedAt = (offset: number) => () => consented({ givenAt: instant(offset) })();

const cases: Case[] = [
  {
    name: "another content type",
    code: "unsupported-media-type",
    body: good,
    headers: { "content-type": "text/plain" },
  },
  {
    name: "a form",
    code: "unsupported-media-type",
    body: good,
    headers: { "content-type": "application/x-www-form-urlencoded" },
  },
  { name: "what is not JSON", code: "malformed-request", body: async () => "{" },
  { name: "an empty body", code: "malformed-request", body: async () => "" },
  { name: "a list", code: "malformed-request", body: async () => [] },
  { name: "null", code: "malformed-request", body: async () => "null" },
  {
    name: "a member that is not known",
    code: "malformed-request",
    body: async () => ({ ...(await good()), answers: { drink: "tea" } }),
  },
  {
    name: "a consent with a member that is not known",
    code: "malformed-request",
    body: async () => {
      const sent = await good();
      return { ...sent, consent: { ...sent.consent, extra: 1 } };
    },
  },
  {
    name: "a missing submission id",
    code: "malformed-request",
    body: async () => ({ ...(await good()), submissionId: undefined }),
  },
  {
    name: "a submission id that is not canonical",
    code: "malformed-request",
    body: async () => ({ ...(await good()), submissionId: `${"A".repeat(21)}B` }),
  },
  {
    name: "a purpose named twice",
    code: "malformed-request",
    body: consented({ purposes: ["results", "results"] }),
  },
  {
    name: "a body over 16 KB",
    code: "body-too-large",
    body: async () => ({ ...(await good()), envelope: "A".repeat(16_384) }),
  },
  {
    name: "an invitation that is cut short",
    code: "invitation-malformed",
    body: async () => ({ ...(await good()), invitation: (await good()).invitation.slice(0, 100) }),
  },
  {
    name: "an invitation of another version",
    code: "invitation-malformed",
    body: async () => ({
      ...(await good()),
      invitation: `Ag${(await good()).invitation.slice(2)}`,
    }),
  },
  {
    name: "an invitation to an unknown campaign",
    code: "campaign-unknown",
    body: async () => {
      const invitation = await invite(tenant, campaign, "eu", { campaign: randomBytes(8) });
      return submissionOf(deployment, invitation);
    },
  },
  {
    name: "an invitation with another's signature",
    code: "invitation-forged",
    body: async () =>
      submissionOf(deployment, await invite(edge.other, campaign, "eu", { tenant: 1 })),
  },
  {
    name: "an invitation of another tenant's own",
    code: "invitation-forged",
    body: async () => submissionOf(deployment, await invite(edge.other, campaign, "eu")),
  },
  {
    name: "an invitation signed with a key the campaign does not name",
    code: "invitation-forged",
    body: async () => submissionOf(deployment, await invite(tenant, campaign, "eu", { keyId: 9 })),
  },
  {
    name: "a tenant's invitation that claims to be a visit",
    code: "invitation-forged",
    body: async () =>
      submissionOf(deployment, await invite(tenant, campaign, "eu", { visit: true })),
  },
  {
    name: "an expired invitation",
    code: "invitation-expired",
    body: async () =>
      submissionOf(
        deployment,
        await invite(tenant, campaign, "eu", { expiresAt: Math.floor(Date.now() / 1000) - 1 }),
      ),
  },
  {
    name: "a closed campaign",
    code: "campaign-closed",
    body: async () =>
      submission(
        await publish({ opensAt: instant(-2 * dayMilliseconds), closesAt: instant(-1_000) }),
      ),
  },
  {
    name: "a campaign that is not open yet",
    code: "campaign-closed",
    body: async () => submission(await publish({ opensAt: instant(dayMilliseconds) })),
  },
  { name: "a stale notice", code: "notice-stale", body: consented({ notice: 2 }) },
  { name: "a notice yet to come", code: "notice-stale", body: consented({ notice: 4 }) },
  {
    name: "a purpose the notice does not have",
    code: "purpose-unknown",
    body: consented({ purposes: ["results", "astrology"] }),
  },
  {
    name: "a missing required purpose",
    code: "consent-missing",
    body: consented({ purposes: ["newsletter"] }),
  },
  { name: "no purpose at all", code: "consent-missing", body: consented({ purposes: [] }) },
  {
    name: "sharing where the browser opts out",
    code: "gpc-opt-out",
    body: consented({ purposes: ["results", "partners"] }),
    headers: { "sec-gpc": "1" },
  },
  {
    name: "a consent older than 30 days",
    code: "consent-time",
    body: consentedAt(-30 * dayMilliseconds - 301_000),
  },
  {
    name: "a consent of the future",
    code: "consent-time",
    body: consentedAt(305_000),
  },
  {
    name: "an envelope that is not base64url",
    code: "envelope-malformed",
    body: async () => ({ ...(await good()), envelope: "*" }),
  },
  {
    name: "an empty envelope",
    code: "envelope-malformed",
    body: async () => ({ ...(await good()), envelope: "" }),
  },
  {
    name: "an envelope of a length that none has",
    code: "envelope-malformed",
    body: async () => {
      const sent = await good();
      return { ...sent, envelope: sent.envelope.slice(0, -4) };
    },
  },
  {
    name: "an envelope too long for any answer",
    code: "envelope-malformed",
    body: async () => ({ ...(await good()), envelope: "A".repeat(7_000) }),
  },
  { name: "another KEM", code: "suite-unknown", body: async () => withByte(await good(), 1, 0) },
  { name: "another AEAD", code: "suite-unknown", body: async () => withByte(await good(), 6, 3) },
  { name: "an unknown key", code: "key-unknown", body: async () => withByte(await good(), 0, 99) },
  {
    name: "a key that is not active yet",
    code: "key-unknown",
    body: async () => withByte(await good(), 0, 4),
  },
  {
    name: "an envelope sealed for another region",
    code: "region-mismatch",
    body: () => submission(campaign, "eu", { sealedFor: "us" }),
  },
  {
    name: "a region the campaign does not run in",
    code: "region-mismatch",
    body: async () => submission(await publish({ regions: ["us"] }), "eu"),
  },
];

describe("an answer is refused with its own problem, kept nowhere and logged by its code alone:", () => {
  for (const { name, code, body, headers } of cases)
    test(name, async () => {
      const sent = await body();
      const before = { eu: await rowsOf("eu"), us: await rowsOf("us") };
      let response: Response | undefined;
      const lines = await logged(async () => {
        response = await post("/v1/answers", sent, headers);
      });
      await expectProblem(response!, code);
      expect({ eu: await rowsOf("eu"), us: await rowsOf("us") }).toEqual(before);
      expect(await takenBy("eu", campaign.id)).toEqual([]);
      expect(lines).toHaveLength(1);
      const line = JSON.parse(lines[0]!) as Record<string, unknown>;
      expect(line).toMatchObject({ event: "refused", code, path: "/v1/answers" });
      const allowed = ["at", "event", "code", "status", "path", "region"];
      expect(Object.keys(line).filter((key) => !allowed.includes(key))).toEqual([]);
      if (typeof sent === "object" && sent !== null && "invitation" in sent)
        expect(lines[0]).not.toContain(String(sent.invitation).slice(20, 60));
    });

  test("a body over 16 KB that does not say how long it is", async () => {
    const piece = new TextEncoder().encode(" ".repeat(1_024));
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        if (pulled > 1_000) controller.close();
        else controller.enqueue(piece);
      },
    });
    const response = await request("/v1/answers", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: endless,
    });
    await expectProblem(response, "body-too-large");
    // It stopped reading where the limit was, and not at the end.
    expect(pulled).toBeLessThan(100);
  });
});

test("no problem quotes what was sent", async () => {
  const secret = "very-private-answer";
  for (const body of [`{"invitation": ${secret}`, { invitation: secret, [secret]: 1 }]) {
    const problem = await expectProblem(await post("/v1/answers", body), "malformed-request");
    const { errors } = problem as { errors: { path: string; message: string }[] };
    expect(errors.length).toBeGreaterThan(0);
  }
  const problem = await expectProblem(
    await post("/v1/answers", { ...(await good()), submissionId: secret }),
    "malformed-request",
  );
  expect(JSON.stringify(problem)).not.toContain(secret);
});

test("a refusal names what is missing", async () => {
  const missing = await expectProblem(
    await post("/v1/answers", await consented({ purposes: ["newsletter"] })()),
    "consent-missing",
  );
  expect(missing["purposes"]).toEqual(["results"]);
  const stale = await expectProblem(
    await post("/v1/answers", await consented({ notice: 2 })()),
    "notice-stale",
  );
  expect(stale["notice"]).toBe(3);
});
