// Answers posted from inside a mail: what is stored, what an answer tells, and what a repeat is.
import { beforeAll, describe, expect, test } from "vitest";
import { base64url } from "../../sdk/bytes.ts";
import { canonicalBytes, sha256 } from "../../sdk/canonical.ts";
import { readReceipt, verifyReceipt } from "../../sdk/receipt.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { Receipt } from "../../sdk/schema/receipt.ts";
import type { Accepted } from "../../sdk/schema/submission.ts";
import { bytesOf, invite, randomCode } from "../edge-process/fixture.ts";
import {
  corsOf,
  deployment,
  eventually,
  expectProblem,
  formOf,
  post,
  postForm,
  publishMail,
  receiptOf,
  rowsOf,
  sender,
  setMood,
  submission,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
beforeAll(async () => {
  campaign = await publishMail();
});

const answerBytes = 4_096;
const client = "https://mail.example";
const v1 = { origin: client };
const v1Search = `?__amp_source_origin=${encodeURIComponent(sender)}`;

const choosing = async (region: "eu" | "us" = "eu", code = randomCode()) =>
  formOf(await invite(tenant, campaign, region), { "q.drink": code });

const v2Leave = { "amp-email-allow-sender": sender };

const many = (count: number): string[] => Array.from({ length: count }, randomCode);

const kindsOf = async (invitation: string, count: number) =>
  (
    await eventually(
      async () =>
        (await takenBy("us", campaign.id)).filter(({ record }) => record.invitation === invitation),
      (taken) => taken.length >= count,
    )
  ).map(({ record }) => (record.kind === "choices" ? record.choices["drink"] : record.kind));

test("choices are stored as they came, with a receipt that says how and binds them", async () => {
  const invitation = await invite(tenant, campaign, "eu");
  const choices = { drink: [randomCode()], uses: [randomCode(), randomCode()] };
  const response = await postForm(
    formOf(invitation, {
      consent: ["results", "newsletter"],
      language: "de",
      "q.drink": choices.drink,
      "q.uses": choices.uses,
    }),
  );
  const jws = await receiptOf(response);
  const id = await verifyReceipt(jws, bytesOf(deployment.directory.receiptKeys[0]!.publicKey));
  expect(id).toBeDefined();
  const receipt = Receipt.parse((await readReceipt(jws))?.receipt);
  const [entry] = await eventually(
    () => takenBy("eu", campaign.id),
    (taken) => taken.some(({ record }) => record.invitation === invitation),
  );
  const { record } = entry!;
  expect(record).toEqual({
    kind: "choices",
    invitation,
    submissionId: expect.stringMatching(/^[\w-]{22}$/) as string,
    consent: {
      notice: 3,
      purposes: ["results", "newsletter"],
      givenAt: record.admittedAt,
      language: "de",
    },
    choices,
    admittedAt: receipt["dct:created"],
    channel: "amp",
    receiptId: id,
  });
  expect(receipt).toMatchObject({
    event: { type: "consent-given", givenAt: record.admittedAt, method: "amp" },
    binding: {
      submissionId: record.submissionId,
      keyId: campaign.mail!.choices[0]!.keyId,
      envelopeSha256: base64url(await sha256(canonicalBytes(choices))),
    },
  });
});

test("without a language the mail's is the campaign's first", async () => {
  const form = await choosing();
  const jws = await receiptOf(await postForm(form));
  expect((await readReceipt(jws))?.receipt.notice.language).toBe("en");
});

test("codes that are another reader's, or nobody's, are stored unread: the region tells", async () => {
  const code = randomCode();
  await receiptOf(await postForm(await choosing("eu", code)));
  const form = await choosing("eu", code);
  await receiptOf(await postForm(form));
  await eventually(
    () => takenBy("eu", campaign.id),
    (taken) =>
      taken.filter(
        ({ record }) => record.kind === "choices" && record.choices["drink"]?.[0] === code,
      ).length === 2,
  );
});

describe("what an answer tells", () => {
  test("it is 4,096 bytes whatever was chosen, however often, and of whom", async () => {
    const answers = await Promise.all(
      [
        { "q.drink": randomCode() },
        { "q.drink": many(50), "q.uses": many(50) },
        {},
        { consent: ["results", "newsletter", "partners"] },
        { language: "zh-Hant" },
      ].map(async (fields) => postForm(formOf(await invite(tenant, campaign, "us"), fields))),
    );
    const bodies = await Promise.all(answers.map((response) => response.arrayBuffer()));
    expect(bodies.map(({ byteLength }) => byteLength)).toEqual(answers.map(() => answerBytes));
    for (const { status, headers } of answers) {
      expect(status).toBe(202);
      expect(headers.get("cache-control")).toBe("no-store, no-transform");
      expect(headers.get("set-cookie")).toBeNull();
      expect(headers.get("location")).toBeNull();
    }
  });

  test("nor do its headers, nor its members, depend on what was chosen", async () => {
    const shapes = await Promise.all(
      [{ "q.drink": randomCode() }, { "q.drink": many(9), "q.other": many(3) }].map(
        async (fields) => {
          const response = await postForm(formOf(await invite(tenant, campaign, "us"), fields));
          const names = [...response.headers].map(([name, value]) => `${name}: ${value}`);
          return [names.sort(), Object.keys(await response.json<Accepted>())];
        },
      ),
    );
    expect(shapes[0]).toEqual(shapes[1]);
    expect(shapes[0]![1]).toEqual(["receipt", "padding"]);
  });

  test("a notice of 20 long purposes still gets its receipt, in a multiple of that", async () => {
    const purposes = Array.from({ length: 20 }, (_, index) => ({
      id: `${"p".repeat(28)}-${index}`,
      text: "Purpose",
      required: index === 0,
      lawfulBasis: "consent" as const,
      sharing: false,
    }));
    const wide = await publishMail({ notice: { ...campaign.notice, purposes } });
    const consent = purposes.map(({ id }) => id);
    const lengths = await Promise.all(
      [consent, consent.slice(0, 1)].map(async (agreed) => {
        const form = formOf(await invite(tenant, wide, "us"), { consent: agreed });
        const response = await postForm(form);
        const text = await response.clone().text();
        await receiptOf(response);
        return text.length;
      }),
    );
    expect(lengths).toEqual([2 * answerBytes, 2 * answerBytes]);
  });

  test("a fault is padded like everything else, and tells nothing", async () => {
    await setMood("apac", { away: true });
    const form = formOf(await invite(tenant, campaign, "apac"), { "q.drink": randomCode() });
    const response = await postForm(form);
    await setMood("apac");
    expect(corsOf(response)).toEqual(v2Leave);
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.clone().text()).toHaveLength(answerBytes);
    await expectProblem(response, "region-unavailable");
  });
});

describe("repeats and changes of mind", () => {
  test("the same again is the same receipt, and adds nothing", async () => {
    const form = await choosing("us");
    const first = await receiptOf(await postForm(form));
    const before = await rowsOf("us");
    expect(await receiptOf(await postForm(form))).toBe(first);
    expect(await receiptOf(await postForm(form, v1, v1Search))).toBe(first);
    expect((await rowsOf("us"))["seen"]).toBe(before["seen"]);
  });

  test("many times at once is once", async () => {
    const form = await choosing("us");
    const before = (await rowsOf("us"))["seen"] ?? 0;
    const responses = await Promise.all(Array.from({ length: 12 }, () => postForm(form)));
    expect(new Set(await Promise.all(responses.map(receiptOf))).size).toBe(1);
    expect((await rowsOf("us"))["seen"]).toBe(before + 1);
  });

  test("one option, another, and the first again are three", async () => {
    const invitation = await invite(tenant, campaign, "us");
    const [a, b] = [randomCode(), randomCode()];
    const receipts: string[] = [];
    for (const code of [a, b, a])
      receipts.push(await receiptOf(await postForm(formOf(invitation, { "q.drink": code }))));
    expect(new Set(receipts).size).toBe(3);
    expect(await kindsOf(invitation, 3)).toEqual([[a], [b], [a]]);
  });

  test("another consent or another language is another answer", async () => {
    const invitation = await invite(tenant, campaign, "us");
    const code = { "q.drink": randomCode() };
    const receipts = [
      await receiptOf(await postForm(formOf(invitation, code))),
      await receiptOf(
        await postForm(formOf(invitation, { ...code, consent: ["results", "newsletter"] })),
      ),
      await receiptOf(await postForm(formOf(invitation, { ...code, language: "de" }))),
    ];
    expect(new Set(receipts).size).toBe(3);
  });

  test("after a withdrawal the same is a new consent", async () => {
    const invitation = await invite(tenant, campaign, "us");
    const form = formOf(invitation, { "q.drink": randomCode() });
    const first = await receiptOf(await postForm(form));
    await receiptOf(await post("/v1/withdrawals", { invitation }));
    await scheduler.wait(2); // Given after the withdrawal, by the edge's own clock.
    expect(await receiptOf(await postForm(form))).not.toBe(first);
    const kinds = await kindsOf(invitation, 3);
    expect(kinds[1]).toBe("withdrawal");
    expect(kinds[2]).toEqual(kinds[0]);
  });

  test("a reader may send 60 an hour, and repeat the last", async () => {
    const invitation = await invite(tenant, campaign, "us");
    const say = (code: string) => postForm(formOf(invitation, { "q.drink": code }));
    let last = "";
    for (let sent = 0; sent < 60; sent++) {
      last = randomCode();
      await receiptOf(await say(last));
    }
    const response = await say(randomCode());
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(3_000);
    expect(corsOf(response)).toEqual(v2Leave);
    await expectProblem(response, "rate-limited");
    await receiptOf(await say(last));
    await receiptOf(await postForm(await choosing("us")));
  });
});

test("what an outbox and a region's server hold of an answer inside a mail says nothing in the clear", async () => {
  const codes = Array.from({ length: 20 }, randomCode);
  for (const code of codes) await receiptOf(await postForm(await choosing("eu", code)));
  const taken = await eventually(
    () => takenBy("eu", campaign.id),
    (entries) => codes.every((code) => JSON.stringify(entries).includes(code)),
  );
  const text = JSON.stringify(taken);
  for (const word of ["tea", "coffee", "Which?"]) expect(text).not.toContain(`"${word}"`);
  await receiptOf(await post("/v1/answers", await submission(campaign)));
});
