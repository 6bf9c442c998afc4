// `maily dead-letters` as a process of its own, against a region that could not read some of what it got.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { writeKeys } from "../../cli/keygen.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { TestRegion } from "../server/region.ts";
import { answerOf, campaignOf } from "../server/sealed.ts";

const program = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const eu = await TestRegion.start();
let strict: Campaign;
let late: Campaign;

interface Ended {
  readonly status: number;
  readonly out: string[];
  readonly told: string;
}

const letters = (...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const common = ["dead-letters", "--server", eu.origin, "--keys", join(eu.folder, "keys")];
    const child = execFile(process.execPath, [program, ...common, ...args], (_, stdout, stderr) => {
      const out = stdout.split("\n").filter((line) => line !== "");
      resolve({ status: child.exitCode ?? -1, out, told: stderr });
    });
  });

beforeAll(async () => {
  await writeKeys(join(eu.folder, "keys"), eu.keys);
  strict = await eu.published();
  late = await campaignOf(eu.keys);
  const [bad, unknown] = await Promise.all([
    answerOf(eu.keys, strict, { answers: { roast: "burnt" } }),
    answerOf(eu.keys, late),
  ]);
  await eu.take(bad, unknown, await answerOf(eu.keys, strict, { answers: { roast: "charred" } }));
  await eu.ingested();
});

test("lists where they lie and why, all or those of a code and campaign", async () => {
  const all = await letters();
  expect([all.status, all.out.length, all.told]).toEqual([0, 3, ""]);
  expect(all.out.filter((line) => line.includes("answer-invalid"))).toHaveLength(2);
  expect((await letters("--code", "campaign-unknown")).out).toHaveLength(1);
  expect((await letters("--campaign", strict.id)).out).toHaveLength(2);
  const [json] = (await letters("--campaign", late.id, "--json")).out;
  expect(JSON.parse(json ?? "")).toMatchObject({ code: "campaign-unknown", campaign: late.id });
  const none = await letters("--campaign", late.id, "--code", "answer-invalid");
  expect([none.status, none.out, none.told]).toEqual([0, [], "no such dead letters\n"]);
});

test("tries again those that are named or meant, says what failed, and leaves the rest alone", async () => {
  const again = await letters("--replay", "--code", "answer-invalid");
  expect([again.status, again.out]).toEqual([1, ["all: 0 read, 2 answer-invalid failed again"]]);
  const attempts = (await eu.deadLetters()).map((letter) => `${letter.code} ${letter.attempts}`);
  expect(attempts.toSorted()).toEqual([
    "answer-invalid 2",
    "answer-invalid 2",
    "campaign-unknown 1",
  ]);
  const [bad] = await eu.deadLetters();
  const one = await letters("--replay", bad?.id ?? "", "--json");
  expect(JSON.parse(one.out[0] ?? "")).toMatchObject({ id: bad?.id, replayed: 0 });
  const gone = await letters("--replay", "9-999");
  expect([gone.status, gone.out]).toEqual([1, []]);
  expect((await letters("--replay", "seven")).status).toBe(2);
});

test("is for who holds the operator's file", async () => {
  const folder = join(eu.folder, "others");
  const status = await new Promise((resolve) => {
    const args = [program, "dead-letters", "--server", eu.origin, "--keys", folder];
    const child = execFile(process.execPath, args, () => resolve(child.exitCode));
  });
  expect(status).toBe(1);
});
