// `maily activities import` and the recording of deliveries: under pseudonyms, to the reader's own region, never twice.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { told } from "../../cli/activities/command.ts";
import { importActivities, importJournal, type Importing } from "../../cli/activities/import.ts";
import { regionOf } from "../../cli/activities/post.ts";
import { DeliveryRecorder } from "../../cli/activities/record.ts";
import { base64url } from "../../sdk/bytes.ts";
import { pseudonymsOf } from "../../sdk/node/invitations.ts";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import { ActivityBatch } from "../../sdk/schema/activity.ts";
import { startPeer, type PeerRequest } from "../peers/http-peer.ts";
import { mailDefinition } from "../server/in-mail.ts";
import { TestRegion, until } from "../server/region.ts";
import { answerOf, bytesOf, watchingNotice } from "../server/sealed.ts";

const notice = {
  ...watchingNotice,
  purposes: [...watchingNotice.purposes, { id: "shop", text: "Purchases", activities: true }],
} as unknown as Campaign["notice"]; // Parsed, with its defaults, by campaignOf.
const eu = await TestRegion.start();
const us = await TestRegion.start({ keys: eu.keys, region: "us" });
const campaign = await eu.published({ definition: mailDefinition, notice });
await us.publish(campaign);

/** In front of the region's server, so that a test sees and breaks what goes by. */
const front = await startPeer(async ({ method, path, headers, body }: PeerRequest) => {
  const response = await fetch(eu.origin + path, {
    method,
    headers: {
      "content-type": "application/json",
      authorization: String(headers["authorization"] ?? ""),
    },
    ...(method === "POST" && { body: new Uint8Array(body) }),
  });
  return { status: response.status, json: await response.json() };
});
afterAll(() => front.stop());

const nameOf = pseudonymsOf(bytesOf(eu.keys.tenant.readerKey), bytesOf(campaign.id));
const pseudonym = (id: string): string => base64url(new Uint8Array(nameOf(id)));
const now = Date.now();

async function answered(...ids: string[]): Promise<void> {
  await eu.take(
    ...(await Promise.all(
      ids.map((id) =>
        answerOf(eu.keys, campaign, {
          reader: pseudonym(id),
          admittedAt: now - 60_000,
          consent: { purposes: ["results", "shop"] },
          answers: { roast: "dark", stars: 3, why: "x" },
        }),
      ),
    )),
  );
  await eu.ingested();
}

async function importing(name: string, lines: readonly string[]) {
  const file = join(eu.folder, name);
  await writeFile(file, lines.join("\n"));
  const complaints: string[] = [];
  const asked: Importing = {
    file,
    server: {
      origin: front.origin,
      campaign: campaign.id,
      token: eu.keys.tenant.token,
      firstWaitMilliseconds: 5,
    },
    region: "eu",
    secrets: eu.keys.tenant,
    complain: (line) => complaints.push(line),
  };
  return { ...asked, complaints };
}

const isBatch = ({ method }: PeerRequest): boolean => method === "POST";

async function toldAt(region: TestRegion, status: string): Promise<number> {
  const text = await (await region.get("/metrics")).text();
  const series = `maily_activities_total{region="${region.region}",status="${status}"} `;
  const found = text.split("\n").find((each) => each.startsWith(series));
  return Number(found?.slice(series.length) ?? 0);
}

const head = "id,reader,kind,label,amount,currency,happened_at,region";
const at = new Date(now - 1_000).toISOString();

test("a file becomes activities under pseudonyms, its faults named by their rows", async () => {
  await answered("ada@example.org", "bob");
  const run = await importing("orders.csv", [
    head,
    `o1,Ada@Example.org,purchase,,1250,EUR,${at},eu`,
    `o2,bob,click,eco,,,${at},`,
    `o3,nobody,purchase,,100,EUR,${at},eu`,
    `o4,ada@example.org,purchase,,12.50,EUR,${at},eu`,
    `o5,ada@example.org,purchase,,1,EUR,yesterday,eu`,
    `o6,,purchase,,1,EUR,${at},eu`,
    `o7,carl,purchase,,1,EUR,${at},us`,
    `o8,ada@example.org,Purchase!,,1,EUR,${at},eu`,
  ]);
  const counts = await importActivities(run);
  expect(counts).toEqual({ stored: 2, repeated: 0, refused: 1, elsewhere: 1, faults: 4 });
  expect(run.complaints.map((line) => /:(\d+): /.exec(line)?.[1])).toEqual(["5", "6", "7", "9"]);
  expect(told(counts)).toContain("2 stored, 1 refused: the reader did not agree");
  expect(existsSync(importJournal(run))).toBe(false);
  const bodies = front.requests.map(({ body }) => body.toString()).join("\n");
  expect(bodies).toContain(pseudonym("ada@example.org"));
  expect(bodies).not.toMatch(/ada@|bob|nobody|carl/i);
  expect(await importActivities(run)).toMatchObject({ stored: 0, repeated: 2 });
});

test("a run that is stopped goes on; lost answers and a server that is away for a moment double nothing", async () => {
  await answered("eve");
  const rows = Array.from({ length: 1_200 }, (_, index) => `e${index},eve,click,eco,,,${at},`);
  const run = await importing("clicks.csv", [head, ...rows]);
  const away = { status: 503, json: { code: "region-unavailable" } };
  front.fail(isBatch, "lost", "cut", away, undefined, {
    status: 401,
    json: { code: "token-invalid" },
  });
  await expect(importActivities(run)).rejects.toMatchObject({ code: "token-invalid" });
  expect(existsSync(importJournal(run))).toBe(true);
  const before = front.requests.length;
  const counts = await importActivities(run);
  expect(counts.stored + counts.repeated).toBe(700);
  // Only what the first run had no answer to.
  expect(front.requests.length - before).toBe(2);
  const sizes = front.requests
    .filter(isBatch)
    .map(({ body }) => ActivityBatch.parse(JSON.parse(body.toString())).activities.length);
  expect(Math.max(...sizes)).toBe(500);
  const changed = await importing("clicks.csv", [head, ...rows, `e1200,eve,click,eco,,,${at},`]);
  expect(await importActivities(changed)).toMatchObject({ stored: 1, repeated: 1_200 });
});

test("a file without what is needed, or with a column nobody asked for, sends nothing", async () => {
  const before = front.requests.length;
  for (const first of ["id,reader,kind", `${head},email`, ""])
    await expect(importActivities(await importing("wrong.csv", [first]))).rejects.toMatchObject({
      code: "configuration-invalid",
    });
  expect(front.requests.length).toBe(before);
});

test("a delivery is told to its reader's own region alone, and again without effect", async () => {
  expect([await regionOf(eu.origin), await regionOf(us.origin)]).toEqual(["eu", "us"]);
  const record = async (): Promise<number> => {
    const recorder = await DeliveryRecorder.open(
      [eu.origin, us.origin],
      campaign.id,
      eu.keys.tenant.token,
    );
    recorder.note({ reader: pseudonym("one"), region: "eu", state: "sent" });
    recorder.note({ reader: pseudonym("two"), region: "us", state: "refused" });
    recorder.note({ reader: pseudonym("three"), region: "apac", state: "sent" });
    return recorder.finish();
  };
  // Of apac there is no server: nobody else is told.
  expect(await record()).toBe(1);
  expect(await toldAt(us, "stored")).toBe(1);
  await record();
  await until(async () => (await toldAt(us, "repeated")) === 1);
  expect(await toldAt(us, "stored")).toBe(1);
});
