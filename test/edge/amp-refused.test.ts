// What is refused of a form that is well-formed: each by its own code, padded, and nothing of it kept or logged.
import { beforeAll, expect, test } from "vitest";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { instant, invite, mailOf, randomBytes, randomCode } from "../edge-process/fixture.ts";
import {
  corsOf,
  deployment,
  edge,
  expectProblem,
  formOf,
  logged,
  postForm,
  publishMail,
  rowsOf,
  sender,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

const v2 = { "amp-email-sender": sender };

const invited = async (
  changes: Parameters<typeof invite>[3],
  fields: Parameters<typeof formOf>[1] = {},
) => formOf(await invite(tenant, campaign, "eu", changes), { "q.drink": randomCode(), ...fields });
const publishedAs = async (changes: Partial<Campaign>) =>
  formOf(await invite(tenant, await publishMail(changes), "eu"), { "q.drink": randomCode() });

interface Case {
  readonly name: string;
  readonly code: ProblemCode;
  readonly form: () => Promise<URLSearchParams>;
  readonly headers?: Record<string, string>;
  /** Whether the sender was known by then. */
  readonly known: boolean;
}

const cases: Case[] = [
  {
    name: "an invitation cut short",
    code: "invitation-malformed",
    form: async () => formOf((await invite(tenant, campaign, "eu")).slice(0, 100)),
    known: false,
  },
  {
    name: "an invitation to no campaign",
    code: "campaign-unknown",
    form: () => invited({ campaign: randomBytes(8) }),
    known: false,
  },
  {
    name: "a forged invitation",
    code: "invitation-forged",
    form: () => invited({ keyId: 9 }),
    known: true,
  },
  {
    name: "an invitation signed by another tenant",
    code: "invitation-forged",
    form: async () =>
      formOf(await invite(edge.other, campaign, "eu", { keyId: tenant.invitationKey.keyId })),
    known: true,
  },
  {
    name: "an expired invitation",
    code: "invitation-expired",
    form: () => invited({ expiresAt: Math.floor(Date.now() / 1000) - 1 }),
    known: true,
  },
  {
    name: "a closed campaign",
    code: "campaign-closed",
    form: () => publishedAs({ opensAt: instant(-2_000), closesAt: instant(-1_000) }),
    known: true,
  },
  {
    name: "a mail that showed an older notice",
    code: "notice-stale",
    form: () => invited({ notice: 2 }),
    known: true,
  },
  {
    name: "a purpose that the notice does not name",
    code: "purpose-unknown",
    form: () => invited({}, { consent: ["results", "everything"] }),
    known: true,
  },
  {
    name: "a required purpose left out",
    code: "consent-missing",
    form: () => invited({}, { consent: [] }),
    known: true,
  },
  {
    name: "a browser that opts out of sharing",
    code: "gpc-opt-out",
    form: () => invited({}, { consent: ["results", "partners"] }),
    headers: { ...v2, "sec-gpc": "1" },
    known: true,
  },
  {
    name: "a region that the campaign does not run in",
    code: "region-mismatch",
    form: () => publishedAs({ regions: ["us"], mail: mailOf(deployment, [sender], ["us"]) }),
    known: true,
  },
  {
    name: "a region whose mails have no codes",
    code: "region-mismatch",
    form: () => publishedAs({ mail: mailOf(deployment, [sender], ["us"]) }),
    known: true,
  },
];
for (const { name, code, form, headers, known } of cases)
  test(`${name}: ${code}`, async () => {
    const fields = await form();
    const before = await rowsOf("eu");
    let response: Response | undefined;
    const lines = await logged(async () => {
      response = await postForm(fields, headers ?? v2);
    });
    expect(corsOf(response!)).toEqual(known ? { "amp-email-allow-sender": sender } : {});
    const text = await response!.clone().text();
    expect(text).toHaveLength(4_096);
    await expectProblem(response!, code);
    expect(await rowsOf("eu")).toEqual(before);
    const said = text + lines.join("");
    for (const secret of [fields.get("invitation")!.slice(0, 40), fields.get("q.drink")])
      if (secret !== null) expect(said).not.toContain(secret);
  });
