// Every route against every origin, method and content type, and JSON that is bent as far as JSON goes.
import { createExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { app, routes } from "../../edge/app.ts";
import { openApiDocument } from "../../edge/openapi.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { invite, randomCode, submissionOf } from "../edge-process/fixture.ts";
import {
  bindings,
  corsOf,
  deployment,
  expectProblem,
  formOf,
  formType,
  origin,
  post,
  postForm,
  publishMail,
  receiptOf,
  recordsOf,
  request,
  rowsOf,
  sender,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
let invitation: string;
beforeAll(async () => {
  campaign = await publishMail();
  invitation = await invite(tenant, campaign, "eu");
});

const filled = (path: string): string =>
  path
    .replace(/:(campaign|id)\b/, campaign.id)
    .replace(":invitation", invitation)
    .replace("/embed/:file", "/embed/3c4d.js")
    .replace(":file", "page-1a2b.js")
    .replace(":code", "internal");

const typeOf = ({ body }: (typeof routes)[number]): string =>
  body?.fields?.contentTypes[0] ?? body?.bytes?.contentTypes[0] ?? "application/json";

/** What is the same for everybody, and any page may read. */
const anybodys = ["GET /v1/keys", "GET /embed.js", "GET /embed/:file"];
/** What any page may show, or load as it is. */
const shown = ["GET /e/:campaign", "GET /embed.js", "GET /embed/:file"];
/** What a campaign's own sites may post: whose it is, the preflight cannot know, and the request will be looked at. */
const sites = [
  "POST /v1/answers",
  "POST /v1/withdrawals",
  "POST /v1/requests",
  "POST /v1/my-data",
  "POST /v1/visits",
];
const siteLeave = (from: string | undefined) =>
  from === undefined || from === "null"
    ? {}
    : {
        "access-control-allow-origin": from,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "Content-Type",
        "access-control-max-age": "600",
      };

const origins: Record<string, Record<string, string>> = {
  "no origin": {},
  "its own origin": { origin },
  "another origin": { origin: "https://elsewhere.example" },
  "a frame without origin": { origin: "null" },
};

describe("no route gives another origin leave that is not named above", () => {
  const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);
  for (const [name, route] of named)
    for (const [from, headers] of Object.entries(origins))
      test(`${name} from ${from}`, async () => {
        const path = filled(route.path);
        const simple = await request(path, {
          method: route.method,
          headers: { ...headers, "content-type": typeOf(route) },
          ...(route.method !== "GET" && { body: "{}" }),
        });
        const preflight = await request(path, {
          method: "OPTIONS",
          headers: {
            ...headers,
            "access-control-request-method": route.method,
            "access-control-request-headers": "content-type, signature, amp-email-sender",
            "access-control-request-private-network": "true",
          },
        });
        expect(preflight.status).toBe(204);
        expect(corsOf(simple)).toEqual(
          anybodys.includes(name) ? { "access-control-allow-origin": "*" } : {},
        );
        expect(corsOf(preflight)).toEqual(sites.includes(name) ? siteLeave(headers["origin"]) : {});
        const policy = shown.includes(name) ? "cross-origin" : "same-origin";
        expect(simple.headers.get("cross-origin-resource-policy")).toBe(policy);
        expect(preflight.headers.get("cross-origin-resource-policy")).toBe("same-origin");
        for (const response of [simple, preflight]) await response.arrayBuffer();
      });
});

describe("what a route refuses with, /openapi.json says", () => {
  const { paths } = openApiDocument(routes);
  const declared = ({ method, path }: (typeof routes)[number]): string =>
    JSON.stringify(paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()]);
  /** Beside what is taken: two Hosts, no body, bodies that are none, a signature that is none. */
  const bent: Record<string, RequestInit> = {
    "two Hosts": { headers: { host: "edge.test, elsewhere.example" } },
    nothing: {},
    "no JSON": { body: "?" },
    "nothing in it": { body: "{}" },
    "a signature that is none": { body: "{}", headers: { signature: "maily=:AAAA:" } },
  };
  for (const route of routes)
    for (const [name, { headers, body }] of Object.entries(bent))
      test(`${route.method} ${route.path}: ${name}`, async () => {
        const asked = new Request(origin + filled(route.path), {
          method: route.method,
          headers: { "content-type": typeOf(route), ...(headers as Record<string, string>) },
          ...(route.method !== "GET" && { body: body ?? null }),
        });
        const response = await app.fetch(asked, bindings, createExecutionContext());
        if (response.status < 400) await response.arrayBuffer();
        else {
          const { code } = await response.json<{ code: string }>();
          expect(declared(route)).toContain(`"${code}"`);
        }
      });
});

const form = () => formOf(invitation, { "q.drink": randomCode() });

const first = (leave: string) => ({
  "access-control-allow-origin": leave,
  "amp-access-control-allow-source-origin": sender,
  "access-control-expose-headers": "AMP-Access-Control-Allow-Source-Origin",
});

const preflight = (headers: Record<string, string>, query = "") =>
  request(`/v1/amp/answers${query}`, { method: "OPTIONS", headers });

describe("a mail's client has leave where the campaign names its sender", () => {
  const client = "https://mail.example";
  const search = `?__amp_source_origin=${encodeURIComponent(sender)}`;
  const asked = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "Content-Type, AMP-Email-Sender",
    "access-control-max-age": "600",
  };

  test("by header, by origin, and by nothing else", async () => {
    expect(corsOf(await postForm(form(), { "amp-email-sender": sender }))).toEqual({
      "amp-email-allow-sender": sender,
    });
    expect(corsOf(await postForm(form(), { origin: client }, search))).toEqual(first(client));
    for (const headers of [{ origin: "null" }, { origin: `${client}/path` }, { origin: "*" }, {}])
      expect(corsOf(await postForm(form(), headers as Record<string, string>, search))).toEqual({});
    const stranger = await postForm(form(), { "amp-email-sender": "stranger@elsewhere.example" });
    expect(corsOf(stranger)).toEqual({});
  });

  test("and never with credentials", async () => {
    for (const response of [
      await preflight({ origin: client }, search),
      await preflight({ "amp-email-sender": sender }),
    ])
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    expect(corsOf(await preflight({ origin: client }, search))).toEqual({
      ...first(client),
      ...asked,
    });
    expect(corsOf(await preflight({ origin: "null" }, search))).toEqual({});
  });
});

describe("methods", () => {
  const paths = [...new Set(routes.map(({ path }) => path))];
  for (const path of paths)
    test(path, async () => {
      const own: string[] = routes
        .filter((route) => route.path === path)
        .map(({ method }) => method);
      const allowed = [...own, ...(own.includes("GET") ? ["HEAD"] : []), "OPTIONS"];
      for (const method of [
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "PROPFIND",
      ]) {
        if (allowed.includes(method)) continue;
        const response = await request(filled(path), {
          method,
          headers: { "x-http-method-override": own[0] ?? "" },
        });
        expect(new Set(response.headers.get("allow")?.split(", "))).toEqual(new Set(allowed));
        if (method === "HEAD") expect(response.status).toBe(405);
        else await expectProblem(response, "method-not-allowed");
      }
    });
});

describe("content types", () => {
  const json = [
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON;charset=UTF-8",
  ];
  const urlencoded = [formType, `${formType}; charset=utf-8`];
  const multipart = ["multipart/form-data; boundary=x"];
  const never = [
    undefined,
    "",
    "text/plain",
    "text/json",
    "application/ld+json",
    "application/json; charset=utf-16",
    "application/json; boundary=x",
    "application/json, text/plain",
    "application/jsonp",
    "application/octet-stream",
    "multipart/form-data",
    "multipart/mixed; boundary=x",
  ];
  for (const route of routes.filter(({ body }) => body !== undefined))
    test(`${route.method} ${route.path}`, async () => {
      const forms: readonly string[] = route.body?.fields?.contentTypes ?? [];
      const taken = [
        ...(forms.length === 0 && route.body?.bytes === undefined ? json : []),
        ...(forms.includes(formType) ? urlencoded : []),
        ...(forms.includes("multipart/form-data") ? multipart : []),
      ];
      for (const type of [...json, ...urlencoded, ...multipart, ...never]) {
        const response = await request(filled(route.path), {
          method: route.method,
          // A signed route reads nothing that nobody claims to have signed.
          headers: { ...(type !== undefined && { "content-type": type }), signature: "maily=:x:" },
          body: new TextEncoder().encode("?"),
        });
        const isTaken = type !== undefined && taken.includes(type);
        expect(response.status === 415, `${type}`).toBe(!isTaken);
        await response.arrayBuffer();
      }
    });
});

const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? [...new TextEncoder().encode(part)] : part,
    ),
  );

const withdrawal = () => `"invitation":"${invitation}"`;

describe("JSON", () => {
  const cases: Record<string, () => string | Uint8Array> = {
    nothing: () => "",
    "white space": () => " \n\t ",
    null: () => "null",
    "a list": () => "[]",
    "two documents": () => `{${withdrawal()}}{}`,
    "a comma too many": () => `{${withdrawal()},}`,
    "a comment": () => `{${withdrawal()}}//`,
    "single quotes": () => `{'invitation':'${invitation}'}`,
    "invalid UTF-8": () => bytes(`{${withdrawal()},"a":"`, [0xff, 0xfe], '"}'),
    "overlong UTF-8": () => bytes(`{${withdrawal()},"a":"`, [0xc0, 0xaf], '"}'),
    "a surrogate in UTF-8": () => bytes(`{${withdrawal()},"a":"`, [0xed, 0xa0, 0x80], '"}'),
    "UTF-16": () =>
      Uint8Array.from(`{${withdrawal()}}`.split("").flatMap((c) => [0, c.charCodeAt(0)])),
    "a NUL": () => `{${withdrawal()}\0}`,
    "a control character in a text": () => `{"invitation":"${invitation}\u0001"}`,
    "brackets as deep as a body is long": () => "[".repeat(1_000),
    "members as deep as a body is long": () => `${'{"a":'.repeat(160)}1${"}".repeat(160)}`,
    "a number beyond all numbers": () => `{${withdrawal()},"a":1e999}`,
    "a number of 900 digits": () => `{"invitation":${"9".repeat(900)}}`,
    "a prototype": () => `{"__proto__":{${withdrawal()}}}`,
    "a prototype beside": () => `{${withdrawal()},"__proto__":{"admin":true}}`,
    "a constructor": () => `{${withdrawal()},"constructor":{"prototype":{"admin":true}}}`,
    "a member in another case": () => `{"Invitation":"${invitation}"}`,
    "a byte order mark": () => `\ufeff{${withdrawal()}}`,
    "a list for a text": () => `{"invitation":["${invitation}"]}`,
  };
  for (const [name, body] of Object.entries(cases))
    test(`${name} is refused, and writes nothing`, async () => {
      const before = await rowsOf("eu");
      const response = await request("/v1/withdrawals", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: body(),
      });
      const problem = await expectProblem(response, "malformed-request");
      expect(JSON.stringify(problem)).not.toContain(invitation.slice(0, 20));
      expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
      expect(await rowsOf("eu")).toEqual(before);
    });

  test("of two members of one name the last is read, here and by whoever it is handed to", async () => {
    const reader = await invite(tenant, campaign, "eu");
    const sent = await submissionOf(deployment, reader);
    const twice = JSON.stringify(sent).replace(
      "{",
      `{"invitation":"${invitation}","submissionId":"${randomCode()}",`,
    );
    const receipt = await receiptOf(await post("/v1/answers", twice));
    expect(await receiptOf(await post("/v1/answers", sent)), "the same").toBe(receipt);
    const [record] = await recordsOf(reader, 1);
    expect(record).toMatchObject({ invitation: reader, submissionId: sent.submissionId });
  });

  test("an escaped name is the name", async () => {
    const reader = await invite(tenant, campaign, "eu");
    const escaped = `{"\\u0069nvitation":"${reader}"}`;
    const receipt = await receiptOf(await post("/v1/withdrawals", escaped));
    expect(await receiptOf(await post("/v1/withdrawals", { invitation: reader }))).toBe(receipt);
  });
});
