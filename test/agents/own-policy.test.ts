// A region whose operator brought a policy: another OPA, other grants, or a file that is not what it should be.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { PolicyInput } from "../../server/policy/policy.ts";
import { MatrixClient } from "./matrix-client.ts";
import { AgentWorld } from "./world.ts";

const shipped = fileURLToPath(new URL("../../server/policy/data.json", import.meta.url));
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** An OPA that allows all it is asked for, or is away, or asleep. */
class Opa {
  readonly #server: Server;
  asked: PolicyInput[] = [];
  asleep = false;
  constructor() {
    this.#server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        const { input } = JSON.parse(body) as { input: PolicyInput }; // What the server under test sent.
        this.asked.push(input);
        if (this.asleep) return;
        const result = { allow: true, reasons: ["open: All."], columns: input.columns, floor: 0 };
        response.end(JSON.stringify({ result }));
      });
    });
  }
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port; // Listens on a port.
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const clientOf = async (world: AgentWorld, role = "toolsmith"): Promise<MatrixClient> => {
  const client = new MatrixClient(world.region.origin, world.token({ role }));
  await client.open();
  return client;
};

test("a remote OPA decides each call anew; away or asleep, nothing is given and nothing waits long", async () => {
  const opa = new Opa();
  const port = await opa.listen();
  const world = await AgentWorld.start({ url: `http://127.0.0.1:${port}` });
  afterAll(() => world.region.stop());
  const client = await clientOf(world, "intern");
  const input = { segment: "eco" };
  const given = await client.call("get_segment", input);
  expect(given.message?.result?.structuredContent).toMatchObject({ size: 100 });
  expect(opa.asked.at(-1)).toMatchObject({
    subject: { role: "intern", tenant: world.tenant },
    resource: { segment: "eco", purpose: "offers" },
    server: { region: "eu" },
  });
  const sleeps = async (): Promise<void> => {
    const began = performance.now();
    const refused = await client.call("get_segment", input);
    expect(refused.message?.result).toMatchObject({ isError: true });
    expect(refused.text).toContain("policy-unavailable");
    expect(refused.text).not.toContain("100");
    // 200 ms of its own; the rest is what a loaded machine may take.
    expect(performance.now() - began).toBeLessThan(5_000);
    const tools = await client.send("tools/list");
    expect(tools.message?.result?.tools).toEqual([]);
    const metrics = await (await world.region.get("/metrics")).text();
    expect(metrics).toMatch(
      /maily_agent_decisions_total\{region="eu",action="call",result="unavailable"\} [1-9]/,
    );
  };
  opa.asleep = true;
  await sleeps();
  await opa.close();
  await sleeps();
  const back = new Opa();
  await back.listen(port);
  await expect
    .poll(async () => (await client.call("get_segment", input)).message?.result?.isError ?? false)
    .toBe(false);
  await back.close();
});

test("an operator's own grants are in force, with another digest", async () => {
  const data = (await readFile(shipped, "utf8")).replaceAll("toolsmith", "analyst");
  const policy = { data: { path: "grants.json", sha256: sha256(data) } };
  const world = await AgentWorld.start(policy, { "grants.json": data });
  afterAll(() => world.region.stop());
  const given = await (await clientOf(world, "analyst")).call("get_segment", { segment: "eco" });
  expect(given.message?.result?.structuredContent).toMatchObject({ size: 100 });
  const refused = await (await clientOf(world)).call("get_segment", { segment: "eco" });
  expect(refused.text).toContain("role-unknown");
});

test("a policy that is not the one that was meant keeps the server from starting, and says so", async () => {
  const policy = { data: { path: "grants.json", sha256: "0".repeat(64) } };
  await expect(AgentWorld.start(policy, { "grants.json": "{}" })).rejects.toMatchObject({
    code: "configuration-invalid",
    members: { errors: [expect.stringContaining("is not the file of the digest")] },
  });
});
