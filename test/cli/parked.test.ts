// `maily parked` as a process of its own, against an edge whose region refused what was acknowledged.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateKeys, writeKeys } from "../../cli/keygen.ts";
import { replayAll } from "../../cli/parked.ts";
import { Problem } from "../../sdk/problem.ts";
import { publishTo, startEdge, type EdgeProcess } from "../edge-process/edge-process.ts";
import { invite, submissionOf } from "../edge-process/fixture.ts";
import { willing } from "../edge-process/intake-peer.ts";

const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));

let edge: EdgeProcess;
let campaign = "";
const ids: string[] = [];

beforeAll(async () => {
  edge = await startEdge({ shards: 2 });
  const { tenant, deployment } = edge.keys;
  await writeKeys(join(edge.folder, "keys"), edge.keys);
  const published = await publishTo(edge);
  campaign = published.id;
  const sent = await Promise.all(
    Array.from({ length: 6 }, async () =>
      submissionOf(deployment, await invite(tenant, published, "eu")),
    ),
  );
  ids.push(...sent.map(({ submissionId }) => submissionId));
  edge.peers.eu.mood = { ...willing, refuses: ids };
  for (const submission of sent) {
    const { status } = await fetch(`${edge.origin}/v1/answers`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(submission),
    });
    expect(status).toBe(202);
  }
  for (let looks = 0; (await parked("--json")).out.length < ids.length; looks++)
    expect(looks).toBeLessThan(100);
});
afterAll(() => edge.stop());

interface Ended {
  readonly status: number;
  readonly out: string[];
  readonly told: string;
}

const parked = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const common = ["parked", "--edge", edge.origin, "--keys", join(edge.folder, "keys")];
    const child = execFile(process.execPath, [program, ...common, ...args], (_, stdout, stderr) => {
      const out = stdout.split("\n").filter((line) => line !== "");
      resolve({ status: child.exitCode ?? -1, out, told: stderr });
    });
  });

interface Row {
  readonly id: string;
  readonly submissionId: string;
}

test("lists all of every outbox, a line each, with the reason", async () => {
  const { status, out } = await parked();
  expect(status).toBe(0);
  expect(out).toHaveLength(6);
  for (const line of out) {
    expect(line).toMatch(/^eu {2}[01]-\d+ .* record-malformed /);
    expect(line).toContain(campaign);
  }
  for (const id of ids) expect(out.filter((line) => line.endsWith(id))).toHaveLength(1);
});

test("puts back what is named, then all, and the region has them once", async () => {
  const rows = (await parked("--json")).out.map(
    (line) => JSON.parse(line) as Row & { region: string },
  );
  expect(rows.map(({ submissionId }) => submissionId).toSorted()).toEqual(ids.toSorted());
  edge.peers.eu.mood = willing;
  const named = rows.slice(0, 2).map(({ id }) => id);
  const some = await parked("--regions", "eu", "--replay", named.join(","), "--json");
  expect(some).toMatchObject({ status: 0, out: ['{"region":"eu","replayed":2}'] });
  const all = await parked("--replay");
  expect(all).toMatchObject({ status: 0, out: ["eu: 4 put back", "us: 0 put back"] });
  const taken = () => edge.peers.eu.taken.map(({ record }) => record.submissionId);
  await expect.poll(() => taken().toSorted(), { timeout: 20_000 }).toEqual(ids.toSorted());
  expect(await parked()).toMatchObject({
    status: 0,
    out: [],
    told: "nothing of tenant 1 is parked in eu, us\n",
  });
});

test("says what is wrong, and ends with 1 where it was refused and 2 where it was called wrongly", async () => {
  const stranger = join(edge.folder, "stranger");
  await writeKeys(stranger, await generateKeys(1, Date.now()));
  const refused = await parked("--keys", stranger);
  expect(refused.status).toBe(1);
  expect(refused.told).toContain("signature");
  const unreachable = await parked("--edge", "http://127.0.0.1:9");
  expect(unreachable.status).toBe(1);
  expect((await parked("--regions", "mars")).status).toBe(2);
  expect((await parked("--replay", "everything")).status).toBe(2);
  const ambiguous = await parked("--replay", "0-1");
  expect(ambiguous.status).toBe(2);
  expect(ambiguous.told).toContain("--regions");
});

test("waits where it asked for more pages than one address may, and signs the question anew", async () => {
  const signatures: string[] = [];
  const server = createServer((request, response) => {
    signatures.push(String(request.headers["signature"]));
    const refused = new Problem("rate-limited", { retryAfterSeconds: 1 });
    response.writeHead(signatures.length === 1 ? refused.status : 200);
    response.end(JSON.stringify(signatures.length === 1 ? refused : { replayed: 3 }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const operator = { edge: `http://127.0.0.1:${port}`, secrets: edge.keys.tenant };
  expect(await replayAll(operator, "eu", Date.now())).toBe(3);
  server.close();
  expect(new Set(signatures).size).toBe(2);
});
