// A route that goes away says so, whatever it answers; one that is current says nothing.
import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { z } from "zod";
import { appOf, routes } from "../../edge/app.ts";
import { deprecatedDaysMin } from "../../edge/deprecation.ts";
import { openApiDocument } from "../../edge/openapi.ts";
import { route } from "../../edge/route.ts";
import { Problem } from "../../sdk/problem.ts";
import { IntakeAnswer } from "../../sdk/schema/record.ts";
import { bindings, request } from "./edge-under-test.ts";

const since = "2027-01-01T00:00:00Z";
const sunset = "2028-03-01T00:00:00Z";

const old = route({
  method: "GET",
  path: "/v0/things/:id",
  summary: "A thing, as it was asked for once",
  parameters: { id: z.string() },
  deprecated: { since, sunset, successor: "/v1/things/:id" },
  answers: { 200: { description: "The thing", contentType: "application/json" } },
  problems: ["not-found"],
  handle: ({ parameters }) => {
    if (parameters["id"] === "none") throw new Problem("not-found");
    return Response.json({ id: parameters["id"] });
  },
});

const secret = route({
  method: "GET",
  path: "/v0/letters/:invitation",
  summary: "An address that is a secret",
  parameters: { invitation: z.string() },
  deprecated: { since, sunset, successor: "/v1/letters/:invitation" },
  answers: { 200: { description: "A letter", contentType: "text/plain" } },
  problems: [],
  handle: () => new Response("a letter"),
});

const aged = appOf([...routes, old, secret]);
const ask = (path: string, method = "GET") =>
  aged.fetch(
    new Request(`https://edge.test${path}`, { method }),
    bindings,
    createExecutionContext(),
  );

const said = ({ headers }: Response) => ({
  deprecation: headers.get("deprecation"),
  sunset: headers.get("sunset"),
  link: headers.get("link"),
});
const deprecated = {
  deprecation: "@1798761600", // RFC 9745 §2.1
  sunset: "Wed, 01 Mar 2028 00:00:00 GMT", // RFC 8594 §3
};

test("a deprecated route answers Deprecation, Sunset and where its successor is", async () => {
  const response = await ask("/v0/things/a%20b");
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ id: "a b" });
  expect(said(response)).toEqual({
    ...deprecated,
    link: '</v1/things/a%20b>; rel="successor-version"',
  });
});

test("its refusals and its HEAD say the same", async () => {
  const refused = await ask("/v0/things/none");
  expect(refused.status).toBe(404);
  const link = '</v1/things/none>; rel="successor-version"';
  expect(said(refused)).toEqual({ ...deprecated, link });
  expect(said(await ask("/v0/things/none", "HEAD"))).toEqual({ ...deprecated, link });
});

test("an invitation in its address is in no header", async () => {
  const response = await ask("/v0/letters/very-secret");
  expect(said(response)).toEqual({ ...deprecated, link: null });
  expect(JSON.stringify([...response.headers])).not.toContain("very-secret");
});

test("a route that is current says none of it", async () => {
  for (const response of [await ask("/v1/keys"), await request("/v1/keys")])
    expect(said(response)).toEqual({ deprecation: null, sunset: null, link: null });
});

test("an edge that is a release older reads what a newer server answers", () => {
  const results = [
    { status: "stored", later: 1 },
    { status: "refused", code: "record-malformed", later: {} },
  ];
  expect(IntakeAnswer.parse({ results, later: true })).toEqual({
    results: [{ status: "stored" }, { status: "refused", code: "record-malformed" }],
  });
});

test("OpenAPI marks it, and how long it stays", () => {
  const { paths } = openApiDocument([...routes, old]);
  expect(paths["/v0/things/{id}"]?.["get"]).toMatchObject({
    deprecated: true,
    "x-sunset": sunset,
    "x-successor": "/v1/things/{id}",
  });
  expect(paths["/v1/keys"]?.["get"]).not.toHaveProperty("deprecated");
});

test("a route stays long enough for the mails already sent, and its successor exists", () => {
  for (const { path, deprecated: going } of [...routes, old, secret]) {
    if (going === undefined) continue;
    const days = (Date.parse(going.sunset) - Date.parse(going.since)) / 86_400_000;
    expect(`${path}: ${days >= deprecatedDaysMin}`).toBe(`${path}: true`);
  }
  for (const { deprecated: going } of routes)
    if (going?.successor !== undefined)
      expect(routes.map(({ path }) => path)).toContain(going.successor);
});
