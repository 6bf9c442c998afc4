// Whether something is live where a deployment would be, though nobody named it.
import { afterEach, expect, test, vi } from "vitest";
import { liveAt } from "../../../cli/deploy/live.ts";
import { Problem } from "../../../sdk/problem.ts";

afterEach(() => void vi.unstubAllGlobals());

/** What answers at https, which no process of a test can be: by host. */
const answering = (hosts: Readonly<Record<string, Response>>): void =>
  void vi.stubGlobal("fetch", async (url: string) => {
    const { host, pathname } = new URL(url);
    const response = pathname === "/healthz" ? hosts[host] : undefined;
    if (response === undefined) throw new TypeError("fetch failed");
    return response;
  });

const addresses = ["tea.test/ask/*", "*.tea.test", "eu.tea.test"];

test("an edge is found by its health, and by saying that an outbox is away", async () => {
  answering({ "eu.tea.test": Response.json({ status: "ok", regions: { eu: { waiting: 1 } } }) });
  expect(await liveAt(addresses)).toBe("https://eu.tea.test");
  answering({ "tea.test": new Problem("region-unavailable").toResponse() });
  expect(await liveAt(addresses)).toBe("https://tea.test");
});

test("another site, a Worker without its secrets and nothing at all are no edge that holds answers", async () => {
  answering({
    "tea.test": new Response("<html></html>"),
    "eu.tea.test": new Problem("configuration-invalid").toResponse(),
  });
  expect(await liveAt(addresses)).toBeUndefined();
  answering({});
  expect(await liveAt(addresses)).toBeUndefined();
});
