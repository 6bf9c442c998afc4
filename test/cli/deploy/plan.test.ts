// What `maily deploy` would do, and everything that it refuses because an answer would be lost.
import { beforeAll, describe, expect, test } from "vitest";
import { formerShardsOf, type Deployed, type Live } from "../../../cli/deploy/live.ts";
import { planOf, refusals } from "../../../cli/deploy/plan.ts";
import type { Situation, Step } from "../../../cli/deploy/step.ts";
import type { Target } from "../../../cli/deploy/target.ts";
import { epochDays, generateKeys, type Keys } from "../../../cli/keygen.ts";

const now = Date.parse("2026-11-21T10:00:00Z");
const dayMilliseconds = 86_400_000;
let keys: Keys;
beforeAll(async () => {
  keys = await generateKeys(1, now - dayMilliseconds);
});

const link = (more: object = {}) => ({
  server: "https://eu.tea.test",
  durability: "outbox" as const,
  jurisdiction: "eu" as const,
  shards: 4,
  before: [],
  ...more,
});
const regions = () => ({
  eu: link(),
  us: link({ server: "https://us.tea.test", jurisdiction: "us" }),
  apac: { server: "https://apac.tea.test", durability: "stream" as const, shards: 1, before: [] },
});

const target = (changes: Partial<Target> = {}): Target => ({
  environment: "production",
  worker: "maily-edge-production",
  compatibilityDate: "2026-10-01",
  compatibilityFlags: [],
  addresses: ["answers.tea.test"],
  regions: regions(),
  objects: [
    { binding: "OUTBOX", className: "Outbox" },
    { binding: "CAMPAIGNS", className: "CampaignStore" },
  ],
  migrations: [{ tag: "v1", created: ["Outbox", "CampaignStore"], other: [] }],
  schemaTarget: undefined,
  assetsFolder: "/nowhere",
  logsAddresses: false,
  ...changes,
});

const deployed = (changes: Partial<Deployed> = {}): Deployed => ({
  environment: "production",
  at: "2026-11-01T00:00:00.000Z",
  worker: "maily-edge-production",
  compatibilityDate: "2026-10-01",
  regions: regions(),
  formerShards: {},
  objects: [...target().objects],
  migrations: ["v1"],
  directory: keys.deployment.directory,
  receiptKeyId: 1,
  forwardKeyIds: { eu: "eu-1", us: "us-1", apac: "apac-1" },
  ...changes,
});

const routes = ["POST /v1/answers", "GET /v1/keys"];

const live = (changes: Partial<Live> = {}): Live => ({
  health: { eu: { waiting: 0, parked: 0 }, us: { waiting: 3, parked: 0 }, apac: {} },
  directory: keys.deployment.directory,
  routes: new Map(routes.map((route) => [route, undefined])),
  ...changes,
});

const situation = (changes: Partial<Situation> = {}): Situation => ({
  target: target(),
  keys: { deployment: keys.deployment, edge: keys.edge, regions: keys.regions },
  live: live(),
  deployed: deployed(),
  adopt: false,
  routes,
  now,
  ...changes,
});

const refused = async (changes: Partial<Situation>): Promise<string[]> =>
  refusals(await planOf(situation(changes))).map(({ what }) => what);
const actions = (steps: readonly Step[]): string[] => [
  ...new Set(steps.map(({ action }) => action)),
];

test("what is live as it should be is left alone", async () => {
  const steps = await planOf(situation());
  expect(actions(steps)).toEqual(["keep"]);
});

test("a first deployment creates everything, and says that nothing live was asked", async () => {
  const steps = await planOf(situation({ live: undefined, deployed: undefined }));
  expect(refusals(steps)).toEqual([]);
  expect(steps.map(({ what }) => what)).toContain("eu: outbox objects in eu, 4 shards");
  expect(steps[0]).toMatchObject({ action: "note" });
});

test("a live edge that nothing here recorded is refused, until the operator takes it on", async () => {
  expect(await refused({ deployed: undefined })).toHaveLength(1);
  expect(await refused({ deployed: undefined, adopt: true })).toEqual([]);
});

test("an edge that answers where this one would, and that nobody named, is no first deployment", async () => {
  const unknown = { live: undefined, deployed: undefined, found: "https://answers.tea.test" };
  expect(await refused(unknown)).toEqual([
    "an edge answers at https://answers.tea.test, and no deployed-production.json says how it was deployed",
  ]);
});

describe("refuses what would leave objects behind:", () => {
  const cases: readonly (readonly [string, Partial<Target>, string])[] = [
    ["another Worker", { worker: "maily" }, "Worker maily-edge-production → maily"],
    [
      "another class",
      {
        objects: [{ binding: "OUTBOX", className: "Outbox2" }, target().objects[1]!],
        migrations: [...target().migrations, { tag: "v2", created: ["Outbox2"], other: [] }],
      },
      "OUTBOX: class Outbox → Outbox2",
    ],
    ["a binding left out", { objects: [target().objects[0]!] }, "CAMPAIGNS is not bound"],
    [
      "a class without SQLite",
      { migrations: [{ tag: "v1", created: ["Outbox"], other: ["new_classes"] }] },
      "class CampaignStore is in no migration",
    ],
    [
      "another tag",
      { migrations: [{ tag: "v0", created: ["Outbox", "CampaignStore"], other: [] }] },
      "migrations v0: v1 are applied",
    ],
    [
      "a class that is deleted",
      {
        migrations: [
          ...target().migrations,
          { tag: "v2", created: [], other: ["deleted_classes"] },
        ],
      },
      "migration v2 has deleted_classes",
    ],
    [
      "an older runtime",
      { compatibilityDate: "2026-01-01" },
      "compatibility date 2026-10-01 → 2026-01-01",
    ],
    [
      "another jurisdiction",
      { regions: { ...regions(), us: link({ jurisdiction: "eu" }) } },
      "us: outbox objects in us → outbox objects in eu",
    ],
    ["fewer shards", { regions: { ...regions(), eu: link({ shards: 2 }) } }, "eu: 4 → 2 shards"],
    [
      "more shards, without what was before",
      { regions: { ...regions(), eu: link({ shards: 8, before: [{ shards: 2 }] }) } },
      "eu: 4 → 8 shards",
    ],
    [
      "a stream in place of an outbox in which answers wait",
      { regions: { ...regions(), us: { ...link(), durability: "stream" } } },
      "us: outbox objects in us → its server's stream",
    ],
    [
      "a region in whose outbox answers wait",
      { regions: { eu: regions().eu, apac: regions().apac } },
      "us is no longer served",
    ],
    [
      "addresses in the platform's logs",
      { logsAddresses: true },
      "the platform would log the addresses of requests",
    ],
    ["a placeholder", { addresses: ["answers.example"] }, "address answers.example"],
  ];
  test.each(cases)("%s", async (_, changes, what) => {
    expect(await refused({ target: target(changes) })).toContain(what);
  });

  test("the same without an edge to ask: what waits is not known", async () => {
    const without = { eu: regions().eu, apac: regions().apac };
    expect(await refused({ target: target({ regions: without }), live: undefined })).toEqual([
      "us is no longer served",
    ]);
  });
});

test("shards change with what was before, and a region goes once nothing waits", async () => {
  const eu = link({ shards: 8, before: [{ shards: 4 }] });
  expect(await refused({ target: target({ regions: { ...regions(), eu } }) })).toEqual([]);
  const { eu: _gone, ...without } = regions();
  expect(await refused({ target: target({ regions: without }) })).toEqual([]);
});

const since = (days: number) => new Date(now - days * dayMilliseconds).toISOString();

test("former shards are kept for as long as readers are remembered in them", async () => {
  const before = [{ shards: 4 }, { shards: 2 }];
  const known = deployed({
    regions: { ...regions(), eu: link({ shards: 8, before }) },
    formerShards: {
      eu: [
        { shards: 4, since: since(30) },
        { shards: 2, since: since(32) },
      ],
    },
  });
  const without = (...kept: { shards: number }[]) =>
    refused({
      deployed: known,
      target: target({ regions: { ...regions(), eu: link({ shards: 8, before: kept }) } }),
    });
  expect(await without({ shards: 4 })).toEqual([]);
  expect(await without({ shards: 2 })).toEqual(["eu: the former 4 shards are left out"]);
  expect(await without()).toEqual(["eu: the former 4, 2 shards are left out"]);
  const next = formerShardsOf(target({ regions: known.regions }), known, since(0));
  expect(next.eu).toEqual(known.formerShards.eu);
  const first = formerShardsOf(target({ regions: known.regions }), undefined, since(0));
  expect(first.eu?.map((each) => each.since)).toEqual([since(0), since(0)]);
});

const withKeys = (changes: (copy: Situation["keys"]) => void): Partial<Situation> => {
  // Not structuredClone: a forward key that two files share would stay one.
  const { deployment, edge, regions: held } = JSON.parse(JSON.stringify(keys)) as Keys;
  const copy = { deployment, edge, regions: held };
  changes(copy);
  return { keys: copy };
};

describe("keys:", () => {
  test("an id used again, and a region key that is needed and taken out, are refused", async () => {
    const other = await generateKeys(1, now - dayMilliseconds);
    const again = await refused({
      keys: { deployment: other.deployment, edge: other.edge, regions: other.regions },
    });
    expect(again).toContain("region key 1 (eu) is another key than the one that is live");
    expect(again).toContain("receipt key 1 is another key than the one that is live");
    const less = withKeys(({ deployment }) => void deployment.directory.keys.splice(1, 1));
    expect(await refused(less)).toEqual(["region key 4 (eu) is taken out"]);
  });

  test("an id used again is refused where the last deployment is written down, without an edge to ask", async () => {
    const other = await generateKeys(1, now - dayMilliseconds);
    const files = { deployment: other.deployment, edge: other.edge, regions: other.regions };
    const again = await refused({ keys: files, live: undefined });
    expect(again).toContain("region key 1 (eu) is another key than the one that is live");
    expect(again).toContain("receipt key 1 is another key than the one that is live");
  });

  test("a region's file of another deployment, whose keys have the same ids, is refused", async () => {
    const other = await generateKeys(1, now - dayMilliseconds);
    const mixed = withKeys(({ regions: held }) => {
      held.us!.keys = other.regions.us.keys;
    });
    expect(await refused(mixed)).toEqual([
      "us's server has no seed of key 2",
      "us's server has no seed of key 5",
    ]);
  });

  test("a seed that is not needed yet is missed before it is", async () => {
    const less = withKeys(({ regions: held }) => void held.us?.keys.splice(1, 1));
    expect(await refused(less)).toEqual(["us's server has no seed of key 5"]);
  });

  test("more than the edge reads of deployment.json is refused", async () => {
    const crowded = withKeys(({ deployment }) => {
      const { tenant, publicKey } = deployment.operatorKeys[0]!;
      for (let index = 2; index <= 1_000; index++)
        deployment.operatorKeys.push({
          keyId: `${"tenant-".repeat(8)}${index}`,
          tenant,
          publicKey,
          notBefore: "2026-11-21T10:00:00.000Z",
          notAfter: "2027-11-21T10:00:00.000Z",
        });
    });
    expect(await refused(crowded)).toEqual([
      expect.stringMatching(/^deployment\.json fills \d+ variables, and the edge reads 40$/),
    ]);
  });

  test("a region key may go a week after its end", async () => {
    const end = now + (epochDays - 1) * dayMilliseconds;
    const less = withKeys(({ deployment }) => void deployment.directory.keys.splice(0, 1));
    expect(await refused({ ...less, now: end + 6 * dayMilliseconds })).toEqual([
      "region key 1 (eu) is taken out",
    ]);
    expect(await refused({ ...less, now: end + 8 * dayMilliseconds })).toEqual([]);
  });

  test("a region without an active key, and a server without its seed, are refused", async () => {
    expect(await refused({ now: now + 3 * epochDays * dayMilliseconds })).toContain(
      "eu has no active key",
    );
    const less = withKeys(({ regions: held }) => void held.us?.keys.splice(0, 1));
    expect(await refused(less)).toEqual(["us's server has no seed of key 2"]);
  });

  test("a forward key that is missing, or that the server does not know, is refused", async () => {
    const missing = withKeys(({ edge }) => void delete edge.forwardKeys.eu);
    expect(await refused(missing)).toEqual(["edge.json has no forward key for eu"]);
    const unknown = withKeys(({ regions: held }) => {
      held.eu!.forwardKeys[0]!.keyId = "eu-0";
    });
    expect(await refused(unknown)).toEqual(["eu's server does not know forward key eu-1"]);
  });

  test("a receipt key that is not listed, or no longer, is refused", async () => {
    const unlisted = withKeys(({ edge }) => {
      edge.receiptKey.keyId = 2;
    });
    expect(await refused(unlisted)).toEqual(["receipt key 2 is not listed in deployment.json"]);
    const old = structuredClone(keys.deployment.directory);
    old.receiptKeys.push({ keyId: 9, publicKey: old.receiptKeys[0]!.publicKey });
    expect(await refused({ live: live({ directory: old }) })).toEqual([
      "receipt key 9 is taken out",
    ]);
  });

  test("a visit key that is not listed, or no longer, is refused; none at all is only said", async () => {
    const unlisted = withKeys(({ edge }) => {
      edge.visitKey!.keyId = 2;
    });
    expect(await refused(unlisted)).toEqual(["visit key 2 is not listed in deployment.json"]);
    const old = structuredClone(keys.deployment.directory);
    old.visitKeys.push({ keyId: 9, publicKey: old.visitKeys[0]!.publicKey });
    expect(await refused({ live: live({ directory: old }) })).toEqual(["visit key 9 is taken out"]);
    old.visitKeys = [{ keyId: 1, publicKey: keys.deployment.directory.root }];
    expect(await refused({ live: live({ directory: old }) })).toContain(
      "visit key 1 is another key than the one that is live",
    );
    const none = withKeys(({ edge }) => void delete edge.visitKey);
    expect(await refused(none)).toEqual([]);
    expect((await planOf(situation(none))).map(({ what }) => what)).toContain(
      "edge.json has no visit key",
    );
  });

  test("an altered key configuration and an id in two regions are refused", async () => {
    const altered = withKeys(({ deployment }) => {
      deployment.directory.keys[0]!.notAfter = "2099-01-01T00:00:00.000Z";
    });
    expect(await refused(altered)).toContain("region key 1 is not signed by the root key");
    const twice = withKeys(
      ({ deployment }) => void deployment.directory.keys.push(deployment.directory.keys[0]!),
    );
    expect(await refused(twice)).toContain("two region keys have the id 1");
  });

  test("another root key is a change, with its cost", async () => {
    const { directory } = (await generateKeys(1, now)).deployment;
    const steps = await planOf(
      situation({
        live: live({ directory: { ...keys.deployment.directory, root: directory.root } }),
      }),
    );
    expect(steps.find(({ what }) => what.startsWith("the root key"))).toMatchObject({
      action: "change",
    });
  });
});

const withOld = (sunset: string | undefined) =>
  live({ routes: new Map([...live().routes, ["GET /v0/keys", sunset]]) });

test("a route that goes is refused until its sunset is over", async () => {
  expect(await refused({ live: withOld(undefined) })).toEqual(["route GET /v0/keys is gone"]);
  expect(await refused({ live: withOld("2026-12-01T00:00:00Z") })).toEqual([
    "route GET /v0/keys is gone",
  ]);
  expect(await refused({ live: withOld("2026-11-01T00:00:00Z") })).toEqual([]);
});
