// A region's server that has Snowflake: an answer posted to it lands there, and what Snowflake does is nobody else's trouble.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { StreamingPeer } from "../../peers/snowflake/streaming-peer.ts";
import { account, peerOptions, privateKey, user } from "../../peers/snowflake/sinking.ts";
import { temporaryFolder, TestRegion, until } from "../region.ts";
import { answerOf } from "../sealed.ts";

const peer = new StreamingPeer(peerOptions());
await peer.listen();
const folder = temporaryFolder();
const keyFile = join(folder, "loader.p8");
writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
const eu = await TestRegion.prepare({ folder });
Object.assign(eu.environment, {
  MAILY_SNOWFLAKE_ACCOUNT: account,
  MAILY_SNOWFLAKE_USER: user,
  MAILY_SNOWFLAKE_KEY_FILE: keyFile,
  MAILY_SNOWFLAKE_HOST: peer.origin,
});
await eu.start();
afterAll(async () => {
  await eu.stop();
  await peer.close();
});

const landed = (kind: string): Readonly<Record<string, unknown>>[] =>
  (peer.tables.get("RECORDS")?.rows ?? [])
    .map(({ record }) => record)
    .filter((record) => record["kind"] === kind);

test("an answer lands with its reader's state and its campaign", async () => {
  const campaign = await eu.published();
  await eu.take(await answerOf(eu.keys, campaign));
  await until(() => landed("answer").length === 1 && landed("state").length === 1);
  expect(landed("answer")[0]).toMatchObject({
    region: "eu",
    tenant: campaign.tenant,
    campaign: campaign.id,
  });
  expect(landed("state")[0]?.["current"]).toBe(landed("answer")[0]?.["submissionId"]);
  await until(async () => (await eu.metric("maily_snowflake_lag_records")) === 0);
  expect(await eu.metric("maily_snowflake_up")).toBe(1);
  expect(await eu.metric("maily_snowflake_committed_total")).toBeGreaterThan(1);
  expect(await eu.health()).toMatchObject({
    status: "ok",
    snowflake: { status: "ok", rejected: 0 },
  });
});

test("Snowflake away: answers are taken and counted, health names it, and it catches up", async () => {
  const campaign = await eu.published();
  const before = landed("answer").length;
  await peer.crash();
  await eu.take(await answerOf(eu.keys, campaign));
  await eu.ingested();
  expect(await eu.results(campaign)).toMatchObject({ answers: 1 });
  await until(async () => {
    const { snowflake } = (await eu.health()) as unknown as { snowflake: { code?: string } };
    return snowflake.code === "snowflake-away";
  });
  expect((await eu.health()).status).toBe("ok");
  expect(await eu.metric("maily_snowflake_up")).toBe(0);
  await peer.listen();
  await until(() => landed("answer").length === before + 1);
});

test("what was refused is the operator's to see, and nobody else's", async () => {
  const listed = await eu.operator("/v1/snowflake/rejected");
  expect(await listed.json()).toEqual({ rejected: [] });
  expect((await eu.get("/v1/snowflake/rejected", eu.keys.tenant.token)).status).toBe(401);
  expect((await eu.get("/v1/snowflake/rejected")).status).toBe(401);
  expect((await eu.operator("/v1/snowflake/rejected/all/replay", "POST")).status).toBe(404);
});

test("a server without Snowflake has none of it", async () => {
  const plain = await TestRegion.start({ keys: eu.keys, folder: temporaryFolder() });
  expect((await plain.operator("/v1/snowflake/rejected")).status).toBe(404);
  expect(await plain.health()).not.toHaveProperty("snowflake");
});
