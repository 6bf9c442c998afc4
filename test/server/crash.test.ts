import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Campaign } from "../../sdk/schema/campaign.ts";
import type { SealedRecord } from "../../sdk/schema/record.ts";
import { inMailOf } from "./in-mail.ts";
import { hasOwnDisks, onSmallDisk, ServerProcess } from "./process.ts";
import { TestRegion, until } from "./region.ts";
import { answerOf, randomId } from "./sealed.ts";

const perBatch = 20;

/** Distinct answers of distinct readers, a third of them dark. */
function answersOf(region: TestRegion, campaign: Campaign, count: number): Promise<SealedRecord[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      answerOf(region.keys, campaign, {
        region: region.region,
        answers: { roast: index % 3 === 0 ? "dark" : "light", stars: (index % 5) + 1 },
      }),
    ),
  );
}

/** As the edge: repeats a batch until it is acknowledged, whatever happens to the server meanwhile. */
async function deliver(region: TestRegion, answers: readonly SealedRecord[]): Promise<void> {
  for (let start = 0; start < answers.length; start += perBatch) {
    const batch = answers.slice(start, start + perBatch);
    while (!(await region.take(...batch).catch(() => undefined))) await sleep(20);
  }
}

async function expectExactly(
  region: TestRegion,
  campaign: Campaign,
  answers: readonly SealedRecord[],
): Promise<void> {
  await region.ingested();
  const results = await region.results(campaign);
  expect(results).toMatchObject({ answers: answers.length, submissions: answers.length });
  const dark = Math.ceil(answers.length / 3);
  expect(results.questions[0]?.options?.map(({ count }) => count)).toEqual([
    answers.length - dark,
    dark,
  ]);
  expect(await region.deadLetters()).toEqual([]);
}

for (const durability of ["outbox", "stream"] as const)
  test(
    `counts every answer once though the server is killed again and again (${durability})`,
    { timeout: 120_000 },
    async () => {
      const region = await TestRegion.prepare({ durability });
      let server = new ServerProcess(region.environment);
      region.at(await server.ready);
      const campaign = await region.published();
      const answers = await answersOf(region, campaign, 900);
      const delivery = deliver(region, answers);
      const delivered = new AbortController();
      void delivery.finally(() => delivered.abort());
      let kills = 0;
      while (!delivered.signal.aborted || kills < 4) {
        // Each life is a little longer, so that the kills meet different moments.
        await sleep(150 + kills * 70);
        expect(await server.end("SIGKILL")).toBe("SIGKILL");
        kills++;
        server = new ServerProcess(region.environment);
        region.at(await server.ready);
      }
      await delivery;
      expect(kills).toBeGreaterThanOrEqual(4);
      await expectExactly(region, campaign, answers);
      expect(await server.end("SIGTERM")).toBe(0);
    },
  );

test.skipIf(!hasOwnDisks)(
  "says 503 and waits on a full disk, and goes on when there is room, with nothing lost",
  { timeout: 120_000 },
  async () => {
    const region = await TestRegion.prepare();
    const { MAILY_DATA_DIR: data = "" } = region.environment;
    // The file's namespace is the server's alone: it can only be asked to delete the ballast from within.
    const dropper = `(until [ -e ${region.folder}/drop ]; do sleep 0.1; done; rm ${data}/ballast) & exec "$@"`;
    const wrapper = [...onSmallDisk(data, 24, 18_000_000), "sh", "-c", dropper, "sh"];
    const server = new ServerProcess(region.environment, wrapper);
    region.at(await server.ready);
    const campaign = await region.published();
    const answers = await answersOf(region, campaign, 1500);
    const statuses = new Set<number>();
    let room = false;
    for (let start = 0; start < answers.length; start += perBatch) {
      const entries = answers
        .slice(start, start + perBatch)
        .map((record) => ({ record, receipt: "r" }));
      for (;;) {
        const response = await region.signed("POST", "/v1/intake", { region: "eu", entries });
        statuses.add(response.status);
        if (response.ok) break;
        expect(response.headers.get("retry-after")).not.toBeNull();
        if (!room) {
          // Results are still there to be read.
          expect((await region.results(campaign)).campaign).toBe(campaign.id);
          expect((await region.get("/healthz")).status).toBe(503);
          await writeFile(`${region.folder}/drop`, "");
          room = true;
        }
        await sleep(100);
      }
    }
    expect(statuses).toEqual(new Set([200, 503]));
    await until(async () => (await region.health()).status === "ok");
    await expectExactly(region, campaign, answers);
    expect(await server.end("SIGTERM")).toBe(0);
  },
);

test("a second server on the same data says so and stays out", { timeout: 30_000 }, async () => {
  const region = await TestRegion.prepare();
  const first = new ServerProcess(region.environment);
  await first.ready;
  const second = new ServerProcess(region.environment);
  expect(await second.ended()).toBe(1);
  expect(second.errors.join("\n")).toMatch(/MAILY_DATA_DIR: .* another process has it open/);
  expect(await first.end("SIGTERM")).toBe(0);
});

test("a port that is taken is named", { timeout: 30_000 }, async () => {
  const region = await TestRegion.prepare();
  const first = new ServerProcess(region.environment);
  const port = await first.ready;
  const other = await TestRegion.prepare();
  const second = new ServerProcess({ ...other.environment, MAILY_PORT: String(port) });
  expect(await second.ended()).toBe(1);
  expect(second.errors.join("\n")).toContain(`MAILY_PORT: 127.0.0.1:${port} cannot be listened on`);
  await first.end("SIGTERM");
});

test(
  "neither logs nor errors hold what was answered, or any secret",
  { timeout: 30_000 },
  async () => {
    const region = await TestRegion.prepare();
    const server = new ServerProcess(region.environment);
    region.at(await server.ready);
    const campaign = await region.published();
    const secret = "a sentence that nobody else may read";
    const good = await answerOf(region.keys, campaign, { answers: { roast: "dark", why: secret } });
    const bad = await answerOf(region.keys, campaign, { payload: `{"answers":"${secret}"}` });
    const code = randomId(16);
    const spliced = await inMailOf(region.keys, campaign, { choices: { roast: [code] } });
    await region.take(good, bad, spliced);
    await region.ingested();
    const query = new URLSearchParams({ invitation: good.invitation, "field.name": secret });
    await region.get(`/v1/render?${query}`);
    await region.signed("POST", "/v1/intake/my-data", {
      invitation: good.invitation,
      publicKey: "none",
    });
    await region.get(`/v1/campaigns/${campaign.id}/results`, "a-token-that-nobody-has-given");
    await region.signed("POST", "/v1/intake", `{"${secret}":1}`);
    const letters = await (await region.operator("/v1/dead-letters")).text();
    const metrics = await (await region.get("/metrics")).text();
    expect(await server.end("SIGTERM")).toBe(0);
    const said = [...server.lines, ...server.errors, letters, metrics].join("\n");
    const { eu } = region.keys.regions;
    for (const private_ of [
      secret,
      good.invitation,
      bad.invitation,
      bad.envelope,
      code,
      "a-token-that-nobody-has-given",
      region.keys.tenant.token,
      ...eu.keys.map(({ seed }) => seed),
      ...eu.forwardKeys.map((key) => key.secret),
    ])
      expect(said).not.toContain(private_);
    const events = server.lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual([
      "ready",
      "campaign-stored",
      "dead-letter",
      "dead-letter",
      "refused",
      "refused",
      "refused",
      "refused",
      "stopping",
      "stopped",
    ]);
    expect(server.lines.some((line) => line.includes('"code":"answer-invalid"'))).toBe(true);
  },
);
