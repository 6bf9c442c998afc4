// What a site embeds: the page in a frame that only the campaign's own sites may make, and the loader.
import { expect, test } from "vitest";
import { framePolicy } from "../../sdk/page-policy.ts";
import { siteOf } from "../edge-process/fixture.ts";
import { expectProblem, publish, request } from "./edge-under-test.ts";

const ancestorsOf = ({ headers }: Response): string | undefined =>
  headers
    .get("content-security-policy")
    ?.split("; ")
    .find((directive) => directive.startsWith("frame-ancestors"));

test("the frame is the page, for the campaign's own sites", async () => {
  const campaign = await publish({ site: siteOf() });
  const [frame, page] = await Promise.all([
    request(`/e/${campaign.id}`),
    request(`/a/${campaign.id}`),
  ]);
  expect(frame.status).toBe(200);
  expect(await frame.text()).toBe(await page.text());
  expect(ancestorsOf(frame)).toBe(
    "frame-ancestors https://shop.example https://*.shop.example http://localhost:3000",
  );
  expect(frame.headers.get("content-security-policy")).toBe(framePolicy(siteOf().origins));
  expect(frame.headers.get("cache-control")).toBe("public, max-age=60");
  // A page that asks this of all that it frames may frame it.
  expect(frame.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  expect(frame.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
  expect(frame.headers.get("cross-origin-opener-policy")).toBeNull();
  expect(frame.headers.get("permissions-policy")).toContain("camera=()");
  // The page itself stays in no other's frame.
  expect(ancestorsOf(page)).toBe("frame-ancestors 'self'");
  expect(page.headers.get("cross-origin-resource-policy")).toBe("same-origin");
});

test("a campaign that is for no site is in no frame", async () => {
  const campaign = await publish();
  const frame = await request(`/e/${campaign.id}`);
  expect(frame.status).toBe(200);
  expect(ancestorsOf(frame)).toBe("frame-ancestors 'none'");
});

test("where there is no campaign, the page is there to say so, and nobody keeps it", async () => {
  for (const id of ["AAAAAAAAAAA", "none"])
    for (const encoding of ["br", "identity"]) {
      const frame = await request(`/e/${id}`, { headers: { "accept-encoding": encoding } });
      expect(frame.status).toBe(404);
      expect(frame.headers.get("cache-control")).toBe("no-store");
      expect(frame.headers.get("content-type")).toBe("text/html; charset=utf-8");
      if (encoding === "identity") expect(await frame.text()).toContain("Page");
    }
});

test("the loader is any site's to load, and by its content for good", async () => {
  for (const [path, cacheControl] of [
    ["/embed.js", "public, max-age=300"],
    ["/embed/3c4d.js", "public, max-age=31536000, immutable"],
  ] as const) {
    const response = await request(path, { headers: { origin: "https://any.example" } });
    expect(response.status, path).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe(cacheControl);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  }
  for (const path of ["/embed/none.js", "/embed/..%2findex.html", "/embed/3c4d.js.br"])
    await expectProblem(await request(path), "not-found");
});
