// What a region's server refused: its operator sees it, another tenant's does not, and once it is taken it is put back.
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parkedPageRows } from "../../edge/parked.ts";
import { utf8 } from "../../sdk/bytes.ts";
import { signRequest } from "../../sdk/http-signature.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { TenantSecrets } from "../../sdk/schema/deployment.ts";
import { ParkedList, Replayed } from "../../sdk/schema/parked.ts";
import { bytesOf } from "../edge-process/fixture.ts";
import {
  edge,
  eventually,
  expectProblem,
  outboxOf,
  post,
  publish,
  receiptOf,
  request,
  setMood,
  submission,
  takenBy,
  tenant,
} from "./edge-under-test.ts";

let campaign: Campaign;
let ids: string[] = [];

/** Three answers of the tenant's readers, refused by the eu server. */
beforeEach(async () => {
  campaign = await publish();
  const sent = await Promise.all(Array.from({ length: 3 }, () => submission(campaign)));
  ids = sent.map(({ submissionId }) => submissionId);
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    storage.sql.exec("DELETE FROM parked");
  });
  await setMood("eu", { refuses: ids });
  for (const each of sent) await receiptOf(await post("/v1/answers", each));
  await eventually(
    () => outboxOf("eu").backlog(),
    ({ waiting }) => waiting === 0,
  );
});
afterEach(() => setMood("eu"));

async function ask(
  path: string,
  body: unknown,
  { operatorKey }: Pick<TenantSecrets, "operatorKey"> = tenant,
): Promise<Response> {
  const bytes = utf8(JSON.stringify(body));
  const signature = await signRequest({ method: "POST", path, body: bytes }, operatorKey.keyId, {
    alg: "ed25519",
    seed: bytesOf(operatorKey.seed),
  });
  return request(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...signature },
    body: bytes,
  });
}

const list = async (body: object, by: Pick<TenantSecrets, "operatorKey"> = tenant) =>
  ParkedList.parse(await (await ask("/admin/parked", body, by)).json());

const replay = async (body: object, by: Pick<TenantSecrets, "operatorKey"> = tenant) =>
  Replayed.parse(await (await ask("/admin/parked/replay", body, by)).json());

const parkedBefore = () => new Date(Date.now() + 1_000).toISOString();

test("its operator sees when, why and what, never the reader or what was sealed", async () => {
  const response = await ask("/admin/parked", { region: "eu" });
  expect(response.headers.get("cache-control")).toBe("no-store");
  const text = await response.text();
  const { rows, next } = ParkedList.parse(JSON.parse(text));
  expect(next).toBeUndefined();
  expect(rows.map(({ submissionId }) => submissionId)).toEqual(ids);
  for (const row of rows) {
    expect(row).toMatchObject({ code: "record-malformed", kind: "answer", campaign: campaign.id });
    expect(Object.keys(row).toSorted()).toEqual(
      ["campaign", "code", "id", "kind", "parkedAt", "submissionId"].toSorted(),
    );
    expect(Math.abs(Date.parse(row.parkedAt) - Date.now())).toBeLessThan(60_000);
  }
  expect(text).not.toMatch(/envelope|invitation|receipt/);
});

test("another tenant's operator sees none of it, and puts none of it back", async () => {
  const own = await list({ region: "eu" });
  expect(await list({ region: "eu" }, edge.other)).toEqual({ rows: [] });
  const named = own.rows.map(({ id }) => id);
  expect(await replay({ region: "eu", ids: named }, edge.other)).toEqual({ replayed: 0 });
  expect(await replay({ region: "eu", parkedBefore: parkedBefore() }, edge.other)).toEqual({
    replayed: 0,
  });
  expect(await list({ region: "eu" })).toEqual(own);
});

test("what is named is put back, and arrives once the server takes it; the rest stays", async () => {
  await setMood("eu");
  const { rows } = await list({ region: "eu" });
  expect(
    await replay({ region: "eu", ids: [rows[1]!.id, rows[1]!.id, "0-999999", "7-1"] }),
  ).toEqual({ replayed: 1 });
  const taken = await eventually(
    async () => (await takenBy("eu", campaign.id)).map(({ record }) => record.submissionId),
    (arrived) => arrived.length > 0,
  );
  expect(taken).toEqual([ids[1]]);
  expect((await list({ region: "eu" })).rows.map(({ submissionId }) => submissionId)).toEqual([
    ids[0],
    ids[2],
  ]);
});

test("all are put back, in order, and what is refused again is parked again", async () => {
  await setMood("eu", { refuses: [ids[1]] });
  expect(await replay({ region: "eu", parkedBefore: parkedBefore() })).toEqual({ replayed: 3 });
  await eventually(
    () => outboxOf("eu").backlog(),
    ({ waiting }) => waiting === 0,
  );
  const taken = (await takenBy("eu", campaign.id)).map(({ record }) => record.submissionId);
  expect(taken).toEqual([ids[0], ids[2]]);
  const { rows } = await list({ region: "eu" });
  expect(rows.map(({ submissionId }) => submissionId)).toEqual([ids[1]]);
});

test("what was parked after the instant stays", async () => {
  const instant = new Date(Date.now() - 60_000).toISOString();
  expect(await replay({ region: "eu", parkedBefore: instant })).toEqual({ replayed: 0 });
  expect((await list({ region: "eu" })).rows).toHaveLength(3);
});

test("many are told page by page, and put back page by page", async () => {
  await runInDurableObject(outboxOf("eu"), (_, { storage }) => {
    for (let copies = 0; copies < 100; copies++)
      storage.sql.exec(
        "INSERT INTO parked (parked_at, code, entry) SELECT parked_at, code, entry FROM parked LIMIT 3",
      );
  });
  const found: string[] = [];
  let after: string | undefined = "0-0";
  for (let pages = 0; after !== undefined && pages < 10; pages++) {
    const { rows, next } = await list({ region: "eu", after });
    expect(rows.length).toBeLessThanOrEqual(parkedPageRows);
    found.push(...rows.map(({ id }) => id));
    after = next;
  }
  expect(new Set(found).size).toBe(303);
  const first = await replay({ region: "eu", parkedBefore: parkedBefore() });
  expect(first).toMatchObject({ replayed: parkedPageRows, next: expect.any(String) as string });
  expect((await outboxOf("eu").backlog()).parked).toBe(303 - parkedPageRows);
});

test("an outbox that nothing was ever sent to has none, and stays as it is", async () => {
  expect(await list({ region: "us" })).toEqual({ rows: [] });
  expect(await replay({ region: "us", parkedBefore: parkedBefore() })).toEqual({ replayed: 0 });
});

test("a region without an outbox has none, and one that is not served is refused", async () => {
  expect(await list({ region: "apac" })).toEqual({ rows: [] });
  expect(await replay({ region: "apac", parkedBefore: parkedBefore() })).toEqual({ replayed: 0 });
  expect(await list({ region: "eu", after: "900-1" })).toEqual({ rows: [] });
});

const bodyOf = (path: string) =>
  path === "/admin/parked" ? { region: "eu" } : { region: "eu", ids: ["0-1"] };

describe("refuses", () => {
  const paths = ["/admin/parked", "/admin/parked/replay"] as const;

  for (const path of paths)
    test(`${path} without a signature, or with another's, or twice`, async () => {
      await expectProblem(await post(path, bodyOf(path)), "signature-missing");
      const { keyId } = tenant.operatorKey;
      const forged = { operatorKey: { keyId, seed: edge.other.operatorKey.seed } };
      await expectProblem(await ask(path, bodyOf(path), forged), "signature-invalid");
      const body = utf8(JSON.stringify(bodyOf(path)));
      const { operatorKey } = tenant;
      const signature = await signRequest({ method: "POST", path, body }, operatorKey.keyId, {
        alg: "ed25519",
        seed: bytesOf(operatorKey.seed),
      });
      expect((await post(path, JSON.stringify(bodyOf(path)), signature)).status).toBe(200);
      await expectProblem(
        await post(path, JSON.stringify(bodyOf(path)), signature),
        "signature-stale",
      );
    });

  test.each([
    {},
    { region: "mars" },
    { region: "eu", after: "-1" },
    { region: "eu", after: "0-0x" },
    { region: "eu", more: 1 },
  ])("a list of %j", async (body) => {
    await expectProblem(await ask("/admin/parked", body), "malformed-request");
  });

  test.each([
    { region: "eu" },
    { region: "eu", ids: [] },
    { region: "eu", ids: Array.from({ length: 129 }, () => "0-1") },
    { region: "eu", ids: ["0-1"], parkedBefore: "2026-01-01T00:00:00Z" },
    { region: "eu", parkedBefore: "yesterday" },
  ])("a replay of %j", async (body) => {
    await expectProblem(await ask("/admin/parked/replay", body), "malformed-request");
  });
});
