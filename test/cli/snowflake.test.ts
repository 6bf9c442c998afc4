// `maily snowflake` as an operator types it.
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder, TestRegion, until } from "../server/region.ts";
import {
  account,
  answerRecord,
  peerOptions,
  privateKey,
  topic,
  user,
} from "../peers/snowflake/sinking.ts";
import { StreamingPeer } from "../peers/snowflake/streaming-peer.ts";
import { openEmbeddedStream } from "../../server/stream/embedded.ts";

const run = promisify(execFile);
const folder = temporaryFolder();
const keyFile = join(folder, "loader.p8");
writeFileSync(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
const common = ["--region", "eu", "--account", account, "--user", user, "--key-file", keyFile];

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const maily = (...words: string[]): Promise<Ended> =>
  run(process.execPath, ["cli/main.ts", "snowflake", ...words]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended, // execFile's, with what was written until then.
  );

test("setup says the whole SQL, with the key's public half and never the other", async () => {
  const { code, stdout } = await maily(
    "setup",
    ...common,
    "--cortex",
    "--materialize",
    "5 minutes",
  );
  expect(code).toBe(0);
  expect(stdout).toContain("CREATE PIPE IF NOT EXISTS RECORDS");
  expect(stdout).toContain("TARGET_LAG = '5 minutes'");
  expect(stdout).toContain("AI_SUMMARIZE_AGG");
  expect(stdout).not.toContain("PRIVATE KEY");
});

test("what is wrong is named before anything is asked", async () => {
  expect(
    await maily("setup", ...common, "--materialize", "1 minute' AS SELECT 1 --"),
  ).toMatchObject({ code: 2 });
  const named = await maily("setup", ...common, "--database", "MAILY; DROP");
  expect([named.code, named.stderr]).toEqual([
    1,
    expect.stringContaining("MAILY_SNOWFLAKE_DATABASE: set it to an unquoted identifier"),
  ]);
  const keyless = await maily("check", ...common.slice(0, -1), join(folder, "nowhere"));
  expect([keyless.code, keyless.stderr]).toEqual([1, expect.stringContaining("cannot be read")]);
});

test("check says what streams, what does not, and what to do", async () => {
  const peer = new StreamingPeer(peerOptions({ pipes: ["RECORDS"] }));
  await peer.listen();
  const checked = await maily("check", ...common, "--host", peer.origin);
  const other = join(folder, "other.p8");
  const { privateKey: unknown } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(other, unknown.export({ type: "pkcs8", format: "pem" }));
  const foreign = await maily("check", ...common.slice(0, -1), other, "--host", peer.origin);
  await peer.close();
  expect(checked.code).toBe(1);
  expect(checked.stdout).toMatch(/✓ rows can be streamed to RECORDS/);
  expect(checked.stdout).toMatch(
    /✗ rows can be streamed to EVENT_RECORDS: Snowflake refuses this\n {4}.*maily snowflake setup/,
  );
  expect(foreign.stdout).toMatch(
    /✗ rows can be streamed to RECORDS: Snowflake does not take this key/,
  );
});

test("rejected lists where and why, and sends again", async () => {
  const peer = new StreamingPeer(peerOptions());
  await peer.listen();
  const eu = await TestRegion.prepare({ folder: temporaryFolder() });
  Object.assign(eu.environment, {
    MAILY_SNOWFLAKE_ACCOUNT: account,
    MAILY_SNOWFLAKE_USER: user,
    MAILY_SNOWFLAKE_KEY_FILE: keyFile,
    MAILY_SNOWFLAKE_HOST: peer.origin,
  });
  const data = eu.environment["MAILY_DATA_DIR"] ?? "";
  mkdirSync(data, { recursive: true });
  const stream = openEmbeddedStream({ path: join(data, "stream.db") });
  await stream.append(topic, [answerRecord(0, { admittedAt: "then" }), answerRecord(1)]);
  await stream.close();
  await eu.start();
  afterAll(async () => {
    await eu.stop();
    await peer.close();
  });
  writeFileSync(join(folder, "operator.json"), JSON.stringify(eu.keys.operator), { mode: 0o600 });
  const server = ["--server", eu.origin, "--keys", folder];
  await until(async () => (await eu.metric("maily_snowflake_rejected_rows")) === 1);
  const listed = await maily("rejected", ...server);
  expect(listed.stdout).toMatch(/^1 {2}answers\.eu\/\d@\d-\d {2}1 type-conflict, 1 tries\n$/);
  expect(listed.stdout).not.toContain("then");
  peer.acceptsAll = true;
  expect((await maily("rejected", ...server, "--replay")).stderr).toMatch(/^1 sent again/);
  await until(async () => (await eu.metric("maily_snowflake_rejected_rows")) === 0);
  expect((await maily("rejected", ...server)).stderr).toMatch(/refused nothing/);
});
