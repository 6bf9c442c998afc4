// The edge's figures and the settings of its telemetry, inside workerd.
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { app } from "../../edge/app.ts";
import { base64url, utf8 } from "../../sdk/bytes.ts";
import { sha256 } from "../../sdk/canonical.ts";
import { readMetrics, valueOf, type Family } from "../prometheus.ts";
import { bindings, edge, origin } from "./edge-under-test.ts";

const token = "a-token-of-the-operator-0123456789";
const telemetry = JSON.stringify({ metricsTokenSha256: base64url(await sha256(utf8(token))) });

async function ask(
  path: string,
  telemetryText: string | undefined = telemetry,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<Response> {
  const env = { ...bindings, ...(telemetryText !== "" && { TELEMETRY: telemetryText }) };
  const context = createExecutionContext();
  const response = await app.fetch(new Request(origin + path, { headers }), env, context);
  await waitOnExecutionContext(context);
  return response;
}

const figures = async (): Promise<Map<string, Family>> =>
  readMetrics(await (await ask("/metrics")).text());

const requestsOf = (families: Map<string, Family>, labels: Record<string, string>): number =>
  valueOf(families, "maily_edge_requests_total", labels) || 0;

const codeOf = async (response: Response): Promise<string> =>
  `${response.status} ${(await response.json<{ code: string }>()).code}`;

test("without a token in the configuration there is no such address", async () => {
  for (const text of ["", "{}"])
    expect(await codeOf(await ask("/metrics", text))).toBe("404 not-found");
});

test("another token, none, or one in another form is refused alike", async () => {
  for (const authorization of ["", "Bearer", `Basic ${token}`, `Bearer ${token.slice(1)}a`])
    expect(await codeOf(await ask("/metrics", telemetry, { authorization }))).toBe(
      "401 token-invalid",
    );
});

test("every request is counted by route and outcome, whatever its address", async () => {
  const before = await figures();
  await ask("/healthz");
  await ask("/nowhere/at-all");
  await ask("/p/AAAAAAAAAAA");
  const after = await figures();
  const rose = (labels: Record<string, string>): number =>
    requestsOf(after, labels) - requestsOf(before, labels);
  expect(rose({ route: "/healthz", outcome: "200" })).toBe(1);
  expect(rose({ route: "none", outcome: "not-found" })).toBe(1);
  expect(rose({ route: "/metrics", outcome: "200" })).toBe(1);
  expect(JSON.stringify([...after.values()])).not.toContain("nowhere");
});

test("every outbox tells what waits in it, and every region when its keys end", async () => {
  const families = await figures();
  for (const name of ["waiting", "oldest_age_seconds", "parked"]) {
    expect(valueOf(families, `maily_edge_outbox_${name}`, { region: "eu" })).toBe(0);
    // It acknowledges from its stream: it has no outbox.
    expect(valueOf(families, `maily_edge_outbox_${name}`, { region: "apac" })).toBeNaN();
  }
  const ends = edge.keys.deployment.directory.keys
    .filter(({ region }) => region === "eu")
    .map(({ notAfter }) => Date.parse(notAfter) / 1000);
  const name = "maily_edge_region_key_expires_timestamp_seconds";
  expect(valueOf(families, name, { region: "eu" })).toBe(Math.max(...ends));
});

for (const [text, place] of [
  ["{", "TELEMETRY is not JSON"],
  ['{"otlp":{"endpoint":"collector:4318"}}', "TELEMETRY is not valid at otlp.endpoint"],
  ['{"otlp":{"endpoint":"http://c","sampleOneIn":0}}', "not valid at otlp.sampleOneIn"],
  ['{"otlp":{"endpoint":"http://c","headers":{"a":"b\\r\\nc: d"}}}', "not valid at otlp.headers"],
  ['{"metricsToken":"secret"}', "TELEMETRY is not valid at (root)"],
] as const)
  test(`refuses to run where ${place}, and repeats no value`, async () => {
    const response = await ask("/healthz", text);
    const problem = await response.text();
    expect(response.status).toBe(500);
    expect(problem).toContain(place);
    for (const value of ["collector", "secret", "c: d"]) expect(problem).not.toContain(value);
  });
