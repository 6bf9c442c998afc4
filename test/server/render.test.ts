// Mails filled at send time: the same as the renderer would have made them.
import { expect, test } from "vitest";
import { fillPlan, shuffledTokens, slotToken, templateOf } from "../../sdk/mail-plan.ts";
import { choiceKey, sealChoices, shuffleOrder } from "../../sdk/node/choices.ts";
import type { MailPlan } from "../../sdk/schema/mail-plan.ts";
import { renderRate, rendersPerSecondMax } from "../../server/render.ts";
import { choicesOf, inMailOf, mailDefinition } from "./in-mail.ts";
import { codeOf, TestRegion } from "./region.ts";
import { bytesOf, invite, randomId } from "./sealed.ts";

const eu = await TestRegion.start();
const id = randomId(8);
const { mail, root } = await choicesOf(eu.keys, { id, tenant: 7 });
const campaign = await eu.published({ id, definition: mailDefinition, mail });
const reader = randomId(16);

const code = (question: number, option: number): string =>
  slotToken({ slot: "code", question, option });
const name = (encode: "html" | "text" | "url"): string =>
  slotToken({ slot: "field", name: "first_name", encode });
const invitation = slotToken({ slot: "invitation" });

const plan: MailPlan = {
  maily: 1,
  campaign: id,
  revision: 1,
  edge: "https://edge.example",
  choices: [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
    [1, 2],
  ],
  languages: ["en", "de"],
  parts: {
    en: {
      subject: templateOf(`Coffee, ${name("text")}`),
      text: templateOf(`Hello ${name("text")}\n1. https://edge.example/a/${id}#${invitation}.0.0`),
      amp: templateOf(
        `<p>${name("html")}</p><input value="${code(0, 1)}">` +
          shuffledTokens(
            1,
            [0, 1, 2].map((option) => `<input value="${code(1, option)}">`),
          ) +
          `<input value="${slotToken({ slot: "codes" })}"><input value="${invitation}">`,
      ),
      html: templateOf(
        `<a href="https://x.example/?n=${name("url")}#${invitation}">${name("html")}</a>`,
      ),
    },
    de: {
      subject: templateOf("Kaffee"),
      text: templateOf("Guten Tag"),
      html: templateOf("<p>Guten Tag</p>"),
    },
  },
  fields: ["first_name"],
  answerableInMail: ["roast", "extras"],
};

const put = (of: string, document: unknown, token = eu.keys.tenant.token): Promise<Response> =>
  fetch(`${eu.origin}/v1/campaigns/${of}/mail`, {
    method: "PUT",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(document),
  });

const render = (query: Record<string, string>): Promise<Response> =>
  eu.get(`/v1/render?${new URLSearchParams(query)}`);

const stored = await put(id, plan);
expect(stored.status).toBe(200);
const invited = await invite(eu.keys, campaign, { reader });

const readerKey = choiceKey(root, bytesOf(reader));
const codes = sealChoices(
  readerKey,
  plan.choices.map(([question, option]) => ({ question, option, channel: "amp" })),
);
const filled = (language: string, fields: Record<string, string> = {}) =>
  fillPlan(plan, language, {
    invitation: invited,
    codes,
    fields,
    orderOf: (question, count) => shuffleOrder(readerKey, question, count),
  });

test("gives each part as the renderer fills it, and all of them with the codes", async () => {
  const fields = { first_name: "Zoë <b> & 'sons'" };
  const query = { invitation: invited, "field.first_name": fields.first_name };
  const expected = filled("en", fields);
  for (const [part, type, body] of [
    ["html", "text/html; charset=utf-8", expected.html],
    ["amp", "text/html; charset=utf-8", expected.amp],
    ["text", "text/plain; charset=utf-8", expected.text],
  ] as const) {
    const response = await render({ ...query, part });
    expect(await response.text()).toBe(body);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": type,
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'",
      "x-content-type-options": "nosniff",
    });
  }
  const all = await render(query);
  expect(await all.json()).toEqual({ ...expected, codes: codes.join("") });
  expect(expected.html).toContain("Zoë &lt;b&gt; &amp; &#39;sons&#39;");
  expect(expected.amp).not.toContain("<b>");
});

test("gives the language asked for, or the mail's first, and empty text for fields not given", async () => {
  const german = await render({ invitation: invited, language: "de" });
  expect(await german.json()).toEqual({
    subject: "Kaffee",
    text: "Guten Tag",
    html: "<p>Guten Tag</p>",
    codes: codes.join(""),
  });
  // As a service merges it for a reader who has none.
  const none = await render({ invitation: invited, language: "", part: "text" });
  expect(await none.text()).toBe(filled("en").text);
  const french = await render({ invitation: invited, language: "fr", part: "text" });
  expect(await french.text()).toBe(filled("en").text);
  const amp = await render({ invitation: invited, language: "de", part: "amp" });
  expect(await codeOf(amp)).toBe("not-found");
});

test("its codes answer: what was rendered here is opened here", async () => {
  const response = await render({ invitation: invited });
  const { codes: packed } = (await response.json()) as { codes: string };
  const choices = { roast: [packed.slice(0, 22)], extras: [packed.slice(66, 88)] };
  const [light, ...rest] = mailDefinition.questions;
  if (light === undefined) throw new Error("no question");
  const own = await eu.publish({
    ...campaign,
    revision: 2,
    definition: {
      ...mailDefinition,
      questions: [light, ...rest].map((question) => ({ ...question, required: false })),
    },
  });
  expect(own.status).toBe(200);
  await eu.take(await inMailOf(eu.keys, campaign, { reader, choices }));
  await eu.ingested();
  const results = await eu.results(campaign);
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([1, 0]);
  // The mail of revision 1 goes on to be filled.
  expect((await render({ invitation: invited, part: "text" })).status).toBe(200);
});

test("refuses invitations that are not good, and queries that are none, saying nothing of them", async () => {
  const secretName = "Zoë-who-must-not-be-named";
  const cases: [string, Record<string, string>][] = [
    ["invitation-malformed", {}],
    ["invitation-malformed", { invitation: "x" }],
    [
      "invitation-forged",
      {
        invitation: await invite(eu.keys, campaign, { invitationSeed: bytesOf(randomId(32)) }),
      },
    ],
    [
      "invitation-expired",
      { invitation: await invite(eu.keys, campaign, { invitation: { expiresAt: 5 } }) },
    ],
    ["region-mismatch", { invitation: await invite(eu.keys, campaign, { region: "us" }) }],
    [
      "campaign-unknown",
      { invitation: await invite(eu.keys, { ...campaign, id: randomId(8) }, {}) },
    ],
    ["malformed-request", { invitation: invited, part: "pdf" }],
    ["malformed-request", { invitation: invited, language: "constructor" }],
    ["malformed-request", { invitation: invited, "field.first_name": secretName.repeat(9) }],
    [
      "malformed-request",
      {
        invitation: invited,
        ...Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`field.f${index}`, "x"])),
      },
    ],
  ];
  for (const [expected, query] of cases) {
    const response = await render(query);
    const text = await response.text();
    expect((JSON.parse(text) as { code: string }).code).toBe(expected);
    expect(text).not.toContain(secretName);
  }
  const unknown = await eu.published({ definition: mailDefinition });
  const without = await render({ invitation: await invite(eu.keys, unknown, {}) });
  expect([without.status, await codeOf(without)]).toEqual([404, "mail-unknown"]);
});

test("a column named like something of JavaScript's own is a column", async () => {
  const own = await eu.published({ definition: mailDefinition });
  const field = slotToken({ slot: "field", name: "constructor", encode: "html" });
  const parts = { subject: ["s"], text: ["t"], html: templateOf(`<p>${field}</p>`) };
  const answer = await put(own.id, {
    ...plan,
    campaign: own.id,
    choices: [],
    languages: ["en"],
    parts: { en: parts },
    fields: ["constructor"],
  });
  expect(answer.status).toBe(200);
  const asked = { invitation: await invite(eu.keys, own, {}), part: "html" };
  expect(await (await render(asked)).text()).toBe("<p></p>");
  expect(await (await render({ ...asked, "field.constructor": "Q" })).text()).toBe("<p>Q</p>");
});

test("a mail stays over a restart, and a new one replaces it", async () => {
  const before = await (await render({ invitation: invited })).text();
  await eu.stop();
  await eu.start();
  expect(await (await render({ invitation: invited })).text()).toBe(before);
  const parts = { ...plan.parts, de: { ...plan.parts["en"], text: ["Neu"] } };
  expect((await put(id, { ...plan, parts })).status).toBe(200);
  const german = await render({ invitation: invited, language: "de", part: "text" });
  expect(await german.text()).toBe("Neu");
  expect((await put(id, plan)).status).toBe(200);
});

const en = plan.parts["en"];
const faults: [string, string, Partial<Record<keyof MailPlan, unknown>>][] = [
  ["another campaign's mail", "campaign: differs from the path", { campaign: randomId(8) }],
  ["a mail of a revision that is not published", "revision: ", { revision: 77 }],
  ["an option that is not asked", "choices.0: ", { choices: [[0, 2]] }],
  ["a question that is not asked", "choices.0: ", { choices: [[4, 0]] }],
  ["a question that has no options", "choices.0: ", { choices: [[3, 0]] }],
  [
    "a code that is not among the choices",
    "parts.en.amp: code 0.1 ",
    { choices: plan.choices.filter(([question]) => question === 1) },
  ],
  ["a field that is not among the fields", "parts.en.subject: field first_name", { fields: [] }],
  ["no parts for the first language", "parts: lacks pl", { languages: ["pl"] }],
  [
    "a part above the limit",
    "parts.en.text: has more than 400000 characters",
    { parts: { en: { ...en, text: ["x".repeat(400_001)] } } },
  ],
  ["what is no mail", "maily: ", { maily: 2 }],
];

test.for(faults)("refuses to store %s", async ([, place, changes]) => {
  const response = await put(id, { ...plan, ...changes });
  expect(response.status).toBe(400);
  const { code: refused, errors } = (await response.json()) as { code: string; errors: string[] };
  expect(refused).toBe("malformed-request");
  expect(errors.some((error) => error.startsWith(place))).toBe(true);
});

test("refuses codes where the campaign has no choice root for this region", async () => {
  const own = await eu.published({ definition: mailDefinition });
  const response = await put(own.id, { ...plan, campaign: own.id });
  expect(await response.json()).toMatchObject({
    errors: [expect.stringContaining("no choice root for this region")],
  });
});

test("a mail is its tenant's alone to store", async () => {
  for (const token of ["", randomId(32), eu.keys.operator.token])
    expect(await codeOf(await put(id, plan, token))).toBe("token-invalid");
  expect(await codeOf(await put(randomId(8), plan))).toBe("campaign-unknown");
  const large = await put(id, { ...plan, edge: "x".repeat(16_000_001) });
  expect([large.status, await codeOf(large)]).toEqual([413, "body-too-large"]);
});

test("a process fills so many mails a second and asks for patience beyond", () => {
  const take = renderRate();
  const now = 1_800_000_000_500;
  for (let count = 0; count < rendersPerSecondMax; count++) take(now);
  const refused = expect.objectContaining({
    code: "rate-limited",
    members: { retryAfterSeconds: 1 },
  });
  expect(() => take(now + 499)).toThrow(refused);
  for (let count = 0; count < rendersPerSecondMax; count++) take(now + 500);
  expect(() => take(now + 500)).toThrow(refused);
});

test("what comes without a genuine invitation takes no place of those who have one", async () => {
  const invitationSeed = bytesOf(randomId(32));
  const forged = await invite(eu.keys, campaign, { reader, invitationSeed });
  const ask = async () => codeOf(await eu.get(`/v1/render?invitation=${forged}`));
  const refusals = await Promise.all(Array.from({ length: 3 * rendersPerSecondMax }, ask));
  expect(new Set(refusals)).toEqual(new Set(["invitation-forged"]));
});
