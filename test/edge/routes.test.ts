// What every route does, and the page.
import { expect, test } from "vitest";
import { pagePolicy, preferencesPolicy, workerPolicy } from "../../sdk/page-policy.ts";
import { routes } from "../../edge/app.ts";
import { describeProblem, problemCodes } from "../../sdk/problem.ts";
import { KeyDirectory } from "../../sdk/schema/key-config.ts";
import { invite } from "../edge-process/fixture.ts";
import {
  copiesOf,
  deployment,
  expectProblem,
  formType,
  logged,
  publish,
  publishMail,
  request,
  rowsOf,
  sender,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

test("/v1/keys is the deployment's directory", async () => {
  const response = await request("/v1/keys");
  expect(KeyDirectory.parse(await response.json())).toEqual(deployment.directory);
});

test("every problem is explained at its type's address", async () => {
  for (const code of problemCodes) {
    const response = await request(describeProblem(code).type);
    expect(await response.json()).toEqual(describeProblem(code));
  }
  await expectProblem(await request("/problems/none"), "not-found");
  await expectProblem(await request("/problems/toString"), "not-found");
});

test("an address that is none is not found", async () => {
  for (const path of ["/", "/v1", "/v1/answers/", "/a", "/assets/", "/a/b/c/d", "/admin"])
    await expectProblem(await request(path), "not-found");
});

test("another method is refused with those that are allowed", async () => {
  const cases = [
    ["GET", "/v1/answers", "POST, OPTIONS"],
    ["DELETE", "/v1/answers", "POST, OPTIONS"],
    ["POST", "/v1/keys", "GET, HEAD, OPTIONS"],
    ["POST", "/a/AAAAAAAAAAA", "GET, HEAD, OPTIONS"],
    ["GET", "/admin/campaigns/AAAAAAAAAAA", "PUT, OPTIONS"],
    ["GET", "/v1/amp/answers", "POST, OPTIONS"],
    ["DELETE", "/u/AAAA", "POST, GET, HEAD, OPTIONS"],
    ["POST", "/p/AAAAAAAAAAA", "GET, HEAD, OPTIONS"],
  ] as const;
  for (const [method, path, allow] of cases) {
    const response = await request(path, { method });
    expect(response.headers.get("allow")).toBe(allow);
    await expectProblem(response, "method-not-allowed");
  }
});

test("another origin's preflight is answered, and gets no leave", async () => {
  const response = await request("/v1/preferences", {
    method: "OPTIONS",
    headers: { origin: "https://elsewhere.example", "access-control-request-method": "POST" },
  });
  expect(response.status).toBe(204);
  expect(response.headers.get("allow")).toBe("POST, OPTIONS");
  expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
    [],
  );
});

test("every answer says that it is what it says it is", async () => {
  for (const path of [
    "/v1/keys",
    "/healthz",
    "/nowhere",
    "/a/AAAAAAAAAAA",
    "/assets/page-1a2b.js",
  ]) {
    const { headers } = await request(path);
    expect(headers.get("x-content-type-options"), path).toBe("nosniff");
    expect(headers.get("referrer-policy"), path).toBe("no-referrer");
    expect(headers.get("set-cookie"), path).toBeNull();
  }
});

test("the page is the same bytes for everybody, under the strict policy", async () => {
  const campaign = await publish();
  const invitation = await invite(tenant, campaign, "eu");
  const [fragment, path] = await Promise.all([
    request(`/a/${campaign.id}`),
    request(`/a/${campaign.id}/${invitation}`),
  ]);
  for (const response of [fragment, path]) {
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toBe(pagePolicy);
  }
  expect(fragment.headers.get("cache-control")).toBe("public, max-age=300");
  expect(path.headers.get("cache-control")).toBe("no-store");
  expect(await path.text()).toBe(await fragment.text());
});

test("the preference page is the same bytes for everybody, and only its own address takes a form", async () => {
  const campaign = await publish();
  const invitation = await invite(tenant, campaign, "eu");
  const [centre, unsubscribe] = await Promise.all([
    request(`/p/${campaign.id}`),
    request(`/u/${invitation}`),
  ]);
  expect(await centre.text()).toContain("Preferences");
  expect(centre.headers.get("cache-control")).toBe("public, max-age=300");
  expect(centre.headers.get("content-security-policy")).toBe(pagePolicy);
  expect(await unsubscribe.text()).toContain("Unsubscribe");
  expect(unsubscribe.headers.get("cache-control")).toBe("no-store");
  expect(unsubscribe.headers.get("content-security-policy")).toBe(preferencesPolicy);
  for (const { status, headers } of [centre, unsubscribe]) {
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("set-cookie")).toBeNull();
  }
});

test("HEAD is GET without the body", async () => {
  const response = await request("/a/AAAAAAAAAAA", { method: "HEAD" });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-security-policy")).toBe(pagePolicy);
  expect(await response.text()).toBe("");
});

test("the page's files never change, and come as Brotli where it is accepted", async () => {
  const plain = await request("/assets/page-1a2b.js", { headers: { "accept-encoding": "gzip" } });
  expect(await plain.text()).toBe("1;");
  expect(plain.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(plain.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  expect(plain.headers.get("content-encoding")).toBeNull();
  const refused = await request("/assets/page-1a2b.js", {
    headers: { "accept-encoding": "br;q=0" },
  });
  expect(refused.headers.get("content-encoding")).toBeNull();
  const brotli = await request("/assets/page-1a2b.js", {
    headers: { "accept-encoding": "gzip, deflate, br" },
  });
  expect(brotli.headers.get("content-encoding")).toBe("br");
  expect(brotli.headers.get("vary")).toBe("accept-encoding");
});

test("the service worker is asked for anew each time, and may fetch from the edge alone", async () => {
  const response = await request("/sw.js");
  expect(await response.text()).toContain("worker");
  expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-cache");
  expect(response.headers.get("service-worker-allowed")).toBe("/");
  expect(response.headers.get("content-security-policy")).toBe(workerPolicy);
});

test("every answer says what time it is", async () => {
  for (const path of ["/a/AAAAAAAAAAA", "/v1/keys", "/nowhere", "/v1/campaigns/AAAAAAAAAAA"]) {
    const date = (await request(path)).headers.get("date") ?? "";
    expect(Math.abs(Date.now() - Date.parse(date)), path).toBeLessThan(10_000);
    expect(new Date(date).toUTCString()).toBe(date);
  }
});

test("no file outside the page's own is served", async () => {
  for (const path of [
    "/assets/none.js",
    "/assets/index.html",
    "/assets/..%2findex.html",
    "/assets/%2e%2e%2findex.html",
    "/assets/page-1a2b.js.br",
    "/index.html",
  ])
    await expectProblem(await request(path), "not-found");
});

test("GET and HEAD record nothing at any address, and no log line holds an invitation", async () => {
  const campaign = await publishMail();
  const invitation = await invite(tenant, campaign, "eu");
  const query = `?invitation=${invitation}&consent=results&request=erase&List-Unsubscribe=One-Click`;
  const filled = (path: string): string =>
    path
      .replace(/:(campaign|id)\b/, campaign.id)
      .replace(":invitation", invitation)
      .replace(":file", "page-1a2b.js")
      .replace(":code", "internal");
  const paths = [...new Set(routes.map(({ path }) => filled(path))), `/nowhere/${invitation}`];
  expect(paths.length).toBeGreaterThan(15);
  const before = [await rowsOf("eu"), await copiesOf("eu")];
  const lines = await logged(async () => {
    for (const method of ["GET", "HEAD", "OPTIONS"])
      for (const path of paths) {
        const response = await request(path + query, {
          method,
          headers: { "amp-email-sender": sender, "content-type": formType },
        });
        expect([200, 204, 404, 405], path).toContain(response.status);
        await response.arrayBuffer();
      }
  });
  expect([await rowsOf("eu"), await copiesOf("eu")]).toEqual(before);
  expect(await takenBy("eu", campaign.id)).toEqual([]);
  expect(lines).not.toEqual([]);
  expect(lines.join("\n")).not.toContain(invitation.slice(0, 40));
});

test("/openapi.json describes every route", async () => {
  const { openapi, paths } = await (
    await request("/openapi.json")
  ).json<{
    openapi: string;
    paths: Record<string, unknown>;
  }>();
  expect(openapi).toBe("3.1.1");
  expect(Object.keys(paths)).toContain("/v1/answers");
  expect(Object.keys(paths)).toHaveLength(new Set(routes.map(({ path }) => path)).size);
});
