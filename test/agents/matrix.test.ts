// Role × tool × tenant × region × consent, asked of a running region by a client that shares nothing with it.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  expectedOf,
  grants,
  nameOf,
  cells as allCells,
  roles,
  tools,
  type Cell,
  type Tool,
} from "./matrix.ts";
import { MatrixClient, type Answered } from "./matrix-client.ts";
import { AgentWorld, planted } from "./world.ts";

let world: AgentWorld;
beforeAll(async () => {
  world = await AgentWorld.start();
});
afterAll(() => world.region.stop());

/** A region that the token names and this server is not, has no address here. */
const cells = allCells.filter(({ place }) => place !== "elsewhere");

let calls = 0;
/** Each with a subject of its own, so that no rate is shared. */
async function clientFor({ role, tenant, place, consent }: Omit<Cell, "tool">) {
  const client = new MatrixClient(
    world.region.origin,
    world.token({
      role,
      tenant: tenant === "own" ? world.tenant : world.tenant + 1,
      regions: place === "here" ? ["eu"] : ["us"],
      purposes: consent === "not in the token" ? ["results"] : ["results", "offers", "old"],
      subject: `agent-${calls++}`,
    }),
  );
  return { client, status: await client.open() };
}

/** What is asked, for a purpose that is agreed to or was taken back. */
function inputOf(tool: Tool, consent: Cell["consent"]): object {
  const back = consent === "taken back";
  const campaign = world.campaign.id;
  const purpose = back ? "old" : "offers";
  const inputs: Record<Tool, object> = {
    list_segments: {},
    get_segment: { segment: back ? "gone" : "eco" },
    get_reader_preferences: {
      campaign,
      reader: back ? world.withdrawn : world.readers[0],
      purpose: "offers",
    },
    get_campaign_results: {
      campaign,
      purpose,
      texts: { question: "why", limit: 20 },
      lift: { question: "roast", option: "dark", kind: "purchase" },
    },
    get_revenue_metrics: { campaign, purpose, by: { question: "roast" } },
    explain_decision: {},
  };
  return inputs[tool];
}

/** The member of each tool's result that a column stands for. */
const members: Readonly<Record<Tool, Readonly<Record<string, string>>>> = {
  list_segments: { segment: "segments.0.name", size: "segments.0.size" },
  get_segment: { segment: "name", size: "size", "options.count": "questions.0.options" },
  get_reader_preferences: { reader: "reader", preferences: "choices" },
  get_campaign_results: {
    size: "readers",
    "options.count": "questions.0.options",
    text: "texts",
    lift: "lift",
  },
  get_revenue_metrics: {
    size: "total.readers",
    orders: "total.orders",
    amount: "total.revenue.0.amount",
  },
  explain_decision: { decision: "decisions" },
};

const at = (value: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value); // Any JSON, by name.

/** Whose bytes may hold it. */
const needles: readonly [string, string, (tool: Tool, cell: Cell) => boolean][] = [
  ["money", '"amount', (tool) => tool === "get_revenue_metrics"],
  ["readers' texts", planted.slice(0, 20), (_, { role }) => role === "toolsmith"],
  [
    "options",
    '"dark"',
    (tool, { role }) => role !== "compliance_guard" || tool === "get_reader_preferences",
  ],
];

interface Refusal {
  readonly code: string;
  readonly reasons?: string[];
  readonly decision?: string;
}
const refusalOf = ({ message }: Answered): Refusal =>
  JSON.parse(message?.result?.content?.[0]?.text ?? "{}") as Refusal; // A problem.

const unknownCode: Partial<Record<Tool, string>> = {
  get_segment: "segment-unknown",
  get_reader_preferences: "campaign-unknown",
  get_campaign_results: "campaign-unknown",
  get_revenue_metrics: "campaign-unknown",
};

function expectRefused(cell: Cell, answered: Answered): void {
  const { code, reasons = [] } = refusalOf(answered);
  expect(answered.message?.result?.isError).toBe(true);
  expect(answered.message?.result?.structuredContent).toBeUndefined();
  if (cell.tenant === "foreign" && unknownCode[cell.tool] !== undefined) {
    // Who asks for another tenant's things is told of no rule: there is nothing of that name.
    expect(code).toBe(unknownCode[cell.tool]);
    return;
  }
  expect(code).toBe("policy-denied");
  const own = expectedOf({ ...cell, tenant: "own", place: "here" }).against;
  expect(reasons.map((reason) => reason.split(":")[0])).toEqual(own);
}

function expectGiven(cell: Cell, { message, text }: Answered): void {
  const { columns } = expectedOf({ ...cell, tenant: "own" });
  const given = message?.result?.structuredContent;
  expect(message?.result?.isError ?? false).toBe(false);
  // Every purpose that is listed is agreed to; what another tenant has is not listed.
  const listsNothing =
    cell.tool === "list_segments" &&
    (cell.tenant === "foreign" || cell.consent === "not in the token");
  for (const [column, member] of Object.entries(members[cell.tool])) {
    const there = at(given, member) !== undefined;
    expect(`${column} ${there}`).toBe(`${column} ${columns.includes(column) && !listsNothing}`);
  }
  for (const [what, needle, allowed] of needles)
    if (!allowed(cell.tool, cell)) expect(`${what} ${text.includes(needle)}`).toBe(`${what} false`);
}

for (const cell of cells)
  test(nameOf(cell), async () => {
    const { client, status } = await clientFor(cell);
    if (cell.place !== "here") {
      expect(status).toBe(401);
      return;
    }
    expect(status).toBe(200);
    const answered = await client.call(cell.tool, inputOf(cell.tool, cell.consent));
    expect(answered.status).toBe(200);
    for (const reader of world.readers.slice(1)) expect(answered.text).not.toContain(reader);
    // Calls that name no tenant's thing are the own tenant's.
    const foreignThing = cell.tenant === "foreign" && unknownCode[cell.tool] !== undefined;
    const { against } = expectedOf({ ...cell, tenant: "own" });
    if (foreignThing || against.length > 0) expectRefused(cell, answered);
    else expectGiven(cell, answered);
  });

test("no cell is skipped", () => expect(cells).toHaveLength(288));

for (const role of roles)
  test(`the tool list of ${role} has the granted tools and no others`, async () => {
    const { client } = await clientFor({ role, tenant: "own", place: "here", consent: "agreed" });
    const { message } = await client.send("tools/list");
    expect(message?.result?.tools?.map(({ name }) => name)).toEqual(
      tools.filter((tool) => grants[tool][role] !== ""),
    );
  });

const uri = (tenant: number, segment: string) => ({ uri: `segment://${tenant}/${segment}` });
const plain = ({ text }: Answered): string => text.replace(/"id":\d+/, "").replace("owl", "eco");

test("another tenant's segment is answered as one that does not exist, byte for byte", async () => {
  for (const role of roles) {
    const cell = { role, tenant: "foreign", place: "here", consent: "agreed" } as const;
    const { client } = await clientFor(cell);
    const there = await client.call("get_segment", { segment: "eco" });
    const nowhere = await client.call("get_segment", { segment: "owl" });
    expect(plain(there)).toBe(plain(nowhere));
    for (const method of ["resources/read", "resources/subscribe"]) {
      const other = await client.send(method, uri(world.tenant, "eco"));
      const none = await client.send(method, uri(world.tenant, "owl"));
      const own = await client.send(method, uri(world.tenant + 1, "owl"));
      expect(other.message?.error?.code).toBe(none.message?.error?.code);
      expect(plain(other)).toBe(plain(none));
      expect(other.message?.error?.code).toBe(own.message?.error?.code);
    }
    expect((await client.send("resources/list")).text).not.toContain("eco");
  }
});

for (const role of roles)
  test(`${role} reads and follows a segment as a resource where its role may`, async () => {
    const { client } = await clientFor({ role, tenant: "own", place: "here", consent: "agreed" });
    const eco = uri(world.tenant, "eco");
    const granted = role !== "intern";
    const read = await client.send("resources/read", eco);
    const followed = await client.send("resources/subscribe", eco);
    expect(read.message?.error === undefined).toBe(granted);
    expect(followed.message?.error === undefined).toBe(granted);
    const sees = role === "campaign_strategist" || role === "toolsmith";
    expect(read.text.includes("dark")).toBe(sees);
    const gone = uri(world.tenant, "gone");
    for (const method of ["resources/read", "resources/subscribe"])
      expect((await client.send(method, gone)).message?.error).toBeDefined();
  });

test("who withdraws is gone from the next call", async () => {
  const { client } = await clientFor({
    role: "campaign_strategist",
    tenant: "own",
    place: "here",
    consent: "agreed",
  });
  const reader = world.readers.at(-1) ?? "";
  const asked = { campaign: world.campaign.id, reader, purpose: "offers" };
  const given = await client.call("get_reader_preferences", asked);
  expect(given.message?.result?.isError ?? false).toBe(false);
  const size = await world.sizeOf("eco");
  await world.withdraw(reader);
  const began = performance.now();
  await expect
    .poll(async () => refusalOf(await client.call("get_reader_preferences", asked)).reasons, {
      interval: 20,
    })
    .toEqual([expect.stringMatching(/^purpose-not-consented/)]);
  await expect.poll(() => world.sizeOf("eco"), { interval: 20 }).toBe((size ?? 0) - 1);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("texts are given to the one role that reads them, as labelled data, and beside no instruction", async () => {
  const { client } = await clientFor({
    role: "toolsmith",
    tenant: "own",
    place: "here",
    consent: "agreed",
  });
  const input = inputOf("get_campaign_results", "agreed");
  const { message } = await client.call("get_campaign_results", input);
  const texts = message?.result?.structuredContent?.["texts"] as Record<string, unknown>[]; // As the schema says.
  expect(texts).toHaveLength(20);
  expect(texts).toContainEqual({ untrusted: true, from: "reader", text: planted });
  for (const text of texts)
    expect(text).toEqual({ untrusted: true, from: "reader", text: expect.any(String) });
  for (const { text } of message?.result?.content ?? [])
    for (const written of texts) expect(text).not.toContain(written["text"]);
});

test("explain_decision tells one's own; to the guard the tenant's; to nobody another tenant's", async () => {
  const here = { tenant: "own", place: "here", consent: "agreed" } as const;
  const { client: thief } = await clientFor({ ...here, role: "toolsmith" });
  const refused = await thief.call("get_revenue_metrics", { campaign: world.campaign.id });
  const { decision } = refusalOf(refused);
  const told = async (role: Cell["role"], tenant: Cell["tenant"]): Promise<unknown> => {
    const { client } = await clientFor({ ...here, role, tenant });
    const { message } = await client.call("explain_decision", { decision });
    return message?.result?.structuredContent?.["decisions"];
  };
  const own = await thief.call("explain_decision", { decision });
  expect(own.message?.result?.structuredContent?.["decisions"]).toHaveLength(1);
  expect(await told("compliance_guard", "own")).toMatchObject([{ decision, allowed: false }]);
  expect(await told("toolsmith", "own")).toEqual([]);
  expect(await told("campaign_strategist", "own")).toEqual([]);
  expect(await told("compliance_guard", "foreign")).toEqual([]);
});

test("a reader's text is in nobody's list, resource or decision", async () => {
  for (const role of roles) {
    const { client } = await clientFor({ role, tenant: "own", place: "here", consent: "agreed" });
    for (const answered of [
      await client.call("list_segments", {}),
      await client.call("explain_decision", { limit: 50 }),
      await client.send("resources/list"),
      await client.send("resources/read", { uri: `segment://${world.tenant}/eco` }),
    ])
      expect(answered.text).not.toContain(planted.slice(0, 20));
  }
});
