// What `npm start` promises: one line, an inbox and its machine twin, data kept, clear errors, nothing left running.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inventedReaders } from "../../demo/invented/readers.ts";
import { regions } from "../../sdk/region.ts";
import { freePortPair, prepareDemo, ready, startDemo } from "./demo-process.ts";

interface State {
  ready: boolean;
  edge: string;
  readers: { region: string; campaign: string; link: string; invitation: string }[];
  results: Record<string, string>;
  agents: string;
}

/** Who answered before anybody did. */
const invented = inventedReaders().length;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maily-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const stateAt = async (origin: string): Promise<State> =>
  (await (await fetch(`${origin}/demo/state.json`)).json()) as State;

test("starts, keeps its data and links between runs, ends after a kill, and begins again when told", async () => {
  const port = await freePortPair();
  // What is built at a first start is built below, where it begins again.
  await prepareDemo(folder);
  const first = startDemo(port, folder);
  await ready(first);
  const state = await stateAt(first.origin);
  expect(state.ready).toBe(true);
  expect(state.readers.map(({ region }) => region)).toEqual(regions);
  for (const { campaign, link, invitation } of state.readers)
    expect(link).toBe(`${state.edge}/a/${campaign}#${invitation}`);
  for (const region of regions) {
    const results = await fetch(state.results[region] ?? "");
    expect(await results.json()).toMatchObject({
      region,
      campaigns: [{ answers: region === "eu" ? invented : 0 }, { answers: 0 }, { answers: 0 }],
    });
    const page = await fetch(state.results[region] ?? "", { headers: { accept: "text/html" } });
    expect(page.headers.get("content-type")).toContain("text/html");
    for (const [view, content] of [
      ["amp", "/v1/amp/answers"],
      ["html", "/a/"],
      ["text", "/a/"],
    ] as const)
      expect(await (await fetch(`${first.origin}/mail/${region}/${view}`)).text()).toContain(
        state.edge + content,
      );
    expect(await (await fetch(`${first.origin}/mail/${region}/source`)).text()).toMatch(
      /text\/plain[^]*text\/x-amp-html[^]*text\/html/,
    );
  }
  expect(await (await fetch(first.origin)).text()).toContain("Lena Vogt");
  expect(await (await fetch(state.agents)).text()).toContain("Look for fruity coffee");
  // A kill leaves the edge and the servers behind; the next run ends them and opens their data.
  first.process.kill("SIGKILL");
  await first.ended;
  const second = startDemo(port, folder);
  await ready(second);
  expect(second.output()).not.toContain("building");
  expect((await stateAt(second.origin)).readers.map(({ campaign }) => campaign)).toEqual(
    state.readers.map(({ campaign }) => campaign),
  );
  // Nobody who was invented answers twice.
  expect(await (await fetch(state.results["eu"] ?? "")).json()).toMatchObject({
    campaigns: [{ answers: invented, submissions: invented }, {}, {}],
  });
  const beside = startDemo(await freePortPair(), folder);
  expect(await beside.ended).toBe(1);
  expect(beside.output()).toContain("in use by another Maily");
  second.process.kill("SIGTERM");
  expect(await second.ended).toBe(0);
  await expect(fetch(`${state.edge}/healthz`)).rejects.toThrow();
  const third = startDemo(port, folder, "--fresh");
  await ready(third);
  expect(third.output()).toMatch(/making keys[^]*building/);
  expect((await stateAt(third.origin)).readers[0]?.campaign).not.toBe(state.readers[0]?.campaign);
  third.process.kill("SIGINT");
  expect(await third.ended).toBe(0);
}, 300_000);

test("a taken port is a clear error", async () => {
  const port = await freePortPair();
  const holder = createServer().listen(port, "127.0.0.1");
  const demo = startDemo(port, folder);
  expect(await demo.ended).toBe(1);
  expect(demo.output()).toContain(`Port ${port} is taken`);
  expect(demo.output()).not.toContain("    at ");
  holder.close();
});

test("a port that is no number is a clear error", async () => {
  const demo = startDemo(Number.NaN, folder);
  expect(await demo.ended).toBe(1);
  expect(demo.output()).toContain('PORT is "NaN"');
});
