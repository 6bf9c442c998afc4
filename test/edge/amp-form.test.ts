// Forms that no mail of ours sends: each is refused whole, at the door, and nothing of it is kept, logged or said again.
import { beforeAll, expect, test } from "vitest";
import type { ProblemCode } from "../../sdk/problem.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { codesMax } from "../../sdk/schema/submission.ts";
import { invite, randomCode } from "../edge-process/fixture.ts";
import {
  expectProblem,
  formOf,
  formType,
  logged,
  postForm,
  publishMail,
  receiptOf,
  request,
  rowsOf,
  sender,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

const v2 = { "amp-email-sender": sender };
const marker = "sent-by-nobody";

/** A form that would be taken, and what is put behind it. */
const good = async (): Promise<string> =>
  String(formOf(await invite(tenant, campaign, "eu"), { "q.drink": randomCode() }));
const goodAnd = (rest: string) => async () => `${await good()}${rest}`;

const codes = (count: number) => Array.from({ length: count }, randomCode);

interface Case {
  readonly name: string;
  readonly code: ProblemCode;
  readonly body: () => Promise<string>;
  readonly headers?: Record<string, string>;
}

const malformed: Record<string, () => Promise<string>> = {
  "an empty body": async () => "",
  "JSON in place of a form": async () => '{"invitation":"x"}',
  "a field that is not known": goodAnd(`&${marker}=1`),
  "a field of the older protocol": goodAnd("&__amp_source_origin=a%40b.example"),
  "a time of consent": goodAnd("&givenAt=2026-11-21T00%3A00%3A00Z"),
  "a submission id": goodAnd(`&submissionId=${randomCode()}`),
  "an invitation twice": async () => {
    const form = await good();
    return `${form}&${form.split("&")[0]}`;
  },
  "a language twice": goodAnd("&language=en&language=de"),
  "a language that is none": goodAnd("&language=english"),
  "a purpose twice": goodAnd("&consent=results"),
  "a purpose that no author writes": goodAnd("&consent=%3Cb%3E"),
  "21 purposes": async () =>
    String(
      formOf(await invite(tenant, campaign, "eu"), {
        consent: Array.from({ length: 21 }, (_, index) => `purpose-${index}`),
      }),
    ),
  "a code that is too short": goodAnd("&q.other=AAAA"),
  "a code that is not canonical": goodAnd(`&q.other=${"A".repeat(21)}B`),
  "an empty code": goodAnd("&q.other="),
  "a choice in the clear": goodAnd("&q.other=tea"),
  "a code twice": async () => {
    const code = randomCode();
    return `${await good()}&q.other=${code}&q.other=${code}`;
  },
  "101 codes for a question": async () =>
    `${await good()}${codes(101)
      .map((code) => `&q.other=${code}`)
      .join("")}`,
  "more codes than a submission may have": async () =>
    `${await good()}${codes(codesMax)
      .map((code, index) => `&q.other-${index % 5}=${code}`)
      .join("")}`,
  "4,000 fields": async () => "a=1&".repeat(4_000).slice(0, -1),
  "10,000 fields without anything": async () => "&".repeat(9_999),
  "a question in other letters": goodAnd(`&q.Drink=${randomCode()}`),
  "a question without a name": goodAnd(`&q.=${randomCode()}`),
  "a question in brackets": goodAnd(`&q[drink][]=${randomCode()}`),
  "a question with nested brackets": goodAnd(`&q.a${"[".repeat(500)}=${randomCode()}`),
  "a question by the name of a prototype": goodAnd(`&q.__proto__=${randomCode()}`),
  "a name with a NUL": goodAnd(`&q.drink%00=${randomCode()}`),
  "a code with a NUL": goodAnd(`&q.other=${randomCode()}%00`),
  "a raw NUL": goodAnd("&q.other=\0"),
  "a percent sign alone": goodAnd("&q.other=%"),
  "a percent sign before no number": goodAnd("&q.other=%zz"),
  "half of a letter": goodAnd("&q.other=%C3"),
  "an overlong letter": goodAnd("&q.other=%C0%80"),
  "a surrogate": goodAnd("&q.other=%ED%A0%80"),
  "a name without a value": goodAnd("&consent"),
  "a value without a name": goodAnd("&=results"),
  "nothing between two fields": goodAnd("&&language=en"),
  "a semicolon between fields": goodAnd(";language=en"),
};

const cases: Case[] = [
  ...Object.entries(malformed).map(([name, body]): Case => ({
    name,
    code: "malformed-request",
    body,
  })),
  {
    name: "JSON by name",
    code: "unsupported-media-type",
    body: async () => JSON.stringify({ invitation: await invite(tenant, campaign, "eu") }),
    headers: { "content-type": "application/json" },
  },
  {
    name: "a form of parts",
    code: "unsupported-media-type",
    body: good,
    headers: { "content-type": "multipart/form-data; boundary=x" },
  },
  {
    name: "text",
    code: "unsupported-media-type",
    body: good,
    headers: { "content-type": "text/plain" },
  },
  {
    name: "a form in another character set",
    code: "unsupported-media-type",
    body: good,
    headers: { "content-type": `${formType}; charset=utf-16` },
  },
  {
    name: "a body over 16 KB",
    code: "body-too-large",
    body: goodAnd(`&q.other=${"A".repeat(16_384)}`),
  },
  {
    name: "an invitation that is none",
    code: "invitation-malformed",
    body: async () => `invitation=${marker}&consent=results`,
  },
  { name: "no invitation", code: "malformed-request", body: async () => "consent=results" },
];

for (const { name, code, body, headers } of cases)
  test(`${name}: ${code}`, async () => {
    const text = await body();
    const before = await rowsOf("eu");
    let response: Response | undefined;
    const lines = await logged(async () => {
      response = await postForm(text, { ...v2, ...headers });
    });
    const said = await response!.clone().text();
    expect(said).toHaveLength(4_096);
    await expectProblem(response!, code);
    expect(await rowsOf("eu")).toEqual(before);
    for (const part of [marker, "Drink", "%zz", "<b>", "[["])
      expect(said + lines.join("")).not.toContain(part);
  });

test("a body that never ends is left at 16 KB", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 1_024;
      controller.enqueue(new TextEncoder().encode("a".repeat(1_024)));
    },
  });
  const response = await request("/v1/amp/answers", {
    method: "POST",
    headers: { "content-type": formType, ...v2 },
    body: endless,
  });
  await expectProblem(response, "body-too-large");
  expect(sent).toBeLessThan(1_000_000);
});

test("a form is taken in any order of its fields, with its character set named, and with 200 codes", async () => {
  const fields = [
    ...codes(codesMax).map((code, index) => `q.question-${index % 4}=${code}`),
    "language=pt-BR",
    "consent=results",
    `invitation=${await invite(tenant, campaign, "eu")}`,
  ];
  const response = await postForm(fields.join("&"), {
    ...v2,
    "content-type": `${formType};charset=UTF-8`,
  });
  await receiptOf(response);
});
