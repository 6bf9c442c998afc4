import { join } from "node:path";
import { expect, test } from "vitest";
import type { EdgeRecord } from "../../sdk/schema/record.ts";
import { writeAround } from "../../server/ingest.ts";
import type { StoredRecord } from "../../server/stream/stream.ts";
import { listDeadLetters } from "../../server/warehouse/dead-letters.ts";
import { Warehouse } from "../../server/warehouse/duckdb.ts";
import type { Row } from "../../server/warehouse/rows.ts";
import { codeOf, temporaryFolder, TestRegion, until } from "./region.ts";
import { answerOf, campaignOf, randomId, withdrawalOf } from "./sealed.ts";
import { submissionRow } from "./warehouse/row.ts";

const eu = await TestRegion.start();

/** Sends one record and returns the code of the dead letter it became. */
async function deadCodeOf(record: EdgeRecord): Promise<string | undefined> {
  const known = new Set((await eu.deadLetters()).map(({ id }) => id));
  await eu.take(record);
  await eu.ingested();
  return (await eu.deadLetters()).find(({ id }) => !known.has(id))?.code;
}

test("dead letters that wait for a campaign are replayed when it is published", async () => {
  const late = await campaignOf(eu.keys);
  expect(await deadCodeOf(await answerOf(eu.keys, late))).toBe("campaign-unknown");
  await eu.take(await answerOf(eu.keys, late), await withdrawalOf(eu.keys, late));
  await eu.ingested();
  const waiting = (await eu.deadLetters()).length;
  expect((await eu.publish(late)).status).toBe(200);
  await until(async () => (await eu.results(late)).answers === 2);
  expect(await eu.deadLetters()).toHaveLength(waiting - 3);
});

test("a dead letter is replayed once what it lacked is there, and stays while it is not", async () => {
  const strict = await eu.published();
  const questions = strict.definition.questions.map((question) => ({
    ...question,
    required: false,
  }));
  const answer = await answerOf(eu.keys, strict, { answers: { again: "yes" } });
  const known = new Set((await eu.deadLetters()).map(({ id }) => id));
  expect(await deadCodeOf(answer)).toBe("answer-invalid");
  const letter = (await eu.deadLetters()).find(({ id }) => !known.has(id));
  const path = `/v1/dead-letters/${letter?.id}/replay`;
  const failed = await eu.operator(path, "POST");
  expect(await failed.json()).toEqual({ replayed: 0, failed: { "answer-invalid": 1 } });
  expect((await eu.deadLetters()).find(({ id }) => id === letter?.id)?.attempts).toBe(2);
  const revised = { ...strict.definition, questions };
  await eu.publish(await campaignOf(eu.keys, { ...strict, revision: 2, definition: revised }));
  const replayed = await eu.operator(path, "POST");
  expect(await replayed.json()).toEqual({ replayed: 1, failed: {} });
  expect(await eu.results(strict)).toMatchObject({ answers: 1 });
  const again = await eu.operator(path, "POST");
  expect([again.status, await codeOf(again)]).toEqual([404, "not-found"]);
});

test("all dead letters are replayed page by page, and pages are listed", async () => {
  const region = await TestRegion.start();
  const first = await region.published();
  const bad = await answerOf(region.keys, first, { answers: { roast: "burnt" } });
  for (let sent = 0; sent < 2; sent++) await region.take(...Array.from({ length: 225 }, () => bad));
  await region.ingested();
  const ids = new Set<string>();
  let after: string | undefined;
  do {
    const query: string = after === undefined ? "" : `?after=${after}`;
    const page = (await (await region.operator(`/v1/dead-letters${query}`)).json()) as {
      deadLetters: { id: string }[];
      next?: string;
    };
    for (const { id } of page.deadLetters) ids.add(id);
    after = page.next;
  } while (after !== undefined);
  expect(ids.size).toBe(450);
  const all = await region.operator("/v1/dead-letters/all/replay", "POST");
  expect(await all.json()).toEqual({ replayed: 0, failed: { "answer-invalid": 450 } });
});

test("only the region's operator sees or replays dead letters", async () => {
  for (const token of [undefined, eu.keys.tenant.token, randomId(32)]) {
    const listed = await eu.get("/v1/dead-letters", token);
    expect([listed.status, await codeOf(listed)]).toEqual([401, "token-invalid"]);
  }
  const bare = await fetch(`${eu.origin}/v1/dead-letters/all/replay`, { method: "POST" });
  expect(bare.status).toBe(401);
  const unknown = await eu.operator("/v1/dead-letters/x/replay", "POST");
  expect(await codeOf(unknown)).toBe("not-found");
});

test("a row that the tables refuse becomes a dead letter, and those around it are stored", async () => {
  const warehouse = await Warehouse.open(join(temporaryFolder(), "around.duckdb"));
  const rows = Array.from({ length: 9 }, (_, offset) =>
    submissionRow(BigInt(offset), offset === 5 ? [{ question: null as never, position: 0 }] : []),
  );
  const nextOffsets = new Map([[0, 9n]]);
  let stored = 0;
  await writeAround(warehouse, { rows, nextOffsets, replay: false }, (written) => {
    stored += written.stored.length;
  });
  expect(stored).toBe(8);
  const letters = await warehouse.read((connection) =>
    listDeadLetters(connection, { partition: -1, offset: 0n }, 10),
  );
  expect(letters).toMatchObject([{ partition: 0, offset: 5n, code: "internal" }]);
  expect(await warehouse.nextOffsets()).toEqual(nextOffsets);
  await warehouse.close();
});

test("letters of a reader who asks twice to be erased go with one commit", async () => {
  const warehouse = await Warehouse.open(join(temporaryFolder(), "erased.duckdb"));
  const { tenant, campaign, reader, source } = submissionRow(0n);
  const at = (offset: number): StoredRecord => ({
    ...source,
    offset: BigInt(offset),
    key: `${tenant}|${reader}`,
  });
  const letter = (offset: number): Row => ({
    kind: "dead-letter",
    code: "internal",
    campaign: undefined,
    source: at(offset),
  });
  const erasure = (offset: number): Row => ({
    kind: "request",
    request: "erase",
    via: "page",
    submissionId: `erasure ${offset}`,
    test: false,
    admittedAt: offset,
    tenant,
    campaign,
    reader,
    source: at(offset),
  });
  const rows = [letter(0), letter(1), erasure(2), erasure(3), letter(4)];
  await warehouse.write({ rows, nextOffsets: new Map(), replay: false });
  const left = await warehouse.read((connection) =>
    listDeadLetters(connection, { partition: -1, offset: 0n }, 10),
  );
  expect(left).toMatchObject([{ offset: 4n }]);
  await warehouse.close();
});
